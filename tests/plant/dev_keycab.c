/*
 * keycab1: the contacts of a key cabinet on a Moxa ioLogik E1210 (16 inputs), Modbus TCP. Manual of
 * the ioLogik E1200 series, appendix A. Inputs 9 to 15 are not wired and read 0. A key in its place
 * closes the contact.
 */
#include "device.h"

enum { CABINET_DOOR, TAMPER, CABINET_POWER, KEY_1, KEY_2, KEY_3, KEY_4, POINTS };

static const struct point_def points[] = {
    [CABINET_DOOR] = {"cabinet_door", "", 0, false},
    [TAMPER] = {"tamper", "", 0, false},
    [CABINET_POWER] = {"cabinet_power", "", 0, false},
    [KEY_1] = {"key_1", "", 0, false},
    [KEY_2] = {"key_2", "", 0, false},
    [KEY_3] = {"key_3", "", 0, false},
    [KEY_4] = {"key_4", "", 0, false},
};
_Static_assert(POINTS <= DEVICE_POINTS_MAX, "points");

#define INPUT(a, p)                                                                                \
	{                                                                                          \
		.address = (a), .tables = TABLE_DISCRETE, .kind = REG_BIT, .point = (p)            \
	}

static const struct reg regs[] = {
    INPUT(0, CABINET_DOOR),
    INPUT(1, TAMPER),
    INPUT(2, CABINET_POWER),
    {.address = 3, .tables = TABLE_DISCRETE, .kind = REG_BIT, .point = REG_FIXED},
    INPUT(4, KEY_1),
    INPUT(5, KEY_2),
    INPUT(6, KEY_3),
    INPUT(7, KEY_4),
    {.address = 8, .run = 8, .tables = TABLE_DISCRETE, .kind = REG_BIT, .point = REG_FIXED},
};

static void
sense(const struct room *room, int64_t *raw)
{
	const struct cabinet_state *c = &room->cabinet;

	raw[CABINET_DOOR] = c->open;
	raw[TAMPER] = c->tampered;
	raw[CABINET_POWER] = !c->power_lost;
	for (int i = 0; i < KEY_COUNT; i++)
		raw[KEY_1 + i] = !c->taken[i];
}

const struct device_type moxa_e1210 = {
    .model = "Moxa ioLogik E1210",
    .points = points,
    .n_points = POINTS,
    .sense = sense,
    .summary = "cabinet_door key_1 key_2 key_3 key_4",
    .transport = MODBUS_TCP,
    .regs = regs,
    .n_regs = sizeof regs / sizeof *regs,
};
