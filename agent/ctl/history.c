/* The answer of `history` taken apart, as a table and as CSV. */
#include "ctl/history.h"

#include "base/arena.h"
#include "base/lang.h"
#include "base/text.h"
#include "ctl/grid.h"
#include "model/unit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- taking apart --------------------------------------------------------------------------- */

static double
number_at(const json_t *row, size_t n)
{
	return json_number_value(json_array_get(row, n));
}

static const char *
text_at(const json_t *row, size_t n)
{
	const char *s = json_string_value(json_array_get(row, n));

	return s != NULL ? s : "";
}

static void
read_row(const json_t *row, struct history_row *r)
{
	*r = (struct history_row){
	    .at = {(int64_t)json_integer_value(json_array_get(row, 0)) * 1000},
	    .has_value = json_is_number(json_array_get(row, 1)),
	    .value = number_at(row, 1),
	    .min = number_at(row, 2),
	    .max = number_at(row, 3),
	    .quality = text_at(row, 4),
	    .percent = (int)json_integer_value(json_array_get(row, 5)),
	    .unsynced = json_is_true(json_array_get(row, 6)),
	};
}

static void
read_words(struct history_series *s)
{
	const json_t *word;
	size_t i;

	json_array_foreach(json_object_get(s->answer, "words"), i, word)
	{
		if (s->word_count < HISTORY_WORDS_MAX)
			s->words[s->word_count++] = (struct history_word){
			    number_at(word, 0), text_at(word, 1), text_at(word, 2)};
	}
}

static void
read_limits(struct history_series *s)
{
	const json_t *l;
	size_t i;

	json_array_foreach(json_object_get(s->answer, "limits"), i, l)
	{
		const char *title = json_string_value(json_object_get(l, "title"));
		const char *name = json_string_value(json_object_get(l, "alarm"));
		const char *kind = json_string_value(json_object_get(l, "kind"));

		if (s->limit_count < HISTORY_LIMITS_MAX && kind != NULL)
			s->limits[s->limit_count++] =
			    (struct history_limit){json_number_value(json_object_get(l, "limit")),
				strcmp(kind, "high") == 0,
				title != NULL  ? title
				: name != NULL ? name
					       : ""};
	}
}

bool
history_read(struct history_series *s, json_t *answer)
{
	const json_t *rows = json_object_get(answer, "samples"), *row;
	char device[64], point[64];
	const struct unit *unit;
	size_t i;

	*s = (struct history_series){.answer = answer};
	if (!json_is_array(rows))
		return false;
	text_printf(s->path, sizeof(s->path), "%s/%s",
	    words_text(answer, "device", device, sizeof(device)),
	    words_text(answer, "point", point, sizeof(point)));
	words_text(answer, "title", s->title, sizeof(s->title));
	words_text(answer, "device_title", s->device_title, sizeof(s->device_title));
	words_text(answer, "language", s->language, sizeof(s->language));
	words_text(answer, "unit", s->unit, sizeof(s->unit));
	words_text(answer, "note", s->note, sizeof(s->note));
	unit = unit_find(s->unit);
	text_copy(s->unit_label, sizeof(s->unit_label), unit != NULL ? unit->label : s->unit);
	s->from = words_time(json_string_value(json_object_get(answer, "from")));
	s->until = words_time(json_string_value(json_object_get(answer, "until")));
	s->step_ms = json_integer_value(json_object_get(answer, "step_ms"));
	s->rows = xcalloc(json_array_size(rows) + 1, sizeof(*s->rows));
	json_array_foreach(rows, i, row)
	{
		read_row(row, &s->rows[s->row_count++]);
	}
	read_words(s);
	read_limits(s);
	return true;
}

void
history_free(struct history_series *s)
{
	free(s->rows);
	json_decref(s->answer);
	*s = (struct history_series){0};
}

/* ---- words ---------------------------------------------------------------------------------- */

char *
history_word(const struct history_series *s, double value, char *buf, size_t size)
{
	char number[NUMBER_TEXT_MAX];

	for (size_t i = 0; i < s->word_count; i++)
		if (fabs(s->words[i].value - value) < 0.5)
			return words_clean(
			    s->words[i].label[0] != '\0' ? s->words[i].label : s->words[i].text,
			    buf, size);
	text_copy(buf, size, number_text(value, number));
	return buf;
}

