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

struct receiver_health {
	bool reached; /* trap: sent; inform: the last one was confirmed */
	uint64_t sent, confirmed, retries, waiting;
	char text[160];
};
void trap_health(const struct trap *t, size_t receiver, struct receiver_health *out);

#endif
