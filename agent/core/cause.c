/*
 * Cause first, symptoms attached: the silence of a device whose parent (its power, its gateway) is
 * silent too is a symptom. So the alarm of a lost device waits until its parent has been asked, and
 * then until another one on its wire has (cause_wire.c).
 */
#include "core/core_private.h"

int
cause_alarm(const struct core *c, size_t device)
{
	const struct device_spec *d = &c->site->devices[device];

	return site_loss_rule(d) != NULL ? (int)d->first_alarm : NO_INDEX;
}

static bool
is_lost(const struct core *c, size_t device)
{
	return c->devices[device].phase == DEVICE_LOST;
}

bool
cause_parent_lost(const struct core *c, size_t device)
{
	int parent = c->site->devices[device].parent;

	return parent != NO_INDEX && is_lost(c, (size_t)parent);
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
	    c->alarms[alarm].cause != NO_INDEX && c->alarms[c->alarms[alarm].cause].condition)
		return c->alarms[alarm].cause;
	return alarm;
}

/* Whom it is a symptom of while its parent is silent: not of itself, where it stands for the wire
 * of both. */
static int
blame_of(const struct core *c, size_t device, size_t parent)
{
	int root = root_of(c, parent);

	return root != cause_alarm(c, device) ? root : cause_alarm(c, parent);
}

/*
 * Not when the parent is back, though what had silenced the parent itself is silent still; nor when
 * somebody on the wire is back, or nobody is called because of it.
 */
bool
cause_explains(const struct core *c, size_t alarm, size_t cause)
{
	size_t device = c->alarm_device[alarm];

	if (!c->alarms[cause].condition)
		return false;
	if (cause_parent_lost(c, device))
		return true;
	return c->kin[device].of_wire && c->kin[c->alarm_device[cause]].is_wire &&
	       wire_is_heard(c, c->alarm_device[cause]);
}

/*
 * What is blamed for this device's silence has changed: so it has for all that hang on it. Symptoms
 * of a wire are that wire's own (blame_wire).
 */
static void
pass_on(struct core *c, size_t device)
{
	const struct site *s = c->site;

	for (size_t d = 0; d < s->device_count; d++) {
		int alarm = cause_alarm(c, d);

		if (s->devices[d].parent != (int)device || alarm == NO_INDEX || c->kin[d].of_wire ||
		    !alarm_is_aside(c->alarms[alarm].phase) || c->alarms[alarm].cause == NO_INDEX)
			continue;
		c->alarms[alarm].cause = blame_of(c, d, device);
		changes_add(&c->changed_alarms, (size_t)alarm);
		pass_on(c, d);
	}
}

static void
stop_waiting(struct core *c, size_t device)
{
	struct wire_count *wire = wire_count(c, device);
	struct kin *k = &c->kin[device];

	k->trial_ends = 0;
	if (!k->waiting)
		return;
	k->waiting = false;
	if (wire != NULL)
		wire->waiting--;
	if (c->site->devices[device].parent != NO_INDEX)
		c->kin[c->site->devices[device].parent].children--;
	timers_set(&c->timers, core_timer(c, TIMER_WAIT, device), MONO_NEVER);
}

static void
suppress(struct core *c, size_t device, int cause, const struct now *now)
{
	stop_waiting(c, device);
	c->kin[device].of_wire = c->kin[c->alarm_device[cause]].is_wire &&
				 wire_shared(c, device, c->alarm_device[cause]);
	alarms_suppress(c, (size_t)cause_alarm(c, device), cause, now);
	pass_on(c, device);
}

/* The device's silence is its own, or that of the wire for which it stands. */
static void
accuse(struct core *c, size_t device, const struct now *now)
{
	size_t alarm = (size_t)cause_alarm(c, device);

	stop_waiting(c, device);
	c->kin[device].of_wire = false;
	if (c->alarms[alarm].phase == ALARM_SUPPRESSED)
		alarms_release(c, alarm, true, now);
	else
		alarms_judge_lost(c, alarm, true, now);
	pass_on(c, device);
}

