/*
 * What waits for a link: batons, and which of them is served next. Pure; time is an argument.
 *
 * One transaction at a time is given to the most urgent baton (fast before normal before slow,
 * the oldest among equals), so a long baton never holds up a door contact. Every eighth turn goes
 * to whoever has waited longest, so that a link which is overloaded by fast polls still serves the
 * slow ones. A unit can be held back (its late reply is awaited) while others are served.
 */
#ifndef DRIVERS_MODBUS_JOBS_H
#define DRIVERS_MODBUS_JOBS_H

#include "model/baton.h"

#define JOBS_UNITS 256

struct job {
	struct baton *baton;
	uint8_t unit;
	size_t next;      /* index of the question to put */
	unsigned repeats; /* of this question */
	bool undecided;   /* it was waited for too briefly: what came of it so far is no answer */
	bool begun;
	mono_t taken;      /* its first turn; the budget counts from here */
	mono_t not_before; /* asked to wait: the device was busy */
	uint64_t order;
};

struct jobs {
	struct job *list;
	size_t count, room;
	mono_t *hold; /* by unit: it is not asked before; NULL: no unit was held yet */
	uint64_t order;
	unsigned turns;
};

/* room: batons that can be out at the same time. */
void jobs_init(struct jobs *j, size_t room);
void jobs_free(struct jobs *j);

/* false: full; the baton is still the caller's. */
bool jobs_add(struct jobs *j, struct baton *b, uint8_t unit);

/*
 * The job whose turn it is, or NULL. *wake: when to ask again (MONO_NEVER where nothing waits).
 * The pointer is valid until the next jobs_remove().
 */
struct job *jobs_pick(struct jobs *j, mono_t now, mono_t *wake);

/* Takes the job out and gives its baton. */
struct baton *jobs_remove(struct jobs *j, struct job *job);

/* No question to this unit before `until`. */
void jobs_hold(struct jobs *j, uint8_t unit, mono_t until);

#endif
