/*
 * Modbus TCP: one connection, one question at a time on it.
 *
 * The connection stays open between questions. After anything but a good reply or an exception it
 * is closed, and the next question makes a new one: a late reply dies with its connection, so
 * there is nothing to be fenced. Connecting is done here, not by libmodbus: with our own deadline,
 * and so that closing the link need not wait for it.
 */
#include "base/arena.h"
#include "base/text.h"
#include "drivers/modbus/frame.h"
#include "drivers/modbus/link.h"
#include "drivers/modbus/modbus_driver.h"
#include "drivers/modbus/resolve.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

#define TAKE_WAIT_US     1000 /* libmodbus is asked for what has arrived already */
#define LOOK_AGAIN_US    2000 /* a reply that comes in pieces is looked at so often */
#define KEEPALIVE_IDLE_S 30   /* an idle connection through a firewall is kept, or found dead */
#define KEEPALIVE_STEP_S 10
#define KEEPALIVE_COUNT  3

struct tcp {
	uint16_t tid;
	bool connected_before;
	uint64_t replies; /* on this connection */
	bool answered;    /* some unit did, on any connection */
	size_t devices;   /* of the site on this link */
	size_t drops;     /* connections in a row that ended on a question, without a reply */
	struct resolved to;
	size_t to_next; /* a name can have several addresses: each try takes the next */
	struct lookup *lookup;
};

/* ---- the connection -------------------------------------------------------------------------- */

static void
hang_up(struct link *l)
{
	if (l->fd < 0)
		return;
	modbus_close(l->ctx); /* shutdown() and close() */
	l->fd = -1;
}

/* Nothing to be had from the other side: says why, once. NO_LINK. */
static struct verdict
unreachable(struct link *l, const char *why)
{
	hang_up(l);
	link_down(l, "%s port %d: %s", l->spec->address, l->spec->tcp_port, why);
	return (struct verdict){.status = ANSWER_NO_LINK};
}

/* Finds the addresses of the name; it can take several questions until the answer is there. */
static struct verdict
find_address(struct link *l, mono_t deadline)
{
	struct tcp *t = l->tcp;
	const char *why = "";
	bool ok;

	if (t->to.count > 0 || resolve_numeric(l->spec->address, l->spec->tcp_port, &t->to))
		return (struct verdict){.status = ANSWER_OK};
	if (t->lookup == NULL)
		t->lookup = lookup_start(l->spec->address, l->spec->tcp_port);
	if (t->lookup == NULL)
		return unreachable(l, "no thread to look the name up");
	switch (link_wait(l, lookup_fd(t->lookup), POLLIN, deadline)) {
	case WAIT_STOP:
		return (struct verdict){.status = ANSWER_NONE};
	case WAIT_READY:
		break;
	case WAIT_TIME:
	case WAIT_BROKEN:
		return unreachable(l, "the name server does not answer");
	}
	ok = lookup_result(t->lookup, &t->to, &why);
	lookup_free(t->lookup);
	t->lookup = NULL;
	if (!ok)
		return unreachable(l, why);
	return (struct verdict){.status = ANSWER_OK};
}

static void
set_options(int fd)
{
	static const struct {
		int level, name, value;
	} options[] = {
	    {IPPROTO_TCP, TCP_NODELAY, 1},
	    {SOL_SOCKET, SO_KEEPALIVE, 1},
	    {IPPROTO_TCP, TCP_KEEPIDLE, KEEPALIVE_IDLE_S},
	    {IPPROTO_TCP, TCP_KEEPINTVL, KEEPALIVE_STEP_S},
	    {IPPROTO_TCP, TCP_KEEPCNT, KEEPALIVE_COUNT},
	};

	/* A kernel that refuses one of these makes the connection slower, not wrong. */
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		(void)setsockopt(fd, options[i].level, options[i].name, &options[i].value,
		    sizeof(options[i].value));
}

/* Waits for a connection under way. 0 or an errno; -1: the link is being closed. */
static int
finish_connect(struct link *l, int fd, mono_t deadline)
{
	int err = 0;
	socklen_t size = sizeof(err);

	switch (link_wait(l, fd, POLLOUT, deadline)) {
	case WAIT_STOP:
		return -1;
	case WAIT_TIME:
		return ETIMEDOUT;
	case WAIT_READY:
	case WAIT_BROKEN:
		break;
	}
	return getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &size) == 0 ? err : errno;
}

