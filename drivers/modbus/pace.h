/*
 * How long to wait for a unit: learned from how fast it answers. Pure; durations are arguments.
 *
 * The timeout of a profile is made for the slowest day of the slowest device. A unit that has
 * answered in 20 ms a hundred times is not going to answer after 800, and on a bus everybody waits
 * with it. So after PACE_ENOUGH replies it gets four times its p99, at least PACE_FLOOR_US, at most
 * the profile's timeout, and on top the time that question and reply take on the wire.
 *
 * A learned timeout is no verdict. When it passes, the question is put once more with the profile's
 * timeout, and only that one tells that the unit does not answer. A reply that needed longer than
 * what was learned wipes all of it out. A unit that stays dead is asked with the learned timeout,
 * but every PACE_FULL_EVERY-th time with the full one: it may have come back slower.
 *
 * A shorter wait makes a late reply more likely, never more dangerous: on RTU the fence deals with
 * it (fence.h), on TCP it dies with its connection.
 */
#ifndef DRIVERS_MODBUS_PACE_H
#define DRIVERS_MODBUS_PACE_H

#include <stdbool.h>
#include <stdint.h>

#define PACE_SAMPLES    100
#define PACE_ENOUGH     20
#define PACE_TIMES      4
#define PACE_FLOOR_US   50000
#define PACE_FULL_EVERY 4

struct pace {
	uint32_t took_us[PACE_SAMPLES]; /* the latest replies, without their time on the wire */
	uint8_t count, next;
	unsigned missed; /* questions in a row without a reply in time */
};

/* 99 % of the known replies came within this time; 0: none is known. */
int64_t pace_p99_us(const struct pace *p);

/*
 * The timeout of the next question. wire_us: what question and reply take on the wire. full_us:
 * the profile's timeout, never exceeded. At least PACE_FLOOR_US where that is not above full_us.
 */
int64_t pace_timeout_us(const struct pace *p, int64_t wire_us, int64_t full_us);

/* It was put with less than the full timeout, and missing that is no verdict yet: ask once more. */
bool pace_is_early(const struct pace *p, int64_t timeout_us, int64_t full_us);

/* It answered after took_us, wire_us of that on the wire. */
void pace_answered(struct pace *p, int64_t wire_us, int64_t took_us);

/* It did not answer within its timeout. */
void pace_missed(struct pace *p);

/* It is slower than was learned: a late reply of it was seen. */
void pace_forget(struct pace *p);

#endif
