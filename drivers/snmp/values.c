/* Variables of an SNMP response to plain values. */
#include "drivers/snmp/values.h"

#include "base/text.h"

#include <string.h>

static bool
put_bytes(struct snmp_value *v, const void *bytes, size_t n)
{
	if (n > SNMP_BYTES_MAX)
		n = SNMP_BYTES_MAX;
	v->type = SNMP_TYPE_BYTES;
	v->length = (uint16_t)n;
	memcpy(v->bytes, bytes, n);
	return true;
}

/* What names something: a fact perhaps, never a measurement. */
static bool
put_name(struct snmp_value *v, const char *text, size_t n)
{
	put_bytes(v, text, n);
	v->type = SNMP_TYPE_NAME;
	return true;
}

static bool
put_float(struct snmp_value *v, double f)
{
	v->type = SNMP_TYPE_FLOAT;
	v->f = f;
	return true;
}

static bool
put_signed(struct snmp_value *v, struct ber content)
{
	v->type = SNMP_TYPE_SIGNED;
	return ber_signed(content, &v->i);
}

static bool
put_unsigned(struct snmp_value *v, struct ber content, size_t octets)
{
	v->type = SNMP_TYPE_UNSIGNED;
	return ber_unsigned(content, octets, &v->u);
}

static bool
put_oid(struct snmp_value *v, struct ber content)
{
	char text[SNMP_BYTES_MAX + 1] = "";
	uint32_t subs[OID_SUBS_MAX] = {0, 0};
	size_t n = 0, count = 2;

	/* Some devices write 0.0 so. */
	if (content.left > 0 && !ber_oid(content, subs, &count))
		return false;
	for (size_t i = 0; i < count; i++)
		n += text_printf(text + n, sizeof(text) - n, i == 0 ? "%u" : ".%u", subs[i]);
	return put_name(v, text, n);
}

static bool
put_address(struct snmp_value *v, struct ber content)
{
	const uint8_t *a = content.at;
	char text[16] = "";

	if (content.left != 4)
		return false;
	return put_name(
	    v, text, text_printf(text, sizeof(text), "%u.%u.%u.%u", a[0], a[1], a[2], a[3]));
}

/*
 * What Net-SNMP's agents put into an Opaque (draft-perkins-opaque-01): a tag of two octets, and a
 * number.
 */
#define OPAQUE_TAG      0x9f
#define OPAQUE_COUNTER  0x76
#define OPAQUE_FLOAT    0x78
#define OPAQUE_DOUBLE   0x79
#define OPAQUE_SIGNED   0x7a
#define OPAQUE_UNSIGNED 0x7b

static bool
put_opaque(struct snmp_value *v, struct ber content)
{
	struct ber number;
	uint64_t bits;
	uint32_t half;
	uint8_t type;
	double d;
	float f;

	if (content.left < 2 || *content.at != OPAQUE_TAG)
		return false;
	content.at++;
	content.left--;
	if (!ber_take_any(&content, &type, &number) || content.left != 0)
		return false;
	switch (type) {
	case OPAQUE_FLOAT:
		if (number.left != sizeof(half) || !ber_unsigned(number, sizeof(half), &bits))
			return false;
		half = (uint32_t)bits;
		memcpy(&f, &half, sizeof(f));
		return put_float(v, (double)f);
	case OPAQUE_DOUBLE:
		if (number.left != sizeof(bits) || !ber_unsigned(number, sizeof(bits), &bits))
			return false;
		memcpy(&d, &bits, sizeof(d));
		return put_float(v, d);
	case OPAQUE_SIGNED:
		return put_signed(v, number);
	case OPAQUE_COUNTER:
	case OPAQUE_UNSIGNED:
		return put_unsigned(v, number, 8);
	default:
		return false;
	}
}

static bool
put_plain(struct snmp_value *v, const struct pdu_variable *var)
{
	switch (var->tag) {
	case BER_INTEGER:
		return put_signed(v, var->value);
	case BER_COUNTER32:
	case BER_GAUGE32:
	case BER_UINTEGER32:
	case BER_TIME_TICKS:
		return put_unsigned(v, var->value, 4);
	case BER_COUNTER64:
		return put_unsigned(v, var->value, 8);
	case BER_OPAQUE:
		return put_opaque(v, var->value);
	case BER_OCTETS:
		return put_bytes(v, var->value.at, var->value.left);
	case BER_OID:
		return put_oid(v, var->value);
	case BER_IP_ADDRESS:
		return put_address(v, var->value);
	default:
		return false;
	}
}

bool
values_plain(const struct pdu_variable *var, struct snmp_value *out)
{
	bool good = put_plain(out, var);

	if (!good)
		out->type = SNMP_TYPE_NONE;
	return good;
}

void
values_take(const struct pdu_variable *var, const struct oid *asked, struct answer *out)
{
	out->code = 0;
	if (!ber_oid_is(var->name, asked)) {
		out->status = ANSWER_GARBLED;
		return;
	}
	switch (var->tag) {
	case SNMP_REFUSED_NO_OBJECT:
	case SNMP_REFUSED_NO_INSTANCE:
	case SNMP_REFUSED_END_OF_MIB:
		/* These codes are the tags of RFC 3416 section 3. */
		out->status = ANSWER_REFUSED;
		out->code = var->tag;
		break;
	default:
		out->status = values_plain(var, out->value) ? ANSWER_OK : ANSWER_GARBLED;
		break;
	}
}
