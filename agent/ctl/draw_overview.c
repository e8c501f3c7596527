/* The room as a plan, and what is wrong in it; as a list where the plan has no room. */
#include "base/lang.h"
#include "base/text.h"
#include "ctl/draw_i.h"
#include "ctl/floor.h"

#include <string.h>

#define SIDE_COLUMNS  62  /* of alarms and events beside the plan */
#define SIDE_FROM     150 /* where the terminal is so wide */
#define GRAVEST_ROWS  11
#define LIST_ROWS_MIN 5 /* with less the alarms alone are shown */

static const struct view_alarm *
alarm_of(const struct view *v, size_t index)
{
	return index != VIEW_NONE ? &v->alarms[index] : NULL;
}

static bool
is_chosen(const struct shot *s, const char *name)
{
	return strcmp(s->live->pick[PAGE_OVERVIEW].name, name) == 0;
}

/* ---- plan ----------------------------------------------------------------------------------- */

/* The title of a box: the zone, and its worst alarm. */
static void
draw_zone_box(const struct shot *s, const struct area *a, const struct floor_box *box)
{
	const struct view_zone *z = &s->view->zones[box->zone];
	const struct view_alarm *worst = alarm_of(s->view, z->worst_alarm);
	struct area part = area_part(a, box->top, box->left, box->rows, box->columns);
	char word[32] = "";

	area_box(&part, STYLE_FRAME, is_chosen(s, z->key) ? STYLE_SELECTED : STYLE_SECTION,
	    draw_name(a, z->title, z->name));
	if (worst == NULL || part.columns < 24)
		return;
	text_printf(word, sizeof(word), " %s ", draw_alarm_word(worst));
	area_right(&part, 0, part.columns - 2, draw_alarm_style(worst), word);
}

/* What a device has to say in one row: its fault, its alarm, or its values. */
static void
draw_device_says(const struct shot *s, const struct area *a, size_t row, size_t column,
    const struct view_device *d, bool titles)
{
	const struct view_alarm *alarm = alarm_of(s->view, d->worst_alarm);
	char since[WALL_TEXT_MAX], text[3 * WALL_TEXT_MAX];

	if (view_device_bad(d)) {
		column =
		    area_put(a, row, column, draw_device_style(s, d), "%s", draw_word(d->state));
		text_printf(text, sizeof(text), _(" since %s"), draw_time(d->since, s->now, since));
		/* A time that is cut could be read as another one. */
		if (s->view->connected && d->since.us != 0 &&
		    column + words_width(text) <= a->columns)
			area_put(a, row, column, STYLE_PLAIN, "%s", text);
	} else if (d->service_until.us != 0)
		area_put(a, row, column, STYLE_WARN, _("maintenance until %s"),
		    draw_time(d->service_until, s->now, since));
	else if (alarm != NULL) {
		column =
		    area_put(a, row, column, draw_alarm_style(alarm), "%s", draw_alarm_word(alarm));
		area_rest(a, row, column + 1, STYLE_PLAIN,
		    draw_name(a, alarm->title, strchr(alarm->path, '/') + 1));
	} else
		draw_key_points(a, row, column, d, titles);
}

static void
draw_cell(const struct shot *s, const struct area *a, const struct floor_cell *cell,
    enum floor_detail detail)
{
	const struct view_device *d = &s->view->devices[cell->device];
	/* One blank column between neighbours. */
	struct area part = area_part(a, cell->top, cell->left, cell->rows,
	    cell->columns > 1 ? cell->columns - 1 : cell->columns);
	size_t name_columns = detail == FLOOR_NAME ? part.columns : 10;
	size_t column = draw_device_mark(s, &part, 0, 0, d) + 1;

	column = area_cut(&part, 0, column, STYLE_PLAIN, name_columns, d->name);
	column = column < 12 && detail != FLOOR_NAME ? 12 : column;
	if (detail == FLOOR_VALUES) {
		area_rest(&part, 0, column + 1, STYLE_DIM, draw_name(a, d->title, ""));
		draw_device_says(s, &part, 1, 2, d, true);
	} else if (detail != FLOOR_NAME)
		draw_device_says(s, &part, 0, column + 1, d, false);
	if (is_chosen(s, d->name))
		area_bar(&part, 0, STYLE_SELECTED);
}

