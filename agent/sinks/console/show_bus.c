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

/* The devices of a link as the doctor wants them; gives how many. */
static size_t
call_patients(const struct show *s, size_t link)
{
	size_t n = 0;

	for (size_t i = 0; i < s->site->device_count; i++) {
		const struct device_spec *d = &s->site->devices[i];
		struct doctor_slave *p = &s->ward->patients[n];
		struct slave_health h;

		if (d->link != (int)link || !s->sources->slave(s->sources->arg, i, &h))
			continue;
		*p = (struct doctor_slave){.device = d->name, .unit = d->unit};
		ward_recent(s->ward, i, &h, &p->recent);
		n++;
	}
	return n;
}

static void
write_findings(const struct show *s, size_t link, double load, struct writer *w)
{
	const struct link_spec *spec = &s->site->links[link];
	struct doctor_finding found[DOCTOR_FINDINGS_MAX];
	struct doctor_link l = {.kind = spec->kind, .baud = spec->baud, .load_percent = load};
	size_t n;

	if (s->ward == NULL || s->sources->slave == NULL)
		return;
	l.slaves = s->ward->patients;
	l.count = call_patients(s, link);
	l.window_s = ward_window_s(s->ward, s->now.mono);
	n = doctor_examine(&l, found);
	writer_uint(w, "window_s", (uint64_t)l.window_s);
	writer_open(w, "findings", '[');
	for (size_t i = 0; i < n; i++) {
		writer_open(w, NULL, '{');
		writer_string(w, "finding", doctor_guess_word(found[i].guess));
		if (found[i].slave != NO_INDEX)
			writer_string(w, "device", l.slaves[found[i].slave].device);
		writer_string(w, "text", found[i].text);
		writer_string(w, "evidence", found[i].evidence);
		writer_string(w, "remedy", found[i].remedy);
		writer_close(w, '}');
	}
	writer_close(w, ']');
}

void
show_link(const struct show *s, size_t link, struct writer *w)
{
	struct link_health h;
	double load;

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
	load = load_percent(s->load, link, s->now.mono, h.busy_us);
	writer_double(w, "load_percent", load);
	write_findings(s, link, load, w);
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

/* What the driver saw, since it was opened: finer than what the polls count. */
static void
write_wire(const struct show *s, size_t device, struct writer *w)
{
	struct slave_health h;

	if (s->sources->slave == NULL || !s->sources->slave(s->sources->arg, device, &h))
		return;
	const struct {
		const char *key;
		uint64_t n;
	} counts[] = {{"asked", h.asked}, {"ok", h.ok}, {"refused", h.refused},
	    {"silent", h.silent}, {"cut", h.cut}, {"checksum", h.checksum}, {"foreign", h.foreign},
	    {"mismatch", h.mismatch}, {"echo", h.echo}, {"hung_up", h.hung_up}, {"late", h.late},
	    {"overdue", h.overdue}, {"late_max_ms", (uint64_t)h.late_max_ms},
	    {"timeout_ms", (uint64_t)h.timeout_ms}};

	writer_open(w, "wire", '{');
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		writer_uint(w, counts[i].key, counts[i].n);
	writer_close(w, '}');
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
	write_wire(s, device, w);
}
