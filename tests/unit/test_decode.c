/*
 * core/decode: vectors worked out by hand from the makers' register maps. Nothing here is computed
 * with the code under test.
 */
#include "core/decode.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* ---- types and orders ------------------------------------------------------------------------ */

struct vector {
	const char *what;
	enum value_type type;
	enum word_order order;
	uint16_t words[4];
	uint8_t bit, width;
	double scale, offset;
	enum defect defect;
	double value;
};

static const struct vector vectors[] = {
    /* Stulz C7000 1192, Liebert iCOM 564, XY-MD02: tenths of a degree. */
    {"u16", TYPE_U16, 0, {0x00F3}, 0, 0, 0.1, 0, DEFECT_NONE, 24.3},
    {"u16 largest", TYPE_U16, 0, {0xFFFF}, 0, 0, 1, 0, DEFECT_NONE, 65535},
    {"s16", TYPE_S16, 0, {0x00F3}, 0, 0, 0.1, 0, DEFECT_NONE, 24.3},
    {"s16 below zero", TYPE_S16, 0, {0xFFF6}, 0, 0, 0.1, 0, DEFECT_NONE, -1.0},
    {"s16 least", TYPE_S16, 0, {0x8000}, 0, 0, 1, 0, DEFECT_NONE, -32768},
    {"u16 low byte first", TYPE_U16, ORDER_BYTES, {0xF300}, 0, 0, 0.1, 0, DEFECT_NONE, 24.3},
    {"u16 reversed", TYPE_U16, ORDER_REVERSED, {0xF300}, 0, 0, 0.1, 0, DEFECT_NONE, 24.3},
    {"u16 low word first changes nothing", TYPE_U16, ORDER_LOW_FIRST, {0x00F3}, 0, 0, 1, 0,
	DEFECT_NONE, 243},

    /* 0x0001E240 = 123456 in the four orders. */
    {"u32 ABCD", TYPE_U32, ORDER_HIGH_FIRST, {0x0001, 0xE240}, 0, 0, 1, 0, DEFECT_NONE, 123456},
    {"u32 CDAB", TYPE_U32, ORDER_LOW_FIRST, {0xE240, 0x0001}, 0, 0, 1, 0, DEFECT_NONE, 123456},
    {"u32 BADC", TYPE_U32, ORDER_BYTES, {0x0100, 0x40E2}, 0, 0, 1, 0, DEFECT_NONE, 123456},
    {"u32 DCBA", TYPE_U32, ORDER_REVERSED, {0x40E2, 0x0100}, 0, 0, 1, 0, DEFECT_NONE, 123456},
    {"u32 largest", TYPE_U32, 0, {0xFFFF, 0xFFFF}, 0, 0, 1, 0, DEFECT_NONE, 4294967295.0},
    /* Carlo Gavazzi EM340 VoltageL1: s32, least significant word first, 0.1 V. */
    {"s32 CDAB", TYPE_S32, ORDER_LOW_FIRST, {0x08FC, 0x0000}, 0, 0, 0.1, 0, DEFECT_NONE, 230.0},
    {"s32 below zero", TYPE_S32, ORDER_LOW_FIRST, {0xFFFE, 0xFFFF}, 0, 0, 1, 0, DEFECT_NONE, -2},
    {"s32 ABCD below zero", TYPE_S32, 0, {0xFFFF, 0xFF38}, 0, 0, 0.1, 0, DEFECT_NONE, -20},

    {"u64 ABCD", TYPE_U64, 0, {0x0000, 0x0001, 0x0000, 0x0002}, 0, 0, 1, 0, DEFECT_NONE,
	4294967298.0},
    {"u64 CDAB", TYPE_U64, ORDER_LOW_FIRST, {0x0002, 0x0000, 0x0001, 0x0000}, 0, 0, 1, 0,
	DEFECT_NONE, 4294967298.0},
    {"u64 DCBA", TYPE_U64, ORDER_REVERSED, {0x0200, 0x0000, 0x0100, 0x0000}, 0, 0, 1, 0,
	DEFECT_NONE, 4294967298.0},
    {"s64", TYPE_S64, 0, {0xFFFF, 0xFFFF, 0xFFFF, 0xFFFD}, 0, 0, 1, 0, DEFECT_NONE, -3},
    {"s64 BADC", TYPE_S64, ORDER_BYTES, {0xFFFF, 0xFFFF, 0xFFFF, 0xFDFF}, 0, 0, 1, 0, DEFECT_NONE,
	-3},

    /* 12.5 = 0x41480000; SeaHawk 38001 has the low word first, Eastron the high word. */
    {"f32 ABCD", TYPE_F32, 0, {0x4148, 0x0000}, 0, 0, 1, 0, DEFECT_NONE, 12.5},
    {"f32 CDAB", TYPE_F32, ORDER_LOW_FIRST, {0x0000, 0x4148}, 0, 0, 1, 0, DEFECT_NONE, 12.5},
    {"f32 BADC", TYPE_F32, ORDER_BYTES, {0x4841, 0x0000}, 0, 0, 1, 0, DEFECT_NONE, 12.5},
    {"f32 DCBA", TYPE_F32, ORDER_REVERSED, {0x0000, 0x4841}, 0, 0, 1, 0, DEFECT_NONE, 12.5},
    {"f32 NaN", TYPE_F32, 0, {0x7FC0, 0x0000}, 0, 0, 1, 0, DEFECT_TYPE, 0},
    {"f32 infinite", TYPE_F32, 0, {0xFF80, 0x0000}, 0, 0, 1, 0, DEFECT_TYPE, 0},
    {"f32 negative zero", TYPE_F32, 0, {0x8000, 0x0000}, 0, 0, 1, 0, DEFECT_NONE, 0},
    /* -2.0 = 0xC000000000000000 */
    {"f64", TYPE_F64, 0, {0xC000, 0, 0, 0}, 0, 0, 1, 0, DEFECT_NONE, -2},
    {"f64 CDAB", TYPE_F64, ORDER_LOW_FIRST, {0, 0, 0, 0xC000}, 0, 0, 1, 0, DEFECT_NONE, -2},
    {"f64 DCBA", TYPE_F64, ORDER_REVERSED, {0, 0, 0, 0x00C0}, 0, 0, 1, 0, DEFECT_NONE, -2},
    {"f64 NaN", TYPE_F64, 0, {0x7FF8, 0, 0, 0}, 0, 0, 1, 0, DEFECT_TYPE, 0},
    {"f64 too large to scale", TYPE_F64, 0, {0x7FE0, 0, 0, 0}, 0, 0, 1000, 0, DEFECT_TYPE, 0},

    /* Daikin: sign and magnitude, 0.1 degC. */
    {"sm16", TYPE_SM16, 0, {0x00FA}, 0, 0, 0.1, 0, DEFECT_NONE, 25},
    {"sm16 below zero", TYPE_SM16, 0, {0x8032}, 0, 0, 0.1, 0, DEFECT_NONE, -5},
    {"sm16 negative zero", TYPE_SM16, 0, {0x8000}, 0, 0, 0.1, 0, DEFECT_NONE, 0},
    {"bcd16", TYPE_BCD16, 0, {0x1994}, 0, 0, 1, 0, DEFECT_NONE, 1994},
    {"bcd16 no digit", TYPE_BCD16, 0, {0x1A94}, 0, 0, 1, 0, DEFECT_TYPE, 0},
    {"bcd32", TYPE_BCD32, 0, {0x1234, 0x5678}, 0, 0, 1, 0, DEFECT_NONE, 12345678},
    {"bcd32 CDAB", TYPE_BCD32, ORDER_LOW_FIRST, {0x5678, 0x1234}, 0, 0, 1, 0, DEFECT_NONE,
	12345678},

    /* Fields: SeaHawk status, Daikin nibbles. */
    {"bit 0", TYPE_U16, 0, {0x0009}, 0, 1, 1, 0, DEFECT_NONE, 1},
    {"bit 1", TYPE_U16, 0, {0x0009}, 1, 1, 1, 0, DEFECT_NONE, 0},
    {"bit 3", TYPE_U16, 0, {0x0009}, 3, 1, 1, 0, DEFECT_NONE, 1},
    {"bit 15", TYPE_U16, 0, {0x8000}, 15, 1, 1, 0, DEFECT_NONE, 1},
    {"nibble", TYPE_U16, 0, {0x0A50}, 8, 4, 1, 0, DEFECT_NONE, 10},
    {"whole as a field", TYPE_U16, 0, {0xFFFF}, 0, 16, 1, 0, DEFECT_NONE, 65535},
    /* A field is a number of the kind of its type: two values in one register. */
    {"high byte", TYPE_U16, 0, {0xF607}, 8, 8, 1, 0, DEFECT_NONE, 246},
    {"high byte, signed", TYPE_S16, 0, {0xF607}, 8, 8, 1, 0, DEFECT_NONE, -10},
    {"low byte, signed", TYPE_S16, 0, {0xF607}, 0, 8, 1, 0, DEFECT_NONE, 7},
    {"lowest of a byte", TYPE_S16, 0, {0x8000}, 8, 8, 1, 0, DEFECT_NONE, -128},
    {"Daikin setpoint limit 32", TYPE_SM16, 0, {0x1020}, 0, 8, 1, 0, DEFECT_NONE, 32},
    {"Daikin setpoint limit -16", TYPE_SM16, 0, {0x9020}, 8, 8, 1, 0, DEFECT_NONE, -16},
    {"Daikin byte, negative zero", TYPE_SM16, 0, {0x8000}, 8, 8, 1, 0, DEFECT_NONE, 0},
    {"BCD minutes", TYPE_BCD16, 0, {0x2359}, 0, 8, 1, 0, DEFECT_NONE, 59},
    {"BCD hours", TYPE_BCD16, 0, {0x2359}, 8, 8, 1, 0, DEFECT_NONE, 23},
    {"BCD minutes, no digit", TYPE_BCD16, 0, {0x235A}, 0, 8, 1, 0, DEFECT_TYPE, 0},
    {"middle of 32 bits, signed", TYPE_S32, 0, {0x000F, 0xE000}, 12, 8, 1, 0, DEFECT_NONE, -2},
    {"one bit has no sign", TYPE_S16, 0, {0x8000}, 15, 1, 1, 0, DEFECT_NONE, 1},
    /* iEM3000: Wh in 64 bits; DCDactive: float of an absent sensor. */
    {"iEM3000 energy", TYPE_S64, 0, {0, 0, 0x0001, 0xE240}, 0, 0, 0.001, 0, DEFECT_NONE, 123.456},
    {"DCDactive 24.6", TYPE_F32, ORDER_LOW_FIRST, {0xCCCD, 0x41C4}, 0, 0, 1, 0, DEFECT_NONE,
	24.6000003814697266},
    {"InRow RC 68.0 degF", TYPE_S32, 0, {0, 680}, 0, 0, 1.0 / 18, -160.0 / 9, DEFECT_NONE, 20},
    {"high bit of two words", TYPE_U32, ORDER_LOW_FIRST, {0x0000, 0x8000}, 31, 1, 1, 0, DEFECT_NONE,
	1},
    {"all of four words", TYPE_U64, 0, {0, 0, 0, 7}, 0, 64, 1, 0, DEFECT_NONE, 7},
    {"bit type in a register", TYPE_BIT, 0, {0x0004}, 2, 0, 1, 0, DEFECT_NONE, 1},

    /* APC Smart-UPS: fixed point, 2^-9 and 2^-7. */
    {"2^-9", TYPE_U16, 0, {0xC800}, 0, 0, 0.001953125, 0, DEFECT_NONE, 100},
    {"offset", TYPE_U16, 0, {500}, 0, 0, 0.1, -40, DEFECT_NONE, 10},
};

