/* From the words or the SNMP value of an answer to a number that may be believed. */
#include "core/decode_steps.h"

#include "base/text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

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
    [TYPE_HEX] = {"hex", 4, 0, 18446744073709551615.0, unsigned_number},
    [TYPE_OCTETS] = {"octets", 4, 0, 18446744073709551615.0, unsigned_number},
    [TYPE_TEXT] = {"text", 0, 0, 0, NULL},
    [TYPE_MAC] = {"mac", 0, 0, 0, NULL},
    [TYPE_DATE] = {"date", 1, 0, 65535, unsigned_number},
    [TYPE_DATE_AND_TIME] = {"date_and_time", 0, 0, 0, NULL},
};
_Static_assert(TYPE_COUNT == 19, "a new type needs its row here and its vectors in test_decode.c");

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

/*
 * No device measures a number too small to be normalised: words in the wrong order make such ones,
 * out of any number with an empty low word.
 */
static bool
is_number(int class)
{
	return class == FP_NORMAL || class == FP_ZERO;
}

static bool
float_32(uint64_t pattern, double *out)
{
	uint32_t bits = (uint32_t)pattern;
	float f;

	_Static_assert(sizeof(f) == sizeof(bits), "IEEE 754 single");
	memcpy(&f, &bits, sizeof(f));
	*out = (double)f;
	return is_number(fpclassify(f));
}

