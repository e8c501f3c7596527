/* All alarms in sections, and all of the one that is chosen. */
#include "base/lang.h"
#include "base/text.h"
#include "ctl/draw_i.h"

#include <string.h>

#define SYMPTOMS_SHOWN 8
#define PANE_ROWS      11 /* of the details below the list, where there are enough rows */

/* ---- one alarm ------------------------------------------------------------------------------ */

static size_t
draw_times(const struct shot *s, const struct area *a, size_t row, const struct view_alarm *alarm)
{
	char since[WALL_TEXT_MAX], until[WALL_TEXT_MAX], age[DURATION_MAX], text[384];

	text_printf(text, sizeof(text), _("%s since %s (%s)"), draw_word(alarm->state),
	    draw_time(alarm->order.since, s->now, since),
	    draw_age(alarm->order.since, s->now, age));
	if (alarm->who[0] != '\0')
		text_append(text, sizeof(text), ", %s", alarm->who);
	row = draw_labelled(a, row, _("state"), text);
	if (alarm->until.us != 0)
		row = draw_labelled(a, row, _("until"), draw_time(alarm->until, s->now, until));
	return draw_labelled(a, row, _("reason"), alarm->reason);
}

/* Cause first, symptoms under it. */
static size_t
draw_tree(const struct shot *s, const struct area *a, size_t row, const struct view_alarm *alarm)
{
	const struct view *v = s->view;
	const struct view_alarm *cause = view_alarm(v, alarm->cause), *other;
	size_t shown = 0;

	if (alarm->cause[0] != '\0')
		row = draw_labelled(a, row, _("cause"), cause != NULL ? cause->text : alarm->cause);
	if (alarm->symptom_count == 0)
		return row;
	area_put(a, row, 1, STYLE_DIM, _("symptoms"));
	for (size_t i = 0; (other = view_listed(v, i)) != NULL && row < a->rows; i++) {
		if (strcmp(other->cause, alarm->path) != 0)
			continue;
		if (shown++ == SYMPTOMS_SHOWN) {
			area_put(a, row++, 12, STYLE_DIM, _("and %zu more"),
			    alarm->symptom_count - SYMPTOMS_SHOWN);
			break;
		}
		size_t column = area_put(
		    a, row, 10, STYLE_FRAME, "%s", shown == alarm->symptom_count ? "└─ " : "├─ ");
		area_rest(a, row++, column, STYLE_PLAIN, other->text);
	}
	return row;
}

/* The text has the value of the moment when it was raised; how is it now? */
static size_t
draw_now(const struct shot *s, const struct area *a, size_t row, const struct view_alarm *alarm)
{
	char path[2 * VIEW_PATH_MAX], text[VIEW_VALUE_MAX + 192];

	text_printf(path, sizeof(path), "%s/%s", alarm->device, alarm->point);
	const struct view_point *p = alarm->point[0] != '\0' ? view_point_at(s->view, path) : NULL;
	if (p == NULL)
		return row;
	text_printf(text, sizeof(text), "%s: %s", draw_name(a, p->title, p->name), p->value);
	if (!p->good)
		text_append(text, sizeof(text), "  (%s)", p->quality);
	return draw_labelled(a, row, _("now"), text);
}

size_t
draw_alarm(const struct shot *s, const struct area *a, const struct view_alarm *alarm)
{
	const struct view_device *d = view_device(s->view, alarm->device);
	size_t column = draw_alarm_mark(a, 0, 0, alarm);

	column = area_put(a, 0, column, draw_alarm_style(alarm), "%s", draw_alarm_word(alarm));
	column = area_rest(a, 0, column + 1, STYLE_PLAIN, alarm->path);
	if (d != NULL)
		column = area_rest(a, 0, column + 2, STYLE_DIM, draw_name(a, d->title, ""));
	area_rest(a, 0, column + 2, STYLE_DIM, draw_name(a, alarm->title, ""));
	size_t row = draw_labelled(a, 1, _("what"), alarm->text);
	row = draw_now(s, a, row, alarm);
	row = draw_labelled(a, row, _("do this"), alarm->remedy);
	row = draw_labelled(a, row, _("impact"), alarm->impact);
	row = draw_times(s, a, row, alarm);
	row = draw_tree(s, a, row, alarm);
	return draw_labelled(a, row, _("rule"), alarm->when);
}

