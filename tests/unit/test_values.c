/*
 * How raw answers become values beyond plain numbers: texts of SNMP devices, bytes, facts, powers
 * of ten, counters as rates; first the pure parts, then in a core over a device that behaves as
 * told.
 */
#include "core/core_private.h"
#include "heart_room.h"

#include <math.h>

static struct snmp_value
bytes(const char *b, size_t n)
{
	struct snmp_value v = {.type = SNMP_TYPE_BYTES, .length = (uint16_t)n};

	memcpy(v.bytes, b, n);
	return v;
}

/* ---- texts and bytes ------------------------------------------------------------------------- */

static void
texts_are_states(void **state)
{
	static const struct word words[] = {{.raw = 1, .text = "dry"}, {.raw = 2, .text = "leak"}};
	static const char *const texts[] = {"DRY", "Water Detected"};
	static const struct {
		const char *text;
		double want; /* 0: unknown */
	} cases[] = {{"DRY", 1}, {"dry ", 1}, {" Water detected\r\n", 2}, {"WET", 0}, {"", 0},
	    {"DRY2", 0}, {"1", 0}};
	const struct point_spec p = {.at = {.table = TABLE_OID, .count = 1},
	    .codec = {.type = TYPE_NUMBER, .scale = 1},
	    .words = words,
	    .word_count = COUNT(words),
	    .texts = texts};
	struct sample got;
	struct snmp_value v;
	char text[128];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		v = bytes(cases[i].text, strlen(cases[i].text));
		decode_point(&p, (struct raw){.snmp = &v}, &got);
		if (got.value != cases[i].want ||
		    got.defect != (cases[i].want > 0 ? DEFECT_NONE : DEFECT_UNKNOWN_WORD))
			fail_msg(
			    "\"%s\": %g, defect %d", cases[i].text, got.value, (int)got.defect);
		assert_true(got.has_value); /* of no listed state, where it is none */
	}
	v = (struct snmp_value){.type = SNMP_TYPE_SIGNED, .i = 1};
	decode_point(&p, (struct raw){.snmp = &v}, &got);
	assert_false(got.has_value); /* a number where a text was promised */
	v = bytes("dry", 3);
	decode_explain(&p, (struct raw){.snmp = &v}, NULL, text, sizeof(text));
	assert_string_equal(text, "answer dry -> 1 = dry");
	v = bytes("WET", 3);
	decode_explain(&p, (struct raw){.snmp = &v}, NULL, text, sizeof(text));
	assert_string_equal(text, "answer WET; not in the profile's list of states");
}

static void
bytes_are_numbers(void **state)
{
	static const struct {
		enum value_type type;
		const char *bytes;
		size_t length;
		uint8_t bit, width;
		enum defect defect;
		double value;
	} cases[] = {
	    {TYPE_HEX, "0x1A", 4, 0, 0, DEFECT_NONE, 26},
	    {TYPE_HEX, " 1a ", 4, 0, 0, DEFECT_NONE, 26},
	    {TYPE_HEX, "0x", 2, 0, 0, DEFECT_TYPE, 0},
	    {TYPE_HEX, "", 0, 0, 0, DEFECT_TYPE, 0},
	    {TYPE_HEX, "1G", 2, 0, 0, DEFECT_TYPE, 0},
	    {TYPE_HEX, "12345678901234567", 17, 0, 0, DEFECT_TYPE, 0},
	    {TYPE_OCTETS, "\x00\x0B\xDC", 3, 0, 0, DEFECT_NONE, 3036},
	    {TYPE_OCTETS, "\x80", 1, 7, 1, DEFECT_NONE, 1},
	    {TYPE_OCTETS, "\x00\x00\x00\x00\x00\x00\x00\x00\x01", 9, 0, 0, DEFECT_TYPE, 0},
	    {TYPE_OCTETS, "", 0, 0, 0, DEFECT_TYPE, 0},
	};
	struct sample got;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct point_spec p = {.at = {.table = TABLE_OID, .count = 1},
		    .codec = {.type = cases[i].type,
			.bit = cases[i].bit,
			.width = cases[i].width,
			.scale = 1}};
		struct snmp_value v = bytes(cases[i].bytes, cases[i].length);

		decode_point(&p, (struct raw){.snmp = &v}, &got);
		if (got.defect != cases[i].defect || got.value != cases[i].value)
			fail_msg("case %zu: %g, defect %d", i, got.value, (int)got.defect);
	}
}

