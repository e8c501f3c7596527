/* What other points say about a reading before it counts. */
#include "core/core_private.h"

#include <math.h>
#include <string.h>

/* SunSpec Information Model Specification, sunssf: a scale factor is -10 to 10. */
#define EXPONENT_MOST 10

/* ---- who needs whom ---------------------------------------------------------------------------
 */

static size_t
first_point_of(const struct core *c, size_t point)
{
	return site_point_device(c->site, point)->first_point;
}

static bool
has_guard(const struct core *c, size_t point)
{
	const struct needs *n = c->state.specs[point]->needs;

	return n != NULL && n->guard != 0;
}

/* Sorted by guard, by counting: first how many each guard has, then where they go. */
static void
init_guarded(struct core *c, struct need_state *s)
{
	size_t points = c->site->point_count, total = 0;

	s->first_guarded = arena_array(c->arena, points + 2, sizeof(*s->first_guarded));
	for (size_t i = 0; i < points; i++) {
		if (!has_guard(c, i))
			continue;
		s->first_guarded[first_point_of(c, i) + c->state.specs[i]->needs->guard + 1]++;
		total++;
	}
	for (size_t i = 1; i < points + 2; i++)
		s->first_guarded[i] += s->first_guarded[i - 1];
	s->guarded = arena_array(c->arena, total, sizeof(*s->guarded));
	for (size_t i = 0; i < points; i++)
		if (has_guard(c, i))
			s->guarded[s->first_guarded[first_point_of(c, i) +
						    c->state.specs[i]->needs->guard]++] =
			    (uint32_t)i;
}

void
needs_init(struct core *c)
{
	struct need_state *s = &c->needs;
	size_t points = c->site->point_count, rates = 0, needy = 0;

	for (size_t i = 0; i < points; i++)
		needy += c->state.specs[i]->needs != NULL;
	if (needy == 0)
		return;
	s->rate_of = arena_array(c->arena, points, sizeof(*s->rate_of));
	s->brought = arena_array(c->arena, points, sizeof(*s->brought));
	for (size_t i = 0; i < points; i++) {
		const struct needs *n = c->state.specs[i]->needs;

		if (n != NULL && n->rate != RATE_NONE)
			s->rate_of[i] = (uint32_t)++rates;
	}
	s->rates = arena_array(c->arena, rates, sizeof(*s->rates));
	init_guarded(c, s);
}

void
needs_begin(struct core *c)
{
	c->needs.poll++;
}

void
needs_brought(struct core *c, size_t point)
{
	if (c->needs.brought != NULL)
		c->needs.brought[point] = c->needs.poll;
}

/* ---- what they say ----------------------------------------------------------------------------
 */

/* 1 + index among the device's points to the flat number. */
static size_t
other(const struct core *c, size_t point, uint16_t index)
{
	return first_point_of(c, point) + index - 1u;
}

/* In this poll; or it is known to be of no use, and not asked in every poll (refused). */
static bool
came_along(const struct core *c, size_t point)
{
	return c->needs.brought[point] == c->needs.poll ||
	       c->state.points[point].quality == QUALITY_BAD;
}

bool
needs_valid(const struct core *c, size_t point)
{
	const struct needs *n = c->state.specs[point]->needs;
	const struct point_state *guard = &c->state.points[other(c, point, n->guard)];

	if (guard->quality != QUALITY_GOOD && guard->quality != QUALITY_SUBSTITUTED)
		return false;
	switch (n->kind) {
	case RULE_HIGH:
		return guard->value > n->limit;
	case RULE_LOW:
		return guard->value < n->limit;
	case RULE_EQUALS:
		return guard->value == n->limit;
	case RULE_DIFFERS:
		return guard->value != n->limit;
	case RULE_MISSING:
		return true;
	case RULE_STUCK:
	case RULE_EXPR:
	case RULE_DEVICE_LOST:
	case RULE_KIND_COUNT:
		break;
	}
	return false;
}

