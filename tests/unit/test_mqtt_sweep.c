/* sinks/mqtt against a real mosquitto that retains topics of what has left the site. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include "mqtt_room.h"

#include "base/log.h"

/* The look is over: two quiet times and the thread's second. */
#define SWEEP_WAIT_MS 4000

#define GONE 300 /* more than are cleared in one go */

static const char good[] = "{\"value\":24.3,\"quality\":\"good\"}";

/* Below any base: what some earlier configuration has left there. */
static const char *const stale[] = {"facility/annex-2f/device/crac9",
    "facility/annex-2f/alarm/crac9/return_air_high", "facility/annex-2f/alarm/crac1/renamed",
    "facility/annex-2f/point/crac1/renamed"};
/* Not ours: another site, and other shapes of topics. */
static const char *const others[] = {"facility/annex-2f2/device/crac9",
    "facility/annex-2/point/crac1/renamed", "facility/annex-2f/other/crac9",
    "facility/annex-2f/point/crac9", "facility/annex-2f/device/crac9/note",
    "other/annex-2f/device/crac9", "facility/annex-2f/consumerless"};
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* Retained as if it were of yesterday. */
static void
leave(struct watcher *w)
{
	char topic[128];

	for (size_t i = 0; i < COUNT(stale); i++)
		watcher_publish(w, stale[i], good, true);
	for (size_t i = 0; i < COUNT(others); i++)
		watcher_publish(w, others[i], good, true);
	for (int i = 0; i < GONE; i++) {
		snprintf(topic, sizeof(topic), "facility/annex-2f/point/gone/p%d", i);
		watcher_publish(w, topic, good, true);
	}
	assert_int_equal(watcher_count_to(w, 1, "point/gone/p299", "good"), 1);
}

/* How many topics that begin so are retained now. */
static size_t
retained(const struct broker *b, const char *start)
{
	struct watcher *w = watcher_start(b->port, NULL, NULL);
	size_t n = 0;

	watcher_ready(w);
	pause_ms(200);
	pthread_mutex_lock(&w->lock);
	for (size_t i = 0; i < w->count; i++)
		n += w->seen[i].retained && strncmp(w->seen[i].topic, start, strlen(start)) == 0;
	pthread_mutex_unlock(&w->lock);
	watcher_stop(w);
	return n;
}

/* ---- our own log lines ----------------------------------------------------------------------- */

static int real_stderr = -1;

static void
log_to(const struct broker *b)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/own.log", b->dir);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0600);
	assert_true(fd >= 0);
	real_stderr = dup(STDERR_FILENO);
	dup2(fd, STDERR_FILENO);
	close(fd);
}

static void
log_back(void)
{
	if (real_stderr < 0)
		return;
	dup2(real_stderr, STDERR_FILENO);
	close(real_stderr);
	real_stderr = -1;
}

/* How many lines have `part` in them. */
static size_t
logged(const struct broker *b, const char *part)
{
	char path[128], line[1024];
	size_t n = 0;
	FILE *f;

	snprintf(path, sizeof(path), "%s/own.log", b->dir);
	f = fopen(path, "r");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f) != NULL)
		n += strstr(line, part) != NULL;
	fclose(f);
	return n;
}

static bool
logs(const struct broker *b, const char *part, int timeout_ms)
{
	mono_t until = mono_add_ms(clock_mono(), timeout_ms);

	while (logged(b, part) == 0 && mono_before(clock_mono(), until))
		pause_ms(20);
	return logged(b, part) > 0;
}

static int
clean_up(void **state)
{
	log_back();
	log_set_level(LOG_LEVEL_INFO);
	return mqtt_clean_up(state);
}

/* ---- tests ----------------------------------------------------------------------------------- */

static void
what_left_the_site_is_cleared(int version)
{
	struct broker *b = broker_make();
	struct watcher *w;
	struct room *r;

	broker_start(b, NULL);
	log_to(b);
	w = watcher_start(b->port, NULL, NULL);
	watcher_ready(w);
	leave(w);
	watcher_publish(w, "facility/annex-2f/points/crac1", good, true);
	watcher_publish(w, "facility/annex-2f/alarm/door1/door_left_open", good, true);
	assert_int_equal(watcher_count_to(w, 1, "alarm/door1/door_left_open", "good"), 1);
	r = room_make(b->port);
	r->t.site.mqtt.version = version;
	r->t.alarms[CRAC1_HOT].phase = ALARM_UNACKNOWLEDGED;
	room_start(r, 0, NULL);
	assert_true(room_says(r, "connected to", 3000));
	/* changes come back to us while we look: they are live and must stay */
	for (int i = 0; i < 150; i++) {
		room_point(r, CRAC1_TEMPERATURE, 20 + i * 0.01, QUALITY_GOOD);
		pause_ms(20);
	}
	assert_true(logs(b, "mqtt: cleared 305 retained topics below facility/annex-2f of", 9000));
	assert_int_equal(logged(b, "cannot be cleared"), 0);
	assert_int_equal(retained(b, "facility/annex-2f/point/gone"), 0);
	for (size_t i = 0; i < COUNT(stale); i++)
		assert_int_equal(retained(b, stale[i]), i == 0 ? 1 : 0); /* its /note stays */
	assert_int_equal(retained(b, "facility/annex-2f/points/"), 0);
	assert_int_equal(retained(b, "facility/annex-2f/alarm/door1/door_left_open"), 0);
	for (size_t i = 0; i < COUNT(others); i++)
		assert_int_equal(retained(b, others[i]), 1);
	/* what there is stays */
	assert_int_equal(retained(b, "facility/annex-2f/agent"), 1);
	assert_int_equal(retained(b, "facility/annex-2f/device/"), DEVICES + 1);
	assert_int_equal(retained(b, "facility/annex-2f/point/"), POINTS + 1);
	assert_int_equal(retained(b, "facility/annex-2f/alarm/crac1/return_air_high"), 1);
	room_stop(r);
	watcher_stop(w);
	log_back();
	broker_free(b);
}

