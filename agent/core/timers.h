/*
 * Many deadlines, the earliest one at hand: a binary heap over a fixed set of timers that are
 * known by number. Setting and taking cost O(log n), looking at the earliest costs nothing. Pure.
 */
#ifndef CORE_TIMERS_H
#define CORE_TIMERS_H

#include "base/arena.h"
#include "base/clock.h"

#include <stdint.h>

struct timers {
	mono_t *at;     /* of each timer; MONO_NEVER: off */
	uint32_t *heap; /* numbers of those that are on, earliest first */
	uint32_t *slot; /* place in the heap + 1; 0: off */
	uint32_t count;
};

void timers_init(struct timers *t, struct arena *a, size_t n);
/* MONO_NEVER turns it off. */
void timers_set(struct timers *t, size_t id, mono_t at);
/* When the earliest is due, or MONO_NEVER. */
mono_t timers_next(const struct timers *t);
/* Takes the earliest timer if it is due, turns it off and returns true. */
bool timers_take(struct timers *t, mono_t now, size_t *id);

#endif