void
needs_with(const struct core *c, size_t point, struct decode_with *with)
{
	const struct needs *n = c->state.specs[point]->needs;
	const struct point_state *e;

	*with = (struct decode_with){.defect = DEFECT_NONE};
	if (n->exponent != 0) {
		e = &c->state.points[other(c, point, n->exponent)];
		if (e->quality != QUALITY_GOOD || e->value != floor(e->value) ||
		    fabs(e->value) > EXPONENT_MOST)
			with->defect = DEFECT_NO_SCALE;
		else
			with->exponent = n->digits ? -(int)e->value : (int)e->value;
	}
	if (n->guard != 0 && !needs_valid(c, point))
		with->defect = DEFECT_NOT_VALID;
}

/* Has all that it needs been asked and answered, well or badly? */
static bool
ready(const struct core *c, size_t point, const struct needs *n)
{
	if (n->guard != 0 && c->state.points[other(c, point, n->guard)].quality == QUALITY_NEVER)
		return false;
	if (n->exponent != 0 && !came_along(c, other(c, point, n->exponent)))
		return false;
	if (n->uptime != 0 && !came_along(c, other(c, point, n->uptime)))
		return false;
	return n->discontinuity == 0 || came_along(c, other(c, point, n->discontinuity));
}

/* A point named by a rate must have a good value, or nothing can be told of the count. */
static bool
good_number(const struct core *c, size_t point, uint16_t index, bool *has, double *value)
{
	const struct point_state *s;

	*has = index != 0;
	*value = 0;
	if (index == 0)
		return true;
	s = &c->state.points[other(c, point, index)];
	*value = s->value;
	return s->quality == QUALITY_GOOD;
}

static bool
is_in_seconds(const struct core *c, size_t point)
{
	const struct unit *unit = c->state.specs[point]->unit;

	return unit != NULL && strcmp(unit->code, "s") == 0;
}

static bool
take_rate(struct core *c, size_t point, struct raw raw, mono_t at, struct sample *out)
{
	const struct point_spec *p = c->state.specs[point];
	struct rate_input in = {.at = at};

	*out = (struct sample){.defect = decode_count(p, raw, &in.count)};
	if (out->defect != DEFECT_NONE)
		return true;
	if (!good_number(c, point, p->needs->uptime, &in.has_uptime, &in.uptime) ||
	    !good_number(
		c, point, p->needs->discontinuity, &in.has_discontinuity, &in.discontinuity)) {
		out->defect = DEFECT_NOT_VALID;
		return true;
	}
	in.uptime_in_s = in.has_uptime && is_in_seconds(c, other(c, point, p->needs->uptime));
	return rate_step(&c->needs.rates[c->needs.rate_of[point] - 1], p, &in, out);
}

bool
needs_decode(struct core *c, size_t point, struct raw raw, mono_t at, struct sample *out)
{
	const struct point_spec *p = c->state.specs[point];
	struct decode_with with;

	if (!ready(c, point, p->needs))
		return false;
	needs_with(c, point, &with);
	if (p->needs->rate != RATE_NONE && with.defect == DEFECT_NONE)
		return take_rate(c, point, raw, at, out);
	decode_point_with(p, raw, &with, out);
	return true;
}

void
needs_forget(struct core *c, size_t point)
{
	uint32_t rate;

	if (c->needs.rate_of == NULL)
		return;
	rate = c->needs.rate_of[point];
	if (rate != 0)
		c->needs.rates[rate - 1] = (struct rate_state){0};
	c->needs.brought[point] = 0;
}

const uint32_t *
needs_guarded(const struct core *c, size_t point, size_t *count)
{
	const struct need_state *s = &c->needs;

	if (s->first_guarded == NULL) {
		*count = 0;
		return NULL;
	}
	/* first_guarded was moved on by one while it was filled. */
	*count = s->first_guarded[point + 1] - s->first_guarded[point];
	return s->guarded + s->first_guarded[point];
}

const struct rate_state *
needs_rate(const struct core *c, size_t point)
{
	uint32_t rate = c->needs.rate_of != NULL ? c->needs.rate_of[point] : 0;

	return rate == 0 ? NULL : &c->needs.rates[rate - 1];
}
