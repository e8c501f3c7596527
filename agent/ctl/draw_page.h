/* The pages over the main one. Rows from `row` to before `end`. */
#ifndef CTL_DRAW_PAGE_H
#define CTL_DRAW_PAGE_H

#include "ctl/draw.h"

/* What the cursor is on: an alarm with impact and remedy, or a device with all its points. */
void draw_details(
    struct canvas *c, const struct view *v, const struct cursor *cursor, size_t row, size_t end);
void draw_help(struct canvas *c, size_t row, size_t end);

enum style draw_alarm_style(const struct view_alarm *a);

#endif
