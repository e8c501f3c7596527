/* A timeout for each unit, out of its latest replies. */
#include "drivers/modbus/pace.h"

/* After so many misses in a row it is dead, not slow: from then on it may cost less. */
#define DEAD_AFTER 3

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

static int64_t
learned_us(const struct pace *p, int64_t wire_us)
{
	int64_t us = pace_p99_us(p) * PACE_TIMES;

	return wire_us + (us > PACE_FLOOR_US ? us : PACE_FLOOR_US);
}

int64_t
pace_timeout_us(const struct pace *p, int64_t wire_us, int64_t full_us)
{
	int64_t us = learned_us(p, wire_us);
	bool in_doubt = p->missed > 0 && p->missed < DEAD_AFTER;

	if (p->count < PACE_ENOUGH || in_doubt || us > full_us)
		return full_us;
	if (p->missed >= DEAD_AFTER && (p->missed - DEAD_AFTER) % PACE_FULL_EVERY == 0)
		return full_us;
	return us;
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

	if (p->count >= PACE_ENOUGH && took_us > learned_us(p, wire_us))
		pace_forget(p);
	p->missed = 0;
	p->took_us[p->next] = us < UINT32_MAX ? (uint32_t)us : UINT32_MAX;
	p->next = (uint8_t)((p->next + 1) % PACE_SAMPLES);
	if (p->count < PACE_SAMPLES)
		p->count++;
}

void
pace_missed(struct pace *p)
{
	if (p->missed < UINT32_MAX)
		p->missed++;
}

void
pace_forget(struct pace *p)
{
	p->count = p->next = 0;
}
