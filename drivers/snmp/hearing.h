/*
 * Hearing the traps and informs that devices send, in SNMP 1, 2c and 3: one UDP socket in the core
 * thread. Nothing here blocks, and nothing that comes in sets a value.
 *
 * Who sent it is judged by what can be checked: SNMPv3 by engine, user and key; the others by
 * address and community. What cannot be is told as doubtful, never dropped in silence.
 *
 * An inform that is believed is answered when the event that it made, or that counts it, is on
 * disk, so that its sender keeps it until then. The same inform again is answered again, and makes
 * no second event.
 */
#ifndef DRIVERS_SNMP_HEARING_H
#define DRIVERS_SNMP_HEARING_H

#include "base/loop.h"
#include "core/traps.h"
#include "model/site.h"

struct hearing;

/*
 * Takes one in. Returns the sequence number of the event that must be on disk before an inform is
 * answered; TRAP_HELD with the number of a count: that event is told later, to hearing_counted().
 * 0: it may be answered at once. The pointers are valid during the call.
 */
typedef uint64_t hearing_fn(void *arg, const struct heard_trap *h, const struct now *now);

/*
 * Listens at site->traps. snmp_engine_start() was called; the links are open, or devices with
 * SNMPv3 are not known yet. NULL with a sentence in err: the address or port cannot be had now.
 */
struct hearing *hearing_open(
    const struct site *site, hearing_fn *fn, void *arg, char *err, size_t err_size);
void hearing_close(struct hearing *l);

/* Event seq stands for what was held under this number (with TRAP_HELD). */
void hearing_counted(struct hearing *l, uint64_t held, uint64_t seq);
/* Events up to and with this one are on disk. */
void hearing_durable(struct hearing *l, uint64_t upto);

struct hearing_stats {
	uint64_t heard;    /* datagrams */
	uint64_t believed; /* notifications of devices of the site */
	uint64_t answered; /* informs */
	uint64_t repeated; /* informs that came again */
	uint64_t lost;     /* datagrams that the kernel had no room for */
};
void hearing_stats(const struct hearing *l, struct hearing_stats *out);

#endif
