/* What must hold of alarms and events. The judge knows alarms by their events alone. */
#include "day.h"

#include <string.h>

/* ---- the states, as ISA-18.2 has them -------------------------------------------------------- */

enum leave {
	NO, /* there is no such way */
	BY_ITSELF,
	BY_PERSON,
	EITHER
};

/* A lost device waits for a word of its parent, and of others on its wire: a minute each. */
#define LONGEST_WAIT (125 * SECOND)

#define N  ALARM_NORMAL
#define U  ALARM_UNACKNOWLEDGED
#define A  ALARM_ACKNOWLEDGED
#define R  ALARM_RETURNED
#define LU ALARM_LATCHED_UNACKNOWLEDGED
#define LA ALARM_LATCHED_ACKNOWLEDGED
#define SU ALARM_SUPPRESSED
#define SH ALARM_SHELVED
#define O  ALARM_OUT_OF_SERVICE

static const enum leave ways[ALARM_PHASE_COUNT][ALARM_PHASE_COUNT] = {
    [N] = {[U] = BY_ITSELF, [SU] = BY_ITSELF, [SH] = BY_PERSON, [O] = BY_ITSELF},
    [U] = {[A] = BY_PERSON,
	[R] = BY_ITSELF,
	[LU] = BY_ITSELF,
	[SU] = BY_ITSELF,
	[SH] = BY_PERSON,
	[O] = BY_ITSELF},
    [A] = {[N] = BY_ITSELF, [LA] = BY_ITSELF, [SU] = BY_ITSELF, [SH] = BY_PERSON, [O] = BY_ITSELF},
    [R] = {[U] = BY_ITSELF, [N] = BY_PERSON, [SU] = BY_ITSELF, [SH] = BY_PERSON, [O] = BY_ITSELF},
    [LU] = {[U] = BY_ITSELF, [LA] = BY_PERSON, [SU] = BY_ITSELF, [SH] = BY_PERSON, [O] = BY_ITSELF},
    [LA] = {[U] = BY_ITSELF, [N] = BY_PERSON, [SU] = BY_ITSELF, [SH] = BY_PERSON, [O] = BY_ITSELF},
    [SU] = {[U] = BY_ITSELF,
	[N] = BY_ITSELF,
	[R] = BY_ITSELF,
	[LU] = BY_ITSELF,
	[LA] = BY_ITSELF,
	[SH] = BY_PERSON,
	[O] = BY_ITSELF},
    [SH] = {[U] = EITHER, [N] = EITHER, [R] = EITHER, [LU] = EITHER, [LA] = EITHER, [O] = EITHER},
    [O] = {[U] = BY_ITSELF, [N] = BY_ITSELF, [R] = BY_ITSELF, [LU] = BY_ITSELF, [LA] = BY_ITSELF},
};

static bool
waits(enum alarm_phase p)
{
	return p == U || p == R || p == LU;
}

/* ---- conditions ------------------------------------------------------------------------------ */

/* Beyond the limit; true of every value where the rule has none. */
static bool
is_beyond(const struct alarm_rule *r, double value, double slack)
{
	switch (r->kind) {
	case RULE_HIGH:
		return value > r->limit - slack;
	case RULE_LOW:
		return value < r->limit + slack;
	case RULE_EQUALS:
		return value == r->limit;
	case RULE_DIFFERS:
		return value != r->limit;
	default:
		return true;
	}
}

static bool
condition(const struct alarm_rule *r, const struct watch *v, const struct point_state *p)
{
	if (r->kind == RULE_MISSING)
		return p->quality != QUALITY_GOOD;
	if (r->kind == RULE_DIFFERS && p->defect == DEFECT_UNKNOWN_WORD)
		return true;
	return is_beyond(r, p->value, v->cond && v->held ? r->hysteresis : 0);
}

/* What chatters ends when it has been quiet for a minute. */
static int64_t
delay_of(const struct alarm_rule *r, const struct watch *v)
{
	if (v->cond)
		return r->on_delay_ms * 1000;
	return most(r->off_delay_ms, v->chatters ? ALARM_QUIET_MS : 0) * 1000;
}

