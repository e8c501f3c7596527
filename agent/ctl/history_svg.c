/*
 * A picture of what a point was: SVG 1.1, dark on white. The mean as a line with the band from the
 * lowest to the highest around it; a point with states as bars; what is not known is grey, with no
 * line through it; limits of alarms are dashed.
 */
#include "base/lang.h"
#include "base/text.h"
#include "ctl/history.h"
#include "ctl/svg_axis.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define WIDTH  800
#define HEIGHT 300
#define LEFT   74
#define RIGHT  784
#define TOP    46
#define BOTTOM 252
/* Room for a label of time, and for a line of small text. */
#define TIME_MARKS  8
#define VALUE_MARKS 5
#define LANES_MAX   8
/* What a word beside the grey takes besides itself. */
#define PHRASE_ROOM 7.0
#define PART_HEIGHT 14.0

struct picture {
	const struct history_series *s;
	FILE *out;
	double low, high; /* of the values */
	double lanes[LANES_MAX];
	size_t lane_count;
};

static void
escaped(const char *s, FILE *out)
{
	for (; *s != '\0'; s++)
		switch (*s) {
		case '<':
			fputs("&lt;", out);
			break;
		case '>':
			fputs("&gt;", out);
			break;
		case '&':
			fputs("&amp;", out);
			break;
		case '"':
			fputs("&quot;", out);
			break;
		default:
			fputc(*s, out);
		}
}

static void
text(FILE *out, double x, double y, const char *class, const char *s)
{
	fprintf(out, "<text x=\"%.1f\" y=\"%.1f\" class=\"%s\">", x, y, class);
	escaped(s, out);
	fputs("</text>\n", out);
}

static double
x_of(const struct picture *p, wall_t at)
{
	double part = (double)(at.us - p->s->from.us) / (double)(p->s->until.us - p->s->from.us);

	return LEFT + fmin(fmax(part, 0), 1) * (RIGHT - LEFT);
}

static double
y_of(const struct picture *p, double v)
{
	double part = (v - p->low) / (p->high - p->low);

	return BOTTOM - fmin(fmax(part, 0), 1) * (BOTTOM - TOP);
}

static wall_t
row_end(const struct history_series *s, size_t i)
{
	return i + 1 < s->row_count ? s->rows[i + 1].at : s->until;
}

/* About the width of a text of 11 px: what is wide in a terminal is wide here. */
static double
text_width(const char *s)
{
	return (double)words_width(s) * 6.2;
}

/* ---- the range of values -------------------------------------------------------------------- */

static void
widen(struct picture *p, double v)
{
	p->low = fmin(p->low, v);
	p->high = fmax(p->high, v);
}

/* The nearest limit above and below are part of it: how far it is from an alarm is the question. */
static void
take_limits(struct picture *p)
{
	double low = p->low, high = p->high;
	const struct history_limit *above = NULL, *below = NULL;

	for (size_t i = 0; i < p->s->limit_count; i++) {
		const struct history_limit *l = &p->s->limits[i];

		if (l->is_high && (above == NULL || l->value < above->value))
			above = l;
		if (!l->is_high && (below == NULL || l->value > below->value))
			below = l;
	}
	if (above != NULL && above->value > high)
		widen(p, above->value);
	if (below != NULL && below->value < low)
		widen(p, below->value);
}

static void
find_range(struct picture *p)
{
	double step;

	p->low = INFINITY;
	p->high = -INFINITY;
	for (size_t i = 0; i < p->s->row_count; i++)
		if (p->s->rows[i].has_value) {
			widen(p, p->s->rows[i].min);
			widen(p, p->s->rows[i].max);
		}
	if (p->low <= p->high)
		take_limits(p);
	else
		p->low = p->high = 0;
	if (p->high - p->low < 1e-9 * (1 + fabs(p->low))) {
		double half = fmax(fabs(p->low) * 0.05, 0.5);

		p->low -= half;
		p->high += half;
	}
	/* A little air, up to whole marks. */
	step = axis_step(p->low, p->high, VALUE_MARKS);
	p->low = floor((p->low - step * 0.1) / step) * step;
	p->high = ceil((p->high + step * 0.1) / step) * step;
}

/* ---- frame and axes ------------------------------------------------------------------------- */

