/*
 * switch1: network switch with 8 ports, SNMPv2c, IF-MIB (RFC 2863). Interface numbers begin at
 * 10101, as Cisco counts them, so that nobody takes the number for the port.
 */
#include "objects.h"

#define PORT_POINTS(n) PORT_##n##_LINK, PORT_##n##_IN, PORT_##n##_OUT, PORT_##n##_ERRORS
enum {
	PORT_POINTS(1),
	PORT_POINTS(2),
	PORT_POINTS(3),
	PORT_POINTS(4),
	PORT_POINTS(5),
	PORT_POINTS(6),
	PORT_POINTS(7),
	PORT_POINTS(8),
	POINTS
};

#define PORT_DEFS(n)                                                                               \
	[PORT_##n##_LINK] = {"port_" #n "_link", "", 0, true},                                     \
	[PORT_##n##_IN] = {"port_" #n "_in_octets", "By", 0, false},                               \
	[PORT_##n##_OUT] = {"port_" #n "_out_octets", "By", 0, false},                             \
	[PORT_##n##_ERRORS] = {"port_" #n "_in_errors", "1", 0, false}

static const struct point_def points[] = {
    PORT_DEFS(1),
    PORT_DEFS(2),
    PORT_DEFS(3),
    PORT_DEFS(4),
    PORT_DEFS(5),
    PORT_DEFS(6),
    PORT_DEFS(7),
    PORT_DEFS(8),
};
_Static_assert(POINTS <= DEVICE_POINTS_MAX, "points");

enum { LINK_UP = 1, LINK_DOWN = 2 }; /* ifOperStatus */

#define INTERFACES "1.3.6.1.2.1.2."
#define IF         INTERFACES "2.1."
#define IFX        "1.3.6.1.2.1.31.1.1.1."
#define PORT_OBJECTS(n, alias)                                                                     \
	TEXT(IF "2", "1010" #n, "GigabitEthernet1/0/" #n), NUMBER(IF "3", "1010" #n, 6),           \
	    NUMBER(IF "7", "1010" #n, 1), POINT(IF "8", "1010" #n, PORT_##n##_LINK),               \
	    COUNT(IF "10", "1010" #n, PORT_##n##_IN),                                              \
	    COUNT(IF "14", "1010" #n, PORT_##n##_ERRORS),                                          \
	    COUNT(IF "16", "1010" #n, PORT_##n##_OUT), TEXT(IFX "1", "1010" #n, "Gi1/0/" #n),      \
	    COUNT64(IFX "6", "1010" #n, PORT_##n##_IN),                                            \
	    COUNT64(IFX "10", "1010" #n, PORT_##n##_OUT), NUMBER(IFX "15", "1010" #n, 1000),       \
	    TEXT(IFX "18", "1010" #n, alias)

static const struct object objects[] = {
    SYSTEM_GROUP("Cisco IOS Software, C2960X Software (C2960X-UNIVERSALK9-M), Version 15.2(7)E8",
	"1.3.6.1.4.1.9.1.1208", "switch1"),
    NUMBER(INTERFACES "1", "0", PORTS),
    PORT_OBJECTS(1, "core A"),
    PORT_OBJECTS(2, "core B"),
    PORT_OBJECTS(3, "server1"),
    PORT_OBJECTS(4, "nvr1"),
    PORT_OBJECTS(5, "pdu1"),
    PORT_OBJECTS(6, "handles1"),
    PORT_OBJECTS(7, "ats1"),
    PORT_OBJECTS(8, ""),
};

static void
sense(const struct room *room, int64_t *raw)
{
	for (int i = 0; i < PORTS; i++) {
		const struct port_state *p = &room->rack.port[i];
		raw[4 * i + PORT_1_LINK] = p->down ? LINK_DOWN : LINK_UP;
		raw[4 * i + PORT_1_IN] = (int64_t)p->in_octets;
		raw[4 * i + PORT_1_OUT] = (int64_t)p->out_octets;
		raw[4 * i + PORT_1_ERRORS] = (int64_t)p->errors;
	}
}

static bool
powered(const struct room *room)
{
	return rack_outlet_live(&room->rack, OUTLET_OF_SWITCH, ups_empty(room));
}

const struct device_type if_mib_switch = {
    .model = "Network switch",
    .points = points,
    .n_points = POINTS,
    .sense = sense,
    .powered = powered,
    .summary = "port_1_link port_2_link port_3_link",
    .transport = SNMP,
    .objects = objects,
    .n_objects = sizeof objects / sizeof *objects,
    .snmp_version = SNMP_V2C,
};
