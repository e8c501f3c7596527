/* What facilityctl prints, against answers of the control socket as README.md describes them. */
#include "base/lang.h"
#include "base/text.h"
#include "ctl/keys.h"
#include "ctl/show.h"
#include "ctl/words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
/* cmocka wants the four above first. */
#include <cmocka.h>

static void
assert_shows(void (*show)(const json_t *, FILE *), const char *json, const char *expected)
{
	json_error_t error;
	json_t *answer = json_loads(json, 0, &error);
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	if (answer == NULL)
		fail_msg("%s at %d in %s", error.text, error.position, json);
	show(answer, out);
	fclose(out);
	assert_string_equal(text, expected);
	free(text);
	json_decref(answer);
}

static void
status_is_a_glance(void **state)
{
	(void)state;
	assert_shows(show_status_text,
	    "{\"ok\":true,\"agent\":{\"state\":\"online\",\"version\":\"v1\",\"site\":\"annex-2f\","
	    "\"title\":\"Annex 2F computer room\",\"started\":\"2026-11-21T09:00:00.000Z\","
	    "\"uptime_s\":11520,\"time\":\"2026-11-21T12:12:00.000Z\",\"clock\":\"unsynced\"},"
	    "\"devices\":{\"total\":7,\"online\":6,\"lost\":1,\"unknown\":0},"
	    "\"points\":{\"good\":110,\"not_good\":11},"
	    "\"alarms\":{\"active\":{\"critical\":1,\"high\":2,\"medium\":0,\"low\":0},"
	    "\"unacknowledged\":{\"critical\":0,\"high\":0,\"medium\":0,\"low\":0}},"
	    "\"parts\":[{\"part\":\"store\",\"ok\":true,\"text\":\"all events are on disk\"},"
	    "{\"part\":\"mqtt\",\"ok\":false,\"text\":\"connection refused\",\"waiting\":12,"
	    "\"lost\":0}],\"panel\":{\"green\":\"off\",\"red\":\"fast\"}}",
	    "Annex 2F computer room (annex-2f)\n"
	    "  agent    running since 2026-11-21 18:00:00 (3 h 12 min), facilityd v1\n"
	    "  clock    2026-11-21 21:12:00, not synchronised: times of events may be wrong\n"
	    "  devices  6 of 7 online, 1 lost\n"
	    "  points   110 of 121 good\n"
	    "  alarms   active: 1 critical, 2 high; waiting for an acknowledgement: none\n"
	    "  store    all events are on disk\n"
	    "  mqtt     FAULT: connection refused; 12 events waiting\n"
	    "  panel    ○ green off   ● red fast  \n");
}

static void
devices_say_why(void **state)
{
	(void)state;
	assert_shows(show_devices_text,
	    "{\"devices\":[{\"device\":\"crac1\",\"title\":\"空調機 1\",\"kind\":\"hvac\",\"link\":"
	    "\"rs485_1\",\"zone\":\"row_a\",\"state\":\"online\",\"since\":"
	    "\"2026-11-21T09:00:00.000Z\",\"points\":15,\"points_good\":15},"
	    "{\"device\":\"ups1\",\"kind\":\"ups\",\"link\":\"snmp\",\"zone\":\"room\",\"state\":"
	    "\"lost\",\"since\":\"2026-11-21T09:30:00.000Z\",\"points\":16,\"points_good\":0,"
	    "\"fault\":\"UPS does not answer.\"}]}",
	    "DEVICE  STATE   SINCE                 GOOD  KIND  LINK     ZONE   TITLE     WHY\n"
	    "crac1   online  2026-11-21 18:00:00  15/15  hvac  rs485_1  row_a  空調機 1\n"
	    "ups1    lost    2026-11-21 18:30:00   0/16  ups   snmp     room             UPS does "
	    "not answer.\n");
}

static void
points_show_their_quality(void **state)
{
	(void)state;
	assert_shows(show_points_text,
	    "{\"points\":[{\"device\":\"crac1\",\"point\":\"fan_state\",\"value\":1,\"unit\":\"1\","
	    "\"quality\":\"good\",\"text\":\"running\",\"time\":\"2026-11-21T09:00:00.000Z\"},"
	    "{\"device\":\"crac1\",\"point\":\"return_air_temperature\",\"value\":24.3,\"unit\":"
	    "\"Cel\",\"quality\":\"stale\",\"time\":\"2026-11-21T08:00:00.000Z\"},"
	    "{\"device\":\"ups1\",\"point\":\"output_load\",\"value\":null,\"unit\":\"%\","
	    "\"quality\":\"comm_lost\"}]}",
	    "POINT                             VALUE  READ                 QUALITY\n"
	    "crac1/fan_state                 running  2026-11-21 18:00:00\n"
	    "crac1/return_air_temperature  [24.3 °C]  2026-11-21 17:00:00  stale: not heard of in "
	    "time\n"
	    "ups1/output_load                      —  —                    device does not "
	    "answer\n");
	assert_shows(show_points_text, "{\"points\":[]}", "no point has such a name\n");
}

