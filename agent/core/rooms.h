/*
 * Memory that many may need but few do at the same time, or ever: as what a poll carries while it
 * is out, its questions and room for their answers. Those who need as much share it: what is
 * touched is what was taken at the same time at most, and the room that was given back last is
 * taken next, while the cache has it. There is enough for all of them, set aside at the start. Core
 * thread.
 */
#ifndef CORE_ROOMS_H
#define CORE_ROOMS_H

#include "base/arena.h"

/* Those of one size. */
struct room_size;

/* All sizes; zeroed, and its arena set, it is empty. */
struct rooms {
	struct arena *arena;
	struct room_size *sizes;
};

/* For one more user of so many bytes, who has one room at a time. Before rooms_open(). */
struct room_size *rooms_for(struct rooms *r, size_t bytes);
/* Sets the memory aside; it is not touched. */
void rooms_open(struct rooms *r);

/* Aligned for any type; what is in it is of no meaning. */
void *room_take(struct room_size *s);
void room_give(struct room_size *s, void *room);

#endif
