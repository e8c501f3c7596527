/* core: devices in maintenance call nobody, always with an end, and hide nothing afterwards. */
#include "heart_room.h"

static struct point_spec points[2];
static struct profile profile;
static struct room *r;

enum { WARM = 1, HOT, SLOW, LOUD, SOFT }; /* rules of device 0; its rule 0 is comm_lost */
enum { CRAC, SENSOR };                    /* the sensor hangs on the CRAC */

#define HOUR_MS 3600000

static int
setup(void **state)
{
	const struct alarm_rule rules[] = {
	    {.name = "warm", .kind = RULE_HIGH, .limit = 30, .priority = PRIORITY_HIGH},
	    {.name = "hot", .kind = RULE_HIGH, .limit = 40, .priority = PRIORITY_CRITICAL},
	    {.name = "slow",
		.kind = RULE_HIGH,
		.limit = 30,
		.on_delay_ms = 30000,
		.priority = PRIORITY_MEDIUM},
	    {.name = "loud",
		.kind = RULE_HIGH,
		.limit = 35,
		.priority = PRIORITY_LOW,
		.in_maintenance = MAINTENANCE_RAISED},
	    {.name = "soft",
		.kind = RULE_HIGH,
		.limit = 50,
		.priority = PRIORITY_CRITICAL,
		.in_maintenance = MAINTENANCE_SILENT},
	};

	(void)state;
	points[0] = room_point("value", 0, POLL_NORMAL);
	profile = room_profile(points, 1);
	r = room_new();
	room_device(r, &profile, rules, COUNT(rules));
	room_device(r, &profile, NULL, 0);
	for (size_t i = 1; i <= COUNT(rules); i++) {
		r->rules[CRAC][i].title.en = r->rules[CRAC][i].name;
		r->rules[CRAC][i].when = "value > N";
	}
	r->devices[SENSOR].parent = CRAC;
	r->fakes[CRAC].regs[0] = 200;
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	room_free(r);
	return 0;
}

static void
begin(int64_t ms)
{
	assert_int_equal(
	    core_maintenance_begin(r->core, CRAC, "Tanaka", ms, "filter change", &r->now),
	    MAINTENANCE_DONE);
}

static enum alarm_phase
phase(size_t rule)
{
	return room_alarm(r, CRAC, rule)->phase;
}

/* A second life of the agent, with what the store would have. */
static void
restart(const struct mark *mark, const struct alarm_record *record)
{
	core_free(r->core);
	r->first_seq += r->event_total;
	r->event_total = 0;
	r->out_count = 0;
	room_start(r, 3);
	if (record != NULL)
		assert_true(core_restore(r->core, record));
	if (mark != NULL)
		assert_true(core_restore_mark(r->core, mark));
}

static void
nobody_is_called(void **state)
{
	struct core_summary sum;
	const struct event *e;

	(void)state;
	room_start(r, 3);
	room_run(r, 5000);
	begin(HOUR_MS);
	e = room_last(r, EVENT_OPERATOR, CRAC, NULL);
	assert_string_equal(e->who, "Tanaka");
	assert_string_equal(e->to, "maintenance");
	assert_non_null(strstr(e->text, "(Tanaka: filter change)"));
	r->fakes[CRAC].regs[0] = 310;
	room_run(r, 60000);
	assert_int_equal(phase(WARM), ALARM_OUT_OF_SERVICE);
	assert_int_equal(phase(SLOW), ALARM_OUT_OF_SERVICE);
	e = room_last(r, EVENT_ALARM, CRAC, "warm");
	assert_string_equal(e->from, "normal");
	assert_string_equal(e->to, "out_of_service");
	assert_non_null(strstr(e->text, "value 31 °C is above 30 °C. It calls nobody"));
	core_summary(r->core, &sum);
	assert_int_equal(sum.devices_in_maintenance, 1);
	assert_int_equal(sum.out_of_service, 2);
	for (int p = 0; p < PRIORITY_COUNT; p++)
		assert_int_equal(sum.alarms[p], 0);
	/* Values go on. */
	assert_int_equal(room_state(r, CRAC, 0)->quality, QUALITY_GOOD);
	assert_true(room_state(r, CRAC, 0)->value == 31);
}

