/* The protocol of the control socket, byte for byte. */
#include "console_client.h"

#include <jansson.h>

/* ---- golden --------------------------------------------------------------------------------- */

static void
points_are_as_on_the_topics(void **state)
{
	struct fixture *f = *state;

	assert_string_equal(ask(f, "{\"cmd\":\"points\",\"device\":\"crac1\"}\n"),
	    "{\"ok\":true,\"points\":["
	    "{\"device\":\"crac1\",\"point\":\"fan_state\",\"title\":\"Fan\",\"value\":1,\"unit\":"
	    "\"1\",\"quality\":\"good\",\"time\":\"2026-11-21T09:00:00.000Z\",\"text\":\"running\"}"
	    ","
	    "{\"device\":\"crac1\",\"point\":\"return_air_temperature\",\"title\":\"Return air\","
	    "\"value\":24.3,\"unit\":\"Cel\",\"quality\":\"good\",\"time\":"
	    "\"2026-11-21T09:00:00.000Z\"},"
	    "{\"device\":\"crac1\",\"point\":\"spare_temperature\",\"title\":\"Spare\",\"value\":"
	    "null,\"unit\":\"Cel\",\"quality\":\"bad\",\"reason\":\"sentinel\"}]}\n");
	assert_string_equal(ask(f, "{\"cmd\":\"points\",\"prefix\":\"crac2/fan\"}\n"),
	    "{\"ok\":true,\"points\":["
	    "{\"device\":\"crac2\",\"point\":\"fan_state\",\"title\":\"Fan\",\"value\":1,\"unit\":"
	    "\"1\",\"quality\":\"good\",\"time\":\"2026-11-21T09:00:00.000Z\",\"text\":"
	    "\"running\"}]}\n");
	assert_string_equal(
	    ask(f, "{\"cmd\":\"points\",\"prefix\":\"zzz\"}\n"), "{\"ok\":true,\"points\":[]}\n");
}

/* Titles and words in the language of the site; the word of the topic stays beside it. */
static void
people_read_their_language(void **state)
{
	struct fixture *f = *state;
	struct site ja = room_site;

	ja.language = LANGUAGE_JA;
	f->show.site = &ja;
	assert_non_null(strstr(ask(f, "{\"cmd\":\"points\",\"prefix\":\"crac1/fan\"}\n"),
	    "\"text\":\"running\",\"label\":\"運転\"}"));
	assert_non_null(strstr(ask(f, "{\"cmd\":\"points\",\"prefix\":\"crac1/return\"}\n"),
	    "\"title\":\"還気温度\""));
}

static void
status_and_devices(void **state)
{
	struct fixture *f = *state;

	assert_string_equal(ask(f, "{\"cmd\":\"status\"}\n"),
	    "{\"ok\":true,\"agent\":{\"state\":\"online\",\"version\":\"v1\",\"site\":\"test-"
	    "room\","
	    "\"title\":\"Test "
	    "room\",\"board\":\"virtual\",\"started\":\"2026-11-21T09:00:00.000Z\","
	    "\"uptime_s\":0,\"time\":\"2026-11-21T09:00:00.000Z\",\"clock\":\"unsynced\","
	    "\"consoles\":0},\"devices\":{\"total\":2,\"online\":2,\"lost\":0,\"unknown\":0,"
	    "\"maintenance\":0},"
	    "\"points\":{\"good\":4,\"not_good\":2},\"alarms\":{\"active\":{\"critical\":0,"
	    "\"high\":"
	    "0,\"medium\":0,\"low\":0},\"unacknowledged\":{\"critical\":0,\"high\":0,\"medium\":0,"
	    "\"low\":0},\"shelved\":0,\"out_of_service\":0},\"parts\":[]}\n");
	assert_string_equal(ask(f, "{\"cmd\":\"devices\",\"device\":\"crac2\"}\n"),
	    "{\"ok\":true,\"devices\":[{\"device\":\"crac2\",\"kind\":\"hvac\",\"profile\":"
	    "\"test-unit\",\"link\":\"io_1\",\"unit_id\":2,\"zone\":\"room\",\"state\":\"online\","
	    "\"since\":\"2026-11-21T09:00:00.000Z\",\"points\":3,\"points_good\":2,\"facts\":{},"
	    "\"key_points\":[\"return_air_temperature\",\"fan_state\",\"spare_temperature\"]}]}\n");
	assert_non_null(strstr(ask(f, "{\"cmd\":\"bus\"}\n"),
	    "{\"ok\":true,\"links\":[{\"link\":\"io_1\",\"kind\":\"modbus-tcp\",\"address\":"
	    "\"127.0.0.1\",\"port\":502}],\"devices\":[{\"device\":\"crac1\",\"link\":\"io_1\","
	    "\"unit_id\":1,\"state\":\"online\",\"answered\":\"2026-11-21T0"));
	assert_string_equal(
	    ask(f, "{\"cmd\":\"zones\"}\n"), "{\"ok\":true,\"zones\":[{\"zone\":\"room\"}]}\n");
}