const char *
history_phrase(const char *quality)
{
	static const struct {
		const char *word, *phrase;
	} phrases[] = {
	    {"good", ""},
	    {"no_record", N_("not recorded: facilityd was not running")},
	    {"never_read", N_("never read")},
	    {"stale", N_("stale: not heard of in time")},
	    {"bad", N_("no valid value")},
	    {"comm_lost", N_("device does not answer")},
	    {"substituted", N_("put in by a person")},
	};

	for (size_t i = 0; i < sizeof(phrases) / sizeof(phrases[0]); i++)
		if (strcmp(phrases[i].word, quality) == 0)
			return phrases[i].phrase[0] != '\0' ? _(phrases[i].phrase) : "";
	return _("not good");
}

/* Five digits tell all that was measured. */
static char *
short_number(double v, char buf[NUMBER_TEXT_MAX])
{
	char text[NUMBER_TEXT_MAX];

	if (fabs(v) < 1e5 && v - trunc(v) != 0) {
		snprintf(text, sizeof(text), "%.5g", v);
		v = strtod(text, NULL);
	}
	return number_text(v, buf);
}

char *
history_step_text(const struct history_series *s, char buf[DURATION_MAX])
{
	static const struct {
		int64_t ms;
		const char *unit;
	} units[] = {{86400000, "d"}, {3600000, "h"}, {60000, "min"}, {1000, "s"}};

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (s->step_ms % units[i].ms == 0) {
			text_printf(buf, DURATION_MAX, "%lld %s",
			    (long long)(s->step_ms / units[i].ms), units[i].unit);
			return buf;
		}
	text_printf(buf, DURATION_MAX, "%lld ms", (long long)s->step_ms);
	return buf;
}

/* ---- the table ------------------------------------------------------------------------------ */

/* "closed", or "closed, also open" where it was another one for a part of the step. */
static void
state_cell(const struct history_series *s, const struct history_row *r, struct grid *t)
{
	char word[128], other[128];
	double also = fabs(r->min - r->value) > 0.5 ? r->min : r->max;

	if (!r->has_value)
		grid_cell(t, "%s", NOTHING);
	else if (fabs(also - r->value) > 0.5)
		grid_cell(t, _("%s, also %s"), history_word(s, r->value, word, sizeof(word)),
		    history_word(s, also, other, sizeof(other)));
	else
		grid_cell(t, "%s", history_word(s, r->value, word, sizeof(word)));
}

/* A state that goes on is no news. */
static bool
goes_on(const struct history_series *s, size_t i)
{
	const struct history_row *a = i > 0 ? &s->rows[i - 1] : NULL, *b = &s->rows[i];

	return s->word_count > 0 && a != NULL && a->has_value == b->has_value &&
	       strcmp(a->quality, b->quality) == 0 && a->percent == b->percent &&
	       a->unsynced == b->unsynced && fabs(a->value - b->value) < 0.5 &&
	       fabs(a->min - b->min) < 0.5 && fabs(a->max - b->max) < 0.5;
}

static void
value_cells(const struct history_series *s, const struct history_row *r, struct grid *t)
{
	char number[NUMBER_TEXT_MAX];

	if (s->word_count > 0) {
		state_cell(s, r, t);
		return;
	}
	grid_cell(t, "%s", r->has_value ? short_number(r->value, number) : NOTHING);
	if (s->step_ms == 0)
		return;
	grid_cell(t, "%s", r->has_value ? short_number(r->min, number) : "");
	grid_cell(t, "%s", r->has_value ? short_number(r->max, number) : "");
}

/* "device does not answer", "35 % good: ..." */
static void
quality_cell(const struct history_row *r, struct grid *t)
{
	const char *phrase = history_phrase(r->quality);

	if (phrase[0] != '\0' && r->has_value && r->percent < 100)
		grid_cell(t, _("%d %% good; else %s"), r->percent, phrase);
	else
		grid_cell(t, "%s", phrase);
}

static const struct column step_columns[] = {
    {N_("TIME"), 0}, {N_("MEAN"), 1}, {N_("MIN"), 1}, {N_("MAX"), 1}, {N_("QUALITY"), 0}};
