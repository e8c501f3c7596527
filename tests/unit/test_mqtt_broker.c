/* sinks/mqtt against a real mosquitto: state, events, and what goes wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include "mqtt_room.h"

#include <poll.h>
#include <stdatomic.h>

/* ---- state ----------------------------------------------------------------------------------- */

static void
state_is_retained_and_in_order(int version)
{
	struct broker *b = broker_make();
	struct room *r;
	struct watcher *w, *late;
	const char *const order[] = {"device/crac1", "device/door1", "alarm/crac1/return_air_high",
	    "point/crac1/return_air_temperature", "point/crac1/fan_state", "point/door1/door_open",
	    "agent"};
	size_t at = 0;

	broker_start(b, NULL);
	w = watcher_start(b->port, NULL, NULL);
	r = room_make(b->port);
	r->t.site.mqtt.version = version;
	r->t.alarms[CRAC1_HOT].phase = ALARM_UNACKNOWLEDGED;
	watcher_ready(w);
	room_start(r, 0, NULL);
	assert_true(room_says(r, "connected to", 3000));
	assert_true(watcher_sees(w, "agent", "\"online\"", 3000));
	pthread_mutex_lock(&w->lock);
	for (size_t i = 0; i < w->count && at < 7; i++)
		if (strstr(w->seen[i].topic, order[at]) != NULL)
			at++;
	pthread_mutex_unlock(&w->lock);
	assert_int_equal(at, 7);

	room_point(r, CRAC1_FAN, 0, QUALITY_GOOD);
	assert_true(watcher_sees(w, "point/crac1/fan_state", "\"stopped\"", 2000));
	/* who comes later finds everything, and no alarm that is over */
	late = watcher_start(b->port, NULL, NULL);
	assert_true(watcher_sees(late, "agent", "\"online\"", 2000));
	assert_true(watcher_sees(late, "alarm/crac1/return_air_high", "unacknowledged", 2000));
	assert_true(watcher_sees(late, "point/crac1/fan_state", "\"stopped\"", 2000));
	room_alarm(r, CRAC1_HOT, ALARM_NORMAL);
	assert_true(watcher_sees(late, "alarm/crac1/return_air_high", "", 2000));
	watcher_stop(late);
	late = watcher_start(b->port, NULL, NULL);
	assert_true(watcher_sees(late, "agent", "\"online\"", 2000));
	assert_int_equal(watcher_count(late, "alarm/crac1/return_air_high", "", NULL), 0);

	room_stop(r);
	assert_true(watcher_sees(late, "agent", "{\"state\":\"offline\"}", 2000));
	watcher_stop(late);
	watcher_stop(w);
	broker_free(b);
}

/* Place of the first message on the topic, at or after `from`, that has `part` in it. */
static size_t
place(struct watcher *w, size_t from, const char *topic, const char *part)
{
	size_t i = from;

	pthread_mutex_lock(&w->lock);
	while (i < w->count &&
	       (strcmp(w->seen[i].topic, topic) != 0 || strstr(w->seen[i].text, part) == NULL))
		i++;
	if (i == w->count)
		i = SIZE_MAX;
	pthread_mutex_unlock(&w->lock);
	return i;
}

struct storm {
	struct room *room;
	pthread_t thread;
	atomic_bool stop;
};

/* Never lets the first topics come to rest. */
static void *
storm_main(void *arg)
{
	struct storm *s = arg;

	for (int i = 0; !atomic_load(&s->stop); i++) {
		room_point(s->room, CRAC1_TEMPERATURE, 20 + (i % 500) * 0.01, QUALITY_GOOD);
		room_point(s->room, CRAC1_FAN, i % 2, QUALITY_GOOD);
	}
	return NULL;
}

