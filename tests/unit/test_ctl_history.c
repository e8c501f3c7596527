/* facilityctl history: tables, CSV and pictures of answers, and round marks for their axes. */
#include "ctl/history.h"

#include "ctl/svg_axis.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
/* cmocka wants the standard headers first. */
#include <cmocka.h>

#define READING                                                                                    \
	"{\"ok\":true,\"device\":\"crac1\",\"point\":\"return_air_temperature\","                  \
	"\"device_title\":\"Unit <1> & \\\"A\\\"\",\"title\":\"Return air\",\"language\":\"en\","  \
	"\"unit\":\"Cel\",\"deadband\":0.2,\"limits\":[{\"alarm\":\"return_air_high\","            \
	"\"title\":\"Too <warm>\",\"kind\":\"high\",\"limit\":30}],"                               \
	"\"from\":\"2026-11-21T09:00:00.000Z\",\"until\":\"2026-11-21T09:04:00.000Z\","            \
	"\"step_ms\":60000,\"samples\":["                                                          \
	"[1795251600000,24.3,24.1,24.6,\"good\",100],"                                             \
	"[1795251660000,24.4,24.2,24.5,\"comm_lost\",35],"                                         \
	"[1795251720000,null,null,null,\"comm_lost\",0],"                                          \
	"[1795251780000,24.5,24.5,24.5,\"good\",100,true]]}"
#define STATES                                                                                     \
	"{\"ok\":true,\"device\":\"door1\",\"point\":\"door\",\"device_title\":\"Doors\","         \
	"\"title\":\"Front door\",\"language\":\"en\",\"unit\":\"1\",\"deadband\":0,"              \
	"\"words\":[[0,\"closed\",\"closed\"],[1,\"open\",\"open, \\\"wide\\\"\"]],"               \
	"\"limits\":[],\"from\":\"2026-11-21T09:00:00.000Z\","                                     \
	"\"until\":\"2026-11-21T09:10:00.000Z\",\"step_ms\":0,\"samples\":["                       \
	"[1795251600000,null,null,null,\"no_record\",0],"                                          \
	"[1795251660500,0,0,0,\"good\",100],[1795251720000,1,1,1,\"good\",100],"                   \
	"[1795251900000,1,0,1,\"good\",100],"                                                      \
	"[1795251960000,7,7,7,\"good\",100],[1795252020000,7,7,7,\"good\",100]]}"

static char *text;
static size_t length;

static FILE *
begin(void)
{
	free(text);
	text = NULL;
	return open_memstream(&text, &length);
}

static void
read_series(struct history_series *s, const char *json)
{
	json_t *answer = json_loads(json, 0, NULL);

	assert_non_null(answer);
	assert_true(history_read(s, answer));
}

static void
a_table_says_what_is_known(void **state)
{
	struct history_series s;
	FILE *out = begin();

	(void)state;
	read_series(&s, READING);
	history_print(&s, out);
	fclose(out);
	assert_non_null(strstr(text, "Unit <1> & \"A\": Return air, °C"));
	assert_non_null(strstr(text, ", in steps of 1 min\n"));
	assert_non_null(strstr(text, "TIME                  MEAN   MIN   MAX  QUALITY\n"));
	assert_non_null(strstr(text, "2026-11-21 09:00:00   24.3  24.1  24.6\n"));
	assert_non_null(strstr(text,
	    "2026-11-21 09:01:00   24.4  24.2  24.5  35 % good; else device does not answer"));
	assert_non_null(strstr(text, "2026-11-21 09:02:00      —              device does not"));
	assert_non_null(strstr(text, "2026-11-21 09:03:00?  24.5"));
	assert_non_null(strstr(text, "(?: the clock was not synchronised then)"));
	history_free(&s);
	out = begin();
	read_series(&s, STATES);
	history_print(&s, out);
	fclose(out);
	assert_non_null(strstr(text, "open, \"wide\""));
	assert_non_null(strstr(text, "open, \"wide\", also closed"));
	/* What goes on is told once. */
	assert_non_null(strstr(text, "09:06:00  7"));
	assert_null(strstr(text, "09:07:00"));
	assert_non_null(strstr(text, "not recorded"));
	history_free(&s);
}

