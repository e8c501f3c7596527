/* Answers of a device, and its silence: what follows, and what is learned of its manners. */
#include "base/text.h"
#include "drivers/snmp/device_i.h"
#include "drivers/snmp/values.h"

/* A missing object seldom appears (a probe is plugged in). Other errors may pass at any time. */
#define MISSING_PAUSE_MS       (5 * 60 * 1000)
#define REFUSED_PAUSE_FIRST_MS 5000
#define REFUSED_PAUSE_MAX_MS   (60 * 1000)

/* Batons in a row without any answer before the log says so: a lost datagram is no news. */
#define LOST_BATONS_TOLD 3

/* ---- what people are told ------------------------------------------------------------------- */

static void
note(struct device *d, enum device_condition condition, const char *text, mono_t now)
{
	bool may_pass = condition == DEVICE_SILENT || condition == DEVICE_GARBLES;

	if (condition == DEVICE_ANSWERS) {
		d->lost_batons = 0;
		fault_over(&d->fault, now, "%s: answers SNMP again", d->spec->name);
	} else {
		if (condition != d->condition && !may_pass)
			d->fault = (struct fault_log){0}; /* another fault: news */
		if (++d->lost_batons >= LOST_BATONS_TOLD || !may_pass)
			fault_say(&d->fault, now, LOG_LEVEL_WARN, "%s: %s", d->spec->name, text);
	}
	d->condition = condition;
	text_copy(d->text, sizeof(d->text), text);
}

/* ---- values and refusals -------------------------------------------------------------------- */

static void
settle_flight(struct device *d, enum answer_status status, uint8_t code, mono_t now)
{
	for (size_t i = 0; i < d->flight_count; i++)
		device_settle(d, d->flight[i], status, code, now);
}

/* What came of an object that was asked alone. */
static void
took_alone(struct device *d, const struct oid *oid, bool answered, mono_t now)
{
	unsigned size = shun_alone(&d->shuns, oid, answered);

	if (size > 0)
		batch_blame(&d->batch, size, now);
}

/*
 * An answer without an error that ends early: the agent puts no more into one message. `fitting`
 * of those that came are what was asked; it is an answer to this question where any is.
 */
static bool
is_cut(const struct device *d, size_t came, size_t fitting)
{
	return came < d->flight_count && d->flight_count > 1 && (came == 0 || fitting > 0);
}

static void
take_values(struct device *d, const struct asker_answer *a, mono_t now)
{
	struct ber variables = a->variables;
	struct pdu_variable var;
	size_t came = 0, fitting = 0, n = d->flight_count;

	for (; came < n && pdu_next(&variables, &var); came++) {
		size_t ask = d->flight[came];
		struct answer *out = &d->baton->answers[ask];
		const struct oid *oid = d->baton->asks[ask].oid;

		values_take(&var, oid, out);
		device_settle(d, ask, out->status, out->code, now);
		out->took_us = a->took_us;
		fitting += out->status != ANSWER_GARBLED;
		if (n == 1)
			took_alone(d, oid, true, now);
		shun_drop(&d->shuns, oid);
	}
	if (is_cut(d, came, fitting)) {
		batch_too_big(&d->batch, (unsigned)n, now); /* the rest is asked again */
		return;
	}
	for (; came < n; came++)
		device_settle(d, d->flight[came], ANSWER_GARBLED, 0, now);
	batch_answered(&d->batch, (unsigned)n, now);
}

/* How long a refused object is left alone: at first not at all, then ever longer. */
static int64_t
pause_of(const struct device *d, const struct oid *oid, uint8_t code)
{
	const struct shun *before = shun_find(&d->shuns, oid);

	if (code == PDU_NO_SUCH_NAME)
		return MISSING_PAUSE_MS;
	if (before == NULL || before->code == 0)
		return 0;
	if (before->pause_ms * 2 > REFUSED_PAUSE_MAX_MS)
		return REFUSED_PAUSE_MAX_MS;
	return before->pause_ms == 0 ? REFUSED_PAUSE_FIRST_MS : before->pause_ms * 2;
}

/* One object was refused: it is remembered, and the others are asked again without it. */
static void
take_refusal(struct device *d, size_t ask, const struct asker_answer *a, mono_t now)
{
	const struct oid *oid = d->baton->asks[ask].oid;
	uint8_t code = (uint8_t)a->error_status;

	device_settle(d, ask, ANSWER_REFUSED, code, now);
	d->baton->answers[ask].took_us = a->took_us;
	took_alone(d, oid, false, now);
	shun_put(&d->shuns, oid, code, now, pause_of(d, oid, code));
}

static void
take_error(struct device *d, const struct asker_answer *a, mono_t now)
{
	size_t n = d->flight_count;

	if (a->error_status < 0 || a->error_status > UINT8_MAX) {
		settle_flight(d, ANSWER_GARBLED, 0, now);
	} else if (n == 1) {
		take_refusal(d, d->flight[0], a, now);
	} else if (a->error_status == PDU_TOO_BIG) {
		batch_too_big(&d->batch, (unsigned)n, now);
	} else if (a->error_index >= 1 && (size_t)a->error_index <= n) {
		take_refusal(d, d->flight[a->error_index - 1], a, now);
	} else {
		shun_doubt(&d->shuns, d->names, n, now); /* it does not say which */
	}
}