/* Contacts of the board have no unit: the answer stays JSON that everybody can read. */
static void
a_device_without_unit_has_none(void **state)
{
	struct fixture *f = *state;
	struct site site = room_site;
	struct device_spec devices[2] = {room_site.devices[0], room_site.devices[1]};

	assert_int_equal(site.device_count, 2);
	devices[1].unit = -1;
	site.devices = devices;
	f->show.site = &site;
	assert_null(strstr(ask(f, "{\"cmd\":\"devices\",\"device\":\"crac2\"}\n"), "unit_id"));
	json_t *bus = json_loads(ask(f, "{\"cmd\":\"bus\"}\n"), 0, NULL);
	assert_non_null(bus);
	json_decref(bus);
	f->show.site = &room_site;
}

/* Not asked any more in vain: no value, and a sentence that says why. */
static void
a_lost_device_has_no_values(void **state)
{
	struct fixture *f = *state;

	f->room.crac2_silent = true;
	for (int i = 0; i < 10; i++)
		pass_ms(f, 1000);
	const char *got = ask(f, "{\"cmd\":\"devices\",\"device\":\"crac2\"}\n");
	assert_non_null(strstr(got, "\"state\":\"lost\""));
	assert_non_null(strstr(got, "\"fault\":\"crac2 does not answer on io_1 (unit 2): "));
	assert_non_null(strstr(got, "\"reason\":\"timeout\""));
	assert_begins(ask(f, "{\"cmd\":\"points\",\"prefix\":\"crac2/fan\"}\n"),
	    "{\"ok\":true,\"points\":[{\"device\":\"crac2\",\"point\":\"fan_state\",\"title\":"
	    "\"Fan\","
	    "\"value\":null,\"unit\":\"1\",\"quality\":\"comm_lost\",\"time\":\"");
	assert_null(strstr(f->got, "\"text\""));
}

/* A state that the profile does not list is said as it is, and is no value. */
static void
an_unknown_state_is_named(void **state)
{
	struct fixture *f = *state;

	f->room.fan = 1;
	room_points[FAN_STATE].word_count = 1; /* "running" is not known here */
	pass_ms(f, 1100);
	const char *got = ask(f, "{\"cmd\":\"points\",\"prefix\":\"crac1/fan\"}\n");
	room_points[FAN_STATE].word_count = 2;
	assert_non_null(strstr(got, "\"value\":null,\"unit\":\"1\",\"quality\":\"bad\""));
	assert_non_null(strstr(got, "\"text\":\"unknown(1)\",\"reason\":\"unknown_state\""));
}

