/* core/cause_wire: when a whole wire falls silent, one alarm stands for it. */
#include "heart_room.h"

#define DEVICES 6

static struct point_spec points[1];
static struct profile profile;
static struct room *r;

/* Five on a bus, the last on a wire of its own. */
static int
setup(void **state)
{
	(void)state;
	points[0] = room_point("value", 0, POLL_NORMAL);
	profile = room_profile(points, COUNT(points));
	r = room_new();
	r->links[1] = (struct link_spec){.name = "tcp_1", .kind = LINK_MODBUS_TCP};
	r->site.link_count = 2;
	for (int i = 0; i < DEVICES; i++)
		room_device(r, &profile, NULL, 0);
	r->devices[DEVICES - 1].link = 1;
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	room_free(r);
	return 0;
}

static enum alarm_phase
phase(int d)
{
	return room_alarm(r, d, 0)->phase;
}

static void
start(void)
{
	room_start(r, 3);
	room_run(r, 10000);
	for (int d = 0; d < DEVICES; d++)
		assert_int_equal(room_phase(r, d), DEVICE_ONLINE);
}

static void
silence(bool on)
{
	for (int d = 0; d < DEVICES - 1; d++)
		r->fakes[d].silent = on;
}

/* How many alarms were raised, and not as a symptom. */
static unsigned
raised(void)
{
	unsigned n = 0;

	for (size_t i = 0; i < r->event_count; i++)
		n += r->events[i].type == EVENT_ALARM &&
		     strcmp(r->events[i].to, "unacknowledged") == 0;
	return n;
}

static void
a_dead_wire_is_one_alarm(void **state)
{
	const struct event *e;

	(void)state;
	start();
	silence(true);
	room_run(r, 60000);
	assert_int_equal(raised(), 1);
	assert_int_equal(phase(0), ALARM_UNACKNOWLEDGED);
	for (int d = 1; d < DEVICES - 1; d++) {
		assert_int_equal(phase(d), ALARM_SUPPRESSED);
		assert_int_equal(room_alarm(r, d, 0)->cause, (int)r->devices[0].first_alarm);
	}
	assert_int_equal(phase(DEVICES - 1), ALARM_NORMAL);
	e = room_last(r, EVENT_ALARM, 0, "comm_lost");
	assert_memory_equal(e->text, "Nobody on rs485_1 answers, as if ", 33);
	assert_string_equal(room_last(r, EVENT_ALARM, 2, "comm_lost")->text,
	    "dev2 does not answer on rs485_1 (unit 3), like everybody there.");
	assert_true(e->seq < room_last(r, EVENT_ALARM, 2, "comm_lost")->seq); /* cause first */
}

static void
it_comes_back_as_one(void **state)
{
	(void)state;
	start();
	silence(true);
	room_run(r, 300000);
	silence(false);
	room_run(r, 65000);
	assert_int_equal(raised(), 1);
	assert_int_equal(phase(0), ALARM_RETURNED);
	for (int d = 1; d < DEVICES - 1; d++)
		assert_int_equal(phase(d), ALARM_NORMAL);
}

/* Then the others have no excuse any more. */
static void
one_of_them_comes_back(void **state)
{
	(void)state;
	start();
	silence(true);
	room_run(r, 300000);
	r->fakes[3].silent = false;
	room_run(r, 120000);
	assert_int_equal(phase(3), ALARM_NORMAL);
	for (int d = 0; d < DEVICES - 1; d++)
		if (d != 3)
			assert_int_equal(phase(d), ALARM_UNACKNOWLEDGED);
	assert_memory_equal(room_last(r, EVENT_ALARM, 2, "comm_lost")->text,
	    "dev2 does not answer on rs485_1 (unit 3), although dev3 does: ", 62);
	silence(false);
	room_run(r, 65000);
	for (int d = 0; d < DEVICES; d++)
		assert_int_equal(room_phase(r, d), DEVICE_ONLINE);
}

