#include "ctl/floor.h"

#include "base/arena.h"

#include <stdlib.h>

#define ZONES_DEEP 8

static const struct {
	size_t columns, rows; /* the least that a device needs */
} needs[FLOOR_DETAIL_COUNT] = {
    [FLOOR_VALUES] = {36, 2},
    [FLOOR_LINE] = {32, 1},
    [FLOOR_SHORT] = {22, 1},
    [FLOOR_NAME] = {14, 1},
};

struct spot {
	size_t top, left, columns;
};

static size_t
larger(size_t a, size_t b)
{
	return a > b ? a : b;
}

static size_t
smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* How many of this width stand side by side; at least one. */
static size_t
side_by_side(size_t columns, size_t each, size_t count)
{
	return larger(1, smaller(count, each > 0 ? columns / each : 1));
}

/* The devices of the zone itself, side by side. Returns the rows they take. */
static size_t
place_devices(struct floor *f, const struct view *v, size_t zone, struct spot p)
{
	size_t high = needs[f->detail].rows, count = 0;

	for (size_t i = 0; i < v->device_count; i++)
		count += v->devices[i].zone_index == zone;
	size_t per_row = side_by_side(p.columns, needs[f->detail].columns, count);
	count = 0;
	for (size_t i = 0; i < v->device_count; i++) {
		if (v->devices[i].zone_index != zone)
			continue;
		f->cells[f->cell_count++] = (struct floor_cell){
		    .device = i,
		    .top = p.top + count / per_row * high,
		    .left = p.left + count % per_row * (p.columns / per_row),
		    .rows = high,
		    .columns = p.columns / per_row,
		};
		count++;
	}
	return (count + per_row - 1) / per_row * high;
}

static size_t place_zone(
    struct floor *f, const struct view *v, size_t zone, struct spot p, size_t depth);

/* The zones inside it, as many side by side as have room. Returns the rows they take. */
static size_t
place_inner(struct floor *f, const struct view *v, size_t zone, struct spot p, size_t depth)
{
	size_t count = 0, done = 0, rows = 0, high = 0;
	size_t row_begin = f->box_count;

	for (size_t i = 0; i < v->zone_count; i++)
		count += v->zones[i].in_index == zone;
	size_t per_row = side_by_side(p.columns, needs[f->detail].columns + 2, count);
	size_t wide = p.columns / per_row;
	for (size_t i = 0; i < v->zone_count && depth < ZONES_DEEP; i++) {
		if (v->zones[i].in_index != zone)
			continue;
		size_t column = done % per_row;
		if (column == 0) {
			rows += high;
			high = 0;
			row_begin = f->box_count;
		}
		struct spot inner = {p.top + rows, p.left + column * wide, wide};
		high = larger(high, place_zone(f, v, i, inner, depth + 1));
		/* Neighbours end at the same row. */
		for (size_t b = row_begin; b < f->box_count; b++)
			if (v->zones[f->boxes[b].zone].in_index == zone)
				f->boxes[b].rows = high;
		done++;
	}
	return rows + high;
}

/* VIEW_NONE: what is in no zone, without a box. */
static size_t
place_zone(struct floor *f, const struct view *v, size_t zone, struct spot p, size_t depth)
{
	size_t frame = zone != VIEW_NONE, box = f->box_count;
	struct spot inner = {
	    p.top + frame, p.left + frame, p.columns > 2 * frame ? p.columns - 2 * frame : 1};

	if (frame)
		f->boxes[f->box_count++] = (struct floor_box){zone, p.top, p.left, 0, p.columns};
	inner.top += place_devices(f, v, zone, inner);
	inner.top += place_inner(f, v, zone, inner, depth);
	size_t rows = inner.top + frame - p.top;
	if (frame)
		f->boxes[box].rows = rows;
	return rows;
}

struct floor *
floor_new(const struct view *v, size_t rows, size_t columns)
{
	struct floor *f = xcalloc(1, sizeof(*f));

	f->boxes = xcalloc(v->zone_count + 1, sizeof(*f->boxes));
	f->cells = xcalloc(v->device_count + 1, sizeof(*f->cells));
	for (int d = 0; d < FLOOR_DETAIL_COUNT; d++) {
		struct spot whole = {0, 0, columns};

		f->detail = (enum floor_detail)d;
		f->box_count = f->cell_count = 0;
		f->rows = columns >= needs[d].columns + 2 ? place_zone(f, v, VIEW_NONE, whole, 0)
							  : SIZE_MAX;
		if (f->rows <= rows)
			return f;
	}
	floor_free(f);
	return NULL;
}

void
floor_free(struct floor *f)
{
	if (f == NULL)
		return;
	free(f->boxes);
	free(f->cells);
	free(f);
}
