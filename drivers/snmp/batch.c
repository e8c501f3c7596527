/* How many variables one device takes in one GET: learning it. */
#include "drivers/snmp/batch.h"

#define TOO_BIG_FOR_MS (24 * 60 * 60 * 1000LL)
#define SILENT_FOR_MS  (10 * 60 * 1000LL)

static unsigned
at_least_one(unsigned n)
{
	return n == 0 ? 1 : n;
}

static void
mark_bad(struct batch *b, unsigned n, mono_t now, int64_t for_ms)
{
	if (b->bad == 0 || n < b->bad)
		b->bad = n;
	b->bad_until = mono_add_ms(now, for_ms);
	if (b->good >= n)
		b->good = n - 1;
}

void
batch_init(struct batch *b, unsigned limit)
{
	limit = at_least_one(limit);
	*b = (struct batch){.limit = limit, .size = limit};
}

unsigned
batch_size(struct batch *b, mono_t now)
{
	if (b->bad != 0 && !mono_before(now, b->bad_until)) {
		b->bad = 0;
		b->size = b->size * 2 < b->limit ? b->size * 2 : b->limit;
	}
	return b->size;
}

/* A cause that may pass: longer each time. */
static void
mark_silent(struct batch *b, unsigned n, mono_t now)
{
	b->bad_for_ms = b->bad_for_ms == 0 ? SILENT_FOR_MS : b->bad_for_ms * 2;
	if (b->bad_for_ms > TOO_BIG_FOR_MS)
		b->bad_for_ms = TOO_BIG_FOR_MS;
	mark_bad(b, n, now, b->bad_for_ms);
}

void
batch_answered(struct batch *b, unsigned n, mono_t now)
{
	if (b->suspect > n)
		mark_silent(b, b->suspect, now);
	b->suspect = 0;
	if (n > b->good)
		b->good = n;
	if (n < b->size || (b->bad != 0 && b->size * 2 >= b->bad))
		return;
	b->size = b->size * 2 < b->limit ? b->size * 2 : b->limit;
}

void
batch_too_big(struct batch *b, unsigned n, mono_t now)
{
	mark_bad(b, n, now, TOO_BIG_FOR_MS);
	b->size = at_least_one(n / 2);
}

void
batch_blame(struct batch *b, unsigned n, mono_t now)
{
	if (n < 2)
		return;
	mark_silent(b, n, now);
	if (b->size >= n)
		b->size = n / 2;
}

bool
batch_proven(const struct batch *b, unsigned n)
{
	return n <= 1 || n <= b->good;
}

void
batch_silent(struct batch *b, unsigned n)
{
	if (batch_proven(b, n))
		return;
	if (n > b->suspect)
		b->suspect = n;
	b->size = at_least_one(n / 2);
}

void
batch_doubt(struct batch *b, unsigned n)
{
	if (n > 1 && b->good >= n)
		b->good = n - 1;
	batch_silent(b, n);
}

void
batch_lost(struct batch *b)
{
	b->good = 0;
	b->suspect = 0;
}
