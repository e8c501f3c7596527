/*
 * Modbus TCP: one connection, one question at a time on it.
 *
 * The connection stays open between questions. After anything but a good reply or an exception it
 * is closed, and the next question makes a new one: a late reply dies with its connection, so
 * there is nothing to be fenced. What a gateway sends late all the same, on a connection that is
 * good, is known by its transaction and passed over. Connecting is done here, not by libmodbus:
 * with our own deadline, and so that closing the link need not wait for it.
 */
#include "base/arena.h"
#include "base/text.h"
#include "drivers/modbus/dial.h"
#include "drivers/modbus/identity.h"
#include "drivers/modbus/modbus_driver.h"
#include "drivers/modbus/tcp_identity.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>

#define LOOK_AGAIN_US 2000 /* a reply that comes in pieces is looked at so often */
#define LATE_MAX      100 /* a transaction so many before this one is a late one, else a wrong one */

struct tcp {
	uint16_t tid;
	bool connected_before;
	uint64_t replies; /* on this connection */
	bool answered;    /* some unit did, on any connection */
	size_t devices;   /* of the site on this link */
	size_t drops;     /* connections in a row that ended on a question, without a reply */
	struct dial dial;
};

/* ---- the connection -------------------------------------------------------------------------- */

/* Nothing to be had from the other side: says why, once. NO_LINK. */
static struct verdict
unreachable(struct link *l, const char *why)
{
	dial_hang_up(l);
	link_down(l, "%s port %d: %s", l->spec->address, l->spec->tcp_port, why);
	return (struct verdict){.status = ANSWER_NO_LINK};
}

static struct verdict
connect_to(struct link *l, mono_t deadline)
{
	struct tcp *t = l->tcp;
	struct verdict v = dial(l, &t->dial, deadline);

	if (v.status == ANSWER_NO_LINK)
		return unreachable(l, v.why);
	if (v.status != ANSWER_OK)
		return v;
	t->replies = 0;
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
			dial_hang_up(l);
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
			return (struct verdict){.status = have > 0 ? ANSWER_OK : ANSWER_TIMEOUT,
			    .outcome = OUTCOME_SILENT,
			    .why = "no answer"};
		wake = have == 0 ? deadline : mono_min(deadline, (mono_t){now.us + LOOK_AGAIN_US});
	}
}

/*
 * Takes the frame that has arrived. What came behind it was not asked for: it stays, and the next
 * question finds it and connects anew.
 */
static struct verdict
take_reply(struct link *l, uint8_t unit, uint16_t tid, const struct ask *ask, uint8_t *frame)
{
	size_t want = frame_tcp_reply_bytes(ask), whole;
	ssize_t n = recv(l->fd, frame, FRAME_MAX_BYTES, MSG_DONTWAIT | MSG_PEEK);

	if (n <= 0)
		return (struct verdict){.status = ANSWER_NO_LINK};
	whole = frame_tcp_bytes(frame, (size_t)n);
	if (whole == 0)
		return (struct verdict){
		    .status = ANSWER_GARBLED, .outcome = OUTCOME_MISMATCH, .why = "reply too long"};
	if (whole > (size_t)n && (size_t)n >= want)
		return (struct verdict){.status = ANSWER_GARBLED,
		    .outcome = OUTCOME_MISMATCH,
		    .why = "reply of another length"};
	if (whole > (size_t)n)
		return (struct verdict){.status = ANSWER_TIMEOUT,
		    .outcome = OUTCOME_CUT,
		    .why = "reply not complete in time"};
	if (recv(l->fd, frame, whole, MSG_DONTWAIT) != (ssize_t)whole)
		return (struct verdict){.status = ANSWER_NO_LINK};
	return frame_tcp_check(ask, unit, tid, frame, whole);
}

/* A device that tells its identification in several replies is asked several times. */
static struct verdict
transact_identity(struct link *l, const struct device_spec *d, const struct ask *ask,
    struct snmp_value *value, mono_t deadline)
{
	uint8_t wanted = (uint8_t)ask->address, object = wanted;
	struct verdict v = {.status = ANSWER_OK};
	bool more = true;

	for (int i = 0; more && v.status == ANSWER_OK && i < IDENTITY_STEPS; i++) {
		more = false;
		v = tcp_identity_step(
		    l, (uint8_t)d->unit, ++l->tcp->tid, wanted, &object, deadline, value, &more);
	}
	return more ? frame_identity_endless() : v;
}

/*
 * What has arrived begins with the reply to an earlier question: it is thrown away, so that ours
 * can follow. Anything else that is not ours is for frame_tcp_check() to name.
 */
static bool
drop_late(struct link *l, uint16_t tid)
{
	uint8_t frame[FRAME_MAX_BYTES];
	ssize_t n = recv(l->fd, frame, sizeof(frame), MSG_PEEK | MSG_DONTWAIT);
	int age = n < 6 ? 0 : (uint16_t)(tid - (frame[0] << 8 | frame[1]));
	ssize_t bytes = n < 6 ? 0 : 6 + (frame[4] << 8 | frame[5]);

	if (age == 0 || age > LATE_MAX || frame[2] != 0 || frame[3] != 0 || n < bytes)
		return false;
	return recv(l->fd, frame, (size_t)bytes, MSG_DONTWAIT) == bytes;
}

