/* model/minute: packing, damage, joining, and folding into steps of the local day. */
#include "model/minute.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
/* cmocka wants the standard headers first. */
#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define DAY      1440

static struct minute
good(uint32_t minute, double mean, double min, double max)
{
	return (struct minute){.minute = minute,
	    .mean = (float)mean,
	    .min = (float)min,
	    .max = (float)max,
	    .good_s = 60};
}

static struct minute
gone(uint32_t minute, enum quality q)
{
	return (struct minute){.minute = minute, .quality = (uint8_t)q};
}

static void
assert_same(const struct minute *a, const struct minute *b, double tolerance)
{
	assert_int_equal(a->minute, b->minute);
	assert_int_equal(a->good_s, b->good_s);
	assert_int_equal(a->unsynced, b->unsynced);
	if (a->good_s < 60)
		assert_int_equal(a->quality, b->quality);
	if (a->good_s == 0)
		return;
	assert_true(fabs((double)(a->mean - b->mean)) <= tolerance);
	assert_true(fabs((double)(a->min - b->min)) <= tolerance);
	assert_true(fabs((double)(a->max - b->max)) <= tolerance);
}

/* Packs, unpacks, compares; returns the bytes that it took. */
static size_t
there_and_back(const struct minute *m, size_t n, double resolution, double tolerance)
{
	uint8_t *packed = malloc((n + 1) * MINUTE_PACKED_MAX);
	size_t length = minutes_pack(m, n, resolution, packed), i = 0;
	struct minutes_reader r;
	struct minute out;

	assert_true(length <= (n + 1) * MINUTE_PACKED_MAX);
	minutes_open(&r, packed, length);
	for (; minutes_next(&r, &out); i++) {
		assert_true(i < n);
		assert_same(&m[i], &out, tolerance);
	}
	assert_false(r.damaged);
	assert_int_equal(i, n);
	free(packed);
	return length;
}

static void
all_kinds_come_back(void **state)
{
	struct minute m[] = {good(100, 24.3, 24.1, 24.6), good(101, 24.3, 24.3, 24.3),
	    good(102, 24.3, 24.3, 24.3), gone(103, QUALITY_COMM_LOST), gone(104, QUALITY_COMM_LOST),
	    gone(105, QUALITY_STALE), good(200, -5, -5.5, -4.5), good(200, -5, -5.5, -4.5),
	    good(201, 0, 0, 0), good(29000000, 1e9, -1e9, 1.5e9), good(29000001, 1e-6, 0, 2e-6)};

	(void)state;
	m[6].good_s = 30;
	m[6].quality = QUALITY_BAD;
	m[8].unsynced = true;
	there_and_back(m, 7, 0, 1e-4);
	there_and_back(m, 9, 0.02, 0.01);
	there_and_back(m + 9, 1, 0, 500);
	there_and_back(m + 10, 1, 0, 1e-12);
	there_and_back(m, 0, 0, 0);
}

static void
seven_digits_are_kept(void **state)
{
	const struct minute m[] = {good(1, 123456.7, 123456.6, 123456.8), good(2, 0.1, 0.1, 0.1)};

	(void)state;
	there_and_back(m, 2, 0, 0.05);
	there_and_back(m, 1, 0, 0.01);
	assert_true(float_decimal(24.3f) == 24.3);
	assert_true(float_decimal(-0.1f) == -0.1);
	assert_true(float_decimal(0) == 0);
}

/* The figures that the README states. */
static void
a_day_takes_few_bytes(void **state)
{
	struct minute m[DAY];
	size_t noisy, still;

	(void)state;
	srand(1);
	for (uint32_t i = 0; i < DAY; i++) {
		double mean = 24 + 2 * sin(i / 200.0) + rand() % 100 / 1000.0;

		m[i] = good(1000000 + i, mean, mean - 0.1 - rand() % 10 / 100.0, mean + 0.2);
	}
	noisy = there_and_back(m, DAY, 0.02, 0.01);
	for (uint32_t i = 0; i < DAY; i++)
		m[i] = good(1000000 + i, 1, 1, 1);
	still = there_and_back(m, DAY, 0, 1e-7);
	assert_in_range(noisy, 1, 5 * DAY);
	assert_in_range(still, 1, 20);
}

