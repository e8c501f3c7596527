/*
 * plant: the simulated computer room "Annex 2F". It speaks the devices' real protocols on a pseudo
 * terminal and on ports of 127.0.0.1, and writes down what was true. See README.md.
 */
#include "plant.h"

#include "ctl.h"
#include "garble.h"
#include "rundir.h"
#include "snmp_trap.h"
#include "truth.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TICK_US   200000
#define MINUTE_US 60000000
#define BOOT_US   2000000 /* of an SNMP card, sooner than a real one */

struct options {
	const char *dir;
	double speed;
	uint64_t seed;
	bool wire_time;
	char *only;         /* device names with commas between; NULL: all */
	uint16_t trap_port; /* 0: a free one */
	bool bus_tcp;
	char *absent; /* like only; NULL: none */
};

static const char usage[] =
    "usage: plant --dir DIR [--speed N] [--seed N] [--no-wire-time] [--only DEVICE,...]\n"
    "             [--trap-port N] [--bus-tcp] [--absent DEVICE,...]\n"
    "  --dir DIR       where the run's files go (made if missing)\n"
    "  --speed N       simulated seconds in a real one (1); wires keep their own time\n"
    "  --seed N        the same seed gives the same room (else by the clock)\n"
    "  --no-wire-time  the RS-485 bus takes no time\n"
    "  --only LIST     these devices only\n"
    "  --absent LIST   these are not there yet (plantctl restore brings them)\n"
    "  --bus-tcp       the RS-485 bus is behind a serial server: RTU frames over TCP\n"
    "  --trap-port N   port of 127.0.0.1 that traps go to (else a free one)\n";

static struct plant plant = {
    .devices =
	{
	    [CRAC1] = {.name = "crac1", .type = &stulz_c7000, .unit = 1},
	    [LEAK1] = {.name = "leak1", .type = &seahawk_10k, .unit = 2},
	    [CRAC2] = {.name = "crac2", .type = &liebert_icom, .unit = 1},
	    [DOOR1] = {.name = "door1", .type = &moxa_e1214_door_1, .unit = 1},
	    [DOOR2] = {.name = "door2", .type = &moxa_e1214_door_2, .unit = 1},
	    [ACCESS1] = {.name = "access1", .type = &access_ring, .unit = 1},
	    [KEYCAB1] = {.name = "keycab1", .type = &moxa_e1210, .unit = 1},
	    [UPS1] = {.name = "ups1", .type = &generex_ups},
	    [ENV1] = {.name = "env1", .type = &hwg_ste2},
	    [TAPE1] = {.name = "tape1", .type = &scalar_i6000},
	    [ATS1] = {.name = "ats1", .type = &apc_ats},
	    [PDU1] = {.name = "pdu1", .type = &raritan_px3},
	    [HANDLES1] = {.name = "handles1", .type = &raritan_dx2},
	    [SWITCH1] = {.name = "switch1", .type = &if_mib_switch},
	    [NVR1] = {.name = "nvr1", .type = &dahua_nvr},
	    [SERVER1] = {.name = "server1", .type = &dell_idrac},
	},
};

bool
plant_reboot(struct plant *p, enum plant_device device, int64_t silent_us)
{
	int64_t now_us = clock_mono_us();

	for (unsigned i = 0; i < p->n_snmp; i++) {
		struct snmp_agent *a = &p->snmp[i];
		if (a->device != &p->devices[device])
			continue;
		if (!rundir_boot_engine(a))
			perror("plant: the SNMP engine's boots cannot be kept");
		snmp_agent_restart(a, now_us, now_us + silent_us);
		if (device == SWITCH1)
			rack_restart_switch(&p->room.rack);
		truth_action(a->device, "reboot");
		return true;
	}
	return false;
}

/* A device that loses its power falls silent, and the truth log says so; with power it boots. */
static void
follow_power(struct plant *p, enum plant_device device)
{
	struct device *d = &p->devices[device];
	bool dark = d->type->powered && !d->type->powered(&p->room);

	if (d->served && dark != d->dark)
		truth_fault(d, "no-power", dark, NULL);
	if (d->dark && !dark)
		(void)plant_reboot(p, device, BOOT_US);
	d->dark = dark;
}

void
plant_record(struct plant *p)
{
	const struct access_state *a = &p->room.access;

	for (; p->recorded != a->head; p->recorded++)
		truth_record(&p->devices[ACCESS1], &a->ring[p->recorded % ACCESS_RING]);
}

