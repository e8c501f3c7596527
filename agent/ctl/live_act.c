/*
 * What a person does: acknowledge, shelve and so on. What is missing - a name, a time, a reason -
 * is asked for, one after the other; then the requests go out and their answers are shown.
 */
#include "base/arena.h"
#include "base/lang.h"
#include "base/moment.h"
#include "base/text.h"
#include "ctl/live_i.h"

#include <stdlib.h>
#include <string.h>

#define MINUTE_MS INT64_C(60000)
#define HOUR_MS   INT64_C(3600000)

struct act_kind {
	int key;
	const char *command;
	const char *object; /* the member of the request that names it */
	/* Those that take a time and a reason: what is asked, what is proposed, what is allowed. */
	const char *how_long, *duration;
	int64_t least_ms, most_ms;
};

enum { ACT_ACK, ACT_SHELVE, ACT_UNSHELVE, ACT_RESET, ACT_SERVICE, ACT_SERVICE_END, ACT_COUNT };

static const struct act_kind acts[ACT_COUNT] = {
    [ACT_ACK] = {'a', "ack", "alarm", NULL, NULL, 0, 0},
    [ACT_SHELVE] = {'s', "shelve", "alarm", N_("shelve for how long (1min to 8h):"), "2h",
	MINUTE_MS, 8 * HOUR_MS},
    [ACT_UNSHELVE] = {'u', "unshelve", "alarm", NULL, NULL, 0, 0},
    [ACT_RESET] = {'r', "reset", "alarm", NULL, NULL, 0, 0},
    [ACT_SERVICE] = {'m', "maintenance_begin", "what", N_("maintenance for how long (1min to 7d):"),
	"2h", MINUTE_MS, 7 * 24 * HOUR_MS},
    [ACT_SERVICE_END] = {0, "maintenance_end", "what", NULL, NULL, 0, 0},
};

void
live_act_drop(struct live *l)
{
	if (l->act.wanted > l->act.answered)
		return; /* what is under way goes on */
	free(l->act.paths);
	l->act = (struct act){0};
}

static void
send_act(struct live *l)
{
	struct act *act = &l->act;

	for (size_t i = 0; i < act->count; i++) {
		json_t *r = json_pack(
		    "{s:s, s:s}", "cmd", act->kind->command, act->kind->object, act->paths[i]);

		if (act->kind->how_long != NULL) {
			json_object_set_new(r, "for", json_string(act->duration));
			json_object_set_new(r, "reason", json_string(act->reason));
		}
		if (l->as[0] != '\0')
			json_object_set_new(r, "as", json_string(l->as));
		asks_add(&l->asks, ASK_ACT, act->paths[i], r);
	}
	act->wanted = act->count;
}

static void next_question(struct live *l);

static void
got_name(struct live *l, const char *text)
{
	text_copy(l->as, sizeof(l->as), text);
	l->named = true;
	if (l->act.kind != NULL && l->act.wanted == 0) /* not sent yet */
		next_question(l);
	else
		live_say(l, false,
		    l->as[0] != '\0' ? _("what you do is recorded for %s")
				     : _("what you do is recorded for the account alone"),
		    l->as);
}

static void
got_duration(struct live *l, const char *text)
{
	int64_t ms = span_parse(text);

	text_copy(l->act.duration, sizeof(l->act.duration), text);
	l->act.has_duration = ms >= l->act.kind->least_ms && ms <= l->act.kind->most_ms;
	next_question(l); /* what is none is asked for again */
}

static void
got_reason(struct live *l, const char *text)
{
	text_copy(l->act.reason, sizeof(l->act.reason), text);
	l->act.has_reason = text[0] != '\0';
	next_question(l);
}

void
live_ask_name(struct live *l)
{
	live_ask_person(
	    l, _("Your name, for the record (empty: the account alone):"), l->as, got_name, NULL);
}

/* An alarm stays in sight above the question; which device or zone it is must be said. */
static void
ask_duration(struct live *l)
{
	const struct act_kind *kind = l->act.kind;
	char label[sizeof(l->prompt.label)];

	if (kind == &acts[ACT_SERVICE])
		text_printf(label, sizeof(label), "%s: %s", l->act.paths[0], _(kind->how_long));
	else
		text_copy(label, sizeof(label), _(kind->how_long));
	live_ask_person(l, label, kind->duration, got_duration, NULL);
}

/* Asks for what is missing, or sends. */
static void
next_question(struct live *l)
{
	struct act *act = &l->act;
	bool timed = act->kind->how_long != NULL;

	if (timed && !act->has_duration)
		ask_duration(l);
	else if (timed && !act->has_reason)
		live_ask_person(l, _("Reason, for the record:"), "", got_reason, NULL);
	else if (!l->named)
		live_ask_name(l);
	else
		send_act(l);
}

static void
start_act(struct live *l, const struct act_kind *kind)
{
	live_act_drop(l);
	l->act = (struct act){.kind = kind};
}

static void
add_path(struct live *l, const char *path)
{
	l->act.paths = xrealloc(l->act.paths, l->act.count + 1, sizeof(*l->act.paths));
	text_copy(l->act.paths[l->act.count++], VIEW_PATH_MAX, path);
}

