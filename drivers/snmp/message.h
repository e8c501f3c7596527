/*
 * A look at the outside of an SNMP message (RFC 3412 section 6), without the library. Pure.
 */
#ifndef DRIVERS_SNMP_MESSAGE_H
#define DRIVERS_SNMP_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The msgID of an SNMPv3 message. false: it is none, or it is cut short. */
bool message_v3_id(const uint8_t *message, size_t length, int32_t *id);

#endif
