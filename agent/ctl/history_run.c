/* The command `history`: asks, and gives it the form that is wanted. */
#include "ctl/history.h"

#include "base/lang.h"
#include "base/moment.h"
#include "base/text.h"
#include "ctl/moment.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* A disk that is asked for a year needs its time. */
#define ANSWER_MS 60000
/* Rows of a table that a person reads; columns of a picture. */
#define TABLE_ROWS   60
#define PICTURE_ROWS 340
/* CSV of a long time is asked for in pieces, so that it needs little memory. */
#define PIECE_DAYS 7
/* Changes of a point with states are told one by one over at most so long: two days of minutes. */
#define STATES_US (2 * INT64_C(86400000000))

struct question {
	const struct ctl_options *o;
	struct connection c;
	wall_t from, until;
	int64_t step_ms; /* 0: not given; -1: the full rate */
};

static json_t *
request(const struct question *q, wall_t from, wall_t until)
{
	char since[WALL_TEXT_MAX], till[WALL_TEXT_MAX], step[32];
	json_t *r = json_pack("{s:s, s:s, s:s, s:s}", "cmd", "history", "point", q->o->argument,
	    "since", wall_text(from, since), "until", wall_text(until, till));

	if (q->step_ms > 0) {
		text_printf(step, sizeof(step), "%lldms", (long long)q->step_ms);
		json_object_set_new(r, "step", json_string(step));
	} else if (q->step_ms == 0 && !q->o->csv && !q->o->json)
		json_object_set_new(
		    r, "max", json_integer(q->o->plot != NULL ? PICTURE_ROWS : TABLE_ROWS));
	return r;
}

/* One answer; NULL: *code says how it ended, and it has been said. */
static json_t *
get(struct question *q, wall_t from, wall_t until, enum ctl_exit *code)
{
	const char *line =
	    ctl_send(&q->c, request(q, from, until)) ? ctl_line(&q->c, ANSWER_MS) : NULL;
	json_t *answer = line != NULL ? json_loads(line, 0, NULL) : NULL;
	char text[WORDS_MAX];

	if (answer == NULL) {
		*code = ctl_say_silent(q->o->run_dir);
		return NULL;
	}
	if (q->o->json)
		printf("%s\n", line);
	if (words_true(answer, "ok"))
		return answer;
	fprintf(stderr, "facilityctl: %s\n", words_text(answer, "error", text, sizeof(text)));
	words_text(answer, "code", text, sizeof(text));
	*code = strcmp(text, "bad_request") == 0 ? CTL_USAGE : CTL_REFUSED;
	json_decref(answer);
	return NULL;
}

/* ---- forms ---------------------------------------------------------------------------------- */

/* To a file, which is whole or said not to be. */
static enum ctl_exit
write_picture(const struct history_series *s, const char *path)
{
	FILE *out = strcmp(path, "-") == 0 ? stdout : fopen(path, "w");
	char err[256];
	bool ok = out != NULL;

	/* The picture speaks the language of the site, as its titles do. */
	if (!lang_use(s->language, err, sizeof(err)))
		fprintf(stderr, "facilityctl: %s\n", err);
	if (ok) {
		history_svg(s, out);
		ok = (out == stdout ? fflush(out) : fclose(out)) == 0;
	}
	if (!ok)
		fprintf(stderr, _("facilityctl: cannot write %s: %s\n"), path, strerror(errno));
	return ok ? CTL_DONE : CTL_REFUSED;
}

static enum ctl_exit
show(const struct question *q, struct history_series *s)
{
	if (q->o->plot != NULL)
		return write_picture(s, q->o->plot);
	history_print(s, stdout);
	return CTL_DONE;
}

/* What the last piece ended with goes on: it is not said again. */
static void
skip_repeated(struct history_series *s, const char *last)
{
	if (last[0] != '\0' && s->row_count > 0 && !s->rows[0].has_value &&
	    strcmp(s->rows[0].quality, last) == 0) {
		s->row_count--;
		memmove(s->rows, s->rows + 1, s->row_count * sizeof(*s->rows));
	}
}

static enum ctl_exit
print_csv(struct question *q)
{
	const int64_t piece_us = PIECE_DAYS * INT64_C(86400000000);
	enum ctl_exit code = CTL_DONE;
	char last[32] = "";

	for (wall_t at = q->from; at.us < q->until.us;) {
		wall_t end = {(at.us / piece_us + 1) * piece_us};
		struct history_series s;
		json_t *answer;

		/* Long steps must not be cut. */
		if (end.us > q->until.us || q->step_ms > 3600000)
			end = q->until;
		answer = get(q, at, end, &code);
		if (answer == NULL)
			return code;
		if (history_read(&s, answer)) {
			skip_repeated(&s, last);
			history_csv(&s, at.us == q->from.us, stdout);
			if (s.row_count > 0)
				text_copy(last, sizeof(last),
				    s.rows[s.row_count - 1].has_value
					? ""
					: s.rows[s.row_count - 1].quality);
			if (s.note[0] != '\0')
				fprintf(stderr, _("facilityctl: a part is missing: %s\n"), s.note);
		}
		history_free(&s);
		at = end;
	}
	return CTL_DONE;
}

static enum ctl_exit
ask(struct question *q)
{
	enum ctl_exit code = CTL_DONE;
	struct history_series s;
	json_t *answer;

	if (q->o->csv)
		return print_csv(q);
	answer = get(q, q->from, q->until, &code);
	if (answer == NULL)
		return code;
	if (q->o->json || !history_read(&s, answer)) {
		json_decref(answer);
		return code;
	}
	if (s.word_count > 0 && q->step_ms == 0 && q->until.us - q->from.us <= STATES_US) {
		/* A table of states has a row for each change: steps would only blur them. */
		q->step_ms = -1;
		history_free(&s);
		return ask(q);
	}
	code = show(q, &s);
	history_free(&s);
	return code;
}

/* ---- what is asked -------------------------------------------------------------------------- */

static bool
take_options(struct question *q)
{
	const struct ctl_options *o = q->o;
	wall_t now = clock_wall();

	if (!ctl_moment("--since", o->since != NULL ? o->since : "1h", now, &q->from) ||
	    !ctl_moment("--until", o->until != NULL ? o->until : "now", now, &q->until))
		return false;
	if (o->step == NULL)
		return true;
	q->step_ms = strcmp(o->step, "full") == 0 ? -1 : span_parse(o->step);
	if (q->step_ms != -1 || strcmp(o->step, "full") == 0)
		return true;
	fprintf(
	    stderr, _("facilityctl: --step takes a length of time such as 1min, or \"full\" for "
		      "the full rate\n"));
	return false;
}

enum ctl_exit
history_run(const struct ctl_options *o)
{
	struct question q = {.o = o};
	enum ctl_exit code;
	char err[512];

	if (o->csv + o->json + (o->plot != NULL) > 1) {
		fprintf(
		    stderr, _("facilityctl: only one of --csv, --plot and --json can be had\n"));
		return CTL_USAGE;
	}
	if (!take_options(&q))
		return CTL_USAGE;
	code = ctl_connect(&q.c, o->run_dir, CTL_ANSWER_MS, err, sizeof(err));
	if (code != CTL_DONE) {
		fprintf(stderr, "facilityctl: %s\n", err);
		return code;
	}
	code = ask(&q);
	ctl_close(&q.c);
	return code;
}
