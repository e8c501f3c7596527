/* The clock of a room: turn after turn, and what happens in between. */
#include "day.h"

#include <malloc.h>
#include <stdarg.h>
#include <stdlib.h>

/* ---- chance ---------------------------------------------------------------------------------- */

/* xorshift64* (Vigna 2016). */
uint32_t
day_roll(struct day *w, uint32_t below)
{
	w->dice ^= w->dice >> 12;
	w->dice ^= w->dice << 25;
	w->dice ^= w->dice >> 27;
	return (uint32_t)((w->dice * UINT64_C(2685821657736338717)) >> 33) % below;
}

bool
day_chance(struct day *w, uint32_t one_in)
{
	return day_roll(w, one_in) == 0;
}

int64_t
day_after(struct day *w, int64_t mean_us)
{
	return w->t + 1 + mean_us * 2 * day_roll(w, 1 << 16) / (1 << 16);
}

/* ---- failing --------------------------------------------------------------------------------- */

void
day_fail(const struct day *w, const char *what, ...)
{
	va_list ap;

	fprintf(stderr, "SEED %llu does not hold on day %lld at %02lld:%02lld:%02lld.%06lld: ",
	    (unsigned long long)w->seed, (long long)(w->t / (86400 * SECOND)),
	    (long long)(w->t / (3600 * SECOND) % 24), (long long)(w->t / (60 * SECOND) % 60),
	    (long long)(w->t / SECOND % 60), (long long)(w->t % SECOND));
	va_start(ap, what);
	vfprintf(stderr, what, ap);
	va_end(ap);
	fprintf(stderr,
	    "\n\tagain: make day SEED=%llu DAYS=%d; once mended, its seed goes into "
	    "tests/day/seeds\n",
	    (unsigned long long)w->seed, w->days);
	exit(1);
}

/* ---- time ------------------------------------------------------------------------------------ */

/* A wall clock that was wrong is set, or goes wrong. */
static void
step_clock(struct day *w)
{
	int64_t by = (int64_t)(day_roll(w, 7200) * SECOND) - 3600 * SECOND;
	bool was_synced = w->now.synced;

	w->now.wall.us += by;
	w->now.synced = !day_chance(w, 4);
	w->wall_steps++;
	w->stepped_at = w->t;
	if (by > 0 || (w->now.synced && !was_synced))
		judge_clock(w);
}

/* Disks of flash are quick, slow, or away for a while. */
static void
change_disk(struct day *w)
{
	static const int64_t times_us[] = {30000, 30000, 300000, 5 * SECOND, 60 * SECOND};

	w->disk_us = times_us[day_roll(w, COUNT(times_us))];
}

static void
happen(struct day *w)
{
	int64_t n = (int64_t)w->site.device_count;

	if (w->t >= w->weather_at) {
		plant_weather(w);
		w->weather_at = day_after(w, 120 * SECOND / n);
	}
	if (w->t >= w->heal_at)
		plant_heal(w);
	if (w->t >= w->fault_at) {
		plant_fault(w);
		w->fault_at = day_after(w, 7200 * SECOND / n);
	}
	if (w->t >= w->flap_at) {
		plant_flap(w);
		w->flap_at = day_after(w, 3 * SECOND);
	}
	if (w->t >= w->life_at) {
		plant_life(w);
		w->life_at = day_after(w, 900 * SECOND / n);
	}
	if (w->t >= w->person_at) {
		people_act(w);
		w->person_at = day_after(w, 600 * SECOND);
	}
	if (w->t >= w->clock_at) {
		step_clock(w);
		w->clock_at = day_after(w, 20 * 3600 * SECOND);
	}
	if (w->t >= w->restart_at) {
		change_disk(w);
		w->restart_at = day_after(w, 8 * 3600 * SECOND);
		keep_restart(w);
	}
}

static int64_t
next_time(const struct day *w)
{
	int64_t next = least(day_time(w, core_next(w->core)), plant_next(w));

	next = least(next, least(w->weather_at, w->fault_at));
	next = least(next, least(w->heal_at, w->flap_at));
	next = least(next, least(w->life_at, w->person_at));
	next = least(next, least(w->clock_at, w->restart_at));
	return most(next, w->t);
}

static void
go_to(struct day *w, int64_t t)
{
	w->now.wall.us += t - w->t;
	w->t = t;
	w->now.mono = day_mono(w, t);
}

static void
turn(struct day *w)
{
	plant_deliver(w);
	core_turn(w->core, &w->now);
	judge_turn(w);
	core_changes_clear(w->core, &w->now);
	judge_told(w);
	keep_commit(w);
}

/* The core takes no memory after its start, nor does anybody here; the C library does, at first. */
static void
check_memory(struct day *w)
{
	size_t used = mallinfo2().uordblks;

	if (w->t - w->started < 600 * SECOND)
		w->memory = used;
	HOLDS(w, used == w->memory, "%zu bytes are in use, %zu were", used, w->memory);
}

void
day_live(struct day *w)
{
	int64_t end = w->days * 86400 * SECOND;
	char text[WALL_TEXT_MAX];

	w->dice = (w->seed + 1) * UINT64_C(0x9e3779b97f4a7c15);
	w->now = (struct now){{7200123456}, {INT64_C(1795000000000000)}, true};
	w->boot = -w->now.mono.us;
	wall_local(w->now.wall, text); /* the zone takes memory once */
	w->disk_us = 30000;
	w->heal_at = NEVER;
	site_make(w);
	plant_start(w);
	keep_start(w);
	w->weather_at = w->fault_at = w->flap_at = w->life_at = w->person_at = 30 * SECOND;
	w->restart_at = day_after(w, 8 * 3600 * SECOND);
	w->clock_at = day_after(w, 20 * 3600 * SECOND);
	while (w->t < end) {
		go_to(w, next_time(w));
		turn(w);
		happen(w);
		if (w->t < w->look_at || w->t == w->started)
			continue;
		judge_all(w);
		check_memory(w);
		w->look_at = w->t + 7 * SECOND;
	}
	core_free(w->core);
	free(w->pending);
}