static bool
float_64(uint64_t pattern, double *out)
{
	_Static_assert(sizeof(*out) == sizeof(pattern), "IEEE 754 double");
	memcpy(out, &pattern, sizeof(*out));
	return is_number(fpclassify(*out));
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

/* A field is a number of the kind of its type, only shorter. */
static void
take_field(const struct codec *c, struct steps *s)
{
	unsigned width = c->width == 0 ? 1 : c->width < 64 ? c->width : 64;
	uint64_t mask = width >= 64 ? UINT64_MAX : (UINT64_C(1) << width) - 1;
	uint64_t bits = c->bit < 64 ? s->pattern >> c->bit & mask : 0;
	uint64_t sign = UINT64_C(1) << (width - 1);
	bool negative = width > 1 && (bits & sign) != 0;

	s->number = (double)bits;
	s->min = 0;
	s->max = (double)mask;
	s->valid = true;
	if (width > 1 && (c->type == TYPE_S16 || c->type == TYPE_S32 || c->type == TYPE_S64)) {
		s->min = -(double)sign;
		s->max = (double)(sign - 1);
		s->number = negative ? -(double)(mask - bits) - 1 : (double)bits;
	} else if (width > 1 && c->type == TYPE_SM16) {
		s->min = -(double)(sign - 1);
		s->max = (double)(sign - 1);
		s->number = negative ? -(double)(bits & (sign - 1)) : (double)bits;
	} else if (c->type == TYPE_BCD16 || c->type == TYPE_BCD32) {
		s->valid = bcd(bits, &s->number);
	}
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

/* The bytes of an OCTET STRING as bits: binary, or digits in hexadecimal. */
static void
take_bytes(const struct codec *c, const struct snmp_value *v, struct steps *s)
{
	if (v->type != SNMP_TYPE_BYTES || v->length > SNMP_BYTES_MAX)
		return;
	if (c->type == TYPE_HEX) {
		if (!decode_hex_text((const char *)v->bytes, v->length, &s->pattern))
			return;
	} else {
		if (v->length < 1 || v->length > sizeof(s->pattern))
			return;
		for (unsigned i = 0; i < v->length; i++)
			s->pattern = s->pattern << 8 | v->bytes[i];
	}
	take_pattern(c, TABLE_OID, s);
}

/*
 * Can the number have come of a whole number of so many bits? With or without its sign, in 32 or 64
 * bits. What is larger is not half of itself: 70000 is no u16 of 4464.
 */
static bool
was_wrapped(uint64_t pattern, unsigned bits)
{
	uint64_t above = bits < 64 ? pattern >> bits : 0;
	bool negative = (pattern >> (bits - 1) & 1) != 0;

	return above == 0 ||
	       (negative && (above == UINT64_MAX >> bits || above == (uint64_t)UINT32_MAX >> bits));
}

static void
take_snmp(const struct codec *c, const struct snmp_value *v, struct steps *s)
{
	const struct type_row *t = &types[c->type];

	s->min = types[TYPE_NUMBER].min;
	s->max = types[TYPE_NUMBER].max;
	if (c->type == TYPE_HEX || c->type == TYPE_OCTETS) {
		take_bytes(c, v, s);
		return;
	}
	if (c->type != TYPE_NUMBER && t->number == NULL)
		return;
	s->valid = snmp_number(v, &s->number, &s->pattern, &s->whole);
	if (!s->valid)
		return;
	if (c->type == TYPE_F32 || c->type == TYPE_F64 || (c->type == TYPE_NUMBER && c->width == 0))
		return;
	/* A type given for an OID undoes the device's wrapping: 42279 as s16 is -23257. */
	if (!s->whole || (c->type != TYPE_NUMBER && !was_wrapped(s->pattern, 16 * t->words))) {
		s->valid = false;
		return;
	}
	if (c->type == TYPE_NUMBER) {
		take_field(c, s);
		return;
	}
	if (t->words < 4)
		s->pattern &= (UINT64_C(1) << 16 * t->words) - 1;
	take_pattern(c, TABLE_OID, s);
}

/*
 * A text that says its unit, and that is another than the point's: somebody has set the device to
 * Fahrenheit, or it says kW from 1000 W on. A scale or offset of the profile may be for that.
 */
static bool
is_of_another_unit(const struct point_spec *p, const struct snmp_value *v)
{
	static const struct {
		const char *unit, *said;
	} others[] = {{"Cel", "F"}, {"Cel", "Fahrenheit"}, {"Cel", "\xE2\x84\x89"}, {"Cel", "K"},
	    {"W", "kW"}, {"kW", "W"}, {"VA", "kVA"}, {"kVA", "VA"}, {"Wh", "kWh"}, {"kWh", "Wh"},
	    {"kWh", "MWh"}, {"V", "mV"}, {"V", "kV"}, {"A", "mA"}, {"mA", "A"}};
	char said[16];

	if (v->type != SNMP_TYPE_BYTES || p->codec.type != TYPE_NUMBER || p->unit == NULL ||
	    p->codec.scale != 1 || p->codec.offset != 0)
		return false;
	decode_unit_text((const char *)v->bytes, v->length, said, sizeof(said));
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (strcmp(others[i].unit, p->unit->code) == 0 &&
		    strcasecmp(others[i].said, said) == 0)
			return true;
	return false;
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

/* A state's number is whole in a double up to here. */
#define WORD_MOST 9e15

static enum defect
judge(const struct point_spec *p, const struct steps *s, double value)
{
	if (!s->valid || !isfinite(value))
		return DEFECT_TYPE;
	if (p->words != NULL) {
		bool listed = s->number == floor(s->number) && fabs(s->number) < WORD_MOST &&
			      word_find(p->words, p->word_count, (int64_t)s->number) != NULL;
		return listed ? DEFECT_NONE : DEFECT_UNKNOWN_WORD;
	}
	if (p->needs != NULL && p->needs->rate != RATE_NONE)
		return DEFECT_NONE; /* the range is that of the rate */
	if (p->has_range && (value < p->min || value > p->max))
		return DEFECT_RANGE;
	return DEFECT_NONE;
}

/* A state that the device says in words: "DRY", " Normal ". */
static void
take_word(const struct point_spec *p, const struct snmp_value *v, struct steps *s)
{
	size_t n = v->length < SNMP_BYTES_MAX ? v->length : SNMP_BYTES_MAX;
	const char *text = (const char *)v->bytes;

	s->text = true;
	if (v->type != SNMP_TYPE_BYTES)
		return;
	while (n > 0 && (text[n - 1] == ' ' || text[n - 1] == '\0' || text[n - 1] == '\n' ||
			    text[n - 1] == '\r'))
		n--;
	while (n > 0 && *text == ' ') {
		text++;
		n--;
	}
	for (size_t i = 0; i < p->word_count; i++) {
		if (strlen(p->texts[i]) != n || strncasecmp(p->texts[i], text, n) != 0)
			continue;
		s->valid = true;
		s->number = (double)p->words[i].raw;
		return;
	}
	s->valid = true; /* 0: not listed, as texts are counted from 1 */
}

/* x 10^exponent; a negative one divides, so that 203 x 10^-1 is 20.3 to the last bit. */
static double
times_ten(double value, int exponent)
{
	static const double tens[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10};
	unsigned n = (unsigned)(exponent < 0 ? -exponent : exponent);

	if (n >= sizeof(tens) / sizeof(tens[0]))
		return NAN;
	return exponent < 0 ? value / tens[n] : value * tens[n];
}

void
decode_steps(
    const struct point_spec *p, struct raw raw, const struct decode_with *with, struct steps *s)
{
	double value;

	memset(s, 0, sizeof(*s));
	if (raw.words != NULL)
		take_words(&p->codec, &p->at, raw.words, s);
	else if (raw.snmp != NULL && p->texts != NULL)
		take_word(p, raw.snmp, s);
	else if (raw.snmp != NULL)
		take_snmp(&p->codec, raw.snmp, s);
	if (raw.snmp != NULL && s->valid && is_of_another_unit(p, raw.snmp)) {
		s->valid = false;
		s->other_unit = true;
	}
	if (with != NULL && with->defect != DEFECT_NONE)
		s->sample.defect = with->defect;
	else if (is_sentinel(p, s))
		s->sample.defect = DEFECT_SENTINEL;
	if (s->sample.defect != DEFECT_NONE)
		return;
	/* + 0.0 makes a negative zero positive. */
	value = s->number * p->codec.scale;
	if (with != NULL && with->exponent != 0)
		value = times_ten(value, with->exponent);
	value += p->codec.offset + 0.0;
	s->value = value;
	s->sample.defect = judge(p, s, value);
	s->sample.has_value =
	    s->sample.defect == DEFECT_NONE || s->sample.defect == DEFECT_UNKNOWN_WORD;
	s->sample.value = s->sample.has_value ? value : 0;
}

void
decode_point(const struct point_spec *p, struct raw raw, struct sample *out)
{
	decode_point_with(p, raw, NULL, out);
}

void
decode_point_with(
    const struct point_spec *p, struct raw raw, const struct decode_with *with, struct sample *out)
{
	struct steps s;

	decode_steps(p, raw, with, &s);
	*out = s.sample;
}

enum defect
decode_count(const struct point_spec *p, struct raw raw, uint64_t *count)
{
	bool decimal = p->codec.type == TYPE_BCD16 || p->codec.type == TYPE_BCD32;
	struct steps s;

	decode_steps(p, raw, NULL, &s);
	/* A double holds no 64 bits; the pattern does. */
	*count = decimal ? (uint64_t)s.number : s.pattern;
	return s.sample.defect != DEFECT_NONE ? s.sample.defect
	       : s.whole && s.valid           ? DEFECT_NONE
					      : DEFECT_TYPE;
}

uint64_t
decode_count_modulus(const struct point_spec *p)
{
	const struct type_row *t = &types[p->codec.type];

	return t->words >= 4 || t->words == 0 ? 0 : (uint64_t)t->max + 1;
}

/* ---- facts ----------------------------------------------------------------------------------- */

/* The bytes of the answer; registers are put in order. */
static size_t
fact_bytes(const struct fact_spec *f, struct raw raw, char *bytes, size_t room)
{
	size_t n = 0;

	if (raw.snmp != NULL) {
		n = raw.snmp->length < SNMP_BYTES_MAX ? raw.snmp->length : SNMP_BYTES_MAX;
		n = n < room ? n : room;
		memcpy(bytes, raw.snmp->bytes, n);
		return n;
	}
	for (; n + 1 < room && n / 2 < f->at.count; n += 2) {
		uint16_t word = in_order(&f->codec, raw.words[n / 2]);

		bytes[n] = (char)(word >> 8);
		bytes[n + 1] = (char)(word & 0xFF);
	}
	return n;
}

/* A text is padded with blanks, with NULs, or with bytes that were never written (0xFF). */
static void
fact_text(const char *bytes, size_t n, char *buf, size_t size)
{
	n = strnlen(bytes, n);
	while (n > 0 && (unsigned char)bytes[n - 1] == 0xFF)
		n--;
	while (n > 0 && *bytes == ' ') {
		bytes++;
		n--;
	}
	text_clean(buf, size, bytes, n);
}

static void
fact_mac(const char *bytes, size_t n, char *buf, size_t size)
{
	text_copy(buf, size, "");
	for (size_t i = 0; n == 6 && i < n; i++)
		text_append(
		    buf, size, "%s%02x", i > 0 ? ":" : "", (unsigned)(unsigned char)bytes[i]);
}

/* DateAndTime of RFC 2579: year in two bytes, month, day, hour, minute, second, then what is left
 * out here. */
static void
fact_date_and_time(const char *bytes, size_t n, char *buf, size_t size)
{
	const unsigned char *b = (const unsigned char *)bytes;

	text_copy(buf, size, "");
	if ((n == 8 || n == 11) && b[2] >= 1 && b[2] <= 12 && b[3] >= 1 && b[3] <= 31 &&
	    b[4] < 24 && b[5] < 60 && b[6] <= 60)
		text_printf(buf, size, "%04u-%02u-%02u %02u:%02u:%02u", (unsigned)b[0] << 8 | b[1],
		    b[2], b[3], b[4], b[5], b[6]);
}

/* Days since 2000-01-01; 0 and 0xFFFF: never set. */
static void
fact_date(double days, char *buf, size_t size)
{
	time_t t = 946684800 + (time_t)days * 86400;
	struct tm tm;

	text_copy(buf, size, "");
	if (days > 0 && days < 65535 && gmtime_r(&t, &tm) != NULL)
		text_printf(
		    buf, size, "%04d-%02d-%02d", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);
}

/* The types that are bytes, not numbers; false: another. */
static bool
fact_of_bytes(const struct fact_spec *f, struct raw raw, char *buf, size_t size)
{
	char bytes[2 * 125]; /* the largest read, Modbus Application Protocol V1.1b3, 6.3 */
	size_t n;

	if (f->codec.type != TYPE_TEXT && f->codec.type != TYPE_MAC &&
	    f->codec.type != TYPE_DATE_AND_TIME)
		return false;
	if (raw.words == NULL && raw.snmp->type != SNMP_TYPE_BYTES &&
	    raw.snmp->type != SNMP_TYPE_NAME)
		return false;
	n = fact_bytes(f, raw, bytes, sizeof(bytes));
	if (f->codec.type == TYPE_MAC)
		fact_mac(bytes, n, buf, size);
	else if (f->codec.type == TYPE_DATE_AND_TIME)
		fact_date_and_time(bytes, n, buf, size);
	else
		fact_text(bytes, n, buf, size);
	return true;
}

static const struct word *
word_of(const struct fact_spec *f, double value)
{
	if (f->words == NULL || fabs(value) > WORD_MOST)
		return NULL;
	return word_find(f->words, f->word_count, (int64_t)value);
}

bool
decode_fact(const struct fact_spec *f, struct raw raw, char *buf, size_t size)
{
	const struct point_spec as_point = {
	    .at = f->at, .codec = f->codec, .words = f->words, .word_count = f->word_count};
	struct sample sample;
	char number[NUMBER_TEXT_MAX];
	const struct word *word;

	if (fact_of_bytes(f, raw, buf, size))
		return buf[0] != '\0';
	decode_point(&as_point, raw, &sample);
	if (!sample.has_value) {
		text_copy(buf, size, "");
		return false;
	}
	number_text(sample.value, number);
	if (f->codec.type == TYPE_DATE)
		fact_date(sample.value, buf, size);
	else if (sample.defect == DEFECT_UNKNOWN_WORD)
		text_printf(buf, size, "unknown(%s)", number);
	else if ((word = word_of(f, sample.value)) != NULL)
		text_copy(buf, size, word->text);
	else
		text_copy(buf, size, number);
	return buf[0] != '\0';
}