static struct verdict
transact(struct link *l, const struct device_spec *d, const struct ask *ask, uint8_t *frame,
    mono_t deadline)
{
	uint8_t request[FRAME_TCP_REQUEST_BYTES], unit = (uint8_t)d->unit;
	uint16_t tid = ++l->tcp->tid;
	int late = 0; /* bounded: somebody who sends old replies without end is hung up on */
	struct verdict v;

	/* libmodbus would send a raw request with transaction 0 each time. */
	frame_tcp_request(ask, unit, tid, request);
	if (send(l->fd, request, sizeof(request), MSG_NOSIGNAL) != sizeof(request))
		return (struct verdict){.status = ANSWER_NO_LINK};
	v = wait_reply(l, (int)frame_tcp_reply_bytes(ask), deadline);
	for (; v.status == ANSWER_OK && late < LATE_MAX && drop_late(l, tid); late++)
		v = wait_reply(l, (int)frame_tcp_reply_bytes(ask), deadline);
	if (late > 0 && v.status == ANSWER_TIMEOUT)
		return (struct verdict){.status = ANSWER_GARBLED,
		    .outcome = OUTCOME_MISMATCH,
		    .why = "reply to another transaction"};
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
	dial_hang_up(l);
	l->health.timeouts++;
	return (struct verdict){.status = ANSWER_TIMEOUT, .outcome = OUTCOME_HUNG_UP};
}

/*
 * What the wire of a unit may take that stands behind a gateway: 9600 baud is usual there, and
 * eleven bits a character. A device with a socket of its own is faster, which is no harm.
 */
static int64_t
wire_us(const struct link *l, const struct ask *ask)
{
	/* One that has the connection for itself shows how fast it is, wire and all. */
	if (l->tcp->devices == 1)
		return 0;
	return (int64_t)(FRAME_TCP_REQUEST_BYTES + frame_tcp_reply_bytes(ask)) * 11 * 1000000 /
	       9600;
}

/* A gateway that speaks for a unit tells nothing of how fast the unit is. */
static void
learn_pace(const struct link *l, struct member *u, const struct ask *ask, const struct verdict *v,
    mono_t asked, int32_t took_us)
{
	bool absent = v->status == ANSWER_REFUSED &&
		      (v->code == EXCEPTION_NO_PATH || v->code == EXCEPTION_NO_TARGET);

	if (v->status == ANSWER_TIMEOUT || absent)
		pace_missed(&u->pace, asked);
	else if (v->status == ANSWER_OK || v->status == ANSWER_REFUSED)
		pace_answered(&u->pace, wire_us(l, ask), took_us);
}

static void
conclude(struct link *l, const struct device_spec *d, const struct ask *ask, struct verdict *v)
{
	if (v->status == ANSWER_NO_LINK)
		v->outcome = OUTCOME_HUNG_UP;
	link_count(l, l->members[d->unit], v, frame_tcp_reply_bytes(ask));
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
		dial_hang_up(l);
		break;
	default:
		*v = hung_up(l, d);
		break;
	}
}

static void
tcp_ask(struct link *l, const struct device_spec *d, const struct ask *ask, mono_t patience,
    struct answer *into, struct reply *out)
{
	struct member *u = l->members[d->unit];
	int64_t timeout_us = link_timeout_us(u, d, wire_us(l, ask), &out->early);
	uint8_t frame[FRAME_MAX_BYTES];
	struct verdict v;
	mono_t asked, deadline;
	bool fresh;

	(void)patience;
	do {
		v = be_connected(l, mono_add_ms(clock_mono(), d->profile->modbus.timeout_ms));
		if (v.status != ANSWER_OK)
			break;
		fresh = l->tcp->replies == 0;
		asked = clock_mono();
		deadline.us = asked.us + timeout_us;
		v = ask->table == TABLE_IDENTITY
			? transact_identity(l, d, ask, into->value, deadline)
			: transact(l, d, ask, frame, deadline);
		out->took_us = (int32_t)(clock_mono().us - asked.us);
		l->health.busy_us += (uint64_t)out->took_us;
		if (v.status == ANSWER_NONE)
			break;
		/* It hung up just when we asked: that is no fault, if it was well before. */
		if (v.status == ANSWER_NO_LINK && !fresh) {
			dial_hang_up(l);
			continue;
		}
		learn_pace(l, u, ask, &v, asked, out->took_us);
		conclude(l, d, ask, &v);
		out->early = out->early && v.outcome != OUTCOME_HUNG_UP;
		out->unit_only = true;
		break;
	} while (true);
	if (v.status == ANSWER_OK && ask->table != TABLE_IDENTITY)
		frame_words(ask, frame + FRAME_TCP_DATA, into->words);
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
	dial_hang_up(l); /* the device hung up, or talks unasked: the next question connects anew */
}

static bool
tcp_setup(struct link *l, char *err, size_t err_size)
{
	const struct link_spec *s = l->spec;
	const struct site *site = l->env.site;

	l->tcp = xcalloc(1, sizeof(*l->tcp));
	if (!dial_settings_work(s, err, err_size))
		return false;
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
	if (!link_take_context(l, modbus_new_tcp("127.0.0.1", s->tcp_port), err, err_size))
		return false;
	text_printf(l->health.text, sizeof(l->health.text), "%s port %d not asked yet", s->address,
	    s->tcp_port);
	return true;
}

static void
tcp_shut(struct link *l)
{
	dial_hang_up(l);
	dial_free(&l->tcp->dial);
	free(l->tcp);
}

static const struct wire tcp_wire = {
    .shares = true,
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
    .slave = link_slave,
    .close = link_close,
};
