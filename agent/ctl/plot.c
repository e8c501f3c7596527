#include "ctl/plot.h"

#include <math.h>
#include <string.h>

#define DOWN 4 /* dots of a braille cell, from top to bottom */

/* Dots of U+2800 by row and column (Unicode standard, Braille patterns). */
static const unsigned char dots[DOWN][PLOT_ACROSS] = {
    {0x01, 0x08},
    {0x02, 0x10},
    {0x04, 0x20},
    {0x40, 0x80},
};

/* Which of so many steps from the top the value is at. */
static size_t
step_of(struct plot_range r, double value, size_t steps)
{
	double at = floor((r.high - value) / (r.high - r.low) * (double)steps);

	at = at < 0 ? 0 : at > (double)steps - 1 ? (double)steps - 1 : at;
	return (size_t)at;
}

static unsigned
cell_dots(const struct area *a, struct plot_range r, const struct trend_column *pair, size_t row)
{
	unsigned set = 0;

	for (size_t x = 0; x < PLOT_ACROSS; x++) {
		if (!pair[x].known)
			continue;
		size_t first = step_of(r, pair[x].high, a->rows * DOWN);
		size_t last = step_of(r, pair[x].low, a->rows * DOWN);
		for (size_t y = 0; y < DOWN; y++)
			if (row * DOWN + y >= first && row * DOWN + y <= last)
				set |= dots[y][x];
	}
	return set;
}

/* U+2800 + set as UTF-8. */
static void
put_braille(const struct area *a, size_t row, size_t column, enum style style, unsigned set)
{
	char text[4] = {(char)0xE2, (char)(0xA0 | (set >> 6)), (char)(0x80 | (set & 0x3F)), '\0'};

	area_put(a, row, column, style, "%s", text);
}

void
plot_draw(const struct area *a, struct plot_range r, const struct trend_column *columns, size_t n,
    enum style style)
{
	for (size_t c = 0; c < a->columns && (c + 1) * PLOT_ACROSS <= n; c++)
		for (size_t row = 0; row < a->rows; row++) {
			unsigned set = cell_dots(a, r, &columns[c * PLOT_ACROSS], row);

			if (set == 0)
				continue;
			if (a->canvas->symbols == SYMBOLS_FULL)
				put_braille(a, row, c, style, set);
			else
				area_put(a, row, c, style, "*");
		}
}

size_t
plot_row(const struct area *a, struct plot_range r, double value)
{
	return step_of(r, value, a->rows > 0 ? a->rows : 1);
}

void
plot_level(
    const struct area *a, struct plot_range r, double value, enum style style, const char *label)
{
	size_t row = plot_row(a, r, value);

	if (a->rows == 0 || value < r.low || value > r.high)
		return;
	for (size_t c = 0; c < a->columns; c++)
		area_put(a, row, c, style, "┄");
	area_put(a, row, 4, style, "%s", label);
}
