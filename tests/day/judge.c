/* What must hold of points, devices and batons, whoever does what. */
#include "day.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Turns are late by nothing in virtual time, but timers wait for a tick. */
#define TICK_US    (POLLER_TICK_US + 1000)
#define WIRE_US    (30 * SECOND) /* others may have the wire first, and be silent on it */
#define RATE_MOST  105.0         /* no counter counts faster; its answers are dated to 30 ms */
#define HEALED_US  (62 * SECOND) /* longest pause between two probes */
#define REFUSED_US (660 * SECOND)

static struct poll *
poll_of(const struct day *w, const struct baton *b)
{
	struct poll *polls = w->core->poller.units[b->device].polls;

	for (unsigned i = 0; i < POLL_COUNT; i++)
		if (&polls[i].baton == b)
			return &polls[i];
	day_fail(w, "a baton of nobody");
}

/* ---- batons ---------------------------------------------------------------------------------- */

void
judge_asked(struct day *w, const struct baton *b)
{
	unsigned i = poll_of(w, b)->index;
	struct device_truth *t = &w->truths[b->device];

	HOLDS(w, !t->out[i], "a class is asked while it is out");
	t->out[i] = true;
	t->asked[i] = w->t;
}

/* The row that these answers were asked of is the one that the core takes it for. */
static bool
same_row(const struct day *w, size_t device, size_t index, const struct ask *ask, double *value)
{
	const struct row *row = rows_row(w->core, device, index);
	const struct gear *g = &w->gear[device];
	uint32_t at = ask->oid->sub[ask->oid->length - 1];

	for (size_t i = 0; i < DAY_ROWS; i++) {
		if (g->rows[i].index != at)
			continue;
		*value = g->rows[i].value;
		return strcmp(g->rows[i].label, row->text) == 0;
	}
	return false;
}

static void
cover(struct day *w, const struct baton *b, size_t answer, size_t index)
{
	const struct point_spec *p = &w->devices[b->device].profile->points[index];
	uint32_t flat = (uint32_t)(w->devices[b->device].first_point + index);
	const struct answer *a = &b->answers[answer];
	bool ok = a->status == ANSWER_OK, good = false;
	double value = 0;

	if (ok && p->table != 0)
		good = same_row(w, (size_t)b->device, index, &b->asks[answer], &value);
	else if (ok)
		good = plant_value(w, (size_t)b->device, index, &value);
	/* Of a row only what the core could take for its own: its label may not have come. */
	w->covered[w->covered_count].now =
	    (struct shadow){true, value, a->at, w->shadows[flat].absent};
	if (good && p->table == 0)
		w->shadows[flat] = w->covered[w->covered_count].now;
	w->covered[w->covered_count].flat = flat;
	w->covered[w->covered_count].answered = ok;
	w->covered[w->covered_count++].is_value = good;
}

void
judge_home(struct day *w, const struct baton *b)
{
	const struct poll *q = poll_of(w, b);
	struct device_truth *t = &w->truths[b->device];

	HOLDS(w, t->out[q->index], "a class comes home that is not out");
	t->out[q->index] = false;
	t->home[q->index] = w->t;
	w->covered_count = 0;
	if (q->index >= POLL_CLASS_COUNT)
		return;
	for (size_t i = 0; i < b->ask_count; i++) {
		const struct plan_ask *ask = &q->plan->asks[q->sent[i]];

		for (size_t k = ask->first; k < (size_t)ask->first + ask->count; k++)
			if (q->plan->items[k].index < PLAN_LABEL)
				cover(w, b, i, q->plan->items[k].index);
	}
}

/* ---- points ---------------------------------------------------------------------------------- */

