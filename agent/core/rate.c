#include "core/rate.h"

#include <math.h>

/* A counter that went back ran over its end if it counted at most so many times as much as before,
 * or next to nothing of what it can hold. */
#define RATE_BURST 10
#define RATE_SMALL 100

static void
remember(struct rate_state *r, const struct rate_input *in)
{
	r->known = true;
	r->count = in->count;
	r->at = in->at;
	r->uptime = in->uptime;
	r->discontinuity = in->discontinuity;
}

/*
 * Has the device, or this counter alone, begun anew since the reading before? One that starts
 * again and again may have been up for longer than then, but not for as long as it is ago.
 */
static bool
restarted(const struct rate_state *r, const struct rate_input *in, double seconds)
{
	return (in->has_uptime &&
		   (in->uptime < r->uptime || (in->uptime_in_s && in->uptime < seconds))) ||
	       (in->has_discontinuity && in->discontinuity != r->discontinuity);
}

/* A counter that can turn over once within the time could have turned over twice. */
static bool
may_run_over(const struct point_spec *p, uint64_t modulus, double seconds)
{
	double most = p->max / fabs(p->codec.scale) / (double)p->needs->rate * seconds;

	return modulus != 0 && p->has_range && most >= (double)modulus;
}

/*
 * Somebody may have cleared it, and the device goes on. Then what it seems to have counted is
 * whatever was left to its end: over half of the way, or out of all proportion to what it counted
 * before. One reading is left out where a burst begins just at the end; none is made up.
 */
static bool
may_be_cleared(const struct rate_state *r, uint64_t modulus, uint64_t counted, double seconds)
{
	double as_before = r->seconds > 0 ? (double)r->counted / r->seconds * seconds : 0;

	if (r->seconds > 0 && (double)counted <= 2 * as_before)
		return false; /* a quick one goes over its end each time */
	if (counted > modulus / 2)
		return true;
	return r->seconds > 0 &&
	       (double)counted > RATE_BURST * as_before + (double)modulus / RATE_SMALL;
}

/* How much was counted. false: that cannot be told. */
static bool
count_up(const struct rate_state *r, const struct point_spec *p, const struct rate_input *in,
    double seconds, uint64_t *counted)
{
	uint64_t modulus = decode_count_modulus(p);

	if (seconds * 1000 > RATE_MOST_MS || restarted(r, in, seconds) ||
	    may_run_over(p, modulus, seconds))
		return false;
	if (in->count >= r->count) {
		*counted = in->count - r->count;
		return true;
	}
	/* It went back: over its end, or to zero with a restart that nothing tells of. */
	if (modulus == 0 || !in->has_uptime)
		return false;
	*counted = modulus - r->count + in->count;
	return !may_be_cleared(r, modulus, *counted, seconds);
}

bool
rate_step(struct rate_state *r, const struct point_spec *p, const struct rate_input *in,
    struct sample *out)
{
	double seconds = (double)(in->at.us - r->at.us) / 1e6, value;
	uint64_t counted;

	if (!r->known) {
		remember(r, in);
		return false;
	}
	if (seconds * 1000 < RATE_LEAST_MS && !restarted(r, in, seconds))
		return false;
	if (!count_up(r, p, in, seconds, &counted)) {
		remember(r, in);
		r->seconds = 0;
		*out = (struct sample){.defect = DEFECT_RESTART};
		return true;
	}
	value = (double)counted * p->codec.scale / seconds * (double)p->needs->rate;
	*out = (struct sample){.defect = DEFECT_NONE, .has_value = true, .value = value};
	if (p->has_range && (value < p->min || value > p->max))
		*out = (struct sample){.defect = DEFECT_RANGE};
	r->counted = counted;
	r->seconds = seconds;
	r->wrapped = in->count < r->count;
	remember(r, in);
	return true;
}
