#include "ctl/trend.h"

#include "base/arena.h"
#include "base/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PERCENT_MIN 50 /* so much of a stretch was good, or it is a gap */
/* So long a value of the past holds until the first one that comes: one is taken each second. */
#define HOLDS_US 2000000

const struct trend_window trend_windows[] = {
    {5 * 60, "5 min"},
    {15 * 60, "15 min"},
    {3600, "1 h"},
    {6 * 3600, "6 h"},
    {24 * 3600, "24 h"},
    {7 * 24 * 3600, "7 d"},
};
const size_t trend_window_count = sizeof(trend_windows) / sizeof(trend_windows[0]);

/* ---- the list ------------------------------------------------------------------------------- */

struct trend *
trends_find(struct trends *t, const char *path)
{
	for (size_t i = 0; i < t->count; i++)
		if (strcmp(t->list[i].path, path) == 0)
			return &t->list[i];
	return NULL;
}

bool
trends_has(const struct trends *t, const char *path)
{
	for (size_t i = 0; i < t->count; i++)
		if (strcmp(t->list[i].path, path) == 0)
			return true;
	return false;
}

struct trend *
trends_add(struct trends *t, const char *path)
{
	if (t->count == TRENDS_MAX)
		return NULL;
	struct trend *n = &t->list[t->count++];
	*n = (struct trend){0};
	text_copy(n->path, sizeof(n->path), path);
	n->live = xcalloc(TREND_LIVE_MAX, sizeof(*n->live));
	return n;
}

static void
empty(struct trend *t)
{
	free(t->past);
	free(t->live);
}

void
trends_drop(struct trends *t, const char *path)
{
	struct trend *gone = trends_find(t, path);

	if (gone == NULL)
		return;
	empty(gone);
	size_t i = (size_t)(gone - t->list);
	memmove(gone, gone + 1, (--t->count - i) * sizeof(*gone));
}

void
trends_free(struct trends *t)
{
	for (size_t i = 0; i < t->count; i++)
		empty(&t->list[i]);
	t->count = 0;
}

/* ---- what comes ----------------------------------------------------------------------------- */

/* The same as before needs no sample of its own. */
static bool
is_new(const struct trend *t, const struct trend_sample *s)
{
	if (t->live_count == 0)
		return true;
	const struct trend_sample *last = &t->live[t->live_count - 1];
	return last->known != s->known ||
	       (s->known && (last->high < s->high || last->high > s->high));
}

/* What there is no room for any more belongs to the past, which is asked for anew. */
static void
add_live(struct trend *t, const struct trend_sample *s)
{
	if (t->live_count == TREND_LIVE_MAX) {
		t->has_past = t->too_much;
		t->live_count -= TREND_LIVE_MAX / 4;
		memmove(t->live, t->live + TREND_LIVE_MAX / 4, t->live_count * sizeof(*t->live));
	}
	t->live[t->live_count++] = *s;
}

void
trends_tick(struct trends *t, const struct view *v, wall_t now)
{
	for (size_t i = 0; i < t->count; i++) {
		struct trend *trend = &t->list[i];
		const struct view_point *p = view_point_at(v, trend->path);
		struct trend_sample s = {.at = now, .known = p != NULL && p->has_number};

		if (p != NULL) {
			text_copy(trend->title, sizeof(trend->title), p->title);
			text_copy(trend->unit, sizeof(trend->unit), p->unit);
			s.low = s.high = p->number;
		}
		if (is_new(trend, &s))
			add_live(trend, &s);
	}
}

json_t *
trend_request(const struct trends *t, const struct trend *trend)
{
	char since[32];

	text_printf(since, sizeof(since), "%llds", trend_windows[t->window].seconds);
	return json_pack("{s:s, s:s, s:s, s:i}", "cmd", "history", "point", trend->path, "since",
	    since, "max", TREND_STEPS);
}

static void
take_limits(struct trend *t, const json_t *answer)
{
	const json_t *limit;
	size_t i;

	t->limit_count = 0;
	json_array_foreach(json_object_get(answer, "limits"), i, limit)
	{
		if (t->limit_count == TREND_LIMITS_MAX ||
		    !json_is_number(json_object_get(limit, "limit")))
			continue;
		struct trend_limit *l = &t->limits[t->limit_count++];
		l->value = json_number_value(json_object_get(limit, "limit"));
		l->priority = words_alarm_order(limit).priority;
		words_text(limit, "alarm", l->name, sizeof(l->name));
	}
}

