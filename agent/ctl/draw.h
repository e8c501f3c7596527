/*
 * The live screen drawn: model and cursor to lines of text. Pure: the same view, cursor, size and
 * time give the same lines.
 *
 *	title, time                 agent
 *	panel, store, broker, NOC
 *	banner, when the agent is away
 *	ALARMS   graver and newer ones first; those that wait for a person on top
 *	DEVICES  state and the values that matter
 *	EVENTS   newest at the bottom
 *	keys, or what the agent said
 */
#ifndef CTL_DRAW_H
#define CTL_DRAW_H

#include "ctl/canvas.h"
#include "ctl/view.h"

enum page { PAGE_MAIN, PAGE_DETAILS, PAGE_HELP };

/* Where the user is. The cursor is a name, not a row: rows move while a finger is on its way. */
struct cursor {
	enum page page;
	bool on_alarm;                /* else on a device */
	char name[2 * VIEW_NAME_MAX]; /* alarm path or device; "" = nothing is selected */
	size_t index;                 /* where it stood last, alarms first, then devices */
	size_t scroll;                /* first row of the details */
	char message[VIEW_TEXT_MAX];  /* shown instead of the keys; "" = none */
	bool message_bad;
};

/*
 * Puts the cursor where its name is now. A name that is gone leaves nothing selected, so that a key
 * never hits another alarm than the one that was seen.
 */
void cursor_settle(struct cursor *c, const struct view *v);
/* One step down (+1) or up (-1) through alarms and devices, or a line of the details. */
void cursor_move(struct cursor *c, const struct view *v, int step);

/* A fresh canvas; canvas_free() it. now: the clock of this terminal. */
struct canvas *draw(
    const struct view *v, const struct cursor *cursor, size_t rows, size_t columns, wall_t now);

#endif
