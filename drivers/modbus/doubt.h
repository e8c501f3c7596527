/*
 * When one reading is not enough: replies that have been damaged lately, or frames that nobody
 * asked for. Pure.
 *
 * The CRC of RTU lets 1 of 65536 badly damaged replies pass, and a frame that somebody else put on
 * the wire in the place of a reply is as good as one. Neither comes alone: most of them are seen
 * for what they are. So whoever shows trouble is doubted for its next replies, and what it says is
 * asked twice, at once; where somebody spoke unasked, with a silence behind each reply. Two
 * readings that agree are believed. Values that differ from one reading to the next are nothing
 * bad, so where two differ a third one decides: it is believed where it agrees with one of them, or
 * never contradicts both (values that do not stand still). Where somebody spoke unasked it must
 * agree with one or the other in half of its values as well: frames of elsewhere agree in next to
 * nothing.
 *
 * A unit that comes within reach is doubted for its first replies: nothing is known of its wire.
 */
#ifndef DRIVERS_MODBUS_DOUBT_H
#define DRIVERS_MODBUS_DOUBT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* So many replies are asked twice after trouble; of one a second, 17 minutes. */
#define DOUBT_TROUBLED    1000
#define DOUBT_NEWCOMER    8
#define DOUBT_BYTES_MAX   250 /* of data in a reply */
#define DOUBT_VALUE_BYTES 2   /* what stands still or moves by itself: a register, 16 bits */

/* The readings of one question. Begins as all 0. */
struct readings {
	unsigned count;
	uint8_t data[2][DOUBT_BYTES_MAX];
};

enum belief {
	BELIEF_AGAIN, /* one more reading is wanted */
	BELIEF_YES,   /* this one is believed */
	BELIEF_NO
};

/* One more reading: n bytes of data, as many as the ones before. strict: somebody spoke unasked. */
enum belief readings_take(struct readings *r, const uint8_t *data, size_t n, bool strict);

#endif
