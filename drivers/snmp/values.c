/* Variables of an SNMP response to plain values. */
#include "drivers/snmp/values.h"

#include "base/text.h"

#include <string.h>

static void
put_bytes(struct snmp_value *v, const void *bytes, size_t n)
{
	if (n > SNMP_BYTES_MAX)
		n = SNMP_BYTES_MAX;
	v->type = SNMP_TYPE_BYTES;
	v->length = (uint16_t)n;
	memcpy(v->bytes, bytes, n);
}

/* What names something: a fact perhaps, never a measurement. */
static void
put_name(struct snmp_value *v, const char *text, size_t n)
{
	put_bytes(v, text, n);
	v->type = SNMP_TYPE_NAME;
}

static void
put_unsigned(struct snmp_value *v, uint64_t u)
{
	v->type = SNMP_TYPE_UNSIGNED;
	v->u = u;
}

static void
put_float(struct snmp_value *v, double f)
{
	v->type = SNMP_TYPE_FLOAT;
	v->f = f;
}

static uint64_t
wide(const netsnmp_variable_list *var)
{
	/* The halves are longs and may carry more than their 32 bits. */
	return (uint64_t)(var->val.counter64->high & 0xffffffffu) << 32 |
	       (var->val.counter64->low & 0xffffffffu);
}

static void
put_oid(struct snmp_value *v, const netsnmp_variable_list *var)
{
	char text[SNMP_BYTES_MAX + 1] = "";
	size_t n = 0;

	for (size_t i = 0; i < var->val_len / sizeof(oid); i++)
		n += text_printf(text + n, sizeof(text) - n, i == 0 ? "%lu" : ".%lu",
		    (unsigned long)var->val.objid[i]);
	put_name(v, text, n);
}

static void
put_address(struct snmp_value *v, const netsnmp_variable_list *var)
{
	char text[16] = "";
	const uint8_t *a = var->val.string;
	size_t n = text_printf(text, sizeof(text), "%u.%u.%u.%u", a[0], a[1], a[2], a[3]);

	put_name(v, text, n);
}

bool
values_plain(const netsnmp_variable_list *var, struct snmp_value *v)
{
	*v = (struct snmp_value){0};
	switch (var->type) {
	case ASN_INTEGER:
		v->type = SNMP_TYPE_SIGNED;
		v->i = *var->val.integer;
		return true;
	case ASN_COUNTER:
	case ASN_GAUGE:
	case ASN_UINTEGER:
	case ASN_TIMETICKS:
		put_unsigned(v, (uint32_t)*var->val.integer);
		return true;
	case ASN_COUNTER64:
	case ASN_OPAQUE_COUNTER64:
	case ASN_OPAQUE_U64:
		put_unsigned(v, wide(var));
		return true;
	case ASN_OPAQUE_I64:
		v->type = SNMP_TYPE_SIGNED;
		v->i = (int64_t)wide(var);
		return true;
	case ASN_OPAQUE_FLOAT:
		put_float(v, (double)*var->val.floatVal);
		return true;
	case ASN_OPAQUE_DOUBLE:
		put_float(v, *var->val.doubleVal);
		return true;
	case ASN_OCTET_STR:
		put_bytes(v, var->val.string, var->val_len);
		return true;
	case ASN_OBJECT_ID:
		put_oid(v, var);
		return true;
	case ASN_IPADDRESS:
		if (var->val_len != 4)
			return false;
		put_address(v, var);
		return true;
	default:
		return false;
	}
}

static bool
same_oid(const netsnmp_variable_list *var, const struct oid *asked)
{
	if (var->name_length != asked->length)
		return false;
	for (size_t i = 0; i < asked->length; i++)
		if (var->name[i] != asked->sub[i])
			return false;
	return true;
}

void
values_take(const netsnmp_variable_list *var, const struct oid *asked, struct answer *out)
{
	out->code = 0;
	if (!same_oid(var, asked)) {
		out->status = ANSWER_GARBLED;
		return;
	}
	switch (var->type) {
	case SNMP_NOSUCHOBJECT:
	case SNMP_NOSUCHINSTANCE:
	case SNMP_ENDOFMIBVIEW:
		/* The tags 0x80..0x82 are the codes SNMP_REFUSED_*. */
		out->status = ANSWER_REFUSED;
		out->code = var->type;
		break;
	default:
		out->status = values_plain(var, out->value) ? ANSWER_OK : ANSWER_GARBLED;
		break;
	}
}

_Static_assert(SNMP_NOSUCHOBJECT == SNMP_REFUSED_NO_OBJECT &&
		   SNMP_NOSUCHINSTANCE == SNMP_REFUSED_NO_INSTANCE &&
		   SNMP_ENDOFMIBVIEW == SNMP_REFUSED_END_OF_MIB,
    "tags of RFC 3416 section 3");

bool
values_ask(netsnmp_variable_list ***end, const struct oid *asked)
{
	oid name[MAX_OID_LEN];

	if (asked->length > MAX_OID_LEN)
		return false;
	for (size_t i = 0; i < asked->length; i++)
		name[i] = asked->sub[i];
	if (snmp_varlist_add_variable(*end, name, asked->length, ASN_NULL, NULL, 0) == NULL)
		return false;
	*end = &(**end)->next_variable;
	return true;
}
