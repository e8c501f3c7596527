/* The minutes of points, and what is worth a record of the ring. */
#include "core/history_private.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

#define RING_POINT_BYTES 4096
#define RING_LEAST_BYTES (256 * 1024)
#define RING_MOST_BYTES  (4 * 1024 * 1024)
/* Turns come at least every CORE_MAX_SILENCE_MS. */
#define AWAY_MS 90000
#define LATE_US 100000

/* ---- life ----------------------------------------------------------------------------------- */

size_t
history_ring_bytes(const struct site *site)
{
	size_t bytes = site->point_count * RING_POINT_BYTES;

	if (site->history.ram_bytes > 0)
		return site->history.ram_bytes;
	return bytes < RING_LEAST_BYTES  ? RING_LEAST_BYTES
	       : bytes > RING_MOST_BYTES ? RING_MOST_BYTES
					 : bytes;
}

struct history *
history_new(struct arena *a, const struct site *site)
{
	struct history *h = arena_alloc(a, sizeof(*h));

	h->site = site;
	h->point_count = site->point_count;
	h->tracks = arena_array(a, site->point_count, sizeof(*h->tracks));
	h->closed = arena_array(a, site->point_count * HISTORY_WAITING, sizeof(*h->closed));
	h->deadbands = arena_array(a, site->point_count, sizeof(*h->deadbands));
	h->is_state = arena_array(a, site->point_count, sizeof(*h->is_state));
	h->chunk_count = (uint32_t)(history_ring_bytes(site) / sizeof(struct chunk));
	if (h->chunk_count < 2)
		h->chunk_count = 2;
	/* Not touched before it is used: memory that is not needed costs nothing. */
	h->chunks = arena_array(a, h->chunk_count, sizeof(*h->chunks));
	for (size_t i = 0; i < site->point_count; i++) {
		const struct point_spec *spec = site_point(site, i);

		h->tracks[i].head = h->tracks[i].tail = NO_CHUNK;
		h->deadbands[i] = spec->deadband;
		h->is_state[i] = spec->words != NULL;
	}
	return h;
}

/* ---- minutes -------------------------------------------------------------------------------- */

static uint32_t
minute_of(int64_t wall_us)
{
	return wall_us > 0 ? (uint32_t)(wall_us / MINUTE_US) : 0;
}

/* A minute begins with the value that stands. */
static void
begin_minute(struct history *h, struct track *t, uint32_t minute)
{
	t->minute = minute;
	t->good_us = 0;
	t->sum = 0;
	t->spoilt = t->quality;
	t->any = false;
	t->late = t->upto.us + h->offset_us > (int64_t)minute * MINUTE_US + LATE_US;
	t->unsynced = !h->now.synced;
}

/*
 * Was it good from the first moment to the last? Not by its length alone: two clocks are never read
 * at one instant, so a minute of the wall clock is not one of the other to the microsecond.
 */
static bool
is_whole(const struct history *h, const struct track *t)
{
	bool ended = t->upto.us + h->offset_us >= ((int64_t)t->minute + 1) * MINUTE_US;

	return ended && !t->late && (t->spoilt == QUALITY_GOOD || t->good_us >= MINUTE_US);
}

/* The open minute as it stands. over: it has ended, so what is missing of it was not seen. */
static struct minute
minute_now(const struct history *h, size_t point, bool over)
{
	const struct track *t = &h->tracks[point];
	bool whole = is_whole(h, t);
	int32_t good_s = t->good_us / 1000000;
	struct minute m = {.minute = t->minute,
	    .good_s = (uint8_t)(whole         ? 60
				: good_s > 59 ? 59
					      : good_s),
	    .quality = t->spoilt,
	    .unsynced = t->unsynced || !h->now.synced};

	/* A value of less than a second is told as well. */
	if (t->any && m.good_s == 0)
		m.good_s = 1;
	if (m.good_s > 0) {
		m.min = t->min;
		m.max = t->max;
		m.mean = h->is_state[point] || t->good_us == 0
			     ? t->value
			     : (float)(t->sum / ((double)t->good_us / 1e6));
		/* Rounding must not carry it out of its own band. */
		m.mean = fminf(fmaxf(m.mean, m.min), m.max);
	}
	if (m.quality == QUALITY_GOOD && (over ? !whole : t->late))
		m.quality = QUALITY_NEVER;
	return m;
}

/* The closed minute number n of a point, 0 the oldest. */
static struct minute *
closed_at(const struct history *h, size_t point, size_t n)
{
	return &h->closed[n * h->point_count + point];
}

static void
close_minute(struct history *h, size_t point)
{
	struct track *t = &h->tracks[point];

	/* Nobody fetches them: the oldest goes. */
	if (t->waiting == HISTORY_WAITING) {
		for (size_t n = 1; n < HISTORY_WAITING; n++)
			*closed_at(h, point, n - 1) = *closed_at(h, point, n);
		t->waiting--;
	}
	*closed_at(h, point, t->waiting) = minute_now(h, point, true);
	t->waiting++;
}

static void
widen(struct track *t)
{
	t->min = t->any ? fminf(t->min, t->value) : t->value;
	t->max = t->any ? fmaxf(t->max, t->value) : t->value;
	t->any = true;
}

static void
count_good(struct track *t, int64_t us)
{
	widen(t);
	t->good_us += (int32_t)us;
	t->sum += (double)t->value * (double)us / 1e6;
}

