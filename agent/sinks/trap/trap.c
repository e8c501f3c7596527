/* Events to each receiver of the NOC: from the outbox, in order, repeated until confirmed. */
#include "base/lang.h"
#include "sinks/trap/trap_priv.h"

#include "base/arena.h"
#include "base/log.h"
#include "base/text.h"
#include "drivers/snmp/notify.h"
#include "sinks/trap/filter.h"
#include "sinks/trap/mib.h"
#include "sinks/trap/retry.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Events in memory for one receiver. */
#define BATCH_MAX 16
/* The store had nothing where something should be: ask again after this. */
#define EMPTY_AGAIN_MS 5000

/*
 * A message with so much text may be too long for one packet (1280 octets on tunnels), and some
 * firewalls let no pieces through. From this failure on it goes short, every other time.
 */
#define LONG_OCTETS 500
#define SHORT_AFTER 3

#define TIMEOUT_DEFAULT_MS   2000
#define RETRY_MAX_DEFAULT_MS 60000

/* xorshift32: good enough to spread retries. */
static uint32_t
next_random(struct trap *t)
{
	t->random ^= t->random << 13;
	t->random ^= t->random >> 17;
	t->random ^= t->random << 5;
	return t->random;
}

static int64_t
or_default(int64_t ms, int64_t otherwise)
{
	return ms > 0 ? ms : otherwise;
}

uint32_t
trap_uptime_cs(const struct trap *t, const struct now *now)
{
	return (uint32_t)((now->mono.us - t->started.us) / 10000);
}

void
trap_pause(struct receiver *r, int64_t ms, const struct now *now)
{
	r->pausing = true;
	loop_timer_set(r->timer, mono_add_ms(now->mono, ms));
}

static void
on_pause_over(void *arg, const struct now *now)
{
	struct receiver *r = arg;

	r->pausing = false;
	trap_pump(r, now);
}

void
trap_tell_cursor(struct receiver *r)
{
	const struct outbox *o = r->trap->outbox;
	uint64_t hold = r->list.hold, upto = r->cursor;

	if (hold != 0 && upto >= hold)
		upto = hold - 1;
	if (upto <= r->told)
		return;
	r->told = upto;
	o->passed(o->arg, r->cursor_name, upto);
}

static void
passed(struct receiver *r, uint64_t seq, enum notify_result result, const struct now *now)
{
	/* What it has missed may be the end of an alarm, or its begin. */
	if (r->batch[r->batch_next].type == EVENT_GAP)
		trap_list_want(r, "", seq);
	if (r->shortened)
		log_notice(
		    "NOC receiver %s has event %llu without impact and remedy, after %u tries "
		    "of which some had them: is the way too narrow for long messages?",
		    r->spec->name, (unsigned long long)seq, r->failures + 1);
	r->reached = true;
	r->failures = 0;
	r->cursor = seq;
	r->sent += result == NOTIFY_SENT;
	r->confirmed += result == NOTIFY_CONFIRMED;
	r->batch_next++;
	fault_over(&r->fault, now->mono, "NOC receiver %s has event %llu, and the others follow",
	    r->spec->name, (unsigned long long)seq);
	text_printf(r->text, sizeof(r->text),
	    result == NOTIFY_SENT ? _("sent, unconfirmed, up to event %llu")
				  : _("confirmed up to event %llu"),
	    (unsigned long long)seq);
	trap_tell_cursor(r);
}

void
trap_failed(struct receiver *r, enum notify_result result, const char *why, const struct now *now)
{
	int64_t ms;

	r->reached = false;
	r->retries++;
	r->failures++;
	ms = retry_pause_ms(r->failures, result == NOTIFY_TIMED_OUT,
	    or_default(r->spec->timeout_ms, TIMEOUT_DEFAULT_MS),
	    or_default(r->spec->retry_max_ms, RETRY_MAX_DEFAULT_MS), next_random(r->trap));
	if (ms == 0)
		text_printf(r->text, sizeof(r->text), _("%s; trying again"), why);
	else
		text_printf(r->text, sizeof(r->text), _("%s; next try in %lld s"), why,
		    (long long)((ms + 999) / 1000));
	if (r->failures > 1 || result == NOTIFY_FAILED)
		fault_say(&r->fault, now->mono, LOG_LEVEL_WARN,
		    "NOC receiver %s: %s; events are kept and sent again", r->spec->name, why);
	trap_pause(r, ms, now);
}

static void
on_result(
    void *arg, uint64_t tag, enum notify_result result, const char *text, const struct now *now)
{
	struct receiver *r = arg;

	r->sending = false;
	if (result == NOTIFY_SENT || result == NOTIFY_CONFIRMED)
		passed(r, tag, result, now);
	else
		trap_failed(r, result, text, now);
	trap_pump(r, now);
}

void
trap_shorten(struct receiver *r, struct event *e)
{
	r->shortened = r->failures >= SHORT_AFTER && r->failures % 2 == SHORT_AFTER % 2 &&
		       strlen(e->text) + strlen(e->impact) + strlen(e->remedy) >= LONG_OCTETS;
	if (r->shortened)
		e->impact[0] = e->remedy[0] = '\0';
}

static void
send_head(struct receiver *r, const struct now *now)
{
	struct event e = r->batch[r->batch_next];
	struct trap *t = r->trap;
	struct mib_message m;

	trap_shorten(r, &e);
	mib_message(&e, t->outbox->epoch, t->site->name, &m);
	r->sending = notify_send(
	    r->session, &m.trap, m.varbinds, m.count, trap_uptime_cs(t, now), e.seq, on_result, r);
}

