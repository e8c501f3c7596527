#include "ctl/draw.h"

#include "base/lang.h"
#include "base/text.h"
#include "ctl/draw_i.h"
#include "ctl/keys.h"

#include <string.h>

/* Below this there is only room for the alarm that comes first. */
#define ROWS_MIN    8
#define COLUMNS_MIN 30
/* What a person types has so many columns at least, or half of the window. */
#define TYPED_COLUMNS 20

/* ---- head ----------------------------------------------------------------------------------- */

/* Adds a piece to the right end of the title, where it leaves room for the left one. */
static void
add_piece(char *right, size_t size, size_t room, const char *piece)
{
	if (words_width(right) + words_width(piece) + 1 <= room)
		text_append(right, size, "%s", piece);
}

static void
draw_title(const struct shot *s, const struct area *a)
{
	const struct view *v = s->view;
	char left[320], right[160] = "", piece[96], time[WALL_TEXT_MAX], up[DURATION_MAX];

	text_printf(left, sizeof(left), " %s",
	    draw_name(a, v->title, v->site[0] != '\0' ? v->site : "facilityd"));
	if (s->live->as[0] != '\0')
		text_append(left, sizeof(left), "   [%s]", s->live->as);
	size_t room = a->columns > words_width(left) ? a->columns - words_width(left) : 0;
	text_printf(piece, sizeof(piece), "  %s", wall_local(s->now, time));
	add_piece(right, sizeof(right), room, piece);
	if (v->connected && !v->synced)
		add_piece(right, sizeof(right), room, _(" (clock not synchronised)"));
	text_printf(piece, sizeof(piece), _("  up %s"), words_duration(v->uptime_s, up));
	if (v->connected)
		add_piece(right, sizeof(right), room, piece);
	area_rest(a, 0, 0, STYLE_HEAD, left);
	area_right(a, 0, a->columns - 1, STYLE_HEAD, right);
	area_bar(a, 0, STYLE_HEAD);
}

/* What of the agent's own parts is not well; nothing where all are. */
static size_t
draw_parts_bad(const struct shot *s, const struct area *a, size_t row)
{
	char text[256] = "";

	for (size_t i = 0; i < s->view->part_count; i++) {
		const struct view_part *p = &s->view->parts[i];

		if (!p->ok)
			text_append(text, sizeof(text), _(" %s FAULT"), p->name);
	}
	if (s->live->nonsense > 0)
		text_append(text, sizeof(text), _(" %u lines not understood"), s->live->nonsense);
	size_t wide = words_width(text) + 1;
	if (text[0] == '\0' || wide > a->columns)
		return a->columns;
	area_put(a, row, a->columns - wide, STYLE_WARN, "%s ", text);
	return a->columns - wide;
}

static void
draw_tabs(const struct shot *s, const struct area *a)
{
	static const char *const names[PAGE_COUNT] = {
	    [PAGE_OVERVIEW] = N_("Overview"),
	    [PAGE_ALARMS] = N_("Alarms"),
	    [PAGE_DEVICES] = N_("Devices"),
	    [PAGE_TRENDS] = N_("Trends"),
	    [PAGE_EVENTS] = N_("Events"),
	    [PAGE_HELP] = N_("Help"),
	};
	struct area tabs = area_part(a, 0, 0, a->rows, draw_parts_bad(s, a, 1));
	size_t column = 0;

	for (int p = 0; p < PAGE_COUNT; p++) {
		char text[64];

		text_printf(text, sizeof(text), " %c %s", p == PAGE_HELP ? '?' : '1' + p,
		    a->columns >= 50 || p == (int)s->live->page ? _(names[p]) : "");
		if (p == PAGE_ALARMS && s->view->counts.active > 0)
			text_append(text, sizeof(text), " %zu", s->view->counts.active);
		column = area_put(&tabs, 1, column,
		    p == (int)s->live->page ? STYLE_TAB : STYLE_PLAIN, "%s ", text);
	}
}

/* Joins what is counted: "2 symptoms, 3 shelved". */
static void
add_count(char *buf, size_t size, const char *text)
{
	text_append(buf, size, "%s%s", buf[0] != '\0' ? ", " : "", text);
}