static void
danger_is_called_all_the_same(void **state)
{
	(void)state;
	room_start(r, 3);
	room_run(r, 5000);
	begin(HOUR_MS);
	r->fakes[CRAC].regs[0] = 510;
	room_run(r, 5000);
	assert_int_equal(phase(HOT), ALARM_UNACKNOWLEDGED);
	assert_int_equal(phase(LOUD), ALARM_UNACKNOWLEDGED);
	assert_int_equal(phase(SOFT), ALARM_OUT_OF_SERVICE);
	assert_int_equal(phase(WARM), ALARM_OUT_OF_SERVICE);
}

static void
it_ends_by_itself_and_says_so_before(void **state)
{
	size_t events;

	(void)state;
	room_start(r, 3);
	room_run(r, 5000);
	begin(HOUR_MS);
	r->fakes[CRAC].regs[0] = 310;
	room_run(r, HOUR_MS - 601000);
	assert_null(room_last(r, EVENT_SYSTEM, CRAC, NULL));
	room_run(r, 2000);
	assert_non_null(strstr(room_last(r, EVENT_SYSTEM, CRAC, NULL)->text, "ends at"));
	r->now.wall.us -= INT64_C(86400000000); /* the wall clock does not lengthen it */
	room_run(r, 598000);
	assert_int_equal(phase(WARM), ALARM_OUT_OF_SERVICE);
	events = r->event_count;
	room_run(r, 2000);
	assert_int_equal(phase(WARM), ALARM_UNACKNOWLEDGED);
	assert_int_equal(phase(SLOW), ALARM_UNACKNOWLEDGED);
	assert_string_equal(r->events[events].to, "in_service"); /* the device first */
	assert_string_equal(room_last(r, EVENT_ALARM, CRAC, "warm")->text,
	    "The maintenance is over. dev0: value 31 °C is above 30 °C.");
	assert_int_equal(r->marks[r->mark_count - 1].value, -1);
	assert_string_equal(r->marks[r->mark_count - 1].key, "maintenance/dev0");
}

static void
what_was_owed_is_owed_still(void **state)
{
	(void)state;
	r->fakes[CRAC].regs[0] = 310;
	room_start(r, 3);
	room_run(r, 5000);
	assert_int_equal(phase(WARM), ALARM_UNACKNOWLEDGED);
	begin(HOUR_MS);
	assert_int_equal(phase(WARM), ALARM_OUT_OF_SERVICE);
	assert_int_equal(core_ack(r->core, WARM, "Sato", &r->now), ACK_NOTHING);
	r->fakes[CRAC].regs[0] = 200;
	room_run(r, 5000);
	assert_int_equal(phase(WARM), ALARM_OUT_OF_SERVICE);
	assert_int_equal(core_maintenance_end(r->core, CRAC, "Sato", &r->now), MAINTENANCE_DONE);
	assert_string_equal(room_last(r, EVENT_OPERATOR, CRAC, NULL)->who, "Sato");
	assert_int_equal(phase(WARM), ALARM_RETURNED);
	assert_int_equal(core_maintenance_end(r->core, CRAC, "Sato", &r->now), MAINTENANCE_NOTHING);
	room_run(r, 2 * HOUR_MS);
	assert_null(room_last(r, EVENT_SYSTEM, CRAC, NULL));
	/* what is over is over after a restart, and is known as that */
	restart(&r->marks[r->mark_count - 1], NULL);
	room_run(r, 1000);
	assert_int_equal(core_devices(r->core)[CRAC].maintenance.until.us, 0);
}

/* What came and went in between was never raised, and is forgotten. */
static void
nothing_is_owed_for_what_came_and_went(void **state)
{
	(void)state;
	room_start(r, 3);
	room_run(r, 5000);
	begin(HOUR_MS);
	r->fakes[CRAC].regs[0] = 310;
	room_run(r, 5000);
	r->fakes[CRAC].regs[0] = 200;
	room_run(r, 5000);
	assert_int_equal(core_maintenance_end(r->core, CRAC, "Sato", &r->now), MAINTENANCE_DONE);
	assert_int_equal(phase(WARM), ALARM_NORMAL);
}