static void
damage_is_noticed(void **state)
{
	struct minute m[60], out;
	uint8_t packed[61 * MINUTE_PACKED_MAX], bad[sizeof(packed)];
	struct minutes_reader r;
	size_t n;

	(void)state;
	for (uint32_t i = 0; i < 60; i++)
		m[i] = i % 7 == 0 ? gone(500 + i, QUALITY_BAD) : good(500 + i, i, i - 1.0, i + 1.0);
	n = minutes_pack(m, 60, 0, packed);
	srand(2);
	for (int round = 0; round < 20000; round++) {
		size_t length = round % 3 == 0 ? (size_t)rand() % n : n, told = 0;

		memcpy(bad, packed, n);
		if (round % 3 != 0)
			bad[(size_t)rand() % n] = (uint8_t)rand();
		minutes_open(&r, bad, length);
		while (told < 100000 && minutes_next(&r, &out)) {
			assert_true(out.good_s <= 60 && out.quality < QUALITY_COUNT);
			assert_true(out.good_s == 0 || isfinite(out.mean));
			told++;
		}
	}
	minutes_open(&r, "", 0);
	assert_false(minutes_next(&r, &out));
	assert_false(r.damaged);
}

/* Behind the last minute of all comes no minute 0, and the first one stands where the head says. */
static void
time_does_not_go_round(void **state)
{
	static const uint8_t last[] = {1, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F, 1, 2, 1, 2};
	static const uint8_t jump[] = {1, 0, 0, 5, 0, 2};
	struct minutes_reader r;
	struct minute m;

	(void)state;
	minutes_open(&r, last, sizeof(last));
	assert_true(minutes_next(&r, &m));
	assert_int_equal(m.minute, UINT32_MAX);
	assert_false(minutes_next(&r, &m));
	assert_true(r.damaged);
	minutes_open(&r, jump, sizeof(jump));
	assert_false(minutes_next(&r, &m));
	assert_true(r.damaged);
}

static void
varints(void **state)
{
	const uint64_t values[] = {0, 1, 127, 128, 300, UINT32_MAX, INT64_MAX, UINT64_MAX};
	uint8_t bytes[10];
	uint64_t v;

	(void)state;
	for (size_t i = 0; i < COUNT(values); i++) {
		const uint8_t *at = bytes;
		size_t n = varint_put(bytes, values[i]);

		assert_true(varint_get(&at, bytes + n, &v) && v == values[i] && at == bytes + n);
		at = bytes;
		assert_false(varint_get(&at, bytes + n - 1, &v));
	}
	memset(bytes, 0xFF, sizeof(bytes));
	const uint8_t *at = bytes;
	assert_false(varint_get(&at, bytes + sizeof(bytes), &v));
}

static void
equal_minutes_are_joined(void **state)
{
	struct minute a = good(7, 10, 8, 12), b = good(7, 20, 18, 30), j;

	(void)state;
	a.good_s = 20;
	a.quality = QUALITY_COMM_LOST;
	b.good_s = 30;
	b.quality = QUALITY_NEVER;
	j = minute_join(&a, &b);
	assert_int_equal(j.good_s, 50);
	assert_int_equal(j.quality, QUALITY_COMM_LOST);
	assert_true(fabs((double)j.mean - 16) < 1e-5 && j.min == 8 && j.max == 30);
	/* What a disciplined clock dated goes before what none did, whichever came first. */
	a.unsynced = true;
	j = minute_join(&a, &b);
	assert_true(j.mean == 20 && j.good_s == 30);
	j = minute_join(&b, &a);
	assert_true(j.mean == 20 && j.good_s == 30);
}

/* ---- folding -------------------------------------------------------------------------------- */

