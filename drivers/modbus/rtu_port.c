/* The port of an RTU bus: open, lost, reopened; silence, and what breaks it. */
#include "drivers/modbus/rtu.h"

#include "base/arena.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/select.h>
#include <unistd.h>

#define REOPEN_MIN_MS 1000
#define REOPEN_MAX_MS 10000
#define OPEN_DRAIN_US 500000 /* a line that is never silent must not hold up the opening */
#define TAKE_WAIT_US  1000   /* libmodbus is asked for what has arrived already */

/* What libmodbus 3.1.6 can set; it takes 9600 for any other number without a word. */
static const int bauds[] = {300, 600, 1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200, 230400,
    460800, 500000, 576000, 921600, 1000000};

static const char parity_letter[] = {[PARITY_NONE] = 'N', [PARITY_EVEN] = 'E', [PARITY_ODD] = 'O'};

/* ---- settings -------------------------------------------------------------------------------- */

static bool
settings_work(const struct link_spec *s, char *err, size_t err_size)
{
	bool known = false;

	for (size_t i = 0; i < sizeof(bauds) / sizeof(bauds[0]); i++)
		known |= bauds[i] == s->baud;
	if (!known)
		text_printf(err, err_size,
		    "link %s: %d baud is not to be had; 9600 and 19200 are usual", s->name,
		    s->baud);
	else if (s->stop_bits != 1 && s->stop_bits != 2)
		text_printf(
		    err, err_size, "link %s: %d stop bits; expected 1 or 2", s->name, s->stop_bits);
	else if (s->port == NULL || s->port[0] == '\0')
		text_printf(err, err_size, "link %s: no port", s->name);
	else
		return true;
	return false;
}

bool
rtu_port_setup(struct link *l, char *err, size_t err_size)
{
	const struct link_spec *s = l->spec;
	const struct site *site = l->env.site;
	struct rtu *r = l->rtu = xcalloc(1, sizeof(*r));

	r->lock_fd = -1;
	if (!settings_work(s, err, err_size))
		return false;
	r->char_us = frame_char_us(s->baud, s->parity, s->stop_bits);
	r->gap_us = frame_gap_us(s->baud, s->parity, s->stop_bits);
	r->silent_us = r->gap_us * SILENT_GAPS;
	if (r->silent_us < SILENT_MIN_US)
		r->silent_us = SILENT_MIN_US;
	for (size_t i = 0; i < site->device_count; i++) {
		const struct device_spec *d = &site->devices[i];

		if (d->link != l->env.link)
			continue;
		if (d->unit < 1 || d->unit > 247) {
			text_printf(err, err_size,
			    "link %s: device %s has unit %d; a bus has 1 to 247", s->name, d->name,
			    d->unit);
			return false;
		}
		if (r->units[d->unit] != NULL)
			continue; /* two devices of the site in one box: one fence */
		r->units[d->unit] = xcalloc(1, sizeof(struct slave));
		r->units[d->unit]->device = d;
	}
	l->ctx = modbus_new_rtu(s->port, s->baud, parity_letter[s->parity], 8, s->stop_bits);
	if (l->ctx == NULL) {
		text_printf(err, err_size, "link %s: %s", s->name, modbus_strerror(errno));
		return false;
	}
	modbus_set_error_recovery(l->ctx, MODBUS_ERROR_RECOVERY_NONE);
	modbus_set_byte_timeout(l->ctx, 0, 0);
	modbus_set_response_timeout(l->ctx, 0, TAKE_WAIT_US);
	text_printf(l->health.text, sizeof(l->health.text), "%s not opened yet", s->port);
	return true;
}

static void
close_port(struct link *l)
{
	struct rtu *r = l->rtu;

	if (l->fd >= 0) {
		modbus_flush(l->ctx); /* or close() waits for bytes that a dead line never takes */
		modbus_close(l->ctx);
		l->fd = -1;
	}
	if (r->lock_fd >= 0)
		close(r->lock_fd);
	r->lock_fd = -1;
}

void
rtu_port_shut(struct link *l)
{
	struct rtu *r = l->rtu;

	close_port(l);
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

	close_port(l);
	r->backoff_ms = r->backoff_ms == 0 ? REOPEN_MIN_MS : r->backoff_ms * 2;
	if (r->backoff_ms > REOPEN_MAX_MS)
		r->backoff_ms = REOPEN_MAX_MS;
	r->next_open = mono_add_ms(clock_mono(), r->backoff_ms);
	if (err == 0)
		link_down(l, "%s %s", what, l->spec->port);
	else
		link_down(l, "%s %s: %s", what, l->spec->port,
		    err == ENOTTY ? "not a serial port" : strerrordesc_np(err));
}