/* Let go by the wire, each has the rest of its delay. */
static void
a_delay_outlives_the_wire(void **state)
{
	(void)state;
	for (int d = 1; d < DEVICES - 1; d++)
		r->rules[d][0].on_delay_ms = 300000;
	start();
	silence(true);
	room_run(r, 60000);
	assert_int_equal(phase(0), ALARM_UNACKNOWLEDGED);
	assert_int_equal(phase(2), ALARM_SUPPRESSED);
	r->fakes[3].silent = false;
	room_run(r, 60000);
	assert_int_equal(raised(), 1);
	assert_int_equal(phase(2), ALARM_NORMAL);
	room_run(r, 200000);
	assert_int_equal(raised(), DEVICES - 2);
	assert_int_equal(phase(2), ALARM_UNACKNOWLEDGED);
}

/* Put aside by a person meanwhile: at the end it is no symptom, for the wire lives. */
static void
a_shelved_symptom_is_called(void **state)
{
	(void)state;
	start();
	silence(true);
	room_run(r, 60000);
	assert_int_equal(phase(1), ALARM_SUPPRESSED);
	assert_int_equal(
	    core_shelve(r->core, r->devices[1].first_alarm, "sato", 600000, "known", &r->now),
	    SHELVE_DONE);
	assert_int_equal(
	    core_shelve(r->core, r->devices[2].first_alarm, "sato", 120000, "known", &r->now),
	    SHELVE_DONE);
	room_run(r, 130000);
	assert_int_equal(phase(2), ALARM_SUPPRESSED); /* nobody answers still */
	r->fakes[3].silent = false;
	room_run(r, 130000);
	assert_int_equal(
	    core_unshelve(r->core, r->devices[1].first_alarm, "sato", &r->now), SHELVE_DONE);
	assert_int_equal(phase(1), ALARM_UNACKNOWLEDGED);
	assert_int_equal(phase(2), ALARM_UNACKNOWLEDGED);
}

static void
one_dead_device_is_no_wire(void **state)
{
	const struct event *e;

	(void)state;
	start();
	r->fakes[2].silent = true;
	while (room_phase(r, 2) != DEVICE_LOST)
		room_run(r, 1);
	room_run(r, 1100);
	e = room_last(r, EVENT_ALARM, 2, "comm_lost");
	assert_string_equal(e->to, "unacknowledged");
	assert_memory_equal(e->text, "dev2 does not answer on rs485_1 (unit 3): ", 42);
}

/* Who was lost before stands for nobody: the last one that is lost is told by itself. */
static void
an_old_loss_hides_no_new_one(void **state)
{
	(void)state;
	start();
	for (int d = 0; d < DEVICES - 1; d++) {
		r->fakes[d].silent = true;
		room_run(r, 60000);
		assert_int_equal(phase(d), ALARM_UNACKNOWLEDGED);
	}
	assert_int_equal(raised(), DEVICES - 1);
}

static void
the_gravest_stands_for_all(void **state)
{
	(void)state;
	r->rules[3][0].priority = PRIORITY_CRITICAL;
	start();
	silence(true);
	room_run(r, 60000);
	assert_int_equal(raised(), 1);
	assert_int_equal(phase(3), ALARM_UNACKNOWLEDGED);
	assert_int_equal(phase(0), ALARM_SUPPRESSED);
}

/* Somebody must hear of it, whoever is at work on one of them. */
static void
who_is_put_aside_speaks_for_nobody(void **state)
{
	(void)state;
	start();
	assert_int_equal(core_maintenance_begin(r->core, 0, "sato", 3600000, "filters", &r->now),
	    MAINTENANCE_DONE);
	r->fakes[1].silent = true;
	room_run(r, 10000);
	assert_int_equal(
	    core_shelve(r->core, r->devices[1].first_alarm, "sato", 3600000, "known", &r->now),
	    SHELVE_DONE);
	r->fakes[1].silent = false;
	room_run(r, 65000);
	silence(true);
	room_run(r, 60000);
	assert_int_equal(phase(0), ALARM_SUPPRESSED);
	assert_int_equal(phase(1), ALARM_SHELVED);
	assert_int_equal(phase(2), ALARM_UNACKNOWLEDGED);
	assert_int_equal(phase(3), ALARM_SUPPRESSED);
	assert_memory_equal(
	    room_last(r, EVENT_ALARM, 2, "comm_lost")->text, "Nobody on rs485_1", 17);
}