struct told {
	struct stretch s[4000];
	size_t n;
};

static void
fold_all(struct told *t, struct fold *f, const struct minute *m, size_t n)
{
	t->n = 0;
	for (size_t i = 0; i < n; i++)
		t->n += fold_minute(f, &m[i], t->s + t->n);
	t->n += fold_end(f, t->s + t->n);
	for (size_t i = 1; i < t->n; i++)
		assert_true(t->s[i].at.us > t->s[i - 1].at.us);
}

static wall_t
at_minute(int64_t m)
{
	return (wall_t){m * MINUTE_US};
}

static void
minutes_fold_into_steps(void **state)
{
	static struct told t;
	struct minute m[10];
	struct fold f;

	(void)state;
	for (uint32_t i = 0; i < 10; i++)
		m[i] = good(1000 + i, i, i - 0.5, i + 0.5);
	fold_init(&f, 5 * 60000, false, at_minute(1000), at_minute(1010));
	fold_all(&t, &f, m, 10);
	assert_int_equal(t.n, 2);
	assert_true(t.s[0].at.us == 1000 * MINUTE_US && t.s[0].mean == 2 && t.s[0].min == -0.5 &&
		    t.s[0].max == 4.5);
	assert_int_equal(t.s[0].percent, 100);
	assert_int_equal(t.s[0].quality, QUALITY_GOOD);
	assert_true(t.s[1].mean == 7);
	/* Of states the last one counts. */
	fold_init(&f, 5 * 60000, true, at_minute(1000), at_minute(1010));
	fold_all(&t, &f, m, 10);
	assert_true(t.s[0].mean == 4 && t.s[1].mean == 9);
}

static void
a_gap_is_told_as_a_gap(void **state)
{
	static struct told t;
	struct minute m[] = {good(1002, 1, 1, 1), good(1003, 1, 1, 1),
	    gone(1004, QUALITY_COMM_LOST), good(1010, 2, 2, 2)};
	struct fold f;

	(void)state;
	fold_init(&f, 60000, false, at_minute(1000), at_minute(1013));
	fold_all(&t, &f, m, COUNT(m));
	assert_int_equal(t.n, 7);
	assert_true(t.s[0].at.us == at_minute(1000).us && !t.s[0].has_value);
	assert_int_equal(t.s[0].quality, QUALITY_COUNT);
	assert_true(t.s[1].at.us == at_minute(1002).us && t.s[1].has_value);
	assert_true(t.s[3].at.us == at_minute(1004).us && !t.s[3].has_value);
	assert_int_equal(t.s[3].quality, QUALITY_COMM_LOST);
	assert_true(t.s[4].at.us == at_minute(1005).us && !t.s[4].has_value);
	assert_int_equal(t.s[4].quality, QUALITY_COUNT);
	assert_true(t.s[5].at.us == at_minute(1010).us && t.s[5].mean == 2);
	assert_true(t.s[6].at.us == at_minute(1011).us && !t.s[6].has_value);
	/* In a long step the share says it. */
	fold_init(&f, 10 * 60000, false, at_minute(1000), at_minute(1010));
	fold_all(&t, &f, m, COUNT(m));
	assert_int_equal(t.n, 1);
	assert_int_equal(t.s[0].percent, 20);
	assert_true(t.s[0].quality != QUALITY_GOOD && t.s[0].mean == 1);
}