/*
 * Two masters on one bus ruin each other, and so does one that only tries: libmodbus sets speed and
 * parity as it opens. So the port is locked by a descriptor that changes nothing before that. A
 * lock ends with its process, unlike TIOCEXCL.
 */
static bool
lock_port(struct link *l)
{
	struct rtu *r = l->rtu;

	r->lock_fd = open(l->spec->port, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (r->lock_fd < 0)
		rtu_port_lost(l, "cannot open", errno);
	else if (flock(r->lock_fd, LOCK_EX | LOCK_NB) == 0)
		return true;
	else if (errno == EWOULDBLOCK)
		rtu_port_lost(l, "another program uses", 0);
	else
		rtu_port_lost(l, "cannot lock", errno);
	return false;
}

static bool
claim_port(struct link *l)
{
	if (!lock_port(l))
		return false;
	if (modbus_connect(l->ctx) != 0) {
		rtu_port_lost(l, "cannot open", errno);
		return false;
	}
	l->fd = modbus_get_socket(l->ctx);
	if (l->fd >= FD_SETSIZE) {
		/* libmodbus would abort in FD_SET; RLIMIT_NOFILE should have kept us from here. */
		rtu_port_lost(l, "no descriptor below 1024 for", EMFILE);
		return false;
	}
	return true;
}

bool
rtu_port_open(struct link *l)
{
	const struct link_spec *s = l->spec;
	struct rtu *r = l->rtu;
	mono_t now = clock_mono();

	if (l->fd >= 0)
		return true;
	if (mono_before(now, r->next_open) || !claim_port(l))
		return false;
	l->health.reconnects += r->opened;
	r->opened = true;
	r->backoff_ms = 0;
	r->active = now;
	/* A process before us may have asked; a device may still hold questions of long ago. */
	for (size_t i = 0; i < JOBS_UNITS; i++)
		if (r->units[i] != NULL)
			fence_start(&r->units[i]->fence, (uint32_t)now.us + (uint32_t)i);
	rtu_show_dirty(l);
	link_up(l, "%s open, %d 8%c%d", s->port, s->baud, parity_letter[s->parity], s->stop_bits);
	link_proven(l);
	rtu_drain(l, r->silent_us, OPEN_DRAIN_US);
	return l->fd >= 0;
}

/* ---- what came unasked ----------------------------------------------------------------------- */

/* A reply came after its time: remember how late, and tell people once. */
static void
learn_lateness(struct link *l, struct slave *u, int64_t late_us)
{
	int64_t timeout_ms = u->device->profile->modbus.timeout_ms;

	/* Longer than LATE_MAX_US: it hung, and answers for the past; that is no latency. */
	if (late_us <= timeout_ms * 1000 || late_us > LATE_MAX_US)
		return;
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
rtu_stray(struct link *l, const uint8_t *p, size_t n, mono_t at)
{
	struct rtu *r = l->rtu;
	struct slave *u;

	/* Shorter than any reply: a line driver that switches over makes such noise. */
	if (n < FRAME_RTU_REFUSAL_BYTES)
		return;
	while (n >= FRAME_RTU_REFUSAL_BYTES) {
		size_t bytes = (p[1] & 0x80) != 0 ? FRAME_RTU_REFUSAL_BYTES : (size_t)p[2] + 5;
		int64_t late_us;

		u = r->units[p[0]];
		if (u == NULL || bytes > n)
			break;
		u->heard = at;
		if (fence_late(&u->fence, p + 1, at, &late_us))
			learn_lateness(l, u, late_us);
		else if (!u->fence.up)
			fence_start(&u->fence, (uint32_t)at.us);
		if (!fence_awaits(&u->fence))
			jobs_hold(&l->jobs, p[0], (mono_t){0}); /* no use to wait longer */
		p += bytes;
		n -= bytes;
	}
	/* Not to be read as frames: the unit asked last must show that it is in step. */
	u = r->units[r->asked_unit];
	if (n > 0 && u != NULL && !u->fence.up)
		fence_start(&u->fence, (uint32_t)at.us);
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
	if (l->fd >= 0)
		modbus_flush(l->ctx);
	rtu_stray(l, r->stray, r->stray_bytes, r->stray_at);
	return r->stray_bytes;
}
