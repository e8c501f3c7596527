/* The ring: chunks of records, used in turn; the oldest chunk of all gives way. */
#include "core/history_private.h"

#include <string.h>

/* A record: how long after the one before, in ms; the lowest bit: a byte of quality follows; then
 * four bytes of value, where that quality has one. */
#define RECORD_MAX (10 + 1 + sizeof(float))

static bool
has_value(enum quality q)
{
	return q == QUALITY_GOOD || q == QUALITY_SUBSTITUTED;
}

/* ---- writing -------------------------------------------------------------------------------- */

/*
 * The next chunk, empty. Chunks are handed out in turn, so the one that gives way is the oldest of
 * all, and with that the oldest of its point.
 */
static uint32_t
take_chunk(struct history *h)
{
	uint32_t n = h->next_chunk;
	struct chunk *c = &h->chunks[n];

	h->next_chunk = n + 1 < h->chunk_count ? n + 1 : 0;
	if (c->live) {
		struct track *owner = &h->tracks[c->point];

		owner->head = c->next;
		owner->dropped = true;
		if (owner->head == NO_CHUNK)
			owner->tail = NO_CHUNK;
	}
	return n;
}

static struct chunk *
new_chunk(struct history *h, size_t point, int64_t at_ms)
{
	struct track *t = &h->tracks[point];
	uint32_t n = take_chunk(h);
	struct chunk *c = &h->chunks[n];

	c->next = NO_CHUNK;
	c->point = (uint32_t)point;
	c->at_ms = at_ms;
	c->live = true;
	c->used = 0;
	if (t->tail != NO_CHUNK)
		h->chunks[t->tail].next = n;
	else
		t->head = n;
	t->tail = n;
	return c;
}

static size_t
encode(uint8_t *out, int64_t after_ms, bool with_quality, enum quality quality, float value)
{
	size_t n = varint_put(out, (uint64_t)after_ms << 1 | with_quality);

	if (with_quality)
		out[n++] = (uint8_t)quality;
	if (has_value(quality)) {
		memcpy(out + n, &value, sizeof(value));
		n += sizeof(value);
	}
	return n;
}

void
ring_put(struct history *h, size_t point, float value, enum quality quality, mono_t at)
{
	struct track *t = &h->tracks[point];
	const bool first = t->tail == NO_CHUNK;
	struct chunk *c = &h->chunks[first ? 0 : t->tail];
	int64_t at_ms = at.us / 1000;
	uint8_t record[RECORD_MAX];
	size_t n;

	/* No two of the same time: the order can be told by it. */
	if (t->ever && at_ms <= t->last_ms)
		at_ms = t->last_ms + 1;
	n = encode(record, first ? 0 : at_ms - t->last_ms,
	    first || quality != (enum quality)t->last_quality, quality, value);
	if (first || c->used + n > sizeof(c->data)) {
		c = new_chunk(h, point, at_ms);
		n = encode(record, 0, true, quality, value);
	}
	memcpy(c->data + c->used, record, n);
	c->used = (uint8_t)(c->used + n);
	t->last_ms = at_ms;
	t->last = value;
	t->last_quality = (uint8_t)quality;
	t->ever = true;
}

/* ---- reading -------------------------------------------------------------------------------- */

struct walk {
	const struct chunk *chunk; /* NULL: the end */
	const uint8_t *at;
	int64_t at_ms;
	enum quality quality;
	float value;
};

static bool
walk_next(const struct history *h, struct walk *w)
{
	uint64_t v;

	while (w->chunk != NULL && w->at >= w->chunk->data + w->chunk->used) {
		w->chunk = w->chunk->next != NO_CHUNK ? &h->chunks[w->chunk->next] : NULL;
		if (w->chunk != NULL) {
			w->at = w->chunk->data;
			w->at_ms = w->chunk->at_ms;
		}
	}
	if (w->chunk == NULL || !varint_get(&w->at, w->chunk->data + w->chunk->used, &v))
		return false;
	w->at_ms += (int64_t)(v >> 1);
	if (v & 1)
		w->quality = (enum quality) * w->at++;
	if (has_value(w->quality)) {
		memcpy(&w->value, w->at, sizeof(w->value));
		w->at += sizeof(w->value);
	}
	return true;
}

/* A walk that begins with the newest chunk whose first record is not after from_ms. */
static struct walk
walk_from(const struct history *h, const struct track *t, int64_t from_ms)
{
	const struct chunk *c = t->head != NO_CHUNK ? &h->chunks[t->head] : NULL;

	while (c != NULL && c->next != NO_CHUNK && h->chunks[c->next].at_ms <= from_ms)
		c = &h->chunks[c->next];
	return (struct walk){
	    .chunk = c, .at = c != NULL ? c->data : NULL, .at_ms = c != NULL ? c->at_ms : 0};
}

static struct history_sample
sample_of(const struct history *h, int64_t at_ms, enum quality quality, float value)
{
	return (struct history_sample){.at = {at_ms * 1000 + h->offset_us},
	    .has_value = has_value(quality),
	    .value = has_value(quality) ? float_decimal(value) : 0,
	    .quality = quality};
}

wall_t
history_begin(const struct history *h, size_t point)
{
	const struct track *t = &h->tracks[point];
	int64_t at_ms = t->head != NO_CHUNK ? h->chunks[t->head].at_ms : t->last_ms;

	return (wall_t){t->ever ? at_ms * 1000 + h->offset_us : INT64_MAX};
}

bool
history_dropped(const struct history *h, size_t point)
{
	return h->tracks[point].dropped;
}

size_t
history_samples(
    const struct history *h, size_t point, wall_t from, struct history_sample *out, size_t max)
{
	const struct track *t = &h->tracks[point];
	/* Rounded up: a time that was told stands for its own record. */
	int64_t from_ms = (from.us - h->offset_us + 999) / 1000;
	struct walk w = walk_from(h, t, from_ms);
	size_t n = 0;

	if (max == 0 || !t->ever)
		return 0;
	/* Its chunk gave way long ago, and the value stands still. */
	if (t->head == NO_CHUNK)
		out[n++] = sample_of(h, t->last_ms, (enum quality)t->last_quality, t->last);
	while (n < max && walk_next(h, &w)) {
		if (n == 1 && w.at_ms <= from_ms)
			n = 0;
		out[n++] = sample_of(h, w.at_ms, w.quality, w.value);
	}
	return n;
}
