/*
 * The access controller of the room and its key cabinet. Pure, as room.h: records are made by what
 * people do (access_add) and by what the doors do (access_step), in a ring that overwrites its
 * oldest record, as the memory of a real controller does.
 */
#ifndef PLANT_ACCESS_H
#define PLANT_ACCESS_H

#include <stdbool.h>
#include <stdint.h>

enum { DOOR_COUNT = 2, ACCESS_RING = 32, KEY_COUNT = 4 };

enum access_result {
	ACCESS_GRANTED = 1,
	ACCESS_UNKNOWN_CARD,
	ACCESS_OUT_OF_HOURS,
	ACCESS_ANTI_PASSBACK,
	ACCESS_NO_PIN,
	ACCESS_FORCED, /* the door opened though nobody was let in */
	ACCESS_HELD,   /* it stood open too long */
	ACCESS_EXIT,   /* the button inside */
	ACCESS_RESULTS
};

enum access_door { ACCESS_CLOSED, ACCESS_OPEN, ACCESS_DOOR_FORCED, ACCESS_DOOR_HELD };

struct access_record {
	uint32_t sequence; /* 1, 2, 3 ...; 0: the place is empty */
	uint32_t time_s;   /* since 1970, by the controller's clock */
	uint16_t door;     /* 1, 2 */
	uint16_t result;   /* enum access_result */
	uint64_t badge;    /* 0: none */
	double made_s;     /* time of the room at which it was made */
	bool spoilt;       /* (set) its memory is damaged */
};

struct access_state {
	double clock_s;               /* (set) since 1970 */
	bool mains_lost;              /* (set) */
	bool tampered;                /* (set) its box is open */
	bool reader_lost[DOOR_COUNT]; /* (set) */
	double slow_s; /* (set) a new record is half written for so long; 0: written at once */
	double battery_v;
	int people;       /* who came in and has not gone out */
	uint32_t refused; /* cards that were not let in, whole life */
	enum access_door door[DOOR_COUNT];
	double open_s[DOOR_COUNT]; /* since it stands open */
	uint32_t head;             /* sequence of the newest record; 0: none yet */
	struct access_record ring[ACCESS_RING];
};

/* Who has a badge of the room. */
struct access_person {
	const char *word; /* for plantctl */
	uint64_t badge;
	const char *name;
};

enum { ACCESS_PEOPLE = 4 };
extern const struct access_person access_people[ACCESS_PEOPLE];

struct cabinet_state {
	bool open;             /* (set) its door */
	bool tampered;         /* (set) its back or its lock */
	bool power_lost;       /* (set) */
	bool taken[KEY_COUNT]; /* (set) */
};

struct room;

void access_init(struct access_state *a);

/* Makes one record. Returns it; it stays in the ring until 32 more are made. */
const struct access_record *access_add(
    struct room *r, int door, enum access_result result, uint64_t badge);

/* All records are gone; the next one has the number after head. */
void access_reset(struct access_state *a, uint32_t head);

/* One step of at most 1 s: watches the doors, whose leaves have moved already. */
void access_step(struct room *r, double dt_s);

#endif
