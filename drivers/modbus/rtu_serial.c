/* RTU on a serial port: settings, the lock, the RS-485 driver. */
#include "drivers/modbus/rtu.h"

#include "base/text.h"
#include "drivers/modbus/rs485.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <unistd.h>

/* What libmodbus 3.1.6 can set; it takes 9600 for any other number without a word. */
static const int bauds[] = {300, 600, 1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200, 230400,
    460800, 500000, 576000, 921600, 1000000};

static const char parity_letter[] = {[PARITY_NONE] = 'N', [PARITY_EVEN] = 'E', [PARITY_ODD] = 'O'};

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

static bool
serial_setup(struct link *l, char *err, size_t err_size)
{
	const struct link_spec *s = l->spec;
	struct rtu *r = l->rtu;

	r->lock_fd = -1;
	if (!settings_work(s, err, err_size))
		return false;
	text_copy(r->place, sizeof(r->place), s->port);
	r->char_us = r->reply_char_us = frame_char_us(s->baud, s->parity, s->stop_bits);
	r->gap_us = frame_gap_us(s->baud, s->parity, s->stop_bits);
	r->silent_us = r->gap_us * SILENT_GAPS;
	if (r->silent_us < SILENT_MIN_US)
		r->silent_us = SILENT_MIN_US;
	text_printf(l->health.text, sizeof(l->health.text), "%s not opened yet", s->port);
	return link_take_context(l,
	    modbus_new_rtu(s->port, s->baud, parity_letter[s->parity], 8, s->stop_bits), err,
	    err_size);
}

static void
serial_close(struct link *l)
{
	struct rtu *r = l->rtu;

	if (l->fd < 0 && r->lock_fd < 0)
		return;
	link_unwatch(l);
	engine_enter(l->engine);
	if (l->fd >= 0) {
		modbus_flush(l->ctx); /* or close() waits for bytes that a dead line never takes */
		modbus_close(l->ctx);
	}
	if (r->lock_fd >= 0)
		close(r->lock_fd);
	engine_return(l->engine);
	l->fd = r->lock_fd = -1;
}

/* Has the kernel switch between sending and receiving. Where it cannot, people are told. */
static void
switch_driver(struct link *l, char *text, size_t size)
{
	struct serial_rs485 how;
	int rc;

	if (!l->spec->rs485.wanted)
		return;
	rs485_flags(&l->spec->rs485, &how);
	engine_enter(l->engine);
	rc = ioctl(l->fd, TIOCSRS485, &how);
	engine_return(l->engine);
	if (rc == 0)
		text_append(text, size, ", RS-485 by the kernel");
	else if (errno == ENOTTY || errno == EINVAL || errno == ENOSYS)
		text_append(text, size,
		    "; but this port cannot switch an RS-485 driver: if the adapter switches by "
		    "itself, take `rs485` out of the link");
	else
		text_append(
		    text, size, "; but its RS-485 driver was not set: %s", strerrordesc_np(errno));
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
	int rc = -1;

	engine_enter(l->engine);
	r->lock_fd = open(l->spec->port, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (r->lock_fd >= 0)
		rc = flock(r->lock_fd, LOCK_EX | LOCK_NB);
	engine_return(l->engine);
	if (rc == 0)
		return true;
	if (r->lock_fd < 0)
		rtu_port_lost(l, "cannot open", errno);
	else if (errno == EWOULDBLOCK)
		rtu_port_lost(l, "another program uses", 0);
	else
		rtu_port_lost(l, "cannot lock", errno);
	return false;
}

static bool
serial_open(struct link *l, mono_t deadline, char *text, size_t size)
{
	const struct link_spec *s = l->spec;
	int rc;

	(void)deadline;
	if (!lock_port(l))
		return false;
	engine_enter(l->engine);
	rc = modbus_connect(l->ctx);
	engine_return(l->engine);
	if (rc != 0) {
		rtu_port_lost(l, "cannot open", errno);
		return false;
	}
	l->fd = modbus_get_socket(l->ctx);
	if (l->fd >= FD_SETSIZE) {
		/* libmodbus would abort in FD_SET; RLIMIT_NOFILE should have kept us from here. */
		rtu_port_lost(l, "no descriptor below 1024 for", EMFILE);
		return false;
	}
	text_printf(text, size, "%s open, %d 8%c%d", s->port, s->baud, parity_letter[s->parity],
	    s->stop_bits);
	switch_driver(l, text, size);
	return true;
}

static bool
serial_excused(struct link *l)
{
	(void)l;
	return false;
}

const struct rtu_carrier rtu_serial = {
    .is_serial = true,
    .setup = serial_setup,
    .open = serial_open,
    .close = serial_close,
    .excused = serial_excused,
};