/* ---- list ----------------------------------------------------------------------------------- */

/* Returns the first row that is shown. */
static size_t
draw_rows(
    const struct shot *s, const struct area *a, const struct rows *rows, const struct pick *pick)
{
	size_t top = pick_top(pick, rows->count, a->rows);

	for (size_t i = 0; i < a->rows && top + i < rows->count; i++) {
		const struct row *r = &rows->row[top + i];

		if (r->kind == ROW_HEADING) {
			draw_heading(a, i, "%s", r->heading);
			continue;
		}
		draw_alarm_row(s, a, i, r->thing);
		if (strcmp(r->name, pick->name) == 0) {
			area_bar(a, i, STYLE_SELECTED);
			area_put(a, i, 0, STYLE_SELECTED, ">");
		}
	}
	return top;
}

static void
draw_nothing(const struct shot *s, const struct area *a)
{
	const struct filter *f = &s->live->filter[PAGE_ALARMS];
	bool filtered = f->text[0] != '\0' || f->least != PRIORITY_LOW;

	if (s->view->connected)
		area_put(a, 1, 1, filtered ? STYLE_DIM : STYLE_GOOD, "%s",
		    filtered ? _("No alarm passes the filter.") : _("No alarm."));
}

/* All of one, over the whole page; what is longer can be scrolled. */
static void
draw_open(const struct shot *s, const struct area *a, const struct view_alarm *alarm)
{
	struct area nowhere = area_scrolled(a, SIZE_MAX);
	size_t count = draw_alarm(s, &nowhere, alarm);

	if (count <= a->rows) {
		draw_alarm(s, a, alarm);
		return;
	}
	struct area below = area_part(a, 1, 0, a->rows, a->columns);
	size_t last = count - below.rows;
	size_t top = s->live->scroll < last ? s->live->scroll : last;
	struct area text = area_scrolled(&below, top);

	draw_heading(a, 0, "%s", _("THE CHOSEN ONE"));
	draw_more(a, 0, top, below.rows, count);
	draw_alarm(s, &text, alarm);
}

void
draw_alarms(const struct shot *s, const struct area *a)
{
	struct rows rows = live_rows(s->live);
	struct pick pick = s->live->pick[PAGE_ALARMS];
	const struct view_alarm *chosen = live_alarm(s->live);
	size_t first = draw_filter(a, 0, &s->live->filter[PAGE_ALARMS]);
	struct area list = area_part(a, first, 0, a->rows, a->columns);

	pick_settle(&pick, &rows);
	if (rows.count == 0)
		draw_nothing(s, &list);
	else if (s->live->open && chosen != NULL)
		draw_open(s, &list, chosen);
	else {
		size_t pane_rows = list.rows > 2 * PANE_ROWS ? list.rows / 2 : PANE_ROWS;

		if (list.rows < PANE_ROWS + 4)
			pane_rows = list.rows / 2;
		size_t shown = list.rows - pane_rows;
		shown = rows.count + 1 < shown ? rows.count + 1 : shown;
		struct area upper = area_part(&list, 0, 0, shown, list.columns);
		struct area pane = area_part(&list, shown, 0, list.rows, list.columns);
		size_t top = draw_rows(s, &upper, &rows, &pick);
		draw_heading(&pane, 0, "%s", chosen != NULL ? _("THE CHOSEN ONE") : "");
		draw_more(&pane, 0, top, upper.rows, rows.count);
		pane = area_part(&pane, 1, 0, pane.rows, pane.columns);
		if (chosen != NULL)
			draw_alarm(s, &pane, chosen);
		else
			area_put(&pane, 0, 1, STYLE_DIM, _("Choose an alarm with the arrow keys."));
	}
	rows_free(&rows);
}