static void
begin(struct picture *p)
{
	char title[600];

	fprintf(p->out,
	    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
	    "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d "
	    "%d\">\n",
	    WIDTH, HEIGHT, WIDTH, HEIGHT);
	text_printf(title, sizeof(title), "%s%s%s", p->s->device_title,
	    p->s->device_title[0] != '\0' ? ": " : "",
	    p->s->title[0] != '\0' ? p->s->title : p->s->path);
	fputs("<title>", p->out);
	escaped(title, p->out);
	fputs("</title>\n<style>"
	      "text{font-family:'Noto Sans','Noto Sans CJK JP','DejaVu Sans',Arial,sans-serif;"
	      "font-size:11px;fill:#333}"
	      ".h{font-size:14px;font-weight:bold;fill:#111}"
	      ".m{text-anchor:middle}.e{text-anchor:end}"
	      ".s{font-size:10px;fill:#777}.g{font-size:10px;fill:#666;text-anchor:middle}"
	      ".l{font-size:10px;fill:#b3261e;text-anchor:end}"
	      "</style>\n",
	    p->out);
	fprintf(p->out, "<rect width=\"%d\" height=\"%d\" fill=\"#fff\"/>\n", WIDTH, HEIGHT);
	text(p->out, LEFT, 20, "h", title);
	text(p->out, RIGHT, 20, "s e", p->s->path);
}

static void
draw_times(struct picture *p)
{
	struct axis_time marks[TIME_MARKS];
	size_t n = axis_times(p->s->from, p->s->until, marks, TIME_MARKS);
	char from[WALL_TEXT_MAX], until[WALL_TEXT_MAX], range[128];

	for (size_t i = 0; i < n; i++) {
		double x = x_of(p, marks[i].at);

		fprintf(p->out,
		    "<line x1=\"%.1f\" y1=\"%d\" x2=\"%.1f\" y2=\"%d\" stroke=\"%s\"/>\n", x, TOP,
		    x, BOTTOM + 4, marks[i].is_day ? "#bbb" : "#e4e4e4");
		text(p->out, x, BOTTOM + 17, "m", marks[i].label);
	}
	wall_local(p->s->from, from);
	wall_local(p->s->until, until);
	text_printf(range, sizeof(range), "%.16s – %.16s", from, until);
	text(p->out, LEFT, HEIGHT - 10, "s", range);
}

static void
draw_values(struct picture *p)
{
	double step = axis_step(p->low, p->high, VALUE_MARKS + 1);
	char number[NUMBER_TEXT_MAX];

	for (double n = ceil(p->low / step - 1e-9); n * step <= p->high + step * 1e-6; n++) {
		double v = n * step, y = y_of(p, v);
		char rounded[NUMBER_TEXT_MAX];

		/* 0.30000000000000004 is 0.3. */
		snprintf(rounded, sizeof(rounded), "%.9g", v);
		fprintf(p->out,
		    "<line x1=\"%d\" y1=\"%.1f\" x2=\"%d\" y2=\"%.1f\" stroke=\"#e4e4e4\"/>\n",
		    LEFT, y, RIGHT, y);
		text(p->out, LEFT - 6, y + 4, "e", number_text(strtod(rounded, NULL), number));
	}
	if (p->s->unit_label[0] != '\0')
		text(p->out, LEFT - 6, TOP - 10, "e", p->s->unit_label);
}

static void
frame(struct picture *p)
{
	fprintf(p->out,
	    "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"none\" "
	    "stroke=\"#888\"/>\n",
	    LEFT, TOP, RIGHT - LEFT, BOTTOM - TOP);
}

static void
legend(struct picture *p)
{
	char line[256], step[DURATION_MAX];

	if (p->s->note[0] != '\0')
		text_printf(line, sizeof(line), _("A part is missing: %s"), p->s->note);
	else if (p->s->step_ms == 0)
		text_copy(line, sizeof(line), _("each change; grey: no value"));
	else
		text_printf(line, sizeof(line),
		    p->s->word_count > 0 ? _("state in each %s; grey: no value")
					 : _("mean of each %s; band: lowest to highest; grey: no "
					     "value"),
		    history_step_text(p->s, step));
	text(p->out, RIGHT, HEIGHT - 10, "s e", line);
}

/* ---- gaps ----------------------------------------------------------------------------------- */

static void
draw_gap(struct picture *p, wall_t from, wall_t until, const char *quality)
{
	double x = x_of(p, from), width = x_of(p, until) - x;
	const char *phrase = history_phrase(quality);

	fprintf(p->out,
	    "<rect x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"#ececec\" "
	    "shape-rendering=\"crispEdges\"/>\n",
	    x, TOP, fmax(width, 0.5), BOTTOM - TOP);
	if (width > text_width(phrase) + 2 * PHRASE_ROOM)
		text(p->out, x + width / 2, TOP + 14, "g", phrase);
	else if (width > 2 * PHRASE_ROOM) {
		/* Upright, along the gap. */
		fprintf(p->out, "<g transform=\"translate(%.1f %d) rotate(-90)\">\n",
		    x + width / 2 + 4, (TOP + BOTTOM) / 2);
		text(p->out, 0, 0, "g", phrase);
		fputs("</g>\n", p->out);
	}
}