void
plant_step(struct plant *p, int64_t now_us)
{
	p->room.access.clock_s = (double)clock_wall_us() * 1e-6;
	room_step(&p->room, (double)(now_us - p->stepped_us) * 1e-6 * p->speed);
	p->stepped_us = now_us;
	plant_record(p);
	for (int i = 0; i < PLANT_DEVICES; i++) {
		device_refresh(&p->devices[i], &p->room);
		follow_power(p, (enum plant_device)i);
	}
}

static void
tick(struct timer *t, int64_t now_us)
{
	struct plant *p = OWNER(t, struct plant, tick);

	plant_step(p, now_us);
	story_advance(p);
	loop_arm(t, now_us + TICK_US);
}

static void
log_counters(const struct plant *p)
{
	for (int i = 0; i < PLANT_DEVICES; i++) {
		if (p->devices[i].served)
			truth_counters(&p->devices[i]);
	}
}

static void
minute(struct timer *t, int64_t now_us)
{
	log_counters(OWNER(t, struct plant, minute));
	loop_arm(t, now_us + MINUTE_US);
}

/* Says what went wrong, with errno. */
static int
failed(const char *what)
{
	fprintf(stderr, "plant: %s: %s\n", what, strerror(errno));
	return 1;
}

static bool
take_number(const char *option, const char *text, double most, double *value)
{
	char *end;

	*value = strtod(text, &end);
	if (end != text && *end == '\0' && *value >= 0.0 && *value <= most)
		return true;
	fprintf(stderr, "plant: --%s takes a number from 0 to %g, not %s\n", option, most, text);
	return false;
}

static bool
take_options(int argc, char **argv, struct options *o)
{
	static const struct option longs[] = {
	    {"dir", required_argument, NULL, 'd'},
	    {"speed", required_argument, NULL, 's'},
	    {"seed", required_argument, NULL, 'r'},
	    {"no-wire-time", no_argument, NULL, 'w'},
	    {"only", required_argument, NULL, 'o'},
	    {"trap-port", required_argument, NULL, 't'},
	    {"absent", required_argument, NULL, 'a'},
	    {"bus-tcp", no_argument, NULL, 'b'},
	    {0},
	};
	double seed = (double)time(NULL), trap_port = 0.0;
	bool ok = true;
	int c;

	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (c == 'd')
			o->dir = optarg;
		else if (c == 's')
			ok = take_number("speed", optarg, PLANT_SPEED_MAX, &o->speed) && ok;
		else if (c == 'r')
			ok = take_number("seed", optarg, 0x1p53, &seed) && ok;
		else if (c == 't')
			ok = take_number("trap-port", optarg, UINT16_MAX, &trap_port) && ok;
		else if (c == 'w')
			o->wire_time = false;
		else if (c == 'o')
			o->only = optarg;
		else if (c == 'a')
			o->absent = optarg;
		else if (c == 'b')
			o->bus_tcp = true;
		else
			ok = false;
	}
	o->seed = (uint64_t)seed;
	o->trap_port = (uint16_t)trap_port;
	if (!ok || !o->dir || optind < argc) {
		fputs(usage, stderr);
		return false;
	}
	return true;
}

/* The device of that name; NULL: none, and that is said. */
static struct device *
named(struct plant *p, const char *option, const char *name)
{
	for (int i = 0; i < PLANT_DEVICES; i++)
		if (strcmp(p->devices[i].name, name) == 0)
			return &p->devices[i];
	fprintf(stderr, "plant: --%s: there is no device %s\n", option, name);
	return NULL;
}

static bool
choose_devices(struct plant *p, char *only, char *absent)
{
	char *rest = NULL;
	struct device *d;

	for (int i = 0; i < PLANT_DEVICES; i++)
		p->devices[i].served = !only;
	for (char *name = only ? strtok_r(only, ",", &rest) : NULL; name;
	     name = strtok_r(NULL, ",", &rest)) {
		if ((d = named(p, "only", name)) == NULL)
			return false;
		d->served = true;
	}
	for (char *name = absent ? strtok_r(absent, ",", &rest) : NULL; name;
	     name = strtok_r(NULL, ",", &rest)) {
		if ((d = named(p, "absent", name)) == NULL)
			return false;
		d->wire.absent = true;
	}
	return true;
}

