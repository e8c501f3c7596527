/* What may still come late from a unit, and when its replies are believed again. */
#include "drivers/modbus/fence.h"

#include "drivers/modbus/frame.h"
#include "drivers/modbus/identity.h"

#include <string.h>

/* A read that is a little longer than what is known stays inside what a device has, mostly. */
#define LONGER_MAX 2

void
fence_start(struct fence *f, uint32_t seed)
{
	f->up = true;
	f->stranger = true;
	f->rounds = 0;
	f->random = seed | 1;
}

static uint32_t
draw(struct fence *f)
{
	f->random ^= f->random << 13;
	f->random ^= f->random >> 17;
	f->random ^= f->random << 5;
	return f->random;
}

static bool
is_owed(const struct fence *f, const struct ask *ask)
{
	uint8_t bytes = frame_data_bytes(ask);

	return (f->owed[ask->table][bytes / 32] >> (bytes % 32) & 1) != 0;
}

static bool
function_owes(const struct fence *f, enum table t)
{
	uint32_t any = 0;

	for (size_t i = 0; i < 8; i++)
		any |= f->owed[t][i];
	return any != 0;
}

void
fence_know(struct fence *f, const struct ask *ask)
{
	struct ask *smallest = NULL;

	for (size_t i = 0; i < f->known_count; i++) {
		struct ask *k = &f->known[i];

		if (k->table == ask->table && frame_data_bytes(k) == frame_data_bytes(ask))
			return;
		if (smallest == NULL || frame_data_bytes(k) < frame_data_bytes(smallest))
			smallest = k;
	}
	if (f->known_count < FENCE_KNOWN)
		f->known[f->known_count++] = *ask;
	else if (frame_data_bytes(ask) > frame_data_bytes(smallest))
		*smallest = *ask;
}

void
fence_owe(struct fence *f, const struct ask *ask, mono_t at)
{
	uint8_t bytes = frame_data_bytes(ask);

	f->up = true;
	f->rounds = 0;
	f->owed[ask->table][bytes / 32] |= UINT32_C(1) << (bytes % 32);
	f->sent[f->sent_next].function =
	    ask->table == TABLE_IDENTITY ? IDENTITY_FUNCTION : (uint8_t)ask->table;
	f->sent[f->sent_next].bytes = ask->table == TABLE_IDENTITY ? IDENTITY_MEI : bytes;
	f->sent[f->sent_next].at = at;
	f->sent_next = (f->sent_next + 1) % FENCE_SENT;
}

bool
fence_is_dirty(const struct fence *f)
{
	bool any = false;

	for (unsigned t = TABLE_COIL; t < TABLE_COUNT; t++)
		any |= function_owes(f, (enum table)t);
	return any;
}

/* One step of length: what changes the bytes of a reply by the least. */
static uint16_t
step_of(const struct ask *ask)
{
	return ask->table == TABLE_COIL || ask->table == TABLE_DISCRETE ? 8 : 1;
}

static uint16_t
limit_of(const struct ask *ask, const struct fence_limits *limits)
{
	return step_of(ask) == 8 ? limits->max_bits : limits->max_registers;
}

/* `like` with another count, if that may be asked and no unanswered request has its length. */
static bool
fits(const struct fence *f, const struct ask *like, unsigned count,
    const struct fence_limits *limits, struct ask *out)
{
	struct ask a = *like;

	if (count == 0 || count > limit_of(like, limits))
		return false;
	a.count = (uint16_t)count;
	if (!frame_can_ask(&a) || is_owed(f, &a))
		return false;
	*out = a;
	return true;
}

/* A beginning of a question: longest first, down to one step. */
static bool
shorter(const struct fence *f, const struct ask *like, const struct fence_limits *limits,
    struct ask *out)
{
	unsigned step = step_of(like), count = (like->count - 1U) / step * step;

	for (; count >= step; count -= step)
		if (fits(f, like, count, limits, out))
			return true;
	return false;
}

static bool
longer(const struct fence *f, const struct ask *like, const struct fence_limits *limits,
    struct ask *out)
{
	for (unsigned i = 1; i <= LONGER_MAX; i++)
		if (fits(f, like, like->count + i * step_of(like), limits, out))
			return true;
	return false;
}

/* A function that nothing unanswered has: even an exception to it is proof. */
static bool
other_function(const struct fence *f, const struct ask *hint, struct ask *out)
{
	static const enum table tables[] = {TABLE_HOLDING, TABLE_INPUT, TABLE_DISCRETE, TABLE_COIL};

	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		if (tables[i] == hint->table || function_owes(f, tables[i]))
			continue;
		*out = (struct ask){.table = tables[i], .address = hint->address, .count = 1};
		return true;
	}
	return false;
}

/* From the surest to the last resort. */
static bool
unused(const struct fence *f, const struct ask *hint, const struct fence_limits *limits,
    struct ask *out)
{
	for (size_t i = 0; i < f->known_count && !f->stranger; i++)
		if (fits(f, &f->known[i], f->known[i].count, limits, out))
			return true;
	for (size_t i = 0; i < f->known_count; i++)
		if (shorter(f, &f->known[i], limits, out))
			return true;
	if ((!f->stranger && fits(f, hint, hint->count, limits, out)) ||
	    shorter(f, hint, limits, out) || longer(f, hint, limits, out))
		return true;
	return other_function(f, hint, out);
}

bool
fence_is_worn(const struct fence *f, const struct ask *hint, const struct fence_limits *limits)
{
	struct ask a;

	return !unused(f, hint, limits, &a);
}

void
fence_next(
    struct fence *f, const struct ask *hint, const struct fence_limits *limits, struct ask *out)
{
	const struct ask *like = hint;

	f->reused = !unused(f, hint, limits, out);
	if (f->reused) {
		unsigned step;

		if (f->known_count > 0)
			like = &f->known[draw(f) % f->known_count];
		step = step_of(like);
		*out = *like;
		out->count =
		    (uint16_t)(like->count - draw(f) % ((like->count + step - 1U) / step) * step);
	}
	f->sole = !function_owes(f, out->table);
}

bool
fence_wants_silence(const struct fence *f)
{
	return f->reused;
}

static void
fence_lower(struct fence *f)
{
	f->up = false;
	f->stranger = false;
	f->rounds = 0;
	memset(f->owed, 0, sizeof(f->owed));
	memset(f->sent, 0, sizeof(f->sent));
}

bool
fence_judge(struct fence *f, const struct ask *ask, enum answer_status status, mono_t at)
{
	if (status == ANSWER_OK && f->reused && ++f->rounds < FENCE_ROUNDS)
		return false;
	if (status == ANSWER_OK || (status == ANSWER_REFUSED && f->sole)) {
		fence_lower(f);
		return true;
	}
	fence_owe(f, ask, at);
	return false;
}

bool
fence_late(struct fence *f, const uint8_t p[2], mono_t now, int64_t *late_us)
{
	for (unsigned i = 0; i < FENCE_SENT; i++) {
		unsigned k = (f->sent_next + i) % FENCE_SENT; /* oldest first */

		if (f->sent[k].at.us == 0 || f->sent[k].function != (p[0] & 0x7f))
			continue;
		if ((p[0] & 0x80) == 0 && f->sent[k].bytes != p[1])
			continue;
		*late_us = now.us - f->sent[k].at.us;
		f->sent[k].at.us = 0;
		return true;
	}
	return false;
}

bool
fence_awaits(const struct fence *f)
{
	for (unsigned i = 0; i < FENCE_SENT; i++)
		if (f->sent[i].at.us != 0)
			return true;
	return false;
}
