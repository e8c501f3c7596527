/* Round marks for the axes of a picture. Pure, but for the local time zone. */
#ifndef CTL_SVG_AXIS_H
#define CTL_SVG_AXIS_H

#include "base/clock.h"

#include <stdbool.h>
#include <stddef.h>

/* Values from low to high in `most` or fewer steps of 1, 2 or 5 times a power of ten: the step.
 * low < high, most >= 1. */
double axis_step(double low, double high, int most);

struct axis_time {
	wall_t at;
	char label[24];
	bool is_day; /* a day begins here */
};
/*
 * Marks of local time between from and until, at most max of them: whole minutes, hours, days.
 * Labels are "18:05", at the begin of a day "11-25", where days are the steps only these. Returns
 * how many.
 */
size_t axis_times(wall_t from, wall_t until, struct axis_time *out, size_t max);

#endif
