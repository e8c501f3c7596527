/* Just enough BER to see what an SNMP message is, and who an SNMPv3 one says that it is from. */
#include "drivers/snmp/message.h"

enum ber_tag { BER_INTEGER = 0x02, BER_OCTETS = 0x04, BER_SEQUENCE = 0x30 };

/* RFC 3411, SnmpSecurityModel: the user-based one. */
#define SECURITY_MODEL_USM 3

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

static bool
take_octets(struct cursor *c, const uint8_t **octets, size_t *n)
{
	if (!enter(c, BER_OCTETS, n))
		return false;
	*octets = c->at;
	c->at += *n;
	c->left -= *n;
	return true;
}

enum message_version
message_version(const uint8_t *message, size_t length)
{
	struct cursor c = {message, length};
	size_t n;
	int32_t version;

	if (!enter(&c, BER_SEQUENCE, &n) || !take_integer(&c, &version))
		return MESSAGE_OTHER;
	switch (version) {
	case MESSAGE_V1:
	case MESSAGE_V2C:
	case MESSAGE_V3:
		return (enum message_version)version;
	default:
		return MESSAGE_OTHER;
	}
}

/* Up to and with the msgID. */
static bool
take_v3_id(struct cursor *c, int32_t *id)
{
	size_t n;
	int32_t version;

	return enter(c, BER_SEQUENCE, &n) && take_integer(c, &version) && version == MESSAGE_V3 &&
	       enter(c, BER_SEQUENCE, &n) && take_integer(c, id);
}

bool
message_v3_id(const uint8_t *message, size_t length, int32_t *id)
{
	struct cursor c = {message, length};

	return take_v3_id(&c, id);
}

bool
message_v3_read(const uint8_t *message, size_t length, struct message_v3 *out)
{
	struct cursor c = {message, length};
	const uint8_t *octets;
	int32_t max_size, model, boots, time;
	size_t n;

	*out = (struct message_v3){0};
	return take_v3_id(&c, &out->id) && take_integer(&c, &max_size) &&
	       take_octets(&c, &octets, &n) && n == 1 && take_integer(&c, &model) &&
	       model == SECURITY_MODEL_USM && enter(&c, BER_OCTETS, &n) &&
	       enter(&c, BER_SEQUENCE, &n) && take_octets(&c, &out->engine, &out->engine_length) &&
	       take_integer(&c, &boots) && take_integer(&c, &time) &&
	       take_octets(&c, &out->user, &out->user_length);
}
