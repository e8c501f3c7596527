/* The plant's register maps and refusals, byte by byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/plant/device.c"
#include "tests/plant/modbus_pdu.c"

/* The points of this test are written here, not sensed. */
void
truth_value(const struct device *d, size_t i, int64_t raw)
{
	(void)d, (void)i, (void)raw;
}

enum { P_BIT, P_S16, P_FLAG, P_LONG, P_FLOAT };

static const struct point_def points[] = {
    [P_BIT] = {"bit", "", 0, false},
    [P_S16] = {"s16", "Cel", 1, true},
    [P_FLAG] = {"flag", "", 0, false},
    [P_LONG] = {"long", "1", 0, false},
    [P_FLOAT] = {"float", "m", 1, false},
};

static const struct reg regs[] = {
    {.address = 10, .tables = TABLE_DISCRETE, .kind = REG_BIT, .point = P_BIT},
    {.address = 11, .run = 9, .tables = TABLE_DISCRETE, .kind = REG_BIT, .point = REG_FIXED},
    {.address = 20, .tables = TABLE_HOLDING, .kind = REG_WORD, .point = P_S16},
    {.address = 21, .tables = TABLE_HOLDING, .kind = REG_WORD, .point = REG_FIXED, .fixed = 419},
    {.address = 23, .tables = TABLE_HOLDING, .kind = REG_WORD, .point = REG_FIXED, .fixed = 1},
    {.address = 0, .tables = TABLE_INPUT, .kind = REG_FLAG, .bit = 3, .point = P_FLAG},
    {.address = 0, .tables = TABLE_INPUT, .kind = REG_FLAG, .bit = 0, .point = P_BIT},
    {.address = 30, .tables = TABLE_INPUT, .kind = REG_LONG_HI, .point = P_LONG},
    {.address = 32, .tables = TABLE_INPUT, .kind = REG_FLOAT_LO, .point = P_FLOAT},
    {.address = 65535, .tables = TABLE_INPUT, .kind = REG_WORD, .point = REG_FIXED},
};

static const struct device_type type = {
    .points = points,
    .n_points = sizeof points / sizeof *points,
    .regs = regs,
    .n_regs = sizeof regs / sizeof *regs,
};

static struct device device;

static int
setup(void **state)
{
	(void)state;
	device = (struct device){.name = "d", .type = &type};
	device.raw[P_BIT] = device.raw[P_FLAG] = 1;
	device.raw[P_S16] = -105;
	device.raw[P_LONG] = 0x12345678;
	device.raw[P_FLOAT] = 125; /* 12.5 is 0x41480000 */
	return 0;
}

static void
ask(const uint8_t *request, size_t n, const uint8_t *expected, size_t expected_n)
{
	uint8_t reply[MODBUS_PDU_MAX];

	assert_int_equal(modbus_answer(&device, request, n, reply), expected_n);
	assert_memory_equal(reply, expected, expected_n);
}

#define B(...)                ((const uint8_t[]){__VA_ARGS__}), sizeof((const uint8_t[]){__VA_ARGS__})
#define CHECK(request, reply) ask(request, reply)

static void
values_stand_in_their_registers(void **state)
{
	(void)state;
	CHECK(B(2, 0, 10, 0, 1), B(2, 1, 1));
	CHECK(B(2, 0, 10, 0, 10), B(2, 2, 1, 0));
	CHECK(B(3, 0, 20, 0, 2), B(3, 4, 0xff, 0x97, 0x01, 0xa3));
	CHECK(B(4, 0, 0, 0, 1), B(4, 2, 0, 9));
	CHECK(B(4, 0, 30, 0, 4), B(4, 8, 0x12, 0x34, 0x56, 0x78, 0x00, 0x00, 0x41, 0x48));
	CHECK(B(4, 0, 31, 0, 2), B(4, 4, 0x56, 0x78, 0x00, 0x00));
	assert_int_equal(device.counters.requests, 6);
	assert_int_equal(device.counters.exceptions, 0);
}

