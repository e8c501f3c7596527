/* sinks/mqtt against a real mosquitto that says no, or not so much. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include "mqtt_room.h"

static void
make_password(const struct broker *b, const char *user, const char *password)
{
	char path[128];

	broker_file(b, "passwords", "");
	snprintf(path, sizeof(path), "%s/passwords", b->dir);
	assert_int_equal(run(b->dir, (const char *const[]){"mosquitto_passwd", "-b", path, user,
					 password, NULL}),
	    0);
}

/* Random, as no password may stand in the tree. */
static void
random_word(char *buf, size_t size)
{
	uint64_t n = 0;
	FILE *f = fopen("/dev/urandom", "r");

	assert_non_null(f);
	assert_int_equal(fread(&n, sizeof(n), 1, f), 1);
	fclose(f);
	snprintf(buf, size, "%016llx", (unsigned long long)n);
}

static void
a_wrong_password_is_called_that(void **state)
{
	struct broker *b = broker_make();
	struct room *r;
	char right[32], wrong[32], conf[256];

	(void)state;
	random_word(right, sizeof(right));
	random_word(wrong, sizeof(wrong));
	make_password(b, "agent", right);
	snprintf(conf, sizeof(conf), "allow_anonymous false\npassword_file %s/passwords\n", b->dir);
	broker_start(b, conf);
	for (int version = 3; version <= 5; version += 2) {
		r = room_make(b->port);
		r->t.site.mqtt.version = version;
		r->t.site.mqtt.username = "agent";
		r->t.site.mqtt.password = wrong;
		room_start(r, 0, NULL);
		assert_true(room_says(r, "refuses the login: not authorised", 3000));
		assert_true(room_says(r, "check user name, password", 1000));
		room_stop(r);
	}
	r = room_make(b->port);
	r->t.site.mqtt.username = "agent";
	r->t.site.mqtt.password = right;
	room_start(r, 0, NULL);
	assert_true(room_says(r, "connected to", 3000));
	room_stop(r);
	broker_free(b);
}

static void
events_that_the_broker_refuses_wait(void **state)
{
	struct broker *b = broker_make();
	struct room *r;
	struct watcher *w;
	char conf[256];

	(void)state;
	broker_file(b, "acl", "topic read #\ntopic readwrite facility/annex-2f/agent\n");
	snprintf(conf, sizeof(conf), "allow_anonymous true\nacl_file %s/acl\n", b->dir);
	broker_start(b, conf);
	w = watcher_start(b->port, NULL, NULL);
	r = room_make(b->port);
	r->t.site.mqtt.version = 5;
	watcher_ready(w);
	room_start(r, 0, NULL);
	room_events(r, 20);
	assert_true(room_says(r, "events wait: the broker refuses facility/annex-2f/event", 3000));
	assert_true(room_says(r, "(ACL)", 1000));
	assert_int_equal(room_health(r).waiting_events, 20);
	assert_true(room_health(r).connected);
	assert_true(room_health(r).holding);
	broker_file(b, "acl", "topic readwrite #\n");
	kill(b->pid, SIGHUP);
	assert_true(room_passes(r, 20, 0, HOLD_MS + 3000));
	assert_true(room_says(r, "connected to", 1000));
	assert_null(strstr(room_health(r).text, "wait"));
	assert_false(room_health(r).holding);
	assert_int_equal(watcher_count_to(w, 20, "event", "\"seq\":"), 20);
	room_stop(r);
	watcher_stop(w);
	broker_free(b);
}

/* A broker that does not let us hear the consumers: nothing will ever be acknowledged. */
static void
a_broker_that_hides_the_consumers_is_named(void **state)
{
	static const char *const names[] = {"historian"};
	const uint64_t acked[] = {0};
	struct broker *b = broker_make();
	char conf[512];

	(void)state;
	broker_no_subscriptions(b, conf, sizeof(conf));
	broker_start(b, conf);
	for (int version = 3; version <= 5; version += 2) {
		struct room *r = room_make(b->port);

		r->t.site.mqtt.version = version;
		r->t.site.mqtt.consumers = names;
		r->t.site.mqtt.consumer_count = 1;
		room_start(r, 0, acked);
		assert_true(room_says(r,
		    "events cannot be acknowledged: the broker does not let us read consumer/+/ack",
		    3000));
		assert_true(room_health(r).connected);
		assert_true(room_health(r).holding);
		room_stop(r);
	}
	broker_free(b);
}

/* MQTT 5: a broker that takes one unconfirmed message at a time, and only short ones. */
static void
a_narrow_broker_is_served(void **state)
{
	struct broker *b = broker_make();
	struct room *r;
	struct watcher *w;

	(void)state;
	broker_start(b, "allow_anonymous true\nmax_inflight_messages 1\n");
	w = watcher_start(b->port, NULL, NULL);
	watcher_ready(w);
	r = room_make(b->port);
	r->t.site.mqtt.version = 5;
	r->durable = 500;
	room_start(r, 0, NULL);
	assert_true(room_passes(r, 500, 0, 5000));
	assert_int_equal(watcher_count_to(w, 500, "event", "\"seq\":"), 500);
	room_stop(r);
	broker_stop(b, SIGTERM);

	broker_start(b, "allow_anonymous true\nmax_packet_size 200\n");
	r = room_make(b->port);
	r->t.site.mqtt.version = 5;
	r->durable = 5;
	for (size_t i = 0; i < 5; i++)
		memset(r->events[i].text, 'x', 200);
	room_start(r, 0, NULL);
	assert_true(room_says(r,
	    "events wait: the broker refuses facility/annex-2f/event: the message is larger",
	    3000));
	assert_int_equal(room_health(r).waiting_events, 5);
	room_stop(r);
	watcher_stop(w);
	broker_free(b);
}

static void
two_with_one_name_are_told_so(void **state)
{
	struct broker *b = broker_make();
	struct room *r;
	struct mosquitto *twin = NULL;

	(void)state;
	broker_start(b, NULL);
	r = room_make(b->port);
	r->t.site.mqtt.version = 5;
	room_start(r, 0, NULL);
	assert_true(room_says(r, "connected to", 3000));
	twin = mosquitto_new("facilityd-annex-2f", true, NULL);
	for (unsigned i = 1; i <= 3; i++) {
		assert_int_equal(mosquitto_connect(twin, "127.0.0.1", b->port, 60), 0);
		mosquitto_loop(twin, 100, 1);
		if (i == 3)
			assert_true(
			    room_says(r, "is another client \"facilityd-annex-2f\"?", 3000));
		assert_true(room_reconnects(r, i, 6000));
	}
	mosquitto_destroy(twin);
	room_stop(r);
	broker_free(b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    MQTT_TEST(a_wrong_password_is_called_that),
	    MQTT_TEST(events_that_the_broker_refuses_wait),
	    MQTT_TEST(a_broker_that_hides_the_consumers_is_named),
	    MQTT_TEST(a_narrow_broker_is_served),
	    MQTT_TEST(two_with_one_name_are_told_so),
	};

	mosquitto_lib_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
