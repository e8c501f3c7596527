/*
 * The list of alarms that stand, sent again so that a NOC can put right what it believes: begin,
 * one notification for each alarm, end. What it has not heard of between begin and end is over.
 *
 * Events go first all the time, and the list begins only when none waits: so nothing that is older
 * than the list can come behind it. Each alarm is told as it stands when its turn comes.
 */
#include "base/lang.h"
#include "base/text.h"
#include "sinks/trap/filter.h"
#include "sinks/trap/mib.h"
#include "sinks/trap/trap_priv.h"

#include <inttypes.h>

/* Between the traps of a list: 50 a second. */
#define TRAP_PACE_MS 20

/* The next alarm at or after list.next that is in the list; false: there is none. */
static bool
next_alarm(struct receiver *r, struct event *out)
{
	const struct trap *t = r->trap;

	for (; r->list.next < t->site->alarm_count; r->list.next++) {
		if (core_alarms(t->core)[r->list.next].phase == ALARM_NORMAL)
			continue;
		core_alarm_event(t->core, r->list.next, out);
		if (filter_wants(t->site, r->spec, out))
			return true;
	}
	return false;
}

static size_t
count_alarms(const struct receiver *r)
{
	const struct trap *t = r->trap;
	struct event e;
	size_t n = 0;

	for (size_t i = 0; i < t->site->alarm_count; i++) {
		if (core_alarms(t->core)[i].phase == ALARM_NORMAL)
			continue;
		core_alarm_event(t->core, i, &e);
		n += filter_wants(t->site, r->spec, &e);
	}
	return n;
}

/* ---- wanting one ----------------------------------------------------------------------------- */

void
trap_list_want(struct receiver *r, const char *who, uint64_t hold)
{
	if (r->trap->core == NULL)
		return;
	if (r->list.hold == 0)
		r->list.hold = hold;
	if (r->list.stage == LIST_NONE || r->list.stage == LIST_WANTED)
		r->list.stage = LIST_WANTED;
	else
		r->list.again = true; /* this one may have passed what the asker misses */
	text_copy(r->list.who, sizeof(r->list.who), who);
}

void
trap_resend(struct trap *t, size_t receiver, const char *who, const struct now *now, char *text,
    size_t size)
{
	struct receiver *r = &t->receivers[receiver];
	uint64_t waiting = t->durable > r->cursor ? t->durable - r->cursor : 0;
	size_t n = count_alarms(r);

	trap_list_want(r, who, 0);
	text_printf(text, size,
	    lang_count(n, "%s: %zu alarm stands and will be sent",
		"%s: %zu alarms stand and will be sent"),
	    r->spec->name, n);
	if (waiting > 0)
		text_append(text, size, _(", after the %llu events that wait for it"),
		    (unsigned long long)waiting);
	if (r->failures > 0)
		text_append(text, size, _("; it does not answer now"));
	trap_pump(r, now);
}

void
trap_on_again(void *arg, const struct now *now)
{
	struct receiver *r = arg;

	loop_timer_set(r->again, mono_add_ms(now->mono, r->spec->resend_ms));
	trap_list_want(r, "", 0);
	trap_pump(r, now);
}

/* ---- sending --------------------------------------------------------------------------------- */

static void
list_over(struct receiver *r)
{
	log_info("NOC receiver %s has the list of %" PRIu32 " alarms", r->spec->name, r->list.told);
	text_printf(
	    r->text, sizeof(r->text), _("has the list of %u alarms"), (unsigned)r->list.told);
	r->list.stage = r->list.again ? LIST_WANTED : LIST_NONE;
	r->list.again = false;
	if (r->list.stage == LIST_NONE) {
		r->list.hold = 0;
		trap_tell_cursor(r);
	}
}

static void
on_listed(
    void *arg, uint64_t tag, enum notify_result result, const char *why, const struct now *now)
{
	struct receiver *r = arg;

	(void)tag;
	r->sending = false;
	if (result != NOTIFY_SENT && result != NOTIFY_CONFIRMED) {
		trap_failed(r, result, why, now);
		trap_pump(r, now);
		return;
	}
	r->reached = true;
	r->failures = 0;
	fault_over(&r->fault, now->mono, "NOC receiver %s answers again", r->spec->name);
	if (r->list.stage == LIST_WANTED) {
		r->list.stage = LIST_ALARMS;
	} else if (r->list.stage == LIST_ALARMS) {
		r->list.told++;
		r->list.next++;
	} else
		list_over(r);
	/* Traps that come all at once are lost where the receiver is slow. */
	if (result == NOTIFY_SENT)
		trap_pause(r, TRAP_PACE_MS, now);
	trap_pump(r, now);
}

static void
send(struct receiver *r, enum mib_list kind, struct event *e, const struct now *now)
{
	struct trap *t = r->trap;
	struct mib_message m;
	uint32_t listed = r->list.told + (kind == MIB_LIST_ALARM);

	trap_shorten(r, e);
	mib_list(kind, e, r->list.number, listed, t->outbox->epoch, t->site->name, &m);
	r->sending = notify_send(
	    r->session, &m.trap, m.varbinds, m.count, trap_uptime_cs(t, now), 0, on_listed, r);
}

static void
send_frame(struct receiver *r, enum mib_list kind, const struct now *now)
{
	struct event e = {.wall = now->wall, .synced = now->synced, .seq = r->cursor};
	const char *site = r->trap->site->name;

	text_copy(e.who, sizeof(e.who), r->list.who);
	if (kind == MIB_LIST_BEGIN)
		text_printf(e.text, sizeof(e.text),
		    _("%s: here come all alarms that stand. Nothing new has happened."), site);
	else
		text_printf(e.text, sizeof(e.text),
		    _("%s: %u alarms stand. What was not named since the begin is over."), site,
		    (unsigned)r->list.told);
	send(r, kind, &e, now);
}

/* The numbers grow, also from one life of the agent to the next. */
static void
begin(struct receiver *r, const struct now *now)
{
	uint32_t number = (uint32_t)(now->wall.us / 1000000);

	r->list.number = number > r->list.number ? number : r->list.number + 1;
	r->list.told = 0;
	r->list.next = 0;
	send_frame(r, MIB_LIST_BEGIN, now);
}

void
trap_send_list(struct receiver *r, const struct now *now)
{
	struct event e;

	if (r->list.stage == LIST_WANTED) {
		begin(r, now);
		return;
	}
	if (r->list.stage == LIST_ALARMS && next_alarm(r, &e)) {
		e.synced = now->synced;
		/* Nothing leaves the board that is not on disk: trap_durable() comes back here. */
		if (e.seq <= r->trap->durable)
			send(r, MIB_LIST_ALARM, &e, now);
		return;
	}
	r->list.stage = LIST_END;
	send_frame(r, MIB_LIST_END, now);
}
