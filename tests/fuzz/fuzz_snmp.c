/*
 * What the library makes of version 3 messages: any variable as the answer to a question, of every
 * type that BER knows and of every length; and any octets as a PDU that it parses.
 */
#include "fuzz.h"

#include "core/core.h"
#include "core/decode.h"
#include "drivers/snmp/library.h"
#include "drivers/snmp/values.h"

#include <math.h>

static const uint32_t asked_subs[] = {1, 3, 6, 1, 2, 1, 33, 1, 2, 1, 0};
static const struct oid asked = {11, asked_subs};

static bool
is_asked(const netsnmp_variable_list *v)
{
	if (v->name_length != asked.length)
		return false;
	for (size_t i = 0; i < asked.length; i++)
		if (v->name[i] != asked_subs[i])
			return false;
	return true;
}

static void
judge(const netsnmp_variable_list *v)
{
	struct snmp_value value = {0};
	struct answer a = {.value = &value};
	const struct point_spec p = {.name = "p",
	    .at = {.table = TABLE_OID, .oid = asked, .count = 1},
	    .codec = {.type = TYPE_NUMBER, .scale = 1},
	    .unit = unit_find("V")};
	struct sample s;
	char text[48];
	netsnmp_variable_list one = *v;
	struct pdu_variable own;
	struct ber list;
	uint8_t *octets;

	one.next_variable = NULL;
	octets = library_variables(&one, &list);
	a.status = ANSWER_GARBLED;
	if (pdu_next(&list, &own))
		values_take(&own, &asked, &a);
	free(octets);
	FUZZ_CHECK(a.status < ANSWER_STATUS_COUNT);
	FUZZ_CHECK(value.length <= SNMP_BYTES_MAX);
	if (a.status != ANSWER_OK)
		return;
	FUZZ_CHECK(is_asked(v)); /* an answer to something else is none */
	decode_point(&p, (struct raw){.snmp = &value}, &s);
	if (s.defect == DEFECT_NONE)
		FUZZ_CHECK(isfinite(s.value));
	decode_raw_text(&p.at, (struct raw){.snmp = &value}, text, sizeof(text));
	for (const char *c = text; *c != '\0'; c++)
		FUZZ_CHECK((unsigned char)*c >= 0x20);
}

/* One variable as a parser could have left it. */
static void
judge_made(struct bytes *b)
{
	static const u_char types[] = {ASN_INTEGER, ASN_OCTET_STR, ASN_OBJECT_ID, ASN_NULL,
	    ASN_IPADDRESS, ASN_COUNTER, ASN_GAUGE, ASN_TIMETICKS, ASN_OPAQUE, ASN_COUNTER64,
	    ASN_OPAQUE_FLOAT, ASN_OPAQUE_DOUBLE, ASN_OPAQUE_I64, ASN_OPAQUE_U64, SNMP_NOSUCHOBJECT,
	    SNMP_NOSUCHINSTANCE, SNMP_ENDOFMIBVIEW, ASN_BIT_STR, ASN_UINTEGER};
	oid name[MAX_OID_LEN];
	netsnmp_variable_list v = {.name = name};
	u_char *value;
	size_t flips;

	v.name_length = asked.length;
	for (size_t i = 0; i < asked.length; i++)
		name[i] = asked_subs[i];
	flips = pick(b, 8);
	if (flips == 0)
		v.name_length = pick(b, 14);
	else if (flips == 1)
		name[pick(b, asked.length)] = (oid)take(b, 4);
	for (size_t i = asked.length; i < v.name_length; i++)
		name[i] = (oid)take(b, 1);
	v.type = take(b, 1) % 8 == 0 ? (u_char)take(b, 1) : types[pick(b, sizeof(types))];
	v.val_len = b->left < 400 ? b->left : 400;
	/* As large as its length says, and not a byte more; numbers are always whole. */
	value =
	    calloc(1, v.val_len > sizeof(struct counter64) ? v.val_len : sizeof(struct counter64));
	if (v.val_len > 0)
		memcpy(value, b->at, v.val_len);
	v.val.string = value;
	judge(&v);
	free(value);
}

static void
judge_message(const uint8_t *data, size_t size)
{
	netsnmp_pdu *pdu = library_pdu(SNMP_MSG_RESPONSE);
	u_char *copy = malloc(size + 1);
	size_t left = size;

	memcpy(copy, data, size);
	if (snmp_pdu_parse(pdu, copy, &left) == 0)
		for (const netsnmp_variable_list *v = pdu->variables; v != NULL;
		     v = v->next_variable)
			judge(v);
	snmp_free_pdu(pdu);
	free(copy);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes b = {data, size};

	if (take(&b, 1) % 4 > 0)
		judge_made(&b);
	else
		judge_message(b.at, b.left);
	return 0;
}
