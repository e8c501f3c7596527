/*
 * Devices in maintenance (ISA-18.2: out of service): judged as ever, but nobody is called. Always
 * with an end, a person and a reason. What is in the mark "maintenance/<device>" survives kill -9.
 */
#include "core/core_private.h"

#include "base/text.h"

#include <string.h>

#define WARN_MS       600000 /* so long before its end a window says that it ends */
#define WARN_FROM_MS  1200000
#define PLAN_CHECK_MS 60000 /* planned windows go by the wall clock, which may be set */

/* ---- the mark -------------------------------------------------------------------------------- */

/*
 * The value of a mark holds the end (seconds since 1970) and the length (seconds, at most a week):
 * after a restart with a wrong clock no window is longer than it was made for. Length 0: a planned
 * window that a person ended early and that must not begin again; while another one is on, the mark
 * is that one's, and a restart in it forgets the planned one. PLANNED: the window came from the
 * site file; marks of before that was kept count as a person's.
 */
#define LENGTH_BITS 20
#define PLANNED     (INT64_C(1) << 60)
_Static_assert(CORE_MAINTENANCE_MAX_MS / 1000 < 1 << LENGTH_BITS, "the longest fits");

static int64_t
mark_value(wall_t end, int64_t length_ms)
{
	return end.us / 1000000 * (1 << LENGTH_BITS) + length_ms / 1000;
}

static struct mark
mark_of(const struct core *c, size_t device, int64_t value, const char *text)
{
	struct mark m = {.value = value};

	text_printf(
	    m.key, sizeof(m.key), CORE_MAINTENANCE_MARK "%s", c->site->devices[device].name);
	text_copy(m.text, sizeof(m.text), text);
	return m;
}

bool
maintenance_restore(struct core *c, const char *name, const struct mark *m)
{
	int device = site_find_device(c->site, name);
	const char *colon = strstr(m->text, ": ");
	struct maintenance *w;
	int64_t value = m->value & ~PLANNED, length_s = value % (1 << LENGTH_BITS);

	if (device == NO_INDEX)
		return false;
	if (m->value < 0)
		return true; /* it was, and is over */
	w = &c->devices[device].maintenance;
	w->planned = (m->value & PLANNED) != 0;
	w->until.us = value / (1 << LENGTH_BITS) * 1000000;
	if (length_s == 0) {
		w->ended = w->until;
		w->until = (wall_t){0};
		return true;
	}
	w->since.us = w->until.us - length_s * 1000000;
	text_copy(w->reason, sizeof(w->reason), m->text);
	text_printf(w->who, sizeof(w->who), "%.*s",
	    (int)(colon != NULL ? (size_t)(colon - m->text) : strlen(m->text)), m->text);
	return true;
}

/* ---- windows --------------------------------------------------------------------------------- */

bool
maintenance_on(const struct core *c, size_t device)
{
	return c->devices[device].maintenance.until.us != 0;
}

bool
maintenance_silences(const struct core *c, size_t alarm)
{
	const struct alarm_rule *r = c->rules[alarm];

	return maintenance_on(c, c->alarm_device[alarm]) && alarm_rule_yields(r);
}

/* Points and alarms are told anew with their flag. */
static void
tell_all(struct core *c, size_t device)
{
	const struct device_spec *d = &c->site->devices[device];

	changes_add(&c->changed_devices, device);
	for (size_t i = 0; i < d->profile->point_count; i++)
		if (!point_is_hidden(&c->state.points[d->first_point + i]))
			changes_add(&c->state.changed, d->first_point + i);
	for (size_t i = 0; i < d->alarm_count; i++)
		if (c->alarms[d->first_alarm + i].phase == ALARM_OUT_OF_SERVICE)
			changes_add(&c->changed_alarms, d->first_alarm + i);
}

static void
say(struct core *c, size_t device, enum event_type type, const char *who, bool was_on,
    enum maintenance_sentence what, const struct mark *mark, const struct now *now)
{
	const struct maintenance *w = &c->devices[device].maintenance;
	struct sentence s = core_sentence(c, device);
	struct event e = {.type = type, .priority = PRIORITY_LOW};

