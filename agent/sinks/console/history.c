/* The request `history`, step by step. */
#include "sinks/console/history.h"
#include "base/lang.h"

#include "base/arena.h"
#include "base/moment.h"
#include "base/text.h"
#include "core/history.h"
#include "sinks/console/request.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SINCE_DEFAULT "1h"
#define STEP_LEAST_MS 1000
#define MOST          100000
#define WORDS_MOST    32
/* Rows written in one step. */
#define ROWS_AT_ONCE 50

struct history_job {
	enum { PART_DISK, PART_MINUTES, PART_RING, PART_END } part;
	size_t point;
	wall_t from, until;
	int64_t step_ms;  /* 0: the full rate, minutes where that does not reach */
	wall_t ring_from; /* from there on the ring is told; later than `until`: not at all */
	struct past past; /* the fold of the minutes is in it */
	uint64_t batches; /* as the disk was asked last */
	bool waits;       /* for the disk */
	bool comma;
	unsigned rows; /* written */
	/* The ring. */
	struct fold fold;
	wall_t at;
};

void
history_job_free(struct history_job *j)
{
	free(j);
}

/* ---- rows ----------------------------------------------------------------------------------- */

/* Seven digits, as they are kept; the search for the shortest form would cost ten times as much. */
static void
write_number(struct writer *w, bool has_value, double v)
{
	char text[32];
	int n = snprintf(text, sizeof(text), "%.7g", (double)(float)v);

	if (has_value && isfinite(v))
		writer_raw(w, NULL, text, (size_t)n);
	else
		writer_null(w, NULL);
}

/* [time_ms, value, min, max, quality, percent of good time[, true: the clock was not set]] */
static void
write_row(struct client *c, const struct stretch *s)
{
	struct writer w = client_writer(c);

	w.comma = c->history->comma;
	writer_open(&w, NULL, '[');
	writer_uint(&w, NULL, s->at.us > 0 ? (uint64_t)(s->at.us / 1000) : 0);
	write_number(&w, s->has_value, s->mean);
	write_number(&w, s->has_value, s->min);
	write_number(&w, s->has_value, s->max);
	writer_string(
	    &w, NULL, s->quality == QUALITY_COUNT ? "no_record" : quality_word(s->quality));
	writer_uint(&w, NULL, (uint64_t)s->percent);
	if (s->unsynced)
		writer_bool(&w, NULL, true);
	writer_close(&w, ']');
	client_written(c, &w);
	c->history->comma = true;
	/* Four of them are about as much work as a line of a list. */
	c->weight += c->history->rows++ % 4 == 0;
}

static void
write_rows(struct client *c, const struct stretch *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		write_row(c, &s[i]);
}

/* ---- the parts ------------------------------------------------------------------------------ */

static void
step_minutes(struct client *c)
{
	struct history_job *j = c->history;
	struct history *h = core_history(c->show->core);
	struct minute minutes[HISTORY_WAITING + 1];
	struct stretch rows[4];
	size_t n;

	/* Some have gone to the disk since it was asked: it has more now. */
	if (c->show->sources->past != NULL && j->batches != history_batches(h)) {
		j->part = PART_DISK;
		return;
	}
	n = history_minutes(h, j->point, true, minutes);
	/* The ring goes on where these end. One that it begins in was not looked at before. */
	for (size_t i = 0; i < n; i++)
		if (minutes[i].minute * MINUTE_US + MINUTE_US <= j->past.fold.until.us ||
		    j->ring_from.us > j->until.us || history_dropped(h, j->point))
			write_rows(c, rows, fold_minute(&j->past.fold, &minutes[i], rows));
	write_rows(c, rows, fold_end(&j->past.fold, rows));
	j->part = PART_RING;
	j->at = j->ring_from;
	fold_init(&j->fold, j->step_ms, j->past.fold.is_state, j->ring_from, j->until);
}

/* At the full rate: each record as it is. */
static void
step_records(struct client *c)
{
	struct history_job *j = c->history;
	struct history_sample samples[ROWS_AT_ONCE];
	size_t n =
	    history_samples(core_history(c->show->core), j->point, j->at, samples, ROWS_AT_ONCE);
	/* The first one was told before, but in the first step. */
	bool first = j->at.us == j->ring_from.us;

	for (size_t i = first ? 0 : 1; i < n && samples[i].at.us < j->until.us; i++) {
		const struct history_sample *s = &samples[i];

		write_row(c, &(struct stretch){.at = s->at.us < j->from.us ? j->from : s->at,
				 .has_value = s->has_value,
				 .mean = s->value,
				 .min = s->value,
				 .max = s->value,
				 .percent = s->quality == QUALITY_GOOD ? 100 : 0,
				 .quality = s->quality});
	}
	if (n < ROWS_AT_ONCE || samples[n - 1].at.us >= j->until.us)
		j->part = PART_END;
	else
		j->at = samples[n - 1].at;
}

