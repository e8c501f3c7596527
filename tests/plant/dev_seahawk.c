/*
 * leak1: RLE SeaHawk LD 10K leak detection controller, Modbus RTU.
 * Manual v2.5.a pp. 31-34: input registers (FC 4) and set-up in holding registers (FC 3).
 */
#include "device.h"

enum {
	LEAK_STATE,
	CABLE_BREAK,
	CONTAMINATION,
	SUMMARY_ALARM,
	LEAK_CURRENT,
	LEG_1_RESISTANCE,
	LEG_2_RESISTANCE,
	LEAK_DISTANCE,
	CABLE_LENGTH,
	POINTS
};

static const struct point_def points[] = {
    [LEAK_STATE] = {"leak_state", "", 0, false},
    [CABLE_BREAK] = {"cable_break", "", 0, false},
    [CONTAMINATION] = {"contamination", "", 0, false},
    [SUMMARY_ALARM] = {"summary_alarm", "", 0, false},
    [LEAK_CURRENT] = {"leak_current", "uA", 0, false},
    [LEG_1_RESISTANCE] = {"leg_1_resistance", "Ohm", 0, false},
    [LEG_2_RESISTANCE] = {"leg_2_resistance", "Ohm", 0, false},
    [LEAK_DISTANCE] = {"leak_distance", "m", 1, false},
    [CABLE_LENGTH] = {"cable_length", "m", 1, false},
};
_Static_assert(POINTS <= DEVICE_POINTS_MAX, "points");

#define LEAK_THRESHOLD_UA          120 /* factory setting, register 40001 */
#define CONTAMINATION_THRESHOLD_UA 50  /* factory setting, register 40002 */
#define CABLE_DM                   600
#define CABLE_OHM                  551 /* 60 m of 2.8 ohm/ft */
#define OPEN_CIRCUIT_OHM           65535

#define FLAG(b, p)                                                                                 \
	{                                                                                          \
		.address = 0, .tables = TABLE_INPUT, .kind = REG_FLAG, .bit = (b), .point = (p)    \
	}
#define SETUP(a, v)                                                                                \
	{                                                                                          \
		.address = (a), .tables = TABLE_HOLDING, .kind = REG_WORD, .point = REG_FIXED,     \
		.fixed = (v)                                                                       \
	}

static const struct reg regs[] = {
    FLAG(0, LEAK_STATE),
    FLAG(1, CABLE_BREAK),
    FLAG(2, CONTAMINATION),
    FLAG(3, SUMMARY_ALARM),
    /* decimetres, as register 2 says metres */
    {.address = 1, .tables = TABLE_INPUT, .kind = REG_WORD, .point = LEAK_DISTANCE},
    {.address = 2, .tables = TABLE_INPUT, .kind = REG_WORD, .point = REG_FIXED},
    {.address = 3, .tables = TABLE_INPUT, .kind = REG_WORD, .point = LEAK_CURRENT},
    {.address = 4, .tables = TABLE_INPUT, .kind = REG_WORD, .point = CABLE_LENGTH},
    {.address = 5, .tables = TABLE_INPUT, .kind = REG_WORD, .point = LEG_1_RESISTANCE},
    {.address = 6, .tables = TABLE_INPUT, .kind = REG_WORD, .point = LEG_2_RESISTANCE},
    {.address = 7, .tables = TABLE_INPUT, .kind = REG_WORD, .point = REG_FIXED, .fixed = 2800},
    {.address = 8, .tables = TABLE_INPUT, .kind = REG_WORD, .point = REG_FIXED, .fixed = 301},
    {.address = 8000, .tables = TABLE_INPUT, .kind = REG_FLOAT_LO, .point = LEAK_DISTANCE},
    {.address = 8002, .tables = TABLE_INPUT, .kind = REG_FLOAT_LO, .point = CABLE_LENGTH},

    SETUP(0, LEAK_THRESHOLD_UA),
    SETUP(1, CONTAMINATION_THRESHOLD_UA),
    SETUP(2, 0),
    SETUP(3, 0),
    SETUP(4, 0),
    SETUP(5, 0),
    SETUP(6, 12),
    SETUP(7, 2800),
    SETUP(8, 1),
    SETUP(15, 10),
    SETUP(16, 120),
};

static void
sense(const struct room *room, int64_t *raw)
{
	const struct leak_state *l = &room->leak;

	raw[LEAK_CURRENT] = quantise(l->current_ua, 0, 0, 65535);
	raw[CABLE_BREAK] = l->broken;
	raw[LEAK_STATE] = raw[LEAK_CURRENT] >= LEAK_THRESHOLD_UA;
	raw[CONTAMINATION] = !raw[LEAK_STATE] && raw[LEAK_CURRENT] >= CONTAMINATION_THRESHOLD_UA;
	raw[SUMMARY_ALARM] = raw[LEAK_STATE] || raw[CABLE_BREAK] || raw[CONTAMINATION];
	raw[LEG_1_RESISTANCE] = l->broken ? OPEN_CIRCUIT_OHM : CABLE_OHM;
	raw[LEG_2_RESISTANCE] = l->broken ? OPEN_CIRCUIT_OHM : CABLE_OHM + 2;
	raw[LEAK_DISTANCE] = raw[LEAK_STATE] ? quantise(l->distance_m, 1, 0, CABLE_DM) : 0;
	raw[CABLE_LENGTH] = CABLE_DM;
}

const struct device_type seahawk_10k = {
    .model = "RLE SeaHawk 10K",
    .points = points,
    .n_points = POINTS,
    .sense = sense,
    .summary = "leak_state leak_current leak_distance",
    .transport = MODBUS_RTU,
    .regs = regs,
    .n_regs = sizeof regs / sizeof *regs,
};
