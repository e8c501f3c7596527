/* model/: words, units, numbering, JSON. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "event_json.h"
#include "model/json.h"
#include "model/site.h"
#include "model/writer.h"

#include <math.h>
#include <string.h>

static void
every_enum_has_its_word(void **state)
{
	(void)state;
	for (int i = 0; i < QUALITY_COUNT; i++)
		assert_string_not_equal(quality_word((enum quality)i), "?");
	for (int i = 0; i < ALARM_PHASE_COUNT; i++)
		assert_int_equal(alarm_phase_find(alarm_phase_word((enum alarm_phase)i)), i);
	assert_int_equal(alarm_phase_find("no such"), ALARM_PHASE_COUNT);
	assert_string_equal(quality_word((enum quality)99), "?");
}

static void
units_are_found_by_code(void **state)
{
	(void)state;
	assert_string_equal(unit_find("Cel")->label, "°C");
	assert_null(unit_find("degC"));
}

static void
flat_numbers_find_their_owner(void **state)
{
	struct point_spec points[] = {{.name = "a"}, {.name = "b"}};
	struct profile two = {.points = points, .point_count = 2}, none = {0};
	struct alarm_rule rules[] = {{.name = "comm_lost"}};
	struct device_spec devices[] = {
	    {.name = "d0", .profile = &two, .alarms = rules, .alarm_count = 1},
	    {.name = "d1",
		.profile = &none,
		.first_point = 2,
		.alarms = rules,
		.alarm_count = 1,
		.first_alarm = 1},
	    {.name = "d2",
		.profile = &two,
		.first_point = 2,
		.alarms = rules,
		.alarm_count = 1,
		.first_alarm = 2},
	};
	struct site s = {.devices = devices, .device_count = 3, .point_count = 4, .alarm_count = 3};

	(void)state;
	assert_string_equal(site_point_device(&s, 1)->name, "d0");
	assert_string_equal(site_point_device(&s, 2)->name, "d2");
	assert_string_equal(site_point(&s, 3)->name, "b");
	assert_string_equal(site_alarm_device(&s, 1)->name, "d1");
	assert_int_equal(site_find_point(&s, "d2/b"), 3);
	assert_int_equal(site_find_point(&s, "d2/c"), NO_INDEX);
	assert_int_equal(site_find_point(&s, "d"), NO_INDEX);
	assert_int_equal(site_find_alarm(&s, "d1/comm_lost"), 1);
	assert_int_equal(site_find_device(&s, "d1"), 1);
}

static struct event
sample_event(void)
{
	struct event e;

	memset(&e, 0, sizeof(e)); /* the padding too: the tests compare bytes */
	e.seq = 4211;
	e.wall.us = INT64_C(1763715601250000);
	e.mono.us = 17;
	e.synced = true;
	e.type = EVENT_ALARM;
	e.priority = PRIORITY_HIGH;
	e.has_value = true;
	e.value = 30.4;
	e.quality = QUALITY_GOOD;
	strcpy(e.device, "crac1");
	strcpy(e.alarm, "return_air_high");
	strcpy(e.from, "normal");
	strcpy(e.to, "unacknowledged");
	strcpy(e.unit, "Cel");
	strcpy(e.text, "CRAC 1: \"hot\" \\ 空調\nline");
	return e;
}

static void
event_json_goes_there_and_back(void **state)
{
	struct event e = sample_event(), back;
	char buf[JSON_EVENT_MAX];

	(void)state;
	assert_true(json_event(&e, "7f3c", buf, sizeof(buf)) > 0);
	assert_non_null(
	    strstr(buf, "\"seq\":4211,\"time\":\"2025-11-21T09:00:01.250Z\",\"clock\":\"synced\""));
	assert_non_null(strstr(buf, "\\u000aline"));
	assert_null(strstr(buf, "remedy"));
	assert_true(event_json_read(buf, &back));
	assert_memory_equal(&e, &back, sizeof(e));
}

static void
event_json_that_does_not_fit_is_refused(void **state)
{
	struct event e = sample_event();
	char buf[JSON_EVENT_MAX];
	size_t full = json_event(&e, "7f3c", buf, sizeof(buf));

	(void)state;
	for (size_t size = 1; size <= full; size++)
		assert_int_equal(json_event(&e, "7f3c", buf, size), 0);
}

static void
record_of_a_device_goes_there_and_back(void **state)
{
	struct event e = sample_event(), back;
	char buf[JSON_EVENT_MAX];

	(void)state;
	e.record = 4711;
	e.device_wall = (wall_t){INT64_C(1763715601000000)};
	json_event(&e, "", buf, sizeof(buf));
	assert_non_null(
	    strstr(buf, "\"record\":4711,\"device_time\":\"2025-11-21T09:00:01.000Z\""));
	assert_true(event_json_read(buf, &back));
	assert_int_equal(back.record, 4711);
	assert_int_equal(back.device_wall.us, e.device_wall.us);
}

