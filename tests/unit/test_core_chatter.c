/* core: an alarm that comes and goes all the time is told when it comes, and when there is quiet.
 */
#include "core/alarm.h"
#include "one_point.h"

static int
setup(void **state)
{
	const struct alarm_rule rules[] = {
	    {.name = "open",
		.title = {.en = "Open"},
		.kind = RULE_HIGH,
		.limit = 0,
		.priority = PRIORITY_HIGH,
		.when = "value > 0"},
	};

	(void)state;
	make_room("value", POLL_FAST, rules, COUNT(rules));
	room_start(r, 3);
	room_run(r, 3000);
	return 0;
}

static const struct alarm_state *
open_alarm(void)
{
	return room_alarm(r, 0, 1);
}

/* A contact that changes each `half_ms` for so many milliseconds; open or closed at the end. */
static void
flap(int64_t half_ms, int64_t for_ms, bool open)
{
	for (int64_t t = 0; t < for_ms; t += half_ms) {
		r->fakes[0].regs[0] = (uint16_t)!r->fakes[0].regs[0];
		room_run(r, half_ms);
	}
	r->fakes[0].regs[0] = open;
	room_run(r, 1000);
}

static void
fifty_times_a_second(void **state)
{
	const struct event *last;
	size_t before = r->event_count, events;

	(void)state;
	flap(9, 600000, false);
	events = room_count(r, EVENT_ALARM, 0);
	assert_int_equal(open_alarm()->phase, ALARM_UNACKNOWLEDGED); /* not quiet yet */
	assert_in_range(events, ALARM_CHATTER, 2 * ALARM_CHATTER);
	assert_string_equal(r->events[before].to, "unacknowledged"); /* the first at once */
	room_run(r, ALARM_QUIET_MS);
	last = room_last(r, EVENT_ALARM, 0, "open");
	assert_int_equal(room_count(r, EVENT_ALARM, 0), events + 1);
	assert_string_equal(last->to, "returned_unacknowledged");
	print_message("[   INFO   ] %zu events in 10 min: \"%s\"\n", events + 1, last->text);
	assert_non_null(strstr(last->text, " It came and went "));
	assert_int_equal(open_alarm()->came, 0);
}

/* What stands at the end stands, and is told no second time. */
static void
it_ends_open(void **state)
{
	(void)state;
	flap(170, 60000, true);
	room_run(r, 300000);
	assert_int_equal(open_alarm()->phase, ALARM_UNACKNOWLEDGED);
	assert_string_equal(room_last(r, EVENT_ALARM, 0, "open")->to, "unacknowledged");
	assert_in_range(room_count(r, EVENT_ALARM, 0), ALARM_CHATTER, 2 * ALARM_CHATTER);
}

/* Who comes and goes through a door all day is told each time. */
static void
use_is_no_chatter(void **state)
{
	(void)state;
	for (int i = 0; i < 30; i++) {
		r->fakes[0].regs[0] = 1;
		room_run(r, 4000);
		assert_int_equal(open_alarm()->phase, ALARM_UNACKNOWLEDGED);
		r->fakes[0].regs[0] = 0;
		room_run(r, 4000);
		assert_int_equal(open_alarm()->phase, ALARM_RETURNED);
	}
	assert_int_equal(room_count(r, EVENT_ALARM, 0), 60);
	assert_null(strstr(room_last(r, EVENT_ALARM, 0, "open")->text, "came and went"));
}

static void
a_person_can_acknowledge_it_meanwhile(void **state)
{
	size_t events;

	(void)state;
	flap(170, 60000, true);
	assert_int_equal(core_ack(r->core, 1, "Tanaka", &r->now), ACK_DONE);
	events = room_count(r, EVENT_ALARM, 0);
	flap(170, 60000, false);
	assert_int_equal(open_alarm()->phase, ALARM_ACKNOWLEDGED);
	room_run(r, ALARM_QUIET_MS);
	assert_int_equal(open_alarm()->phase, ALARM_NORMAL);
	assert_int_equal(room_count(r, EVENT_ALARM, 0), events + 1);
	/* It is an alarm like any afterwards. */
	r->fakes[0].regs[0] = 1;
	room_run(r, 1000);
	r->fakes[0].regs[0] = 0;
	room_run(r, 1000);
	assert_int_equal(open_alarm()->phase, ALARM_RETURNED);
}

static void
shelved_it_is_judged_all_the_same(void **state)
{
	(void)state;
	flap(170, 60000, true);
	assert_int_equal(
	    core_shelve(r->core, 1, "Tanaka", 600000, "loose contact", &r->now), SHELVE_DONE);
	flap(170, 60000, false);
	room_run(r, 2 * ALARM_QUIET_MS);
	assert_int_equal(core_unshelve(r->core, 1, "Tanaka", &r->now), SHELVE_DONE);
	assert_int_equal(open_alarm()->phase, ALARM_RETURNED);
}

static void
run_until(enum device_phase phase)
{
	for (int i = 0; i < 100 && core_devices(r->core)[0].phase != phase; i++)
		room_run(r, 100);
	assert_int_equal(core_devices(r->core)[0].phase, phase);
}

/* Nobody reads that it is open, or does not answer, while it is closed, or answers. */
static void
what_it_says_between_is_so(void **state)
{
	struct event standing;

	(void)state;
	flap(170, 60000, true);
	assert_int_equal(
	    core_shelve(r->core, 1, "Tanaka", 600000, "loose contact", &r->now), SHELVE_DONE);
	flap(170, 60000, false);
	assert_int_equal(core_unshelve(r->core, 1, "Tanaka", &r->now), SHELVE_DONE);
	assert_int_equal(open_alarm()->phase, ALARM_UNACKNOWLEDGED);
	assert_non_null(strstr(room_last(r, EVENT_OPERATOR, 0, "open")->text,
	    "dev0: value is back at 0 °C (limit 0 °C). But it comes and goes, "));

	for (int i = 0; i < 2 * ALARM_CHATTER; i++) {
		r->fakes[0].silent = true;
		run_until(DEVICE_LOST);
		r->fakes[0].silent = false;
		run_until(DEVICE_ONLINE);
	}
	assert_true(alarm_stands(room_alarm(r, 0, 0)->phase));
	core_alarm_event(r->core, 0, &standing);
	print_message("[   INFO   ] \"%s\"\n", standing.text);
	assert_non_null(strstr(standing.text, "dev0 answers again on "));
	assert_non_null(strstr(standing.text, "it comes and goes, "));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(fifty_times_a_second),
	    TEST(it_ends_open),
	    TEST(use_is_no_chatter),
	    TEST(a_person_can_acknowledge_it_meanwhile),
	    TEST(shelved_it_is_judged_all_the_same),
	    TEST(what_it_says_between_is_so),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