/* Since it was looked at last it has differed for its delay: when that was over. */
static void
turn_over(const struct day *w, const struct alarm_rule *r, struct watch *v)
{
	int64_t at = w->t - (v->past - delay_of(r, v));

	v->held = v->cond;
	v->past = 0;
	if (!v->held) {
		v->came = v->chatters ? 0 : v->came;
		v->chatters = false;
		return;
	}
	if (v->came == 0 || at - v->minute >= (ALARM_CHATTER_MS + 1) * 1000) {
		v->came = 0;
		v->minute = at;
	}
	v->chatters = ++v->came >= ALARM_CHATTER;
}

/* Lets the stop watch run to now, then looks at the point. */
static void
look(struct day *w, size_t alarm, bool sampled)
{
	struct watch *v = &w->alarms[alarm].watch;
	const struct alarm_rule *r = w->flat_alarms[alarm].rule;
	const struct device_spec *d = w->flat_alarms[alarm].device;
	const struct point_state *p = &core_points(w->core)[d->first_point + r->point];
	bool lost = core_devices(w->core)[d - w->devices].phase == DEVICE_LOST;
	bool known = p->quality == QUALITY_GOOD ||
		     (r->kind == RULE_DIFFERS && p->defect == DEFECT_UNKNOWN_WORD);
	/* A lost device has an alarm of its own; what is missing is judged again by an answer. */
	bool judged = r->kind == RULE_MISSING ? !lost && (v->judged || sampled) : known;

	if (v->judged && v->cond != v->held)
		v->past += w->t - v->seen;
	v->seen = w->t;
	/* An answer at the very end of the delay comes before the end; of a value that is known no
	 * more in that moment, either. */
	if (v->cond != v->held && v->judged &&
	    (v->past > delay_of(r, v) || (v->past == delay_of(r, v) && !judged &&
					     core_alarms(w->core)[alarm].held == v->cond)))
		turn_over(w, r, v);
	v->judged = judged;
	if (v->judged)
		v->cond = condition(r, v, p);
	if (v->cond == v->held)
		v->past = 0;
	if (v->judged && v->cond != v->held && v->past >= delay_of(r, v))
		turn_over(w, r, v);
}

void
judge_watch(struct day *w, size_t flat, bool sampled)
{
	const struct device_spec *d = w->flat[flat].device;

	for (size_t i = 1; i < d->alarm_count; i++) {
		size_t a = d->first_alarm + i;

		if (w->alarms[a].watch.modelled && d->first_point + d->alarms[i].point == flat)
			look(w, a, sampled);
	}
}

/* ---- events ---------------------------------------------------------------------------------- */

static void
judge_device(struct day *w, const struct event *e)
{
	int d = site_find_device(&w->site, e->device);
	struct device_truth *t = &w->truths[d];
	bool lost = strcmp(e->to, "lost") == 0;

	if (!lost && strcmp(e->to, "online") != 0)
		return;
	HOLDS(w, strcmp(e->from, e->to) != 0 && !(lost && t->lost), "%s is %s twice", e->device,
	    e->to);
	t->lost = lost;
	/* What chatters stands until it is quiet. */
	if (!lost && core_alarms(w->core)[w->devices[d].first_alarm].came == 0)
		t->called = false;
}

void
judge_window(struct day *w, size_t device, int64_t end)
{
	w->truths[device].maintenance_end = end;
	w->truths[device].maintenance_restored = false;
}

/* A window that nobody begins is in the plan, and ends as it says there. */
static void
judge_planned(struct day *w, const struct event *e)
{
	int d = site_find_device(&w->site, e->device);
	int64_t until = core_devices(w->core)[d].maintenance.until.us;

	for (size_t i = 0; i < w->site.maintenance_count; i++) {
		const struct maintenance_plan *p = &w->plans[i];

		for (size_t k = 0; k < p->device_count; k++)
			if (p->devices[k] == d && p->from.us <= w->now.wall.us && p->to.us == until)
				judge_window(w, (size_t)d, w->t + until - w->now.wall.us);
	}
}

