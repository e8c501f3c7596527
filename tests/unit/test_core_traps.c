/* Notifications of devices in the heart: what they say, how often, and that the device is asked. */
#include "base/lang.h"
#include "core/traps.h"
#include "heart_room.h"

static const uint32_t lost_sub[] = {1, 3, 6, 1, 4, 1, 318, 0, 127};
static const uint32_t other_sub[] = {1, 3, 6, 1, 4, 1, 318, 0, 5};
static const uint32_t point_sub[] = {1, 3, 6, 1, 2, 1, 33, 1, 2, 4, 0};
static const struct oid lost = {COUNT(lost_sub), lost_sub};
static const struct oid other = {COUNT(other_sub), other_sub};

static const struct trap_spec traps[] = {{.name = "redundancy_lost",
    .title = {.en = "Redundancy lost", .ja = "電源冗長喪失"},
    .oid = {COUNT(lost_sub), lost_sub},
    .poll = true,
    .priority = PRIORITY_MEDIUM,
    .remedy = {.en = "Look at the breaker."}}};

static struct point_spec point;
static struct profile with_trap, without;
static struct room *r;

static int
set_up(void **state)
{
	(void)state;
	point = room_point("return_air_temperature", 3, POLL_SLOW);
	with_trap = room_profile(&point, 1);
	with_trap.traps = traps;
	with_trap.trap_count = 1;
	without = room_profile(&point, 1);
	r = room_new();
	room_device(r, &with_trap, NULL, 0);
	room_device(r, &with_trap, NULL, 0);
	room_device(r, &without, NULL, 0);
	r->site.traps.enabled = true;
	room_start(r, 1);
	room_run(r, 6000);
	r->event_count = 0;
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	room_free(r);
	return 0;
}

static uint64_t
trap(const struct oid *oid, const int *devices, size_t n)
{
	const struct heard_trap h = {
	    .from = "192.0.2.7", .oid = *oid, .devices = devices, .device_count = n, .count = 1};

	return core_trap(r->core, &h, &r->now);
}

static void
one_is_an_event_and_a_poll(void **state)
{
	const int device = 0;
	unsigned polls = r->fakes[0].polls;
	uint64_t seq = trap(&lost, &device, 1);
	const struct event *e = room_last(r, EVENT_TRAP, 0, NULL);

	(void)state;
	assert_non_null(e);
	assert_int_equal(e->seq, seq);
	assert_string_equal(e->text, "dev0 reports by itself: Redundancy lost.");
	assert_string_equal(e->word, "redundancy_lost");
	assert_string_equal(e->remedy, "Look at the breaker.");
	assert_int_equal(e->priority, PRIORITY_MEDIUM);
	room_run(r, 100); /* the period is 5 s */
	assert_int_equal(r->fakes[0].polls, polls + 1);
	assert_int_equal(r->fakes[1].polls, polls);
}

/* People work on it: on record, marked for those who pass it on. */
static void
one_of_a_device_in_maintenance_says_so(void **state)
{
	const int device = 0;

	(void)state;
	assert_int_equal(
	    core_maintenance_begin(r->core, 0, "Sato", 3600000, "breaker change", &r->now),
	    MAINTENANCE_DONE);
	trap(&lost, &device, 1);
	assert_string_equal(room_last(r, EVENT_TRAP, 0, NULL)->from, "maintenance");
	assert_int_equal(core_maintenance_end(r->core, 0, "Sato", &r->now), MAINTENANCE_DONE);
	trap(&lost, &device, 1);
	assert_string_equal(room_last(r, EVENT_TRAP, 0, NULL)->from, "");
}

/* Whatever comes first after a step of the clock: that it was set stands before it. */
static void
the_clock_is_told_before_it(void **state)
{
	const int device = 0;
	size_t alarm = r->devices[0].first_alarm, n = 0;
	const char *kinds[] = {"a trap", "a shelf", "its end", "maintenance", "its end", "a note"};

	(void)state;
	for (size_t i = 0; i < COUNT(kinds); i++) {
		n = r->event_count;
		r->now.wall.us += 600 * INT64_C(1000000);
		if (i == 0)
			trap(&lost, &device, 1);
		else if (i == 1)
			core_shelve(r->core, alarm, "Sato", 3600000, "known", &r->now);
		else if (i == 2)
			core_unshelve(r->core, alarm, "Sato", &r->now);
		else if (i == 3)
			core_maintenance_begin(r->core, 0, "Sato", 3600000, "filter", &r->now);
		else if (i == 4)
			core_maintenance_end(r->core, 0, "Sato", &r->now);
		else
			core_note(r->core, &r->now, EVENT_SYSTEM, PRIORITY_LOW, "", "", "x", "y");
		if (r->event_count < n + 2 || strcmp(r->events[n].to, "clock_set") != 0)
			fail_msg("%s is dated before the clock is", kinds[i]);
	}
}

