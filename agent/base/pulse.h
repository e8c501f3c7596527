/*
 * Is every worker alive? A thread says when it begins a piece of work and when it rests; one that
 * is at the same piece for longer than any ought to take is stuck. The loop asks before it feeds
 * the watchdog of systemd. A disk that does not answer is said, but is no reason to end the agent:
 * a thread in the kernel cannot be ended, and the room would be without a watch.
 */
#ifndef BASE_PULSE_H
#define BASE_PULSE_H

#include "base/clock.h"

#include <stdatomic.h>

struct pulse {
	const char *name;         /* of the worker, for the log; static */
	int64_t limit_ms;         /* for one piece of work */
	bool vital;               /* stuck, it is a reason to begin anew */
	_Atomic int64_t since_us; /* when this piece began; 0: it rests */
	struct pulse *next;
};

/* Before the worker starts, and after it has ended (also where it was never added). Any thread. */
void pulse_add(struct pulse *p, const char *name, int64_t limit_ms, bool vital);
void pulse_remove(struct pulse *p);

/* The worker alone. */
void pulse_beat(struct pulse *p, mono_t now); /* a piece of work begins */
void pulse_rest(struct pulse *p);             /* before a wait that may be long */

/*
 * The name of a worker that is stuck, for how long, and whether it is a vital one, which come
 * first; NULL: none is. Any thread.
 */
const char *pulse_stuck(mono_t now, int64_t *for_ms, bool *vital);

#endif
