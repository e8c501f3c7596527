/*
 * Two clocks that cannot be mixed up by accident.
 *
 * mono_t orders things and measures waits: it never jumps and means nothing outside this boot.
 * wall_t dates things for people: it may be wrong or stepped at any time, so nothing is timed by
 * it. The loop and the edges read the clocks; core/ and everything pure take the time as an
 * argument.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Microseconds of CLOCK_MONOTONIC. */
typedef struct {
	int64_t us;
} mono_t;

/* Microseconds since 1970-01-01T00:00:00Z. */
typedef struct {
	int64_t us;
} wall_t;

/* One reading of both clocks. `synced`: the kernel says that the wall clock is disciplined. */
struct now {
	mono_t mono;
	wall_t wall;
	bool synced;
};

/* Later than every time that occurs: "no deadline". */
#define MONO_NEVER ((mono_t){INT64_MAX})

/* Read the clocks. Any thread. The sync state of clock_now() (adjtimex) may be a second old. */
mono_t clock_mono(void);
wall_t clock_wall(void);
struct now clock_now(void);

static inline mono_t
mono_add_ms(mono_t t, int64_t ms)
{
	return t.us == INT64_MAX ? t : (mono_t){t.us + ms * 1000};
}

static inline bool
mono_before(mono_t a, mono_t b)
{
	return a.us < b.us;
}

static inline mono_t
mono_min(mono_t a, mono_t b)
{
	return a.us < b.us ? a : b;
}

/* a - b in milliseconds, rounded down. */
static inline int64_t
mono_ms_between(mono_t a, mono_t b)
{
	return (a.us - b.us) / 1000;
}

/* "2026-11-21T09:00:01.250Z" (RFC 3339, UTC, milliseconds). Returns buf. */
#define WALL_TEXT_MAX 32
char *wall_text(wall_t t, char buf[WALL_TEXT_MAX]);

/* The same time as people on site read it: local zone, "2026-11-21 18:00:01". Returns buf. */
char *wall_local(wall_t t, char buf[WALL_TEXT_MAX]);

#endif
