/*
 * Modbus TCP: one connection, one question at a time on it.
 *
 * The connection stays open between questions. After a damaged reply, or when a device was silent
 * for all of its timeout, it is closed and the next question makes a new one: whatever comes late
 * dies with it. While there is no verdict yet (pace.h) it stays, because a slow device would answer
 * on a connection that is gone, and slow gateways would be buried under new ones: the same question
 * is waited for once more, and a reply to an earlier one is known by its transaction, passed over,
 * and a sign of life. Connecting is done here, not by libmodbus: with our own deadline, and so that
 * closing the link need not wait for it.
 */
#include "base/arena.h"
#include "base/text.h"
#include "drivers/modbus/dial.h"
#include "drivers/modbus/identity.h"
#include "drivers/modbus/modbus_driver.h"
#include "drivers/modbus/tcp_identity.h"

#include <errno.h>
#include <linux/sockios.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#define LOOK_AGAIN_US 2000 /* a reply that comes in pieces is looked at so often */
#define LATE_MAX      100 /* a transaction so many before this one is a late one, else a wrong one */

struct tcp {
	uint16_t tid;
	bool waits; /* the latest question on this connection has had a learned timeout alone */
	uint8_t unit;
	struct ask ask;
	mono_t asked;
	unsigned owed; /* replies to this and earlier ones that may still come on this connection */

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
	t->waits = false;
	t->owed = 0;
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
		if (w != WAIT_TIME &&
		    (w != WAIT_READY || l->tcp->owed == 0 || link_pending(l) <= 0))
			dial_hang_up(l);
	}
	if (l->fd < 0)
		return connect_to(l, deadline);
	return (struct verdict){.status = ANSWER_OK};
}

/* ---- one transaction ------------------------------------------------------------------------- */

/* Does what has arrived begin with a whole frame, by its own account? */
static bool
is_whole(const struct link *l, int have)
{
	uint8_t head[FRAME_TCP_REFUSAL_BYTES];

	return recv(l->fd, head, sizeof(head), MSG_PEEK | MSG_DONTWAIT) == sizeof(head) &&
	       frame_tcp_bytes(head, sizeof(head)) <= (size_t)have;
}

