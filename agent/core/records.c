/* What stands in a ring and was not told yet: asked for, checked, told. */
#include "core/core_private.h"
#include "core/records_say.h"

#include "base/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MARK_PREFIX "records/"

/* ---- life ------------------------------------------------------------------------------------ */

/* Records that one read brings. */
static size_t
records_a_read(const struct profile *p)
{
	size_t n = p->modbus.max_registers / p->ring->stride;

	return n < p->ring->count ? n : p->ring->count;
}

void
records_poll_init(struct poll *q, struct arena *a, const struct profile *p)
{
	struct baton *b = &q->baton;
	size_t words;

	q->plan = arena_alloc(a, sizeof(*q->plan)); /* nothing in it: records have no beat */
	if (p->ring == NULL)
		return;
	words = RECORDS_READS_MAX * records_a_read(p) * p->ring->stride + 2;
	b->ask_room = RECORDS_READS_MAX + 1;
	b->asks = arena_array(a, b->ask_room, sizeof(*b->asks));
	b->answers = arena_array(a, b->ask_room, sizeof(*b->answers));
	q->words = arena_array(a, words, sizeof(*q->words));
}

/* The poll of a device for its ring, and what is known of it. */
static struct poll *
poll_of(struct core *c, size_t device)
{
	return &c->poller.units[device].polls[POLL_RECORDS];
}

static const struct ring_spec *
ring_of(const struct core *c, size_t device)
{
	return c->site->devices[device].profile->ring;
}

/* ---- marks ----------------------------------------------------------------------------------- */

bool
records_restore(struct core *c, const char *name, const struct mark *m)
{
	int device = site_find_device(c->site, name);
	struct ring_reader *r;

	if (device == NO_INDEX || ring_of(c, (size_t)device) == NULL || m->value < 0 ||
	    m->value > UINT32_MAX)
		return false;
	r = &c->rings[device];
	r->placed = true;
	r->position = (uint32_t)m->value;
	r->print = strtoull(m->text, NULL, 16);
	r->check = r->print != 0;
	return true;
}

/* The position has moved: the event that says why, and the mark, in one transaction. */
static void
tell(struct core *c, size_t device, struct event *e, const struct now *now)
{
	const struct ring_reader *r = &c->rings[device];
	struct mark m = {.value = r->position};

	text_printf(m.key, sizeof(m.key), MARK_PREFIX "%s", c->site->devices[device].name);
	text_printf(m.text, sizeof(m.text), "%016" PRIx64, r->print);
	core_event_mark(c, e, NULL, &m, now);
}

static void
tell_story(struct core *c, size_t device, enum ring_story story, const struct ring_facts *facts,
    const struct now *now)
{
	struct event e;

	ring_story_event(c, device, story, facts, &e);
	tell(c, device, &e, now);
}

/* Records first..last will never be told one by one. */
static void
pass_over(struct core *c, size_t device, enum ring_story story, uint64_t first, uint64_t last,
    const struct now *now)
{
	struct ring_reader *r = &c->rings[device];

	r->position = (uint32_t)last;
	r->print = 0;
	r->check = false;
	r->tries = 0;
	r->overrun |= story == RING_LOST;
	tell_story(c, device, story, &(struct ring_facts){.first = first, .last = last}, now);
}

/* ---- asking ---------------------------------------------------------------------------------- */

/* The oldest record that can still be there when `head` is the newest. The first one is 1. */
static uint64_t
oldest(const struct ring_spec *s, uint64_t head)
{
	return head > s->count ? head - s->count + 1 : 1;
}

static size_t
slot_of(const struct ring_spec *s, uint64_t number)
{
	return (size_t)((number - s->first) % s->count);
}

static void
add_ask(struct poll *q, struct ask ask, size_t *word)
{
	struct baton *b = &q->baton;

	b->asks[b->ask_count] = ask;
	b->answers[b->ask_count++] =
	    (struct answer){.status = ANSWER_NONE, .words = q->words + *word, .room = ask.count};
	*word += ask.count;
}

