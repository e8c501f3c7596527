/*
 * crac2: Liebert iCOM V4 with IntelliSlot card, Modbus TCP.
 * Input registers by FC 4, those that can be set also by FC 3; event bits by FC 2.
 */
#include "device.h"

enum {
	OPERATING_STATE,
	UNIT_STATUS,
	RETURN_AIR_HUMIDITY,
	RETURN_DEW_POINT,
	SETPOINT_TEMPERATURE,
	CONTROL_AIR_TEMPERATURE,
	OUTSIDE_AIR_TEMPERATURE,
	COOLING_CAPACITY,
	FAN_HOURS,
	COMPRESSOR_HOURS,
	COOLING_LOAD,
	POWER,
	SUPPLY_AIR_OVER_TEMPERATURE,
	FAN_FAULT,
	FIRE_DETECTED,
	UNIT_SHUTDOWN,
	POINTS
};

static const struct point_def points[] = {
    [OPERATING_STATE] = {"operating_state", "", 0, false},
    [UNIT_STATUS] = {"unit_status", "", 0, false},
    [RETURN_AIR_HUMIDITY] = {"return_air_humidity", "%RH", 1, false},
    [RETURN_DEW_POINT] = {"return_dew_point", "Cel", 1, true},
    [SETPOINT_TEMPERATURE] = {"setpoint_temperature", "Cel", 0, false},
    [CONTROL_AIR_TEMPERATURE] = {"control_air_temperature", "Cel", 1, true},
    [OUTSIDE_AIR_TEMPERATURE] = {"outside_air_temperature", "Cel", 1, true},
    [COOLING_CAPACITY] = {"cooling_capacity", "%", 0, false},
    [FAN_HOURS] = {"fan_hours", "h", 0, false},
    [COMPRESSOR_HOURS] = {"compressor_hours", "h", 0, false},
    [COOLING_LOAD] = {"cooling_load", "kW", 1, false},
    [POWER] = {"power", "W", 0, false},
    [SUPPLY_AIR_OVER_TEMPERATURE] = {"supply_air_over_temperature", "", 0, false},
    [FAN_FAULT] = {"fan_fault", "", 0, false},
    [FIRE_DETECTED] = {"fire_detected", "", 0, false},
    [UNIT_SHUTDOWN] = {"unit_shutdown", "", 0, false},
};
_Static_assert(POINTS <= DEVICE_POINTS_MAX, "points");

#define SETTABLE (TABLE_INPUT | TABLE_HOLDING)
#define FIXED(a, n, t, v)                                                                          \
	{                                                                                          \
		.address = (a), .run = (n), .tables = (t), .kind = REG_WORD, .point = REG_FIXED,   \
		.fixed = (v)                                                                       \
	}
#define INPUT(a, p)                                                                                \
	{                                                                                          \
		.address = (a), .tables = TABLE_INPUT, .kind = REG_WORD, .point = (p)              \
	}
#define SET(a, p)                                                                                  \
	{                                                                                          \
		.address = (a), .tables = SETTABLE, .kind = REG_WORD, .point = (p)                 \
	}
#define EVENT(a, p)                                                                                \
	{                                                                                          \
		.address = (a), .tables = TABLE_DISCRETE, .kind = REG_BIT, .point = (p)            \
	}
#define EVENTS(a, n)                                                                               \
	{                                                                                          \
		.address = (a), .run = (n), .tables = TABLE_DISCRETE, .point = REG_FIXED           \
	}

