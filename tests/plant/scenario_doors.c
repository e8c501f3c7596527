#include "scenario_doors.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define RELEASE_S 5.0 /* the access controller lets the door stand open for so long */

/* ---- Doors ---- */

static struct door_state *
leaf(struct plant *p, enum plant_device device)
{
	return &p->room.door[device == DOOR2];
}

static const char *
swing_open(struct door_state *d)
{
	if (d->fault)
		return "the door has a fault and does not move (restore it)";
	d->aim = DOOR_OPEN;
	d->locked = d->relock = false;
	d->release_s = 0.0;
	return NULL;
}

const char *
door_open(struct plant *p, enum plant_device device, int n, char **args)
{
	(void)n, (void)args;
	return swing_open(leaf(p, device));
}

const char *
door_close(struct plant *p, enum plant_device device, int n, char **args)
{
	struct door_state *d = leaf(p, device);

	(void)n, (void)args;
	if (d->fault)
		return "the door has a fault and does not move (restore it)";
	if (d->fire)
		return "the fire alarm holds the door open (restore it)";
	if (d->held)
		return "something stands in the door (restore it)";
	d->aim = DOOR_CLOSE;
	return NULL;
}

const char *
door_lock(struct plant *p, enum plant_device device, int n, char **args)
{
	struct door_state *d = leaf(p, device);

	(void)n, (void)args;
	if (d->travel > 0.0 || d->aim == DOOR_OPEN)
		return "the door is not closed (close it)";
	d->locked = true;
	return NULL;
}

const char *
door_unlock(struct plant *p, enum plant_device device, int n, char **args)
{
	struct door_state *d = leaf(p, device);

	(void)n, (void)args;
	d->locked = d->relock = false;
	return NULL;
}

/* Levered open: the lock stays thrown, and nobody was let in. */
const char *
door_force(struct plant *p, enum plant_device device, int n, char **args)
{
	struct door_state *d = leaf(p, device);

	(void)n, (void)args;
	if (!d->locked || d->travel > 0.0)
		return "only a door that is closed and locked can be forced (restore it)";
	d->aim = DOOR_OPEN;
	return NULL;
}

const char *
door_fault(struct plant *p, enum plant_device device, int n, char **args)
{
	(void)n, (void)args;
	leaf(p, device)->fault = true;
	return NULL;
}

const char *
door_fire(struct plant *p, enum plant_device device, int n, char **args)
{
	struct door_state *d = leaf(p, device);

	(void)n, (void)args;
	d->fire = true;
	d->aim = DOOR_OPEN;
	d->locked = d->relock = false;
	return NULL;
}

const char *
door_held(struct plant *p, enum plant_device device, int n, char **args)
{
	const char *why_not = door_open(p, device, n, args);

	leaf(p, device)->held = !why_not;
	return why_not;
}

/* ---- Access controller ---- */

/* A whole number in [low, high]. */
static bool
whole(const char *word, uint64_t low, uint64_t high, uint64_t *value)
{
	char *end;

	errno = 0;
	*value = strtoull(word, &end, 10);
	return word[0] != '-' && end != word && *end == '\0' && errno == 0 && *value >= low &&
	       *value <= high;
}

/* Which door a word means, from 0; -1: none. */
static int
door_of(const char *word)
{
	if (strcmp(word, "door1") == 0)
		return 0;
	return strcmp(word, "door2") == 0 ? 1 : -1;
}

/* A person of the room by name, anybody by number. */
static bool
badge_of(const char *word, uint64_t *badge)
{
	for (int i = 0; i < ACCESS_PEOPLE; i++) {
		if (strcmp(access_people[i].word, word) == 0) {
			*badge = access_people[i].badge;
			return true;
		}
	}
	return whole(word, 1, UINT64_MAX, badge);
}

/* Somebody is let through. A door that cannot move stays as it is. */
static void
let_through(struct plant *p, int door)
{
	if (swing_open(&p->room.door[door]) == NULL)
		p->room.door[door].release_s = RELEASE_S;
}

const char *
access_badge(struct plant *p, enum plant_device device, int n, char **args)
{
	static const char *const results[ACCESS_RESULTS] = {
	    [ACCESS_GRANTED] = "granted",
	    [ACCESS_UNKNOWN_CARD] = "unknown-card",
	    [ACCESS_OUT_OF_HOURS] = "out-of-hours",
	    [ACCESS_ANTI_PASSBACK] = "anti-passback",
	    [ACCESS_NO_PIN] = "no-pin",
	};
	int door = door_of(args[1]);
	uint64_t badge;

	(void)device, (void)n;
	if (!badge_of(args[0], &badge))
		return "a badge has a number from 1 to 18446744073709551615, or it is one of "
		       "sato, tanaka, smith, guard";
	if (door < 0)
		return "the door is door1 or door2";
	if (p->room.access.reader_lost[door])
		return "the reader at that door is dead (restore access1)";
	for (int i = ACCESS_GRANTED; i <= ACCESS_NO_PIN; i++) {
		if (strcmp(results[i], args[2]) != 0)
			continue;
		access_add(&p->room, door, (enum access_result)i, badge);
		if (i == ACCESS_GRANTED) {
			p->room.access.people++;
			let_through(p, door);
		}
		return NULL;
	}
	return "the result is granted, unknown-card, out-of-hours, anti-passback or no-pin";
}

