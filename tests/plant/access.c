#include "access.h"

#include "room.h"

#include <math.h>
#include <string.h>

#define HELD_S        30.0 /* open for longer is told */
#define FULL_V        13.6 /* a 12 V lead battery on its charger */
#define EMPTY_V       10.5 /* and at the end */
#define BATTERY_H     4.0  /* full to empty */
#define RECHARGE_H    0.5  /* quick, so that a demo comes back to normal */
#define SECONDS_PER_H 3600.0

const struct access_person access_people[ACCESS_PEOPLE] = {
    {"sato", 4711, "佐藤 花子"},
    {"tanaka", 4712, "田中 一郎"},
    {"smith", 4713, "John Smith"},
    {"guard", 4700, "Night guard"},
};

void
access_init(struct access_state *a)
{
	*a = (struct access_state){.battery_v = FULL_V, .people = 2};
}

void
access_reset(struct access_state *a, uint32_t head)
{
	memset(a->ring, 0, sizeof a->ring);
	a->head = head;
}

const struct access_record *
access_add(struct room *r, int door, enum access_result result, uint64_t badge)
{
	struct access_state *a = &r->access;
	struct access_record *place;

	a->head++;
	if (result > ACCESS_GRANTED && result <= ACCESS_NO_PIN)
		a->refused++;
	place = &a->ring[(a->head - 1) % ACCESS_RING];
	*place = (struct access_record){
	    .sequence = a->head,
	    .time_s = (uint32_t)a->clock_s,
	    .door = (uint16_t)(door + 1),
	    .result = (uint16_t)result,
	    .badge = badge,
	    .made_s = r->time_s,
	};
	return place;
}

/* What the controller makes of a door that is open: nobody was let in through a thrown lock. */
static void
watch_door(struct room *r, int i, double dt_s)
{
	struct access_state *a = &r->access;
	const struct door_state *d = &r->door[i];

	if (d->travel <= 0.0) {
		a->door[i] = ACCESS_CLOSED;
		a->open_s[i] = 0.0;
		return;
	}
	a->open_s[i] += dt_s;
	if (a->door[i] == ACCESS_CLOSED) {
		a->door[i] = d->locked ? ACCESS_DOOR_FORCED : ACCESS_OPEN;
		if (d->locked)
			access_add(r, i, ACCESS_FORCED, 0);
	} else if (a->door[i] == ACCESS_OPEN && a->open_s[i] > HELD_S && !d->fire) {
		a->door[i] = ACCESS_DOOR_HELD;
		access_add(r, i, ACCESS_HELD, 0);
	}
}

void
access_step(struct room *r, double dt_s)
{
	struct access_state *a = &r->access;
	double hours = a->mains_lost || ups_empty(r) ? -BATTERY_H : RECHARGE_H;

	a->battery_v += (FULL_V - EMPTY_V) / hours * dt_s / SECONDS_PER_H;
	a->battery_v = fmax(EMPTY_V, fmin(FULL_V, a->battery_v));
	for (int i = 0; i < DOOR_COUNT; i++)
		watch_door(r, i, dt_s);
}