/* "Redundancy lost", with the value of a point. */
static struct heard_trap
lost_with(const struct heard_variable *v)
{
	static const int dev0[] = {0};

	point.at = (struct source){.table = TABLE_OID, .oid = {COUNT(point_sub), point_sub}};
	return (struct heard_trap){.from = "192.0.2.7",
	    .oid = lost,
	    .devices = dev0,
	    .device_count = 1,
	    .variables = v,
	    .variable_count = 1,
	    .count = 1};
}

/* A value inside is shown by the point's name and unit, and never becomes the point's value. */
static void
it_never_sets_a_value(void **state)
{
	struct heard_variable v = {
	    .oid = {COUNT(point_sub), point_sub}, .value = {.type = SNMP_TYPE_SIGNED, .i = 999}};
	struct heard_trap h = lost_with(&v);
	double before;

	(void)state;
	point.codec.type = TYPE_NUMBER;
	before = core_points(r->core)[0].value;
	core_trap(r->core, &h, &r->now);
	assert_string_equal(room_last(r, EVENT_TRAP, 0, NULL)->text,
	    "dev0 reports by itself: Redundancy lost. It says: return_air_temperature 99.9 °C.");
	assert_true(core_points(r->core)[0].value == before);
}

/* A count is no rate, and a number without its power of ten no power: nothing is said of them. */
static void
what_needs_another_point_is_not_told(void **state)
{
	static const struct needs rate = {.rate = RATE_PER_SECOND};
	struct heard_variable v = {
	    .oid = {COUNT(point_sub), point_sub}, .value = {.type = SNMP_TYPE_UNSIGNED, .u = 999}};
	struct heard_trap h = lost_with(&v);

	(void)state;
	point.codec.type = TYPE_U32;
	point.needs = &rate;
	core_trap(r->core, &h, &r->now);
	assert_string_equal(
	    room_last(r, EVENT_TRAP, 0, NULL)->text, "dev0 reports by itself: Redundancy lost.");
	h.oid = other;
	core_trap(r->core, &h, &r->now);
	assert_non_null(strstr(
	    room_last(r, EVENT_TRAP, 0, NULL)->text, "It says: 1.3.6.1.2.1.33.1.2.4.0 = 999."));
}

static void
what_two_may_have_sent_says_so_and_asks_both(void **state)
{
	const int all[] = {0, 1, 2};
	unsigned polls[] = {r->fakes[0].polls, r->fakes[1].polls, r->fakes[2].polls};

	(void)state;
	assert_true(trap(&lost, all, 3) > 0);
	/* dev2 sends nothing like it */
	assert_string_equal(r->events[0].text, "A device at 192.0.2.7, which may be dev0 or dev1, "
					       "reports by itself: Redundancy lost.");
	assert_string_equal(r->events[0].device, "");
	room_run(r, 100);
	assert_int_equal(r->fakes[0].polls, polls[0] + 1);
	assert_int_equal(r->fakes[1].polls, polls[1] + 1);
	assert_int_equal(r->fakes[2].polls, polls[2]);

	/* one of them has it in its profile: that one it was */
	trap(&lost, all + 1, 2);
	assert_string_equal(r->events[1].device, "dev1");
}

static void
what_the_profile_does_not_list_is_told_with_its_oid(void **state)
{
	const int device = 2;

	(void)state;
	trap(&other, &device, 1);
	assert_string_equal(r->events[0].text,
	    "dev2 sends a notification that its profile does not list: 1.3.6.1.4.1.318.0.5.");
	assert_string_equal(r->events[0].word, "unknown_trap");
}

static void
strangers_are_told_with_their_address(void **state)
{
	struct heard_trap h = {
	    .doubt = TRAP_STRANGER, .from = "198.51.100.9", .oid = lost, .count = 1};

	(void)state;
	core_trap(r->core, &h, &r->now);
	assert_non_null(
	    strstr(r->events[0].text, "from 198.51.100.9, which is no device of this site: "
				      "1.3.6.1.4.1.318.0.127."));
	for (int doubt = TRAP_STRANGER; doubt < TRAP_DOUBT_COUNT; doubt++) {
		h.doubt = (enum trap_doubt)doubt;
		core_trap(r->core, &h, &r->now);
		assert_true(strlen(r->events[r->event_count - 1].text) > 40);
		assert_null(strchr(r->events[r->event_count - 1].text, '{'));
	}
}

