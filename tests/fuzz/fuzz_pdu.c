/*
 * Any datagram as a response of version 1 or 2c. What we read of it lies inside it; and Net-SNMP,
 * which shares no code with our reader, must see the same in what we take for a good value.
 */
#include "fuzz.h"

#include "core/decode.h"
#include "drivers/snmp/library.h"
#include "drivers/snmp/values.h"
#include "drivers/snmp/walk.h"

#include <math.h>

#define ROWS 8

static bool
inside(const struct ber *b, const uint8_t *data, size_t size)
{
	return b->left == 0 || (b->at >= data && b->at + b->left <= data + size);
}

static uint64_t
wide(const netsnmp_variable_list *v)
{
	return (uint64_t)v->val.counter64->high << 32 | v->val.counter64->low;
}

static bool
same_double(double a, double b)
{
	return memcmp(&a, &b, sizeof(a)) == 0 || (isnan(a) && isnan(b));
}

/* Dotted, as far as a value holds it. */
static bool
same_name(const struct snmp_value *ours, const oid *subs, size_t n)
{
	char text[MAX_OID_LEN * 11 + 1] = "";
	size_t at = 0;

	for (size_t i = 0; i < n; i++)
		at += (size_t)snprintf(
		    text + at, sizeof(text) - at, i == 0 ? "%lu" : ".%lu", subs[i]);
	return ours->type == SNMP_TYPE_NAME && ours->length == (at < 128 ? at : 128) &&
	       memcmp(ours->bytes, text, ours->length) == 0;
}

static bool
same_bytes(const struct snmp_value *ours, const void *bytes, size_t n)
{
	return ours->type == SNMP_TYPE_BYTES && ours->length == (n < 128 ? n : 128) &&
	       memcmp(ours->bytes, bytes, ours->length) == 0;
}

/* A value that we take for good is what the library sees. */
static bool
same(const netsnmp_variable_list *v, const struct pdu_variable *own, const struct snmp_value *ours)
{
	char text[16];

	switch (v->type) {
	case ASN_INTEGER:
		/* Beyond 32 bits the library cuts. */
		return own->value.left > 4 || ours->i == *v->val.integer;
	case ASN_COUNTER:
	case ASN_GAUGE:
	case ASN_UINTEGER:
	case ASN_TIMETICKS:
		return ours->type == SNMP_TYPE_UNSIGNED && ours->u == (u_long)*v->val.integer;
	case ASN_COUNTER64:
	case ASN_OPAQUE_COUNTER64:
	case ASN_OPAQUE_U64:
		return ours->type == SNMP_TYPE_UNSIGNED && ours->u == wide(v);
	case ASN_OPAQUE_I64:
		return ours->type == SNMP_TYPE_SIGNED && ours->i == (int64_t)wide(v);
	case ASN_OPAQUE_FLOAT:
		return same_double(ours->f, (double)*v->val.floatVal);
	case ASN_OPAQUE_DOUBLE:
		return same_double(ours->f, *v->val.doubleVal);
	case ASN_OCTET_STR:
		return same_bytes(ours, v->val.string, v->val_len);
	case ASN_OBJECT_ID:
		/* Of no octets at all the library makes "0", and we 0.0. */
		return own->value.left == 0 ||
		       same_name(ours, v->val.objid, v->val_len / sizeof(oid));
	case ASN_IPADDRESS:
		snprintf(text, sizeof(text), "%u.%u.%u.%u", v->val.string[0], v->val.string[1],
		    v->val.string[2], v->val.string[3]);
		return ours->type == SNMP_TYPE_NAME && ours->length == strlen(text) &&
		       memcmp(ours->bytes, text, ours->length) == 0;
	default:
		return false;
	}
}

static void
compare(const netsnmp_variable_list *v, const struct pdu_variable *own)
{
	struct snmp_value ours;

	if (values_plain(own, &ours))
		FUZZ_CHECK(same(v, own, &ours));
}

/* The PDU alone, from its tag on: what the library parses after community and version. */
static void
compare_all(const uint8_t *pdu, size_t size, struct ber variables)
{
	netsnmp_pdu *p = library_pdu(SNMP_MSG_RESPONSE);
	u_char *copy = malloc(size);
	size_t left = size;
	struct pdu_variable own;

	FUZZ_CHECK(copy != NULL);
	memcpy(copy, pdu, size);
	if (snmp_pdu_parse(p, copy, &left) == 0)
		for (const netsnmp_variable_list *v = p->variables;
		     v != NULL && pdu_next(&variables, &own); v = v->next_variable)
			compare(v, &own);
	snmp_free_pdu(p);
	free(copy);
}

/* As the answer to each of its own names, and as a step of a walk. */
static void
judge(struct ber variables)
{
	uint32_t subs[OID_SUBS_MAX];
	static const uint32_t column_subs[] = {1, 3, 6, 1, 2, 1};
	const struct oid column = {6, column_subs};
	struct walk_row rows[ROWS];
	struct column_walk walked = {.rows = rows};
	struct walk_step step;
	struct pdu_variable v;

	walk_begin(&step, &column, &walked, ROWS);
	(void)walk_take(&step, variables);
	FUZZ_CHECK(walked.count <= ROWS);
	while (pdu_next(&variables, &v)) {
		struct snmp_value value;
		struct answer a = {.value = &value};
		struct oid name = {0, subs};

		if (!ber_oid(v.name, subs, &name.length))
			continue;
		values_take(&v, &name, &a);
		FUZZ_CHECK(a.status == ANSWER_OK || a.status == ANSWER_REFUSED ||
			   a.status == ANSWER_GARBLED);
		subs[name.length - 1] ^= 1;
		values_take(&v, &name, &a);
		FUZZ_CHECK(a.status == ANSWER_GARBLED); /* to another question it is none */
	}
	FUZZ_CHECK(variables.left == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pdu_response r;
	struct pdu_variable v;
	struct ber all;
	const uint8_t *pdu;

	if (!pdu_read(data, size, &r))
		return 0;
	FUZZ_CHECK(inside(&r.community, data, size));
	for (all = r.variables; pdu_next(&all, &v);) {
		FUZZ_CHECK(inside(&v.name, data, size));
		FUZZ_CHECK(inside(&v.value, data, size));
	}
	judge(r.variables);
	pdu = r.community.at + r.community.left;
	compare_all(pdu, (size_t)(data + size - pdu), r.variables);
	return 0;
}
