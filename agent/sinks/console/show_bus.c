/* The part of the answers that is about wires. */
#include "sinks/console/show.h"

#include <math.h>
#include <string.h>

static void
write_link_place(const struct link_spec *l, struct writer *w)
{
	writer_string(w, "link", l->name);
	writer_string(w, "kind", link_kind_word(l->kind));
	switch (l->kind) {
	case LINK_MODBUS_RTU:
		writer_string(w, "port", l->port);
		writer_uint(w, "baud", (uint64_t)l->baud);
		break;
	case LINK_MODBUS_RTU_TCP:
		writer_uint(w, "baud", (uint64_t)l->baud);
		/* fall through */
	case LINK_MODBUS_TCP:
		writer_string(w, "address", l->address);
		writer_uint(w, "port", (uint64_t)l->tcp_port);
		break;
	case LINK_SNMP:
	case LINK_GPIO:
	case LINK_KIND_COUNT:
		break;
	}
}

void
show_link(const struct show *s, size_t link, struct writer *w)
{
	struct link_health h;

	write_link_place(&s->site->links[link], w);
	if (s->sources->link == NULL)
		return;
	memset(&h, 0, sizeof(h));
	s->sources->link(s->sources->arg, link, &h);
	writer_string(w, "state", !h.up ? "down" : h.dirty ? "fencing" : "up");
	writer_string(w, "text", h.text);
	writer_uint(w, "transactions", h.transactions);
	writer_uint(w, "timeouts", h.timeouts);
	writer_uint(w, "garbled", h.garbled);
	writer_uint(w, "refused", h.refused);
	writer_uint(w, "fences", h.fences);
	writer_uint(w, "reconnects", h.reconnects);
	writer_double(w, "load_percent", load_percent(s->load, link, s->now.mono, h.busy_us));
}

double
show_round_trip_ms(const struct device_stats *st, unsigned permille)
{
	uint64_t total = 0, below = 0;

	for (int b = 0; b < ROUND_TRIP_BINS; b++)
		total += st->bins[b];
	if (total == 0)
		return (double)NAN;
	double want = (double)total * permille / 1000.0;
	for (int b = 0; b < ROUND_TRIP_BINS; b++) {
		if (st->bins[b] == 0 || (double)(below + st->bins[b]) < want) {
			below += st->bins[b];
			continue;
		}
		double low_us = b == 0 ? 0 : ldexp(1, b - 1), high_us = ldexp(1, b);
		double us = low_us + (high_us - low_us) * (want - (double)below) / st->bins[b];
		return fmin(us, st->round_trip_max_us) / 1000.0;
	}
	return st->round_trip_max_us / 1000.0;
}

/* Three digits are all that a histogram of powers of two can bear. */
static double
rounded(double v)
{
	return isfinite(v) && v > 0 ? round(v * 100) / 100 : v;
}

void
show_slave(const struct show *s, size_t device, struct writer *w)
{
	const struct device_spec *d = &s->site->devices[device];
	const struct device_state *state = &core_devices(s->core)[device];
	const struct device_stats *st = &state->stats;

	writer_string(w, "device", d->name);
	show_address(s, d, w);
	writer_string(w, "state", device_phase_word(state->phase));
	if (state->last_good.us != 0)
		writer_time(w, "answered",
		    (wall_t){s->now.wall.us - (s->now.mono.us - state->last_good.us)});
	writer_uint(w, "polls", st->polls);
	writer_uint(w, "questions", st->questions);
	writer_uint(w, "good", st->good);
	writer_uint(w, "timeouts", st->timeouts);
	writer_uint(w, "garbled", st->garbled);
	writer_uint(w, "refused", st->refused);
	writer_uint(w, "no_link", st->no_link);
	writer_open(w, "round_trip_ms", '{');
	writer_double(w, "p50", rounded(show_round_trip_ms(st, 500)));
	writer_double(w, "p99", rounded(show_round_trip_ms(st, 990)));
	writer_double(w, "max", st->good > 0 ? st->round_trip_max_us / 1000.0 : (double)NAN);
	writer_close(w, '}');
}
