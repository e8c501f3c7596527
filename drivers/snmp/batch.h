/*
 * How many variables one device takes in one GET, or rows in one GETBULK, learned and remembered.
 * Pure.
 *
 * Devices say what they can by tooBig, or by silence. A size that was answered once is proven:
 * silence at it means a lost datagram or a dead device. Silence at an unproven size may mean that
 * the size is too big: it is halved. Below the smallest size known to be bad it doubles again with
 * each answer. A size that was tooBig is tried again after a day (firmware changes); one that met
 * silence after ten minutes, then twenty and so on up to a day: the cause may have been another.
 */
#ifndef DRIVERS_SNMP_BATCH_H
#define DRIVERS_SNMP_BATCH_H

#include "base/clock.h"

struct batch {
	unsigned limit;     /* of the profile */
	unsigned size;      /* of the next GET, 1..limit */
	unsigned good;      /* largest size proven; 0: none */
	unsigned bad;       /* smallest size known to be too big; 0: none */
	unsigned suspect;   /* size that met silence, while nothing was answered since; 0: none */
	mono_t bad_until;   /* then `bad` is forgotten */
	int64_t bad_for_ms; /* how long silence counted last time */
};

/* limit 0 counts as 1. */
void batch_init(struct batch *b, unsigned limit);

/* Variables for the next GET. */
unsigned batch_size(struct batch *b, mono_t now);

/* A GET of n variables was answered. */
void batch_answered(struct batch *b, unsigned n, mono_t now);
/* A GET of n >= 2 variables was answered by tooBig. */
void batch_too_big(struct batch *b, unsigned n, mono_t now);
/* A GET of n failed as a whole, though each of its variables is answered alone. */
void batch_blame(struct batch *b, unsigned n, mono_t now);
/* Would silence at n say nothing about the size? Then repeating as it is makes sense. */
bool batch_proven(const struct batch *b, unsigned n);
/* A GET of n variables met silence. The next size is smaller where n was not proven. */
void batch_silent(struct batch *b, unsigned n);
/* The same from a device that lives: though n was proven, what it brings may be longer now. */
void batch_doubt(struct batch *b, unsigned n);
/* A whole cycle met silence: nothing is proven any more, and nothing is suspect. */
void batch_lost(struct batch *b);

#endif