static struct point_spec
point_of(const struct vector *v, enum table table)
{
	return (struct point_spec){
	    .at = {.table = table, .count = 4},
	    .codec = {v->type, v->order, v->bit, v->width, v->scale, v->offset},
	};
}

static void
expect(const struct vector *v, const struct sample *got)
{
	if (got->defect != v->defect || fabs(got->value - v->value) > 1e-9 ||
	    got->has_value != (v->defect == DEFECT_NONE || v->defect == DEFECT_UNKNOWN_WORD))
		fail_msg("%s: defect %d value %.17g, expected %d %.17g", v->what, (int)got->defect,
		    got->value, (int)v->defect, v->value);
}

static void
registers(void **state)
{
	bool seen[TYPE_COUNT] = {false};

	(void)state;
	for (size_t i = 0; i < COUNT(vectors); i++) {
		struct point_spec p = point_of(&vectors[i], TABLE_HOLDING);
		struct sample got;

		decode_point(&p, (struct raw){.words = vectors[i].words}, &got);
		expect(&vectors[i], &got);
		assert_false(signbit(got.value) && got.value == 0);
		seen[vectors[i].type] = true;
	}
	for (int t = 0; t < TYPE_COUNT; t++)
		if (t < TYPE_NUMBER && !seen[t])
			fail_msg("type %s has no vector", value_type_word((enum value_type)t));
}