	s.until = w->until;
	s.reason = w->reason;
	s.who = who;
	core_event_device(c, &e, device);
	text_copy(e.from, sizeof(e.from), was_on ? "maintenance" : "in_service");
	text_copy(e.to, sizeof(e.to), maintenance_on(c, device) ? "maintenance" : "in_service");
	text_copy(e.who, sizeof(e.who), who);
	sentence_maintenance(&s, what, e.text, sizeof(e.text));
	core_event_mark(c, &e, NULL, mark, now);
}

static void
set_timer(struct core *c, size_t device, mono_t now)
{
	const struct maintenance *w = &c->devices[device].maintenance;
	bool is_long = w->until.us - w->since.us >= WARN_FROM_MS * INT64_C(1000);
	mono_t warn = {w->end.us - WARN_MS * INT64_C(1000)};

	timers_set(&c->timers, core_timer(c, TIMER_MAINTENANCE, device),
	    is_long && mono_before(now, warn) ? warn : w->end);
}

/* What calls somebody now is put aside. */
static void
put_aside(struct core *c, size_t device, const struct now *now)
{
	const struct device_spec *d = &c->site->devices[device];

	for (size_t a = d->first_alarm; a < d->first_alarm + d->alarm_count; a++)
		if (c->alarms[a].phase != ALARM_NORMAL && !alarm_is_aside(c->alarms[a].phase) &&
		    maintenance_silences(c, a))
			alarms_change(c, a, ALARM_IN_SERVICE_OUT, NULL, now);
}

/* What maintenance has put aside stands as it is now. */
static void
take_back(struct core *c, size_t device, const struct now *now)
{
	const struct device_spec *d = &c->site->devices[device];

	for (size_t a = d->first_alarm; a < d->first_alarm + d->alarm_count; a++)
		if (c->alarms[a].phase == ALARM_OUT_OF_SERVICE && !maintenance_silences(c, a))
			alarms_change(c, a, ALARM_IN_SERVICE_IN, NULL, now);
}

static void
begin(struct core *c, size_t device, bool planned, const char *who, wall_t until, int64_t for_ms,
    const char *reason, const struct now *now)
{
	struct maintenance *w = &c->devices[device].maintenance;
	bool was_on = maintenance_on(c, device);
	struct mark mark;

	w->planned = planned;
	w->restored = false;
	w->since.us = until.us - for_ms * 1000;
	w->until = until;
	w->end = mono_add_ms(now->mono, for_ms);
	text_copy(w->who, sizeof(w->who), who);
	text_printf(w->reason, sizeof(w->reason), "%s: %s", who, reason);
	mark =
	    mark_of(c, device, mark_value(w->until, for_ms) | (planned ? PLANNED : 0), w->reason);
	say(c, device, planned ? EVENT_SYSTEM : EVENT_OPERATOR, who, was_on,
	    was_on ? MAINTENANCE_PROLONGED : MAINTENANCE_BEGINS, &mark, now);
	put_aside(c, device, now);
	cause_aside(c, device, now);
	tell_all(c, device);
	set_timer(c, device, now->mono);
}

static bool
concerns(const struct maintenance_plan *p, size_t device)
{
	for (size_t d = 0; d < p->device_count; d++)
		if (p->devices[d] == (int)device)
			return true;
	return false;
}

/* The planned window that this device should be in now, the last to end; NULL: none. */
static const struct maintenance_plan *
plan_of(const struct core *c, size_t device, wall_t now)
{
	const struct maintenance_plan *last = NULL;

	for (size_t i = 0; i < c->site->maintenance_count; i++) {
		const struct maintenance_plan *p = &c->site->maintenance[i];

		if (now.us < p->from.us || now.us >= p->to.us ||
		    p->to.us <= c->devices[device].maintenance.ended.us)
			continue;
		if (concerns(p, device) && (last == NULL || p->to.us > last->to.us))
			last = p;
	}
	return last;
}