/* The alarm that the key is meant for. Elsewhere than on the alarm page it is shown first. */
static const struct view_alarm *
meant(struct live *l)
{
	const struct view_alarm *a = live_alarm(l);
	const struct view_device *d = live_device(l);

	if (l->page == PAGE_ALARMS) {
		if (a == NULL)
			live_say(l, true, _("choose an alarm with the arrow keys first"));
		return a;
	}
	if (d != NULL && d->worst_alarm != VIEW_NONE)
		a = &l->view->alarms[d->worst_alarm];
	else if (d == NULL)
		a = view_listed(l->view, 0);
	if (a == NULL || view_aside(a)) {
		if (d != NULL)
			live_say(l, false, _("%s has no alarm"), d->name);
		else
			live_say(l, false, "%s", _("there is no alarm"));
		return NULL;
	}
	live_go(l, PAGE_ALARMS);
	l->filter[PAGE_ALARMS] = (struct filter){0};
	text_copy(l->pick[PAGE_ALARMS].name, sizeof(l->pick[PAGE_ALARMS].name), a->path);
	live_say(l, false, _("this is the alarm: press the key again"));
	return NULL;
}

static void
got_yes(struct live *l, const char *text)
{
	(void)text;
	next_question(l);
}

/* y goes on, every other key gives up. */
static void
ask_yes(struct live *l, const char *label)
{
	live_ask_person(l, label, "", got_yes, NULL);
	l->prompt.one_key = true;
}

/* m: the device that is chosen, or all of a zone; out of maintenance if it is in it. */
static void
begin_service(struct live *l)
{
	const struct view_device *d = live_device(l);
	const char *zone = live_chosen(l);
	bool is_zone = l->page == PAGE_OVERVIEW && zone[0] == '@';
	char label[128];

	if (d == NULL && !is_zone) {
		live_say(l, false, _("choose a device or a zone first"));
		return;
	}
	bool ends = d != NULL && d->service_until.us != 0;
	start_act(l, &acts[ends ? ACT_SERVICE_END : ACT_SERVICE]);
	add_path(l, d != NULL ? d->name : zone + 1);
	text_printf(label, sizeof(label), _("End the maintenance of %s now? y/n"), l->act.paths[0]);
	if (ends)
		ask_yes(l, label);
	else
		next_question(l);
}

/* Those that are on the page now, not those that may come before the answer. */
static void
acknowledge_all(struct live *l)
{
	char label[128];

	if (l->page != PAGE_ALARMS) {
		live_go(l, PAGE_ALARMS);
		live_say(
		    l, false, _("these are the alarms: press A again to acknowledge them all"));
		return;
	}
	start_act(l, &acts[ACT_ACK]);
	struct rows rows = live_rows(l);
	for (size_t i = 0; i < rows.count; i++) {
		const struct view_alarm *a = rows.row[i].thing;

		if (rows.row[i].kind == ROW_ALARM && words_alarm_waits(a->order.phase))
			add_path(l, a->path);
	}
	rows_free(&rows);
	if (l->act.count == 0) {
		live_act_drop(l);
		live_say(l, false, _("no alarm on this page waits for an acknowledgement"));
		return;
	}
	text_printf(label, sizeof(label),
	    lang_count(l->act.count, "Acknowledge %zu alarm on this page? y/n",
		"Acknowledge %zu alarms on this page? y/n"),
	    l->act.count);
	ask_yes(l, label);
}

static void
begin_act(struct live *l, const struct act_kind *kind)
{
	const struct view_alarm *a = meant(l);

	if (a == NULL)
		return;
	if (kind == &acts[ACT_SHELVE] && a->order.priority == PRIORITY_CRITICAL) {
		/* The agent would say so, but only after three questions. */
		live_say(l, true, _("%s cannot be shelved: %s"), a->path,
		    _("a critical alarm stays in sight; acknowledge it to stop the buzzer"));
		return;
	}
	start_act(l, kind);
	add_path(l, a->path);
	next_question(l);
}

bool
live_act_key(struct live *l, int key)
{
	const struct act_kind *kind = NULL;

	for (size_t i = 0; i < ACT_COUNT; i++)
		if (acts[i].key != 0 && acts[i].key == (key == 'A' ? 'a' : key))
			kind = &acts[i];
	if (kind == NULL)
		return false;
	if (!l->view->connected)
		live_say(l, true, _("no connection to facilityd: nothing can be done now"));
	else if (l->act.wanted > l->act.answered)
		live_say(l, true, _("facilityd has not answered yet"));
	else if (key == 'A')
		acknowledge_all(l);
	else if (kind == &acts[ACT_SERVICE])
		begin_service(l);
	else
		begin_act(l, kind);
	return true;
}

void
live_act_answer(struct live *l, const json_t *answer)
{
	struct act *act = &l->act;
	char text[VIEW_TEXT_MAX];
	bool ok = words_true(answer, "ok");

	if (answer != NULL)
		words_text(answer, ok ? "text" : "error", text, sizeof(text));
	else
		text_copy(text, sizeof(text),
		    _("the answer was not understood: look whether it was done"));
	act->answered++;
	act->refused += !ok;
	if (!ok)
		live_say(l, true, "%s", text);
	if (act->answered < act->wanted)
		return;
	if (act->wanted == 1 && ok) {
		char who[128];

		words_text(answer, "who", who, sizeof(who));
		live_say(l, false, "%s%s%s%s", text, who[0] != '\0' ? " (" : "", who,
		    who[0] != '\0' ? ")" : "");
	} else if (act->refused == 0)
		live_say(l, false, _("%zu alarms: done"), act->wanted);
	/* A name that is refused is asked for again. */
	if (act->refused == act->wanted &&
	    strcmp(words_text(answer, "code", text, sizeof(text)), "bad_request") == 0)
		l->named = false;
	live_act_drop(l);
}