static void
coils_are_bits(void **state)
{
	const struct point_spec p = {
	    .at = {.table = TABLE_DISCRETE, .count = 1},
	    .codec = {.type = TYPE_BIT, .scale = 1},
	};
	struct sample got;

	(void)state;
	for (uint16_t bit = 0; bit < 2; bit++) {
		decode_point(&p, (struct raw){.words = &bit}, &got);
		assert_int_equal(got.defect, DEFECT_NONE);
		assert_true(got.value == bit);
	}
}

/* A source that is too short for its type must not read what follows it. */
static void
never_reads_past_the_source(void **state)
{
	const struct point_spec p = {
	    .at = {.table = TABLE_INPUT, .count = 1},
	    .codec = {.type = TYPE_U32, .scale = 1},
	};
	const uint16_t words[1] = {7};
	struct sample got;

	(void)state;
	decode_point(&p, (struct raw){.words = words}, &got);
	assert_int_equal(got.defect, DEFECT_TYPE);
}

/* ---- sentinels, range, words ----------------------------------------------------------------- */

static void
sentinels(void **state)
{
	static const struct {
		const char *what;
		enum value_type type;
		uint8_t bit, width;
		uint16_t words[4];
		double sentinel;
		bool is;
	} cases[] = {
	    {"Stulz: no sensor", TYPE_S16, 0, 0, {0x8000}, -32768, true},
	    {"next to it", TYPE_S16, 0, 0, {0x8001}, -32768, false},
	    {"Huawei 0x7FFF", TYPE_U16, 0, 0, {0x7FFF}, 0x7FFF, true},
	    {"MSW v4 humidity: s16 with 0xFFFF", TYPE_S16, 0, 0, {0xFFFF}, 65535, true},
	    {"-1 is not 0xFFFF of a u16", TYPE_U16, 0, 0, {0xFFFF}, -1, false},
	    {"u32", TYPE_U32, 0, 0, {0xFFFF, 0xFFFF}, 4294967295.0, true},
	    {"u64", TYPE_U64, 0, 0, {0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF}, 18446744073709551615.0, true},
	    {"Liebert DCD: float of all ones", TYPE_F32, 0, 0, {0xFFFF, 0xFFFF}, 4294967295.0,
		true},
	    {"a float that is one", TYPE_F32, 0, 0, {0x4479, 0xF99A}, 999.9000244140625, true},
	    {"bcd of all ones", TYPE_BCD16, 0, 0, {0xFFFF}, 65535, true},
	    {"sign and magnitude 0x8000 is 0", TYPE_SM16, 0, 0, {0x8000}, 0x8000, true},
	    {"field: 15 of four bits", TYPE_U16, 4, 4, {0x00F0}, 15, true},
	    {"field: whole register invalid", TYPE_U16, 3, 1, {0xFFFF}, 65535, true},
	    {"field: not by its neighbours", TYPE_U16, 3, 1, {0x0001}, 1, false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct point_spec p = {
		    .at = {.table = TABLE_INPUT, .count = 4},
		    .codec = {.type = cases[i].type,
			.bit = cases[i].bit,
			.width = cases[i].width,
			.scale = 0.1},
		    .sentinels = &cases[i].sentinel,
		    .sentinel_count = 1,
		};
		struct sample got;

		decode_point(&p, (struct raw){.words = cases[i].words}, &got);
		if ((got.defect == DEFECT_SENTINEL) != cases[i].is)
			fail_msg("%s: defect %d", cases[i].what, (int)got.defect);
		assert_true(got.defect != DEFECT_SENTINEL || !got.has_value);
	}
}

static void
range_is_inclusive(void **state)
{
	const struct point_spec p = {
	    .at = {.table = TABLE_HOLDING, .count = 1},
	    .codec = {.type = TYPE_S16, .scale = 0.1},
	    .has_range = true,
	    .min = -30,
	    .max = 90,
	};
	const struct {
		int16_t raw;
		enum defect defect;
	} cases[] = {
	    {-300, DEFECT_NONE}, {-301, DEFECT_RANGE}, {900, DEFECT_NONE}, {901, DEFECT_RANGE}};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		uint16_t word = (uint16_t)cases[i].raw;
		struct sample got;

		decode_point(&p, (struct raw){.words = &word}, &got);
		assert_int_equal(got.defect, cases[i].defect);
		assert_int_equal(got.has_value, cases[i].defect == DEFECT_NONE);
	}
}

