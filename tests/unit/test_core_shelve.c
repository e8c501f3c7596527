/* core: alarms put aside by a person, and how they stand at the end. */
#include "one_point.h"

static int
setup(void **state)
{
	const struct alarm_rule rules[] = {
	    {.name = "warm",
		.title = {.en = "Too warm"},
		.kind = RULE_HIGH,
		.limit = 30,
		.priority = PRIORITY_HIGH,
		.when = "value > 30"},
	    {.name = "hot",
		.title = {.en = "Hot"},
		.kind = RULE_HIGH,
		.limit = 40,
		.priority = PRIORITY_CRITICAL,
		.when = "value > 40"},
	    {.name = "slow",
		.title = {.en = "Too warm for long"},
		.kind = RULE_HIGH,
		.limit = 30,
		.hysteresis = 2,
		.on_delay_ms = 30000,
		.off_delay_ms = 20000,
		.priority = PRIORITY_MEDIUM,
		.when = "value > 30"},
	};

	(void)state;
	make_room("value", POLL_NORMAL, rules, COUNT(rules));
	r->fakes[0].regs[0] = 310;
	return 0;
}

static enum shelve_result
shelve(size_t alarm, int64_t ms, const char *why)
{
	return core_shelve(r->core, alarm, "Tanaka", ms, why, &r->now);
}

static void
a_shelf_ends_by_itself(void **state)
{
	struct core_summary sum;

	(void)state;
	room_start(r, 3);
	room_run(r, 5000);
	assert_int_equal(shelve(1, 60000, "filter change"), SHELVE_DONE);
	assert_string_equal(room_last(r, EVENT_OPERATOR, 0, "warm")->who, "Tanaka");
	assert_string_equal(r->records[r->record_count - 1].reason, "Tanaka: filter change");
	assert_true(r->records[r->record_count - 1].shelved_until.us > r->now.wall.us);
	core_summary(r->core, &sum);
	assert_int_equal(sum.shelved, 1);
	assert_int_equal(sum.alarms[PRIORITY_HIGH], 0);
	assert_int_equal(shelve(1, 60000, "again"), SHELVE_NOTHING);
	room_run(r, 59000);
	assert_int_equal(room_alarm(r, 0, 1)->phase, ALARM_SHELVED);
	r->now.wall.us += INT64_C(-86400000000); /* the wall clock does not lengthen it */
	room_run(r, 2000);
	assert_int_equal(room_alarm(r, 0, 1)->phase, ALARM_UNACKNOWLEDGED);
	assert_string_equal(room_last(r, EVENT_ALARM, 0, "warm")->text,
	    "The time of the shelf is over. dev0: value 31 °C is above 30 °C.");
}

static void
what_was_owed_is_owed_still(void **state)
{
	(void)state;
	room_start(r, 3);
	room_run(r, 5000);
	assert_int_equal(shelve(1, 60000, "filter change"), SHELVE_DONE);
	r->fakes[0].regs[0] = 200;
	room_run(r, 5000);
	assert_int_equal(core_unshelve(r->core, 1, "Sato", &r->now), SHELVE_DONE);
	assert_int_equal(room_alarm(r, 0, 1)->phase, ALARM_RETURNED);
	assert_string_equal(room_last(r, EVENT_OPERATOR, 0, "warm")->who, "Sato");
	assert_int_equal(core_unshelve(r->core, 1, "Sato", &r->now), SHELVE_NOTHING);
	assert_int_equal(core_ack(r->core, 1, "Sato", &r->now), ACK_DONE);
	assert_int_equal(room_alarm(r, 0, 1)->phase, ALARM_NORMAL);
}

static void
what_cannot_be_shelved(void **state)
{
	(void)state;
	room_start(r, 3);
	room_run(r, 5000);
	assert_int_equal(shelve(2, 60000, "why"), SHELVE_CRITICAL);
	assert_int_equal(shelve(1, 59999, "why"), SHELVE_RANGE);
	assert_int_equal(shelve(1, CORE_SHELVE_MAX_MS + 1, "why"), SHELVE_RANGE);
	assert_int_equal(shelve(1, 60000, ""), SHELVE_REASON);
	assert_int_equal(shelve(99, 60000, "why"), SHELVE_NO_SUCH);
}