static void
put_aside(int d)
{
	assert_int_equal(core_shelve(r->core, r->devices[d].first_alarm, "sato", 3600000,
			     "being repaired", &r->now),
	    SHELVE_DONE);
}

static void
take_back(int d)
{
	assert_int_equal(
	    core_unshelve(r->core, r->devices[d].first_alarm, "sato", &r->now), SHELVE_DONE);
}

/* Put aside for its own sake; that the wire is dead is said by another, and not twice. */
static void
a_speaker_that_is_shelved_has_a_successor(void **state)
{
	(void)state;
	start();
	silence(true);
	room_run(r, 60000);
	assert_int_equal(phase(0), ALARM_UNACKNOWLEDGED);
	put_aside(0);
	room_run(r, 100);
	assert_int_equal(raised(), 2);
	assert_int_equal(phase(1), ALARM_UNACKNOWLEDGED);
	assert_memory_equal(
	    room_last(r, EVENT_ALARM, 1, "comm_lost")->text, "Nobody on rs485_1 answers", 25);
	for (int d = 2; d < DEVICES - 1; d++)
		assert_int_equal(room_alarm(r, d, 0)->cause, (int)r->devices[1].first_alarm);
	take_back(0);
	room_run(r, 100);
	assert_int_equal(phase(0), ALARM_SUPPRESSED);
	assert_int_equal(phase(1), ALARM_UNACKNOWLEDGED);
	silence(false);
	room_run(r, 65000);
	assert_int_equal(phase(1), ALARM_RETURNED);
	for (int d = 2; d < DEVICES - 1; d++)
		assert_int_equal(phase(d), ALARM_NORMAL);
}

/* Work on several at once: one successor, who is not at work. */
static void
a_speaker_in_maintenance_has_a_successor(void **state)
{
	(void)state;
	start();
	silence(true);
	room_run(r, 60000);
	for (size_t d = 0; d < 3; d++)
		assert_int_equal(
		    core_maintenance_begin(r->core, d, "sato", 3600000, "filters", &r->now),
		    MAINTENANCE_DONE);
	room_run(r, 100);
	assert_int_equal(phase(0), ALARM_OUT_OF_SERVICE);
	assert_int_equal(phase(3), ALARM_UNACKNOWLEDGED);
	assert_int_equal(raised(), 2);
	room_run(r, 3600000);
	for (int d = 0; d < 3; d++)
		assert_int_equal(phase(d), ALARM_SUPPRESSED);
	assert_int_equal(phase(3), ALARM_UNACKNOWLEDGED);
}

/* Nobody was left to speak; who comes back first does. */
static void
the_first_that_is_taken_back_speaks(void **state)
{
	(void)state;
	start();
	silence(true);
	room_run(r, 60000);
	for (int d = 0; d < DEVICES - 1; d++)
		put_aside(d);
	room_run(r, 1000);
	assert_int_equal(raised(), 1);
	take_back(2);
	room_run(r, 100);
	assert_int_equal(phase(2), ALARM_UNACKNOWLEDGED);
	take_back(0);
	room_run(r, 100);
	assert_int_equal(phase(0), ALARM_SUPPRESSED);
	assert_int_equal(phase(2), ALARM_UNACKNOWLEDGED);
	assert_int_equal(room_alarm(r, 0, 0)->cause, (int)r->devices[2].first_alarm);
}

/* Of two that are as grave the one that must not wait. */
static void
the_soonest_stands_for_all(void **state)
{
	(void)state;
	r->rules[0][0].on_delay_ms = 600000;
	start();
	silence(true);
	room_run(r, 60000);
	assert_int_equal(phase(0), ALARM_SUPPRESSED);
	assert_int_equal(phase(1), ALARM_UNACKNOWLEDGED);
}

