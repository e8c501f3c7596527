#include "bus_rtu.h"

#include "garble.h"
#include "modbus_pdu.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#define CHARACTER_NS  (10LL * 1000000000 / RTU_BAUD) /* 8N1: ten bits */
#define SILENCE_US    (CHARACTER_NS * 35 / 10 / 1000)
#define TURNAROUND_US 2000 /* at least; up to twice that */
#define UART_PIECE    8    /* characters that a UART hands over at a time */

static uint16_t
crc16(const uint8_t *p, size_t n)
{
	uint16_t crc = 0xffff;

	while (n--) {
		crc ^= *p++;
		for (int bit = 0; bit < 8; bit++)
			crc = (uint16_t)(crc & 1 ? crc >> 1 ^ 0xa001 : crc >> 1);
	}
	return crc;
}

/* Time of n characters on this wire. */
static int64_t
characters_us(const struct rtu_bus *b, size_t n)
{
	return b->wire_time ? (int64_t)n * CHARACTER_NS / 1000 : 0;
}

/* ---- Replies ---- */

/* Flips bits until the CRC is wrong, so that damage is damage. */
static void
spoil(uint8_t *frame, size_t n)
{
	do
		garble_bit(frame, n);
	while (crc16(frame, n) == 0);
}

/* Spoils what is still to be sent of the reply that is going out: one flipped bit, which the CRC
 * always shows. */
static void
spoil_rest(struct rtu_bus *b)
{
	if (!b->out_spoiled)
		garble_bit(b->out + b->out_sent, b->out_n - b->out_sent);
	b->out_spoiled = true;
}

/* What a full pseudo terminal does not take is lost, as on a wire that nobody reads. */
static void
to_master(const struct rtu_bus *b, const uint8_t *bytes, size_t n)
{
	if (b->watch.fd >= 0 && write(b->watch.fd, bytes, n) < 0 && errno != EAGAIN && b->path)
		perror("plant: rs485-1");
}

static void
out_next(struct timer *t, int64_t now_us)
{
	struct rtu_bus *b = OWNER(t, struct rtu_bus, out_timer);
	size_t n = b->out_n - b->out_sent;

	if (b->out_dribble_ms)
		n = 1;
	else if (b->wire_time && n > UART_PIECE)
		n = UART_PIECE;
	to_master(b, b->out + b->out_sent, n);
	b->out_sent += n;
	if (b->out_sent == b->out_n) {
		b->quiet_since_us = b->out_start_us + characters_us(b, b->out_n);
		if (b->out_dribble_ms)
			b->quiet_since_us = now_us;
		b->out_n = 0;
		return;
	}
	if (b->out_dribble_ms) {
		loop_arm(t, now_us + (int64_t)b->out_dribble_ms * 1000);
		return;
	}
	n = b->out_n - b->out_sent < UART_PIECE ? b->out_n - b->out_sent : UART_PIECE;
	loop_arm(t, b->out_start_us + characters_us(b, b->out_sent + n));
}

/* A slave begins to speak. Called when its reply is due. */
static void
speak(struct delay *q, const struct delayed *reply)
{
	struct rtu_slave *s = OWNER(q, struct rtu_slave, delay);
	struct rtu_bus *b = s->bus;

	if (b->out_n) { /* another slave is speaking: neither is understood */
		s->device->counters.damaged++;
		spoil_rest(b);
		return;
	}
	memcpy(b->out, reply->bytes, reply->n);
	b->out_n = reply->n;
	b->out_sent = 0;
	b->out_spoiled = false;
	b->out_dribble_ms = s->device->wire.dribble_ms;
	b->out_start_us = reply->due_us;
	if (b->in_n || reply->due_us < b->quiet_since_us) { /* the master is speaking */
		b->in_spoiled = true;
		spoil_rest(b);
	}
	if (s->twin)
		spoil_rest(b);
	size_t first = b->out_n < UART_PIECE ? b->out_n : UART_PIECE;
	loop_arm(&b->out_timer, b->out_start_us + characters_us(b, first));
}

