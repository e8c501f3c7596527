#include "ctl/canvas.h"

#include "base/arena.h"
#include "base/text.h"
#include "ctl/words.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define PUT_MAX 2048

struct canvas *
canvas_new(size_t rows, size_t columns, enum symbols symbols)
{
	struct canvas *c = xcalloc(1, sizeof(*c));

	c->rows = rows > 0 ? rows : 1;
	c->columns = columns > 0 ? columns : 1;
	c->symbols = symbols;
	c->cells = xcalloc(c->rows * c->columns, sizeof(*c->cells));
	for (size_t i = 0; i < c->rows * c->columns; i++)
		c->cells[i].width = 1;
	return c;
}

void
canvas_free(struct canvas *c)
{
	if (c == NULL)
		return;
	free(c->cells);
	free(c);
}

static struct canvas_cell *
cell_at(const struct canvas *c, size_t row, size_t column)
{
	return &c->cells[row * c->columns + column];
}

const struct canvas_cell *
canvas_at(const struct canvas *c, size_t row, size_t column)
{
	return cell_at(c, row, column);
}

char *
canvas_text(const struct canvas *c, size_t row, char *buf, size_t size)
{
	size_t length = 0, last = 0;

	buf[0] = '\0';
	for (size_t column = 0; column < c->columns; column++) {
		const struct canvas_cell *cell = cell_at(c, row, column);

		if (cell->width == 0)
			continue;
		length = text_append(buf, size, "%s", cell->text[0] != '\0' ? cell->text : " ");
		if (cell->text[0] != '\0' && strcmp(cell->text, " ") != 0)
			last = length;
	}
	buf[last] = '\0';
	return buf;
}

/* ---- characters ----------------------------------------------------------------------------- */

/* What stands for a sign that the terminal may not have, or not in one column; 0: nothing. */
static const struct substitute {
	wchar_t c;
	char ascii;
} substitutes[] = {
    {L'─', '-'},
    {L'│', '|'},
    {L'┌', '+'},
    {L'┐', '+'},
    {L'└', '+'},
    {L'┘', '+'},
    {L'├', '+'},
    {L'┤', '+'},
    {L'┄', '.'},
    {L'●', '*'},
    {L'○', 'o'},
    {L'◐', '%'},
    {L'✕', 'X'},
    {L'◇', 'm'},
    {L'▲', '^'},
    {L'▼', 'v'},
    {L'█', '#'},
    {L'…', '~'},
    {L'—', '-'},
    {L'°', '\0'},
    {L'²', '2'},
    {L'³', '3'},
    {L'µ', 'u'},
    {L'μ', 'u'},
    {L'±', '+'},
    {L'×', 'x'},
    {L'·', '.'},
    {L'→', '>'},
    {L'’', '\''},
    {L'“', '"'},
    {L'”', '"'},
};

static const struct substitute *
substitute_for(wchar_t wc)
{
	for (size_t i = 0; i < sizeof(substitutes) / sizeof(substitutes[0]); i++)
		if (substitutes[i].c == wc)
			return &substitutes[i];
	return NULL;
}

/* The character as this terminal gets it: how many bytes are in text, 0 for nothing. */
static size_t
translate(enum symbols symbols, wchar_t wc, const char *s, size_t n, char text[CANVAS_CELL_MAX])
{
	const struct substitute *sub = symbols != SYMBOLS_FULL && n > 1 ? substitute_for(wc) : NULL;
	bool keep = n == 1 || symbols == SYMBOLS_FULL || (symbols == SYMBOLS_PLAIN && sub == NULL);

	if (keep) {
		n = n < CANVAS_CELL_MAX ? n : CANVAS_CELL_MAX - 1;
		memcpy(text, s, n);
		text[n] = '\0';
		return n;
	}
	text[0] = sub != NULL ? sub->ascii : '?';
	text[1] = '\0';
	return text[0] != '\0';
}

bool
canvas_has(const struct canvas *c, const char *text)
{
	wchar_t wc;

	for (size_t n; *text != '\0' && c->symbols == SYMBOLS_ASCII; text += n) {
		n = words_next(text, &wc);
		if (n > 1 && substitute_for(wc) == NULL)
			return false;
	}
	return true;
}

/* A cell that is about to be overwritten leaves no half of a wide character behind. */
static void
break_wide(struct canvas *c, size_t row, size_t column)
{
	struct canvas_cell *cell = cell_at(c, row, column);

	if (cell->width == 0 && column > 0) {
		cell[-1].text[0] = '\0';
		cell[-1].width = 1;
	} else if (cell->width == 2 && column + 1 < c->columns) {
		cell[1].text[0] = '\0';
		cell[1].width = 1;
	}
	cell->width = 1;
}

static void
set_cell(struct canvas *c, size_t row, size_t column, enum style style, const char *text, int width)
{
	struct canvas_cell *cell = cell_at(c, row, column);

	break_wide(c, row, column);
	text_copy(cell->text, sizeof(cell->text), text);
	cell->width = (uint8_t)width;
	cell->style = (uint8_t)style;
	if (width == 2) {
		break_wide(c, row, column + 1);
		cell[1].text[0] = '\0';
		cell[1].width = 0;
		cell[1].style = (uint8_t)style;
	}
}

/* A mark joins the character before it. */
static void
join_mark(const struct area *a, size_t row, size_t column, const char *mark)
{
	if (column == 0)
		return;
	struct canvas_cell *cell = cell_at(a->canvas, a->top + row, a->left + column - 1);
	if (cell->width == 0)
		cell--;
	if (strlen(cell->text) + strlen(mark) < sizeof(cell->text))
		text_append(cell->text, sizeof(cell->text), "%s", mark);
}

