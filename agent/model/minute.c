/* Minutes packed for the disk. Their folding into longer steps is in minute_fold.c. */
#include "model/minute.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FORMAT         1
#define EXPONENT_LEAST (-30)
#define EXPONENT_MOST  30
#define DIGITS         7

/* The first byte of a record: what follows it. */
enum {
	KIND_SAME = 0,  /* the last one again, so many times: a count */
	KIND_FLAT = 1,  /* good all the time, mean = min = max: a mean */
	KIND_RANGE = 2, /* good all the time: mean, min, max */
	KIND_PART = 3,  /* good_s, quality, and mean, min, max where good_s > 0 */
	KIND_MASK = 3,
	FLAG_JUMP = 4, /* not the minute after the last one: how much later, 0.. */
	FLAG_UNSYNCED = 8,
	FLAGS_KNOWN = 15
};

size_t
varint_put(uint8_t *out, uint64_t v)
{
	size_t n = 0;

	for (; v >= 0x80; v >>= 7)
		out[n++] = (uint8_t)(v | 0x80);
	out[n++] = (uint8_t)v;
	return n;
}

bool
varint_get(const uint8_t **at, const uint8_t *end, uint64_t *v)
{
	*v = 0;
	for (unsigned shift = 0; *at < end && shift < 64; shift += 7) {
		uint8_t byte = *(*at)++;

		if (shift == 63 && byte > 1)
			return false;
		*v |= (uint64_t)(byte & 0x7F) << shift;
		if (byte < 0x80)
			return true;
	}
	return false;
}

/* Small numbers of either sign become small numbers. */
static uint64_t
zigzag(int64_t v)
{
	return ((uint64_t)v << 1) ^ (v < 0 ? UINT64_MAX : 0);
}

static int64_t
unzigzag(uint64_t v)
{
	return (int64_t)(v >> 1) ^ -(int64_t)(v & 1);
}

double
float_decimal(float v)
{
	char text[32];

	snprintf(text, sizeof(text), "%.7g", (double)v);
	return strtod(text, NULL);
}

/* ---- packing -------------------------------------------------------------------------------- */

/* The power of ten whose whole multiples the numbers are. */
static int
choose_exponent(const struct minute *m, size_t n, double resolution)
{
	double most = 0;
	int e;

	for (size_t i = 0; i < n; i++)
		if (m[i].good_s > 0)
			most = fmax(most, fmax(fabs((double)m[i].min), fabs((double)m[i].max)));
	e = most > 0 ? (int)floor(log10(most)) + 1 - DIGITS : 0;
	if (resolution > 0 && floor(log10(resolution)) > e)
		e = (int)floor(log10(resolution));
	return e < EXPONENT_LEAST ? EXPONENT_LEAST : e > EXPONENT_MOST ? EXPONENT_MOST : e;
}

/* power: 10 to the |e|: exact, and 0.1 is the nearest double to 1 / 10. */
static int64_t
to_multiple(float v, int e, double power)
{
	return llround(e < 0 ? (double)v * power : (double)v / power);
}

/* false: beyond every float. */
static bool
of_multiple(int64_t n, int e, double power, float *out)
{
	double v = e < 0 ? (double)n / power : (double)n * power;

	if (fabs(v) > (double)FLT_MAX)
		return false;
	*out = (float)v;
	return true;
}

static bool
is_whole(const struct minute *m)
{
	return m->good_s >= 60;
}

/* To the bit, so that NaN equals itself. */
static bool
is_same(float a, float b)
{
	uint32_t x, y;

	memcpy(&x, &a, sizeof(x));
	memcpy(&y, &b, sizeof(y));
	return x == y;
}

/* The same but for its time, which is that of the next minute. */
static bool
repeats(const struct minute *a, const struct minute *b)
{
	bool values = a->good_s == 0 || (is_same(a->mean, b->mean) && is_same(a->min, b->min) &&
					    is_same(a->max, b->max));

	return b->minute == a->minute + 1 && a->good_s == b->good_s && a->unsynced == b->unsynced &&
	       (is_whole(a) || a->quality == b->quality) && values;
}

struct packer {
	uint8_t *out;
	size_t n;
	int exponent;
	double power;
	int64_t mean;
};

static void
put(struct packer *p, uint64_t v)
{
	p->n += varint_put(p->out + p->n, v);
}

static uint64_t
distance(int64_t a, int64_t b)
{
	return a > b ? (uint64_t)(a - b) : 0;
}

static void
pack_one(struct packer *p, const struct minute *m, uint32_t expected)
{
	int64_t mean = 0, min = 0, max = 0;
	uint8_t kind = is_whole(m) ? KIND_RANGE : KIND_PART;

	if (m->good_s > 0) {
		mean = to_multiple(m->mean, p->exponent, p->power);
		min = to_multiple(m->min, p->exponent, p->power);
		max = to_multiple(m->max, p->exponent, p->power);
	}
	if (kind == KIND_RANGE && min == mean && max == mean)
		kind = KIND_FLAT;
	p->out[p->n++] = (uint8_t)(kind | (m->minute != expected ? FLAG_JUMP : 0) |
				   (m->unsynced ? FLAG_UNSYNCED : 0));
	if (m->minute != expected)
		put(p, m->minute - (expected - 1));
	if (kind == KIND_PART) {
		p->out[p->n++] = m->good_s;
		p->out[p->n++] = m->quality;
		if (m->good_s == 0)
			return;
	}
	put(p, zigzag(mean - p->mean));
	p->mean = mean;
	if (kind == KIND_FLAT)
		return;
	put(p, distance(mean, min));
	put(p, distance(max, mean));
}