/* The value that holds from at_us on, to the next record, the end of its step or of all. */
static struct piece
piece_at(const struct history_job *j, const struct history_sample *s, size_t n, int64_t at_us)
{
	int64_t ends_us = fold_step_ends_us(&j->fold, at_us);

	if (n > 1 && s[1].at.us < ends_us)
		ends_us = s[1].at.us;
	if (j->until.us < ends_us)
		ends_us = j->until.us;
	return (struct piece){.at_us = at_us,
	    .length_us = ends_us - at_us,
	    .good_ms = s[0].quality == QUALITY_GOOD ? (ends_us - at_us + 999) / 1000 : 0,
	    .mean = s[0].value,
	    .min = s[0].value,
	    .max = s[0].value,
	    .quality = s[0].quality};
}

/* In steps shorter than a minute. */
static void
step_pieces(struct client *c)
{
	struct history_job *j = c->history;
	struct history_sample samples[ROWS_AT_ONCE];
	size_t n =
	    history_samples(core_history(c->show->core), j->point, j->at, samples, ROWS_AT_ONCE);
	struct stretch rows[4];
	size_t i = 0;

	for (int told = 0; told < ROWS_AT_ONCE && i < n && j->at.us < j->until.us; told++) {
		struct piece p = piece_at(j, samples + i, n - i, j->at.us);

		write_rows(c, rows, fold_piece(&j->fold, &p, rows));
		j->at.us = p.at_us + p.length_us;
		if (i + 1 < n && samples[i + 1].at.us <= j->at.us)
			i++;
		/* What follows the last one here is not known yet. */
		if (i + 1 == n && n == ROWS_AT_ONCE)
			return;
	}
	if (n > 0 && j->at.us < j->until.us)
		return;
	write_rows(c, rows, fold_end(&j->fold, rows));
	j->part = PART_END;
}

static void
end_answer(struct client *c)
{
	struct writer w = client_writer(c);

	writer_close(&w, ']');
	writer_string_if(&w, "note", c->history->past.fault);
	writer_close(&w, '}');
	writer_text(&w, "\n");
	client_written(c, &w);
	history_job_free(c->history);
	c->history = NULL;
}

bool
history_step(struct client *c)
{
	struct history_job *j = c->history;

	switch (j->part) {
	case PART_DISK:
		return false; /* until history_arrived() */
	case PART_MINUTES:
		step_minutes(c);
		break;
	case PART_RING:
		if (j->ring_from.us >= j->until.us)
			j->part = PART_END;
		else if (j->step_ms == 0)
			step_records(c);
		else
			step_pieces(c);
		break;
	case PART_END:
		end_answer(c);
		break;
	}
	return true;
}

/* ---- the disk ------------------------------------------------------------------------------- */

/*
 * What has gone to the disk since it was asked last may belong to an hour that has been told: from
 * the last minute of that on it is asked again.
 */
static void
ask_disk(struct history_job *j, const struct history *h, const struct console_sources *sources)
{
	int64_t told_hour = j->past.told / 60;

	if (j->batches != history_batches(h) && j->past.hour > told_hour)
		j->past.hour = told_hour;
	j->batches = history_batches(h);
	sources->past(sources->arg, &j->past);
}

void
history_pump(struct history_fetch *f, const struct console_sources *sources,
    struct client *const *clients, size_t count)
{
	if (f->out)
		return;
	for (size_t i = 0; i < count; i++) {
		struct client *c = clients[(f->turn + i) % count];

		if (c == NULL || c->dead || c->history == NULL || c->history->part != PART_DISK ||
		    client_room(c) < CLIENT_PIECE_MAX)
			continue;
		f->turn = (f->turn + i + 1) % count;
		f->out = true;
		f->for_client = c;
		ask_disk(c->history, core_history(c->show->core), sources);
		return;
	}
}

struct client *
history_arrived(struct history_fetch *f, const struct past_answer *a)
{
	struct client *c = f->for_client;

	f->out = false;
	f->for_client = NULL;
	if (c == NULL || c->history == NULL)
		return NULL;
	c->history->past = a->past;
	write_rows(c, a->rows, a->count);
	if (a->past.done)
		c->history->part = PART_MINUTES;
	return c;
}

void
history_forget(struct history_fetch *f, const struct client *c)
{
	if (f->for_client == c)
		f->for_client = NULL;
}

/* ---- the request ---------------------------------------------------------------------------- */

static bool
take_moment(struct client *c, const json_t *request, const char *key, const char *fallback,
    wall_t now, wall_t *out)
{
	const char *text = request_text(request, key);

	if (moment_parse(text != NULL ? text : fallback, now, out))
		return true;
	client_refuse(
	    c, "bad_request", _("\"%s\" is %s, not \"%s\""), key, _(MOMENT_EXPECTED), text);
	return false;
}