static void
cleared_with_mqtt_3(void **state)
{
	(void)state;
	what_left_the_site_is_cleared(3);
}

static void
cleared_with_mqtt_5(void **state)
{
	(void)state;
	what_left_the_site_is_cleared(5);
}

static void
each_way_to_publish_clears_the_other(void **state)
{
	static const enum mqtt_batch modes[] = {MQTT_PER_POINT, MQTT_PER_DEVICE, MQTT_PER_POINT};
	struct broker *b = broker_make();
	struct room *r;

	(void)state;
	broker_start(b, NULL);
	for (size_t i = 0; i < COUNT(modes); i++) {
		bool batch = modes[i] == MQTT_PER_DEVICE;

		log_to(b);
		r = room_make(b->port);
		r->t.site.mqtt.batch = modes[i];
		room_start(r, 0, NULL);
		if (i > 0)
			assert_true(
			    logs(b, batch ? "cleared 3 retained" : "cleared 2 retained", 9000));
		else
			assert_true(room_says(r, "connected to", 3000));
		pause_ms(200);
		room_stop(r);
		log_back();
		assert_int_equal(retained(b, "facility/annex-2f/point/"), batch ? 0 : POINTS);
		assert_int_equal(retained(b, "facility/annex-2f/points/"), batch ? DEVICES : 0);
	}
	broker_free(b);
}

/* The sink works as ever, and nothing is cleared; more: lines for mosquitto.conf. */
static void
look_where_it_is_forbidden(struct broker *b, const char *more, const char *line, size_t lines)
{
	for (int version = 3; version <= 5; version += 2) {
		struct room *r = room_make(b->port);

		broker_start(b, more);
		log_set_level(LOG_LEVEL_DEBUG);
		log_to(b);
		r->t.site.mqtt.version = version;
		r->durable = 20;
		room_start(r, 0, NULL);
		assert_true(room_passes(r, 20, 0, 3000));
		pause_ms(SWEEP_WAIT_MS);
		assert_true(room_health(r).connected);
		assert_int_equal(room_health(r).dirty, 0);
		assert_int_equal(logged(b, line), lines);
		assert_int_equal(logged(b, "mqtt: cleared"), 0);
		room_stop(r);
		log_back();
		broker_stop(b, SIGTERM);
	}
	broker_free(b);
}

/* Mosquitto's rules take the subscription and then send nothing. */
static void
silence_breaks_nothing(void **state)
{
	struct broker *b = broker_make();
	char conf[256];

	(void)state;
	broker_file(b, "acl", "topic write facility/annex-2f/#\n");
	snprintf(conf, sizeof(conf), "allow_anonymous true\nacl_file %s/acl\n", b->dir);
	look_where_it_is_forbidden(b, conf, "let us", 0);
}

/* Its plugin refuses the subscription itself. */
static void
a_refused_subscription_breaks_nothing(void **state)
{
	struct broker *b = broker_make();
	char conf[512];

	(void)state;
	broker_no_subscriptions(b, conf, sizeof(conf));
	look_where_it_is_forbidden(b, conf, "does not let us read what is retained", 1);
}

/* It may read all, but not write there. */
static void
what_cannot_be_cleared_is_said(void **state)
{
	struct broker *b = broker_make();
	struct watcher *w;
	struct room *r;
	char conf[256];

	(void)state;
	broker_file(b, "acl", "topic readwrite #\n");
	snprintf(conf, sizeof(conf), "allow_anonymous true\nacl_file %s/acl\n", b->dir);
	broker_start(b, conf);
	w = watcher_start(b->port, NULL, NULL);
	watcher_ready(w);
	leave(w);
	broker_file(b, "acl",
	    "topic read #\ntopic readwrite facility/annex-2f/device/+\n"
	    "topic readwrite facility/annex-2f/event\n");
	kill(b->pid, SIGHUP);
	pause_ms(300);
	log_to(b);
	r = room_make(b->port);
	room_start(r, 0, NULL);
	assert_true(logs(b, "303 retained topics below facility/annex-2f of what", 12000));
	assert_int_equal(logged(b, "cannot be cleared: check the broker's rules"), 1);
	assert_int_equal(logged(b, "cleared 1 retained topic below"), 1);
	room_stop(r);
	watcher_stop(w);
	log_back();
	broker_free(b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_teardown(cleared_with_mqtt_3, clean_up),
	    cmocka_unit_test_teardown(cleared_with_mqtt_5, clean_up),
	    cmocka_unit_test_teardown(each_way_to_publish_clears_the_other, clean_up),
	    cmocka_unit_test_teardown(silence_breaks_nothing, clean_up),
	    cmocka_unit_test_teardown(a_refused_subscription_breaks_nothing, clean_up),
	    cmocka_unit_test_teardown(what_cannot_be_cleared_is_said, clean_up),
	};

	mosquitto_lib_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