/* A step of which only a part is known: grey at the foot of it, as high as that part is missing. */
static void
draw_part(struct picture *p, size_t i)
{
	const struct history_row *r = &p->s->rows[i];
	double x = x_of(p, r->at), height = 2 + (100 - r->percent) * PART_HEIGHT / 100;

	fprintf(p->out,
	    "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"#bbb\"/>\n", x,
	    BOTTOM - height, fmax(x_of(p, row_end(p->s, i)) - x, 0.8), height);
}

/* Neighbours of the same kind are one. */
static void
draw_gaps(struct picture *p)
{
	const struct history_series *s = p->s;

	for (size_t i = 0; i < s->row_count; i++) {
		size_t first = i;

		if (s->rows[i].has_value) {
			if (s->rows[i].percent < 100)
				draw_part(p, i);
			continue;
		}
		while (i + 1 < s->row_count && !s->rows[i + 1].has_value &&
		       strcmp(s->rows[i + 1].quality, s->rows[first].quality) == 0)
			i++;
		draw_gap(p, s->rows[first].at, row_end(s, i), s->rows[first].quality);
	}
}

/* ---- a reading ------------------------------------------------------------------------------ */

static void
draw_band(struct picture *p, size_t first, size_t end)
{
	const struct history_series *s = p->s;

	fputs("<path fill=\"#9ec5e8\" fill-opacity=\"0.6\" stroke=\"none\" d=\"", p->out);
	for (size_t i = first; i < end; i++)
		fprintf(p->out, "%c%.1f %.1fH%.1f", i == first ? 'M' : 'L', x_of(p, s->rows[i].at),
		    y_of(p, s->rows[i].max), x_of(p, row_end(s, i)));
	for (size_t i = end; i-- > first;)
		fprintf(p->out, "L%.1f %.1fH%.1f", x_of(p, row_end(s, i)), y_of(p, s->rows[i].min),
		    x_of(p, s->rows[i].at));
	fputs("Z\"/>\n", p->out);
}

/* A value stands until the next one comes; a mean belongs to the middle of its step. */
static void
draw_line(struct picture *p, size_t first, size_t end)
{
	const struct history_series *s = p->s;

	fputs("<path fill=\"none\" stroke=\"#0b4f8a\" stroke-width=\"1.5\" "
	      "stroke-linejoin=\"round\" d=\"",
	    p->out);
	for (size_t i = first; i < end; i++) {
		double x = x_of(p, s->rows[i].at), till = x_of(p, row_end(s, i));
		double y = y_of(p, s->rows[i].value);
		char go = i == first ? 'M' : 'L';

		if (s->step_ms == 0 || end - first == 1)
			fprintf(p->out, "%c%.1f %.1fH%.1f", go, x, y, fmax(till, x + 0.5));
		else
			fprintf(p->out, "%c%.1f %.1f", go, (x + till) / 2, y);
	}
	fputs("\"/>\n", p->out);
}

static void
draw_reading(struct picture *p)
{
	const struct history_series *s = p->s;

	for (size_t i = 0; i < s->row_count; i++) {
		size_t first = i;

		if (!s->rows[i].has_value)
			continue;
		while (i < s->row_count && s->rows[i].has_value)
			i++;
		if (s->step_ms > 0)
			draw_band(p, first, i);
		draw_line(p, first, i);
	}
}

static void
draw_limits(struct picture *p)
{
	for (size_t i = 0; i < p->s->limit_count; i++) {
		const struct history_limit *l = &p->s->limits[i];
		char label[300], number[NUMBER_TEXT_MAX], clean[256];
		double y = y_of(p, l->value);

		if (l->value < p->low || l->value > p->high)
			continue;
		fprintf(p->out,
		    "<line x1=\"%d\" y1=\"%.1f\" x2=\"%d\" y2=\"%.1f\" stroke=\"#b3261e\" "
		    "stroke-dasharray=\"6 4\"/>\n",
		    LEFT, y, RIGHT, y);
		text_printf(label, sizeof(label), "%s %s %s",
		    words_clean(l->name, clean, sizeof(clean)), l->is_high ? ">" : "<",
		    number_text(l->value, number));
		text(p->out, RIGHT - 4, l->is_high && y - 4 > TOP + 8 ? y - 4 : y + 12, "l", label);
	}
}

