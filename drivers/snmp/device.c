/* One polled device: its batons as GETs, and what follows from each reply or silence. */
#include "drivers/snmp/device.h"

#include "base/arena.h"
#include "base/log.h"
#include "base/text.h"
#include "drivers/snmp/batch.h"
#include "drivers/snmp/shun.h"
#include "drivers/snmp/values.h"
#include "drivers/snmp/walk.h"

#include <stdlib.h>

/* Where a profile says nothing. */
#define TIMEOUT_DEFAULT_MS 1000
#define VARBINDS_DEFAULT   10

/* A missing object seldom appears (a probe is plugged in). Other errors may pass at any time. */
#define MISSING_PAUSE_MS       (5 * 60 * 1000)
#define REFUSED_PAUSE_FIRST_MS 5000
#define REFUSED_PAUSE_MAX_MS   (60 * 1000)

/* Batons in a row without any answer before the log says so: a lost datagram is no news. */
#define LOST_BATONS_TOLD 3

struct device {
	const struct device_spec *spec;
	struct mailbox *answers;
	struct asker *asker;
	struct batch batch;
	struct shun_list shuns;
	const struct oid *mute; /* began a GET whose silence was a whole baton's; NULL: none */
	bool heard_since;       /* the device answered something else after it */

	struct baton *baton;  /* being worked on */
	struct mail *waiting; /* those after it */
	bool *settled;        /* per ask of the baton: not to be asked (again) */
	size_t settled_room;
	size_t *flight; /* asks in the GET that is out; room for the largest batch */
	size_t flight_count;
	const struct oid **names; /* of them, while the question is made */
	struct walk_step *walk;   /* made at the first */
	bool walking;             /* the question that is out is a step of the walk of flight[0] */
	struct batch bulk;        /* rows in a GETBULK */
	unsigned repetitions;     /* of the one that is out */
	mono_t deadline;
	int silences; /* in a row */
	bool heard;   /* the device answered something in this baton */

	enum device_condition condition;
	char text[192];
	struct fault_log fault;
	int lost_batons;
	uint64_t refused, garbled;
};

static int64_t
timeout_of(const struct device *d)
{
	int64_t ms = d->spec->profile->snmp.timeout_ms;

	return ms > 0 ? ms : TIMEOUT_DEFAULT_MS;
}

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

/* ---- the answers of a baton ----------------------------------------------------------------- */

static void
settle(struct device *d, size_t ask, enum answer_status status, uint8_t code, mono_t now)
{
	struct answer *a = &d->baton->answers[ask];

	a->status = status;
	a->code = code;
	a->at = now;
	d->settled[ask] = true;
	d->refused += status == ANSWER_REFUSED;
	d->garbled += status == ANSWER_GARBLED;
}

static void
settle_flight(struct device *d, enum answer_status status, uint8_t code, mono_t now)
{
	for (size_t i = 0; i < d->flight_count; i++)
		settle(d, d->flight[i], status, code, now);
}

static void next_baton(struct device *d, mono_t now);

/* Left alone for now because of what it said before: settled without an answer. */
static bool
is_paused(const struct device *d, size_t ask)
{
	return d->settled[ask] && d->baton->answers[ask].status == ANSWER_NONE;
}

/*
 * What is left alone counts as refused only beside a reply of this cycle: a refusal says that the
 * device lives, and memory cannot say that.
 */
static void
repeat_refusals(struct device *d, mono_t now)
{
	const struct baton *b = d->baton;

	for (size_t i = 0; i < b->ask_count; i++) {
		const struct shun *s = shun_find(&d->shuns, b->asks[i].oid);

		if (!is_paused(d, i) || s == NULL || s->code == 0)
			continue;
		b->answers[i].status = ANSWER_REFUSED;
		b->answers[i].code = s->code;
		b->answers[i].at = now;
	}
}

static void
go_home(struct device *d, mono_t now)
{
	struct baton *b = d->baton;

	if (d->heard)
		repeat_refusals(d, now);
	d->baton = NULL;
	mailbox_put(d->answers, &b->mail);
	next_baton(d, now);
}

/* ---- questions ------------------------------------------------------------------------------ */

/* The next asks that nothing is known against, up to the size of a batch. */
static size_t
choose_batch(struct device *d, mono_t now)
{
	const struct baton *b = d->baton;
	size_t n = 0, size = batch_size(&d->batch, now);

	for (size_t i = 0; i < b->ask_count && n < size; i++)
		if (!d->settled[i] && b->asks[i].walk == 0 &&
		    shun_find(&d->shuns, b->asks[i].oid) == NULL)
			d->flight[n++] = i;
	return n;
}

