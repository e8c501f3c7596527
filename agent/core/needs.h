/*
 * Points that need another point of their device: valid_when, a power of ten, a rate with the time
 * since the start. They are judged after all others of a poll, with what the same poll brought.
 * Inside of the core.
 */
#ifndef CORE_NEEDS_H
#define CORE_NEEDS_H

#include "base/arena.h"
#include "core/rate.h"

struct core;

/* Of a site without such points nothing but the count is kept: the rest is NULL. */
struct need_state {
	struct rate_state *rates; /* by rate_of */
	uint32_t *rate_of;        /* by point; 0: no rate, else 1 + index */
	uint32_t *guarded;        /* points with valid_when, sorted by their guard */
	uint32_t *first_guarded;  /* by point; one more at the end */
	uint32_t *brought;        /* by point: the poll that last brought it */
	uint32_t poll;            /* counts polls */
};

void needs_init(struct core *c);
/* A poll has come home. */
void needs_begin(struct core *c);
/* It brought a good value of this point. */
void needs_brought(struct core *c, size_t point);

/*
 * The sample of a point with needs. False: none comes of this answer; the point stays as it is
 * (what it needs did not come in the same poll or was never read, or it is the first count).
 */
bool needs_decode(struct core *c, size_t point, struct raw raw, mono_t at, struct sample *out);

/* The point stands for something else from now on: what was counted before says nothing. */
void needs_forget(struct core *c, size_t point);

/* Whose reading this point makes valid or not: points[0..count). */
const uint32_t *needs_guarded(const struct core *c, size_t point, size_t *count);
/* Is the reading of this point believed, as its guard stands now? Only with a guard. */
bool needs_valid(const struct core *c, size_t point);

/* For `explain`: what decode_explain() has to know, and how a rate came about. */
void needs_with(const struct core *c, size_t point, struct decode_with *with);
/* NULL: no rate. */
const struct rate_state *needs_rate(const struct core *c, size_t point);

#endif