/* It was lost and is back; that its alarm would wait a little with its end makes no call of it. */
static void
a_device_that_is_back_is_not_told_as_lost(void **state)
{
	(void)state;
	r->rules[CRAC][0].off_delay_ms = 60000;
	room_start(r, 3);
	room_run(r, 5000);
	begin(HOUR_MS);
	r->fakes[CRAC].silent = true;
	room_run(r, 60000);
	assert_int_equal(phase(0), ALARM_OUT_OF_SERVICE);
	r->fakes[CRAC].silent = false;
	room_run(r, 10000);
	assert_int_equal(room_phase(r, CRAC), DEVICE_ONLINE);
	assert_int_equal(core_maintenance_end(r->core, CRAC, "Sato", &r->now), MAINTENANCE_DONE);
	assert_int_equal(phase(0), ALARM_NORMAL);
}

static void
a_shelf_that_ends_within(void **state)
{
	(void)state;
	r->fakes[CRAC].regs[0] = 310;
	room_start(r, 3);
	room_run(r, 5000);
	core_shelve(r->core, WARM, "Sato", 60000, "known", &r->now);
	begin(HOUR_MS);
	assert_int_equal(phase(WARM), ALARM_SHELVED);
	room_run(r, 61000);
	assert_int_equal(phase(WARM), ALARM_OUT_OF_SERVICE);
	room_run(r, HOUR_MS);
	assert_int_equal(phase(WARM), ALARM_UNACKNOWLEDGED);
}

/* Switched off by those who work on it: it is lost, what hangs on it is its symptom. */
static void
the_device_and_its_child_are_switched_off(void **state)
{
	(void)state;
	room_start(r, 3);
	room_run(r, 5000);
	begin(HOUR_MS);
	r->fakes[CRAC].silent = r->fakes[SENSOR].silent = true;
	room_run(r, 60000);
	assert_int_equal(phase(0), ALARM_OUT_OF_SERVICE);
	assert_int_equal(room_alarm(r, SENSOR, 0)->phase, ALARM_SUPPRESSED);
	assert_int_equal(room_alarm(r, SENSOR, 0)->cause, (int)r->devices[CRAC].first_alarm);
	assert_string_equal(room_last(r, EVENT_DEVICE, CRAC, NULL)->word, "maintenance");
	room_run(r, HOUR_MS);
	assert_int_equal(phase(0), ALARM_UNACKNOWLEDGED);
	assert_int_equal(room_alarm(r, SENSOR, 0)->phase, ALARM_SUPPRESSED);
	r->fakes[CRAC].silent = r->fakes[SENSOR].silent = false;
	room_run(r, 130000);
	assert_int_equal(phase(0), ALARM_RETURNED);
	assert_int_equal(room_alarm(r, SENSOR, 0)->phase, ALARM_NORMAL);
}

static void
what_is_refused(void **state)
{
	char reason[ALARM_REASON_MAX];

	(void)state;
	room_start(r, 3);
	room_run(r, 5000);
	memset(reason, 'x', sizeof(reason) - 1);
	reason[sizeof(reason) - 1] = '\0';
	assert_int_equal(
	    core_maintenance_begin(r->core, CRAC, "T", 59999, "why", &r->now), MAINTENANCE_RANGE);
	assert_int_equal(
	    core_maintenance_begin(r->core, CRAC, "T", CORE_MAINTENANCE_MAX_MS + 1, "why", &r->now),
	    MAINTENANCE_RANGE);
	assert_int_equal(
	    core_maintenance_begin(r->core, CRAC, "T", HOUR_MS, "", &r->now), MAINTENANCE_REASON);
	assert_int_equal(core_maintenance_begin(r->core, CRAC, "T", HOUR_MS, reason, &r->now),
	    MAINTENANCE_REASON);
	assert_int_equal(core_shelve(r->core, WARM, "T", 60000, reason, &r->now), SHELVE_REASON);
	assert_int_equal(core_devices(r->core)[CRAC].maintenance.until.us, 0);
}

