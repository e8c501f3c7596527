/* Which questions bring in the points of a device, and what its refusals teach. */
#include "core/plan.h"

#include "core/rows.h"

#include <stdlib.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* A row is parted down to a 64th. */
#define CUTS_MAX 7

/*
 * Where so many polls in a row bring only what others need, there is no room for more in any, with
 * the smallest part of a row: as many go without order, so that what needs nothing is read.
 */
#define VAIN_MAX (CUTS_MAX + 1)

/* Turns that have served: the question has its place among those chosen, its own or another's. */
#define PLACED  ((mono_t){INT64_MAX - 1})
#define BROUGHT MONO_NEVER

/* Order of sub-identifiers: lexicographic, as SNMP walks. */
static int
compare_oids(const struct oid *a, const struct oid *b)
{
	size_t n = a->length < b->length ? a->length : b->length;

	for (size_t i = 0; i < n; i++)
		if (a->sub[i] != b->sub[i])
			return a->sub[i] < b->sub[i] ? -1 : 1;
	return (a->length > b->length) - (a->length < b->length);
}

static int
compare_sources(const struct source *a, const struct source *b)
{
	if (a->table != b->table)
		return a->table < b->table ? -1 : 1;
	if (a->table == TABLE_OID)
		return compare_oids(&a->oid, &b->oid);
	if (a->address != b->address)
		return a->address < b->address ? -1 : 1;
	return (a->count > b->count) - (a->count < b->count);
}

static bool
is_label(const struct plan_item *item)
{
	return item->index >= PLAN_LABEL;
}

/*
 * Row by row, each with its label last: what was read before its label came is proven by it, what
 * comes after is not. Were all labels behind all values, a budget that ends before them would prove
 * nothing.
 */
static int
compare_items(const void *left, const void *right)
{
	const struct plan_item *a = left, *b = right;
	int by_source = compare_sources(a->at, b->at);

	if (a->row != b->row)
		return a->row < b->row ? -1 : 1;
	if (is_label(a) != is_label(b))
		return is_label(a) ? 1 : -1;
	return by_source ? by_source : (a->index > b->index) - (a->index < b->index);
}

/* First word after the value. */
static uint32_t
end_of(const struct source *at)
{
	return (uint32_t)at->address + at->count;
}

