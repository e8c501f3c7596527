/* sinks/mqtt without a broker: dirty bits, stream, commands, payloads, reasons. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "mqtt_site.h"
#include "sinks/mqtt/reason.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>

/* ---- dirty ----------------------------------------------------------------------------------- */

static void
a_set_gives_each_member_once_and_starves_none(void **state)
{
	static const size_t in[] = {0, 1, 63, 64, 65, 129};
	struct arena *a = arena_new();
	struct bits b;
	size_t got, taken = 0;

	(void)state;
	bits_init(&b, a, 130);
	assert_false(bits_take(&b, &got));
	for (size_t i = 0; i < 6; i++) {
		bits_add(&b, in[i]);
		bits_add(&b, in[i]);
	}
	assert_int_equal(b.set, 6);
	while (bits_take(&b, &got))
		assert_int_equal(got, in[taken++]);
	assert_int_equal(taken, 6);
	/* 0 comes again and again, 100 must have its turn */
	bits_add(&b, 100);
	bits_add(&b, 0);
	assert_true(bits_take(&b, &got));
	bits_add(&b, 0);
	if (got != 100)
		assert_true(bits_take(&b, &got) && got == 100);
	bits_remove(&b, 0);
	assert_int_equal(b.set, 0);
	bits_add_all(&b);
	assert_int_equal(b.set, 130);
	for (size_t i = 0; i < 130; i++)
		assert_true(bits_take(&b, &got) && got == i);
	arena_free(a);
}

static void
bits_go_by_the_range(void **state)
{
	struct arena *a = arena_new();
	struct bits b;

	(void)state;
	bits_init(&b, a, 200);
	for (size_t first = 0; first <= 200; first++) {
		for (size_t n = 0; n <= 200 - first; n++) {
			bits_add_all(&b);
			bits_remove(&b, 70);
			bits_remove_range(&b, first, n);
			assert_int_equal(b.set, 199 - n + (first <= 70 && 70 < first + n ? 1 : 0));
			for (size_t i = 0; i < 200; i += n % 7 + 1)
				assert_int_equal(
				    bits_has(&b, i), i != 70 && (i < first || i >= first + n));
		}
	}
	arena_free(a);
}

static void
agent_goes_before_devices_before_alarms_before_points(void **state)
{
	struct arena *a = arena_new();
	struct dirty d;
	enum topic_kind kind;
	size_t i;

	(void)state;
	for (int k = 0; k < TOPIC_KIND_COUNT; k++) {
		bits_init(&d.kind[k], a, 2);
		bits_add(&d.kind[k], 1);
	}
	for (int k = 0; k < TOPIC_KIND_COUNT; k++) {
		assert_int_equal(dirty_count(&d), TOPIC_KIND_COUNT - k);
		assert_true(dirty_take(&d, &kind, &i));
		assert_int_equal(kind, k);
		assert_int_equal(i, 1);
	}
	assert_false(dirty_take(&d, &kind, &i));
	arena_free(a);
}

/* ---- stream ---------------------------------------------------------------------------------- */

static const mono_t zero = {0};

static void
give(struct stream *s, uint64_t from, size_t count)
{
	struct event *events = xcalloc(count + 1, sizeof(*events));

	for (size_t i = 0; i < count; i++)
		events[i].seq = from + i;
	stream_add(s, events, count, zero);
	free(events);
}

/* Sends all that may be sent; returns how many. */
static size_t
send_all(struct stream *s)
{
	size_t n = 0;

	for (; stream_next(s, zero) != NULL; n++)
		stream_sent(s);
	return n;
}

