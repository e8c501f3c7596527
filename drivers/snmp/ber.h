/*
 * BER as SNMP uses it (RFC 3417 section 8): tags of one octet, definite lengths. What is read came
 * from anybody: nothing is copied, and nothing beyond the end is looked at. Pure.
 */
#ifndef DRIVERS_SNMP_BER_H
#define DRIVERS_SNMP_BER_H

#include "model/rows.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* X.690, and RFC 2578 section 7.1 from 0x40 on. */
enum ber_tag {
	BER_INTEGER = 0x02,
	BER_OCTETS = 0x04,
	BER_NULL = 0x05,
	BER_OID = 0x06,
	BER_SEQUENCE = 0x30,
	BER_IP_ADDRESS = 0x40,
	BER_COUNTER32 = 0x41,
	BER_GAUGE32 = 0x42,
	BER_TIME_TICKS = 0x43,
	BER_OPAQUE = 0x44,
	BER_COUNTER64 = 0x46,
	BER_UINTEGER32 = 0x47 /* RFC 1442, of old */
};

/* RFC 2578 section 3.5 */
#define OID_SUBS_MAX 128

/* ---- reading --------------------------------------------------------------------------------- */

/* Octets that are still to be read. */
struct ber {
	const uint8_t *at;
	size_t left;
};

/* Takes the next value away, of any tag and length: see ber_take_any(). */
bool ber_take_long(struct ber *in, uint8_t *tag, struct ber *content);

/* Takes the next value away: its tag and content. false: cut short, or none; `in` is spent then. */
static inline bool
ber_take_any(struct ber *in, uint8_t *tag, struct ber *content)
{
	/* Nearly all are short, and an answer has hundreds of them. */
	if (in->left < 2 || in->at[1] >= 0x80 || in->at[1] > in->left - 2 ||
	    (in->at[0] & 0x1f) == 0x1f)
		return ber_take_long(in, tag, content);
	*tag = in->at[0];
	*content = (struct ber){in->at + 2, in->at[1]};
	in->at += 2 + content->left;
	in->left -= 2 + content->left;
	return true;
}

/* The same, where it has this tag. */
static inline bool
ber_take(struct ber *in, uint8_t tag, struct ber *content)
{
	uint8_t found;

	return ber_take_any(in, &found, content) && found == tag;
}

/* Takes an INTEGER of 32 bits. */
bool ber_take_int32(struct ber *in, int32_t *value);

/* The content of an INTEGER, of 1 to 8 octets. */
bool ber_signed(struct ber content, int64_t *value);
/*
 * The content of an unsigned number of at most `octets` octets. A leading zero is allowed, and one
 * that is missing (many devices forget it) where all octets are there: no other number is meant.
 */
bool ber_unsigned(struct ber content, size_t octets, uint64_t *value);
/* The content of an OBJECT IDENTIFIER. n: sub-identifiers of subs. */
bool ber_oid(struct ber content, uint32_t subs[OID_SUBS_MAX], size_t *n);
/* Is it exactly this one? oid has at least 2 sub-identifiers. */
bool ber_oid_is(struct ber content, const struct oid *oid);

/* ---- writing --------------------------------------------------------------------------------- */

/* From the end to the front, so that each length is known when it is written. */
struct ber_out {
	uint8_t *octets;
	size_t start; /* what is written lies from here on; at first the size of octets */
	bool full;    /* there was no room; nothing is written any more */
};

void ber_add(struct ber_out *o, const void *octets, size_t n);
/* Tag and length before what was written since o->start was `end`. */
void ber_wrap(struct ber_out *o, uint8_t tag, size_t end);
/* An INTEGER. */
void ber_add_int32(struct ber_out *o, int32_t value);
/* An OBJECT IDENTIFIER of 2 to OID_SUBS_MAX sub-identifiers; others leave o full. */
void ber_add_oid(struct ber_out *o, const struct oid *oid);

#endif
