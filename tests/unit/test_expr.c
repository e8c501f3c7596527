/* The language of derived points: what it takes, what it refuses and where, what comes out. */
#include "core/expr.h"
#include "core/expr_run.h"
#include "core/psychro.h"

#include "base/text.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ---- a small site: own points, and a device "env1" ------------------------------------------- */

enum { TEMPERATURE, HUMIDITY, VOLTAGE, CURRENT, FAN, DOOR, ENV_TEMPERATURE, POINTS };

static const struct word fan_words[] = {{0, "stopped", {0}}, {1, "running", {0}}};
static const struct word door_words[] = {
    {0, "closed", {0}}, {1, "closed and locked", {0}}, {2, "open", {0}}};
static struct point_spec specs[POINTS] = {
    [TEMPERATURE] = {.name = "temperature"},
    [HUMIDITY] = {.name = "humidity"},
    [VOLTAGE] = {.name = "voltage"},
    [CURRENT] = {.name = "current"},
    [FAN] = {.name = "fan_state", .words = fan_words, .word_count = 2},
    [DOOR] = {.name = "door_state", .words = door_words, .word_count = 3},
    [ENV_TEMPERATURE] = {.name = "temperature"},
};
static const char *const unit_codes[POINTS] = {"Cel", "%RH", "V", "A", "1", "1", "Cel"};
static const char *own_names[POINTS];
static const char *const device_names[] = {"env1"};

static const struct point_spec *
on_point(void *arg, const char *device, const char *name, struct expr_ref *ref, bool *no_device,
    const char *const **names, size_t *count)
{
	(void)arg;
	*names = own_names;
	*count = ENV_TEMPERATURE;
	if (device != NULL && strcmp(device, "env1") != 0) {
		*no_device = true;
		*names = device_names;
		*count = 1;
		return NULL;
	}
	for (uint16_t i = device ? ENV_TEMPERATURE : 0; i < (device ? POINTS : ENV_TEMPERATURE);
	     i++) {
		if (strcmp(specs[i].name, name) != 0)
			continue;
		*ref = (struct expr_ref){device ? 0 : EXPR_OWN, i};
		return &specs[i];
	}
	return NULL;
}

static size_t
on_group(void *arg, const char *name, const char *zone, struct expr_ref *refs,
    const struct point_spec **out, bool *no_zone, const char *const **names, size_t *count)
{
	(void)arg;
	*names = device_names;
	*count = 1;
	*no_zone = strcmp(zone, "room") != 0;
	if (*no_zone || strcmp(name, "temperature") != 0)
		return 0;
	refs[0] = (struct expr_ref){EXPR_OWN, TEMPERATURE};
	refs[1] = (struct expr_ref){0, ENV_TEMPERATURE};
	out[0] = &specs[TEMPERATURE];
	out[1] = &specs[ENV_TEMPERATURE];
	return 2;
}

static const struct expr_scope scope = {.point = on_point, .group = on_group};
static struct arena *arena;
static struct point_state points[POINTS];
static struct expr_slot slots[8];
static struct expr_error error;