static const struct word states[] = {{.raw = 1, .text = "normal"}, {.raw = 8, .text = "warning"}};

static void
states_are_listed_or_unknown(void **state)
{
	const struct point_spec p = {
	    .at = {.table = TABLE_INPUT, .count = 1},
	    .codec = {.type = TYPE_U16, .scale = 1},
	    .words = states,
	    .word_count = COUNT(states),
	};
	uint16_t word = 8;
	struct sample got;

	(void)state;
	decode_point(&p, (struct raw){.words = &word}, &got);
	assert_int_equal(got.defect, DEFECT_NONE);
	assert_true(got.value == 8);
	word = 7;
	decode_point(&p, (struct raw){.words = &word}, &got);
	assert_int_equal(got.defect, DEFECT_UNKNOWN_WORD);
	assert_true(got.has_value && got.value == 7); /* kept for "unknown(7)" */
}

/* ---- SNMP ------------------------------------------------------------------------------------ */

static struct snmp_value
bytes(const char *text)
{
	struct snmp_value v = {.type = SNMP_TYPE_BYTES, .length = (uint16_t)strlen(text)};

	memcpy(v.bytes, text, strlen(text));
	return v;
}

static const struct point_spec any_number = {
    .at = {.table = TABLE_OID, .count = 1},
    .codec = {.type = TYPE_NUMBER, .scale = 1},
};

/* zeroDotZero is the name of nothing: seen taken for the number 0, a state "invalid". */
static void
a_name_is_no_number(void **state)
{
	const struct fact_spec fact = {
	    .at = any_number.at, .codec = {.type = TYPE_TEXT, .scale = 1}};
	struct snmp_value v = bytes("0.0");
	struct sample got;
	char text[32];

	(void)state;
	v.type = SNMP_TYPE_NAME;
	decode_point(&any_number, (struct raw){.snmp = &v}, &got);
	assert_int_equal(got.defect, DEFECT_TYPE);
	assert_false(got.has_value);
	assert_true(decode_fact(&fact, (struct raw){.snmp = &v}, text, sizeof(text)));
	assert_string_equal(text, "0.0");
}