static void
mistakes_get_a_sentence_and_the_connection_lives(void **state)
{
	static const struct {
		const char *line, *code, *sentence;
	} cases[] = {
	    {"{\"cmd\":\"stauts\"}\n", "bad_request",
		"there is no command \\\"stauts\\\"; did you mean \\\"status\\\"?"},
	    {"{\"cmd\":\"points\",\"devise\":\"crac1\"}\n", "bad_request",
		"\\\"points\\\" has no \\\"devise\\\"; did you mean \\\"device\\\"?"},
	    {"{\"cmd\":\"points\",\"device\":7}\n", "bad_request", "\\\"device\\\" must be a text"},
	    {"{\"cmd\":\"points\",\"device\":\"crac3\"}\n", "not_found",
		"there is no device \\\"crac3\\\" here; did you mean \\\"crac1\\\"?"},
	    {"{\"cmd\":\"explain\"}\n", "bad_request", "\\\"explain\\\" needs \\\"point\\\""},
	    {"{\"cmd\":\"explain\",\"point\":\"crac1\"}\n", "bad_request",
		"a point is written DEVICE/NAME, not \\\"crac1\\\""},
	    {"{\"cmd\":\"explain\",\"point\":\"crac1/fan_stat\"}\n", "not_found",
		"crac1 has no point \\\"fan_stat\\\"; did you mean \\\"fan_state\\\"?"},
	    {"{\"cmd\":\"ack\",\"alarm\":\"crac1/return_air_hihg\"}\n", "not_found",
		"crac1 has no alarm \\\"return_air_hihg\\\"; did you mean "
		"\\\"return_air_high\\\"?"},
	    {"{\"cmd\":\"ack\",\"alarm\":\"all\",\"as\":\"root (root)\"}\n", "bad_request",
		"\\\"as\\\" must be a person's name: letters, digits, blank . _ - ' and at most 40 "
		"bytes"},
	    {"{\"cmd\":\"events\",\"n\":-1}\n", "bad_request",
		"\\\"n\\\" must be from 0 to 100000"},
	    {"{\"cmd\":\"watch\",\"only\":[\"weather\"]}\n", "bad_request",
		"\\\"only\\\" is a list of: status, alarms, devices, points, events"},
	    {"{\"cmd\":\"alarms\",\"all\":1}\n", "bad_request",
		"\\\"all\\\" must be true or false"},
	    {"[1]\n", "bad_request",
		"a request is one object with \\\"cmd\\\", such as {\\\"cmd\\\":\\\"status\\\"}"},
	    {"{}\n", "bad_request",
		"a request is one object with \\\"cmd\\\", such as {\\\"cmd\\\":\\\"status\\\"}"},
	};
	struct fixture *f = *state;
	char expected[512];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		text_printf(expected, sizeof(expected),
		    "{\"ok\":false,\"code\":\"%s\",\"error\":\"%s\"}\n", cases[i].code,
		    cases[i].sentence);
		assert_string_equal(ask(f, cases[i].line), expected);
	}
	assert_false(f->client->dead);
}

static void
garbage_is_refused_line_by_line(void **state)
{
	static const char *const lines[] = {"nonsense\n", "\x00\x01\xFF\x1b[2J\n",
	    "{\"cmd\":\"status\"\n", "{\"cmd\":\"sta\xC3\"}\n", "{\"cmd\":\"a\",\"cmd\":\"b\"}\n",
	    "{\"cmd\":\"status\\u0000\"}\n"};
	struct fixture *f = *state;
	char deep[4000];

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		size_t n = i == 1 ? 8 : strlen(lines[i]);
		const char *answer = say(f, lines[i], n);

		assert_begins(answer, "{\"ok\":false,\"code\":\"bad_request\"");
		assert_null(strchr(answer, '\033'));
	}
	memset(deep, '[', sizeof(deep));
	deep[sizeof(deep) - 1] = '\n';
	assert_begins(say(f, deep, sizeof(deep)), "{\"ok\":false");
	/* empty lines are nothing */
	assert_string_equal(ask(f, "\n\n"), "");
	assert_begins(ask(f, "{\"cmd\":\"status\"}\n"), "{\"ok\":true");
}

static void
too_long_a_line_is_skipped(void **state)
{
	struct fixture *f = *state;
	char *line = malloc(20000);

	memset(line, 'x', 20000);
	assert_string_equal(say(f, line, 10000),
	    "{\"ok\":false,\"code\":\"bad_request\",\"error\":\"the line is longer than 4096 bytes "
	    "and was ignored\"}\n");
	line[5000] = '\n';
	memcpy(line + 5001, "{\"cmd\":\"points\",\"prefix\":\"zzz\"}\n", 32);
	assert_string_equal(say(f, line, 5033), "{\"ok\":true,\"points\":[]}\n");
	free(line);
}

static void
lines_may_come_in_pieces_and_in_bunches(void **state)
{
	struct fixture *f = *state;

	assert_string_equal(ask(f, "{\"cmd\":\"points\","), "");
	assert_string_equal(ask(f, "\"prefix\":\"zzz\"}\n{\"cmd\":\"alarms\"}\n{\"cmd\":\"nix\"}"),
	    "{\"ok\":true,\"points\":[]}\n{\"ok\":true,\"alarms\":[]}\n");
	/* the last line has no end, but the client has no more to say */
	shutdown(f->fd, SHUT_WR);
	f->length = 0;
	settle(f);
	assert_string_equal(f->got,
	    "{\"ok\":false,\"code\":\"bad_request\",\"error\":\"there is no command "
	    "\\\"nix\\\"\"}\n");
	assert_true(f->client->dead);
}

/* ---- acting --------------------------------------------------------------------------------- */