static void
begun_again_it_has_the_new_end(void **state)
{
	(void)state;
	r->fakes[CRAC].regs[0] = 310;
	room_start(r, 3);
	room_run(r, 5000);
	begin(HOUR_MS);
	room_run(r, HOUR_MS / 2);
	begin(HOUR_MS);
	assert_string_equal(room_last(r, EVENT_OPERATOR, CRAC, NULL)->from, "maintenance");
	room_run(r, HOUR_MS - 10000);
	assert_int_equal(phase(WARM), ALARM_OUT_OF_SERVICE);
	room_run(r, 20000);
	assert_int_equal(phase(WARM), ALARM_UNACKNOWLEDGED);
}

/* kill -9 within the window: as it was. The end has passed meanwhile: over at once. */
static void
it_survives_the_agent(void **state)
{
	struct mark mark;
	struct alarm_record record = {.device = "dev0", .alarm = "warm", .seq = 1};

	(void)state;
	r->fakes[CRAC].regs[0] = 310;
	room_start(r, 3);
	room_run(r, 5000);
	begin(HOUR_MS);
	mark = r->marks[r->mark_count - 1];
	assert_string_equal(mark.text, "Tanaka: filter change");
	room_run(r, HOUR_MS / 2);
	/* Killed between the mark and the record of the alarm: it was still raised. */
	record.phase = ALARM_UNACKNOWLEDGED;
	record.raised = record.since = r->now.wall;
	restart(&mark, &record);
	room_run(r, 5000);
	assert_int_equal(phase(WARM), ALARM_OUT_OF_SERVICE);
	assert_string_equal(core_devices(r->core)[CRAC].maintenance.who, "Tanaka");
	/* A clock that was never set does not lengthen it. */
	record.phase = ALARM_OUT_OF_SERVICE;
	r->now.wall.us -= INT64_C(864000000000);
	restart(&mark, &record);
	room_run(r, HOUR_MS - 10000);
	assert_int_equal(phase(WARM), ALARM_OUT_OF_SERVICE);
	room_run(r, 11000);
	assert_int_equal(phase(WARM), ALARM_UNACKNOWLEDGED);
	/* Down until after the end. */
	r->now.wall.us += INT64_C(1728000000000);
	restart(&mark, &record);
	room_run(r, 5000);
	assert_int_equal(phase(WARM), ALARM_UNACKNOWLEDGED);
	/* The mark is not there: an alarm out of service has nobody to wait for. */
	restart(NULL, &record);
	room_run(r, 5000);
	assert_int_equal(phase(WARM), ALARM_UNACKNOWLEDGED);
}

/* Power was away, and the clock of a board without one goes on from where it was: left_ms. */
static void
wake_up_late(int64_t left_ms)
{
	const struct alarm_record record = {
	    .device = "dev0", .alarm = "warm", .seq = 1, .phase = ALARM_OUT_OF_SERVICE};
	struct mark mark;

	r->fakes[CRAC].regs[0] = 310;
	room_start(r, 3);
	room_run(r, 5000);
	begin(4 * HOUR_MS);
	mark = r->marks[r->mark_count - 1];
	room_run(r, 4 * HOUR_MS - left_ms);
	r->now.synced = false;
	restart(&mark, &record);
	room_run(r, 30000);
	assert_int_equal(phase(WARM), ALARM_OUT_OF_SERVICE);
}

/* It ends when the screens say so: the time that was away is known when the clock is set. */
static void
the_time_of_the_power_cut_counts(void **state)
{
	(void)state;
	wake_up_late(3 * HOUR_MS);
	r->now.wall.us += INT64_C(1000) * HOUR_MS;
	room_run(r, 2 * HOUR_MS - 60000);
	assert_int_equal(phase(WARM), ALARM_OUT_OF_SERVICE);
	/* Ten minutes before, as ever. */
	assert_int_equal(room_count(r, EVENT_SYSTEM, CRAC), 1);
	assert_non_null(strstr(room_last(r, EVENT_SYSTEM, CRAC, NULL)->text, "ends at"));
	room_run(r, 60000);
	assert_int_equal(phase(WARM), ALARM_UNACKNOWLEDGED);
}

