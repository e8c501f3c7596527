/* core: a measurement that stands still for too long is said to be stuck. */
#include "one_point.h"

static int
setup(void **state)
{
	const struct alarm_rule rules[] = {
	    {.name = "stuck",
		.title = {.en = "Stuck"},
		.kind = RULE_STUCK,
		.on_delay_ms = 600000,
		.priority = PRIORITY_LOW,
		.when = "stuck(value)"},
	};

	(void)state;
	make_room("Temperature", POLL_NORMAL, rules, COUNT(rules));
	r->fakes[0].regs[0] = 215;
	return 0;
}

static enum alarm_phase
phase(void)
{
	return room_alarm(r, 0, 1)->phase;
}

static void
what_moves_is_not_stuck(void **state)
{
	(void)state;
	room_start(r, 3);
	for (int i = 0; i < 10; i++) {
		r->fakes[0].regs[0] = (uint16_t)(215 + i % 2);
		room_run(r, 500000);
		assert_int_equal(phase(), ALARM_NORMAL);
	}
}

static void
what_stands_still_is(void **state)
{
	(void)state;
	room_start(r, 3);
	room_run(r, 598000);
	assert_int_equal(phase(), ALARM_NORMAL);
	room_run(r, 5000);
	assert_int_equal(phase(), ALARM_UNACKNOWLEDGED);
	assert_string_equal(room_last(r, EVENT_ALARM, 0, "stuck")->text,
	    "dev0: temperature has stood still at 21.5 °C for 10 min: the sensor may be dead.");
	r->fakes[0].regs[0] = 216;
	room_run(r, 1500);
	assert_int_equal(phase(), ALARM_RETURNED);
	assert_string_equal(
	    room_last(r, EVENT_ALARM, 0, "stuck")->text, "dev0: temperature moves again: 21.6 °C.");
}

/* Time without a value is no time in which it stood still. */
static void
silence_is_no_standing_still(void **state)
{
	(void)state;
	room_start(r, 3);
	room_run(r, 300000);
	r->fakes[0].silent = true;
	room_run(r, 3600000);
	assert_int_equal(phase(), ALARM_NORMAL);
	r->fakes[0].silent = false;
	room_run(r, 200000);
	assert_int_equal(phase(), ALARM_NORMAL);
	room_run(r, 170000);
	assert_int_equal(phase(), ALARM_UNACKNOWLEDGED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(what_moves_is_not_stuck),
	    TEST(what_stands_still_is),
	    TEST(silence_is_no_standing_still),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
