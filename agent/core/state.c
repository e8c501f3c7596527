/* The table of points: quality, age, and what the outside was last told. */
#include "core/state.h"

#include <math.h>

void
changes_init(struct changes *c, struct arena *a, size_t n)
{
	c->list = arena_array(a, n, sizeof(*c->list));
	c->in = arena_array(a, n, sizeof(*c->in));
	c->count = 0;
}

void
changes_add(struct changes *c, size_t index)
{
	if (c->in[index])
		return;
	c->in[index] = true;
	c->list[c->count++] = (uint32_t)index;
}

void
changes_clear(struct changes *c)
{
	for (size_t i = 0; i < c->count; i++)
		c->in[c->list[i]] = false;
	c->count = 0;
}

void
state_init(struct state *s, struct arena *a, const struct site *site, int64_t max_silence_ms)
{
	s->count = site->point_count;
	s->points = arena_array(a, s->count, sizeof(*s->points));
	s->specs = arena_array(a, s->count, sizeof(const struct point_spec *));
	s->good = 0;
	s->max_silence_ms = max_silence_ms;
	changes_init(&s->changed, a, s->count);
	for (size_t d = 0; d < site->device_count; d++) {
		const struct device_spec *spec = &site->devices[d];

		for (size_t i = 0; i < spec->profile->point_count; i++)
			s->specs[spec->first_point + i] = &spec->profile->points[i];
	}
}

/* The one place where a quality changes. */
static void
set_quality(struct state *s, size_t point, enum quality quality, enum defect defect)
{
	struct point_state *p = &s->points[point];

	if (p->quality == quality && p->defect == defect)
		return;
	s->good += quality == QUALITY_GOOD;
	s->good -= p->quality == QUALITY_GOOD;
	p->quality = quality;
	p->defect = defect;
	changes_add(&s->changed, point);
}

/*
 * Outside the band around the value last told. The margin keeps the dust of scale factors out:
 * 30.1 - 29.9 is a little more than 0.2.
 */
static bool
left_deadband(const struct point_state *p, double deadband)
{
	double away = fabs(p->value - p->told_value);

	return deadband > 0 ? away > deadband + 1e-9 * (1 + fabs(p->value)) : away > 0;
}

/* For the history: what the point has been since `at`. */
static void
keep(struct state *s, size_t point, mono_t at)
{
	if (s->history != NULL)
		history_put(
		    s->history, point, s->points[point].value, s->points[point].quality, at);
}

void
state_put(struct state *s, size_t point, const struct sample *sample, mono_t at, int64_t period_ms,
    const struct now *now)
{
	struct point_state *p = &s->points[point];
	bool good = sample->defect == DEFECT_NONE;

	if (sample->has_value)
		p->value = sample->value;
	if (good) {
		p->read_at = at;
		p->read_wall = (wall_t){now->wall.us - (now->mono.us - at.us)};
	}
	set_quality(s, point, good ? QUALITY_GOOD : QUALITY_BAD, sample->defect);
	keep(s, point, at);
	if ((sample->has_value && left_deadband(p, s->specs[point]->deadband)) ||
	    mono_ms_between(now->mono, p->told_at) + period_ms > s->max_silence_ms)
		changes_add(&s->changed, point);
}

void
state_lost(struct state *s, size_t point, mono_t now)
{
	set_quality(s, point, QUALITY_COMM_LOST, DEFECT_NONE);
	keep(s, point, now);
}

void
state_absent(struct state *s, size_t point, bool absent)
{
	struct point_state *p = &s->points[point];

	s->absent += absent;
	s->absent -= p->absent;
	p->absent = absent;
}

void
state_no_row(struct state *s, size_t point, mono_t now)
{
	struct point_state *p = &s->points[point];

	p->read_at = (mono_t){0}; /* the last value was another row's, perhaps */
	p->read_wall = (wall_t){0};
	p->value = 0;
	set_quality(s, point, QUALITY_BAD, DEFECT_NO_ROW);
	keep(s, point, now);
	state_absent(s, point, true);
}

bool
state_says_something(const struct point_state *p)
{
	return p->read_at.us != 0 || p->defect == DEFECT_UNKNOWN_WORD;
}

bool
state_stale(struct state *s, size_t point, int64_t stale_after_ms, mono_t now)
{
	const struct point_state *p = &s->points[point];

	if (p->quality != QUALITY_GOOD || mono_before(now, mono_add_ms(p->read_at, stale_after_ms)))
		return false;
	set_quality(s, point, QUALITY_STALE, DEFECT_NONE);
	keep(s, point, stale_after_ms > 0 ? mono_add_ms(p->read_at, stale_after_ms) : now);
	return true;
}

void
state_silence(struct state *s, size_t point, mono_t now)
{
	if (!mono_before(now, mono_add_ms(s->points[point].told_at, s->max_silence_ms)))
		changes_add(&s->changed, point);
}

mono_t
state_deadline(const struct state *s, size_t point, int64_t stale_after_ms, mono_t now)
{
	const struct point_state *p = &s->points[point];
	mono_t told = mono_add_ms(s->changed.in[point] ? now : p->told_at, s->max_silence_ms);

	if (p->quality != QUALITY_GOOD)
		return told;
	return mono_min(told, mono_add_ms(p->read_at, stale_after_ms));
}

void
state_told(struct state *s, mono_t now)
{
	for (size_t i = 0; i < s->changed.count; i++) {
		struct point_state *p = &s->points[s->changed.list[i]];

		p->told_value = p->value;
		p->told_quality = p->quality;
		p->told_at = now;
	}
	changes_clear(&s->changed);
}
