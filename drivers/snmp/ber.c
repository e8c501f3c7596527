/* BER in and out. */
#include "drivers/snmp/ber.h"

#include <string.h>

/* X.690 8.19.4: the first two sub-identifiers share a number. */
#define SUBS_OF_FIRST 40

/* ---- reading --------------------------------------------------------------------------------- */

/* More octets of length than fit any datagram are refused, and so is the indefinite form. */
#define LENGTH_OCTETS_MAX 4

bool
ber_take_long(struct ber *in, uint8_t *tag, struct ber *content)
{
	const uint8_t *at = in->at;
	size_t left = in->left, n, octets;

	in->left = 0;
	/* Numbers of tags beyond 30 have more octets: SNMP has none of these. */
	if (left < 2 || (at[0] & 0x1f) == 0x1f)
		return false;
	*tag = at[0];
	n = at[1];
	at += 2;
	left -= 2;
	if (n >= 0x80) {
		octets = n & 0x7f;
		if (octets == 0 || octets > LENGTH_OCTETS_MAX || octets > left)
			return false;
		left -= octets;
		for (n = 0; octets > 0; octets--)
			n = n << 8 | *at++;
	}
	if (n > left)
		return false;
	*content = (struct ber){at, n};
	*in = (struct ber){at + n, left - n};
	return true;
}

bool
ber_signed(struct ber content, int64_t *value)
{
	uint64_t v;

	if (content.left == 0 || content.left > 8)
		return false;
	v = (content.at[0] & 0x80) != 0 ? UINT64_MAX : 0;
	for (size_t i = 0; i < content.left; i++)
		v = v << 8 | content.at[i];
	*value = (int64_t)v;
	return true;
}

bool
ber_take_int32(struct ber *in, int32_t *value)
{
	struct ber content;
	int64_t v;

	if (!ber_take(in, BER_INTEGER, &content) || !ber_signed(content, &v) || v < INT32_MIN ||
	    v > INT32_MAX)
		return false;
	*value = (int32_t)v;
	return true;
}

bool
ber_unsigned(struct ber content, size_t octets, uint64_t *value)
{
	uint64_t v = 0;

	if (content.left == 0)
		return false;
	if ((content.at[0] & 0x80) != 0 && content.left != octets)
		return false; /* negative, or too large */
	while (content.left > octets && content.at[0] == 0) {
		content.at++;
		content.left--;
	}
	if (content.left > octets)
		return false;
	for (size_t i = 0; i < content.left; i++)
		v = v << 8 | content.at[i];
	*value = v;
	return true;
}

/* One number of seven bits an octet. Gives what follows it; NULL: it is cut short, or too large. */
static const uint8_t *
take_sub(const uint8_t *at, const uint8_t *end, uint32_t *sub)
{
	uint32_t v = 0;

	while (at < end && v <= UINT32_MAX >> 7) {
		v = v << 7 | (*at & 0x7f);
		if ((*at++ & 0x80) == 0) {
			*sub = v;
			return at;
		}
	}
	return NULL;
}

/* The first number: two sub-identifiers, of which the first is 0, 1 or 2. */
static const uint8_t *
take_first(const uint8_t *at, const uint8_t *end, uint32_t subs[2])
{
	uint32_t both;

	at = take_sub(at, end, &both);
	if (at == NULL)
		return NULL;
	subs[0] = both < 2 * SUBS_OF_FIRST ? both / SUBS_OF_FIRST : 2;
	subs[1] = both - subs[0] * SUBS_OF_FIRST;
	return at;
}

bool
ber_oid(struct ber content, uint32_t subs[OID_SUBS_MAX], size_t *n)
{
	const uint8_t *end = content.at + content.left, *at = take_first(content.at, end, subs);

	for (*n = 2; at != NULL && at < end; (*n)++) {
		if (*n == OID_SUBS_MAX)
			return false;
		at = take_sub(at, end, &subs[*n]);
	}
	return at != NULL;
}

bool
ber_oid_is(struct ber content, const struct oid *oid)
{
	const uint32_t *want = oid->sub, *stop = want + oid->length;
	const uint8_t *end = content.at + content.left, *at;
	uint32_t first[2], sub;

	at = take_first(content.at, end, first);
	if (at == NULL || first[0] != *want++ || first[1] != *want++)
		return false;
	for (; want < stop; want++) {
		/* Mostly one octet, which can mean nothing else. */
		if (at < end && *at == *want && *at < 0x80) {
			at++;
			continue;
		}
		at = take_sub(at, end, &sub);
		if (at == NULL || sub != *want)
			return false;
	}
	return at == end;
}

/* ---- writing --------------------------------------------------------------------------------- */

void
ber_add(struct ber_out *o, const void *octets, size_t n)
{
	o->full = o->full || n > o->start;
	if (o->full)
		return;
	o->start -= n;
	memcpy(o->octets + o->start, octets, n);
}

static void
put_octet(struct ber_out *o, uint8_t octet)
{
	if (o->start == 0)
		o->full = true;
	else
		o->octets[--o->start] = octet;
}

void
ber_wrap(struct ber_out *o, uint8_t tag, size_t end)
{
	size_t n = end - o->start;
	uint8_t octets = 0;

	if (n < 0x80) {
		put_octet(o, (uint8_t)n);
	} else {
		for (; n > 0; n >>= 8, octets++)
			put_octet(o, (uint8_t)n);
		put_octet(o, 0x80 | octets);
	}
	put_octet(o, tag);
}

/* As few octets as keep the sign. */
void
ber_add_int32(struct ber_out *o, int32_t value)
{
	uint32_t v = (uint32_t)value;
	const uint8_t octets[] = {
	    (uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v};
	size_t end = o->start, skip = 0;

	while (skip < 3 && octets[skip] == ((octets[skip + 1] & 0x80) != 0 ? 0xff : 0))
		skip++;
	ber_add(o, octets + skip, sizeof(octets) - skip);
	ber_wrap(o, BER_INTEGER, end);
}

/* Ends before octets[at]. Gives where it begins. */
static size_t
put_sub(uint8_t *octets, size_t at, uint32_t sub)
{
	octets[--at] = sub & 0x7f;
	while ((sub >>= 7) > 0)
		octets[--at] = 0x80 | (sub & 0x7f);
	return at;
}

void
ber_add_oid(struct ber_out *o, const struct oid *oid)
{
	uint8_t octets[5 * OID_SUBS_MAX];
	size_t at = sizeof(octets), end = o->start;

	if (oid->length < 2 || oid->length > OID_SUBS_MAX || oid->sub[0] > 2 ||
	    (oid->sub[0] < 2 && oid->sub[1] >= SUBS_OF_FIRST) ||
	    oid->sub[1] > UINT32_MAX - 2 * SUBS_OF_FIRST) {
		o->full = true;
		return;
	}
	for (size_t i = oid->length; i > 2; i--)
		at = put_sub(octets, at, oid->sub[i - 1]);
	at = put_sub(octets, at, oid->sub[0] * SUBS_OF_FIRST + oid->sub[1]);
	ber_add(o, octets + at, sizeof(octets) - at);
	ber_wrap(o, BER_OID, end);
}
