/*
 * tape1: Quantum Scalar i6000 tape library, SNMPv2c, ADIC-INTELLIGENT-STORAGE-MIB and
 * ADIC-MANAGEMENT-MIB of 2015-09-24. A drive's state is phDriveStatus (column 15), its health
 * phDriveRasStatus (31); rasStatusGroup 1 is connectivity, 3 media, 4 drives.
 */
#include "device.h"

enum {
	IO_STATION_1_DOOR,
	DRIVE_1_STATE,
	DRIVE_1_HEALTH,
	DRIVE_2_STATE,
	DRIVE_2_HEALTH,
	LIBRARY_HEALTH,
	MEDIA_HEALTH,
	LIBRARY_TEMPERATURE,
	FAN_RPM,
	POWER_SUPPLY_1_STATE,
	POWER_SUPPLY_2_STATE,
	POINTS
};

static const struct point_def points[] = {
    [IO_STATION_1_DOOR] = {"io_station_1_door", "", 0, true},
    [DRIVE_1_STATE] = {"drive_1_state", "", 0, true},
    [DRIVE_1_HEALTH] = {"drive_1_health", "", 0, true},
    [DRIVE_2_STATE] = {"drive_2_state", "", 0, true},
    [DRIVE_2_HEALTH] = {"drive_2_health", "", 0, true},
    [LIBRARY_HEALTH] = {"library_health", "", 0, true},
    [MEDIA_HEALTH] = {"media_health", "", 0, true},
    [LIBRARY_TEMPERATURE] = {"library_temperature", "Cel", 0, true},
    [FAN_RPM] = {"fan_rpm", "1/min", 0, true},
    [POWER_SUPPLY_1_STATE] = {"power_supply_1_state", "", 0, true},
    [POWER_SUPPLY_2_STATE] = {"power_supply_2_state", "", 0, true},
};
_Static_assert(POINTS <= DEVICE_POINTS_MAX, "points");

enum { DOOR_IS_OPEN = 1, DOOR_CLOSED_LOCKED = 3, DOOR_CLOSED_UNLOCKED = 4 }; /* AdicDoorStatus */
enum { STATE_GOOD = 1, STATE_FAILED = 2, STATE_DEGRADED = 3 }; /* AdicStatusGroupState */
enum { POWER_OK = 3 };                                         /* AdicPowerSupplyStatus */

/* The status of the group "drives" follows from the drives. */
static bool
drives_good(const int64_t *raw)
{
	return raw[DRIVE_1_HEALTH] == STATE_GOOD && raw[DRIVE_2_HEALTH] == STATE_GOOD;
}

static bool
drives_degraded(const int64_t *raw)
{
	return !drives_good(raw);
}

#define SYSTEM     "1.3.6.1.2.1.1."
#define QUANTUM    "1.3.6.1.4.1.3764.1.1."
#define LIBRARY    QUANTUM "200.20.80."
#define DRIVE      LIBRARY "110.1."
#define RAS        QUANTUM "200.20.100.10.1."
#define COOLING    QUANTUM "200.200."
#define CONTROLLER "8.0.0.0.0.0.1.0.59"
#define DRIVE_1    CONTROLLER ".4.7.0.1.0.0.0.0"
#define DRIVE_2    CONTROLLER ".4.7.0.1.0.1.0.0"
#define RCU        "8.0.0.0.0.0.0.0.0"
#define CMB        "8.0.0.0.0.0.0.0.28"
#define POWER      "8.0.0.0.0.0.5.0.49"
#define POINT(c, i, p)                                                                             \
	{                                                                                          \
		.column = (c), .index = (i), .kind = OBJECT_INTEGER, .point = (p)                  \
	}
#define NUMBER(c, i, n)                                                                            \
	{                                                                                          \
		.column = (c), .index = (i), .kind = OBJECT_NUMBER, .number = (n)                  \
	}
#define COUNTER(c, i, n)                                                                           \
	{                                                                                          \
		.column = (c), .index = (i), .kind = OBJECT_COUNTER, .number = (n)                 \
	}
#define TEXT(c, i, t)                                                                              \
	{                                                                                          \
		.column = (c), .index = (i), .kind = OBJECT_TEXT, .text = (t)                      \
	}