static void
csv_is_rfc_4180(void **state)
{
	struct history_series s;
	FILE *out = begin();

	(void)state;
	read_series(&s, READING);
	history_csv(&s, true, out);
	fclose(out);
	assert_string_equal(text,
	    "time,crac1/return_air_temperature value [Cel],crac1/return_air_temperature min [Cel],"
	    "crac1/return_air_temperature max [Cel],quality,good_percent,clock\r\n"
	    "2026-11-21T09:00:00.000Z,24.3,24.1,24.6,good,100,synced\r\n"
	    "2026-11-21T09:01:00.000Z,24.4,24.2,24.5,comm_lost,35,synced\r\n"
	    "2026-11-21T09:02:00.000Z,,,,comm_lost,0,synced\r\n"
	    "2026-11-21T09:03:00.000Z,24.5,24.5,24.5,good,100,unsynced\r\n");
	history_free(&s);
	out = begin();
	read_series(&s, STATES);
	history_csv(&s, false, out);
	fclose(out);
	assert_string_equal(text, "2026-11-21T09:00:00.000Z,,,,,no_record,0,synced\r\n"
				  "2026-11-21T09:01:00.500Z,0,0,0,closed,good,100,synced\r\n"
				  "2026-11-21T09:02:00.000Z,1,1,1,\"open, \"\"wide\"\"\",good,100,"
				  "synced\r\n"
				  "2026-11-21T09:05:00.000Z,1,0,1,\"open, \"\"wide\"\"\",good,100,"
				  "synced\r\n"
				  "2026-11-21T09:06:00.000Z,7,7,7,7,good,100,synced\r\n"
				  "2026-11-21T09:07:00.000Z,7,7,7,7,good,100,synced\r\n");
	history_free(&s);
}

static size_t
count(const char *needle)
{
	size_t n = 0;

	for (const char *at = text; (at = strstr(at, needle)) != NULL; at++)
		n++;
	return n;
}

