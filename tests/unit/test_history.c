/* core/history: the ring, the minutes, gaps, and a wall clock that is stepped. */
#include "heart_room.h"

#include "core/history.h"

#include <math.h>
#include <time.h>

#define POINTS 3
#define START  INT64_C(1795251600000000) /* 2026-11-21T09:00:00Z */

static struct arena *arena;
static struct history *h;
static struct point_spec points[POINTS];
static struct profile profile;
static struct device_spec device;
static struct site site;
static const struct word words[] = {{0, "closed", {"closed", NULL}}, {1, "open", {"open", NULL}}};
static struct now now;

static int
setup_with(size_t ram)
{
	points[0] = room_point("temperature", 0, POLL_NORMAL);
	points[0].deadband = 0.2;
	points[1] = room_point("counter", 1, POLL_NORMAL);
	points[2] = room_point("door", 2, POLL_FAST);
	points[2].words = words;
	points[2].word_count = 2;
	profile = room_profile(points, POINTS);
	device = (struct device_spec){.profile = &profile};
	site = (struct site){.devices = &device,
	    .device_count = 1,
	    .point_count = POINTS,
	    .history = {.ram_bytes = ram}};
	arena = arena_new();
	h = history_new(arena, &site);
	now = (struct now){{5000000}, {START}, true};
	history_clock(h, &now);
	return 0;
}

static int
setup(void **state)
{
	(void)state;
	return setup_with(16384);
}

static int
setup_small(void **state)
{
	(void)state;
	return setup_with(1024);
}