static void
events_are_fetched_sent_and_confirmed_in_order(void **state)
{
	static struct stream s;
	uint64_t after;
	unsigned max;

	(void)state;
	stream_init(&s, 10, 10);
	assert_false(stream_fetch(&s, zero, &after, &max)); /* nothing is there */
	s.last = 40;
	assert_true(stream_fetch(&s, zero, &after, &max));
	assert_int_equal(after, 10);
	assert_int_equal(max, STREAM_QUEUE);
	assert_false(stream_fetch(&s, zero, &after, &max)); /* one request at a time */
	give(&s, 11, STREAM_QUEUE);
	assert_int_equal(send_all(&s), STREAM_FLIGHT);
	assert_int_equal(s.sent, 24);
	/* out of order: the cursor waits for the first */
	assert_false(stream_confirm(&s, s.life, 12));
	assert_int_equal(s.confirmed, 10);
	assert_true(stream_confirm(&s, s.life, 11));
	assert_int_equal(s.confirmed, 12);
	assert_int_equal(send_all(&s), 2);
	assert_true(stream_fetch(&s, zero, &after, &max));
	assert_int_equal(after, 26);
}

static void
after_a_rewind_nothing_old_counts(void **state)
{
	static struct stream s;
	uint64_t after;
	unsigned max, life;

	(void)state;
	stream_init(&s, 0, 100);
	assert_true(stream_fetch(&s, zero, &after, &max));
	give(&s, 1, 16);
	send_all(&s);
	life = s.life;
	assert_true(stream_confirm(&s, life, 1));
	for (uint64_t seq = 2; seq <= 14; seq++)
		stream_confirm(&s, life, seq);
	send_all(&s);
	assert_true(stream_fetch(&s, zero, &after, &max)); /* 17.. are on their way */
	stream_rewind(&s, 5);
	assert_false(stream_confirm(&s, life, 15));
	assert_int_equal(s.confirmed, 5);
	/* the answer to the old request would leave a hole: it is dropped, and asked again */
	assert_false(stream_fetch(&s, zero, &after, &max));
	give(&s, 17, 16);
	assert_null(stream_next(&s, zero));
	assert_true(stream_fetch(&s, zero, &after, &max));
	assert_int_equal(after, 5);
	give(&s, 6, 16);
	assert_int_equal(stream_next(&s, zero)->seq, 6);
	assert_int_equal(s.sent, 16); /* the highest ever */
}

static void
an_empty_answer_is_asked_again_only_later(void **state)
{
	static struct stream s;
	uint64_t after;
	unsigned max;

	(void)state;
	stream_init(&s, 0, 5);
	assert_true(stream_fetch(&s, zero, &after, &max));
	give(&s, 1, 0);
	assert_false(stream_fetch(&s, zero, &after, &max));
	assert_true(stream_fetch(&s, mono_add_ms(zero, STREAM_EMPTY_MS), &after, &max));
}

static void
a_replay_stops_at_its_last_event(void **state)
{
	static struct stream s;
	uint64_t after;
	unsigned max;

	(void)state;
	stream_init(&s, 2, 4);
	assert_true(stream_fetch(&s, zero, &after, &max));
	give(&s, 3, 16);
	assert_int_equal(send_all(&s), 2);
	assert_false(stream_fetch(&s, zero, &after, &max));
}

static void
a_gap_record_is_passed_on_whatever_its_seq(void **state)
{
	struct event events[2] = {{.seq = 3, .type = EVENT_GAP}, {.seq = 8}};
	struct event wide = {.seq = 100, .type = EVENT_GAP};
	static struct stream s;
	uint64_t after;
	unsigned max;

	(void)state;
	stream_init(&s, 5, 9);
	assert_true(stream_fetch(&s, zero, &after, &max));
	stream_add(&s, events, 2, zero);
	assert_int_equal(send_all(&s), 2);
	assert_false(stream_confirm(&s, s.life, 3));
	assert_true(stream_confirm(&s, s.life, 8));
	assert_int_equal(s.confirmed, 8);
	/* one that reaches beyond the range of a replay stands for all of it */
	s.last = 20;
	stream_rewind(&s, 0);
	assert_true(stream_fetch(&s, zero, &after, &max));
	stream_add(&s, &wide, 1, zero);
	assert_int_equal(send_all(&s), 1);
	assert_false(stream_fetch(&s, zero, &after, &max));
}

/* ---- commands -------------------------------------------------------------------------------- */

static const char *const consumers[] = {"historian", "cmms"};