static size_t
put_text(const struct area *a, size_t row, size_t column, enum style style, const char *s)
{
	char text[CANVAS_CELL_MAX];
	wchar_t wc;

	if (row >= a->rows || row < a->hidden)
		return column;
	for (size_t n; *s != '\0' && column < a->columns; s += n) {
		n = words_next(s, &wc);
		int width = words_char_width(wc);
		size_t got = translate(a->canvas->symbols, wc, s, n, text);

		if (width == 0) {
			if (a->canvas->symbols != SYMBOLS_ASCII)
				join_mark(a, row, column, text);
			continue;
		}
		if (got == 0)
			continue;
		if (column + (size_t)width > a->columns)
			return a->columns; /* nothing follows in the half that is left */
		bool filled = width == 2 && (unsigned char)text[0] < 0x80; /* as wide as before */
		if (filled)
			set_cell(a->canvas, a->top + row, a->left + column + 1, style, text, 1);
		set_cell(
		    a->canvas, a->top + row, a->left + column, style, text, filled ? 1 : width);
		column += (size_t)width;
	}
	return column;
}

/* ---- areas ---------------------------------------------------------------------------------- */

struct area
area_whole(struct canvas *c)
{
	return (struct area){c, 0, 0, c->rows, c->columns, 0};
}

static size_t
room(size_t from, size_t wanted, size_t all)
{
	size_t left = from < all ? all - from : 0;

	return wanted < left ? wanted : left;
}

struct area
area_part(const struct area *a, size_t top, size_t left, size_t rows, size_t columns)
{
	struct area part = {
	    .canvas = a->canvas,
	    .top = a->top + top,
	    .left = a->left + left,
	    .rows = room(top, rows, a->rows),
	    .columns = room(left, columns, a->columns),
	};
	return part;
}

struct area
area_scrolled(const struct area *a, size_t top)
{
	struct area s = *a;

	s.hidden = top;
	s.top -= top; /* below 0 it is as far above: only rows from `top` on are drawn */
	s.rows = top < SIZE_MAX - a->rows ? a->rows + top : SIZE_MAX;
	return s;
}

size_t
area_put(const struct area *a, size_t row, size_t column, enum style style, const char *fmt, ...)
{
	char text[PUT_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return put_text(a, row, column, style, text);
}

size_t
area_cut(const struct area *a, size_t row, size_t column, enum style style, size_t columns,
    const char *text)
{
	columns = room(column, columns, a->columns);
	if (words_width(text) <= columns)
		return area_put(a, row, column, style, "%s", text);
	if (columns == 0)
		return column;
	return area_put(a, row, column, style, "%.*s…", (int)words_fit(text, columns - 1), text);
}

size_t
area_rest(const struct area *a, size_t row, size_t column, enum style style, const char *text)
{
	return area_cut(a, row, column, style, a->columns, text);
}

void
area_right(const struct area *a, size_t row, size_t column, enum style style, const char *text)
{
	size_t width = words_width(text);

	if (width <= column)
		area_put(a, row, column - width, style, "%s", text);
}

void
area_bar(const struct area *a, size_t row, enum style style)
{
	for (size_t i = 0; row < a->rows && row >= a->hidden && i < a->columns; i++)
		cell_at(a->canvas, a->top + row, a->left + i)->style = (uint8_t)style;
}

/*
 * Bytes of the next piece that fits into `columns`, up to a blank if there is one in it. Japanese
 * has none and is broken where the line is full.
 */
static size_t
piece(const char *text, size_t columns)
{
	size_t n = words_fit(text, columns), cut = n;

	if (text[n] == '\0' || (unsigned char)text[n] >= 0x80)
		return n;
	while (cut > 0 && text[cut] != ' ')
		cut--;
	return cut > 0 ? cut : n;
}

size_t
area_wrap(const struct area *a, size_t row, size_t column, enum style style, const char *text)
{
	size_t columns = room(column, a->columns, a->columns);

	while (*text != '\0' && row < a->rows) {
		size_t n = piece(text, columns);

		if (n == 0)
			break;
		area_put(a, row++, column, style, "%.*s", (int)n, text);
		text += n;
		while (*text == ' ')
			text++;
	}
	return row;
}

size_t
area_wrap_rows(const struct area *a, size_t column, const char *text)
{
	struct area nowhere = area_scrolled(a, SIZE_MAX);

	return area_wrap(&nowhere, 0, column, STYLE_PLAIN, text);
}

static void
frame_row(const struct area *a, size_t row, enum style style, const char *left, const char *middle,
    const char *right)
{
	area_put(a, row, 0, style, "%s", left);
	for (size_t i = 1; i + 1 < a->columns; i++)
		area_put(a, row, i, style, "%s", middle);
	if (a->columns > 1)
		area_put(a, row, a->columns - 1, style, "%s", right);
}

void
area_box(const struct area *a, enum style frame, enum style title_style, const char *title)
{
	if (a->rows == 0 || a->columns == 0)
		return;
	for (size_t row = 1; row + 1 < a->rows; row++)
		frame_row(a, row, frame, "│", " ", "│");
	frame_row(a, 0, frame, "┌", "─", "┐");
	if (a->rows > 1)
		frame_row(a, a->rows - 1, frame, "└", "─", "┘");
	if (title[0] != '\0' && a->columns > 6) {
		size_t end = area_cut(a, 0, 2, title_style, a->columns - 5, " ");
		end = area_cut(a, 0, end, title_style, a->columns - 5, title);
		area_cut(a, 0, end, title_style, 1, " ");
	}
}