static void
assert_fact(enum value_type type, struct raw raw, uint16_t count, const char *want)
{
	const struct fact_spec f = {
	    .at = {.table = raw.snmp ? TABLE_OID : TABLE_HOLDING, .count = count},
	    .codec = {.type = type, .scale = 1}};
	char text[FACT_TEXT_MAX];

	assert_int_equal(decode_fact(&f, raw, text, sizeof(text)), want[0] != '\0');
	assert_string_equal(text, want);
}

static void
facts_are_read_as_they_are_written(void **state)
{
	/* "AP9640" and what stands behind it on devices */
	static const uint16_t blanks[] = {0x4150, 0x3936, 0x3430, 0x2020},
			      nuls[] = {0x4150, 0x3936, 0x3430, 0x0000},
			      never[] = {0x4150, 0x3936, 0x3430, 0xFFFF},
			      unset[] = {0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF};
	static const uint16_t day[] = {7072}, no_day[] = {0xFFFF}; /* 2019-05-13 */
	static const uint16_t mac_words[] = {0x00C0, 0xB773, 0x2389};
	/* RFC 2579: "1992-5-26,13:30:15.0,-4:0" */
	struct snmp_value date = bytes("\x07\xC8\x05\x1A\x0D\x1E\x0F\x00\x2D\x04\x00", 11),
			  bad_date = bytes("\x07\xC8\x0D\x1A\x0D\x1E\x0F\x00", 8),
			  mac = bytes("\x00\x0b\xdc\x34\xd1\x06", 6), no_mac = bytes("abc", 3);

	(void)state;
	assert_fact(TYPE_TEXT, (struct raw){.words = blanks}, 4, "AP9640");
	assert_fact(TYPE_TEXT, (struct raw){.words = nuls}, 4, "AP9640");
	assert_fact(TYPE_TEXT, (struct raw){.words = never}, 4, "AP9640");
	assert_fact(TYPE_TEXT, (struct raw){.words = unset}, 4, "");
	assert_fact(TYPE_DATE, (struct raw){.words = day}, 1, "2019-05-13");
	assert_fact(TYPE_DATE, (struct raw){.words = no_day}, 1, "");
	assert_fact(TYPE_MAC, (struct raw){.words = mac_words}, 3, "00:c0:b7:73:23:89");
	assert_fact(TYPE_MAC, (struct raw){.snmp = &mac}, 1, "00:0b:dc:34:d1:06");
	assert_fact(TYPE_MAC, (struct raw){.snmp = &no_mac}, 1, "");
	assert_fact(TYPE_DATE_AND_TIME, (struct raw){.snmp = &date}, 1, "1992-05-26 13:30:15");
	assert_fact(TYPE_DATE_AND_TIME, (struct raw){.snmp = &bad_date}, 1, "");
}

/* ---- powers of ten ----------------------------------------------------------------------------
 */

static void
a_power_of_ten_is_exact(void **state)
{
	const struct point_spec p = {
	    .at = {.table = TABLE_HOLDING, .count = 1}, .codec = {.type = TYPE_S16, .scale = 1}};
	uint16_t word = 2345;
	struct sample got;

	(void)state;
	decode_point_with(
	    &p, (struct raw){.words = &word}, &(struct decode_with){.exponent = -2}, &got);
	assert_true(got.value == 23.45);
	decode_point_with(
	    &p, (struct raw){.words = &word}, &(struct decode_with){.exponent = 3}, &got);
	assert_true(got.value == 2345000);
	decode_point_with(
	    &p, (struct raw){.words = &word}, &(struct decode_with){.exponent = 11}, &got);
	assert_int_equal(got.defect, DEFECT_TYPE);
	decode_point_with(&p, (struct raw){.words = &word},
	    &(struct decode_with){.defect = DEFECT_NO_SCALE}, &got);
	assert_int_equal(got.defect, DEFECT_NO_SCALE);
	assert_false(got.has_value);
}

/* ---- rates, pure ------------------------------------------------------------------------------
 */

