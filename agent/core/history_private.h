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

/* One point: looked at with each sample, so it is kept as small as a line of the cache. */
struct track {
	mono_t upto; /* the minute that is open is counted up to there */
	double sum;  /* of value x seconds in it */
	int64_t last_ms;
	uint32_t head, tail; /* ring: oldest and newest chunk, or NO_CHUNK */
	float last;          /* ring: the last record */
	/* The value that stands, and what has been so far in the minute that is open. */
	float value, min, max;
	uint32_t minute;
	int32_t good_us; /* 60 s, and a little more where the clocks differ */
	uint8_t last_quality;
	uint8_t quality; /* of the value that stands */
	uint8_t spoilt;  /* last quality in this minute that was not good; GOOD: none */
	uint8_t waiting : 4;
	bool ever : 1;    /* there is a last record */
	bool dropped : 1; /* older ones gave way */
	bool any : 1;     /* there was a good value in this minute: min and max are set */
	bool late : 1;    /* its beginning was not seen */
	bool unsynced;
};
_Static_assert(HISTORY_WAITING < 16, "as many fit into track.waiting");
_Static_assert(sizeof(struct track) == 64, "there is one for each point");

struct history {
	const struct site *site;
	struct track *tracks; /* by point */
	/*
	 * Closed minutes: first of all points their oldest, then of all their second one and so on,
	 * so that those which rarely wait are memory that is never touched.
	 */
	struct minute *closed;
	double *deadbands; /* by point */
	bool *is_state;    /* by point */
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
