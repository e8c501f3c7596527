#include "base/text.h"
#include "ctl/draw.h"

#include <string.h>

static void
place(struct cursor *c, const struct view *v, size_t index)
{
	c->index = index;
	c->on_alarm = index < v->alarm_count;
	text_copy(c->name, sizeof(c->name),
	    c->on_alarm ? v->alarms[index].path : v->devices[index - v->alarm_count].name);
}

/* Where the name stands now; SIZE_MAX: nowhere. */
static size_t
find(const struct cursor *c, const struct view *v)
{
	if (c->on_alarm) {
		const struct view_alarm *a = view_alarm(v, c->name);

		return a != NULL ? (size_t)(a - v->alarms) : SIZE_MAX;
	}
	const struct view_device *d = view_device(v, c->name);
	return d != NULL ? v->alarm_count + (size_t)(d - v->devices) : SIZE_MAX;
}

void
cursor_settle(struct cursor *c, const struct view *v)
{
	if (c->name[0] == '\0')
		return;
	size_t index = find(c, v);
	if (index != SIZE_MAX) {
		c->index = index;
		return;
	}
	c->name[0] = '\0';
	c->page = c->page == PAGE_DETAILS ? PAGE_MAIN : c->page;
}

void
cursor_move(struct cursor *c, const struct view *v, int step)
{
	size_t count = v->alarm_count + v->device_count;

	if (c->page == PAGE_DETAILS) {
		const struct view_device *d = c->on_alarm ? NULL : view_device(v, c->name);

		if (step < 0 && c->scroll > 0)
			c->scroll--;
		else if (step > 0 && d != NULL && c->scroll + 1 < d->point_count)
			c->scroll++;
		return;
	}
	if (c->page != PAGE_MAIN || count == 0)
		return;
	size_t index = c->index < count ? c->index : count - 1;
	/* With nothing selected the first key only shows where the cursor is. */
	if (c->name[0] != '\0' && step < 0 && index > 0)
		index--;
	else if (c->name[0] != '\0' && step > 0 && index + 1 < count)
		index++;
	place(c, v, index);
}