/* One shunned object alone: the one whose turn is longest ago. */
static size_t
choose_shunned(struct device *d, mono_t now)
{
	const struct baton *b = d->baton;
	struct shun *chosen = NULL, *s;

	for (size_t i = 0; i < b->ask_count; i++) {
		if (d->settled[i] || b->asks[i].walk != 0)
			continue;
		s = shun_find(&d->shuns, b->asks[i].oid);
		if (s == NULL || (chosen != NULL && !mono_before(s->asked_at, chosen->asked_at)))
			continue;
		chosen = s;
		d->flight[0] = i;
	}
	if (chosen == NULL)
		return 0;
	chosen->asked_at = now;
	return 1;
}

/* A column to be walked, after all else. */
static size_t
choose_walk(struct device *d)
{
	const struct baton *b = d->baton;

	for (size_t i = 0; i < b->ask_count; i++) {
		if (d->settled[i] || b->asks[i].walk == 0 || b->answers[i].walk == NULL)
			continue;
		d->flight[0] = i;
		if (d->walk == NULL)
			d->walk = xcalloc(1, sizeof(*d->walk));
		walk_begin(d->walk, b->asks[i].oid, b->answers[i].walk, b->asks[i].walk);
		d->walking = true;
		return 1;
	}
	return 0;
}

static void
ask_get(struct device *d, const struct peer_try *try)
{
	const struct pdu_question q = {.kind = PDU_GET, .oids = d->names, .count = d->flight_count};

	for (size_t i = 0; i < d->flight_count; i++)
		d->names[i] = d->baton->asks[d->flight[i]].oid;
	asker_ask(d->asker, &q, try);
}

static void
ask_walk(struct device *d, const struct peer_try *try)
{
	const struct pdu_question q = walk_ask(d->walk, d->repetitions, d->spec->snmp->version);

	asker_ask(d->asker, &q, try);
}

/* The size of what is out is learned here. */
static struct batch *
batch_out(struct device *d)
{
	return d->walking ? &d->bulk : &d->batch;
}

static unsigned
size_out(const struct device *d)
{
	return d->walking ? d->repetitions : (unsigned)d->flight_count;
}

/* What is to be asked next; false: nothing is left. */
static bool
choose(struct device *d, mono_t now)
{
	if (!d->walking)
		d->flight_count = choose_batch(d, now);
	if (d->flight_count == 0)
		d->flight_count = choose_shunned(d, now);
	if (d->flight_count == 0)
		d->flight_count = choose_walk(d);
	if (d->walking)
		d->repetitions = batch_size(&d->bulk, now);
	return d->flight_count > 0;
}

static void
ask_next(struct device *d, mono_t now)
{
	struct peer_try try = {.timeout_ms = timeout_of(d), .give_up = d->deadline};
	int retries = d->spec->profile->snmp.retries - d->silences;

	if (!mono_before(now, d->deadline)) {
		go_home(d, now);
		return;
	}
	if (!choose(d, now)) {
		go_home(d, now);
		return;
	}
	/* The same again makes sense only where the size cannot be the cause. */
	if (retries > 0 && batch_proven(batch_out(d), size_out(d)))
		try.retries = retries;
	if (d->walking)
		ask_walk(d, &try);
	else
		ask_get(d, &try);
}

/* ---- answers -------------------------------------------------------------------------------- */

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
		settle(d, ask, out->status, out->code, now);
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
		settle(d, d->flight[came], ANSWER_GARBLED, 0, now);
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

	settle(d, ask, ANSWER_REFUSED, code, now);
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
		settle(d, d->flight[0], ANSWER_OK, 0, now);
	else if (a->error_status > 0 && a->error_status <= UINT8_MAX)
		settle(d, d->flight[0], ANSWER_REFUSED, (uint8_t)a->error_status, now);
	else
		settle(d, d->flight[0], ANSWER_GARBLED, 0, now);
}

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
	struct batch *b = batch_out(d);
	unsigned n = size_out(d);
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

static void
on_answer(void *arg, const struct asker_answer *a, const struct now *now)
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
		ask_next(d, now->mono);
	else
		go_home(d, now->mono);
}

/* ---- batons --------------------------------------------------------------------------------- */

/* The most urgent one, the oldest of these. */
static struct baton *
take_waiting(struct device *d)
{
	struct mail **best = &d->waiting, *m;

	if (d->waiting == NULL)
		return NULL;
	for (struct mail **at = &d->waiting; *at != NULL; at = &(*at)->next)
		if (((struct baton *)*at)->urgency < ((struct baton *)*best)->urgency)
			best = at;
	m = *best;
	*best = m->next;
	m->next = NULL;
	return (struct baton *)m;
}

