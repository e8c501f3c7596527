/* A timeout for each unit, out of its latest replies. */
#include "drivers/modbus/pace.h"

/* Of a hundred the second largest, of fewer the largest. */
int64_t
pace_p99_us(const struct pace *p)
{
	uint32_t first = 0, second = 0;

	for (unsigned i = 0; i < p->count; i++) {
		uint32_t took = p->took_us[i];

		if (took > first) {
			second = first;
			first = took;
		} else if (took > second) {
			second = took;
		}
	}
	return p->count == PACE_SAMPLES ? second : first;
}

static bool
is_known(const struct pace *p)
{
	return p->count >= (p->slow || p->few == 0 ? PACE_ENOUGH : p->few);
}

static int64_t
learned_us(const struct pace *p, int64_t wire_us)
{
	int64_t us = pace_p99_us(p) * PACE_TIMES;

	return wire_us + (us > PACE_FLOOR_US ? us : PACE_FLOOR_US);
}

static int64_t
doubt_us(const struct pace *p, int64_t wire_us)
{
	int64_t us = (learned_us(p, wire_us) - wire_us) * 2;

	return wire_us + (us > PACE_DOUBT_US ? us : PACE_DOUBT_US);
}

/* What it would get if there were no profile. */
static int64_t
wanted_us(const struct pace *p, int64_t wire_us)
{
	bool known = is_known(p);
	unsigned probe = p->missed - PACE_DEAD_AFTER + 1; /* from 1, where it is dead */

	if (pace_is_dead(p)) {
		if (p->full_every == 0 || p->slow || probe % p->full_every == 0)
			return INT64_MAX;
		return known ? learned_us(p, wire_us) : wire_us + PACE_UNKNOWN_US;
	}
	if (!known || (p->missed > 0 && p->patience > 0))
		return INT64_MAX;
	return p->missed > 0 ? doubt_us(p, wire_us) : learned_us(p, wire_us);
}

int64_t
pace_left_us(const struct pace *p, mono_t now, int64_t full_us)
{
	int64_t left = p->missed == 0 ? full_us : p->silent_since.us + full_us - now.us;

	return left > 0 ? left : 0;
}

int64_t
pace_timeout_us(const struct pace *p, mono_t now, int64_t wire_us, int64_t full_us)
{
	int64_t us = wanted_us(p, wire_us), left = pace_left_us(p, now, full_us);

	if (pace_decides(p) && us < left)
		us = left;
	return us < full_us ? us : full_us;
}

bool
pace_is_early(const struct pace *p, int64_t timeout_us, int64_t full_us)
{
	return timeout_us < full_us && p->missed == 0;
}

void
pace_answered(struct pace *p, int64_t wire_us, int64_t took_us)
{
	int64_t us = took_us > wire_us ? took_us - wire_us : 0;

	if (is_known(p) && took_us > learned_us(p, wire_us))
		pace_forget(p);
	if (p->missed > 1 && !pace_is_dead(p)) /* it was slow, not dead */
		p->patience = PACE_SAMPLES;
	else if (p->patience > 0)
		p->patience--;
	p->missed = 0;
	p->took_us[p->next] = us < UINT32_MAX ? (uint32_t)us : UINT32_MAX;
	p->next = (uint8_t)((p->next + 1) % PACE_SAMPLES);
	if (p->count < PACE_SAMPLES)
		p->count++;
	if (p->count >= PACE_ENOUGH)
		p->slow = false;
}

void
pace_missed(struct pace *p, mono_t asked)
{
	if (p->missed == 0)
		p->silent_since = asked;
	if (p->missed < UINT32_MAX)
		p->missed++;
}

void
pace_forget(struct pace *p)
{
	p->count = p->next = 0;
	p->slow = true;
}
