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

/* The clock of these tests: only questions without a reply take time. */
static mono_t now = {1};

static int64_t
timeout_us(const struct pace *p, int64_t wire_us, int64_t full_us)
{
	return pace_timeout_us(p, now, wire_us, full_us);
}

/* Waits for as long as it is told to, and nothing comes. */
static void
miss(struct pace *p)
{
	mono_t asked = now;

	now.us += timeout_us(p, 0, FULL);
	pace_missed(p, asked);
}

static void
nothing_is_learned_from_little(void **state)
{
	struct pace p = {0};

	(void)state;
	assert_int_equal(timeout_us(&p, 0, FULL), FULL);
	answer(&p, PACE_ENOUGH - 1, 10 * MS);
	assert_int_equal(timeout_us(&p, 0, FULL), FULL);
	answer(&p, 1, 10 * MS);
	assert_true(timeout_us(&p, 0, FULL) < FULL);
}

static void
it_is_four_times_what_99_of_100_took(void **state)
{
	struct pace p = {0};

	(void)state;
	answer(&p, 100, 30 * MS);
	assert_int_equal(pace_p99_us(&p), 30 * MS);
	assert_int_equal(timeout_us(&p, 0, FULL), 120 * MS);
	answer(&p, 1, 90 * MS); /* one of a hundred is none */
	assert_int_equal(timeout_us(&p, 0, FULL), 120 * MS);
	answer(&p, 1, 90 * MS);
	assert_int_equal(timeout_us(&p, 0, FULL), 360 * MS);
	answer(&p, 99, 30 * MS); /* and they leave again */
	assert_int_equal(timeout_us(&p, 0, FULL), 120 * MS);
	/* Time on the wire comes on top and is not learned. */
	p = (struct pace){0};
	for (int i = 0; i < 100; i++)
		pace_answered(&p, 280 * MS, 310 * MS);
	assert_int_equal(timeout_us(&p, 0, FULL), 120 * MS);
	assert_int_equal(timeout_us(&p, 280 * MS, FULL), 400 * MS);
	pace_answered(&p, 280 * MS, 100 * MS); /* less than its wire: a buffer somewhere */
	assert_int_equal(timeout_us(&p, 0, FULL), 120 * MS);
}

static void
it_stays_within_its_bounds(void **state)
{
	struct pace p = {0};

	(void)state;
	answer(&p, 100, 0);
	assert_int_equal(timeout_us(&p, 0, FULL), PACE_FLOOR_US);
	assert_int_equal(timeout_us(&p, 900 * MS, FULL), FULL);
	assert_int_equal(timeout_us(&p, 0, 20 * MS), 20 * MS);
	p = (struct pace){0};
	answer(&p, 100, 300 * MS);
	assert_int_equal(timeout_us(&p, 0, FULL), FULL);
}

static void
a_slow_period_is_unlearned_at_once(void **state)
{
	struct pace p = {.verdict_after = 2};

	(void)state;
	answer(&p, 100, 10 * MS);
	assert_true(pace_is_early(&p, timeout_us(&p, 0, FULL), FULL));
	miss(&p);
	/* The same question again, now with more time: no verdict before that. */
	assert_int_equal(timeout_us(&p, 0, FULL), PACE_DOUBT_US);
	assert_false(pace_is_early(&p, PACE_DOUBT_US, FULL));
	answer(&p, 1, 150 * MS);
	assert_int_equal(timeout_us(&p, 0, FULL), FULL);
	answer(&p, PACE_ENOUGH - 2, 150 * MS);
	assert_int_equal(timeout_us(&p, 0, FULL), FULL);
	answer(&p, 1, 10 * MS);
	assert_int_equal(timeout_us(&p, 0, FULL), 600 * MS);
	answer(&p, 100, 10 * MS);
	assert_int_equal(timeout_us(&p, 0, FULL), PACE_FLOOR_US);
	pace_forget(&p); /* its late reply was seen */
	assert_int_equal(timeout_us(&p, 0, FULL), FULL);
}

/* Milliseconds of silence until the misses are those of a poll that is confirmed: the default. */
static int64_t
lost_after(struct pace *p)
{
	int64_t us = 0;

	for (int i = 0; i < 3; i++) {
		us += timeout_us(p, 0, FULL);
		miss(p);
	}
	return us / MS;
}

