/*
 * What each device did on its wire lately: the drivers count since they were opened, and what was
 * damaged last week says nothing of today's plug. Pure.
 */
#ifndef SINKS_CONSOLE_WARD_H
#define SINKS_CONSOLE_WARD_H

#include "base/clock.h"
#include "core/doctor.h"

#include <stddef.h>

#define WARD_SAMPLES   5 /* a window of four to five minutes in steps of one */
#define WARD_PERIOD_MS 60000

struct ward {
	size_t devices;
	mono_t started;       /* all counts were 0 */
	unsigned next, count; /* ring of the last samples */
	mono_t at[WARD_SAMPLES];
	struct slave_health *then; /* [WARD_SAMPLES][devices] */
	struct slave_health *now;  /* [devices]: what the next ward_sample() takes */
	mono_t next_at;
	struct doctor_slave *patients; /* [devices]: for one examination at a time */
};

struct ward *ward_new(size_t devices, mono_t started);
void ward_free(struct ward *w); /* NULL is allowed */

/* Takes w->now. To be called when w->next_at has come. */
void ward_sample(struct ward *w, mono_t now);

/* What was counted within the window; h: as it stands. */
void ward_recent(
    const struct ward *w, size_t device, const struct slave_health *h, struct slave_health *out);
double ward_window_s(const struct ward *w, mono_t now);

#endif
