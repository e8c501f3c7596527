/*
 * Modbus RTU: one question after another on a bus (fence.h says what goes wrong there, and why
 * the rule after a timeout is as it is).
 *
 * A question goes like this: wait until the line has been silent for t3.5 (throwing away what
 * comes meanwhile), send, sleep until the whole reply can be there, let libmodbus take it from the
 * port, judge it. After anything but a good reply or an exception the unit's fence is up: the line
 * is drained until it is silent, and before that unit is believed again a fence read must fit. A
 * unit that stays silent is fenced only when it is asked again, so it costs the others one
 * timeout and a short silence, never more.
 */
#include "drivers/modbus/rtu.h"

#include "base/text.h"
#include "drivers/modbus/identity.h"
#include "drivers/modbus/modbus_driver.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#define DRIBBLE_MAX_US  200000 /* a device that pauses longer inside a frame is done with it */
#define REFUSAL_WAIT_US 50000  /* five bytes and then nothing: a refusal, not a slow frame */
#define FENCE_TRIES     4      /* in a row, inside one timeout, while other replies come */
#define STEP_MIN_US     250    /* between two looks at a reply that should be there */
#define STEP_MAX_US     10000
#define WORN_TIMEOUTS   4 /* silence before a length is used again, at most LATE_MAX_US */
#define LATE_FORGET_MS  (10 * 60 * 1000)
#define PATIENT_MIN_US  400000 /* a late reply is waited for so long, while others are asked */
#define UNANSWERED_MAX  3      /* questions without a byte, until a connection is made anew */

/* One transaction. */
struct deal {
	struct verdict v;
	bool early;   /* its timeout was a learned one, and no verdict */
	mono_t asked; /* 0: it was not put, and that is all */
	int32_t took_us;
	int64_t pause_us; /* longest pause inside the reply */
	int bytes;        /* of the reply, as far as it came */
};

/* ---- one transaction ------------------------------------------------------------------------- */

/* Waits for the silence before a request. OK, or why there is none. */
static struct verdict
wait_gap(struct link *l, const struct slave *u)
{
	const struct profile *p = u->device->profile;
	int64_t quiet_us = p->modbus.quiet_ms * 1000;
	mono_t bound = mono_add_ms(clock_mono(), p->modbus.timeout_ms);

	if (quiet_us < l->rtu->gap_us)
		quiet_us = l->rtu->gap_us;
	for (;;) {
		switch (link_wait(l, l->fd, POLLIN, mono_add_us(l->rtu->active, quiet_us))) {
		case WAIT_TIME:
			return (struct verdict){.status = ANSWER_OK};
		case WAIT_STOP:
			return (struct verdict){.status = ANSWER_NONE};
		case WAIT_BROKEN:
			rtu_port_lost(l, "lost", EIO);
			break;
		case WAIT_READY:
			rtu_drain(l, l->rtu->silent_us, p->modbus.timeout_ms * 1000);
			break;
		}
		if (l->fd < 0)
			return (struct verdict){.status = ANSWER_NO_LINK};
		if (!mono_before(clock_mono(), bound))
			return (struct verdict){.status = ANSWER_GARBLED,
			    .why = "the line is never silent: a device or an adapter sends without "
				   "a pause"};
	}
}

static struct verdict
send_request(struct link *l, const struct slave *u, const uint8_t *request, int n)
{
	int sent;

	modbus_set_slave(l->ctx, u->device->unit);
	l->rtu->asked_unit = (uint8_t)u->device->unit;
	engine_enter(l->engine);
	sent = modbus_send_raw_request(l->ctx, request, n);
	engine_return(l->engine);
	if (sent == n + 2) {
		l->rtu->active = mono_add_us(clock_mono(), (n + 2) * l->rtu->char_us);
		return (struct verdict){.status = ANSWER_OK};
	}
	if (errno == EAGAIN || errno == EMBBADDATA) /* nothing, or not all, was taken */
		return (struct verdict){.status = ANSWER_TIMEOUT,
		    .outcome = OUTCOME_SILENT,
		    .why = "the port takes no bytes"};
	rtu_port_lost(l, "lost", errno);
	return (struct verdict){.status = ANSWER_NO_LINK};
}