/* Opens the wire of one device. */
static bool
open_device(struct plant *p, struct device *d)
{
	switch (d->type->transport) {
	case MODBUS_RTU:
		rtu_bus_add(&p->bus, d);
		return true;
	case MODBUS_TCP:
		p->n_tcp++;
		return tcp_server_open(&p->tcp[p->n_tcp - 1], d) &&
		       tcp_server_update(&p->tcp[p->n_tcp - 1]);
	case SNMP:
		break;
	}
	struct snmp_agent *a = &p->snmp[p->n_snmp++];
	return rundir_make_secret(a, d) && snmp_agent_open(a, d);
}

/* Opens all wires; the truth of a device is in the log before its wire is open. */
static int
open_wires(struct plant *p, const struct options *o)
{
	if (o->bus_tcp && !rtu_bus_open_tcp(&p->bus, o->wire_time, o->seed))
		return failed("cannot listen for the RS-485 bus");
	if (!o->bus_tcp && !rtu_bus_open(&p->bus, LINK_FILE, o->wire_time, o->seed))
		return failed(
		    "cannot make the RS-485 bus (a pseudo terminal and the link " LINK_FILE ")");
	for (int i = 0; i < PLANT_DEVICES; i++) {
		struct device *d = &p->devices[i];
		if (!d->served)
			continue;
		device_begin(d, &p->room);
		if (d->wire.absent)
			truth_fault(d, "absent", true, NULL);
		if (!open_device(p, d))
			return failed(d->name);
	}
	return 0;
}

static void
close_wires(struct plant *p)
{
	rtu_bus_close(&p->bus);
	for (unsigned i = 0; i < p->n_tcp; i++)
		tcp_server_close(&p->tcp[i]);
	for (unsigned i = 0; i < p->n_snmp; i++)
		snmp_agent_close(&p->snmp[i]);
}

static void
say_ready(const struct plant *p, const char *absolute)
{
	printf("plant ready dir=%s speed=%g", absolute, p->speed);
	for (int i = 0; i < PLANT_DEVICES; i++) {
		const struct device *d = &p->devices[i];
		if (d->served && d->type->transport == MODBUS_RTU && p->bus.port)
			printf(" %s=127.0.0.1:%u/%u", d->name, p->bus.port, d->unit);
		else if (d->served && d->type->transport == MODBUS_RTU)
			printf(" %s=" LINK_FILE "/%u", d->name, d->unit);
		else if (d->served)
			printf(" %s=127.0.0.1:%u", d->name, d->port);
	}
	printf(" traps=127.0.0.1:%u\n", p->trap_port);
	fflush(stdout);
}

static int
run(struct plant *p, const struct options *o, const char *absolute)
{
	int rc = open_wires(p, o);

	if (rc)
		return rc;
	if (!ctl_open(p))
		return failed("cannot listen on " SOCKET_FILE);
	p->trap_port = o->trap_port ? o->trap_port : snmp_trap_free_port();
	if (!rundir_write_overlay(absolute, p->devices, PLANT_DEVICES, p->bus.port, p->trap_port))
		return failed("cannot write the overlay");
	p->tick = (struct timer){.fire = tick};
	p->minute = (struct timer){.fire = minute};
	loop_arm(&p->tick, p->stepped_us + TICK_US);
	loop_arm(&p->minute, p->stepped_us + MINUTE_US);
	say_ready(p, absolute);
	if (!loop_run())
		rc = failed("the event loop");
	log_counters(p);
	ctl_close();
	close_wires(p);
	return rc;
}

int
main(int argc, char **argv)
{
	struct options o = {.speed = 1.0, .wire_time = true};
	char absolute[PATH_MAX];

	if (!take_options(argc, argv, &o) || !choose_devices(&plant, o.only, o.absent))
		return 2;
	if (!rundir_enter(o.dir, absolute))
		return failed("cannot make or enter the directory of --dir");
	if (!truth_open(TRUTH_FILE)) {
		if (errno == EWOULDBLOCK)
			fprintf(stderr, "plant: another plant runs in %s\n", absolute);
		else
			failed(TRUTH_FILE);
		return 1;
	}
	if (!loop_open())
		return failed("cannot make the event loop");
	garble_seed(o.seed);
	room_init(&plant.room, o.seed);
	plant.speed = o.speed;
	plant.stepped_us = clock_mono_us();
	truth_start(o.seed, o.speed);
	int rc = run(&plant, &o, absolute);
	rundir_leave(plant.devices, PLANT_DEVICES);
	loop_close();
	truth_close();
	return rc;
}