static bool
read_command(const char *topic, const char *payload, struct command *c, char *err)
{
	return command_read(
	    "facility/a", consumers, 2, topic, payload, strlen(payload), c, err, 128);
}

static void
good_commands_are_read(void **state)
{
	struct command c;
	char err[128] = "";

	(void)state;
	assert_true(read_command(
	    "facility/a/consumer/cmms/ack", "{\"epoch\":\"7f3c\",\"upto\":4211}", &c, err));
	assert_int_equal(c.kind, COMMAND_ACK);
	assert_int_equal(c.consumer, 1);
	assert_string_equal(c.epoch, "7f3c");
	assert_int_equal(c.to, 4211);
	assert_true(read_command("facility/a/consumer/historian/replay",
	    "{\"epoch\":\"7f3c\",\"from\":1,\"to\":9,\"extra\":null}", &c, err));
	assert_int_equal(c.kind, COMMAND_REPLAY);
	assert_int_equal(c.from, 1);
	assert_int_equal(c.to, 9);
}

static void
bad_commands_are_refused_with_a_reason(void **state)
{
#define ACK "facility/a/consumer/cmms/ack"
	static const struct {
		const char *topic, *payload, *reason;
	} cases[] = {
	    {ACK, "", "no JSON object"},
	    {ACK, "{", "no JSON object"},
	    {ACK, "[]", "no JSON object"},
	    {ACK, "17", "no JSON object"},
	    {ACK, "{\"epoch\":1,\"upto\":1}", "\"epoch\""},
	    {ACK, "{\"epoch\":\"\",\"upto\":1}", "\"epoch\""},
	    {ACK, "{\"epoch\":\"e\"}", "\"upto\""},
	    {ACK, "{\"epoch\":\"e\",\"upto\":\"1\"}", "\"upto\""},
	    {ACK, "{\"epoch\":\"e\",\"upto\":1.5}", "\"upto\""},
	    {ACK, "{\"epoch\":\"e\",\"upto\":-1}", "\"upto\""},
	    {ACK, "{\"epoch\":\"e\",\"upto\":99999999999999999999}", "no JSON object"},
	    {ACK, "{\"epoch\":\"e\",\"upto\":1,\"upto\":2}", "no JSON object"},
	    {ACK, "{\"epoch\":\"\xff\",\"upto\":1}", "no JSON object"},
	    {"facility/a/consumer/nobody/ack", "{}", "no such consumer"},
	    {"facility/a/consumer/cmm/ack", "{}", "no such consumer"},
	    {"facility/a/consumer/cmms/open", "{}", "ack and replay"},
	    {"facility/a/consumer/ack", "{}", "ack and replay"},
	    {"facility/b/consumer/cmms/ack", "{}", "nothing is expected"},
	    {"x", "{}", "nothing is expected"},
	    {"facility/a/consumer/cmms/replay", "{\"epoch\":\"e\",\"from\":1}", "\"to\""},
	};
	struct command c;
	char err[128];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_false(read_command(cases[i].topic, cases[i].payload, &c, err));
		if (strstr(err, cases[i].reason) == NULL)
			fail_msg("case %zu: \"%s\" does not say \"%s\"", i, err, cases[i].reason);
	}
}

static void
a_payload_beyond_64_kb_is_refused_unread(void **state)
{
	static char big[COMMAND_MAX + 2];
	struct command c;
	char err[128];

	(void)state;
	memset(big, ' ', sizeof(big));
	memcpy(big, "{\"epoch\":\"e\",\"upto\":1}", 22);
	assert_false(command_read(
	    "facility/a", consumers, 2, ACK, big, COMMAND_MAX + 1, &c, err, sizeof(err)));
	assert_non_null(strstr(err, "65537 bytes"));
	assert_true(
	    command_read("facility/a", consumers, 2, ACK, big, COMMAND_MAX, &c, err, sizeof(err)));
	assert_false(command_read("facility/a", consumers, 2, ACK, NULL, 0, &c, err, sizeof(err)));
}

/* The same every time, so that what fails once fails again. */
static uint32_t
dice(uint32_t *state, uint32_t sides)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state % sides;
}

