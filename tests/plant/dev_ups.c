/*
 * ups1: a three-phase UPS behind a Generex CS141 card, SNMPv3, UPS-MIB (RFC 1628). Points are those
 * of line 1; lines 2 and 3 are there for whoever walks the tables.
 */
#include "device.h"

#include <math.h>

enum {
	BATTERY_STATUS,
	TIME_ON_BATTERY,
	BATTERY_RUNTIME,
	BATTERY_CHARGE,
	BATTERY_VOLTAGE,
	BATTERY_CURRENT,
	BATTERY_TEMPERATURE,
	INPUT_FREQUENCY,
	INPUT_VOLTAGE,
	OUTPUT_SOURCE,
	OUTPUT_FREQUENCY,
	OUTPUT_VOLTAGE,
	OUTPUT_CURRENT,
	OUTPUT_POWER,
	OUTPUT_LOAD,
	ALARMS_PRESENT,
	POINTS
};

static const struct point_def points[] = {
    [BATTERY_STATUS] = {"battery_status", "", 0, true},
    [TIME_ON_BATTERY] = {"time_on_battery", "s", 0, true},
    [BATTERY_RUNTIME] = {"battery_runtime", "min", 0, true},
    [BATTERY_CHARGE] = {"battery_charge", "%", 0, true},
    [BATTERY_VOLTAGE] = {"battery_voltage", "V", 1, true},
    [BATTERY_CURRENT] = {"battery_current", "A", 1, true},
    [BATTERY_TEMPERATURE] = {"battery_temperature", "Cel", 0, true},
    [INPUT_FREQUENCY] = {"input_frequency", "Hz", 1, true},
    [INPUT_VOLTAGE] = {"input_voltage", "V", 0, true},
    [OUTPUT_SOURCE] = {"output_source", "", 0, true},
    [OUTPUT_FREQUENCY] = {"output_frequency", "Hz", 1, true},
    [OUTPUT_VOLTAGE] = {"output_voltage", "V", 0, true},
    [OUTPUT_CURRENT] = {"output_current", "A", 1, true},
    [OUTPUT_POWER] = {"output_power", "W", 0, true},
    [OUTPUT_LOAD] = {"output_load", "%", 0, true},
    [ALARMS_PRESENT] = {"alarms_present", "1", 0, true},
};
_Static_assert(POINTS <= DEVICE_POINTS_MAX, "points");

/* Values of upsBatteryStatus and upsOutputSource. */
enum { BATTERY_NORMAL = 2, BATTERY_LOW = 3, BATTERY_DEPLETED = 4 };
enum { SOURCE_NONE = 2, SOURCE_NORMAL = 3, SOURCE_BATTERY = 5 };

#define LOW_RUNTIME_MIN 5.0 /* upsConfigLowBattTime */

/* upsAlarmTable: row 1 on battery, row 2 low battery, row 3 depleted. */
static bool
one_alarm(const int64_t *raw)
{
	return raw[ALARMS_PRESENT] >= 1;
}

static bool
two_alarms(const int64_t *raw)
{
	return raw[ALARMS_PRESENT] >= 2;
}

static bool
three_alarms(const int64_t *raw)
{
	return raw[ALARMS_PRESENT] >= 3;
}

#define U      "1.3.6.1.2.1.33.1."
#define SYSTEM "1.3.6.1.2.1.1."
#define ENGINE "1.3.6.1.6.3.10.2.1."
#define ALARM  U "6.3." /* upsWellKnownAlarms */
#define POINT(c, i, p)                                                                             \
	{                                                                                          \
		.column = (c), .index = (i), .kind = OBJECT_INTEGER, .point = (p)                  \
	}
#define NUMBER(c, i, n)                                                                            \
	{                                                                                          \
		.column = (c), .index = (i), .kind = OBJECT_NUMBER, .number = (n)                  \
	}
#define TEXT(c, i, t)                                                                              \
	{                                                                                          \
		.column = (c), .index = (i), .kind = OBJECT_TEXT, .text = (t)                      \
	}
