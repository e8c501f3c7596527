/*
 * The protocol of the control socket, byte for byte: a client over a socket pair, a real core, a
 * clock that is moved by hand.
 */
#include "console_site.h"

#include "base/text.h"
#include "sinks/console/client.h"
#include "sinks/console/fetch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
/* cmocka wants the standard headers first. */
#include <cmocka.h>

static const struct console_sources no_sources;

struct fixture {
	struct room room;
	struct show show;
	struct client *client;
	struct fetch fetch;
	struct outbox outbox;
	unsigned fetches;
	uint64_t fetch_after;
	unsigned fetch_max;
	int fd; /* the test's end */
	char *got;
	size_t length, size;
};

static void
on_fetch(void *arg, int tag, uint64_t after, unsigned max)
{
	struct fixture *f = arg;

	assert_int_equal(tag, OUTBOX_CONSOLE);
	f->fetches++;
	f->fetch_after = after;
	f->fetch_max = max;
}

static int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	const struct peer peer = {.uid = 1000, .pid = 1, .name = "ops", .may_act = true};
	int fds[2];

	room_start(&f->room, (struct now){.mono = {1000000000}, .wall = {1795251600000000}});
	core_changes_clear(f->room.core, &f->room.now);
	f->outbox = (struct outbox){.arg = f, .epoch = "7f", .fetch = on_fetch};
	f->fetch.outbox = &f->outbox;
	f->show = (struct show){.core = f->room.core,
	    .site = &room_site,
	    .sources = &no_sources,
	    .load = load_new(1),
	    .version = "v1",
	    .started = f->room.now,
	    .now = f->room.now,
	    .epoch = "7f"};
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
	f->client = client_new(fds[0], &peer, &f->show, &f->room.now);
	f->fd = fds[1];
	f->size = 1 << 22;
	f->got = malloc(f->size);
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	client_free(f->client);
	close(f->fd);
	load_free(f->show.load);
	core_free(f->room.core);
	free(f->got);
	free(f);
	return 0;
}

/* The store, as far as it matters here: gives what was asked for from the room's events. */
static void
serve_fetch(struct fixture *f)
{
	struct event batch[CLIENT_EVENTS_MAX];
	size_t n = 0;

	for (size_t i = 0; i < f->room.event_count && n < f->fetch_max; i++)
		if (f->room.events[i].seq > f->fetch_after)
			batch[n++] = f->room.events[i];
	fetch_arrived(&f->fetch, batch, n);
}

static void
receive(struct fixture *f)
{
	ssize_t n;

	while ((n = recv(f->fd, f->got + f->length, f->size - f->length - 1, 0)) > 0)
		f->length += (size_t)n;
	f->got[f->length] = '\0';
}

/* Turns until nothing happens any more. */
static void
settle(struct fixture *f)
{
	for (int i = 0; i < 200; i++) {
		f->show.durable = f->room.event_count;
		client_read(f->client, &f->room.now);
		receive(f);
		fetch_pump(&f->fetch, &f->client, 1);
		if (f->fetch.out)
			serve_fetch(f);
	}
}

static const char *
say(struct fixture *f, const char *bytes, size_t length)
{
	f->length = 0;
	assert_int_equal(send(f->fd, bytes, length, 0), (ssize_t)length);
	settle(f);
	return f->got;
}

static const char *
ask(struct fixture *f, const char *line)
{
	return say(f, line, strlen(line));
}

static void
pass_ms(struct fixture *f, int64_t ms)
{
	f->room.now.mono = mono_add_ms(f->room.now.mono, ms);
	f->room.now.wall.us += ms * 1000;
	f->show.now = f->room.now;
	room_turn(&f->room, &f->room.now);
	struct core_changes changes = core_changes(f->room.core);
	if (f->client->watch != NULL)
		watch_mark(f->client->watch, &changes);
	core_changes_clear(f->room.core, &f->room.now);
}