/* Its silence is that of `cause`; but what a person has seen stays as it is. */
static void
excuse(struct core *c, size_t device, int cause, const struct now *now)
{
	if (phase_of(c, device) == ALARM_ACKNOWLEDGED)
		accuse(c, device, now);
	else
		suppress(c, device, cause, now);
}

static void
set_speaker(struct core *c, size_t device, bool is_wire)
{
	struct wire_count *wire = wire_count(c, device);

	if (c->kin[device].is_wire == is_wire || wire == NULL)
		return;
	c->kin[device].is_wire = is_wire;
	wire->speakers = is_wire ? wire->speakers + 1 : wire->speakers - 1;
	changes_add(&c->changed_alarms, (size_t)cause_alarm(c, device));
}

/* Nobody on the wire of this device answers: one of them stands for all. */
static void
blame_wire(struct core *c, size_t device, const struct now *now)
{
	size_t speaker = wire_speaker(c, device);

	set_speaker(c, speaker, true);
	accuse(c, speaker, now);
	for (size_t d = 0; d < c->site->device_count; d++) {
		if (!wire_shared(c, speaker, d) || !wire_party(c, d))
			continue;
		set_speaker(c, d, false);
		excuse(c, d, cause_alarm(c, speaker), now);
	}
}

void
cause_aside(struct core *c, size_t device, const struct now *now)
{
	const struct wire_count *wire = wire_count(c, device);

	for (size_t d = 0; wire != NULL && wire->speakers > 0 && d < c->site->device_count; d++)
		if (c->kin[d].is_wire && (d == device || wire_shared(c, device, d)))
			timers_set(&c->timers, core_timer(c, TIMER_WAIT, d), now->mono);
}

/* Whoever stands for a wire is heard, or another does who is. */
static void
look_at_speaker(struct core *c, size_t speaker, const struct now *now)
{
	size_t best = wire_speaker(c, speaker);

	if (best != speaker && !wire_is_heard(c, speaker) && wire_is_heard(c, best))
		blame_wire(c, speaker, now);
}

/* The longest wait for the parent; longer where that waits for its wire. */
static mono_t
parent_end(const struct core *c, size_t device)
{
	const struct kin *k = &c->kin[device];
	int parent = c->site->devices[device].parent;

	if (parent == NO_INDEX || !c->kin[parent].waiting ||
	    mono_before(c->kin[parent].wire_end, k->parent_end))
		return k->parent_end;
	return mono_add_ms(c->kin[parent].wire_end, 1);
}

/* What silenced it is back: it gets its chance at once, and as many tries as usual. */
static void
begin_trial(struct core *c, size_t device, const struct now *now)
{
	c->kin[device].trial_ends = c->devices[device].fails + c->site->devices[device].lost_after;
	poller_ask_now(&c->poller, device, false, now->mono);
}

static bool
trial_is_over(const struct core *c, size_t device)
{
	return c->kin[device].trial_ends != 0 &&
	       c->devices[device].fails >= c->kin[device].trial_ends;
}

/* false: neither the parent nor the others on its wire have been heard yet. */
static bool
decide(struct core *c, size_t device, const struct now *now)
{
	int parent = c->site->devices[device].parent;
	const struct device_state *p = parent != NO_INDEX ? &c->devices[parent] : NULL;
	const struct kin *k = &c->kin[device];
	bool last_call = !mono_before(now->mono, parent_end(c, device));

	if (cause_parent_lost(c, device)) {
		if (c->kin[parent].waiting && !last_call)
			return false;
		excuse(c, device, blame_of(c, device, (size_t)parent), now);
		return true;
	}
	if (parent != NO_INDEX && !last_call &&
	    (p->phase != DEVICE_ONLINE || mono_before(p->last_good, k->wait_since)))
		return false;
	switch (wire_verdict(c, device, !mono_before(now->mono, k->wire_end))) {
	case WIRE_WAIT:
		return false;
	case WIRE_BACK:
		if (k->trial_ends == 0)
			begin_trial(c, device, now);
		if (!trial_is_over(c, device))
			return false;
		accuse(c, device, now);
		return true;
	case WIRE_WELL:
		accuse(c, device, now);
		return true;
	case WIRE_DEAD:
		blame_wire(c, device, now);
		return true;
	}
	return true;
}

