/* What a device says of itself, out of the bytes of its reply. */
#include "drivers/modbus/identity.h"

#include <string.h>

enum { CATEGORY_BASIC = 1, CATEGORY_REGULAR = 2, BASIC_LAST = 2 };

/* Function, MEI type, category, conformity, more, next object, how many objects. */
enum { AT_CATEGORY = 2, AT_MORE = 4, AT_NEXT = 5, AT_COUNT = 6, HEAD = 7 };
#define MORE    0xff
#define REFUSAL 0x80
#define PDU_MAX 253

void
identity_request(uint8_t wanted, uint8_t object, uint8_t out[IDENTITY_PDU_BYTES])
{
	out[0] = IDENTITY_FUNCTION;
	out[1] = IDENTITY_MEI;
	out[2] = wanted <= BASIC_LAST ? CATEGORY_BASIC : CATEGORY_REGULAR;
	out[3] = object;
}

size_t
identity_bytes(const uint8_t *p, size_t n)
{
	size_t at = HEAD;

	if (n == 0)
		return 0;
	if ((p[0] & ~REFUSAL) != IDENTITY_FUNCTION)
		return IDENTITY_NONE;
	if ((p[0] & REFUSAL) != 0)
		return 2;
	if (n < HEAD)
		return 0;
	for (unsigned i = 0; i < p[AT_COUNT]; i++) {
		if (at + 2 > n)
			return at + 2 > PDU_MAX ? IDENTITY_NONE : 0;
		at += 2 + (size_t)p[at + 1];
	}
	return at > PDU_MAX ? IDENTITY_NONE : at;
}

static void
take_text(const uint8_t *text, size_t n, struct snmp_value *out)
{
	out->type = SNMP_TYPE_BYTES;
	out->length = (uint16_t)(n < SNMP_BYTES_MAX ? n : SNMP_BYTES_MAX);
	memcpy(out->bytes, text, out->length);
}

enum identity_found
identity_read(const uint8_t *p, size_t n, uint8_t wanted, uint8_t object, struct snmp_value *out,
    uint8_t *next)
{
	uint8_t request[IDENTITY_PDU_BYTES];
	size_t at = HEAD;

	if (n == 2 && p[0] == (IDENTITY_FUNCTION | REFUSAL) && p[1] != 0)
		return IDENTITY_REFUSED;
	identity_request(wanted, object, request);
	if (n < HEAD || identity_bytes(p, n) != n || memcmp(p, request, AT_CATEGORY + 1) != 0)
		return IDENTITY_MALFORMED;
	for (unsigned i = 0; i < p[AT_COUNT]; i++) {
		if (p[at] == wanted) {
			take_text(p + at + 2, p[at + 1], out);
			return IDENTITY_HERE;
		}
		at += 2 + (size_t)p[at + 1];
	}
	/* Forward only: one that goes in circles is done with. */
	if (p[AT_MORE] == MORE && p[AT_NEXT] != object && p[AT_NEXT] <= wanted) {
		*next = p[AT_NEXT];
		return IDENTITY_GO_ON;
	}
	return IDENTITY_NOWHERE;
}