/* Raised, then shelved, and nobody knows until when. */
static struct alarm_record
shelved_with(double value)
{
	return (struct alarm_record){.device = "dev0",
	    .alarm = "warm",
	    .phase = ALARM_SHELVED,
	    .since = {r->now.wall.us - 60000000},
	    .raised = {r->now.wall.us - 90000000},
	    .has_value = true,
	    .value = value,
	    .reason = "Tanaka: x"};
}

/* The end passed while the agent was down, or is not known: over at once, nothing hidden. */
static void
a_restored_shelf_has_an_end(void **state)
{
	struct alarm_record record = shelved_with(31.5);

	(void)state;
	room_start(r, 3);
	assert_true(core_restore(r->core, &record));
	room_run(r, 5000);
	assert_int_equal(room_alarm(r, 0, 1)->phase, ALARM_UNACKNOWLEDGED);
	/* Before anything was read: what was known. */
	assert_string_equal(room_last(r, EVENT_ALARM, 0, "warm")->text,
	    "The time of the shelf is over. dev0: value 31.5 °C is above 30 °C.");
	core_free(r->core);
	r->first_seq += r->event_total;
	r->event_total = 0;
	r->out_count = 0;
	record.since.us = r->now.wall.us;
	record.shelved_until.us = r->now.wall.us + 60000000;
	r->now.wall.us -= INT64_C(86400000000); /* an unset clock */
	room_start(r, 3);
	assert_true(core_restore(r->core, &record));
	room_run(r, 59000);
	assert_int_equal(room_alarm(r, 0, 1)->phase, ALARM_SHELVED);
	room_run(r, 2000);
	assert_int_equal(room_alarm(r, 0, 1)->phase, ALARM_UNACKNOWLEDGED);
}

/* A restored shelf of an hour, on a board whose clock is an hour or more behind. */
static void
wake_up_late(void)
{
	struct alarm_record record = shelved_with(31.5);

	record.since.us = r->now.wall.us;
	record.shelved_until.us = r->now.wall.us + INT64_C(3600000000);
	r->now.synced = false;
	room_start(r, 3);
	assert_true(core_restore(r->core, &record));
	room_run(r, 30000);
	assert_int_equal(room_alarm(r, 0, 1)->phase, ALARM_SHELVED);
}

/* It ends when the screens say so: the time that was away is known when the clock is set. */
static void
the_time_of_the_power_cut_counts(void **state)
{
	(void)state;
	wake_up_late();
	r->now.wall.us += INT64_C(1800000000);
	room_run(r, 1760000);
	assert_int_equal(room_alarm(r, 0, 1)->phase, ALARM_SHELVED);
	room_run(r, 11000);
	assert_int_equal(room_alarm(r, 0, 1)->phase, ALARM_UNACKNOWLEDGED);
	/* One that was made before the clock was set has its time. */
	assert_int_equal(shelve(1, 3600000, "being repaired"), SHELVE_DONE);
	r->now.wall.us += INT64_C(86400000000);
	r->now.synced = true;
	room_run(r, 3590000);
	assert_int_equal(room_alarm(r, 0, 1)->phase, ALARM_SHELVED);
	room_run(r, 11000);
	assert_int_equal(room_alarm(r, 0, 1)->phase, ALARM_UNACKNOWLEDGED);
}

static void
a_clock_set_back_lengthens_nothing(void **state)
{
	(void)state;
	wake_up_late();
	r->now.wall.us -= INT64_C(86400000000);
	r->now.synced = true;
	room_run(r, 3560000);
	assert_int_equal(room_alarm(r, 0, 1)->phase, ALARM_SHELVED);
	room_run(r, 11000);
	assert_int_equal(room_alarm(r, 0, 1)->phase, ALARM_UNACKNOWLEDGED);
}

/* It had returned before it was put aside, as its value says: nothing begins anew at the end. */
static void
a_restored_shelf_over_what_had_returned(void **state)
{
	struct alarm_record record = shelved_with(25);

	(void)state;
	r->fakes[0].regs[0] = 250;
	room_start(r, 3);
	assert_true(core_restore(r->core, &record));
	room_run(r, 5000);
	assert_int_equal(room_count(r, EVENT_ALARM, 0), 1);
	assert_int_equal(room_alarm(r, 0, 1)->phase, ALARM_RETURNED);
	assert_string_equal(room_last(r, EVENT_ALARM, 0, "warm")->text,
	    "The time of the shelf is over. dev0: value is back at 25 °C (limit 30 °C).");
}

