/* Round marks for the axes of a picture. */
#include "ctl/svg_axis.h"

#include <math.h>
#include <time.h>

double
axis_step(double low, double high, int most)
{
	double rough = (high - low) / most, power = pow(10, floor(log10(rough)));

	for (int i = 0; i < 3; i++) {
		double step = (double[]){1, 2, 5}[i] * power;

		if (step >= rough * (1 - 1e-9))
			return step;
	}
	return 10 * power;
}

/* Steps of time in seconds; days beyond. */
static const int64_t steps[] = {
    1, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200};
#define STEP_COUNT (sizeof(steps) / sizeof(steps[0]))
#define DAY_S      86400

static int64_t
time_step(int64_t span_s, size_t max)
{
	static const int64_t days[] = {1, 2, 7, 14, 30, 60, 90, 180, 365};

	for (size_t i = 0; i < STEP_COUNT; i++)
		if (span_s / steps[i] < (int64_t)max)
			return steps[i];
	for (size_t i = 0; i < sizeof(days) / sizeof(days[0]); i++)
		if (span_s / (days[i] * DAY_S) < (int64_t)max)
			return days[i] * DAY_S;
	return (span_s / (int64_t)max / DAY_S + 1) * DAY_S;
}

/* The local midnight at or before s. */
static struct tm
day_of(time_t s)
{
	struct tm tm;

	localtime_r(&s, &tm);
	tm.tm_hour = tm.tm_min = tm.tm_sec = 0;
	tm.tm_isdst = -1;
	return tm;
}

size_t
axis_times(wall_t from, wall_t until, struct axis_time *out, size_t max)
{
	int64_t span_s = (until.us - from.us) / 1000000;
	int64_t step = time_step(span_s, max);
	struct tm tm = day_of((time_t)(from.us / 1000000));
	size_t n = 0;

	/* By the local calendar: a day with a change of the clocks has its marks at whole hours. */
	for (int guard = 0; n < max && guard < 200000; guard++) {
		struct tm copy = tm;
		wall_t at = {(int64_t)mktime(&copy) * 1000000};
		struct axis_time *m = &out[n];

		if (at.us > until.us)
			break;
		if (step < DAY_S)
			tm.tm_sec += (int)step;
		else
			tm.tm_mday += (int)(step / DAY_S);
		if (at.us < from.us || (n > 0 && at.us <= out[n - 1].at.us))
			continue;
		m->at = at;
		m->is_day = copy.tm_hour == 0 && copy.tm_min == 0 && copy.tm_sec == 0;
		strftime(m->label, sizeof(m->label),
		    m->is_day    ? "%m-%d"
		    : step >= 60 ? "%H:%M"
				 : "%H:%M:%S",
		    &copy);
		n++;
	}
	return n;
}
