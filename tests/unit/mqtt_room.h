/*
 * For the tests of sinks/mqtt: the sink in a core thread with its loop, a small site and an outbox
 * in memory that answers later, as the store does. Nothing here is a mock of what is tested.
 */
#ifndef TESTS_MQTT_ROOM_H
#define TESTS_MQTT_ROOM_H

#include "mqtt_broker.h"
#include "mqtt_site.h"

#include <semaphore.h>

/* ---- room ------------------------------------------------------------------------------------ */

#define ROOM_EVENTS 5000

struct room {
	struct test_site t;
	struct loop *loop;
	struct mqtt *mqtt;
	pthread_t thread;
	struct mailbox *errands;

	struct event *events; /* seq is the index + 1 */
	uint64_t durable;
	struct outbox outbox;
	struct {
		bool asked;
		uint64_t after;
		unsigned max;
	} asked[2];
	struct loop_timer *answer;
	uint64_t passed, passed_consumer;
	char passed_name[64];
	unsigned fetches;
	bool late; /* a cursor went back */
};

struct errand {
	struct mail mail;
	void (*fn)(struct room *r, void *arg, const struct now *now);
	void *arg;
	sem_t done;
};

static inline void
room_errand(void *arg, struct mail *first, const struct now *now)
{
	for (struct mail *m = first, *next; m != NULL; m = next) {
		struct errand *e = (struct errand *)m;

		next = m->next;
		e->fn(arg, e->arg, now);
		sem_post(&e->done);
	}
}

/* Has fn done in the core thread and waits for it. */
static inline void
in_core(struct room *r, void (*fn)(struct room *, void *, const struct now *), void *arg)
{
	struct errand e = {.fn = fn, .arg = arg};

	sem_init(&e.done, 0, 0);
	mailbox_put(r->errands, &e.mail);
	while (sem_wait(&e.done) != 0)
		;
	sem_destroy(&e.done);
}

static inline void
room_fetch(void *arg, int tag, uint64_t after, unsigned max)
{
	struct room *r = arg;

	assert_true(tag == OUTBOX_MQTT || tag == OUTBOX_MQTT_REPLAY);
	assert_false(r->asked[tag].asked); /* one request per tag at a time */
	r->asked[tag].asked = true;
	r->asked[tag].after = after;
	r->asked[tag].max = max;
	r->fetches++;
	loop_timer_set(r->answer, mono_add_ms(clock_mono(), 1)); /* later, as the store does */
}

static inline void
room_answer(void *arg, const struct now *now)
{
	struct room *r = arg;

	for (int tag = 0; tag < 2; tag++) {
		uint64_t after = r->asked[tag].after, n = r->durable - after;

		if (!r->asked[tag].asked)
			continue;
		r->asked[tag].asked = false;
		if (n > r->asked[tag].max)
			n = r->asked[tag].max;
		mqtt_events(r->mqtt, tag, r->events + after, (size_t)n, now);
	}
}

static inline void
room_passed(void *arg, const char *cursor, uint64_t upto)
{
	struct room *r = arg;

	if (strcmp(cursor, "mqtt") == 0) {
		r->late = r->late || upto <= r->passed;
		r->passed = upto;
		return;
	}
	r->late = r->late || upto <= r->passed_consumer;
	r->passed_consumer = upto;
	snprintf(r->passed_name, sizeof(r->passed_name), "%s", cursor);
}

static inline void
room_post(void *arg, const struct now *now)
{
	mqtt_flush(((struct room *)arg)->mqtt, now);
}

static inline void *
room_main(void *arg)
{
	loop_run(((struct room *)arg)->loop);
	return NULL;
}

/* Before room_start(): fills the site; the caller may change it. */
static inline struct room *
room_make(int port)
{
	struct room *r = xcalloc(1, sizeof(*r));

	test_site(&r->t);
	r->t.site.mqtt.port = port;
	r->events = xcalloc(ROOM_EVENTS, sizeof(*r->events));
	for (size_t i = 0; i < ROOM_EVENTS; i++) {
		struct event *e = &r->events[i];

		e->seq = i + 1;
		e->type = EVENT_ALARM;
		e->priority = PRIORITY_HIGH;
		text_copy(e->device, sizeof(e->device), "crac1");
		text_printf(e->text, sizeof(e->text), "Event number %zu.", i + 1);
	}
	live_swap(LIVE_ROOM, NULL, r);
	return r;
}

static inline void
room_start(struct room *r, uint64_t published, const uint64_t *consumers)
{
	struct mqtt_start start = {.outbox = &r->outbox,
	    .published = published,
	    .consumers = consumers,
	    .durable = r->durable,
	    .version = "test"};
	struct mqtt_view view = test_view(&r->t);
	char err[256] = "";

	r->outbox = (struct outbox){
	    .arg = r, .epoch = "epoch-of-test", .fetch = room_fetch, .passed = room_passed};
	r->loop = start.loop = loop_new();
	r->errands = mailbox_new();
	loop_mailbox_add(r->loop, "errands", r->errands, LOOP_URGENT, room_errand, r);
	r->answer = loop_timer_add(r->loop, "answer", LOOP_NORMAL, room_answer, r);
	r->mqtt = mqtt_open(&start, &view, err, sizeof(err));
	if (r->mqtt == NULL)
		fail_msg("mqtt_open: %s", err);
	loop_post_add(r->loop, "post", room_post, r);
	pthread_create(&r->thread, NULL, room_main, r);
}

