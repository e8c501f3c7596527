/* A table for people: columns as wide as their widest cell, measured as a terminal shows it. */
#ifndef CTL_TABLE_H
#define CTL_TABLE_H

#include <stddef.h>
#include <stdio.h>

struct column {
	const char *title;
	int right; /* numbers stand to the right */
};

struct table;

/* columns must outlive the table. */
struct table *table_new(const struct column *columns, size_t count);
void table_free(struct table *t);

/* The next cell, row by row. The text must be clean (words.h). */
void table_cell(struct table *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* With its head line; nothing follows the last cell of a line. A column without text is left out.
 */
void table_print(const struct table *t, FILE *out);

#endif