/* When to look again at a reply that comes in: `bytes` are there, the last ones since `grown`. */
static mono_t
next_look(const struct deal *d, mono_t now, mono_t grown, mono_t whole)
{
	int64_t step_us = (now.us - (mono_before(grown, whole) ? whole.us : grown.us)) / 4;

	if (mono_before(now, whole))
		/* As few wake-ups as can be; but five bytes may be all there is: a refusal. */
		return d->bytes == FRAME_RTU_REFUSAL_BYTES
			   ? mono_min(whole, mono_add_us(grown, REFUSAL_WAIT_US))
			   : whole;
	if (step_us < STEP_MIN_US)
		step_us = STEP_MIN_US;
	return mono_add_us(now, step_us < STEP_MAX_US ? step_us : STEP_MAX_US);
}

/* A refusal is shorter than what was asked for. Only a socket can be looked into; else time tells.
 */
static bool
is_refusal(const struct link *l, int n, int64_t unchanged_us)
{
	uint8_t head[FRAME_RTU_REFUSAL_BYTES];

	if (l->rtu->carrier->is_serial)
		return n == FRAME_RTU_REFUSAL_BYTES && unchanged_us >= REFUSAL_WAIT_US;
	return n >= FRAME_RTU_REFUSAL_BYTES &&
	       recv(l->fd, head, sizeof(head), MSG_PEEK) == sizeof(head) && (head[1] & 0x80) != 0;
}

/*
 * For the first byte by the descriptor; for the others by the clock, as it would show at once what
 * is there already. But a socket also shows that the other side has hung up.
 */
static enum waited
wait_more(struct link *l, int bytes, mono_t wake)
{
	if (bytes == 0)
		return link_wait(l, l->fd, POLLIN, wake);
	if (l->rtu->carrier->is_serial)
		return link_wait(l, -1, POLLIN, wake);
	return link_wait(l, l->fd, POLLRDHUP, wake);
}

/* Takes note of what has come: n bytes. */
static void
note_growth(
    const struct link *l, struct deal *d, int n, int want, mono_t now, mono_t *grown, mono_t *whole)
{
	if (n <= d->bytes)
		return;
	if (d->bytes == 0)
		*whole = mono_add_us(now, (want - n) * l->rtu->reply_char_us);
	else if (mono_before(*whole, now) && now.us - grown->us > d->pause_us)
		d->pause_us = now.us - grown->us;
	d->bytes = n;
	*grown = now;
}

/*
 * Sleeps until `want` bytes have come, or a refusal, or the deadline. From the first byte on it is
 * known how long the others need on the wire, so a reply costs two or three wake-ups, not one a
 * byte. OK: there is something to be taken.
 */
static struct verdict
wait_reply(struct link *l, int want, mono_t deadline, struct deal *d)
{
	mono_t wake = deadline, grown = clock_mono(), whole = deadline;

	for (;;) {
		bool began = d->bytes > 0;
		enum waited w = wait_more(l, d->bytes, wake);
		mono_t now = clock_mono();
		int n = link_pending(l);

		if (w == WAIT_STOP)
			return (struct verdict){.status = ANSWER_NONE};
		note_growth(l, d, n, want, now, &grown, &whole);
		if (n >= want || is_refusal(l, n, now.us - grown.us))
			return (struct verdict){.status = ANSWER_OK};
		if (n < 0 || w == WAIT_BROKEN || (w == WAIT_READY && (began || n == 0))) {
			rtu_port_lost(l, "lost", EIO);
			return (struct verdict){.status = ANSWER_NO_LINK};
		}
		if (!mono_before(now, deadline))
			return (struct verdict){.status = n > 0 ? ANSWER_OK : ANSWER_TIMEOUT,
			    .outcome = OUTCOME_SILENT,
			    .why = "no answer"};
		wake = n == 0 ? deadline : mono_min(deadline, next_look(d, now, grown, whole));
	}
}