static int
set_up(void **state)
{
	(void)state;
	arena = arena_new();
	memset(points, 0, sizeof(points));
	memset(slots, 0, sizeof(slots));
	for (int i = 0; i < POINTS; i++) {
		specs[i].unit = unit_find(unit_codes[i]);
		own_names[i] = specs[i].name;
	}
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

static void
put(int point, double value)
{
	points[point].value = value;
	points[point].quality = QUALITY_GOOD;
}

static const struct expr *
compile(const char *text)
{
	const struct expr *x = expr_compile(arena, &scope, text, &error);

	if (x == NULL)
		print_message("%s: %s (%s)\n", text, error.what, error.hint);
	assert_non_null(x);
	return x;
}

static void
flat_of(const struct expr *x, uint32_t flat[POINTS])
{
	for (size_t i = 0; i < x->ref_count; i++)
		flat[i] = x->refs[i].point;
}

static struct expr_value
run_at(const struct expr *x, mono_t now)
{
	uint32_t flat[POINTS];
	mono_t again;

	flat_of(x, flat);
	return expr_run(x, points, flat, slots, now, &again);
}

static struct expr_value
run(const char *text)
{
	return run_at(compile(text), (mono_t){1});
}

/* ---- values ---------------------------------------------------------------------------------- */

static void
arithmetic_and_logic_give_what_is_written(void **state)
{
	static const struct {
		const char *text;
		double value;
	} rows[] = {
	    {"temperature + 1 * 2", 26},
	    {"(temperature - 20) * 2", 8},
	    {"-temperature + 30", 6},
	    {"temperature - env1.temperature", -2},
	    {"voltage * current", 460},
	    {"abs(temperature - env1.temperature)", 2},
	    {"min(temperature, env1.temperature)", 24},
	    {"max(temperature in room)", 26},
	    {"avg(temperature in room)", 25},
	    {"count(temperature in room > 25)", 1},
	    {"count(temperature > 20, humidity > 90, fan_state == running)", 2},
	    {"sum(1, 2, current)", 5},
	    {"temperature > 20 and humidity < 50", 1},
	    {"temperature > 25 or not humidity < 50", 0},
	    {"not (temperature > 25 or humidity > 50)", 1},
	    {"fan_state == running", 1},
	    {"fan_state != running", 0},
	    {"door_state == closed and locked", 1},
	    {"door_state == closed and locked and fan_state == running", 1},
	    {"door_state == closed or fan_state == stopped", 0},
	    {"good(temperature) and not missing(humidity)", 1},
	    {"temperature >= 24 and temperature <= 24", 1},
	};

	(void)state;
	put(TEMPERATURE, 24);
	put(ENV_TEMPERATURE, 26);
	put(HUMIDITY, 45);
	put(VOLTAGE, 230);
	put(CURRENT, 2);
	put(FAN, 1);
	put(DOOR, 1);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct expr_value v = run(rows[i].text);

		if (v.quality != QUALITY_GOOD || fabs(v.value - rows[i].value) > 1e-9)
			fail_msg("%s: %g, %s", rows[i].text, v.value, quality_word(v.quality));
	}
}