/* Loads the poll with records from `from` on, as many as fit, and the head. */
static void
load(struct core *c, size_t device, uint64_t from)
{
	const struct profile *p = c->site->devices[device].profile;
	const struct ring_spec *s = p->ring;
	const struct source *head = &p->points[s->head].at;
	struct ring_reader *r = &c->rings[device];
	struct poll *q = poll_of(c, device);
	size_t word = 0, most = records_a_read(p);
	uint64_t next = from;

	q->baton.ask_count = 0;
	while (next <= r->head && q->baton.ask_count < RECORDS_READS_MAX) {
		size_t slot = slot_of(s, next), n = s->count - slot;

		if (n > most)
			n = most;
		if (n > r->head - next + 1)
			n = (size_t)(r->head - next + 1);
		add_ask(q,
		    (struct ask){.table = s->table,
			.address = (uint16_t)(s->address + slot * s->stride),
			.count = (uint16_t)(n * s->stride)},
		    &word);
		next += n;
	}
	r->from = from;
	r->upto = next - 1;
	add_ask(q,
	    (struct ask){.table = head->table, .address = head->address, .count = head->count},
	    &word);
	q->baton.budget_ms = q->timeout_ms * (int64_t)q->baton.ask_count;
	if (q->baton.budget_ms > q->longest_ms)
		q->baton.budget_ms = q->longest_ms;
}

/* Is there something to read? The poll goes out at `at`. */
static void
want(struct core *c, size_t device, mono_t at)
{
	const struct ring_spec *s = ring_of(c, device);
	struct ring_reader *r = &c->rings[device];
	uint64_t from = (uint64_t)r->position + 1;

	if (r->head == r->position && !r->check)
		return;
	if (r->head < r->position)
		from = (uint64_t)r->head + 1; /* went back: look at the head once more */
	else if (r->print != 0 && !r->hurry && r->position >= oldest(s, r->head))
		from = r->position;
	else if (from < oldest(s, r->head))
		from = oldest(s, r->head);
	load(c, device, from);
	poller_ask_records(&c->poller, device, mono_before(at, r->held_until) ? r->held_until : at);
}

static void
begin_at(struct core *c, size_t device, uint32_t head, const struct now *now)
{
	struct ring_reader *r = &c->rings[device];

	r->placed = true;
	r->position = head;
	tell_story(c, device, RING_BEGINS, &(struct ring_facts){.last = head}, now);
}

void
records_look(struct core *c, size_t device, const struct now *now)
{
	const struct ring_spec *s = ring_of(c, device);
	const struct poll *q = poll_of(c, device);
	const struct point_state *head;

	if (s == NULL || q->out || q->due.us != MONO_NEVER.us)
		return;
	head = &c->state.points[c->site->devices[device].first_point + s->head];
	if (head->quality != QUALITY_GOOD)
		return;
	c->rings[device].head = (uint32_t)head->value;
	if (!c->rings[device].placed)
		begin_at(c, device, (uint32_t)head->value, now);
	want(c, device, now->mono);
}

void
records_came(struct core *c, size_t device)
{
	struct ring_reader *r = &c->rings[device];

	r->check = r->placed && r->print != 0;
	r->refused = false;
}

/* ---- reading --------------------------------------------------------------------------------- */

/* The words of record `number` in the poll that came home. */
static const uint16_t *
words_of(const struct ring_spec *s, const struct poll *q, uint64_t from, uint64_t number)
{
	/* The answers lie one after the other as they were asked for. */
	return q->words + (number - from) * s->stride;
}

static uint64_t
part_of(const struct ring_spec *s, const uint16_t *words, enum record_part part)
{
	const struct record_field *f = &s->parts[part];

	return f->registers == 0 ? 0 : decode_whole(&f->codec, words + f->at, f->registers);
}

/* Is this the record of that number, and all of it? */
static bool
is_whole(const struct ring_spec *s, const uint16_t *words, uint64_t number)
{
	const struct record_field *again = &s->parts[RECORD_SEQUENCE_AGAIN];
	uint64_t mask =
	    again->registers >= 4 ? UINT64_MAX : (UINT64_C(1) << 16 * again->registers) - 1;

	return part_of(s, words, RECORD_SEQUENCE) == number &&
	       part_of(s, words, RECORD_SEQUENCE_AGAIN) == (number & mask);
}

