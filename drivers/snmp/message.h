/*
 * A look at the outside of an SNMP message (RFC 3412 section 6), without the library. Pure.
 */
#ifndef DRIVERS_SNMP_MESSAGE_H
#define DRIVERS_SNMP_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* As on the wire. */
enum message_version { MESSAGE_V1 = 0, MESSAGE_V2C = 1, MESSAGE_V3 = 3, MESSAGE_OTHER = -1 };

/* MESSAGE_OTHER: no SNMP message, of no known version, or cut short. */
enum message_version message_version(const uint8_t *message, size_t length);

/* The msgID of an SNMPv3 message. false: it is none, or it is cut short. */
bool message_v3_id(const uint8_t *message, size_t length, int32_t *id);

/* Who an SNMPv3 message says that it is from; nothing of it is checked. Points into the message. */
struct message_v3 {
	int32_t id;
	const uint8_t *engine; /* authoritative engine; length 0: a discovery */
	size_t engine_length;
	const uint8_t *user;
	size_t user_length;
};
/* false: not SNMPv3 with the user-based model, or damaged. */
bool message_v3_read(const uint8_t *message, size_t length, struct message_v3 *out);

#endif
