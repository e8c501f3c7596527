#include "ctl/canvas.h"

#include "base/arena.h"
#include "ctl/words.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct canvas *
canvas_new(size_t rows, size_t columns)
{
	struct canvas *c = xcalloc(1, sizeof(*c));

	c->rows = rows;
	c->columns = columns;
	c->lines = xcalloc(rows > 0 ? rows : 1, sizeof(*c->lines));
	return c;
}

void
canvas_free(struct canvas *c)
{
	if (c == NULL)
		return;
	free(c->lines);
	free(c);
}

static void
append(struct canvas_line *l, enum style style, const char *s, size_t n, size_t width)
{
	if (n == 0 || l->length + n >= sizeof(l->text) || l->span_count == CANVAS_SPANS)
		return;
	memcpy(l->text + l->length, s, n);
	l->spans[l->span_count++] = (struct canvas_span){l->length, n, style};
	l->length += n;
	l->text[l->length] = '\0';
	l->width += width;
}

static void
put_text(struct canvas *c, size_t row, enum style style, const char *text)
{
	if (row >= c->rows)
		return;
	struct canvas_line *l = &c->lines[row];
	size_t left = c->columns > l->width ? c->columns - l->width : 0;
	size_t n = words_fit(text, left);
	char part[CANVAS_TEXT_MAX];

	snprintf(part, sizeof(part), "%.*s", (int)n, text);
	append(l, style, part, strlen(part), words_width(part));
}

void
canvas_put(struct canvas *c, size_t row, enum style style, const char *fmt, ...)
{
	char text[CANVAS_TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	put_text(c, row, style, text);
}

void
canvas_cut(struct canvas *c, size_t row, enum style style, size_t columns, const char *text)
{
	if (words_width(text) <= columns)
		canvas_put(c, row, style, "%s", text);
	else if (columns > 0)
		canvas_put(c, row, style, "%.*s…", (int)words_fit(text, columns - 1), text);
}

void
canvas_to(struct canvas *c, size_t row, size_t column)
{
	if (row < c->rows && c->lines[row].width < column)
		canvas_put(c, row, STYLE_PLAIN, "%*s", (int)(column - c->lines[row].width), "");
}

void
canvas_bar(struct canvas *c, size_t row, enum style style)
{
	if (row >= c->rows)
		return;
	canvas_to(c, row, c->columns);
	struct canvas_line *l = &c->lines[row];
	l->spans[0] = (struct canvas_span){0, l->length, style};
	l->span_count = 1;
}

/* Bytes of the next piece that fits into `columns`, up to a blank if there is one in it. */
static size_t
piece(const char *text, size_t columns)
{
	size_t n = words_fit(text, columns), cut = n;

	if (text[n] == '\0')
		return n;
	while (cut > 0 && text[cut] != ' ')
		cut--;
	return cut > 0 ? cut : n;
}

size_t
canvas_wrap(
    struct canvas *c, size_t row, size_t end, enum style style, size_t indent, const char *text)
{
	size_t columns = c->columns > indent + 10 ? c->columns - indent : 10;

	while (*text != '\0' && row < end) {
		size_t n = piece(text, columns);

		if (n == 0)
			break;
		canvas_to(c, row, indent);
		canvas_put(c, row++, style, "%.*s", (int)n, text);
		text += n;
		while (*text == ' ')
			text++;
	}
	return row;
}