/* FNV-1a (Fowler, Noll, Vo): tells two records apart, no more is asked of it. Never 0. */
static uint64_t
print_of(const struct ring_spec *s, const uint16_t *words)
{
	uint64_t print = UINT64_C(14695981039346656037);

	for (size_t i = 0; i < s->stride; i++)
		print = (print ^ words[i]) * UINT64_C(1099511628211);
	return print != 0 ? print : 1;
}

/* ---- taking ---------------------------------------------------------------------------------- */

/* A device that starts anew again and again is left alone for a while. */
static void
count_restart(struct ring_reader *r, const struct now *now)
{
	if (mono_ms_between(now->mono, r->restarts_since) > RECORDS_RESTART_MS) {
		r->restarts = 0;
		r->restarts_since = now->mono;
	}
	if (++r->restarts >= RECORDS_RESTARTS_MAX)
		r->held_until = mono_add_ms(now->mono, RECORDS_RESTART_MS);
}

/* The count went back: a new life of the device, of which everything there is, is news. */
static void
take_restart(struct core *c, size_t device, enum ring_story story, const struct now *now)
{
	const struct ring_spec *s = ring_of(c, device);
	struct ring_reader *r = &c->rings[device];
	uint64_t first = oldest(s, r->head);
	struct ring_facts facts = {.first = first, .last = r->head, .before = r->position};

	r->position = (uint32_t)(first > 0 ? first - 1 : 0);
	r->print = 0;
	r->check = false;
	r->tries = 0;
	count_restart(r, now);
	tell_story(c, device, story, &facts, now);
}

enum likeness {
	LIKE_BEFORE,
	LIKE_ANOTHER,
	LIKE_NEITHER /* half written, it seems: look again */
};

/* The last known record was read along, if it could: is it the one that it was? */
static enum likeness
likeness_of(struct core *c, size_t device, const struct poll *q)
{
	const struct ring_spec *s = ring_of(c, device);
	struct ring_reader *r = &c->rings[device];
	const uint16_t *words = words_of(s, q, r->from, r->from);

	if (r->from != r->position || r->position < oldest(s, r->head))
		return LIKE_BEFORE; /* nothing can be said */
	if (!is_whole(s, words, r->position) && ++r->tries < RECORDS_TRIES)
		return LIKE_NEITHER;
	return print_of(s, words) == r->print ? LIKE_BEFORE : LIKE_ANOTHER;
}

/* One record that is as it should be. */
static void
take_record(
    struct core *c, size_t device, const uint16_t *words, uint64_t number, const struct now *now)
{
	const struct ring_spec *s = ring_of(c, device);
	struct ring_reader *r = &c->rings[device];
	struct ring_record record = {.number = number};
	struct event e;

	for (unsigned i = 0; i < RECORD_PART_COUNT; i++)
		record.parts[i] = part_of(s, words, (enum record_part)i);
	r->position = (uint32_t)number;
	r->print = print_of(s, words);
	r->tries = 0;
	ring_record_event(c, device, &record, &e);
	tell(c, device, &e, now);
}

/* The last of the records from `number` on that are not whole, up to `most`. */
static uint64_t
end_of_damage(
    const struct ring_spec *s, const struct poll *q, uint64_t from, uint64_t number, uint64_t most)
{
	while (number < most && !is_whole(s, words_of(s, q, from, number + 1), number + 1))
		number++;
	return number;
}

/* Everything that was asked for, in order, up to a record that must be read again. */
static void
take_all(struct core *c, size_t device, const struct poll *q, const struct now *now)
{
	const struct ring_spec *s = ring_of(c, device);
	struct ring_reader *r = &c->rings[device];
	const uint64_t from = r->from, upto = r->upto, still = oldest(s, r->head);

	if (from > (uint64_t)r->position + 1 && from <= upto)
		pass_over(c, device, RING_LOST, (uint64_t)r->position + 1, from - 1, now);
	for (uint64_t n = (uint64_t)r->position + 1; n <= upto; n = (uint64_t)r->position + 1) {
		const uint16_t *words = words_of(s, q, from, n);
		uint64_t last;

		if (is_whole(s, words, n)) {
			take_record(c, device, words, n, now);
		} else if (n < still) { /* overwritten while it was on its way */
			last = end_of_damage(s, q, from, n, upto < still - 1 ? upto : still - 1);
			pass_over(c, device, RING_LOST, n, last, now);
		} else if (++r->tries < RECORDS_TRIES) {
			return;
		} else {
			pass_over(
			    c, device, RING_DAMAGED, n, end_of_damage(s, q, from, n, upto), now);
		}
	}
}

