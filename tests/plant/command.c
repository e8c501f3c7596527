#include "command_i.h"
#include "scenario.h"
#include "truth.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
say(struct call *c, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	int n = vsnprintf(c->reply + c->used, COMMAND_REPLY - c->used, format, args);
	va_end(args);
	if (n > 0)
		c->used += (size_t)n;
	if (c->used >= COMMAND_REPLY)
		c->used = COMMAND_REPLY - 1;
}

static struct device *
find_device(struct call *c, const char *name)
{
	for (int i = 0; i < PLANT_DEVICES; i++) {
		struct device *d = &c->plant->devices[i];
		if (strcmp(d->name, name) == 0 && d->served)
			return d;
	}
	say(c, "error: no device %s here; there are", name);
	for (int i = 0; i < PLANT_DEVICES; i++) {
		if (c->plant->devices[i].served)
			say(c, " %s", c->plant->devices[i].name);
	}
	say(c, "\n");
	return NULL;
}

static int
find_point(struct call *c, const struct device *d, const char *name)
{
	int i = device_point(d, name);

	if (i >= 0)
		return i;
	say(c, "error: %s has no point %s; it has", d->name, name);
	for (size_t k = 0; k < d->type->n_points; k++)
		say(c, " %s", d->type->points[k].name);
	say(c, "\n");
	return -1;
}

/* ---- Faults of the wire ---- */

/* Makes the servers follow the devices' faults. */
static void
wire_changed(struct plant *p)
{
	for (unsigned i = 0; i < p->n_tcp; i++) {
		if (!tcp_server_update(&p->tcp[i]))
			fprintf(stderr, "plant: %s cannot listen again on port %u: %s\n",
			    p->tcp[i].device->name, p->tcp[i].device->port, strerror(errno));
	}
}

/* A switch of the wire: logs the change if there is one. */
static void
wire_switch(const struct device *d, bool *fault, bool on, const char *name)
{
	if (*fault != on)
		truth_fault(d, name, on, NULL);
	*fault = on;
}

/* An amount of a fault of the wire; 0: none. */
static void
wire_amount(const struct device *d, int *fault, int amount, const char *name)
{
	char text[16];

	snprintf(text, sizeof text, "%d", amount);
	if (*fault && !amount)
		truth_fault(d, name, false, NULL);
	if (amount)
		truth_fault(d, name, true, text);
	*fault = amount;
}

static void
run_hang(struct call *c)
{
	struct device *d = find_device(c, c->words[1]);

	if (!d)
		return;
	wire_switch(d, &d->wire.hang, true, "hang");
	say(c, "%s answers no more (restore %s)\n", d->name, d->name);
}

static void
run_refuse(struct call *c)
{
	struct device *d = find_device(c, c->words[1]);

	if (!d)
		return;
	wire_switch(d, &d->wire.refuse, true, "refuse");
	say(c, "%s refuses: %s (restore %s)\n", d->name,
	    d->type->transport == MODBUS_RTU ? "exception 4"
	    : d->type->transport == SNMP     ? "genErr"
					     : "no connection",
	    d->name);
}

static bool
take_amount(struct call *c, int most, int *amount)
{
	char *end;
	long value = strtol(c->words[2], &end, 10);

	if (end == c->words[2] || *end || value < 0 || value > most) {
		say(c, "error: %s takes a whole number from 0 to %d, not %s\n", c->words[0], most,
		    c->words[2]);
		return false;
	}
	*amount = (int)value;
	return true;
}

static void
run_late(struct call *c)
{
	struct device *d = find_device(c, c->words[1]);
	int ms;

	if (!d || !take_amount(c, 600000, &ms))
		return;
	wire_amount(d, &d->wire.late_ms, ms, "late");
	say(c, "%s: each reply %d ms late\n", d->name, ms);
}

static void
run_garble(struct call *c)
{
	struct device *d = find_device(c, c->words[1]);
	int permille;

	if (!d || !take_amount(c, 1000, &permille))
		return;
	wire_amount(d, &d->wire.garble_permille, permille, "garble");
	say(c, "%s: %d of 1000 replies damaged\n", d->name, permille);
}

static void
run_slow(struct call *c)
{
	struct device *d = find_device(c, c->words[1]);
	int ms;

	if (!d || !take_amount(c, 10000, &ms))
		return;
	if (d->type->transport != SNMP) {
		say(c, "error: %s does not speak SNMP; late is for all\n", d->name);
		return;
	}
	wire_amount(d, &d->wire.slow_ms, ms, "slow");
	say(c, "%s: %d ms for each variable\n", d->name, ms);
}

