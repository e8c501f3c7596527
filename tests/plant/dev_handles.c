/*
 * handles1: Raritan PX3 with a DX2-DH2C door handle controller on its sensor port, SNMPv3 with
 * SHA-256 and AES, PDU2-MIB. Places as in the recording of a PX3-5493U: sensors 1 and 2 are
 * temperatures, 3 to 5 the front door (contact, lock, handle), 6 to 8 the back door. What a contact
 * says is its state (column 3); its value (column 4) is 0 always.
 */
#include "objects.h"

enum {
	INLET_TEMPERATURE,
	OUTLET_TEMPERATURE,
	FRONT_DOOR,
	FRONT_LOCK,
	FRONT_HANDLE,
	BACK_DOOR,
	BACK_LOCK,
	BACK_HANDLE,
	INLET_SENSOR,
	OUTLET_SENSOR,
	POINTS
};

static const struct point_def points[] = {
    [INLET_TEMPERATURE] = {"rack_inlet_temperature", "Cel", 1, true},
    [OUTLET_TEMPERATURE] = {"rack_outlet_temperature", "Cel", 1, true},
    [FRONT_DOOR] = {"front_door", "", 0, true},
    [FRONT_LOCK] = {"front_lock", "", 0, true},
    [FRONT_HANDLE] = {"front_handle", "", 0, true},
    [BACK_DOOR] = {"back_door", "", 0, true},
    [BACK_LOCK] = {"back_lock", "", 0, true},
    [BACK_HANDLE] = {"back_handle", "", 0, true},
    [INLET_SENSOR] = {"rack_inlet_sensor", "", 0, true},
    [OUTLET_SENSOR] = {"rack_outlet_sensor", "", 0, true},
};
_Static_assert(POINTS <= DEVICE_POINTS_MAX, "points");

/* SensorTypeEnumeration and SensorStateEnumeration */
enum { TYPE_TEMPERATURE = 10, TYPE_CONTACT = 43, TYPE_LOCK = 49, TYPE_HANDLE = 50 };
enum { IS_OPEN = 0, IS_CLOSED = 1, NORMAL = 4 };

#define PX     "1.3.6.1.4.1.13742.6."
#define CONFIG PX "3.6.3.1."
#define STATES PX "5.5.3.1.3"
#define VALUES PX "5.5.3.1.4"
#define CONTACT(n, type, name, p)                                                                  \
	NUMBER(CONFIG "2", "1." n, type), TEXT(CONFIG "4", "1." n, name),                          \
	    NUMBER(CONFIG "17", "1." n, 0), POINT(STATES, "1." n, p), NUMBER(VALUES, "1." n, 0)
#define THERMOMETER(n, name, state, p)                                                             \
	NUMBER(CONFIG "2", "1." n, TYPE_TEMPERATURE), TEXT(CONFIG "4", "1." n, name),              \
	    NUMBER(CONFIG "17", "1." n, 1), POINT(STATES, "1." n, state), POINT(VALUES, "1." n, p)

static const struct object objects[] = {
    SYSTEM_GROUP(
	"Raritan PDU, MD:PX3-5190R HW:0x10 FW:4.2.0.5-50274", "1.3.6.1.4.1.13742.6", "handles1"),
    ENGINE_GROUP,
    TEXT(PX "3.2.1.1.2", "1", "Raritan"),
    TEXT(PX "3.2.1.1.3", "1", "PX3-5190R"),
    TEXT(PX "3.2.3.1.6", "1.1.1", "4.2.0.5-50274"),
    THERMOMETER("1", "A1 Inlet Temperature", INLET_SENSOR, INLET_TEMPERATURE),
    THERMOMETER("2", "A1 Outlet Temperature", OUTLET_SENSOR, OUTLET_TEMPERATURE),
    CONTACT("3", TYPE_CONTACT, "A1 Front Door", FRONT_DOOR),
    CONTACT("4", TYPE_LOCK, "A1 Front Door Lock", FRONT_LOCK),
    CONTACT("5", TYPE_HANDLE, "A1 Front Door Handle Lock", FRONT_HANDLE),
    CONTACT("6", TYPE_CONTACT, "A1 Back Door", BACK_DOOR),
    CONTACT("7", TYPE_LOCK, "A1 Back Door Lock", BACK_LOCK),
    CONTACT("8", TYPE_HANDLE, "A1 Back Door Handle Lock", BACK_HANDLE),
};

static void
sense(const struct room *room, int64_t *raw)
{
	raw[INLET_TEMPERATURE] = quantise(room->air_c - 0.6, 1, -250, 750);
	raw[OUTLET_TEMPERATURE] = quantise(room->air_c + 6.5, 1, -250, 750);
	raw[INLET_SENSOR] = raw[OUTLET_SENSOR] = NORMAL;
	for (int i = 0; i < RACK_DOORS; i++) {
		const struct handle_state *h = &room->rack.door[i];
		int64_t *door = &raw[i ? BACK_DOOR : FRONT_DOOR];
		door[0] = h->open ? IS_OPEN : IS_CLOSED;
		door[1] = h->unlocked ? IS_OPEN : IS_CLOSED;
		door[2] = h->lifted ? IS_OPEN : IS_CLOSED;
	}
}

static bool
powered(const struct room *room)
{
	return rack_output_live(&room->rack, ups_empty(room));
}

const struct device_type raritan_dx2 = {
    .model = "Raritan DX2-DH2C",
    .points = points,
    .n_points = POINTS,
    .sense = sense,
    .powered = powered,
    .summary = "front_door front_lock back_door back_lock",
    .transport = SNMP,
    .objects = objects,
    .n_objects = sizeof objects / sizeof *objects,
    .snmp_version = SNMP_V3,
    .snmp_auth = SNMP_AUTH_SHA_256,
};
