/*
 * crac1: Stulz CyberAir with C7000 IOC, Modbus RTU.
 * Addresses: Datapoint list C7000 Modbus V4.19 (bits, common registers); analogue values by the
 * leaf numbers of STULZ-WIB8000-MIB, which are the same numbers. Registers come by FC 3 and 4, bits
 * by FC 1 and 2. A value that the unit does not have is -32768.
 */
#include "device.h"

enum {
	UNIT_STATE,
	COMMON_ALARM,
	GENERAL_ERROR,
	MAINTENANCE_DUE,
	TEMPERATURE_UNIT,
	UNIT_AIR_TEMPERATURE,
	UNIT_AIR_HUMIDITY,
	SETPOINT_TEMPERATURE,
	RETURN_AIR_TEMPERATURE,
	SUPPLY_AIR_TEMPERATURE,
	RETURN_AIR_HUMIDITY,
	SUPPLY_AIR_HUMIDITY,
	OUTSIDE_AIR_TEMPERATURE,
	COMPRESSOR_STATE,
	HUMIDIFIER_STATE,
	DEHUMIDIFICATION_STATE,
	FAN_STATE,
	FAN_SPEED,
	POINTS
};

static const struct point_def points[] = {
    [UNIT_STATE] = {"unit_state", "", 0, false},
    [COMMON_ALARM] = {"common_alarm", "", 0, false},
    [GENERAL_ERROR] = {"general_error", "", 0, false},
    [MAINTENANCE_DUE] = {"maintenance_due", "", 0, false},
    [TEMPERATURE_UNIT] = {"temperature_unit", "", 0, false},
    [UNIT_AIR_TEMPERATURE] = {"unit_air_temperature", "Cel", 1, true},
    [UNIT_AIR_HUMIDITY] = {"unit_air_humidity", "%RH", 1, false},
    [SETPOINT_TEMPERATURE] = {"setpoint_temperature", "Cel", 1, true},
    [RETURN_AIR_TEMPERATURE] = {"return_air_temperature", "Cel", 1, true},
    [SUPPLY_AIR_TEMPERATURE] = {"supply_air_temperature", "Cel", 1, true},
    [RETURN_AIR_HUMIDITY] = {"return_air_humidity", "%RH", 1, false},
    [SUPPLY_AIR_HUMIDITY] = {"supply_air_humidity", "%RH", 1, false},
    [OUTSIDE_AIR_TEMPERATURE] = {"outside_air_temperature", "Cel", 1, true},
    [COMPRESSOR_STATE] = {"compressor_state", "", 0, false},
    [HUMIDIFIER_STATE] = {"humidifier_state", "", 0, false},
    [DEHUMIDIFICATION_STATE] = {"dehumidification_state", "", 0, false},
    [FAN_STATE] = {"fan_state", "", 0, false},
    [FAN_SPEED] = {"fan_speed", "%", 0, false},
};
_Static_assert(POINTS <= DEVICE_POINTS_MAX, "points");

#define BITS  (TABLE_COIL | TABLE_DISCRETE)
#define WORDS (TABLE_HOLDING | TABLE_INPUT)

