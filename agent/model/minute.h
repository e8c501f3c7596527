/*
 * What is kept of a point for each minute, its packed form for the disk, and minutes joined into
 * longer steps. Pure.
 */
#ifndef MODEL_MINUTE_H
#define MODEL_MINUTE_H

#include "base/clock.h"
#include "model/quality.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MINUTE_US INT64_C(60000000)

/*
 * Values are floats: seven digits, which is more than any sensor here has. A counter beyond that
 * keeps its first seven.
 */
struct minute {
	uint32_t minute; /* minutes since 1970, by the wall clock of that time */
	/* Meaningful where good_s > 0, over the good time alone. mean: weighted by time; of a point
	 * with states the last one, since a mean of states says nothing. */
	float mean, min, max;
	uint8_t good_s;  /* seconds with a good value; 60 only where it was good all the time */
	uint8_t quality; /* where good_s < 60, enum quality: what it was last when it was not good;
			    NEVER: nobody looked, the agent came or went in this minute */
	bool unsynced;   /* the wall clock was not disciplined */
};

/* ---- packed ---------------------------------------------------------------------------------
 *
 * Some 4 bytes for a minute of a noisy reading, 4 bytes for any number of equal ones. Numbers are
 * whole multiples of a power of ten: a tenth of `resolution` or seven digits of the largest value,
 * whichever is coarser. resolution 0: seven digits.
 */
#define MINUTE_PACKED_MAX 34 /* of one minute; and as much for the beginning of all */

/* n minutes, in the order of time (equal ones are allowed). Returns the bytes written to out, which
 * has room for (n + 1) * MINUTE_PACKED_MAX. */
size_t minutes_pack(const struct minute *m, size_t n, double resolution, uint8_t *out);

struct minutes_reader {
	const uint8_t *at, *end;
	bool damaged; /* what follows makes no sense and was left out */
	/* own */
	double power;
	int exponent;
	int64_t mean;
	struct minute last;
	uint64_t repeats;
};
void minutes_open(struct minutes_reader *r, const void *packed, size_t length);
/* The next one; false: the end, or damage. */
bool minutes_next(struct minutes_reader *r, struct minute *out);

/* Unsigned numbers of 7 bits a byte, the least first. put returns the bytes written (1..10). */
size_t varint_put(uint8_t *out, uint64_t v);
/* false: cut off, or longer than 64 bits. */
bool varint_get(const uint8_t **at, const uint8_t *end, uint64_t *v);

/*
 * Two records of the same minute (the agent was restarted, or the clock was stepped back): one that
 * a disciplined clock dated goes before one that none did; equals are joined.
 */
struct minute minute_join(const struct minute *a, const struct minute *b);

/* ---- longer steps --------------------------------------------------------------------------- */

/* A stretch of time as it is told; it lasts until the next one begins. */
struct stretch {
	wall_t at;
	bool has_value; /* mean, min and max are those of the good time */
	double mean, min, max;
	int percent;          /* how much of it was good, 0..100; 100 only where all was */
	enum quality quality; /* GOOD: all of it; else what it was when not; QUALITY_COUNT: nobody
				 looked, the agent did not run */
	bool unsynced;
};

/* A piece of what a point was, inside one step. */
struct piece {
	int64_t at_us, length_us; /* wall clock */
	int64_t good_ms;          /* of it */
	double mean, min, max;    /* where good_ms > 0 */
	enum quality quality; /* GOOD: all of it that was looked at; else what it was when not */
	bool unsynced;
};

/*
 * Joins minutes or pieces into steps of step_ms, begun at whole steps of the local day. They come
 * in the order of time. What is missing between them is told as a stretch of its own. Plain data:
 * it may go on in another thread.
 */
struct fold {
	int64_t step_ms; /* of minutes: whole minutes */
	bool is_state;   /* mean is the last state */
	wall_t from;     /* nothing before it is told */
	wall_t until;    /* nor after it: the last step is no longer than to there */
	/* own */
	bool open, pending;
	struct minute one; /* the minute last added, which may get its equal */
	int64_t began_us, ends_us, told_us;
	int64_t good_ms, seen_us;
	double sum, min, max, last;
	enum quality quality;
	bool unsynced;
};
void fold_init(struct fold *f, int64_t step_ms, bool is_state, wall_t from, wall_t until);
/* Each returns how many stretches it wrote to out, 0..2 (2: a gap and what ended before it). */
size_t fold_minute(struct fold *f, const struct minute *m, struct stretch out[2]);
size_t fold_piece(struct fold *f, const struct piece *p, struct stretch out[2]);
/* When the step of this time ends: no piece may go beyond. */
int64_t fold_step_ends_us(const struct fold *f, int64_t at_us);
/* No more comes: what is open, and the gap up to f->until. 0..4. */
size_t fold_end(struct fold *f, struct stretch out[4]);

/* The shortest step of a round length so that there are at most `most` of them (>= 1) in span_ms.
 */
int64_t fold_round_step_ms(int64_t span_ms, int64_t most);

/* A float as the shortest decimal that is the same to seven digits: 24.3, not 24.299999237. */
double float_decimal(float v);

#endif
