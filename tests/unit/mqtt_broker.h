/*
 * For the tests of sinks/mqtt against a real mosquitto: the broker as a process of our own on a
 * free port, a watcher that subscribes to everything, and a room: the sink in a core thread with
 * its loop, a small site and an outbox in memory. Nothing here is a mock of what is tested.
 */
#ifndef TESTS_MQTT_BROKER_H
#define TESTS_MQTT_BROKER_H

#include "mqtt_site.h"

#include <arpa/inet.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <mosquitto.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* Longest text that is kept of a message. */
#define SEEN_TEXT 1024

static inline void
pause_ms(long ms)
{
	struct timespec t = {ms / 1000, ms % 1000 * 1000000};

	nanosleep(&t, NULL);
}

static inline struct sockaddr_in
loopback(int port)
{
	return (struct sockaddr_in){.sin_family = AF_INET,
	    .sin_port = htons((uint16_t)port),
	    .sin_addr = {htonl(INADDR_LOOPBACK)}};
}

static inline int
free_port(void)
{
	struct sockaddr_in a = loopback(0);
	socklen_t size = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&a, size), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &size), 0);
	close(fd);
	return ntohs(a.sin_port);
}

/* Runs a program to its end; its output goes to a file in dir. Returns the exit code. */
static inline int
run(const char *dir, const char *const argv[])
{
	char log[256];
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		int fd;

		snprintf(log, sizeof(log), "%s/run.log", dir);
		fd = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
		dup2(fd, STDOUT_FILENO);
		dup2(fd, STDERR_FILENO);
		execvp(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* ---- broker ---------------------------------------------------------------------------------- */

struct broker {
	char dir[64];
	int port;
	pid_t pid; /* 0: not running */
};

static inline void
broker_make(struct broker *b)
{
	*b = (struct broker){.port = free_port()};
	strcpy(b->dir, "/tmp/facility-mqtt-XXXXXX");
	assert_non_null(mkdtemp(b->dir));
}

/* Writes dir/name. */
static inline void
broker_file(const struct broker *b, const char *name, const char *text)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", b->dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static inline bool
listens(int port)
{
	struct sockaddr_in a = loopback(port);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool yes = connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0;

	close(fd);
	return yes;
}

/* more: further lines of mosquitto.conf; NULL: anybody may do anything. */
static inline void
broker_start(struct broker *b, const char *more)
{
	char conf[2048], path[256], log[256];

	snprintf(conf, sizeof(conf),
	    "user root\nlistener %d 127.0.0.1\npersistence false\nset_tcp_nodelay true\n%s",
	    b->port, more != NULL ? more : "allow_anonymous true\n");
	broker_file(b, "mosquitto.conf", conf);
	snprintf(path, sizeof(path), "%s/mosquitto.conf", b->dir);
	snprintf(log, sizeof(log), "%s/mosquitto.log", b->dir);
	b->pid = fork();
	if (b->pid == 0) {
		int fd = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);

		dup2(fd, STDOUT_FILENO);
		dup2(fd, STDERR_FILENO);
		execlp("mosquitto", "mosquitto", "-c", path, (char *)NULL);
		_exit(127);
	}
	for (int i = 0; i < 500 && !listens(b->port); i++)
		pause_ms(10);
	assert_true(listens(b->port));
}

static inline void
broker_stop(struct broker *b, int signo)
{
	if (b->pid == 0)
		return;
	kill(b->pid, signo);
	waitpid(b->pid, NULL, 0);
	b->pid = 0;
}

static inline void
broker_free(struct broker *b)
{
	broker_stop(b, SIGTERM);
	run("/tmp", (const char *const[]){"rm", "-rf", b->dir, NULL});
}

/* ---- watcher --------------------------------------------------------------------------------- */

struct seen {
	char topic[160], text[SEEN_TEXT];
	bool retained;
};

struct watcher {
	pthread_t thread;
	pthread_mutex_t lock;
	struct mosquitto *mosq; /* of the thread */
	int port, version;
	const char *filter, *user, *password;
	bool stop, connected;
	struct seen *seen;
	size_t count, room;

	/* as a consumer: takes events strictly in order and acknowledges them */
	const char *consumer;
	uint64_t have, doubles, holes;
};

static inline void
watcher_publish(struct watcher *w, const char *topic, const char *text, bool retain)
{
	pthread_mutex_lock(&w->lock);
	mosquitto_publish(w->mosq, NULL, topic, (int)strlen(text), text, 1, retain);
	pthread_mutex_unlock(&w->lock);
}

/* An event as a consumer with a durable store would take it. */
static inline void
watcher_consume(struct watcher *w, const char *text)
{
	const char *at = strstr(text, "\"seq\":");
	uint64_t seq = at != NULL ? strtoull(at + 6, NULL, 10) : 0;
	char topic[128], ack[128];

	if (strstr(text, "\"replayed\":true") != NULL)
		return;
	if (seq <= w->have)
		w->doubles++;
	else if (seq > w->have + 1)
		w->holes++;
	else
		w->have = seq;
	snprintf(topic, sizeof(topic), "facility/annex-2f/consumer/%s/ack", w->consumer);
	snprintf(ack, sizeof(ack), "{\"epoch\":\"epoch-of-test\",\"upto\":%llu}",
	    (unsigned long long)w->have);
	mosquitto_publish(w->mosq, NULL, topic, (int)strlen(ack), ack, 1, false);
}

/* Called with the lock held, as all that the library does is. */
static inline void
watcher_message(struct mosquitto *mosq, void *arg, const struct mosquitto_message *m)
{
	struct watcher *w = arg;
	struct seen *s;

	(void)mosq;
	if (w->count == w->room) {
		w->room = w->room * 2 + 64;
		w->seen = xrealloc(w->seen, w->room, sizeof(*w->seen));
	}
	s = &w->seen[w->count++];
	snprintf(s->topic, sizeof(s->topic), "%s", m->topic);
	snprintf(s->text, sizeof(s->text), "%.*s", m->payloadlen,
	    m->payload != NULL ? (const char *)m->payload : "");
	s->retained = m->retain;
	if (w->consumer != NULL && strcmp(m->topic, "facility/annex-2f/event") == 0)
		watcher_consume(w, s->text);
}

static inline void
watcher_subscribed(struct mosquitto *mosq, void *arg, int mid, int n, const int *granted)
{
	(void)mosq;
	(void)mid;
	(void)n;
	(void)granted;
	((struct watcher *)arg)->connected = true;
}

static inline void
watcher_connected(struct mosquitto *mosq, void *arg, int rc)
{
	struct watcher *w = arg;

	if (rc == 0)
		mosquitto_subscribe(mosq, NULL, w->filter != NULL ? w->filter : "#", 1);
}

static inline void *
watcher_main(void *arg)
{
	struct watcher *w = arg;
	bool stop = false, up = false;

	while (!stop) {
		int fd;

		pthread_mutex_lock(&w->lock);
		if (!up)
			up = mosquitto_reconnect(w->mosq) == 0;
		fd = mosquitto_socket(w->mosq);
		pthread_mutex_unlock(&w->lock);
		if (up) {
			struct pollfd p = {.fd = fd, .events = POLLIN};

			poll(&p, 1, 5);
		} else
			pause_ms(5);
		pthread_mutex_lock(&w->lock);
		if (up && mosquitto_loop(w->mosq, 0, 1) != 0)
			up = w->connected = false;
		stop = w->stop;
		pthread_mutex_unlock(&w->lock);
	}
	return NULL;
}

/* filter, consumer, user, password, have are filled by the caller before, or zero. */
static inline void
watcher_start(struct watcher *w, int port)
{
	w->port = port;
	w->mosq = mosquitto_new(NULL, true, w);
	mosquitto_max_inflight_messages_set(w->mosq, 0);
	mosquitto_message_callback_set(w->mosq, watcher_message);
	mosquitto_connect_callback_set(w->mosq, watcher_connected);
	mosquitto_subscribe_callback_set(w->mosq, watcher_subscribed);
	if (w->user != NULL)
		mosquitto_username_pw_set(w->mosq, w->user, w->password);
	pthread_mutex_init(&w->lock, NULL);
	mosquitto_connect(w->mosq, "127.0.0.1", port, 60);
	pthread_create(&w->thread, NULL, watcher_main, w);
}

static inline void
watcher_stop(struct watcher *w)
{
	pthread_mutex_lock(&w->lock);
	w->stop = true;
	pthread_mutex_unlock(&w->lock);
	pthread_join(w->thread, NULL);
	mosquitto_destroy(w->mosq);
	pthread_mutex_destroy(&w->lock);
	free(w->seen);
}

static inline bool
watcher_up(struct watcher *w)
{
	bool up;

	pthread_mutex_lock(&w->lock);
	up = w->connected;
	pthread_mutex_unlock(&w->lock);
	return up;
}

/* How many messages on the topic (below the base) have `part` in them; *last is the newest. */
static inline size_t
watcher_count(struct watcher *w, const char *topic, const char *part, struct seen *last)
{
	char full[160];
	size_t n = 0;

	snprintf(full, sizeof(full), "facility/annex-2f/%s", topic);
	pthread_mutex_lock(&w->lock);
	for (size_t i = 0; i < w->count; i++) {
		if (strcmp(w->seen[i].topic, full) != 0 || strstr(w->seen[i].text, part) == NULL)
			continue;
		n++;
		if (last != NULL)
			*last = w->seen[i];
	}
	pthread_mutex_unlock(&w->lock);
	return n;
}

/* Waits until the newest message on the topic has `part` in it ("": is empty). */
static inline bool
watcher_sees(struct watcher *w, const char *topic, const char *part, int timeout_ms)
{
	mono_t until = mono_add_ms(clock_mono(), timeout_ms);
	struct seen last;

	do {
		if (watcher_count(w, topic, "", &last) > 0 &&
		    (part[0] == '\0' ? last.text[0] == '\0' : strstr(last.text, part) != NULL))
			return true;
		pause_ms(5);
	} while (mono_before(clock_mono(), until));
	return false;
}

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
static inline void
room_make(struct room *r, int port)
{
	memset(r, 0, sizeof(*r));
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
	in_core(r, room_quit, NULL);
	pthread_join(r->thread, NULL);
	mqtt_free(r->mqtt);
	loop_free(r->loop);
	mailbox_free(r->errands);
	free(r->events);
	assert_false(r->late);
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
	print_message("cursors: mqtt %llu, consumer %llu\n", (unsigned long long)c.passed,
	    (unsigned long long)c.consumer);
	return false;
}

#endif