/* Numbers of records go up by one; what is passed over is told, and moves the mark. */
static void
judge_record(struct day *w, const struct event *e, const struct mark *mark)
{
	int d = site_find_device(&w->site, e->device);
	struct device_truth *t;

	if (mark == NULL || strncmp(mark->key, "records/", strlen("records/")) != 0)
		return;
	t = &w->truths[d];
	HOLDS(w, e->type == EVENT_ACCESS && (t->placed || strcmp(e->to, "begins") == 0),
	    "%s tells of its ring what it cannot know", e->device);
	if (e->record != 0) {
		HOLDS(w, e->record <= w->gear[d].records, "%s tells record %llu of %u", e->device,
		    (unsigned long long)e->record, w->gear[d].records);
		HOLDS(w, e->record == t->told + 1u && mark->value == (int64_t)e->record,
		    "%s tells record %llu after %u", e->device, (unsigned long long)e->record,
		    t->told);
	}
	t->placed = true;
	t->told = (uint32_t)mark->value;
}

/* Another one on the wire of this device is there. */
static bool
wire_lives(const struct day *w, size_t device)
{
	const struct device_spec *spec = &w->devices[device];

	for (size_t d = 0; d < w->site.device_count; d++)
		if (d != device && w->devices[d].link == spec->link &&
		    core_devices(w->core)[d].phase == DEVICE_ONLINE)
			return true;
	return false;
}

/*
 * Cause first: a device is not accused while the one that it hangs on is known to be lost, and is a
 * symptom only of a parent that is lost, or of a wire on which nobody answers.
 */
static void
judge_cause(struct day *w, size_t device, enum alarm_phase from, enum alarm_phase to)
{
	int parent = w->devices[device].parent;
	bool orphan = parent == NO_INDEX;
	enum device_phase p = orphan ? DEVICE_ONLINE : core_devices(w->core)[parent].phase;
	bool wire = w->site.links[w->devices[device].link].kind <= LINK_MODBUS_TCP;

	HOLDS(w, to != SU || p == DEVICE_LOST || (wire && !wire_lives(w, device)),
	    "%s is a symptom of nothing: its parent is %s, its wire answers",
	    w->devices[device].name, device_phase_word(p));
	if (to != U || orphan || from == SH || from == O)
		return;
	HOLDS(w, p != DEVICE_LOST || w->core->kin[parent].waiting || w->core->kin[device].is_wire,
	    "%s is accused, but %s is lost", w->devices[device].name, w->devices[parent].name);
}

static void
judge_delay(struct day *w, size_t alarm, enum alarm_phase from, enum alarm_phase to, bool person)
{
	struct alarm_truth *t = &w->alarms[alarm];
	const char *name = w->flat_alarms[alarm].rule->name;

	if (!t->watch.modelled)
		return;
	look(w, alarm, !person && !alarm_is_aside(from) && !alarm_is_aside(to));
	HOLDS(w, to != U || t->watch.held, "%s/%s is raised before its time (%lld ms)",
	    w->flat_alarms[alarm].device->name, name, (long long)t->watch.past / 1000);
	HOLDS(w, person || to == U || to == O || !alarm_stands(from) || !t->watch.held,
	    "%s/%s ends before its time", w->flat_alarms[alarm].device->name, name);
}

/*
 * A device is told as lost only after it has been so for the delay of its alarm; one that comes and
 * goes all the time, at any instant.
 */
static void
judge_lost_delay(struct day *w, size_t alarm, size_t device, enum alarm_phase to)
{
	const struct device_state *s = &core_devices(w->core)[device];
	struct device_truth *t = &w->truths[device];
	int64_t since = w->t - day_time(w, s->since);

	/* What was called before it was put aside is called again. */
	if (to != U)
		return;
	HOLDS(w,
	    t->called || core_alarms(w->core)[alarm].came >= ALARM_CHATTER ||
		(s->phase == DEVICE_LOST &&
		    since >= w->flat_alarms[alarm].rule->on_delay_ms * 1000),
	    "%s is accused after %lld ms, its delay is %lld", w->devices[device].name,
	    (long long)since / 1000, (long long)w->flat_alarms[alarm].rule->on_delay_ms);
	t->called = true;
}

/*
 * Whoever is called reads a value that is beyond the limit, or, where what was put aside is within
 * its off-delay, that it is not so any more and has to last.
 */
static void
judge_value(struct day *w, size_t alarm, enum alarm_phase to, const struct event *e)
{
	const struct alarm_rule *r = w->flat_alarms[alarm].rule;

	HOLDS(w,
	    to != U || !e->has_value || is_beyond(r, e->value, 0) ||
		strstr(e->text, " stays until ") != NULL,
	    "%s/%s calls because of %g, its limit is %g", w->flat_alarms[alarm].device->name,
	    r->name, e->value, r->limit);
}