/* The site says after a reload that it is critical: nobody may have put it aside. */
static void
a_shelf_of_what_is_critical_now_is_over(void **state)
{
	struct alarm_record record = {.device = "dev0",
	    .alarm = "warm",
	    .phase = ALARM_SHELVED,
	    .since = r->now.wall,
	    .raised = r->now.wall,
	    .shelved_until = {r->now.wall.us + 3600000000},
	    .reason = "Tanaka: x"};

	(void)state;
	r->rules[0][1].priority = PRIORITY_CRITICAL;
	room_start(r, 3);
	assert_true(core_restore(r->core, &record));
	room_run(r, 5000);
	assert_int_equal(room_alarm(r, 0, 1)->phase, ALARM_UNACKNOWLEDGED);
}

enum { SLOW = 3 };

/* The end of a shelf is no short cut around the on-delay. */
static void
the_on_delay_counts_at_the_end(void **state)
{
	(void)state;
	r->fakes[0].regs[0] = 200;
	room_start(r, 3);
	room_run(r, 5000);
	assert_int_equal(shelve(SLOW, 60000, "filter change"), SHELVE_DONE);
	room_run(r, 50000);
	r->fakes[0].regs[0] = 310; /* ten seconds before the end */
	room_run(r, 20000);
	assert_int_equal(room_alarm(r, 0, SLOW)->phase, ALARM_NORMAL);
	room_run(r, 21000);
	assert_int_equal(room_alarm(r, 0, SLOW)->phase, ALARM_UNACKNOWLEDGED);
	/* What has lasted before the end is raised at the end. */
	core_ack(r->core, SLOW, "Sato", &r->now);
	r->fakes[0].regs[0] = 200;
	room_run(r, 30000);
	assert_int_equal(room_alarm(r, 0, SLOW)->phase, ALARM_NORMAL);
	assert_int_equal(shelve(SLOW, 60000, "again"), SHELVE_DONE);
	r->fakes[0].regs[0] = 320;
	room_run(r, 40000);
	r->fakes[0].regs[0] = 290; /* inside the hysteresis */
	room_run(r, 21000);
	assert_int_equal(room_alarm(r, 0, SLOW)->phase, ALARM_UNACKNOWLEDGED);
	assert_string_equal(room_last(r, EVENT_ALARM, 0, "slow")->text,
	    "The time of the shelf is over. dev0: value is back at 29 °C (limit 30 °C). The alarm "
	    "stays until that is clearly so for a while.");
}

/* Nor around the off-delay and the hysteresis: a dip at the end does not make it good. */
static void
the_off_delay_counts_at_the_end(void **state)
{
	struct event standing;

	(void)state;
	room_start(r, 3);
	room_run(r, 40000);
	assert_int_equal(room_alarm(r, 0, SLOW)->phase, ALARM_UNACKNOWLEDGED);
	assert_int_equal(shelve(SLOW, 60000, "filter change"), SHELVE_DONE);
	r->fakes[0].regs[0] = 290; /* inside the hysteresis */
	room_run(r, 50000);
	r->fakes[0].regs[0] = 270;
	room_run(r, 11000);
	assert_int_equal(room_alarm(r, 0, SLOW)->phase, ALARM_UNACKNOWLEDGED);
	assert_string_equal(room_last(r, EVENT_ALARM, 0, "slow")->text,
	    "The time of the shelf is over. dev0: value is back at 27 °C (limit 30 °C). The alarm "
	    "stays until that is clearly so for a while.");
	core_alarm_event(r->core, SLOW, &standing);
	assert_string_equal(standing.text,
	    "dev0: value is back at 27 °C (limit 30 °C). The alarm stays until that is clearly so "
	    "for a while.");
	room_run(r, 15000);
	assert_int_equal(room_alarm(r, 0, SLOW)->phase, ALARM_RETURNED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(a_shelf_ends_by_itself, setup, teardown),
	    cmocka_unit_test_setup_teardown(what_was_owed_is_owed_still, setup, teardown),
	    cmocka_unit_test_setup_teardown(the_on_delay_counts_at_the_end, setup, teardown),
	    cmocka_unit_test_setup_teardown(the_off_delay_counts_at_the_end, setup, teardown),
	    cmocka_unit_test_setup_teardown(what_cannot_be_shelved, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_restored_shelf_has_an_end, setup, teardown),
	    cmocka_unit_test_setup_teardown(the_time_of_the_power_cut_counts, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_clock_set_back_lengthens_nothing, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		a_restored_shelf_over_what_had_returned, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		a_shelf_of_what_is_critical_now_is_over, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
