/* What people do, rightly and wrongly. Where it is refused, nothing must have happened. */
#include "day.h"

#include <string.h>

static const char *const names[] = {"sato", "tanaka", "mori"};

static const char *
somebody(struct day *w)
{
	return names[day_roll(w, COUNT(names))];
}

static size_t
some_alarm(struct day *w)
{
	size_t n = w->site.alarm_count;

	/* One that calls, if there is one near. */
	for (size_t i = 0, a = day_roll(w, (uint32_t)n); i < n; i++, a = (a + 1) % n)
		if (w->alarms[a].mirror != ALARM_NORMAL && !day_chance(w, 3))
			return a;
	return day_roll(w, (uint32_t)n);
}

static void
acknowledge(struct day *w)
{
	size_t alarm = some_alarm(w);
	uint64_t before = w->seq;
	enum ack_result r = day_chance(w, 4) ? core_reset(w->core, alarm, somebody(w), &w->now)
					     : core_ack(w->core, alarm, somebody(w), &w->now);

	HOLDS(w, (r == ACK_DONE) == (w->seq > before), "an acknowledgement and its event differ");
	before = w->seq;
	HOLDS(w,
	    core_ack(w->core, w->site.alarm_count + day_roll(w, 3), "sato", &w->now) ==
		    ACK_NO_SUCH &&
		w->seq == before,
	    "an alarm that does not exist was acknowledged");
}

static void
shelve(struct day *w)
{
	static const int64_t times_ms[] = {
	    60000, 600000, 3600000, CORE_SHELVE_MAX_MS, 59999, CORE_SHELVE_MAX_MS + 1, 0, -1};
	size_t alarm = some_alarm(w);
	int64_t ms = times_ms[day_roll(w, COUNT(times_ms))];
	const char *why = day_chance(w, 10) ? "" : "being repaired";
	uint64_t before = w->seq;
	struct alarm_truth *t = &w->alarms[alarm];
	enum shelve_result r;

	r = core_shelve(w->core, alarm, somebody(w), ms, why, &w->now);
	HOLDS(w, (r == SHELVE_DONE) == (w->seq > before), "shelving and its event differ");
	if (r != SHELVE_DONE)
		return;
	HOLDS(w, ms >= CORE_SHELVE_MIN_MS && ms <= CORE_SHELVE_MAX_MS && why[0] != '\0',
	    "shelved for %lld ms because of \"%s\"", (long long)ms, why);
	HOLDS(w, w->flat_alarms[alarm].rule->priority != PRIORITY_CRITICAL,
	    "a critical alarm was shelved");
	t->shelf_us = ms * 1000;
	t->shelf_end = w->t + t->shelf_us;
	t->shelf_steps = w->wall_steps;
	t->shelf_restored = false;
}

static void
unshelve(struct day *w)
{
	size_t alarm = some_alarm(w);
	bool was = w->alarms[alarm].mirror == ALARM_SHELVED;
	enum shelve_result r = core_unshelve(w->core, alarm, somebody(w), &w->now);

	HOLDS(w, (r == SHELVE_DONE) == was, "what was not shelved came back, or the other way");
	HOLDS(w, w->alarms[alarm].mirror != ALARM_SHELVED, "unshelved, and shelved still");
}

static void
maintain(struct day *w)
{
	static const int64_t times_ms[] = {
	    60000, 600000, 1800000, 14400000, 86400000, 59999, CORE_MAINTENANCE_MAX_MS + 1};
	size_t d = day_roll(w, (uint32_t)w->site.device_count);
	int64_t ms = times_ms[day_roll(w, COUNT(times_ms))];
	enum maintenance_result r;

	r = core_maintenance_begin(w->core, d, somebody(w), ms, "new filter", &w->now);
	HOLDS(w,
	    (r == MAINTENANCE_DONE) ==
		(ms >= CORE_MAINTENANCE_MIN_MS && ms <= CORE_MAINTENANCE_MAX_MS),
	    "maintenance for %lld ms: %d", (long long)ms, r);
	if (r == MAINTENANCE_DONE)
		judge_window(w, d, w->t + ms * 1000);
}

static void
end_maintenance(struct day *w)
{
	size_t d = day_roll(w, (uint32_t)w->site.device_count);
	bool was = core_devices(w->core)[d].maintenance.until.us != 0;

	HOLDS(w,
	    (core_maintenance_end(w->core, d, somebody(w), &w->now) == MAINTENANCE_DONE) == was,
	    "maintenance ended that was not, or the other way");
	HOLDS(w, core_devices(w->core)[d].maintenance.until.us == 0, "maintenance does not end");
}

void
people_act(struct day *w)
{
	w->deeds++;
	w->deed = true;
	switch (day_roll(w, 16)) {
	case 0:
		core_ack_all(w->core, somebody(w), &w->now);
		for (size_t a = 0; a < w->site.alarm_count; a++)
			HOLDS(w,
			    w->alarms[a].mirror != ALARM_UNACKNOWLEDGED &&
				w->alarms[a].mirror != ALARM_RETURNED,
			    "all acknowledged, and one is not");
		break;
	case 1:
	case 2:
	case 3:
		shelve(w);
		break;
	case 4:
		unshelve(w);
		break;
	case 5:
		maintain(w);
		break;
	case 6:
	case 7:
		end_maintenance(w);
		break;
	case 8:
		core_poll_now(
		    w->core, (int)day_roll(w, (uint32_t)w->site.device_count + 2) - 1, &w->now);
		break;
	default:
		acknowledge(w);
	}
	w->deed = false;
}