static void
numbers_in_text(void **state)
{
	static const struct {
		const char *text;
		bool is;
		double value;
	} cases[] = {
	    {"20.3", true, 20.3}, /* HWg STE2 sensString */
	    {"20,9", true, 20.9},
	    {"29.6 %RH", true, 29.6},
	    {"15 PERCENT", true, 15},
	    {"0.00 degree C", true, 0},
	    {"  -4.5", true, -4.5},
	    {"+7", true, 7},
	    {"21.5\xC2\xB0"
	     "C",
		true, 21.5},
	    {"45%", true, 45},
	    {"230V", true, 230},
	    {"20.", true, 20},
	    {"123456789012345678", true, 123456789012345678.0},
	    {"1234567890123456789", false, 0},
	    {"", false, 0},
	    {" ", false, 0},
	    {"-", false, 0},
	    {".", false, 0},
	    {"N/A", false, 0},
	    {"---", false, 0},
	    {"nan", false, 0},
	    {"1,234.5", false, 0},
	    {"1,234", false, 0},
	    {"10.0.0.1", false, 0},
	    {"20:15", false, 0},
	    {"2020-10-11", false, 0},
	    {"0x1F", false, 0},
	    {"12E3", false, 0},
	    {"1 day 3 h", false, 0},
	    {"10 20", false, 0},
	    {"--5", false, 0},
	    {"5 / 6", false, 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct snmp_value v = bytes(cases[i].text);
		struct sample got;

		decode_point(&any_number, (struct raw){.snmp = &v}, &got);
		if ((got.defect == DEFECT_NONE) != cases[i].is ||
		    (cases[i].is && fabs(got.value - cases[i].value) > 1e-9))
			fail_msg("\"%s\": defect %d value %g", cases[i].text, (int)got.defect,
			    got.value);
		assert_true(got.defect == DEFECT_NONE || got.defect == DEFECT_TYPE);
	}
}

/* 75 degree F is a number, and no 75 Cel. */
static void
a_text_of_another_unit_is_no_value(void **state)
{
	static const struct {
		const char *unit, *text;
		double scale; /* 0: type hex */
		bool is;
	} cases[] = {
	    {"Cel", "24.20 degree C", 1, true},
	    {"Cel", "29.0 C", 1, true},
	    {"Cel", "29", 1, true},
	    {"Cel",
		"21.5\xC2\xB0"
		"C",
		1, true},
	    {"Cel", "75.56 degree F", 1, false},
	    {"Cel", "75.56 degrees F", 1, false},
	    {"Cel",
		"73.4 \xB0"
		"F",
		1, false}, /* Latin-1 */
	    {"Cel",
		"21.5 \xB0"
		"C",
		1, true},
	    {"Cel", "73.4 deg. F", 1, false},
	    {"Cel", "73.4 f", 1, false},
	    {"Cel", "73.4\xE2\x84\x89", 1, false},
	    {"W", "1.2 KW", 1, false},
	    {"VA", "1.2 KVA", 1, false},
	    {"kW", "1.2 KW", 1, true},
	    {"Cel", "84 F", 1, false},
	    {"Cel", "84.F ", 1, false},
	    {"Cel",
		"84\xC2\xB0"
		"F",
		1, false},
	    {"Cel", "70.5 deg F", 1, false},
	    {"Cel", "70.5 Fahrenheit", 1, false},
	    {"Cel", "70.5 F", 0.5, true}, /* the profile knows it */
	    {"%RH", "29.6 %RH", 1, true},
	    {"W", "980 W", 1, true},
	    {"W", "1.2 kW", 1, false},
	    {"kW", "1.2 kW", 1, true},
	    {"kW", "980 W", 0.001, true},
	    {"A", "16A", 1, true},
	    {"A", "160 mA", 1, false},
	    {"Cel", "1F", 0, true}, /* hexadecimal */
	    {"V", "230 of whatever there is to be said", 1, true},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct unit unit = {.code = cases[i].unit};
		struct snmp_value v = bytes(cases[i].text);
		struct point_spec p = any_number;
		struct sample got;

		p.unit = &unit;
		p.codec.scale = cases[i].scale != 0 ? cases[i].scale : 1;
		p.codec.type = cases[i].scale != 0 ? TYPE_NUMBER : TYPE_HEX;
		decode_point(&p, (struct raw){.snmp = &v}, &got);
		if (got.defect != (cases[i].is ? DEFECT_NONE : DEFECT_TYPE))
			fail_msg("\"%s\": defect %d", cases[i].text, (int)got.defect);
	}
}

static void
snmp_types(void **state)
{
	struct snmp_value v = {.type = SNMP_TYPE_SIGNED, .i = -9999};
	struct point_spec p = any_number;
	struct sample got;
	double no_sensor = -9999;

	(void)state;
	p.codec.scale = 0.1;
	decode_point(&p, (struct raw){.snmp = &v}, &got);
	assert_true(fabs(got.value + 999.9) < 1e-9);
	p.sentinels = &no_sensor;
	p.sentinel_count = 1;
	decode_point(&p, (struct raw){.snmp = &v}, &got);
	assert_int_equal(got.defect, DEFECT_SENTINEL);

	v = (struct snmp_value){.type = SNMP_TYPE_UNSIGNED, .u = 203};
	decode_point(&p, (struct raw){.snmp = &v}, &got);
	assert_true(fabs(got.value - 20.3) < 1e-9);
	v = (struct snmp_value){.type = SNMP_TYPE_FLOAT, .f = (double)INFINITY};
	decode_point(&p, (struct raw){.snmp = &v}, &got);
	assert_int_equal(got.defect, DEFECT_TYPE);
	v = (struct snmp_value){.type = SNMP_TYPE_NONE};
	decode_point(&p, (struct raw){.snmp = &v}, &got);
	assert_int_equal(got.defect, DEFECT_TYPE);

	/* W&T: -23257 came as 42279 of a wrapped 16-bit word; the type in the profile undoes it. */
	p = any_number;
	p.codec.type = TYPE_S16;
	v = (struct snmp_value){.type = SNMP_TYPE_UNSIGNED, .u = 42279};
	decode_point(&p, (struct raw){.snmp = &v}, &got);
	assert_true(got.value == -23257);
	v = bytes("2.5");
	decode_point(&p, (struct raw){.snmp = &v}, &got);
	assert_int_equal(got.defect, DEFECT_TYPE);

	p = any_number;
	p.codec.bit = 2;
	p.codec.width = 2;
	v = (struct snmp_value){.type = SNMP_TYPE_SIGNED, .i = 0xD};
	decode_point(&p, (struct raw){.snmp = &v}, &got);
	assert_true(got.value == 3);
	v = bytes("13");
	decode_point(&p, (struct raw){.snmp = &v}, &got);
	assert_true(got.value == 3);

	p = any_number;
	p.words = states;
	p.word_count = COUNT(states);
	v = bytes("1.5");
	decode_point(&p, (struct raw){.snmp = &v}, &got);
	assert_int_equal(got.defect, DEFECT_UNKNOWN_WORD);
}

/* What the type cannot hold is no part of it: a status word that grew by a bit is not 0. */
static void
a_type_is_not_half_of_a_number(void **state)
{
	static const struct {
		enum value_type type;
		uint8_t width;
		int64_t came;
		enum defect defect;
		double value;
	} cases[] = {
	    {TYPE_U16, 0, 65535, DEFECT_NONE, 65535},
	    {TYPE_U16, 0, 65536, DEFECT_TYPE, 0},
	    {TYPE_U16, 0, 70000, DEFECT_TYPE, 0},
	    {TYPE_U16, 0, -1, DEFECT_NONE, 65535}, /* an INTEGER with the sign drawn out */
	    {TYPE_U16, 0, -32769, DEFECT_TYPE, 0},
	    {TYPE_S16, 0, -23257, DEFECT_NONE, -23257},
	    {TYPE_S16, 0, 42279, DEFECT_NONE, -23257},
	    {TYPE_S16, 0, 0xFFFFA527, DEFECT_NONE, -23257}, /* the same in 32 bits */
	    {TYPE_S16, 0, 0x1A527, DEFECT_TYPE, 0},
	    {TYPE_S16, 0, 0xFFFF0001, DEFECT_TYPE, 0},
	    {TYPE_U16, 4, 0x10001, DEFECT_TYPE, 0},
	    {TYPE_U32, 0, 4294967295, DEFECT_NONE, 4294967295.0},
	    {TYPE_U32, 0, 4294967296, DEFECT_TYPE, 0},
	    {TYPE_S32, 0, 4294967295, DEFECT_NONE, -1},
	    {TYPE_U64, 0, INT64_MAX, DEFECT_NONE, 9223372036854775807.0},
	};
	struct snmp_value text = bytes("3.5");
	struct point_spec p = any_number;
	struct sample got;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct snmp_value v = {.type = SNMP_TYPE_SIGNED, .i = cases[i].came};

		p.codec.type = cases[i].type;
		p.codec.width = cases[i].width;
		decode_point(&p, (struct raw){.snmp = &v}, &got);
		if (got.defect != cases[i].defect || got.value != cases[i].value)
			fail_msg("case %zu: defect %d value %g", i, (int)got.defect, got.value);
	}
	/* Bits of what is no whole number. */
	p.codec = (struct codec){.type = TYPE_NUMBER, .bit = 1, .width = 1, .scale = 1};
	decode_point(&p, (struct raw){.snmp = &text}, &got);
	assert_int_equal(got.defect, DEFECT_TYPE);
}

