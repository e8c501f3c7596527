/*
 * Is it the wire? When all that hang on one Modbus wire fall silent together, that is one thing and
 * not as many as there are devices: one alarm stands for the wire, the others are its symptoms. Who
 * was lost before has an alarm of its own already and takes no part. Pure looks at the core; what
 * follows from them is done in cause.c.
 */
#include "core/core_private.h"

#define WAIT_MAX_MS 60000

static bool
is_modbus(const struct core *c, int link)
{
	return link != NO_INDEX && c->site->links[link].kind <= LINK_MODBUS_TCP;
}

struct wire_count *
wire_count(const struct core *c, size_t device)
{
	int link = c->site->devices[device].link;

	return is_modbus(c, link) && c->poller.on_link[link] > 1 ? &c->wires[link] : NULL;
}

bool
wire_shared(const struct core *c, size_t device, size_t other)
{
	const struct device_spec *d = c->site->devices;

	return device != other && d[device].link == d[other].link && is_modbus(c, d[device].link);
}

/* Its own alarm waits for what others on the wire do; not for its parent. */
static bool
takes_part(const struct core *c, size_t device)
{
	return c->kin[device].waiting && !cause_parent_lost(c, device);
}

/* Not decided yet whether it is silent by itself, now that its wire or its parent is back. */
static bool
on_trial(const struct core *c, size_t device)
{
	return c->kin[device].trial_ends != 0 && c->devices[device].phase == DEVICE_LOST &&
	       !cause_parent_lost(c, device);
}

static bool
is_speaker(const struct core *c, size_t device)
{
	return c->kin[device].is_wire && c->devices[device].phase == DEVICE_LOST;
}

/* It has missed a poll, and is not given up yet: that may take it minutes. */
static bool
is_failing(const struct device_state *d)
{
	return d->phase == DEVICE_FAILING || (d->phase == DEVICE_UNKNOWN && d->fails > 0);
}

enum wire_verdict
wire_verdict(const struct core *c, size_t device, bool last_call)
{
	size_t others = 0, lost = 0, online = 0, with_it = 0, speakers = 0, back = 0;
	mono_t since = c->kin[device].wait_since;

	for (size_t d = 0; d < c->site->device_count; d++) {
		const struct device_state *o = &c->devices[d];

		if (!wire_shared(c, device, d))
			continue;
		others++;
		lost += o->phase == DEVICE_LOST;
		online += o->phase == DEVICE_ONLINE;
		speakers += is_speaker(c, d);
		with_it += takes_part(c, d) || on_trial(c, d) || is_speaker(c, d) || is_failing(o);
		if (o->phase != DEVICE_ONLINE || mono_before(o->last_good, since))
			continue;
		if (mono_before(o->since, since))
			return WIRE_WELL;
		back++;
	}
	if (others == 0)
		return WIRE_WELL;
	if (back > 0)
		return last_call ? WIRE_WELL : WIRE_BACK;
	if (speakers > 0 || lost == others || (last_call && online == 0))
		return with_it > 0 ? WIRE_DEAD : WIRE_WELL;
	return last_call ? WIRE_WELL : WIRE_WAIT;
}

int64_t
wire_wait_ms(const struct core *c, size_t device)
{
	int64_t ms = 0;

	/* On a dead wire each of them costs its timeouts, one after another. */
	for (size_t d = 0; d < c->site->device_count; d++)
		if (wire_shared(c, device, d))
			ms += poller_verdict_ms(&c->poller, d);
	return ms < WAIT_MAX_MS ? ms : WAIT_MAX_MS;
}

int
wire_witness(const struct core *c, size_t device)
{
	size_t n = c->site->device_count;
	int failing = NO_INDEX;

	for (size_t i = 1; i < n; i++) {
		size_t d = (device + i) % n;

		if (!wire_shared(c, device, d) || c->devices[d].phase == DEVICE_LOST)
			continue;
		if (!is_failing(&c->devices[d]))
			return (int)d;
		if (failing == NO_INDEX)
			failing = (int)d;
	}
	return failing;
}

/* Not put aside by a person, so that somebody hears of it. */
static bool
calls(const struct core *c, size_t device)
{
	int alarm = cause_alarm(c, device);
	enum alarm_phase p = c->alarms[alarm].phase;

	return p != ALARM_SHELVED && p != ALARM_OUT_OF_SERVICE &&
	       !maintenance_silences(c, (size_t)alarm);
}

bool
wire_is_heard(const struct core *c, size_t device)
{
	return calls(c, device) && !cause_parent_lost(c, device);
}

bool
wire_party(const struct core *c, size_t device)
{
	const struct kin *k = &c->kin[device];

	return c->devices[device].phase == DEVICE_LOST &&
	       (takes_part(c, device) || on_trial(c, device) || k->is_wire || k->of_wire);
}

/*
 * Above all that somebody is called, then how gravely and how soon. Then who stands for the wire
 * already, or is called, goes on. Greater than 0: a is the better one.
 */
static int
compare(const struct core *c, size_t a, size_t b)
{
	const struct alarm_state *of[] = {
	    &c->alarms[cause_alarm(c, a)], &c->alarms[cause_alarm(c, b)]};
	const struct alarm_rule *r[] = {c->rules[cause_alarm(c, a)], c->rules[cause_alarm(c, b)]};
	int64_t wait_ms[] = {
	    of[0]->held ? 0 : r[0]->on_delay_ms, of[1]->held ? 0 : r[1]->on_delay_ms};

	if (wire_is_heard(c, a) != wire_is_heard(c, b))
		return wire_is_heard(c, a) ? 1 : -1;
	if (r[0]->priority != r[1]->priority)
		return (int)r[0]->priority - (int)r[1]->priority;
	if (wait_ms[0] != wait_ms[1])
		return wait_ms[0] < wait_ms[1] ? 1 : -1;
	if (is_speaker(c, a) != is_speaker(c, b))
		return is_speaker(c, a) ? 1 : -1;
	if (alarm_stands(of[0]->phase) != alarm_stands(of[1]->phase))
		return alarm_stands(of[0]->phase) ? 1 : -1;
	return a < b ? 1 : -1;
}

size_t
wire_speaker(const struct core *c, size_t device)
{
	size_t best = device;

	for (size_t d = 0; d < c->site->device_count; d++)
		if (wire_shared(c, device, d) && cause_alarm(c, d) != NO_INDEX &&
		    wire_party(c, d) && compare(c, d, best) > 0)
			best = d;
	return best;
}