static void
alarms_say_what_to_do(void **state)
{
	(void)state;
	assert_shows(show_alarms_text,
	    "{\"alarms\":[{\"device\":\"crac1\",\"alarm\":\"return_air_high\",\"state\":"
	    "\"unacknowledged\",\"priority\":\"high\",\"since\":\"2026-11-21T09:00:00.000Z\","
	    "\"text\":\"Return air is too warm.\\u001b[2J\",\"impact\":\"Row A.\",\"remedy\":"
	    "\"Check the fan.\"},{\"device\":\"ups1\",\"alarm\":\"on_battery\",\"state\":"
	    "\"acknowledged\",\"priority\":\"critical\",\"since\":\"2026-11-21T09:01:00.000Z\","
	    "\"who\":\"Tanaka (root)\",\"text\":\"On battery.\"}]}",
	    "HIGH      crac1/return_air_high  unacknowledged since 2026-11-21 18:00:00\n"
	    "  Return air is too warm.?[2J\n"
	    "  impact:  Row A.\n"
	    "  remedy:  Check the fan.\n"
	    "\n"
	    "CRITICAL  ups1/on_battery  acknowledged since 2026-11-21 18:01:00 (Tanaka (root))\n"
	    "  On battery.\n");
	assert_shows(show_alarms_text, "{\"alarms\":[]}", "no active alarm\n");
}

static void
events_are_lines(void **state)
{
	(void)state;
	assert_shows(show_events_text,
	    "{\"events\":[{\"seq\":7,\"time\":\"2026-11-21T09:00:00.000Z\",\"clock\":\"unsynced\","
	    "\"type\":\"system\",\"priority\":\"low\",\"text\":\"facilityd starts.\"},{\"seq\":8,"
	    "\"time\":\"2026-11-21T09:00:01.000Z\",\"clock\":\"synced\",\"type\":\"alarm\","
	    "\"device\":\"crac1\",\"priority\":\"high\",\"text\":\"Too warm.\"}]}",
	    "     7  2026-11-21 18:00:00?  low       system      facilityd starts.\n"
	    "     8  2026-11-21 18:00:01   high      crac1       Too warm.\n"
	    "(?: the clock was not synchronised then; the order by number is right)\n");
}

static void
bus_is_in_plain_words(void **state)
{
	(void)state;
	assert_shows(show_bus_text,
	    "{\"links\":[{\"link\":\"rs485_1\",\"kind\":\"modbus-rtu\",\"port\":\"/dev/ttyS1\","
	    "\"baud\":9600,\"state\":\"fencing\",\"text\":\"waiting for a clean answer\","
	    "\"transactions\":1200,\"timeouts\":2,\"garbled\":1,\"refused\":0,\"fences\":2,"
	    "\"reconnects\":0,\"load_percent\":23.46,\"window_s\":281,\"findings\":[{\"finding\":"
	    "\"noise\",\"text\":\"Some answers are damaged.\",\"evidence\":\"6 of 600 damaged\","
	    "\"remedy\":\"120 ohms.\"}]},{\"link\":\"snmp\",\"kind\":\"snmp\","
	    "\"state\":\"up\",\"text\":\"open\",\"transactions\":40,\"load_percent\":null}],"
	    "\"devices\":[{\"device\":\"crac1\",\"link\":\"rs485_1\",\"unit_id\":1,\"state\":"
	    "\"online\",\"questions\":600,\"good\":598,\"timeouts\":2,\"garbled\":0,\"refused\":0,"
	    "\"no_link\":0,\"round_trip_ms\":{\"p50\":21.3,\"p99\":48,\"max\":61.2},"
	    "\"wire\":{\"asked\":610,\"checksum\":6,\"late\":0,\"timeout_ms\":120}},"
	    "{\"device\":\"ups1\",\"link\":\"snmp\",\"address\":\"10.0.0.5\",\"port\":161,"
	    "\"state\":\"unknown\","
	    "\"questions\":0,\"timeouts\":0,\"garbled\":0,\"refused\":0,\"no_link\":0,"
	    "\"round_trip_ms\":{\"p50\":null,\"p99\":null,\"max\":null}}]}",
	    "rs485_1  modbus-rtu, /dev/ttyS1 at 9600 baud\n"
	    "  fencing: waiting for a clean answer\n"
	    "  busy 23.5 % of the last minute; 1200 transactions, 2 without an answer, 1 garbled, "
	    "2 fence reads\n"
	    "  ! Some answers are damaged.\n"
	    "    seen:    6 of 600 damaged in the last 5 min\n"
	    "    remedy:  120 ohms.\n"
	    "  DEVICE  AT      STATE   ASKED  NO ANSWER  GARBLED  REFUSED  NO LINK  MEDIAN ms  "
	    "99 % ms  MAX ms  WAIT ms  CRC  LATE\n"
	    "  crac1   unit 1  online    600          2        0        0        0       21.3     "
	    "48.0    61.2      120    6     0\n"
	    "\n"
	    "snmp  snmp\n"
	    "  up: open\n"
	    "  not measured yet; 40 transactions, no failures\n"
	    "  DEVICE  AT        STATE    ASKED  NO ANSWER  GARBLED  REFUSED  NO LINK  MEDIAN ms  "
	    "99 % ms  MAX ms  WAIT ms  CRC  LATE\n"
	    "  ups1    10.0.0.5  unknown      0          0        0        0        0          —   "
	    "     —       —        —    —     —\n");
}