static const struct column full_columns[] = {{N_("TIME"), 0}, {N_("VALUE"), 1}, {N_("QUALITY"), 0}};
static const struct column state_columns[] = {
    {N_("TIME"), 0}, {N_("STATE"), 0}, {N_("QUALITY"), 0}};

static struct grid *
new_grid(const struct history_series *s)
{
	if (s->word_count > 0)
		return grid_new(state_columns, 3);
	return s->step_ms == 0 ? grid_new(full_columns, 3) : grid_new(step_columns, 5);
}

static void
print_head(const struct history_series *s, FILE *out)
{
	char from[WALL_TEXT_MAX], until[WALL_TEXT_MAX], step[DURATION_MAX];

	fprintf(out, "%s: %s", s->device_title[0] != '\0' ? s->device_title : s->path,
	    s->title[0] != '\0' ? s->title : s->path);
	if (s->unit_label[0] != '\0' && s->word_count == 0)
		fprintf(out, ", %s", s->unit_label);
	fprintf(out, "  (%s)\n%s - %s", s->path, wall_local(s->from, from),
	    wall_local(s->until, until));
	if (s->step_ms > 0)
		fprintf(out, _(", in steps of %s"), history_step_text(s, step));
	fprintf(out, "\n\n");
}

void
history_print(const struct history_series *s, FILE *out)
{
	struct grid *t = new_grid(s);
	char time[WALL_TEXT_MAX];
	bool unsure = false;

	for (size_t i = 0; i < s->row_count; i++) {
		const struct history_row *r = &s->rows[i];

		if (goes_on(s, i))
			continue;
		grid_cell(t, "%s%s", wall_local(r->at, time), r->unsynced ? "?" : "");
		value_cells(s, r, t);
		quality_cell(r, t);
		unsure = unsure || r->unsynced;
	}
	print_head(s, out);
	grid_print(t, out);
	grid_free(t);
	if (unsure)
		fprintf(out, "%s\n", _("(?: the clock was not synchronised then)"));
	if (s->note[0] != '\0')
		fprintf(out, _("A part is missing: %s\n"), s->note);
}

/* ---- CSV ------------------------------------------------------------------------------------ */

/* A field; in quotes where it has a sign of its own meaning (RFC 4180, 2.5-2.7). */
static void
csv_text(const char *s, FILE *out)
{
	if (strpbrk(s, "\",\r\n") == NULL) {
		fputs(s, out);
		return;
	}
	fputc('"', out);
	for (; *s != '\0'; s++) {
		if (*s == '"')
			fputc('"', out);
		fputc(*s, out);
	}
	fputc('"', out);
}

static void
csv_number(bool has_value, double v, FILE *out)
{
	char number[NUMBER_TEXT_MAX];

	fprintf(out, ",%s", has_value ? number_text(v, number) : "");
}

static void
csv_head(const struct history_series *s, FILE *out)
{
	static const char *const names[] = {"value", "min", "max"};
	char name[160];

	fputs("time", out);
	for (size_t i = 0; i < 3; i++) {
		text_printf(name, sizeof(name), "%s %s [%s]", s->path, names[i], s->unit);
		fputc(',', out);
		csv_text(name, out);
	}
	fputs(s->word_count > 0 ? ",state" : "", out);
	fputs(",quality,good_percent,clock\r\n", out);
}

void
history_csv(const struct history_series *s, bool with_head, FILE *out)
{
	char time[WALL_TEXT_MAX], word[WORDS_MAX];

	if (with_head)
		csv_head(s, out);
	for (size_t i = 0; i < s->row_count; i++) {
		const struct history_row *r = &s->rows[i];

		fputs(wall_text(r->at, time), out);
		csv_number(r->has_value, r->value, out);
		csv_number(r->has_value, r->min, out);
		csv_number(r->has_value, r->max, out);
		if (s->word_count > 0) {
			fputc(',', out);
			if (r->has_value)
				csv_text(history_word(s, r->value, word, sizeof(word)), out);
		}
		fprintf(out, ",%s,%d,%s\r\n", r->quality, r->percent,
		    r->unsynced ? "unsynced" : "synced");
	}
}
