/* Just enough BER to see what an SNMP message is, and who an SNMPv3 one says that it is from. */
#include "drivers/snmp/message.h"

#include "drivers/snmp/ber.h"

/* RFC 3411, SnmpSecurityModel: the user-based one. */
#define SECURITY_MODEL_USM 3

/* A whole number of 0..2^31-1: msgVersion and msgID are never anything else. */
static bool
take_number(struct ber *in, int32_t *value)
{
	return ber_take_int32(in, value) && *value >= 0;
}

enum message_version
message_version(const uint8_t *octets, size_t length)
{
	struct ber in = {octets, length}, message;
	int32_t version;

	if (!ber_take(&in, BER_SEQUENCE, &message) || !take_number(&message, &version))
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

/* Up to and with the msgID: what is left of the header, and of the message after it. */
static bool
take_v3_id(struct ber in, int32_t *id, struct ber *header, struct ber *message)
{
	int32_t version;

	return ber_take(&in, BER_SEQUENCE, message) && take_number(message, &version) &&
	       version == MESSAGE_V3 && ber_take(message, BER_SEQUENCE, header) &&
	       take_number(header, id);
}

bool
message_v3_id(const uint8_t *octets, size_t length, int32_t *id)
{
	struct ber header, message;

	return take_v3_id((struct ber){octets, length}, id, &header, &message);
}

bool
message_v3_read(const uint8_t *octets, size_t length, struct message_v3 *out)
{
	struct ber header, message, flags, security, usm, engine, user;
	int32_t max_size, model, boots, time;

	*out = (struct message_v3){0};
	if (!take_v3_id((struct ber){octets, length}, &out->id, &header, &message) ||
	    !take_number(&header, &max_size) || !ber_take(&header, BER_OCTETS, &flags) ||
	    flags.left != 1 || !take_number(&header, &model) || model != SECURITY_MODEL_USM ||
	    !ber_take(&message, BER_OCTETS, &security) ||
	    !ber_take(&security, BER_SEQUENCE, &usm) || !ber_take(&usm, BER_OCTETS, &engine) ||
	    !take_number(&usm, &boots) || !take_number(&usm, &time) ||
	    !ber_take(&usm, BER_OCTETS, &user))
		return false;
	out->engine = engine.at;
	out->engine_length = engine.left;
	out->user = user.at;
	out->user_length = user.left;
	return true;
}