/* One change: a byte, a bit, a piece taken out or doubled, a number made huge, an early end. */
static size_t
spoil(char *text, size_t n, size_t room, uint32_t *state)
{
	size_t at = n > 0 ? dice(state, (uint32_t)n) : 0,
	       piece = n > at ? dice(state, (uint32_t)(n - at)) : 0;

	switch (dice(state, 6)) {
	case 0:
		text[at] = (char)dice(state, 256);
		return n;
	case 1:
		text[at] = (char)(text[at] ^ (1 << dice(state, 8)));
		return n;
	case 2:
		memmove(text + at, text + at + piece, n - at - piece);
		return n - piece;
	case 3:
		if (n + piece > room)
			return n;
		memmove(text + at + piece, text + at, n - at);
		return n + piece;
	case 4:
		if (n + 24 > room)
			return n;
		memmove(text + at + 24, text + at, n - at);
		memset(text + at, '0' + (int)dice(state, 10), 24);
		return n + 24;
	default:
		return at;
	}
}

/* 200,000 spoilt commands: each is read as a whole command or refused with a reason. */
static void
spoilt_commands_are_read_or_refused(void **state)
{
	static const char *const good[] = {"{\"epoch\":\"7f3c\",\"upto\":4211}",
	    "{\"epoch\":\"7f3c\",\"from\":1,\"to\":9,\"more\":[{\"x\":\"\\u00e9\"},null,true]}"};
	static const char *const topics[] = {
	    "facility/a/consumer/cmms/ack", "facility/a/consumer/historian/replay"};
	uint32_t luck = 20261125, taken = 0, refused = 0;

	(void)state;
	for (int i = 0; i < 200000; i++) {
		size_t room = 256, which = dice(&luck, 2), n = strlen(good[which]);
		char *text = xcalloc(room, 1); /* of its own, so that a sanitizer sees its end */
		struct command c;
		char err[128] = "";
		bool ok;

		memcpy(text, good[which], n);
		for (uint32_t k = dice(&luck, 4); k-- > 0;)
			n = spoil(text, n, room, &luck);
		text = xrealloc(text, n > 0 ? n : 1, 1);
		ok = command_read(
		    "facility/a", consumers, 2, topics[which], text, n, &c, err, sizeof(err));
		assert_true(c.known);
		assert_true(ok ? c.epoch[0] != '\0' && strlen(c.epoch) < COMMAND_EPOCH_MAX
			       : err[0] != '\0');
		taken += ok;
		refused += !ok;
		free(text);
	}
	assert_true(taken > 10000 && refused > 10000);
}

static void
an_answer_stays_with_its_consumer(void **state)
{
	static const char *const bad[] = {"", "other", "facility/a/point/crac1/fan_state",
	    "facility/a/consumer/cmms", "facility/a/consumer/cmms/", "facility/a/consumer/cmms/ack",
	    "facility/a/consumer/cmms/replay", "facility/a/consumer/historian/answers",
	    "facility/a/consumer/cmms/+/x", "facility/a/consumer/cmms/#", "$SYS/x"};
	char err[160], text[REPLY_TEXT_MAX], reason[2 * REPLY_TEXT_MAX];

	(void)state;
	assert_true(reply_topic_check(
	    "facility/a", "cmms", "facility/a/consumer/cmms/answers/7", err, sizeof(err)));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_false(reply_topic_check("facility/a", "cmms", bad[i], err, sizeof(err)));
		assert_non_null(strstr(err, "below facility/a/consumer/cmms/"));
	}
	reply_ack(text, 4211);
	assert_string_equal(text, "{\"ok\":true,\"upto\":4211}");
	reply_replay(text, 4000, UINT64_MAX);
	assert_string_equal(text, "{\"ok\":true,\"from\":4000,\"to\":18446744073709551615}");
	reply_refused(text, "it is \"no\" JSON");
	assert_string_equal(text, "{\"ok\":false,\"reason\":\"it is \\\"no\\\" JSON\"}");
	memset(reason, 'x', sizeof(reason));
	reason[sizeof(reason) - 1] = '\0';
	reply_refused(text, reason);
	assert_string_equal(text, "{\"ok\":false}");
}