#define OTHER(c, k)                                                                                \
	{                                                                                          \
		.column = (c), .index = "0", .kind = (k)                                           \
	}
#define ALARM_ROW(i, a, p)                                                                         \
	{U "6.2.1.2", (i), OBJECT_IDENTIFIER, 0, 0, (a), (p)},                                     \
	{                                                                                          \
		U "6.2.1.3", (i), OBJECT_UPTIME, 0, 0, NULL, (p)                                   \
	}

static const struct object objects[] = {
    TEXT(SYSTEM "1", "0", "CS141 SNMP agent"),
    {SYSTEM "2", "0", OBJECT_IDENTIFIER, 0, 0, "1.3.6.1.2.1.33", NULL},
    OTHER(SYSTEM "3", OBJECT_UPTIME),
    TEXT(SYSTEM "4", "0", "facility"),
    TEXT(SYSTEM "5", "0", "ups1"),
    TEXT(SYSTEM "6", "0", "Annex 2F"),
    TEXT(U "1.1", "0", "Multimatic"),
    TEXT(U "1.2", "0", "Upscale 60"),
    TEXT(U "1.3", "0", "2.14"),
    TEXT(U "1.4", "0", "CS141-SNMP V1.80.17 190618"),
    TEXT(U "1.5", "0", "ups1"),
    POINT(U "2.1", "0", BATTERY_STATUS),
    POINT(U "2.2", "0", TIME_ON_BATTERY),
    POINT(U "2.3", "0", BATTERY_RUNTIME),
    POINT(U "2.4", "0", BATTERY_CHARGE),
    POINT(U "2.5", "0", BATTERY_VOLTAGE),
    POINT(U "2.6", "0", BATTERY_CURRENT),
    POINT(U "2.7", "0", BATTERY_TEMPERATURE),
    NUMBER(U "3.2", "0", 3),
    POINT(U "3.3.1.2", "1", INPUT_FREQUENCY),
    POINT(U "3.3.1.2", "2", INPUT_FREQUENCY),
    POINT(U "3.3.1.2", "3", INPUT_FREQUENCY),
    POINT(U "3.3.1.3", "1", INPUT_VOLTAGE),
    POINT(U "3.3.1.3", "2", INPUT_VOLTAGE),
    POINT(U "3.3.1.3", "3", INPUT_VOLTAGE),
    POINT(U "4.1", "0", OUTPUT_SOURCE),
    POINT(U "4.2", "0", OUTPUT_FREQUENCY),
    NUMBER(U "4.3", "0", 3),
    POINT(U "4.4.1.2", "1", OUTPUT_VOLTAGE),
    POINT(U "4.4.1.2", "2", OUTPUT_VOLTAGE),
    POINT(U "4.4.1.2", "3", OUTPUT_VOLTAGE),
    POINT(U "4.4.1.3", "1", OUTPUT_CURRENT),
    POINT(U "4.4.1.3", "2", OUTPUT_CURRENT),
    POINT(U "4.4.1.3", "3", OUTPUT_CURRENT),
    POINT(U "4.4.1.4", "1", OUTPUT_POWER),
    POINT(U "4.4.1.4", "2", OUTPUT_POWER),
    POINT(U "4.4.1.4", "3", OUTPUT_POWER),
    POINT(U "4.4.1.5", "1", OUTPUT_LOAD),
    POINT(U "4.4.1.5", "2", OUTPUT_LOAD),
    POINT(U "4.4.1.5", "3", OUTPUT_LOAD),
    NUMBER(U "5.1", "0", 500),
    NUMBER(U "5.2", "0", 3),
    POINT(U "6.1", "0", ALARMS_PRESENT),
    ALARM_ROW("1", ALARM "2", one_alarm),
    ALARM_ROW("2", ALARM "3", two_alarms),
    ALARM_ROW("3", ALARM "4", three_alarms),
    OTHER(ENGINE "1.1", OBJECT_ENGINE_ID),
    OTHER(ENGINE "1.2", OBJECT_ENGINE_BOOTS),
    OTHER(ENGINE "1.3", OBJECT_ENGINE_TIME),
    NUMBER(ENGINE "1.4", "0", 1472),
};

