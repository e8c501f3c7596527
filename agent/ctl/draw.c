#include "ctl/draw.h"

#include "base/text.h"
#include "ctl/draw_page.h"
#include "ctl/words.h"

#include <string.h>

#define EVENT_ROWS_MIN 3 /* kept for events, whatever alarms and devices want */
#define ALARM_ROWS_MIN 3
#define WIDE_COLUMNS   110

/* "18:00:01", or the date where it is not of this day. */
static const char *
short_time(wall_t t, wall_t now, char buf[WALL_TEXT_MAX])
{
	char today[WALL_TEXT_MAX];

	if (t.us == 0) {
		text_copy(buf, WALL_TEXT_MAX, "--:--:--");
		return buf;
	}
	wall_local(t, buf);
	wall_local(now, today);
	if (strncmp(buf, today, 10) == 0)
		memmove(buf, buf + 11, strlen(buf + 11) + 1);
	else {
		memmove(buf, buf + 5, 11); /* "11-21 18:00" */
		buf[11] = '\0';
	}
	return buf;
}

static void
cut_to_edge(struct canvas *c, size_t row, const char *text)
{
	size_t at = row < c->rows ? c->lines[row].width : c->columns;

	canvas_cut(c, row, STYLE_PLAIN, c->columns > at ? c->columns - at : 0, text);
}

/* ---- head ----------------------------------------------------------------------------------- */

static void
draw_title(struct canvas *c, const struct view *v, wall_t now)
{
	char left[256], right[128], time[WALL_TEXT_MAX], up[DURATION_MAX];

	text_printf(left, sizeof(left), " %s",
	    v->title[0] != '\0'  ? v->title
	    : v->site[0] != '\0' ? v->site
				 : "facilityd");
	if (v->connected)
		text_printf(right, sizeof(right), "%s%s  up %s ", wall_local(v->time, time),
		    v->synced ? "" : " (clock not synchronised)", words_duration(v->uptime_s, up));
	else
		text_printf(right, sizeof(right), "%s ", wall_local(now, time));
	size_t room = c->columns > words_width(right) ? c->columns - words_width(right) : 0;
	canvas_cut(c, 0, STYLE_HEAD, room, left);
	canvas_to(c, 0, room);
	canvas_put(c, 0, STYLE_HEAD, "%s", right);
	canvas_bar(c, 0, STYLE_HEAD);
}

static const struct {
	const char *look, *lamp, *word;
} looks[] = {
    {"off", "○", ""},
    {"steady", "●", ""},
    {"slow", "◐", " slow"},
    {"fast", "◐", " fast"},
};

static enum style
lamp_style(const struct view_output *o)
{
	if (strcmp(o->look, "off") == 0)
		return STYLE_DIM;
	if (strcmp(o->name, "green") == 0)
		return STYLE_GOOD;
	return strcmp(o->name, "amber") == 0 ? STYLE_WARN : STYLE_ALARM;
}

static void
draw_health(struct canvas *c, const struct view *v)
{
	canvas_put(c, 1, STYLE_PLAIN, " ");
	for (size_t i = 0; i < v->output_count; i++) {
		const struct view_output *o = &v->outputs[i];
		size_t k = 0;

		while (
		    k + 1 < sizeof(looks) / sizeof(looks[0]) && strcmp(looks[k].look, o->look) != 0)
			k++;
		canvas_put(c, 1, lamp_style(o), "%s %s%s  ", looks[k].lamp, o->name, looks[k].word);
	}
	canvas_put(c, 1, STYLE_PLAIN, "%s", v->output_count > 0 ? "  " : "");
	for (size_t i = 0; i < v->part_count; i++) {
		const struct view_part *p = &v->parts[i];

		canvas_put(c, 1, p->ok ? STYLE_PLAIN : STYLE_WARN, "%s %s", p->name,
		    p->ok ? "ok" : "FAULT");
		canvas_put(c, 1, STYLE_PLAIN, "  ");
	}
}

static void
draw_banner(struct canvas *c, const struct view *v, size_t row, wall_t now)
{
	char since[WALL_TEXT_MAX];

	if (v->lost_at.us == 0)
		canvas_put(c, row, STYLE_BANNER, " Asking facilityd ...");
	else
		canvas_put(c, row, STYLE_BANNER,
		    " NO CONNECTION since %s: every value is unknown. Trying again. (%s)",
		    short_time(v->lost_at, now, since), v->lost_why);
	canvas_bar(c, row, STYLE_BANNER);
}

/* ---- sections ------------------------------------------------------------------------------- */

static const char *const priority_marks[PRIORITY_COUNT] = {
    [PRIORITY_LOW] = "low",
    [PRIORITY_MEDIUM] = "medium",
    [PRIORITY_HIGH] = "HIGH",
    [PRIORITY_CRITICAL] = "CRITICAL",
};

