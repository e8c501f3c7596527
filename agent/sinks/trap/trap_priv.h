/* Inside of sinks/trap: what trap.c (events) and trap_say.c (tests, signs of life) share. */
#ifndef SINKS_TRAP_TRAP_PRIV_H
#define SINKS_TRAP_TRAP_PRIV_H

#include "base/log.h"
#include "drivers/snmp/notify.h"
#include "sinks/trap/trap.h"

enum list_stage {
	LIST_NONE,
	LIST_WANTED, /* when no event waits */
	LIST_ALARMS, /* its begin is there */
	LIST_END     /* all alarms are */
};

/* One receiver: its place in the events, and what is on the way to it. */
struct receiver {
	struct trap *trap;
	const struct receiver_spec *spec;
	int tag; /* of its fetches */
	char cursor_name[EVENT_NAME_MAX + 8];
	struct notify_session *session;
	struct loop_timer *timer;

	uint64_t cursor; /* everything up to here is there */
	uint64_t told;   /* as the store knows it */
	struct event *batch;
	size_t batch_count, batch_next;
	bool fetching, sending, pausing;
	unsigned failures; /* of the event at the head, in a row */
	bool shortened;    /* the last try: trap_shorten() */

	/* A test that somebody asked for. fn NULL: none. */
	struct {
		trap_test_fn *fn;
		void *arg;
		char who[EVENT_NAME_MAX];
		unsigned tries;
		mono_t sent;
	} test;

	/* The list of alarms that stand (trap_list.c). */
	struct {
		enum list_stage stage;
		bool again;      /* asked for while one was under way */
		uint32_t number; /* of the list */
		uint32_t told;   /* alarms in it so far */
		size_t next;     /* flat index of the alarm to look at next */
		/* The store hears of no event from here on until the list is out, so that a restart
		 * does not forget that it was owed; 0: nothing is held. */
		uint64_t hold;
		char who[EVENT_NAME_MAX]; /* "": by itself */
	} list;

	struct loop_timer *again; /* the next list that nobody asks for */
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

/* Nothing but tests is sent for so long. */
void trap_pause(struct receiver *r, int64_t ms, const struct now *now);
/* What was sent is not there: tries again after a pause. */
void trap_failed(
    struct receiver *r, enum notify_result result, const char *why, const struct now *now);
/*
 * Takes impact and remedy out of e if it is long and has not got through for a while: the way to
 * the receiver, or the receiver itself, may take no long messages.
 */
void trap_shorten(struct receiver *r, struct event *e);
/* Lets the store know how far it has got, up to list.hold. */
void trap_tell_cursor(struct receiver *r);

/* trap_list.c */
/* who: "" where nobody asked. hold: as list.hold; 0: nothing. Sends nothing yet. */
void trap_list_want(struct receiver *r, const char *who, uint64_t hold);
/* What is next of it. Only while no event waits; it may send nothing. */
void trap_send_list(struct receiver *r, const struct now *now);
loop_fn trap_on_again;

/* trap_say.c */
void trap_send_test(struct receiver *r, const struct now *now);
void trap_send_beat(struct receiver *r, const struct now *now);
loop_fn trap_on_heart;

#endif