static void
check_good(struct day *w, size_t flat)
{
	const struct point_state *p = &core_points(w->core)[flat];
	const struct shadow *s = &w->shadows[flat];
	const struct device_spec *d = w->flat[flat].device;
	const struct point_spec *spec = w->flat[flat].spec;
	int64_t age_ms = mono_ms_between(w->now.mono, p->read_at);

	if (p->quality != QUALITY_GOOD)
		return;
	HOLDS(w, !p->absent, "%s/%s is absent and good", d->name, spec->name);
	HOLDS(w, age_ms <= d->stale_after_ms[spec->poll] + TICK_US / 1000,
	    "%s/%s is good after %lld ms", d->name, spec->name, (long long)age_ms);
	HOLDS(w, s->any, "%s/%s is good, but was never read", d->name, spec->name);
	if (spec->needs != NULL) {
		HOLDS(w, p->value >= 0 && p->value <= RATE_MOST, "%s counts %g a second", d->name,
		    p->value);
		return;
	}
	HOLDS(w, fabs(p->value - s->value) < 1e-6 && p->read_at.us == s->at.us,
	    "%s/%s: %g is good, but was never true: %g was", d->name, spec->name, p->value,
	    s->value);
}

static void
check_point(struct day *w, size_t flat)
{
	const struct point_state *p = &core_points(w->core)[flat];
	const struct device_spec *d = w->flat[flat].device;
	const struct point_spec *spec = w->flat[flat].spec;
	enum device_phase phase = core_devices(w->core)[d - w->devices].phase;
	mono_t told;

	check_good(w, flat);
	HOLDS(w, p->absent || phase != DEVICE_LOST || p->quality == QUALITY_COMM_LOST,
	    "%s is lost, and %s is %s", d->name, spec->name, quality_word(p->quality));
	HOLDS(w,
	    p->quality != QUALITY_STALE ||
		mono_ms_between(w->now.mono, p->read_at) >= d->stale_after_ms[spec->poll],
	    "%s/%s is stale too soon", d->name, spec->name);
	if (p->absent)
		w->shadows[flat].absent = w->now.mono;
	if (point_is_hidden(p))
		return;
	HOLDS(w, p->told_quality == p->quality, "%s/%s is %s, and was told as %s", d->name,
	    spec->name, quality_word(p->quality), quality_word(p->told_quality));
	HOLDS(w,
	    p->quality != QUALITY_GOOD || fabs(p->value - p->told_value) <= spec->deadband + 1e-6,
	    "%s/%s is %g, and was told as %g", d->name, spec->name, p->value, p->told_value);
	told =
	    mono_before(p->told_at, w->shadows[flat].absent) ? w->shadows[flat].absent : p->told_at;
	HOLDS(w,
	    p->absent || w->t - w->started < 61 * SECOND ||
		mono_ms_between(w->now.mono, told) <= CORE_MAX_SILENCE_MS + TICK_US / 1000,
	    "nothing is heard of %s/%s (%s, %s, %s) for %lld ms", d->name, spec->name,
	    d->profile->name, quality_word(p->quality), device_phase_word(phase),
	    (long long)mono_ms_between(w->now.mono, told));
}

/* What an answer brought is there, and what was no value is not taken for one. */
void
judge_taken(struct day *w, const struct baton *b)
{
	const struct device_state *s = &core_devices(w->core)[b->device];
	const struct poll *q = poll_of(w, b);
	bool taken = s->phase == DEVICE_ONLINE || (s->phase == DEVICE_FAILING && q->misses > 1);

	for (size_t i = 0; i < w->covered_count; i++) {
		uint32_t flat = w->covered[i].flat;
		const struct point_state *p = &core_points(w->core)[flat];
		const struct point_spec *spec = w->flat[flat].spec;

		if (w->covered[i].is_value && p->read_at.us == w->covered[i].now.at.us)
			w->shadows[flat] = w->covered[i].now;
		check_good(w, flat);
		if (taken && w->covered[i].answered && spec->table == 0 && spec->needs == NULL)
			HOLDS(w, (p->quality == QUALITY_GOOD) == w->covered[i].is_value,
			    "%s of %s was answered and is %s", spec->name,
			    w->devices[b->device].name, quality_word(p->quality));
		judge_watch(w, flat, taken);
	}
}

/* ---- devices --------------------------------------------------------------------------------- */

