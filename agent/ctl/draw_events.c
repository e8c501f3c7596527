/* What happened, the newest at the bottom. */
#include "base/lang.h"
#include "base/text.h"
#include "ctl/draw_i.h"

#include <string.h>

#define EVENT_ROWS 5 /* for all of the chosen one */

static enum style
event_style(const struct view_event *e)
{
	if (strcmp(e->type, "gap") == 0)
		return STYLE_WARN;
	if (strcmp(e->type, "alarm") != 0)
		return STYLE_PLAIN;
	return e->priority >= PRIORITY_HIGH ? STYLE_ALARM : STYLE_WARN;
}

static void
draw_event_row(const struct shot *s, const struct area *a, size_t row, const struct view_event *e)
{
	char time[WALL_TEXT_MAX];
	size_t column = 26;

	area_put(
	    a, row, 1, STYLE_DIM, "%s%s", draw_time(e->time, s->now, time), e->sure ? "" : "?");
	area_cut(a, row, 14, event_style(e), 10, draw_word(e->type));
	if (a->columns >= WIDE_COLUMNS) {
		area_put(a, row, 24, STYLE_PLAIN, "%s",
		    strcmp(e->type, "alarm") == 0 ? draw_priority(e->priority) : "");
		area_cut(a, row, 33, STYLE_PLAIN, 14, e->device);
		column = 48;
	}
	column = area_rest(a, row, column, STYLE_PLAIN, e->text);
	if (e->who[0] != '\0' && strstr(e->text, e->who) == NULL)
		area_rest(a, row, column + 1, STYLE_DIM, e->who);
}

/* All of the chosen one, in few rows at the foot of the page. */
static void
draw_event(const struct area *a, const struct view_event *e)
{
	char text[VIEW_TEXT_MAX], time[WALL_TEXT_MAX];

	text_printf(text, sizeof(text), _("event %lld of %s%s, %s%s%s%s%s"), e->seq,
	    wall_local(e->time, time), e->sure ? "" : _(" (clock not synchronised)"),
	    draw_word(e->type), e->device[0] != '\0' ? ", " : "", e->device,
	    e->alarm[0] != '\0' ? "/" : "", e->alarm);
	draw_heading(a, 0, "%s", text);
	size_t row = area_wrap(a, 1, 1, STYLE_PLAIN, e->text);
	draw_labelled(a, row, _("by"), e->who);
}

static const char *
past_says(const struct live *l)
{
	if (l->view->events_all)
		return _("the agent holds none that are older");
	if (l->view->event_count == VIEW_EVENTS)
		return _("older ones: facilityctl events");
	return asks_has(&l->asks, ASK_EVENTS) ? _("asking for older ones ...")
					      : _("Page up: older ones");
}

void
draw_events(const struct shot *s, const struct area *a)
{
	const struct live *l = s->live;
	struct rows rows = live_rows(l);
	struct pick pick = l->pick[PAGE_EVENTS];
	size_t first = draw_filter(a, 0, &l->filter[PAGE_EVENTS]);
	struct area list = area_part(a, first + 1, 0, a->rows, a->columns);

	pick_settle(&pick, &rows);
	if (pick.name[0] == '\0' && rows.count > 0) /* follows the newest */
		pick.index = rows.count - 1;
	const struct row *chosen = pick_row(&pick, &rows);
	if (chosen != NULL && list.rows > 2 * EVENT_ROWS) {
		struct area foot =
		    area_part(&list, list.rows - EVENT_ROWS, 0, EVENT_ROWS, list.columns);

		draw_event(&foot, chosen->thing);
		list.rows -= EVENT_ROWS;
	}
	size_t top = pick_top(&pick, rows.count, list.rows);
	draw_heading(a, first, "%s   %s",
	    pick.name[0] == '\0' ? _("EVENTS, as they come") : _("EVENTS   (End: the newest)"),
	    past_says(l));
	draw_more(a, first, top, list.rows, rows.count);
	for (size_t i = 0; i < list.rows && top + i < rows.count; i++) {
		const struct row *r = &rows.row[top + i];

		draw_event_row(s, &list, i, r->thing);
		if (strcmp(r->name, pick.name) == 0)
			area_bar(&list, i, STYLE_SELECTED);
	}
	if (rows.count == 0 && s->view->connected)
		area_put(&list, 0, 1, STYLE_DIM, _("No event passes."));
	rows_free(&rows);
}
