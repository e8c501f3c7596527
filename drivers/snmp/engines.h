/*
 * What the library remembers of SNMPv3 engines and forgets only when told: users and clocks.
 */
#ifndef DRIVERS_SNMP_ENGINES_H
#define DRIVERS_SNMP_ENGINES_H

#include "drivers/snmp/library.h"

/* The library's list of users never shrinks by itself. Nothing happens where it has none. */
void engines_forget_user(const struct engine_id *id, const char *user);

/*
 * Lets the next message of the engine say what time it is there. Without it a device whose boots
 * counter went back (restored from a backup, or an agent that counts wrongly) is refused for ever.
 */
void engines_forget_clock(const struct engine_id *id);

#endif
