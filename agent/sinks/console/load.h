/*
 * How busy each link was in the last minute: the drivers count busy microseconds since they were
 * opened, and a number since yesterday would hide what happens now. Pure.
 */
#ifndef SINKS_CONSOLE_LOAD_H
#define SINKS_CONSOLE_LOAD_H

#include "base/clock.h"

#include <stddef.h>
#include <stdint.h>

#define LOAD_SAMPLES   5 /* a window of a minute in steps of 15 s */
#define LOAD_PERIOD_MS 15000

struct load {
	size_t links;
	unsigned next, count; /* ring of the last samples */
	mono_t at[LOAD_SAMPLES];
	uint64_t *busy_us; /* [LOAD_SAMPLES][links] */
	uint64_t *now_us;  /* [links]: what the next load_sample() takes */
};

struct load *load_new(size_t links);
void load_free(struct load *l); /* NULL is allowed */

/* Takes now_us: for each link the busy time since it was opened. Every LOAD_PERIOD_MS. */
void load_sample(struct load *l, mono_t now);

/* Percent of the time between the oldest sample and `now`; NAN while there is no second of it. */
double load_percent(const struct load *l, size_t link, mono_t now, uint64_t busy_us);

#endif