static struct verdict
connect_to(struct link *l, mono_t deadline)
{
	struct tcp *t = l->tcp;
	struct verdict v = find_address(l, deadline);
	size_t i;
	int fd, err = 0;

	if (v.status != ANSWER_OK)
		return v;
	i = t->to_next++ % t->to.count;
	fd = socket(t->to.list[i].at.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return unreachable(l, strerrordesc_np(errno));
	set_options(fd);
	if (fd >= FD_SETSIZE)
		err = EMFILE; /* libmodbus would abort in FD_SET */
	else if (connect(fd, (const struct sockaddr *)&t->to.list[i].at, t->to.list[i].size) != 0)
		err = errno == EINPROGRESS ? finish_connect(l, fd, deadline) : errno;
	if (err != 0) {
		close(fd);
		if (err < 0)
			return (struct verdict){.status = ANSWER_NONE};
		if (t->to_next >= t->to.count)
			t->to.count = t->to_next = 0; /* all tried: ask for the name anew */
		return unreachable(l, err == ETIMEDOUT ? "does not answer" : strerrordesc_np(err));
	}
	t->to_next = i;
	t->replies = 0;
	l->fd = fd;
	modbus_set_socket(l->ctx, fd);
	l->health.reconnects += t->connected_before;
	t->connected_before = true;
	link_up(l, "%s port %d connected", l->spec->address, l->spec->tcp_port);
	return v;
}

/* A connection that can carry a question: the one there is, or a new one. */
static struct verdict
be_connected(struct link *l, mono_t deadline)
{
	enum waited w;

	if (l->fd >= 0) {
		w = link_wait(l, l->fd, POLLIN | POLLRDHUP, (mono_t){0});
		if (w == WAIT_STOP)
			return (struct verdict){.status = ANSWER_NONE};
		/* The device has hung up meanwhile, or sent what nobody asked for. */
		if (w != WAIT_TIME)
			hang_up(l);
	}
	if (l->fd < 0)
		return connect_to(l, deadline);
	return (struct verdict){.status = ANSWER_OK};
}

/* ---- one transaction ------------------------------------------------------------------------- */

/* Sleeps until the reply (or a refusal) is there. OK: there is something to be taken. */
static struct verdict
wait_reply(struct link *l, int want, mono_t deadline)
{
	mono_t wake = deadline;
	int have = 0;

	for (;;) {
		uint8_t head[FRAME_TCP_REFUSAL_BYTES];
		enum waited w = link_wait(l, have == 0 ? l->fd : -1, POLLIN, wake);
		mono_t now = clock_mono();

		have = link_pending(l);
		if (w == WAIT_STOP)
			return (struct verdict){.status = ANSWER_NONE};
		if (have < 0 || w == WAIT_BROKEN || (have == 0 && w == WAIT_READY))
			return (struct verdict){.status = ANSWER_NO_LINK};
		if (have >= want)
			return (struct verdict){.status = ANSWER_OK};
		/* A refusal is shorter: its function has the highest bit. */
		if (have >= FRAME_TCP_REFUSAL_BYTES &&
		    recv(l->fd, head, sizeof(head), MSG_PEEK) == sizeof(head) &&
		    (head[7] & 0x80) != 0)
			return (struct verdict){.status = ANSWER_OK};
		if (!mono_before(now, deadline))
			return (struct verdict){
			    .status = have > 0 ? ANSWER_OK : ANSWER_TIMEOUT, .why = "no answer"};
		wake = have == 0 ? deadline : mono_min(deadline, (mono_t){now.us + LOOK_AGAIN_US});
	}
}

/* Lets libmodbus take the frame that has arrived; it finds all of it there and does not wait. */
static struct verdict
take_reply(struct link *l, uint8_t unit, uint16_t tid, const struct ask *ask, uint8_t *frame)
{
	bool whole = link_pending(l) >= (int)frame_tcp_reply_bytes(ask);
	int n = modbus_receive_confirmation(l->ctx, frame);

	if (n > 0)
		return frame_tcp_check(ask, unit, tid, frame, (size_t)n);
	if (errno == ETIMEDOUT && whole)
		return (struct verdict){.status = ANSWER_GARBLED, .why = "reply of another length"};
	if (errno == ETIMEDOUT)
		return (struct verdict){
		    .status = ANSWER_TIMEOUT, .why = "reply not complete in time"};
	if (errno == EMBBADDATA)
		return (struct verdict){.status = ANSWER_GARBLED, .why = "reply too long"};
	return (struct verdict){.status = ANSWER_NO_LINK};
}

static struct verdict
transact(struct link *l, const struct device_spec *d, const struct ask *ask, uint8_t *frame,
    mono_t deadline)
{
	uint8_t request[FRAME_TCP_REQUEST_BYTES], unit = (uint8_t)d->unit;
	uint16_t tid = ++l->tcp->tid;
	struct verdict v;

	/* libmodbus would send a raw request with transaction 0 each time. */
	frame_tcp_request(ask, unit, tid, request);
	if (send(l->fd, request, sizeof(request), MSG_NOSIGNAL) != sizeof(request))
		return (struct verdict){.status = ANSWER_NO_LINK};
	v = wait_reply(l, (int)frame_tcp_reply_bytes(ask), deadline);
	return v.status == ANSWER_OK ? take_reply(l, unit, tid, ask, frame) : v;
}

/*
 * The connection was made, a question sent, and the other side hung up. Some gateways do so for a
 * unit that is dead: that is a matter of this unit, until all of them had the chance to answer.
 */
static struct verdict
hung_up(struct link *l, const struct device_spec *d)
{
	struct tcp *t = l->tcp;

	if (!t->answered || t->drops++ >= t->devices)
		return unreachable(
		    l, "takes the connection and drops it: has it too many clients?");
	link_trouble(l, d, "hangs up instead of a reply; will connect anew");
	hang_up(l);
	l->health.timeouts++;
	return (struct verdict){.status = ANSWER_TIMEOUT};
}

static void
conclude(struct link *l, const struct device_spec *d, struct verdict *v)
{
	struct link_health *h = &l->health;

	h->transactions++;
	h->timeouts += v->status == ANSWER_TIMEOUT;
	h->garbled += v->status == ANSWER_GARBLED;
	h->refused += v->status == ANSWER_REFUSED;
	switch (v->status) {
	case ANSWER_OK:
	case ANSWER_REFUSED:
		if (l->tcp->replies++ == 0)
			link_proven(l);
		l->tcp->answered = true;
		l->tcp->drops = 0;
		link_well(l, d);
		break;
	case ANSWER_TIMEOUT:
	case ANSWER_GARBLED:
		link_trouble(l, d, "%s; will connect anew", v->why);
		hang_up(l);
		break;
	default:
		*v = hung_up(l, d);
		break;
	}
}

static void
tcp_ask(struct link *l, const struct device_spec *d, const struct ask *ask, mono_t patience,
    uint16_t *words, struct reply *out)
{
	int64_t timeout_ms = d->profile->modbus.timeout_ms;
	uint8_t frame[FRAME_MAX_BYTES];
	struct verdict v;
	mono_t asked;
	bool fresh;

	(void)patience;
	*out = (struct reply){.status = ANSWER_NONE};
	do {
		v = be_connected(l, mono_add_ms(clock_mono(), timeout_ms));
		if (v.status != ANSWER_OK)
			break;
		fresh = l->tcp->replies == 0;
		asked = clock_mono();
		v = transact(l, d, ask, frame, mono_add_ms(asked, timeout_ms));
		out->took_us = (int32_t)(clock_mono().us - asked.us);
		l->health.busy_us += (uint64_t)out->took_us;
		if (v.status == ANSWER_NONE)
			break;
		/* It hung up just when we asked: that is no fault, if it was well before. */
		if (v.status == ANSWER_NO_LINK && !fresh) {
			hang_up(l);
			continue;
		}
		conclude(l, d, &v);
		out->unit_only = true;
		break;
	} while (true);
	if (v.status == ANSWER_OK)
		frame_words(ask, frame + FRAME_TCP_DATA, words);
	out->status = v.status;
	out->code = v.code;
	out->give_up = v.status == ANSWER_TIMEOUT;
}

/* ---- the driver ------------------------------------------------------------------------------ */

static mono_t
tcp_idle(struct link *l, mono_t now)
{
	(void)l;
	(void)now;
	return MONO_NEVER; /* connects when there is something to ask */
}

static void
tcp_noise(struct link *l)
{
	hang_up(l); /* the device hung up, or talks unasked: the next question connects anew */
}

static bool
tcp_setup(struct link *l, char *err, size_t err_size)
{
	const struct link_spec *s = l->spec;
	const struct site *site = l->env.site;

	l->tcp = xcalloc(1, sizeof(*l->tcp));
	if (s->address == NULL || s->address[0] == '\0' || s->tcp_port < 1 || s->tcp_port > 65535) {
		text_printf(
		    err, err_size, "link %s: needs an address and a port 1 to 65535", s->name);
		return false;
	}
	for (size_t i = 0; i < site->device_count; i++) {
		const struct device_spec *d = &site->devices[i];

		if (d->link != l->env.link)
			continue;
		l->tcp->devices++;
		if (d->unit < 0 || d->unit > 255) {
			text_printf(err, err_size,
			    "link %s: device %s has unit %d; expected 0 to 255", s->name, d->name,
			    d->unit);
			return false;
		}
	}
	/* Only for the reception of frames: the socket is ours. */
	l->ctx = modbus_new_tcp("127.0.0.1", s->tcp_port);
	if (l->ctx == NULL) {
		text_printf(err, err_size, "link %s: %s", s->name, modbus_strerror(errno));
		return false;
	}
	modbus_set_error_recovery(l->ctx, MODBUS_ERROR_RECOVERY_NONE);
	modbus_set_byte_timeout(l->ctx, 0, 0);
	modbus_set_response_timeout(l->ctx, 0, TAKE_WAIT_US);
	text_printf(l->health.text, sizeof(l->health.text), "%s port %d not asked yet", s->address,
	    s->tcp_port);
	return true;
}

static void
tcp_shut(struct link *l)
{
	hang_up(l);
	lookup_free(l->tcp->lookup);
	free(l->tcp);
}

static const struct wire tcp_wire = {
    .setup = tcp_setup,
    .shut = tcp_shut,
    .ask = tcp_ask,
    .idle = tcp_idle,
    .noise = tcp_noise,
};

static struct link *
tcp_open(const struct link_env *env, char *err, size_t err_size)
{
	return link_open(env, &tcp_wire, err, err_size);
}

const struct driver modbus_tcp_driver = {
    .kind = "modbus-tcp",
    .built = true,
    .open = tcp_open,
    .submit = link_submit,
    .health = link_health,
    .close = link_close,
};
