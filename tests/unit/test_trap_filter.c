/* What a receiver at the NOC hears: by priority, by zone, and what it always hears. */
#include "sinks/trap/filter.h"

#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

enum { ROOM, ROW, RACK, YARD };

static const struct zone zones[] = {
    [ROOM] = {.name = "room", .in = NO_INDEX},
    [ROW] = {.name = "row_a", .in = ROOM},
    [RACK] = {.name = "rack_a1", .in = ROW},
    [YARD] = {.name = "yard", .in = NO_INDEX},
};
static const struct site site = {.zones = zones, .zone_count = 4};

static bool
wants(const struct receiver_spec *r, enum event_type type, enum priority priority, const char *zone)
{
	struct event e = {.type = type, .priority = priority};

	text_copy(e.zone, sizeof(e.zone), zone);
	return filter_wants(&site, r, &e);
}

static void
without_a_filter_it_hears_all(void **state)
{
	const struct receiver_spec r = {0};

	(void)state;
	for (int t = 0; t < EVENT_TYPE_COUNT; t++)
		for (int p = 0; p < PRIORITY_COUNT; p++)
			assert_true(wants(&r, (enum event_type)t, (enum priority)p, "yard"));
}

static void
priority_is_a_floor(void **state)
{
	const struct receiver_spec r = {.least_priority = PRIORITY_HIGH};

	(void)state;
	assert_false(wants(&r, EVENT_ALARM, PRIORITY_LOW, "room"));
	assert_false(wants(&r, EVENT_ALARM, PRIORITY_MEDIUM, "room"));
	assert_true(wants(&r, EVENT_ALARM, PRIORITY_HIGH, "room"));
	assert_true(wants(&r, EVENT_OPERATOR, PRIORITY_CRITICAL, "room"));
}

static void
zones_hold_what_is_inside_them(void **state)
{
	static const int row[] = {ROW};
	const struct receiver_spec r = {.zones = row, .zone_count = 1};

	(void)state;
	assert_false(wants(&r, EVENT_ALARM, PRIORITY_HIGH, "room"));
	assert_true(wants(&r, EVENT_ALARM, PRIORITY_HIGH, "row_a"));
	assert_true(wants(&r, EVENT_ALARM, PRIORITY_HIGH, "rack_a1"));
	assert_false(wants(&r, EVENT_ALARM, PRIORITY_HIGH, "yard"));
	/* Nobody else may be there to hear of it. */
	assert_true(wants(&r, EVENT_ALARM, PRIORITY_HIGH, ""));
	assert_true(wants(&r, EVENT_ALARM, PRIORITY_HIGH, "torn_down"));
}

static void
the_agent_itself_is_always_heard(void **state)
{
	static const int yard[] = {YARD};
	const struct receiver_spec r = {
	    .least_priority = PRIORITY_CRITICAL, .zones = yard, .zone_count = 1};

	(void)state;
	assert_true(wants(&r, EVENT_SYSTEM, PRIORITY_LOW, ""));
	assert_true(wants(&r, EVENT_GAP, PRIORITY_LOW, ""));
	assert_false(wants(&r, EVENT_DEVICE, PRIORITY_LOW, "yard"));
}

/* Its device was taken out of the site while it stood: whoever heard that it came hears the end. */
static void
what_has_left_the_site_ends_for_all(void **state)
{
	static const int row[] = {ROW};
	static const struct alarm_rule rule = {.name = "leak_detected"};
	static const struct device_spec device = {
	    .name = "leak1", .alarms = &rule, .alarm_count = 1};
	const struct site here = {
	    .zones = zones, .zone_count = 4, .devices = &device, .device_count = 1};
	const struct receiver_spec r = {
	    .least_priority = PRIORITY_CRITICAL, .zones = row, .zone_count = 1};
	/* As core_forget() makes it. */
	struct event e = {.type = EVENT_ALARM,
	    .priority = PRIORITY_MEDIUM,
	    .device = "leak1",
	    .alarm = "leak_detected",
	    .from = "unacknowledged",
	    .to = "normal"};

	(void)state;
	assert_true(filter_wants(&site, &r, &e));
	assert_false(filter_wants(&here, &r, &e));
	text_copy(e.to, sizeof(e.to), "acknowledged");
	assert_false(filter_wants(&site, &r, &e));
}

/* That a device is lost is as grave as its alarm says; that it is back goes to whoever heard it. */
static void
a_device_that_is_back_is_told_as_its_loss(void **state)
{
	static const struct alarm_rule rule = {
	    .name = "comm_lost", .kind = RULE_DEVICE_LOST, .priority = PRIORITY_HIGH};
	static const struct device_spec device = {
	    .name = "leak1", .alarms = &rule, .alarm_count = 1};
	const struct site here = {.devices = &device, .device_count = 1};
	struct receiver_spec r = {.least_priority = PRIORITY_HIGH};
	struct event e = {.type = EVENT_DEVICE,
	    .priority = PRIORITY_LOW,
	    .device = "leak1",
	    .from = "lost",
	    .to = "online"};

	(void)state;
	assert_true(filter_wants(&here, &r, &e));
	r.least_priority = PRIORITY_CRITICAL;
	assert_false(filter_wants(&here, &r, &e));
	r.least_priority = PRIORITY_HIGH;
	text_copy(e.from, sizeof(e.from), "failing"); /* it was not told as lost */
	assert_false(filter_wants(&here, &r, &e));
}

/* People work on the device: on record, but nobody is called. */
static void
maintenance_is_quiet(void **state)
{
	static const struct {
		enum event_type type;
		const char *from, *to, *word;
		bool heard;
	} cases[] = {
	    {EVENT_ALARM, "normal", "out_of_service", "", false},
	    {EVENT_ALARM, "suppressed", "out_of_service", "", false},
	    /* It was called: that it is put aside must be known where it was heard. */
	    {EVENT_ALARM, "unacknowledged", "out_of_service", "", true},
	    {EVENT_ALARM, "out_of_service", "unacknowledged", "", true},
	    {EVENT_ALARM, "out_of_service", "normal", "", true},
	    {EVENT_DEVICE, "online", "lost", "maintenance", false},
	    {EVENT_DEVICE, "online", "lost", "", true},
	    {EVENT_OPERATOR, "in_service", "maintenance", "", true},
	    {EVENT_TRAP, "maintenance", "", "redundancy_lost", false},
	    {EVENT_TRAP, "", "", "redundancy_lost", true},
	};
	const struct receiver_spec r = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct event e = {.type = cases[i].type, .priority = PRIORITY_HIGH};

		text_copy(e.from, sizeof(e.from), cases[i].from);
		text_copy(e.to, sizeof(e.to), cases[i].to);
		text_copy(e.word, sizeof(e.word), cases[i].word);
		if (filter_wants(&site, &r, &e) != cases[i].heard)
			fail_msg("case %zu", i);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(without_a_filter_it_hears_all),
	    cmocka_unit_test(priority_is_a_floor),
	    cmocka_unit_test(zones_hold_what_is_inside_them),
	    cmocka_unit_test(what_has_left_the_site_ends_for_all),
	    cmocka_unit_test(a_device_that_is_back_is_told_as_its_loss),
	    cmocka_unit_test(maintenance_is_quiet),
	    cmocka_unit_test(the_agent_itself_is_always_heard),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
