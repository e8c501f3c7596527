/*
 * pdu1: Raritan PX3 outlet strip with 8 outlets, SNMPv3 with SHA-256 and AES, PDU2-MIB. Index of an
 * inlet or outlet measurement: pdu, number, sensor type. On and off is the sensor's *state* (column
 * 3); its value (column 4) is 0 always, as in the recording of a PX3-5493U.
 */
#include "objects.h"

#define OUTLET_POINTS(n)                                                                           \
	OUTLET_##n##_STATE, OUTLET_##n##_METER, OUTLET_##n##_CURRENT, OUTLET_##n##_POWER
enum {
	INLET_STATE,
	INLET_CURRENT,
	INLET_VOLTAGE,
	INLET_POWER,
	INLET_ENERGY,
	INLET_FREQUENCY,
	OUTLET_POINTS(1),
	OUTLET_POINTS(2),
	OUTLET_POINTS(3),
	OUTLET_POINTS(4),
	OUTLET_POINTS(5),
	OUTLET_POINTS(6),
	OUTLET_POINTS(7),
	OUTLET_POINTS(8),
	POINTS
};

#define OUTLET_DEFS(n)                                                                             \
	[OUTLET_##n##_STATE] = {"outlet_" #n "_state", "", 0, true},                               \
	[OUTLET_##n##_METER] = {"outlet_" #n "_meter", "", 0, true},                               \
	[OUTLET_##n##_CURRENT] = {"outlet_" #n "_current", "A", 3, false},                         \
	[OUTLET_##n##_POWER] = {"outlet_" #n "_power", "W", 0, false}

static const struct point_def points[] = {
    [INLET_STATE] = {"inlet_state", "", 0, true},
    [INLET_CURRENT] = {"inlet_current", "A", 3, false},
    [INLET_VOLTAGE] = {"inlet_voltage", "V", 0, false},
    [INLET_POWER] = {"inlet_power", "W", 0, false},
    [INLET_ENERGY] = {"inlet_energy", "kWh", 3, false},
    [INLET_FREQUENCY] = {"inlet_frequency", "Hz", 1, false},
    OUTLET_DEFS(1),
    OUTLET_DEFS(2),
    OUTLET_DEFS(3),
    OUTLET_DEFS(4),
    OUTLET_DEFS(5),
    OUTLET_DEFS(6),
    OUTLET_DEFS(7),
    OUTLET_DEFS(8),
};
_Static_assert(POINTS <= DEVICE_POINTS_MAX, "points");
_Static_assert(OUTLET_8_STATE == OUTLET_1_STATE + 4 * (OUTLETS - 1), "outlets in a row");

/* SensorStateEnumeration */
enum { NORMAL = 4, ABOVE_UPPER_WARNING = 5, ABOVE_UPPER_CRITICAL = 6, IS_ON = 7, IS_OFF = 8 };

#define PX            "1.3.6.1.4.1.13742.6."
#define INLET_STATES  PX "5.2.3.1.3"
#define INLET_VALUES  PX "5.2.3.1.4"
#define OUTLET_STATES PX "5.4.3.1.3"
#define OUTLET_VALUES PX "5.4.3.1.4"
#define RMS_CURRENT   ".1"
#define RMS_VOLTAGE   ".4"
#define ACTIVE_POWER  ".5"
#define ACTIVE_ENERGY ".8"
#define ON_OFF        ".14"
#define FREQUENCY     ".23"
#define OUTLET_OBJECTS(n)                                                                          \
	TEXT(PX "3.5.3.1.2", "1." #n, #n), NUMBER(PX "3.5.4.1.7", "1." #n RMS_CURRENT, 3),         \
	    POINT(OUTLET_STATES, "1." #n RMS_CURRENT, OUTLET_##n##_METER),                         \
	    NUMBER(OUTLET_STATES, "1." #n ACTIVE_POWER, NORMAL),                                   \
	    POINT(OUTLET_STATES, "1." #n ON_OFF, OUTLET_##n##_STATE),                              \
	    GAUGE(OUTLET_VALUES, "1." #n RMS_CURRENT, OUTLET_##n##_CURRENT),                       \
	    GAUGE(OUTLET_VALUES, "1." #n ACTIVE_POWER, OUTLET_##n##_POWER),                        \
	    NUMBER(OUTLET_VALUES, "1." #n ON_OFF, 0)

static const struct object objects[] = {
    SYSTEM_GROUP(
	"Raritan PDU, MD:PX3-5190R HW:0x10 FW:4.2.0.5-50274", "1.3.6.1.4.1.13742.6", "pdu1"),
    ENGINE_GROUP,
    TEXT(PX "3.2.1.1.2", "1", "Raritan"),
    TEXT(PX "3.2.1.1.3", "1", "PX3-5190R"),
    TEXT(PX "3.2.3.1.6", "1.1.1", "4.2.0.5-50274"),
    NUMBER(PX "3.3.4.1.7", "1.1" RMS_CURRENT, 3), /* decimal digits */
    NUMBER(PX "3.3.4.1.7", "1.1" RMS_VOLTAGE, 0),
    NUMBER(PX "3.3.4.1.7", "1.1" ACTIVE_POWER, 0),
    NUMBER(PX "3.3.4.1.7", "1.1" ACTIVE_ENERGY, 0), /* Wh */
    NUMBER(PX "3.3.4.1.7", "1.1" FREQUENCY, 1),
    POINT(INLET_STATES, "1.1" RMS_CURRENT, INLET_STATE),
    NUMBER(INLET_STATES, "1.1" RMS_VOLTAGE, NORMAL),
    NUMBER(INLET_STATES, "1.1" ACTIVE_POWER, NORMAL),
    NUMBER(INLET_STATES, "1.1" ACTIVE_ENERGY, NORMAL),
    NUMBER(INLET_STATES, "1.1" FREQUENCY, NORMAL),
    GAUGE(INLET_VALUES, "1.1" RMS_CURRENT, INLET_CURRENT),
    GAUGE(INLET_VALUES, "1.1" RMS_VOLTAGE, INLET_VOLTAGE),
    GAUGE(INLET_VALUES, "1.1" ACTIVE_POWER, INLET_POWER),
    GAUGE(INLET_VALUES, "1.1" ACTIVE_ENERGY, INLET_ENERGY),
    GAUGE(INLET_VALUES, "1.1" FREQUENCY, INLET_FREQUENCY),
    OUTLET_OBJECTS(1),
    OUTLET_OBJECTS(2),
    OUTLET_OBJECTS(3),
    OUTLET_OBJECTS(4),
    OUTLET_OBJECTS(5),
    OUTLET_OBJECTS(6),
    OUTLET_OBJECTS(7),
    OUTLET_OBJECTS(8),
};

#define POWER_FACTOR 0.97
#define WARNING_MA   13000 /* thresholds set in the device */
#define CRITICAL_MA  16000

static void
sense(const struct room *room, int64_t *raw)
{
	const struct rack_state *r = &room->rack;
	bool dead = ups_empty(room), live = rack_output_live(r, dead);
	double va_per_ma = r->pdu.volts * POWER_FACTOR / 1000.0;
	double load_w = rack_load_w(r, dead);

	raw[INLET_CURRENT] = quantise(load_w / va_per_ma, 0, 0, UINT32_MAX);
	raw[INLET_STATE] = raw[INLET_CURRENT] >= CRITICAL_MA  ? ABOVE_UPPER_CRITICAL
			   : raw[INLET_CURRENT] >= WARNING_MA ? ABOVE_UPPER_WARNING
							      : NORMAL;
	raw[INLET_VOLTAGE] = live ? quantise(r->pdu.volts, 0, 0, 500) : 0;
	raw[INLET_POWER] = quantise(load_w, 0, 0, UINT32_MAX);
	raw[INLET_ENERGY] = quantise(r->pdu.energy_wh, 0, 0, UINT32_MAX);
	raw[INLET_FREQUENCY] = live ? quantise(room->ups.mains_hz, 1, 0, 1000) : 0;
	for (int i = 0; i < OUTLETS; i++) {
		int64_t *outlet = &raw[OUTLET_1_STATE + 4 * i];
		double w = rack_outlet_w(r, i, dead);
		outlet[0] = r->pdu.off[i] ? IS_OFF : IS_ON;
		outlet[1] = NORMAL;
		outlet[2] = quantise(w / va_per_ma, 0, 0, UINT32_MAX);
		outlet[3] = quantise(w, 0, 0, UINT32_MAX);
	}
}

static bool
powered(const struct room *room)
{
	return rack_output_live(&room->rack, ups_empty(room));
}

const struct device_type raritan_px3 = {
    .model = "Raritan PX3-5190R",
    .points = points,
    .n_points = POINTS,
    .sense = sense,
    .powered = powered,
    .summary = "inlet_current inlet_power inlet_energy",
    .transport = SNMP,
    .objects = objects,
    .n_objects = sizeof objects / sizeof *objects,
    .snmp_version = SNMP_V3,
    .snmp_auth = SNMP_AUTH_SHA_256,
};