static const struct reg regs[] = {
    {.address = 0, .tables = WORDS, .kind = REG_WORD, .point = REG_FIXED, .fixed = 7},
    {.address = 1, .tables = WORDS, .kind = REG_WORD, .point = REG_FIXED, .fixed = 1},
    {.address = 3, .tables = WORDS, .kind = REG_WORD, .point = REG_FIXED, .fixed = 419},
    {.address = 5, .run = 2, .tables = WORDS, .kind = REG_WORD, .point = REG_FIXED, .fixed = 1},
    {.address = 1170, .tables = WORDS, .kind = REG_WORD, .point = UNIT_AIR_TEMPERATURE},
    {.address = 1171, .tables = WORDS, .kind = REG_WORD, .point = UNIT_AIR_HUMIDITY},
    {.address = 1172, .run = 3, .tables = WORDS, .kind = REG_WORD, .point = REG_FIXED},
    {.address = 1175, .tables = WORDS, .kind = REG_WORD, .point = SETPOINT_TEMPERATURE},
    {.address = 1191, .tables = WORDS, .kind = REG_WORD, .point = REG_FIXED, .fixed = -32768},
    {.address = 1192, .tables = WORDS, .kind = REG_WORD, .point = RETURN_AIR_TEMPERATURE},
    {.address = 1193, .tables = WORDS, .kind = REG_WORD, .point = SUPPLY_AIR_TEMPERATURE},
    {.address = 1194, .tables = WORDS, .kind = REG_WORD, .point = RETURN_AIR_HUMIDITY},
    {.address = 1195, .tables = WORDS, .kind = REG_WORD, .point = SUPPLY_AIR_HUMIDITY},
    {.address = 1196, .tables = WORDS, .kind = REG_WORD, .point = OUTSIDE_AIR_TEMPERATURE},
    {.address = 1202, .tables = WORDS, .kind = REG_WORD, .point = REG_FIXED, .fixed = -32768},
    {.address = 6932, .tables = WORDS, .kind = REG_WORD, .point = FAN_SPEED},

    {.address = 8, .tables = BITS, .kind = REG_BIT, .point = GENERAL_ERROR},
    {.address = 1000, .run = 10, .tables = BITS, .kind = REG_BIT, .point = REG_FIXED},
    {.address = 1010, .tables = BITS, .kind = REG_BIT, .point = COMMON_ALARM},
    {.address = 1011, .run = 2, .tables = BITS, .kind = REG_BIT, .point = REG_FIXED},
    {.address = 1013, .tables = BITS, .kind = REG_BIT, .point = UNIT_STATE},
    {.address = 1014, .tables = BITS, .kind = REG_BIT, .point = MAINTENANCE_DUE},
    {.address = 1022, .tables = BITS, .kind = REG_BIT, .point = TEMPERATURE_UNIT},
    {.address = 1023, .run = 4, .tables = BITS, .kind = REG_BIT, .point = REG_FIXED},
    {.address = 4403, .tables = BITS, .kind = REG_BIT, .point = COMPRESSOR_STATE},
    {.address = 6402, .tables = BITS, .kind = REG_BIT, .point = HUMIDIFIER_STATE},
    {.address = 6802, .tables = BITS, .kind = REG_BIT, .point = DEHUMIDIFICATION_STATE},
    {.address = 6902, .tables = BITS, .kind = REG_BIT, .point = FAN_STATE},
};

static int64_t
temperature(double celsius)
{
	return quantise(celsius, 1, -32767, 32767);
}

static int64_t
humidity(double pct)
{
	return quantise(pct, 1, 0, 1000);
}

static void
sense(const struct room *room, int64_t *raw)
{
	const struct crac_state *c = &room->crac[0];
	double hpa = room->vapour_hpa;

	raw[UNIT_STATE] = 1; /* it is switched on, also when it fails */
	raw[COMMON_ALARM] = c->failed;
	raw[GENERAL_ERROR] = c->failed;
	raw[MAINTENANCE_DUE] = 0;
	raw[TEMPERATURE_UNIT] = 0; /* Celsius */
	raw[UNIT_AIR_TEMPERATURE] = temperature(c->return_c);
	raw[UNIT_AIR_HUMIDITY] = humidity(relative_humidity_pct(hpa, c->return_c));
	raw[SETPOINT_TEMPERATURE] = temperature(c->setpoint_c);
	raw[RETURN_AIR_TEMPERATURE] = temperature(c->return_c);
	raw[SUPPLY_AIR_TEMPERATURE] = temperature(c->supply_c);
	raw[RETURN_AIR_HUMIDITY] = humidity(relative_humidity_pct(hpa, c->return_c));
	raw[SUPPLY_AIR_HUMIDITY] = humidity(relative_humidity_pct(hpa, c->supply_c));
	raw[OUTSIDE_AIR_TEMPERATURE] = temperature(room->outside_c);
	raw[COMPRESSOR_STATE] = c->compressor;
	raw[HUMIDIFIER_STATE] = c->humidifying;
	raw[DEHUMIDIFICATION_STATE] = c->dehumidifying;
	raw[FAN_STATE] = c->fan > 0.0;
	raw[FAN_SPEED] = quantise(c->fan * 100.0, 0, 0, 100);
}

const struct device_type stulz_c7000 = {
    .model = "Stulz C7000IOC",
    .points = points,
    .n_points = POINTS,
    .sense = sense,
    .summary = "return_air_temperature supply_air_temperature fan_speed",
    .transport = MODBUS_RTU,
    .regs = regs,
    .n_regs = sizeof regs / sizeof *regs,
};