static void
what_is_not_there_is_refused(void **state)
{
	(void)state;
	CHECK(B(3, 0, 20, 0, 4), B(0x83, 2)); /* 22 is a gap */
	CHECK(B(2, 0, 9, 0, 1), B(0x82, 2));
	CHECK(B(1, 0, 10, 0, 1), B(0x81, 2)); /* another table */
	CHECK(B(4, 0xff, 0xff, 0, 2), B(0x84, 2));
	CHECK(B(3, 0, 20, 0, 0), B(0x83, 3));
	CHECK(B(3, 0, 20, 0, 126), B(0x83, 3));
	CHECK(B(2, 0, 10, 0x07, 0xd1), B(0x82, 3));
	CHECK(B(3, 0, 20, 0), B(0x83, 3));
	CHECK(B(6, 0, 20, 0, 1), B(0x86, 1));
	CHECK(B(0, 0, 20, 0, 1), B(0x80, 1));
	CHECK(B(0x2b), B(0xab, 1));
	device.wire.refuse = true;
	CHECK(B(3, 0, 20, 0, 1), B(0x83, 4));
	assert_int_equal(device.counters.exceptions, 12);
}

static void
who_it_is_comes_in_pieces(void **state)
{
	static const char *const texts[7] = {[0] = "A", [1] = "BC", [2] = "D", [5] = "E"};
	struct device_type named = type;

	(void)state;
	named.identity = texts;
	device.type = &named;
	CHECK(B(0x2b, 14, 1, 0), B(0x2b, 14, 1, 2, 0xff, 2, 2, 0, 1, 'A', 1, 2, 'B', 'C'));
	CHECK(B(0x2b, 14, 1, 2), B(0x2b, 14, 1, 2, 0, 0, 1, 2, 1, 'D'));
	CHECK(B(0x2b, 14, 2, 5), B(0x2b, 14, 2, 2, 0, 0, 1, 5, 1, 'E'));
	CHECK(B(0x2b, 14, 2, 3), B(0x2b, 14, 2, 2, 0xff, 2, 2, 0, 1, 'A', 1, 2, 'B', 'C'));
	CHECK(B(0x2b, 14, 4, 0), B(0xab, 3));
	CHECK(B(0x2b, 13, 1, 0), B(0xab, 3));
	device.type = &type;
}

static void
numbers_are_written_as_the_device_holds_them(void **state)
{
	char text[VALUE_TEXT_MAX];

	(void)state;
	assert_string_equal(value_text(&points[P_S16], -5, text), "-0.5");
	assert_string_equal(value_text(&points[P_S16], 243, text), "24.3");
	assert_string_equal(value_text(&points[P_S16], -32768, text), "-3276.8");
	assert_string_equal(value_text(&points[P_LONG], 4294967295, text), "4294967295");
	assert_int_equal(quantise(24.349, 1, -100, 1000), 243);
	assert_int_equal(quantise(-24.36, 1, -1000, 1000), -244);
	assert_int_equal(quantise(1e30, 1, -100, 1000), 1000);
}

static void
a_point_takes_what_its_register_can_hold(void **state)
{
	int64_t low, high;

	(void)state;
	device_range(&device, P_S16, &low, &high);
	assert_true(low == -32768 && high == 32767);
	device_range(&device, P_BIT, &low, &high);
	assert_true(low == 0 && high == 1);
	device_range(&device, P_LONG, &low, &high);
	assert_true(low == 0 && high == 4294967295);
	device_range(&device, P_FLOAT, &low, &high);
	assert_true(low == 0 && high == 65535);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(values_stand_in_their_registers, setup),
	    cmocka_unit_test_setup(who_it_is_comes_in_pieces, setup),
	    cmocka_unit_test_setup(what_is_not_there_is_refused, setup),
	    cmocka_unit_test_setup(numbers_are_written_as_the_device_holds_them, setup),
	    cmocka_unit_test_setup(a_point_takes_what_its_register_can_hold, setup),
	};

	return cmocka_run_group_tests_name("plant modbus", tests, NULL, NULL);
}
