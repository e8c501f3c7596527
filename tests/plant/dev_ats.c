/*
 * ats1: APC rack automatic transfer switch AP4423, SNMPv1, PowerNet-MIB: atsStatusDeviceStatus
 * (.8.5.1), input and output of its one phase (.8.5.3, .8.5.4).
 */
#include "objects.h"

enum {
	SELECTED_SOURCE,
	REDUNDANCY,
	SWITCH_STATUS,
	SOURCE_A_STATUS,
	SOURCE_B_STATUS,
	PHASE_SYNC,
	SOURCE_A_VOLTAGE,
	SOURCE_B_VOLTAGE,
	OUTPUT_VOLTAGE,
	OUTPUT_CURRENT,
	POINTS
};

static const struct point_def points[] = {
    [SELECTED_SOURCE] = {"selected_source", "", 0, true},
    [REDUNDANCY] = {"redundancy", "", 0, true},
    [SWITCH_STATUS] = {"switch_status", "", 0, true},
    [SOURCE_A_STATUS] = {"source_a_status", "", 0, true},
    [SOURCE_B_STATUS] = {"source_b_status", "", 0, true},
    [PHASE_SYNC] = {"phase_sync", "", 0, true},
    [SOURCE_A_VOLTAGE] = {"source_a_voltage", "V", 0, true},
    [SOURCE_B_VOLTAGE] = {"source_b_voltage", "V", 0, true},
    [OUTPUT_VOLTAGE] = {"output_voltage", "V", 0, true},
    [OUTPUT_CURRENT] = {"output_current", "A", 1, true},
};
_Static_assert(POINTS <= DEVICE_POINTS_MAX, "points");

enum { FAIL = 1, OK = 2 };
enum { REDUNDANCY_LOST = 1, FULLY_REDUNDANT = 2 };
enum { IN_SYNC = 1, OUT_OF_SYNC = 2 };

#define ATS    "1.3.6.1.4.1.318.1.1.8."
#define STATUS ATS "5.1."

static const struct object objects[] = {
    SYSTEM_GROUP("APC Web/SNMP Management Card (MB:v4.1.0 PF:v6.4.6 PN:apc_hw05_aos_646.bin "
		 "AF1:v6.4.7 AN1:apc_hw05_ats4g_647.bin MN:AP4423 HR:R01 SN: 5A1823T01234 "
		 "MD:06/09/2018)",
	"1.3.6.1.4.1.318.1.3.32", "ats1"),
    TEXT(ATS "1.1", "0", "R01"),
    TEXT(ATS "1.2", "0", "4.1.9"),
    TEXT(ATS "1.5", "0", "AP4423"),
    TEXT(ATS "1.6", "0", "5A1823T01234"),
    POINT(STATUS "2", "0", SELECTED_SOURCE),
    POINT(STATUS "3", "0", REDUNDANCY),
    POINT(STATUS "10", "0", SWITCH_STATUS),
    POINT(STATUS "12", "0", SOURCE_A_STATUS),
    POINT(STATUS "13", "0", SOURCE_B_STATUS),
    POINT(STATUS "14", "0", PHASE_SYNC),
    POINT(ATS "5.3.3.1.3", "1.1.1", SOURCE_A_VOLTAGE),
    POINT(ATS "5.3.3.1.3", "2.1.1", SOURCE_B_VOLTAGE),
    POINT(ATS "5.4.3.1.3", "1.1.1", OUTPUT_VOLTAGE),
    POINT(ATS "5.4.3.1.4", "1.1.1", OUTPUT_CURRENT),
};

static void
sense(const struct room *room, int64_t *raw)
{
	const struct rack_state *r = &room->rack;
	bool dead = ups_empty(room), a = rack_source_live(r, 0, dead);
	bool b = rack_source_live(r, 1, dead);
	double load_w = rack_load_w(r, dead);

	raw[SELECTED_SOURCE] = r->ats.selected + 1;
	raw[REDUNDANCY] = a && b ? FULLY_REDUNDANT : REDUNDANCY_LOST;
	raw[SWITCH_STATUS] = OK;
	raw[SOURCE_A_STATUS] = a ? OK : FAIL;
	raw[SOURCE_B_STATUS] = b ? OK : FAIL;
	raw[PHASE_SYNC] = a && b ? IN_SYNC : OUT_OF_SYNC;
	raw[SOURCE_A_VOLTAGE] = a ? 230 : 0;
	raw[SOURCE_B_VOLTAGE] = b ? quantise(room->ups.mains_v, 0, 0, 500) : 0;
	raw[OUTPUT_VOLTAGE] = raw[r->ats.selected ? SOURCE_B_VOLTAGE : SOURCE_A_VOLTAGE];
	raw[OUTPUT_CURRENT] = quantise(load_w / r->pdu.volts, 1, 0, INT32_MAX);
}

static bool
powered(const struct room *room)
{
	return rack_source_live(&room->rack, 0, ups_empty(room)) ||
	       rack_source_live(&room->rack, 1, ups_empty(room));
}

const struct device_type apc_ats = {
    .model = "APC ATS AP4423",
    .points = points,
    .n_points = POINTS,
    .sense = sense,
    .powered = powered,
    .summary = "selected_source redundancy source_a_status source_b_status",
    .transport = SNMP,
    .objects = objects,
    .n_objects = sizeof objects / sizeof *objects,
    .snmp_version = SNMP_V1,
};
