/* Events of a time. */
#include "ctl/events.h"

#include "base/lang.h"
#include "base/text.h"
#include "ctl/moment.h"
#include "ctl/show.h"
#include "ctl/words.h"

#include <stdio.h>
#include <string.h>

/* Asked for at a time: some 500 kB. */
#define BLOCK 1000

struct search {
	struct connection c;
	const char *run_dir;
	wall_t from, until;
	json_t *blocks;   /* arrays of events, the newest first */
	long long before; /* seq; 0: from the newest on */
	bool over;
};

static wall_t
time_of(const json_t *event)
{
	return words_time(json_string_value(json_object_get(event, "time")));
}

static bool
is_word(const json_t *event, const char *key, const char *word)
{
	const char *s = json_string_value(json_object_get(event, key));

	return s != NULL && strcmp(s, word) == 0;
}

/*
 * Do all that come before this block lie before the time as well? A clock that was not set dates
 * nothing. What is lost says nothing about those before it; what was confirmed by all does.
 */
static bool
is_last(const struct search *s, const json_t *events)
{
	const json_t *e, *first = NULL;
	struct words_gap gap;
	size_t i;

	json_array_foreach(events, i, e)
	{
		if (first == NULL && !is_word(e, "clock", "unsynced"))
			first = e;
	}
	if (words_gap(json_array_get(events, 0), &gap) && gap.oldest)
		return true;
	return first != NULL && time_of(first).us < s->from.us;
}

/* A hole that goes on in this older block is told once, as a whole. */
static void
join_gap(const struct search *s, json_t *older)
{
	json_t *blocks = s->blocks, *newer = json_array_get(blocks, json_array_size(blocks) - 1);
	json_t *last = json_array_get(older, json_array_size(older) - 1);
	json_t *seq = json_object_get(json_array_get(newer, 0), "seq");
	struct words_gap gap;

	if (!words_gap(last, &gap) || seq == NULL || gap.last < json_integer_value(seq))
		return;
	json_object_set(last, "seq", seq);
	json_array_remove(newer, 0);
}

/* One block further back. false: *code says how it ended, and it has been said. */
static bool
get_block(struct search *s, enum ctl_exit *code)
{
	json_t *r = json_pack("{s:s, s:i}", "cmd", "events", "n", BLOCK), *answer, *events;
	char text[WORDS_MAX];
	const char *line;

	if (s->before > 0)
		json_object_set_new(r, "before", json_integer(s->before));
	line = ctl_send(&s->c, r) ? ctl_line(&s->c, CTL_ANSWER_MS) : NULL;
	answer = line != NULL ? json_loads(line, 0, NULL) : NULL;
	events = json_object_get(answer, "events");
	if (answer == NULL || !json_is_array(events)) {
		words_text(answer, "error", text, sizeof(text));
		*code = text[0] != '\0' ? CTL_REFUSED : ctl_say_silent(s->run_dir);
		if (text[0] != '\0')
			fprintf(stderr, "facilityctl: %s\n", text);
		json_decref(answer);
		return false;
	}
	long long before = words_event_first(json_array_get(events, 0));
	s->over = is_last(s, events) || before <= 1 || (s->before > 0 && before >= s->before);
	s->before = before;
	join_gap(s, events);
	json_array_append(s->blocks, events);
	json_decref(answer);
	return true;
}

/* One whose clock was not set may belong to the time: it is told, with its mark. */
static bool
is_wanted(const struct search *s, const json_t *e)
{
	wall_t at = time_of(e);

	return is_word(e, "clock", "unsynced") || (at.us >= s->from.us && at.us <= s->until.us);
}

static json_t *
wanted(const struct search *s)
{
	json_t *list = json_array(), *e;
	size_t i;

	for (size_t b = json_array_size(s->blocks); b-- > 0;)
		json_array_foreach(json_array_get(s->blocks, b), i, e)
		{
			if (is_wanted(s, e))
				json_array_append(list, e);
		}
	return json_pack("{s:b, s:o}", "ok", 1, "events", list);
}

enum ctl_exit
events_of_time(const struct ctl_options *o)
{
	struct search s = {.run_dir = o->run_dir};
	wall_t now = clock_wall();
	enum ctl_exit code;
	char err[512];

	if (!ctl_moment("--since", o->since != NULL ? o->since : "3650d", now, &s.from) ||
	    !ctl_moment("--until", o->until != NULL ? o->until : "now", now, &s.until))
		return CTL_USAGE;
	code = ctl_connect(&s.c, o->run_dir, CTL_ANSWER_MS, err, sizeof(err));
	if (code != CTL_DONE) {
		fprintf(stderr, "facilityctl: %s\n", err);
		return code;
	}
	s.blocks = json_array();
	while (!s.over && get_block(&s, &code))
		;
	if (code == CTL_DONE) {
		json_t *answer = wanted(&s);

		if (o->json) {
			json_dumpf(answer, stdout, JSON_COMPACT);
			putchar('\n');
		} else
			show_events_text(answer, stdout);
		json_decref(answer);
	}
	json_decref(s.blocks);
	ctl_close(&s.c);
	return code;
}
