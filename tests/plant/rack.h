/*
 * The rack of the room and what is in it: transfer switch, outlet strip, door handles, network
 * switch, video recorder, server. Pure, as room.h.
 *
 * Power: source A of the transfer switch is the UPS, source B a feed of the building; the outlet
 * strip and the door handles hang on the transfer switch; supply 1 of the server hangs on outlet 1
 * and supply 2 on the UPS, the recorder on outlet 4, the network switch on outlet 5.
 */
#ifndef PLANT_RACK_H
#define PLANT_RACK_H

#include "rng.h"

#include <stdbool.h>
#include <stdint.h>

enum { OUTLET_OF_SERVER = 0, OUTLET_OF_NVR = 3, OUTLET_OF_SWITCH = 4 }; /* from 0 */
enum { ATS_SOURCES = 2, OUTLETS = 8, RACK_DOORS = 2, PORTS = 8 };

struct ats_state {
	bool lost[ATS_SOURCES]; /* (set) A, B */
	int preferred;          /* (set) 0: A, 1: B */
	int selected;           /* that it feeds from now */
};

struct pdu_state {
	bool off[OUTLETS]; /* (set) switched off */
	bool overload;     /* (set) somebody has plugged in a heater */
	double load_w[OUTLETS];
	double volts;
	double energy_wh; /* through the inlet, whole life */
};

struct handle_state {
	bool open;     /* (set) door leaf */
	bool unlocked; /* (set) by the electronics */
	bool lifted;   /* (set) handle out of its cradle */
};

struct port_state {
	bool down;                    /* (set) no link */
	double in_octets, out_octets; /* whole life */
	double in_rate, out_rate;     /* octets a second */
	double errors;                /* received frames that were damaged, whole life */
	bool noisy;                   /* (set) a bad cable */
};

struct nvr_state {
	bool disk_failed; /* (set) */
	double cpu_pct;
};

struct server_state {
	bool lamp;          /* (set) the amber lamp is lit: something wants a look */
	bool supply_failed; /* (set) supply 2 */
	bool opened;        /* (set) cover off */
	double power_w;     /* that the machine takes */
};

struct rack_state {
	struct ats_state ats;
	struct pdu_state pdu;
	struct handle_state door[RACK_DOORS]; /* front, back */
	struct port_state port[PORTS];
	struct nvr_state nvr;
	struct server_state server;
	double measured_s; /* time since the meters were read last */
};

void rack_init(struct rack_state *r);

/* One step of at most 1 s. ups_dead: nothing comes out of the UPS any more. */
void rack_step(struct rack_state *r, struct rng *rng, bool ups_dead, double dt_s);

/* Is there voltage at that source of the transfer switch; at its output; at an outlet (0..7)? */
bool rack_source_live(const struct rack_state *r, int source, bool ups_dead);
bool rack_output_live(const struct rack_state *r, bool ups_dead);
bool rack_outlet_live(const struct rack_state *r, int outlet, bool ups_dead);

/* The network switch was started anew: what it counted begins at 0. */
void rack_restart_switch(struct rack_state *r);

/* Power out of an outlet, and out of all of them (W). */
double rack_outlet_w(const struct rack_state *r, int outlet, bool ups_dead);
double rack_load_w(const struct rack_state *r, bool ups_dead);

#endif
