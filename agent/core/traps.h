/*
 * Notifications (traps and informs) that devices send: what they mean, told as events of which none
 * is lost, and the device asked at once. A notification never sets a value: the poll does. Pure.
 *
 * Each kind of each device may make 5 events at once and one more every 12 s. What comes beyond
 * that is counted, and told as one event with the number; the device is asked once a second at
 * most.
 */
#ifndef CORE_TRAPS_H
#define CORE_TRAPS_H

#include "core/core.h"
#include "model/baton.h"

#define TRAPS_BURST    5
#define TRAPS_EVERY_MS 12000
#define TRAPS_POKE_MS  1000

/* Why no device of the site is believed to have sent it. */
enum trap_doubt {
	TRAP_BELIEVED,
	TRAP_STRANGER,  /* no device of the site has this address */
	TRAP_COMMUNITY, /* one has, but the community is another */
	TRAP_USER,      /* SNMPv3: no device of the site has this engine and user */
	TRAP_KEY,       /* SNMPv3: signed with another key, damaged, or out of its time */
	TRAP_LEVEL,     /* SNMPv3: not signed or not encrypted as the device is set up here */
	TRAP_GARBLED,   /* not a notification that anybody could read */
	TRAP_LOST,      /* more came than could be taken: `count` are missing */
	TRAP_DOUBT_COUNT
};

struct heard_variable {
	struct oid oid;
	struct snmp_value value;
};

struct heard_trap {
	enum trap_doubt doubt;
	const char *from;                       /* address, numeric */
	struct oid oid;                         /* snmpTrapOID; length 0: not known */
	const struct heard_variable *variables; /* what it carries, without time and trap OID */
	size_t variable_count;
	/* Believed: who may have sent it, as far as address, community, engine and user tell. */
	const int *devices;
	size_t device_count;
	uint64_t count; /* how many it stands for, mostly 1 */
};

/* No event has such a number: it is that of a count, which is in memory only. */
#define TRAP_HELD (UINT64_C(1) << 63)

/*
 * Takes it in. Returns the sequence number of the event that stands for it. Where it was only
 * counted: TRAP_HELD with the number of that count, which core_out.counted gets, with the event
 * that tells the count, within TRAPS_EVERY_MS. 0: the site hears none.
 */
uint64_t core_trap(struct core *c, const struct heard_trap *h, const struct now *now);

/* Tells what was only counted: the agent stops. */
void core_traps_flush(struct core *c, const struct now *now);

#endif
