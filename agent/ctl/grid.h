/* A table for people: columns as wide as their widest cell, measured as a terminal shows it. */
#ifndef CTL_GRID_H
#define CTL_GRID_H

#include <stddef.h>
#include <stdio.h>

struct column {
	const char *title;
	int right; /* numbers stand to the right */
};

struct grid;

/* columns must outlive the grid. */
struct grid *grid_new(const struct column *columns, size_t count);
void grid_free(struct grid *t);

/* The next cell, row by row. The text must be clean (words.h). */
void grid_cell(struct grid *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* With its head line; nothing follows the last cell of a line. A column without text is left out.
 */
void grid_print(const struct grid *t, FILE *out);

#endif