static void
draw_plan(const struct shot *s, const struct area *a, const struct floor *f)
{
	for (size_t i = 0; i < f->box_count; i++)
		draw_zone_box(s, a, &f->boxes[i]);
	for (size_t i = 0; i < f->cell_count; i++)
		draw_cell(s, a, &f->cells[i], f->detail);
}

/* ---- list ----------------------------------------------------------------------------------- */

static void
draw_zone_row(const struct shot *s, const struct area *a, size_t row, const struct row *r)
{
	const struct view_zone *z = r->thing;
	const struct view_alarm *worst = alarm_of(s->view, z->worst_alarm);
	size_t column = 1 + 2 * r->depth;

	column = area_cut(a, row, column, STYLE_SECTION, 30, draw_name(a, z->title, z->name));
	column = area_put(a, row, column + 2, STYLE_DIM,
	    lang_count(z->device_count, "%zu device", "%zu devices"), z->device_count);
	if (z->fault_count > 0)
		column = area_put(a, row, column, STYLE_ALARM, _(", %zu not well"), z->fault_count);
	if (worst != NULL)
		area_put(a, row, column + 2, draw_alarm_style(worst), "%s", draw_alarm_word(worst));
	else if (z->fault_count == 0)
		area_put(a, row, column, STYLE_DIM, _(", all well"));
}

static void
draw_list(const struct shot *s, const struct area *a)
{
	struct rows rows = live_rows(s->live);
	struct pick pick = s->live->pick[PAGE_OVERVIEW];

	pick_settle(&pick, &rows);
	size_t top = pick_top(&pick, rows.count, a->rows);
	for (size_t i = 0; i < a->rows && top + i < rows.count; i++) {
		const struct row *r = &rows.row[top + i];

		if (r->kind == ROW_ZONE)
			draw_zone_row(s, a, i, r);
		else {
			const struct view_device *d = r->thing;
			size_t column = 1 + 2 * r->depth;

			column = draw_device_mark(s, a, i, column, d) + 1;
			area_cut(a, i, column, STYLE_PLAIN, 14, d->name);
			draw_device_says(s, a, i, column + 15, d, a->columns >= 60);
		}
		if (r->name != NULL && is_chosen(s, r->name))
			area_bar(a, i, STYLE_SELECTED);
	}
	draw_more(a, 0, top, a->rows, rows.count);
	rows_free(&rows);
}

/* ---- what is wrong, what happened ----------------------------------------------------------- */

/* Returns the row after the last. */
static size_t
draw_wrong(const struct shot *s, const struct area *a, size_t most)
{
	const struct view_alarm *alarm;
	size_t row = 1;

	if (!s->view->connected && s->view->site[0] == '\0')
		return 0; /* nothing was ever known */
	draw_heading(a, 0, "%s", s->view->connected ? _("WRONG NOW") : _("WRONG AS LAST KNOWN"));
	for (size_t i = 0; row <= most && (alarm = view_listed(s->view, i)) != NULL; i++) {
		if (view_aside(alarm))
			break;
		draw_alarm_row(s, a, row++, alarm);
	}
	draw_more(a, 0, 0, row - 1, s->view->counts.active);
	if (row == 1 && s->view->connected)
		area_put(a, row++, 1, STYLE_GOOD, _("nothing"));
	return row;
}

static void
draw_latest(const struct shot *s, const struct area *a)
{
	size_t count = s->view->event_count, row = 1;
	char time[WALL_TEXT_MAX];

	if (a->rows < 2)
		return;
	draw_heading(a, 0, "%s", _("LATEST"));
	for (size_t i = 0; i < count && row < a->rows; i++) {
		const struct view_event *e = &s->view->events[count - 1 - i];

		/* A lost device and its alarm say the same. */
		if (i > 0 && strcmp(e->text, e[1].text) == 0)
			continue;
		size_t column = area_put(a, row, 1, STYLE_DIM, "%s%s",
		    draw_time(e->time, s->now, time), e->sure ? "" : "?");
		area_rest(a, row++, column + 2, STYLE_PLAIN, e->text);
	}
}

