/* One poll: its baton loaded, judged, counted and learned from. */
#include "core/records.h"

#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* A probe may wait so long for its turn on a wire: no longer than until the next one. */
#define PROBE_MS 4000

/* ---- life ------------------------------------------------------------------------------------ */

static void
init_room(struct poll *q, struct rooms *rooms)
{
	size_t n = q->plan->item_count;

	q->baton.ask_room = n;
	q->room = rooms_for(rooms,
	    n * (sizeof(*q->baton.answers) + sizeof(*q->baton.asks) + sizeof(*q->sent)) +
		q->plan->value_room * sizeof(*q->values) + q->plan->word_room * sizeof(*q->words));
}

static void
init_walks(struct poll *q, struct arena *a)
{
	size_t n = q->plan->item_count;

	q->walks = arena_array(a, n, sizeof(*q->walks));
	for (size_t k = 0; k < n; k++)
		q->walks[k].rows =
		    arena_array(a, q->plan->asks[k].ask.walk, sizeof(*q->walks[k].rows));
}

static struct plan *
make_plan(struct arena *a, const struct profile *p, unsigned index, struct rows *rows)
{
	return index == POLL_FACTS  ? plan_facts(a, p)
	       : index == POLL_ROWS ? plan_rows(a, p)
				    : plan_points(a, p, (enum poll_class)index, rows);
}

void
poll_init(struct poll *q, struct rooms *rooms, const struct site *s, size_t device, unsigned index,
    struct rows *rows, const struct poll *like)
{
	struct arena *a = rooms->arena;
	const struct device_spec *d = &s->devices[device];
	const struct profile *p = d->profile;
	bool facts = index == POLL_FACTS, is_class = index < POLL_CLASS_COUNT;
	bool records = index == POLL_RECORDS;
	int64_t timeout_ms;

	q->index = index;
	q->snmp = d->snmp != NULL;
	timeout_ms = q->snmp ? p->snmp.timeout_ms : p->modbus.timeout_ms;
	q->timeout_ms = timeout_ms > 0 ? timeout_ms : 800;
	q->retries = q->snmp ? p->snmp.retries : 0;
	q->period_ms = is_class ? d->period_ms[index] : index == POLL_ROWS ? POLL_ROWS_MS : 0;
	q->due = MONO_NEVER;
	q->baton = (struct baton){
	    .device = (int)device,
	    .link = d->link,
	    .urgency = is_class  ? (enum poll_class)index
		       : records ? POLL_NORMAL
				 : POLL_SLOW,
	    .facts = facts,
	};
	if (records) {
		records_poll_init(q, a, p);
	} else {
		q->plan =
		    like != NULL ? plan_like(rooms, like->plan) : make_plan(a, p, index, rows);
		init_room(q, rooms);
		if (index == POLL_ROWS)
			init_walks(q, a);
	}
	/* Half of its period at most: a device that trickles must leave the wire to the others.
	 * SNMP devices share no wire. */
	q->longest_ms = is_class  ? q->period_ms / (q->snmp ? 1 : 2)
			: records ? RECORDS_LONGEST_MS
				  : 10 * q->timeout_ms;
	if (q->longest_ms < q->timeout_ms)
		q->longest_ms = q->timeout_ms;
}

/* ---- going out ------------------------------------------------------------------------------- */

static int64_t
budget_ms(const struct poll *q)
{
	/* An SNMP device has its tries, however many OIDs there are; a Modbus device has a
	 * transaction for each question. */
	int64_t wanted = q->timeout_ms * (q->snmp ? q->retries + 1 : (int64_t)q->baton.ask_count);

	/* One try has to do; but a bus may have to be silent for long before it. */
	if (q->probe)
		return q->snmp || q->timeout_ms > PROBE_MS ? q->timeout_ms : PROBE_MS;
	/* A walk goes on while the device answers. */
	return wanted < q->longest_ms && q->index != POLL_ROWS ? wanted : q->longest_ms;
}

/* A room, if it has none yet; the strictest in alignment first. */
static void
enter_room(struct poll *q)
{
	struct baton *b = &q->baton;
	size_t n = b->ask_room;

	if (b->answers != NULL)
		return;
	b->answers = room_take(q->room);
	q->values = (struct snmp_value *)(b->answers + n);
	b->asks = (struct ask *)(q->values + q->plan->value_room);
	q->sent = (uint16_t *)(b->asks + n);
	q->words = q->sent + n;
	/* It was another device's before. */
	memset(q->words, 0, q->plan->word_room * sizeof(*q->words));
}

