#include "ctl/live.h"

#include "base/arena.h"
#include "base/lang.h"
#include "base/text.h"
#include "ctl/live_i.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EVENTS_AT_FIRST 200
#define OLDER_EVENTS    500
/* How often what the stream does not tell is asked for, while it is on the screen. */
#define ASK_AGAIN_MS 3000

struct live *
live_new(const char *as)
{
	struct live *l = xcalloc(1, sizeof(*l));

	l->view = view_new();
	l->trends.window = TREND_WINDOW_FIRST;
	l->page_rows = 1;
	if (as != NULL) {
		words_clean(as, l->as, sizeof(l->as));
		l->named = true;
	}
	return l;
}

void
live_free(struct live *l)
{
	if (l == NULL)
		return;
	view_free(l->view);
	asks_free(&l->asks);
	trends_free(&l->trends);
	free(l->act.paths);
	free(l);
}

void
live_say(struct live *l, bool bad, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(l->message, sizeof(l->message), fmt, ap);
	va_end(ap);
	l->message_bad = bad;
	l->message_until = mono_add_ms(l->now, LIVE_MESSAGE_MS);
}

/* ---- the agent ------------------------------------------------------------------------------ */

void
live_connected(struct live *l)
{
	asks_clear(&l->asks);
	asks_add(
	    &l->asks, ASK_WATCH, "", json_pack("{s:s, s:i}", "cmd", "watch", "n", EVENTS_AT_FIRST));
	for (size_t i = 0; i < l->trends.count; i++)
		l->trends.list[i].has_past = l->trends.list[i].too_much;
	l->asked_at = (mono_t){0};
}

/*
 * A past that takes the agent longer than its silence is allowed to last must not be asked for in
 * every new connection: there would be nothing else.
 */
static void
give_up_past(struct live *l)
{
	for (size_t i = 0; i < l->asks.sent; i++) {
		struct trend *t = l->asks.list[i].kind == ASK_HISTORY
				      ? trends_find(&l->trends, l->asks.list[i].about)
				      : NULL;

		if (t != NULL)
			t->too_much = true;
	}
}

void
live_lost(struct live *l, wall_t now, const char *why)
{
	bool waits = l->act.wanted > l->act.answered;

	view_lost(l->view, now, why);
	give_up_past(l);
	l->explain_count = 0; /* what it says of the value is not known any more */
	asks_clear(&l->asks);
	l->act.wanted = l->act.answered = 0;
	if (l->act.kind != NULL) /* what is being asked leads nowhere any more */
		l->prompt = (struct prompt){0};
	live_act_drop(l);
	if (waits)
		live_say(l, true, _("the connection was lost: look whether it was done"));
}

static void
take_explain(struct live *l, const char *about, const json_t *answer)
{
	const json_t *lines = json_object_get(answer, "lines"), *line;
	size_t i;

	if (strcmp(about, l->explain_path) != 0)
		return; /* the person has gone on */
	l->explain_count = 0;
	json_array_foreach(lines, i, line)
	{
		if (l->explain_count < LIVE_EXPLAIN_LINES && json_is_string(line))
			words_clean(json_string_value(line), l->explain[l->explain_count++],
			    sizeof(l->explain[0]));
	}
	if (l->explain_count == 0)
		words_text(answer, "error", l->explain[l->explain_count++], sizeof(l->explain[0]));
}

static void
take_trend(struct live *l, const char *about, const json_t *answer)
{
	struct trend *t = trends_find(&l->trends, about);

	if (t != NULL && words_true(answer, "ok"))
		trend_take_past(t, answer);
}

/* The stream itself may be refused: too many consoles. */
static void
take_refusal(struct live *l, const json_t *answer)
{
	char text[VIEW_TEXT_MAX];

	if (!words_true(answer, "ok"))
		live_say(l, true, "%s", words_text(answer, "error", text, sizeof(text)));
}