/* Whole minutes, where it is a minute or more. */
static bool
take_step(struct client *c, const json_t *request, struct history_job *j)
{
	const char *text = request_text(request, "step");
	const json_t *max = json_object_get(request, "max");
	int64_t span_ms = (j->until.us - j->from.us) / 1000;

	if (max != NULL && (json_integer_value(max) < 1 || json_integer_value(max) > MOST)) {
		client_refuse(c, "bad_request", "\"max\" must be from 1 to %d", MOST);
		return false;
	}
	if (text != NULL) {
		j->step_ms = span_parse(text);
		if (j->step_ms < STEP_LEAST_MS) {
			client_refuse(c, "bad_request",
			    _("\"step\" is a length of time from 1s, such as 1min, not \"%s\""),
			    text);
			return false;
		}
	}
	if (max != NULL) {
		int64_t least = fold_round_step_ms(span_ms, json_integer_value(max));

		if (least > j->step_ms)
			j->step_ms = least;
	}
	if (j->step_ms >= 60000)
		j->step_ms = (j->step_ms + 59999) / 60000 * 60000;
	return true;
}

static void
write_words(struct client *c, const struct point_spec *spec, struct writer *w)
{
	if (spec->words == NULL)
		return;
	writer_open(w, "words", '[');
	for (size_t i = 0; i < spec->word_count && i < WORDS_MOST; i++) {
		writer_open(w, NULL, '[');
		writer_double(w, NULL, (double)spec->words[i].raw);
		writer_string(w, NULL, spec->words[i].text);
		writer_string(w, NULL, label_text(&spec->words[i].title, c->show->site->language));
		writer_close(w, ']');
	}
	writer_close(w, ']');
}

/* The limits of alarms that watch the point. */
static void
write_limits(struct client *c, size_t point, struct writer *w)
{
	const struct device_spec *d = site_point_device(c->show->site, point);

	writer_open(w, "limits", '[');
	for (size_t a = 0; a < d->alarm_count; a++) {
		const struct alarm_rule *r = &d->alarms[a];

		if ((r->kind != RULE_HIGH && r->kind != RULE_LOW) ||
		    d->first_point + r->point != point)
			continue;
		writer_open(w, NULL, '{');
		writer_string(w, "alarm", r->name);
		writer_string_if(w, "title", label_text(&r->title, c->show->site->language));
		writer_string(w, "kind", r->kind == RULE_HIGH ? "high" : "low");
		writer_double(w, "limit", r->limit);
		writer_string(w, "priority", priority_word(r->priority));
		writer_close(w, '}');
	}
	writer_close(w, ']');
}

static void
begin_answer(struct client *c)
{
	const struct history_job *j = c->history;
	const struct site *s = c->show->site;
	const struct device_spec *d = site_point_device(s, j->point);
	const struct point_spec *spec = site_point(s, j->point);
	struct writer w = client_writer(c);

	writer_open(&w, NULL, '{');
	writer_bool(&w, "ok", true);
	writer_string(&w, "device", d->name);
	writer_string(&w, "point", spec->name);
	writer_string_if(&w, "device_title", label_text(&d->title, s->language));
	writer_string_if(&w, "title", label_text(&spec->title, s->language));
	writer_string(&w, "language", s->language == LANGUAGE_JA ? "ja" : "en");
	writer_string(&w, "unit", spec->unit->code);
	writer_double(&w, "deadband", spec->deadband);
	write_words(c, spec, &w);
	write_limits(c, j->point, &w);
	writer_time(&w, "from", j->from);
	writer_time(&w, "until", j->until);
	writer_uint(&w, "step_ms", (uint64_t)j->step_ms);
	writer_open(&w, "samples", '[');
	client_written(c, &w);
}

/* Where each part of the answer begins. */
static void
plan_parts(struct client *c, struct history_job *j)
{
	const struct history *h = core_history(c->show->core);
	bool is_state = site_point(c->show->site, j->point)->words != NULL;
	wall_t begin = history_begin(h, j->point), minutes_until = j->until;
	int64_t step_ms = j->step_ms;

	j->ring_from = (wall_t){INT64_MAX};
	if (step_ms < 60000) {
		step_ms = 60000;
		j->ring_from = begin.us > j->from.us ? begin : j->from;
		if (j->ring_from.us < j->until.us)
			minutes_until = j->ring_from;
	}
	j->past.point = j->point;
	fold_init(&j->past.fold, step_ms, is_state, j->from, minutes_until);
	j->batches = history_batches(h);
	j->part = c->show->sources->past != NULL && j->from.us < minutes_until.us ? PART_DISK
										  : PART_MINUTES;
}

void
run_history(struct client *c, const json_t *request, const struct now *now)
{
	const char *path = request_text(request, "point");
	int point = site_find_point(c->show->site, path);
	struct history_job j = {0};

	if (point == NO_INDEX) {
		request_no_path(c, path, true);
		return;
	}
	j.point = (size_t)point;
	if (!take_moment(c, request, "since", SINCE_DEFAULT, now->wall, &j.from) ||
	    !take_moment(c, request, "until", "now", now->wall, &j.until))
		return;
	if (j.until.us > now->wall.us)
		j.until = now->wall;
	if (j.from.us >= j.until.us) {
		client_refuse(
		    c, "bad_request", _("\"since\" must be before \"until\" and before now"));
		return;
	}
	if (!take_step(c, request, &j))
		return;
	plan_parts(c, &j);
	c->history = xcalloc(1, sizeof(*c->history));
	*c->history = j;
	begin_answer(c);
}
