/*
 * server1: Dell PowerEdge R640 by its iDRAC, SNMPv2c, DELL-RAC-MIB and IDRAC-MIB-SMIv2. Temperature
 * probes as in the recording: 1 and 2 processors, 3 inlet, 4 exhaust, in tenths; current probe 3 is
 * the power of the machine in watts. What the lamp at the front shows is drsGlobalSystemStatus.
 */
#include "objects.h"

enum {
	SYSTEM_STATUS,
	SUPPLY_1_STATUS,
	SUPPLY_2_STATUS,
	SUPPLY_1_VOLTAGE,
	SUPPLY_2_VOLTAGE,
	MACHINE_POWER,
	INLET_TEMPERATURE,
	EXHAUST_TEMPERATURE,
	CPU_1_TEMPERATURE,
	INTRUSION,
	DISK_1_STATE,
	POINTS
};

static const struct point_def points[] = {
    [SYSTEM_STATUS] = {"system_status", "", 0, true},
    [SUPPLY_1_STATUS] = {"supply_1_status", "", 0, true},
    [SUPPLY_2_STATUS] = {"supply_2_status", "", 0, true},
    [SUPPLY_1_VOLTAGE] = {"supply_1_voltage", "V", 0, true},
    [SUPPLY_2_VOLTAGE] = {"supply_2_voltage", "V", 0, true},
    [MACHINE_POWER] = {"power", "W", 0, true},
    [INLET_TEMPERATURE] = {"machine_inlet_temperature", "Cel", 1, true},
    [EXHAUST_TEMPERATURE] = {"machine_exhaust_temperature", "Cel", 1, true},
    [CPU_1_TEMPERATURE] = {"cpu_1_temperature", "Cel", 1, true},
    [INTRUSION] = {"chassis_intrusion", "", 0, true},
    [DISK_1_STATE] = {"disk_1_state", "", 0, true},
};
_Static_assert(POINTS <= DEVICE_POINTS_MAX, "points");

enum { OK = 3, NON_CRITICAL = 4, CRITICAL = 5 };     /* ObjectStatusEnum */
enum { NOT_BREACHED = 1, BREACHED = 2, ONLINE = 3 }; /* intrusionReading, physicalDiskState */

#define DELL  "1.3.6.1.4.1.674.10892."
#define POWER DELL "5.4.600."
#define TEMP  DELL "5.4.700.20.1."

static const struct object objects[] = {
    SYSTEM_GROUP("", "1.3.6.1.4.1.674.10892.5", "server1"),
    TEXT(DELL "2.1.1.2", "0", "iDRAC"),
    TEXT(DELL "2.1.2.1", "0", "5.10.10.00"),
    POINT(DELL "2.2.1", "0", SYSTEM_STATUS),
    TEXT(DELL "5.1.3.12", "0", "PowerEdge R640"),
    NUMBER(DELL "5.4.300.70.1.5", "1.1", OK),
    POINT(DELL "5.4.300.70.1.6", "1.1", INTRUSION),
    POINT(POWER "12.1.5", "1.1", SUPPLY_1_STATUS),
    POINT(POWER "12.1.5", "1.2", SUPPLY_2_STATUS),
    TEXT(POWER "12.1.8", "1.1", "PS1 Status"),
    TEXT(POWER "12.1.8", "1.2", "PS2 Status"),
    POINT(POWER "12.1.16", "1.1", SUPPLY_1_VOLTAGE),
    POINT(POWER "12.1.16", "1.2", SUPPLY_2_VOLTAGE),
    POINT(POWER "30.1.6", "1.3", MACHINE_POWER),
    TEXT(POWER "30.1.8", "1.3", "System Board Pwr Consumption"),
    POINT(TEMP "6", "1.1", CPU_1_TEMPERATURE),
    POINT(TEMP "6", "1.3", INLET_TEMPERATURE),
    POINT(TEMP "6", "1.4", EXHAUST_TEMPERATURE),
    TEXT(TEMP "8", "1.1", "CPU1 Temp"),
    TEXT(TEMP "8", "1.3", "System Board Inlet Temp"),
    TEXT(TEMP "8", "1.4", "System Board Exhaust Temp"),
    TEXT(DELL "5.5.1.20.130.4.1.2", "1", "NonRAID Solid State Disk 0:1:1"),
    POINT(DELL "5.5.1.20.130.4.1.4", "1", DISK_1_STATE),
};

static void
sense(const struct room *room, int64_t *raw)
{
	const struct server_state *s = &room->rack.server;
	bool dead = ups_empty(room), fed = rack_outlet_live(&room->rack, OUTLET_OF_SERVER, dead);
	/* The probes have whole degrees, shown in tenths. */
	int64_t inlet_c = quantise(room->air_c - 0.5, 0, -40, 120);

	raw[SUPPLY_1_STATUS] = fed ? OK : CRITICAL;
	raw[SUPPLY_2_STATUS] = s->supply_failed ? CRITICAL : OK;
	raw[SUPPLY_1_VOLTAGE] = fed ? quantise(room->rack.pdu.volts, 0, 0, 500) : 0;
	raw[SUPPLY_2_VOLTAGE] = dead || s->supply_failed ? 0 : 230;
	raw[SYSTEM_STATUS] = !fed || s->supply_failed ? CRITICAL : s->lamp ? NON_CRITICAL : OK;
	raw[MACHINE_POWER] = quantise(s->power_w, 0, 0, 2000);
	raw[INLET_TEMPERATURE] = 10 * inlet_c;
	raw[EXHAUST_TEMPERATURE] = 10 * (inlet_c + 14);
	raw[CPU_1_TEMPERATURE] = 10 * (inlet_c + 30);
	raw[INTRUSION] = s->opened ? BREACHED : NOT_BREACHED;
	raw[DISK_1_STATE] = ONLINE;
}

static bool
powered(const struct room *room)
{
	return (!ups_empty(room) && !room->rack.server.supply_failed) ||
	       rack_outlet_live(&room->rack, OUTLET_OF_SERVER, ups_empty(room));
}

const struct device_type dell_idrac = {
    .model = "Dell R640, iDRAC",
    .points = points,
    .n_points = POINTS,
    .sense = sense,
    .powered = powered,
    .summary = "system_status supply_1_status supply_2_status machine_inlet_temperature",
    .transport = SNMP,
    .objects = objects,
    .n_objects = sizeof objects / sizeof *objects,
    .snmp_version = SNMP_V2C,
};
