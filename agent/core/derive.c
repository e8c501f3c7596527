/* Derived points and alarms by expression, kept up with the table of points. */
#include "core/core_private.h"

#include <math.h>
#include <string.h>

/* ---- start ----------------------------------------------------------------------------------- */

static size_t
count_uses(const struct core *c)
{
	size_t n = 0;

	for (size_t p = 0; p < c->site->point_count; p++)
		n += c->state.specs[p]->expr != NULL;
	for (size_t a = 0; a < c->site->alarm_count; a++)
		n += c->rules[a]->kind == RULE_EXPR;
	return n;
}

static void
add_use(struct core *c, const struct expr *x, size_t device, int point, int alarm)
{
	struct derived *d = &c->derive.all[c->derive.count++];

	*d = (struct derived){
	    .x = x, .point = point, .alarm = alarm, .again = MONO_NEVER, .dirty = true};
	d->flat = arena_array(c->arena, x->ref_count, sizeof(*d->flat));
	d->slots = arena_array(c->arena, x->slot_count, sizeof(*d->slots));
	for (size_t i = 0; i < x->ref_count; i++) {
		size_t at = x->refs[i].device == EXPR_OWN ? device : (size_t)x->refs[i].device;

		d->flat[i] = (uint32_t)(c->site->devices[at].first_point + x->refs[i].point);
		c->derive.first_input[d->flat[i] + 1]++;
	}
}

/* A counting sort by point, as for the watchers of alarms. */
static void
index_inputs(struct derive *v, struct arena *a, size_t point_count)
{
	uint32_t *first = v->first_input;

	for (size_t p = 0; p < point_count; p++)
		first[p + 1] += first[p];
	v->inputs = arena_array(a, first[point_count], sizeof(*v->inputs));
	for (size_t i = 0; i < v->count; i++)
		for (size_t r = 0; r < v->all[i].x->ref_count; r++)
			v->inputs[first[v->all[i].flat[r]]++] =
			    (struct derived_input){(uint32_t)i, (uint16_t)r};
	memmove(first + 1, first, point_count * sizeof(*first));
	first[0] = 0;
}

/* Does anybody who looks at this point compare its samples? */
static bool
is_looked_at_over_time(const struct core *c, size_t point)
{
	const struct derive *v = &c->derive;

	for (uint32_t i = v->first_input[point]; i < v->first_input[point + 1]; i++)
		if (v->all[v->inputs[i].derived].sampled)
			return true;
	for (uint32_t i = c->first_watcher[point]; i < c->first_watcher[point + 1]; i++)
		if (c->rules[c->watchers[i]]->kind == RULE_STUCK)
			return true;
	return false;
}

/* From the last one back, as it may use those before it. */
static void
mark_sampled(struct core *c)
{
	for (size_t i = c->derive.count; i-- > 0;) {
		struct derived *d = &c->derive.all[i];

		d->sampled = d->x->slot_count > 0 ||
			     (d->point != NO_INDEX && is_looked_at_over_time(c, (size_t)d->point));
	}
}

void
derive_init(struct core *c)
{
	struct derive *v = &c->derive;
	const struct site *s = c->site;

	v->all = arena_array(c->arena, count_uses(c), sizeof(*v->all));
	v->first_input = arena_array(c->arena, s->point_count + 1, sizeof(*v->first_input));
	v->seen = arena_array(c->arena, s->point_count, sizeof(*v->seen));
	for (size_t d = 0; d < s->device_count; d++)
		for (size_t i = 0; i < s->devices[d].profile->point_count; i++)
			if (s->devices[d].profile->points[i].expr != NULL)
				add_use(c, s->devices[d].profile->points[i].expr, d,
				    (int)(s->devices[d].first_point + i), NO_INDEX);
	for (size_t a = 0; a < s->alarm_count; a++)
		if (c->rules[a]->kind == RULE_EXPR)
			add_use(c, c->rules[a]->expr, c->alarm_device[a], NO_INDEX, (int)a);
	index_inputs(v, c->arena, s->point_count);
	mark_sampled(c);
	v->dirty = v->count > 0;
}