static void
count_words(const struct view *v, bool wide, char *buf, size_t size)
{
	const struct view_counts *n = &v->counts;
	char text[64];

	buf[0] = '\0';
	if (n->active > 0)
		text_append(buf, size,
		    wide ? _("%zu active, %zu to acknowledge") : _("%zu (%zu new)"), n->active,
		    n->waiting);
	text_printf(text, sizeof(text), lang_count(n->symptoms, "%zu symptom", "%zu symptoms"),
	    n->symptoms);
	if (n->symptoms > 0)
		add_count(buf, size, text);
	text_printf(text, sizeof(text), _("%zu shelved"), n->shelved);
	if (n->shelved > 0)
		add_count(buf, size, text);
	text_printf(text, sizeof(text), _("%zu in maintenance"), n->serviced);
	if (n->serviced > 0)
		add_count(buf, size, text);
}

/*
 * The alarm that comes first - it waits for a person, or is the gravest -, how long, and how many
 * there are: the one line that is always there.
 */
static void
draw_alarm_bar(const struct shot *s, const struct area *a, size_t row)
{
	const struct view *v = s->view;
	const struct view_alarm *worst = view_listed(v, 0);
	char counts[128], age[DURATION_MAX], text[VIEW_TEXT_MAX + 64];

	count_words(v, a->columns >= 100, counts, sizeof(counts));
	if (!v->connected && v->site[0] != '\0')
		text_copy(counts, sizeof(counts), _("(as last known)"));
	if (worst == NULL || view_aside(worst)) {
		size_t column = 0;

		if (v->connected)
			column = area_put(a, row, 1, STYLE_GOOD, "%s", _("No alarm."));
		area_put(a, row, column + 1, STYLE_DIM, "%s", counts);
		return;
	}
	size_t room = a->columns > words_width(counts) + 1 ? a->columns - words_width(counts) - 1
							   : a->columns;
	if (room < a->columns / 2) { /* the alarm goes before the counts */
		counts[0] = '\0';
		room = a->columns;
	}
	text_printf(text, sizeof(text), "%s, %s: %s", draw_priority(worst->order.priority),
	    draw_age(draw_alarm_begin(worst), s->now, age), draw_name(a, worst->text, worst->path));
	area_cut(a, row, 2, STYLE_PLAIN, room > 3 ? room - 3 : 0, text);
	area_right(a, row, a->columns - 1, STYLE_PLAIN, counts);
	area_bar(
	    a, row, words_alarm_waits(worst->order.phase) ? STYLE_NEW : draw_alarm_style(worst));
	draw_alarm_mark(a, row, 0, worst);
}

/* So many rows of the page give way to what must be read. */
static size_t
over_rows(const struct area *a)
{
	return a->rows >= 16 ? 3 : 1;
}

/* A text over at most `most` rows from this one on, over whatever stands there; the row after it.
 */
static size_t
draw_over(const struct area *a, size_t row, size_t most, enum style style, const char *text)
{
	size_t rows = area_wrap_rows(a, 1, text);
	struct area part = area_part(a, row, 0, rows < most ? rows : most, a->columns);

	for (size_t i = 0; i < part.rows; i++)
		area_put(&part, i, 0, style, "%*s", (int)a->columns, "");
	area_wrap(&part, 0, 1, style, text);
	if (rows > part.rows)
		area_put(&part, part.rows - 1, a->columns - 1, style, "…");
	return row + part.rows;
}

/* Returns the row after it. */
static size_t
draw_banner(const struct shot *s, const struct area *a, size_t row)
{
	const struct view *v = s->view;
	char since[WALL_TEXT_MAX], text[VIEW_TEXT_MAX + 128];

	if (v->lost_at.us == 0)
		text_copy(text, sizeof(text), _("Asking facilityd ..."));
	else
		text_printf(text, sizeof(text),
		    _("NO CONNECTION since %s: every value is unknown. Trying again. (%s)"),
		    draw_time(v->lost_at, s->now, since), v->lost_why);
	return draw_over(a, row, over_rows(a), STYLE_BANNER, text);
}

/* ---- foot ----------------------------------------------------------------------------------- */

/* A sentence at the foot, on as many rows as it needs. */
static void
draw_at_foot(const struct area *a, size_t row, enum style style, const char *text)
{
	size_t rows = area_wrap_rows(a, 1, text), most = over_rows(a);

	rows = rows < most ? rows : most;
	draw_over(a, row + 1 - rows, rows, style, text);
}