static const struct reg regs[] = {
    FIXED(50, 7, SETTABLE, 0),
    FIXED(69, 4, SETTABLE, 0),
    INPUT(99, OPERATING_STATE),
    INPUT(101, UNIT_STATUS),
    INPUT(129, RETURN_AIR_HUMIDITY),
    FIXED(131, 3, TABLE_INPUT, 0),
    SET(140, FAN_HOURS),
    SET(141, COMPRESSOR_HOURS),
    FIXED(142, 8, SETTABLE, 0),
    FIXED(150, 1, TABLE_INPUT, 251),
    FIXED(152, 1, TABLE_INPUT, 235),
    FIXED(154, 1, TABLE_INPUT, 471),
    FIXED(156, 1, TABLE_INPUT, 432),
    FIXED(256, 1, TABLE_INPUT, 2), /* server class: AIR */
    FIXED(257, 4, TABLE_INPUT, 0),
    FIXED(261, 1, SETTABLE, 2),
    SET(262, SETPOINT_TEMPERATURE),
    FIXED(263, 1, SETTABLE, 45),
    FIXED(264, 2, TABLE_INPUT, 0),
    FIXED(272, 6, TABLE_INPUT, 0),
    FIXED(279, 7, TABLE_INPUT, 0),
    INPUT(483, OUTSIDE_AIR_TEMPERATURE),
    FIXED(484, 1, SETTABLE, 0),
    FIXED(493, 2, SETTABLE, 0),
    FIXED(497, 1, SETTABLE, 0),
    INPUT(498, RETURN_AIR_HUMIDITY),
    INPUT(499, RETURN_DEW_POINT),
    FIXED(500, 1, TABLE_INPUT, 230),
    FIXED(560, 1, TABLE_INPUT, 0),
    FIXED(561, 2, SETTABLE, 0),
    INPUT(563, COOLING_CAPACITY),
    INPUT(564, CONTROL_AIR_TEMPERATURE),
    INPUT(565, CONTROL_AIR_TEMPERATURE),
    {.address = 1000, .tables = TABLE_INPUT, .kind = REG_LONG_HI, .point = COOLING_LOAD},
    {.address = 1002, .tables = TABLE_INPUT, .kind = REG_LONG_HI, .point = COOLING_LOAD},
    {.address = 1009, .tables = TABLE_INPUT, .kind = REG_LONG_HI, .point = POWER},

    EVENTS(84, 5),
    EVENTS(90, 2),
    EVENTS(97, 2),
    EVENTS(103, 6),
    EVENT(208, SUPPLY_AIR_OVER_TEMPERATURE),
    EVENTS(209, 8),
    EVENT(217, FAN_FAULT),
    EVENTS(218, 1),
    EVENTS(223, 5),
    EVENT(228, FIRE_DETECTED),
    EVENTS(229, 5),
    EVENT(234, UNIT_SHUTDOWN),
    EVENTS(235, 9),
};

enum { STATUS_NORMAL = 1, STATUS_START_UP = 2, STATUS_ALARM = 16 };

#define SUPPLY_LIMIT_C 25.0

static void
sense(const struct room *room, int64_t *raw)
{
	const struct crac_state *c = &room->crac[1];
	bool starting = c->starting_s > 0.0;

	raw[OPERATING_STATE] = !c->failed;
	raw[UNIT_STATUS] = c->failed ? STATUS_ALARM : starting ? STATUS_START_UP : STATUS_NORMAL;
	raw[RETURN_AIR_HUMIDITY] =
	    quantise(relative_humidity_pct(room->vapour_hpa, c->return_c), 1, 0, 1000);
	raw[RETURN_DEW_POINT] = quantise(dew_point_c(room->vapour_hpa), 1, -32768, 32767);
	raw[SETPOINT_TEMPERATURE] = quantise(c->setpoint_c, 0, 0, 65535);
	raw[CONTROL_AIR_TEMPERATURE] = quantise(c->return_c, 1, -32768, 32767);
	raw[OUTSIDE_AIR_TEMPERATURE] = quantise(room->outside_c, 1, -32768, 32767);
	raw[COOLING_CAPACITY] = quantise(c->demand * 100.0, 0, 0, 100);
	raw[FAN_HOURS] = (int64_t)(c->fan_s / 3600.0) & 0xffff;
	raw[COMPRESSOR_HOURS] = (int64_t)(c->compressor_s / 3600.0) & 0xffff;
	raw[COOLING_LOAD] = quantise(c->cooling_kw, 1, 0, UINT32_MAX);
	/* The meter's resolution is 10 W. */
	raw[POWER] = 10 * quantise(c->power_kw * 100.0, 0, 0, UINT32_MAX / 10);
	raw[SUPPLY_AIR_OVER_TEMPERATURE] = c->supply_c > SUPPLY_LIMIT_C;
	raw[FAN_FAULT] = c->failed;
	raw[FIRE_DETECTED] = 0;
	raw[UNIT_SHUTDOWN] = c->failed;
}

/* Made up: whether the real card knows Read Device Identification is not in its manual. */
static const char *const identity[7] = {
    [0] = "Annex plant", [1] = "IS-UNITY-SIM", [2] = "4.7.1", [5] = "Simulated iCOM"};

const struct device_type liebert_icom = {
    .model = "Liebert iCOM V4",
    .points = points,
    .n_points = POINTS,
    .sense = sense,
    .summary = "control_air_temperature cooling_load operating_state",
    .transport = MODBUS_TCP,
    .identity = identity,
    .regs = regs,
    .n_regs = sizeof regs / sizeof *regs,
};