static void
reply_to(struct rtu_slave *s, const uint8_t *request, size_t n)
{
	struct device *d = s->device;
	struct rtu_bus *b = s->bus;
	uint8_t frame[1 + MODBUS_PDU_MAX + 2 + 2];
	int64_t due_us = b->in_end_us + (int64_t)d->wire.late_ms * 1000;

	frame[0] = d->unit;
	size_t length = 1 + modbus_answer(d, request + 1, n - 3, frame + 1);
	length = modbus_lie(d, frame, length);
	uint16_t crc = crc16(frame, length);
	frame[length++] = (uint8_t)crc;
	frame[length++] = (uint8_t)(crc >> 8);
	if (garble_due(d))
		spoil(frame, length);
	if (b->wire_time)
		due_us += SILENCE_US + TURNAROUND_US +
			  (int64_t)(rng_unit(&b->rng) * (double)TURNAROUND_US);
	if (due_us < s->free_us + SILENCE_US)
		due_us = s->free_us + SILENCE_US;
	s->free_us = due_us + characters_us(b, length);
	delay_send(&s->delay, due_us, NULL, frame, length);
}

/* ---- Requests ---- */

/* Length of the request that begins with these bytes; 0: it cannot be told (yet). */
static size_t
request_length(const uint8_t *p, size_t n)
{
	if (n < 2)
		return 0;
	if (p[1] >= 1 && p[1] <= 6)
		return 8;
	if ((p[1] == 15 || p[1] == 16) && n >= 7)
		return (size_t)p[6] + 9;
	return 0;
}

static struct rtu_slave *
addressed(struct rtu_bus *b)
{
	for (unsigned i = 0; b->in_n && i < b->n_slaves; i++) {
		if (b->slaves[i].device->unit == b->in[0])
			return &b->slaves[i];
	}
	return NULL;
}

static speed_t
speed_code(int baud)
{
	static const struct {
		int baud;
		speed_t code;
	} codes[] = {{2400, B2400}, {4800, B4800}, {9600, B9600}, {19200, B19200}, {38400, B38400}};

	for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
		if (codes[i].baud == baud)
			return codes[i].code;
	return B0;
}

/* At another speed the slaves hear noise. */
static bool
right_speed(const struct rtu_bus *b)
{
	struct termios t;

	if (b->slave_fd < 0)
		return b->baud == RTU_BAUD; /* the serial server's own setting */
	return tcgetattr(b->slave_fd, &t) == 0 && cfgetospeed(&t) == speed_code(b->baud);
}

/* A frame is there: whole by its length, or ended by silence. */
static void
request_take(struct rtu_bus *b)
{
	struct rtu_slave *s = addressed(b);
	size_t n = b->in_n;
	bool early = b->in_early, spoiled = b->in_spoiled;

	b->quiet_since_us = b->in_end_us;
	b->in_n = 0;
	loop_cancel(&b->silence);
	if (!s)
		return;
	if (early)
		s->device->counters.t35_violations++;
	if (n < 4 || crc16(b->in, n) != 0 || spoiled || !right_speed(b)) {
		s->device->counters.damaged++;
		return;
	}
	if (s->device->wire.hang || s->device->wire.absent)
		s->device->counters.requests++;
	else
		reply_to(s, b->in, n);
}

static void
silence_over(struct timer *t, int64_t now_us)
{
	(void)now_us;
	request_take(OWNER(t, struct rtu_bus, silence));
}

static void
request_byte(struct rtu_bus *b, uint8_t byte, int64_t now_us)
{
	if (b->in_n == 0) {
		b->in_early = now_us < b->quiet_since_us + SILENCE_US;
		b->in_spoiled = b->out_n != 0;
		b->in_end_us = b->quiet_since_us > now_us ? b->quiet_since_us : now_us;
		if (b->out_n)
			spoil_rest(b);
	} else if (b->in_end_us < now_us) {
		b->in_end_us = now_us;
	}
	b->in_end_us += characters_us(b, 1);
	if (b->in_n < sizeof b->in)
		b->in[b->in_n++] = byte;
	if (request_length(b->in, b->in_n) == b->in_n && crc16(b->in, b->in_n) == 0)
		request_take(b);
}

static void
client_gone(struct rtu_bus *b)
{
	if (b->watch.fd < 0)
		return;
	loop_unwatch(&b->watch);
	close(b->watch.fd);
	b->watch.fd = -1;
}

