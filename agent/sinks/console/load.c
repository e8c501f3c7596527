#include "sinks/console/load.h"

#include "base/arena.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Below this the quotient says more about the moment of asking than about the bus. */
#define WINDOW_MIN_MS 1000

struct load *
load_new(size_t links)
{
	struct load *l = xcalloc(1, sizeof(*l));

	l->links = links;
	l->busy_us = xcalloc(links > 0 ? links * LOAD_SAMPLES : 1, sizeof(*l->busy_us));
	l->now_us = xcalloc(links > 0 ? links : 1, sizeof(*l->now_us));
	return l;
}

void
load_free(struct load *l)
{
	if (l == NULL)
		return;
	free(l->busy_us);
	free(l->now_us);
	free(l);
}

void
load_sample(struct load *l, mono_t now)
{
	l->at[l->next] = now;
	if (l->links > 0)
		memcpy(l->busy_us + l->next * l->links, l->now_us, l->links * sizeof(*l->now_us));
	l->next = (l->next + 1) % LOAD_SAMPLES;
	if (l->count < LOAD_SAMPLES)
		l->count++;
}

double
load_percent(const struct load *l, size_t link, mono_t now, uint64_t busy_us)
{
	if (l->count == 0)
		return NAN;
	unsigned oldest = (l->next + LOAD_SAMPLES - l->count) % LOAD_SAMPLES;
	uint64_t then = l->busy_us[oldest * l->links + link];
	int64_t elapsed_us = now.us - l->at[oldest].us;
	if (elapsed_us < WINDOW_MIN_MS * 1000 || busy_us < then)
		return NAN;
	return 100.0 * (double)(busy_us - then) / (double)elapsed_us;
}
