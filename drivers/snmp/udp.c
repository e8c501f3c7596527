/* Connected UDP sockets, and a net-snmp transport over one. */
#include "drivers/snmp/udp.h"

#include "base/descriptor.h"
#include "base/text.h"
#include "drivers/snmp/message.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/*
 * Engines that one peer may make known to the library: a device is replaced now and then, and some
 * invent an engine ID at each start. So many at once, and one more an hour.
 */
#define UNKNOWN_MAX      16
#define UNKNOWN_EVERY_MS (60 * 60 * 1000)

static int
udp_send(netsnmp_transport *t, const void *data, int size, void **opaque, int *opaque_size)
{
	struct udp *u = t->data;
	ssize_t n;

	(void)opaque;
	(void)opaque_size;
	u->barred = false;
	if (u->v3)
		u->awaiting = message_v3_id(data, (size_t)size, &u->message_id);
	n = send(u->fd, data, (size_t)size, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n < 0)
		u->error = errno;
	/* Never a failure for the library: 5.9.3 loses memory and its place in the list over it. */
	return size;
}

/* May the library know this engine, too? */
static bool
take_unknown(struct udp *u, mono_t now)
{
	int64_t again = mono_ms_between(now, u->unknown_since) / UNKNOWN_EVERY_MS;

	u->unknown = again < u->unknown ? u->unknown - (int)again : 0;
	if (again > 0 || u->unknown == 0)
		u->unknown_since = now;
	u->barred = u->unknown >= UNKNOWN_MAX;
	u->unknown += !u->barred;
	return !u->barred;
}

/* Is it for the library, as far as its engine goes? */
static bool
is_wanted(struct udp *u, const uint8_t *message, size_t length)
{
	struct message_v3 m;

	if (!message_v3_read(message, length, &m))
		return false;
	if (u->engine.length > 0)
		return m.engine_length == u->engine.length &&
		       memcmp(m.engine, u->engine.octets, m.engine_length) == 0;
	return m.engine_length == 0 ||
	       search_enginetime_list(m.engine, (u_int)m.engine_length) != NULL ||
	       take_unknown(u, clock_mono());
}

static bool
is_stray(const struct udp *u, const uint8_t *message, size_t length)
{
	int32_t id;

	return length == 0 || (u->v3 && (!u->awaiting || !message_v3_id(message, length, &id) ||
					    id != u->message_id));
}

static int
udp_receive(netsnmp_transport *t, void *data, int size, void **opaque, int *opaque_size)
{
	struct udp *u = t->data;
	ssize_t n = recv(u->fd, data, (size_t)size, MSG_DONTWAIT);
	bool stray, kept;

	*opaque = NULL;
	*opaque_size = 0;
	if (n < 0) {
		if (errno != EAGAIN && errno != EINTR)
			u->error = errno;
		return -1;
	}
	stray = is_stray(u, data, (size_t)n);
	kept = !stray && u->v3 && !is_wanted(u, data, (size_t)n);
	u->strays += stray;
	u->unreadable = u->unreadable || kept;
	if (stray || kept) {
		t->flags |= NETSNMP_TRANSPORT_FLAG_EMPTY_PKT;
		return 0;
	}
	return (int)n;
}

static int
udp_close(netsnmp_transport *t)
{
	struct udp *u = t->data;

	if (u->fd >= 0)
		close(u->fd);
	u->fd = -1;
	u->awaiting = false;
	t->sock = -1;
	t->data = NULL; /* ours: the library would free it */
	return 0;
}

static struct addrinfo *
parse_address(const struct snmp_target *target, char *err, size_t err_size)
{
	struct addrinfo hints = {.ai_family = AF_UNSPEC,
	    .ai_socktype = SOCK_DGRAM,
	    .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV};
	struct addrinfo *a;
	char port[8];

	snprintf(port, sizeof(port), "%d", target->port);
	if (getaddrinfo(target->address, port, &hints, &a) == 0)
		return a;
	text_printf(err, err_size,
	    "\"%s\" port %d is no numeric IPv4 or IPv6 address; names are not looked up here",
	    target->address, target->port);
	return NULL;
}

bool
udp_address_fits(const struct snmp_target *target, char *err, size_t err_size)
{
	struct addrinfo *a = parse_address(target, err, err_size);

	if (a == NULL)
		return false;
	freeaddrinfo(a);
	return true;
}

int
udp_connect(const struct snmp_target *target)
{
	struct addrinfo *a = parse_address(target, NULL, 0);
	int fd, error;

	if (a == NULL) {
		errno = EINVAL;
		return -1;
	}
	fd = socket(a->ai_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0 && connect(fd, a->ai_addr, a->ai_addrlen) < 0) {
		error = errno;
		close(fd);
		errno = error;
		fd = -1;
	}
	freeaddrinfo(a);
	return descriptor_move_up(fd);
}

void
udp_error_text(const struct snmp_target *t, int error, char *text, size_t size)
{
	if (error == ECONNREFUSED)
		text_printf(text, size, "nobody listens at %s port %d", t->address, t->port);
	else
		text_printf(text, size, "cannot send to %s port %d: %s", t->address, t->port,
		    strerror(error));
}

void
udp_silence_text(const struct snmp_target *t, char *text, size_t size)
{
	text_printf(text, size,
	    "no reply from %s port %d (off, unplugged, or another community than ours)", t->address,
	    t->port);
}

netsnmp_transport *
udp_open(struct udp *u, const struct snmp_target *target, char *err, size_t err_size)
{
	int fd = udp_connect(target);
	netsnmp_transport *t;

	if (fd < 0) {
		udp_error_text(target, errno, err, err_size);
		return NULL;
	}
	t = calloc(1, sizeof(*t)); /* the library frees it */
	if (t == NULL) {
		text_printf(err, err_size, "out of memory");
		close(fd);
		return NULL;
	}
	*u = (struct udp){.fd = fd,
	    .v3 = target->version == SNMP_V3,
	    .unknown = u->unknown,
	    .unknown_since = u->unknown_since,
	    .strays = u->strays};
	t->domain = netsnmpUDPDomain;
	t->domain_length = (int)netsnmpUDPDomain_len;
	t->sock = fd;
	t->flags = NETSNMP_TRANSPORT_FLAG_OPENED;
	t->data = u;
	t->msgMaxSize = UDP_PAYLOAD_MAX;
	t->f_recv = udp_receive;
	t->f_send = udp_send;
	t->f_close = udp_close;
	return t;
}

int
udp_take_error(struct udp *u)
{
	int error = 0;
	socklen_t size = sizeof(error);

	if (u->error != 0) {
		error = u->error;
		u->error = 0;
	} else if (u->fd < 0 || getsockopt(u->fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0) {
		error = 0;
	}
	return error;
}
