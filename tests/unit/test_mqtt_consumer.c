/* sinks/mqtt and its consumers, with a real mosquitto between them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include "mqtt_room.h"

#include "sinks/mqtt/mqtt_priv.h"

static const char *const names[] = {"historian"};

static struct room *
with_consumer(int port, int version)
{
	struct room *r = room_make(port);

	r->t.site.mqtt.version = version;
	r->t.site.mqtt.consumers = names;
	r->t.site.mqtt.consumer_count = 1;
	return r;
}

static void
say(struct watcher *w, const char *what, const char *text)
{
	char topic[128];

	snprintf(topic, sizeof(topic), "facility/annex-2f/consumer/%s", what);
	watcher_publish(w, topic, text, false);
}

/* Only what is acknowledged counts; the rest comes again, and a replay on request. */
static void
an_event_is_freed_by_its_consumer(int version)
{
	const uint64_t acked[] = {4};
	struct broker *b = broker_make();
	struct room *r;
	struct watcher *w;
	struct seen s;

	broker_start(b, NULL);
	w = watcher_start(b->port, NULL, NULL);
	r = with_consumer(b->port, version);
	r->durable = 10;
	watcher_ready(w);
	room_start(r, 7, acked); /* 5 and 6 were sent in an earlier life, but not acknowledged */
	assert_true(room_passes(r, 10, 0, 3000));
	assert_int_equal(watcher_count(w, "event", "\"seq\":4,", NULL), 0);
	assert_int_equal(watcher_count_to(w, 1, "event", "\"seq\":5,"), 1);
	assert_int_equal(watcher_count_to(w, 6, "event", "\"seq\":"), 6);
	assert_int_equal(room_health(r).waiting_events, 6);
	say(w, "historian/ack", "{\"epoch\":\"epoch-of-test\",\"upto\":8}");
	assert_true(room_passes(r, 10, 8, 2000));
	assert_string_equal(r->passed_name, "mqtt/historian");
	assert_int_equal(room_health(r).waiting_events, 2);
	say(w, "historian/ack", "{\"epoch\":\"epoch-of-test\",\"upto\":3}"); /* old: nothing */

	say(w, "historian/replay", "{\"epoch\":\"epoch-of-test\",\"from\":2,\"to\":400}");
	assert_true(watcher_sees(w, "event", "\"seq\":10,", 2000));
	for (int i = 0; i < 200 && watcher_count(w, "event", "replayed", NULL) < 9; i++)
		pause_ms(10);
	assert_int_equal(watcher_count(w, "event", ",\"replayed\":true}", &s), 9);
	assert_non_null(strstr(s.text, "\"seq\":10,"));
	assert_int_equal(room_health(r).waiting_events, 2);

	/* the next connection starts behind the acknowledged */
	broker_stop(b, SIGTERM);
	broker_start(b, NULL);
	assert_true(watcher_sees(w, "agent", "online", 5000));
	assert_int_equal(watcher_count_to(w, 3, "event", "\"seq\":9,"), 3);
	assert_int_equal(watcher_count_to(w, 2, "event", "\"seq\":8,"), 2);
	room_stop(r);
	watcher_stop(w);
	broker_free(b);
}

static void
consumer_with_mqtt_3(void **state)
{
	(void)state;
	an_event_is_freed_by_its_consumer(3);
}

static void
consumer_with_mqtt_5(void **state)
{
	(void)state;
	an_event_is_freed_by_its_consumer(5);
}

/* Nothing that a stranger sends moves a cursor or ends the agent. */
static void
nonsense_is_refused(void **state)
{
	static const char *const payloads[] = {"", "{", "[]", "null",
	    "{\"epoch\":\"x\",\"upto\":1}", "{\"epoch\":\"epoch-of-test\",\"upto\":-1}",
	    "{\"epoch\":\"epoch-of-test\",\"upto\":99999}",
	    "{\"epoch\":\"epoch-of-test\",\"upto\":1.5}",
	    "{\"epoch\":\"epoch-of-test\",\"from\":0,\"to\":2}",
	    "{\"epoch\":\"epoch-of-test\",\"from\":3,\"to\":2}",
	    "{\"epoch\":\"epoch-of-test\",\"from\":90000,\"to\":90001}"};
	const uint64_t acked[] = {0};
	struct broker *b = broker_make();
	struct room *r;
	struct watcher *w;
	char *big = xcalloc(100001, 1);
	size_t before;

	(void)state;
	broker_start(b, NULL);
	w = watcher_start(b->port, NULL, "facility/+/event");
	watcher_ready(w);
	/* an old acknowledgement, planted */
	watcher_leave(w, "facility/annex-2f/consumer/historian/ack",
	    "{\"epoch\":\"epoch-of-test\",\"upto\":2}");
	r = with_consumer(b->port, 3);
	r->durable = 5;
	room_start(r, 0, acked);
	assert_true(room_passes(r, 5, 0, 3000));
	before = watcher_count_to(w, 5, "event", "");
	for (size_t i = 0; i < sizeof(payloads) / sizeof(payloads[0]); i++) {
		say(w, "historian/ack", payloads[i]);
		say(w, "historian/replay", payloads[i]);
		say(w, "stranger/ack", payloads[i]);
	}
	memset(big, '[', 100000);
	say(w, "historian/ack", big);
	say(w, "historian/replay", big);
	memset(big, ' ', 70000);
	memcpy(big, "{\"epoch\":\"epoch-of-test\",\"upto\":4}", 34);
	big[70000] = '\0';
	say(w, "historian/ack", big);
	for (int i = 0; i < 5000; i++)
		say(w, "historian/ack", "{}");
	/* the broker drops what it cannot queue for us: a consumer repeats its ack */
	for (int i = 0; i < 50 && !room_passes(r, 5, 1, 100); i++)
		say(w, "historian/ack", "{\"epoch\":\"epoch-of-test\",\"upto\":1}");
	assert_int_equal(r->passed_consumer, 1);
	assert_int_equal(watcher_count(w, "event", "", NULL), before);
	assert_true(room_health(r).connected);
	assert_int_equal(room_health(r).reconnects, 0);
	room_stop(r);
	watcher_stop(w);
	broker_free(b);
	free(big);
}

