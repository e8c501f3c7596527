/*
 * BER as SNMP uses it (X.690; RFC 1157, RFC 3417): definite lengths, small tags.
 *
 * Reading is a cursor over bytes; every read is checked against its end. Writing goes backwards
 * from the end of a buffer, so that a length is known when it is to be written.
 */
#ifndef PLANT_BER_H
#define PLANT_BER_H

#include "oid.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum ber_tag {
	BER_INTEGER = 0x02,
	BER_STRING = 0x04,
	BER_NULL = 0x05,
	BER_OID = 0x06,
	BER_SEQUENCE = 0x30,
	BER_COUNTER32 = 0x41,
	BER_GAUGE32 = 0x42,
	BER_TIMETICKS = 0x43,
	BER_COUNTER64 = 0x46,
	BER_NO_SUCH_OBJECT = 0x80,
	BER_NO_SUCH_INSTANCE = 0x81,
	BER_END_OF_MIB_VIEW = 0x82,
};

/* What is still to be read: [p, end). */
struct ber_in {
	const uint8_t *p, *end;
};

/* Each takes one element and moves the cursor past it. False: it is not what was asked for. */
bool ber_get(struct ber_in *in, unsigned tag, struct ber_in *content);
bool ber_get_any(struct ber_in *in, unsigned *tag, struct ber_in *content);
bool ber_get_int(struct ber_in *in, int32_t *value);
bool ber_get_oid(struct ber_in *in, struct oid *o);

/* Bytes that a cursor has left. */
size_t ber_left(const struct ber_in *in);

/* A buffer filled from its end: the written bytes are [p, end). */
struct ber_out {
	uint8_t *start, *p, *end;
	bool full; /* something did not fit: the content is of no use */
};

void ber_begin(struct ber_out *out, uint8_t *buf, size_t size);
size_t ber_written(const struct ber_out *out);

/* Puts bytes before what is written; then the header of an element whose content is all that was
 * written since `content` = ber_written() was taken. */
void ber_put_bytes(struct ber_out *out, const void *bytes, size_t n);
void ber_put_header(struct ber_out *out, unsigned tag, size_t content);

void ber_put_int(struct ber_out *out, unsigned tag, int64_t value);
void ber_put_string(struct ber_out *out, const void *bytes, size_t n);
void ber_put_oid(struct ber_out *out, const struct oid *o);
void ber_put_empty(struct ber_out *out, unsigned tag);

#endif
