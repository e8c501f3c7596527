/* How busy each link will be, worked out from its plans. */
#include "core/budget.h"

#include "core/plan.h"

/*
 * What is assumed where nothing is known: the time that a serial device takes to begin its
 * answer, and one request and answer over TCP or UDP in a building's network.
 */
#define TURNAROUND_MS   10.0
#define TCP_EXCHANGE_MS 5.0
#define UDP_EXCHANGE_MS 1.0

/* Modbus RTU frames: address, function, start, count, CRC; address, function, length, data, CRC. */
#define REQUEST_BYTES 8
#define REPLY_BYTES   5

/*
 * Silence around a frame: 3.5 characters, and 1.75 ms above 19200 baud (Modbus over serial line
 * V1.02, 2.5.1.1).
 */
static double
silence_ms(const struct link_spec *link, double character_ms)
{
	return link->baud > 19200 ? 1.75 : 3.5 * character_ms;
}

static double
rtu_ms(const struct link_spec *link, const struct profile *p, const struct ask *ask)
{
	int bits = 1 + 8 + (link->parity == PARITY_NONE ? 0 : 1) + link->stop_bits;
	double character_ms = 1000.0 * bits / link->baud;
	bool registers = ask->table == TABLE_HOLDING || ask->table == TABLE_INPUT;
	int data = registers ? 2 * ask->count : (ask->count + 7) / 8;

	return (REQUEST_BYTES + REPLY_BYTES + data) * character_ms +
	       2 * silence_ms(link, character_ms) + TURNAROUND_MS + (double)p->modbus.quiet_ms;
}

/* One poll of one class: requests and wire time. */
static void
poll_cost(const struct link_spec *link, const struct profile *p, const struct plan *plan,
    unsigned *requests, double *ms)
{
	size_t n = plan->ask_count;

	*ms = 0;
	switch (link->kind) {
	case LINK_MODBUS_RTU:
	case LINK_MODBUS_RTU_TCP:
		for (size_t i = 0; i < n; i++)
			*ms += rtu_ms(link, p, &plan->asks[i].ask);
		if (link->kind == LINK_MODBUS_RTU_TCP)
			*ms += (double)n * TCP_EXCHANGE_MS;
		break;
	case LINK_MODBUS_TCP:
		*ms = (double)n * TCP_EXCHANGE_MS;
		break;
	case LINK_GPIO:
		*ms = 0; /* nothing is on a wire */
		break;
	case LINK_SNMP:
	case LINK_KIND_COUNT:
	default:
		n = (n + p->snmp.max_varbinds - 1) / p->snmp.max_varbinds;
		*ms = (double)n * UDP_EXCHANGE_MS;
		break;
	}
	*requests = (unsigned)n;
}

/* All classes of one device: adds to *out; returns the wire time of one poll of everything. */
static double
device_cost(const struct link_spec *link, const struct device_spec *d, struct budget *out)
{
	struct arena *a = arena_new();
	double total = 0;

	for (int class = 0; class < POLL_CLASS_COUNT; class ++) {
		const struct plan *plan = plan_points(a, d->profile, (enum poll_class) class, NULL);
		double ms, period = (double)d->period_ms[class];
		unsigned requests;

		if (plan->item_count == 0)
			continue;
		poll_cost(link, d->profile, plan, &requests, &ms);
		out->requests_per_cycle += requests;
		out->requests_per_minute += (unsigned)((double)requests * 60e3 / period + 0.5);
		out->load_percent += 100.0 * ms / period;
		total += ms;
	}
	out->cycle_ms += total;
	arena_free(a);
	return total;
}

/* What a cycle loses when this device is silent: the wait for it, instead of its answers. */
static double
silent_ms(const struct link_spec *link, const struct device_spec *d)
{
	bool waits = link->kind != LINK_SNMP && link->kind != LINK_GPIO;

	return waits ? (double)d->profile->modbus.timeout_ms : 0;
}

void
budget_link(const struct site *s, int link, struct budget *out)
{
	const struct link_spec *spec = &s->links[link];
	double worst = 0;

	*out = (struct budget){.worst_device = NO_INDEX};
	for (size_t i = 0; i < s->device_count; i++) {
		const struct device_spec *d = &s->devices[i];
		double ms, more;

		if (d->link != link)
			continue;
		ms = device_cost(spec, d, out);
		more = silent_ms(spec, d) - ms;
		if (out->worst_device == NO_INDEX || more > worst) {
			worst = more;
			out->worst_device = (int)i;
		}
	}
	out->worst_cycle_ms = out->cycle_ms + (worst > 0 ? worst : 0);
}