static void
judge_transition(struct day *w, const struct event *e, size_t alarm)
{
	struct alarm_truth *t = &w->alarms[alarm];
	const struct alarm_rule *r = w->flat_alarms[alarm].rule;
	const struct device_spec *d = w->flat_alarms[alarm].device;
	enum alarm_phase from = t->mirror, to = alarm_phase_find(e->to);
	bool person = e->type == EVENT_OPERATOR;
	enum leave way;

	HOLDS(w, strcmp(alarm_phase_word(from), e->from) == 0 && to < ALARM_PHASE_COUNT,
	    "%s/%s goes from %s, and was %s", d->name, r->name, e->from, alarm_phase_word(from));
	way = ways[from][to];
	HOLDS(w, way == EITHER || way == (person ? BY_PERSON : BY_ITSELF),
	    "%s/%s goes from %s to %s by %s", d->name, r->name, e->from, e->to,
	    person ? "a person" : "itself");
	HOLDS(w, person == (e->who[0] != '\0') && (!person || w->deed),
	    "who did it? \"%s\" with %s/%s", e->who, d->name, r->name);
	HOLDS(w, r->latch ? to != R : to != LU && to != LA, "%s/%s is %s, latch %d", d->name,
	    r->name, e->to, r->latch);
	HOLDS(w,
	    to == N || alarm_is_aside(to) ||
		core_devices(w->core)[d - w->devices].maintenance.until.us == 0 ||
		!alarm_rule_yields(r),
	    "%s/%s calls somebody in maintenance", d->name, r->name);
	judge_value(w, alarm, to, e);
	judge_delay(w, alarm, from, to, person);
	if (r->kind == RULE_DEVICE_LOST) {
		judge_cause(w, (size_t)(d - w->devices), from, to);
		judge_lost_delay(w, alarm, (size_t)(d - w->devices), to);
	}
	if (to == U)
		t->owed = true;
	if (person && (to == A || to == LA || (from == R && to == N)))
		t->owed = false;
	HOLDS(w, to != N || !t->owed, "%s/%s is normal, and nobody has acknowledged it", d->name,
	    r->name);
	t->mirror = to;
}

void
judge_event(struct day *w, const struct event *e, const struct alarm_record *record,
    const struct mark *mark)
{
	char path[2 * EVENT_NAME_MAX + 2];
	int alarm;

	w->said++;
	HOLDS(w, e->text[0] != '\0', "an event without a sentence");
	HOLDS(w, e->wall.us == w->now.wall.us && e->mono.us == w->now.mono.us,
	    "an event of another time");
	if (e->type == EVENT_DEVICE)
		judge_device(w, e);
	if (e->type == EVENT_SYSTEM && strcmp(e->to, "maintenance") == 0 && mark != NULL)
		judge_planned(w, e); /* without a mark: it ends soon */
	judge_record(w, e, mark);
	if (e->alarm[0] == '\0')
		return;
	snprintf(path, sizeof(path), "%s/%s", e->device, e->alarm);
	alarm = site_find_alarm(&w->site, path);
	HOLDS(w, alarm != NO_INDEX && record != NULL, "an event of %s", path);
	judge_transition(w, e, (size_t)alarm);
	HOLDS(w, record->phase == w->alarms[alarm].mirror, "the record of %s is another", path);
}

/* ---- looking --------------------------------------------------------------------------------- */

/*
 * Whose alarm stands for a dead wire is put aside by nobody, while another one could call: not one
 * that is silent because its parent is, or in maintenance too, nor one whose parent is just back
 * and that is being tried (check_symptom() sees that this ends).
 */