/* Nothing is lost: what the events do not tell one by one they tell as a number. */
static void
a_flood_is_told_with_its_number(void **state)
{
	const int device = 0;
	double told = 0;
	unsigned polls = r->fakes[0].polls;

	(void)state;
	for (int i = 0; i < 3000; i++) {
		trap(&lost, &device, 1);
		room_run(r, 10);
	}
	print_message("%zu events in 30 s\n", r->event_count);
	assert_true(r->event_count <= TRAPS_BURST + 3);
	assert_true(r->fakes[0].polls - polls <= 40); /* its own 6, and one a second */
	assert_true(r->fakes[0].polls - polls >= 25);
	room_run(r, 60000);
	for (size_t i = 0; i < r->event_count; i++)
		told += 1 + (r->events[i].has_value ? r->events[i].value : 0);
	/* the summary that a timer made stands for no trap of its own */
	print_message("%s\n", r->events[r->event_count - 1].text);
	assert_true(told >= 3000 && told <= 3000 + (double)r->event_count);
	assert_non_null(strstr(r->events[r->event_count - 1].text, "more of the same came within"));
}

/* Whoever waits for its event knows the count, and later the event that tells it. */
static void
what_is_held_is_named_with_the_event_that_counts_it(void **state)
{
	const int devices[] = {0, 1};
	uint64_t first, second;

	(void)state;
	for (int i = 0; i < TRAPS_BURST; i++)
		assert_true(trap(&lost, &devices[0], 1) < TRAP_HELD);
	first = trap(&lost, &devices[0], 1);
	assert_true(first > TRAP_HELD);
	assert_int_equal(trap(&lost, &devices[0], 1), first);
	for (int i = 0; i < TRAPS_BURST; i++)
		trap(&lost, &devices[1], 1);
	second = trap(&lost, &devices[1], 1);
	assert_true(second > TRAP_HELD && second != first);
	assert_int_equal(r->counted, 0);

	/* one more that may be told tells those before it as well */
	r->now.mono = mono_add_ms(r->now.mono, TRAPS_EVERY_MS);
	assert_true(trap(&lost, &devices[1], 1) < TRAP_HELD);
	assert_int_equal(r->counted_held, second);
	assert_int_equal(r->counted_seq, r->events[r->event_count - 1].seq);
	room_run(r, 100);
	assert_int_equal(r->counted_held, first);
	assert_int_equal(r->counted_seq, room_last(r, EVENT_TRAP, 0, NULL)->seq);
	assert_true(trap(&lost, &devices[0], 1) > first);

	core_traps_flush(r->core, &r->now);
	assert_int_equal(r->counted, 3);
}

static void
what_was_counted_is_told_at_the_end(void **state)
{
	const int device = 0;

	(void)state;
	for (int i = 0; i < 50; i++)
		trap(&lost, &device, 1);
	assert_int_equal(r->event_count, TRAPS_BURST);
	core_traps_flush(r->core, &r->now);
	assert_int_equal(r->event_count, TRAPS_BURST + 1);
	assert_true(r->events[TRAPS_BURST].value == 45);
	core_traps_flush(r->core, &r->now);
	assert_int_equal(r->event_count, TRAPS_BURST + 1);
}

static void
in_japanese_as_well(void **state)
{
	const int device = 0;
	char err[200];

	(void)state;
	r->site.language = LANGUAGE_JA;
	assert_true(lang_use("ja", err, sizeof(err)));
	trap(&lost, &device, 1);
	assert_true(lang_use("en", err, sizeof(err)));
	assert_string_equal(r->events[0].text, "dev0からの通知: 電源冗長喪失。");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(one_is_an_event_and_a_poll),
	    TEST(one_of_a_device_in_maintenance_says_so),
	    TEST(it_never_sets_a_value),
	    TEST(the_clock_is_told_before_it),
	    TEST(what_needs_another_point_is_not_told),
	    TEST(what_two_may_have_sent_says_so_and_asks_both),
	    TEST(what_the_profile_does_not_list_is_told_with_its_oid),
	    TEST(strangers_are_told_with_their_address),
	    TEST(a_flood_is_told_with_its_number),
	    TEST(what_is_held_is_named_with_the_event_that_counts_it),
	    TEST(what_was_counted_is_told_at_the_end),
	    TEST(in_japanese_as_well),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
