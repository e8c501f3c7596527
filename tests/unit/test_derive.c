/* core: derived points and alarms by expression, kept up with what devices answer. */
#include "core/expr.h"
#include "heart_room.h"

#include <math.h>

static struct point_spec points[2], derived[2];
static struct profile profile, own;
static struct arena *arena;
static struct room *r;

/* Own points are the derived ones; dev0 and dev1 have "a" and "b". */
static const struct point_spec *
on_point(void *arg, const char *device, const char *name, struct expr_ref *ref, bool *no_device,
    const char *const **names, size_t *count)
{
	const struct point_spec *all = device ? points : derived;

	(void)arg;
	*no_device = false;
	*names = NULL;
	*count = 0;
	ref->device = device ? device[3] - '0' : EXPR_OWN;
	for (uint16_t i = 0; i < 2; i++) {
		if (all[i].name != NULL && strcmp(all[i].name, name) == 0) {
			ref->point = i;
			return &all[i];
		}
	}
	return NULL;
}

static const struct expr *
compile(const char *text)
{
	const struct expr_scope scope = {.point = on_point};
	struct expr_error error;
	const struct expr *x = expr_compile(arena, &scope, text, &error);

	if (x == NULL)
		fail_msg("%s: %s", text, error.what);
	return x;
}

static struct point_spec
derived_point(const char *name, const char *text)
{
	const struct expr *x = compile(text);

	return (struct point_spec){.name = name,
	    .title = {.en = name},
	    .expr = x,
	    .unit = x->unit,
	    .zone = NO_INDEX,
	    .poll = POLL_NORMAL};
}

static int
setup(void **state)
{
	struct alarm_rule rule = {.name = "apart",
	    .title = {.en = "Far apart"},
	    .kind = RULE_EXPR,
	    .priority = PRIORITY_HIGH,
	    .on_delay_ms = 3000,
	    .when = "apart > 5 and dev0.b < 40",
	    .remedy = {.en = "Look."}};

	(void)state;
	arena = arena_new();
	memset(derived, 0, sizeof(derived));
	points[0] = room_point("a", 0, POLL_NORMAL);
	points[1] = room_point("b", 1, POLL_NORMAL);
	profile = room_profile(points, 2);
	derived[0] = derived_point("apart", "abs(dev0.a - dev1.a)");
	derived[1] = derived_point("twice", "apart * 2");
	own = room_profile(derived, 2);
	rule.expr = compile(rule.when);
	r = room_new();
	room_device(r, &profile, NULL, 0);
	room_device(r, &profile, NULL, 0);
	room_device(r, &own, &rule, 1);
	r->devices[2].link = NO_INDEX;
	for (int i = 0; i < POLL_CLASS_COUNT; i++)
		r->devices[2].stale_after_ms[i] = INT64_C(300000000000);
	r->fakes[0].regs[0] = 240;
	r->fakes[0].regs[1] = 300;
	r->fakes[1].regs[0] = 220;
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	room_free(r);
	arena_free(arena);
	return 0;
}

static void
check(size_t point, enum quality quality, double value)
{
	const struct point_state *p = room_state(r, 2, point);

	assert_int_equal(p->quality, quality);
	if (quality == QUALITY_GOOD)
		assert_true(fabs(p->value - value) < 1e-9);
}

static void
a_derived_point_follows_its_inputs(void **state)
{
	(void)state;
	room_start(r, 3);
	check(0, QUALITY_NEVER, 0);
	room_run(r, 5000);
	check(0, QUALITY_GOOD, 2);
	check(1, QUALITY_GOOD, 4);
	r->fakes[1].regs[0] = 320;
	room_run(r, 3000);
	check(0, QUALITY_GOOD, 8);
	check(1, QUALITY_GOOD, 16);
	assert_int_equal(room_phase(r, 2), DEVICE_ONLINE);
	assert_int_equal(r->fakes[2].polls, 0);
}

