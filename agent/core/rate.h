/*
 * A counter becomes a rate: what it counted between two answers, over the time between them. No
 * value is better than a wrong one: after a restart of the device, after a discontinuity that it
 * tells of, where a counter may have run over more than once, and where it may have been cleared,
 * the reading only begins anew.
 * Pure: the time is that of the answers.
 */
#ifndef CORE_RATE_H
#define CORE_RATE_H

#include "core/decode.h"

/* Two readings nearer than this say nothing; farther apart they are no rate any more. */
#define RATE_LEAST_MS 1000
#define RATE_MOST_MS  3600000

/* What is remembered of the reading before; zeroed: there is none. */
struct rate_state {
	bool known;
	uint64_t count;
	mono_t at;
	double uptime, discontinuity; /* as they were then */
	/* For `explain`: how the last value came about. */
	uint64_t counted;
	double seconds;
	bool wrapped;
};

/* One reading. */
struct rate_input {
	uint64_t count;
	mono_t at;
	bool has_uptime, has_discontinuity; /* the profile names such a point */
	double uptime, discontinuity;       /* of the same answer */
	bool uptime_in_s; /* uptime is in seconds; else only that it went back can be told */
};

/*
 * False: no sample comes of it (the first reading, or too soon after the one before). Else *out is
 * the rate, judged by the range, or DEFECT_RESTART.
 */
bool rate_step(struct rate_state *r, const struct point_spec *p, const struct rate_input *in,
    struct sample *out);

#endif
