/* What the files of the view share. */
#ifndef CTL_VIEW_I_H
#define CTL_VIEW_I_H

#include "ctl/view.h"

#define TEXT(object, key, field) words_text((object), (key), (field), sizeof(field))

/* The array with room for one more, which is zeroed. */
void *view_grow(void *array, size_t count, size_t *room, size_t size);
/* The time of a key; {0} where there is none. */
wall_t view_when(const json_t *object, const char *key);

void view_take_zone(struct view *v, const json_t *line);
void view_take_device(struct view *v, const json_t *line);
void view_take_point(struct view *v, const json_t *line);
void view_take_alarm(struct view *v, const json_t *line);
void view_take_event(struct view *v, const json_t *line);
void view_forget_devices(struct view *v);

#endif