/* A sensor behind a device of the bus: one cause, told before it. */
static void
a_child_elsewhere_has_the_same_cause(void **state)
{
	(void)state;
	r->devices[DEVICES - 1].parent = 2;
	start();
	silence(true);
	r->fakes[DEVICES - 1].silent = true;
	room_run(r, 90000);
	assert_int_equal(raised(), 1);
	assert_int_equal(phase(DEVICES - 1), ALARM_SUPPRESSED);
	assert_int_equal(room_alarm(r, DEVICES - 1, 0)->cause, (int)r->devices[0].first_alarm);
	assert_true(room_last(r, EVENT_ALARM, 0, "comm_lost")->seq <
		    room_last(r, EVENT_ALARM, DEVICES - 1, "comm_lost")->seq);
	assert_string_equal(room_last(r, EVENT_ALARM, DEVICES - 1, "comm_lost")->text,
	    "dev5 does not answer on tcp_1 (unit 6), because dev0 does not answer either.");
	silence(false);
	r->fakes[DEVICES - 1].silent = false;
	room_run(r, 130000);
	assert_int_equal(phase(DEVICES - 1), ALARM_NORMAL);
}

/* The cabinet of the bus is without power: that is the cause, and no wire. */
static void
a_dead_parent_comes_first(void **state)
{
	(void)state;
	for (int d = 0; d < DEVICES - 1; d++)
		r->devices[d].parent = DEVICES - 1;
	start();
	silence(true);
	r->fakes[DEVICES - 1].silent = true;
	room_run(r, 60000);
	assert_int_equal(raised(), 1);
	for (int d = 0; d < DEVICES - 1; d++)
		assert_int_equal(
		    room_alarm(r, d, 0)->cause, (int)r->devices[DEVICES - 1].first_alarm);
}

static void
a_living_parent_leaves_the_wire(void **state)
{
	(void)state;
	for (int d = 0; d < DEVICES - 1; d++)
		r->devices[d].parent = DEVICES - 1;
	start();
	silence(true);
	room_run(r, 60000);
	assert_int_equal(raised(), 1);
	assert_memory_equal(
	    room_last(r, EVENT_ALARM, 0, "comm_lost")->text, "Nobody on rs485_1", 17);
}

/* From this one on they are asked once a minute, and given up at very different times. */
static void
make_slow(int first, int lost_after)
{
	for (int d = 0; d < DEVICES - 1; d++)
		r->devices[d].lost_after = lost_after;
	for (int d = first; d < DEVICES - 1; d++) {
		r->devices[d].period_ms[POLL_NORMAL] = 60000;
		r->devices[d].stale_after_ms[POLL_NORMAL] = 185000;
	}
}

static void
slow_devices_make_one_alarm_too(int first, int lost_after)
{
	make_slow(first, lost_after);
	start();
	room_run(r, 60000);
	silence(true);
	room_run(r, 400000);
	for (int d = 0; d < DEVICES - 1; d++)
		assert_int_equal(room_phase(r, d), DEVICE_LOST);
	assert_int_equal(raised(), 1);
	silence(false);
	room_run(r, 65000);
	for (int d = 0; d < DEVICES - 1; d++)
		assert_int_equal(room_phase(r, d), DEVICE_ONLINE);
	assert_int_equal(raised(), 1);
}

static void
all_slow(void **state)
{
	(void)state;
	slow_devices_make_one_alarm_too(0, 3);
}

static void
a_quick_one_among_slow(void **state)
{
	(void)state;
	slow_devices_make_one_alarm_too(1, 3);
}

static void
a_quick_one_among_patient(void **state)
{
	(void)state;
	slow_devices_make_one_alarm_too(1, 5);
}

/* One is given up and stands for the wire; before the others are, the wire is back. */
static void
slow_devices_come_back_before_they_are_lost(void **state)
{
	int speaker = -1;

	(void)state;
	make_slow(1, 5);
	start();
	room_run(r, 60000);
	silence(true);
	for (int i = 0; i < 600 && raised() == 0; i++)
		room_run(r, 1000);
	for (int d = 0; d < DEVICES - 1; d++)
		if (phase(d) == ALARM_UNACKNOWLEDGED)
			speaker = d;
	assert_true(speaker >= 0);
	assert_memory_equal(room_last(r, EVENT_ALARM, speaker, "comm_lost")->text, "Nobody on", 9);
	silence(false);
	r->fakes[speaker].silent = true;
	room_run(r, 65000);
	assert_int_equal(phase(speaker), ALARM_UNACKNOWLEDGED);
	struct event e;
	core_alarm_event(r->core, r->devices[speaker].first_alarm, &e);
	assert_null(strstr(e.text, "Nobody on"));
	assert_int_equal(raised(), 1);
}