/* A class is asked at its beat: within twice its period, if the wire gave it back in time. */
static void
check_beats(struct day *w, size_t d)
{
	const struct device_state *s = &core_devices(w->core)[d];
	const struct device_truth *t = &w->truths[d];
	int64_t online = day_time(w, s->since);

	if (s->phase != DEVICE_ONLINE || t->out[POLL_ROWS])
		return;
	for (unsigned i = 0; i < POLL_CLASS_COUNT; i++) {
		const struct poll *q = &w->core->poller.units[d].polls[i];
		int64_t period = w->devices[d].period_ms[i] * 1000, since;

		since = most(most(t->asked[i], online), w->started);
		if (!plan_has_questions(q->plan) || t->out[i])
			continue;
		HOLDS(w,
		    w->t - since <= 2 * period + TICK_US ||
			w->t - most(t->home[i], t->home[POLL_ROWS]) <= period + TICK_US,
		    "%s is not asked for %lld ms, period %lld", w->devices[d].name,
		    (long long)(w->t - since) / 1000, (long long)period / 1000);
	}
}

static int64_t
shortest_period(const struct day *w, size_t d)
{
	int64_t shortest = NEVER;

	for (unsigned i = 0; i < POLL_CLASS_COUNT; i++)
		if (plan_has_questions(w->core->poller.units[d].polls[i].plan))
			shortest = least(shortest, w->devices[d].period_ms[i] * 1000);
	return shortest;
}

static int64_t
last_asked(const struct day *w, size_t d)
{
	int64_t last = 0;

	for (unsigned i = 0; i < POLL_COUNT; i++)
		last = most(last, w->truths[d].out[i] ? w->t : w->truths[d].asked[i]);
	return last;
}

static void
check_presence(struct day *w, size_t d)
{
	const struct device_state *s = &core_devices(w->core)[d];
	const struct gear *g = &w->gear[d];
	int64_t well = g->well_at == NEVER ? NEVER : w->t - most(g->well_at, w->started);
	int64_t dead = g->dead_at == NEVER || g->mute ? 0 : w->t - most(g->dead_at, w->started);
	int64_t beats = most(HEALED_US, shortest_period(w, d));
	int64_t bound = w->devices[d].lost_after * (shortest_period(w, d) + WIRE_US) + WIRE_US;

	HOLDS(w, well == NEVER || well < beats + WIRE_US || s->phase == DEVICE_ONLINE,
	    "%s is well for %lld s, and %s", w->devices[d].name, (long long)(well / SECOND),
	    device_phase_word(s->phase));
	HOLDS(w, dead < bound || s->phase == DEVICE_LOST, "%s is dead for %lld s, and %s",
	    w->devices[d].name, (long long)(dead / SECOND), device_phase_word(s->phase));
	HOLDS(w,
	    s->phase != DEVICE_LOST ||
		w->t - most(most(last_asked(w, d), w->started), day_time(w, s->since)) <=
		    HEALED_US + WIRE_US,
	    "%s is lost, and not asked any more", w->devices[d].name);
}

/* Well for long enough, everything is read that is a value. */
static void
check_recovery(struct day *w, size_t d)
{
	const struct gear *g = &w->gear[d];
	const struct device_spec *spec = &w->devices[d];
	double value;

	if (g->well_at == NEVER)
		return;
	for (size_t i = 0; i < spec->profile->point_count; i++) {
		const struct point_state *p = &core_points(w->core)[spec->first_point + i];
		int64_t period = spec->period_ms[spec->profile->points[i].poll] * 1000;

		if (w->t - most(g->well_at, w->started) < REFUSED_US + period + WIRE_US)
			continue;
		if (spec->profile->points[i].needs != NULL || spec->profile->points[i].table != 0)
			continue;
		HOLDS(w,
		    p->quality == QUALITY_GOOD || p->quality == QUALITY_BAD ||
			w->truths[d].out[spec->profile->points[i].poll] || /* waits for the wire */
			!plant_value(w, d, i, &value),
		    "%s is well, and %s is %s", spec->name, spec->profile->points[i].name,
		    quality_word(p->quality));
		HOLDS(w, p->defect != DEFECT_REFUSED, "%s is well, and %s counts as refused",
		    spec->name, spec->profile->points[i].name);
	}
}

