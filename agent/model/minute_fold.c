/* Minutes joined into longer steps of the local day, with gaps told as what they are. */
#include "model/minute.h"

#include <math.h>
#include <time.h>

#define HOUR_US (60 * MINUTE_US)

void
fold_init(struct fold *f, int64_t step_ms, bool is_state, wall_t from, wall_t until)
{
	*f = (struct fold){.step_ms = step_ms < 1 ? 1 : step_ms,
	    .is_state = is_state,
	    .from = from,
	    .until = until,
	    .told_us = from.us};
}

static int64_t
floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

/* Seconds east of Greenwich at that time; of steps up to an hour only what is no whole hour. */
static int64_t
zone_us(const struct fold *f, int64_t at_us)
{
	time_t s = (time_t)floor_div(at_us, 1000000);
	struct tm tm = {0};
	int64_t us;

	localtime_r(&s, &tm);
	us = (int64_t)tm.tm_gmtoff * 1000000;
	return f->step_ms * 1000 > HOUR_US ? us : us % HOUR_US;
}

/* The step in which this time falls. A day with a change of the clocks has 23 or 25 hours. */
static void
find_step(const struct fold *f, int64_t at_us, int64_t *began_us, int64_t *ends_us)
{
	int64_t step = f->step_ms * 1000, zone = zone_us(f, at_us);
	int64_t n = floor_div(at_us + zone, step);
	int64_t begin = n * step - zone, end = (n + 1) * step - zone;

	begin = n * step - zone_us(f, begin);
	end = (n + 1) * step - zone_us(f, end);
	*began_us = begin > at_us ? at_us : begin;
	*ends_us = end > at_us ? end : at_us + step;
}

int64_t
fold_step_ends_us(const struct fold *f, int64_t at_us)
{
	int64_t began_us, ends_us;

	if (f->open && at_us < f->ends_us)
		return f->ends_us;
	find_step(f, at_us, &began_us, &ends_us);
	return ends_us;
}

static int64_t
later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static int64_t
earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static size_t
tell_gap(struct fold *f, int64_t until_us, struct stretch *out)
{
	if (f->told_us >= until_us)
		return 0;
	*out = (struct stretch){.at = {f->told_us}, .quality = QUALITY_COUNT};
	f->told_us = until_us;
	return 1;
}

static size_t
tell_step(struct fold *f, struct stretch *out)
{
	int64_t begin = later(f->began_us, f->told_us), end = earlier(f->ends_us, f->until.us);
	int64_t length_ms = (end - begin) / 1000, percent;

	if (!f->open)
		return 0;
	f->open = false;
	f->told_us = end;
	/* Something is missing altogether; a minute at either edge may be outside by a part. */
	if (f->quality == QUALITY_GOOD && f->seen_us / 1000 + 1000 < length_ms)
		f->quality = QUALITY_COUNT;
	percent = length_ms > 0 ? f->good_ms * 100 / length_ms : 0;
	*out = (struct stretch){.at = {begin},
	    .has_value = f->good_ms > 0,
	    .mean = f->is_state || f->good_ms == 0 ? f->last : f->sum / (double)f->good_ms,
	    .min = f->min,
	    .max = f->max,
	    .percent = f->quality == QUALITY_GOOD ? 100
		       : percent > 99             ? 99
						  : (int)percent,
	    .quality = f->quality,
	    .unsynced = f->unsynced};
	return 1;
}

static void
begin_step(struct fold *f, int64_t at_us)
{
	find_step(f, at_us, &f->began_us, &f->ends_us);
	f->open = true;
	f->good_ms = f->seen_us = 0;
	f->sum = f->last = 0;
	f->min = INFINITY;
	f->max = -INFINITY;
	f->quality = QUALITY_GOOD;
	f->unsynced = false;
}

static void
add(struct fold *f, const struct piece *p)
{
	f->seen_us += p->length_us;
	f->unsynced = f->unsynced || p->unsynced;
	if (p->quality != QUALITY_GOOD)
		f->quality = p->quality;
	if (p->good_ms == 0)
		return;
	f->good_ms += p->good_ms;
	f->sum += p->mean * (double)p->good_ms;
	f->last = p->mean;
	f->min = fmin(f->min, p->min);
	f->max = fmax(f->max, p->max);
}

size_t
fold_piece(struct fold *f, const struct piece *p, struct stretch out[2])
{
	size_t n = 0;

	if (later(p->at_us, f->from.us) >= earlier(p->at_us + p->length_us, f->until.us))
		return 0;
	if (f->open && p->at_us >= f->ends_us)
		n += tell_step(f, out);
	if (!f->open) {
		begin_step(f, p->at_us);
		n += tell_gap(f, later(f->began_us, f->from.us), out + n);
	}
	add(f, p);
	return n;
}

/* The minute in f->one: no other of the same time will come. */
static size_t
take(struct fold *f, struct stretch out[2])
{
	const struct minute *m = &f->one;
	const struct piece p = {.at_us = m->minute * MINUTE_US,
	    .length_us = MINUTE_US,
	    .good_ms = m->good_s * INT64_C(1000),
	    .mean = (double)m->mean,
	    .min = (double)m->min,
	    .max = (double)m->max,
	    .quality = m->good_s >= 60               ? QUALITY_GOOD
		       : m->quality == QUALITY_NEVER ? QUALITY_COUNT
						     : (enum quality)m->quality,
	    .unsynced = m->unsynced};

	if (!f->pending)
		return 0;
	f->pending = false;
	return fold_piece(f, &p, out);
}

size_t
fold_minute(struct fold *f, const struct minute *m, struct stretch out[2])
{
	size_t n;

	if (f->pending && f->one.minute == m->minute) {
		f->one = minute_join(&f->one, m);
		return 0;
	}
	n = take(f, out);
	f->one = *m;
	f->pending = true;
	return n;
}

size_t
fold_end(struct fold *f, struct stretch out[4])
{
	size_t n = take(f, out);

	n += tell_step(f, out + n);
	return n + tell_gap(f, f->until.us, out + n);
}

int64_t
fold_round_step_ms(int64_t span_ms, int64_t most)
{
	static const int64_t seconds[] = {1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600,
	    7200, 10800, 21600, 43200, 86400};
	const size_t count = sizeof(seconds) / sizeof(seconds[0]);
	int64_t days;

	for (size_t i = 0; i < count; i++)
		if (span_ms <= most * seconds[i] * 1000)
			return seconds[i] * 1000;
	days = (span_ms + most * 86400000 - 1) / (most * 86400000);
	return days * 86400000;
}