static const struct object objects[] = {
    TEXT(SYSTEM "1", "0", "Linux i2k 3.10.26-800G.GS25700 ppc"),
    {SYSTEM "2", "0", OBJECT_IDENTIFIER, 0, 0, "1.3.6.1.4.1.3764.1.1", NULL},
    {SYSTEM "3", "0", OBJECT_UPTIME, 0, 0, NULL, NULL},
    TEXT(SYSTEM "4", "0", "facility"),
    TEXT(SYSTEM "5", "0", "tape1"),
    TEXT(SYSTEM "6", "0", "Annex 2F"),
    TEXT(QUANTUM "10.3", "0", "Scalar i6000"),
    TEXT(QUANTUM "10.7", "0", "800Q.GS25700"),
    TEXT(QUANTUM "10.10", "0", "263102381"),

    NUMBER(LIBRARY "75.1.1", CONTROLLER ".1.1.1.1", 1),
    NUMBER(LIBRARY "75.1.1", CONTROLLER ".1.1.2.1", 2),
    POINT(LIBRARY "75.1.2", CONTROLLER ".1.1.1.1", IO_STATION_1_DOOR),
    NUMBER(LIBRARY "75.1.2", CONTROLLER ".1.1.2.1", 6),
    COUNTER(LIBRARY "75.1.3", CONTROLLER ".1.1.1.1", 100729601),
    COUNTER(LIBRARY "75.1.3", CONTROLLER ".1.1.2.1", 100729345),

    NUMBER(DRIVE "2", DRIVE_1, 2048),
    NUMBER(DRIVE "2", DRIVE_2, 2050),
    TEXT(DRIVE "6", DRIVE_1, "IBM     "),
    TEXT(DRIVE "6", DRIVE_2, "IBM     "),
    TEXT(DRIVE "7", DRIVE_1, "ULTRIUM-TD6     "),
    TEXT(DRIVE "7", DRIVE_2, "ULTRIUM-TD6     "),
    TEXT(DRIVE "8", DRIVE_1, "10WT009925      "),
    TEXT(DRIVE "8", DRIVE_2, "10WT066689      "),
    NUMBER(DRIVE "11", DRIVE_1, 2), /* fibre channel */
    NUMBER(DRIVE "11", DRIVE_2, 2),
    POINT(DRIVE "15", DRIVE_1, DRIVE_1_STATE),
    POINT(DRIVE "15", DRIVE_2, DRIVE_2_STATE),
    NUMBER(DRIVE "20", DRIVE_1, 7111),
    NUMBER(DRIVE "20", DRIVE_2, 7233),
    /* lifetime megabytes written have run over into the sign, as they do in the field */
    NUMBER(DRIVE "26", DRIVE_1, -1392430019),
    NUMBER(DRIVE "26", DRIVE_2, -986546943),
    TEXT(DRIVE "27", DRIVE_1, "      KAJ8  "),
    TEXT(DRIVE "27", DRIVE_2, "      KAJ8  "),
    POINT(DRIVE "31", DRIVE_1, DRIVE_1_HEALTH),
    POINT(DRIVE "31", DRIVE_2, DRIVE_2_HEALTH),

    NUMBER(RAS "1", CONTROLLER ".1", 1),
    NUMBER(RAS "1", CONTROLLER ".2", 2),
    NUMBER(RAS "1", CONTROLLER ".3", 3),
    NUMBER(RAS "1", CONTROLLER ".4", 4),
    NUMBER(RAS "1", CONTROLLER ".5", 5),
    NUMBER(RAS "1", CONTROLLER ".6", 6),
    POINT(RAS "2", CONTROLLER ".1", LIBRARY_HEALTH),
    NUMBER(RAS "2", CONTROLLER ".2", 1),
    POINT(RAS "2", CONTROLLER ".3", MEDIA_HEALTH),
    {RAS "2", CONTROLLER ".4", OBJECT_NUMBER, 0, STATE_GOOD, NULL, drives_good},
    {RAS "2", CONTROLLER ".4", OBJECT_NUMBER, 0, STATE_DEGRADED, NULL, drives_degraded},
    NUMBER(RAS "2", CONTROLLER ".5", 1),
    NUMBER(RAS "2", CONTROLLER ".6", 1),

    TEXT(COOLING "10.1.2", POWER ".1", "Library PS #1"),
    TEXT(COOLING "10.1.2", POWER ".2", "Library PS #2"),
    NUMBER(COOLING "10.1.3", POWER ".1", 2000),
    NUMBER(COOLING "10.1.3", POWER ".2", 2000),
    POINT(COOLING "10.1.8", POWER ".1", POWER_SUPPLY_1_STATE),
    POINT(COOLING "10.1.8", POWER ".2", POWER_SUPPLY_2_STATE),
    TEXT(COOLING "30.1.2", RCU ".1", "RCU2"),
    TEXT(COOLING "30.1.2", RCU ".2", "LPC1"),
    NUMBER(COOLING "30.1.3", RCU ".1", 1),
    NUMBER(COOLING "30.1.3", RCU ".2", 1),
    POINT(COOLING "30.1.4", RCU ".1", LIBRARY_TEMPERATURE),
    POINT(COOLING "30.1.4", RCU ".2", LIBRARY_TEMPERATURE),
    TEXT(COOLING "40.1.2", CMB ".1", "CMB2 Cooling fan #1"),
    TEXT(COOLING "40.1.2", CMB ".2", "CMB2 Cooling fan #2"),
    POINT(COOLING "40.1.4", CMB ".1", FAN_RPM),
    NUMBER(COOLING "40.1.4", CMB ".2", 2613),
};

static void
sense(const struct room *room, int64_t *raw)
{
	const struct tape_state *t = &room->tape;

	raw[IO_STATION_1_DOOR] = t->io_open     ? DOOR_IS_OPEN
				 : t->io_locked ? DOOR_CLOSED_LOCKED
						: DOOR_CLOSED_UNLOCKED;
	raw[DRIVE_1_STATE] = t->drive[0];
	raw[DRIVE_2_STATE] = t->drive[1];
	raw[DRIVE_1_HEALTH] = t->drive_failed[0] ? STATE_FAILED : STATE_GOOD;
	raw[DRIVE_2_HEALTH] = t->drive_failed[1] ? STATE_FAILED : STATE_GOOD;
	raw[LIBRARY_HEALTH] = STATE_GOOD;
	raw[MEDIA_HEALTH] = STATE_GOOD;
	raw[LIBRARY_TEMPERATURE] = quantise(room->air_c - 2.0, 0, -40, 120);
	raw[FAN_RPM] = 3 * quantise(t->fan_rpm / 3.0, 0, 0, 10000); /* the tachometer's step */
	raw[POWER_SUPPLY_1_STATE] = POWER_OK;
	raw[POWER_SUPPLY_2_STATE] = POWER_OK;
}

const struct device_type scalar_i6000 = {
    .model = "Quantum Scalar i6000",
    .points = points,
    .n_points = POINTS,
    .sense = sense,
    .summary = "io_station_1_door drive_1_state drive_2_state library_temperature",
    .transport = SNMP,
    .objects = objects,
    .n_objects = sizeof objects / sizeof *objects,
    .snmp_version = SNMP_V2C,
};
