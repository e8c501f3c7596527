/*
 * nvr1: Dahua network video recorder, SNMPv2c, DAHUA-SNMP-MIB of 2014-05-10 and IF-MIB. The MIB has
 * one judgement that can be read, deviceStatus; lost pictures and failed disks it only sends as
 * traps. Objects that the recording of a NVR4108HS has, and cpuUsage and videoChannel of the MIB.
 */
#include "objects.h"

enum { DEVICE_STATUS, CPU_LOAD, VIDEO_CHANNELS, POINTS };

static const struct point_def points[] = {
    [DEVICE_STATUS] = {"device_status", "", 0, true},
    [CPU_LOAD] = {"cpu_load", "%", 0, true},
    [VIDEO_CHANNELS] = {"video_channels", "1", 0, true},
};
_Static_assert(POINTS <= DEVICE_POINTS_MAX, "points");

enum { BAD = 0, GOOD = 1, CHANNELS = 8 };

#define DAHUA "1.3.6.1.4.1.1004849.2."
#define IF    "1.3.6.1.2.1.2.2.1."

static const struct object objects[] = {
    SYSTEM_GROUP("DH-NVR4108HS-8P-4KS2", "1.3.6.1.4.1.1004849.3.2.10", "nvr1"),
    TEXT(IF "2", "1", "lo"),
    TEXT(IF "2", "2", "eth0"),
    NUMBER(IF "8", "1", 1),
    NUMBER(IF "8", "2", 1),
    TEXT(DAHUA "1.1.1", "0", "3.212.0000.1"),
    POINT(DAHUA "1.2.1", "0", VIDEO_CHANNELS),
    TEXT(DAHUA "1.2.4", "0", "2M00D2APAZTL62J"),
    TEXT(DAHUA "1.2.6", "0", "DH-NVR4108HS-8P-4KS2"),
    POINT(DAHUA "1.2.8", "0", DEVICE_STATUS),
    POINT(DAHUA "1.3", "0", CPU_LOAD),
};

static void
sense(const struct room *room, int64_t *raw)
{
	const struct nvr_state *n = &room->rack.nvr;

	raw[DEVICE_STATUS] = n->disk_failed ? BAD : GOOD;
	raw[CPU_LOAD] = quantise(n->cpu_pct, 0, 0, 100);
	raw[VIDEO_CHANNELS] = CHANNELS;
}

static bool
powered(const struct room *room)
{
	return rack_outlet_live(&room->rack, OUTLET_OF_NVR, ups_empty(room));
}

const struct device_type dahua_nvr = {
    .model = "Dahua NVR4108HS",
    .points = points,
    .n_points = POINTS,
    .sense = sense,
    .powered = powered,
    .summary = "device_status cpu_load",
    .transport = SNMP,
    .objects = objects,
    .n_objects = sizeof objects / sizeof *objects,
    .snmp_version = SNMP_V2C,
};
