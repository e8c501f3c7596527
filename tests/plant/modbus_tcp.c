#include "modbus_tcp.h"

#include "garble.h"
#include "modbus_pdu.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

/* Transaction, protocol, length of what follows (2 octets each), unit. */
enum { MBAP = 7, PROTOCOL = 2, LENGTH = 4, UNIT = 6 };

static void
client_close(struct tcp_client *c, bool reset)
{
	struct linger now = {.l_onoff = 1, .l_linger = 0};

	if (reset)
		setsockopt(c->watch.fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
	delay_clear(&c->delay);
	loop_cancel(&c->dribble);
	c->out_n = 0;
	loop_unwatch(&c->watch);
	close(c->watch.fd);
	c->watch.fd = -1;
}

static void
send_bytes(struct tcp_client *c, const uint8_t *bytes, size_t n)
{
	/* A client that does not read its replies loses the connection. */
	if (send(c->watch.fd, bytes, n, MSG_DONTWAIT | MSG_NOSIGNAL) != (ssize_t)n)
		client_close(c, true);
}

/* The next byte of a reply that dribbles. */
static void
dribble(struct timer *t, int64_t now_us)
{
	struct tcp_client *c = OWNER(t, struct tcp_client, dribble);

	send_bytes(c, c->out + c->out_sent, 1);
	if (++c->out_sent < c->out_n)
		loop_arm(t, now_us + (int64_t)c->server->device->wire.dribble_ms * 1000);
	else
		c->out_n = 0;
}

static void
send_reply(struct delay *q, const struct delayed *reply)
{
	struct tcp_client *c = OWNER(q, struct tcp_client, delay);
	const struct wire_fault *wire = &c->server->device->wire;

	if (garble_chance(wire->reset_permille)) {
		send_bytes(c, reply->bytes, reply->n / 2);
		if (c->watch.fd >= 0)
			client_close(c, true);
	} else if (wire->dribble_ms == 0) {
		send_bytes(c, reply->bytes, reply->n);
	} else if (c->out_n == 0 && reply->n <= sizeof c->out) { /* else it is busy: lost */
		memcpy(c->out, reply->bytes, reply->n);
		c->out_n = reply->n;
		c->out_sent = 0;
		loop_arm(&c->dribble, clock_mono_us());
	}
}

/* Answers one complete request. */
static void
serve(struct tcp_client *c, const uint8_t *request, size_t n)
{
	struct device *d = c->server->device;
	uint8_t reply[MBAP + MODBUS_PDU_MAX + 2];
	size_t length;

	if (d->wire.hang) {
		d->counters.requests++;
		return;
	}
	memcpy(reply, request, MBAP);
	if (request[UNIT] == d->unit) {
		length = modbus_answer(d, request + MBAP, n - MBAP, reply + MBAP);
	} else {
		d->counters.requests++;
		length = modbus_refuse(d, request[MBAP], GATEWAY_TARGET_FAILED, reply + MBAP);
	}
	length = modbus_lie(d, reply + UNIT, length + 1) - 1;
	if (d->wire.lie == LIE_TRANSACTION)
		reply[1]++;
	reply[LENGTH] = (uint8_t)((length + 1) >> 8);
	reply[LENGTH + 1] = (uint8_t)(length + 1);
	/* No check sum stands over the values, as TCP has one: what is hit is what a client
	 * compares, the transaction and the protocol. */
	if (garble_due(d))
		garble_bit(reply, LENGTH);
	delay_send(&c->delay, clock_mono_us() + (int64_t)d->wire.late_ms * 1000, NULL, reply,
	    MBAP + length);
}

/* Takes one request out of the buffer. Returns its length; 0: not complete; -1: no Modbus. */
static int
next_request(const uint8_t *in, size_t n)
{
	if (n < MBAP)
		return 0;
	size_t length = (size_t)(in[LENGTH] << 8 | in[LENGTH + 1]);
	if (in[PROTOCOL] || in[PROTOCOL + 1] || length < 2 || length > 1 + MODBUS_PDU_MAX)
		return -1;
	length += MBAP - 1;
	return n < length ? 0 : (int)length;
}

static void
client_ready(struct watch *w, uint32_t events)
{
	struct tcp_client *c = OWNER(w, struct tcp_client, watch);
	size_t at = 0;
	int length;

	(void)events;
	ssize_t got = recv(w->fd, c->in + c->n, sizeof c->in - c->n, MSG_DONTWAIT);
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got <= 0) {
		client_close(c, false);
		return;
	}
	c->n += (size_t)got;
	while ((length = next_request(c->in + at, c->n - at)) > 0) {
		serve(c, c->in + at, (size_t)length);
		if (w->fd < 0)
			return; /* the reply could not be sent */
		at += (size_t)length;
	}
	if (length < 0) {
		c->server->device->counters.damaged++;
		client_close(c, true);
		return;
	}
	c->n -= at;
	memmove(c->in, c->in + at, c->n);
}