static void
take_words(struct trend *t, const json_t *answer)
{
	const json_t *word;
	size_t i;

	t->word_count = 0;
	json_array_foreach(json_object_get(answer, "words"), i, word)
	{
		const char *text = json_string_value(json_array_get(word, 2));

		if (t->word_count == TREND_WORDS_MAX || text == NULL)
			continue;
		struct trend_word *w = &t->words[t->word_count++];
		w->value = json_number_value(json_array_get(word, 0));
		words_clean(text, w->text, sizeof(w->text));
	}
}

/*
 * [time_ms, value, lowest, highest, quality, percent]. A stretch that was not good for the most
 * part is a gap: what was there for some seconds must not look as if it had stood for a minute.
 */
void
trend_take_past(struct trend *t, const json_t *answer)
{
	const json_t *samples = json_object_get(answer, "samples"), *sample;
	size_t i, room = json_array_size(samples);

	room = room < TREND_PAST_MAX ? room : TREND_PAST_MAX;
	t->past = xrealloc(t->past, room + 1, sizeof(*t->past));
	t->past_count = 0;
	json_array_foreach(samples, i, sample)
	{
		const json_t *value = json_array_get(sample, 1);
		int64_t ms = json_integer_value(json_array_get(sample, 0));

		if (t->past_count == room)
			break;
		/* Time goes on; what would go back is none of ours. */
		if (t->past_count > 0 && ms * 1000 < t->past[t->past_count - 1].at.us)
			continue;
		t->past[t->past_count++] = (struct trend_sample){
		    .at = {ms * 1000},
		    .known = json_is_number(value) &&
			     json_integer_value(json_array_get(sample, 5)) >= PERCENT_MIN,
		    .low = json_number_value(json_array_get(sample, 2)),
		    .high = json_number_value(json_array_get(sample, 3)),
		};
	}
	t->past_until = words_time(json_string_value(json_object_get(answer, "until")));
	take_limits(t, answer);
	take_words(t, answer);
}

/* ---- columns -------------------------------------------------------------------------------- */

static void
widen(struct trend_column *c, const struct trend_sample *s)
{
	if (!s->known)
		return;
	c->low = c->known ? fmin(c->low, s->low) : s->low;
	c->high = c->known ? fmax(c->high, s->high) : s->high;
	c->known = true;
}

/* Which column this time falls into; below 0 or past the end where it is outside. */
static double
column_of(wall_t at, wall_t from, wall_t to, size_t count)
{
	return (double)(at.us - from.us) * (double)count / (double)(to.us - from.us);
}

/* Each sample holds from its time to that of the next one, the last one to `until`. */
static void
spread(const struct trend_sample *s, size_t n, wall_t until, wall_t from, wall_t to, size_t count,
    struct trend_column *out)
{
	for (size_t i = 0; i < n; i++) {
		wall_t end = i + 1 < n ? s[i + 1].at : until;

		if (i + 1 < n && end.us > until.us)
			end = until;
		if (end.us < s[i].at.us || end.us < from.us)
			continue;
		double first = fmax(0, floor(column_of(s[i].at, from, to, count)));
		if (s[i].at.us == to.us)
			first = (double)count - 1; /* what has just come */
		double last = fmin((double)count - 1, ceil(column_of(end, from, to, count)) - 1);
		last = fmax(last, floor(column_of(s[i].at, from, to, count)));
		for (double c = first; c <= last && c < (double)count; c++)
			widen(&out[(size_t)c], &s[i]);
	}
}

/* Between the answer and what has come since nothing is known, where there is room for more. */
static wall_t
past_ends(const struct trend *t, wall_t live_from)
{
	bool joins = live_from.us - t->past_until.us <= HOLDS_US;

	return joins || t->past_until.us == 0 ? live_from : t->past_until;
}

void
trend_columns(const struct trend *t, wall_t from, wall_t to, size_t count, struct trend_column *out)
{
	wall_t live_from = t->live_count > 0 ? t->live[0].at : to;

	memset(out, 0, count * sizeof(*out));
	if (to.us <= from.us)
		return;
	spread(t->past, t->past_count, past_ends(t, live_from), from, to, count, out);
	spread(t->live, t->live_count, to, from, to, count, out);
}