/* What is planned begins, unless a person has ended it. */
static void
check_plans(struct day *w)
{
	int64_t now = w->now.wall.us;

	if (w->t < most(w->stepped_at, w->started) + 62 * SECOND)
		return;
	for (size_t i = 0; i < w->site.maintenance_count; i++) {
		const struct maintenance_plan *p = &w->plans[i];

		if (now < p->from.us + 62 * SECOND || now > p->to.us - SECOND)
			continue;
		for (size_t k = 0; k < p->device_count; k++) {
			const struct maintenance *m =
			    &core_devices(w->core)[p->devices[k]].maintenance;

			HOLDS(w, m->until.us != 0 || m->ended.us >= p->to.us,
			    "planned maintenance of %s does not begin",
			    w->devices[p->devices[k]].name);
		}
	}
}

static void
check_maintenance(struct day *w, size_t d)
{
	const struct device_state *s = &core_devices(w->core)[d];

	HOLDS(w, s->maintenance.until.us == 0 || w->t <= w->truths[d].maintenance_end + 2 * SECOND,
	    "maintenance of %s outlives its end", w->devices[d].name);
	if (s->maintenance.until.us == 0)
		return;
	HOLDS(w,
	    strcmp(s->maintenance.who, "plan") != 0 || w->t < w->stepped_at + 62 * SECOND ||
		w->now.wall.us < s->maintenance.until.us + 62 * SECOND,
	    "planned maintenance of %s does not end by the clock", w->devices[d].name);
	HOLDS(w, s->maintenance.who[0] != '\0' && s->maintenance.reason[0] != '\0',
	    "maintenance of %s by nobody or for nothing", w->devices[d].name);
}

/* ---- looking --------------------------------------------------------------------------------- */

void
judge_turn(struct day *w)
{
	struct core_changes changes = core_changes(w->core);

	for (size_t i = 0; i < changes.point_count; i++)
		judge_watch(w, changes.points[i], false);
	HOLDS(w, w->made == w->home + w->out_count, "%llu batons made, %llu home, %zu out",
	    (unsigned long long)w->made, (unsigned long long)w->home, w->out_count);
	HOLDS(
	    w, w->said <= 16 + 6 * w->site.alarm_count, "a storm: %u events in one turn", w->said);
	HOLDS(w, core_next(w->core).us > w->now.mono.us, "the core is never done");
}

void
judge_told(struct day *w)
{
	if (w->said == 0)
		return;
	judge_alarms(w);
	judge_counts(w);
	w->said = 0;
}

void
judge_all(struct day *w)
{
	for (size_t d = 0; d < w->site.device_count; d++) {
		check_beats(w, d);
		check_presence(w, d);
		check_recovery(w, d);
		check_maintenance(w, d);
	}
	check_plans(w);
	for (size_t p = 0; p < w->site.point_count; p++)
		check_point(w, p);
	judge_alarms(w);
	judge_counts(w);
}

/* What is older than this agent ends when people read that it does. */
void
judge_clock(struct day *w)
{
	for (size_t d = 0; d < w->site.device_count; d++) {
		struct device_truth *t = &w->truths[d];
		int64_t until = core_devices(w->core)[d].maintenance.until.us;

		if (t->maintenance_restored && until != 0)
			t->maintenance_end =
			    least(t->maintenance_end, w->t + most(0, until - w->now.wall.us));
	}
	judge_alarms_clock(w);
}

/* What the judge knew of the agent that is no more. */
void
judge_start(struct day *w)
{
	memset(w->shadows, 0, sizeof(w->shadows));
	for (size_t d = 0; d < w->site.device_count; d++) {
		struct device_truth *t = &w->truths[d];
		const struct maintenance *m = &core_devices(w->core)[d].maintenance;

		memset(t->out, 0, sizeof(t->out));
		memset(t->asked, 0, sizeof(t->asked));
		memset(t->home, 0, sizeof(t->home));
		t->lost = t->placed = false;
		/* By the wall clock, but never for longer than it was made for. */
		t->maintenance_end =
		    w->t + most(0, least(m->until.us - w->now.wall.us, m->until.us - m->since.us));
		t->maintenance_restored = true;
	}
	for (size_t i = 0; i < w->mark_count; i++) {
		const char *name = w->marks[i].key + strlen("records/");
		int d;

		if (strncmp(w->marks[i].key, "records/", strlen("records/")) != 0)
			continue;
		d = site_find_device(&w->site, name);
		w->truths[d].placed = true;
		w->truths[d].told = (uint32_t)w->marks[i].value;
	}
	judge_alarms_start(w);
}