/* ---- facts ----------------------------------------------------------------------------------- */

static void
facts(void **state)
{
	static const uint16_t serial[] = {0x5344, 0x5A30, 0x3120, 0x2000, 0xFFFF}; /* "SDZ01  " */
	static const uint16_t swapped[] = {0x4453, 0x305A};
	static const uint16_t firmware = 419;
	static const uint16_t one = 1, seven = 7;
	static const uint16_t huge[] = {0x7F00, 0x0000}; /* 1.7e38 */
	struct fact_spec f = {
	    .at = {.table = TABLE_HOLDING, .count = 5}, .codec = {.type = TYPE_TEXT, .scale = 1}};
	struct snmp_value v = bytes("  Scalar\x1b[2J i6000 ");
	char text[64];

	(void)state;
	assert_true(decode_fact(&f, (struct raw){.words = serial}, text, sizeof(text)));
	assert_string_equal(text, "SDZ01");
	f.at.count = 2;
	f.codec.order = ORDER_BYTES;
	assert_true(decode_fact(&f, (struct raw){.words = swapped}, text, sizeof(text)));
	assert_string_equal(text, "SDZ0");
	assert_true(decode_fact(&f, (struct raw){.words = swapped}, text, 3));
	assert_string_equal(text, "SD");
	f.codec.order = ORDER_HIGH_FIRST;

	f.at.table = TABLE_OID;
	assert_true(decode_fact(&f, (struct raw){.snmp = &v}, text, sizeof(text)));
	assert_string_equal(text, "Scalar?[2J i6000");
	v = bytes("");
	assert_false(decode_fact(&f, (struct raw){.snmp = &v}, text, sizeof(text)));
	assert_string_equal(text, "");

	f = (struct fact_spec){
	    .at = {.table = TABLE_HOLDING, .count = 1}, .codec = {.type = TYPE_U16, .scale = 0.01}};
	assert_true(decode_fact(&f, (struct raw){.words = &firmware}, text, sizeof(text)));
	assert_string_equal(text, "4.19");
	f.codec.scale = 1;
	f.words = states;
	f.word_count = COUNT(states);
	assert_true(decode_fact(&f, (struct raw){.words = &one}, text, sizeof(text)));
	assert_string_equal(text, "normal");
	assert_true(decode_fact(&f, (struct raw){.words = &seven}, text, sizeof(text)));
	assert_string_equal(text, "unknown(7)");

	/* beyond every integer, and no word */
	f = (struct fact_spec){
	    .at = {.table = TABLE_HOLDING, .count = 2}, .codec = {.type = TYPE_F32, .scale = 1}};
	assert_true(decode_fact(&f, (struct raw){.words = huge}, text, sizeof(text)));
	assert_true(text[0] != '\0' && strchr(text, '(') == NULL);
}