/* Lets libmodbus take the frame that has arrived; it finds all of it there and does not wait. */
static struct verdict
take_reply(struct link *l, const struct slave *u, const struct ask *ask, uint8_t *frame)
{
	uint8_t unit = (uint8_t)u->device->unit;
	size_t whole;
	int n;

	memset(frame, 0, FRAME_MAX_BYTES);
	n = modbus_receive_confirmation(l->ctx, frame);
	l->rtu->active = clock_mono();
	if (n > 0) {
		struct verdict v = frame_rtu_check(ask, unit, frame, (size_t)n);

		if (v.status == ANSWER_GARBLED)
			rtu_stray(l, frame, (size_t)n, l->rtu->active); /* perhaps a late one */
		return v;
	}
	if (n < 0 && frame_rtu_is_echo(ask, unit, frame, FRAME_RTU_REFUSAL_BYTES))
		return (struct verdict){
		    .status = ANSWER_GARBLED, .outcome = OUTCOME_ECHO, .why = FRAME_ECHO_TEXT};
	if (n < 0 && errno == ETIMEDOUT)
		return (struct verdict){.status = ANSWER_TIMEOUT,
		    .outcome = OUTCOME_CUT,
		    .why = "reply not complete in time"};
	if (n < 0 && errno == ECONNRESET) {
		rtu_port_lost(l, "lost", ECONNRESET);
		return (struct verdict){.status = ANSWER_NO_LINK};
	}
	if (n < 0)
		return (struct verdict){
		    .status = ANSWER_GARBLED, .outcome = OUTCOME_CHECKSUM, .why = "wrong checksum"};
	/* Another unit's frame, CRC not looked at: or ours, with the unit damaged. */
	whole = (frame[1] & 0x80) != 0 ? FRAME_RTU_REFUSAL_BYTES : frame[2] + 5U;
	if (whole > FRAME_MAX_BYTES || frame_rtu_crc(frame, whole) != 0)
		return (struct verdict){
		    .status = ANSWER_GARBLED, .outcome = OUTCOME_CHECKSUM, .why = "wrong checksum"};
	rtu_stray(l, frame, whole, l->rtu->active);
	return (struct verdict){
	    .status = ANSWER_GARBLED, .outcome = OUTCOME_FOREIGN, .why = "reply of another unit"};
}

/* What question and reply take on the wire, silence between them included. */
static int64_t
wire_us(const struct link *l, const struct ask *ask)
{
	size_t bytes = FRAME_RTU_REQUEST_BYTES + frame_rtu_reply_bytes(ask);

	return (int64_t)bytes * l->rtu->char_us + l->rtu->gap_us;
}

static void
learn_pace(const struct link *l, struct member *unit, const struct ask *ask, const struct deal *d)
{
	bool answered = d->v.status == ANSWER_OK || d->v.status == ANSWER_REFUSED;

	if (answered)
		pace_answered(
		    &unit->pace, d->v.status == ANSWER_OK ? wire_us(l, ask) : 0, d->took_us);
	else if (d->v.status == ANSWER_TIMEOUT)
		pace_missed(&unit->pace, d->asked);
}

static void
count(struct link *l, struct slave *u, const struct ask *ask, const struct deal *d)
{
	struct rtu *r = l->rtu;
	bool answered = d->v.status == ANSWER_OK || d->v.status == ANSWER_REFUSED;

	link_count(l, l->members[u->device->unit], &d->v, frame_rtu_reply_bytes(ask));
	l->health.busy_us += (uint64_t)d->took_us;
	if (answered) {
		r->drops = 0;
		r->answered = true;
		if (r->replies++ == 0)
			link_proven(l);
	}
	if (d->v.outcome == OUTCOME_CHECKSUM || d->v.outcome == OUTCOME_MISMATCH)
		rtu_doubt(l, u);
	r->unanswered = d->v.outcome == OUTCOME_SILENT ? r->unanswered + 1 : 0;
	if (d->v.status == ANSWER_OK)
		link_well(l, u->device);
	else if (d->v.why != NULL)
		link_trouble(l, u->device, "%s", d->v.why);
}

/* Request and reply of registers or bits. words NULL: they are of no use. */
static struct verdict
exchange_words(struct link *l, const struct slave *u, const struct ask *ask, int64_t timeout_us,
    uint16_t *words, struct deal *d)
{
	int want = (int)frame_rtu_reply_bytes(ask);
	uint8_t request[6], frame[FRAME_MAX_BYTES];
	struct verdict v;

	frame_rtu_request(ask, (uint8_t)u->device->unit, request);
	v = send_request(l, u, request, sizeof(request));
	if (v.status == ANSWER_OK)
		v = wait_reply(l, want, mono_add_us(d->asked, timeout_us), d);
	if (v.status == ANSWER_OK)
		v = take_reply(l, u, ask, frame);
	if (v.status == ANSWER_TIMEOUT && d->bytes >= want)
		v = (struct verdict){.status = ANSWER_GARBLED,
		    .outcome = OUTCOME_MISMATCH,
		    .why = "reply of another length"};
	if (v.status == ANSWER_OK && words != NULL) {
		frame_words(ask, frame + FRAME_RTU_DATA, words);
		memcpy(l->rtu->reading, frame + FRAME_RTU_DATA, frame_data_bytes(ask));
	}
	return v;
}