/* How the agent itself is: its lamps and its parts. */
static void
draw_agent(const struct shot *s, const struct area *a, size_t row)
{
	static const struct {
		const char *look, *lamp, *word;
	} looks[] = {
	    {"off", "○", ""},
	    {"steady", "●", ""},
	    {"slow", "◐", N_(" slow")},
	    {"fast", "◐", N_(" fast")},
	};
	size_t column = 1;
	char text[VIEW_NAME_MAX + 32];

	for (size_t i = 0; i < s->view->output_count; i++) {
		const struct view_output *o = &s->view->outputs[i];
		size_t k = 0;

		while (
		    k + 1 < sizeof(looks) / sizeof(looks[0]) && strcmp(looks[k].look, o->look) != 0)
			k++;
		enum style style = k == 0                          ? STYLE_DIM
				   : strcmp(o->name, "green") == 0 ? STYLE_GOOD
				   : strcmp(o->name, "amber") == 0 ? STYLE_WARN
								   : STYLE_ALARM;
		column = area_put(a, row, column, style, "%s %s%s  ", looks[k].lamp,
		    draw_word(o->name), _(looks[k].word));
	}
	column++;
	for (size_t i = 0; i < s->view->part_count; i++) {
		const struct view_part *p = &s->view->parts[i];

		text_printf(text, sizeof(text), "%s %s  ", p->name, p->ok ? _("ok") : _("FAULT"));
		if (column + words_width(text) > a->columns)
			break; /* what is not well is beside the tabs as well */
		column = area_put(a, row, column, p->ok ? STYLE_DIM : STYLE_WARN, "%s", text);
	}
}

/* Alarms, all of the gravest one where there is much room, then events. */
static void
draw_rest(const struct shot *s, const struct area *a)
{
	const struct view_alarm *worst = view_gravest(s->view);
	size_t active = s->view->counts.active, most = a->rows / 2;

	if (a->rows < 2)
		return;
	if (a->rows < 10)
		most = a->rows - 1;
	size_t row = draw_wrong(s, a, active < most ? active : most);
	struct area rest = area_part(a, row, 0, a->rows, a->columns);
	if (worst != NULL && rest.rows >= GRAVEST_ROWS + 4) {
		struct area part = area_part(&rest, 1, 0, GRAVEST_ROWS, rest.columns);

		draw_heading(&rest, 0, "%s", _("THE GRAVEST"));
		row = 1 + draw_alarm(s, &part, worst);
		rest = area_part(&rest, row, 0, rest.rows, rest.columns);
	}
	draw_latest(s, &rest);
}

void
draw_overview(const struct shot *s, const struct area *a)
{
	bool side = a->columns >= SIDE_FROM;
	size_t wide = side ? a->columns - SIDE_COLUMNS : a->columns;
	size_t wrong = s->view->counts.active < 3 ? s->view->counts.active : 3;
	size_t keep = 1 + (side || wrong == 0 ? 0 : wrong + 1); /* rows below the plan */
	struct area upper = area_part(a, 0, 0, a->rows > keep ? a->rows - keep : 0, wide);
	struct floor *f = floor_new(s->view, upper.rows, upper.columns);
	size_t used = upper.rows;

	if (f != NULL) {
		draw_plan(s, &upper, f);
		used = f->rows;
	} else if (upper.rows >= LIST_ROWS_MIN)
		draw_list(s, &upper);
	else
		used = 0;
	floor_free(f);
	draw_agent(s, a, a->rows - 1);
	struct area rest = area_part(a, used, 0, a->rows - used - 1, wide);
	if (side)
		rest = area_part(a, 0, wide + 1, a->rows - 1, SIDE_COLUMNS - 1);
	draw_rest(s, &rest);
}