/* ---- states --------------------------------------------------------------------------------- */

static void
add_lane(struct picture *p, double v)
{
	for (size_t i = 0; i < p->lane_count; i++)
		if (fabs(p->lanes[i] - v) < 0.5)
			return;
	if (p->lane_count < LANES_MAX)
		p->lanes[p->lane_count++] = v;
}

/* Those that occurred; beside them, while there is room, those that could. */
static void
find_lanes(struct picture *p)
{
	const struct history_series *s = p->s;

	for (size_t i = 0; i < s->row_count; i++)
		if (s->rows[i].has_value) {
			add_lane(p, s->rows[i].value);
			add_lane(p, s->rows[i].min);
			add_lane(p, s->rows[i].max);
		}
	for (size_t i = 0; i < s->word_count && p->lane_count < 4; i++)
		add_lane(p, s->words[i].value);
	for (size_t i = 1; i < p->lane_count; i++)
		for (size_t k = i; k > 0 && p->lanes[k] < p->lanes[k - 1]; k--) {
			double v = p->lanes[k];

			p->lanes[k] = p->lanes[k - 1];
			p->lanes[k - 1] = v;
		}
}

static double
lane_height(const struct picture *p)
{
	return (double)(BOTTOM - TOP) / (double)(p->lane_count > 0 ? p->lane_count : 1);
}

static size_t
lane_of(const struct picture *p, double v)
{
	size_t i = 0;

	while (i + 1 < p->lane_count && fabs(p->lanes[i] - v) >= 0.5)
		i++;
	return i;
}

static void
draw_lanes(struct picture *p)
{
	double height = lane_height(p);
	char word[WORDS_MAX];

	for (size_t i = 0; i < p->lane_count; i++) {
		double y = BOTTOM - height * (double)i;

		if (i > 0)
			fprintf(p->out,
			    "<line x1=\"%d\" y1=\"%.1f\" x2=\"%d\" y2=\"%.1f\" "
			    "stroke=\"#e4e4e4\"/>\n",
			    LEFT, y, RIGHT, y);
		history_word(p->s, p->lanes[i], word, sizeof(word));
		/* As much as fits beside the picture. */
		word[words_fit(word, (LEFT - 10) / 6)] = '\0';
		text(p->out, LEFT - 6, y - height / 2 + 4, "e", word);
	}
}

static void
bar(struct picture *p, size_t lane, wall_t from, wall_t until, bool faint)
{
	static const char *const colours[] = {
	    "#5b8db8", "#d98c3f", "#6aa86a", "#a06fb0", "#c75d5d", "#4fa3a3", "#8c8c46", "#7a7a7a"};
	double height = lane_height(p), x = x_of(p, from);

	fprintf(p->out,
	    "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"%s\" "
	    "shape-rendering=\"crispEdges\"%s/>\n",
	    x, BOTTOM - height * (double)(lane + 1) + height * 0.2,
	    fmax(x_of(p, until) - x + 0.2, 0.8), height * 0.6,
	    colours[lane % (sizeof(colours) / sizeof(colours[0]))],
	    faint ? " fill-opacity=\"0.45\"" : "");
}

static void
draw_states(struct picture *p)
{
	const struct history_series *s = p->s;

	for (size_t i = 0; i < s->row_count; i++) {
		const struct history_row *r = &s->rows[i];
		size_t first = i, lane;

		if (!r->has_value)
			continue;
		lane = lane_of(p, r->value);
		/* It was another one for a part of the step. */
		for (int k = 0; k < 2; k++) {
			size_t other = lane_of(p, k == 0 ? r->min : r->max);

			if (other != lane)
				bar(p, other, r->at, row_end(s, i), true);
		}
		while (i + 1 < s->row_count && s->rows[i + 1].has_value &&
		       lane_of(p, s->rows[i + 1].value) == lane &&
		       lane_of(p, s->rows[i + 1].min) == lane &&
		       lane_of(p, s->rows[i + 1].max) == lane)
			i++;
		bar(p, lane, s->rows[first].at, row_end(s, i), false);
	}
}

void
history_svg(const struct history_series *s, FILE *out)
{
	struct picture p = {.s = s, .out = out};

	begin(&p);
	draw_gaps(&p);
	draw_times(&p);
	if (s->word_count > 0) {
		find_lanes(&p);
		draw_lanes(&p);
		draw_states(&p);
	} else {
		find_range(&p);
		draw_values(&p);
		draw_reading(&p);
		draw_limits(&p);
	}
	frame(&p);
	legend(&p);
	fputs("</svg>\n", out);
}
