/*
 * A subscriber that counts, and says when a marked value first comes by.
 *
 *	mqtt_count PORT FILTER KEY
 *
 * KEY stands before each value in a payload, as "value": with its quotes; empty: a message is one
 * value, behind the last colon. A value from 30000 to 60000 is a mark (mb_farm: `set`): a line
 * {"mark":V,"at_us":..} when it first comes. Each line of input is answered by one line of JSON:
 * what came since the last time, and when the very first message came.
 */
#include "rounds.h"

#include <mosquitto.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static const char *filter, *key;
static unsigned long long messages, points, bytes;
static int64_t first_us;

#define MARK_FIRST 30000
#define MARK_LAST  60000
static bool marked[MARK_LAST - MARK_FIRST + 1];

/* `at` is behind the key. */
static void
note_value(const char *at, const char *end, int64_t now)
{
	long v = 0;

	for (; at < end && *at >= '0' && *at <= '9' && v <= MARK_LAST; at++)
		v = v * 10 + (*at - '0');
	if (v < MARK_FIRST || v > MARK_LAST || marked[v - MARK_FIRST])
		return;
	marked[v - MARK_FIRST] = true;
	printf("{\"mark\":%ld,\"at_us\":%lld}\n", v, (long long)now);
	fflush(stdout);
}

/* How many values it has. */
static unsigned
look(const char *text, size_t length, int64_t now)
{
	const char *end = text + length, *at = text;
	unsigned n = 0;

	if (key[0] == '\0') {
		at = memrchr(text, ':', length);
		if (at != NULL)
			note_value(at + 1, end, now);
		return 1;
	}
	while ((at = memmem(at, (size_t)(end - at), key, strlen(key))) != NULL) {
		at += strlen(key);
		note_value(at, end, now);
		n++;
	}
	return n;
}

static void
heard(struct mosquitto *m, void *arg, const struct mosquitto_message *message)
{
	int64_t now = clock_us();

	(void)m;
	(void)arg;
	pthread_mutex_lock(&lock);
	if (first_us == 0)
		first_us = now;
	messages++;
	bytes += (unsigned)message->payloadlen;
	if (message->payloadlen > 0)
		points += look(message->payload, (size_t)message->payloadlen, now);
	pthread_mutex_unlock(&lock);
}

static void
connected(struct mosquitto *m, void *arg, int rc)
{
	(void)arg;
	if (rc == 0)
		mosquitto_subscribe(m, NULL, filter, 0);
}

static void
subscribed(struct mosquitto *m, void *arg, int mid, int n, const int *granted)
{
	(void)m, (void)arg, (void)mid, (void)n, (void)granted;
	printf("ready\n");
	fflush(stdout);
}

static void
say_figures(void)
{
	pthread_mutex_lock(&lock);
	printf(
	    "{\"at_us\":%lld,\"messages\":%llu,\"points\":%llu,\"bytes\":%llu,\"first_us\":%lld}\n",
	    (long long)clock_us(), messages, points, bytes, (long long)first_us);
	fflush(stdout);
	messages = points = bytes = 0;
	pthread_mutex_unlock(&lock);
}

int
main(int argc, char **argv)
{
	struct mosquitto *m;
	char line[512];

	if (argc != 4) {
		fprintf(stderr, "usage: mqtt_count PORT FILTER KEY\n");
		return 2;
	}
	filter = argv[2];
	key = argv[3];
	mosquitto_lib_init();
	m = mosquitto_new(NULL, true, NULL);
	mosquitto_message_callback_set(m, heard);
	mosquitto_connect_callback_set(m, connected);
	mosquitto_subscribe_callback_set(m, subscribed);
	if (mosquitto_connect(m, "127.0.0.1", (int)strtol(argv[1], NULL, 10), 600) != 0 ||
	    mosquitto_loop_start(m) != 0) {
		fprintf(stderr, "mqtt_count: no broker\n");
		return 1;
	}
	while (fgets(line, sizeof(line), stdin) != NULL)
		say_figures();
	return 0;
}
