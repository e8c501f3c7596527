/* core/cause: the alarm of a device waits for its parent; symptoms are attached to their cause. */
#include "heart_room.h"

static struct point_spec points[1];
static struct profile profile;
static struct room *r;

enum { PDU, CRAC, SENSOR };

/* A sensor behind a CRAC behind a PDU. */
static int
setup(void **state)
{
	(void)state;
	points[0] = room_point("value", 0, POLL_NORMAL);
	profile = room_profile(points, COUNT(points));
	r = room_new();
	for (int i = 0; i < 3; i++)
		room_device(r, &profile, NULL, 0);
	r->devices[PDU].title.en = "PDU 1";
	r->devices[CRAC].title.en = "CRAC 1";
	r->devices[SENSOR].title.en = "Sensor 1";
	r->devices[CRAC].parent = PDU;
	r->devices[SENSOR].parent = CRAC;
	/* The parent is asked rarely: its own beat comes far too late. */
	r->devices[PDU].period_ms[POLL_NORMAL] = 60000;
	r->devices[PDU].stale_after_ms[POLL_NORMAL] = 180000;
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
start(void)
{
	room_start(r, 3);
	room_run(r, 70000);
	for (int d = 0; d < 3; d++)
		assert_int_equal(room_phase(r, d), DEVICE_ONLINE);
}

static enum alarm_phase
phase(int d)
{
	return room_alarm(r, d, 0)->phase;
}

static void
run_until_lost(int d)
{
	for (int i = 0; i < 100000 && room_phase(r, d) != DEVICE_LOST; i++)
		room_run(r, 1);
	assert_int_equal(room_phase(r, d), DEVICE_LOST);
}

static void
a_living_parent_is_asked_first(void **state)
{
	unsigned polls;
	mono_t lost;

	(void)state;
	start();
	polls = r->fakes[PDU].polls;
	r->fakes[CRAC].silent = true;
	run_until_lost(CRAC);
	lost = r->now.mono;
	assert_int_equal(phase(CRAC), ALARM_NORMAL); /* not before the parent was asked */
	room_run(r, 100);
	assert_int_equal(r->fakes[PDU].polls, polls + 1);
	assert_int_equal(phase(CRAC), ALARM_UNACKNOWLEDGED);
	assert_true(room_last(r, EVENT_ALARM, CRAC, "comm_lost")->mono.us - lost.us <= 25000);
}

static void
a_dead_parent_is_the_cause(void **state)
{
	const struct event *cause, *symptom;

	(void)state;
	start();
	r->fakes[PDU].silent = r->fakes[CRAC].silent = true;
	room_run(r, 10000);
	assert_int_equal(phase(PDU), ALARM_UNACKNOWLEDGED);
	assert_int_equal(phase(CRAC), ALARM_SUPPRESSED);
	assert_int_equal(room_alarm(r, CRAC, 0)->cause, (int)r->devices[PDU].first_alarm);
	cause = room_last(r, EVENT_ALARM, PDU, "comm_lost");
	symptom = room_last(r, EVENT_ALARM, CRAC, "comm_lost");
	assert_true(cause->seq < symptom->seq); /* cause first */
	assert_string_equal(symptom->to, "suppressed");
	assert_string_equal(symptom->text,
	    "CRAC 1 does not answer on rs485_1 (unit 2), because PDU 1 "
	    "does not answer either.");
	assert_int_equal(r->records[r->record_count - 1].phase, ALARM_SUPPRESSED);
}

static void
both_come_back(void **state)
{
	(void)state;
	start();
	r->fakes[PDU].silent = r->fakes[CRAC].silent = true;
	room_run(r, 300000);
	r->fakes[PDU].silent = r->fakes[CRAC].silent = false;
	room_run(r, 65000);
	assert_int_equal(phase(PDU), ALARM_RETURNED);
	assert_int_equal(phase(CRAC), ALARM_NORMAL); /* nobody was ever bothered with it */
	assert_int_equal(room_alarm(r, CRAC, 0)->cause, NO_INDEX);
	assert_string_equal(room_last(r, EVENT_ALARM, CRAC, "comm_lost")->text,
	    "CRAC 1 answers again on rs485_1 (unit 2).");
}

static void
only_the_parent_comes_back(void **state)
{
	mono_t back;

	(void)state;
	start();
	r->fakes[PDU].silent = r->fakes[CRAC].silent = true;
	room_run(r, 600000);
	r->fakes[PDU].silent = false;
	while (room_phase(r, PDU) != DEVICE_ONLINE)
		room_run(r, 1);
	back = r->now.mono;
	room_run(r, 10000);
	assert_int_equal(phase(CRAC), ALARM_UNACKNOWLEDGED); /* released and raised, at once */
	assert_string_equal(room_last(r, EVENT_ALARM, CRAC, "comm_lost")->from, "suppressed");
	assert_memory_equal(room_last(r, EVENT_ALARM, CRAC, "comm_lost")->text,
	    "CRAC 1 does not answer on rs485_1 (unit 2), although PDU 1 does: no reply in 800 ms",
	    82);
	/* With its full number of tries after the parent's return, not by an older failure. */
	assert_true(room_last(r, EVENT_ALARM, CRAC, "comm_lost")->mono.us - back.us >= 1600000);
}

static void
a_child_that_was_first_becomes_a_symptom(void **state)
{
	(void)state;
	start();
	r->fakes[CRAC].silent = true;
	room_run(r, 10000);
	assert_int_equal(phase(CRAC), ALARM_UNACKNOWLEDGED);
	r->fakes[PDU].silent = true;
	room_run(r, 70000);
	assert_int_equal(phase(PDU), ALARM_UNACKNOWLEDGED);
	assert_int_equal(phase(CRAC), ALARM_SUPPRESSED);
}

/* Raised and not seen by anybody; that it became a symptom in between does not settle it. */
static void
what_is_owed_outlives_the_suppression(void **state)
{
	(void)state;
	r->rules[SENSOR][0].latch = true;
	start();
	r->fakes[CRAC].silent = r->fakes[SENSOR].silent = true;
	room_run(r, 70000);
	r->fakes[SENSOR].silent = false;
	r->fakes[CRAC].silent = false;
	room_run(r, 70000);
	assert_int_equal(phase(CRAC), ALARM_RETURNED);
	assert_int_equal(phase(SENSOR), ALARM_NORMAL); /* a symptom only: nothing is owed */
	r->fakes[SENSOR].silent = true;
	room_run(r, 10000);
	assert_int_equal(phase(SENSOR), ALARM_UNACKNOWLEDGED);
	r->fakes[PDU].silent = r->fakes[CRAC].silent = true;
	room_run(r, 70000);
	assert_int_equal(phase(CRAC), ALARM_SUPPRESSED);
	assert_int_equal(phase(SENSOR), ALARM_SUPPRESSED);
	for (int d = 0; d < 3; d++)
		r->fakes[d].silent = false;
	room_run(r, 70000);
	assert_int_equal(phase(PDU), ALARM_RETURNED);
	assert_int_equal(phase(CRAC), ALARM_RETURNED);
	assert_int_equal(phase(SENSOR), ALARM_LATCHED_UNACKNOWLEDGED);
	assert_non_null(strstr(room_last(r, EVENT_ALARM, SENSOR, "comm_lost")->text,
	    "The alarm stays until somebody resets it."));
	core_ack_all(r->core, "sato", &r->now);
	r->fakes[PDU].silent = r->fakes[CRAC].silent = r->fakes[SENSOR].silent = true;
	room_run(r, 70000);
	assert_int_equal(phase(SENSOR), ALARM_SUPPRESSED);
	for (int d = 0; d < 3; d++)
		r->fakes[d].silent = false;
	room_run(r, 70000);
	assert_int_equal(phase(CRAC), ALARM_NORMAL);
	assert_int_equal(phase(SENSOR), ALARM_LATCHED_ACKNOWLEDGED);
}

/* The same over a restart: the record tells it by when it was raised and who has seen it. */
static void
restored_symptom_owes_what_it_owed(void **state)
{
	struct alarm_record crac = {.device = "dev1",
	    .alarm = "comm_lost",
	    .phase = ALARM_SUPPRESSED,
	    .raised = {900},
	    .seq = 5};

	(void)state;
	room_start(r, 3);
	assert_true(core_restore(r->core, &crac));
	room_run(r, 60000);
	assert_int_equal(phase(CRAC), ALARM_RETURNED);
}

static void
an_acknowledged_child_stays(void **state)
{
	(void)state;
	start();
	r->fakes[CRAC].silent = true;
	room_run(r, 10000);
	core_ack_all(r->core, "sato", &r->now);
	r->fakes[PDU].silent = true;
	room_run(r, 70000);
	assert_int_equal(phase(CRAC), ALARM_ACKNOWLEDGED);
}

static void
three_generations_have_one_root(void **state)
{
	(void)state;
	start();
	for (int d = 0; d < 3; d++)
		r->fakes[d].silent = true;
	room_run(r, 70000);
	assert_int_equal(phase(PDU), ALARM_UNACKNOWLEDGED);
	assert_int_equal(phase(CRAC), ALARM_SUPPRESSED);
	assert_int_equal(phase(SENSOR), ALARM_SUPPRESSED);
	assert_int_equal(room_alarm(r, SENSOR, 0)->cause, (int)r->devices[PDU].first_alarm);
	/* The root returns alone: the next in line takes the blame. */
	r->fakes[PDU].silent = false;
	room_run(r, 70000);
	assert_int_equal(phase(PDU), ALARM_RETURNED);
	assert_int_equal(phase(CRAC), ALARM_UNACKNOWLEDGED);
	assert_int_equal(phase(SENSOR), ALARM_SUPPRESSED);
	assert_int_equal(room_alarm(r, SENSOR, 0)->cause, (int)r->devices[CRAC].first_alarm);
	r->fakes[CRAC].silent = false;
	room_run(r, 130000);
	assert_int_equal(phase(SENSOR), ALARM_UNACKNOWLEDGED);
	r->fakes[SENSOR].silent = false;
	room_run(r, 130000);
	assert_int_equal(phase(SENSOR), ALARM_RETURNED);
}

/* The root falls silent last: those who were symptoms of what is a symptom now are its own. */
static void
the_grandparent_is_lost_last(void **state)
{
	(void)state;
	start();
	r->fakes[CRAC].silent = r->fakes[SENSOR].silent = true;
	room_run(r, 60000);
	assert_int_equal(phase(CRAC), ALARM_UNACKNOWLEDGED);
	assert_int_equal(phase(SENSOR), ALARM_SUPPRESSED);
	assert_int_equal(room_alarm(r, SENSOR, 0)->cause, (int)r->devices[CRAC].first_alarm);
	r->fakes[PDU].silent = true;
	room_run(r, 60000);
	assert_int_equal(phase(PDU), ALARM_UNACKNOWLEDGED);
	assert_int_equal(phase(CRAC), ALARM_SUPPRESSED);
	assert_int_equal(phase(SENSOR), ALARM_SUPPRESSED);
	assert_int_equal(room_alarm(r, CRAC, 0)->cause, (int)r->devices[PDU].first_alarm);
	assert_int_equal(room_alarm(r, SENSOR, 0)->cause, (int)r->devices[PDU].first_alarm);
	/* All come back: nothing is left but what was raised. */
	for (int d = 0; d < 3; d++)
		r->fakes[d].silent = false;
	room_run(r, 130000);
	assert_int_equal(phase(PDU), ALARM_RETURNED);
	assert_int_equal(phase(CRAC), ALARM_RETURNED);
	assert_int_equal(phase(SENSOR), ALARM_NORMAL);
}

/* The one in between has a battery: the silence behind it is not the root's doing. */
static void
a_living_parent_of_a_dead_grandparent(void **state)
{
	(void)state;
	start();
	r->fakes[PDU].silent = r->fakes[SENSOR].silent = true;
	room_run(r, 70000);
	assert_int_equal(phase(PDU), ALARM_UNACKNOWLEDGED);
	assert_int_equal(phase(CRAC), ALARM_NORMAL);
	assert_int_equal(phase(SENSOR), ALARM_UNACKNOWLEDGED);
	assert_int_equal(room_alarm(r, SENSOR, 0)->cause, NO_INDEX);
}

/* Put aside while its parent falls silent: at the end of the shelf it is a symptom, no alarm. */
static void
a_shelved_child_becomes_a_symptom(void **state)
{
	size_t alarm;

	(void)state;
	start();
	alarm = r->devices[CRAC].first_alarm;
	r->fakes[CRAC].silent = true;
	room_run(r, 10000);
	assert_int_equal(
	    core_shelve(r->core, alarm, "sato", 300000, "known", &r->now), SHELVE_DONE);
	r->fakes[PDU].silent = true;
	room_run(r, 60000);
	assert_int_equal(phase(PDU), ALARM_UNACKNOWLEDGED);
	assert_int_equal(phase(CRAC), ALARM_SHELVED);
	assert_int_equal(core_unshelve(r->core, alarm, "sato", &r->now), SHELVE_DONE);
	assert_int_equal(phase(CRAC), ALARM_SUPPRESSED);
	/* The parent comes back alone: the child has a fault of its own after all. */
	r->fakes[PDU].silent = false;
	room_run(r, 130000);
	assert_int_equal(phase(CRAC), ALARM_UNACKNOWLEDGED);
}

/* The same, but the parent is back before the shelf ends. */
static void
a_shelved_symptom_outlives_its_cause(void **state)
{
	size_t alarm;

	(void)state;
	start();
	alarm = r->devices[CRAC].first_alarm;
	r->fakes[PDU].silent = r->fakes[CRAC].silent = true;
	room_run(r, 70000);
	assert_int_equal(phase(CRAC), ALARM_SUPPRESSED);
	assert_int_equal(
	    core_shelve(r->core, alarm, "sato", 600000, "known", &r->now), SHELVE_DONE);
	r->fakes[PDU].silent = false;
	room_run(r, 130000);
	assert_int_equal(phase(PDU), ALARM_RETURNED);
	assert_int_equal(core_unshelve(r->core, alarm, "sato", &r->now), SHELVE_DONE);
	assert_int_equal(phase(CRAC), ALARM_UNACKNOWLEDGED);
}

/* Put aside while its cause was the grandparent; its parent is back since, and it is not. */
static void
a_shelved_symptom_of_a_parent_that_is_back(void **state)
{
	(void)state;
	start();
	for (int d = 0; d < 3; d++)
		r->fakes[d].silent = true;
	room_run(r, 70000);
	assert_int_equal(phase(SENSOR), ALARM_SUPPRESSED);
	assert_int_equal(core_shelve(r->core, r->devices[SENSOR].first_alarm, "Sato", 600000,
			     "being replaced", &r->now),
	    SHELVE_DONE);
	r->fakes[CRAC].silent = false;
	room_run(r, 600000);
	assert_int_equal(room_phase(r, PDU), DEVICE_LOST);
	assert_int_equal(room_phase(r, CRAC), DEVICE_ONLINE);
	assert_int_equal(phase(SENSOR), ALARM_UNACKNOWLEDGED);
}

/* The parent's link never brings a verdict: the wait has an end, and the alarm is raised. */
static void
the_wait_has_an_end(void **state)
{
	mono_t lost;

	(void)state;
	start();
	r->fakes[PDU].latency_ms = 3600000; /* the baton stays out */
	r->fakes[CRAC].silent = true;
	run_until_lost(CRAC);
	lost = core_devices(r->core)[CRAC].since;
	room_run(r, 3100);
	assert_int_equal(phase(CRAC), ALARM_NORMAL);
	room_run(r, 200);
	assert_int_equal(phase(CRAC), ALARM_UNACKNOWLEDGED);
	/* Two timeouts for each of the polls that it takes to lose the parent. */
	assert_int_equal(
	    room_last(r, EVENT_ALARM, CRAC, "comm_lost")->mono.us - lost.us, 2 * 800000 * 2);
}

static void
a_child_that_returns_while_waiting_says_nothing(void **state)
{
	size_t alarms;

	(void)state;
	start();
	alarms = room_count(r, EVENT_ALARM, -1);
	r->fakes[PDU].latency_ms = 3600000;
	r->fakes[CRAC].silent = true;
	run_until_lost(CRAC);
	r->fakes[CRAC].silent = false;
	room_run(r, 60000);
	assert_int_equal(room_phase(r, CRAC), DEVICE_ONLINE);
	assert_int_equal(room_count(r, EVENT_ALARM, -1), alarms);
	assert_int_equal(phase(CRAC), ALARM_NORMAL);
}

static void
absent_together_at_start(void **state)
{
	(void)state;
	for (int d = 0; d < 3; d++)
		r->fakes[d].silent = true;
	room_start(r, 3);
	room_run(r, 60000);
	assert_int_equal(phase(PDU), ALARM_UNACKNOWLEDGED);
	assert_int_equal(phase(CRAC), ALARM_SUPPRESSED);
	assert_int_equal(phase(SENSOR), ALARM_SUPPRESSED);
}

/* Let go by its cause it has the rest of its delay still, and says meanwhile what is so. */
static void
the_delay_outlives_the_suppression(void **state)
{
	const struct event *e;
	mono_t lost;

	(void)state;
	r->rules[CRAC][0].on_delay_ms = 60000;
	start();
	r->fakes[PDU].silent = r->fakes[CRAC].silent = true;
	run_until_lost(CRAC);
	lost = core_devices(r->core)[CRAC].since;
	room_run(r, 10000);
	assert_int_equal(phase(CRAC), ALARM_SUPPRESSED);
	r->fakes[PDU].silent = false;
	room_run(r, 20000);
	assert_int_equal(phase(CRAC), ALARM_NORMAL);
	e = room_last(r, EVENT_ALARM, CRAC, "comm_lost");
	assert_memory_equal(
	    e->text, "CRAC 1 does not answer on rs485_1 (unit 2), although PDU 1 does: ", 65);
	room_run(r, 60000);
	e = room_last(r, EVENT_ALARM, CRAC, "comm_lost");
	assert_string_equal(e->to, "unacknowledged");
	assert_in_range(e->mono.us - lost.us, 60000000, 60100000);
}

/* Its delay has passed while it was one: nothing is left to wait for. */
static void
a_symptom_for_longer_than_its_delay(void **state)
{
	(void)state;
	r->rules[CRAC][0].on_delay_ms = 60000;
	start();
	r->fakes[PDU].silent = r->fakes[CRAC].silent = true;
	room_run(r, 70000);
	assert_int_equal(phase(CRAC), ALARM_SUPPRESSED);
	r->fakes[PDU].silent = false;
	room_run(r, 10000);
	assert_int_equal(phase(CRAC), ALARM_UNACKNOWLEDGED);
}

/* The end of a shelf shortens no delay, and makes no alarm of a symptom. */
static void
a_shelved_symptom_within_its_delay(void **state)
{
	(void)state;
	r->rules[CRAC][0].on_delay_ms = 300000;
	start();
	r->fakes[PDU].silent = r->fakes[CRAC].silent = true;
	room_run(r, 10000);
	assert_int_equal(
	    core_shelve(r->core, r->devices[CRAC].first_alarm, "sato", 60000, "known", &r->now),
	    SHELVE_DONE);
	room_run(r, 61000);
	assert_int_equal(phase(CRAC), ALARM_SUPPRESSED);
	r->fakes[PDU].silent = false;
	room_run(r, 60000);
	assert_int_equal(phase(CRAC), ALARM_NORMAL);
	room_run(r, 180000);
	assert_int_equal(phase(CRAC), ALARM_UNACKNOWLEDGED);
}

/* How long it had been silent before the restart is not known: its delay begins anew. */
static void
restored_symptom_has_its_delay(void **state)
{
	struct alarm_record crac = {
	    .device = "dev1", .alarm = "comm_lost", .phase = ALARM_SUPPRESSED, .seq = 5};

	(void)state;
	r->rules[CRAC][0].on_delay_ms = 60000;
	r->fakes[CRAC].silent = true;
	room_start(r, 3);
	assert_true(core_restore(r->core, &crac));
	room_run(r, 50000);
	assert_int_equal(phase(CRAC), ALARM_NORMAL);
	room_run(r, 20000);
	assert_int_equal(phase(CRAC), ALARM_UNACKNOWLEDGED);
}

/* After a restart: as it was, and the cause is found again. */
static void
restored_symptom(void **state)
{
	struct alarm_record pdu = {
	    .device = "dev0", .alarm = "comm_lost", .phase = ALARM_ACKNOWLEDGED, .seq = 4};
	struct alarm_record crac = {
	    .device = "dev1", .alarm = "comm_lost", .phase = ALARM_SUPPRESSED, .seq = 5};

	(void)state;
	r->fakes[PDU].silent = r->fakes[CRAC].silent = true;
	r->first_seq = 6;
	room_start(r, 3);
	assert_true(core_restore(r->core, &pdu));
	assert_true(core_restore(r->core, &crac));
	room_run(r, 60000);
	assert_int_equal(r->event_count, 1); /* the sensor answers */
	assert_int_equal(phase(CRAC), ALARM_SUPPRESSED);
	assert_int_equal(room_alarm(r, CRAC, 0)->cause, (int)r->devices[PDU].first_alarm);
	r->fakes[PDU].silent = false;
	room_run(r, 70000);
	assert_int_equal(phase(PDU), ALARM_NORMAL);
	assert_int_equal(phase(CRAC), ALARM_UNACKNOWLEDGED);
}

/* Both are lost anew after a restart; what a person has seen before stays seen. */
static void
restored_child_that_is_acknowledged(void **state)
{
	struct alarm_record pdu = {
	    .device = "dev0", .alarm = "comm_lost", .phase = ALARM_UNACKNOWLEDGED, .seq = 4};
	struct alarm_record crac = {.device = "dev1",
	    .alarm = "comm_lost",
	    .phase = ALARM_ACKNOWLEDGED,
	    .raised = {900},
	    .who = "sato",
	    .seq = 5};

	(void)state;
	for (int d = 0; d < 3; d++)
		r->fakes[d].silent = true;
	r->first_seq = 6;
	room_start(r, 3);
	assert_true(core_restore(r->core, &pdu));
	assert_true(core_restore(r->core, &crac));
	room_run(r, 60000);
	assert_int_equal(phase(PDU), ALARM_UNACKNOWLEDGED);
	assert_int_equal(phase(CRAC), ALARM_ACKNOWLEDGED);
	assert_int_equal(phase(SENSOR), ALARM_SUPPRESSED);
	r->fakes[PDU].silent = false;
	room_run(r, 70000);
	assert_int_equal(phase(PDU), ALARM_RETURNED);
	assert_int_equal(phase(CRAC), ALARM_ACKNOWLEDGED);
	assert_string_equal(room_alarm(r, CRAC, 0)->who, "sato");
	assert_int_equal(phase(SENSOR), ALARM_SUPPRESSED);
	r->fakes[CRAC].silent = r->fakes[SENSOR].silent = false;
	room_run(r, 70000);
	assert_int_equal(phase(CRAC), ALARM_NORMAL);
	assert_int_equal(phase(SENSOR), ALARM_NORMAL);
}

static void
restored_symptom_of_a_living_parent(void **state)
{
	struct alarm_record crac = {
	    .device = "dev1", .alarm = "comm_lost", .phase = ALARM_SUPPRESSED, .seq = 5};

	(void)state;
	r->fakes[CRAC].silent = true;
	room_start(r, 3);
	assert_true(core_restore(r->core, &crac));
	room_run(r, 60000);
	assert_int_equal(phase(CRAC), ALARM_UNACKNOWLEDGED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_living_parent_is_asked_first),
	    TEST(a_dead_parent_is_the_cause),
	    TEST(both_come_back),
	    TEST(only_the_parent_comes_back),
	    TEST(a_child_that_was_first_becomes_a_symptom),
	    TEST(what_is_owed_outlives_the_suppression),
	    TEST(restored_symptom_owes_what_it_owed),
	    TEST(an_acknowledged_child_stays),
	    TEST(three_generations_have_one_root),
	    TEST(the_grandparent_is_lost_last),
	    TEST(a_living_parent_of_a_dead_grandparent),
	    TEST(a_shelved_child_becomes_a_symptom),
	    TEST(a_shelved_symptom_outlives_its_cause),
	    TEST(a_shelved_symptom_of_a_parent_that_is_back),
	    TEST(the_wait_has_an_end),
	    TEST(a_child_that_returns_while_waiting_says_nothing),
	    TEST(absent_together_at_start),
	    TEST(the_delay_outlives_the_suppression),
	    TEST(a_symptom_for_longer_than_its_delay),
	    TEST(a_shelved_symptom_within_its_delay),
	    TEST(restored_symptom_has_its_delay),
	    TEST(restored_symptom),
	    TEST(restored_child_that_is_acknowledged),
	    TEST(restored_symptom_of_a_living_parent),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
