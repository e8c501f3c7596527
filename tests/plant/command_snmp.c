#include "command_i.h"
#include "snmp_trap.h"
#include "truth.h"

#include <stdio.h>
#include <string.h>

static const char *const lies[SNMP_LIES] = {
    [LIE_OID] = "oid",
    [LIE_REQUEST_ID] = "request-id",
    [LIE_TYPE] = "type",
    [LIE_SHORT] = "short",
    [LIE_ORDER] = "order",
};

const char *
lie_word(enum snmp_lie lie)
{
	return lies[lie];
}

void
wire_lie(struct device *d, enum snmp_lie lie)
{
	if (d->wire.lie != LIE_NONE && d->wire.lie != lie)
		truth_fault(d, "lie", false, NULL);
	if (lie != LIE_NONE && d->wire.lie != lie)
		truth_fault(d, "lie", true, lies[lie]);
	d->wire.lie = lie;
}

void
run_lie(struct call *c, struct device *d)
{
	for (int i = LIE_NONE + 1; c->n == 3 && i < SNMP_LIES; i++) {
		if (d->type->transport != SNMP || strcmp(lies[i], c->words[2]) != 0)
			continue;
		wire_lie(d, (enum snmp_lie)i);
		say(c, "%s lies: %s (restore %s)\n", d->name, lies[i], d->name);
		return;
	}
	if (d->type->transport != SNMP)
		say(c, "error: %s does not speak SNMP; lies are for those that do\n", d->name);
	else
		say(c, "error: usage: %s " LIE_USAGE "\n", d->name);
}

static struct snmp_agent *
agent_of(struct plant *p, const struct device *d)
{
	for (unsigned i = 0; i < p->n_snmp; i++) {
		if (p->snmp[i].device == d)
			return &p->snmp[i];
	}
	return NULL;
}

void
run_trap(struct call *c, const struct device *d)
{
	struct snmp_agent *a = agent_of(c->plant, d);
	char what[64];
	size_t n;
	const struct trap_def *t = traps(&n);

	if (d->dark) {
		say(c, "error: %s has no power\n", d->name);
		return;
	}
	for (size_t i = 0; a && c->n == 3 && i < n; i++) {
		if (t[i].type != d->type || strcmp(t[i].name, c->words[2]) != 0)
			continue;
		snprintf(what, sizeof what, "trap %s", t[i].name);
		truth_action(d, what);
		if (snmp_trap_send(a, &t[i], c->plant->trap_port, clock_mono_us()))
			say(c, "%s: %s to 127.0.0.1 port %u\n", d->name, what, c->plant->trap_port);
		else
			say(c, "error: the trap could not be made\n");
		return;
	}
	bool any = false;
	for (size_t i = 0; i < n; i++) {
		if (t[i].type != d->type)
			continue;
		if (!any)
			say(c, "error: %s sends", d->name);
		say(c, " %s", t[i].name);
		any = true;
	}
	if (!any)
		say(c, "error: %s sends no traps", d->name);
	say(c, "\n");
}
