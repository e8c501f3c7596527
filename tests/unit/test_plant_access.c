/* The plant's access controller: its ring on the wire, and what it makes of the doors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/plant/access.c"
#include "tests/plant/dev_access.c"
#include "tests/plant/device.c"
#include "tests/plant/equipment.c"
#include "tests/plant/modbus_pdu.c"
#include "tests/plant/physics.c"
#include "tests/plant/rack.c"
#include "tests/plant/rng.c"

void
truth_value(const struct device *d, size_t i, int64_t raw)
{
	(void)d, (void)i, (void)raw;
}

static struct room room;
static struct device controller;

static int
setup(void **state)
{
	(void)state;
	room_init(&room, 1);
	room.access.clock_s = 0x69250102;
	controller =
	    (struct device){.name = "access1", .type = &access_ring, .unit = 1, .served = true};
	device_begin(&controller, &room);
	return 0;
}

/* Reads input registers into words; the exception code, 0: none. */
static uint8_t
read_input(uint16_t first, uint16_t count, uint16_t *words)
{
	const uint8_t request[] = {
	    4, (uint8_t)(first >> 8), (uint8_t)first, (uint8_t)(count >> 8), (uint8_t)count};
	uint8_t reply[MODBUS_PDU_MAX];

	device_refresh(&controller, &room);
	modbus_answer(&controller, request, sizeof request, reply);
	if (reply[0] & 0x80)
		return reply[1];
	for (unsigned i = 0; i < count; i++)
		words[i] = get16(reply + 2 + 2 * i);
	return 0;
}

static uint32_t
sequence_at(uint16_t place)
{
	uint16_t w[RECORD_WORDS];

	assert_int_equal(
	    read_input((uint16_t)(RING_ADDRESS + place * RECORD_WORDS), RECORD_WORDS, w), 0);
	return w[LAST_WORD] == w[1] ? (uint32_t)w[0] << 16 | w[1] : UINT32_MAX;
}

static void
a_record_is_as_the_map_says(void **state)
{
	uint16_t w[RECORD_WORDS];

	(void)state;
	access_add(&room, 1, ACCESS_NO_PIN, UINT64_C(0x0102030405060708));
	assert_int_equal(read_input(10, 2, w), 0);
	assert_int_equal(w[0] << 16 | w[1], 1);
	assert_int_equal(read_input(RING_ADDRESS, RECORD_WORDS, w), 0);
	const uint16_t expected[RECORD_WORDS] = {
	    0, 1, 0x6925, 0x0102, 2, 5, 0x0102, 0x0304, 0x0506, 0x0708, 0, 1};
	assert_memory_equal(w, expected, sizeof expected);
	assert_int_equal(read_input(RING_ADDRESS - 1, 2, w), 2);
	assert_int_equal(read_input(RING_ADDRESS + ACCESS_RING * RECORD_WORDS - 1, 2, w), 2);
}

static void
the_newest_overwrites_the_oldest(void **state)
{
	(void)state;
	for (int i = 0; i < 40; i++)
		access_add(&room, 0, ACCESS_GRANTED, 1);
	assert_int_equal(room.access.head, 40);
	assert_int_equal(sequence_at(0), 33);
	assert_int_equal(sequence_at(7), 40);
	assert_int_equal(sequence_at(8), 9);
	assert_int_equal(sequence_at(31), 32);
	access_reset(&room.access, 5000);
	assert_int_equal(sequence_at(8), 0);
	access_add(&room, 0, ACCESS_GRANTED, 1);
	assert_int_equal(sequence_at(5000 % ACCESS_RING), 5001);
}

static void
a_record_can_be_half_written_or_damaged(void **state)
{
	(void)state;
	access_add(&room, 0, ACCESS_GRANTED, 1);
	room.access.slow_s = 2.0;
	access_add(&room, 0, ACCESS_GRANTED, 2);
	assert_int_equal(sequence_at(0), 1);
	assert_int_equal(sequence_at(1), UINT32_MAX);
	room_step(&room, 2.5);
	assert_int_equal(sequence_at(1), 2);
	room.access.ring[1].spoilt = true;
	assert_int_equal(sequence_at(1), UINT32_MAX);
}

static void
doors_are_watched(void **state)
{
	struct access_state *a = &room.access;

	(void)state;
	room.door[0].aim = DOOR_OPEN; /* through a thrown lock */
	room_step(&room, 3.0);
	assert_int_equal(a->door[0], ACCESS_DOOR_FORCED);
	assert_int_equal(a->ring[0].result, ACCESS_FORCED);
	room_step(&room, 60.0);
	assert_int_equal(a->head, 1); /* forced is not held as well */
	room.door[1].locked = false;
	room.door[1].aim = DOOR_OPEN;
	room_step(&room, 20.0);
	assert_int_equal(a->door[1], ACCESS_OPEN);
	room_step(&room, 20.0);
	assert_int_equal(a->door[1], ACCESS_DOOR_HELD);
	assert_int_equal(a->head, 2);
	assert_int_equal(a->ring[1].result, ACCESS_HELD);
	assert_int_equal(a->ring[1].door, 2);
	room.door[1].release_s = 1.0; /* closes and locks by itself */
	room_step(&room, 5.0);
	assert_int_equal(a->door[1], ACCESS_CLOSED);
	assert_true(room.door[1].locked);
}

static void
its_battery_lasts_for_hours(void **state)
{
	uint16_t w[3];

	(void)state;
	room.access.mains_lost = true;
	room_step(&room, 3600.0);
	assert_int_equal(read_input(0, 3, w), 0);
	assert_int_equal(w[0], 0);
	assert_int_equal(w[1], 0);
	assert_in_range(w[2], 126, 130);
	room_step(&room, 2.5 * 3600.0);
	assert_int_equal(read_input(0, 3, w), 0);
	assert_int_equal(w[1], 1);
	room_step(&room, 2 * 3600.0);
	assert_int_equal(read_input(0, 3, w), 0);
	assert_int_equal(w[1], 2);
	room.access.mains_lost = false;
	room_step(&room, 3600.0);
	assert_int_equal(read_input(0, 3, w), 0);
	assert_int_equal(w[1], 0);
	assert_int_equal(w[2], 136);
}

#define TEST(f) cmocka_unit_test_setup(f, setup)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_record_is_as_the_map_says),
	    TEST(the_newest_overwrites_the_oldest),
	    TEST(a_record_can_be_half_written_or_damaged),
	    TEST(doors_are_watched),
	    TEST(its_battery_lasts_for_hours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
