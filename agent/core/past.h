/*
 * The part of the history that is on disk, for those who show it: they need not know the store.
 * house/house.c ties the two. Core thread.
 */
#ifndef CORE_PAST_H
#define CORE_PAST_H

#include "model/minute.h"

#include <stddef.h>

/* Stretches that come at once. */
#define PAST_ROWS_MAX 250

/*
 * A question, and the state of its answer. First with `hour` 0; each answer brings back the same
 * with what is to be asked next.
 */
struct past {
	size_t point;     /* flat index of the site */
	struct fold fold; /* set up by who asks; its step is >= a minute */
	int64_t hour;     /* hours since 1970 before this one have been told */
	uint32_t told;    /* minutes since 1970, the last that was told: no older one comes again */
	bool done;        /* the disk has no more: go on with the minutes in memory */
	char fault[160];  /* why a part is missing, a sentence; or "" */
};

struct past_answer {
	struct past past;
	struct stretch rows[PAST_ROWS_MAX];
	size_t count;
};

#endif
