#include "scenario.h"

#include "scenario_doors.h"
#include "scenario_rack.h"
#include "truth.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A whole word as a number in [low, high]. */
static bool
number(const char *word, double low, double high, double *value)
{
	char *end;

	*value = strtod(word, &end);
	return end != word && *end == '\0' && isfinite(*value) && *value >= low && *value <= high;
}

/* ---- CRAC units ---- */

static const char *
crac_fail(struct plant *p, enum plant_device device, int n, char **args)
{
	(void)n, (void)args;
	p->room.crac[device == CRAC2].failed = true;
	return NULL;
}

/* ---- Leak cable ---- */

static const char *
leak_wet(struct plant *p, enum plant_device device, int n, char **args)
{
	double metres = 12.5;

	(void)device;
	if (n && !number(args[0], 0.0, 60.0, &metres))
		return "the place is a number of metres, 0 to 60";
	p->room.leak.wet = true;
	p->room.leak.distance_m = metres;
	return NULL;
}

static const char *
leak_dry(struct plant *p, enum plant_device device, int n, char **args)
{
	(void)device, (void)n, (void)args;
	p->room.leak.wet = false;
	return NULL;
}

static const char *
leak_break(struct plant *p, enum plant_device device, int n, char **args)
{
	(void)device, (void)n, (void)args;
	p->room.leak.broken = true;
	return NULL;
}

static const char *
leak_contaminate(struct plant *p, enum plant_device device, int n, char **args)
{
	(void)device, (void)n, (void)args;
	p->room.leak.contaminated = true;
	return NULL;
}

/* ---- UPS ---- */

static const char *
ups_on_battery(struct plant *p, enum plant_device device, int n, char **args)
{
	(void)device, (void)n, (void)args;
	p->room.ups.mains_lost = true;
	return NULL;
}

static const char *
ups_low_battery(struct plant *p, enum plant_device device, int n, char **args)
{
	(void)device, (void)n, (void)args;
	p->room.ups.mains_lost = true;
	p->room.ups.charge = fmin(p->room.ups.charge, 0.08); /* some 3 min */
	return NULL;
}

/* ---- Climate probe ---- */

static const char *
probe_set(struct plant *p, enum plant_device device, int n, char **args)
{
	struct probe_state *probe = &p->room.probe;
	double value;

	(void)device, (void)n;
	if (strcmp(args[0], "temperature") == 0) {
		if (!number(args[1], -55.0, 125.0, &value))
			return "the temperature is a number of degrees Celsius, -55 to 125";
		probe->temperature_c = value;
		probe->temperature_held = true;
		return NULL;
	}
	if (strcmp(args[0], "humidity") != 0)
		return "env1 set takes temperature or humidity";
	if (!number(args[1], 0.0, 100.0, &value))
		return "the humidity is a number of per cent, 0 to 100";
	probe->humidity_pct = value;
	probe->humidity_held = true;
	return NULL;
}

static const char *
probe_sensor_fail(struct plant *p, enum plant_device device, int n, char **args)
{
	(void)device, (void)n, (void)args;
	p->room.probe.failed = true;
	return NULL;
}

static const char *
probe_contact(struct plant *p, enum plant_device device, int n, char **args)
{
	double which;

	(void)device, (void)n;
	if (!number(args[0], 1.0, CONTACT_COUNT, &which))
		return "the contact is 1 or 2";
	if (strcmp(args[1], "open") != 0 && strcmp(args[1], "close") != 0)
		return "a contact takes open or close";
	p->room.probe.contact[(int)which - 1] = strcmp(args[1], "close") == 0;
	return NULL;
}

/* ---- Tape library ---- */

static const char *
tape_io_open(struct plant *p, enum plant_device device, int n, char **args)
{
	(void)device, (void)n, (void)args;
	p->room.tape.io_open = true;
	return NULL;
}

static const char *
tape_io_close(struct plant *p, enum plant_device device, int n, char **args)
{
	(void)device, (void)n, (void)args;
	p->room.tape.io_open = false;
	p->room.tape.io_locked = true;
	return NULL;
}