void
trap_pump(struct receiver *r, const struct now *now)
{
	struct trap *t = r->trap;

	if (r->sending)
		return;
	if (r->test.fn != NULL) {
		trap_send_test(r, now); /* does not wait for the pause: somebody does */
		return;
	}
	if (r->pausing)
		return;
	if (r->batch_next < r->batch_count) {
		send_head(r, now);
	} else if (!r->fetching && r->cursor < t->durable) {
		r->fetching = true;
		t->outbox->fetch(t->outbox->arg, r->tag, r->cursor, BATCH_MAX);
	} else if (!r->fetching) {
		if (r->list.stage != LIST_NONE)
			trap_send_list(r, now); /* may wait for the disk */
		if (!r->sending && r->beat_due)
			trap_send_beat(r, now);
	}
}

void
trap_durable(struct trap *t, uint64_t upto, const struct now *now)
{
	t->durable = upto;
	for (size_t i = 0; i < t->count; i++)
		trap_pump(&t->receivers[i], now);
}

/* What is not for this receiver is passed without a word; it counts as delivered. */
static void
take_batch(struct receiver *r, const struct event *events, size_t count)
{
	struct trap *t = r->trap;
	uint64_t newest = r->cursor;

	r->batch_count = r->batch_next = 0;
	for (size_t i = 0; i < count && r->batch_count < BATCH_MAX; i++) {
		if (events[i].seq <= r->cursor)
			continue;
		newest = events[i].seq;
		if (filter_wants(t->site, r->spec, &events[i]))
			r->batch[r->batch_count++] = events[i];
	}
	if (r->batch_count > 0 || newest == r->cursor)
		return;
	r->cursor = newest;
	trap_tell_cursor(r);
}

void
trap_events(
    struct trap *t, int tag, const struct event *events, size_t count, const struct now *now)
{
	struct receiver *r;
	uint64_t before;

	if (tag < OUTBOX_NOC || (size_t)(tag - OUTBOX_NOC) >= t->count)
		return;
	r = &t->receivers[tag - OUTBOX_NOC];
	r->fetching = false;
	before = r->cursor;
	take_batch(r, events, count);
	if (r->batch_count == 0 && r->cursor == before)
		trap_pause(r, EMPTY_AGAIN_MS, now);
	else
		trap_pump(r, now);
}

static bool
open_receiver(struct receiver *r, struct trap *t, size_t i, char *err, size_t err_size)
{
	char why[200];

	r->trap = t;
	r->spec = &t->site->noc.receivers[i];
	r->tag = OUTBOX_NOC + (int)i;
	text_printf(r->cursor_name, sizeof(r->cursor_name), "noc/%s", r->spec->name);
	text_copy(r->text, sizeof(r->text), _("nothing sent yet"));
	r->timer = loop_timer_add(t->loop, "noc retry", LOOP_NORMAL, on_pause_over, r);
	r->heart = loop_timer_add(t->loop, "noc heartbeat", LOOP_IDLE, trap_on_heart, r);
	if (r->spec->heartbeat_ms > 0)
		loop_timer_set(r->heart, mono_add_ms(clock_mono(), r->spec->heartbeat_ms));
	r->again = loop_timer_add(t->loop, "noc list", LOOP_IDLE, trap_on_again, r);
	if (r->spec->resend_ms > 0)
		loop_timer_set(r->again, mono_add_ms(clock_mono(), r->spec->resend_ms));
	r->batch = xcalloc(BATCH_MAX, sizeof(*r->batch));
	r->session = notify_open(r->spec, why, sizeof(why));
	if (r->session == NULL)
		text_printf(err, err_size, "NOC receiver %s: %s", r->spec->name, why);
	return r->session != NULL;
}

struct trap *
trap_new(const struct trap_start *start, char *err, size_t err_size)
{
	struct trap *t = xcalloc(1, sizeof(*t));

	t->loop = start->loop;
	t->site = start->site;
	t->core = start->core;
	t->outbox = start->outbox;
	t->started = start->started;
	t->durable = start->durable;
	t->random = (uint32_t)clock_mono().us | 1;
	t->receivers = xcalloc(start->site->noc.receiver_count, sizeof(*t->receivers));
	for (size_t i = 0; i < start->site->noc.receiver_count; i++) {
		t->count = i + 1;
		t->receivers[i].cursor = t->receivers[i].told = start->cursors[i];
		if (!open_receiver(&t->receivers[i], t, i, err, err_size)) {
			trap_free(t);
			return NULL;
		}
		/* A new receiver, or a new store: what it believes is of another time. */
		if (start->cursors[i] == 0)
			trap_list_want(&t->receivers[i], "", 1);
		/* What has waited since the last run goes out in the first turn of the loop. */
		loop_timer_set(t->receivers[i].timer, clock_mono());
	}
	return t;
}

void
trap_free(struct trap *t)
{
	if (t == NULL)
		return;
	for (size_t i = 0; i < t->count; i++) {
		notify_close(t->receivers[i].session);
		loop_timer_free(t->receivers[i].timer);
		loop_timer_free(t->receivers[i].heart);
		loop_timer_free(t->receivers[i].again);
		free(t->receivers[i].batch);
	}
	free(t->receivers);
	free(t);
}

void
trap_health(const struct trap *t, size_t receiver, struct receiver_health *out)
{
	const struct receiver *r = &t->receivers[receiver];

	*out = (struct receiver_health){.reached = r->reached,
	    .sent = r->sent,
	    .confirmed = r->confirmed,
	    .retries = r->retries,
	    .waiting = t->durable > r->cursor ? t->durable - r->cursor : 0};
	text_copy(out->text, sizeof(out->text), r->text);
}
