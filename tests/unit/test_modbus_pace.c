/* How long to wait for a unit: learned, bounded, unlearned at once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "drivers/modbus/pace.h"

#define MS   INT64_C(1000)
#define FULL (800 * MS)

static void
answer(struct pace *p, unsigned times, int64_t took_us)
{
	while (times-- > 0)
		pace_answered(p, 0, took_us);
}

static void
nothing_is_learned_from_little(void **state)
{
	struct pace p = {0};

	(void)state;
	assert_int_equal(pace_timeout_us(&p, 0, FULL), FULL);
	answer(&p, PACE_ENOUGH - 1, 10 * MS);
	assert_int_equal(pace_timeout_us(&p, 0, FULL), FULL);
	answer(&p, 1, 10 * MS);
	assert_true(pace_timeout_us(&p, 0, FULL) < FULL);
}

static void
it_is_four_times_what_99_of_100_took(void **state)
{
	struct pace p = {0};

	(void)state;
	answer(&p, 100, 30 * MS);
	assert_int_equal(pace_p99_us(&p), 30 * MS);
	assert_int_equal(pace_timeout_us(&p, 0, FULL), 120 * MS);
	answer(&p, 1, 90 * MS); /* one of a hundred is none */
	assert_int_equal(pace_timeout_us(&p, 0, FULL), 120 * MS);
	answer(&p, 1, 90 * MS);
	assert_int_equal(pace_timeout_us(&p, 0, FULL), 360 * MS);
	answer(&p, 99, 30 * MS); /* and they leave again */
	assert_int_equal(pace_timeout_us(&p, 0, FULL), 120 * MS);
	/* Time on the wire comes on top and is not learned. */
	p = (struct pace){0};
	for (int i = 0; i < 100; i++)
		pace_answered(&p, 280 * MS, 310 * MS);
	assert_int_equal(pace_timeout_us(&p, 0, FULL), 120 * MS);
	assert_int_equal(pace_timeout_us(&p, 280 * MS, FULL), 400 * MS);
	pace_answered(&p, 280 * MS, 100 * MS); /* less than its wire: a buffer somewhere */
	assert_int_equal(pace_timeout_us(&p, 0, FULL), 120 * MS);
}

static void
it_stays_within_its_bounds(void **state)
{
	struct pace p = {0};

	(void)state;
	answer(&p, 100, 0);
	assert_int_equal(pace_timeout_us(&p, 0, FULL), PACE_FLOOR_US);
	assert_int_equal(pace_timeout_us(&p, 900 * MS, FULL), FULL);
	assert_int_equal(pace_timeout_us(&p, 0, 20 * MS), 20 * MS);
	p = (struct pace){0};
	answer(&p, 100, 300 * MS);
	assert_int_equal(pace_timeout_us(&p, 0, FULL), FULL);
}

static void
a_slow_period_is_unlearned_at_once(void **state)
{
	struct pace p = {0};

	(void)state;
	answer(&p, 100, 10 * MS);
	assert_true(pace_is_early(&p, pace_timeout_us(&p, 0, FULL), FULL));
	pace_missed(&p);
	/* The same question again, now with all the time there is: no verdict before that. */
	assert_int_equal(pace_timeout_us(&p, 0, FULL), FULL);
	assert_false(pace_is_early(&p, FULL, FULL));
	answer(&p, 1, 400 * MS);
	assert_int_equal(pace_timeout_us(&p, 0, FULL), FULL);
	answer(&p, PACE_ENOUGH - 2, 400 * MS);
	assert_int_equal(pace_timeout_us(&p, 0, FULL), FULL);
	answer(&p, 1, 10 * MS); /* 4 x 400 is more than there is */
	assert_int_equal(pace_timeout_us(&p, 0, FULL), FULL);
	answer(&p, 100, 10 * MS);
	assert_int_equal(pace_timeout_us(&p, 0, FULL), PACE_FLOOR_US);
	pace_forget(&p); /* its late reply was seen */
	assert_int_equal(pace_timeout_us(&p, 0, FULL), FULL);
}

static void
a_dead_unit_costs_less(void **state)
{
	struct pace p = {0};
	int64_t spent = 0;

	(void)state;
	answer(&p, 100, 20 * MS);
	for (int i = 0; i < 3; i++)
		pace_missed(&p);
	for (int i = 0; i < 40; i++) {
		int64_t us = pace_timeout_us(&p, 0, FULL);

		assert_true(us == FULL || us == 80 * MS);
		assert_false(pace_is_early(&p, us, FULL));
		spent += us;
		pace_missed(&p);
	}
	assert_int_equal(spent, 10 * FULL + 30 * 80 * MS);
	pace_answered(&p, 0, 20 * MS); /* back, as it was */
	assert_int_equal(pace_timeout_us(&p, 0, FULL), 80 * MS);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(nothing_is_learned_from_little),
	    cmocka_unit_test(it_is_four_times_what_99_of_100_took),
	    cmocka_unit_test(it_stays_within_its_bounds),
	    cmocka_unit_test(a_slow_period_is_unlearned_at_once),
	    cmocka_unit_test(a_dead_unit_costs_less),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
