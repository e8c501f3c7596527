/* From the words or the SNMP value of an answer to a number that may be believed. */
#include "core/decode_steps.h"

#include "base/text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- tables ---------------------------------------------------------------------------------- */

/* How the bits of a type are a number; false where they are none. */
typedef bool number_fn(uint64_t pattern, double *out);

static number_fn unsigned_number, signed_16, signed_32, signed_64, float_32, float_64,
    sign_magnitude, bcd;

struct type_row {
	const char *word;
	unsigned words;  /* registers; 0: as many as the source has, or SNMP */
	double min, max; /* what it can hold */
	number_fn *number;
};

static const struct type_row types[TYPE_COUNT] = {
    [TYPE_BIT] = {"bit", 1, 0, 1, unsigned_number},
    [TYPE_U16] = {"u16", 1, 0, 65535, unsigned_number},
    [TYPE_S16] = {"s16", 1, -32768, 32767, signed_16},
    [TYPE_U32] = {"u32", 2, 0, 4294967295.0, unsigned_number},
    [TYPE_S32] = {"s32", 2, -2147483648.0, 2147483647.0, signed_32},
    [TYPE_U64] = {"u64", 4, 0, 18446744073709551615.0, unsigned_number},
    [TYPE_S64] = {"s64", 4, -9223372036854775808.0, 9223372036854775807.0, signed_64},
    [TYPE_F32] = {"f32", 2, -HUGE_VAL, HUGE_VAL, float_32},
    [TYPE_F64] = {"f64", 4, -HUGE_VAL, HUGE_VAL, float_64},
    [TYPE_SM16] = {"sm16", 1, -32767, 32767, sign_magnitude},
    [TYPE_BCD16] = {"bcd16", 1, 0, 9999, bcd},
    [TYPE_BCD32] = {"bcd32", 2, 0, 99999999, bcd},
    [TYPE_NUMBER] = {"number", 0, -HUGE_VAL, HUGE_VAL, NULL},
    [TYPE_TEXT] = {"text", 0, 0, 0, NULL},
};
_Static_assert(TYPE_COUNT == 14, "a new type needs its row here and its vectors in test_decode.c");

static const struct {
	bool low_first;  /* least significant word first */
	bool swap;       /* low byte of each word first */
	const char *say; /* for people */
} orders[ORDER_COUNT] = {
    [ORDER_HIGH_FIRST] = {false, false, ""},
    [ORDER_LOW_FIRST] = {true, false, " (low word first)"},
    [ORDER_BYTES] = {false, true, " (low byte first)"},
    [ORDER_REVERSED] = {true, true, " (low word and low byte first)"},
};

const char *
decode_order_phrase(const struct codec *c)
{
	return orders[c->order].say;
}

const char *
value_type_word(enum value_type t)
{
	return (unsigned)t < TYPE_COUNT ? types[t].word : "?";
}

/* ---- bits to numbers ------------------------------------------------------------------------- */

static bool
unsigned_number(uint64_t pattern, double *out)
{
	*out = (double)pattern;
	return true;
}

static bool
signed_16(uint64_t pattern, double *out)
{
	*out = (int16_t)pattern;
	return true;
}

static bool
signed_32(uint64_t pattern, double *out)
{
	*out = (int32_t)pattern;
	return true;
}

static bool
signed_64(uint64_t pattern, double *out)
{
	*out = (double)(int64_t)pattern;
	return true;
}

static bool
float_32(uint64_t pattern, double *out)
{
	uint32_t bits = (uint32_t)pattern;
	float f;

	_Static_assert(sizeof(f) == sizeof(bits), "IEEE 754 single");
	memcpy(&f, &bits, sizeof(f));
	*out = (double)f;
	return isfinite(f);
}

static bool
float_64(uint64_t pattern, double *out)
{
	_Static_assert(sizeof(*out) == sizeof(pattern), "IEEE 754 double");
	memcpy(out, &pattern, sizeof(*out));
	return isfinite(*out);
}

static bool
sign_magnitude(uint64_t pattern, double *out)
{
	double magnitude = (double)(pattern & 0x7FFF);

	*out = pattern & 0x8000 ? -magnitude : magnitude;
	return true;
}

