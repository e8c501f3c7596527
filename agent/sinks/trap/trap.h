/*
 * Events to the NOC by SNMP: from the outbox, in order, one cursor for each receiver
 * ("noc/<name>"); informs are repeated until confirmed. The MIB is
 * firmware-config/mib/FACILITY-MIB.txt.
 */
#ifndef SINKS_TRAP_TRAP_H
#define SINKS_TRAP_TRAP_H

#include "base/loop.h"
#include "core/core.h"
#include "core/outbox.h"

struct trap;

struct trap_start {
	struct loop *loop;
	const struct site *site;
	const struct core *core; /* for heartbeats and lists; NULL: there are none */
	const struct outbox *outbox;
	const uint64_t *cursors; /* one per site->noc.receivers */
	uint64_t durable;
	mono_t started; /* for sysUpTime */
};

struct trap *trap_new(const struct trap_start *start, char *err, size_t err_size);
void trap_free(struct trap *t);
void trap_durable(struct trap *t, uint64_t upto, const struct now *now);
void trap_events(
    struct trap *t, int tag, const struct event *events, size_t count, const struct now *now);

/* How a test went: `text` is a sentence that says it all; valid during the call. */
typedef void trap_test_fn(
    void *arg, size_t receiver, bool good, const char *text, const struct now *now);

/*
 * Sends facilityTest to a receiver, before the events that wait for it, up to TRAP_TEST_TRIES
 * times; fn is called once, never from inside this call. It is no event: no cursor moves. false: a
 * test of this receiver is under way.
 */
#define TRAP_TEST_TRIES 3
bool trap_test(struct trap *t, size_t receiver, const char *who, trap_test_fn *fn, void *arg,
    const struct now *now);

/*
 * Sends the list of all alarms that stand to a receiver, when the events that wait for it are
 * there. It is sent by itself after a gap in its events, and to a receiver that is new. text: what
 * will happen, in a sentence.
 */
void trap_resend(struct trap *t, size_t receiver, const char *who, const struct now *now,
    char *text, size_t size);

struct receiver_health {
	bool reached; /* trap: sent; inform: the last one was confirmed, heartbeats as well */
	uint64_t sent, confirmed, retries, waiting;
	char text[160];
};
void trap_health(const struct trap *t, size_t receiver, struct receiver_health *out);

#endif
