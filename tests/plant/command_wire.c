/* plantctl's words for what is wrong with a wire. */
#include "command_i.h"
#include "truth.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Lies ---- */

enum { ON_RTU = 1 << MODBUS_RTU, ON_TCP = 1 << MODBUS_TCP, ON_SNMP = 1 << SNMP, ON_V3 = 1 << 8 };

static const struct {
	const char *word;
	unsigned wires;
} lies[LIES] = {
    [LIE_OID] = {"oid", ON_SNMP},
    [LIE_REQUEST_ID] = {"request-id", ON_SNMP},
    [LIE_TYPE] = {"type", ON_SNMP},
    [LIE_SHORT] = {"short", ON_SNMP},
    [LIE_ORDER] = {"order", ON_SNMP},
    [LIE_WINDOW] = {"window", ON_V3},
    [LIE_UNIT] = {"unit", ON_RTU | ON_TCP},
    [LIE_FUNCTION] = {"function", ON_RTU | ON_TCP},
    [LIE_LENGTH] = {"length", ON_RTU | ON_TCP},
    [LIE_TRANSACTION] = {"transaction", ON_TCP},
};

const char *
lie_word(enum lie lie)
{
	return lies[lie].word;
}

void
wire_lie(struct device *d, enum lie lie)
{
	if (d->wire.lie != LIE_NONE && d->wire.lie != lie)
		truth_fault(d, "lie", false, NULL);
	if (lie != LIE_NONE && d->wire.lie != lie)
		truth_fault(d, "lie", true, lies[lie].word);
	d->wire.lie = lie;
}

static bool
can_lie(const struct device *d, int lie)
{
	unsigned wires = 1U << d->type->transport;

	if (d->type->transport == SNMP && d->type->snmp_version == SNMP_V3)
		wires |= ON_V3;
	return lies[lie].wires & wires;
}

void
run_lie(struct call *c, struct device *d)
{
	for (int i = LIE_NONE + 1; c->n == 3 && i < LIES; i++) {
		if (!can_lie(d, i) || strcmp(lies[i].word, c->words[2]) != 0)
			continue;
		wire_lie(d, (enum lie)i);
		say(c, "%s lies: %s (restore %s)\n", d->name, lies[i].word, d->name);
		return;
	}
	say(c, "error: usage: %s lie", d->name);
	for (int i = LIE_NONE + 1; i < LIES; i++)
		if (can_lie(d, i))
			say(c, " %s", lies[i].word);
	say(c, "\n");
}

/* ---- The serial bus ---- */

static void
bus_echo(struct call *c, struct rtu_bus *b)
{
	bool on = strcmp(c->words[2], "on") == 0;

	if (!on && strcmp(c->words[2], "off") != 0) {
		say(c, "error: usage: rs485 echo on|off\n");
		return;
	}
	if (b->echo != on)
		truth_bus("echo", on, NULL);
	b->echo = on;
	say(c, "rs485: requests %s\n", on ? "come back" : "do not come back");
}

static void
bus_speed(struct call *c, struct rtu_bus *b)
{
	static const int speeds[] = {2400, 4800, 9600, 19200, 38400};
	char *end;
	long baud = strtol(c->words[2], &end, 10);

	for (size_t i = 0; *end == '\0' && i < sizeof speeds / sizeof *speeds; i++) {
		if (speeds[i] != baud)
			continue;
		if (b->baud != baud)
			truth_bus("speed", baud != RTU_BAUD, c->words[2]);
		b->baud = (int)baud;
		say(c, "rs485: the slaves speak at %ld baud\n", baud);
		return;
	}
	say(c, "error: rs485 speed takes 2400, 4800, 9600, 19200 or 38400\n");
}

/* A second device with the number of that one: both answer, neither is understood. */
static void
bus_twin(struct call *c, struct rtu_bus *b)
{
	for (unsigned i = 0; i < b->n_slaves; i++) {
		struct rtu_slave *s = &b->slaves[i];

		if (strcmp(s->device->name, c->words[2]) != 0)
			continue;
		if (!s->twin)
			truth_fault(s->device, "twin", true, NULL);
		s->twin = true;
		say(c, "%s: another device answers to unit %u too\n", s->device->name,
		    s->device->unit);
		return;
	}
	say(c, "error: %s is not on the bus\n", c->words[2]);
}

void
run_bus(struct call *c)
{
	static const struct {
		const char *word;
		void (*run)(struct call *c, struct rtu_bus *b);
	} actions[] = {{"echo", bus_echo}, {"speed", bus_speed}, {"twin", bus_twin}};

	for (size_t i = 0; i < sizeof actions / sizeof *actions; i++) {
		if (strcmp(actions[i].word, c->words[1]) == 0) {
			actions[i].run(c, &c->plant->bus);
			return;
		}
	}
	say(c, "error: usage: rs485 echo on|off, rs485 speed BAUD, rs485 twin DEVICE\n");
}

void
restore_bus(struct plant *p, const struct device *d)
{
	struct rtu_bus *b = &p->bus;

	for (unsigned i = 0; i < b->n_slaves; i++) {
		if (b->slaves[i].twin && b->slaves[i].device == d) {
			b->slaves[i].twin = false;
			truth_fault(d, "twin", false, NULL);
		}
	}
	if (d->type->transport != MODBUS_RTU)
		return;
	if (b->echo)
		truth_bus("echo", false, NULL);
	if (b->baud != RTU_BAUD)
		truth_bus("speed", false, NULL);
	b->echo = false;
	b->baud = RTU_BAUD;
}