static void
run_reboot(struct call *c)
{
	struct device *d = find_device(c, c->words[1]);
	int seconds;

	if (!d || !take_amount(c, 600, &seconds))
		return;
	if (plant_reboot(c->plant, (enum plant_device)(d - c->plant->devices), seconds * 1000000LL))
		say(c, "%s boots for %d s\n", d->name, seconds);
	else
		say(c, "error: %s does not speak SNMP\n", d->name);
}

static void
run_dribble(struct call *c)
{
	struct device *d = find_device(c, c->words[1]);
	int ms;

	if (!d || !take_amount(c, 10000, &ms))
		return;
	wire_amount(d, &d->wire.dribble_ms, ms, "dribble");
	say(c, "%s: %d ms between two bytes\n", d->name, ms);
}

static void
run_reset(struct call *c)
{
	struct device *d = find_device(c, c->words[1]);
	int permille;

	if (!d || !take_amount(c, 1000, &permille))
		return;
	if (d->type->transport != MODBUS_TCP) {
		say(c, "error: %s has no connection that could be reset\n", d->name);
		return;
	}
	wire_amount(d, &d->wire.reset_permille, permille, "reset");
	say(c, "%s: %d of 1000 replies end in a reset\n", d->name, permille);
}

static void
run_absent(struct call *c)
{
	struct device *d = find_device(c, c->words[1]);

	if (!d)
		return;
	wire_switch(d, &d->wire.absent, true, "absent");
	say(c, "%s is not there (restore %s)\n", d->name, d->name);
}

/* ---- Values ---- */

static void
run_set(struct call *c)
{
	struct device *d = find_device(c, c->words[1]);
	int i = d ? find_point(c, d, c->words[2]) : -1;
	int64_t low, high;
	char *end, first[VALUE_TEXT_MAX], last[VALUE_TEXT_MAX], step[VALUE_TEXT_MAX], what[128];

	if (i < 0)
		return;
	const struct point_def *def = &d->type->points[i];
	double value = strtod(c->words[3], &end);
	double scaled = value * (double)decimal_factor(def->decimals);
	device_range(d, i, &low, &high);
	if (end == c->words[3] || *end || !isfinite(value) || fabs(scaled - round(scaled)) > 1e-6 ||
	    scaled < (double)low || scaled > (double)high) {
		say(c, "error: %s of %s takes %s to %s in steps of %s, not %s\n", def->name,
		    d->name, value_text(def, low, first), value_text(def, high, last),
		    value_text(def, 1, step), c->words[3]);
		return;
	}
	if (!d->forced[i]) {
		snprintf(what, sizeof what, "set %s", def->name);
		truth_fault(d, what, true, c->words[3]);
	}
	d->forced[i] = true;
	d->forced_raw[i] = llround(scaled);
	say(c, "%s %s is held at %s %s (restore %s)\n", d->name, def->name,
	    value_text(def, d->forced_raw[i], first), def->unit, d->name);
}

static void
run_truth(struct call *c)
{
	const struct device *d = find_device(c, c->words[1]);
	char value[VALUE_TEXT_MAX];

	if (!d)
		return;
	if (c->n == 3) {
		int i = find_point(c, d, c->words[2]);
		if (i >= 0)
			say(c, "%s\n", value_text(&d->type->points[i], d->raw[i], value));
		return;
	}
	for (size_t i = 0; i < d->type->n_points; i++) {
		const struct point_def *def = &d->type->points[i];
		say(c, "%s %s %s\n", def->name, value_text(def, d->raw[i], value), def->unit);
	}
}

/* ---- Restore ---- */

static void
restore(struct plant *p, enum plant_device device)
{
	struct device *d = &p->devices[device];
	char what[128];

	wire_switch(d, &d->wire.hang, false, "hang");
	wire_switch(d, &d->wire.refuse, false, "refuse");
	wire_amount(d, &d->wire.late_ms, 0, "late");
	wire_amount(d, &d->wire.garble_permille, 0, "garble");
	wire_amount(d, &d->wire.slow_ms, 0, "slow");
	wire_lie(d, LIE_NONE);
	wire_amount(d, &d->wire.dribble_ms, 0, "dribble");
	wire_amount(d, &d->wire.reset_permille, 0, "reset");
	wire_switch(d, &d->wire.absent, false, "absent");
	restore_bus(p, d);
	for (size_t i = 0; i < d->type->n_points; i++) {
		snprintf(what, sizeof what, "set %s", d->type->points[i].name);
		if (d->forced[i])
			truth_fault(d, what, false, NULL);
		d->forced[i] = false;
	}
	scenario_restore(p, device);
}

