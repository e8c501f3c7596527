/* Inside of sinks/trap: what trap.c (events) and trap_say.c (tests, signs of life) share. */
#ifndef SINKS_TRAP_TRAP_PRIV_H
#define SINKS_TRAP_TRAP_PRIV_H

#include "base/log.h"
#include "drivers/snmp/notify.h"
#include "sinks/trap/trap.h"

/* One receiver: its place in the events, and what is on the way to it. */
struct receiver {
	struct trap *trap;
	const struct receiver_spec *spec;
	int tag; /* of its fetches */
	char cursor_name[EVENT_NAME_MAX + 8];
	struct notify_session *session;
	struct loop_timer *timer;

	uint64_t cursor; /* everything up to here is there */
	struct event *batch;
	size_t batch_count, batch_next;
	bool fetching, sending, pausing;
	unsigned failures; /* of the event at the head, in a row */

	/* A test that somebody asked for. fn NULL: none. */
	struct {
		trap_test_fn *fn;
		void *arg;
		char who[EVENT_NAME_MAX];
		unsigned tries;
		mono_t sent;
	} test;

	struct loop_timer *heart;
	bool beat_due;

	bool reached;
	uint64_t sent, confirmed, retries;
	char text[160];
	struct fault_log fault;
};

struct trap {
	struct loop *loop;
	const struct site *site;
	const struct core *core;
	const struct outbox *outbox;
	mono_t started;
	uint64_t durable;
	uint32_t random;
	struct receiver *receivers;
	size_t count;
};

/* Sends what is next for this receiver, or fetches it: a test, events, a sign of life. */
void trap_pump(struct receiver *r, const struct now *now);
/* TimeTicks: hundredths of a second, modulo 2^32 (RFC 2578 section 7.1.8). */
uint32_t trap_uptime_cs(const struct trap *t, const struct now *now);

/* trap_say.c */
void trap_send_test(struct receiver *r, const struct now *now);
void trap_send_beat(struct receiver *r, const struct now *now);
loop_fn trap_on_heart;

#endif