/* One that is dead among slow ones is told by itself, and soon. */
static void
one_dead_slow_device_is_no_wire(void **state)
{
	(void)state;
	make_slow(0, 3);
	start();
	room_run(r, 60000);
	r->fakes[2].silent = true;
	while (room_phase(r, 2) != DEVICE_LOST)
		room_run(r, 10);
	room_run(r, 1100);
	assert_int_equal(phase(2), ALARM_UNACKNOWLEDGED);
	assert_memory_equal(
	    room_last(r, EVENT_ALARM, 2, "comm_lost")->text, "dev2 does not answer", 20);
}

/* The child on the wire stood for it; then its parent is given up, which people work on. */
static void
nobody_is_a_symptom_of_itself(void **state)
{
	(void)state;
	make_slow(1, 3);
	r->devices[0].parent = 3;
	start();
	assert_int_equal(core_maintenance_begin(r->core, 3, "sato", 3600000, "filters", &r->now),
	    MAINTENANCE_DONE);
	for (int d = 1; d < 3; d++)
		put_aside(d);
	put_aside(4);
	room_run(r, 60000);
	silence(true);
	room_run(r, 400000);
	for (int d = 0; d < DEVICES - 1; d++) {
		assert_int_equal(room_phase(r, d), DEVICE_LOST);
		assert_int_not_equal(room_alarm(r, d, 0)->cause, r->devices[d].first_alarm);
	}
	assert_int_equal(core_maintenance_end(r->core, 3, "sato", &r->now), MAINTENANCE_DONE);
	room_run(r, 100);
	assert_int_equal(phase(3), ALARM_UNACKNOWLEDGED);
	assert_int_equal(phase(0), ALARM_SUPPRESSED);
}

/* The wire comes and goes: each time for so long that some of them answer, or one. */
static void
flap(int times, int64_t up_ms, int64_t down_ms)
{
	for (int i = 0; i < times; i++) {
		silence(true);
		room_run(r, down_ms);
		silence(false);
		room_run(r, up_ms);
	}
}

/* How many devices somebody was called for. */
static unsigned
called(void)
{
	bool of[DEVICES] = {false};
	unsigned n = 0;

	for (size_t i = 0; i < r->event_count; i++)
		for (int d = 0; d < DEVICES; d++)
			if (r->events[i].type == EVENT_ALARM && !of[d] &&
			    strcmp(r->events[i].device, r->names[d]) == 0 &&
			    strcmp(r->events[i].to, "unacknowledged") == 0) {
				of[d] = true;
				n++;
			}
	return n;
}

static void
a_flapping_wire_is_one_alarm(void **state)
{
	static const int64_t ups_ms[] = {30, 100, 500, 1000, 2000, 3000, 4500, 9000};

	for (size_t i = 0; i < COUNT(ups_ms); i++) {
		start();
		silence(true);
		room_run(r, 60000);
		assert_int_equal(raised(), 1);
		flap(20, ups_ms[i], 20000);
		if (called() != 1) {
			room_print(r);
			fail_msg("up for %lld ms each time, %u are called", (long long)ups_ms[i],
			    called());
		}
		silence(false);
		room_run(r, 65000);
		for (int d = 0; d < DEVICES; d++)
			assert_int_equal(room_phase(r, d), DEVICE_ONLINE);
		teardown(state);
		setup(state);
	}
}

