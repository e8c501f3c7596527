/*
 * When a contact that bounces has changed. Pure; time is an argument. In software for all boards:
 * libgpiod 1.6 cannot, and what is done in two places behaves in two ways.
 *
 * A level counts once it has stood still for the window. So a pulse shorter than that is no state
 * of the contact, and a change is told one window after its last edge.
 */
#ifndef DRIVERS_GPIO_DEBOUNCE_H
#define DRIVERS_GPIO_DEBOUNCE_H

#include "base/clock.h"

#include <stdbool.h>
#include <stdint.h>

struct debounce {
	bool known;  /* `level` means something */
	bool level;  /* what counts */
	bool raw;    /* what was seen last */
	mono_t edge; /* when raw last moved */
};

/*
 * The line stands at `raw` now, and moved since the last call if `moved` (it may be back at the
 * same level). The first level ever counts at once. true: `level` has changed, or became known.
 */
bool debounce_take(struct debounce *d, bool raw, bool moved, int64_t window_ms, mono_t now);

/* When debounce_take() must be called although nothing moves; MONO_NEVER: never. */
mono_t debounce_next(const struct debounce *d, int64_t window_ms);

#endif
