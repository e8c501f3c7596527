/*
 * A list and what is chosen in it. The choice is a name, not a row: rows move while a finger is on
 * its way. A name that is gone leaves nothing chosen, so that a key never hits another thing than
 * the one that was seen. Pure.
 */
#ifndef CTL_PICK_H
#define CTL_PICK_H

#include "ctl/view.h"

#include <limits.h>

enum row_kind { ROW_HEADING, ROW_ZONE, ROW_DEVICE, ROW_POINT, ROW_ALARM, ROW_EVENT, ROW_HIT };

struct row {
	enum row_kind kind;
	const char *name;  /* NULL: a heading, which cannot be chosen */
	const void *thing; /* what the row shows: a struct view_device for ROW_DEVICE ... */
	size_t depth;      /* how far inside others */
	char heading[64];
};

struct rows {
	struct row *row;
	size_t count, room;
};

struct row *rows_add(struct rows *r, enum row_kind kind, const char *name, const void *thing);
void rows_heading(struct rows *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void rows_free(struct rows *r);

struct pick {
	char name[VIEW_PATH_MAX]; /* "" = nothing is chosen */
	size_t index;             /* where it stood last */
};

/* Steps that mean the ends of the list. */
#define PICK_FIRST INT_MIN
#define PICK_LAST  INT_MAX

/* Puts the choice where its name is now. */
void pick_settle(struct pick *p, const struct rows *r);
/* So many rows down or up. With nothing chosen the first step only shows where the choice is. */
void pick_move(struct pick *p, const struct rows *r, int step);
void pick_name(struct pick *p, const struct rows *r, const char *name);
/* The row that is chosen, or NULL. */
const struct row *pick_row(const struct pick *p, const struct rows *r);
/* The first row to show of so many, so that the choice is in sight, with what is around it. */
size_t pick_top(const struct pick *p, size_t count, size_t shown);

#endif
