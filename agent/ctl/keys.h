/*
 * The keys of the live screen: one table for the foot of the screen, its help, and
 * `facilityctl help watch`.
 */
#ifndef CTL_KEYS_H
#define CTL_KEYS_H

#include "ctl/live.h"

#include <stdio.h>

struct key {
	const char *name;  /* "a"; "" continues the one before */
	const char *brief; /* for the foot of the screen; NULL: not there */
	const char *what;  /* for the help */
	unsigned pages;    /* where the foot shows it: a bit for each enum page */
};

extern const struct key keys[];
extern const size_t key_count;

/* Does it belong at the foot of what is shown now? */
bool key_is_on(const struct key *k, const struct live *l);

struct sign {
	const char *sign, *what;
};
/* What the marks on the screen mean. */
extern const struct sign signs[];
extern const size_t sign_count;

/* Keys and signs as text. */
void keys_print(FILE *out);

#endif
