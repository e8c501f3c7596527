/* Two readings that agree, or a third one that decides. */
#include "drivers/modbus/doubt.h"

#include <stdbool.h>
#include <string.h>

/* c differs where a and b agree. */
static bool
contradicts(const uint8_t *a, const uint8_t *b, const uint8_t *c, size_t n)
{
	for (size_t i = 0; i < n; i += DOUBT_VALUE_BYTES) {
		size_t bytes = n - i < DOUBT_VALUE_BYTES ? n - i : DOUBT_VALUE_BYTES;

		if (memcmp(a + i, b + i, bytes) == 0 && memcmp(a + i, c + i, bytes) != 0)
			return true;
	}
	return false;
}

enum belief
readings_take(struct readings *r, const uint8_t *data, size_t n)
{
	const uint8_t *a = r->data[0], *b = r->data[1];

	if (n > DOUBT_BYTES_MAX)
		return BELIEF_NO;
	for (unsigned i = 0; i < r->count; i++)
		if (memcmp(r->data[i], data, n) == 0)
			return BELIEF_YES;
	if (r->count == 2)
		return contradicts(a, b, data, n) ? BELIEF_NO : BELIEF_YES;
	memcpy(r->data[r->count++], data, n);
	return BELIEF_AGAIN;
}