/* One request of the device identification and its reply. GO_ON: *object is the next. */
static struct verdict
identity_step(struct link *l, const struct slave *u, uint8_t wanted, uint8_t *object,
    int64_t timeout_us, struct snmp_value *value, struct deal *d, bool *more)
{
	uint8_t request[1 + IDENTITY_PDU_BYTES] = {(uint8_t)u->device->unit},
			    frame[FRAME_MAX_BYTES];
	mono_t deadline = mono_add_us(clock_mono(), timeout_us);
	struct verdict v;
	size_t n = 0;

	identity_request(wanted, *object, request + 1);
	v = send_request(l, u, request, sizeof(request));
	if (v.status == ANSWER_OK)
		v = rtu_take_identity(l, request[0], deadline, frame, &n);
	d->bytes += (int)n;
	if (v.status == ANSWER_OK)
		v = frame_identity(frame + 1, n - 3, wanted, object, value, more);
	return v;
}

static struct verdict
exchange_identity(struct link *l, const struct slave *u, const struct ask *ask, int64_t timeout_us,
    struct snmp_value *value, struct deal *d)
{
	uint8_t wanted = (uint8_t)ask->address, object = wanted;
	mono_t end = mono_add_ms(d->asked, u->device->profile->modbus.timeout_ms * 2);
	struct verdict v = {.status = ANSWER_OK};
	bool more = true;

	/* driver.h: a question takes four timeouts at most, a fence read before it included. */
	for (int i = 0; more && i < IDENTITY_STEPS && mono_before(clock_mono(), end); i++) {
		more = false;
		if (i > 0)
			v = wait_gap(l, u);
		if (v.status == ANSWER_OK)
			v = identity_step(l, u, wanted, &object, timeout_us, value, d, &more);
	}
	return more ? frame_identity_endless() : v;
}

/* into NULL: a fence read, the values are of no use. */
static void
transact(
    struct link *l, struct slave *u, const struct ask *ask, struct answer *into, struct deal *d)
{
	struct member *unit = l->members[u->device->unit];
	int64_t timeout_us;

	*d = (struct deal){.v = wait_gap(l, u)};
	/* Something came in the gap that this unit has to explain first. */
	if (d->v.status == ANSWER_OK && into != NULL && u->fence.up)
		d->v = (struct verdict){.status = ANSWER_GARBLED, .why = "unasked reply"};
	if (d->v.why != NULL)
		link_trouble(l, u->device, "%s", d->v.why);
	if (d->v.status != ANSWER_OK)
		return;
	timeout_us = link_timeout_us(unit, u->device, wire_us(l, ask), &d->early);
	d->asked = clock_mono();
	if (into != NULL && ask->table == TABLE_IDENTITY)
		d->v = exchange_identity(l, u, ask, timeout_us, into->value, d);
	else
		d->v = exchange_words(l, u, ask, timeout_us, into != NULL ? into->words : NULL, d);
	d->took_us = (int32_t)(clock_mono().us - d->asked.us);
	if (d->v.status == ANSWER_NO_LINK)
		d->v.outcome = OUTCOME_HUNG_UP;
	if (d->v.status == ANSWER_NONE)
		return;
	learn_pace(l, unit, ask, d);
	count(l, u, ask, d);
}

/* ---- the rule -------------------------------------------------------------------------------- */

/*
 * While there is no verdict the others have the bus: so long that the try which decides ends when
 * the timeout of the profile has passed, and does not wait for that on the wire.
 */
static mono_t
patient_until(const struct link *l, const struct slave *u, const struct deal *d)
{
	const struct pace *p = &l->members[u->device->unit]->pace;
	int64_t full_us = u->device->profile->modbus.timeout_ms * 1000;
	int64_t patient_us = full_us < PATIENT_MIN_US ? full_us : PATIENT_MIN_US;

	if (pace_decides(p))
		return mono_add_us(p->silent_since, full_us - PACE_DOUBT_US);
	return d->early ? mono_add_us(d->asked, patient_us) : (mono_t){0};
}

