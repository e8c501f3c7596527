/* The queue of a link: which baton is served next, and which unit is held back. */
#include "drivers/modbus/jobs.h"

#include "base/arena.h"

#include <stdlib.h>
#include <string.h>

#define FAIR_TURN 8 /* every so many turns go to the oldest, whatever its class */

void
jobs_init(struct jobs *j, size_t room)
{
	memset(j, 0, sizeof(*j));
	j->room = room;
	j->list = xcalloc(room, sizeof(*j->list));
}

void
jobs_free(struct jobs *j)
{
	free(j->list);
	free(j->hold);
	j->list = NULL;
	j->hold = NULL;
	j->count = j->room = 0;
}

bool
jobs_add(struct jobs *j, struct baton *b, uint8_t unit)
{
	if (j->count == j->room)
		return false;
	j->list[j->count++] = (struct job){
	    .baton = b,
	    .unit = unit,
	    .order = j->order++,
	};
	return true;
}

static bool
goes_before(const struct job *a, const struct job *b, bool fair)
{
	if (!fair && a->baton->urgency != b->baton->urgency)
		return a->baton->urgency < b->baton->urgency;
	return a->order < b->order;
}

struct job *
jobs_pick(struct jobs *j, mono_t now, mono_t *wake)
{
	bool fair = (j->turns + 1) % FAIR_TURN == 0;
	struct job *best = NULL;

	*wake = MONO_NEVER;
	for (size_t i = 0; i < j->count; i++) {
		struct job *job = &j->list[i];
		mono_t ready = job->not_before;

		if (j->hold != NULL && mono_before(ready, j->hold[job->unit]))
			ready = j->hold[job->unit];
		if (mono_before(now, ready))
			*wake = mono_min(*wake, ready);
		else if (best == NULL || goes_before(job, best, fair))
			best = job;
	}
	if (best != NULL)
		j->turns++;
	return best;
}

struct baton *
jobs_remove(struct jobs *j, struct job *job)
{
	struct baton *b = job->baton;

	*job = j->list[--j->count];
	return b;
}

void
jobs_hold(struct jobs *j, uint8_t unit, mono_t until)
{
	if (j->hold == NULL)
		j->hold = xcalloc(JOBS_UNITS, sizeof(*j->hold));
	j->hold[unit] = until;
}