static bool
bcd(uint64_t pattern, double *out)
{
	double number = 0, place = 1;

	for (; pattern != 0; pattern >>= 4, place *= 10) {
		if ((pattern & 0xF) > 9)
			return false;
		number += (double)(pattern & 0xF) * place;
	}
	*out = number;
	return true;
}

static uint16_t
in_order(const struct codec *c, uint16_t word)
{
	unsigned swapped = ((unsigned)word << 8 | (unsigned)word >> 8) & 0xFFFFu;

	return orders[c->order].swap ? (uint16_t)swapped : word;
}

static uint64_t
pattern_of(const struct codec *c, const uint16_t *words, unsigned n)
{
	uint64_t pattern = 0;

	for (unsigned i = 0; i < n; i++)
		pattern =
		    pattern << 16 | in_order(c, words[orders[c->order].low_first ? n - 1 - i : i]);
	return pattern;
}

uint64_t
decode_whole(const struct codec *c, const uint16_t *words, unsigned count)
{
	return pattern_of(c, words, count);
}

/* ---- the steps ------------------------------------------------------------------------------- */

static void
take_field(const struct codec *c, struct steps *s)
{
	unsigned width = c->width ? c->width : 1;
	uint64_t mask = width >= 64 ? UINT64_MAX : (UINT64_C(1) << width) - 1;

	s->number = (double)(c->bit < 64 ? s->pattern >> c->bit & mask : 0);
	s->min = 0;
	s->max = (double)mask;
	s->valid = true;
}

bool
decode_has_field(const struct codec *c, enum table table)
{
	return c->width > 0 || (c->type == TYPE_BIT && !table_is_bits(table));
}

/* The bits of s->pattern as the point's type has it. */
static void
take_pattern(const struct codec *c, enum table table, struct steps *s)
{
	const struct type_row *t = &types[c->type];

	s->whole = true;
	s->min = t->min;
	s->max = t->max;
	s->valid = t->number(s->pattern, &s->number);
	if (decode_has_field(c, table))
		take_field(c, s);
}

static void
take_words(const struct codec *c, const struct source *at, const uint16_t *words, struct steps *s)
{
	const struct type_row *t = &types[c->type];

	if (t->number == NULL || t->words > at->count)
		return;
	s->pattern = pattern_of(c, words, t->words);
	take_pattern(c, at->table, s);
}

/* The number in an SNMP value, whatever type the agent chose for it; false where there is none. */
static bool
snmp_number(const struct snmp_value *v, double *number, uint64_t *pattern, bool *whole)
{
	*whole = v->type == SNMP_TYPE_SIGNED || v->type == SNMP_TYPE_UNSIGNED;
	*pattern = 0;
	switch (v->type) {
	case SNMP_TYPE_SIGNED:
		*pattern = (uint64_t)v->i;
		*number = (double)v->i;
		return true;
	case SNMP_TYPE_UNSIGNED:
		*pattern = v->u;
		*number = (double)v->u;
		return true;
	case SNMP_TYPE_FLOAT:
		*number = v->f;
		return isfinite(v->f);
	case SNMP_TYPE_BYTES:
		if (v->length > SNMP_BYTES_MAX ||
		    !decode_number_text((const char *)v->bytes, v->length, number))
			return false;
		break;
	case SNMP_TYPE_NAME:
	case SNMP_TYPE_NONE:
		return false;
	}
	*whole = *number == floor(*number) && fabs(*number) < 9e15;
	if (*whole)
		*pattern = (uint64_t)(int64_t)*number;
	return true;
}

static void
take_snmp(const struct codec *c, const struct snmp_value *v, struct steps *s)
{
	const struct type_row *t = &types[c->type];

	s->min = types[TYPE_NUMBER].min;
	s->max = types[TYPE_NUMBER].max;
	if (c->type == TYPE_TEXT)
		return;
	s->valid = snmp_number(v, &s->number, &s->pattern, &s->whole);
	if (!s->valid)
		return;
	if (c->type == TYPE_NUMBER) {
		if (c->width > 0 && s->whole)
			take_field(c, s);
		return;
	}
	if (c->type == TYPE_F32 || c->type == TYPE_F64)
		return;
	/* A type given for an OID undoes the device's wrapping: 42279 as s16 is -23257. */
	if (!s->whole) {
		s->valid = false;
		return;
	}
	if (t->words < 4)
		s->pattern &= (UINT64_C(1) << 16 * t->words) - 1;
	take_pattern(c, TABLE_OID, s);
}