/* An update of the firmware turns the words around: what was 21.5 must not become a good 0. */
static void
words_in_the_wrong_order_are_no_value(void **state)
{
	const struct point_spec p = {
	    .at = {.table = TABLE_HOLDING, .count = 2},
	    .codec = {.type = TYPE_F32, .scale = 1},
	    .has_range = true,
	    .min = -50,
	    .max = 1000,
	};

	(void)state;
	for (int i = -100; i < 256; i++) {
		float f = (float)i / 2; /* an empty low word */
		uint32_t bits;
		struct sample right, wrong;

		memcpy(&bits, &f, sizeof(bits));
		decode_point(&p,
		    (struct raw){.words = (uint16_t[]){(uint16_t)(bits >> 16), (uint16_t)bits}},
		    &right);
		decode_point(&p,
		    (struct raw){.words = (uint16_t[]){(uint16_t)bits, (uint16_t)(bits >> 16)}},
		    &wrong);
		assert_int_equal(right.defect, DEFECT_NONE);
		assert_true(i == 0 || wrong.defect == DEFECT_TYPE);
	}
}

/* ---- in words -------------------------------------------------------------------------------- */

static void
explains_each_step(void **state)
{
	static const struct unit celsius = {.code = "Cel", .label = "°C"}, metre = {.code = "m"};
	static const uint16_t warm = 0x00F3, none = 0x8000, hot = 0x1000, status = 0x0009;
	static const uint16_t far[] = {0x0000, 0x4148}, no_number[] = {0x7FC0, 0};
	static const struct word leak[] = {{.raw = 0, .text = "dry"}, {.raw = 1, .text = "leak"}};
	const double sentinel = -32768;
	struct snmp_value v = {.type = SNMP_TYPE_SIGNED, .i = 203};
	struct point_spec p = {
	    .at = {.table = TABLE_HOLDING, .count = 1},
	    .codec = {.type = TYPE_S16, .scale = 0.1},
	    .unit = &celsius,
	    .has_range = true,
	    .min = -30,
	    .max = 90,
	    .sentinels = &sentinel,
	    .sentinel_count = 1,
	};
	char text[256];

	(void)state;
	decode_explain(&p, (struct raw){.words = &warm}, NULL, text, sizeof(text));
	assert_string_equal(
	    text, "register 0x00F3 -> 243 (s16) -> x 0.1 -> 24.3 Cel; in range -30..90");
	decode_explain(&p, (struct raw){.words = &none}, NULL, text, sizeof(text));
	assert_string_equal(text,
	    "register 0x8000 -> -32768 (s16); this is the device's placeholder "
	    "for \"no value\"");
	decode_explain(&p, (struct raw){.words = &hot}, NULL, text, sizeof(text));
	assert_string_equal(
	    text, "register 0x1000 -> 4096 (s16) -> x 0.1 -> 409.6 Cel; outside range -30..90");

	p = (struct point_spec){.at = {.table = TABLE_INPUT, .count = 2},
	    .codec = {.type = TYPE_F32, .order = ORDER_LOW_FIRST, .scale = 1},
	    .unit = &metre};
	decode_explain(&p, (struct raw){.words = far}, NULL, text, sizeof(text));
	assert_string_equal(
	    text, "registers 0x0000 0x4148 (low word first) -> 12.5 (f32) -> 12.5 m");
	p.codec.order = ORDER_HIGH_FIRST;
	decode_explain(&p, (struct raw){.words = no_number}, NULL, text, sizeof(text));
	assert_string_equal(text, "registers 0x7FC0 0x0000; this is no number (f32)");

	p = (struct point_spec){.at = {.table = TABLE_INPUT, .count = 1},
	    .codec = {.type = TYPE_U16, .bit = 0, .width = 1, .scale = 1},
	    .words = leak,
	    .word_count = COUNT(leak)};
	decode_explain(&p, (struct raw){.words = &status}, NULL, text, sizeof(text));
	assert_string_equal(text, "register 0x0009 -> bit 0 -> 1 -> 1 = leak");
	p.codec.width = 4;
	decode_explain(&p, (struct raw){.words = &status}, NULL, text, sizeof(text));
	assert_string_equal(
	    text, "register 0x0009 -> bits 0..3 -> 9 -> 9; not in the profile's list of states");

	p = any_number;
	p.codec.scale = 0.1;
	p.unit = &celsius;
	decode_explain(&p, (struct raw){.snmp = &v}, NULL, text, sizeof(text));
	assert_string_equal(text, "answer 203 -> 203 -> x 0.1 -> 20.3 Cel");
	v = bytes("29.6 %RH");
	decode_explain(&p, (struct raw){.snmp = &v}, NULL, text, sizeof(text));
	assert_string_equal(text, "answer 29.6 %RH -> 29.6 -> x 0.1 -> 2.96 Cel");
	v = bytes("75.56 degree F");
	p.codec.scale = 1;
	decode_explain(&p, (struct raw){.snmp = &v}, NULL, text, sizeof(text));
	assert_string_equal(text, "answer 75.56 degree F; this is not in Cel");
}