static void
assert_begins(const char *text, const char *beginning)
{
	char head[512];

	text_printf(head, sizeof(head), "%.*s", (int)strlen(beginning), text);
	assert_string_equal(head, beginning);
}

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
	    "\"consoles\":0},\"devices\":{\"total\":2,\"online\":2,\"lost\":0,\"unknown\":0},"
	    "\"points\":{\"good\":4,\"not_good\":2},\"alarms\":{\"active\":{\"critical\":0,"
	    "\"high\":"
	    "0,\"medium\":0,\"low\":0},\"unacknowledged\":{\"critical\":0,\"high\":0,\"medium\":0,"
	    "\"low\":0}},\"parts\":[]}\n");
	assert_string_equal(ask(f, "{\"cmd\":\"devices\",\"device\":\"crac2\"}\n"),
	    "{\"ok\":true,\"devices\":[{\"device\":\"crac2\",\"kind\":\"hvac\",\"profile\":"
	    "\"test-unit\",\"link\":\"io_1\",\"unit_id\":2,\"zone\":\"room\",\"state\":\"online\","
	    "\"since\":\"2026-11-21T09:00:00.000Z\",\"points\":3,\"points_good\":2,\"facts\":{},"
	    "\"key_points\":[\"return_air_temperature\",\"fan_state\",\"spare_temperature\"]}]}\n");
	assert_non_null(strstr(ask(f, "{\"cmd\":\"bus\"}\n"),
	    "{\"ok\":true,\"links\":[{\"link\":\"io_1\",\"kind\":\"modbus-tcp\",\"address\":"
	    "\"127.0.0.1\",\"port\":502}],\"devices\":[{\"device\":\"crac1\",\"link\":\"io_1\","
	    "\"unit_id\":1,\"state\":\"online\""));
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

/* ---- events --------------------------------------------------------------------------------- */

static void
note_many(struct fixture *f, int count)
{
	char text[64];

	for (int i = 0; i < count; i++) {
		text_printf(text, sizeof(text), "note %d", i);
		core_note(f->room.core, &f->room.now, EVENT_SYSTEM, PRIORITY_LOW, "", "", "", text);
	}
}

static size_t
count_in(const char *text, const char *word)
{
	size_t n = 0;

	for (const char *p = text; (p = strstr(p, word)) != NULL; p += strlen(word))
		n++;
	return n;
}

static void
events_come_in_batches_as_one_answer(void **state)
{
	struct fixture *f = *state;

	note_many(f, 50);
	size_t total = f->room.event_count;
	const char *answer = ask(f, "{\"cmd\":\"events\",\"n\":30}\n{\"cmd\":\"alarms\"}\n");
	assert_begins(answer, "{\"ok\":true,\"epoch\":\"7f\",\"events\":[{\"epoch\":");
	assert_int_equal(count_in(answer, "\"seq\":"), 30);
	assert_int_equal(count_in(answer, "\"text\":\"note 20\""), 1);
	assert_int_equal(count_in(answer, "\"text\":\"note 19\""), 0);
	assert_int_equal(count_in(answer, "\"text\":\"note 49\""), 1);
	assert_int_equal(f->fetches, 4);
	/* the answer to the next request follows, and not before */
	assert_string_equal(strstr(answer, "]}\n"), "]}\n{\"ok\":true,\"alarms\":[]}\n");
	char line[64];
	text_printf(line, sizeof(line), "{\"cmd\":\"events\",\"since\":%zu}\n", total - 2);
	assert_int_equal(count_in(ask(f, line), "\"seq\":"), 2);
	text_printf(line, sizeof(line), "{\"cmd\":\"events\",\"since\":%zu}\n", total + 9);
	assert_string_equal(ask(f, line), "{\"ok\":true,\"epoch\":\"7f\",\"events\":[]}\n");
	assert_string_equal(ask(f, "{\"cmd\":\"events\",\"n\":0}\n"),
	    "{\"ok\":true,\"epoch\":\"7f\",\"events\":[]}\n");
}

