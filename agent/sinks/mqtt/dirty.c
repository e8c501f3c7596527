#include "sinks/mqtt/dirty.h"

#define WORD_BITS 64

void
bits_init(struct bits *b, struct arena *a, size_t count)
{
	*b = (struct bits){.count = count};
	b->words = arena_array(a, (count + WORD_BITS - 1) / WORD_BITS, sizeof(*b->words));
}

static uint64_t
mask(size_t i)
{
	return UINT64_C(1) << (i % WORD_BITS);
}

bool
bits_has(const struct bits *b, size_t i)
{
	return (b->words[i / WORD_BITS] & mask(i)) != 0;
}

void
bits_add(struct bits *b, size_t i)
{
	if (bits_has(b, i))
		return;
	b->words[i / WORD_BITS] |= mask(i);
	b->set++;
}

void
bits_add_all(struct bits *b)
{
	for (size_t i = 0; i < b->count; i++)
		bits_add(b, i);
	b->next = 0;
}

void
bits_remove(struct bits *b, size_t i)
{
	if (!bits_has(b, i))
		return;
	b->words[i / WORD_BITS] &= ~mask(i);
	b->set--;
}

/* Word by word. */
void
bits_remove_range(struct bits *b, size_t first, size_t n)
{
	size_t end = first + n;

	while (first < end) {
		size_t next = (first / WORD_BITS + 1) * WORD_BITS;
		uint64_t all = ~(mask(first) - 1);
		uint64_t *word = &b->words[first / WORD_BITS];

		if (next > end)
			all &= mask(end) - 1;
		b->set -= (size_t)__builtin_popcountll(*word & all);
		*word &= ~all;
		first = next;
	}
}

void
bits_remove_all(struct bits *b)
{
	for (size_t i = 0; i < (b->count + WORD_BITS - 1) / WORD_BITS; i++)
		b->words[i] = 0;
	b->set = 0;
}

/* The first member at or after `from`; b is not empty. Goes on at 0 behind the end. */
static size_t
find_from(const struct bits *b, size_t from)
{
	size_t words = (b->count + WORD_BITS - 1) / WORD_BITS;
	size_t at = from / WORD_BITS;
	uint64_t word = b->words[at] & ~(mask(from) - 1);

	while (word == 0) {
		at = at + 1 < words ? at + 1 : 0;
		word = b->words[at];
	}
	return at * WORD_BITS + (size_t)__builtin_ctzll(word);
}

bool
bits_take(struct bits *b, size_t *out)
{
	if (b->set == 0)
		return false;
	*out = find_from(b, b->next);
	bits_remove(b, *out);
	b->next = *out + 1 < b->count ? *out + 1 : 0;
	return true;
}

bool
dirty_first(const struct dirty *d, enum topic_kind *kind)
{
	for (int k = 0; k < TOPIC_KIND_COUNT; k++) {
		if (d->kind[k].set > 0) {
			*kind = (enum topic_kind)k;
			return true;
		}
	}
	return false;
}

bool
dirty_take(struct dirty *d, enum topic_kind *kind, size_t *index)
{
	return dirty_first(d, kind) && bits_take(&d->kind[*kind], index);
}

size_t
dirty_count(const struct dirty *d)
{
	size_t n = 0;

	for (int k = 0; k < TOPIC_KIND_COUNT; k++)
		n += d->kind[k].set;
	return n;
}