/* ---- payloads -------------------------------------------------------------------------------- */

static struct test_site site;
static struct mqtt_view view;

static int
make_site(void **state)
{
	(void)state;
	test_site(&site);
	view = test_view(&site);
	return 0;
}

static void
topics_stand_below_the_base(void **state)
{
	char topic[TOPIC_MAX];

	(void)state;
	topic_text(&site.site, TOPIC_AGENT, 0, topic, sizeof(topic));
	assert_string_equal(topic, "facility/annex-2f/agent");
	topic_text(&site.site, TOPIC_DEVICE, DOOR1, topic, sizeof(topic));
	assert_string_equal(topic, "facility/annex-2f/device/door1");
	topic_text(&site.site, TOPIC_ALARM, CRAC1_HOT, topic, sizeof(topic));
	assert_string_equal(topic, "facility/annex-2f/alarm/crac1/return_air_high");
	topic_text(&site.site, TOPIC_POINT, DOOR1_OPEN, topic, sizeof(topic));
	assert_string_equal(topic, "facility/annex-2f/point/door1/door_open");
	topic_text(&site.site, TOPIC_BATCH, CRAC1, topic, sizeof(topic));
	assert_string_equal(topic, "facility/annex-2f/points/crac1");
}

static void
points_show_a_value_only_while_it_means_something(void **state)
{
	static const struct {
		enum quality quality;
		enum defect defect;
		const char *json;
	} cases[] = {
#define TIME "\"time\":\"2025-11-21T09:00:01.250Z\""
	    {QUALITY_GOOD, DEFECT_NONE,
		"{\"value\":24.3,\"unit\":\"Cel\",\"quality\":\"good\"," TIME "}"},
	    {QUALITY_STALE, DEFECT_NONE,
		"{\"value\":24.3,\"unit\":\"Cel\",\"quality\":\"stale\"," TIME "}"},
	    {QUALITY_BAD, DEFECT_SENTINEL,
		"{\"value\":null,\"unit\":\"Cel\",\"quality\":\"bad\"," TIME
		",\"reason\":\"sentinel\"}"},
	    {QUALITY_COMM_LOST, DEFECT_SENTINEL,
		"{\"value\":null,\"unit\":\"Cel\",\"quality\":\"comm_lost\"," TIME "}"},
	};
	char buf[512];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		site.points[CRAC1_TEMPERATURE].quality = cases[i].quality;
		site.points[CRAC1_TEMPERATURE].defect = cases[i].defect;
		assert_int_equal(payload_point(&view, CRAC1_TEMPERATURE, buf, sizeof(buf)),
		    strlen(cases[i].json));
		assert_string_equal(buf, cases[i].json);
	}
	payload_point(&view, CRAC1_FAN, buf, sizeof(buf));
	assert_non_null(strstr(buf, "\"text\":\"running\""));
	site.points[CRAC1_TEMPERATURE] = (struct point_state){.quality = QUALITY_NEVER};
	payload_point(&view, CRAC1_TEMPERATURE, buf, sizeof(buf));
	assert_string_equal(buf, "{\"value\":null,\"unit\":\"Cel\",\"quality\":\"never_read\"}");
}

static void
a_device_says_why_it_is_lost(void **state)
{
	char buf[1024];

	(void)state;
	payload_device(&view, CRAC1, buf, sizeof(buf));
	assert_string_equal(buf,
	    "{\"state\":\"online\",\"since\":\"2025-11-21T09:00:01.250Z\","
	    "\"profile\":\"stulz-c7000\",\"kind\":\"hvac\",\"zone\":\"room\",\"title\":\"CRAC 1\","
	    "\"facts\":{\"firmware\":\"4.19\"}}");
	site.device_states[CRAC1].phase = DEVICE_LOST;
	site.device_states[CRAC1].fault = ANSWER_TIMEOUT;
	payload_device(&view, CRAC1, buf, sizeof(buf));
	assert_non_null(strstr(buf, "\"state\":\"lost\""));
	assert_non_null(strstr(buf, "\"fault\":\"CRAC 1 does not answer"));
	site.site.language = LANGUAGE_JA;
	payload_device(&view, CRAC1, buf, sizeof(buf));
	assert_non_null(strstr(buf, "空調機１"));
}

