/* All devices, and all points of one. */
#include "base/lang.h"
#include "base/text.h"
#include "ctl/draw_i.h"

#include <math.h>
#include <string.h>

/* ---- list ----------------------------------------------------------------------------------- */

#define AT_STATE    14
#define AT_POINTS   22
#define AT_ROUND    30
#define AT_ANSWERED 39
#define AT_TITLE    51

static const char *
milliseconds(double ms, char *buf, size_t size)
{
	text_copy(buf, size, NOTHING);
	if (isfinite(ms) && ms >= 10000)
		text_printf(buf, size, "%.0f s", ms / 1000);
	else if (isfinite(ms))
		text_printf(buf, size, ms < 10 ? "%.1f ms" : "%.0f ms", ms);
	return buf;
}

static void
draw_device_row(const struct shot *s, const struct area *a, size_t row, const struct view_device *d)
{
	const struct view_alarm *alarm =
	    d->worst_alarm != VIEW_NONE ? &s->view->alarms[d->worst_alarm] : NULL;
	char text[64];
	bool all_good = d->good_count == d->point_count;

	draw_device_mark(s, a, row, 1, d);
	area_cut(a, row, 3, STYLE_PLAIN, AT_STATE - 4, d->name);
	area_cut(
	    a, row, AT_STATE, draw_device_style(s, d), AT_POINTS - AT_STATE, draw_word(d->state));
	text_printf(text, sizeof(text), "%zu/%zu", d->good_count, d->point_count);
	area_right(a, row, AT_ROUND - 1, all_good ? STYLE_PLAIN : STYLE_WARN, text);
	area_right(a, row, AT_ANSWERED - 1, STYLE_PLAIN,
	    milliseconds(d->round_trip_ms, text, sizeof(text)));
	draw_age(d->answered, s->now, text);
	area_right(a, row, AT_TITLE - 2, STYLE_PLAIN, text[0] != '\0' ? text : NOTHING);
	if (d->fault[0] != '\0')
		area_rest(a, row, AT_TITLE, STYLE_WARN, d->fault);
	else if (alarm != NULL) {
		size_t column = area_put(
		    a, row, AT_TITLE, draw_alarm_style(alarm), "%s", draw_alarm_word(alarm));
		area_rest(a, row, column + 1, STYLE_PLAIN, alarm->text);
	} else
		area_rest(a, row, AT_TITLE, STYLE_DIM, draw_name(a, d->title, ""));
}

static void
draw_columns(const struct area *a, size_t row)
{
	area_put(a, row, 3, STYLE_DIM, _("device"));
	area_put(a, row, AT_STATE, STYLE_DIM, _("state"));
	area_right(a, row, AT_ROUND - 1, STYLE_DIM, _("good"));
	area_right(a, row, AT_ANSWERED - 1, STYLE_DIM, _("answer"));
	area_right(a, row, AT_TITLE - 2, STYLE_DIM, _("answered"));
}

void
draw_devices(const struct shot *s, const struct area *a)
{
	if (s->live->device[0] != '\0') {
		draw_points(s, a);
		return;
	}
	struct rows rows = live_rows(s->live);
	struct pick pick = s->live->pick[PAGE_DEVICES];
	size_t first = draw_filter(a, 0, &s->live->filter[PAGE_DEVICES]);

	pick_settle(&pick, &rows);
	draw_columns(a, first++);
	struct area list = area_part(a, first, 0, a->rows, a->columns);
	size_t top = pick_top(&pick, rows.count, list.rows);
	for (size_t i = 0; i < list.rows && top + i < rows.count; i++) {
		const struct row *r = &rows.row[top + i];

		if (r->kind == ROW_HEADING) {
			draw_heading(&list, i, "%s", r->heading);
			continue;
		}
		draw_device_row(s, &list, i, r->thing);
		if (strcmp(r->name, pick.name) == 0)
			area_bar(&list, i, STYLE_SELECTED);
	}
	draw_more(a, first - 1, top, list.rows, rows.count);
	if (rows.count == 0)
		area_put(&list, 0, 1, STYLE_DIM, _("No device here."));
	rows_free(&rows);
}

/* ---- one device ----------------------------------------------------------------------------- */

/* Alarms of this device, the graver first. Returns the row after them. */
static size_t
draw_its_alarms(const struct shot *s, const struct area *a, size_t row, const struct view_device *d)
{
	const struct view_alarm *alarm;
	size_t shown = 0;

	for (size_t i = 0; shown < 3 && (alarm = view_listed(s->view, i)) != NULL; i++)
		if (strcmp(alarm->device, d->name) == 0) {
			draw_alarm_row(s, a, row++, alarm);
			shown++;
		}
	return row;
}