static const struct needs per_second = {.rate = RATE_PER_SECOND, .uptime = 1};
static const struct needs per_minute = {.rate = RATE_PER_MINUTE};

static struct point_spec
counter(enum value_type type, const struct needs *n, double scale, double max)
{
	return (struct point_spec){.at = {.table = TABLE_OID, .count = 1},
	    .codec = {.type = type, .scale = scale},
	    .has_range = max > 0,
	    .max = max,
	    .needs = n};
}

static mono_t
at_ms(int64_t ms)
{
	return (mono_t){(1000000 + ms) * 1000};
}

/* One reading: -1 no sample, -2 DEFECT_RESTART, -3 another defect, else the rate. */
static double
step(struct rate_state *r, const struct point_spec *p, uint64_t count, int64_t ms, double uptime)
{
	const struct rate_input in = {.count = count,
	    .at = at_ms(ms),
	    .has_uptime = p->needs->uptime != 0,
	    .uptime = uptime,
	    .uptime_in_s = true};
	struct sample out;

	if (!rate_step(r, p, &in, &out))
		return -1;
	return out.defect == DEFECT_NONE ? out.value : out.defect == DEFECT_RESTART ? -2 : -3;
}

static void
a_rate_takes_two_readings(void **state)
{
	struct point_spec octets = counter(TYPE_U64, &per_second, 8, 0);
	struct point_spec errors = counter(TYPE_U32, &per_minute, 1, 0);
	struct rate_state r = {0}, e = {0};

	(void)state;
	assert_true(step(&r, &octets, 1000, 0, 100) == -1);
	assert_true(step(&r, &octets, 2250, 10000, 110) == 1000); /* bit/s */
	assert_true(step(&r, &octets, 2250, 20000, 120) == 0);
	assert_true(step(&r, &octets, 2260, 20500, 120.5) == -1); /* too soon to say */
	assert_true(step(&r, &octets, 3500, 30000, 130) == 1000); /* over the whole of it */
	assert_true(step(&e, &errors, 5, 0, 0) == -1);
	assert_true(step(&e, &errors, 8, 30000, 0) == 6); /* per minute */
	/* a double could not tell these apart */
	r = (struct rate_state){0};
	assert_true(step(&r, &octets, UINT64_MAX - 10, 0, 1) == -1);
	assert_true(step(&r, &octets, UINT64_MAX - 5, 10000, 11) == 4);
}

static void
a_counter_runs_over_its_end(void **state)
{
	struct point_spec with = counter(TYPE_U32, &per_second, 8, 1e9);
	struct point_spec without = counter(TYPE_U32, &per_minute, 1, 0);
	struct point_spec decimal = counter(TYPE_BCD16, &per_second, 1, 0);
	struct rate_state r = {0}, w = {0}, b = {0};

	(void)state;
	assert_true(step(&r, &with, 4294967000, 0, 100) == -1);
	assert_true(step(&r, &with, 704, 10000, 110) == 800);
	assert_true(r.wrapped);
	/* with nothing that tells a restart from it, a counter that went back says nothing */
	assert_true(step(&w, &without, 4294967000, 0, 0) == -1);
	assert_true(step(&w, &without, 704, 10000, 0) == -2);
	assert_true(step(&w, &without, 714, 20000, 0) == 60);
	assert_true(decode_count_modulus(&decimal) == 10000);
	assert_true(step(&b, &decimal, 9990, 0, 1) == -1);
	assert_true(step(&b, &decimal, 10, 10000, 11) == 2);
	/* 64 bits do not run over in the life of a device */
	with.codec.type = TYPE_U64;
	r = (struct rate_state){0};
	assert_true(step(&r, &with, 5000, 0, 100) == -1);
	assert_true(step(&r, &with, 10, 10000, 110) == -2);
}

