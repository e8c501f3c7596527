/*
 * When a contact that bounces has changed. Pure; time is an argument. In software for all boards:
 * libgpiod 1.6 cannot, and what is done in two places behaves in two ways.
 *
 * A level counts once it has stood still for the window. So a pulse shorter than that is no state
 * of the contact, and a change is told one window after its last edge. One that does not stand
 * still for DEBOUNCE_UNREST_WINDOWS of them, at least DEBOUNCE_UNREST_MS, has no level any more: a
 * loose wire, or a voltage induced on it, must not look like the last thing that it said.
 */
#ifndef DRIVERS_GPIO_DEBOUNCE_H
#define DRIVERS_GPIO_DEBOUNCE_H

#include "base/clock.h"

#include <stdbool.h>
#include <stdint.h>

#define DEBOUNCE_UNREST_WINDOWS 10
#define DEBOUNCE_UNREST_MS      2000

/* Begins as all 0. */
struct debounce {
	bool begun;    /* it was seen once */
	bool known;    /* `level` means something */
	bool level;    /* what counts */
	bool raw;      /* what was seen last */
	mono_t edge;   /* when raw last moved */
	mono_t unrest; /* since then it has not stood still, up to `edge` */
};

/*
 * The line stands at `raw` now, and moved since the last call if `moved` (it may be back at the
 * same level). The first level ever counts at once. true: `level` has changed, became known, or is
 * not known any more.
 */
bool debounce_take(struct debounce *d, bool raw, bool moved, int64_t window_ms, mono_t now);

/* When debounce_take() must be called although nothing moves; MONO_NEVER: never. */
mono_t debounce_next(const struct debounce *d, int64_t window_ms);

#endif