static void
the_end_was_during_the_power_cut(void **state)
{
	(void)state;
	wake_up_late(3 * HOUR_MS);
	r->now.wall.us += INT64_C(6000) * HOUR_MS;
	r->now.synced = true;
	room_run(r, 1000);
	assert_int_equal(phase(WARM), ALARM_UNACKNOWLEDGED);
}

/* Also where it was set so slowly that no step was seen. */
static void
a_clock_that_was_slewed_counts(void **state)
{
	(void)state;
	wake_up_late(2 * HOUR_MS);
	for (int i = 0; i < 8100; i++) {
		r->now.wall.us += 400000;
		room_run(r, 500);
	}
	assert_int_equal(room_count(r, EVENT_SYSTEM, -1), 0);
	assert_int_equal(phase(WARM), ALARM_OUT_OF_SERVICE);
	r->now.synced = true;
	room_run(r, 1000);
	assert_int_equal(phase(WARM), ALARM_UNACKNOWLEDGED);
}

static void
a_clock_set_back_lengthens_nothing(void **state)
{
	(void)state;
	wake_up_late(3 * HOUR_MS);
	r->now.wall.us -= INT64_C(48000) * HOUR_MS;
	r->now.synced = true;
	room_run(r, 3 * HOUR_MS - 60000);
	assert_int_equal(phase(WARM), ALARM_OUT_OF_SERVICE);
	room_run(r, 60000);
	assert_int_equal(phase(WARM), ALARM_UNACKNOWLEDGED);
}

/* What was begun under the wrong clock has its time: it says nothing of that one. */
static void
begun_before_the_clock_is_set(void **state)
{
	(void)state;
	wake_up_late(3 * HOUR_MS);
	begin(2 * HOUR_MS);
	r->now.wall.us += INT64_C(48000) * HOUR_MS;
	r->now.synced = true;
	room_run(r, 2 * HOUR_MS - 10000);
	assert_int_equal(phase(WARM), ALARM_OUT_OF_SERVICE);
	room_run(r, 11000);
	assert_int_equal(phase(WARM), ALARM_UNACKNOWLEDGED);
}

/* ---- planned --------------------------------------------------------------------------------- */

static const int planned_devices[] = {CRAC};
static struct maintenance_plan plan;

static void
plan_from(int64_t from_ms, int64_t to_ms)
{
	plan = (struct maintenance_plan){.devices = planned_devices,
	    .device_count = 1,
	    .from = {r->now.wall.us + from_ms * 1000},
	    .to = {r->now.wall.us + to_ms * 1000},
	    .by = "Sato",
	    .reason = "yearly inspection"};
	r->site.maintenance = &plan;
	r->site.maintenance_count = 1;
}

static void
a_planned_window_comes_and_goes(void **state)
{
	(void)state;
	r->fakes[CRAC].regs[0] = 310;
	plan_from(2 * HOUR_MS, 3 * HOUR_MS);
	room_start(r, 3);
	room_run(r, 2 * HOUR_MS - 10000);
	assert_int_equal(phase(WARM), ALARM_UNACKNOWLEDGED);
	room_run(r, 11000);
	assert_int_equal(phase(WARM), ALARM_OUT_OF_SERVICE);
	assert_string_equal(room_last(r, EVENT_SYSTEM, CRAC, NULL)->who, "Sato");
	assert_int_equal(core_devices(r->core)[CRAC].maintenance.until.us, plan.to.us);
	room_run(r, HOUR_MS - 20000);
	assert_int_equal(phase(WARM), ALARM_OUT_OF_SERVICE);
	room_run(r, 20000);
	assert_int_equal(phase(WARM), ALARM_UNACKNOWLEDGED);
	room_run(r, HOUR_MS);
	assert_int_equal(phase(WARM), ALARM_UNACKNOWLEDGED);
}

