/* The plant as a whole: the room, its devices and their wires. */
#ifndef PLANT_PLANT_H
#define PLANT_PLANT_H

#include "bus_rtu.h"
#include "device.h"
#include "modbus_tcp.h"
#include "room.h"
#include "snmp_agent.h"
#include "story.h"

enum plant_device {
	CRAC1,
	LEAK1,
	CRAC2,
	DOOR1,
	DOOR2,
	ACCESS1,
	KEYCAB1,
	UPS1,
	ENV1,
	TAPE1,
	ATS1,
	PDU1,
	HANDLES1,
	SWITCH1,
	NVR1,
	SERVER1,
	PLANT_DEVICES
};

enum { PLANT_TCP = 5, PLANT_SNMP = 9 };

#define PLANT_SPEED_MAX 3600.0

struct plant {
	struct room room;
	double speed;       /* simulated seconds in a real one */
	int64_t stepped_us; /* the room stands as of this time */
	struct device devices[PLANT_DEVICES];
	struct story_run story;
	uint32_t recorded; /* badge record that is in the truth log already */
	struct rtu_bus bus;
	struct tcp_server tcp[PLANT_TCP];
	unsigned n_tcp;
	struct snmp_agent snmp[PLANT_SNMP];
	unsigned n_snmp;
	uint16_t trap_port; /* of 127.0.0.1, where traps go */
	struct timer tick;
	struct timer minute;
};

/* Writes the badge records that are new to the truth log. */
void plant_record(struct plant *p);

/* The SNMP agent of a device starts anew, as after a loss of power: one boot more, its time and
 * what it counted from 0, silent for some time. False: it has none. */
bool plant_reboot(struct plant *p, enum plant_device device, int64_t silent_us);

/* Moves the room up to now and lets every device sense it. */
void plant_step(struct plant *p, int64_t now_us);

#endif
