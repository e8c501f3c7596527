/* What comes on an RTU line that nobody asked for: thrown away, but not forgotten. */
#include "drivers/modbus/rtu.h"

#include "drivers/modbus/identity.h"

#include "base/arena.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

/* A reply came after its time: remember how late, and tell people once. */
static void
learn_lateness(struct link *l, struct slave *u, int64_t late_us)
{
	int64_t timeout_ms = u->device->profile->modbus.timeout_ms;
	struct member *unit = l->members[u->device->unit];

	/* Whatever was waited for it: that was not long enough. */
	pace_forget(&unit->pace);
	unit->health.late++;
	/* Longer than LATE_MAX_US: it hung, and answers for the past; that is no latency. */
	if (late_us <= timeout_ms * 1000 || late_us > LATE_MAX_US)
		return;
	unit->health.overdue++;
	if (late_us / 1000 > unit->health.late_max_ms)
		unit->health.late_max_ms = (int32_t)(late_us / 1000);
	u->late_at = clock_mono();
	if (late_us > u->late_us)
		u->late_us = late_us;
	fault_say(&u->late, u->late_at, LOG_LEVEL_WARN,
	    "%s on link %s answered after %lld ms, its timeout is %lld ms: if this goes on, raise "
	    "`timeout` in profile %s",
	    u->device->name, l->spec->name, (long long)(late_us / 1000), (long long)timeout_ms,
	    u->device->profile->name);
}

void
rtu_doubt(struct link *l, struct slave *u)
{
	if (u != NULL) {
		u->doubt = DOUBT_TROUBLED;
		return;
	}
	l->rtu->strange = DOUBT_TROUBLED;
	for (size_t i = 0; i < JOBS_UNITS; i++)
		if (l->rtu->units[i] != NULL)
			l->rtu->units[i]->doubt = DOUBT_TROUBLED;
}

/* Of the frame that begins at p; more than n where it is not all there, or none. */
static size_t
frame_bytes(const uint8_t *p, size_t n)
{
	size_t pdu;

	if ((p[1] & 0x80) != 0)
		return FRAME_RTU_REFUSAL_BYTES;
	if (p[1] != IDENTITY_FUNCTION)
		return (size_t)p[2] + 5;
	pdu = identity_bytes(p + 1, n - 1);
	return pdu == 0 || pdu == IDENTITY_NONE ? n + 1 : pdu + 3;
}

void
rtu_stray(struct link *l, const uint8_t *p, size_t n, mono_t at)
{
	struct rtu *r = l->rtu;
	struct slave *u;

	/* Shorter than any reply: a line driver that switches over makes such noise. */
	if (n < FRAME_RTU_REFUSAL_BYTES)
		return;
	while (n >= FRAME_RTU_REFUSAL_BYTES) {
		size_t bytes = frame_bytes(p, n);
		int64_t late_us;

		u = r->units[p[0]];
		if (u == NULL || bytes > n || frame_rtu_crc(p, bytes) != 0)
			break;
		u->heard = at;
		if (fence_late(&u->fence, p + 1, at, &late_us))
			learn_lateness(l, u, late_us);
		else if (!u->fence.up) {
			fence_start(&u->fence, (uint32_t)at.us);
			rtu_doubt(l, NULL); /* somebody speaks who was not asked */
		}
		if (!fence_awaits(&u->fence))
			jobs_hold(&l->jobs, p[0], (mono_t){0}); /* no use to wait longer */
		p += bytes;
		n -= bytes;
	}
	/* Not to be read as frames: the unit asked last must show that it is in step. */
	u = r->units[r->asked_unit];
	if (n > 0 && u != NULL && !u->fence.up) {
		fence_start(&u->fence, (uint32_t)at.us);
		rtu_doubt(l, u);
	}
	rtu_show_dirty(l);
}

/* Takes what has come. false: the port is gone. */
static bool
take_stray(struct link *l)
{
	struct rtu *r = l->rtu;
	uint8_t bytes[FRAME_MAX_BYTES];
	ssize_t n = read(l->fd, bytes, sizeof(bytes));

	if (n <= 0) {
		if (n < 0 && errno == EAGAIN)
			return true;
		rtu_port_lost(l, "lost", n == 0 ? EIO : errno);
		return false;
	}
	r->active = clock_mono();
	if (r->stray_bytes == 0)
		r->stray_at = r->active;
	if ((size_t)n > sizeof(r->stray) - r->stray_bytes)
		n = (ssize_t)(sizeof(r->stray) - r->stray_bytes);
	memcpy(r->stray + r->stray_bytes, bytes, (size_t)n);
	r->stray_bytes += (size_t)n;
	return true;
}

size_t
rtu_drain(struct link *l, int64_t silence_us, int64_t bound_us)
{
	struct rtu *r = l->rtu;
	mono_t bound = mono_add_us(clock_mono(), bound_us);

	r->stray_bytes = 0;
	for (;;) {
		mono_t until = mono_min(mono_add_us(clock_mono(), silence_us), bound);
		enum waited w = link_wait(l, l->fd, POLLIN, until);

		if (w == WAIT_BROKEN)
			rtu_port_lost(l, "lost", EIO);
		if (w != WAIT_READY || !take_stray(l) || !mono_before(clock_mono(), bound))
			break;
	}
	if (l->fd >= 0 && r->carrier->is_serial) {
		engine_enter(l->engine);
		modbus_flush(l->ctx);
		engine_return(l->engine);
	}
	rtu_stray(l, r->stray, r->stray_bytes, r->stray_at);
	return r->stray_bytes;
}