/* Sleeps until the reply (or a refusal) is there. OK: there is something to be taken. */
static struct verdict
wait_reply(struct link *l, int want, mono_t deadline)
{
	mono_t wake = deadline;
	int have = 0;

	for (;;) {
		/* The same events as while idle: the kernel need not be told anew. */
		enum waited w = link_wait(l, have == 0 ? l->fd : -1, POLLIN | POLLRDHUP, wake);
		mono_t now = clock_mono();

		have = link_pending(l);
		if (w == WAIT_STOP)
			return (struct verdict){.status = ANSWER_NONE};
		if (have < 0 || w == WAIT_BROKEN || (have == 0 && w == WAIT_READY))
			return (struct verdict){.status = ANSWER_NO_LINK};
		if (have >= want)
			return (struct verdict){.status = ANSWER_OK};
		/* A refusal is shorter, and a late reply to another question may be. */
		if (have > 0 && is_whole(l, have))
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

/* A gateway that speaks for a unit tells nothing of how fast the unit is. */
static bool
is_absent(uint8_t function, uint8_t code)
{
	return (function & 0x80) != 0 && (code == EXCEPTION_NO_PATH || code == EXCEPTION_NO_TARGET);
}

/*
 * What has arrived begins with the reply to a question before `tid`: it is thrown away, so that the
 * one to `tid` can follow. Anything else that is not that one is for frame_tcp_check() to name.
 */
static bool
drop_late(struct link *l, uint16_t tid)
{
	struct member *u;
	uint8_t frame[FRAME_MAX_BYTES];
	ssize_t n = recv(l->fd, frame, sizeof(frame), MSG_PEEK | MSG_DONTWAIT);
	int age = n < 7 ? 0 : (uint16_t)(tid - (frame[0] << 8 | frame[1]));
	ssize_t bytes = n < 7 ? 0 : 6 + (frame[4] << 8 | frame[5]);

	if (age == 0 || age > LATE_MAX || frame[2] != 0 || frame[3] != 0 || n < bytes)
		return false;
	u = l->members[frame[6]];
	if (u != NULL && !(n > 8 && is_absent(frame[7], frame[8])))
		pace_forget(&u->pace); /* whatever was waited for it: that was not long enough */
	jobs_hold(&l->jobs, frame[6], (mono_t){0}); /* no use to wait longer */
	return recv(l->fd, frame, (size_t)bytes, MSG_DONTWAIT) == bytes;
}

/* Is this the question that is on its way already, with none behind it? */
static bool
is_on_its_way(const struct tcp *t, uint8_t unit, const struct ask *ask)
{
	return t->waits && t->unit == unit && t->ask.table == ask->table &&
	       t->ask.address == ask->address && t->ask.count == ask->count;
}

/* The question goes out, if it is not on its way. false: the connection is gone. */
static bool
put_question(struct link *l, uint8_t unit, const struct ask *ask)
{
	struct tcp *t = l->tcp;
	uint8_t request[FRAME_TCP_REQUEST_BYTES];

	if (is_on_its_way(t, unit, ask)) {
		t->waits = false;
		t->owed--;
		return true;
	}
	t->waits = false;
	t->unit = unit;
	t->ask = *ask;
	t->asked = clock_mono();
	/* libmodbus would send a raw request with transaction 0 each time. */
	frame_tcp_request(ask, unit, ++t->tid, request);
	return send(l->fd, request, sizeof(request), MSG_NOSIGNAL) == sizeof(request);
}

/*
 * A reply to an earlier question is a sign of life, and a device answers in order: where one comes,
 * ours has its full timeout from there on, and twice of it in all.
 */
static struct verdict
transact(struct link *l, const struct device_spec *d, const struct ask *ask, uint8_t *frame,
    mono_t deadline)
{
	struct tcp *t = l->tcp;
	int64_t full_ms = d->profile->modbus.timeout_ms;
	mono_t last = mono_add_ms(clock_mono(), 2 * full_ms);
	int late = 0; /* bounded: somebody who sends old replies without end is hung up on */
	bool strange = false;
	struct verdict v;
	uint16_t tid;

	if (!put_question(l, (uint8_t)d->unit, ask))
		return (struct verdict){.status = ANSWER_NO_LINK};
	tid = t->tid;
	v = wait_reply(l, (int)frame_tcp_reply_bytes(ask), deadline);
	for (; v.status == ANSWER_OK && late < LATE_MAX && drop_late(l, tid); late++) {
		mono_t longer = mono_min(last, mono_add_ms(clock_mono(), full_ms));

		strange |= t->owed == 0;
		t->owed -= t->owed > 0;
		if (mono_before(deadline, longer))
			deadline = longer;
		v = wait_reply(l, (int)frame_tcp_reply_bytes(ask), deadline);
	}
	if (strange && v.status == ANSWER_TIMEOUT)
		return (struct verdict){.status = ANSWER_GARBLED,
		    .outcome = OUTCOME_MISMATCH,
		    .why = "reply to another transaction"};
	return v.status == ANSWER_OK ? take_reply(l, (uint8_t)d->unit, tid, ask, frame) : v;
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

static void
learn_pace(const struct link *l, struct member *u, const struct ask *ask, const struct verdict *v,
    mono_t asked, int32_t took_us)
{
	bool absent = v->status == ANSWER_REFUSED && is_absent(0x80, v->code);

	if (v->status == ANSWER_TIMEOUT || absent)
		pace_missed(&u->pace, asked);
	else if (v->status == ANSWER_OK || v->status == ANSWER_REFUSED)
		pace_answered(&u->pace, wire_us(l, ask), took_us);
}

/*
 * Silence that is no verdict yet. Where not even the other side's kernel has said that it got the
 * question, a second time, only a new connection can tell whether it is the old one that is dead.
 */
static bool
may_still_come(struct link *l, const struct device_spec *d, const struct ask *ask,
    const struct verdict *v, bool early)
{
	int unsaid = 0;

	if (ask->table == TABLE_IDENTITY || v->outcome != OUTCOME_SILENT ||
	    !link_is_undecided(l->members[d->unit], d))
		return false;
	return early || (ioctl(l->fd, SIOCOUTQ, &unsaid) == 0 && unsaid == 0);
}

static void
conclude(struct link *l, const struct device_spec *d, const struct ask *ask, bool early,
    struct verdict *v)
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
		if (may_still_come(l, d, ask, v, early)) {
			l->tcp->waits = early; /* later it is put anew: it may have been dropped */
			l->tcp->owed++;
			break;
		}
		link_trouble(l, d, "%s; will connect anew", v->why);
		dial_hang_up(l);
		break;
	default:
		*v = hung_up(l, d);
		break;
	}
}

/* In doubt a connection takes no longer than the verdict, if that is time enough for one. */
static int64_t
connect_us(const struct member *u, const struct device_spec *d)
{
	int64_t full_us = d->profile->modbus.timeout_ms * 1000;
	int64_t left_us = pace_left_us(&u->pace, clock_mono(), full_us);

	if (left_us == 0 || full_us < PACE_DOUBT_US)
		return full_us;
	return left_us > PACE_DOUBT_US ? left_us : PACE_DOUBT_US;
}

/*
 * The try that decides ends when the timeout of the profile has passed. It need not wait for that
 * on a connection that others use: it is put so late that it is short. 0: now.
 */
static mono_t
hold_until(
    const struct link *l, const struct member *u, const struct device_spec *d, mono_t patience)
{
	mono_t now = clock_mono(), until;
	int64_t left_us = pace_left_us(&u->pace, now, d->profile->modbus.timeout_ms * 1000);

	if (l->tcp->devices == 1 || !pace_decides(&u->pace) || left_us <= PACE_DOUBT_US)
		return (mono_t){0};
	until = mono_min((mono_t){now.us + left_us - PACE_DOUBT_US}, mono_add_ms(patience, -1));
	return mono_before(now, until) ? until : (mono_t){0};
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

	out->hold = hold_until(l, u, d, patience);
	if (out->hold.us != 0)
		return;
	if (ask->table == TABLE_IDENTITY && l->tcp->owed > 0)
		dial_hang_up(l); /* nothing may come in the place of one of its steps */
	do {
		v = be_connected(l, (mono_t){clock_mono().us + connect_us(u, d)});
		if (v.status != ANSWER_OK)
			break;
		fresh = l->tcp->replies == 0;
		asked = clock_mono();
		deadline.us = asked.us + timeout_us;
		v = ask->table == TABLE_IDENTITY
			? transact_identity(l, d, ask, into->value, deadline)
			: transact(l, d, ask, frame, deadline);
		l->health.busy_us += (uint64_t)(clock_mono().us - asked.us);
		if (ask->table != TABLE_IDENTITY)
			asked = l->tcp->asked; /* it may have been on its way already */
		out->took_us = (int32_t)(clock_mono().us - asked.us);
		if (v.status == ANSWER_NONE)
			break;
		/* It hung up just when we asked: that is no fault, if it was well before. */
		if (v.status == ANSWER_NO_LINK && !fresh) {
			dial_hang_up(l);
			continue;
		}
		learn_pace(l, u, ask, &v, asked, out->took_us);
		conclude(l, d, ask, out->early, &v);
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
	if (l->tcp->owed > 0 && drop_late(l, (uint16_t)(l->tcp->tid + 1))) {
		l->tcp->waits = false;
		l->tcp->owed--;
		return;
	}
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
    .hang_up = dial_hang_up,
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
    .stop = link_stop,
    .close = link_close,
};