static void
no_rate_over_a_restart(void **state)
{
	struct point_spec p = counter(TYPE_U32, &per_second, 1, 0);
	struct rate_state r = {0};
	struct sample out;
	struct rate_input in = {.has_discontinuity = true, .has_uptime = true};

	(void)state;
	assert_true(step(&r, &p, 5000, 0, 100) == -1);
	/* it counts more than before already: without the time since the start nobody would know */
	assert_true(step(&r, &p, 9000, 10000, 4) == -2);
	assert_true(step(&r, &p, 9100, 20000, 14) == 10);
	/* it was up for 14 s, and restarted since: it has been up for less than it is ago */
	assert_true(step(&r, &p, 10, 80000, 16) == -2);
	assert_true(step(&r, &p, 9100, 82000, 18) == 4545);
	/* this counter alone began anew */
	in.count = 9200;
	in.at = at_ms(92000);
	in.uptime = 28;
	in.discontinuity = 20;
	assert_true(rate_step(&r, &p, &in, &out));
	assert_int_equal(out.defect, DEFECT_RESTART);
	in.count = 9300;
	in.at = at_ms(102000);
	in.uptime = 38;
	assert_true(rate_step(&r, &p, &in, &out));
	assert_true(out.defect == DEFECT_NONE && out.value == 10);
}

static void
no_rate_that_could_be_another(void **state)
{
	/* 10 Gbit/s can turn 32 bits of octets over three times in ten seconds */
	struct point_spec fast = counter(TYPE_U32, &per_second, 8, 1e10);
	struct point_spec p = counter(TYPE_U64, &per_second, 8, 1e9);
	struct rate_state r = {0};

	(void)state;
	assert_true(step(&r, &fast, 0, 0, 1) == -1);
	assert_true(step(&r, &fast, 100, 10000, 11) == -2);
	assert_true(step(&r, &fast, 200, 12000, 13) == 400);
	r = (struct rate_state){0};
	assert_true(step(&r, &p, 0, 0, 1) == -1);
	assert_true(step(&r, &p, 2000000000, 10000, 11) == -3);     /* more than the range */
	assert_true(step(&r, &p, 2000000000, 4000000, 4001) == -2); /* more than an hour ago */
}

/* An operator clears the counters, a line card starts anew: the device and its uptime go on. */
static void
no_rate_over_a_cleared_counter(void **state)
{
	struct point_spec errors = counter(TYPE_U32, &per_second, 1, 0);
	struct point_spec octets = counter(TYPE_U32, &per_second, 8, 5e8);
	struct rate_state r = {0}, o = {0};

	(void)state;
	assert_true(step(&r, &errors, 5000000, 0, 100) == -1);
	assert_true(step(&r, &errors, 0, 10000, 110) == -2);
	assert_true(step(&r, &errors, 10, 20000, 120) == 1);
	/* near its end: what is left to it would be a rate within the range */
	assert_true(step(&o, &octets, 4000000000, 0, 100) == -1);
	assert_true(step(&o, &octets, 4000100000, 10000, 110) == 80000);
	assert_true(step(&o, &octets, 0, 20000, 120) == -2);
	assert_true(step(&o, &octets, 4000000000, 30000, 130) == -3);
	assert_true(step(&o, &octets, 4294900000, 40000, 140) == 235920000);
	assert_true(step(&o, &octets, 32704, 50000, 150) == 80000); /* over its end */
	/* a quick one, that does so more often than not: 4/5 of what it can hold each time */
	o = (struct rate_state){0};
	assert_true(step(&o, &octets, 0, 0, 100) == -1);
	assert_true(step(&o, &octets, 3435973836, 60000, 160) == 458129844.8);
	assert_true(step(&o, &octets, 2576980376, 120000, 220) == 458129844.8);
	assert_true(step(&o, &octets, 1717986916, 180000, 280) == 458129844.8);
}

/* ---- in a core --------------------------------------------------------------------------------
 */

enum { SCALE, POWER, SENSOR, READING, UPTIME, PULSES, SLOW };
static const struct word sensor_words[] = {
    {.raw = 0, .text = "gone"}, {.raw = 4, .text = "normal"}};
static const struct needs need_scale = {.exponent = SCALE + 1};
static const struct needs need_sensor = {
    .guard = SENSOR + 1, .kind = RULE_DIFFERS, .limit = 0, .when = "sensor != gone"};
static const struct needs need_uptime = {.rate = RATE_PER_MINUTE, .uptime = UPTIME + 1};
static struct point_spec points[7];
static struct profile profile;
static struct alarm_rule rules[1];
static struct room *r;

static struct point_spec
plain(const char *name, uint16_t address, enum value_type type)
{
	struct point_spec p = room_point(name, address, POLL_NORMAL);

	p.codec = (struct codec){.type = type, .scale = 1};
	return p;
}