/* After a transaction that went wrong: stay quiet until nothing more can come of it soon. */
static void
quieten(struct link *l, struct slave *u, const struct deal *d)
{
	int64_t timeout_us = u->device->profile->modbus.timeout_ms * 1000;
	int64_t silence_us = l->rtu->silent_us;

	if (d->v.status == ANSWER_GARBLED) {
		/* The true reply may still be on its way: for as long as this unit ever took. */
		int64_t usual_us = u->good_us > 0 ? u->good_us + u->good_us / 4 : timeout_us;

		if (usual_us > timeout_us)
			usual_us = timeout_us;
		if (usual_us > silence_us)
			silence_us = usual_us;
	} else {
		/* It dribbles: outlast its pauses. */
		int64_t pause_us =
		    d->pause_us * 3 < DRIBBLE_MAX_US ? d->pause_us * 3 : DRIBBLE_MAX_US;

		if (pause_us > silence_us)
			silence_us = pause_us;
	}
	u->asked = d->asked;
	u->silent = d->v.status == ANSWER_TIMEOUT;
	u->patient = u->silent ? patient_until(l, u, d) : (mono_t){0};
	rtu_drain(l, silence_us, timeout_us);
}

static bool
went_wrong(const struct deal *d)
{
	return d->asked.us != 0 && (d->v.status == ANSWER_TIMEOUT || d->v.status == ANSWER_GARBLED);
}

static void
learn_good(struct slave *u, const struct deal *d)
{
	mono_t now = clock_mono();

	u->good_us -= u->good_us / 64;
	if (d->took_us > u->good_us)
		u->good_us = d->took_us;
	if (u->late.on && mono_ms_between(now, u->late_at) >= LATE_FORGET_MS) {
		u->late_us = 0;
		fault_over(&u->late, now, "%s answers in time again", u->device->name);
	}
}

/*
 * When a fence read makes sense: not while a reply is on its way that is known to come late; and
 * where no new length is left, not before nothing has come for long. Others are asked meanwhile.
 */
static mono_t
quiet_until(const struct slave *u, const struct ask *ask, const struct fence_limits *limits)
{
	int64_t quiet_us = u->silent && fence_awaits(&u->fence) ? u->late_us : 0;
	int64_t worn_us = u->device->profile->modbus.timeout_ms * 1000 * WORN_TIMEOUTS;
	mono_t from = u->asked;

	if (u->asked.us == 0)
		return u->asked;
	if (fence_is_worn(&u->fence, ask, limits)) {
		if (worn_us > LATE_MAX_US)
			worn_us = LATE_MAX_US;
		if (worn_us > quiet_us)
			quiet_us = worn_us;
		if (mono_before(from, u->heard))
			from = u->heard;
	}
	return mono_add_us(from, quiet_us);
}

/*
 * Fence reads until one fits. OK: the fence is down. TIMEOUT: the device is silent, one timeout
 * was spent (*early: a learned one, and no verdict), or nothing but late replies came. GARBLED:
 * other things came. NO_LINK, NONE: not now.
 */
static enum answer_status
pass_fence(struct link *l, struct slave *u, const struct ask *ask,
    const struct fence_limits *limits, bool *early)
{
	const struct profile *p = u->device->profile;
	mono_t began = clock_mono(), bound = mono_add_ms(began, p->modbus.timeout_ms);

	for (int i = 0; i < FENCE_TRIES && (i == 0 || mono_before(clock_mono(), bound)); i++) {
		struct ask read;
		struct deal d;

		fence_next(&u->fence, ask, limits, &read);
		transact(l, u, &read, NULL, &d);
		if (d.asked.us == 0 || d.v.status == ANSWER_NO_LINK || d.v.status == ANSWER_NONE)
			return d.v.status;
		l->health.fences += fence_is_dirty(&u->fence); /* a newcomer's is routine */
		if (d.v.status == ANSWER_OK && fence_wants_silence(&u->fence) &&
		    rtu_drain(l, u->good_us > l->rtu->silent_us ? u->good_us : l->rtu->silent_us,
			p->modbus.timeout_ms * 1000) > 0)
			d.v.status = ANSWER_GARBLED;
		if (fence_judge(&u->fence, &read, d.v.status, d.asked)) {
			u->late_us -= u->late_us / 4;
			rtu_show_dirty(l);
			return ANSWER_OK;
		}
		if (went_wrong(&d))
			quieten(l, u, &d);
		if (l->fd < 0)
			return ANSWER_NO_LINK;
		*early = d.early && d.v.status == ANSWER_TIMEOUT;
		if (d.v.status == ANSWER_TIMEOUT)
			return ANSWER_TIMEOUT;
		if (mono_before(clock_mono(), quiet_until(u, ask, limits)))
			break;
	}
	/* Replies that belong to earlier questions are not damaged: the device is too slow. */
	return mono_before(began, u->late_at) ? ANSWER_TIMEOUT : ANSWER_GARBLED;
}

