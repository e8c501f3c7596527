/* When a contact that bounces has changed. */
#include "drivers/gpio/debounce.h"

bool
debounce_take(struct debounce *d, bool raw, bool moved, int64_t window_ms, mono_t now)
{
	if (!d->known) {
		*d = (struct debounce){.known = true, .level = raw, .raw = raw, .edge = now};
		return true;
	}
	if (moved || raw != d->raw)
		d->edge = now;
	d->raw = raw;
	if (raw == d->level || mono_ms_between(now, d->edge) < window_ms)
		return false;
	d->level = raw;
	return true;
}

mono_t
debounce_next(const struct debounce *d, int64_t window_ms)
{
	if (!d->known || d->raw == d->level)
		return MONO_NEVER;
	return mono_add_ms(d->edge, window_ms);
}