/* Started in the middle of it; ended by a person it stays ended, also over a restart. */
static void
a_planned_window_that_a_person_ends(void **state)
{
	struct mark mark;

	(void)state;
	plan_from(-HOUR_MS, HOUR_MS);
	room_start(r, 3);
	room_run(r, 1000);
	assert_int_equal(core_devices(r->core)[CRAC].maintenance.until.us, plan.to.us);
	assert_int_equal(core_maintenance_end(r->core, CRAC, "Sato", &r->now), MAINTENANCE_DONE);
	mark = r->marks[r->mark_count - 1];
	assert_true(mark.value >= 0);
	room_run(r, 300000);
	assert_int_equal(core_devices(r->core)[CRAC].maintenance.until.us, 0);
	restart(&mark, NULL);
	room_run(r, 300000);
	assert_int_equal(core_devices(r->core)[CRAC].maintenance.until.us, 0);
	/* A window of a person that ends within a planned one goes on with that. */
	restart(NULL, NULL);
	room_run(r, 1000);
	begin(600000);
	room_run(r, 610000);
	assert_int_equal(
	    core_devices(r->core)[CRAC].maintenance.until.us / 1000000, plan.to.us / 1000000);
}

/* Nor does it begin again behind a window of a person, who is back for an hour. */
static void
an_ended_plan_stays_ended(void **state)
{
	struct mark mark;

	(void)state;
	r->fakes[CRAC].regs[0] = 310;
	plan_from(-HOUR_MS, 3 * HOUR_MS);
	room_start(r, 3);
	room_run(r, 10000);
	assert_int_equal(core_maintenance_end(r->core, CRAC, "Sato", &r->now), MAINTENANCE_DONE);
	room_run(r, 60000);
	begin(600000);
	room_run(r, 610000);
	assert_int_equal(core_devices(r->core)[CRAC].maintenance.until.us, 0);
	assert_int_equal(phase(WARM), ALARM_UNACKNOWLEDGED);
	mark = r->marks[r->mark_count - 1];
	room_run(r, 120000);
	assert_int_equal(core_devices(r->core)[CRAC].maintenance.until.us, 0);
	restart(&mark, NULL);
	room_run(r, 120000);
	assert_int_equal(core_devices(r->core)[CRAC].maintenance.until.us, 0);
}

/* The wall clock is set into the window, and out of it. */
static void
the_clock_is_set(void **state)
{
	(void)state;
	plan_from(24 * HOUR_MS, 25 * HOUR_MS);
	room_start(r, 3);
	room_run(r, 60000);
	r->now.wall.us += INT64_C(1000) * (24 * HOUR_MS + HOUR_MS / 2);
	room_run(r, 61000);
	assert_int_equal(core_devices(r->core)[CRAC].maintenance.until.us, plan.to.us);
	room_run(r, HOUR_MS / 2);
	assert_int_equal(core_devices(r->core)[CRAC].maintenance.until.us, 0);
}

/* Set beyond the end, a window is over; set back from beyond all plans, it begins in its time. */
static void
the_clock_is_set_beyond(void **state)
{
	(void)state;
	plan_from(HOUR_MS, 3 * HOUR_MS);
	room_start(r, 3);
	room_run(r, HOUR_MS + 60000);
	assert_int_equal(core_devices(r->core)[CRAC].maintenance.until.us, plan.to.us);
	r->now.wall.us += INT64_C(1000) * 2 * HOUR_MS;
	room_run(r, 61000);
	assert_int_equal(core_devices(r->core)[CRAC].maintenance.until.us, 0);
	room_run(r, 600000);
	r->now.wall.us -= INT64_C(1000) * 2 * HOUR_MS;
	room_run(r, 61000);
	assert_int_equal(core_devices(r->core)[CRAC].maintenance.until.us, plan.to.us);
}

/* Two windows at a time: the maintenance ends with the later one, or with the person who ends it.
 */