static void
a_loss_is_known_when_the_timeout_has_passed(void **state)
{
	struct pace p = {.verdict_after = 2}, slow = p, unknown = p, first = {.verdict_after = 1};

	(void)state;
	answer(&p, 100, 10 * MS);
	assert_int_equal(lost_after(&p), 50 + 170 + 580);
	answer(&slow, 100, 50 * MS);
	assert_int_equal(lost_after(&slow), 200 + 2 * 400);
	assert_int_equal(lost_after(&unknown), 3 * 800);
	/* Where one failed poll is a loss, that poll takes all of the time. */
	answer(&first, 100, 10 * MS);
	assert_int_equal(timeout_us(&first, 0, FULL), 50 * MS);
	miss(&first);
	assert_int_equal(timeout_us(&first, 0, FULL), 750 * MS);
	assert_int_equal(pace_left_us(&first, now, FULL), 750 * MS);
	now.us += 700 * MS; /* others had the wire */
	assert_int_equal(pace_left_us(&first, now, FULL), 50 * MS);
	assert_int_equal(timeout_us(&first, 0, FULL), PACE_DOUBT_US);
	now.us += 100 * MS;
	assert_int_equal(pace_left_us(&first, now, FULL), 0);
	answer(&first, 1, 10 * MS);
	assert_int_equal(pace_left_us(&first, now, FULL), FULL);
}

/* Where asking once more costs nothing, it is known sooner; one that is slow then is not. */
static void
few_replies_are_enough_until_they_are_not(void **state)
{
	struct pace p = {.few = PACE_FEW};

	(void)state;
	answer(&p, PACE_FEW - 1, 10 * MS);
	assert_int_equal(timeout_us(&p, 0, FULL), FULL);
	answer(&p, 1, 10 * MS);
	assert_int_equal(timeout_us(&p, 0, FULL), PACE_FLOOR_US);
	answer(&p, 1, 60 * MS);
	answer(&p, PACE_ENOUGH - 2, 10 * MS);
	assert_int_equal(timeout_us(&p, 0, FULL), FULL);
	answer(&p, 1, 10 * MS);
	assert_int_equal(timeout_us(&p, 0, FULL), 240 * MS);
}

/* One that was nearly given up, and was there, is not given up as quickly the next time. */
static void
a_hiccup_earns_patience(void **state)
{
	struct pace p = {.verdict_after = 2};
	int64_t quickly = 50 + 170 + 580;

	(void)state;
	answer(&p, 100, 10 * MS);
	for (unsigned i = 0; i < PACE_DEAD_AFTER - 1; i++)
		miss(&p);
	answer(&p, 1, 10 * MS);
	assert_int_equal(lost_after(&p), 50 + 2 * 800);
	answer(&p, 1, 10 * MS);
	answer(&p, PACE_SAMPLES, 10 * MS);
	assert_int_equal(lost_after(&p), quickly);
	p = (struct pace){.verdict_after = 2};
	answer(&p, 100, 10 * MS);
	miss(&p); /* one lost frame is none */
	answer(&p, 1, 10 * MS);
	assert_int_equal(lost_after(&p), quickly);
	for (int i = 0; i < 10; i++) /* it was dead */
		miss(&p);
	answer(&p, 1, 10 * MS);
	assert_int_equal(lost_after(&p), quickly);
}

/* What the probes of a dead unit take. */
static int64_t
spent_on(struct pace *p, int probes)
{
	int64_t us = 0;

	for (int i = 0; i < probes; i++) {
		us += timeout_us(p, 0, FULL);
		assert_false(pace_is_early(p, timeout_us(p, 0, FULL), FULL));
		miss(p);
	}
	return us / MS;
}

static void
a_dead_unit_costs_less(void **state)
{
	struct pace p = {.full_every = 16}, unknown = {.full_every = 16}, alone = {0};

	(void)state;
	answer(&p, 100, 20 * MS);
	answer(&alone, 100, 20 * MS);
	for (int i = 0; i < PACE_DEAD_AFTER; i++) {
		miss(&p);
		miss(&alone);
		miss(&unknown);
	}
	assert_int_equal(spent_on(&p, 32), 2 * 800 + 30 * 80);
	assert_int_equal(spent_on(&unknown, 32), 2 * 800 + 30 * 100);
	assert_int_equal(spent_on(&alone, 32), 32 * 800); /* nobody waits with it */
	pace_forget(&p); /* a late reply was seen: it lives, but it is slow */
	assert_int_equal(spent_on(&p, 32), 32 * 800);
	answer(&p, PACE_ENOUGH, 20 * MS);
	assert_int_equal(timeout_us(&p, 0, FULL), 80 * MS);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(nothing_is_learned_from_little),
	    cmocka_unit_test(it_is_four_times_what_99_of_100_took),
	    cmocka_unit_test(it_stays_within_its_bounds),
	    cmocka_unit_test(a_slow_period_is_unlearned_at_once),
	    cmocka_unit_test(a_loss_is_known_when_the_timeout_has_passed),
	    cmocka_unit_test(few_replies_are_enough_until_they_are_not),
	    cmocka_unit_test(a_hiccup_earns_patience),
	    cmocka_unit_test(a_dead_unit_costs_less),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