static int
setup(void **state)
{
	(void)state;
	points[SCALE] = plain("scale", 0, TYPE_S16);
	points[POWER] = plain("power", 1, TYPE_U16);
	points[POWER].needs = &need_scale;
	points[SENSOR] = plain("sensor", 2, TYPE_U16);
	points[SENSOR].words = sensor_words;
	points[SENSOR].word_count = COUNT(sensor_words);
	points[READING] = plain("reading", 3, TYPE_U16);
	points[READING].needs = &need_sensor;
	points[UPTIME] = plain("uptime", 20, TYPE_U16);
	points[PULSES] = plain("pulses", 21, TYPE_U16);
	points[PULSES].needs = &need_uptime;
	points[SLOW] = plain("slow", 40, TYPE_U16);
	points[SLOW].needs = &need_sensor;
	points[SLOW].poll = POLL_SLOW;
	profile = room_profile(points, COUNT(points));
	rules[0] = (struct alarm_rule){.name = "reading_missing",
	    .title = {.en = "No reading"},
	    .kind = RULE_MISSING,
	    .point = READING,
	    .priority = PRIORITY_LOW,
	    .when = "missing(reading)",
	    .remedy = {.en = "Look for the sensor."}};
	r = room_new();
	room_device(r, &profile, rules, 1);
	r->fakes[0].regs[0] = (uint16_t)-2;
	r->fakes[0].regs[1] = 2345;
	r->fakes[0].regs[2] = 4;
	r->fakes[0].regs[3] = 17;
	r->fakes[0].regs[20] = 100;
	r->fakes[0].regs[21] = 65530;
	r->fakes[0].regs[40] = 5;
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	room_free(r);
	return 0;
}

static void
assert_bad(size_t point, enum defect defect)
{
	assert_int_equal(room_state(r, 0, point)->quality, QUALITY_BAD);
	assert_int_equal(room_state(r, 0, point)->defect, defect);
}

static void
assert_good(size_t point, double value)
{
	assert_int_equal(room_state(r, 0, point)->quality, QUALITY_GOOD);
	if (room_state(r, 0, point)->value != value)
		fail_msg(
		    "%s: %g, not %g", points[point].name, room_state(r, 0, point)->value, value);
}

/* The order in the registers does not matter: the scale may stand before or behind its value. */
static void
a_value_has_the_scale_of_its_poll(void **state)
{
	static const uint16_t wrong[] = {0x8000, 11, (uint16_t)-11, 100};

	(void)state;
	room_start(r, 1);
	room_run(r, 5000);
	assert_good(POWER, 23.45);
	room_explains(r, POWER, "register 0x0929 -> 2345 (u16) -> x 10^-2 -> 23.45");
	room_explains(r, POWER, "needs     its power of ten, scale: -2, good");
	for (size_t i = 0; i < COUNT(wrong); i++) {
		r->fakes[0].regs[0] = wrong[i];
		room_run(r, 2500);
		assert_bad(POWER, DEFECT_NO_SCALE);
	}
	r->fakes[0].regs[0] = 1;
	room_run(r, 2500);
	assert_good(POWER, 23450);
	/* no answer about the scale: the value of this poll is not scaled with an old one */
	r->fakes[0].refuse[0] = 2;
	r->fakes[0].regs[1] = 99;
	room_run(r, 2500);
	assert_bad(POWER, DEFECT_NO_SCALE);
}

static void
a_reading_is_believed_while_its_guard_says_so(void **state)
{
	(void)state;
	room_start(r, 1);
	room_run(r, 15000);
	assert_good(READING, 17);
	assert_good(SLOW, 5);
	room_explains(r, READING, "valid     only when sensor != gone; now it is");
	r->fakes[0].regs[2] = 0;
	r->fakes[0].regs[3] = 0;
	room_run(r, 1500);
	assert_bad(READING, DEFECT_NOT_VALID);
	room_explains(r, READING, "not believed: it is valid only when sensor != gone");
	assert_true(room_state(r, 0, READING)->value == 17);
	/* it is asked every ten seconds only, and not believed at once all the same */
	assert_bad(SLOW, DEFECT_NOT_VALID);
	assert_int_equal(core_alarms(r->core)[1].phase, ALARM_UNACKNOWLEDGED);
	/* a guard that is itself bad vouches for nothing */
	r->fakes[0].regs[2] = 9;
	room_run(r, 1500);
	assert_bad(READING, DEFECT_NOT_VALID);
	r->fakes[0].regs[2] = 4;
	r->fakes[0].regs[3] = 18;
	room_run(r, 1500);
	assert_good(READING, 18);
	room_run(r, 10000);
	assert_good(SLOW, 5);
}