static size_t
draw_device_head(const struct shot *s, const struct area *a, const struct view_device *d)
{
	const struct view_zone *z = view_zone(s->view, d->zone);
	char text[512], ms[32], slowest[32], since[WALL_TEXT_MAX];
	size_t row = 1, column = draw_device_mark(s, a, 0, 1, d) + 1;

	column = area_put(a, 0, column, STYLE_SECTION, "%s", d->name);
	column = area_rest(a, 0, column + 2, STYLE_PLAIN, draw_name(a, d->title, ""));
	text_printf(text, sizeof(text), "(%s, %s", d->kind,
	    draw_name(a, z != NULL ? z->title : "", d->zone));
	if (d->link[0] != '\0')
		text_append(text, sizeof(text), _(", link %s"), d->link);
	if (d->parent[0] != '\0')
		text_append(text, sizeof(text), _(", needs %s"), d->parent);
	text_append(text, sizeof(text), ")");
	area_rest(a, 0, column + 2, STYLE_DIM, text);
	text_printf(text, sizeof(text),
	    _("%s since %s, %zu of %zu values good, answers in %s (slowest %s)"),
	    draw_word(d->state), draw_time(d->since, s->now, since), d->good_count, d->point_count,
	    milliseconds(d->round_trip_ms, ms, sizeof(ms)),
	    milliseconds(d->slowest_ms, slowest, sizeof(slowest)));
	row = draw_labelled(a, row, _("state"), text);
	row = draw_labelled(a, row, _("fault"), d->fault);
	row = draw_labelled(a, row, _("impact"), d->impact);
	if (d->service_until.us != 0) {
		text_printf(text, sizeof(text), _("in maintenance until %s, %s"),
		    draw_time(d->service_until, s->now, since), d->service);
		row = draw_labelled(a, row, _("service"), text);
	}
	if (a->rows > 20)
		row = draw_labelled(a, row, _("facts"), d->facts);
	return draw_its_alarms(s, a, row, d);
}

static void
draw_point_row(const struct shot *s, const struct area *a, size_t row, const struct view_point *p)
{
	char age[DURATION_MAX], path[VIEW_PATH_MAX];
	size_t title = a->columns >= WIDE_COLUMNS ? 50 : 36, value = title + 18;

	text_printf(path, sizeof(path), "%s/%s", s->live->device, p->name);
	area_put(a, row, 1, STYLE_DIM, "%s", trends_has(&s->live->trends, path) ? "t" : "");
	area_cut(a, row, 3, STYLE_PLAIN, title - 4, draw_name(a, p->title, p->name));
	/* A value is whole or ends in "…": without some of its digits it is another one. */
	size_t end = area_rest(a, row, title, p->good ? STYLE_PLAIN : STYLE_WARN, p->value);
	value = end + 2 > value ? end + 2 : value;
	if (!p->good)
		value = area_rest(a, row, value, STYLE_WARN, p->quality) + 2;
	draw_age(p->time, s->now, age);
	text_printf(path, sizeof(path), p->good ? _("read %s ago") : _("last good %s ago"), age);
	if (age[0] != '\0')
		area_rest(a, row, value, STYLE_DIM, path);
}

void
draw_points(const struct shot *s, const struct area *a)
{
	const struct view_device *d = view_device(s->view, s->live->device);
	struct rows rows = live_rows(s->live);
	struct pick pick = s->live->point;

	if (d == NULL) {
		area_put(a, 0, 1, STYLE_WARN, _("The agent has no device %s."), s->live->device);
		rows_free(&rows);
		return;
	}
	size_t first = draw_device_head(s, a, d);
	draw_heading(a, first, "%s", _("POINTS"));
	struct area list = area_part(a, first + 1, 0, a->rows, a->columns);
	pick_settle(&pick, &rows);
	size_t top = pick_top(&pick, rows.count, list.rows);
	for (size_t i = 0; i < list.rows && top + i < rows.count; i++) {
		draw_point_row(s, &list, i, rows.row[top + i].thing);
		if (strcmp(rows.row[top + i].name, pick.name) == 0)
			area_bar(&list, i, STYLE_SELECTED);
	}
	draw_more(a, first, top, list.rows, rows.count);
	rows_free(&rows);
}