/* No more digits than mean something: a tenth of the deadband. */
static void
it_has_no_digits_that_mean_nothing(void **state)
{
	(void)state;
	derived[1] = derived_point("third", "apart / 3");
	derived[1].deadband = 0.2;
	room_start(r, 3);
	room_run(r, 5000);
	check(0, QUALITY_GOOD, 2); /* no deadband: as it is */
	check(1, QUALITY_GOOD, 0.67);
	r->fakes[0].regs[0] = 219;
	room_run(r, 3000);
	check(1, QUALITY_GOOD, 0.03);
}

/* What stands still is sampled as often as its inputs: the change of it is known. */
static void
the_change_of_a_derived_point(void **state)
{
	(void)state;
	derived[1] = derived_point("moved", "change(apart, 1min)");
	room_start(r, 3);
	room_run(r, 30000);
	check(1, QUALITY_NEVER, 0);
	room_run(r, 270000);
	check(1, QUALITY_GOOD, 0);
	r->fakes[1].regs[0] = 320;
	room_run(r, 3000);
	check(0, QUALITY_GOOD, 8);
	check(1, QUALITY_GOOD, 6);
	room_run(r, 70000);
	check(1, QUALITY_GOOD, 0);
}

static void
a_derived_point_that_stands_still_is_stuck(void **state)
{
	(void)state;
	r->rules[2][1].kind = RULE_STUCK;
	r->rules[2][1].point = 0;
	r->rules[2][1].on_delay_ms = 60000;
	room_start(r, 3);
	room_run(r, 50000);
	assert_int_equal(room_alarm(r, 2, 1)->phase, ALARM_NORMAL);
	room_run(r, 20000);
	assert_int_equal(room_alarm(r, 2, 1)->phase, ALARM_UNACKNOWLEDGED);
	r->fakes[1].regs[0] = 320;
	room_run(r, 3000);
	assert_int_equal(room_alarm(r, 2, 1)->phase, ALARM_RETURNED);
}

static void
it_is_never_better_than_its_worst_input(void **state)
{
	(void)state;
	room_start(r, 3);
	room_run(r, 5000);
	r->fakes[1].silent = true;
	room_run(r, 20000);
	assert_int_equal(room_phase(r, 1), DEVICE_LOST);
	check(0, QUALITY_COMM_LOST, 0);
	check(1, QUALITY_COMM_LOST, 0);
	r->fakes[1].silent = false;
	room_run(r, 70000);
	check(1, QUALITY_GOOD, 4);
}

static void
an_alarm_by_expression_comes_and_goes(void **state)
{
	(void)state;
	room_start(r, 3);
	room_run(r, 5000);
	assert_int_equal(room_alarm(r, 2, 1)->phase, ALARM_NORMAL);
	r->fakes[1].regs[0] = 320;
	room_run(r, 8000);
	assert_int_equal(room_alarm(r, 2, 1)->phase, ALARM_UNACKNOWLEDGED);
	assert_string_equal(room_last(r, EVENT_ALARM, 2, "apart")->text,
	    "dev2: Far apart (apart > 5 and dev0.b < 40 for 3 s).");
	r->fakes[1].regs[0] = 250;
	room_run(r, 8000);
	assert_int_equal(room_alarm(r, 2, 1)->phase, ALARM_RETURNED);
}

/* Nothing is known: it neither comes nor goes. One side that is known to be false decides. */
static void
unknown_changes_no_alarm(void **state)
{
	(void)state;
	r->fakes[1].regs[0] = 320;
	room_start(r, 3);
	room_run(r, 12000);
	assert_int_equal(room_alarm(r, 2, 1)->phase, ALARM_UNACKNOWLEDGED);
	r->fakes[1].silent = true;
	room_run(r, 60000);
	assert_int_equal(room_alarm(r, 2, 1)->phase, ALARM_UNACKNOWLEDGED);
	r->fakes[0].regs[1] = 500; /* b is 50: false, whatever the other side */
	room_run(r, 8000);
	assert_int_equal(room_alarm(r, 2, 1)->phase, ALARM_RETURNED);
}

/* Not known for a minute in the middle of the on-delay, and the wall clock is set: neither counts.
 */
