/* Just enough BER to find the msgID of an SNMPv3 message. */
#include "drivers/snmp/message.h"

enum ber_tag { BER_INTEGER = 0x02, BER_SEQUENCE = 0x30 };

#define SNMP_VERSION_3_ON_WIRE 3

/* What is left of the message. */
struct cursor {
	const uint8_t *at;
	size_t left;
};

/* Enters a value with this tag: takes tag and length away and gives the length. */
static bool
enter(struct cursor *c, enum ber_tag tag, size_t *length)
{
	size_t n, octets;

	if (c->left < 2 || c->at[0] != tag)
		return false;
	n = c->at[1];
	c->at += 2;
	c->left -= 2;
	if (n >= 0x80) {
		octets = n & 0x7f;
		if (octets == 0 || octets > 4 || octets > c->left)
			return false;
		for (n = 0; octets > 0; octets--, c->at++, c->left--)
			n = n << 8 | c->at[0];
	}
	*length = n;
	return n <= c->left;
}

/* A whole number of 0..2^31-1: msgVersion and msgID are never anything else. */
static bool
take_integer(struct cursor *c, int32_t *value)
{
	size_t n;
	uint64_t v = 0;

	if (!enter(c, BER_INTEGER, &n) || n == 0 || n > 5 || (c->at[0] & 0x80) != 0)
		return false;
	for (; n > 0; n--, c->at++, c->left--)
		v = v << 8 | c->at[0];
	*value = (int32_t)v;
	return v <= INT32_MAX;
}

bool
message_v3_id(const uint8_t *message, size_t length, int32_t *id)
{
	struct cursor c = {message, length};
	size_t n;
	int32_t version;

	return enter(&c, BER_SEQUENCE, &n) && take_integer(&c, &version) &&
	       version == SNMP_VERSION_3_ON_WIRE && enter(&c, BER_SEQUENCE, &n) &&
	       take_integer(&c, id);
}
