/* The pages, and what they have in common. */
#ifndef CTL_DRAW_I_H
#define CTL_DRAW_I_H

#include "ctl/draw.h"

#define WIDE_COLUMNS 120 /* from here on there is room for a second column of things */

struct shot {
	const struct live *live;
	const struct view *view;
	wall_t now;
};

void draw_overview(const struct shot *s, const struct area *a);
void draw_alarms(const struct shot *s, const struct area *a);
void draw_devices(const struct shot *s, const struct area *a);
void draw_points(const struct shot *s, const struct area *a);
void draw_trends(const struct shot *s, const struct area *a);
void draw_events(const struct shot *s, const struct area *a);
void draw_help(const struct shot *s, const struct area *a);
void draw_search(const struct shot *s, const struct area *a);
void draw_explain(const struct shot *s, const struct area *a);

/* ---- shared: draw_parts.c */

/* A word of the agent in the language of this console: a state, a kind of event, a lamp. */
const char *draw_word(const char *word);
/* The title of a thing, or its name where it has none or this terminal has not its letters. */
const char *draw_name(const struct area *a, const char *title, const char *name);

/* "18:00:01", or "11-21 18:00" where it is not of this day. */
const char *draw_time(wall_t t, wall_t now, char buf[WALL_TEXT_MAX]);
/* "3 min"; "" where t is not known. */
const char *draw_age(wall_t t, wall_t now, char buf[DURATION_MAX]);

enum style draw_alarm_style(const struct view_alarm *a);
/* Since when something is wrong, whatever was done about it since. */
wall_t draw_alarm_begin(const struct view_alarm *a);
/* "HIGH", or what it is that is put aside: "symptom". */
const char *draw_alarm_word(const struct view_alarm *a);
/* "!" or " ". Returns the column after it. */
size_t draw_alarm_mark(
    const struct area *a, size_t row, size_t column, const struct view_alarm *alarm);
/* One alarm as a row: mark, word, age, text. */
void draw_alarm_row(
    const struct shot *s, const struct area *a, size_t row, const struct view_alarm *alarm);
/* All that is known of an alarm. Returns the row after the last. */
size_t draw_alarm(const struct shot *s, const struct area *a, const struct view_alarm *alarm);
const char *draw_priority(enum priority p);

/* The sign of a device's state and alarms, one column wide. Returns the column after it. */
size_t draw_device_mark(const struct shot *s, const struct area *a, size_t row, size_t column,
    const struct view_device *d);
enum style draw_device_style(const struct shot *s, const struct view_device *d);
/* As many of its values as fit whole: a cut value could be read as another one. */
void draw_key_points(
    const struct area *a, size_t row, size_t column, const struct view_device *d, bool titles);

/* A bar with a title. */
void draw_heading(const struct area *a, size_t row, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* " impact    text over as many rows as it needs"; nothing where text is "". */
size_t draw_labelled(const struct area *a, size_t row, const char *label, const char *text);
/* "(3 more below)" at the right of a row, for what is out of sight. */
void draw_more(const struct area *a, size_t row, size_t top, size_t shown, size_t count);
/* A filter, if there is one, as a line of its own. Returns the row after it. */
size_t draw_filter(const struct area *a, size_t row, const struct filter *f);

#endif
