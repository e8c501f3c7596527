/*
 * The plan of the room: a box for each zone inside the box of the zone around it, and a place for
 * each device. Worked out from the zones for the space there is; pure.
 */
#ifndef CTL_FLOOR_H
#define CTL_FLOOR_H

#include "ctl/view.h"

/* How much a device's place can show; the richest that fits is taken. */
enum floor_detail {
	FLOOR_VALUES, /* two rows: name and title, then values */
	FLOOR_LINE,   /* one row: name and values */
	FLOOR_SHORT,  /* name and one value */
	FLOOR_NAME,   /* the mark and the name */
	FLOOR_DETAIL_COUNT
};

struct floor_box {
	size_t zone; /* index */
	size_t top, left, rows, columns;
};

struct floor_cell {
	size_t device; /* index */
	size_t top, left, rows, columns;
};

struct floor {
	enum floor_detail detail;
	struct floor_box *boxes; /* outer ones before those inside them */
	size_t box_count;
	struct floor_cell *cells;
	size_t cell_count;
	size_t rows; /* used */
};

/* NULL: there is not enough space, even for the names. The view is settled. */
struct floor *floor_new(const struct view *v, size_t rows, size_t columns);
void floor_free(struct floor *f); /* NULL is allowed */

#endif
