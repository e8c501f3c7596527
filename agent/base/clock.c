/* The two clocks, and times as people and machines read them. */
#include "base/clock.h"

#include <stdio.h>
#include <sys/timex.h>
#include <time.h>

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

struct now
clock_now(void)
{
	return (struct now){.mono = clock_mono(), .wall = clock_wall(), .synced = clock_synced()};
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

char *
wall_text(wall_t t, char buf[WALL_TEXT_MAX])
{
	int64_t rest_us;
	time_t s = wall_seconds(t, &rest_us);
	struct tm tm;
	size_t n;

	gmtime_r(&s, &tm);
	n = strftime(buf, WALL_TEXT_MAX, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(buf + n, WALL_TEXT_MAX - n, ".%03dZ", (int)(rest_us / 1000));
	return buf;
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
