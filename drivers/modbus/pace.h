/*
 * How long to wait for a unit: learned from how fast it answers. Pure; durations are arguments.
 *
 * The timeout of a profile is made for the slowest day of the slowest device. A unit that has
 * answered in 20 ms a hundred times is not going to answer after 800, and on a bus everybody waits
 * with it. So after PACE_ENOUGH replies it gets four times its p99, at least PACE_FLOOR_US, at most
 * the profile's timeout, and on top the time that question and reply take on the wire. Where asking
 * once more costs nothing, PACE_FEW are enough, until one shows that they were not.
 *
 * A learned timeout is no verdict. When it passes, the question is put once more, and the unit is
 * in doubt: it gets twice what was learned, at least PACE_DOUBT_US, and the try that may make it
 * lost waits until the profile's timeout has passed since the first question without a reply. So
 * nobody is lost who is only slow for a moment, one lost frame is none, and a loss is known when
 * that timeout has passed, however many tries were in it. A reply that needed longer than what was
 * learned wipes all of it out; and a unit that answered when it was nearly given up had a hiccup:
 * for the next PACE_SAMPLES replies it gets all of the profile's timeout when in doubt. (One that
 * is lost and back again and again needs a larger lost_after: the third poll waits for its beat.)
 *
 * A dead unit that has its wire for itself is asked with the full timeout: it may come back slower.
 * Where others wait for it, it has what was learned (PACE_UNKNOWN_US where nothing was), and only
 * every full_every-th time the full one. On RTU its late reply is seen nevertheless, and then it
 * has the full timeout each time, until it is known again.
 *
 * A shorter wait makes a late reply more likely, never more dangerous: on RTU the fence deals with
 * it (fence.h), on TCP its transaction tells what it is (tcp.c).
 */
#ifndef DRIVERS_MODBUS_PACE_H
#define DRIVERS_MODBUS_PACE_H

#include "base/clock.h"

#include <stdbool.h>
#include <stdint.h>

#define PACE_SAMPLES    100
#define PACE_ENOUGH     20
#define PACE_FEW        3
#define PACE_TIMES      4
#define PACE_FLOOR_US   50000
#define PACE_DOUBT_US   170000
#define PACE_UNKNOWN_US 100000
/* After so many misses in a row it is dead, not slow: from then on it may cost less. */
#define PACE_DEAD_AFTER 3

struct pace {
	uint32_t took_us[PACE_SAMPLES]; /* the latest replies, without their time on the wire */
	uint8_t count, next;
	unsigned missed;        /* questions in a row without a reply in time */
	mono_t silent_since;    /* the first of them was put then */
	unsigned verdict_after; /* so many of them, and the next one may make it lost; 0: one */
	unsigned full_every;    /* 0: it has its wire for itself */
	unsigned
	    few; /* so many replies are enough at first; 0: PACE_ENOUGH. After a slow one never */
	uint8_t patience; /* so many good replies until it is doubted as quickly as before */
	bool slow;        /* slower than was learned, and not known yet how slow */
};

static inline bool
pace_is_dead(const struct pace *p)
{
	return p->missed >= PACE_DEAD_AFTER;
}

/* 99 % of the known replies came within this time; 0: none is known. */
int64_t pace_p99_us(const struct pace *p);

/*
 * The timeout of a question that is put now. wire_us: what question and reply take on the wire.
 * full_us: the profile's timeout, never exceeded. At least PACE_FLOOR_US where that is not above
 * full_us.
 */
int64_t pace_timeout_us(const struct pace *p, mono_t now, int64_t wire_us, int64_t full_us);

/* The next question without a reply may make it lost. */
static inline bool
pace_decides(const struct pace *p)
{
	return p->missed > 0 && p->missed >= p->verdict_after;
}

/*
 * Until the profile's timeout has passed since the first question without a reply: 0, it has, and
 * the silence may be told.
 */
int64_t pace_left_us(const struct pace *p, mono_t now, int64_t full_us);

/* It was put with less than the full timeout, and missing that is no verdict yet: ask once more. */
bool pace_is_early(const struct pace *p, int64_t timeout_us, int64_t full_us);

/* It answered after took_us, wire_us of that on the wire. */
void pace_answered(struct pace *p, int64_t wire_us, int64_t took_us);

/* It did not answer within its timeout a question that was put at `asked`. */
void pace_missed(struct pace *p, mono_t asked);

/* It is slower than was learned: a late reply of it was seen. */
void pace_forget(struct pace *p);

#endif
