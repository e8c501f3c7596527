/*
 * The table of points: what was read, how far it may be believed, and what the outside has been
 * told of it. Pure.
 *
 * A point is told when its quality or defect changed, when its value left the deadband around the
 * value last told (never the previous sample: a slow drift must be seen), and when it would
 * otherwise be silent for longer than max_silence.
 */
#ifndef CORE_STATE_H
#define CORE_STATE_H

#include "base/arena.h"
#include "core/core.h"
#include "core/decode.h"
#include "core/history.h"

/* Indices with something new, each once. */
struct changes {
	uint32_t *list;
	size_t count;
	bool *in; /* by index: it is in the list */
};
void changes_init(struct changes *c, struct arena *a, size_t n);
void changes_add(struct changes *c, size_t index);
void changes_clear(struct changes *c);

struct state {
	struct point_state *points; /* site->point_count */
	const struct point_spec **specs;
	size_t count, good; /* good: how many of them are QUALITY_GOOD */
	size_t absent;      /* how many belong to rows that are not there */
	int64_t max_silence_ms;
	struct changes changed;
	struct history *history; /* told of every sample; NULL: nobody is */
};
void state_init(struct state *s, struct arena *a, const struct site *site, int64_t max_silence_ms);

/*
 * A sample that the device gave at `at`. The next one is due in period_ms: a point that would be
 * silent for too long by then is told now.
 */
void state_put(struct state *s, size_t point, const struct sample *sample, mono_t at,
    int64_t period_ms, const struct now *now);
/* The device does not answer. The value stays as the last good one. */
void state_lost(struct state *s, size_t point, mono_t now);
/* It belongs to a row that the device does not have: nothing is told or asked of it. */
void state_absent(struct state *s, size_t point, bool absent);
/* The same, and it was there: it has no value any more, and that is told. */
void state_no_row(struct state *s, size_t point, mono_t now);
/* It has a value that says something: read in this run, or a state that is not listed. */
bool state_says_something(const struct point_state *p);
/* A good value that is stale_after_ms old becomes stale: true if that happened now. */
bool state_stale(struct state *s, size_t point, int64_t stale_after_ms, mono_t now);
/* Tells a point that was silent for max_silence. */
void state_silence(struct state *s, size_t point, mono_t now);
/* When state_stale() or state_silence() has something to do next, if no sample comes. */
mono_t state_deadline(const struct state *s, size_t point, int64_t stale_after_ms, mono_t now);
/* All changed points are told now. */
void state_told(struct state *s, mono_t now);

#endif