static void
the_on_delay_stands_still_while_unknown(void **state)
{
	(void)state;
	r->rules[2][1].on_delay_ms = 30000;
	room_start(r, 3);
	room_run(r, 5000);
	r->fakes[1].regs[0] = 320;
	room_run(r, 20000);
	assert_int_equal(room_alarm(r, 2, 1)->phase, ALARM_NORMAL);
	r->fakes[1].silent = true;
	room_run(r, 120000);
	r->now.wall.us += INT64_C(86400000000);
	assert_int_equal(room_alarm(r, 2, 1)->phase, ALARM_NORMAL);
	r->fakes[1].silent = false;
	for (int i = 0; i < 1000 && room_phase(r, 1) != DEVICE_ONLINE; i++)
		room_run(r, 100);
	room_run(r, 5000); /* about 20 of the 30 s had passed */
	assert_int_equal(room_alarm(r, 2, 1)->phase, ALARM_NORMAL);
	room_run(r, 10000);
	assert_int_equal(room_alarm(r, 2, 1)->phase, ALARM_UNACKNOWLEDGED);
}

/* What was never read says nothing: no alarm begins, and one from before the restart does not end.
 */
static void
never_read_is_not_false(void **state)
{
	struct alarm_record record = {.device = "dev2",
	    .alarm = "apart",
	    .phase = ALARM_ACKNOWLEDGED,
	    .since = {1},
	    .raised = {1},
	    .who = "Sato",
	    .seq = 1};

	(void)state;
	r->fakes[1].silent = true;
	room_start(r, 3);
	room_run(r, 600000);
	check(0, QUALITY_COMM_LOST, 0);
	assert_int_equal(room_alarm(r, 2, 1)->phase, ALARM_NORMAL);
	core_free(r->core);
	r->first_seq += r->event_total;
	r->event_total = 0;
	r->out_count = 0;
	room_start(r, 3);
	assert_true(core_restore(r->core, &record));
	room_run(r, 600000);
	assert_int_equal(room_alarm(r, 2, 1)->phase, ALARM_ACKNOWLEDGED);
	r->fakes[1].silent = false;
	room_run(r, 70000);
	assert_int_equal(room_alarm(r, 2, 1)->phase, ALARM_NORMAL);
}

/* At the end of a shelf an unknown condition is what it was when it was last known. */
static void
a_shelf_over_an_unknown_condition(void **state)
{
	size_t alarm;

	(void)state;
	r->fakes[1].regs[0] = 320;
	room_start(r, 3);
	room_run(r, 12000);
	alarm = r->devices[2].first_alarm + 1;
	assert_int_equal(core_shelve(r->core, alarm, "Sato", 60000, "known", &r->now), SHELVE_DONE);
	r->fakes[1].silent = true;
	room_run(r, 61000);
	assert_int_equal(room_alarm(r, 2, 1)->phase, ALARM_UNACKNOWLEDGED);
}

static void
explain_shows_the_inputs(void **state)
{
	char text[4000];

	(void)state;
	room_start(r, 3);
	room_run(r, 5000);
	core_explain(r->core, r->devices[2].first_point, &r->now, text, sizeof(text));
	assert_non_null(strstr(text, "derived   abs(dev0.a - dev1.a)"));
	assert_non_null(strstr(text, "input     dev0.a: 24 °C, good"));
	assert_non_null(strstr(text, "input     dev1.a: 22 °C, good"));
	assert_null(strstr(text, "source"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	    T(a_derived_point_follows_its_inputs),
	    T(it_has_no_digits_that_mean_nothing),
	    T(the_change_of_a_derived_point),
	    T(a_derived_point_that_stands_still_is_stuck),
	    T(it_is_never_better_than_its_worst_input),
	    T(an_alarm_by_expression_comes_and_goes),
	    T(unknown_changes_no_alarm),
	    T(the_on_delay_stands_still_while_unknown),
	    T(never_read_is_not_false),
	    T(a_shelf_over_an_unknown_condition),
	    T(explain_shows_the_inputs),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
