/*
 * RTU frames in a TCP stream: a serial server, or a gateway that passes them on. The other side
 * keeps the times of its wire; so does this one, because a serial server only hands bytes over.
 *
 * libmodbus has no such context, but its RTU one never asks what kind of descriptor it reads from
 * and writes to: it gets a connected socket. Its flush and its port settings are not used then.
 */
#include "drivers/modbus/rtu.h"

#include "base/text.h"

#define SILENT_TCP_US 50000 /* serial servers collect bytes before they send a segment */

static bool
tcp_setup(struct link *l, char *err, size_t err_size)
{
	const struct link_spec *s = l->spec;
	struct rtu *r = l->rtu;

	r->lock_fd = -1;
	if (!dial_settings_work(s, err, err_size))
		return false;
	if (s->baud < 300 || s->baud > 1000000) {
		text_printf(err, err_size, "link %s: %d baud is not to be had", s->name, s->baud);
		return false;
	}
	text_printf(r->place, sizeof(r->place), "%s port %d", s->address, s->tcp_port);
	r->char_us = frame_char_us(s->baud, s->parity, s->stop_bits);
	r->gap_us = frame_gap_us(s->baud, s->parity, s->stop_bits);
	r->silent_us = r->gap_us * SILENT_GAPS;
	if (r->silent_us < SILENT_TCP_US)
		r->silent_us = SILENT_TCP_US;
	text_printf(l->health.text, sizeof(l->health.text), "%s not asked yet", r->place);
	/* A port that is never opened: for framing and CRC alone. */
	return link_take_context(l, modbus_new_rtu("/dev/null", 9600, 'N', 8, 1), err, err_size);
}

static bool
tcp_open(struct link *l, mono_t deadline, char *text, size_t size)
{
	struct verdict v = dial(l, &l->rtu->dial, deadline);
	char what[128];

	if (v.status == ANSWER_OK) {
		text_printf(text, size, "%s connected, RTU frames", l->rtu->place);
		return true;
	}
	if (v.status == ANSWER_NO_LINK) {
		text_printf(what, sizeof(what), "no connection (%s):", v.why);
		rtu_port_lost(l, what, 0);
	}
	return false;
}

/*
 * A connection that was well may end: idle ones are closed by the other side. And some gateways
 * hang up on a unit that is dead; that is a matter of this unit, until all had their chance.
 */
static bool
tcp_excused(struct link *l)
{
	struct rtu *r = l->rtu;

	return r->replies > 0 || (r->answered && r->drops++ < r->devices);
}

const struct rtu_carrier rtu_tcp = {
    .is_serial = false,
    .setup = tcp_setup,
    .open = tcp_open,
    .close = dial_hang_up,
    .excused = tcp_excused,
};
