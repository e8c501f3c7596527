#include "scenario_rack.h"

#include <stdlib.h>
#include <string.h>

/* A whole number from 1 to most, as an index from 0; -1: it is none. */
static int
place(const char *word, int most)
{
	char *end;
	long n = strtol(word, &end, 10);

	return end != word && *end == '\0' && n >= 1 && n <= most ? (int)n - 1 : -1;
}

/* Which of two words it is: 0, 1, or -1. */
static int
either(const char *word, const char *first, const char *second)
{
	return strcmp(word, first) == 0 ? 0 : strcmp(word, second) == 0 ? 1 : -1;
}

const char *
ats_source(struct plant *p, enum plant_device device, int n, char **args)
{
	int source = either(args[0], "A", "B");

	(void)device, (void)n;
	if (source < 0)
		return "the source is A or B";
	p->room.rack.ats.preferred = source;
	return NULL;
}

const char *
ats_lose(struct plant *p, enum plant_device device, int n, char **args)
{
	int source = either(args[0], "A", "B");

	(void)device, (void)n;
	if (source < 0)
		return "the source is A or B";
	p->room.rack.ats.lost[source] = true;
	return NULL;
}

const char *
pdu_outlet(struct plant *p, enum plant_device device, int n, char **args)
{
	int outlet = place(args[0], OUTLETS), on = either(args[1], "off", "on");

	(void)device, (void)n;
	if (outlet < 0)
		return "the outlet is 1 to 8";
	if (on < 0)
		return "an outlet takes on or off";
	p->room.rack.pdu.off[outlet] = !on;
	return NULL;
}

const char *
pdu_overload(struct plant *p, enum plant_device device, int n, char **args)
{
	(void)device, (void)n, (void)args;
	p->room.rack.pdu.overload = true;
	return NULL;
}

static struct handle_state *
rack_door(struct plant *p, const char *word)
{
	int i = place(word, RACK_DOORS);

	return i < 0 ? NULL : &p->room.rack.door[i];
}

#define WHICH_DOOR "the door is 1 (front) or 2 (back)"

const char *
handle_open(struct plant *p, enum plant_device device, int n, char **args)
{
	struct handle_state *h = rack_door(p, args[0]);

	(void)device, (void)n;
	if (!h)
		return WHICH_DOOR;
	*h = (struct handle_state){.open = true, .unlocked = true, .lifted = true};
	return NULL;
}

const char *
handle_close(struct plant *p, enum plant_device device, int n, char **args)
{
	struct handle_state *h = rack_door(p, args[0]);

	(void)device, (void)n;
	if (!h)
		return WHICH_DOOR;
	*h = (struct handle_state){0};
	return NULL;
}

/* The leaf is levered open: the lock says closed. */
const char *
handle_force(struct plant *p, enum plant_device device, int n, char **args)
{
	struct handle_state *h = rack_door(p, args[0]);

	(void)device, (void)n;
	if (!h)
		return WHICH_DOOR;
	*h = (struct handle_state){.open = true};
	return NULL;
}

const char *
port_link(struct plant *p, enum plant_device device, int n, char **args)
{
	int port = place(args[0], PORTS), up = either(args[1], "down", "up");

	(void)device, (void)n;
	if (port < 0)
		return "the port is 1 to 8";
	if (up < 0)
		return "a port takes up or down";
	p->room.rack.port[port].down = !up;
	return NULL;
}

const char *
port_noise(struct plant *p, enum plant_device device, int n, char **args)
{
	int port = place(args[0], PORTS);

	(void)device, (void)n;
	if (port < 0)
		return "the port is 1 to 8";
	p->room.rack.port[port].noisy = true;
	return NULL;
}

const char *
nvr_disk_fail(struct plant *p, enum plant_device device, int n, char **args)
{
	(void)device, (void)n, (void)args;
	p->room.rack.nvr.disk_failed = true;
	return NULL;
}

const char *
server_lamp(struct plant *p, enum plant_device device, int n, char **args)
{
	int on = either(args[0], "off", "on");

	(void)device, (void)n;
	if (on < 0)
		return "the lamp is on or off";
	p->room.rack.server.lamp = on;
	return NULL;
}

const char *
server_supply_fail(struct plant *p, enum plant_device device, int n, char **args)
{
	(void)device, (void)n, (void)args;
	p->room.rack.server.supply_failed = true;
	return NULL;
}

const char *
server_cover(struct plant *p, enum plant_device device, int n, char **args)
{
	int open = either(args[0], "close", "open");

	(void)device, (void)n;
	if (open < 0)
		return "the cover takes open or close";
	p->room.rack.server.opened = open;
	return NULL;
}

void
rack_restore(struct rack_state *r, enum plant_device device)
{
	switch (device) {
	case ATS1:
		r->ats.lost[0] = r->ats.lost[1] = false;
		r->ats.preferred = 0;
		break;
	case PDU1:
		memset(r->pdu.off, 0, sizeof r->pdu.off);
		r->pdu.overload = false;
		break;
	case HANDLES1:
		memset(r->door, 0, sizeof r->door);
		break;
	case SWITCH1:
		for (int i = 0; i < PORTS; i++) {
			r->port[i].down = i == PORTS - 1;
			r->port[i].noisy = false;
		}
		break;
	case NVR1:
		r->nvr.disk_failed = false;
		break;
	case SERVER1:
		r->server.lamp = r->server.supply_failed = r->server.opened = false;
		break;
	default:
		break;
	}
}
