/* core/alarm: every state x input, hysteresis edges, delays in virtual time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* The table itself is looked at too: no pair may be left unsaid. */
#include "core/alarm.c" /* NOLINT(bugprone-suspicious-include) */

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* The letters of ISA-18.2. */
enum {
	A = ALARM_NORMAL,
	B = ALARM_UNACKNOWLEDGED,
	C = ALARM_ACKNOWLEDGED,
	D = ALARM_RETURNED,
	E = ALARM_LATCHED_UNACKNOWLEDGED,
	F = ALARM_LATCHED_ACKNOWLEDGED,
	G = ALARM_SHELVED,
	H = ALARM_SUPPRESSED,
	I = ALARM_OUT_OF_SERVICE
};

static void
no_pair_is_left_out(void **state)
{
	(void)state;
	for (int p = 0; p < ALARM_PHASE_COUNT; p++)
		for (int in = 0; in < ALARM_IN_COUNT; in++)
			assert_int_not_equal(table[p][in].kind, STEP_UNSAID);
}

/* The whole machine, written a second time in the letters of the standard. */
static void
every_state_and_input(void **state)
{
	/* TRUE FALSE ACK RESET SUPPRESS RELEASE SHELVE UNSHELVE SERVICE_OUT SERVICE_IN */
	static const uint8_t plain[ALARM_PHASE_COUNT][ALARM_IN_COUNT] = {
	    [A] = {B, A, A, A, H, A, G, A, I, A},
	    [B] = {B, D, C, B, H, B, G, B, I, B},
	    [C] = {C, A, C, C, H, C, G, C, I, C},
	    [D] = {B, D, A, D, H, D, G, D, I, D},
	    [E] = {B, E, F, E, H, E, G, E, I, E},
	    [F] = {B, F, F, A, H, F, G, F, I, F},
	    [H] = {H, H, H, H, H, A, G, H, I, H},
	    [G] = {G, G, G, G, G, G, G, A, I, G},
	    [I] = {I, I, I, I, I, I, I, I, I, A},
	};

	(void)state;
	for (int p = 0; p < ALARM_PHASE_COUNT; p++) {
		for (int in = 0; in < ALARM_IN_COUNT; in++) {
			for (int latch = 0; latch < 2; latch++) {
				for (int condition = 0; condition < 2; condition++) {
					int want = plain[p][in];

					if (latch && in == ALARM_IN_FALSE)
						want = p == B ? E : p == C ? F : want;
					if (condition && ((p == H && in == ALARM_IN_RELEASE) ||
							     (p == G && in == ALARM_IN_UNSHELVE) ||
							     (p == I && in == ALARM_IN_SERVICE_IN)))
						want = B;
					assert_int_equal(
					    alarm_step((enum alarm_phase)p, (enum alarm_input)in,
						ALARM_NORMAL, latch, condition),
					    want);
				}
			}
		}
	}
}

/* The symptom is over, but what it was before wants a person still. */
static void
a_release_gives_back_what_is_owed(void **state)
{
	static const struct {
		uint8_t before, plain, latched;
	} cases[] = {{A, A, A}, {B, D, E}, {C, A, F}, {D, D, D}, {E, E, E}, {F, F, F}};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		enum alarm_phase before = (enum alarm_phase)cases[i].before;

		assert_int_equal(
		    alarm_step(ALARM_SUPPRESSED, ALARM_IN_RELEASE, before, false, false),
		    cases[i].plain);
		assert_int_equal(
		    alarm_step(ALARM_SUPPRESSED, ALARM_IN_RELEASE, before, true, false),
		    cases[i].latched);
		assert_int_equal(
		    alarm_step(ALARM_SUPPRESSED, ALARM_IN_RELEASE, before, true, true), B);
	}
}