static void
draw_prompt(const struct prompt *p, const struct area *a, size_t row)
{
	struct canvas *c = a->canvas;
	const char *text = p->text;

	if (p->one_key) { /* "y/n" stands at its end */
		draw_at_foot(a, row, STYLE_KEY, p->label);
		return;
	}
	size_t room = a->columns > 2 * TYPED_COLUMNS ? a->columns - TYPED_COLUMNS : a->columns / 2;
	size_t column = area_cut(a, row, 1, STYLE_KEY, room, p->label) + 1;

	/* The end of what is typed stays in sight. */
	while (
	    *text != '\0' && column + words_width(text) + 1 > a->columns && column < a->columns) {
		wchar_t wc;

		text += words_next(text, &wc);
	}
	column = area_put(a, row, column, STYLE_PLAIN, "%s", text);
	c->has_caret = true;
	c->caret_row = a->top + row;
	c->caret_column = a->left + (column < a->columns ? column : a->columns - 1);
}

static void
draw_foot(const struct shot *s, const struct area *a, size_t row)
{
	const struct live *l = s->live;
	size_t column = 0;

	if (l->prompt.done != NULL) {
		draw_prompt(&l->prompt, a, row);
		return;
	}
	if (l->message[0] != '\0') {
		draw_at_foot(a, row, l->message_bad ? STYLE_NEW : STYLE_GOOD, l->message);
		return;
	}
	for (size_t i = 0; i < key_count; i++) {
		const struct key *k = &keys[i];

		if (!key_is_on(k, l) || k->brief == NULL)
			continue;
		if (column + words_width(k->name) + words_width(k->brief) + 3 > a->columns)
			break;
		column = area_put(a, row, column + 1, STYLE_KEY, "%s", k->name);
		column = area_put(a, row, column, STYLE_DIM, " %s ", _(k->brief));
	}
}

/* ---- all ------------------------------------------------------------------------------------ */

static void
draw_page(const struct shot *s, const struct area *a)
{
	static void (*const pages[PAGE_COUNT])(const struct shot *, const struct area *) = {
	    [PAGE_OVERVIEW] = draw_overview,
	    [PAGE_ALARMS] = draw_alarms,
	    [PAGE_DEVICES] = draw_devices,
	    [PAGE_TRENDS] = draw_trends,
	    [PAGE_EVENTS] = draw_events,
	    [PAGE_HELP] = draw_help,
	};

	if (s->live->search.open)
		draw_search(s, a);
	else if (s->live->explain_path[0] != '\0')
		draw_explain(s, a);
	else
		pages[s->live->page](s, a);
}

/* A window of a few characters: what matters most, over all of it. */
static void
draw_tiny(const struct shot *s, const struct area *a)
{
	const struct view_alarm *worst = view_listed(s->view, 0);
	char text[VIEW_TEXT_MAX + 64];

	if (!s->view->connected)
		text_copy(text, sizeof(text), _("NO CONNECTION to facilityd"));
	else if (worst == NULL || view_aside(worst))
		text_copy(text, sizeof(text), _("No alarm."));
	else
		text_printf(text, sizeof(text), "%s%s: %s",
		    words_alarm_waits(worst->order.phase) ? "!" : "",
		    draw_priority(worst->order.priority), worst->text);
	size_t row = area_wrap(a, 0, 0, STYLE_PLAIN, text);
	area_rest(a, row, 0, STYLE_DIM, _("(window too small)"));
}

struct canvas *
draw(const struct live *l, size_t rows, size_t columns, enum symbols symbols, wall_t now)
{
	struct canvas *c = canvas_new(rows, columns, symbols);
	struct area all = area_whole(c);
	struct shot s = {l, l->view, now};
	size_t row = 3;

	if (rows < ROWS_MIN || columns < COLUMNS_MIN) {
		draw_tiny(&s, &all);
		return c;
	}
	draw_title(&s, &all);
	draw_tabs(&s, &all);
	draw_alarm_bar(&s, &all, 2);
	if (!l->view->connected)
		row = draw_banner(&s, &all, row);
	struct area page = area_part(&all, row, 0, rows - row - 1, columns);
	draw_page(&s, &page);
	draw_foot(&s, &all, rows - 1);
	return c;
}