static void
explain_and_done(void **state)
{
	(void)state;
	assert_shows(show_lines_text,
	    "{\"device\":\"crac1\",\"point\":\"fan_state\",\"value\":1,\"lines\":[\"discrete input "
	    "6902\",\"raw \\u001b1\"]}",
	    "discrete input 6902\n"
	    "raw ?1\n");
	assert_shows(show_done_text,
	    "{\"ok\":true,\"done\":1,\"who\":\"Tanaka (root)\",\"text\":\"a/b acknowledged\"}",
	    "a/b acknowledged, recorded as Tanaka (root)\n");
	assert_shows(show_done_text,
	    "{\"ok\":true,\"done\":0,\"who\":\"root\",\"text\":\"nothing to acknowledge\"}",
	    "nothing to acknowledge\n");
}

/* A line is not cut: the hint stands at its end. */
static void
lines_are_whole(void **state)
{
	char line[2000], answer[2100], expected[2001];

	(void)state;
	memset(line, 'x', sizeof(line) - 1);
	text_copy(line + 1980, 20, "; did you mean it?");
	text_printf(answer, sizeof(answer), "{\"lines\":[\"%s\",7]}", line);
	text_printf(expected, sizeof(expected), "%s\n\n", line);
	assert_shows(show_lines_text, answer, expected);
}

/* What a key does begins in one column, in every language. */
static void
keys_stand_in_columns(void **state)
{
	static const char *const languages[] = {"en", "ja"};
	char err[256];

	(void)state;
	for (size_t i = 0; i < sizeof(languages) / sizeof(languages[0]); i++) {
		char *text = NULL;
		size_t size = 0;
		FILE *out = open_memstream(&text, &size);

		assert_true(lang_use(languages[i], err, sizeof(err)));
		keys_print(out);
		fclose(out);
		for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
			size_t n = words_fit(line, 13);

			if (line[n - 1] != ' ' || line[n] == ' ')
				fail_msg("not in its column: %s", line);
		}
		free(text);
	}
	assert_true(lang_use("en", err, sizeof(err)));
}

static void
alarms_that_wait_come_first(void **state)
{
	(void)state;
	assert_shows(show_alarms_text,
	    "{\"alarms\":["
	    "{\"device\":\"a\",\"alarm\":\"n\",\"state\":\"normal\",\"priority\":\"high\"},"
	    "{\"device\":\"b\",\"alarm\":\"s\",\"state\":\"suppressed\",\"priority\":\"high\","
	    "\"cause\":"
	    "\"x/y\"},"
	    "{\"device\":\"c\",\"alarm\":\"k\",\"state\":\"acknowledged\",\"priority\":"
	    "\"critical\"},"
	    "{\"device\":\"d\",\"alarm\":\"u\",\"state\":\"unacknowledged\",\"priority\":\"low\"},"
	    "{\"device\":\"e\",\"alarm\":\"r\",\"state\":\"returned\",\"priority\":\"medium\"}]}",
	    "MEDIUM    e/r  returned since —\n  \n\n"
	    "LOW       d/u  unacknowledged since —\n  \n\n"
	    "CRITICAL  c/k  acknowledged since —\n  \n\n"
	    "HIGH      b/s  suppressed since —\n  \n  cause:   x/y\n\n"
	    "HIGH      a/n  normal\n  \n");
}

/* An answer that lacks everything is shown as nothing known, not as zeroes that look good. */
static void
empty_answers_do_no_harm(void **state)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	json_t *empty = json_object();

	(void)state;
	show_status_text(empty, out);
	show_devices_text(empty, out);
	show_points_text(empty, out);
	show_alarms_text(empty, out);
	show_events_text(empty, out);
	show_lines_text(empty, out);
	show_bus_text(empty, out);
	show_done_text(empty, out);
	fclose(out);
	free(text);
	json_decref(empty);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(status_is_a_glance),
	    cmocka_unit_test(devices_say_why),
	    cmocka_unit_test(points_show_their_quality),
	    cmocka_unit_test(alarms_say_what_to_do),
	    cmocka_unit_test(lines_are_whole),
	    cmocka_unit_test(keys_stand_in_columns),
	    cmocka_unit_test(alarms_that_wait_come_first),
	    cmocka_unit_test(events_are_lines),
	    cmocka_unit_test(bus_is_in_plain_words),
	    cmocka_unit_test(explain_and_done),
	    cmocka_unit_test(empty_answers_do_no_harm),
	};

	words_locale();
	setenv("TZ", "Asia/Tokyo", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
