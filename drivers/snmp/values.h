/* Variables of a response as the plain values of a baton. */
#ifndef DRIVERS_SNMP_VALUES_H
#define DRIVERS_SNMP_VALUES_H

#include "drivers/snmp/library.h"
#include "model/baton.h"

/*
 * Judges one variable as the answer to `asked`: status, code and value of out. Its other members
 * are the caller's.
 */
void values_take(const netsnmp_variable_list *var, const struct oid *asked, struct answer *out);

/* The value alone. false: of a type that stands for nothing that a point or fact can be. */
bool values_plain(const netsnmp_variable_list *var, struct snmp_value *out);

/*
 * Adds one variable without a value, as a question has them, at *end, which is pdu->variables at
 * first: the library itself would look for the end of the list each time. false: out of memory.
 */
bool values_ask(netsnmp_variable_list ***end, const struct oid *oid);

#endif