static uint32_t
max_of(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

/* What cannot be asked together with its neighbours: an object, and a contact, whose line may be
 * gone while the others are there. */
static bool
stands_alone(enum table t)
{
	return table_gives_value(t) || t == TABLE_CONTACT;
}

/* A question for the items [first, first + count) alone. */
static struct plan_ask
ask_for(const struct plan *p, size_t first, size_t count)
{
	const struct source *at = p->items[first].at;
	uint32_t end = end_of(at);

	for (size_t i = first + 1; i < first + count; i++)
		end = max_of(end, end_of(p->items[i].at));
	return (struct plan_ask){
	    .ask = {.table = at->table,
		.address = at->address,
		.count = at->table == TABLE_OID ? 1 : (uint16_t)(end - at->address),
		.oid = at->table == TABLE_OID ? &at->oid : NULL},
	    .first = (uint16_t)first,
	    .count = (uint16_t)count,
	    .row = p->items[first].row,
	};
}

/*
 * How many of the items from `first` on (before `stop`) one question can serve: they follow each
 * other with holes of at most `gap` words and take at most `limit` words.
 */
static size_t
run_length(const struct plan *p, size_t first, size_t stop, uint32_t gap, uint32_t limit)
{
	const struct source *start = p->items[first].at;
	uint32_t end = end_of(start);
	size_t i;

	for (i = first + 1; i < stop; i++) {
		const struct source *at = p->items[i].at;

		if (is_label(&p->items[i]))
			break; /* asked for itself, also where it is a value as well */
		if (compare_sources(at, start) == 0)
			continue;
		if (stands_alone(start->table) || at->table != start->table ||
		    at->address > end + gap || max_of(end, end_of(at)) - start->address > limit)
			break;
		end = max_of(end, end_of(at));
	}
	return i - first;
}

/* The items at `first` that have exactly the same source: bit fields of one register. */
static size_t
same_length(const struct plan *p, size_t first, size_t stop)
{
	size_t i = first + 1;

	while (i < stop && compare_sources(p->items[i].at, p->items[first].at) == 0)
		i++;
	return i - first;
}

static uint32_t
limit_of(const struct profile *profile, enum table table)
{
	return table == TABLE_COIL || table == TABLE_DISCRETE ? profile->modbus.max_bits
							      : profile->modbus.max_registers;
}

static void
coalesce(struct plan *p, const struct profile *profile)
{
	size_t first = 0;

	while (first < p->item_count) {
		enum table table = p->items[first].at->table;
		size_t n = run_length(
		    p, first, p->item_count, profile->modbus.max_gap, limit_of(profile, table));

		p->asks[p->ask_count++] = ask_for(p, first, n);
		first += n;
	}
}

/* Room that suffices before and after every split: holes go, but overlaps are read twice. */
static void
reserve(struct plan *p)
{
	size_t joined = 0, single = 0;

	for (size_t k = 0; k < p->ask_count; k++)
		if (!table_gives_value(p->asks[k].ask.table))
			joined += p->asks[k].ask.count;
	for (size_t i = 0; i < p->item_count; i++) {
		if (table_gives_value(p->items[i].at->table))
			p->value_room++;
		else
			single += p->items[i].at->count;
	}
	p->word_room = joined + single;
}

static struct plan *
plan_new(struct arena *a, size_t room, enum poll_class class)
{
	struct plan *p = arena_alloc(a, sizeof(*p));

	p->class = class;
	p->items = arena_array(a, room, sizeof(*p->items));
	p->asks = arena_array(a, room, sizeof(*p->asks));
	p->ask_room = room;
	return p;
}

static struct plan *
plan_finish(struct plan *p, const struct profile *profile)
{
	if (p->item_count > 0)
		qsort(p->items, p->item_count, sizeof(*p->items), compare_items);
	coalesce(p, profile);
	reserve(p);
	return p;
}

/* Derived points are not asked of anybody. */
static bool
is_asked(const struct point_spec *p, enum poll_class class)
{
	return p->poll == class && p->expr == NULL;
}

/* The labels of the rows whose points are asked, so that each answer proves whose it is. */
static void
add_labels(struct plan *p, struct rows *rows, size_t points)
{
	for (size_t n = 0; n < rows_count(rows); n++) {
		const struct source *at = rows_label(rows, n);

		for (size_t i = 0; i < points; i++) {
			if (p->items[i].row != n + 1)
				continue;
			p->items[p->item_count++] =
			    (struct plan_item){at, (uint16_t)(PLAN_LABEL + n), (uint16_t)(n + 1)};
			break;
		}
	}
}

/* Nothing is asked of a row before it is known. */
static void
begin_absent(struct plan *p, const struct rows *rows)
{
	for (size_t k = 0; k < p->ask_count; k++)
		if (rows_has_source(rows, p->items[p->asks[k].first].at))
			p->asks[k].absent = true;
}

/* Not the guard (valid_when): it may be of any poll. */
static void
find_needs(struct arena *a, struct plan *p, const struct profile *profile)
{
	uint16_t *item_of = arena_array(a, profile->point_count + 1, sizeof(*item_of));

	p->needs = arena_array(a, p->item_count, sizeof(*p->needs));
	for (size_t i = 0; i < p->item_count; i++)
		if (!is_label(&p->items[i]))
			item_of[p->items[i].index + 1] = (uint16_t)(i + 1);
	for (size_t i = 0; i < p->item_count; i++) {
		const struct needs *n =
		    is_label(&p->items[i]) ? NULL : profile->points[p->items[i].index].needs;

		if (n != NULL)
			p->needs[i] = (struct plan_needs){
			    {item_of[n->exponent], item_of[n->uptime], item_of[n->discontinuity]}};
	}
}

static bool
needs_others_now(const struct needs *n)
{
	return n != NULL && (n->exponent != 0 || n->uptime != 0 || n->discontinuity != 0);
}

struct plan *
plan_points(
    struct arena *a, const struct profile *profile, enum poll_class class, struct rows *rows)
{
	size_t room = rows != NULL ? rows_count(rows) : 0;
	bool needs = false;
	struct plan *p;

	for (size_t i = 0; i < profile->point_count; i++)
		room += is_asked(&profile->points[i], class);
	p = plan_new(a, room, class);
	for (size_t i = 0; i < profile->point_count; i++) {
		const struct source *own = rows != NULL ? rows_source(rows, i) : NULL;
		int row = rows != NULL ? rows_of_point(rows, i) : NO_INDEX;

		if (!is_asked(&profile->points[i], class))
			continue;
		p->items[p->item_count++] =
		    (struct plan_item){own != NULL ? own : &profile->points[i].at, (uint16_t)i,
			row != NO_INDEX ? (uint16_t)(row + 1) : 0};
		p->needy |= profile->points[i].needs != NULL;
		needs |= needs_others_now(profile->points[i].needs);
	}
	if (rows != NULL)
		add_labels(p, rows, p->item_count);
	plan_finish(p, profile);
	if (needs)
		find_needs(a, p, profile);
	if (rows != NULL)
		begin_absent(p, rows);
	return p;
}

struct plan *
plan_rows(struct arena *a, const struct profile *profile)
{
	struct plan *p = plan_new(a, profile->table_count, POLL_CLASS_COUNT);

	for (size_t i = 0; i < profile->table_count; i++) {
		const struct table_spec *t = &profile->tables[i];
		struct source *at;

		if (!t->asked)
			continue;
		at = arena_alloc(a, sizeof(*at));
		*at = (struct source){.table = TABLE_OID, .oid = t->label};
		p->items[p->item_count++] = (struct plan_item){at, (uint16_t)i, 0};
	}
	plan_finish(p, profile);
	for (size_t k = 0; k < p->ask_count; k++)
		p->asks[k].ask.walk =
		    (uint16_t)profile->tables[p->items[p->asks[k].first].index].row_count;
	return p;
}

struct plan *
plan_facts(struct arena *a, const struct profile *profile)
{
	struct plan *p = plan_new(a, profile->fact_count, POLL_CLASS_COUNT);

	for (size_t i = 0; i < profile->fact_count; i++)
		p->items[p->item_count++] =
		    (struct plan_item){&profile->facts[i].at, (uint16_t)i, 0};
	return plan_finish(p, profile);
}

struct plan *
plan_like(struct rooms *rooms, const struct plan *like)
{
	struct plan *p = arena_alloc(rooms->arena, sizeof(*p));

	*p = *like;
	p->asks = arena_array(rooms->arena, p->ask_count, sizeof(*p->asks));
	p->ask_room = p->ask_count;
	if (p->ask_count > 0)
		memcpy(p->asks, like->asks, p->ask_count * sizeof(*p->asks));
	if (p->ask_count < p->item_count)
		p->more = rooms_for(rooms, p->item_count * sizeof(*p->asks));
	return p;
}

/* ---- learning -------------------------------------------------------------------------------- */

void
plan_mark_refused(struct plan *p, size_t k, mono_t now)
{
	struct plan_ask *q = &p->asks[k];

	q->refused = true;
	q->fails = 0;
	q->pause_ms = q->pause_ms == 0 ? PLAN_REFUSED_FIRST_MS : q->pause_ms * 2;
	if (q->pause_ms > PLAN_REFUSED_MAX_MS)
		q->pause_ms = PLAN_REFUSED_MAX_MS;
	q->again = mono_add_ms(now, q->pause_ms);
}

/* Length of a part: up to a hole; or one value where there is no hole. */
static size_t
part_length(const struct plan *p, size_t first, size_t stop, bool at_holes)
{
	return at_holes ? run_length(p, first, stop, 0, UINT32_MAX) : same_length(p, first, stop);
}

bool
plan_splits(const struct plan *p, size_t k)
{
	const struct plan_ask *q = &p->asks[k];
	const size_t stop = (size_t)q->first + q->count;

	return part_length(p, q->first, stop, true) < q->count ||
	       part_length(p, q->first, stop, false) < q->count;
}

/* Length of the next part of a refused question. */
static size_t
next_part(const struct plan *p, const struct plan_ask *old, size_t first)
{
	const size_t stop = (size_t)old->first + old->count;

	if (old->joint > 0)
		return first == old->first ? old->joint : stop - first;
	return part_length(p, first, stop, part_length(p, old->first, stop, true) < old->count);
}

/* Each question serves an item that no other serves, so item_count places suffice for ever. */
static void
make_room(struct plan *p, size_t n)
{
	struct plan_ask *asks;

	if (n <= p->ask_room)
		return;
	asks = room_take(p->more);
	memcpy(asks, p->asks, p->ask_count * sizeof(*asks));
	p->asks = asks;
	p->ask_room = p->item_count;
}

enum plan_verdict
plan_refused(struct plan *p, size_t k, mono_t now)
{
	const struct plan_ask old = p->asks[k];
	const size_t stop = (size_t)old.first + old.count;
	size_t parts = 0, at = k;

	for (size_t i = old.first; i < stop; i += next_part(p, &old, i))
		parts++;
	if (parts == 1) {
		plan_mark_refused(p, k, now);
		return PLAN_REFUSED;
	}
	make_room(p, p->ask_count + parts - 1);
	memmove(&p->asks[k + parts], &p->asks[k + 1], (p->ask_count - k - 1) * sizeof(*p->asks));
	p->ask_count += parts - 1;
	for (size_t i = old.first; i < stop;) {
		size_t n = next_part(p, &old, i);

		p->asks[at] = ask_for(p, i, n);
		/* Of two parts, the place between them is to blame. */
		p->asks[at].apart = i == old.first ? old.apart : parts > 2;
		p->asks[at++].proven = old.joint > 0;
		i += n;
	}
	return PLAN_SPLIT;
}

void
plan_rejoin(struct plan *p)
{
	for (size_t k = 1; k < p->ask_count; k++) {
		struct plan_ask *a = &p->asks[k - 1], *b = &p->asks[k];
		struct plan_ask whole;

		if (!b->apart || !a->proven || !b->proven || a->fails > 0 || b->fails > 0)
			continue;
		whole = ask_for(p, a->first, (size_t)a->count + b->count);
		whole.apart = a->apart;
		whole.joint = a->count;
		whole.asked = mono_min(a->asked, b->asked);
		*a = whole;
		memmove(b, b + 1, (--p->ask_count - k) * sizeof(*b));
		return;
	}
}

/* A row's values are for nothing without its label, and what was brought is for another. */
static bool
is_headway(const struct plan *p, const struct plan_ask *q)
{
	return q->row != 0 ? is_label(&p->items[q->first]) : q->turn.us != BROUGHT.us;
}

void
plan_asked(struct plan *p, size_t k, mono_t now)
{
	p->asks[k].asked = now;
	p->asks[k].ask.anew = false;
	if (p->vain > 0 && p->vain <= VAIN_MAX && is_headway(p, &p->asks[k]))
		p->vain = 0;
}

bool
plan_has_questions(const struct plan *p)
{
	for (size_t k = 0; k < p->ask_count; k++)
		if (!p->asks[k].absent)
			return true;
	return false;
}

void
plan_place(struct plan *p, const struct oid *oid, bool there)
{
	for (size_t k = 0; k < p->ask_count; k++) {
		struct plan_ask *q = &p->asks[k];

		if (q->ask.oid != oid)
			continue;
		q->absent = !there;
		q->ask.anew = true;
		q->refused = false;
		q->fails = 0;
		q->pause_ms = 0;
		q->again = (mono_t){0};
	}
}

/* The first question of the row whose label is `label`. */
static size_t
first_of_row(const struct plan *p, size_t label)
{
	size_t k = label;

	while (k > 0 && p->asks[k - 1].row == p->asks[label].row)
		k--;
	return k;
}

/*
 * A row that is too long for a poll: so many of its values go with its label, half as many for each
 * poll that did not reach it. Not after the first one: a lost datagram ends a poll as well.
 */
static size_t
part_of(const struct plan *p, size_t first, size_t label)
{
	unsigned cuts = p->asks[label].cuts;
	size_t part = (label - first) >> (cuts > 0 ? cuts - 1 : 0);

	return part > 0 ? part : 1;
}

static bool
is_label_ask(const struct plan *p, const struct plan_ask *q)
{
	return is_label(&p->items[q->first]);
}

/*
 * The label alone proves what was read before it. Only a row of which something was answered: a
 * device that falls silent reaches no label either.
 */
void
plan_unreached(struct plan *p, size_t k, mono_t now)
{
	struct plan_ask *label = &p->asks[k];
	bool answered = false;

	if (!is_label_ask(p, label))
		return;
	for (size_t i = first_of_row(p, k); i < k; i++)
		answered |= p->asks[i].asked.us == now.us && p->asks[i].fails == 0;
	if (answered && label->cuts < CUTS_MAX)
		label->cuts++;
}

void
plan_answered(struct plan *p, size_t k)
{
	struct plan_ask *q = &p->asks[k];

	if (q->cuts > 0) {
		q->from += (uint16_t)part_of(p, first_of_row(p, k), k);
		q->cuts--;
	}
	q->fails = 0;
	q->refused = false;
	q->pause_ms = 0;
	q->proven = true;
	q->joint = 0;
}

void
plan_failed(struct plan *p, size_t k)
{
	if (p->asks[k].fails < UINT8_MAX)
		p->asks[k].fails++;
}

void
plan_forgive(struct plan *p)
{
	for (size_t k = 0; k < p->ask_count; k++) {
		p->asks[k].again = (mono_t){0};
		p->asks[k].pause_ms = 0;
	}
}

/* ---- choosing -------------------------------------------------------------------------------- */

static bool
is_left_out(const struct plan_ask *q, mono_t now)
{
	return q->absent || q->later || (q->refused && mono_before(now, q->again));
}

/* Where the questions of a row end that begin at `first`; one in no row stands for itself. */
static size_t
end_of_row(const struct plan *p, size_t first)
{
	size_t end = first + 1;

	while (
	    p->asks[first].row != 0 && end < p->ask_count && p->asks[end].row == p->asks[first].row)
		end++;
	return end;
}

/* Another part each time that the label was reached. */
static void
set_part(struct plan *p, size_t first, size_t label)
{
	size_t count = label - first, part = part_of(p, first, label);

	if (count > 0)
		p->asks[label].from %= (uint16_t)count;
	for (size_t i = 0; i < count; i++)
		p->asks[first + i].later = (i + count - p->asks[label].from) % count >= part;
}

/*
 * The questions of a row go together, its label last, and wait for as long as the one of them that
 * waits longest. Not so those that failed: their silence must not keep the label from being read.
 */
static void
set_turns(struct plan *p, mono_t now)
{
	for (size_t first = 0, end; first < p->ask_count; first = end) {
		mono_t turn = MONO_NEVER;

		end = end_of_row(p, first);
		if (is_label_ask(p, &p->asks[end - 1]))
			set_part(p, first, end - 1);
		for (size_t k = first; k < end; k++)
			if (p->asks[k].fails == 0 && !is_left_out(&p->asks[k], now))
				turn = mono_min(turn, p->asks[k].asked);
		for (size_t k = first; k < end; k++)
			p->asks[k].turn = p->asks[k].fails > 0 ? p->asks[k].asked : turn;
	}
}

static bool
goes_before(const struct plan_ask *a, const struct plan_ask *b)
{
	return a->fails != b->fails ? a->fails < b->fails : mono_before(a->turn, b->turn);
}

/* The question that serves this item. */
static size_t
ask_of(const struct plan *p, size_t item)
{
	size_t low = 0, high = p->ask_count;

	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (p->asks[middle].first <= item)
			low = middle;
		else
			high = middle;
	}
	return low;
}

