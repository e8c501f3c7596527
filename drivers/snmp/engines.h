/*
 * The SNMPv3 engines that we talk with, and what the library remembers of them and forgets only
 * when told: users and clocks.
 */
#ifndef DRIVERS_SNMP_ENGINES_H
#define DRIVERS_SNMP_ENGINES_H

#include "base/log.h"
#include "drivers/snmp/security.h"

/* That somebody has a user at an engine. Embedded in its owner; zero-initialised but for these: */
struct engine_claim {
	const char *name; /* of the owner, for the log */
	const struct snmp_target *target;
	const struct security *security;
	bool device; /* the engine is a device's, so no two places may have it */

	/* engines.c */
	struct engine_claim *next;
	struct engine_id id; /* length 0: nothing is claimed */
	struct fault_log twin_fault;
};

/*
 * Claims the engine `id` instead of the one before, whose user is forgotten where nobody else has
 * it with the same keys: the library's list never shrinks by itself. Says so where two devices have
 * one engine ID.
 */
void engines_claim(struct engine_claim *c, const struct engine_id *id);
void engines_release(struct engine_claim *c);

/*
 * Who claims the user of c at the engine `id` with other keys: one name, one set of keys. NULL:
 * nobody.
 */
const struct engine_claim *engines_clash(const struct engine_claim *c, const struct engine_id *id);

/* The next claim of a device with this user at the engine `id`, after `after`; NULL: no more. */
const struct engine_claim *engines_next(
    const struct engine_claim *after, const struct engine_id *id, const char *user);

/*
 * Lets the next message of the engine say what time it is there. Without it a device whose boots
 * counter went back (restored from a backup, or an agent that counts wrongly) is refused for ever.
 * Our own engine's clock stays.
 */
void engines_forget_clock(const struct engine_id *id);

#endif