static void
a_picture_has_gaps_and_limits(void **state)
{
	struct history_series s;
	FILE *out = begin();

	(void)state;
	read_series(&s, READING);
	history_svg(&s, out);
	fclose(out);
	assert_memory_equal(text, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<svg ", 44);
	assert_string_equal(text + length - 7, "</svg>\n");
	assert_non_null(strstr(text, "width=\"800\" height=\"300\""));
	assert_non_null(strstr(text, "Unit &lt;1&gt; &amp; &quot;A&quot;: Return air"));
	assert_null(strstr(text, "<warm>"));
	/* Two lines, with a gap between them; two bands. */
	assert_int_equal(count("stroke=\"#0b4f8a\""), 2);
	assert_int_equal(count("fill=\"#9ec5e8\""), 2);
	assert_int_equal(count("fill=\"#ececec\""), 1);
	assert_int_equal(count("fill=\"#bbb\""), 1); /* known for a part of it only */
	assert_int_equal(count("stroke-dasharray"), 1);
	assert_non_null(strstr(text, "Too &lt;warm&gt; &gt; 30"));
	assert_non_null(strstr(text, ">°C</text>"));
	assert_null(strstr(text, "nan"));
	assert_null(strstr(text, "inf"));
	assert_int_equal(count("<text"), count("</text>"));
	history_free(&s);
}

static void
states_are_bars_with_words(void **state)
{
	struct history_series s;
	FILE *out = begin();

	(void)state;
	read_series(&s, STATES);
	history_svg(&s, out);
	fclose(out);
	assert_non_null(strstr(text, ">closed</text>"));
	/* Cut to the room beside the picture. */
	assert_non_null(strstr(text, ">open, &quot;"));
	assert_non_null(strstr(text, ">7</text>"));
	/* One of them faint: closed for a part of a step. */
	assert_int_equal(count("fill=\"#5b8db8\""), 2);
	assert_int_equal(count("fill-opacity=\"0.45\""), 1);
	assert_int_equal(count("fill=\"#d98c3f\""), 2);
	assert_int_equal(count("fill=\"#ececec\""), 1);
	assert_int_equal(count("stroke=\"#0b4f8a\""), 0);
	history_free(&s);
}

static void
nothing_known_is_a_picture_too(void **state)
{
	struct history_series s;
	FILE *out = begin();

	(void)state;
	read_series(&s, "{\"ok\":true,\"device\":\"a\",\"point\":\"b\",\"unit\":\"V\",\"from\":"
			"\"2026-11-21T09:00:00.000Z\",\"until\":\"2026-11-21T10:00:00.000Z\","
			"\"step_ms\":0,\"samples\":[]}");
	history_svg(&s, out);
	fclose(out);
	assert_string_equal(text + length - 7, "</svg>\n");
	assert_null(strstr(text, "nan"));
	history_free(&s);
	json_t *no = json_loads("{\"ok\":true}", 0, NULL);
	assert_false(history_read(&s, no));
	history_free(&s);
}

static void
values_have_round_marks(void **state)
{
	(void)state;
	assert_true(axis_step(20, 32, 5) == 5);
	assert_true(axis_step(0, 1, 5) == 0.2);
	assert_true(axis_step(0, 10, 5) == 2);
	assert_true(fabs(axis_step(24.1, 24.4, 5) - 0.1) < 1e-12);
	assert_true(axis_step(0, 4e6, 5) == 1e6);
}

static wall_t
local(int month, int day, int hour, int minute)
{
	struct tm tm = {.tm_year = 126,
	    .tm_mon = month - 1,
	    .tm_mday = day,
	    .tm_hour = hour,
	    .tm_min = minute,
	    .tm_isdst = -1};

	return (wall_t){(int64_t)mktime(&tm) * 1000000};
}

static void
times_have_round_marks(void **state)
{
	struct axis_time m[8];
	size_t n;

	(void)state;
	n = axis_times(local(11, 21, 9, 3), local(11, 21, 10, 3), m, 8);
	assert_int_equal(n, 6);
	assert_string_equal(m[0].label, "09:10");
	assert_string_equal(m[5].label, "10:00");
	n = axis_times(local(11, 21, 9, 3), local(11, 22, 9, 3), m, 8);
	assert_int_equal(n, 4);
	assert_string_equal(m[0].label, "12:00");
	assert_string_equal(m[2].label, "11-22");
	assert_true(m[2].is_day);
	/* Over the change of the clocks: whole local hours still. */
	n = axis_times(local(10, 24, 20, 0), local(10, 25, 20, 0), m, 8);
	for (size_t i = 0; i < n; i++)
		assert_true(m[i].is_day || strstr(m[i].label, ":00") != NULL);
	n = axis_times(local(1, 1, 0, 0), local(12, 31, 0, 0), m, 8);
	assert_in_range(n, 4, 8);
	for (size_t i = 0; i < n; i++)
		assert_true(m[i].is_day);
	n = axis_times(local(11, 21, 9, 3), (wall_t){local(11, 21, 9, 3).us + 20000000}, m, 8);
	assert_true(n >= 3 && strlen(m[0].label) == 8);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_table_says_what_is_known),
	    cmocka_unit_test(csv_is_rfc_4180),
	    cmocka_unit_test(a_picture_has_gaps_and_limits),
	    cmocka_unit_test(states_are_bars_with_words),
	    cmocka_unit_test(nothing_known_is_a_picture_too),
	    cmocka_unit_test(values_have_round_marks),
	    cmocka_unit_test(times_have_round_marks),
	};
	int bad;

	words_locale();
	setenv("TZ", "UTC", 1);
	tzset();
	bad = cmocka_run_group_tests(tests, NULL, NULL);
	free(text);
	return bad;
}
