/*
 * The screen as cells, before any terminal: what the drawing makes and the screen shows. A cell
 * holds one character with its marks; a kanji takes two. Pure; it knows no terminal.
 *
 * Drawing goes through areas: rectangles that cut what does not fit, never through a character.
 */
#ifndef CTL_CANVAS_H
#define CTL_CANVAS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum style {
	STYLE_PLAIN,
	STYLE_HEAD,     /* title line */
	STYLE_TAB,      /* the page that is shown, among the tabs */
	STYLE_SECTION,  /* heading of a part of the page */
	STYLE_FRAME,    /* lines of boxes */
	STYLE_KEY,      /* a key to press */
	STYLE_DIM,      /* unknown, explanations */
	STYLE_GOOD,     /* green */
	STYLE_WARN,     /* amber: low and medium alarms, doubtful values */
	STYLE_ALARM,    /* red: high and critical, acknowledged */
	STYLE_NEW,      /* red and waiting for a person */
	STYLE_BLINK,    /* the mark of what waits for a person: nothing else blinks */
	STYLE_SELECTED, /* the line under the cursor */
	STYLE_BANNER,   /* the agent is not there */
	STYLE_COUNT
};

/* What the terminal can show. */
enum symbols {
	SYMBOLS_FULL, /* UTF-8 with line drawing and braille */
	/* UTF-8 letters, but signs are ASCII: a console with a small font, or a Japanese terminal
	   that shows signs of ambiguous width (Unicode, UAX 11) in two columns */
	SYMBOLS_PLAIN,
	SYMBOLS_ASCII, /* ASCII alone; other letters become '?' */
};

#define CANVAS_CELL_MAX 14

struct canvas_cell {
	char text[CANVAS_CELL_MAX]; /* "" is a blank */
	uint8_t width;              /* 1, 2; 0: covered by the wide one before it */
	uint8_t style;              /* enum style */
};

struct canvas {
	size_t rows, columns;
	enum symbols symbols;
	struct canvas_cell *cells; /* row by row */
	bool has_caret;            /* a person is typing at: */
	size_t caret_row, caret_column;
};

/* Blank, at least 1 x 1. */
struct canvas *canvas_new(size_t rows, size_t columns, enum symbols symbols);
void canvas_free(struct canvas *c); /* NULL is allowed */
const struct canvas_cell *canvas_at(const struct canvas *c, size_t row, size_t column);
/* A row as text, without the blanks at its end. Returns buf. */
char *canvas_text(const struct canvas *c, size_t row, char *buf, size_t size);

/* Can its terminal show this text, if need be with other signs for some? */
bool canvas_has(const struct canvas *c, const char *text);

/* A rectangle of a canvas; whatever is drawn outside of it is not drawn. */
struct area {
	struct canvas *canvas;
	size_t top, left, rows, columns;
	size_t hidden; /* rows before this one are not drawn: see area_scrolled() */
};

struct area area_whole(struct canvas *c);
/* A part of it, cut where it would stand out. */
struct area area_part(const struct area *a, size_t top, size_t left, size_t rows, size_t columns);

/*
 * The area for a text that is longer: its row `top` stands in the first row of a, and it ends
 * where a ends. SIZE_MAX: nothing is drawn, to learn how long the text is.
 */
struct area area_scrolled(const struct area *a, size_t top);

/* Text from this column on. All of these return the column after the last. */
size_t area_put(const struct area *a, size_t row, size_t column, enum style style, const char *fmt,
    ...) __attribute__((format(printf, 5, 6)));
/* At most `columns` wide; what is cut ends in "…". */
size_t area_cut(const struct area *a, size_t row, size_t column, enum style style, size_t columns,
    const char *text);
/* Up to the right edge; what is cut ends in "…". */
size_t area_rest(
    const struct area *a, size_t row, size_t column, enum style style, const char *text);
/* Ending at this column. */
void area_right(
    const struct area *a, size_t row, size_t column, enum style style, const char *text);
/* The whole row in this style, whatever stands there. */
void area_bar(const struct area *a, size_t row, enum style style);
/*
 * Text over as many rows as it needs, from this column to the right edge, broken at blanks.
 * Returns the row after the last.
 */
size_t area_wrap(
    const struct area *a, size_t row, size_t column, enum style style, const char *text);
/* How many rows that would take. */
size_t area_wrap_rows(const struct area *a, size_t column, const char *text);
/* Blanks all over, and a frame with a title; the title is cut to fit. */
void area_box(const struct area *a, enum style frame, enum style title_style, const char *title);

#endif
