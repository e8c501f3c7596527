#include "ctl/grid.h"

#include "base/arena.h"
#include "base/lang.h"
#include "ctl/words.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>

#define GAP 2 /* blanks between columns */

struct grid {
	const struct column *columns;
	size_t column_count;
	struct arena *arena;
	char **cells;
	size_t cell_count, cell_room;
};

struct grid *
grid_new(const struct column *columns, size_t count)
{
	struct grid *t = xcalloc(1, sizeof(*t));

	t->columns = columns;
	t->column_count = count;
	t->arena = arena_new();
	return t;
}

void
grid_free(struct grid *t)
{
	arena_free(t->arena);
	free(t->cells);
	free(t);
}

void
grid_cell(struct grid *t, const char *fmt, ...)
{
	char text[WORDS_MAX];
	va_list ap;

	if (t->cell_count == t->cell_room) {
		t->cell_room = t->cell_room * 2 + 64;
		t->cells = xrealloc(t->cells, t->cell_room, sizeof(*t->cells));
	}
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	t->cells[t->cell_count++] = arena_strdup(t->arena, text);
}

/* 0: no cell of the column has text. */
static size_t
column_width(const struct grid *t, size_t column)
{
	size_t widest = 0;

	for (size_t i = column; i < t->cell_count; i += t->column_count) {
		size_t w = words_width(t->cells[i]);

		widest = w > widest ? w : widest;
	}
	size_t title = words_width(_(t->columns[column].title));
	return widest == 0 ? 0 : widest > title ? widest : title;
}

struct layout {
	const size_t *widths;
	size_t owed; /* blanks that are written only if something follows */
	FILE *out;
};

static void
print_cell(struct layout *l, const char *text, size_t width, bool right)
{
	size_t used = words_width(text), pad = width > used ? width - used : 0;

	if (used > 0) {
		fprintf(l->out, "%*s%s", (int)(l->owed + (right ? pad : 0)), "", text);
		l->owed = (right ? 0 : pad) + GAP;
	} else
		l->owed += width + GAP;
}

static void
print_row(const struct grid *t, struct layout *l, char *const *cells)
{
	l->owed = 0;
	for (size_t c = 0; c < t->column_count; c++)
		if (l->widths[c] > 0)
			print_cell(l, cells != NULL ? cells[c] : _(t->columns[c].title),
			    l->widths[c], t->columns[c].right != 0);
	fputc('\n', l->out);
}

void
grid_print(const struct grid *t, FILE *out)
{
	size_t *widths = xcalloc(t->column_count, sizeof(*widths));
	struct layout l = {.widths = widths, .out = out};

	for (size_t c = 0; c < t->column_count; c++)
		widths[c] = column_width(t, c);
	print_row(t, &l, NULL);
	for (size_t i = 0; i + t->column_count <= t->cell_count; i += t->column_count)
		print_row(t, &l, t->cells + i);
	free(widths);
}
