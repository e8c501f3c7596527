/* A binary heap of deadlines that are known by number. */
#include "core/timers.h"

void
timers_init(struct timers *t, struct arena *a, size_t n)
{
	t->at = arena_array(a, n, sizeof(*t->at));
	t->heap = arena_array(a, n, sizeof(*t->heap));
	t->slot = arena_array(a, n, sizeof(*t->slot));
	t->count = 0;
	for (size_t i = 0; i < n; i++)
		t->at[i] = MONO_NEVER;
}

static void
put(struct timers *t, uint32_t place, uint32_t id)
{
	t->heap[place] = id;
	t->slot[id] = place + 1;
}

static void
rise(struct timers *t, uint32_t place)
{
	uint32_t id = t->heap[place];

	while (place > 0) {
		uint32_t up = (place - 1) / 2;

		if (!mono_before(t->at[id], t->at[t->heap[up]]))
			break;
		put(t, place, t->heap[up]);
		place = up;
	}
	put(t, place, id);
}

static void
sink(struct timers *t, uint32_t place)
{
	uint32_t id = t->heap[place];

	for (;;) {
		uint32_t down = place * 2 + 1;

		if (down >= t->count)
			break;
		if (down + 1 < t->count &&
		    mono_before(t->at[t->heap[down + 1]], t->at[t->heap[down]]))
			down++;
		if (!mono_before(t->at[t->heap[down]], t->at[id]))
			break;
		put(t, place, t->heap[down]);
		place = down;
	}
	put(t, place, id);
}

static void
drop(struct timers *t, uint32_t place)
{
	uint32_t last = t->heap[--t->count];

	t->slot[t->heap[place]] = 0;
	if (place == t->count)
		return;
	put(t, place, last);
	rise(t, place);
	sink(t, t->slot[last] - 1);
}

void
timers_set(struct timers *t, size_t id, mono_t at)
{
	if (at.us == t->at[id].us)
		return;
	t->at[id] = at;
	if (at.us == MONO_NEVER.us) {
		if (t->slot[id] != 0)
			drop(t, t->slot[id] - 1);
		return;
	}
	if (t->slot[id] == 0)
		put(t, t->count++, (uint32_t)id);
	rise(t, t->slot[id] - 1);
	sink(t, t->slot[id] - 1);
}

mono_t
timers_next(const struct timers *t)
{
	return t->count > 0 ? t->at[t->heap[0]] : MONO_NEVER;
}

bool
timers_take(struct timers *t, mono_t now, size_t *id)
{
	if (t->count == 0 || mono_before(now, t->at[t->heap[0]]))
		return false;
	*id = t->heap[0];
	timers_set(t, *id, MONO_NEVER);
	return true;
}
