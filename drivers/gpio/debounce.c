/* When a contact that bounces has changed. */
#include "drivers/gpio/debounce.h"

/* It has moved for so long that nobody can say how it stands. */
static bool
is_restless(const struct debounce *d, int64_t window_ms, mono_t now)
{
	int64_t most_ms = window_ms * DEBOUNCE_UNREST_WINDOWS;

	if (most_ms < DEBOUNCE_UNREST_MS)
		most_ms = DEBOUNCE_UNREST_MS;
	return mono_ms_between(now, d->unrest) >= most_ms;
}

bool
debounce_take(struct debounce *d, bool raw, bool moved, int64_t window_ms, mono_t now)
{
	bool was_known = d->known, was = d->level;

	if (!d->begun) {
		*d = (struct debounce){true, true, raw, raw, now, now};
		return true;
	}
	if (moved || raw != d->raw) {
		if (mono_ms_between(now, d->edge) >= window_ms)
			d->unrest = now;
		d->edge = now;
	}
	d->raw = raw;
	if (mono_ms_between(now, d->edge) >= window_ms) {
		d->known = true;
		d->level = raw;
	} else if (is_restless(d, window_ms, now)) {
		d->known = false;
	}
	return d->known != was_known || d->level != was;
}

mono_t
debounce_next(const struct debounce *d, int64_t window_ms)
{
	if (!d->begun || (d->known && d->raw == d->level))
		return MONO_NEVER;
	return mono_add_ms(d->edge, window_ms);
}
