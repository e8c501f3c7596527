/*
 * What points were: at the full rate in a ring of fixed size, and minute by minute until the disk
 * has it. Pure; belongs to the core's thread; no memory after history_new().
 *
 * The ring has each good value that left the deadband around the one recorded before, and each
 * change of quality: between two records the value stood still within its deadband. All points
 * share the memory and the oldest record of all goes first, so that all reach back equally far; the
 * last record of a point is always there. A record takes 7 bytes.
 *
 * The ring dates by the monotonic clock: a step of the wall clock cannot disorder it, and what was
 * read before the clock was set gets its right time afterwards. Minutes are those of the wall
 * clock; where it is stepped, a minute ends and another begins.
 */
#ifndef CORE_HISTORY_H
#define CORE_HISTORY_H

#include "base/arena.h"
#include "model/minute.h"
#include "model/site.h"

/* Closed minutes that wait for the disk: five, and what a late turn or a stepped clock adds. */
#define HISTORY_WAITING 10
/* Minutes go to the disk so often: at whole multiples of the wall clock's minutes. */
#define HISTORY_BATCH_MIN 5
/* A step of the wall clock by less is taken as drift. */
#define HISTORY_STEP_US 1000000

struct history;

/* Memory of the ring for a site: what it says, else 4 KiB for each point, 256 KiB..4 MiB. */
size_t history_ring_bytes(const struct site *site);

struct history *history_new(struct arena *a, const struct site *site);

/*
 * The time of this turn; before anything is put. Notices steps of the wall clock, and returns by
 * how many microseconds it was stepped; 0: it was not.
 */
int64_t history_clock(struct history *h, const struct now *now);

/* The point was sampled or its quality changed, at `at`. value counts where quality is GOOD or
 * SUBSTITUTED; one that is beyond every float is kept as BAD. */
void history_put(struct history *h, size_t point, double value, enum quality quality, mono_t at);

/* ---- the ring ------------------------------------------------------------------------------- */

struct history_sample {
	wall_t at; /* by the wall clock as it goes now */
	bool has_value;
	double value;
	enum quality quality;
};

/* Since when the ring knows the point; {INT64_MAX} where it never was sampled. */
wall_t history_begin(const struct history *h, size_t point);

/* There were older records, which gave way: else it was not looked at before history_begin(). */
bool history_dropped(const struct history *h, size_t point);

/*
 * At most max samples of the point, oldest first: the one that holds at `from` (its time is at or
 * before it), then those after. To go on, ask with the time of the last one: that one comes again,
 * first.
 */
size_t history_samples(
    const struct history *h, size_t point, wall_t from, struct history_sample *out, size_t max);

/* ---- minutes -------------------------------------------------------------------------------- */

/*
 * The minutes of the point that the disk does not have, oldest first; with_open: and the one that
 * has not ended, whose quality is GOOD where it was good so far. Returns how many, at most
 * HISTORY_WAITING + 1.
 */
size_t history_minutes(struct history *h, size_t point, bool with_open, struct minute *out);

/* It is time to hand the closed minutes to the disk. */
bool history_due(const struct history *h);
/*
 * Takes the minutes of the point that the disk must get, as history_minutes(); end: with the open
 * one, because the agent stops. After the last point, which may be many turns later:
 * history_taken().
 */
size_t history_take(struct history *h, size_t point, bool end, struct minute *out);
void history_taken(struct history *h);
/* Changes where that begins and where it ends: who reads the disk first and then the minutes here
 * may have missed some on their way where this has changed meanwhile. */
uint64_t history_batches(const struct history *h);

#endif