/* Europe/Zurich: 2026-03-29 has 23 hours, 2026-10-25 has 25. */
static void
days_are_local_days(void **state)
{
	static struct told t;
	static struct minute m[4 * DAY];
	struct tm tm = {.tm_year = 126, .tm_mon = 9, .tm_mday = 24, .tm_isdst = -1};
	struct fold f;
	int64_t begin;

	(void)state;
	begin = (int64_t)mktime(&tm) / 60;
	for (uint32_t i = 0; i < COUNT(m); i++)
		m[i] = good((uint32_t)begin + i, 1, 1, 1);
	fold_init(&f, 86400000, false, at_minute(begin), at_minute(begin + 4 * DAY));
	fold_all(&t, &f, m, COUNT(m));
	assert_int_equal(t.n, 4);
	assert_int_equal((t.s[1].at.us - t.s[0].at.us) / MINUTE_US, 24 * 60);
	assert_int_equal((t.s[2].at.us - t.s[1].at.us) / MINUTE_US, 25 * 60);
	assert_int_equal((t.s[3].at.us - t.s[2].at.us) / MINUTE_US, 24 * 60);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(t.s[i].percent, 100);
	/* Hours stay hours: none is lost and none is told twice. */
	fold_init(&f, 3600000, false, at_minute(begin), at_minute(begin + 4 * DAY));
	fold_all(&t, &f, m, COUNT(m));
	assert_int_equal(t.n, 96);
	tm = (struct tm){.tm_year = 126, .tm_mon = 2, .tm_mday = 28, .tm_isdst = -1};
	begin = (int64_t)mktime(&tm) / 60;
	for (uint32_t i = 0; i < COUNT(m); i++)
		m[i] = good((uint32_t)begin + i, 1, 1, 1);
	fold_init(&f, 86400000, false, at_minute(begin), at_minute(begin + 3 * DAY));
	fold_all(&t, &f, m, COUNT(m));
	assert_int_equal((t.s[2].at.us - t.s[1].at.us) / MINUTE_US, 23 * 60);
	assert_int_equal(t.s[1].percent, 100);
}

static void
pieces_fold_into_seconds(void **state)
{
	static struct told t;
	struct fold f;
	int64_t at = 1000 * MINUTE_US;

	(void)state;
	t.n = 0;
	fold_init(&f, 10000, false, (wall_t){at}, (wall_t){at + 30000000});
	for (int i = 0; i < 6; i++) {
		struct piece p = {.at_us = at + i * INT64_C(5000000),
		    .length_us = 5000000,
		    .good_ms = i == 5 ? 0 : 5000,
		    .mean = i,
		    .min = i,
		    .max = i,
		    .quality = i == 5 ? QUALITY_STALE : QUALITY_GOOD};

		assert_true(fold_step_ends_us(&f, p.at_us) >= p.at_us + p.length_us);
		t.n += fold_piece(&f, &p, t.s + t.n);
	}
	t.n += fold_end(&f, t.s + t.n);
	assert_int_equal(t.n, 3);
	assert_true(t.s[0].mean == 0.5 && t.s[1].mean == 2.5 && t.s[2].mean == 4);
	assert_int_equal(t.s[2].percent, 50);
	assert_int_equal(t.s[2].quality, QUALITY_STALE);
}

static void
round_steps(void **state)
{
	(void)state;
	assert_int_equal(fold_round_step_ms(3600000, 60), 60000);
	assert_int_equal(fold_round_step_ms(3600000, 80), 60000);
	assert_int_equal(fold_round_step_ms(600000, 100), 10000);
	assert_int_equal(fold_round_step_ms(7 * INT64_C(86400000), 200), 3600000);
	assert_int_equal(fold_round_step_ms(400 * INT64_C(86400000), 100), 4 * INT64_C(86400000));
	assert_int_equal(fold_round_step_ms(1, 1), 1000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(all_kinds_come_back),
	    cmocka_unit_test(seven_digits_are_kept),
	    cmocka_unit_test(a_day_takes_few_bytes),
	    cmocka_unit_test(damage_is_noticed),
	    cmocka_unit_test(time_does_not_go_round),
	    cmocka_unit_test(varints),
	    cmocka_unit_test(equal_minutes_are_joined),
	    cmocka_unit_test(minutes_fold_into_steps),
	    cmocka_unit_test(a_gap_is_told_as_a_gap),
	    cmocka_unit_test(days_are_local_days),
	    cmocka_unit_test(pieces_fold_into_seconds),
	    cmocka_unit_test(round_steps),
	};

	setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