/* Nothing else to ask: the one whose turn is longest ago, or nobody would see whether it lives. */
static void
wake_paused(struct device *d)
{
	const struct baton *b = d->baton;
	const struct shun *oldest = NULL;
	size_t chosen = 0;

	for (size_t i = 0; i < b->ask_count; i++) {
		const struct shun *s = shun_find(&d->shuns, b->asks[i].oid);

		if (!d->settled[i])
			return;
		if (!is_paused(d, i) ||
		    (oldest != NULL && !mono_before(s->asked_at, oldest->asked_at)))
			continue;
		oldest = s;
		chosen = i;
	}
	if (oldest != NULL)
		d->settled[chosen] = false;
}

/* Nothing is asked that cannot be, or that was refused lately. */
static void
prepare(struct device *d, struct baton *b, mono_t now)
{
	const struct shun *s;

	if (b->ask_count > d->settled_room) {
		d->settled_room = b->ask_count;
		d->settled = xrealloc(d->settled, d->settled_room, sizeof(*d->settled));
	}
	d->walking = false;
	for (size_t i = 0; i < b->ask_count; i++) {
		struct answer *a = &b->answers[i];

		if (b->asks[i].anew)
			shun_drop(&d->shuns, b->asks[i].oid);
		a->status = ANSWER_NONE;
		a->code = 0;
		a->took_us = 0;
		a->at = now;
		if (b->asks[i].oid == NULL || b->asks[i].oid->length < 2 ||
		    b->asks[i].oid->length > OID_SUBS_MAX) {
			settle(d, i, ANSWER_GARBLED, 0, now);
			continue;
		}
		s = shun_find(&d->shuns, b->asks[i].oid);
		d->settled[i] = s != NULL && s->code != 0 && mono_before(now, s->until);
	}
	wake_paused(d);
}

static void
next_baton(struct device *d, mono_t now)
{
	struct baton *b = take_waiting(d);

	if (b == NULL)
		return;
	d->baton = b;
	d->deadline = mono_add_ms(now, b->budget_ms);
	d->silences = 0;
	d->heard = false;
	prepare(d, b, now);
	ask_next(d, now);
}

void
device_submit(struct device *d, struct baton *b)
{
	struct mail **end = &d->waiting;

	while (*end != NULL)
		end = &(*end)->next;
	b->mail.next = NULL;
	*end = &b->mail;
	if (d->baton == NULL)
		next_baton(d, clock_mono());
}

/* ---- life ----------------------------------------------------------------------------------- */

/* Labels of rows are asked beside the points. */
static size_t
slots_of(const struct profile *p)
{
	size_t n = 0;

	for (size_t i = 0; i < p->table_count; i++)
		n += p->tables[i].asked ? p->tables[i].row_count : 0;
	return n;
}

struct device *
device_open(const struct device_spec *spec, struct communities *communities,
    struct mailbox *answers, char *err, size_t err_size)
{
	const struct profile *profile = spec->profile;
	unsigned varbinds =
	    profile->snmp.max_varbinds > 0 ? profile->snmp.max_varbinds : VARBINDS_DEFAULT;
	struct device *d = xcalloc(1, sizeof(*d));

	d->spec = spec;
	d->answers = answers;
	d->asker = asker_open(spec->name, spec->snmp, communities, on_answer, d, err, err_size);
	if (d->asker == NULL) {
		free(d);
		return NULL;
	}
	batch_init(&d->batch, varbinds);
	batch_init(&d->bulk, spec->snmp->version == SNMP_V1 ? 1 : varbinds);
	d->flight = xcalloc(varbinds, sizeof(*d->flight));
	d->names = xcalloc(varbinds, sizeof(const struct oid *));
	d->shuns.room = profile->point_count + profile->fact_count + slots_of(profile);
	return d;
}

static void
send_home_unasked(struct device *d, struct baton *b)
{
	mono_t now = clock_mono();

	for (size_t i = 0; i < b->ask_count; i++) {
		b->answers[i].status = ANSWER_NONE;
		b->answers[i].at = now;
	}
	mailbox_put(d->answers, &b->mail);
}

void
device_close(struct device *d)
{
	struct baton *b;

	if (d == NULL)
		return;
	asker_close(d->asker);
	if (d->baton != NULL)
		mailbox_put(d->answers, &d->baton->mail); /* what is settled is true */
	while ((b = take_waiting(d)) != NULL)
		send_home_unasked(d, b);
	free(d->settled);
	free(d->flight);
	free(d->names);
	free(d->shuns.items);
	free(d->walk);
	free(d);
}

void
device_report(const struct device *d, struct device_report *out)
{
	*out = (struct device_report){.condition = d->condition,
	    .text = d->text,
	    .refused = d->refused,
	    .garbled = d->garbled,
	    .batch = d->batch.size};
	asker_stats(d->asker, &out->wire);
	out->garbled += out->wire.garbled;
}
