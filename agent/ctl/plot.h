/* Curves in cells: braille where the terminal has it, else one sign a cell. Pure. */
#ifndef CTL_PLOT_H
#define CTL_PLOT_H

#include "ctl/canvas.h"
#include "ctl/trend.h"

#define PLOT_ACROSS 2 /* columns of values in one cell */

struct plot_range {
	double low, high; /* low < high */
};

/* n columns of values, PLOT_ACROSS to a cell. What is not known leaves its cells as they are. */
void plot_draw(const struct area *a, struct plot_range r, const struct trend_column *columns,
    size_t n, enum style style);
/* The row of the area where this value is. */
size_t plot_row(const struct area *a, struct plot_range r, double value);
/* A dotted line at this value, if it is in the range, with its name. */
void plot_level(
    const struct area *a, struct plot_range r, double value, enum style style, const char *label);

#endif