static void
a_store_that_gives_nothing_ends_the_answer(void **state)
{
	struct fixture *f = *state;

	note_many(f, 3);
	f->room.events[0].seq = 90; /* what was durable is not there any more */
	f->room.events[1].seq = 91;
	f->room.events[2].seq = 92;
	f->room.event_count = 3;
	assert_string_equal(
	    ask(f, "{\"cmd\":\"events\"}\n"), "{\"ok\":true,\"epoch\":\"7f\",\"events\":[]}\n");
}

/* ---- watch ---------------------------------------------------------------------------------- */

static void
watch_begins_with_everything_then_changes(void **state)
{
	struct fixture *f = *state;

	const char *got = ask(f, "{\"cmd\":\"watch\",\"n\":1}\n");
	assert_begins(got, "{\"ok\":true,\"watch\":\"begin\",\"epoch\":\"7f\"}\n");
	assert_int_equal(count_in(got, "{\"watch\":\"status\""), 1);
	assert_int_equal(count_in(got, "{\"watch\":\"device\""), 2);
	assert_int_equal(count_in(got, "{\"watch\":\"point\""), 6);
	assert_int_equal(count_in(got, "{\"watch\":\"alarm\""), 0);
	assert_int_equal(count_in(got, "{\"watch\":\"ready\"}"), 1);
	assert_int_equal(count_in(got, "{\"watch\":\"event\""), 1);
	assert_true(strstr(got, "\"ready\"") < strstr(got, "{\"watch\":\"event\""));
	/* nothing changes: nothing is said */
	f->length = 0;
	settle(f);
	assert_int_equal(f->length, 0);
	f->room.return_air = 304;
	pass_ms(f, 1100);
	settle(f);
	assert_int_equal(count_in(f->got, "{\"watch\":\"alarm\""), 2);
	assert_int_equal(count_in(f->got, "{\"watch\":\"point\""), 2);
	assert_int_equal(count_in(f->got, "{\"watch\":\"event\""), 2);
	/* an alarm that goes is told once more */
	f->length = 0;
	ask(f, "{\"cmd\":\"ack\",\"alarm\":\"all\"}\n");
	f->length = 0;
	f->room.return_air = 243;
	pass_ms(f, 1100);
	settle(f);
	assert_int_equal(count_in(f->got, "\"state\":\"normal\""), 2);
}

static void
watch_coalesces_to_five_rounds_a_second(void **state)
{
	struct fixture *f = *state;
	const uint32_t point = RETURN_AIR;
	const struct core_changes changes = {.points = &point, .point_count = 1};

	ask(f, "{\"cmd\":\"watch\",\"only\":[\"points\"]}\n");
	f->length = 0;
	for (int ms = 0; ms < 1000; ms += 10) { /* a hundred changes in a second */
		f->room.now.mono = mono_add_ms(f->room.now.mono, 10);
		f->show.now = f->room.now;
		watch_mark(f->client->watch, &changes);
		client_pump(f->client, &f->room.now);
	}
	receive(f);
	assert_int_equal(count_in(f->got, "{\"watch\":\"point\""), 5);
	assert_int_equal(count_in(f->got, "{\"watch\":\"device\""), 0);
	/* silence means that the agent is gone, so there is none */
	f->length = 0;
	for (int i = 0; i < 10; i++) {
		f->room.now.mono = mono_add_ms(f->room.now.mono, 500);
		f->show.now = f->room.now;
		client_pump(f->client, &f->room.now);
	}
	receive(f);
	assert_in_range(count_in(f->got, "{\"watch\":\"status\""), 2, 3);
}

