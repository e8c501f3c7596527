/*
 * Is every worker alive? A thread says when it begins a piece of work and when it rests; one that
 * is at the same piece for longer than any ought to take is stuck. The loop asks before it feeds
 * the watchdog of systemd.
 */
#ifndef BASE_PULSE_H
#define BASE_PULSE_H

#include "base/clock.h"

#include <stdatomic.h>

struct pulse {
	const char *name;         /* of the worker, for the log; static */
	int64_t limit_ms;         /* for one piece of work */
	_Atomic int64_t since_us; /* when this piece began; 0: it rests */
	struct pulse *next;
};

/* Before the worker starts, and after it has ended (also where it was never added). Any thread. */
void pulse_add(struct pulse *p, const char *name, int64_t limit_ms);
void pulse_remove(struct pulse *p);

/* The worker alone. */
void pulse_beat(struct pulse *p, mono_t now); /* a piece of work begins */
void pulse_rest(struct pulse *p);             /* before a wait that may be long */

/* The name of a worker that is stuck, and for how long; NULL: none is. Any thread. */
const char *pulse_stuck(mono_t now, int64_t *for_ms);

#endif
