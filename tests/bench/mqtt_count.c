/*
 * A subscriber that counts, and tells when a text comes by.
 *
 *	mqtt_count PORT FILTER KEY
 *
 * KEY stands in a payload once for each value, as "value": with its quotes; empty: a message is one
 * value. Each line of input is a command:
 *
 *	figures		answered by one line of JSON: what came since the last time, and when the
 *first came want TEXT	one line {"hit_us":..} when TEXT first stands in "topic payload"
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
static char want[512];

static unsigned
times_in(const char *text, size_t length, const char *word)
{
	const char *end = text + length, *at = text;
	unsigned n = 0;

	while ((at = memmem(at, (size_t)(end - at), word, strlen(word))) != NULL) {
		at += strlen(word);
		n++;
	}
	return n;
}

/* Whether the text that is looked for stands in it. */
static bool
wanted(const struct mosquitto_message *m)
{
	static char whole[64 * 1024];
	int n = snprintf(whole, sizeof(whole), "%s %.*s", m->topic, m->payloadlen,
	    m->payloadlen > 0 ? (const char *)m->payload : "");

	return n > 0 && strstr(whole, want) != NULL;
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
	points += key[0] == '\0' ? 1 : times_in(message->payload, (size_t)message->payloadlen, key);
	if (want[0] != '\0' && wanted(message)) {
		want[0] = '\0';
		printf("{\"hit_us\":%lld}\n", (long long)now);
		fflush(stdout);
	}
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
obey(const char *line)
{
	pthread_mutex_lock(&lock);
	if (strncmp(line, "want ", 5) == 0) {
		snprintf(want, sizeof(want), "%s", line + 5);
	} else {
		printf("{\"at_us\":%lld,\"messages\":%llu,\"points\":%llu,\"bytes\":%llu,\"first_"
		       "us\":%lld}\n",
		    (long long)clock_us(), messages, points, bytes, (long long)first_us);
		fflush(stdout);
		messages = points = bytes = 0;
	}
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
	while (fgets(line, sizeof(line), stdin) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		obey(line);
	}
	return 0;
}
