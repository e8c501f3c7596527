/* Two readings that agree, or a third one that decides. */
#include "drivers/modbus/doubt.h"

#include <string.h>

/* c never differs where a and b agree; strict: and agrees with one of them in half of its values.
 */
static bool
goes_with(const uint8_t *a, const uint8_t *b, const uint8_t *c, size_t n, bool strict)
{
	size_t values = 0, agreed = 0;

	for (size_t i = 0; i < n; i += DOUBT_VALUE_BYTES) {
		size_t bytes = n - i < DOUBT_VALUE_BYTES ? n - i : DOUBT_VALUE_BYTES;
		bool as_a = memcmp(a + i, c + i, bytes) == 0;

		if (!as_a && memcmp(a + i, b + i, bytes) == 0)
			return false;
		values++;
		agreed += as_a || memcmp(b + i, c + i, bytes) == 0;
	}
	return !strict || agreed * 2 >= values;
}

enum belief
readings_take(struct readings *r, const uint8_t *data, size_t n, bool strict)
{
	const uint8_t *a = r->data[0], *b = r->data[1];

	if (n > DOUBT_BYTES_MAX)
		return BELIEF_NO;
	for (unsigned i = 0; i < r->count; i++)
		if (memcmp(r->data[i], data, n) == 0)
			return BELIEF_YES;
	if (r->count == 2)
		return goes_with(a, b, data, n, strict) ? BELIEF_YES : BELIEF_NO;
	memcpy(r->data[r->count++], data, n);
	return BELIEF_AGAIN;
}
