/* The room as physics: what the demo and the tests rely on, in figures. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/plant/access.c"
#include "tests/plant/equipment.c"
#include "tests/plant/physics.c"
#include "tests/plant/rack.c"
#include "tests/plant/rng.c"

#define assert_between(value, low, high)                                                           \
	assert_true((double)(value) >= (double)(low) && (double)(value) <= (double)(high))

static struct room
room_of(uint64_t seed)
{
	struct room r;

	room_init(&r, seed);
	return r;
}

static void
a_room_is_in_balance_for_a_day(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 5; seed++) {
		struct room r = room_of(seed);
		for (int minute = 0; minute < 24 * 60; minute++) {
			room_step(&r, 60.0);
			assert_between(r.air_c, 22.5, 26.0);
			assert_between(r.crac[0].supply_c, 13.0, 19.0);
			assert_between(relative_humidity_pct(r.vapour_hpa, r.air_c), 38.0, 52.0);
			assert_between(r.it_load_kw / (3.0 * UPS_LINE_RATING_KW), 0.3, 0.5);
			assert_between(ups_runtime_min(&r), 34.0, 60.0);
			assert_false(r.crac[0].humidifying || r.crac[0].dehumidifying);
		}
	}
}

static void
the_same_seed_gives_the_same_room(void **state)
{
	struct room a = room_of(7), b = room_of(7), c = room_of(8);

	(void)state;
	room_step(&a, 3600.0);
	room_step(&b, 3600.0);
	room_step(&c, 3600.0);
	assert_true(a.air_c == b.air_c && a.it_load_kw == b.it_load_kw);
	assert_true(a.it_load_kw != c.it_load_kw);
}

static void
one_unit_lost_warms_the_room_over_minutes(void **state)
{
	struct room r = room_of(1);
	double before_c = r.air_c;

	(void)state;
	r.crac[0].failed = true;
	room_step(&r, 300.0);
	assert_between(r.air_c - before_c, 0.7, 2.5);
	assert_true(r.crac[0].fan == 0.0 && !r.crac[0].compressor);
	assert_true(r.crac[1].demand > 0.95);
	room_step(&r, 1500.0);
	assert_true(r.air_c > 30.0);
}

static void
with_no_unit_it_warms_by_a_degree_a_minute(void **state)
{
	struct room r = room_of(1);
	double before_c = r.air_c;

	(void)state;
	r.crac[0].failed = r.crac[1].failed = true;
	room_step(&r, 300.0);
	assert_between(r.air_c - before_c, 4.0, 6.0);
	room_step(&r, 4 * 3600.0);
	assert_between(r.air_c, 45.0, 60.0); /* the machines have stopped themselves */
}

static void
a_restored_room_cools_down(void **state)
{
	struct room r = room_of(1);

	(void)state;
	r.crac[0].failed = true;
	room_step(&r, 1200.0);
	r.crac[0].failed = false;
	room_step(&r, 1.0);
	assert_true(r.crac[0].starting_s > 0.0);
	room_step(&r, 3600.0);
	assert_between(r.air_c, 23.0, 25.5);
	assert_true(r.crac[0].starting_s == 0.0);
}

static void
warm_air_is_drier_by_the_tables(void **state)
{
	(void)state;
	/* Magnus, WMO-No. 8: 25 degC has 31.60 hPa at saturation; 20 degC has 23.3. */
	assert_between(relative_humidity_pct(15.80, 25.0), 49.95, 50.05);
	assert_between(dew_point_c(23.37), 19.9, 20.1);
	assert_between(dew_point_c(2.297 * 298.15 / 216.68), -8.9, -8.6);
}

static void
the_battery_lasts_as_it_says(void **state)
{
	struct room r = room_of(3);
	double said_min = ups_runtime_min(&r), lasted_min = 0.0;

	(void)state;
	assert_between(said_min, 38.0, 52.0);
	r.ups.mains_lost = true;
	while (!ups_empty(&r)) {
		double before = r.ups.charge;
		room_step(&r, 6.0);
		assert_true(r.ups.charge < before);
		lasted_min += 0.1;
	}
	assert_between(lasted_min / said_min, 0.9, 1.1);
	assert_between(r.ups.on_battery_s / 60.0, lasted_min - 0.01, lasted_min + 0.01);
	assert_true(ups_output_kw(&r) == 0.0);
	r.ups.mains_lost = false;
	room_step(&r, 601.0);
	assert_true(r.ups.charge == 1.0 && r.ups.on_battery_s == 0.0);
}

static void
the_door_takes_its_time_and_counts(void **state)
{
	struct room r = room_of(1);
	uint32_t cycles = r.door[0].cycles;

	(void)state;
	r.door[0].aim = DOOR_OPEN;
	room_step(&r, 0.5);
	assert_between(r.door[0].travel, 0.01, 0.99); /* neither open nor closed */
	room_step(&r, 2.0);
	assert_true(r.door[0].travel == 1.0 && r.door[0].cycles == cycles + 1);
	r.door[0].held = true;
	r.door[0].aim = DOOR_CLOSE;
	room_step(&r, 10.0);
	assert_true(r.door[0].travel == 1.0);
	r.door[0].held = false;
	r.door[0].relock = true;
	room_step(&r, 10.0);
	assert_true(r.door[0].travel == 0.0 && r.door[0].locked && r.door[0].cycles == cycles + 1);
	r.door[0].fire = true;
	room_step(&r, 10.0);
	assert_true(r.door[0].travel == 1.0);
}

static void
water_closes_the_circuit_at_once(void **state)
{
	struct room r = room_of(1);

	(void)state;
	assert_between(r.leak.current_ua, 2.0, 10.0);
	r.leak.wet = true;
	room_step(&r, 0.2);
	assert_between(r.leak.current_ua, 150.0, 180.0);
	r.leak.wet = false;
	r.leak.contaminated = true;
	room_step(&r, 0.2);
	assert_between(r.leak.current_ua, 55.0, 75.0);
}

static void
drives_go_round(void **state)
{
	struct room r = room_of(1);
	unsigned seen = 0;

	(void)state;
	for (int minute = 0; minute < 12 * 60; minute++) {
		for (int k = 0; k < 6; k++) {
			room_step(&r, 10.0);
			seen |= 1U << r.tape.drive[0];
		}
	}
	assert_int_equal(seen,
	    1U << DRIVE_IDLE | 1U << DRIVE_LOADING | 1U << DRIVE_INSERTED | 1U << DRIVE_EJECTING);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_room_is_in_balance_for_a_day),
	    cmocka_unit_test(the_same_seed_gives_the_same_room),
	    cmocka_unit_test(one_unit_lost_warms_the_room_over_minutes),
	    cmocka_unit_test(with_no_unit_it_warms_by_a_degree_a_minute),
	    cmocka_unit_test(a_restored_room_cools_down),
	    cmocka_unit_test(warm_air_is_drier_by_the_tables),
	    cmocka_unit_test(the_battery_lasts_as_it_says),
	    cmocka_unit_test(the_door_takes_its_time_and_counts),
	    cmocka_unit_test(water_closes_the_circuit_at_once),
	    cmocka_unit_test(drives_go_round),
	};

	return cmocka_run_group_tests_name("plant physics", tests, NULL, NULL);
}
