/*
 * Cause first, symptoms attached: the silence of a device whose parent (its power, its gateway) is
 * silent too is a symptom. So the alarm of a lost device waits until its parent has been asked.
 */
#include "core/core_private.h"

int
cause_alarm(const struct core *c, size_t device)
{
	const struct device_spec *d = &c->site->devices[device];

	if (d->alarm_count == 0 || d->alarms[0].kind != RULE_DEVICE_LOST)
		return NO_INDEX;
	return (int)d->first_alarm;
}

static bool
is_lost(const struct core *c, size_t device)
{
	return c->devices[device].phase == DEVICE_LOST;
}

static enum alarm_phase
phase_of(const struct core *c, size_t device)
{
	int alarm = cause_alarm(c, device);

	return alarm == NO_INDEX ? ALARM_NORMAL : c->alarms[alarm].phase;
}

/* The alarm at the root: a parent that is a symptom itself passes its own cause on. */
static int
root_of(const struct core *c, size_t parent)
{
	int alarm = cause_alarm(c, parent);

	if (alarm != NO_INDEX && alarm_is_aside(c->alarms[alarm].phase) &&
	    c->alarms[alarm].cause != NO_INDEX && c->alarms[c->alarms[alarm].cause].held)
		return c->alarms[alarm].cause;
	return alarm;
}

/* What is blamed for this device's silence has changed: so it has for all that hang on it. */
static void
pass_on(struct core *c, size_t device)
{
	const struct site *s = c->site;

	for (size_t d = 0; d < s->device_count; d++) {
		int alarm = cause_alarm(c, d);

		if (s->devices[d].parent != (int)device || alarm == NO_INDEX ||
		    !alarm_is_aside(c->alarms[alarm].phase) || c->alarms[alarm].cause == NO_INDEX)
			continue;
		c->alarms[alarm].cause = root_of(c, device);
		changes_add(&c->changed_alarms, (size_t)alarm);
		pass_on(c, d);
	}
}

static void
stop_waiting(struct core *c, size_t device)
{
	struct kin *k = &c->kin[device];

	if (!k->waiting)
		return;
	k->waiting = false;
	c->kin[c->site->devices[device].parent].children--;
	timers_set(&c->timers, core_timer(c, TIMER_WAIT, device), MONO_NEVER);
}

static void
suppress(struct core *c, size_t device, const struct now *now)
{
	size_t alarm = (size_t)cause_alarm(c, device);

	stop_waiting(c, device);
	c->kin[device].release_at_fails = 0;
	alarms_suppress(c, alarm, root_of(c, (size_t)c->site->devices[device].parent), now);
}

/* The device's silence is its own. */
static void
accuse(struct core *c, size_t device, const struct now *now)
{
	size_t alarm = (size_t)cause_alarm(c, device);

	stop_waiting(c, device);
	c->kin[device].release_at_fails = 0;
	if (c->alarms[alarm].phase == ALARM_SUPPRESSED)
		alarms_release(c, alarm, true, now);
	else
		alarms_judge_lost(c, alarm, true, now);
}

/* false: the parent has not been heard yet. */
static bool
decide(struct core *c, size_t device, bool last_call, const struct now *now)
{
	size_t parent = (size_t)c->site->devices[device].parent;
	const struct device_state *p = &c->devices[parent];

	if (p->phase == DEVICE_LOST && (!c->kin[parent].waiting || last_call))
		suppress(c, device, now);
	else if (last_call || (p->phase == DEVICE_ONLINE &&
				  !mono_before(p->last_good, c->kin[device].wait_since)))
		accuse(c, device, now);
	else
		return false;
	return true;
}

/* Children whose verdict was waiting for this device's. */
static void
decide_children(struct core *c, size_t device, const struct now *now)
{
	const struct site *s = c->site;

	for (size_t d = 0; c->kin[device].children > 0 && d < s->device_count; d++)
		if (s->devices[d].parent == (int)device && c->kin[d].waiting &&
		    decide(c, d, false, now))
			decide_children(c, d, now);
}

static void
start_waiting(struct core *c, size_t device, const struct now *now)
{
	size_t parent = (size_t)c->site->devices[device].parent;

	c->kin[device].waiting = true;
	c->kin[device].wait_since = now->mono;
	c->kin[parent].children++;
	timers_set(&c->timers, core_timer(c, TIMER_WAIT, device),
	    mono_add_ms(now->mono, poller_verdict_ms(&c->poller, parent)));
	if (!is_lost(c, parent))
		poller_ask_now(&c->poller, parent, false, now->mono);
}

/*
 * Children that were accused before their parent fell silent as well are symptoms after all. One
 * that was put aside learns of its cause for the time when it is not any more; one that a person
 * has acknowledged stays as it is.
 */
static void
blame_parent(struct core *c, size_t parent, const struct now *now)
{
	const struct site *s = c->site;

	for (size_t d = 0; d < s->device_count; d++) {
		enum alarm_phase p = phase_of(c, d);

		if (s->devices[d].parent != (int)parent || !is_lost(c, d) || c->kin[d].waiting ||
		    (p != ALARM_UNACKNOWLEDGED && p != ALARM_SHELVED && p != ALARM_OUT_OF_SERVICE))
			continue;
		suppress(c, d, now);
		pass_on(c, d);
	}
}

void
cause_lost(struct core *c, size_t device, const struct now *now)
{
	if (cause_alarm(c, device) == NO_INDEX)
		return;
	if (c->site->devices[device].parent == NO_INDEX)
		accuse(c, device, now);
	else {
		start_waiting(c, device, now);
		decide(c, device, false, now);
	}
	decide_children(c, device, now);
	blame_parent(c, device, now);
}

/* The parent is back: its children get their chance at once, and as many tries as usual. */
static void
try_children(struct core *c, size_t parent, const struct now *now)
{
	const struct site *s = c->site;

	for (size_t d = 0; d < s->device_count; d++) {
		if (s->devices[d].parent != (int)parent || !is_lost(c, d) ||
		    phase_of(c, d) != ALARM_SUPPRESSED)
			continue;
		c->kin[d].release_at_fails = c->devices[d].fails + s->devices[d].lost_after;
		poller_ask_now(&c->poller, d, false, now->mono);
	}
}

void
cause_came(struct core *c, size_t device, const struct now *now)
{
	int alarm = cause_alarm(c, device);

	stop_waiting(c, device);
	c->kin[device].release_at_fails = 0;
	if (alarm != NO_INDEX && c->alarms[alarm].phase == ALARM_SUPPRESSED)
		alarms_release(c, (size_t)alarm, false, now);
	else if (alarm != NO_INDEX)
		alarms_judge_lost(c, (size_t)alarm, false, now);
	decide_children(c, device, now);
	try_children(c, device, now);
}

void
cause_alive(struct core *c, size_t device, const struct now *now)
{
	if (c->kin[device].children > 0)
		decide_children(c, device, now);
}

void
cause_failed(struct core *c, size_t device, const struct now *now)
{
	const struct kin *k = &c->kin[device];
	const struct site *s = c->site;

	if (k->release_at_fails == 0 || c->devices[device].fails < k->release_at_fails ||
	    c->devices[s->devices[device].parent].phase != DEVICE_ONLINE)
		return;
	accuse(c, device, now);
	/* What hangs on this device is its symptom now, not its parent's. */
	pass_on(c, device);
}

void
cause_wait_over(struct core *c, size_t device, const struct now *now)
{
	if (!c->kin[device].waiting)
		return;
	decide(c, device, true, now);
	decide_children(c, device, now);
}