static void
an_alarm_is_there_until_it_is_normal(void **state)
{
	char buf[2048];

	(void)state;
	assert_int_equal(payload_alarm(&view, CRAC1_HOT, buf, sizeof(buf)), 0);
	site.alarms[CRAC1_HOT] = (struct alarm_state){.phase = ALARM_ACKNOWLEDGED,
	    .since = {INT64_C(1763715601250000)},
	    .has_value = true,
	    .value = 30.4,
	    .who = "sato"};
	payload_alarm(&view, CRAC1_HOT, buf, sizeof(buf));
	assert_string_equal(buf,
	    "{\"state\":\"acknowledged\",\"priority\":\"high\",\"value\":30.4,\"unit\":\"Cel\","
	    "\"since\":\"2025-11-21T09:00:01.250Z\",\"text\":\"CRAC 1: return air too warm.\","
	    "\"impact\":\"Rows A and B are cooled by it.\",\"remedy\":\"Check fan and filter.\","
	    "\"who\":\"sato\"}");
}

static void
a_batch_has_what_changed_or_all(void **state)
{
	struct arena *a = arena_new();
	struct bits which;
	char buf[2048];
	json_t *o;

	(void)state;
	bits_init(&which, a, POINTS);
	bits_add(&which, CRAC1_FAN);
	payload_batch(&view, CRAC1, &which, (wall_t){1}, buf, sizeof(buf));
	o = json_loads(buf, 0, NULL);
	assert_non_null(o);
	assert_true(json_is_false(json_object_get(o, "complete")));
	assert_int_equal(json_object_size(json_object_get(o, "points")), 1);
	json_decref(o);
	payload_batch(&view, CRAC1, NULL, (wall_t){1}, buf, sizeof(buf));
	o = json_loads(buf, 0, NULL);
	assert_non_null(o);
	assert_true(json_is_true(json_object_get(o, "complete")));
	assert_int_equal(json_object_size(json_object_get(o, "points")), 2);
	json_decref(o);
	arena_free(a);
}

/* What is made once is written byte for byte as what is not, at every size. */
static void
frames_change_nothing(void **state)
{
	static const double values[] = {24.3, 0, -17, 65535, 1e-7, -123456789.0123, (double)NAN};
	struct arena *a = arena_new();
	const struct json_frame *const *frames = payload_frames(&site.site, a);
	char plain[1024], framed[1024];

	(void)state;
	for (unsigned n = 0; n < 7 * 2 * 2 * QUALITY_COUNT; n++) {
		struct point_state *p = &site.points[CRAC1_TEMPERATURE];
		size_t length = sizeof(plain);

		p->value = values[n % 7];
		p->read_wall = (wall_t){n / 7 % 2 == 0 ? 0 : INT64_C(1763715601250000) + n};
		site.device_states[CRAC1].maintenance.until.us = n / 14 % 2;
		p->quality = (enum quality)(n / 28);
		for (size_t size = length; size > 0;
		     size = size > length + 8 ? length + 8 : size - 1) {
			view.frames = NULL;
			length = payload_batch(&view, CRAC1, NULL, (wall_t){1}, plain, size);
			view.frames = frames;
			assert_int_equal(
			    payload_batch(&view, CRAC1, NULL, (wall_t){1}, framed, size), length);
			if (length == 0)
				break;
			assert_string_equal(framed, plain);
		}
	}
	view.frames = NULL;
	arena_free(a);
}