/* at: the time by which it is due; not now.wall where that cannot be believed. */
static void
begin_planned(struct core *c, size_t device, const struct maintenance_plan *p, wall_t at,
    const struct now *now)
{
	begin(c, device, true, p->by, p->to, (p->to.us - at.us + 999) / 1000, p->reason, now);
}

/* who: NULL: nobody. */
static void
finish(struct core *c, size_t device, const char *who, enum maintenance_sentence why,
    const struct now *now)
{
	struct maintenance *w = &c->devices[device].maintenance;
	const struct maintenance_plan *plan = who != NULL ? plan_of(c, device, now->wall) : NULL;
	struct mark mark = mark_of(c, device, -1, "");

	*w = (struct maintenance){.ended = plan != NULL ? plan->to : w->ended};
	if (now->wall.us < w->ended.us)
		mark = mark_of(c, device, mark_value(w->ended, 0), "");
	timers_set(&c->timers, core_timer(c, TIMER_MAINTENANCE, device), MONO_NEVER);
	say(c, device, who != NULL ? EVENT_OPERATOR : EVENT_SYSTEM, who != NULL ? who : "", true,
	    why, &mark, now);
	tell_all(c, device);
	take_back(c, device, now);
	cause_aside(c, device, now);
}

/* ---- what people do -------------------------------------------------------------------------- */

enum maintenance_result
core_maintenance_begin(struct core *c, size_t device, const char *who, int64_t for_ms,
    const char *reason, const struct now *now)
{
	if (for_ms < CORE_MAINTENANCE_MIN_MS || for_ms > CORE_MAINTENANCE_MAX_MS)
		return MAINTENANCE_RANGE;
	if (reason[0] == '\0' || strlen(who) + 2 + strlen(reason) >= ALARM_REASON_MAX)
		return MAINTENANCE_REASON;
	core_watch_clock(c, now);
	begin(c, device, false, who, (wall_t){now->wall.us + for_ms * 1000}, for_ms, reason, now);
	return MAINTENANCE_DONE;
}

enum maintenance_result
core_maintenance_end(struct core *c, size_t device, const char *who, const struct now *now)
{
	if (!maintenance_on(c, device))
		return MAINTENANCE_NOTHING;
	core_watch_clock(c, now);
	finish(c, device, who, MAINTENANCE_ENDED, now);
	return MAINTENANCE_DONE;
}

/* ---- time ------------------------------------------------------------------------------------ */

/* The time of a window is over: another one goes on, or none. */
static void
run_out(struct core *c, size_t device, const struct now *now)
{
	const struct maintenance_plan *p = plan_of(c, device, now->wall);

	if (p != NULL)
		begin_planned(c, device, p, now->wall, now);
	else
		finish(c, device, NULL, MAINTENANCE_OVER, now);
}

void
maintenance_due(struct core *c, size_t device, const struct now *now)
{
	const struct maintenance *w = &c->devices[device].maintenance;
	const struct maintenance_plan *p = plan_of(c, device, now->wall);

	if (!maintenance_on(c, device))
		return;
	if (!mono_before(now->mono, w->end)) {
		run_out(c, device, now);
		return;
	}
	if (p == NULL || p->to.us <= w->until.us)
		say(c, device, EVENT_SYSTEM, w->who, true, MAINTENANCE_ENDS_SOON, NULL, now);
	set_timer(c, device, now->mono);
}

/* Begins and ends by the wall clock, also where that was set meanwhile. */
static void
check_plan(struct core *c, const struct maintenance_plan *p, const struct now *now)
{
	for (size_t i = 0; i < p->device_count; i++) {
		size_t device = (size_t)p->devices[i];
		const struct maintenance *w = &c->devices[device].maintenance;

		if (maintenance_on(c, device) && w->until.us == p->to.us &&
		    now->wall.us >= p->to.us)
			run_out(c, device, now);
		if (!maintenance_on(c, device) && plan_of(c, device, now->wall) == p)
			begin_planned(c, device, p, now->wall, now);
	}
}