static void
acknowledging_is_recorded_with_the_name(void **state)
{
	struct fixture *f = *state;

	f->room.return_air = 304;
	pass_ms(f, 1100);
	const char *alarms = ask(f, "{\"cmd\":\"alarms\"}\n");
	assert_begins(alarms,
	    "{\"ok\":true,\"alarms\":[{\"device\":\"crac1\",\"alarm\":\"return_air_high\","
	    "\"title\":"
	    "\"Return air too warm\",\"state\":\"unacknowledged\",\"priority\":\"high\",\"value\":"
	    "30.4,\"unit\":\"Cel\",");
	assert_non_null(strstr(alarms, "\"impact\":\"Row A warms up.\",\"remedy\":\"Check fan and "
				       "filter.\"}"));
	assert_string_equal(
	    ask(f, "{\"cmd\":\"ack\",\"alarm\":\"crac1/return_air_high\",\"as\":\"Tanaka\"}\n"),
	    "{\"ok\":true,\"done\":1,\"who\":\"Tanaka (ops)\",\"text\":\"crac1/return_air_high "
	    "acknowledged\"}\n");
	assert_string_equal(f->room.events[f->room.event_count - 1].who, "Tanaka (ops)");
	/* twice is no harm */
	assert_string_equal(ask(f, "{\"cmd\":\"ack\",\"alarm\":\"crac1/return_air_high\"}\n"),
	    "{\"ok\":true,\"done\":0,\"who\":\"ops\",\"text\":\"crac1/return_air_high is "
	    "acknowledged: there is nothing to acknowledge\"}\n");
	assert_string_equal(ask(f, "{\"cmd\":\"ack\",\"alarm\":\"all\"}\n"),
	    "{\"ok\":true,\"done\":1,\"who\":\"ops\",\"text\":\"1 alarm acknowledged\"}\n");
	assert_string_equal(ask(f, "{\"cmd\":\"ack\",\"alarm\":\"all\"}\n"),
	    "{\"ok\":true,\"done\":0,\"who\":\"ops\",\"text\":\"no alarm waits for an "
	    "acknowledgement\"}\n");
}

static void
reset_wants_the_condition_gone_and_an_acknowledgement(void **state)
{
	static const char reset[] = "{\"cmd\":\"reset\",\"alarm\":\"crac1/fan_stopped\"}\n";
	struct fixture *f = *state;

	assert_non_null(strstr(ask(f, reset), "it is normal: there is nothing to reset"));
	f->room.fan = 0;
	pass_ms(f, 1100);
	ask(f, "{\"cmd\":\"ack\",\"alarm\":\"crac1/fan_stopped\"}\n");
	assert_string_equal(ask(f, reset),
	    "{\"ok\":false,\"code\":\"refused\",\"error\":\"crac1/fan_stopped cannot be reset: its "
	    "condition is still there\"}\n");
	f->room.fan = 1;
	pass_ms(f, 1100);
	assert_string_equal(ask(f, reset),
	    "{\"ok\":true,\"done\":1,\"who\":\"ops\",\"text\":\"crac1/fan_stopped reset\"}\n");
}

static void
who_may_only_look_is_refused(void **state)
{
	struct fixture *f = *state;

	f->client->peer.may_act = false;
	assert_string_equal(ask(f, "{\"cmd\":\"ack\",\"alarm\":\"all\"}\n"),
	    "{\"ok\":false,\"code\":\"refused\",\"error\":\"ops may look but not acknowledge "
	    "alarms: that is for "
	    "root and the agent's own account\"}\n");
	assert_begins(
	    ask(f, "{\"cmd\":\"reset\",\"alarm\":\"crac1/fan_stopped\"}\n"), "{\"ok\":false");
	assert_begins(ask(f, "{\"cmd\":\"status\"}\n"), "{\"ok\":true");
}

int
main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
	    T(points_are_as_on_the_topics),
	    T(people_read_their_language),
	    T(status_and_devices),
	    T(a_device_without_unit_has_none),
	    T(a_lost_device_has_no_values),
	    T(an_unknown_state_is_named),
	    T(mistakes_get_a_sentence_and_the_connection_lives),
	    T(garbage_is_refused_line_by_line),
	    T(too_long_a_line_is_skipped),
	    T(lines_may_come_in_pieces_and_in_bunches),
	    T(acknowledging_is_recorded_with_the_name),
	    T(reset_wants_the_condition_gone_and_an_acknowledgement),
	    T(who_may_only_look_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