/* Nor does one that is not known any more: not even until the reading is asked next. */
static void
a_guard_that_grows_old_vouches_for_nothing(void **state)
{
	(void)state;
	r->devices[0].period_ms[POLL_SLOW] = 60000;
	r->devices[0].stale_after_ms[POLL_SLOW] = 150000;
	room_start(r, 1);
	room_run(r, 10000);
	assert_good(SLOW, 5);
	r->fakes[0].dead[2] = true;
	for (int i = 0; i < 100 && room_state(r, 0, SENSOR)->quality == QUALITY_GOOD; i++)
		room_run(r, 100);
	assert_int_equal(room_state(r, 0, SENSOR)->quality, QUALITY_STALE);
	assert_bad(SLOW, DEFECT_NOT_VALID);
	r->fakes[0].dead[2] = false;
	room_run(r, 65000);
	assert_good(SLOW, 5);
}

static void
a_rate_in_the_core(void **state)
{
	(void)state;
	room_start(r, 1);
	room_run(r, 500);
	assert_int_equal(room_state(r, 0, PULSES)->quality, QUALITY_NEVER);
	room_explains(r, PULSES, "rate      none yet");
	for (int i = 0; i < 20; i++) { /* 2 pulses a second, over the end of 16 bits */
		room_run(r, 1000);
		r->fakes[0].regs[20] = (uint16_t)(r->fakes[0].regs[20] + 1);
		r->fakes[0].regs[21] = (uint16_t)(r->fakes[0].regs[21] + 2);
	}
	assert_int_equal(room_state(r, 0, PULSES)->quality, QUALITY_GOOD);
	assert_true(fabs(room_state(r, 0, PULSES)->value - 120) < 30);
	room_explains(r, PULSES, "needs     the time since the start, uptime: 1");
	room_explains(r, PULSES, " -> per min");
	r->fakes[0].regs[20] = 0; /* it started again */
	r->fakes[0].regs[21] = 500;
	room_run(r, 1100);
	assert_bad(PULSES, DEFECT_RESTART);
	r->fakes[0].regs[20] = 1;
	room_run(r, 2000);
	assert_good(PULSES, 0);
}

/* A row of the device moved away under the point: the next count is another thing's. */
static void
no_rate_between_two_things(void **state)
{
	(void)state;
	room_start(r, 1);
	room_run(r, 3500);
	assert_good(PULSES, 0);
	needs_forget(r->core, PULSES);
	r->fakes[0].regs[21] =
	    100; /* with the time running on this would be a turn of the counter */
	room_run(r, 1000);
	assert_good(PULSES, 0);
	room_explains(r, PULSES, "rate      none yet");
	r->fakes[0].regs[21] = 101;
	room_run(r, 2000);
	assert_true(room_state(r, 0, PULSES)->quality == QUALITY_GOOD);
	assert_true(room_state(r, 0, PULSES)->value <= 60);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(texts_are_states),
	    cmocka_unit_test(bytes_are_numbers),
	    cmocka_unit_test(facts_are_read_as_they_are_written),
	    cmocka_unit_test(a_power_of_ten_is_exact),
	    cmocka_unit_test(a_rate_takes_two_readings),
	    cmocka_unit_test(a_counter_runs_over_its_end),
	    cmocka_unit_test(no_rate_over_a_restart),
	    cmocka_unit_test(no_rate_that_could_be_another),
	    cmocka_unit_test(no_rate_over_a_cleared_counter),
	    cmocka_unit_test_setup_teardown(a_value_has_the_scale_of_its_poll, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		a_reading_is_believed_while_its_guard_says_so, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		a_guard_that_grows_old_vouches_for_nothing, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_rate_in_the_core, setup, teardown),
	    cmocka_unit_test_setup_teardown(no_rate_between_two_things, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
