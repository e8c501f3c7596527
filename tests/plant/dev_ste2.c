/*
 * env1: HW group STE2 with a temperature and a humidity sensor and two dry contacts, SNMPv1,
 * STE2-MIB 1.01. Without a sensor the value is -9999 and its state invalid(0).
 */
#include "device.h"

enum {
	TEMPERATURE,
	HUMIDITY,
	TEMPERATURE_SENSOR_STATE,
	HUMIDITY_SENSOR_STATE,
	TEMPERATURE_UNIT,
	HUMIDITY_UNIT,
	CONTACT_1,
	CONTACT_2,
	POINTS
};

static const struct point_def points[] = {
    [TEMPERATURE] = {"temperature", "Cel", 1, true},
    [HUMIDITY] = {"humidity", "%RH", 1, true},
    [TEMPERATURE_SENSOR_STATE] = {"temperature_sensor_state", "", 0, true},
    [HUMIDITY_SENSOR_STATE] = {"humidity_sensor_state", "", 0, true},
    [TEMPERATURE_UNIT] = {"temperature_unit", "", 0, true},
    [HUMIDITY_UNIT] = {"humidity_unit", "", 0, true},
    [CONTACT_1] = {"contact_1", "", 0, true},
    [CONTACT_2] = {"contact_2", "", 0, true},
};
_Static_assert(POINTS <= DEVICE_POINTS_MAX, "points");

#define S      "1.3.6.1.4.1.21796.4.9."
#define SYSTEM "1.3.6.1.2.1.1."
#define POINT(c, i, p)                                                                             \
	{                                                                                          \
		.column = (c), .index = (i), .kind = OBJECT_INTEGER, .point = (p)                  \
	}
#define STRING(c, i, p)                                                                            \
	{                                                                                          \
		.column = (c), .index = (i), .kind = OBJECT_STRING, .point = (p)                   \
	}
#define NUMBER(c, i, n)                                                                            \
	{                                                                                          \
		.column = (c), .index = (i), .kind = OBJECT_NUMBER, .number = (n)                  \
	}
#define TEXT(c, i, t)                                                                              \
	{                                                                                          \
		.column = (c), .index = (i), .kind = OBJECT_TEXT, .text = (t)                      \
	}

enum { UNIT_CELSIUS = 1, UNIT_PERCENT = 4 }; /* UnitType */

static const struct object objects[] = {
    TEXT(SYSTEM "1", "0", "STE2 r2, fw:1.5.5_2394"),
    {SYSTEM "2", "0", OBJECT_IDENTIFIER, 0, 0, "1.3.6.1.4.1.21796.4.9", NULL},
    {SYSTEM "3", "0", OBJECT_UPTIME, 0, 0, NULL, NULL},
    TEXT(SYSTEM "4", "0", "facility"),
    TEXT(SYSTEM "5", "0", "env1"),
    TEXT(SYSTEM "6", "0", "Annex 2F"),
    NUMBER(S "1.1.1", "1", 1),
    NUMBER(S "1.1.1", "2", 2),
    POINT(S "1.1.2", "1", CONTACT_1),
    POINT(S "1.1.2", "2", CONTACT_2),
    TEXT(S "1.1.3", "1", "Input 1"),
    TEXT(S "1.1.3", "2", "Input 2"),
    NUMBER(S "1.1.4", "1", 0),
    NUMBER(S "1.1.4", "2", 0),
    NUMBER(S "3.1.1", "1", 1),
    NUMBER(S "3.1.1", "2", 2),
    TEXT(S "3.1.2", "1", "Temperature"),
    TEXT(S "3.1.2", "2", "Humidity"),
    POINT(S "3.1.3", "1", TEMPERATURE_SENSOR_STATE),
    POINT(S "3.1.3", "2", HUMIDITY_SENSOR_STATE),
    STRING(S "3.1.4", "1", TEMPERATURE),
    STRING(S "3.1.4", "2", HUMIDITY),
    POINT(S "3.1.5", "1", TEMPERATURE),
    POINT(S "3.1.5", "2", HUMIDITY),
    TEXT(S "3.1.6", "1", "260C46170E0C09F2"),
    TEXT(S "3.1.6", "2", "282AE2E40C0000C2"),
    POINT(S "3.1.7", "1", TEMPERATURE_UNIT),
    POINT(S "3.1.7", "2", HUMIDITY_UNIT),
    NUMBER(S "3.1.8", "1", 57898),
    NUMBER(S "3.1.8", "2", 17932),
    TEXT(S "70.1", "0", "00:0A:59:03:9A:2E"),
};

/* SensorState */
enum { SENSOR_INVALID = 0, SENSOR_NORMAL = 1, SENSOR_ALARM_LOW = 4, SENSOR_ALARM_HIGH = 5 };
enum { NO_SENSOR = -9999 };

/* State by the limits set in the device, in tenths. */
static int64_t
sensor_state(int64_t raw, int64_t low, int64_t high)
{
	return raw < low ? SENSOR_ALARM_LOW : raw > high ? SENSOR_ALARM_HIGH : SENSOR_NORMAL;
}

static void
sense(const struct room *room, int64_t *raw)
{
	const struct probe_state *p = &room->probe;

	raw[TEMPERATURE] = quantise(p->temperature_c, 1, -550, 1250);
	raw[TEMPERATURE_SENSOR_STATE] = sensor_state(raw[TEMPERATURE], 100, 320);
	if (p->failed) {
		raw[TEMPERATURE] = NO_SENSOR;
		raw[TEMPERATURE_SENSOR_STATE] = SENSOR_INVALID;
	}
	raw[HUMIDITY] = quantise(p->humidity_pct, 1, 0, 1000);
	raw[HUMIDITY_SENSOR_STATE] = sensor_state(raw[HUMIDITY], 150, 750);
	raw[TEMPERATURE_UNIT] = UNIT_CELSIUS;
	raw[HUMIDITY_UNIT] = UNIT_PERCENT;
	raw[CONTACT_1] = p->contact[0];
	raw[CONTACT_2] = p->contact[1];
}

const struct device_type hwg_ste2 = {
    .model = "HW group STE2",
    .points = points,
    .n_points = POINTS,
    .sense = sense,
    .summary = "temperature humidity",
    .transport = SNMP,
    .objects = objects,
    .n_objects = sizeof objects / sizeof *objects,
    .snmp_version = SNMP_V1,
};
