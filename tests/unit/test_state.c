/* core/state: deadband against what was told, heartbeat, staleness, change lists. */
#include "heart_room.h"

#include "core/state.h"

#include <math.h>

static struct arena *arena;
static struct state s;
static struct point_spec points[2];
static struct profile profile;
static struct device_spec device;
static struct site site;

static int
setup(void **state)
{
	(void)state;
	points[0] = room_point("temperature", 0, POLL_NORMAL);
	points[0].deadband = 0.2;
	points[1] = room_point("counter", 1, POLL_NORMAL);
	profile = room_profile(points, COUNT(points));
	device = (struct device_spec){.profile = &profile};
	site = (struct site){.devices = &device, .device_count = 1, .point_count = COUNT(points)};
	arena = arena_new();
	state_init(&s, arena, &site, 60000);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

static struct now
at(int64_t ms)
{
	return (struct now){
	    {INT64_C(5000000000) + ms * 1000}, {INT64_C(1795000000000000) + ms * 1000}, true};
}

/* A good sample at this time; true: it is to be told (and is). */
static bool
put(size_t point, double value, int64_t ms)
{
	struct now now = at(ms);
	struct sample sample = {.has_value = true, .value = value};
	bool told;

	state_put(&s, point, &sample, now.mono, 1000, &now);
	told = s.changed.count > 0;
	state_told(&s, now.mono);
	return told;
}

static bool
put_bad(size_t point, enum defect defect, double value, int64_t ms)
{
	struct now now = at(ms);
	struct sample sample = {
	    .defect = defect, .has_value = defect == DEFECT_UNKNOWN_WORD, .value = value};
	bool told;

	state_put(&s, point, &sample, now.mono, 1000, &now);
	told = s.changed.count > 0;
	state_told(&s, now.mono);
	return told;
}

static void
first_value_is_told(void **state)
{
	(void)state;
	assert_int_equal(s.points[0].quality, QUALITY_NEVER);
	assert_true(put(0, 24.0, 0));
	assert_int_equal(s.points[0].quality, QUALITY_GOOD);
	assert_true(s.points[0].told_value == 24.0);
	assert_int_equal(s.points[0].read_wall.us, at(0).wall.us);
	assert_int_equal(s.good, 1);
	assert_false(put(0, 24.0, 1000));
}

/* The peers compare with the sample before, and a slow drift is never seen. */
static void
drift_is_told_when_it_leaves_the_band(void **state)
{
	double told = 24.0;

	(void)state;
	assert_true(put(0, 24.0, 0));
	for (int i = 1; i <= 100; i++) {
		double value = 24.0 + i * 0.01;
		bool is_told = put(0, value, i * 100);

		assert_true(is_told == (value - told > 0.2 + 1e-6));
		if (is_told)
			told = value;
		assert_true(fabs(s.points[0].value - s.points[0].told_value) <= 0.2 + 1e-6);
	}
	assert_true(told > 24.8);
}

static void
the_edge_of_the_band_is_inside(void **state)
{
	(void)state;
	assert_true(put(0, 29.9, 0));
	assert_false(put(0, 30.1, 1000)); /* 0.2000000000000028 by the scale factor */
	assert_true(put(0, 30.2, 2000));
	assert_true(put(0, 29.9, 3000)); /* downwards as well */
}

static void
without_deadband_every_change_is_told(void **state)
{
	(void)state;
	assert_true(put(1, 5, 0));
	assert_false(put(1, 5, 1000));
	assert_true(put(1, 5.001, 2000));
}

static void
quality_is_always_told(void **state)
{
	(void)state;
	assert_true(put(0, 24, 0));
	assert_true(put_bad(0, DEFECT_SENTINEL, 0, 1000));
	assert_int_equal(s.points[0].quality, QUALITY_BAD);
	assert_true(s.points[0].value == 24); /* the last good one */
	assert_int_equal(s.points[0].read_at.us, at(0).mono.us);
	assert_false(put_bad(0, DEFECT_SENTINEL, 0, 2000));
	assert_true(put_bad(0, DEFECT_RANGE, 0, 3000)); /* another reason */
	assert_true(put(0, 24, 4000));
	assert_true(put_bad(1, DEFECT_UNKNOWN_WORD, 7, 5000));
	assert_true(s.points[1].value == 7);
	assert_true(put_bad(1, DEFECT_UNKNOWN_WORD, 8, 6000));
	state_lost(&s, 0, at(0).mono);
	assert_int_equal(s.changed.count, 1);
	assert_int_equal(s.points[0].quality, QUALITY_COMM_LOST);
	assert_int_equal(s.points[0].defect, DEFECT_NONE);
	assert_int_equal(s.good, 0);
}

static void
stale_at_its_age(void **state)
{
	(void)state;
	put(0, 24, 0);
	assert_int_equal(state_deadline(&s, 0, 3000, at(0).mono).us, at(3000).mono.us);
	assert_false(state_stale(&s, 0, 3000, at(2999).mono));
	assert_true(state_stale(&s, 0, 3000, at(3000).mono));
	assert_false(state_stale(&s, 0, 3000, at(3001).mono));
	assert_int_equal(s.points[0].quality, QUALITY_STALE);
	assert_true(s.points[0].value == 24);
	assert_int_equal(s.changed.count, 1);
	assert_true(put(0, 24, 4000));
	assert_int_equal(s.points[0].quality, QUALITY_GOOD);
	assert_false(state_stale(&s, 1, 3000, at(99999).mono)); /* never read is not stale */
}

/* An unchanged value is told before it has been silent for a minute, sampled or not. */
static void
heartbeat(void **state)
{
	int told = 0;

	(void)state;
	for (int64_t t = 0; t < 600000; t += 1000)
		told += put(0, 24, t);
	assert_in_range(told, 10, 11);
	state_silence(&s, 0, at(599000).mono);
	assert_int_equal(s.changed.count, 0);
	state_silence(&s, 0, at(660000).mono);
	assert_int_equal(s.changed.count, 1);
	/* In the list already: the next heartbeat counts from its telling. */
	assert_int_equal(state_deadline(&s, 0, 1000000, at(660000).mono).us, at(720000).mono.us);
}

/* Sampled every 40 s: it is told each time, for the next sample would come too late. */
static void
heartbeat_of_a_slow_point(void **state)
{
	struct sample sample = {.has_value = true, .value = 24};

	(void)state;
	for (int64_t t = 0; t < 400000; t += 40000) {
		struct now now = at(t);

		state_put(&s, 0, &sample, now.mono, 40000, &now);
		assert_int_equal(s.changed.count, 1);
		state_told(&s, now.mono);
	}
}

static void
a_point_is_listed_once(void **state)
{
	struct now now = at(0);
	struct sample sample = {.has_value = true, .value = 1};

	(void)state;
	for (int i = 0; i < 5; i++) {
		sample.value += 10;
		state_put(&s, 0, &sample, now.mono, 1000, &now);
	}
	assert_int_equal(s.changed.count, 1);
	state_put(&s, 1, &sample, now.mono, 1000, &now);
	assert_int_equal(s.changed.count, 2);
	state_told(&s, now.mono);
	assert_int_equal(s.changed.count, 0);
	assert_true(s.points[0].told_value == 51);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(first_value_is_told, setup, teardown),
	    cmocka_unit_test_setup_teardown(drift_is_told_when_it_leaves_the_band, setup, teardown),
	    cmocka_unit_test_setup_teardown(the_edge_of_the_band_is_inside, setup, teardown),
	    cmocka_unit_test_setup_teardown(without_deadband_every_change_is_told, setup, teardown),
	    cmocka_unit_test_setup_teardown(quality_is_always_told, setup, teardown),
	    cmocka_unit_test_setup_teardown(stale_at_its_age, setup, teardown),
	    cmocka_unit_test_setup_teardown(heartbeat, setup, teardown),
	    cmocka_unit_test_setup_teardown(heartbeat_of_a_slow_point, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_point_is_listed_once, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