static void
check_wire(struct day *w, size_t alarm, size_t device)
{
	int cause = core_alarms(w->core)[alarm].cause;
	int parent = w->devices[device].parent;
	size_t speaker;

	if ((parent != NO_INDEX && core_devices(w->core)[parent].phase == DEVICE_LOST) ||
	    w->core->kin[device].trial_ends != 0 ||
	    (core_devices(w->core)[device].maintenance.until.us != 0 &&
		alarm_rule_yields(w->flat_alarms[alarm].rule)))
		return;
	/* What a person did just now is looked at in the turn that follows. */
	if (!w->core->kin[device].of_wire || cause == NO_INDEX ||
	    !mono_before(w->now.mono, core_next(w->core)))
		return;
	speaker = (size_t)(w->flat_alarms[cause].device - w->devices);
	HOLDS(w,
	    !w->core->kin[speaker].is_wire ||
		(w->alarms[cause].mirror != SH && w->alarms[cause].mirror != O),
	    "the wire of %s is dead, and %s, which says so, is %s", w->devices[device].name,
	    w->devices[speaker].name, alarm_phase_word(w->alarms[cause].mirror));
}

/* A symptom whose parent is back, or whose wire answers again, is called soon, or is back itself.
 */
static void
check_symptom(struct day *w, size_t device)
{
	int parent = w->devices[device].parent;
	const struct device_state *p = parent == NO_INDEX ? NULL : &core_devices(w->core)[parent];
	bool by_parent = p != NULL && p->phase != DEVICE_ONLINE;
	bool by_wire = w->core->kin[device].of_wire && !wire_lives(w, device);
	struct device_truth *t = &w->truths[device];

	if (by_parent || by_wire || w->gear[device].mute)
		t->excused = w->t;
	HOLDS(w, w->t - most(most(t->excused, w->gear[device].mute_at), w->started) < 240 * SECOND,
	    "%s is a symptom still, though nothing explains it for %lld s", w->devices[device].name,
	    (long long)((w->t - t->excused) / SECOND));
}

static void
check_comm_lost(struct day *w, size_t alarm, size_t device)
{
	const struct device_state *s = &core_devices(w->core)[device];
	enum alarm_phase p = w->alarms[alarm].mirror;
	int64_t since = w->t - most(day_time(w, s->since), w->started);
	int64_t delay = w->flat_alarms[alarm].rule->on_delay_ms * 1000;

	HOLDS(w, s->phase != DEVICE_ONLINE || p != SU, "%s is online, and a symptom",
	    w->devices[device].name);
	HOLDS(w, p != SU || core_alarms(w->core)[alarm].cause != (int)alarm,
	    "%s is a symptom of itself", w->devices[device].name);
	HOLDS(w,
	    s->phase != DEVICE_ONLINE || !alarm_stands(p) ||
		(core_alarms(w->core)[alarm].came >= ALARM_CHATTER &&
		    since <= (ALARM_QUIET_MS + 1) * 1000),
	    "%s is online for %lld s, and its alarm is %s", w->devices[device].name,
	    (long long)(since / SECOND), alarm_phase_word(p));
	HOLDS(w,
	    s->phase != DEVICE_LOST || since < LONGEST_WAIT + delay || alarm_stands(p) ||
		alarm_is_aside(p),
	    "%s is lost for %lld s, and its alarm is %s", w->devices[device].name,
	    (long long)(since / SECOND), alarm_phase_word(p));
	if (p == SU)
		check_wire(w, alarm, device);
	if (p == SU && s->phase == DEVICE_LOST)
		check_symptom(w, device);
	else
		w->truths[device].excused = w->t;
}

static void
check_alarm(struct day *w, size_t a)
{
	struct alarm_truth *t = &w->alarms[a];
	const struct alarm_state *s = &core_alarms(w->core)[a];
	const struct device_spec *d = w->flat_alarms[a].device;
	const struct alarm_rule *r = w->flat_alarms[a].rule;
	bool maintained = core_devices(w->core)[d - w->devices].maintenance.until.us != 0;

	HOLDS(w, s->phase == t->mirror, "%s/%s is %s, by its events %s", d->name, r->name,
	    alarm_phase_word(s->phase), alarm_phase_word(t->mirror));
	HOLDS(w, s->phase != SH || w->t <= t->shelf_end, "the shelf of %s/%s outlives its end",
	    d->name, r->name);
	HOLDS(w, s->phase != O || (maintained && alarm_rule_yields(r)),
	    "%s/%s is out of service without maintenance", d->name, r->name);
	if (r->kind == RULE_DEVICE_LOST)
		check_comm_lost(w, a, (size_t)(d - w->devices));
	if (!t->watch.modelled)
		return;
	look(w, a, false);
	HOLDS(w, s->held == t->watch.held,
	    "%s/%s (%s, kind %d, device %s): its condition %s, says a stop watch", d->name, r->name,
	    alarm_phase_word(s->phase), r->kind,
	    device_phase_word(core_devices(w->core)[d - w->devices].phase),
	    t->watch.held ? "holds" : "does not hold");
	HOLDS(w, alarm_is_aside(s->phase) || alarm_stands(s->phase) == t->watch.held,
	    "%s/%s is %s, and its condition %s", d->name, r->name, alarm_phase_word(s->phase),
	    t->watch.held ? "holds" : "does not hold");
}