static inline void
room_quit(struct room *r, void *arg, const struct now *now)
{
	(void)arg;
	(void)now;
	loop_quit(r->loop, 0);
}

static inline void
room_stop(struct room *r)
{
	bool late;

	if (r->mqtt != NULL) {
		in_core(r, room_quit, NULL);
		pthread_join(r->thread, NULL);
		mqtt_free(r->mqtt);
		loop_free(r->loop);
		mailbox_free(r->errands);
	}
	late = r->late;
	live_swap(LIVE_ROOM, r, NULL);
	free(r->events);
	free(r);
	assert_false(late);
}

static inline void
room_add_events(struct room *r, void *arg, const struct now *now)
{
	r->durable += *(unsigned *)arg;
	assert_true(r->durable <= ROOM_EVENTS);
	mqtt_durable(r->mqtt, r->durable, now);
}

/* n more events are durable. */
static inline void
room_events(struct room *r, unsigned n)
{
	in_core(r, room_add_events, &n);
}

struct change {
	uint32_t point;
	double value;
	enum quality quality;
};

static inline void
room_change(struct room *r, void *arg, const struct now *now)
{
	const struct change *c = arg;
	struct point_state *p = &r->t.points[c->point];
	struct core_changes changes = {.points = &c->point, .point_count = 1};

	p->value = c->value;
	p->quality = c->quality;
	p->read_wall = now->wall;
	mqtt_changes(r->mqtt, &changes, now);
	p->told_quality = p->quality;
}

static inline void
room_point(struct room *r, uint32_t point, double value, enum quality quality)
{
	struct change c = {point, value, quality};

	in_core(r, room_change, &c);
}

struct alarm_change {
	uint32_t alarm;
	enum alarm_phase phase;
};

static inline void
room_change_alarm(struct room *r, void *arg, const struct now *now)
{
	const struct alarm_change *c = arg;
	struct core_changes changes = {.alarms = &c->alarm, .alarm_count = 1};

	r->t.alarms[c->alarm].phase = c->phase;
	r->t.alarms[c->alarm].since = now->wall;
	mqtt_changes(r->mqtt, &changes, now);
}

static inline void
room_alarm(struct room *r, uint32_t alarm, enum alarm_phase phase)
{
	struct alarm_change c = {alarm, phase};

	in_core(r, room_change_alarm, &c);
}

static inline void
room_look(struct room *r, void *arg, const struct now *now)
{
	(void)now;
	mqtt_health(r->mqtt, arg);
}

static inline struct mqtt_health
room_health(struct room *r)
{
	struct mqtt_health h;

	in_core(r, room_look, &h);
	return h;
}

/* Waits until the health text has `part` in it. */
static inline bool
room_says(struct room *r, const char *part, int timeout_ms)
{
	mono_t until = mono_add_ms(clock_mono(), timeout_ms);
	struct mqtt_health h;

	do {
		h = room_health(r);
		if (strstr(h.text, part) != NULL)
			return true;
		pause_ms(10);
	} while (mono_before(clock_mono(), until));
	print_message("health is: %s\n", h.text);
	return false;
}

/* Waits until it has a connection again, after n others before. */
static inline bool
room_reconnects(struct room *r, uint64_t n, int timeout_ms)
{
	mono_t until = mono_add_ms(clock_mono(), timeout_ms);
	struct mqtt_health h;

	do {
		h = room_health(r);
		if (h.connected && h.reconnects >= n)
			return true;
		pause_ms(10);
	} while (mono_before(clock_mono(), until));
	return false;
}

struct cursors {
	uint64_t passed, consumer;
};

static inline void
room_read_cursors(struct room *r, void *arg, const struct now *now)
{
	(void)now;
	*(struct cursors *)arg = (struct cursors){r->passed, r->passed_consumer};
}

/* Waits until the cursors "mqtt" and that of the consumer have got so far. */
static inline bool
room_passes(struct room *r, uint64_t mqtt, uint64_t consumer, int timeout_ms)
{
	mono_t until = mono_add_ms(clock_mono(), timeout_ms);
	struct cursors c;

	do {
		in_core(r, room_read_cursors, &c);
		if (c.passed >= mqtt && c.consumer >= consumer)
			return true;
		pause_ms(10);
	} while (mono_before(clock_mono(), until));
	return false;
}

/* ---- the end of a test ----------------------------------------------------------------------- */

static inline int
mqtt_clean_up(void **state)
{
	(void)state;
	for (size_t i = 0; i < LIVE_MAX; i++) {
		if (running[LIVE_ROOM][i] != NULL)
			room_stop(running[LIVE_ROOM][i]);
		if (running[LIVE_WATCHER][i] != NULL)
			watcher_stop(running[LIVE_WATCHER][i]);
		if (running[LIVE_BROKER][i] != NULL)
			broker_free(running[LIVE_BROKER][i]);
	}
	return 0;
}
#define MQTT_TEST(test) cmocka_unit_test_teardown(test, mqtt_clean_up)

#endif
