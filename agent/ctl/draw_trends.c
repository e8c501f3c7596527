/* Values over time: plots, one below the other. */
#include "base/arena.h"
#include "base/lang.h"
#include "base/text.h"
#include "ctl/draw_i.h"
#include "ctl/plot.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PLOT_ROWS_MIN 5 /* with its title */
#define AXIS_COLUMNS  10

/* What a plot spans: the values, and limits that are near them. */
static struct plot_range
range_of(const struct trend *t, const struct trend_column *c, size_t n)
{
	struct plot_range r = {.low = INFINITY, .high = -INFINITY};

	for (size_t i = 0; i < n; i++)
		if (c[i].known) {
			r.low = fmin(r.low, c[i].low);
			r.high = fmax(r.high, c[i].high);
		}
	for (size_t i = 0; i < t->word_count; i++) { /* all states have their place */
		r.low = fmin(r.low, t->words[i].value);
		r.high = fmax(r.high, t->words[i].value);
	}
	if (r.low > r.high)
		return (struct plot_range){0, 1};
	double span = fmax(r.high - r.low, fmax(fabs(r.high) * 0.02, 0.1)), low = r.low,
	       high = r.high;
	for (size_t i = 0; i < t->limit_count; i++)
		if (t->limits[i].value > low - 3 * span && t->limits[i].value < high + 3 * span) {
			r.low = fmin(r.low, t->limits[i].value);
			r.high = fmax(r.high, t->limits[i].value);
		}
	double middle = (r.low + r.high) / 2;
	double half = fmax((r.high - r.low) * 0.55, fmax(fabs(middle) * 0.005, 0.05));
	return (struct plot_range){middle - half, middle + half};
}

static const char *
short_number(double v, double span, char *buf, size_t size)
{
	int digits = span >= 20 ? 0 : span >= 2 ? 1 : 2;

	text_printf(buf, size, "%.*f", digits, v);
	return buf;
}

/* "env1/temperature  now 24.3 °C  min 23.1  max 25" */
static void
draw_trend_title(const struct shot *s, const struct area *a, const struct trend *t,
    const struct trend_column *columns, size_t n)
{
	const struct view_point *p = view_point_at(s->view, t->path);
	double low = INFINITY, high = -INFINITY;
	size_t column = area_put(a, 0, 1, STYLE_SECTION, "%s", t->path);
	char text[VIEW_VALUE_MAX + 64];

	for (size_t i = 0; i < n; i++)
		if (columns[i].known) {
			low = fmin(low, columns[i].low);
			high = fmax(high, columns[i].high);
		}
	if (p != NULL) {
		text_printf(text, sizeof(text), _("now %s"), p->value);
		column = area_rest(a, 0, column + 2, p->good ? STYLE_PLAIN : STYLE_WARN, text);
	}
	text_printf(text, sizeof(text), "%s%.4g  %s%.4g", _("min "), low, _("max "), high);
	/* Whole or not at all: a number that is cut is another one. */
	if (low <= high && t->word_count == 0 && column + 2 + words_width(text) <= a->columns)
		column = area_put(a, 0, column + 2, STYLE_DIM, "%s", text);
	if (column + 4 < a->columns)
		area_rest(a, 0, column + 2, STYLE_DIM, draw_name(a, t->title, ""));
}

/* States stand where their number is. */
static void
draw_word_axis(const struct area *a, struct plot_range r, const struct trend *t)
{
	struct area axis = area_part(a, 1, 0, a->rows, AXIS_COLUMNS - 1);

	for (size_t i = 0; i < t->word_count; i++)
		if (t->words[i].value >= r.low && t->words[i].value <= r.high)
			area_cut(&axis, plot_row(&axis, r, t->words[i].value), 0, STYLE_DIM,
			    AXIS_COLUMNS - 2, t->words[i].text);
}

