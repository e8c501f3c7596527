/* Messages of SNMP versions 1 and 2c out and in. */
#include "drivers/snmp/pdu.h"

#include <string.h>

/* msgVersion as on the wire. */
static const int32_t versions[] = {[SNMP_V1] = 0, [SNMP_V2C] = 1};

/* ---- out ------------------------------------------------------------------------------------- */

static void
put_variables(struct ber_out *o, const struct pdu_question *q)
{
	static const uint8_t null[] = {BER_NULL, 0};
	size_t list_end = o->start, end;

	for (size_t i = q->count; i > 0; i--) {
		end = o->start;
		ber_add(o, null, sizeof(null));
		ber_add_oid(o, q->oids[i - 1]);
		ber_wrap(o, BER_SEQUENCE, end);
	}
	ber_wrap(o, BER_SEQUENCE, list_end);
}

bool
pdu_write(const struct pdu_question *q, enum snmp_version version, const char *community,
    uint8_t *room, size_t size, struct pdu_message *out)
{
	struct ber_out o = {room, size, false};
	size_t end;

	put_variables(&o, q);
	/* Of GETBULK the repetitions (RFC 3416 section 3); of others the error-index. */
	ber_add_int32(&o, q->kind == PDU_GET_BULK ? q->repetitions : 0);
	ber_add_int32(&o, 0);
	ber_add_int32(&o, PDU_ID_MIN);
	out->id_at = o.start + 2; /* after its tag and length */
	ber_wrap(&o, (uint8_t)q->kind, size);
	end = o.start;
	ber_add(&o, community, strlen(community));
	ber_wrap(&o, BER_OCTETS, end);
	ber_add_int32(&o, versions[version]);
	ber_wrap(&o, BER_SEQUENCE, size);
	out->octets = room + o.start;
	out->length = size - o.start;
	out->id_at -= o.start;
	return !o.full;
}

void
pdu_put_id(uint8_t octets[4], int32_t id)
{
	for (int i = 0; i < 4; i++)
		octets[i] = (uint8_t)((uint32_t)id >> (24 - 8 * i));
}

/* ---- in -------------------------------------------------------------------------------------- */

static bool
take_version(struct ber *in, enum snmp_version *version)
{
	int32_t number;

	if (!ber_take_int32(in, &number))
		return false;
	*version = number == versions[SNMP_V1] ? SNMP_V1 : SNMP_V2C;
	return number == versions[*version];
}

static bool
all_whole(struct ber variables)
{
	struct pdu_variable v;

	while (variables.left > 0)
		if (!pdu_next(&variables, &v))
			return false;
	return true;
}

bool
pdu_read(const uint8_t *octets, size_t length, struct pdu_response *out)
{
	struct ber in = {octets, length}, message, pdu;

	return ber_take(&in, BER_SEQUENCE, &message) && take_version(&message, &out->version) &&
	       ber_take(&message, BER_OCTETS, &out->community) &&
	       ber_take(&message, PDU_RESPONSE, &pdu) && message.left == 0 &&
	       ber_take_int32(&pdu, &out->id) && ber_take_int32(&pdu, &out->error_status) &&
	       ber_take_int32(&pdu, &out->error_index) &&
	       ber_take(&pdu, BER_SEQUENCE, &out->variables) && pdu.left == 0 &&
	       all_whole(out->variables);
}

bool
pdu_next(struct ber *variables, struct pdu_variable *out)
{
	struct ber pair;

	return ber_take(variables, BER_SEQUENCE, &pair) && ber_take(&pair, BER_OID, &out->name) &&
	       ber_take_any(&pair, &out->tag, &out->value) && pair.left == 0;
}