/* ---- inputs ---------------------------------------------------------------------------------- */

void
derive_input(struct core *c, size_t point, const struct now *now)
{
	struct derive *v = &c->derive;
	const struct point_state *p = &c->state.points[point];
	struct derived_seen *seen = &v->seen[point];
	bool same;

	if (v->first_input[point] == v->first_input[point + 1])
		return;
	same = seen->ever && seen->quality == p->quality && seen->defect == p->defect &&
	       seen->value == p->value;
	*seen = (struct derived_seen){p->value, p->quality, p->defect, true};
	for (uint32_t i = v->first_input[point]; i < v->first_input[point + 1]; i++) {
		struct derived *d = &v->all[v->inputs[i].derived];

		/* What is remembered moves on with each sample. */
		if (d->x->slot_count > 0)
			expr_feed(
			    d->x, v->inputs[i].ref, c->state.points, d->flat, d->slots, now->mono);
		if (same && !d->sampled)
			continue;
		d->dirty = true;
		v->dirty = true;
	}
}

/* ---- results --------------------------------------------------------------------------------- */

/*
 * A formula gives more digits than its inputs are worth: 11.2732129 from two readings of 0.1. What
 * is finer than a tenth of the deadband is never told of by itself, so it is no part of the value.
 */
static double
without_noise(double value, double deadband)
{
	double factor;

	if (deadband <= 0)
		return value;
	factor = pow(10, 1 - floor(log10(deadband)));
	return isfinite(factor) && fabs(value) * factor < 1e15 ? round(value * factor) / factor
							       : value;
}

/* Never read again cannot be: what was good before and cannot be known now is stale. */
static void
put_point(
    struct core *c, const struct derived *d, const struct expr_value *v, const struct now *now)
{
	size_t point = (size_t)d->point;
	const struct point_spec *spec = c->state.specs[point];
	struct sample sample = {.defect = v->defect};

	switch (v->quality) {
	case QUALITY_GOOD:
	case QUALITY_SUBSTITUTED:
		sample.has_value = true;
		sample.value = without_noise(v->value, spec->deadband);
		if (spec->has_range && (v->value < spec->min || v->value > spec->max))
			sample = (struct sample){.defect = DEFECT_RANGE};
		state_put(&c->state, point, &sample, now->mono, 0, now);
		break;
	case QUALITY_BAD:
		state_put(&c->state, point, &sample, now->mono, 0, now);
		break;
	case QUALITY_COMM_LOST:
		state_lost(&c->state, point, now->mono);
		break;
	case QUALITY_STALE:
	case QUALITY_NEVER:
	case QUALITY_COUNT:
		state_stale(&c->state, point, 0, now->mono);
		break;
	}
	alarms_judge_point(c, point, now);
}

static void
work_out(struct core *c, struct derived *d, const struct now *now)
{
	struct expr_value v =
	    expr_run(d->x, c->state.points, d->flat, d->slots, now->mono, &d->again);

	d->dirty = false;
	if (d->point != NO_INDEX)
		put_point(c, d, &v, now);
	else
		alarms_judge_expr(c, (size_t)d->alarm,
		    v.quality == QUALITY_GOOD || v.quality == QUALITY_SUBSTITUTED, v.value != 0,
		    now);
}

void
derive_run(struct core *c, const struct now *now)
{
	struct derive *v = &c->derive;
	mono_t next = MONO_NEVER;

	if (!v->dirty && mono_before(now->mono, c->timers.at[core_derive_timer(c)]))
		return;
	v->dirty = false;
	for (size_t i = 0; i < v->count; i++) {
		struct derived *d = &v->all[i];

		if (d->dirty || !mono_before(now->mono, d->again))
			work_out(c, d, now);
		next = mono_min(next, d->again);
	}
	timers_set(&c->timers, core_derive_timer(c), next);
}

const struct derived *
derive_of_point(const struct core *c, size_t point)
{
	for (size_t i = 0; i < c->derive.count; i++)
		if (c->derive.all[i].point == (int)point)
			return &c->derive.all[i];
	return NULL;
}
