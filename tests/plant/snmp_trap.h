/*
 * Traps of the devices: which there are, and sending one, in the version that the device speaks
 * (RFC 1157 for 1, RFC 3416 for 2c and 3; version 3 as the authoritative engine, RFC 3414).
 */
#ifndef PLANT_SNMP_TRAP_H
#define PLANT_SNMP_TRAP_H

#include "snmp_agent.h"

/* Objects that a trap carries are the device's own, with the values that they have now. Real ones
 * carry more (addresses, serial numbers, texts). */
struct trap_def {
	const struct device_type *type;
	const char *name;       /* for plantctl */
	const char *oid;        /* snmpTrapOID; version 1: enterprise and specific trap of it */
	const char *objects[3]; /* NULL: no more */
};

/* All rows; n: how many. */
const struct trap_def *traps(size_t *n);

/* Sends it from the device's own socket to that port of 127.0.0.1. False: it could not be made. */
bool snmp_trap_send(struct snmp_agent *a, const struct trap_def *t, uint16_t port, int64_t now_us);

/* A UDP port of 127.0.0.1 that nobody has now; 0: there is none. */
uint16_t snmp_trap_free_port(void);

#endif