/* Nobody may see "online" beside a value of yesterday, nor wait for it while values change. */
static void
online_comes_after_the_state(int version, enum mqtt_batch batch)
{
	static const char *const after[] = {
	    "facility/annex-2f/device/door1", "facility/annex-2f/alarm/crac1/comm_lost", NULL};
	struct broker *b = broker_make();
	struct watcher *w;
	struct storm storm = {0};
	const char *last = batch == MQTT_PER_DEVICE ? "facility/annex-2f/points/door1"
						    : "facility/annex-2f/point/door1/door_open";

	broker_start(b, NULL);
	w = watcher_start(b->port, NULL, NULL);
	watcher_ready(w);
	for (int round = 0; round < 2; round++) {
		struct room *r = storm.room = room_make(b->port);
		size_t from, online;

		pthread_mutex_lock(&w->lock);
		from = w->count;
		pthread_mutex_unlock(&w->lock);
		r->t.site.mqtt.version = version;
		r->t.site.mqtt.batch = batch;
		room_start(r, 0, NULL);
		atomic_store(&storm.stop, false);
		pthread_create(&storm.thread, NULL, storm_main, &storm);
		for (int i = 0;
		     i < 600 && place(w, from, "facility/annex-2f/agent", "online") == SIZE_MAX;
		     i++)
			pause_ms(5);
		atomic_store(&storm.stop, true);
		pthread_join(storm.thread, NULL);
		online = place(w, from, "facility/annex-2f/agent", "online");
		assert_true(online != SIZE_MAX);
		assert_true(place(w, from, last, "not open") < online);
		for (size_t i = 0; after[i] != NULL; i++)
			assert_true(place(w, from, after[i], "") < online);
		room_stop(r);
		assert_true(watcher_sees(w, "agent", "offline", 2000));
	}
	watcher_stop(w);
	broker_free(b);
}

static void
online_is_last(void **state)
{
	(void)state;
	online_comes_after_the_state(3, MQTT_PER_POINT);
	online_comes_after_the_state(5, MQTT_PER_DEVICE);
}

static void
state_with_mqtt_3(void **state)
{
	(void)state;
	state_is_retained_and_in_order(3);
}

static void
state_with_mqtt_5(void **state)
{
	(void)state;
	state_is_retained_and_in_order(5);
}

static void
batches_have_what_changed_and_leave_all(void **state)
{
	struct broker *b = broker_make();
	struct room *r;
	struct watcher *w, *late;
	struct seen s;

	(void)state;
	broker_start(b, NULL);
	w = watcher_start(b->port, NULL, NULL);
	r = room_make(b->port);
	r->t.site.mqtt.batch = MQTT_PER_DEVICE;
	for (size_t i = 0; i < POINTS; i++)
		r->t.points[i].told_quality = QUALITY_GOOD;
	watcher_ready(w);
	room_start(r, 0, NULL);
	assert_true(watcher_sees(w, "points/crac1", "\"complete\":true", 3000));
	/* a measurement: only that, and not retained */
	room_point(r, CRAC1_TEMPERATURE, 27.5, QUALITY_GOOD);
	assert_true(watcher_sees(w, "points/crac1", "\"complete\":false", 2000));
	watcher_count(w, "points/crac1", "", &s);
	assert_non_null(strstr(s.text, "27.5"));
	assert_null(strstr(s.text, "fan_state"));
	/* a state: everything, for who comes later */
	room_point(r, CRAC1_FAN, 0, QUALITY_GOOD);
	assert_true(watcher_sees(w, "points/crac1", "\"complete\":true", 2000));
	late = watcher_start(b->port, NULL, NULL);
	assert_true(watcher_sees(late, "points/crac1", "27.5", 2000));
	assert_true(watcher_sees(late, "points/crac1", "\"stopped\"", 2000));
	/* a quality as well */
	room_point(r, CRAC1_TEMPERATURE, 27.5, QUALITY_COMM_LOST);
	assert_true(watcher_sees(late, "points/crac1", "comm_lost", 2000));
	watcher_count(late, "points/crac1", "comm_lost", &s);
	assert_non_null(strstr(s.text, "\"complete\":true"));
	assert_non_null(strstr(s.text, "\"value\":null"));
	/* and a measurement that stays alone is in a complete message soon */
	room_point(r, CRAC1_TEMPERATURE, 28.5, QUALITY_GOOD);
	assert_true(watcher_sees(w, "points/crac1", "28.5", 2000));
	room_point(r, CRAC1_TEMPERATURE, 28.6, QUALITY_GOOD);
	assert_true(watcher_sees(w, "points/crac1", "\"complete\":false", 2000));
	assert_true(watcher_sees(w, "points/crac1", "\"complete\":true", COMPLETE_MS + 2000));
	/* one that changes when it would be due soon is in no message of its own before that */
	pause_ms(COMPLETE_EARLY_MS + 300);
	room_point(r, CRAC1_TEMPERATURE, 29.5, QUALITY_GOOD);
	assert_true(watcher_sees(w, "points/crac1", "29.5", 2000));
	watcher_count(w, "points/crac1", "29.5", &s);
	assert_non_null(strstr(s.text, "\"complete\":true"));
	assert_int_equal(watcher_count(w, "point/crac1/fan_state", "", NULL), 0);
	room_stop(r);
	watcher_stop(late);
	watcher_stop(w);
	broker_free(b);
}