static void
take_answer(struct live *l, const json_t *answer)
{
	enum ask_kind kind;
	char about[VIEW_PATH_MAX];

	if (!asks_answered(&l->asks, &kind, about)) {
		take_refusal(l, answer);
		return;
	}
	switch (kind) {
	case ASK_ACT:
		live_act_answer(l, answer);
		break;
	case ASK_BUS:
		view_take_bus(l->view, answer);
		break;
	case ASK_POINTS:
		view_take_points(l->view, answer);
		break;
	case ASK_EVENTS:
		view_take_older(l->view, answer);
		break;
	case ASK_EXPLAIN:
		take_explain(l, about, answer);
		break;
	case ASK_HISTORY:
		take_trend(l, about, answer);
		break;
	case ASK_WATCH:
	case ASK_KIND_COUNT:
		take_refusal(l, answer);
		break;
	}
}

/*
 * A line that is no JSON. An answer among them is still the answer to the oldest question: else
 * all that follow would be taken for answers to other questions.
 */
static void
take_nonsense(struct live *l, const char *text)
{
	enum ask_kind kind;
	char about[VIEW_PATH_MAX];

	l->nonsense++;
	if (strncmp(text, "{\"ok\":", 6) == 0 && asks_answered(&l->asks, &kind, about) &&
	    kind == ASK_ACT)
		live_act_answer(l, NULL);
}

void
live_line(struct live *l, const char *text)
{
	json_t *line = json_loads(text, 0, NULL);

	if (line == NULL)
		take_nonsense(l, text);
	/* The beginning of the stream is an answer too. */
	if (json_is_boolean(json_object_get(line, "ok")))
		take_answer(l, line);
	view_take(l->view, line);
	json_decref(line);
}

/* ---- time ----------------------------------------------------------------------------------- */

/* What belongs to the page that is shown and is not in the stream. */
static void
ask_for_page(struct live *l)
{
	struct asks *a = &l->asks;

	if (l->page == PAGE_DEVICES && l->device[0] != '\0' && !asks_has(a, ASK_POINTS))
		asks_add(a, ASK_POINTS, l->device,
		    json_pack("{s:s, s:s}", "cmd", "points", "device", l->device));
	if (l->page == PAGE_DEVICES && !asks_has(a, ASK_BUS))
		asks_add(a, ASK_BUS, "", json_pack("{s:s}", "cmd", "bus"));
	if (l->explain_path[0] != '\0' && !asks_has(a, ASK_EXPLAIN))
		asks_add(a, ASK_EXPLAIN, l->explain_path,
		    json_pack("{s:s, s:s}", "cmd", "explain", "point", l->explain_path));
}

static void
ask_for_trends(struct live *l)
{
	for (size_t i = 0; i < l->trends.count; i++) {
		struct trend *t = &l->trends.list[i];

		if (t->has_past)
			continue;
		t->has_past = true;
		asks_add(&l->asks, ASK_HISTORY, t->path, trend_request(&l->trends, t));
	}
}

/* A filter that leaves little of the newest events looks further back by itself. */
static void
ask_for_events(struct live *l)
{
	struct view *v = l->view;

	if (l->page != PAGE_EVENTS || v->event_count == 0 || v->events_all ||
	    v->event_count >= VIEW_EVENTS || asks_has(&l->asks, ASK_EVENTS))
		return;
	struct rows rows = live_rows(l);
	if (rows.count < l->page_rows)
		asks_add(&l->asks, ASK_EVENTS, "",
		    json_pack("{s:s, s:I, s:i}", "cmd", "events", "before",
			(json_int_t)v->events[0].first, "n", OLDER_EVENTS));
	rows_free(&rows);
}

void
live_tick(struct live *l, mono_t mono, wall_t now)
{
	bool second = mono.us / 1000000 != l->now.us / 1000000;

	l->now = mono;
	view_settle(l->view);
	if (second)
		trends_tick(&l->trends, l->view, now);
	if (!mono_before(mono, l->message_until))
		l->message[0] = '\0';
	if (!l->view->connected)
		return;
	live_close_ended(l);
	ask_for_trends(l);
	ask_for_events(l);
	if (l->asked_at.us == 0 || mono_ms_between(mono, l->asked_at) >= ASK_AGAIN_MS) {
		l->asked_at = mono;
		ask_for_page(l);
	}
}