static void
leave_room(struct poll *q)
{
	struct baton *b = &q->baton;

	room_give(q->room, b->answers);
	b->answers = NULL;
	b->asks = NULL;
	b->ask_count = 0;
	q->sent = q->words = NULL;
	q->values = NULL;
}

static void
load(struct poll *q)
{
	struct baton *b = &q->baton;
	size_t word = 0, value = 0;

	for (size_t i = 0; i < b->ask_count; i++) {
		const struct ask *ask = &q->plan->asks[q->sent[i]].ask;
		bool is_value = table_gives_value(ask->table);

		b->asks[i] = *ask;
		b->answers[i] = (struct answer){
		    .status = ANSWER_NONE,
		    .words = is_value ? NULL : q->words + word,
		    .room = is_value ? 0 : ask->count,
		    .value = is_value ? q->values + value : NULL,
		    .walk = q->walks != NULL ? &q->walks[q->sent[i]] : NULL,
		};
		if (is_value)
			q->values[value++] = (struct snmp_value){.type = SNMP_TYPE_NONE};
		else
			word += ask->count;
	}
	b->budget_ms = budget_ms(q);
}

void
poll_load(struct poll *q, mono_t now)
{
	plan_rejoin(q->plan);
	enter_room(q);
	q->baton.ask_count = plan_choose(q->plan, now, q->sent);
	q->probe = false;
	load(q);
	if (q->baton.ask_count == 0)
		leave_room(q);
}

bool
poll_load_again(struct poll *q)
{
	for (size_t i = 0; i < q->baton.ask_count; i++) {
		struct answer *a = &q->baton.answers[i];

		*a = (struct answer){.status = ANSWER_NONE, .words = a->words, .room = a->room};
	}
	q->probe = false;
	return q->baton.ask_count > 0;
}

void
poll_load_probe(struct poll *q)
{
	enter_room(q);
	q->baton.ask_count = 1;
	q->sent[0] = (uint16_t)plan_probe(q->plan);
	q->probe = true;
	load(q);
}

/* ---- coming home ----------------------------------------------------------------------------- */

/* Exception codes: Modbus Application Protocol V1.1b3, section 7. */
static const enum refusal modbus_refusals[] = {
    [0] = REFUSAL_NOT_NOW,
    [1] = REFUSAL_FUNCTION, /* illegal function */
    [2] = REFUSAL_ADDRESS,  /* illegal data address */
    [3] = REFUSAL_ADDRESS,  /* illegal data value: some devices say so of the length */
    [4] = REFUSAL_NOT_NOW,  /* server device failure */
    [5] = REFUSAL_NOT_NOW,  /* acknowledge: takes longer */
    [6] = REFUSAL_NOT_NOW,  /* server device busy */
    [7] = REFUSAL_NOT_NOW,
    [8] = REFUSAL_NOT_NOW, /* memory parity error */
    [9] = REFUSAL_NOT_NOW,
    [10] = REFUSAL_ABSENT, /* gateway path unavailable */
    [11] = REFUSAL_ABSENT, /* gateway target device failed to respond */
};

enum refusal
refusal_of(enum table table, uint8_t code)
{
	if (table != TABLE_OID)
		return code < COUNT(modbus_refusals) ? modbus_refusals[code] : REFUSAL_NOT_NOW;
	switch (code) {
	case 2: /* noSuchName, RFC 3416 section 3 */
	case 6: /* noAccess */
	case SNMP_REFUSED_NO_OBJECT:
	case SNMP_REFUSED_NO_INSTANCE:
	case SNMP_REFUSED_END_OF_MIB:
		return REFUSAL_ADDRESS;
	case 16: /* authorizationError */
		return REFUSAL_FUNCTION;
	default: /* tooBig, genErr, resourceUnavailable, ... */
		return REFUSAL_NOT_NOW;
	}
}

/* Which failure tells most about the device: the higher, the more. */
static const uint8_t weight[ANSWER_STATUS_COUNT] = {
    [ANSWER_OK] = 0,
    [ANSWER_NONE] = 1,
    [ANSWER_REFUSED] = 2,
    [ANSWER_GARBLED] = 3,
    [ANSWER_TIMEOUT] = 4,
    [ANSWER_NO_LINK] = 5,
    [ANSWER_DENIED] = 6,
};