#define FLOAT_V      272.4 /* 120 cells of 2.27 V */
#define FULL_V       250.0 /* under load */
#define FLAT_V       210.0
#define CHARGE_A     8.0
#define POWER_FACTOR 0.95

static void
sense_battery(const struct room *room, int64_t *raw)
{
	const struct ups_state *u = &room->ups;
	bool charging = !u->mains_lost && u->charge < 1.0;
	double dc_v = u->mains_lost ? FLAT_V + (FULL_V - FLAT_V) * u->charge
		      : charging    ? FULL_V + (FLOAT_V - FULL_V) * u->charge
				    : FLOAT_V;
	double dc_a = charging ? -CHARGE_A : 0.0; /* positive: out of the battery */

	if (u->mains_lost && !ups_empty(room))
		dc_a = ups_output_kw(room) * 1000.0 / 0.94 / dc_v;
	raw[BATTERY_STATUS] = ups_empty(room)                            ? BATTERY_DEPLETED
			      : ups_runtime_min(room) <= LOW_RUNTIME_MIN ? BATTERY_LOW
									 : BATTERY_NORMAL;
	raw[TIME_ON_BATTERY] = (int64_t)u->on_battery_s;
	raw[BATTERY_RUNTIME] = (int64_t)fmin(10000.0, ups_runtime_min(room));
	raw[BATTERY_CHARGE] = quantise(u->charge * 100.0, 0, 0, 100);
	raw[BATTERY_VOLTAGE] = quantise(dc_v, 1, 0, INT32_MAX);
	raw[BATTERY_CURRENT] = quantise(dc_a, 1, INT32_MIN, INT32_MAX);
	raw[BATTERY_TEMPERATURE] = quantise(u->battery_c, 0, -40, 120);
}

static void
sense(const struct room *room, int64_t *raw)
{
	const struct ups_state *u = &room->ups;
	bool empty = ups_empty(room);
	double line_kw = ups_output_kw(room) / 3.0;

	sense_battery(room, raw);
	raw[INPUT_FREQUENCY] = u->mains_lost ? 0 : quantise(u->mains_hz, 1, 0, 1000);
	raw[INPUT_VOLTAGE] = u->mains_lost ? 0 : quantise(u->mains_v, 0, 0, 500);
	raw[OUTPUT_SOURCE] = empty ? SOURCE_NONE : u->mains_lost ? SOURCE_BATTERY : SOURCE_NORMAL;
	raw[OUTPUT_FREQUENCY] = empty ? 0 : 500;
	raw[OUTPUT_VOLTAGE] = empty ? 0 : 230;
	raw[OUTPUT_CURRENT] = quantise(line_kw * 1000.0 / 230.0 / POWER_FACTOR, 1, 0, INT32_MAX);
	raw[OUTPUT_POWER] = 10 * quantise(line_kw * 100.0, 0, 0, INT32_MAX / 10);
	raw[OUTPUT_LOAD] = quantise(line_kw / UPS_LINE_RATING_KW * 100.0, 0, 0, 200);
	raw[ALARMS_PRESENT] = u->mains_lost +
			      (u->mains_lost && raw[BATTERY_STATUS] >= BATTERY_LOW) +
			      (raw[BATTERY_STATUS] == BATTERY_DEPLETED);
}

const struct device_type generex_ups = {
    .model = "UPS, Generex CS141",
    .points = points,
    .n_points = POINTS,
    .sense = sense,
    .summary = "output_source output_load battery_charge battery_runtime",
    .transport = SNMP,
    .objects = objects,
    .n_objects = sizeof objects / sizeof *objects,
    .snmp_version = SNMP_V3,
};