static void
two_planned_windows(void **state)
{
	struct maintenance_plan plans[2];

	(void)state;
	plan_from(HOUR_MS, 2 * HOUR_MS);
	plans[0] = plan;
	plan_from(HOUR_MS + HOUR_MS / 2, 3 * HOUR_MS);
	plans[1] = plan;
	r->site.maintenance = plans;
	r->site.maintenance_count = 2;
	room_start(r, 3);
	room_run(r, 2 * HOUR_MS + 1000);
	assert_int_equal(core_devices(r->core)[CRAC].maintenance.until.us, plans[1].to.us);
	room_run(r, HOUR_MS);
	assert_int_equal(core_devices(r->core)[CRAC].maintenance.until.us, 0);
	r->now.wall.us -= INT64_C(1000) * (HOUR_MS + HOUR_MS / 4);
	room_run(r, 61000);
	assert_int_equal(core_devices(r->core)[CRAC].maintenance.until.us, plans[1].to.us);
	assert_int_equal(core_maintenance_end(r->core, CRAC, "Sato", &r->now), MAINTENANCE_DONE);
	room_run(r, 120000);
	assert_int_equal(core_devices(r->core)[CRAC].maintenance.until.us, 0);
}

/* A planned window has begun, with an alarm put aside; the mark of it. */
static struct mark
in_planned(int64_t to_ms)
{
	r->fakes[CRAC].regs[0] = 310;
	plan_from(-HOUR_MS, to_ms);
	room_start(r, 3);
	room_run(r, 5000);
	assert_int_equal(phase(WARM), ALARM_OUT_OF_SERVICE);
	return r->marks[r->mark_count - 1];
}

static const struct alarm_record put_aside = {
    .device = "dev0", .alarm = "warm", .seq = 1, .phase = ALARM_OUT_OF_SERVICE};

/* What came from the file goes with the file: nobody would end it for up to a week. */
static void
a_plan_that_is_taken_out(void **state)
{
	static const int other[] = {SENSOR};
	struct mark mark = in_planned(96 * HOUR_MS);

	(void)state;
	r->site.maintenance_count = 0;
	restart(&mark, &put_aside);
	room_run(r, 5000);
	assert_int_equal(core_devices(r->core)[CRAC].maintenance.until.us, 0);
	assert_int_equal(phase(WARM), ALARM_UNACKNOWLEDGED);
	assert_string_equal(room_last(r, EVENT_SYSTEM, CRAC, NULL)->to, "in_service");
	assert_string_equal(room_last(r, EVENT_SYSTEM, CRAC, NULL)->text,
	    "The site file plans no maintenance of dev0 for now any more: its alarms call again.");
	assert_int_equal(r->marks[r->mark_count - 1].value, -1);
	/* Its device is: the other one's goes on. Also with a clock that was never set. */
	r->site.maintenance_count = 1;
	plan.devices = other;
	r->now.wall.us = 1000000;
	restart(&mark, &put_aside);
	room_run(r, 5000);
	assert_int_equal(core_devices(r->core)[CRAC].maintenance.until.us, 0);
	assert_int_equal(phase(WARM), ALARM_UNACKNOWLEDGED);
}

/* Shortened, prolonged, postponed; and as it was. */
static void
a_plan_with_another_end(void **state)
{
	struct mark mark = in_planned(96 * HOUR_MS);
	wall_t end = plan.to;

	(void)state;
	restart(&mark, &put_aside);
	r->mark_count = 0;
	room_run(r, 5000);
	assert_int_equal(core_devices(r->core)[CRAC].maintenance.until.us, end.us);
	assert_int_equal(r->mark_count, 0);
	plan.to.us -= INT64_C(95000) * HOUR_MS;
	restart(&mark, &put_aside);
	room_run(r, 5000);
	assert_int_equal(core_devices(r->core)[CRAC].maintenance.until.us, plan.to.us);
	assert_string_equal(core_devices(r->core)[CRAC].maintenance.who, "Sato");
	assert_int_equal(phase(WARM), ALARM_OUT_OF_SERVICE);
	assert_string_equal(room_last(r, EVENT_SYSTEM, CRAC, NULL)->from, "maintenance");
	mark = r->marks[r->mark_count - 1];
	plan.to = end;
	restart(&mark, &put_aside);
	room_run(r, 5000);
	assert_int_equal(core_devices(r->core)[CRAC].maintenance.until.us, end.us);
	mark = r->marks[r->mark_count - 1];
	plan.from.us += INT64_C(2000) * HOUR_MS;
	restart(&mark, &put_aside);
	room_run(r, 5000);
	assert_int_equal(core_devices(r->core)[CRAC].maintenance.until.us, 0);
	assert_int_equal(phase(WARM), ALARM_UNACKNOWLEDGED);
	room_run(r, HOUR_MS);
	assert_int_equal(core_devices(r->core)[CRAC].maintenance.until.us, end.us);
}

