#include "ber.h"

#include <string.h>

size_t
ber_left(const struct ber_in *in)
{
	return (size_t)(in->end - in->p);
}

bool
ber_get_any(struct ber_in *in, unsigned *tag, struct ber_in *content)
{
	const uint8_t *p = in->p;
	size_t length;

	if (ber_left(in) < 2)
		return false;
	*tag = *p++;
	length = *p++;
	if (length >= 0x80) {
		size_t octets = length & 0x7f;
		if (octets == 0 || octets > 3 || octets > (size_t)(in->end - p))
			return false;
		length = 0;
		while (octets--)
			length = length << 8 | *p++;
	}
	if (length > (size_t)(in->end - p))
		return false;
	content->p = p;
	content->end = in->p = p + length;
	return true;
}

bool
ber_get(struct ber_in *in, unsigned tag, struct ber_in *content)
{
	unsigned got;
	struct ber_in at = *in;

	if (!ber_get_any(&at, &got, content) || got != tag)
		return false;
	*in = at;
	return true;
}

bool
ber_get_int(struct ber_in *in, int32_t *value)
{
	struct ber_in c;
	uint32_t v;

	if (!ber_get(in, BER_INTEGER, &c) || ber_left(&c) < 1 || ber_left(&c) > 4)
		return false;
	v = *c.p & 0x80 ? UINT32_MAX : 0;
	while (c.p < c.end)
		v = v << 8 | *c.p++;
	*value = (int32_t)v;
	return true;
}

bool
ber_get_oid(struct ber_in *in, struct oid *o)
{
	struct ber_in c;

	o->n = 0;
	if (!ber_get(in, BER_OID, &c) || ber_left(&c) < 1)
		return false;
	while (c.p < c.end) {
		uint32_t sub = 0;
		bool more;
		do {
			if (c.p == c.end || sub > UINT32_MAX >> 7)
				return false;
			more = *c.p & 0x80;
			sub = sub << 7 | (*c.p++ & 0x7f);
		} while (more);
		if (o->n == 0) { /* the first octets hold two sub-identifiers */
			o->sub[o->n++] = sub < 80 ? sub / 40 : 2;
			sub -= o->sub[0] * 40;
		}
		if (o->n == OID_MAX)
			return false;
		o->sub[o->n++] = sub;
	}
	return true;
}

void
ber_begin(struct ber_out *out, uint8_t *buf, size_t size)
{
	out->start = buf;
	out->p = out->end = buf + size;
	out->full = false;
}

size_t
ber_written(const struct ber_out *out)
{
	return (size_t)(out->end - out->p);
}

void
ber_put_bytes(struct ber_out *out, const void *bytes, size_t n)
{
	if (n > (size_t)(out->p - out->start)) {
		out->full = true;
		return;
	}
	out->p -= n;
	if (n)
		memcpy(out->p, bytes, n);
}

static void
put_byte(struct ber_out *out, unsigned byte)
{
	uint8_t b = (uint8_t)byte;

	ber_put_bytes(out, &b, 1);
}

void
ber_put_header(struct ber_out *out, unsigned tag, size_t content)
{
	size_t length = ber_written(out) - content;
	unsigned octets = 0;

	if (length < 0x80) {
		put_byte(out, (unsigned)length);
	} else {
		for (; length; length >>= 8, octets++)
			put_byte(out, length & 0xff);
		put_byte(out, 0x80 | octets);
	}
	put_byte(out, tag);
}

void
ber_put_int(struct ber_out *out, unsigned tag, int64_t value)
{
	size_t content = ber_written(out);
	int64_t rest = value;
	int sign;

	/* As many octets as it takes until the rest is the sign alone. */
	do {
		put_byte(out, (unsigned)(rest & 0xff));
		sign = rest & 0x80 ? -1 : 0;
		rest >>= 8;
	} while (rest != sign);
	ber_put_header(out, tag, content);
}

void
ber_put_string(struct ber_out *out, const void *bytes, size_t n)
{
	size_t content = ber_written(out);

	ber_put_bytes(out, bytes, n);
	ber_put_header(out, BER_STRING, content);
}

void
ber_put_oid(struct ber_out *out, const struct oid *o)
{
	size_t content = ber_written(out);

	for (unsigned i = o->n; i-- > 1;) {
		uint32_t sub = i == 1 ? o->sub[0] * 40 + o->sub[1] : o->sub[i];
		put_byte(out, sub & 0x7f);
		while (sub >>= 7)
			put_byte(out, 0x80 | (sub & 0x7f));
	}
	ber_put_header(out, BER_OID, content);
}

void
ber_put_empty(struct ber_out *out, unsigned tag)
{
	ber_put_header(out, tag, ber_written(out));
}
