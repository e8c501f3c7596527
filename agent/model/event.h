/*
 * An event: something that happened and must not be lost. Plain data of fixed size, so that it
 * can wait in a bounded queue without allocation. Its JSON form is made in model/json.h.
 */
#ifndef MODEL_EVENT_H
#define MODEL_EVENT_H

#include "base/clock.h"
#include "model/profile.h"
#include "model/quality.h"

enum event_type {
	EVENT_ALARM,    /* an alarm changed its state */
	EVENT_DEVICE,   /* a device was lost, came back, changed identity, ... */
	EVENT_OPERATOR, /* a person did something: acknowledged, reset */
	EVENT_SYSTEM,   /* the agent: start, stop, store fault, clock step */
	EVENT_TRAP,   /* a device sent a trap or inform; `word` is the trap's name in its profile */
	EVENT_ACCESS, /* somebody at a reader: `who` the badge, `point` the door, `word` the result
		       */
	EVENT_GAP,    /* events are missing: `value` of them, from..to say which seq */
	EVENT_TYPE_COUNT
};
const char *event_type_word(enum event_type t); /* "alarm", "device", ... */

#define EVENT_NAME_MAX 64
#define EVENT_TEXT_MAX 384

struct event {
	uint64_t seq; /* 1, 2, 3 ... within the store's epoch; given by the core */
	wall_t wall;
	mono_t mono;
	bool synced; /* the wall clock was disciplined */
	enum event_type type;
	enum priority priority;
	char device[EVENT_NAME_MAX]; /* "" where no device is meant */
	char zone[EVENT_NAME_MAX];
	char alarm[EVENT_NAME_MAX]; /* rule, "" where none */
	char point[EVENT_NAME_MAX];
	char from[EVENT_NAME_MAX],
	    to[EVENT_NAME_MAX]; /* states, in words; EVENT_TRAP: from
				   "maintenance" where the device was in it */
	bool has_value;
	double value;
	char unit[16];
	char word[EVENT_NAME_MAX]; /* the value in words, for states; EVENT_DEVICE: "maintenance"
				      where the device was in maintenance */
	enum quality quality;
	char who[EVENT_NAME_MAX];    /* the person, for acknowledgements; a badge */
	char text[EVENT_TEXT_MAX];   /* one plain sentence: what is wrong */
	char impact[EVENT_TEXT_MAX]; /* what depends on it */
	char remedy[EVENT_TEXT_MAX]; /* what to do */
	/* Of a record that the device made itself: its number there, and the time by its clock. */
	uint64_t record;    /* 0: none */
	wall_t device_wall; /* 0: none */
};

/*
 * A small thing that must survive a restart and that an event changed: how far a ring of records
 * was read, a device in maintenance. Written in the same transaction as that event, so that
 * neither is there without the other. `value` below 0 with an empty text ends the mark.
 */
#define MARK_KEY_MAX  96
#define MARK_TEXT_MAX 128
struct mark {
	char key[MARK_KEY_MAX]; /* "records/<device>", "maintenance/<device>", ... */
	int64_t value;
	char text[MARK_TEXT_MAX];
};

#endif
