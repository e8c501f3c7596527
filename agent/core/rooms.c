/* Rooms of a size: those that came home, then those never used. */
#include "core/rooms.h"

#include "base/log.h"

/* So that there are few sizes, and no two rooms in one line of the cache. */
#define STEP_BYTES 64

/* In a room at home. */
struct home {
	struct home *next;
};

struct room_size {
	struct room_size *next;
	size_t bytes;
	size_t users;
	size_t used; /* of `rooms`, ever */
	unsigned char *rooms;
	struct home *home;
};

struct room_size *
rooms_for(struct rooms *r, size_t bytes)
{
	size_t whole = (bytes / STEP_BYTES + 1) * STEP_BYTES;
	struct room_size *s = r->sizes;

	while (s != NULL && s->bytes != whole)
		s = s->next;
	if (s == NULL) {
		s = arena_alloc(r->arena, sizeof(*s));
		s->bytes = whole;
		s->next = r->sizes;
		r->sizes = s;
	}
	s->users++;
	return s;
}

void
rooms_open(struct rooms *r)
{
	for (struct room_size *s = r->sizes; s != NULL; s = s->next)
		s->rooms = arena_array(r->arena, s->users, s->bytes);
}

void *
room_take(struct room_size *s)
{
	struct home *room = s->home;

	if (room != NULL) {
		s->home = room->next;
		return room;
	}
	if (s->used == s->users)
		log_fatal("more rooms are taken than there are users of them");
	return s->rooms + s->bytes * s->used++;
}

void
room_give(struct room_size *s, void *room)
{
	struct home *h = room;

	h->next = s->home;
	s->home = h;
}