static void
server_ready(struct watch *w, uint32_t events)
{
	struct tcp_server *s = OWNER(w, struct tcp_server, watch);
	int on = 1, fd;

	(void)events;
	fd = accept4(w->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0)
		return;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	for (int i = 0; i < TCP_CLIENTS; i++) {
		struct tcp_client *c = &s->clients[i];
		if (c->watch.fd >= 0)
			continue;
		c->watch.fd = fd;
		c->n = 0;
		if (!loop_watch(&c->watch))
			client_close(c, true);
		return;
	}
	close(fd); /* a real device has so many connections and no more */
}

/* A socket bound to the port; 0: any free one. Both holders of the port have SO_REUSEADDR. */
static int
bind_port(uint16_t port)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
	    .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)},
	    .sin_port = htons(port)};
	int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (bind(fd, (struct sockaddr *)(void *)&address, sizeof address) == 0)
		return fd;
	close(fd);
	return -1;
}

static bool
start_listening(struct tcp_server *s)
{
	s->watch.fd = bind_port(s->device->port);
	return s->watch.fd >= 0 && listen(s->watch.fd, TCP_CLIENTS) == 0 && loop_watch(&s->watch);
}

static void
stop_listening(struct tcp_server *s)
{
	loop_unwatch(&s->watch);
	close(s->watch.fd);
	s->watch.fd = -1;
	for (int i = 0; i < TCP_CLIENTS; i++) {
		if (s->clients[i].watch.fd >= 0)
			client_close(&s->clients[i], true);
	}
}

bool
tcp_server_open(struct tcp_server *s, struct device *d)
{
	struct sockaddr_in address;
	socklen_t length = sizeof address;

	s->device = d;
	s->watch = (struct watch){.fd = -1, .ready = server_ready};
	for (int i = 0; i < TCP_CLIENTS; i++) {
		struct tcp_client *c = &s->clients[i];
		c->watch = (struct watch){.fd = -1, .ready = client_ready};
		c->server = s;
		delay_init(&c->delay, send_reply);
		c->dribble = (struct timer){.fire = dribble};
	}
	s->reserve_fd = bind_port(0);
	if (s->reserve_fd < 0 ||
	    getsockname(s->reserve_fd, (struct sockaddr *)(void *)&address, &length) < 0)
		return false;
	d->port = ntohs(address.sin_port);
	return start_listening(s);
}

void
tcp_server_close(struct tcp_server *s)
{
	if (s->watch.fd >= 0)
		stop_listening(s);
	close(s->reserve_fd);
}

bool
tcp_server_update(struct tcp_server *s)
{
	bool listening = s->watch.fd >= 0;
	bool refuse = s->device->wire.refuse || s->device->wire.absent;

	if (refuse && listening)
		stop_listening(s);
	else if (!refuse && !listening)
		return start_listening(s);
	return true;
}
