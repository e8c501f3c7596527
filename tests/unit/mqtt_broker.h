/*
 * For the tests of sinks/mqtt against a real mosquitto: the broker as a process of our own on a
 * free port, and a watcher that subscribes to everything.
 */
#ifndef TESTS_MQTT_BROKER_H
#define TESTS_MQTT_BROKER_H

#include "base/arena.h"
#include "base/clock.h"

#include <arpa/inet.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <mosquitto.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
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

/*
 * What is running. A test that fails leaves by a long jump, so nothing may live on its stack, and
 * the teardown of every test (mqtt_clean_up() in mqtt_room.h) ends what was left.
 */
enum live { LIVE_ROOM, LIVE_WATCHER, LIVE_BROKER, LIVE_COUNT };
#define LIVE_MAX 4
static void *running[LIVE_COUNT][LIVE_MAX];

/* live_swap(kind, NULL, p): p runs; live_swap(kind, p, NULL): it runs no more. */
static inline void
live_swap(enum live kind, const void *before, void *after)
{
	for (size_t i = 0; i < LIVE_MAX; i++) {
		if (running[kind][i] == before) {
			running[kind][i] = after;
			return;
		}
	}
	fail_msg("more than %d of a kind are running", LIVE_MAX);
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

static inline struct broker *
broker_make(void)
{
	struct broker *b = xcalloc(1, sizeof(*b));

	b->port = free_port();
	strcpy(b->dir, "/tmp/facility-mqtt-XXXXXX");
	assert_non_null(mkdtemp(b->dir));
	live_swap(LIVE_BROKER, NULL, b);
	return b;
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

		prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that crashes leaves nothing running */
		dup2(fd, STDOUT_FILENO);
		dup2(fd, STDERR_FILENO);
		execlp("mosquitto", "mosquitto", "-c", path, (char *)NULL);
		_exit(127);
	}
	for (int i = 0; i < 500 && !listens(b->port); i++)
		pause_ms(10);
	assert_true(listens(b->port));
}

/* Lines of mosquitto.conf for one that refuses all subscriptions; skips the test where it cannot.
 */
static inline void
broker_no_subscriptions(const struct broker *b, char *conf, size_t size)
{
	static const char plugin[] = "/usr/lib/x86_64-linux-gnu/mosquitto_dynamic_security.so";

	if (access(plugin, R_OK) != 0) {
		print_message("SKIPPED: no %s\n", plugin);
		skip();
	}
	broker_file(b, "rules.json",
	    "{\"defaultACLAccess\":{\"publishClientSend\":true,\"publishClientReceive\":true,"
	    "\"subscribe\":false,\"unsubscribe\":true},\"groups\":[{\"groupname\":\"all\","
	    "\"roles\":[],\"clients\":[]}],\"anonymousGroup\":\"all\"}");
	snprintf(conf, size,
	    "allow_anonymous true\nplugin %s\nplugin_opt_config_file %s/rules.json\n", plugin,
	    b->dir);
}

static inline void
broker_stop(struct broker *b, int signo)
{
	if (b->pid == 0)
		return;
	kill(b->pid, signo);
	kill(b->pid, SIGCONT); /* one that a test has stopped would not hear it */
	waitpid(b->pid, NULL, 0);
	b->pid = 0;
}

static inline void
broker_free(struct broker *b)
{
	broker_stop(b, SIGTERM);
	run("/tmp", (const char *const[]){"rm", "-rf", b->dir, NULL});
	live_swap(LIVE_BROKER, b, NULL);
	free(b);
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
	const char *filter;
	bool stop, connected;
	int confirmed; /* number of the message that the broker has confirmed last */
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

/*
 * Left at the broker as if it were of yesterday: it is there when this returns. What is still on
 * its way when an agent subscribes reaches it as news, which it does not clear. Not for a consumer,
 * whose acknowledgements are confirmed as well.
 */
static inline void
watcher_leave(struct watcher *w, const char *topic, const char *text)
{
	bool there = false;
	int mid = 0;

	pthread_mutex_lock(&w->lock);
	mosquitto_publish(w->mosq, &mid, topic, (int)strlen(text), text, 1, true);
	pthread_mutex_unlock(&w->lock);
	for (int i = 0; i < 1000 && !there; i++) {
		pause_ms(5);
		pthread_mutex_lock(&w->lock);
		there = w->confirmed == mid;
		pthread_mutex_unlock(&w->lock);
	}
	assert_true(there);
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
watcher_confirmed(struct mosquitto *mosq, void *arg, int mid)
{
	(void)mosq;
	((struct watcher *)arg)->confirmed = mid;
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

/* consumer: its name, or NULL for one that only looks. filter: NULL for everything. */
static inline struct watcher *
watcher_start(int port, const char *consumer, const char *filter)
{
	struct watcher *w = xcalloc(1, sizeof(*w));

	w->consumer = consumer;
	w->filter = filter;
	w->mosq = mosquitto_new(NULL, true, w);
	mosquitto_max_inflight_messages_set(w->mosq, 0);
	mosquitto_message_callback_set(w->mosq, watcher_message);
	mosquitto_connect_callback_set(w->mosq, watcher_connected);
	mosquitto_subscribe_callback_set(w->mosq, watcher_subscribed);
	mosquitto_publish_callback_set(w->mosq, watcher_confirmed);
	pthread_mutex_init(&w->lock, NULL);
	mosquitto_connect(w->mosq, "127.0.0.1", port, 60);
	pthread_create(&w->thread, NULL, watcher_main, w);
	live_swap(LIVE_WATCHER, NULL, w);
	return w;
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
	live_swap(LIVE_WATCHER, w, NULL);
	free(w->seen);
	free(w);
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

/* Waits until it has subscribed. */
static inline void
watcher_ready(struct watcher *w)
{
	for (int i = 0; i < 1000 && !watcher_up(w); i++)
		pause_ms(5);
	assert_true(watcher_up(w));
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

/* The same after waiting (at most 5 s) for n of them: the broker confirms before it delivers. */
static inline size_t
watcher_count_to(struct watcher *w, size_t n, const char *topic, const char *part)
{
	mono_t until = mono_add_ms(clock_mono(), 5000);

	while (watcher_count(w, topic, part, NULL) < n && mono_before(clock_mono(), until))
		pause_ms(5);
	return watcher_count(w, topic, part, NULL);
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

#endif