/* The newest client gets what the bus says from now on, also what another one asked for. */
static void
client_comes(struct watch *w, uint32_t events)
{
	struct rtu_bus *b = OWNER(w, struct rtu_bus, server);
	int on = 1, fd = accept4(w->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)events;
	if (fd < 0)
		return;
	client_gone(b);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	b->watch.fd = fd;
	if (!loop_watch(&b->watch)) {
		close(fd);
		b->watch.fd = -1;
	}
}

static void
bus_ready(struct watch *w, uint32_t events)
{
	struct rtu_bus *b = OWNER(w, struct rtu_bus, watch);
	uint8_t bytes[RTU_FRAME_MAX];
	int64_t now_us = clock_mono_us();

	(void)events;
	ssize_t n = read(w->fd, bytes, sizeof bytes);
	if (n <= 0 && !b->path && !(n < 0 && errno == EAGAIN)) {
		client_gone(b);
		return;
	}
	if (n > 0 && b->echo)
		to_master(b, bytes, (size_t)n);
	for (ssize_t i = 0; i < n; i++)
		request_byte(b, bytes[i], now_us);
	if (b->in_n)
		loop_arm(&b->silence, b->in_end_us + SILENCE_US);
}

/* ---- The bus ---- */

static bool
make_raw(int fd)
{
	struct termios t;

	if (tcgetattr(fd, &t) < 0)
		return false;
	cfmakeraw(&t);
	cfsetspeed(&t, B9600);
	return tcsetattr(fd, TCSANOW, &t) == 0;
}

static struct rtu_bus
new_bus(bool wire_time, uint64_t seed)
{
	return (struct rtu_bus){
	    .watch = {.fd = -1, .ready = bus_ready},
	    .slave_fd = -1,
	    .server = {.fd = -1, .ready = client_comes},
	    .baud = RTU_BAUD,
	    .wire_time = wire_time,
	    .rng = {.state = seed},
	    .silence = {.fire = silence_over},
	    .out_timer = {.fire = out_next},
	};
}

bool
rtu_bus_open_tcp(struct rtu_bus *b, bool wire_time, uint64_t seed)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t length = sizeof at;

	*b = new_bus(wire_time, seed);
	b->server.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (b->server.fd < 0 || bind(b->server.fd, (struct sockaddr *)(void *)&at, length) < 0 ||
	    listen(b->server.fd, RTU_SLAVES) < 0 ||
	    getsockname(b->server.fd, (struct sockaddr *)(void *)&at, &length) < 0)
		return false;
	b->port = ntohs(at.sin_port);
	return loop_watch(&b->server);
}

bool
rtu_bus_open(struct rtu_bus *b, const char *path, bool wire_time, uint64_t seed)
{
	char slave[64];

	*b = new_bus(wire_time, seed);
	b->watch.fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
	b->path = path;
	int fd = b->watch.fd;
	if (fd < 0 || grantpt(fd) < 0 || unlockpt(fd) < 0 ||
	    ptsname_r(fd, slave, sizeof slave) != 0)
		return false;
	b->slave_fd = open(slave, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (b->slave_fd < 0 || !make_raw(b->slave_fd))
		return false;
	(void)unlink(path); /* of a plant that was killed */
	return symlink(slave, path) == 0 && loop_watch(&b->watch);
}

void
rtu_bus_close(struct rtu_bus *b)
{
	for (unsigned i = 0; i < b->n_slaves; i++)
		delay_clear(&b->slaves[i].delay);
	loop_cancel(&b->silence);
	loop_cancel(&b->out_timer);
	client_gone(b);
	if (b->server.fd >= 0) {
		loop_unwatch(&b->server);
		close(b->server.fd);
	}
	if (b->path)
		unlink(b->path);
	if (b->slave_fd >= 0)
		close(b->slave_fd);
}

void
rtu_bus_add(struct rtu_bus *b, struct device *d)
{
	if (b->n_slaves == RTU_SLAVES)
		return;
	struct rtu_slave *s = &b->slaves[b->n_slaves++];
	s->device = d;
	s->bus = b;
	delay_init(&s->delay, speak);
}