/* The agent as a process of its own, to be killed. */
_Noreturn static void
agent_main(int port)
{
	struct room *r;

	r = room_make(port);
	room_start(r, 0, NULL);
	for (;;)
		pause();
}

static void
the_will_speaks_for_a_killed_agent(void **state)
{
	struct broker *b = broker_make();
	struct watcher *w;
	char port[16];
	pid_t pid;

	(void)state;
	broker_start(b, NULL);
	w = watcher_start(b->port, NULL, NULL);
	snprintf(port, sizeof(port), "%d", b->port);
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		execl("/proc/self/exe", "agent", port, (char *)NULL);
		_exit(127);
	}
	assert_true(watcher_sees(w, "agent", "\"online\"", 5000));
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	assert_true(watcher_sees(w, "agent", "{\"state\":\"offline\"}", 5000));
	watcher_stop(w);
	broker_free(b);
}

/* ---- broker absent, stopped, stalled ----------------------------------------------------------
 */

static void
a_broker_that_comes_later_is_found(void **state)
{
	struct broker *b = broker_make();
	struct room *r;
	struct watcher *w;

	(void)state;
	r = room_make(b->port);
	r->t.site.mqtt.broker = "localhost";
	room_start(r, 0, NULL);
	assert_true(room_says(r, "Connection refused", 2000));
	assert_true(room_says(r, "next try in", 2000));
	pause_ms(1500);
	broker_start(b, NULL);
	w = watcher_start(b->port, NULL, NULL);
	assert_true(room_says(r, "connected to localhost", 9000));
	assert_true(watcher_sees(w, "agent", "\"online\"", 2000));
	room_stop(r);
	watcher_stop(w);
	broker_free(b);
}