static const char *
tape_drive_fail(struct plant *p, enum plant_device device, int n, char **args)
{
	double which;

	(void)device, (void)n;
	if (!number(args[0], 1.0, DRIVE_COUNT, &which))
		return "the drive is 1 or 2";
	p->room.tape.drive_failed[(int)which - 1] = true;
	return NULL;
}

/* ---- The table ---- */

static const struct scenario table[] = {
    {CRAC1, "fail", "", 0, 0, crac_fail, true, NULL},
    {CRAC2, "fail", "", 0, 0, crac_fail, true, NULL},
    {DOOR1, "open", "", 0, 0, door_open, false, NULL},
    {DOOR1, "close", "", 0, 0, door_close, false, "force"},
    {DOOR1, "lock", "", 0, 0, door_lock, false, NULL},
    {DOOR1, "unlock", "", 0, 0, door_unlock, false, NULL},
    {DOOR1, "force", "", 0, 0, door_force, true, NULL},
    {DOOR1, "fault", "", 0, 0, door_fault, true, NULL},
    {DOOR1, "fire", "", 0, 0, door_fire, true, NULL},
    {DOOR1, "held", "", 0, 0, door_held, true, NULL},
    {DOOR2, "open", "", 0, 0, door_open, false, NULL},
    {DOOR2, "close", "", 0, 0, door_close, false, "force"},
    {DOOR2, "lock", "", 0, 0, door_lock, false, NULL},
    {DOOR2, "unlock", "", 0, 0, door_unlock, false, NULL},
    {DOOR2, "force", "", 0, 0, door_force, true, NULL},
    {DOOR2, "fault", "", 0, 0, door_fault, true, NULL},
    {DOOR2, "fire", "", 0, 0, door_fire, true, NULL},
    {DOOR2, "held", "", 0, 0, door_held, true, NULL},
    {ACCESS1, "badge", "NAME|NUMBER door1|door2 RESULT", 3, 3, access_badge, false, NULL},
    {ACCESS1, "exit", "door1|door2", 1, 1, access_exit, false, NULL},
    {ACCESS1, "burst", "COUNT", 1, 1, access_burst, false, NULL},
    {ACCESS1, "slow", "SECONDS", 1, 1, access_slow, true, NULL},
    {ACCESS1, "spoil", "", 0, 0, access_spoil, false, NULL},
    {ACCESS1, "reset", "[NUMBER]", 0, 1, access_restart, false, NULL},
    {ACCESS1, "mains-lost", "", 0, 0, access_mains_lost, true, NULL},
    {ACCESS1, "tamper", "", 0, 0, access_tamper, true, NULL},
    {ACCESS1, "reader-lost", "1|2", 1, 1, access_reader_lost, true, NULL},
    {KEYCAB1, "open", "", 0, 0, cabinet_open, false, NULL},
    {KEYCAB1, "close", "", 0, 0, cabinet_close, false, NULL},
    {KEYCAB1, "take", "1..4", 1, 1, cabinet_take, false, NULL},
    {KEYCAB1, "return", "1..4", 1, 1, cabinet_return, false, NULL},
    {KEYCAB1, "tamper", "", 0, 0, cabinet_tamper, true, NULL},
    {KEYCAB1, "power-lost", "", 0, 0, cabinet_power_lost, true, NULL},
    {LEAK1, "wet", "[METRES]", 0, 1, leak_wet, true, NULL},
    {LEAK1, "dry", "", 0, 0, leak_dry, false, "wet"},
    {LEAK1, "break", "", 0, 0, leak_break, true, NULL},
    {LEAK1, "contaminate", "", 0, 0, leak_contaminate, true, NULL},
    {UPS1, "on-battery", "", 0, 0, ups_on_battery, true, NULL},
    {UPS1, "low-battery", "", 0, 0, ups_low_battery, true, NULL},
    {ENV1, "set", "temperature|humidity VALUE", 2, 2, probe_set, true, NULL},
    {ENV1, "sensor-fail", "", 0, 0, probe_sensor_fail, true, NULL},
    {ENV1, "contact", "1|2 open|close", 2, 2, probe_contact, false, NULL},
    {TAPE1, "io-open", "", 0, 0, tape_io_open, false, NULL},
    {TAPE1, "io-close", "", 0, 0, tape_io_close, false, NULL},
    {TAPE1, "drive-fail", "1|2", 1, 1, tape_drive_fail, true, NULL},
    {ATS1, "source", "A|B", 1, 1, ats_source, false, NULL},
    {ATS1, "lose", "A|B", 1, 1, ats_lose, true, NULL},
    {PDU1, "outlet", "1..8 on|off", 2, 2, pdu_outlet, false, NULL},
    {PDU1, "overload", "", 0, 0, pdu_overload, true, NULL},
    {HANDLES1, "open", "1|2", 1, 1, handle_open, false, NULL},
    {HANDLES1, "close", "1|2", 1, 1, handle_close, false, "force"},
    {HANDLES1, "force", "1|2", 1, 1, handle_force, true, NULL},
    {SWITCH1, "port", "1..8 up|down", 2, 2, port_link, false, NULL},
    {SWITCH1, "noise", "1..8", 1, 1, port_noise, true, NULL},
    {NVR1, "disk-fail", "", 0, 0, nvr_disk_fail, true, NULL},
    {SERVER1, "lamp", "on|off", 1, 1, server_lamp, false, NULL},
    {SERVER1, "psu-fail", "", 0, 0, server_supply_fail, true, NULL},
    {SERVER1, "cover", "open|close", 1, 1, server_cover, false, NULL},
};