/* Question k goes to the place `at`, if it comes later. false: it does not. */
static bool
bring_forward(size_t k, uint16_t *which, size_t at, size_t n)
{
	for (size_t i = at; i < n; i++) {
		if (which[i] != k)
			continue;
		memmove(which + at + 1, which + at, (i - at) * sizeof(*which));
		which[at] = (uint16_t)k;
		return true;
	}
	return false;
}

/*
 * The needs of the question at this place go before it, unless they failed: their silence must not
 * keep others from being read. How many.
 */
static size_t
bring_needs_of(struct plan *p, uint16_t *which, size_t at, size_t n)
{
	struct plan_ask *q = &p->asks[which[at]];
	size_t brought = 0;

	q->turn = PLACED;
	for (size_t i = 0; i < q->count * COUNT(p->needs->items); i++) {
		const struct plan_needs *needs = &p->needs[q->first + i / COUNT(needs->items)];
		size_t item = needs->items[i % COUNT(needs->items)], k;

		if (item == 0)
			continue;
		k = ask_of(p, item - 1);
		if (!mono_before(p->asks[k].turn, PLACED))
			continue;
		p->asks[k].turn = BROUGHT;
		if (p->asks[k].fails == 0)
			brought += bring_forward(k, which, at + brought, n);
	}
	return brought;
}

