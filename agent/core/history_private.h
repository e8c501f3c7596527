/* What history.c and history_ring.c share; nobody else includes it. */
#ifndef CORE_HISTORY_PRIVATE_H
#define CORE_HISTORY_PRIVATE_H

#include "core/history.h"

#define NO_CHUNK UINT32_MAX
/* A piece of the ring: some fifteen records of one point, the first of them complete. */
#define CHUNK_BYTES 128

struct chunk {
	uint32_t next;  /* of the same point, newer; NO_CHUNK: none */
	uint32_t point; /* whose it is */
	int64_t at_ms;  /* monotonic, of its first record */
	uint8_t live;
	uint8_t used; /* bytes of data */
	uint8_t data[CHUNK_BYTES - 18];
};
_Static_assert(sizeof(struct chunk) == CHUNK_BYTES, "a chunk has the size that it says");

/* One point. */
struct track {
	/* Ring: the last record, and where the records are. */
	uint32_t head, tail; /* oldest and newest chunk, or NO_CHUNK */
	int64_t last_ms;
	float last;
	uint8_t last_quality;
	bool ever;    /* there is a last record */
	bool dropped; /* older ones gave way */

	/* The minute that is open: the value that stands, and what has been so far. */
	float value, min, max;
	uint8_t quality; /* of the value that stands */
	uint8_t spoilt;  /* last quality in this minute that was not good; GOOD: none */
	bool any;        /* there was a good value in this minute: min and max are set */
	bool late;       /* its beginning was not seen */
	bool unsynced;
	uint32_t minute;
	int32_t good_us; /* at most 60 s */
	double sum;      /* of value x seconds */
	mono_t upto;     /* counted up to there */

	uint8_t waiting;
	struct minute closed[HISTORY_WAITING];
};

struct history {
	const struct site *site;
	struct track *tracks; /* by point */
	double *deadbands;    /* by point */
	bool *is_state;       /* by point */
	size_t point_count;
	struct now now;
	int64_t offset_us; /* wall - monotonic, as last seen */
	bool began;
	bool stepped;       /* the wall clock was, since the last batch */
	int64_t batch_slot; /* the five minutes of the wall clock in which the last batch was */
	bool taking;        /* some points have given the minutes of this batch, others not yet */
	uint64_t batches;
	/* The ring: chunks are used in order, again and again. */
	struct chunk *chunks;
	uint32_t chunk_count, next_chunk;
};

/* history_ring.c: a record of what `t` has as value and quality, at this time. */
void ring_put(struct history *h, size_t point, float value, enum quality quality, mono_t at);

#endif
