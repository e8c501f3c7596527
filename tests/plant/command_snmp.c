/* plantctl's words for SNMP: traps. */
#include "command_i.h"
#include "snmp_trap.h"
#include "truth.h"

#include <stdio.h>
#include <string.h>

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