/* A clock that was never set does not say that it is not the time of a window that has begun. */
static void
a_plan_before_the_clock_is_set(void **state)
{
	struct mark mark = in_planned(4 * HOUR_MS);
	wall_t until = plan.to, wall = r->now.wall;

	(void)state;
	r->now.wall.us = 1000000;
	restart(&mark, &put_aside);
	room_run(r, 5000);
	assert_int_equal(core_devices(r->core)[CRAC].maintenance.until.us, until.us);
	assert_int_equal(phase(WARM), ALARM_OUT_OF_SERVICE);
	/* Shortened meanwhile: for no longer than it is by the file. */
	plan.to.us -= INT64_C(2000) * HOUR_MS;
	r->now.wall.us = 1000000;
	restart(&mark, &put_aside);
	room_run(r, 5000);
	assert_int_equal(core_devices(r->core)[CRAC].maintenance.until.us, plan.to.us);
	room_run(r, 2 * HOUR_MS + 60000);
	assert_int_equal(core_devices(r->core)[CRAC].maintenance.until.us, 0);
	assert_int_equal(phase(WARM), ALARM_UNACKNOWLEDGED);
	r->now.wall = wall;
}

/* A person's stands whatever the file says; so does one of which the mark does not tell whose. */
static void
a_window_of_a_person_is_not_the_files(void **state)
{
	struct mark mark = in_planned(4 * HOUR_MS);

	(void)state;
	mark.value &= ~(INT64_C(1) << 60);
	r->site.maintenance_count = 0;
	restart(&mark, &put_aside);
	room_run(r, 5000);
	assert_int_equal(core_devices(r->core)[CRAC].maintenance.until.us, plan.to.us);
	r->site.maintenance_count = 1;
	restart(NULL, NULL);
	room_run(r, 5000);
	begin(8 * HOUR_MS);
	mark = r->marks[r->mark_count - 1];
	r->site.maintenance_count = 0;
	restart(&mark, &put_aside);
	room_run(r, 7 * HOUR_MS);
	assert_int_equal(phase(WARM), ALARM_OUT_OF_SERVICE);
	assert_string_equal(core_devices(r->core)[CRAC].maintenance.who, "Tanaka");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(nobody_is_called),
	    TEST(danger_is_called_all_the_same),
	    TEST(it_ends_by_itself_and_says_so_before),
	    TEST(what_was_owed_is_owed_still),
	    TEST(nothing_is_owed_for_what_came_and_went),
	    TEST(a_device_that_is_back_is_not_told_as_lost),
	    TEST(a_shelf_that_ends_within),
	    TEST(the_device_and_its_child_are_switched_off),
	    TEST(what_is_refused),
	    TEST(begun_again_it_has_the_new_end),
	    TEST(it_survives_the_agent),
	    TEST(the_time_of_the_power_cut_counts),
	    TEST(the_end_was_during_the_power_cut),
	    TEST(a_clock_that_was_slewed_counts),
	    TEST(a_clock_set_back_lengthens_nothing),
	    TEST(begun_before_the_clock_is_set),
	    TEST(a_planned_window_comes_and_goes),
	    TEST(a_planned_window_that_a_person_ends),
	    TEST(an_ended_plan_stays_ended),
	    TEST(the_clock_is_set),
	    TEST(the_clock_is_set_beyond),
	    TEST(two_planned_windows),
	    TEST(a_plan_that_is_taken_out),
	    TEST(a_plan_with_another_end),
	    TEST(a_plan_before_the_clock_is_set),
	    TEST(a_window_of_a_person_is_not_the_files),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