static void
take_ring(struct core *c, size_t device, const struct poll *q, const struct now *now)
{
	struct ring_reader *r = &c->rings[device];

	switch (likeness_of(c, device, q)) {
	case LIKE_BEFORE:
		r->check = false;
		r->overrun = false;
		take_all(c, device, q, now);
		r->losses = r->overrun ? r->losses + 1 : 0;
		if (r->losses > RECORDS_LOSSES_MAX)
			r->held_until = mono_add_ms(now->mono, RECORDS_LOSS_HELD_MS);
		break;
	case LIKE_ANOTHER:
		take_restart(c, device, RING_REPLACED, now);
		break;
	case LIKE_NEITHER:
		break;
	}
}

/* Says once that the device does not show its ring. */
static void
take_refusal(struct core *c, size_t device, uint8_t code, const struct now *now)
{
	struct ring_reader *r = &c->rings[device];
	enum refusal refusal = refusal_of(ring_of(c, device)->table, code);

	if (refusal != REFUSAL_ADDRESS && refusal != REFUSAL_FUNCTION)
		return;
	poller_ask_records(&c->poller, device, mono_add_ms(now->mono, RECORDS_REFUSED_MS));
	if (r->refused)
		return;
	r->refused = true;
	tell_story(c, device, RING_REFUSED, &(struct ring_facts){.code = code}, now);
}

/* The head as the device's own poll has it; what the ring's poll knew, where that is newer. */
static uint32_t
head_of_point(const struct core *c, size_t device)
{
	const struct device_spec *d = &c->site->devices[device];
	const struct point_state *head = &c->state.points[d->first_point + d->profile->ring->head];
	const struct ring_reader *r = &c->rings[device];

	if (head->quality != QUALITY_GOOD || head->value < r->head)
		return r->head;
	return (uint32_t)head->value;
}

/* The first `good` answers only: the time of a slow wire was over, or the device refused the rest.
 */
static void
take_part(struct core *c, struct poll *q, size_t good, const struct now *now)
{
	const size_t device = (size_t)q->baton.device;
	const struct answer *bad = &q->baton.answers[good];
	struct ring_reader *r = &c->rings[device];
	const uint32_t before = r->position;
	size_t words = 0;

	if (bad->status == ANSWER_REFUSED) {
		take_refusal(c, device, bad->code, now);
		return;
	}
	if (good == 0)
		return; /* the next look at the head sends it out again */
	for (size_t i = 0; i < good; i++)
		words += q->baton.asks[i].count;
	r->upto = r->from + words / ring_of(c, device)->stride - 1;
	r->head = head_of_point(c, device);
	take_ring(c, device, q, now);
	/* Time for the known record alone: without it next time, or nothing would ever be new. */
	r->hurry = r->position == before && r->from == before;
	want(c, device, mono_add_ms(now->mono, RECORDS_AGAIN_MS));
}

void
records_take(struct core *c, struct poll *q, const struct now *now)
{
	const size_t device = (size_t)q->baton.device;
	const struct profile *p = c->site->devices[device].profile;
	struct ring_reader *r = &c->rings[device];
	bool went_back = r->head < r->position;
	size_t good = 0;

	while (good < q->baton.ask_count && q->baton.answers[good].status == ANSWER_OK)
		good++;
	if (good < q->baton.ask_count) {
		take_part(c, q, good, now);
		return;
	}
	r->refused = r->hurry = false;
	r->head = (uint32_t)decode_whole(
	    &p->points[p->ring->head].codec, q->baton.answers[good - 1].words, 2);
	if (r->head < r->position) {
		if (went_back) /* twice, in two answers */
			take_restart(c, device, RING_RESTARTED, now);
	} else if (r->from <= r->upto) {
		take_ring(c, device, q, now);
	}
	want(c, device, mono_add_ms(now->mono, RECORDS_AGAIN_MS));
}