/* Children whose verdict was waiting for this device's. */
static void
decide_children(struct core *c, size_t device, const struct now *now)
{
	const struct site *s = c->site;

	for (size_t d = 0; c->kin[device].children > 0 && d < s->device_count; d++)
		if (s->devices[d].parent == (int)device && c->kin[d].waiting && decide(c, d, now))
			decide_children(c, d, now);
}

/* Those that wait for a word on the wire of this device. */
static void
decide_wire(struct core *c, size_t device, const struct now *now)
{
	const struct wire_count *wire = wire_count(c, device);

	for (size_t d = 0; wire != NULL && wire->waiting > 0 && d < c->site->device_count; d++)
		if (wire_shared(c, device, d) && c->kin[d].waiting && decide(c, d, now))
			decide_children(c, d, now);
}

static void
start_waiting(struct core *c, size_t device, const struct now *now)
{
	int parent = c->site->devices[device].parent, witness = wire_witness(c, device);
	struct wire_count *wire = wire_count(c, device);
	struct kin *k = &c->kin[device];

	k->waiting = true;
	k->trial_ends = 0;
	k->wait_since = k->parent_end = now->mono;
	if (wire != NULL)
		wire->waiting++;
	if (parent != NO_INDEX) {
		c->kin[parent].children++;
		k->parent_end =
		    mono_add_ms(now->mono, poller_verdict_ms(&c->poller, (size_t)parent));
		if (!is_lost(c, (size_t)parent))
			poller_ask_now(&c->poller, (size_t)parent, false, now->mono);
	}
	k->wire_end = mono_add_ms(now->mono, wire_wait_ms(c, device));
	if (mono_before(k->wire_end, k->parent_end))
		k->wire_end = k->parent_end;
	if (witness != NO_INDEX && witness != parent)
		poller_ask_now(&c->poller, (size_t)witness, false, now->mono);
	timers_set(&c->timers, core_timer(c, TIMER_WAIT, device), k->parent_end);
}

/*
 * Children that were accused before their parent fell silent as well are symptoms after all, also
 * where the delay of their alarm is not over. One that was put aside learns of its cause for the
 * time when it is not any more; one that a person has acknowledged stays as it is.
 */
static void
blame_parent(struct core *c, size_t parent, const struct now *now)
{
	const struct site *s = c->site;

	for (size_t d = 0; d < s->device_count; d++) {
		enum alarm_phase p = phase_of(c, d);
		int alarm = cause_alarm(c, d);

		if (s->devices[d].parent != (int)parent || !is_lost(c, d) || c->kin[d].waiting ||
		    alarm == NO_INDEX || !c->alarms[alarm].condition || p == ALARM_SUPPRESSED ||
		    p == ALARM_ACKNOWLEDGED)
			continue;
		suppress(c, d, blame_of(c, d, parent), now);
	}
}

/* Whose doing is its silence? */
static void
ask_kin(struct core *c, size_t device, const struct now *now)
{
	start_waiting(c, device, now);
	decide(c, device, now);
	decide_children(c, device, now);
	decide_wire(c, device, now);
}

void
cause_lost(struct core *c, size_t device, const struct now *now)
{
	if (cause_alarm(c, device) == NO_INDEX)
		return;
	ask_kin(c, device, now);
	blame_parent(c, device, now);
}