static void
raw_text_is_bounded(void **state)
{
	const struct source at = {.table = TABLE_INPUT, .count = 20};
	static const uint16_t words[20] = {0xABCD, 0x0012};
	char text[16];

	(void)state;
	decode_raw_text(&at, (struct raw){.words = words}, text, sizeof(text));
	assert_string_equal(text, "0xABCD 0x0012");
}

static uint32_t dice = 20261121;

static uint32_t
roll(uint32_t n)
{
	dice = dice * 1664525u + 1013904223u;
	return dice / 65536u % n;
}

/* Whatever comes in: a value that is called good is a finite number inside its range. */
static void
nothing_odd_is_ever_good(void **state)
{
	double sentinel = -32768;

	(void)state;
	for (int n = 0; n < 300000; n++) {
		struct snmp_value v = {0};
		uint16_t words[4];
		struct sample got;
		char text[300];
		struct point_spec p = {.has_range = n % 2, .min = -1000, .max = 1000};

		p.at = (struct source){
		    .table = (enum table)(1 + roll(5)), .count = (uint16_t)(1 + roll(4))};
		p.codec = (struct codec){(enum value_type)roll(TYPE_COUNT),
		    (enum word_order)roll(ORDER_COUNT), (uint8_t)roll(70), (uint8_t)roll(70), 0.1,
		    0};
		p.sentinels = &sentinel;
		p.sentinel_count = 1;
		p.words = n % 5 == 0 ? states : NULL;
		p.word_count = COUNT(states);
		for (size_t i = 0; i < COUNT(words); i++)
			words[i] = (uint16_t)roll(65536);
		v.type = (enum snmp_type)roll(5);
		v.i = (int64_t)((uint64_t)roll(65536) << 48 | roll(65536));
		v.u = (uint64_t)v.i;
		v.f = (double)v.i / (double)(roll(3));
		v.length = (uint16_t)roll(SNMP_BYTES_MAX + 20);
		for (size_t i = 0; i < SNMP_BYTES_MAX; i++)
			v.bytes[i] = (uint8_t) "0123456789.,- %\xC2x\0"[roll(19)];
		struct raw raw = {.words = p.at.table == TABLE_OID ? NULL : words,
		    .snmp = p.at.table == TABLE_OID ? &v : NULL};

		decode_point(&p, raw, &got);
		decode_explain(&p, raw, NULL, text, sizeof(text));
		decode_explain(&p, raw, NULL, text, 10);
		assert_true(isfinite(got.value));
		if (got.defect == DEFECT_NONE && p.has_range && p.words == NULL)
			assert_true(got.value >= -1000 && got.value <= 1000);
		if (got.defect == DEFECT_NONE && p.words != NULL)
			assert_true(got.value == 0.1 || fabs(got.value - 0.8) < 1e-9);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(registers),
	    cmocka_unit_test(coils_are_bits),
	    cmocka_unit_test(never_reads_past_the_source),
	    cmocka_unit_test(sentinels),
	    cmocka_unit_test(words_in_the_wrong_order_are_no_value),
	    cmocka_unit_test(range_is_inclusive),
	    cmocka_unit_test(states_are_listed_or_unknown),
	    cmocka_unit_test(a_name_is_no_number),
	    cmocka_unit_test(numbers_in_text),
	    cmocka_unit_test(a_text_of_another_unit_is_no_value),
	    cmocka_unit_test(snmp_types),
	    cmocka_unit_test(a_type_is_not_half_of_a_number),
	    cmocka_unit_test(facts),
	    cmocka_unit_test(explains_each_step),
	    cmocka_unit_test(raw_text_is_bounded),
	    cmocka_unit_test(nothing_odd_is_ever_good),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
