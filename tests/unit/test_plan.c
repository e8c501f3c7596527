/* core/plan: joining, limits, which word serves which point, and learning from refusals. */
#include "core/plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static struct arena *arena;

static int
setup(void **state)
{
	(void)state;
	arena = arena_new();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

static struct point_spec
reg(enum table table, uint16_t address, uint16_t count)
{
	return (struct point_spec){
	    .at = {.table = table, .address = address, .count = count}, .poll = POLL_NORMAL};
}

static struct profile
profile_of(const struct point_spec *points, size_t n)
{
	return (struct profile){
	    .modbus = {.max_registers = 100, .max_bits = 200, .max_gap = 8},
	    .points = points,
	    .point_count = n,
	};
}

static void
expect_ask(const struct plan *p, size_t k, enum table table, unsigned address, unsigned count)
{
	assert_true(k < p->ask_count);
	assert_int_equal(p->asks[k].ask.table, table);
	assert_int_equal(p->asks[k].ask.address, address);
	assert_int_equal(p->asks[k].ask.count, count);
}

/* Every item is served by exactly one question, whole, at the right place. */
static void
expect_served(const struct plan *p)
{
	size_t served = 0;

	for (size_t k = 0; k < p->ask_count; k++) {
		const struct plan_ask *q = &p->asks[k];

		assert_int_equal(q->first, served);
		for (size_t i = q->first; i < (size_t)q->first + q->count; i++) {
			const struct source *at = p->items[i].at;

			assert_int_equal(at->table, q->ask.table);
			if (at->table == TABLE_OID)
				continue;
			assert_true(plan_offset(p, k, i) + at->count <= q->ask.count);
		}
		served += q->count;
	}
	assert_int_equal(served, p->item_count);
}

/* The Stulz of the demo room: three runs of holding registers, and scattered discrete inputs. */
static void
joins_by_table_and_gap(void **state)
{
	const struct point_spec points[] = {
	    reg(TABLE_DISCRETE, 1013, 1),
	    reg(TABLE_HOLDING, 1192, 1),
	    reg(TABLE_DISCRETE, 8, 1),
	    reg(TABLE_HOLDING, 1170, 1),
	    reg(TABLE_HOLDING, 1175, 1),
	    reg(TABLE_DISCRETE, 1010, 1),
	    reg(TABLE_HOLDING, 1196, 1),
	    reg(TABLE_HOLDING, 6932, 1),
	    reg(TABLE_DISCRETE, 1014, 1),
	};
	const struct profile profile = profile_of(points, COUNT(points));
	const struct plan *p = plan_points(arena, &profile, POLL_NORMAL, NULL);

	(void)state;
	assert_int_equal(p->item_count, COUNT(points));
	assert_int_equal(p->ask_count, 5);
	expect_ask(p, 0, TABLE_DISCRETE, 8, 1);
	expect_ask(p, 1, TABLE_DISCRETE, 1010, 5);
	expect_ask(p, 2, TABLE_HOLDING, 1170, 6);
	expect_ask(p, 3, TABLE_HOLDING, 1192, 5);
	expect_ask(p, 4, TABLE_HOLDING, 6932, 1);
	expect_served(p);
	assert_int_equal(plan_offset(p, 1, 2), 3); /* 1013 */
	assert_int_equal(p->items[2].index, 0);
}

static void
gap_is_a_limit(void **state)
{
	const struct point_spec points[] = {
	    reg(TABLE_INPUT, 0, 1), reg(TABLE_INPUT, 9, 1), reg(TABLE_INPUT, 19, 1)};
	const struct profile profile = profile_of(points, COUNT(points));
	const struct plan *p = plan_points(arena, &profile, POLL_NORMAL, NULL);

	(void)state;
	assert_int_equal(p->ask_count, 2); /* holes of 8 (joined) and 9 (not) */
	expect_ask(p, 0, TABLE_INPUT, 0, 10);
	expect_ask(p, 1, TABLE_INPUT, 19, 1);
	expect_served(p);
}

/* 125 registers a read and no more; a value of two registers is never torn. */
static void
length_is_a_limit_and_tears_nothing(void **state)
{
	struct point_spec points[70];
	struct profile profile = profile_of(points, COUNT(points));
	const struct plan *p;

	(void)state;
	profile.modbus.max_registers = 25;
	for (uint16_t i = 0; i < COUNT(points); i++)
		points[i] = reg(TABLE_INPUT, (uint16_t)(i * 2), 2);
	p = plan_points(arena, &profile, POLL_NORMAL, NULL);
	expect_ask(p, 0, TABLE_INPUT, 0, 24); /* not 25: half a value would be in */
	expect_ask(p, 1, TABLE_INPUT, 24, 24);
	assert_int_equal(p->ask_count, 6);
	expect_served(p);
}

static void
bits_have_their_own_limit(void **state)
{
	const struct point_spec points[] = {
	    reg(TABLE_COIL, 0, 1), reg(TABLE_COIL, 150, 1), reg(TABLE_COIL, 200, 1)};
	struct profile profile = profile_of(points, COUNT(points));
	const struct plan *p;

	(void)state;
	profile.modbus.max_gap = 200;
	p = plan_points(arena, &profile, POLL_NORMAL, NULL);
	assert_int_equal(p->ask_count, 2);
	expect_ask(p, 0, TABLE_COIL, 0, 151);
	expect_ask(p, 1, TABLE_COIL, 200, 1);
}

/* SeaHawk: four points are bits of register 0; a float overlaps nothing. */
static void
points_share_a_register(void **state)
{
	const struct point_spec points[] = {
	    reg(TABLE_INPUT, 0, 1),
	    reg(TABLE_INPUT, 0, 1),
	    reg(TABLE_INPUT, 0, 1),
	    reg(TABLE_INPUT, 0, 1),
	    reg(TABLE_INPUT, 3, 1),
	    reg(TABLE_INPUT, 8000, 2),
	};
	const struct profile profile = profile_of(points, COUNT(points));
	struct plan *p = plan_points(arena, &profile, POLL_NORMAL, NULL);

	(void)state;
	assert_int_equal(p->ask_count, 2);
	expect_ask(p, 0, TABLE_INPUT, 0, 4);
	expect_ask(p, 1, TABLE_INPUT, 8000, 2);
	expect_served(p);

	assert_int_equal(plan_refused(p, 0, (mono_t){0}), PLAN_SPLIT);
	assert_int_equal(p->ask_count, 3);
	expect_ask(p, 0, TABLE_INPUT, 0, 1);
	assert_int_equal(p->asks[0].count, 4);
	expect_served(p);
	/* The four are one value to the device: nothing smaller can be asked. */
	assert_int_equal(plan_refused(p, 0, (mono_t){0}), PLAN_REFUSED);
	assert_int_equal(p->ask_count, 3);
}

static void
classes_and_facts_are_apart(void **state)
{
	struct point_spec points[] = {reg(TABLE_INPUT, 0, 1), reg(TABLE_INPUT, 1, 1)};
	const struct fact_spec facts[] = {
	    {.at = {.table = TABLE_HOLDING, .address = 3, .count = 1}},
	    {.at = {.table = TABLE_HOLDING, .address = 0, .count = 1}},
	};
	struct profile profile = profile_of(points, COUNT(points));
	const struct plan *p;

	(void)state;
	points[1].poll = POLL_SLOW;
	profile.facts = facts;
	profile.fact_count = COUNT(facts);
	p = plan_points(arena, &profile, POLL_SLOW, NULL);
	assert_int_equal(p->item_count, 1);
	assert_int_equal(p->items[0].index, 1);
	assert_int_equal(plan_points(arena, &profile, POLL_FAST, NULL)->ask_count, 0);
	p = plan_facts(arena, &profile);
	assert_int_equal(p->ask_count, 1);
	expect_ask(p, 0, TABLE_HOLDING, 0, 4);
	assert_int_equal(p->items[0].index, 1);
}

static void
snmp_asks_one_by_one(void **state)
{
	static const uint32_t a[] = {1, 3, 6, 1, 9, 2}, b[] = {1, 3, 6, 1, 9, 1},
			      c[] = {1, 3, 6, 1, 9};
	const struct point_spec points[] = {
	    {.at = {.table = TABLE_OID, .oid = {COUNT(a), a}}, .poll = POLL_NORMAL},
	    {.at = {.table = TABLE_OID, .oid = {COUNT(b), b}}, .poll = POLL_NORMAL},
	    {.at = {.table = TABLE_OID, .oid = {COUNT(c), c}}, .poll = POLL_NORMAL},
	    {.at = {.table = TABLE_OID, .oid = {COUNT(b), b}}, .poll = POLL_NORMAL},
	};
	const struct profile profile = profile_of(points, COUNT(points));
	struct plan *p = plan_points(arena, &profile, POLL_NORMAL, NULL);

	(void)state;
	assert_int_equal(p->ask_count, 3);
	assert_int_equal(p->asks[0].ask.oid->length, COUNT(c));
	assert_ptr_equal(p->asks[1].ask.oid->sub, b);
	assert_int_equal(p->asks[1].count, 2); /* two points of one OID */
	assert_ptr_equal(p->asks[2].ask.oid->sub, a);
	expect_served(p);
	assert_int_equal(plan_refused(p, 1, (mono_t){0}), PLAN_REFUSED);
}

/* Registers 10, 11, 13, 14 and 20; the device has no 12 (a hole) and no 14 (a point). */
static void
learns_what_the_device_lacks(void **state)
{
	const struct point_spec points[] = {
	    reg(TABLE_HOLDING, 10, 1),
	    reg(TABLE_HOLDING, 11, 1),
	    reg(TABLE_HOLDING, 13, 1),
	    reg(TABLE_HOLDING, 14, 1),
	    reg(TABLE_HOLDING, 20, 1),
	};
	const struct profile profile = profile_of(points, COUNT(points));
	struct plan *p = plan_points(arena, &profile, POLL_NORMAL, NULL);
	uint16_t which[5];
	mono_t t = {1000000};

	(void)state;
	assert_int_equal(p->ask_count, 1);
	expect_ask(p, 0, TABLE_HOLDING, 10, 11);
	assert_int_equal(plan_refused(p, 0, t), PLAN_SPLIT);
	assert_int_equal(p->ask_count, 3);
	expect_ask(p, 0, TABLE_HOLDING, 10, 2);
	expect_ask(p, 1, TABLE_HOLDING, 13, 2);
	expect_ask(p, 2, TABLE_HOLDING, 20, 1);
	expect_served(p);
	assert_int_equal(plan_refused(p, 1, t), PLAN_SPLIT);
	assert_int_equal(p->ask_count, 4);
	expect_ask(p, 1, TABLE_HOLDING, 13, 1);
	expect_ask(p, 2, TABLE_HOLDING, 14, 1);
	expect_ask(p, 3, TABLE_HOLDING, 20, 1);
	expect_served(p);
	assert_int_equal(plan_refused(p, 2, t), PLAN_REFUSED);

	/* The refused one is left out until its time, the others are served. */
	assert_int_equal(plan_choose(p, t, which), 3);
	assert_int_equal(which[0], 0);
	assert_int_equal(which[1], 1);
	assert_int_equal(which[2], 3);
	t = mono_add_ms(t, PLAN_REFUSED_FIRST_MS - 1);
	assert_int_equal(plan_choose(p, t, which), 3);
	t = mono_add_ms(t, 1);
	assert_int_equal(plan_choose(p, t, which), 4);

	/* Refused again and again: at last only every ten minutes. */
	for (int i = 0; i < 8; i++)
		assert_int_equal(plan_refused(p, 2, t), PLAN_REFUSED);
	assert_int_equal(p->asks[2].again.us - t.us, PLAN_REFUSED_MAX_MS * INT64_C(1000));
	plan_forgive(p);
	assert_int_equal(plan_choose(p, t, which), 4);
	plan_answered(p, 2);
	assert_false(p->asks[2].refused);
	assert_int_equal(p->ask_count, 4); /* the split stays */
}

/* Registers 0, 2, 4, 6, 8; a read over 5 is refused: that hole alone stays a hole. */
static void
one_hole_is_to_blame(void **state)
{
	const struct point_spec points[] = {
	    reg(TABLE_HOLDING, 0, 1),
	    reg(TABLE_HOLDING, 2, 1),
	    reg(TABLE_HOLDING, 4, 1),
	    reg(TABLE_HOLDING, 6, 1),
	    reg(TABLE_HOLDING, 8, 1),
	};
	const struct profile profile = profile_of(points, COUNT(points));
	struct plan *p = plan_points(arena, &profile, POLL_NORMAL, NULL);
	size_t refusals = 0, polls = 0;

	(void)state;
	assert_int_equal(p->ask_count, 1);
	for (; polls < 12; polls++) {
		plan_rejoin(p);
		expect_served(p);
		for (size_t k = p->ask_count; k-- > 0;) {
			const struct ask a = p->asks[k].ask;

			if (a.address < 5 && a.address + a.count > 5) {
				assert_int_equal(plan_refused(p, k, (mono_t){0}), PLAN_SPLIT);
				refusals++;
			} else {
				plan_answered(p, k);
			}
		}
	}
	assert_int_equal(p->ask_count, 2);
	expect_ask(p, 0, TABLE_HOLDING, 0, 5);
	expect_ask(p, 1, TABLE_HOLDING, 6, 3);
	assert_int_equal(refusals, 2); /* the whole, and the one trial that failed */
}

static void
no_such_function_is_not_split(void **state)
{
	const struct point_spec points[] = {reg(TABLE_INPUT, 0, 1), reg(TABLE_INPUT, 2, 1)};
	const struct profile profile = profile_of(points, COUNT(points));
	struct plan *p = plan_points(arena, &profile, POLL_NORMAL, NULL);
	uint16_t which[2];

	(void)state;
	plan_mark_refused(p, 0, (mono_t){0});
	assert_int_equal(p->ask_count, 1);
	/* All refused: one question goes out nevertheless, to see that the device lives. */
	assert_int_equal(plan_choose(p, (mono_t){1}, which), 1);
}

static void
failed_questions_go_last(void **state)
{
	const struct point_spec points[] = {
	    reg(TABLE_INPUT, 0, 3), reg(TABLE_INPUT, 100, 1), reg(TABLE_INPUT, 200, 2)};
	const struct profile profile = profile_of(points, COUNT(points));
	struct plan *p = plan_points(arena, &profile, POLL_NORMAL, NULL);
	uint16_t which[3];

	(void)state;
	assert_int_equal(plan_probe(p), 1); /* the shortest */
	plan_failed(p, 0);
	plan_failed(p, 0);
	plan_failed(p, 1);
	assert_int_equal(plan_choose(p, (mono_t){0}, which), 3);
	assert_int_equal(which[0], 2);
	assert_int_equal(which[1], 1);
	assert_int_equal(which[2], 0);
	assert_int_equal(plan_probe(p), 2); /* a probe that failed gives way to another */
	for (int i = 0; i < 300; i++)
		plan_failed(p, 2);
	assert_int_equal(p->asks[2].fails, UINT8_MAX);
	plan_answered(p, 2);
	assert_int_equal(p->asks[2].fails, 0);
}

static void
longest_unasked_goes_first(void **state)
{
	const struct point_spec points[] = {
	    reg(TABLE_INPUT, 0, 3), reg(TABLE_INPUT, 100, 1), reg(TABLE_INPUT, 200, 2)};
	const struct profile profile = profile_of(points, COUNT(points));
	struct plan *p = plan_points(arena, &profile, POLL_NORMAL, NULL);
	uint16_t which[3];

	(void)state;
	plan_asked(p, 0, (mono_t){1000});
	plan_asked(p, 1, (mono_t){1000});
	assert_int_equal(plan_choose(p, (mono_t){2000}, which), 3);
	assert_int_equal(which[0], 2); /* the budget cut it off */
	assert_int_equal(which[1], 0);
	assert_int_equal(which[2], 1);
	plan_failed(p, 2);
	plan_choose(p, (mono_t){2000}, which);
	assert_int_equal(which[2], 2); /* what failed goes last all the same */
}

/* ---- what others need --------------------------------------------------------------------------
 */

#define PAIRS 24

/* First all exponents, then what has them: no word of one is near a word of the other. */
static struct plan *
plan_pairs(void)
{
	static struct point_spec points[2 * PAIRS];
	static struct needs needs[PAIRS];
	static struct profile profile;

	for (uint16_t i = 0; i < PAIRS; i++) {
		points[i] = reg(TABLE_INPUT, (uint16_t)(100 * i), 1);
		needs[i] = (struct needs){.exponent = (uint16_t)(i + 1)};
		points[PAIRS + i] = reg(TABLE_INPUT, (uint16_t)(100 * (PAIRS + i)), 1);
		points[PAIRS + i].needs = &needs[i];
	}
	profile = profile_of(points, COUNT(points));
	return plan_points(arena, &profile, POLL_NORMAL, NULL);
}

/* One poll whose budget ends after `most` questions: when each question was reached. */
static void
poll_once(struct plan *p, size_t most, int64_t now, int64_t reached[2 * PAIRS])
{
	uint16_t which[2 * PAIRS];
	size_t n = plan_choose(p, (mono_t){now}, which);

	assert_int_equal(n, 2 * PAIRS);
	for (size_t i = 0; i < most; i++) {
		plan_asked(p, which[i], (mono_t){now});
		plan_answered(p, which[i]);
		reached[which[i]] = now;
	}
}

/* Whatever the budget is: each value meets its exponent before long, and again and again. */
static void
needs_go_in_the_same_poll(void **state)
{
	(void)state;
	for (size_t most = 2; most <= 2 * PAIRS; most++) {
		struct plan *p = plan_pairs();
		int64_t reached[2 * PAIRS] = {0}, met[PAIRS] = {0}, now = 0;

		for (size_t polls = 0; polls < 500; polls++) {
			poll_once(p, most, ++now, reached);
			for (size_t i = 0; i < PAIRS; i++) {
				if (reached[i] == now && reached[PAIRS + i] == now)
					met[i] = now;
				assert_true(now - met[i] <= (int64_t)(2 * PAIRS / (most / 2)));
			}
		}
	}
}

/* No poll has room for more than needs: what needs nothing is read all the same. */
static void
needs_alone_fill_no_poll_for_ever(void **state)
{
	struct point_spec points[2 * PAIRS];
	const struct needs needs = {.exponent = 1, .uptime = 2, .discontinuity = 3};
	int64_t reached[2 * PAIRS] = {0};
	struct profile profile;
	struct plan *p;

	(void)state;
	for (uint16_t i = 0; i < 2 * PAIRS; i++) {
		points[i] = reg(TABLE_INPUT, (uint16_t)(100 * i), 1);
		points[i].needs = i < 3 ? NULL : i % 2 ? &needs : NULL;
	}
	profile = profile_of(points, COUNT(points));
	p = plan_points(arena, &profile, POLL_NORMAL, NULL);
	for (int64_t now = 1; now <= 1000; now++) {
		poll_once(p, 3, now, reached);
		for (size_t i = 0; i < 2 * PAIRS; i++)
			assert_true(now - reached[i] <= 100);
	}
}

/* A need without an answer must not cost every poll its time. */
static void
a_need_that_failed_goes_last(void **state)
{
	struct plan *p = plan_pairs();
	uint16_t which[2 * PAIRS];

	(void)state;
	plan_choose(p, (mono_t){1}, which);
	assert_int_equal(which[0], 0);
	assert_int_equal(which[1], 1);
	plan_asked(p, 5, (mono_t){1});
	plan_failed(p, 5);
	plan_asked(p, PAIRS, (mono_t){1});
	plan_choose(p, (mono_t){2}, which);
	assert_int_equal(which[2 * PAIRS - 1], 5);
}

/* A refused question is known not to bring a value, and its driver may not even send it. */
static void
a_refused_question_is_no_probe(void **state)
{
	const struct point_spec points[] = {
	    reg(TABLE_INPUT, 0, 3), reg(TABLE_INPUT, 100, 1), reg(TABLE_INPUT, 200, 2)};
	const struct profile profile = profile_of(points, COUNT(points));
	struct plan *p = plan_points(arena, &profile, POLL_NORMAL, NULL);

	(void)state;
	plan_mark_refused(p, 1, (mono_t){0});
	plan_failed(p, 0);
	plan_failed(p, 2);
	plan_failed(p, 2);
	assert_int_equal(plan_probe(p), 0); /* though 1 is the shortest and never failed */
	plan_forgive(p);
	assert_int_equal(plan_probe(p), 0);
	plan_mark_refused(p, 0, (mono_t){0});
	plan_mark_refused(p, 2, (mono_t){0});
	assert_int_equal(plan_probe(p), 1); /* nothing else is left */
}

/* Whatever is refused in whatever order: everything stays served, inside the room. */
static void
any_order_of_refusals(void **state)
{
	unsigned seed = 7;

	(void)state;
	for (int round = 0; round < 300; round++) {
		struct point_spec points[40];
		const struct profile profile = profile_of(points, COUNT(points));
		struct plan *p;

		for (size_t i = 0; i < COUNT(points); i++) {
			seed = seed * 1103515245u + 12345u;
			points[i] = reg((enum table)(1 + (seed >> 16) % 4),
			    (uint16_t)((seed >> 8) % 120), (uint16_t)(1 + (seed >> 20) % 4));
		}
		p = plan_points(arena, &profile, POLL_NORMAL, NULL);
		for (int step = 0; step < 200; step++) {
			size_t words = 0;

			seed = seed * 1103515245u + 12345u;
			plan_refused(p, (seed >> 12) % p->ask_count, (mono_t){0});
			assert_true(p->ask_count <= p->item_count);
			expect_served(p);
			for (size_t k = 0; k < p->ask_count; k++)
				words += p->asks[k].ask.count;
			assert_true(words <= p->word_room);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(joins_by_table_and_gap, setup, teardown),
	    cmocka_unit_test_setup_teardown(gap_is_a_limit, setup, teardown),
	    cmocka_unit_test_setup_teardown(length_is_a_limit_and_tears_nothing, setup, teardown),
	    cmocka_unit_test_setup_teardown(bits_have_their_own_limit, setup, teardown),
	    cmocka_unit_test_setup_teardown(points_share_a_register, setup, teardown),
	    cmocka_unit_test_setup_teardown(classes_and_facts_are_apart, setup, teardown),
	    cmocka_unit_test_setup_teardown(snmp_asks_one_by_one, setup, teardown),
	    cmocka_unit_test_setup_teardown(learns_what_the_device_lacks, setup, teardown),
	    cmocka_unit_test_setup_teardown(one_hole_is_to_blame, setup, teardown),
	    cmocka_unit_test_setup_teardown(no_such_function_is_not_split, setup, teardown),
	    cmocka_unit_test_setup_teardown(failed_questions_go_last, setup, teardown),
	    cmocka_unit_test_setup_teardown(longest_unasked_goes_first, setup, teardown),
	    cmocka_unit_test_setup_teardown(needs_go_in_the_same_poll, setup, teardown),
	    cmocka_unit_test_setup_teardown(needs_alone_fill_no_poll_for_ever, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_need_that_failed_goes_last, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_refused_question_is_no_probe, setup, teardown),
	    cmocka_unit_test_setup_teardown(any_order_of_refusals, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