static bool
is_sentinel(const struct point_spec *p, const struct steps *s)
{
	for (size_t i = 0; i < p->sentinel_count; i++) {
		double sentinel = p->sentinels[i];
		bool possible = s->valid && sentinel >= s->min && sentinel <= s->max;

		if (s->valid && s->number == sentinel)
			return true;
		if (s->whole && !possible && (double)s->pattern == sentinel)
			return true;
	}
	return false;
}

static enum defect
judge(const struct point_spec *p, const struct steps *s, double value)
{
	if (!s->valid || !isfinite(value))
		return DEFECT_TYPE;
	if (p->words != NULL) {
		bool listed = s->number == floor(s->number) && fabs(s->number) < 9e15 &&
			      word_find(p->words, p->word_count, (int64_t)s->number) != NULL;
		return listed ? DEFECT_NONE : DEFECT_UNKNOWN_WORD;
	}
	if (p->has_range && (value < p->min || value > p->max))
		return DEFECT_RANGE;
	return DEFECT_NONE;
}

void
decode_steps(const struct point_spec *p, struct raw raw, struct steps *s)
{
	memset(s, 0, sizeof(*s));
	if (raw.words != NULL)
		take_words(&p->codec, &p->at, raw.words, s);
	else if (raw.snmp != NULL)
		take_snmp(&p->codec, raw.snmp, s);
	if (is_sentinel(p, s)) {
		s->sample.defect = DEFECT_SENTINEL;
		return;
	}
	/* + 0.0 makes a negative zero positive. */
	double value = s->number * p->codec.scale + p->codec.offset + 0.0;

	s->sample.defect = judge(p, s, value);
	s->sample.has_value =
	    s->sample.defect == DEFECT_NONE || s->sample.defect == DEFECT_UNKNOWN_WORD;
	s->sample.value = s->sample.has_value ? value : 0;
}

void
decode_point(const struct point_spec *p, struct raw raw, struct sample *out)
{
	struct steps s;

	decode_steps(p, raw, &s);
	*out = s.sample;
}

/* ---- facts ----------------------------------------------------------------------------------- */

static void
fact_text(const struct fact_spec *f, struct raw raw, char *buf, size_t size)
{
	char bytes[2 * 125]; /* the largest read, Modbus Application Protocol V1.1b3, 6.3 */
	const char *start = bytes;
	size_t n = 0;

	if (raw.snmp != NULL) {
		start = (const char *)raw.snmp->bytes;
		n = raw.snmp->length < SNMP_BYTES_MAX ? raw.snmp->length : SNMP_BYTES_MAX;
	} else {
		for (; n < sizeof(bytes) && n / 2 < f->at.count; n += 2) {
			uint16_t word = in_order(&f->codec, raw.words[n / 2]);

			bytes[n] = (char)(word >> 8);
			bytes[n + 1] = (char)(word & 0xFF);
		}
	}
	n = strnlen(start, n);
	while (n > 0 && *start == ' ') {
		start++;
		n--;
	}
	text_clean(buf, size, start, n);
}

bool
decode_fact(const struct fact_spec *f, struct raw raw, char *buf, size_t size)
{
	const struct point_spec as_point = {
	    .at = f->at, .codec = f->codec, .words = f->words, .word_count = f->word_count};
	struct sample sample;
	char number[NUMBER_TEXT_MAX];

	if (f->codec.type == TYPE_TEXT && (raw.words != NULL || raw.snmp->type == SNMP_TYPE_BYTES ||
					      raw.snmp->type == SNMP_TYPE_NAME)) {
		fact_text(f, raw, buf, size);
		return buf[0] != '\0';
	}
	decode_point(&as_point, raw, &sample);
	if (!sample.has_value) {
		text_copy(buf, size, "");
		return false;
	}
	number_text(sample.value, number);
	if (sample.defect == DEFECT_UNKNOWN_WORD)
		text_printf(buf, size, "unknown(%s)", number);
	else if (f->words != NULL)
		text_copy(
		    buf, size, word_find(f->words, f->word_count, (int64_t)sample.value)->text);
	else
		text_copy(buf, size, number);
	return true;
}