enum { ROWS = sizeof table / sizeof *table };

static bool standing[ROWS]; /* faults that have begun and not ended */

const struct scenario *
scenarios(size_t *n)
{
	*n = ROWS;
	return table;
}

static void
end_fault(struct plant *p, size_t i)
{
	if (standing[i])
		truth_fault(&p->devices[table[i].device], table[i].action, false, NULL);
	standing[i] = false;
}

const char *
scenario_apply(struct plant *p, const struct scenario *s, int n, char **args)
{
	const char *why_not = s->apply(p, s->device, n, args);

	if (why_not)
		return why_not;
	if (s->is_fault) {
		truth_fault(&p->devices[s->device], s->action, true, n ? args[n - 1] : NULL);
		standing[s - table] = true;
	} else {
		truth_action(&p->devices[s->device], s->action);
	}
	for (size_t i = 0; s->ends && i < ROWS; i++) {
		if (table[i].device == s->device && strcmp(table[i].action, s->ends) == 0)
			end_fault(p, i);
	}
	return NULL;
}

void
scenario_restore(struct plant *p, enum plant_device device)
{
	struct room *r = &p->room;

	switch (device) {
	case CRAC1:
	case CRAC2:
		r->crac[device == CRAC2].failed = false;
		break;
	case DOOR1:
	case DOOR2:
	case ACCESS1:
	case KEYCAB1:
		doors_restore(r, device);
		break;
	case LEAK1:
		r->leak.wet = r->leak.broken = r->leak.contaminated = false;
		break;
	case UPS1:
		r->ups.mains_lost = false;
		break;
	case ENV1:
		r->probe.failed = r->probe.temperature_held = r->probe.humidity_held = false;
		r->probe.contact[0] = r->probe.contact[1] = false;
		break;
	case TAPE1:
		r->tape.io_open = false;
		r->tape.io_locked = true;
		r->tape.drive_failed[0] = r->tape.drive_failed[1] = false;
		break;
	case ATS1:
	case PDU1:
	case HANDLES1:
	case SWITCH1:
	case NVR1:
	case SERVER1:
		rack_restore(&r->rack, device);
		break;
	case PLANT_DEVICES:
		return;
	}
	for (size_t i = 0; i < ROWS; i++) {
		if (table[i].device == device)
			end_fault(p, i);
	}
}

void
scenario_list(enum plant_device device, char *text, size_t size)
{
	for (size_t i = 0; i < ROWS; i++) {
		size_t n = strlen(text);
		if (standing[i] && table[i].device == device)
			snprintf(text + n, size - n, " %s", table[i].action);
	}
}