/* At every size that is too small the answer is 0, and nothing is written behind the end. */
static void
what_does_not_fit_is_refused(void **state)
{
	struct agent_facts facts = {.version = "1.0", .epoch = "7f3c", .last = 12};
	char buf[2048];
	size_t full[4];

	(void)state;
	site.alarms[CRAC1_HOT].phase = ALARM_UNACKNOWLEDGED;
	for (size_t size = sizeof(buf); size-- > 1;) {
		size_t n[4];

		buf[size] = '#';
		n[0] = payload_agent(&site.site, &facts, buf, size);
		n[1] = payload_device(&view, CRAC1, buf, size);
		n[2] = payload_alarm(&view, CRAC1_HOT, buf, size);
		n[3] = payload_batch(&view, CRAC1, NULL, (wall_t){1}, buf, size);
		assert_int_equal(buf[size], '#');
		if (size == sizeof(buf) - 1)
			memcpy(full, n, sizeof(n));
		for (int i = 0; i < 4; i++)
			assert_true(n[i] == full[i] || n[i] == 0);
	}
}

static void
the_room_is_enough_for_the_longest_device(void **state)
{
	static struct point_spec many[400];
	static struct point_state states[400];
	static char buf[400 * 1024];
	size_t room;

	(void)state;
	for (size_t i = 0; i < 400; i++) {
		many[i] = site.crac_points[1];
		states[i] = site.points[CRAC1_FAN];
		states[i].value = -123456789.0123;
	}
	site.crac.points = many;
	site.crac.point_count = 400;
	site.site.point_count = 401;
	site.devices[DOOR1].first_point = 400;
	view.points = states;
	site.site.mqtt.batch = MQTT_PER_DEVICE;
	room = payload_room(&site.site);
	assert_true(room <= sizeof(buf));
	assert_true(payload_batch(&view, CRAC1, NULL, (wall_t){1}, buf, room) > 0);
	site.site.mqtt.batch = MQTT_PER_POINT;
	assert_true(payload_room(&site.site) < 8192);
}

/* ---- reasons --------------------------------------------------------------------------------- */

static void
refusals_read_like_advice(void **state)
{
	char text[200];

	(void)state;
	reason_login(3, 4, text, sizeof(text));
	assert_string_equal(text, "wrong user name or password");
	reason_login(5, 134, text, sizeof(text));
	assert_string_equal(text, "wrong user name or password");
	reason_login(5, 200, text, sizeof(text));
	assert_non_null(strstr(text, "(code 200)"));
	reason_goodbye(142, "facilityd", text, sizeof(text));
	assert_non_null(strstr(text, "\"facilityd\""));
	assert_non_null(strstr(reason_puback(0x87), "may not publish"));
	assert_null(reason_publish(4)); /* MOSQ_ERR_NO_CONN: the connection, not the message */
}

int
main(void)
{
#define WITH_SITE(test) cmocka_unit_test_setup(test, make_site)
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_set_gives_each_member_once_and_starves_none),
	    cmocka_unit_test(bits_go_by_the_range),
	    cmocka_unit_test(agent_goes_before_devices_before_alarms_before_points),
	    cmocka_unit_test(events_are_fetched_sent_and_confirmed_in_order),
	    cmocka_unit_test(after_a_rewind_nothing_old_counts),
	    cmocka_unit_test(an_empty_answer_is_asked_again_only_later),
	    cmocka_unit_test(a_replay_stops_at_its_last_event),
	    cmocka_unit_test(a_gap_record_is_passed_on_whatever_its_seq),
	    cmocka_unit_test(good_commands_are_read),
	    cmocka_unit_test(bad_commands_are_refused_with_a_reason),
	    cmocka_unit_test(spoilt_commands_are_read_or_refused),
	    cmocka_unit_test(an_answer_stays_with_its_consumer),
	    cmocka_unit_test(a_payload_beyond_64_kb_is_refused_unread),
	    WITH_SITE(topics_stand_below_the_base),
	    WITH_SITE(points_show_a_value_only_while_it_means_something),
	    WITH_SITE(a_device_says_why_it_is_lost),
	    WITH_SITE(an_alarm_is_there_until_it_is_normal),
	    WITH_SITE(a_batch_has_what_changed_or_all),
	    WITH_SITE(frames_change_nothing),
	    WITH_SITE(what_does_not_fit_is_refused),
	    WITH_SITE(the_room_is_enough_for_the_longest_device),
	    cmocka_unit_test(refusals_read_like_advice),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