static void
try_children(struct core *c, size_t parent, const struct now *now)
{
	const struct site *s = c->site;

	for (size_t d = 0; d < s->device_count; d++)
		if (s->devices[d].parent == (int)parent && is_lost(c, d) && !c->kin[d].waiting &&
		    phase_of(c, d) == ALARM_SUPPRESSED)
			begin_trial(c, d, now);
}

/*
 * Somebody on the wire answers, for now: who stood for it stands for itself, and those that were
 * silent because of it get their chance too. That is no verdict: where the wire is dead again
 * before they have used it up, they are what they were.
 */
static void
try_wire(struct core *c, size_t device, const struct now *now)
{
	if (wire_count(c, device) == NULL)
		return;
	for (size_t d = 0; d < c->site->device_count; d++) {
		bool spoke = c->kin[d].is_wire;

		if (!wire_shared(c, device, d))
			continue;
		set_speaker(c, d, false);
		if (!is_lost(c, d) || c->kin[d].waiting || c->kin[d].trial_ends != 0)
			continue;
		if (!spoke && (!c->kin[d].of_wire || phase_of(c, d) != ALARM_SUPPRESSED))
			continue;
		if (!spoke)
			c->alarms[cause_alarm(c, d)].cause = cause_alarm(c, device);
		begin_trial(c, d, now);
	}
}

void
cause_came(struct core *c, size_t device, const struct now *now)
{
	int alarm = cause_alarm(c, device);

	stop_waiting(c, device);
	set_speaker(c, device, false);
	c->kin[device].of_wire = false;
	if (alarm != NO_INDEX && c->alarms[alarm].phase == ALARM_SUPPRESSED)
		alarms_release(c, (size_t)alarm, false, now);
	else if (alarm != NO_INDEX)
		alarms_judge_lost(c, (size_t)alarm, false, now);
	decide_children(c, device, now);
	decide_wire(c, device, now);
	try_children(c, device, now);
	try_wire(c, device, now);
}

void
cause_alive(struct core *c, size_t device, const struct now *now)
{
	const struct wire_count *wire = wire_count(c, device);

	if (c->kin[device].children > 0)
		decide_children(c, device, now);
	decide_wire(c, device, now);
	/* It had failed, and so stood for dead with the others. */
	if (wire != NULL && wire->speakers > 0)
		try_wire(c, device, now);
}

/* It fails as well: for those that wait for a word of their wire another one is asked. */
static void
ask_another(struct core *c, size_t device, const struct now *now)
{
	const struct wire_count *wire = wire_count(c, device);

	for (size_t d = 0; wire != NULL && wire->waiting > 0 && d < c->site->device_count; d++) {
		int witness =
		    c->kin[d].waiting && wire_shared(c, device, d) ? wire_witness(c, d) : NO_INDEX;

		if (witness == NO_INDEX)
			continue;
		if (c->devices[witness].fails == 0)
			poller_ask_now(&c->poller, (size_t)witness, false, now->mono);
		return;
	}
}

void
cause_failed(struct core *c, size_t device, const struct now *now)
{
	if (!is_lost(c, device))
		ask_another(c, device, now);
	if (!trial_is_over(c, device))
		return;
	if (c->kin[device].waiting)
		cause_wait_over(c, device, now);
	else
		ask_kin(c, device, now); /* as if it had been lost just now */
}

void
cause_wait_over(struct core *c, size_t device, const struct now *now)
{
	if (c->kin[device].is_wire)
		look_at_speaker(c, device, now);
	if (!c->kin[device].waiting)
		return;
	if (!decide(c, device, now)) {
		mono_t end = parent_end(c, device);

		if (!mono_before(now->mono, end))
			end = c->kin[device].wire_end;
		timers_set(&c->timers, core_timer(c, TIMER_WAIT, device), end);
	}
	decide_children(c, device, now);
	decide_wire(c, device, now);
}