static void
draw_value_axis(const struct area *a, struct plot_range r, const struct trend *t)
{
	char text[NUMBER_TEXT_MAX];
	double span = r.high - r.low;

	for (size_t row = 1; row < a->rows; row++)
		area_put(a, row, AXIS_COLUMNS - 1, STYLE_FRAME, "│");
	if (t->word_count > 0) {
		draw_word_axis(a, r, t);
		return;
	}
	area_right(
	    a, 1, AXIS_COLUMNS - 2, STYLE_DIM, short_number(r.high, span, text, sizeof(text)));
	size_t middle = a->rows / 2;
	double share = ((double)middle - 0.5) / (double)(a->rows - 1);
	if (a->rows > 5)
		area_right(a, middle, AXIS_COLUMNS - 2, STYLE_DIM,
		    short_number(r.high - span * share, span, text, sizeof(text)));
	if (a->rows > 2)
		area_right(a, a->rows - 1, AXIS_COLUMNS - 2, STYLE_DIM,
		    short_number(r.low, span, text, sizeof(text)));
}

static void
draw_trend(const struct shot *s, const struct area *a, const struct trend *t, long long seconds)
{
	struct area plot = area_part(a, 1, AXIS_COLUMNS, a->rows, a->columns);
	size_t n = plot.columns * PLOT_ACROSS;
	struct trend_column *columns = xcalloc(n + 1, sizeof(*columns));
	wall_t from = {s->now.us - seconds * 1000000};
	char label[VIEW_NAME_MAX + NUMBER_TEXT_MAX], number[NUMBER_TEXT_MAX];

	trend_columns(t, from, s->now, n, columns);
	struct plot_range r = range_of(t, columns, n);
	for (size_t i = 0; i < t->limit_count; i++) {
		const struct trend_limit *limit = &t->limits[i];

		text_printf(label, sizeof(label), " %s %s ", limit->name,
		    number_text(limit->value, number));
		plot_level(&plot, r, limit->value,
		    limit->priority >= PRIORITY_HIGH ? STYLE_ALARM : STYLE_WARN, label);
	}
	plot_draw(&plot, r, columns, n, STYLE_GOOD);
	draw_value_axis(a, r, t);
	draw_trend_title(s, a, t, columns, n);
	if (strcmp(s->live->pick[PAGE_TRENDS].name, t->path) == 0)
		area_bar(a, 0, STYLE_SELECTED);
	free(columns);
}

/* The times below the plots: old at the left, now at the right. */
static void
draw_time_axis(const struct shot *s, const struct area *a, size_t row, long long seconds)
{
	char text[WALL_TEXT_MAX];
	size_t wide = a->columns > AXIS_COLUMNS ? a->columns - AXIS_COLUMNS : 1;
	size_t marks = wide / 20 > 0 ? wide / 20 : 1;

	for (size_t i = 0; i < marks; i++) {
		wall_t t = {s->now.us - seconds * 1000000 * (int64_t)(marks - i) / (int64_t)marks};

		area_put(a, row, AXIS_COLUMNS - 1 + wide * i / marks, STYLE_DIM, "└%s",
		    draw_time(t, s->now, text));
	}
	area_right(a, row, a->columns, STYLE_DIM, _("now"));
}

void
draw_trends(const struct shot *s, const struct area *a)
{
	const struct trends *t = &s->live->trends;
	const struct trend_window *w = &trend_windows[t->window];
	size_t rows = a->rows > 1 ? a->rows - 1 : 1, shown = rows / PLOT_ROWS_MIN;

	if (t->count == 0) {
		area_wrap(a, 1, 1, STYLE_DIM,
		    _("No point is drawn yet. Choose one: 3 for the devices, Enter, a point, t; or "
		      "/ "
		      "to search for it, Enter, t."));
		return;
	}
	shown = shown == 0 ? 1 : shown < t->count ? shown : t->count;
	size_t top = pick_top(&s->live->pick[PAGE_TRENDS], t->count, shown), high = rows / shown;
	for (size_t i = 0; i < shown; i++) {
		struct area part = area_part(a, i * high, 0, high, a->columns);

		draw_trend(s, &part, &t->list[top + i], w->seconds);
	}
	draw_time_axis(s, a, shown * high, w->seconds);
}
