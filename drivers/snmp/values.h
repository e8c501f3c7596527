/* Variables of a response as the plain values of a baton. Pure. */
#ifndef DRIVERS_SNMP_VALUES_H
#define DRIVERS_SNMP_VALUES_H

#include "drivers/snmp/pdu.h"
#include "model/baton.h"

/*
 * Judges one variable as the answer to `asked`: status, code and value of out. Its other members
 * are the caller's.
 */
void values_take(const struct pdu_variable *var, const struct oid *asked, struct answer *out);

/*
 * The value alone. false: of a type that stands for nothing that a point or fact can be, or no
 * value of its type.
 */
bool values_plain(const struct pdu_variable *var, struct snmp_value *out);

#endif
