#include "sinks/trap/retry.h"

/* A receiver that refuses at once must not be asked in a circle. */
#define PAUSE_MIN_MS 250

int64_t
retry_pause_ms(
    unsigned failures, bool after_timeout, int64_t timeout_ms, int64_t max_ms, uint32_t random)
{
	int64_t pause = timeout_ms > PAUSE_MIN_MS ? timeout_ms : PAUSE_MIN_MS;

	if (after_timeout && failures <= 1)
		return 0;
	for (unsigned i = after_timeout ? 2 : 1; i < failures && pause < max_ms; i++)
		pause *= 2;
	if (pause > max_ms)
		pause = max_ms > PAUSE_MIN_MS ? max_ms : PAUSE_MIN_MS;
	return pause / 2 + (int64_t)(random % (uint64_t)(pause / 2 + 1));
}