const char *
access_exit(struct plant *p, enum plant_device device, int n, char **args)
{
	int door = door_of(args[0]);

	(void)device, (void)n;
	if (door < 0)
		return "the door is door1 or door2";
	access_add(&p->room, door, ACCESS_EXIT, 0);
	if (p->room.access.people > 0)
		p->room.access.people--;
	let_through(p, door);
	return NULL;
}

/* Many at once, none of whom is let in: what a reader does that is tried with a box of cards. */
const char *
access_burst(struct plant *p, enum plant_device device, int n, char **args)
{
	uint64_t count;

	(void)device, (void)n;
	if (!whole(args[0], 1, 10000, &count))
		return "the count is a whole number from 1 to 10000";
	for (uint64_t i = 0; i < count; i++) {
		access_add(&p->room, (int)(i % DOOR_COUNT), ACCESS_UNKNOWN_CARD, 100000 + i);
		plant_record(p);
	}
	return NULL;
}

const char *
access_slow(struct plant *p, enum plant_device device, int n, char **args)
{
	uint64_t seconds;

	(void)device, (void)n;
	if (!whole(args[0], 1, 3600, &seconds))
		return "the time is a whole number of seconds, 1 to 3600";
	p->room.access.slow_s = (double)seconds;
	return NULL;
}

const char *
access_spoil(struct plant *p, enum plant_device device, int n, char **args)
{
	struct access_state *a = &p->room.access;

	(void)device, (void)n, (void)args;
	if (a->head == 0)
		return "there is no record yet";
	a->ring[(a->head - 1) % ACCESS_RING].spoilt = true;
	return NULL;
}

const char *
access_restart(struct plant *p, enum plant_device device, int n, char **args)
{
	uint64_t head = 0;

	(void)device;
	if (n && !whole(args[0], 0, 4000000000, &head))
		return "the number of the newest record is 0 to 4000000000";
	access_reset(&p->room.access, (uint32_t)head);
	p->recorded = (uint32_t)head;
	return NULL;
}

const char *
access_mains_lost(struct plant *p, enum plant_device device, int n, char **args)
{
	(void)device, (void)n, (void)args;
	p->room.access.mains_lost = true;
	return NULL;
}

const char *
access_tamper(struct plant *p, enum plant_device device, int n, char **args)
{
	(void)device, (void)n, (void)args;
	p->room.access.tampered = true;
	return NULL;
}

const char *
access_reader_lost(struct plant *p, enum plant_device device, int n, char **args)
{
	uint64_t reader;

	(void)device, (void)n;
	if (!whole(args[0], 1, DOOR_COUNT, &reader))
		return "the reader is 1 or 2";
	p->room.access.reader_lost[reader - 1] = true;
	return NULL;
}

/* ---- Key cabinet ---- */

const char *
cabinet_open(struct plant *p, enum plant_device device, int n, char **args)
{
	(void)device, (void)n, (void)args;
	p->room.cabinet.open = true;
	return NULL;
}

const char *
cabinet_close(struct plant *p, enum plant_device device, int n, char **args)
{
	(void)device, (void)n, (void)args;
	p->room.cabinet.open = false;
	return NULL;
}

static const char *
move_key(struct plant *p, const char *word, bool taken)
{
	uint64_t key;

	if (!whole(word, 1, KEY_COUNT, &key))
		return "the key is 1 to 4";
	if (!p->room.cabinet.open)
		return "the cabinet is closed (keycab1 open)";
	p->room.cabinet.taken[key - 1] = taken;
	return NULL;
}

const char *
cabinet_take(struct plant *p, enum plant_device device, int n, char **args)
{
	(void)device, (void)n;
	return move_key(p, args[0], true);
}

const char *
cabinet_return(struct plant *p, enum plant_device device, int n, char **args)
{
	(void)device, (void)n;
	return move_key(p, args[0], false);
}

const char *
cabinet_tamper(struct plant *p, enum plant_device device, int n, char **args)
{
	(void)device, (void)n, (void)args;
	p->room.cabinet.tampered = true;
	return NULL;
}

const char *
cabinet_power_lost(struct plant *p, enum plant_device device, int n, char **args)
{
	(void)device, (void)n, (void)args;
	p->room.cabinet.power_lost = true;
	return NULL;
}

/* ---- Restore ---- */

void
doors_restore(struct room *r, enum plant_device device)
{
	struct access_state *a = &r->access;

	if (device == DOOR1 || device == DOOR2) {
		struct door_state *d = &r->door[device == DOOR2];
		d->fault = d->fire = d->held = false;
		d->aim = DOOR_CLOSE;
		d->relock = true;
		d->release_s = 0.0;
	} else if (device == ACCESS1) {
		a->mains_lost = a->tampered = false;
		a->slow_s = 0.0;
		for (int i = 0; i < DOOR_COUNT; i++)
			a->reader_lost[i] = false;
	} else if (device == KEYCAB1) {
		r->cabinet = (struct cabinet_state){0};
	}
}