void
judge_alarms(struct day *w)
{
	for (size_t a = 0; a < w->site.alarm_count; a++)
		check_alarm(w, a);
}

void
judge_counts(struct day *w)
{
	struct core_summary s, mine = {0};

	core_summary(w->core, &s);
	for (size_t a = 0; a < w->site.alarm_count; a++) {
		enum alarm_phase p = w->alarms[a].mirror;
		enum priority priority = w->flat_alarms[a].rule->priority;

		mine.shelved += p == SH;
		mine.alarms[priority] += p != N && !alarm_is_aside(p);
		mine.unacknowledged[priority] += waits(p);
	}
	HOLDS(w, s.shelved == mine.shelved, "%zu are shelved, the summary says %zu", mine.shelved,
	    s.shelved);
	for (int i = 0; i < PRIORITY_COUNT; i++)
		HOLDS(w,
		    s.alarms[i] == mine.alarms[i] && s.unacknowledged[i] == mine.unacknowledged[i],
		    "%zu alarms, %zu unacknowledged; the summary says %zu and %zu", mine.alarms[i],
		    mine.unacknowledged[i], s.alarms[i], s.unacknowledged[i]);
	for (size_t p = 0; p < w->site.point_count; p++)
		mine.points_good += core_points(w->core)[p].quality == QUALITY_GOOD;
	HOLDS(w, s.points_good == mine.points_good, "%zu points are good, the summary says %zu",
	    mine.points_good, s.points_good);
	HOLDS(w, s.devices_online + s.devices_lost + s.devices_unknown == w->site.device_count,
	    "the summary has lost a device");
}

/* The record of an alarm that was put aside has a value with which it had returned by then. */
static bool
had_returned(const struct alarm_rule *r, const struct alarm_record *kept)
{
	return kept->has_value && !is_beyond(r, kept->value, 0);
}

void
judge_alarms_start(struct day *w)
{
	for (size_t a = 0; a < w->site.alarm_count; a++) {
		struct alarm_truth *t = &w->alarms[a];
		const struct alarm_rule *r = w->flat_alarms[a].rule;
		enum alarm_phase p = w->has_durable[a] ? w->durable[a].phase : N;
		bool held = alarm_stands(p) || (alarm_is_aside(p) && w->durable[a].raised.us != 0 &&
						   !had_returned(r, &w->durable[a]));

		t->mirror = p;
		t->owed = w->durable_owed[a];
		if (r->kind == RULE_DEVICE_LOST)
			w->truths[w->flat_alarms[a].device - w->devices].called = held;
		/* Never longer than it was made for, whatever the wall clock says by now. */
		if (p == SH && (t->shelf_steps != w->wall_steps || t->shelf_end == 0))
			t->shelf_end = w->t + CORE_SHELVE_MAX_MS * INT64_C(1000);
		else if (p == SH)
			t->shelf_end = most(t->shelf_end, w->t) + 2 * SECOND;
		t->shelf_restored = true;
		t->watch = (struct watch){.modelled = r->kind != RULE_DEVICE_LOST && r->table == 0,
		    .cond = held,
		    .held = held,
		    .seen = w->t};
		if (w->t > 0)
			HOLDS(w, core_alarms(w->core)[a].phase == p, "an alarm is not restored");
	}
}

void
judge_alarms_clock(struct day *w)
{
	for (size_t a = 0; a < w->site.alarm_count; a++) {
		struct alarm_truth *t = &w->alarms[a];
		int64_t until = core_alarms(w->core)[a].shelved_until.us;

		if (t->mirror == SH && t->shelf_restored)
			t->shelf_end = least(
			    t->shelf_end, w->t + most(0, until - w->now.wall.us) + 2 * SECOND);
	}
}