/* What stands in the place of the priority of an alarm that asks for nothing now; NULL: it asks. */
static const char *
aside_mark(enum alarm_phase phase)
{
	static const char *const marks[ALARM_PHASE_COUNT] = {
	    [ALARM_SUPPRESSED] = "symptom",
	    [ALARM_SHELVED] = "shelved",
	    [ALARM_OUT_OF_SERVICE] = "serviced",
	};
	return marks[phase];
}

enum style
draw_alarm_style(const struct view_alarm *a)
{
	if (aside_mark(a->order.phase) != NULL)
		return STYLE_DIM;
	if (a->order.priority < PRIORITY_HIGH)
		return STYLE_WARN;
	return words_alarm_waits(a->order.phase) ? STYLE_NEW : STYLE_ALARM;
}

static void
draw_alarm(struct canvas *c, size_t row, const struct view_alarm *a, bool selected, wall_t now)
{
	const char *aside = aside_mark(a->order.phase);
	char since[WALL_TEXT_MAX];

	canvas_put(c, row, STYLE_PLAIN, "%s", selected ? ">" : " ");
	canvas_put(c, row, draw_alarm_style(a), "%s%-8s",
	    words_alarm_waits(a->order.phase) ? "!" : " ",
	    aside != NULL ? aside : priority_marks[a->order.priority]);
	canvas_put(c, row, STYLE_PLAIN, " %-8s ", short_time(a->order.since, now, since));
	/* The sentence names the device as people call it; its short name is for wide windows. */
	if (c->columns >= WIDE_COLUMNS) {
		canvas_cut(c, row, STYLE_PLAIN, 10, a->device);
		canvas_to(c, row, 31);
	}
	cut_to_edge(c, row, a->text);
	if (selected)
		canvas_bar(c, row, STYLE_SELECTED);
}

static enum style
device_style(const struct view *v, const struct view_device *d)
{
	if (!v->connected)
		return STYLE_DIM;
	if (strcmp(d->state, "online") == 0)
		return STYLE_GOOD;
	return strcmp(d->state, "lost") == 0 ? STYLE_ALARM : STYLE_WARN;
}

/* Values while whole ones fit: a cut value could be read as another one. */
static void
draw_key_points(struct canvas *c, size_t row, const struct view_device *d)
{
	char text[256];

	for (size_t k = 0; k < VIEW_KEY_POINTS && d->key_points[k][0] != '\0'; k++) {
		const struct view_point *p = view_point(d, d->key_points[k]);

		if (p == NULL)
			continue;
		text_printf(text, sizeof(text), "%s ", p->title[0] != '\0' ? p->title : p->name);
		size_t wide = words_width(text) + words_width(p->value) + 3;
		if (c->lines[row].width + wide > c->columns)
			continue;
		canvas_put(c, row, STYLE_DIM, "%s", text);
		canvas_put(c, row, p->good ? STYLE_PLAIN : STYLE_WARN, "%s   ", p->value);
	}
}

static void
draw_device(struct canvas *c, size_t row, const struct view *v, const struct view_device *d,
    bool selected, wall_t now)
{
	char since[WALL_TEXT_MAX];

	canvas_put(c, row, STYLE_PLAIN, "%s ", selected ? ">" : " ");
	canvas_cut(c, row, STYLE_PLAIN, 10, d->name);
	canvas_to(c, row, 13);
	canvas_put(c, row, device_style(v, d), "%-8s", d->state);
	canvas_to(c, row, 22);
	if (v->connected && strcmp(d->state, "lost") == 0)
		canvas_put(c, row, STYLE_PLAIN, "since %s: %s, values are not known",
		    short_time(d->since, now, since), d->reason);
	else if (row < c->rows)
		draw_key_points(c, row, d);
	if (selected)
		canvas_bar(c, row, STYLE_SELECTED);
}

static void
draw_event(struct canvas *c, size_t row, const struct view_event *e, wall_t now)
{
	char time[WALL_TEXT_MAX];

	canvas_put(
	    c, row, STYLE_DIM, "  %s%s  ", short_time(e->time, now, time), e->sure ? " " : "?");
	cut_to_edge(c, row, e->text);
}

/* ---- the main page -------------------------------------------------------------------------- */

/* Which rows each section gets, and its first visible entry. */
struct share {
	size_t alarms, devices, events; /* rows, without the headings */
	size_t first_alarm, first_device;
};

/* The first entry shown, so that `index` is among the `rows` of `count`. */
static size_t
first_shown(size_t index, size_t rows, size_t count)
{
	if (count <= rows || index < rows)
		return 0;
	size_t first = index - rows + 1;
	return first + rows > count ? count - rows : first;
}

static size_t
smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

