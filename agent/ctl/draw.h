/*
 * The live screen drawn: what is known and where the person is, as cells. Pure: the same of these,
 * size and time give the same picture.
 *
 *	title, who acts, time
 *	tabs, and what of the agent itself is not well
 *	the alarm that comes first, and how many there are: on every page
 *	banner, when the agent is away
 *	the page
 *	keys, an answer, or what the person is typing
 */
#ifndef CTL_DRAW_H
#define CTL_DRAW_H

#include "ctl/canvas.h"
#include "ctl/live.h"

/* A fresh canvas; canvas_free() it. now: the clock of this terminal. live_tick() came before. */
struct canvas *draw(
    const struct live *l, size_t rows, size_t columns, enum symbols symbols, wall_t now);

#endif