/* Makes sure that the next reply of this unit is the reply to the next question. */
static struct reply
come_clean(struct link *l, struct slave *u, const struct ask *ask, mono_t patience)
{
	const struct profile *p = u->device->profile;
	struct fence_limits limits = {p->modbus.max_registers, p->modbus.max_bits};
	mono_t quiet = quiet_until(u, ask, &limits);
	struct reply r = {.give_up = true};

	/*
	 * Asked again while it still thinks, a slow unit would answer each question in the place
	 * of the next. Others have the bus meanwhile; and while the baton may wait, this one does.
	 */
	if (fence_awaits(&u->fence) && mono_before(quiet, u->patient))
		quiet = mono_min(u->patient, mono_add_ms(patience, -1));
	if (mono_before(patience, quiet))
		return (struct reply){.status = ANSWER_TIMEOUT,
		    .give_up = true,
		    .early = link_is_undecided(l->members[u->device->unit], u->device)};
	if (mono_before(clock_mono(), quiet))
		return (struct reply){.status = ANSWER_NONE, .hold = quiet};
	r.status = pass_fence(l, u, ask, &limits, &r.early);
	return r;
}

static void
disbelieve(struct link *l, const struct slave *u, const char *why, struct deal *d)
{
	d->v = (struct verdict){.status = ANSWER_GARBLED, .outcome = OUTCOME_MISMATCH, .why = why};
	link_trouble(l, u->device, "%s", why);
}

/* Somebody speaks unasked on this bus: a reply behind the reply is the true one, or one too many.
 */
static bool
has_company(struct link *l, int64_t bound_us)
{
	if (l->rtu->strange == 0)
		return false;
	l->rtu->strange--;
	return rtu_drain(l, l->rtu->silent_us, bound_us) >= FRAME_RTU_REFUSAL_BYTES;
}

/* Asks until the reply can be believed (doubt.h), within the time that driver.h gives. */
static void
transact_surely(
    struct link *l, struct slave *u, const struct ask *ask, struct answer *into, struct deal *d)
{
	int64_t timeout_us = u->device->profile->modbus.timeout_ms * 1000;
	mono_t last = mono_add_us(clock_mono(), timeout_us + l->rtu->silent_us * 2);
	struct readings seen = {0};
	enum belief belief = BELIEF_AGAIN;

	while (belief == BELIEF_AGAIN) {
		transact(l, u, ask, into, d);
		if (d->v.status != ANSWER_OK || u->doubt == 0 || ask->table == TABLE_IDENTITY)
			return;
		if (has_company(l, timeout_us)) {
			disbelieve(l, u, "unasked reply", d);
			return;
		}
		belief = readings_take(
		    &seen, l->rtu->reading, frame_data_bytes(ask), l->rtu->strange > 0);
		if (belief == BELIEF_AGAIN && !mono_before(clock_mono(), last))
			belief = BELIEF_NO;
	}
	u->doubt--;
	if (belief != BELIEF_YES)
		disbelieve(l, u, "two readings on a doubtful line differ", d);
}

/* The connection ended, and that was excused. */
static bool
may_reopen(const struct link *l)
{
	return l->fd < 0 && !l->stopping && !mono_before(clock_mono(), l->rtu->next_open);
}

static void
ask_once(struct link *l, struct slave *u, const struct ask *ask, mono_t patience,
    struct answer *into, struct reply *out)
{
	static const struct ask instead = {.table = TABLE_HOLDING, .count = 1};
	struct deal d;