/* One answers for a moment, and none of the others in it. */
static void
a_breath_of_one_is_no_life(void **state)
{
	(void)state;
	start();
	silence(true);
	room_run(r, 60000);
	for (int i = 0; i < 10; i++) {
		r->fakes[3].silent = false;
		while (room_phase(r, 3) != DEVICE_ONLINE)
			room_run(r, 10);
		r->fakes[3].silent = true;
		room_run(r, 60000);
		assert_int_equal(phase(0), ALARM_UNACKNOWLEDGED);
	}
	assert_int_equal(raised(), 1);
	/* It stays: the others have no excuse any more. */
	r->fakes[3].silent = false;
	room_run(r, 120000);
	assert_int_equal(raised(), DEVICES - 2);
}

/* The parent of all is back, their wire is not. */
static void
let_go_by_their_parent_to_a_dead_wire(void **state)
{
	(void)state;
	for (int d = 0; d < DEVICES - 1; d++)
		r->devices[d].parent = DEVICES - 1;
	start();
	silence(true);
	r->fakes[DEVICES - 1].silent = true;
	room_run(r, 60000);
	assert_int_equal(raised(), 1);
	r->fakes[DEVICES - 1].silent = false;
	room_run(r, 60000);
	assert_int_equal(room_phase(r, DEVICES - 1), DEVICE_ONLINE);
	assert_int_equal(raised(), 2);
	assert_memory_equal(
	    room_last(r, EVENT_ALARM, 0, "comm_lost")->text, "Nobody on rs485_1", 17);
}

static void
absent_at_start(void **state)
{
	(void)state;
	silence(true);
	room_start(r, 3);
	room_run(r, 120000);
	assert_int_equal(raised(), 1);
	assert_int_equal(phase(0), ALARM_UNACKNOWLEDGED);
	assert_int_equal(phase(4), ALARM_SUPPRESSED);
}

/* While the wire was dead the parent of one on it was lost too: it is that one's symptom then. */
static void
the_parent_is_lost_meanwhile(void **state)
{
	(void)state;
	r->devices[3].parent = DEVICES - 1;
	start();
	silence(true);
	room_run(r, 60000);
	assert_int_equal(phase(3), ALARM_SUPPRESSED);
	r->fakes[DEVICES - 1].silent = true;
	room_run(r, 60000);
	assert_int_equal(phase(DEVICES - 1), ALARM_UNACKNOWLEDGED);
	r->fakes[2].silent = false;
	room_run(r, 120000);
	assert_int_equal(room_phase(r, 2), DEVICE_ONLINE);
	assert_int_equal(phase(4), ALARM_UNACKNOWLEDGED);
	assert_int_equal(phase(3), ALARM_SUPPRESSED);
	assert_int_equal(room_alarm(r, 3, 0)->cause, (int)r->devices[DEVICES - 1].first_alarm);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_dead_wire_is_one_alarm),
	    TEST(it_comes_back_as_one),
	    TEST(one_of_them_comes_back),
	    TEST(a_delay_outlives_the_wire),
	    TEST(a_shelved_symptom_is_called),
	    TEST(one_dead_device_is_no_wire),
	    TEST(an_old_loss_hides_no_new_one),
	    TEST(the_gravest_stands_for_all),
	    TEST(who_is_put_aside_speaks_for_nobody),
	    TEST(a_speaker_that_is_shelved_has_a_successor),
	    TEST(a_speaker_in_maintenance_has_a_successor),
	    TEST(the_first_that_is_taken_back_speaks),
	    TEST(the_soonest_stands_for_all),
	    TEST(a_child_elsewhere_has_the_same_cause),
	    TEST(a_dead_parent_comes_first),
	    TEST(a_living_parent_leaves_the_wire),
	    TEST(absent_at_start),
	    TEST(all_slow),
	    TEST(a_quick_one_among_slow),
	    TEST(a_quick_one_among_patient),
	    TEST(slow_devices_come_back_before_they_are_lost),
	    TEST(one_dead_slow_device_is_no_wire),
	    TEST(nobody_is_a_symptom_of_itself),
	    TEST(a_flapping_wire_is_one_alarm),
	    TEST(a_breath_of_one_is_no_life),
	    TEST(let_go_by_their_parent_to_a_dead_wire),
	    TEST(the_parent_is_lost_meanwhile),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