static void
run_restore(struct call *c)
{
	struct plant *p = c->plant;
	struct device *d = NULL;

	if (strcmp(c->words[1], "all") != 0) {
		d = find_device(c, c->words[1]);
		if (!d)
			return;
	}
	for (int i = 0; i < PLANT_DEVICES; i++) {
		if (p->devices[i].served && (!d || d == &p->devices[i]))
			restore(p, (enum plant_device)i);
	}
	say(c, "%s restored\n", d ? d->name : "all");
}

/* ---- The plant ---- */

static void
say_faults(struct call *c, const struct device *d)
{
	char text[256] = "";

	scenario_list((enum plant_device)(d - c->plant->devices), text, sizeof text);
	say(c, "%s%s%s%s", text, d->dark ? " no-power" : "", d->wire.hang ? " hang" : "",
	    d->wire.refuse ? " refuse" : "");
	if (d->wire.late_ms)
		say(c, " late(%d)", d->wire.late_ms);
	if (d->wire.garble_permille)
		say(c, " garble(%d)", d->wire.garble_permille);
	if (d->wire.slow_ms)
		say(c, " slow(%d)", d->wire.slow_ms);
	if (d->wire.absent)
		say(c, " absent");
	if (d->wire.dribble_ms)
		say(c, " dribble(%d)", d->wire.dribble_ms);
	if (d->wire.reset_permille)
		say(c, " reset(%d)", d->wire.reset_permille);
	if (d->wire.lie)
		say(c, " lie(%s)", lie_word(d->wire.lie));
	for (size_t i = 0; i < d->type->n_points; i++) {
		if (d->forced[i])
			say(c, " set(%s)", d->type->points[i].name);
	}
}

static void
say_summary(struct call *c, const struct device *d)
{
	char names[128], value[VALUE_TEXT_MAX], *rest = NULL;

	snprintf(names, sizeof names, "%s", d->type->summary);
	for (char *name = strtok_r(names, " ", &rest); name; name = strtok_r(NULL, " ", &rest)) {
		int i = device_point(d, name);
		if (i >= 0)
			say(c, " %s=%s", name, value_text(&d->type->points[i], d->raw[i], value));
	}
}

static void
run_status(struct call *c)
{
	const struct plant *p = c->plant;
	char address[32];

	say(c, "time %.0f s, speed %g, room %.2f degC, load %.1f kW, t3.5 violations %" PRIu64 "\n",
	    p->room.time_s, p->speed, p->room.air_c, room_it_heat_kw(&p->room),
	    p->devices[CRAC1].counters.t35_violations + p->devices[LEAK1].counters.t35_violations);
	if (p->story.tale)
		say(c, "story %s, %.0f min\n", p->story.tale->name,
		    (p->room.time_s - p->story.began_s) / 60.0);
	say(c, "%-8s %-20s %-16s %8s %6s %7s  %s\n", "device", "model", "address", "requests",
	    "errors", "damaged", "values; faults");
	for (int i = 0; i < PLANT_DEVICES; i++) {
		const struct device *d = &p->devices[i];
		if (!d->served)
			continue;
		if (d->type->transport == MODBUS_RTU)
			snprintf(address, sizeof address, "rs485-1 unit %u", d->unit);
		else
			snprintf(address, sizeof address, "%s %u",
			    d->type->transport == SNMP ? "udp" : "tcp", d->port);
		say(c, "%-8s %-20s %-16s %8" PRIu64 " %6" PRIu64 " %7" PRIu64 " ", d->name,
		    d->type->model, address, d->counters.requests, d->counters.exceptions,
		    d->counters.damaged);
		say_summary(c, d);
		say(c, ";");
		say_faults(c, d);
		say(c, "\n");
	}
}

static void
run_speed(struct call *c)
{
	char *end;
	double speed = strtod(c->words[1], &end);

	if (end == c->words[1] || *end || !(speed >= 0.0 && speed <= PLANT_SPEED_MAX)) {
		say(c, "error: the speed is a number from 0 to %g\n", PLANT_SPEED_MAX);
		return;
	}
	c->plant->speed = speed;
	truth_speed(speed);
	say(c, "speed %g\n", speed);
}

static void run_help(struct call *c);

