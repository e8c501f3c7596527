/*
 * net-snmp as this agent uses it: no configuration files, no MIBs, no state on disk, its log lines
 * in our log. Inside drivers/snmp only, core thread only.
 */
#ifndef DRIVERS_SNMP_LIBRARY_H
#define DRIVERS_SNMP_LIBRARY_H

#include "base/loop.h"
#include "drivers/snmp/ber.h"

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>

/* RFC 3411 section 5, SnmpEngineID. */
#define ENGINE_ID_MIN 5
#define ENGINE_ID_MAX 32

struct engine_id {
	size_t length; /* 0: not known */
	uint8_t octets[ENGINE_ID_MAX];
};

/* Ourselves, as snmp_engine_start() was told; loop is NULL before. */
struct own_engine {
	struct loop *loop;
	struct engine_id id;
	uint32_t boots;
};
const struct own_engine *library_engine(void);
/*
 * Starts the library, if it was not: before anything else of it is used, after snmp_engine_start().
 * With what it takes of OpenSSL it costs 4 MB, and where all devices are of version 1 or 2c and
 * nobody is told, nobody needs it.
 */
void library_need(void);

bool engine_id_equal(const struct engine_id *a, const struct engine_id *b);
/* "0x80001f88..": as people enter it at the other end. Returns buf. */
#define ENGINE_ID_TEXT_MAX (2 * ENGINE_ID_MAX + 3)
char *engine_id_text(const struct engine_id *id, char buf[ENGINE_ID_TEXT_MAX]);

/* A message of this kind (SNMP_MSG_*), never NULL; snmp_free_pdu(). */
netsnmp_pdu *library_pdu(int kind);
/*
 * Adds one variable without a value, as a question has them, at `end`: &pdu->variables, then the
 * next_variable of the one before, since the library itself would look for the end each time.
 */
void library_add(netsnmp_variable_list **end, const struct oid *oid);
/*
 * The library's variables as they were on the wire, for pdu_next(); one with a value that it cannot
 * write is without. Gives what `out` lies in, to be freed.
 */
uint8_t *library_variables(const netsnmp_variable_list *vars, struct ber *out);

#endif