static size_t
choose_in_turn(struct plan *p, mono_t now, uint16_t *which)
{
	size_t n = 0;

	set_turns(p, now);
	for (size_t k = 0; k < p->ask_count; k++) {
		const struct plan_ask *q = &p->asks[k];
		size_t at = n;

		if (is_left_out(q, now))
			continue;
		/* Nearly always in order already: failures are rare, and so are cut polls. */
		while (at > 0 && goes_before(q, &p->asks[which[at - 1]])) {
			which[at] = which[at - 1];
			at--;
		}
		which[at] = (uint16_t)k;
		n++;
	}
	if (n == 0 && plan_has_questions(p))
		which[n++] = (uint16_t)plan_probe(p);
	return n;
}

size_t
plan_choose(struct plan *p, mono_t now, uint16_t *which)
{
	size_t n = choose_in_turn(p, now, which);

	if (p->needs == NULL)
		return n;
	p->vain = p->vain < 2 * VAIN_MAX ? p->vain + 1 : 1;
	for (size_t at = 0; p->vain <= VAIN_MAX && at < n; at++)
		at += bring_needs_of(p, which, at, n);
	return n;
}

bool
plan_is_better_probe(const struct plan_ask *a, const struct plan_ask *b)
{
	if (a->absent != b->absent)
		return b->absent;
	if (a->refused != b->refused)
		return b->refused;
	if (a->fails != b->fails)
		return a->fails < b->fails;
	return a->ask.count < b->ask.count;
}

size_t
plan_probe(const struct plan *p)
{
	size_t best = 0;

	for (size_t k = 1; k < p->ask_count; k++)
		if (plan_is_better_probe(&p->asks[k], &p->asks[best]))
			best = k;
	return best;
}
