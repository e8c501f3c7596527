/* The port of an RTU bus, whatever carries it: units, open, lost, reopened. */
#include "drivers/modbus/rtu.h"

#include "base/arena.h"
#include "base/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define REOPEN_MIN_MS 1000
#define REOPEN_MAX_MS 2000   /* a device that is back is read within 5 s */
#define OPEN_DRAIN_US 500000 /* a line that is never silent must not hold up the opening */

/* ---- life ------------------------------------------------------------------------------------ */

bool
rtu_port_setup(struct link *l, const struct rtu_carrier *carrier, char *err, size_t err_size)
{
	const struct site *site = l->env.site;
	struct rtu *r = l->rtu = xcalloc(1, sizeof(*r));

	r->carrier = carrier;
	if (!carrier->setup(l, err, err_size))
		return false;
	for (size_t i = 0; i < site->device_count; i++) {
		const struct device_spec *d = &site->devices[i];

		if (d->link != l->env.link)
			continue;
		if (d->unit < 1 || d->unit > 247) {
			text_printf(err, err_size,
			    "link %s: device %s has unit %d; a bus has 1 to 247", l->spec->name,
			    d->name, d->unit);
			return false;
		}
		if (r->units[d->unit] != NULL)
			continue; /* two devices of the site in one box: one fence */
		r->units[d->unit] = xcalloc(1, sizeof(struct slave));
		r->units[d->unit]->device = d;
		r->devices++;
	}
	return true;
}

void
rtu_port_shut(struct link *l)
{
	struct rtu *r = l->rtu;

	r->carrier->close(l);
	dial_free(&r->dial);
	for (size_t i = 0; i < JOBS_UNITS; i++)
		free(r->units[i]);
	free(r);
}

/* ---- open and lost --------------------------------------------------------------------------- */

void
rtu_show_dirty(struct link *l)
{
	bool dirty = false;

	for (size_t i = 0; i < JOBS_UNITS && !dirty; i++)
		dirty = l->rtu->units[i] != NULL && fence_is_dirty(&l->rtu->units[i]->fence);
	l->health.dirty = dirty;
}

void
rtu_port_lost(struct link *l, const char *what, int err)
{
	struct rtu *r = l->rtu;
	bool excused = l->fd >= 0 && r->carrier->excused(l);

	r->carrier->close(l);
	if (excused) {
		r->next_open = clock_mono();
		return;
	}
	r->backoff_ms = r->backoff_ms == 0 ? REOPEN_MIN_MS : r->backoff_ms * 2;
	if (r->backoff_ms > REOPEN_MAX_MS)
		r->backoff_ms = REOPEN_MAX_MS;
	r->next_open = mono_add_ms(clock_mono(), r->backoff_ms);
	if (err == 0)
		link_down(l, "%s %s", what, r->place);
	else
		link_down(l, "%s %s: %s", what, r->place,
		    err == ENOTTY ? "not a serial port" : strerrordesc_np(err));
}

/* Everybody is a stranger: a process before us may have asked, a device may hold old questions. */
static void
raise_fences(struct link *l, mono_t now)
{
	struct rtu *r = l->rtu;

	for (size_t i = 0; i < JOBS_UNITS; i++)
		if (r->units[i] != NULL) {
			fence_start(&r->units[i]->fence, (uint32_t)now.us + (uint32_t)i);
			if (r->units[i]->doubt < DOUBT_NEWCOMER)
				r->units[i]->doubt = DOUBT_NEWCOMER;
		}
	rtu_show_dirty(l);
}

bool
rtu_port_open(struct link *l, mono_t deadline)
{
	struct rtu *r = l->rtu;
	mono_t now = clock_mono();
	char text[sizeof(l->state_text)] = "";

	if (l->fd >= 0)
		return true;
	if (mono_before(now, r->next_open) || !r->carrier->open(l, deadline, text, sizeof(text)))
		return false;
	l->health.reconnects += r->opened;
	r->opened = true;
	r->backoff_ms = 0;
	r->replies = 0;
	r->unanswered = 0;
	r->active = now;
	raise_fences(l, now);
	link_up(l, "%s", text);
	if (r->carrier->is_serial)
		link_proven(l);
	rtu_drain(l, r->silent_us, OPEN_DRAIN_US);
	return l->fd >= 0;
}