/* Lets the value that stands count up to `at`, minute by minute. */
static void
advance(struct history *h, size_t point, mono_t at)
{
	struct track *t = &h->tracks[point];

	while (t->ever) {
		mono_t ends = {((int64_t)t->minute + 1) * MINUTE_US - h->offset_us};
		int64_t us = mono_min(at, ends).us - t->upto.us;

		if (us > 0) {
			t->upto.us += us;
			if (t->quality == QUALITY_GOOD)
				count_good(t, us);
		}
		if (mono_before(at, ends))
			return;
		close_minute(h, point);
		begin_minute(h, t, t->minute + 1);
	}
}

/* The wall clock was stepped: what was counted belongs to the time before. */
static void
begin_anew(struct history *h, int64_t offset_us, bool synced)
{
	for (size_t i = 0; i < h->point_count; i++)
		if (h->tracks[i].ever) {
			advance(h, i, h->now.mono);
			close_minute(h, i);
		}
	h->offset_us = offset_us;
	h->now.synced = synced;
	for (size_t i = 0; i < h->point_count; i++)
		if (h->tracks[i].ever)
			begin_minute(h, &h->tracks[i], minute_of(h->tracks[i].upto.us + offset_us));
	h->stepped = true;
}

/* Nothing was seen for long, because nobody was there to look: the value is not known since. */
static void
was_away(struct history *h)
{
	for (size_t i = 0; i < h->point_count; i++)
		if (h->tracks[i].ever && h->tracks[i].quality == QUALITY_GOOD)
			history_put(h, i, 0, QUALITY_STALE, h->now.mono);
}

int64_t
history_clock(struct history *h, const struct now *now)
{
	int64_t offset_us = now->wall.us - now->mono.us, by_us;

	if (!h->began) {
		h->began = true;
		h->now = *now;
		h->offset_us = offset_us;
		h->batch_slot = now->wall.us / (HISTORY_BATCH_MIN * MINUTE_US);
		return 0;
	}
	if (mono_ms_between(now->mono, h->now.mono) > AWAY_MS)
		was_away(h);
	h->now.mono = now->mono;
	h->now.wall = now->wall;
	by_us = offset_us - h->offset_us;
	if (llabs(by_us) >= HISTORY_STEP_US)
		begin_anew(h, offset_us, now->synced);
	else {
		h->offset_us = offset_us;
		by_us = 0;
	}
	h->now.synced = now->synced;
	return by_us;
}

/* Did the value leave the deadband around the one of the last record? */
static bool
left_deadband(const struct history *h, size_t point, float value)
{
	float last = h->tracks[point].last;
	double away = fabs((double)value - (double)last);

	/* The margin keeps the dust of scale factors and floats out. */
	return h->deadbands[point] > 0
		   ? away > h->deadbands[point] + 1e-6 * (1 + fabs((double)last))
		   : value < last || value > last;
}

void
history_put(struct history *h, size_t point, double value, enum quality quality, mono_t at)
{
	struct track *t = &h->tracks[point];
	bool has_value = quality == QUALITY_GOOD || quality == QUALITY_SUBSTITUTED;
	bool fits = fabs(value) <= (double)FLT_MAX;
	float v = has_value && fits ? (float)value : t->value;

	if (has_value && !fits) {
		quality = QUALITY_BAD;
		has_value = false;
	}
	if (mono_before(h->now.mono, at))
		at = h->now.mono;
	if (t->ever)
		advance(h, point, at);
	if (!t->ever || quality != (enum quality)t->last_quality ||
	    (has_value && left_deadband(h, point, v)))
		ring_put(h, point, v, quality, at);
	t->value = v;
	t->quality = (uint8_t)quality;
	if (t->upto.us == 0) {
		t->upto = at;
		begin_minute(h, t, minute_of(at.us + h->offset_us));
	}
	if (quality == QUALITY_GOOD)
		widen(t);
	else
		t->spoilt = (uint8_t)quality;
}

/* ---- to the disk ---------------------------------------------------------------------------- */

size_t
history_minutes(struct history *h, size_t point, bool with_open, struct minute *out)
{
	struct track *t = &h->tracks[point];
	size_t n;

	if (!t->ever)
		return 0;
	advance(h, point, h->now.mono);
	for (n = 0; n < t->waiting; n++)
		out[n] = *closed_at(h, point, n);
	if (with_open)
		out[n++] = minute_now(h, point, false);
	return n;
}

bool
history_due(const struct history *h)
{
	return h->stepped || h->now.wall.us / (HISTORY_BATCH_MIN * MINUTE_US) != h->batch_slot;
}

size_t
history_take(struct history *h, size_t point, bool end, struct minute *out)
{
	size_t n = history_minutes(h, point, false, out);

	if (!h->taking)
		h->batches++;
	h->taking = true;
	if (end && h->tracks[point].ever)
		out[n++] = minute_now(h, point, true);
	h->tracks[point].waiting = 0;
	return n;
}

void
history_taken(struct history *h)
{
	h->stepped = false;
	h->taking = false;
	h->batch_slot = h->now.wall.us / (HISTORY_BATCH_MIN * MINUTE_US);
	h->batches++;
}

uint64_t
history_batches(const struct history *h)
{
	return h->batches;
}