/* MQTT 5 says when nobody is subscribed: with consumers the events wait for them. */
static void
events_wait_until_somebody_listens(void **state)
{
	const uint64_t acked[] = {0};
	struct broker *b = broker_make();
	struct room *r;
	struct watcher *w;

	(void)state;
	broker_start(b, NULL);
	r = with_consumer(b->port, 5);
	r->durable = 50;
	room_start(r, 0, acked);
	assert_true(
	    room_says(r, "events wait: nobody is subscribed to facility/annex-2f/event", 3000));
	assert_int_equal(room_health(r).waiting_events, 50);
	assert_true(room_health(r).holding);
	w = watcher_start(b->port, "historian", NULL);
	assert_true(room_passes(r, 50, 50, HOLD_MS + 2000));
	assert_int_equal(w->holes, 0);
	assert_false(room_health(r).holding);
	room_stop(r);
	watcher_stop(w);
	broker_free(b);
}

static void
an_hour_ago(struct room *r, void *arg, const struct now *now)
{
	(void)arg;
	r->mqtt->owed_since[0] = mono_add_ms(now->mono, -CONSUMER_LATE_MS);
}

/* It reads and does not confirm, or is dead while the broker keeps its queue: people are told. */
static void
a_consumer_that_confirms_nothing_is_named(void **state)
{
	const uint64_t acked[] = {5};
	struct broker *b = broker_make();
	struct room *r;
	struct watcher *w;

	(void)state;
	broker_start(b, NULL);
	w = watcher_start(b->port, NULL, NULL);
	r = with_consumer(b->port, 5);
	r->durable = 5;
	watcher_ready(w);
	room_start(r, 5, acked);
	assert_true(room_says(r, "connected to", 3000));
	/* It has all: an hour without an event is no delay of its own. */
	in_core(r, an_hour_ago, NULL);
	assert_false(room_health(r).holding);
	room_events(r, 3);
	assert_true(room_passes(r, 8, 0, 3000));
	assert_false(room_health(r).holding);
	in_core(r, an_hour_ago, NULL);
	assert_true(room_says(r, "historian has confirmed none of 3 events for 60 min", 100));
	assert_true(room_health(r).holding);
	say(w, "historian/ack", "{\"epoch\":\"epoch-of-test\",\"upto\":6}");
	assert_true(room_passes(r, 8, 6, 2000));
	assert_false(room_health(r).holding);
	room_stop(r);
	watcher_stop(w);
	broker_free(b);
}

/* Without consumers nobody has to have them. */
static void
without_consumers_the_broker_is_enough(void **state)
{
	struct broker *b = broker_make();
	struct room *r;

	(void)state;
	broker_start(b, NULL);
	r = room_make(b->port);
	r->t.site.mqtt.version = 5;
	r->durable = 50;
	room_start(r, 20, NULL);
	assert_true(room_passes(r, 50, 0, 3000));
	assert_int_equal(room_health(r).waiting_events, 0);
	assert_int_equal(room_health(r).confirmed, 30);
	room_stop(r);
	broker_free(b);
}

/* A long replay is slow, and what happens meanwhile goes first. */
static void
live_events_go_before_a_replay(void **state)
{
	const uint64_t acked[] = {0};
	struct broker *b = broker_make();
	struct room *r;
	struct watcher *w;
	mono_t began;

	(void)state;
	broker_start(b, NULL);
	w = watcher_start(b->port, NULL, NULL);
	r = with_consumer(b->port, 5);
	r->durable = 1000;
	watcher_ready(w);
	room_start(r, 0, acked);
	assert_true(room_passes(r, 1000, 0, 5000));
	say(w, "historian/replay", "{\"epoch\":\"epoch-of-test\",\"from\":1,\"to\":300}");
	for (int i = 0; i < 300 && watcher_count(w, "event", "replayed", NULL) < 20; i++)
		pause_ms(10);
	began = clock_mono();
	room_events(r, 100);
	assert_true(room_passes(r, 1100, 0, 1000));
	assert_true(mono_ms_between(clock_mono(), began) < 500);
	assert_true(watcher_count(w, "event", "replayed", NULL) < 200);
	/* a second one waits for the first, a third is refused */
	say(w, "historian/replay", "{\"epoch\":\"epoch-of-test\",\"from\":501,\"to\":510}");
	say(w, "historian/replay", "{\"epoch\":\"epoch-of-test\",\"from\":601,\"to\":610}");
	for (int i = 0; i < 500 && watcher_count(w, "event", "replayed", NULL) < 310; i++)
		pause_ms(10);
	pause_ms(200);
	assert_int_equal(watcher_count_to(w, 310, "event", "replayed"), 310);
	assert_int_equal(watcher_count_to(w, 2, "event", "\"seq\":510,"), 2);
	room_stop(r);
	watcher_stop(w);
	broker_free(b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    MQTT_TEST(consumer_with_mqtt_3),
	    MQTT_TEST(consumer_with_mqtt_5),
	    MQTT_TEST(nonsense_is_refused),
	    MQTT_TEST(events_wait_until_somebody_listens),
	    MQTT_TEST(a_consumer_that_confirms_nothing_is_named),
	    MQTT_TEST(without_consumers_the_broker_is_enough),
	    MQTT_TEST(live_events_go_before_a_replay),
	};

	mosquitto_lib_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