/* Memory figures mean nothing under a sanitizer. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define GROWTH_MAX_KB 1000000
#else
#define GROWTH_MAX_KB 1024
#endif

static long
resident_kb(void)
{
	long pages = 0, resident = 0;
	FILE *f = fopen("/proc/self/statm", "r");

	assert_non_null(f);
	assert_int_equal(fscanf(f, "%ld %ld", &pages, &resident), 2);
	fclose(f);
	return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

/* 2,000 events and many changes while the broker is away: each event once and in order. */
static void
nothing_is_lost_while_the_broker_is_away(void **state)
{
	static const char *const names[] = {"historian"};
	const uint64_t acked[] = {0};
	struct broker *b = broker_make();
	struct room *r;
	struct watcher *w;
	struct mqtt_health h;
	long before, after;

	(void)state;
	broker_start(b, NULL);
	w = watcher_start(b->port, "historian", NULL);
	r = room_make(b->port);
	r->t.site.mqtt.version = 5;
	r->t.site.mqtt.consumers = names;
	r->t.site.mqtt.consumer_count = 1;
	watcher_ready(w);
	room_start(r, 0, acked);
	room_events(r, 100);
	assert_true(room_passes(r, 100, 100, 3000));

	broker_stop(b, SIGKILL);
	before = resident_kb();
	for (int i = 0; i < 200; i++) {
		room_events(r, 10);
		room_point(r, CRAC1_TEMPERATURE, 20 + i * 0.01, QUALITY_GOOD);
		room_alarm(r, CRAC1_HOT, i % 2 ? ALARM_NORMAL : ALARM_UNACKNOWLEDGED);
	}
	after = resident_kb();
	h = room_health(r);
	assert_false(h.connected);
	assert_int_equal(h.waiting_events, 2000);
	assert_true(h.dirty >= 2);
	assert_true(h.in_flight <= WINDOW + WINDOW_POINT);
	print_message(
	    "resident %ld kB before, %ld kB after 2000 events without a broker\n", before, after);
	assert_true(after - before < GROWTH_MAX_KB);

	broker_start(b, NULL);
	assert_true(room_passes(r, 2100, 2100, 15000));
	assert_true(watcher_sees(w, "point/crac1/return_air_temperature", "21.99", 1000));
	assert_true(watcher_sees(w, "alarm/crac1/return_air_high", "", 1000));
	pthread_mutex_lock(&w->lock);
	assert_int_equal(w->have, 2100);
	assert_int_equal(w->holes, 0);
	print_message("%llu doubles\n", (unsigned long long)w->doubles);
	pthread_mutex_unlock(&w->lock);
	h = room_health(r);
	assert_int_equal(h.waiting_events, 0);
	assert_int_equal(h.reconnects, 1);
	room_stop(r);
	watcher_stop(w);
	broker_free(b);
}

static void
a_stalled_broker_closes_the_window(void **state)
{
	struct broker *b = broker_make();
	struct room *r;
	struct watcher *w;
	struct mqtt_health h;
	long before;

	(void)state;
	broker_start(b, NULL);
	w = watcher_start(b->port, NULL, NULL);
	r = room_make(b->port);
	r->t.site.mqtt.keepalive_s = 60;
	watcher_ready(w);
	room_start(r, 0, NULL);
	assert_true(room_says(r, "connected to", 3000));
	kill(b->pid, SIGSTOP);
	before = resident_kb();
	for (int i = 0; i < 500; i++) {
		room_events(r, 2);
		room_point(r, CRAC1_TEMPERATURE, 20 + i * 0.01, QUALITY_GOOD);
		pause_ms(6);
	}
	h = room_health(r);
	assert_true(h.connected);
	assert_int_equal(h.in_flight, STREAM_FLIGHT); /* state is written, events wait */
	assert_true(resident_kb() - before < GROWTH_MAX_KB);
	kill(b->pid, SIGCONT);
	assert_true(room_passes(r, 1000, 0, 5000));
	assert_int_equal(watcher_count_to(w, 1000, "event", "\"seq\":"), 1000);
	assert_true(watcher_sees(w, "point/crac1/return_air_temperature", "24.99", 1000));
	assert_int_equal(room_health(r).reconnects, 0);
	room_stop(r);
	watcher_stop(w);
	broker_free(b);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
	    MQTT_TEST(state_with_mqtt_3),
	    MQTT_TEST(state_with_mqtt_5),
	    MQTT_TEST(online_is_last),
	    MQTT_TEST(batches_have_what_changed_and_leave_all),
	    MQTT_TEST(the_will_speaks_for_a_killed_agent),
	    MQTT_TEST(a_broker_that_comes_later_is_found),
	    MQTT_TEST(nothing_is_lost_while_the_broker_is_away),
	    MQTT_TEST(a_stalled_broker_closes_the_window),
	};

	if (argc == 2)
		agent_main(atoi(argv[1]));
	mosquitto_lib_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