static int
teardown(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

static void
pass(int64_t ms)
{
	now.mono.us += ms * 1000;
	now.wall.us += ms * 1000;
	history_clock(h, &now);
}

/* In steps that are no absence. */
static void
pass_long(int64_t ms)
{
	for (; ms > 60000; ms -= 60000)
		pass(60000);
	pass(ms);
}

static void
put(size_t point, double v)
{
	history_put(h, point, v, QUALITY_GOOD, now.mono);
}

static void
lose(size_t point, enum quality q)
{
	history_put(h, point, 0, q, now.mono);
}

static struct history_sample samples[20000];

static size_t
all(size_t point)
{
	return history_samples(h, point, (wall_t){0}, samples, COUNT(samples));
}

/* ---- the ring ------------------------------------------------------------------------------- */

static void
only_what_leaves_the_deadband_is_recorded(void **state)
{
	(void)state;
	assert_int_equal(all(0), 0);
	put(0, 24.0);
	for (int i = 0; i < 10; i++) {
		pass(1000);
		put(0, 24.1);
	}
	pass(1000);
	put(0, 24.3);
	pass(1000);
	put(1, 5);
	put(1, 5);
	pass(1);
	put(1, 6);
	assert_int_equal(all(0), 2);
	assert_true(samples[0].value == 24.0 && samples[0].at.us == START);
	assert_true(samples[1].value == 24.3 && samples[1].at.us == START + 11000000);
	assert_int_equal(all(1), 2);
	assert_true(samples[1].value == 6 && samples[1].at.us - samples[0].at.us == 1000);
}

static void
a_lost_value_is_a_gap(void **state)
{
	(void)state;
	put(0, 24.0);
	pass(1000);
	lose(0, QUALITY_STALE);
	pass(1000);
	lose(0, QUALITY_COMM_LOST);
	pass(5000);
	put(0, 24.0);
	assert_int_equal(all(0), 4);
	assert_true(samples[0].has_value && !samples[1].has_value && !samples[2].has_value);
	assert_int_equal(samples[1].quality, QUALITY_STALE);
	assert_int_equal(samples[2].quality, QUALITY_COMM_LOST);
	assert_true(samples[3].has_value && samples[3].value == 24.0);
	assert_true(samples[3].at.us == START + 7000000);
}

static void
a_question_gets_what_holds_at_its_time(void **state)
{
	struct history_sample some[3];

	(void)state;
	for (int i = 0; i < 100; i++) {
		put(1, i);
		pass(1000);
	}
	assert_int_equal(history_samples(h, 1, (wall_t){START + 10500000}, some, 3), 3);
	assert_true(some[0].value == 10 && some[1].value == 11 && some[2].value == 12);
	/* On with the time of the last one, up to the end, nothing missing and nothing twice. */
	for (int i = 12; i < 99; i += 2) {
		size_t n = history_samples(h, 1, some[2].at, some, 3);

		assert_true(n >= 2 && some[0].value == i && some[1].value == i + 1);
		if (n < 3)
			break;
	}
	assert_int_equal(history_samples(h, 1, now.wall, some, 3), 1);
	assert_true(some[0].value == 99);
}

/* What was put is what comes out, whatever gave way: against a plain list. */
static void
the_oldest_gives_way(void **state)
{
	static struct history_sample want[POINTS][20000];
	size_t count[POINTS] = {0};

	(void)state;
	srand(3);
	for (int i = 0; i < 20000; i++) {
		size_t p = rand() % 10 == 0 ? 1 : 2;
		double v = rand() % 3;

		if (rand() % 50 == 0) {
			lose(p, QUALITY_BAD);
			if (count[p] == 0 || want[p][count[p] - 1].has_value)
				want[p][count[p]++] =
				    (struct history_sample){now.wall, false, 0, QUALITY_BAD};
		} else {
			put(p, v);
			if (count[p] == 0 || !want[p][count[p] - 1].has_value ||
			    want[p][count[p] - 1].value != v)
				want[p][count[p]++] =
				    (struct history_sample){now.wall, true, v, QUALITY_GOOD};
		}
		pass(1 + rand() % 3000);
		if (i % 1000 != 0)
			continue;
		for (size_t q = 1; q < POINTS; q++) {
			size_t n = all(q);

			if (count[q] == 0)
				continue;

			assert_true(n >= 1 && n <= count[q]);
			for (size_t k = 0; k < n; k++) {
				const struct history_sample *w = &want[q][count[q] - n + k];

				assert_true(samples[k].has_value == w->has_value &&
					    samples[k].value == w->value &&
					    samples[k].quality == w->quality);
				assert_true(llabs(samples[k].at.us - w->at.us) < 1001);
			}
			assert_true(history_begin(h, q).us == samples[0].at.us);
		}
	}
}

/* A value that stands still is known, also when its record gave way to others. */
static void
the_last_record_stays(void **state)
{
	(void)state;
	put(0, 21.5);
	for (int i = 0; i < 5000; i++) {
		pass(1000);
		put(1, i);
	}
	assert_int_equal(all(0), 1);
	assert_true(samples[0].value == 21.5 && samples[0].at.us == START);
	pass(1000);
	put(0, 30);
	assert_int_equal(all(0), 1);
	assert_true(samples[0].value == 30);
}

static void
the_ring_takes_what_it_says(void **state)
{
	struct site s = {0};

	(void)state;
	assert_int_equal(history_ring_bytes(&s), 256 * 1024);
	s.point_count = 1000;
	assert_int_equal(history_ring_bytes(&s), 4096000);
	s.point_count = 5000;
	assert_int_equal(history_ring_bytes(&s), 4 * 1024 * 1024);
	s.history.ram_bytes = 100000;
	assert_int_equal(history_ring_bytes(&s), 100000);
	/* Some seven bytes a record: 1024 bytes hold more than 110 with what chunks need. */
	for (int i = 0; i < 2000; i++) {
		put(1, i);
		pass(10000);
	}
	assert_in_range(all(1), 100, 150);
}

/* ---- minutes -------------------------------------------------------------------------------- */

static struct minute minutes[HISTORY_WAITING + 1];

static void
a_minute_has_mean_and_band(void **state)
{
	(void)state;
	put(0, 20.0);
	pass(30000);
	put(0, 22.0);
	pass(30000);
	put(0, 22.0);
	assert_int_equal(history_minutes(h, 0, false, minutes), 1);
	assert_int_equal(minutes[0].minute, START / MINUTE_US);
	assert_int_equal(minutes[0].good_s, 60);
	assert_true(fabs((double)minutes[0].mean - 21) < 1e-4);
	assert_true(minutes[0].min == 20 && minutes[0].max == 22);
	assert_false(minutes[0].unsynced);
	/* The deadband is no limit here: the band has what was read. */
	pass(1000);
	put(0, 22.05);
	assert_int_equal(history_minutes(h, 0, true, minutes), 2);
	assert_true(fabs((double)minutes[1].max - 22.05) < 1e-5 && minutes[1].min == 22);
	assert_int_equal(minutes[1].quality, QUALITY_GOOD);
}

/* Words in the wrong order make doubles beyond every float: they are no part of a curve. */
static void
what_no_float_holds_is_no_value(void **state)
{
	static uint8_t bytes[3 * MINUTE_PACKED_MAX];
	struct minutes_reader reader;
	struct minute m;

	(void)state;
	put(1, 5);
	pass(20000);
	put(1, 1e300);
	pass(20000);
	put(1, -1e39);
	pass(10000);
	put(1, 7);
	pass(10000);
	assert_int_equal(all(1), 3);
	assert_int_equal(samples[1].quality, QUALITY_BAD);
	assert_false(samples[1].has_value);
	assert_int_equal(history_minutes(h, 1, false, minutes), 1);
	assert_int_equal(minutes[0].good_s, 30);
	assert_int_equal(minutes[0].quality, QUALITY_BAD);
	minutes_open(&reader, bytes, minutes_pack(minutes, 1, 0, bytes));
	assert_true(minutes_next(&reader, &m));
	assert_true(m.min == 5 && m.max == 7);
}

static void
bad_time_is_no_part_of_the_mean(void **state)
{
	(void)state;
	put(0, 20.0);
	pass(15000);
	lose(0, QUALITY_COMM_LOST);
	pass(30000);
	put(0, 30.0);
	pass(15000);
	pass(1000);
	assert_int_equal(history_minutes(h, 0, false, minutes), 1);
	assert_int_equal(minutes[0].good_s, 30);
	assert_int_equal(minutes[0].quality, QUALITY_COMM_LOST);
	assert_true(fabs((double)minutes[0].mean - 25) < 1e-4);
	lose(0, QUALITY_COMM_LOST);
	pass_long(180000);
	assert_int_equal(history_minutes(h, 0, false, minutes), 4);
	assert_int_equal(minutes[3].good_s, 0);
	assert_int_equal(minutes[3].quality, QUALITY_COMM_LOST);
}

static void
a_state_is_the_last_one(void **state)
{
	(void)state;
	put(2, 0);
	pass(20000);
	put(2, 1);
	pass(100);
	put(2, 0);
	pass(20000);
	put(2, 1);
	pass(20000);
	assert_int_equal(history_minutes(h, 2, false, minutes), 1);
	assert_true(minutes[0].mean == 1 && minutes[0].min == 0 && minutes[0].max == 1);
}

static void
a_first_minute_is_incomplete(void **state)
{
	(void)state;
	pass(40000);
	put(0, 20);
	pass(25000);
	put(0, 20);
	assert_int_equal(history_minutes(h, 0, false, minutes), 1);
	assert_int_equal(minutes[0].good_s, 20);
	assert_int_equal(minutes[0].quality, QUALITY_NEVER);
}

static void
batches_are_taken(void **state)
{
	(void)state;
	put(0, 20);
	assert_false(history_due(h));
	pass_long(4 * 60000 + 59000);
	assert_false(history_due(h));
	pass(1500);
	assert_true(history_due(h));
	assert_int_equal(history_batches(h), 0);
	assert_int_equal(history_take(h, 0, false, minutes), 5);
	/* From here on they are neither here nor on the disk, perhaps for some turns. */
	assert_int_equal(history_batches(h), 1);
	assert_true(history_due(h));
	assert_int_equal(history_take(h, 1, false, minutes), 0);
	assert_int_equal(history_batches(h), 1);
	history_taken(h);
	assert_false(history_due(h));
	assert_int_equal(history_batches(h), 2);
	assert_int_equal(history_minutes(h, 0, false, minutes), 0);
	/* The agent stops: the rest as well. */
	pass(30000);
	assert_int_equal(history_take(h, 0, true, minutes), 1);
	assert_int_equal(minutes[0].good_s, 30);
	assert_int_equal(minutes[0].quality, QUALITY_NEVER);
	/* Nobody takes any: the oldest go. */
	pass_long(30 * 60000);
	assert_int_equal(history_minutes(h, 0, false, minutes), HISTORY_WAITING);
	assert_int_equal(minutes[HISTORY_WAITING - 1].minute, now.wall.us / MINUTE_US - 1);
}

/* Nobody looked for five minutes: no line is drawn through them. */
static void
an_absence_is_a_gap(void **state)
{
	(void)state;
	put(0, 20);
	pass(60000);
	pass(300000);
	put(0, 20);
	pass(60000);
	assert_int_equal(all(0), 3);
	assert_false(samples[1].has_value);
	assert_int_equal(samples[1].quality, QUALITY_STALE);
	assert_int_equal(history_minutes(h, 0, false, minutes), 7);
	assert_int_equal(minutes[0].good_s, 60);
	for (int i = 1; i < 6; i++)
		assert_int_equal(minutes[i].good_s, 0);
	assert_int_equal(minutes[6].good_s, 60);
}

/* ---- the wall clock ------------------------------------------------------------------------- */

static void
step_clock(int64_t s, bool synced)
{
	now.wall.us += s * 1000000;
	now.synced = synced;
	history_clock(h, &now);
}

static void
a_clock_that_is_set_corrects_the_ring(void **state)
{
	(void)state;
	now.synced = false;
	history_clock(h, &now);
	put(0, 20);
	pass(10000);
	put(0, 21);
	step_clock(86400, true);
	pass(10000);
	put(0, 22);
	assert_int_equal(all(0), 3);
	assert_true(samples[0].at.us == START + INT64_C(86400000000));
	assert_true(samples[1].at.us - samples[0].at.us == 10000000);
	assert_true(samples[2].at.us - samples[1].at.us == 10000000);
}

static void
minutes_of_a_stepped_clock(void **state)
{
	(void)state;
	now.synced = false;
	history_clock(h, &now);
	put(0, 20);
	pass(90000);
	step_clock(3600, true);
	assert_true(history_due(h));
	put(0, 20);
	pass(90000);
	assert_int_equal(history_minutes(h, 0, false, minutes), 4);
	assert_int_equal(minutes[0].minute, START / MINUTE_US);
	assert_true(minutes[0].unsynced && minutes[1].unsynced);
	assert_int_equal(minutes[1].good_s, 30);
	assert_int_equal(minutes[2].minute, START / MINUTE_US + 61);
	assert_int_equal(minutes[2].good_s, 30);
	assert_false(minutes[2].unsynced);
	assert_int_equal(minutes[3].good_s, 60);
}

/* Back by ten minutes: the same minutes come again, as rows of their own, in their order. */
static void
a_step_back_keeps_both(void **state)
{
	uint32_t first = (uint32_t)(START / MINUTE_US);

	(void)state;
	put(0, 20);
	pass_long(120000);
	step_clock(-600, true);
	pass_long(60000);
	assert_int_equal(history_minutes(h, 0, false, minutes), 4);
	assert_int_equal(minutes[0].minute, first);
	assert_int_equal(minutes[1].minute, first + 1);
	assert_int_equal(minutes[2].minute, first + 2); /* was just begun */
	assert_int_equal(minutes[3].minute, first - 8);
	assert_int_equal(minutes[3].good_s, 60);
}

static void
drift_is_no_step(void **state)
{
	(void)state;
	put(0, 20);
	for (int i = 0; i < 100; i++) {
		now.wall.us += i % 2 == 0 ? 400000 : -400000;
		pass(3000);
	}
	assert_int_equal(history_minutes(h, 0, false, minutes), 5);
	for (int i = 0; i < 5; i++) {
		assert_int_equal(minutes[i].minute, START / MINUTE_US + i);
		assert_int_equal(minutes[i].good_s, 60);
	}
}

/* Two clocks are never read at one instant: a microsecond between them is no gap. */
static void
jitter_of_the_clocks_is_no_gap(void **state)
{
	const int64_t jitter_us[] = {0, 1, -1, 3, 2, -2, 40, -15};
	struct now base;

	(void)state;
	put(0, 20);
	base = now;
	for (int i = 0; i < 400; i++) {
		base.mono.us += 1000000;
		base.wall.us += 1000000;
		now = base;
		now.wall.us += jitter_us[(size_t)i * 5 % COUNT(jitter_us)];
		history_clock(h, &now);
		put(0, 20);
	}
	assert_int_equal(history_minutes(h, 0, false, minutes), 6);
	for (int i = 0; i < 6; i++) {
		assert_int_equal(minutes[i].minute, START / MINUTE_US + i);
		assert_int_equal(minutes[i].good_s, 60);
	}
}

/* ---- days ------------------------------------------------------------------------------------ */

/* Three local days, one of them of 25 hours, as the disk gets them; packed and folded again. */
static uint8_t packed[4 * 1440 * 8];
static struct minute days[4 * 1440];

static double
sun(int64_t wall_us)
{
	return 20 + 5 * sin((double)(wall_us / 1000000) / 3600.0);
}

static void
days_add_up(void **state)
{
	struct tm begin = {.tm_year = 126, .tm_mon = 9, .tm_mday = 24, .tm_isdst = -1};
	struct minutes_reader r;
	struct stretch out[4], told[100];
	struct minute m;
	struct fold f;
	size_t n = 0, rows = 0;

	(void)state;
	setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
	tzset();
	now.wall.us = (int64_t)mktime(&begin) * 1000000;
	history_clock(h, &(struct now){{now.mono.us + 1}, now.wall, true});
	now.mono.us += 1;
	history_taken(h);
	for (int i = 0; i < 73 * 360; i++) {
		/* An hour of the second day is lost. */
		if (i / 360 == 30)
			lose(0, QUALITY_COMM_LOST);
		else
			put(0, sun(now.wall.us));
		pass(10000);
		if (!history_due(h))
			continue;
		n += history_take(h, 0, false, days + n);
		history_taken(h);
	}
	/* From the minute in which it began on, without a hole. */
	assert_in_range(n, 73 * 60 - 1, 73 * 60);
	for (size_t i = 1; i < n; i++)
		assert_int_equal(days[i].minute, days[i - 1].minute + 1);
	minutes_open(&r, packed, minutes_pack(days, n, 0.02, packed));
	fold_init(&f, 86400000, false, (wall_t){days[0].minute * MINUTE_US},
	    (wall_t){((int64_t)days[n - 1].minute + 1) * MINUTE_US});
	while (minutes_next(&r, &m)) {
		size_t k = fold_minute(&f, &m, out);

		memcpy(told + rows, out, k * sizeof(*out));
		rows += k;
	}
	rows += fold_end(&f, told + rows);
	assert_int_equal(rows, 3);
	for (size_t d = 0; d < 3; d++) {
		int64_t from = told[d].at.us, until = d < 2 ? told[d + 1].at.us : f.until.us;
		double sum = 0, low = INFINITY, high = -INFINITY;
		int count = 0;

		assert_int_equal((until - from) / (60 * MINUTE_US), d == 1 ? 25 : 24);
		for (int64_t at = from; at < until; at += 10000000) {
			int64_t hour = (at - told[0].at.us) / (60 * MINUTE_US);

			if (hour == 30)
				continue;
			sum += sun(at);
			low = fmin(low, sun(at));
			high = fmax(high, sun(at));
			count++;
		}
		assert_true(fabs(told[d].mean - sum / count) < 0.02);
		assert_true(fabs(told[d].min - low) < 0.02 && fabs(told[d].max - high) < 0.02);
		assert_in_range(told[d].percent, d == 1 ? 95 : 100, d == 1 ? 96 : 100);
		assert_int_equal(told[d].quality, d == 1 ? QUALITY_COMM_LOST : QUALITY_GOOD);
	}
}

/* A thousand points: a batch for the disk is made in a turn, and turns are short. */
static void
a_batch_of_a_large_site_is_quick(void **state)
{
	static struct point_spec many[1000];
	mono_t began;
	int64_t took_us;
	size_t bytes = 0;

	(void)state;
	arena_free(arena);
	for (size_t i = 0; i < COUNT(many); i++) {
		many[i] = room_point("p", (uint16_t)i, POLL_NORMAL);
		many[i].deadband = 0.2;
	}
	profile.points = many;
	profile.point_count = COUNT(many);
	site.point_count = COUNT(many);
	arena = arena_new();
	h = history_new(arena, &site);
	history_clock(h, &now);
	for (int t = 0; t < 310; t++) {
		for (size_t i = 0; i < COUNT(many); i++)
			put(i, 20 + (double)(((size_t)t * 7 + i) % 100) / 10);
		pass(1000);
	}
	assert_true(history_due(h));
	began = clock_mono();
	for (size_t i = 0; i < COUNT(many); i++)
		bytes += minutes_pack(minutes, history_take(h, i, false, minutes), 0.02, packed);
	history_taken(h);
	took_us = clock_mono().us - began.us;
	print_message("1000 points: %zu bytes in %.2f ms\n", bytes, (double)took_us / 1000);
	assert_true(took_us < 20000);
	profile.point_count = POINTS;
	profile.points = points;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define WITH(set, f) cmocka_unit_test_setup_teardown(f, set, teardown)
	    WITH(setup, only_what_leaves_the_deadband_is_recorded),
	    WITH(setup, a_lost_value_is_a_gap),
	    WITH(setup, a_question_gets_what_holds_at_its_time),
	    WITH(setup, the_oldest_gives_way),
	    WITH(setup, the_last_record_stays),
	    WITH(setup_small, the_ring_takes_what_it_says),
	    WITH(setup, a_minute_has_mean_and_band),
	    WITH(setup, what_no_float_holds_is_no_value),
	    WITH(setup, bad_time_is_no_part_of_the_mean),
	    WITH(setup, a_state_is_the_last_one),
	    WITH(setup, a_first_minute_is_incomplete),
	    WITH(setup, batches_are_taken),
	    WITH(setup, an_absence_is_a_gap),
	    WITH(setup, a_clock_that_is_set_corrects_the_ring),
	    WITH(setup, minutes_of_a_stepped_clock),
	    WITH(setup, a_step_back_keeps_both),
	    WITH(setup, drift_is_no_step),
	    WITH(setup, jitter_of_the_clocks_is_no_gap),
	    WITH(setup, days_add_up),
	    WITH(setup, a_batch_of_a_large_site_is_quick),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