static struct share
share_rows(const struct view *v, const struct cursor *cur, size_t rows)
{
	size_t devices = v->device_count, alarms = v->alarm_count > 0 ? v->alarm_count : 1;
	struct share s;

	rows = rows > EVENT_ROWS_MIN ? rows - EVENT_ROWS_MIN : 0;
	s.alarms =
	    smaller(alarms, rows > devices + ALARM_ROWS_MIN ? rows - devices : ALARM_ROWS_MIN);
	s.alarms = smaller(s.alarms, rows);
	if (s.alarms < rows / 3)
		s.alarms = smaller(alarms, rows / 3);
	s.devices = smaller(devices, rows - s.alarms);
	s.events = rows - s.alarms - s.devices + EVENT_ROWS_MIN;
	s.first_alarm = cur->on_alarm ? first_shown(cur->index, s.alarms, v->alarm_count) : 0;
	s.first_device = !cur->on_alarm && cur->index >= v->alarm_count
			     ? first_shown(cur->index - v->alarm_count, s.devices, devices)
			     : 0;
	return s;
}

/* " ALARMS  2 active, 1 waits" with what is out of sight. */
static void
heading(struct canvas *c, size_t row, const char *title, size_t hidden)
{
	canvas_put(c, row, STYLE_SECTION, " %s", title);
	if (hidden > 0)
		canvas_put(c, row, STYLE_SECTION, "  (%zu more: arrow keys)", hidden);
	canvas_bar(c, row, STYLE_SECTION);
}

static void
alarm_heading(struct canvas *c, size_t row, const struct view *v, const struct share *s)
{
	size_t active = 0, waiting = 0, symptoms = 0, shelved = 0;
	char title[160];

	for (size_t i = 0; i < v->alarm_count; i++) {
		enum alarm_phase phase = v->alarms[i].order.phase;

		symptoms += phase == ALARM_SUPPRESSED;
		shelved += phase == ALARM_SHELVED;
		active += aside_mark(phase) == NULL;
		waiting += words_alarm_waits(phase);
	}
	if (active == 0)
		text_printf(title, sizeof(title), "ALARMS  none");
	else
		text_printf(title, sizeof(title), "ALARMS  %zu active, %zu to acknowledge", active,
		    waiting);
	if (symptoms > 0)
		text_append(
		    title, sizeof(title), ", %zu symptom%s", symptoms, symptoms == 1 ? "" : "s");
	if (shelved > 0)
		text_append(title, sizeof(title), ", %zu shelved", shelved);
	if (!v->connected && v->lost_at.us != 0)
		text_append(title, sizeof(title), "  (as last known)");
	heading(c, row, title, v->alarm_count > s->alarms ? v->alarm_count - s->alarms : 0);
}

static void
draw_main(struct canvas *c, const struct view *v, const struct cursor *cur, size_t row, size_t end,
    wall_t now)
{
	size_t headings = 3;
	struct share s = share_rows(v, cur, end > row + headings ? end - row - headings : 0);

	alarm_heading(c, row++, v, &s);
	for (size_t i = 0; i < s.alarms; i++) {
		size_t n = s.first_alarm + i;

		if (n < v->alarm_count)
			draw_alarm(c, row, &v->alarms[n],
			    cur->on_alarm && strcmp(cur->name, v->alarms[n].path) == 0, now);
		row++;
	}
	heading(c, row++, "DEVICES", v->device_count - s.devices);
	for (size_t i = 0; i < s.devices; i++) {
		const struct view_device *d = &v->devices[s.first_device + i];

		draw_device(c, row++, v, d, !cur->on_alarm && strcmp(cur->name, d->name) == 0, now);
	}
	heading(c, row++, "EVENTS", 0);
	size_t shown = smaller(s.events, v->event_count);
	for (size_t i = 0; i < shown && row < end; i++)
		draw_event(c, row++, &v->events[v->event_count - shown + i], now);
}

static void
draw_foot(struct canvas *c, const struct cursor *cur)
{
	static const char *const keys[] = {
	    [PAGE_MAIN] = " a acknowledge  A all  up/down select  enter details  ? help  q quit",
	    [PAGE_DETAILS] = " a acknowledge  up/down scroll  enter back  q quit",
	    [PAGE_HELP] = " any key: back",
	};
	size_t row = c->rows - 1;

	if (cur->message[0] != '\0')
		canvas_put(c, row, cur->message_bad ? STYLE_NEW : STYLE_GOOD, " %s", cur->message);
	else
		canvas_put(c, row, STYLE_DIM, "%s", keys[cur->page]);
}

struct canvas *
draw(const struct view *v, const struct cursor *cursor, size_t rows, size_t columns, wall_t now)
{
	struct canvas *c = canvas_new(rows, columns);
	size_t row = 2;

	if (rows < 10 || columns < 40) {
		canvas_put(c, 0, STYLE_PLAIN, "The window is too small: 80 x 24 is enough.");
		return c;
	}
	draw_title(c, v, now);
	draw_health(c, v);
	if (!v->connected)
		draw_banner(c, v, row++, now);
	switch (cursor->page) {
	case PAGE_MAIN:
		draw_main(c, v, cursor, row, rows - 1, now);
		break;
	case PAGE_DETAILS:
		draw_details(c, v, cursor, row, rows - 1);
		break;
	case PAGE_HELP:
		draw_help(c, row, rows - 1);
		break;
	}
	draw_foot(c, cursor);
	return c;
}
