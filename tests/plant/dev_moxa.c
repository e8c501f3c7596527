/*
 * door1, door2: the contacts of each automatic door on a Moxa ioLogik E1214 (6 inputs, 6 relays),
 * Modbus TCP. Manual of the ioLogik E1200 series, appendix A. Counter 0 counts closures of input 0.
 */
#include "device.h"

enum {
	DOOR_IS_OPEN,
	DOOR_CLOSED,
	DOOR_LOCKED,
	DOOR_FAULT,
	DOOR_POWER,
	FIRE_RELEASE,
	DOOR_CYCLES,
	POINTS
};

static const struct point_def points[] = {
    [DOOR_IS_OPEN] = {"door_open", "", 0, false},
    [DOOR_CLOSED] = {"door_closed", "", 0, false},
    [DOOR_LOCKED] = {"door_locked", "", 0, false},
    [DOOR_FAULT] = {"door_fault", "", 0, false},
    [DOOR_POWER] = {"door_power", "", 0, false},
    [FIRE_RELEASE] = {"fire_release", "", 0, false},
    [DOOR_CYCLES] = {"door_cycles", "1", 0, false},
};
_Static_assert(POINTS <= DEVICE_POINTS_MAX, "points");

static const struct reg regs[] = {
    {.address = 0, .tables = TABLE_DISCRETE, .kind = REG_BIT, .point = DOOR_IS_OPEN},
    {.address = 1, .tables = TABLE_DISCRETE, .kind = REG_BIT, .point = DOOR_CLOSED},
    {.address = 2, .tables = TABLE_DISCRETE, .kind = REG_BIT, .point = DOOR_LOCKED},
    {.address = 3, .tables = TABLE_DISCRETE, .kind = REG_BIT, .point = DOOR_FAULT},
    {.address = 4, .tables = TABLE_DISCRETE, .kind = REG_BIT, .point = DOOR_POWER},
    {.address = 5, .tables = TABLE_DISCRETE, .kind = REG_BIT, .point = FIRE_RELEASE},
    {.address = 0, .run = 6, .tables = TABLE_COIL, .kind = REG_BIT, .point = REG_FIXED},
    {.address = 16, .tables = TABLE_INPUT, .kind = REG_LONG_HI, .point = DOOR_CYCLES},
    {.address = 18, .run = 5, .tables = TABLE_INPUT, .kind = REG_LONG_HI, .point = REG_FIXED},
    {.address = 32, .tables = TABLE_HOLDING, .kind = REG_WORD, .point = REG_FIXED},
    {.address = 48, .tables = TABLE_INPUT, .kind = REG_FLAG, .bit = 0, .point = DOOR_IS_OPEN},
    {.address = 48, .tables = TABLE_INPUT, .kind = REG_FLAG, .bit = 1, .point = DOOR_CLOSED},
    {.address = 48, .tables = TABLE_INPUT, .kind = REG_FLAG, .bit = 2, .point = DOOR_LOCKED},
    {.address = 48, .tables = TABLE_INPUT, .kind = REG_FLAG, .bit = 3, .point = DOOR_FAULT},
    {.address = 48, .tables = TABLE_INPUT, .kind = REG_FLAG, .bit = 4, .point = DOOR_POWER},
    {.address = 48, .tables = TABLE_INPUT, .kind = REG_FLAG, .bit = 5, .point = FIRE_RELEASE},
};

static void
sense_door(const struct door_state *d, int64_t *raw)
{
	raw[DOOR_IS_OPEN] = d->travel >= 1.0;
	raw[DOOR_CLOSED] = d->travel <= 0.0;
	raw[DOOR_LOCKED] = d->locked;
	raw[DOOR_FAULT] = d->fault;
	raw[DOOR_POWER] = 1;
	raw[FIRE_RELEASE] = d->fire;
	raw[DOOR_CYCLES] = d->cycles;
}

static void
sense_door_1(const struct room *room, int64_t *raw)
{
	sense_door(&room->door[0], raw);
}

static void
sense_door_2(const struct room *room, int64_t *raw)
{
	sense_door(&room->door[1], raw);
}

#define CONTACTS(sense_function)                                                                   \
	{                                                                                          \
		.model = "Moxa ioLogik E1214", .points = points, .n_points = POINTS,               \
		.sense = (sense_function), .summary = "door_open door_closed door_locked",         \
		.transport = MODBUS_TCP, .regs = regs, .n_regs = sizeof regs / sizeof *regs        \
	}

const struct device_type moxa_e1214_door_1 = CONTACTS(sense_door_1);
const struct device_type moxa_e1214_door_2 = CONTACTS(sense_door_2);
