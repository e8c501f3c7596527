/*
 * Lines of styled text, as wide as the terminal: what the drawing makes and the screen shows. Pure;
 * it knows no terminal.
 */
#ifndef CTL_CANVAS_H
#define CTL_CANVAS_H

#include <stddef.h>

enum style {
	STYLE_PLAIN,
	STYLE_HEAD,     /* title line */
	STYLE_SECTION,  /* heading of a part of the screen */
	STYLE_DIM,      /* unknown, explanations */
	STYLE_GOOD,     /* green */
	STYLE_WARN,     /* amber: low and medium alarms, doubtful values */
	STYLE_ALARM,    /* red: high and critical, acknowledged */
	STYLE_NEW,      /* red and waiting for a person */
	STYLE_SELECTED, /* the line under the cursor */
	STYLE_BANNER,   /* the agent is not there */
	STYLE_COUNT
};

#define CANVAS_TEXT_MAX 1024
#define CANVAS_SPANS    24

struct canvas_span {
	size_t at, length; /* bytes of the line's text */
	enum style style;
};

struct canvas_line {
	char text[CANVAS_TEXT_MAX];
	size_t length, width; /* bytes; columns */
	struct canvas_span spans[CANVAS_SPANS];
	size_t span_count;
};

struct canvas {
	size_t rows, columns;
	struct canvas_line *lines;
};

/* Blank lines of that size. */
struct canvas *canvas_new(size_t rows, size_t columns);
void canvas_free(struct canvas *c); /* NULL is allowed */

/*
 * Appends to a line; what goes beyond the right edge is cut, never through a character. A row that
 * is not there is ignored.
 */
void canvas_put(struct canvas *c, size_t row, enum style style, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
/* The same, at most `columns` wide; what is cut ends in "…". */
void canvas_cut(struct canvas *c, size_t row, enum style style, size_t columns, const char *text);
/* Blanks up to this column. */
void canvas_to(struct canvas *c, size_t row, size_t column);
/* Blanks up to the right edge in this style, and the whole line in it. */
void canvas_bar(struct canvas *c, size_t row, enum style style);
/*
 * text over as many rows as it needs, broken at blanks, each with `indent` blanks before it.
 * Returns the row after the last; stops at `end`.
 */
size_t canvas_wrap(
    struct canvas *c, size_t row, size_t end, enum style style, size_t indent, const char *text);

#endif
