#include "ctl/draw_page.h"

#include "ctl/words.h"

#include <string.h>

#define LABEL_COLUMN 12

/* " impact    text over as many lines as it needs"; nothing where text is "". */
static size_t
labelled(struct canvas *c, size_t row, size_t end, const char *label, const char *text)
{
	if (text[0] == '\0' || row >= end)
		return row;
	canvas_put(c, row, STYLE_DIM, " %s", label);
	return canvas_wrap(c, row, end, STYLE_PLAIN, LABEL_COLUMN, text);
}

static size_t
timed(struct canvas *c, size_t row, size_t end, const char *label, wall_t t)
{
	char text[WALL_TEXT_MAX];

	return t.us != 0 ? labelled(c, row, end, label, wall_local(t, text)) : row;
}

static void
alarm_details(struct canvas *c, const struct view_alarm *a, size_t row, size_t end)
{
	canvas_put(c, row, draw_alarm_style(a), " %s", a->path);
	canvas_put(c, row++, STYLE_PLAIN, "  %s", a->title);
	row = labelled(c, row + 1, end, "what", a->text);
	row = labelled(c, row, end, "impact", a->impact);
	row = labelled(c, row, end, "remedy", a->remedy);
	row = labelled(c, row, end, "cause", a->cause);
	row = labelled(c, row + 1, end, "state", a->state);
	row = timed(c, row, end, "since", a->order.since);
	labelled(c, row, end, "by", a->who);
}

static void
point_row(struct canvas *c, size_t row, const struct view_point *p)
{
	char time[WALL_TEXT_MAX];

	canvas_put(c, row, STYLE_PLAIN, "   ");
	canvas_cut(c, row, STYLE_PLAIN, 34, p->title[0] != '\0' ? p->title : p->name);
	canvas_to(c, row, 38);
	canvas_put(c, row, p->good ? STYLE_PLAIN : STYLE_WARN, "%s", p->value);
	canvas_to(c, row, 54);
	if (p->good)
		canvas_put(c, row, STYLE_DIM, "  %s", wall_local(p->time, time));
	else
		canvas_put(c, row, STYLE_WARN, "  %s", p->quality);
}

static void
device_details(struct canvas *c, const struct view_device *d, size_t scroll, size_t row, size_t end)
{
	size_t first = 0;

	canvas_put(c, row, STYLE_SECTION, " %s", d->name);
	canvas_put(c, row++, STYLE_PLAIN, "  %s (%s, zone %s, link %s)", d->title, d->kind, d->zone,
	    d->link);
	row = labelled(c, row, end, "state", d->state);
	row = timed(c, row, end, "since", d->since);
	row = labelled(c, row, end, "fault", d->fault);
	row = labelled(c, row, end, "impact", d->impact);
	size_t rows = end > row + 1 ? end - row - 1 : 0;
	if (d->point_count > rows)
		first = scroll < d->point_count - rows ? scroll : d->point_count - rows;
	for (size_t i = first; i < d->point_count && i - first < rows; i++)
		point_row(c, row + 1 + i - first, &d->points[i]);
}

void
draw_details(
    struct canvas *c, const struct view *v, const struct cursor *cursor, size_t row, size_t end)
{
	const struct view_alarm *a = cursor->on_alarm ? view_alarm(v, cursor->name) : NULL;
	const struct view_device *d = !cursor->on_alarm ? view_device(v, cursor->name) : NULL;

	if (a != NULL)
		alarm_details(c, a, row, end);
	else if (d != NULL)
		device_details(c, d, cursor->scroll, row, end);
}

void
draw_help(struct canvas *c, size_t row, size_t end)
{
	static const char *const lines[][2] = {
	    {"up, down", "choose an alarm or a device"},
	    {"enter, d", "details: what it means, what depends on it, what to do"},
	    {"a", "acknowledge the chosen alarm: somebody has seen it and takes care"},
	    {"A", "acknowledge all"},
	    {"q", "leave"},
	    {"", ""},
	    {"!", "this alarm waits for a person"},
	    {"shelved", "put aside by a person, until the time in its text"},
	    {"symptom", "follows from another alarm: mend that one"},
	    {"[24.3 °C]", "a value that is too old or was put in by a person"},
	    {NOTHING, "no value that could be relied upon; the details say why"},
	    {"18:00:01?", "the agent's clock was not synchronised then"},
	    {"● ◐ ○", "a lamp of the panel: steady, blinking, off"},
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]) && row < end; i++) {
		canvas_put(c, row, STYLE_SECTION, " %s", lines[i][0]);
		row = canvas_wrap(c, row, end, STYLE_PLAIN, 14, lines[i][1]);
		row += lines[i][1][0] == '\0';
	}
}