/* One answer of a walk. Whole, or nothing: half of a table would make rows vanish. */
static void
take_step(struct device *d, const struct asker_answer *a, mono_t now)
{
	enum walk_verdict verdict;

	if (a->error_status == PDU_TOO_BIG && d->repetitions > 1) {
		batch_too_big(&d->bulk, d->repetitions, now);
		return;
	}
	if (a->error_status == PDU_NO_ERROR)
		batch_answered(&d->bulk, d->repetitions, now);
	/* So version 1 says that its MIB ends; from a later one (RFC 3416, 4.2.3) it is a failure.
	 */
	if (a->error_status == PDU_NO_SUCH_NAME && d->spec->snmp->version == SNMP_V1)
		verdict = WALK_DONE;
	else if (a->error_status == PDU_NO_ERROR)
		verdict = walk_take(d->walk, a->variables);
	else
		verdict = WALK_BROKEN;
	if (verdict == WALK_GOES_ON)
		return;
	d->walking = false;
	if (verdict == WALK_DONE)
		device_settle(d, d->flight[0], ANSWER_OK, 0, now);
	else if (a->error_status > 0 && a->error_status <= UINT8_MAX)
		device_settle(d, d->flight[0], ANSWER_REFUSED, (uint8_t)a->error_status, now);
	else
		device_settle(d, d->flight[0], ANSWER_GARBLED, 0, now);
}

/* ---- silence -------------------------------------------------------------------------------- */

static const struct oid *
first_out(const struct device *d)
{
	return d->baton->asks[d->flight[0]].oid;
}

/*
 * Silence in a baton without any answer is the device's. Where it answers others before and after,
 * and never this, it is that of what was asked.
 */
static bool
is_alive(struct device *d)
{
	bool alive = d->heard || (d->mute == first_out(d) && d->heard_since);

	d->mute = alive ? NULL : first_out(d);
	d->heard_since = false;
	return alive;
}

/* true: another try makes sense. */
static bool
take_silence(struct device *d, mono_t now)
{
	struct batch *b = device_batch_out(d);
	unsigned n = device_size_out(d);
	bool size_may_be_why = !batch_proven(b, n);

	batch_silent(b, n);
	if (size_may_be_why && d->silences++ < d->spec->profile->snmp.retries)
		return true;
	settle_flight(d, ANSWER_TIMEOUT, 0, now);
	if (!is_alive(d)) {
		batch_lost(b);
	} else if (d->walking) {
		batch_doubt(b, n); /* these rows are longer than those before */
	} else if (n > 1) {
		/* Next time they must not spoil the others. */
		shun_doubt(&d->shuns, d->names, n, now);
	} else {
		took_alone(d, first_out(d), false, now);
		shun_put(&d->shuns, first_out(d), 0, now, 0);
	}
	return false;
}

/* ---- each outcome --------------------------------------------------------------------------- */

static void
note_heard(struct device *d)
{
	d->heard = true;
	d->silences = 0;
	d->heard_since = true;
	for (size_t i = 0; i < d->flight_count; i++)
		if (d->mute == d->baton->asks[d->flight[i]].oid)
			d->mute = NULL;
}

void
device_answered(void *arg, const struct asker_answer *a, const struct now *now)
{
	static const enum device_condition conditions[] = {
	    [PEER_ANSWERED] = DEVICE_ANSWERS,
	    [PEER_SENT] = DEVICE_ANSWERS,
	    [PEER_SILENT] = DEVICE_SILENT,
	    [PEER_GARBLED] = DEVICE_GARBLES,
	    [PEER_DENIED] = DEVICE_DENIES,
	    [PEER_UNREACHABLE] = DEVICE_UNREACHABLE,
	    [PEER_UNSENDABLE] = DEVICE_UNREACHABLE,
	};
	struct device *d = arg;
	bool go_on = false;

	if (a->outcome == PEER_ANSWERED && d->walking) {
		note_heard(d);
		go_on = true;
		take_step(d, a, now->mono);
	} else if (a->outcome == PEER_ANSWERED) {
		note_heard(d);
		if (a->error_status == PDU_NO_ERROR)
			take_values(d, a, now->mono);
		else
			take_error(d, a, now->mono);
		go_on = true;
	} else if (a->outcome == PEER_SILENT) {
		go_on = take_silence(d, now->mono);
	} else if (a->outcome == PEER_GARBLED) {
		settle_flight(d, ANSWER_GARBLED, 0, now->mono);
	} else {
		settle_flight(
		    d, a->outcome == PEER_DENIED ? ANSWER_DENIED : ANSWER_NO_LINK, 0, now->mono);
	}
	if (a->outcome == PEER_ANSWERED)
		note(d, DEVICE_ANSWERS, "answers", now->mono);
	else if (!go_on && !d->heard)
		note(d, conditions[a->outcome], a->text, now->mono);
	if (!go_on)
		d->walking = false;
	if (!d->walking)
		d->flight_count = 0;
	if (go_on)
		device_ask(d, now->mono);
	else
		device_home(d, now->mono);
}