static void
hysteresis_edges(void **state)
{
	const struct alarm_rule high = {.kind = RULE_HIGH, .limit = 30, .hysteresis = 1};
	const struct alarm_rule low = {.kind = RULE_LOW, .limit = 10, .hysteresis = 2};
	const struct alarm_rule count = {.kind = RULE_HIGH, .limit = 0};
	const struct {
		const struct alarm_rule *r;
		bool was;
		double value;
		bool is;
	} cases[] = {
	    {&high, false, 30, false}, /* the limit itself is allowed */
	    {&high, false, 30.1, true}, {&high, true, 30, true}, {&high, true, 29.1, true},
	    {&high, true, 29, false},
	    {&high, false, 29.5, false}, /* inside the band nothing begins */
	    {&low, false, 10, false}, {&low, false, 9.9, true}, {&low, true, 11.9, true},
	    {&low, true, 12, false}, {&low, false, 11, false}, {&count, false, 1, true},
	    {&count, true, 0, false}, /* "alarms_present > 0" clears at 0 */
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		if (alarm_condition(cases[i].r, cases[i].was, cases[i].value) != cases[i].is)
			fail_msg("case %zu", i);
}

static void
states_equal_or_differ(void **state)
{
	const struct alarm_rule equals = {.kind = RULE_EQUALS, .limit = 1};
	const struct alarm_rule differs = {.kind = RULE_DIFFERS, .limit = 3};

	(void)state;
	assert_true(alarm_condition(&equals, false, 1));
	assert_false(alarm_condition(&equals, true, 0));
	assert_false(alarm_condition(&differs, true, 3));
	assert_true(alarm_condition(&differs, false, 5));
}

static mono_t
ms(int64_t t)
{
	return (mono_t){1000000 + t * 1000};
}

static const struct alarm_rule delayed = {.on_delay_ms = 30000, .off_delay_ms = 60000};

static struct alarm_state
fresh(void)
{
	return (struct alarm_state){.pending_since = MONO_NEVER, .frozen_since = MONO_NEVER};
}

static void
delays_run_from_the_first_sample(void **state)
{
	struct alarm_state a = fresh();

	(void)state;
	assert_int_equal(alarm_deadline(&a, &delayed).us, MONO_NEVER.us);
	alarm_judge(&a, true, ms(0));
	alarm_judge(&a, true, ms(10000));
	assert_int_equal(alarm_deadline(&a, &delayed).us, ms(30000).us);
	alarm_judge(&a, false, ms(29999)); /* one good sample breaks it */
	assert_int_equal(alarm_deadline(&a, &delayed).us, MONO_NEVER.us);
	alarm_judge(&a, true, ms(30000));
	assert_int_equal(alarm_deadline(&a, &delayed).us, ms(60000).us);

	a.phase = ALARM_UNACKNOWLEDGED;
	alarm_hold(&a, true, ms(60000));
	assert_int_equal(alarm_deadline(&a, &delayed).us, MONO_NEVER.us);
	alarm_judge(&a, false, ms(70000));
	assert_int_equal(alarm_deadline(&a, &delayed).us, ms(130000).us);
	/* Acknowledging does not start the off-delay anew. */
	a.phase = ALARM_ACKNOWLEDGED;
	alarm_hold(&a, true, ms(100000));
	assert_int_equal(alarm_deadline(&a, &delayed).us, ms(130000).us);
}

/* Time without a good value does not count, in either direction. */
static void
delays_stand_still_while_unknown(void **state)
{
	struct alarm_state a = fresh();

	(void)state;
	alarm_judge(&a, true, ms(0));
	alarm_freeze(&a, ms(10000));
	alarm_freeze(&a, ms(20000));
	assert_int_equal(alarm_deadline(&a, &delayed).us, MONO_NEVER.us);
	alarm_judge(&a, true, ms(3600000));
	assert_int_equal(alarm_deadline(&a, &delayed).us, ms(3620000).us);

	a = fresh();
	alarm_freeze(&a, ms(0));
	alarm_judge(&a, false, ms(5000));
	assert_int_equal(a.frozen_since.us, MONO_NEVER.us);
	assert_int_equal(alarm_deadline(&a, &delayed).us, MONO_NEVER.us);
	alarm_freeze(&a, ms(6000));
	alarm_judge(&a, true, ms(7000));
	assert_int_equal(alarm_deadline(&a, &delayed).us, ms(37000).us);
}

/* Put aside: the delays run as ever, so that the release is about what has lasted. */
static void
delays_run_while_aside(void **state)
{
	struct alarm_state a = fresh();

	(void)state;
	a.phase = ALARM_SHELVED;
	a.shelf_end = ms(40000);
	alarm_judge(&a, true, ms(0));
	assert_false(a.held);
	assert_int_equal(alarm_delay_end(&a, &delayed).us, ms(30000).us);
	assert_int_equal(alarm_deadline(&a, &delayed).us, ms(30000).us);
	alarm_hold(&a, a.condition, ms(30000));
	assert_int_equal(alarm_delay_end(&a, &delayed).us, MONO_NEVER.us);
	assert_int_equal(alarm_deadline(&a, &delayed).us, ms(40000).us);
	alarm_judge(&a, false, ms(35000));
	assert_true(a.held);
	assert_int_equal(alarm_delay_end(&a, &delayed).us, ms(95000).us);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(no_pair_is_left_out),
	    cmocka_unit_test(every_state_and_input),
	    cmocka_unit_test(a_release_gives_back_what_is_owed),
	    cmocka_unit_test(hysteresis_edges),
	    cmocka_unit_test(states_equal_or_differ),
	    cmocka_unit_test(delays_run_from_the_first_sample),
	    cmocka_unit_test(delays_stand_still_while_unknown),
	    cmocka_unit_test(delays_run_while_aside),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