static void
units_follow(void **state)
{
	static const struct {
		const char *text, *unit;
	} rows[] = {
	    {"temperature + 1", "Cel"},
	    {"temperature - env1.temperature", "K"},
	    {"temperature - dew_point(temperature, humidity)", "K"},
	    {"voltage * current", "VA"},
	    {"voltage / voltage", "1"},
	    {"2 * current", "A"},
	    {"dew_point(temperature, humidity)", "Cel"},
	    {"absolute_humidity(temperature, humidity)", "g/m3"},
	    {"rate(temperature, 10min)", "K/min"},
	    {"rate(voltage, 10min)", "V/min"},
	    {"change(temperature, 1h)", "K"},
	    {"time_in_state(fan_state, stopped)", "s"},
	    {"count(temperature in room > 25)", "1"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_string_equal(compile(rows[i].text)->unit->code, rows[i].unit);
}

/* ---- quality --------------------------------------------------------------------------------- */

static void
the_worst_input_wins(void **state)
{
	static const enum quality order[] = {QUALITY_GOOD, QUALITY_SUBSTITUTED, QUALITY_STALE,
	    QUALITY_BAD, QUALITY_COMM_LOST, QUALITY_NEVER};

	(void)state;
	put(TEMPERATURE, 24);
	put(ENV_TEMPERATURE, 26);
	for (int a = 0; a < 6; a++) {
		for (int b = 0; b < 6; b++) {
			points[TEMPERATURE].quality = order[a];
			points[ENV_TEMPERATURE].quality = order[b];
			assert_int_equal(
			    run("temperature - env1.temperature").quality, order[a > b ? a : b]);
			assert_int_equal(
			    run("avg(temperature in room)").quality, order[a > b ? a : b]);
		}
	}
}

static void
what_is_no_number_is_bad(void **state)
{
	(void)state;
	put(TEMPERATURE, 24);
	put(ENV_TEMPERATURE, 24);
	put(HUMIDITY, 120);
	assert_int_equal(run("humidity / count(temperature in room > 99)").quality, QUALITY_BAD);
	assert_int_equal(run("dew_point(temperature, humidity)").quality, QUALITY_BAD);
	put(HUMIDITY, 50);
	put(TEMPERATURE, 90);
	assert_int_equal(run("wet_bulb(temperature, humidity)").quality, QUALITY_BAD);
}

/* Three values each: false, true, unknown. */
static void
unknown_is_never_false(void **state)
{
	/* and, or: -1 unknown */
	static const int want[3][3][2] = {
	    {{0, 0}, {0, 1}, {0, -1}}, {{0, 1}, {1, 1}, {-1, 1}}, {{0, -1}, {-1, 1}, {-1, -1}}};

	(void)state;
	for (int a = 0; a < 3; a++) {
		for (int b = 0; b < 3; b++) {
			put(FAN, a == 1);
			put(TEMPERATURE, b == 1 ? 50 : 10);
			if (a == 2)
				points[FAN].quality = QUALITY_COMM_LOST;
			if (b == 2)
				points[TEMPERATURE].quality = QUALITY_STALE;
			for (int op = 0; op < 2; op++) {
				struct expr_value v =
				    run(op ? "fan_state == running or temperature > 30"
					   : "fan_state == running and temperature > 30");
				int got = v.quality == QUALITY_GOOD ? (int)v.value : -1;

				assert_int_equal(got, want[a][b][op]);
			}
		}
	}
}

static void
a_state_that_is_not_listed_differs(void **state)
{
	struct expr_value v;

	(void)state;
	put(FAN, 7);
	points[FAN].quality = QUALITY_BAD;
	points[FAN].defect = DEFECT_UNKNOWN_WORD;
	v = run("fan_state != running");
	assert_true(v.quality == QUALITY_GOOD && v.value == 1);
	assert_int_equal(run("fan_state == running").quality, QUALITY_BAD);
	assert_int_equal(run("not (fan_state == running)").quality, QUALITY_BAD);
	/* how many are in a state is no state: two others may be in it, or not */
	v = run("count(fan_state == running) != 1");
	assert_true(v.quality == QUALITY_BAD && v.defect == DEFECT_NOT_VALID);
	points[FAN].defect = DEFECT_SENTINEL;
	assert_int_equal(run("fan_state != running").quality, QUALITY_BAD);
	points[FAN].defect = DEFECT_NONE;
}

/* One sensor is silent: what the others say may be enough. */
static void
what_is_known_of_several_decides(void **state)
{
	/* temperature, env1.temperature (-1: not known), and 1, 0, -1: not known */
	static const struct {
		const char *text;
		int own, env, want;
	} cases[] = {
	    {"max(temperature, env1.temperature) > 30", 40, -1, 1},
	    {"max(temperature, env1.temperature) > 30", 20, -1, -1},
	    {"max(temperature, env1.temperature) > 30", -1, -1, -1},
	    {"max(temperature, env1.temperature) > 30", 20, 25, 0},
	    {"max(temperature, env1.temperature) >= 30", -1, 30, 1},
	    {"max(temperature, env1.temperature) < 30", 40, -1, 0},
	    {"max(temperature, env1.temperature) < 30", 20, -1, -1},
	    {"min(temperature, env1.temperature) < 10", 5, -1, 1},
	    {"min(temperature, env1.temperature) < 10", 15, -1, -1},
	    {"min(temperature, env1.temperature) >= 10", 5, -1, 0},
	    {"min(temperature, env1.temperature) >= 10", 15, -1, -1},
	    {"30 < max(temperature, env1.temperature)", 40, -1, 1},
	    {"30 < max(temperature, env1.temperature)", 20, -1, -1},
	    {"10 > min(temperature, env1.temperature)", 5, -1, 1},
	    {"10 <= min(temperature, env1.temperature)", 5, -1, 0},
	    {"count(temperature > 30, env1.temperature > 30) >= 1", 40, -1, 1},
	    {"count(temperature > 30, env1.temperature > 30) >= 2", 40, -1, -1},
	    {"count(temperature > 30, env1.temperature > 30) > 0", 20, -1, -1},
	    {"not (max(temperature, env1.temperature) > 30)", 40, -1, 0},
	    {"max(temperature, env1.temperature) + 0 > 30", 40, -1, -1},
	    {"max(temperature, env1.temperature) > min(temperature, env1.temperature)", 40, -1, -1},
	    {"avg(temperature, env1.temperature) > 30", 90, -1, -1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		put(TEMPERATURE, cases[i].own);
		put(ENV_TEMPERATURE, cases[i].env);
		if (cases[i].own < 0)
			points[TEMPERATURE].quality = QUALITY_NEVER;
		if (cases[i].env < 0)
			points[ENV_TEMPERATURE].quality = QUALITY_COMM_LOST;
		struct expr_value v = run(cases[i].text);
		if ((v.quality == QUALITY_GOOD ? (int)v.value : -1) != cases[i].want)
			fail_msg("%s with %d and %d", cases[i].text, cases[i].own, cases[i].env);
	}
}

/* ---- time ------------------------------------------------------------------------------------ */

static void
feed(const struct expr *x, int point, double value, int64_t t_ms)
{
	uint32_t flat[POINTS];

	flat_of(x, flat);
	put(point, value);
	points[point].read_at = (mono_t){t_ms * 1000};
	for (size_t i = 0; i < x->ref_count; i++)
		if (flat[i] == (uint32_t)point)
			expr_feed(x, i, points, flat, slots, (mono_t){t_ms * 1000});
}

static void
a_rate_needs_its_window_and_is_right(void **state)
{
	const struct expr *x = compile("rate(temperature, 10min)");

	(void)state;
	for (int64_t s = 0; s <= 3600; s += 10) {
		struct expr_value v;

		feed(x, TEMPERATURE, 20 + (double)s * 0.5 / 60, 1000 + s * 1000);
		v = run_at(x, (mono_t){(1000 + s * 1000) * 1000});
		if (s < 570) {
			assert_int_equal(v.quality, QUALITY_NEVER);
		} else if (s >= 600) {
			assert_int_equal(v.quality, QUALITY_GOOD);
			assert_true(fabs(v.value - 0.5) < 1e-6);
		}
	}
	/* The row of the point is gone, and another one takes its slot. */
	points[TEMPERATURE].quality = QUALITY_BAD;
	points[TEMPERATURE].defect = DEFECT_NO_ROW;
	expr_feed(x, 0, points, &(uint32_t){TEMPERATURE}, slots, (mono_t){3602000000});
	points[TEMPERATURE].defect = DEFECT_NONE;
	feed(x, TEMPERATURE, 90, 3611 * 1000);
	assert_int_equal(run_at(x, points[TEMPERATURE].read_at).quality, QUALITY_NEVER);
	/* Away for two hours: nothing is known about the last ten minutes. */
	feed(x, TEMPERATURE, 20, 1000 + 3 * 3600 * 1000);
	assert_int_equal(run_at(x, points[TEMPERATURE].read_at).quality, QUALITY_NEVER);
}

static void
a_state_is_timed_from_when_it_was_seen(void **state)
{
	const struct expr *x = compile("time_in_state(fan_state, stopped)");

	(void)state;
	feed(x, FAN, 1, 1000);
	assert_int_equal((int)run_at(x, (mono_t){5000000}).value, 0);
	feed(x, FAN, 0, 10000);
	feed(x, FAN, 0, 12000);
	assert_int_equal((int)run_at(x, (mono_t){70000000}).value, 60);
	feed(x, FAN, 1, 71000);
	assert_int_equal((int)run_at(x, (mono_t){72000000}).value, 0);
}

/* ---- mistakes -------------------------------------------------------------------------------- */

static void
mistakes_are_told_at_their_place(void **state)
{
	static const struct {
		const char *text;
		size_t from, length;
		const char *says;
	} rows[] = {
	    {"temperature + humidity", 12, 1, "Cel cannot be added to %RH"},
	    {"temperature > humidity", 12, 1, "Cel cannot be compared with %RH"},
	    {"temperatur > 30", 0, 10, "is no point here"},
	    {"env2.temperature > 30", 0, 4, "is no device"},
	    {"env1.temp > 30", 5, 4, "is no point of this device"},
	    {"fan_state == flying", 13, 6, "is no state"},
	    {"fan_state > stopped", 10, 1, "not more or less"},
	    {"fan_state + 1", 10, 1, "has states, no number"},
	    {"temperature == 24", 12, 2, "never met"},
	    {"temperature and humidity > 3", 0, 11, "a condition is expected"},
	    {"avg(temperature in attic)", 19, 5, "is no zone"},
	    {"avg(humidity in room)", 4, 8, "no device there"},
	    {"count(temperature in room)", 25, 1, "needs a comparison"},
	    {"dew_point(humidity, temperature)", 10, 8, "Cel is expected here"},
	    {"dew_point(temperature)", 21, 1, "\",\" is expected"},
	    {"rate(temperature, 5)", 18, 1, "no length of time"},
	    {"rate(temperature, nanmin)", 18, 6, "no length of time"},
	    {"rate(temperature, 8d)", 18, 2, "no length of time"},
	    {"sqrt(temperature)", 0, 4, "is no function"},
	    {"(temperature > 30", 17, 0, "the expression ends"},
	    {"temperature > 30 30", 17, 2, "should end"},
	    {"temperature > 30C", 14, 3, "is no number"},
	    {"1 > 0", 0, 5, "no point in this expression"},
	    {"fan_state", 0, 9, "a point alone"},
	    {"", 0, 0, "the expression ends"},
	    {"temperature > \x1b[2J", 14, 1, "stands where"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (expr_compile(arena, &scope, rows[i].text, &error) != NULL)
			fail_msg("%s was taken", rows[i].text);
		if (strstr(error.what, rows[i].says) == NULL || error.from != rows[i].from ||
		    error.length != rows[i].length)
			fail_msg("%s: \"%s\" at %zu, %zu bytes", rows[i].text, error.what,
			    error.from, error.length);
	}
}

/* Whatever is written ends in an expression or a sentence; what compiles can be run. */
static void
no_text_is_too_strange(void **state)
{
	static const char *const pieces[] = {"temperature", "env1.", "humidity", "fan_state",
	    "==", "stopped", "(", ")", ",", "and", "or", "not", "+", "-", "*", "/", "<", ">=", "1",
	    "2.5e3", "avg(", "rate(", "10min", " in ", "room", "count(", "dew_point(", "\xff",
	    "\x01", "1e999", "..", "missing(", "time_in_state(", "running", "0x1", "="};
	uint32_t random = 4711;
	size_t taken = 0;

	(void)state;
	for (int round = 0; round < 60000; round++) {
		char text[400] = "";
		const struct expr *x;

		for (unsigned n = random % 14; n < 16; n++) {
			random = random * 1664525u + 1013904223u;
			text_append(text, sizeof(text), "%s%s",
			    pieces[(random >> 8) % (sizeof(pieces) / sizeof(pieces[0]))],
			    random >> 31 ? " " : "");
		}
		x = expr_compile(arena, &scope, text, &error);
		if (x == NULL) {
			assert_true(error.what[0] != '\0');
			assert_true(error.from + error.length <= strlen(text));
		} else {
			run_at(x, (mono_t){1000});
			taken++;
		}
		if (round % 1000 == 0) {
			arena_free(arena);
			arena = arena_new();
		}
	}
	assert_true(taken > 100);
}

static void
depth_and_size_are_bounded(void **state)
{
	char text[1200] = "";

	(void)state;
	for (int i = 0; i < 300; i++)
		strcat(text, "(");
	assert_null(expr_compile(arena, &scope, text, &error));
	assert_non_null(strstr(error.what, "nested"));
	memset(text, '-', 900);
	text[900] = '\0';
	assert_null(expr_compile(arena, &scope, text, &error));
	memset(text, ' ', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_null(expr_compile(arena, &scope, text, &error));
	assert_non_null(strstr(error.what, "longer"));
}

/* ---- air ------------------------------------------------------------------------------------- */

/* Dew point, absolute humidity and wet bulb of a few airs, worked out by hand from the formulas. */
static void
air_is_as_the_formulas_say(void **state)
{
	static const double rows[][5] = {
	    {20, 40, 5.98, 6.896, 12.43},
	    {27, 60, 18.571, 15.406, 21.25},
	    {24, 45, 11.33, 9.767, 16.34},
	    {15, 8, -19.094, 1.024, 4.49},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_true(fabs(psychro_dew_point(rows[i][0], rows[i][1]) - rows[i][2]) < 0.001);
		assert_true(
		    fabs(psychro_absolute_humidity(rows[i][0], rows[i][1]) - rows[i][3]) < 0.001);
		assert_true(fabs(psychro_wet_bulb(rows[i][0], rows[i][1]) - rows[i][4]) < 0.011);
	}
	assert_true(isnan(psychro_dew_point(20, 0)));
	assert_true(isnan(psychro_dew_point(70, 50)));
	assert_true(isnan(psychro_wet_bulb(20, 101)));
	assert_true(psychro_absolute_humidity(20, 0) == 0);
}

static void
air_is_as_the_vectors_say(void **state)
{
	const char *reference = getenv("FACILITY_REFERENCE");
	char path[300], line[200];
	int rows = 0;
	FILE *f;

	(void)state;
	snprintf(path, sizeof(path), "%s/reference/psychrometrics_vectors.csv",
	    reference == NULL ? "" : reference);
	f = reference != NULL ? fopen(path, "re") : NULL;
	if (f == NULL) {
		print_message("SKIPPED: FACILITY_REFERENCE names no directory with vectors\n");
		skip();
	}
	while (fgets(line, sizeof(line), f) != NULL) {
		double t, rh, es, dew, absolute, wet;

		if (sscanf(line, "%lf,%lf,%lf,%lf,%lf,%lf", &t, &rh, &es, &dew, &absolute, &wet) !=
		    6)
			continue;
		rows++;
		assert_true(fabs(psychro_saturation(t) - es) < 0.001);
		assert_true(fabs(psychro_dew_point(t, rh) - dew) < 0.001);
		assert_true(fabs(psychro_absolute_humidity(t, rh) - absolute) < 0.005);
		assert_true(fabs(psychro_wet_bulb(t, rh) - wet) < 0.011);
	}
	fclose(f);
	assert_true(rows > 20);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	    T(arithmetic_and_logic_give_what_is_written),
	    T(units_follow),
	    T(the_worst_input_wins),
	    T(what_is_no_number_is_bad),
	    T(unknown_is_never_false),
	    T(what_is_known_of_several_decides),
	    T(a_state_that_is_not_listed_differs),
	    T(a_rate_needs_its_window_and_is_right),
	    T(a_state_is_timed_from_when_it_was_seen),
	    T(mistakes_are_told_at_their_place),
	    T(no_text_is_too_strange),
	    T(depth_and_size_are_bounded),
	    T(air_is_as_the_formulas_say),
	    T(air_is_as_the_vectors_say),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