	*out = (struct reply){.status = ANSWER_NO_LINK, .give_up = true};
	if (!rtu_port_open(l, mono_add_ms(clock_mono(), u->device->profile->modbus.timeout_ms))) {
		if (l->stopping)
			out->status = ANSWER_NONE;
		return;
	}
	if (u->fence.up) {
		*out = come_clean(l, u, ask->table == TABLE_IDENTITY ? &instead : ask, patience);
		if (out->status != ANSWER_OK)
			return;
	}
	transact_surely(l, u, ask, into, &d);
	if (d.v.status == ANSWER_OK) {
		if (ask->table != TABLE_IDENTITY) /* its length is not known: no fence read */
			fence_know(&u->fence, ask);
		learn_good(u, &d);
	} else if (went_wrong(&d)) {
		fence_owe(&u->fence, ask, d.asked);
		rtu_show_dirty(l);
		quieten(l, u, &d);
	}
	*out = (struct reply){.status = d.v.status,
	    .code = d.v.code,
	    .took_us = d.took_us,
	    .early = d.early,
	    .give_up = d.v.status == ANSWER_TIMEOUT};
}

static void
rtu_ask(struct link *l, const struct device_spec *device, const struct ask *ask, mono_t patience,
    struct answer *into, struct reply *out)
{
	struct rtu *r = l->rtu;
	struct slave *u = r->units[device->unit];

	/* Nobody says a word any more: perhaps the other side forgot about this connection. */
	if (!r->carrier->is_serial && r->unanswered >= UNANSWERED_MAX)
		r->carrier->close(l);
	ask_once(l, u, ask, patience, into, out);
	/* It hung up just when it was asked: that is no fault, if it was well before. */
	if (out->status == ANSWER_NO_LINK && may_reopen(l))
		ask_once(l, u, ask, patience, into, out);
	if (out->status == ANSWER_NO_LINK && may_reopen(l)) {
		link_trouble(l, device, "hangs up instead of a reply; will connect anew");
		l->health.timeouts++;
		*out = (struct reply){.status = ANSWER_TIMEOUT, .give_up = true};
	}
}

/* ---- the driver ------------------------------------------------------------------------------ */

/* Opens the port again while nobody asks: `bus` shows that it is back, and a late reply is seen. */
static mono_t
rtu_idle(struct link *l, mono_t now)
{
	/* A connection is made when there is something to ask. */
	if (!l->rtu->carrier->is_serial || rtu_port_open(l, now))
		return MONO_NEVER;
	return l->rtu->next_open;
}

static void
rtu_noise(struct link *l)
{
	if (l->fd >= 0)
		rtu_drain(l, l->rtu->silent_us, l->rtu->silent_us * 10);
}

static void
rtu_hang_up(struct link *l)
{
	l->rtu->carrier->close(l);
}

static bool
setup_serial(struct link *l, char *err, size_t err_size)
{
	return rtu_port_setup(l, &rtu_serial, err, err_size);
}

static bool
setup_tcp(struct link *l, char *err, size_t err_size)
{
	return rtu_port_setup(l, &rtu_tcp, err, err_size);
}

#define RTU_WIRE(how)                                                                              \
	{                                                                                          \
		.setup = (how), .shut = rtu_port_shut, .ask = rtu_ask, .idle = rtu_idle,           \
		.noise = rtu_noise, .hang_up = rtu_hang_up                                         \
	}
static const struct wire serial_wire = RTU_WIRE(setup_serial);
static const struct wire tcp_wire = RTU_WIRE(setup_tcp);

static struct link *
rtu_open(const struct link_env *env, char *err, size_t err_size)
{
	return link_open(env, &serial_wire, err, err_size);
}

static struct link *
rtu_tcp_open(const struct link_env *env, char *err, size_t err_size)
{
	return link_open(env, &tcp_wire, err, err_size);
}

const struct driver modbus_rtu_driver = {
    .kind = "modbus-rtu",
    .built = true,
    .open = rtu_open,
    .submit = link_submit,
    .health = link_health,
    .slave = link_slave,
    .stop = link_stop,
    .close = link_close,
};

const struct driver modbus_rtu_tcp_driver = {
    .kind = "modbus-rtu-tcp",
    .built = true,
    .open = rtu_tcp_open,
    .submit = link_submit,
    .health = link_health,
    .slave = link_slave,
    .stop = link_stop,
    .close = link_close,
};