struct poll_verdict
poll_judge(const struct baton *b)
{
	struct poll_verdict v = {.result = POLL_UNASKED, .worst = ANSWER_OK};

	for (size_t i = 0; i < b->ask_count; i++) {
		const struct answer *a = &b->answers[i];
		bool alive = a->status == ANSWER_OK ||
			     (a->status == ANSWER_REFUSED &&
				 refusal_of(b->asks[i].table, a->code) != REFUSAL_ABSENT);

		if (alive)
			v.result = POLL_ALIVE;
		else if (a->status != ANSWER_NONE && v.result == POLL_UNASKED)
			v.result = POLL_DEAD;
		if (weight[a->status] > weight[v.worst]) {
			v.worst = a->status;
			v.code = a->code;
		}
	}
	return v;
}

static void
count_round_trip(struct device_stats *s, int32_t took_us)
{
	/* The number of bits of it: bin n is for less than 2^n. */
	unsigned bin = took_us > 0 ? 32 - (unsigned)__builtin_clz((unsigned)took_us) : 0;

	if (bin > ROUND_TRIP_BINS - 1)
		bin = ROUND_TRIP_BINS - 1;
	s->round_trip_sum_us += took_us;
	if (took_us > s->round_trip_max_us)
		s->round_trip_max_us = took_us;
	s->bins[bin]++;
}

void
poll_count(const struct poll *q, const struct poll_verdict *v, struct device_state *d, mono_t now)
{
	struct device_stats *s = &d->stats;
	uint64_t *const counters[ANSWER_STATUS_COUNT] = {
	    [ANSWER_OK] = &s->good,
	    [ANSWER_REFUSED] = &s->refused,
	    [ANSWER_TIMEOUT] = &s->timeouts,
	    [ANSWER_GARBLED] = &s->garbled,
	    [ANSWER_NO_LINK] = &s->no_link,
	    [ANSWER_DENIED] = &s->refused,
	};
	struct poll_trace t = {
	    .at = now,
	    .took_us = (int32_t)(now.us - q->sent_at.us),
	    .worst = v->worst,
	    .code = v->code,
	    .class = q->index,
	};

	s->polls++;
	for (size_t i = 0; i < q->baton.ask_count; i++) {
		const struct answer *a = &q->baton.answers[i];

		if (counters[a->status] == NULL)
			continue;
		t.asked++;
		s->questions++;
		++*counters[a->status];
		if (a->status == ANSWER_OK) {
			t.good++;
			count_round_trip(s, a->took_us);
		}
	}
	d->trace[d->trace_next] = t;
	d->trace_next = (d->trace_next + 1) % POLL_TRACE_COUNT;
}

static bool
is_missing(const struct baton *b, size_t i)
{
	return b->answers[i].status == ANSWER_REFUSED &&
	       refusal_of(b->asks[i].table, b->answers[i].code) == REFUSAL_ADDRESS;
}

/* What the answers teach that does not change the numbering; returns how many do. */
static size_t
learn_in_place(struct poll *q, mono_t now)
{
	size_t missing = 0;

	for (size_t i = 0; i < q->baton.ask_count; i++) {
		const struct answer *a = &q->baton.answers[i];

		if (a->status != ANSWER_NONE)
			plan_asked(q->plan, q->sent[i], now);
		else
			plan_unreached(q->plan, q->sent[i], now);
		if (is_missing(&q->baton, i))
			missing++;
		else if (a->status == ANSWER_OK)
			plan_answered(q->plan, q->sent[i]);
		else if (a->status == ANSWER_REFUSED &&
			 refusal_of(q->baton.asks[i].table, a->code) == REFUSAL_FUNCTION)
			plan_mark_refused(q->plan, q->sent[i], now);
		else if (a->status != ANSWER_NONE && a->status != ANSWER_NO_LINK &&
			 a->status != ANSWER_DENIED)
			plan_failed(q->plan, q->sent[i]);
	}
	return missing;
}

bool
poll_learn(struct poll *q, mono_t now)
{
	bool split = false;

	if (q->index == POLL_RECORDS)
		return false; /* it has no plan, and its questions may be asked again */
	/* A split renumbers the questions above it, so from the highest down. */
	for (size_t missing = learn_in_place(q, now); missing > 0; missing--) {
		size_t top = SIZE_MAX;

		for (size_t i = 0; i < q->baton.ask_count; i++)
			if (is_missing(&q->baton, i) &&
			    (top == SIZE_MAX || q->sent[i] > q->sent[top]))
				top = i;
		split |= plan_refused(q->plan, q->sent[top], now) == PLAN_SPLIT;
		q->baton.answers[top].status = ANSWER_NONE;
	}
	leave_room(q);
	return split;
}
