/* The two clocks, and times as people and machines read them. */
#include "base/clock.h"

#include <string.h>
#include <sys/timex.h>
#include <time.h>

#define SYNCED_MS 1000

mono_t
clock_mono(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (mono_t){(int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000};
}

wall_t
clock_wall(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (wall_t){(int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000};
}

/* adjtimex() says TIME_ERROR while nothing disciplines the clock. */
static bool
clock_synced(void)
{
	struct timex tx = {.modes = 0};

	return adjtimex(&tx) != TIME_ERROR;
}

/* The kernel is asked once a second at most: many turns ask here. */
struct now
clock_now(void)
{
	static _Thread_local struct now last;
	struct now now = {.mono = clock_mono(), .wall = clock_wall(), .synced = last.synced};

	if (last.mono.us == 0 || mono_ms_between(now.mono, last.mono) >= SYNCED_MS) {
		now.synced = clock_synced();
		last = now;
	}
	return now;
}

/* Seconds rounded towards the past, also before 1970, and what is left in microseconds. */
static time_t
wall_seconds(wall_t t, int64_t *rest_us)
{
	int64_t s = t.us / 1000000, rest = t.us % 1000000;

	if (rest < 0) {
		rest += 1000000;
		s--;
	}
	*rest_us = rest;
	return (time_t)s;
}

/* Most times that are written are those of now, or the same as before: both are kept, by thread. */
char *
wall_text(wall_t t, char buf[WALL_TEXT_MAX])
{
	static _Thread_local time_t second = -1;
	static _Thread_local wall_t last;
	static _Thread_local char text[WALL_TEXT_MAX];
	static _Thread_local size_t length;
	int64_t rest_us;
	time_t s;
	int ms;

	if (t.us == last.us && length > 0)
		return memcpy(buf, text, WALL_TEXT_MAX);
	s = wall_seconds(t, &rest_us);
	ms = (int)(rest_us / 1000);
	if (s != second || length == 0) {
		struct tm tm;

		gmtime_r(&s, &tm);
		length = strftime(text, sizeof(text) - 5, "%Y-%m-%dT%H:%M:%S", &tm);
		second = s;
	}
	memcpy(text + length,
	    (char[]){'.', (char)('0' + ms / 100), (char)('0' + ms / 10 % 10), (char)('0' + ms % 10),
		'Z', '\0'},
	    6);
	last = t;
	return memcpy(buf, text, WALL_TEXT_MAX);
}

char *
wall_local(wall_t t, char buf[WALL_TEXT_MAX])
{
	int64_t rest_us;
	time_t s = wall_seconds(t, &rest_us);
	struct tm tm;

	localtime_r(&s, &tm);
	strftime(buf, WALL_TEXT_MAX, "%Y-%m-%d %H:%M:%S", &tm);
	return buf;
}