static void
requests_may_be_sent_while_watching(void **state)
{
	struct fixture *f = *state;

	note_many(f, 20);
	const char *got = ask(f, "{\"cmd\":\"watch\"}\n{\"cmd\":\"points\",\"prefix\":\"zzz\"}\n"
				 "{\"cmd\":\"events\",\"n\":12}\n");
	assert_int_equal(count_in(got, "{\"ok\":true,\"points\":[]}\n"), 1);
	assert_int_equal(count_in(got, "{\"watch\":\"event\""), 20);
	/* every line is whole */
	const char *answer = strstr(got, "{\"ok\":true,\"epoch\":\"7f\",\"events\":[");
	assert_non_null(answer);
	const char *end = strchr(answer, '\n');
	assert_memory_equal(end - 2, "]}", 2);
	assert_null(memmem(answer, (size_t)(end - answer), "\"watch\"", 7));
}

/* ---- who does not read ---------------------------------------------------------------------- */

static void
a_client_that_does_not_read_is_dropped(void **state)
{
	static const char line[] = "{\"cmd\":\"points\"}\n";
	struct fixture *f = *state;

	for (int i = 0; i < 20000 && !f->client->dead; i++) {
		if (send(f->fd, line, sizeof(line) - 1, MSG_NOSIGNAL) < 0)
			break;
		client_read(f->client, &f->room.now);
	}
	assert_false(f->client->dead);
	assert_true(f->client->out_length > 0);
	assert_true(f->client->out_length <= CLIENT_OUT_MAX);
	assert_true(
	    client_next(f->client).us < mono_add_ms(f->room.now.mono, CLIENT_STALL_MS + 1).us);
	f->room.now.mono = mono_add_ms(f->room.now.mono, CLIENT_STALL_MS - 1);
	client_pump(f->client, &f->room.now);
	assert_false(f->client->dead);
	f->room.now.mono = mono_add_ms(f->room.now.mono, 2);
	client_pump(f->client, &f->room.now);
	assert_true(f->client->dead);
}

/* Slow is not dead: whoever takes a little now and then gets everything, whole and in order. */
static void
a_slow_client_gets_everything(void **state)
{
	static const char line[] = "{\"cmd\":\"points\"}\n";
	struct fixture *f = *state;
	int sent = 0;

	while (sent < 2000 && send(f->fd, line, sizeof(line) - 1, MSG_NOSIGNAL) > 0) {
		client_read(f->client, &f->room.now);
		sent++;
	}
	f->length = 0;
	for (int i = 0; i < 3000; i++) {
		ssize_t n = recv(f->fd, f->got + f->length,
		    f->size - f->length - 1 < 3000 ? f->size - f->length - 1 : 3000, 0);

		f->length += n > 0 ? (size_t)n : 0;
		f->room.now.mono = mono_add_ms(f->room.now.mono, 100);
		f->show.now = f->room.now;
		client_read(f->client, &f->room.now);
	}
	receive(f);
	assert_false(f->client->dead);
	assert_int_equal(count_in(f->got, "{\"ok\":true,\"points\":["), sent);
	assert_int_equal(count_in(f->got, "]}\n"), sent);
}

int
main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
	    T(points_are_as_on_the_topics),
	    T(people_read_their_language),
	    T(status_and_devices),
	    T(a_lost_device_has_no_values),
	    T(an_unknown_state_is_named),
	    T(mistakes_get_a_sentence_and_the_connection_lives),
	    T(garbage_is_refused_line_by_line),
	    T(too_long_a_line_is_skipped),
	    T(lines_may_come_in_pieces_and_in_bunches),
	    T(acknowledging_is_recorded_with_the_name),
	    T(reset_wants_the_condition_gone_and_an_acknowledgement),
	    T(who_may_only_look_is_refused),
	    T(events_come_in_batches_as_one_answer),
	    T(a_store_that_gives_nothing_ends_the_answer),
	    T(watch_begins_with_everything_then_changes),
	    T(watch_coalesces_to_five_rounds_a_second),
	    T(requests_may_be_sent_while_watching),
	    T(a_client_that_does_not_read_is_dropped),
	    T(a_slow_client_gets_everything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