static void
longest_event_fits(void **state)
{
	struct event e = sample_event(), back;
	char buf[JSON_EVENT_MAX];

	(void)state;
	memset(e.text, '\x01', sizeof(e.text) - 1); /* worst case: six bytes each */
	memset(e.impact, '"', sizeof(e.impact) - 1);
	memset(e.remedy, 'x', sizeof(e.remedy) - 1);
	assert_true(json_event(&e, "0123456789abcdef0123456789abcdef", buf, sizeof(buf)) > 0);
	assert_true(event_json_read(buf, &back));
}

static void
point_json_says_what_it_does_not_know(void **state)
{
	struct json_point good = {.has_value = true,
	    .value = 24.3,
	    .unit = "Cel",
	    .quality = QUALITY_GOOD,
	    .time = {INT64_C(1763715601250000)}};
	struct json_point never = {.unit = "Cel", .quality = QUALITY_NEVER};
	struct json_point bad = {.has_value = true,
	    .value = (double)NAN,
	    .unit = "Cel",
	    .quality = QUALITY_BAD,
	    .defect = DEFECT_TYPE};
	char buf[256];

	(void)state;
	json_point(&good, buf, sizeof(buf));
	assert_string_equal(buf, "{\"value\":24.3,\"unit\":\"Cel\",\"quality\":\"good\","
				 "\"time\":\"2025-11-21T09:00:01.250Z\"}");
	json_point(&never, buf, sizeof(buf));
	assert_string_equal(buf, "{\"value\":null,\"unit\":\"Cel\",\"quality\":\"never_read\"}");
	json_point(&bad, buf, sizeof(buf));
	assert_string_equal(
	    buf, "{\"value\":null,\"unit\":\"Cel\",\"quality\":\"bad\",\"reason\":\"wrong_type\"}");
}

static void
writer_puts_commas(void **state)
{
	char buf[512];
	struct writer w;

	(void)state;
	writer_init(&w, buf, sizeof(buf));
	w.clean = true;
	writer_open(&w, NULL, '{');
	writer_bool(&w, "ok", true);
	writer_string(&w, "s", "a\"b\033\n");
	writer_string(&w, "none", NULL);
	writer_string_if(&w, "empty", "");
	writer_double(&w, "x", 24.300000000000001);
	writer_double(&w, "nan", (double)NAN);
	writer_uint(&w, "n", UINT64_MAX);
	writer_open(&w, "list", '[');
	writer_uint(&w, NULL, 1);
	writer_uint(&w, NULL, 2);
	writer_open(&w, NULL, '{');
	writer_close(&w, '}');
	writer_close(&w, ']');
	writer_raw(&w, NULL, "\"a\":1", 5);
	writer_time(&w, "t", (wall_t){0});
	writer_time(&w, "u", (wall_t){1250000});
	writer_close(&w, '}');
	writer_text(&w, "\n");
	assert_false(w.failed);
	assert_string_equal(buf,
	    "{\"ok\":true,\"s\":\"a\\\"b??\",\"none\":null,\"x\":24.3,\"nan\":null,"
	    "\"n\":18446744073709551615,\"list\":[1,2,{}],\"a\":1,"
	    "\"u\":\"1970-01-01T00:00:01.250Z\"}\n");
}

/* Whatever the size: it fits as a whole or the writer says so, and nothing is written beyond. */
static void
writer_fails_as_a_whole(void **state)
{
	char buf[128];
	bool fitted = false;

	(void)state;
	for (size_t size = 1; size <= 100; size++) {
		struct writer w;

		memset(buf, 'X', sizeof(buf));
		writer_init(&w, buf, size);
		writer_open(&w, NULL, '{');
		writer_string(&w, "device", "crac1");
		writer_uint(&w, "n", 17);
		writer_close(&w, '}');
		assert_int_equal(buf[size], 'X');
		assert_true(fitted <= !w.failed);
		fitted = !w.failed;
	}
	assert_true(fitted);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_enum_has_its_word),
	    cmocka_unit_test(units_are_found_by_code),
	    cmocka_unit_test(flat_numbers_find_their_owner),
	    cmocka_unit_test(event_json_goes_there_and_back),
	    cmocka_unit_test(event_json_that_does_not_fit_is_refused),
	    cmocka_unit_test(record_of_a_device_goes_there_and_back),
	    cmocka_unit_test(longest_event_fits),
	    cmocka_unit_test(point_json_says_what_it_does_not_know),
	    cmocka_unit_test(writer_puts_commas),
	    cmocka_unit_test(writer_fails_as_a_whole),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