static const struct {
	const char *name;
	const char *usage;
	int words_min, words_max;
	void (*run)(struct call *c);
} commands[] = {
    {"hang", "DEVICE", 2, 2, run_hang},
    {"late", "DEVICE MILLISECONDS", 3, 3, run_late},
    {"refuse", "DEVICE", 2, 2, run_refuse},
    {"garble", "DEVICE PERMILLE", 3, 3, run_garble},
    {"dribble", "DEVICE MILLISECONDS", 3, 3, run_dribble},
    {"reset", "DEVICE PERMILLE", 3, 3, run_reset},
    {"absent", "DEVICE", 2, 2, run_absent},
    {"slow", "DEVICE MILLISECONDS", 3, 3, run_slow},
    {"reboot", "DEVICE SECONDS", 3, 3, run_reboot},
    {"rs485", "echo on|off; speed BAUD; twin DEVICE", 3, 3, run_bus},
    {"set", "DEVICE POINT VALUE", 4, 4, run_set},
    {"restore", "DEVICE|all", 2, 2, run_restore},
    {"truth", "DEVICE [POINT]", 2, 3, run_truth},
    {"story", "list|stop|NAME", 2, 2, run_story},
    {"status", "", 1, 1, run_status},
    {"speed", "FACTOR", 2, 2, run_speed},
    {"help", "", 1, 1, run_help},
};

enum { COMMANDS = sizeof commands / sizeof *commands };

static void
run_help(struct call *c)
{
	size_t n;
	const struct scenario *s = scenarios(&n);

	for (size_t i = 0; i < n; i++)
		say(c, "%s %s%s%s\n", c->plant->devices[s[i].device].name, s[i].action,
		    *s[i].usage ? " " : "", s[i].usage);
	say(c, "DEVICE lie WORD\nDEVICE trap NAME\nDEVICE restore\n");
	for (size_t i = 0; i < COMMANDS; i++)
		say(c, "%s%s%s\n", commands[i].name, *commands[i].usage ? " " : "",
		    commands[i].usage);
}

/* A command that begins with a device's name. */
static void
run_device(struct call *c)
{
	struct device *d = find_device(c, c->words[0]);
	size_t n;
	const struct scenario *s = scenarios(&n);

	if (!d)
		return;
	if (c->n == 2 && strcmp(c->words[1], "restore") == 0) {
		c->words[1] = c->words[0];
		run_restore(c);
		return;
	}
	if (c->n > 1 && strcmp(c->words[1], "lie") == 0) {
		run_lie(c, d);
		return;
	}
	if (c->n > 1 && strcmp(c->words[1], "trap") == 0) {
		run_trap(c, d);
		return;
	}
	for (size_t i = 0; c->n > 1 && i < n; i++) {
		if (&c->plant->devices[s[i].device] != d || strcmp(s[i].action, c->words[1]) != 0)
			continue;
		if (c->n - 2 < s[i].args_min || c->n - 2 > s[i].args_max) {
			say(c, "error: usage: %s %s %s\n", d->name, s[i].action, s[i].usage);
			return;
		}
		const char *why_not = scenario_apply(c->plant, &s[i], c->n - 2, c->words + 2);
		if (why_not)
			say(c, "error: %s\n", why_not);
		else
			say(c, "%s: %s\n", d->name, s[i].action);
		return;
	}
	say(c, "error: %s takes", d->name);
	for (size_t i = 0; i < n; i++) {
		if (&c->plant->devices[s[i].device] == d)
			say(c, " %s |", s[i].action);
	}
	say(c, " restore\n");
}

static void
run(struct call *c)
{
	if (c->n == 0) {
		say(c, "error: no command; help lists them\n");
		return;
	}
	for (size_t i = 0; i < COMMANDS; i++) {
		if (strcmp(commands[i].name, c->words[0]) != 0)
			continue;
		if (c->n < commands[i].words_min || c->n > commands[i].words_max)
			say(c, "error: usage: %s %s\n", commands[i].name, commands[i].usage);
		else
			commands[i].run(c);
		return;
	}
	run_device(c);
}

void
command_run(struct plant *p, char *line, char *reply)
{
	struct call c = {.plant = p, .reply = reply};
	char *rest = NULL;

	for (char *word = strtok_r(line, " \t\r\n", &rest); word && c.n < WORDS_MAX;
	     word = strtok_r(NULL, " \t\r\n", &rest))
		c.words[c.n++] = word;
	reply[0] = '\0';
	plant_step(p, clock_mono_us());
	run(&c);
	wire_changed(p);
	plant_step(p, clock_mono_us());
}