size_t
minutes_pack(const struct minute *m, size_t n, double resolution, uint8_t *out)
{
	struct packer p = {.out = out, .exponent = choose_exponent(m, n, resolution)};
	uint32_t expected = n > 0 ? m[0].minute : 0;

	p.power = pow(10, abs(p.exponent));
	p.out[p.n++] = FORMAT;
	p.out[p.n++] = (uint8_t)(int8_t)p.exponent;
	put(&p, expected);
	for (size_t i = 0; i < n; i++) {
		size_t same = 0;

		while (i > 0 && i + same < n && repeats(&m[i + same - 1], &m[i + same]))
			same++;
		if (same > 0) {
			p.out[p.n++] = KIND_SAME;
			put(&p, same);
			i += same - 1;
		} else
			pack_one(&p, &m[i], expected);
		expected = m[i].minute + 1;
	}
	return p.n;
}

/* ---- unpacking ------------------------------------------------------------------------------ */

void
minutes_open(struct minutes_reader *r, const void *packed, size_t length)
{
	uint64_t first;

	*r = (struct minutes_reader){0};
	if (length == 0)
		return;
	r->at = packed;
	r->end = r->at + length;
	if (length < 3 || r->at[0] != FORMAT) {
		r->damaged = true;
		return;
	}
	r->exponent = r->at[1] <= INT8_MAX ? r->at[1] : r->at[1] - 256;
	r->at += 2;
	r->power = pow(10, abs(r->exponent));
	r->damaged = r->exponent < EXPONENT_LEAST || r->exponent > EXPONENT_MOST ||
		     !varint_get(&r->at, r->end, &first) || first > UINT32_MAX;
	r->last.minute = r->damaged ? 0 : (uint32_t)first - 1;
	r->last.good_s = UINT8_MAX; /* there is none to repeat yet */
}

static bool
read_values(struct minutes_reader *r, uint8_t kind, struct minute *m)
{
	/* Multiples of seven digits, so nothing near this is ours. */
	const uint64_t most = UINT64_C(1) << 53;
	uint64_t delta, below = 0, above = 0;

	if (!varint_get(&r->at, r->end, &delta) || delta > most)
		return false;
	r->mean += unzigzag(delta);
	if (kind != KIND_FLAT &&
	    (!varint_get(&r->at, r->end, &below) || !varint_get(&r->at, r->end, &above) ||
		below > most || above > most))
		return false;
	if (r->mean > (int64_t)most || r->mean < -(int64_t)most)
		return false;
	return of_multiple(r->mean, r->exponent, r->power, &m->mean) &&
	       of_multiple(r->mean - (int64_t)below, r->exponent, r->power, &m->min) &&
	       of_multiple(r->mean + (int64_t)above, r->exponent, r->power, &m->max);
}

/* The record at r->at; false: it makes no sense. */
static bool
read_record(struct minutes_reader *r, struct minute *m)
{
	uint8_t head = *r->at++, kind = head & KIND_MASK;
	uint64_t jump = 1;
	bool first = r->last.good_s == UINT8_MAX;

	if ((head & ~FLAGS_KNOWN) != 0)
		return false;
	if (kind == KIND_SAME) {
		if (first || !varint_get(&r->at, r->end, &r->repeats) || r->repeats == 0 ||
		    r->repeats > UINT32_MAX - r->last.minute)
			return false;
		r->repeats--;
		*m = r->last;
		m->minute++;
		return true;
	}
	/* The first one stands where the head says; behind the last minute of all there is none. */
	if ((head & FLAG_JUMP) != 0 && (first || !varint_get(&r->at, r->end, &jump)))
		return false;
	if (!first && jump > UINT32_MAX - r->last.minute)
		return false;
	*m = (struct minute){.minute = r->last.minute + (uint32_t)jump,
	    .good_s = 60,
	    .unsynced = (head & FLAG_UNSYNCED) != 0};
	if (kind == KIND_PART) {
		if (r->end - r->at < 2 || r->at[0] > 59 || r->at[1] >= QUALITY_COUNT)
			return false;
		m->good_s = *r->at++;
		m->quality = *r->at++;
		if (m->good_s == 0)
			return true;
	} else
		m->quality = QUALITY_GOOD;
	return read_values(r, kind, m);
}

bool
minutes_next(struct minutes_reader *r, struct minute *out)
{
	if (r->damaged)
		return false;
	if (r->repeats > 0) {
		r->repeats--;
		r->last.minute++;
	} else {
		struct minute m;

		if (r->at >= r->end)
			return false;
		if (!read_record(r, &m)) {
			r->damaged = true;
			return false;
		}
		r->last = m;
	}
	*out = r->last;
	return true;
}

/* ---- joining -------------------------------------------------------------------------------- */

struct minute
minute_join(const struct minute *a, const struct minute *b)
{
	struct minute m = *b;
	int good = a->good_s + b->good_s;

	if (a->unsynced != b->unsynced)
		return a->unsynced ? *b : *a;
	if (a->good_s > 0 && b->good_s > 0) {
		m.mean = (a->mean * (float)a->good_s + b->mean * (float)b->good_s) / (float)good;
		m.min = fminf(a->min, b->min);
		m.max = fmaxf(a->max, b->max);
	} else if (a->good_s > 0) {
		m.mean = a->mean;
		m.min = a->min;
		m.max = a->max;
	}
	m.good_s = (uint8_t)(good > 60 ? 60 : good);
	if (b->quality == QUALITY_GOOD || (b->quality == QUALITY_NEVER && a->good_s < 60))
		m.quality = a->quality;
	return m;
}