void
maintenance_check_plans(struct core *c, const struct now *now)
{
	int64_t wait_ms = 0;

	for (size_t i = 0; i < c->site->maintenance_count; i++) {
		const struct maintenance_plan *p = &c->site->maintenance[i];
		int64_t to_begin_ms = (p->from.us - now->wall.us + 999) / 1000;

		check_plan(c, p, now);
		/* Those that are over as well: the clock may be set back. */
		if (to_begin_ms <= 0 || to_begin_ms > PLAN_CHECK_MS)
			to_begin_ms = PLAN_CHECK_MS;
		wait_ms = wait_ms == 0 || to_begin_ms < wait_ms ? to_begin_ms : wait_ms;
	}
	timers_set(&c->timers, core_plan_timer(c),
	    wait_ms > 0 ? mono_add_ms(now->mono, wait_ms) : MONO_NEVER);
}

/*
 * By the wall clock as far as it can be believed, as with shelves: never longer than the window was
 * made for.
 */
static mono_t
end_by_clock(const struct maintenance *w, const struct now *now)
{
	int64_t left_us = w->until.us - now->wall.us;

	if (left_us > w->until.us - w->since.us)
		left_us = w->until.us - w->since.us;
	return mono_add_ms(now->mono, left_us > 0 ? left_us / 1000 : 0);
}

void
maintenance_clock_set(struct core *c, const struct now *now)
{
	for (size_t d = 0; d < c->site->device_count; d++) {
		struct maintenance *w = &c->devices[d].maintenance;

		if (!maintenance_on(c, d) || !w->restored)
			continue;
		w->end = mono_min(w->end, end_by_clock(w, now));
		set_timer(c, d, now->mono);
	}
}

/* What was not written yet when the agent was killed is put right. */
static void
resume(struct core *c, size_t device, const struct now *now)
{
	struct maintenance *w = &c->devices[device].maintenance;

	w->restored = true;
	w->end = end_by_clock(w, now);
	put_aside(c, device, now);
	changes_add(&c->changed_devices, device);
	set_timer(c, device, now->mono);
}

/* Is a window of the file, with the end that the file says? The mark has whole seconds. */
static bool
is_as_planned(const struct core *c, size_t device, wall_t at)
{
	int64_t until_s = c->devices[device].maintenance.until.us / 1000000;

	for (size_t i = 0; i < c->site->maintenance_count; i++) {
		const struct maintenance_plan *p = &c->site->maintenance[i];

		if (concerns(p, device) && at.us >= p->from.us && at.us < p->to.us &&
		    p->to.us / 1000000 == until_s)
			return true;
	}
	return false;
}

/*
 * A window that came from the file is as the file says now: over where it is no more in it, or with
 * its new end. It had begun, so it is not earlier than that, whatever a clock says that is not set.
 */
static void
resume_planned(struct core *c, size_t device, const struct now *now)
{
	const struct maintenance *w = &c->devices[device].maintenance;
	wall_t at = now->wall.us > w->since.us ? now->wall : w->since;
	const struct maintenance_plan *p = plan_of(c, device, at);

	if (is_as_planned(c, device, at))
		resume(c, device, now);
	else if (p != NULL)
		begin_planned(c, device, p, at, now);
	else
		finish(c, device, NULL,
		    at.us < w->until.us ? MAINTENANCE_UNPLANNED : MAINTENANCE_OVER, now);
}

void
maintenance_start(struct core *c, const struct now *now)
{
	for (size_t d = 0; d < c->site->device_count; d++) {
		if (maintenance_on(c, d) && c->devices[d].maintenance.planned)
			resume_planned(c, d, now);
		else if (maintenance_on(c, d))
			resume(c, d, now);
		take_back(c, d, now);
	}
	maintenance_check_plans(c, now);
}
