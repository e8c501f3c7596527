/* "1.5h" to milliseconds and back. */
#include "base/duration.h"

#include "base/text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool
number_parse(const char *s, double *out)
{
	char *end;

	if (s[strspn(s, "0123456789+-.eE")] != '\0' || *s == '\0')
		return false; /* keeps out what strtod knows besides: hex, inf, nan, blanks */
	*out = strtod(s, &end);
	return *end == '\0' && isfinite(*out);
}

static const struct {
	const char *unit;
	double ms;
} durations[] = {{"ms", 1}, {"s", 1e3}, {"min", 60e3}, {"h", 3600e3}, {"d", 86400e3}};

const char *const duration_units[] = {"ms", "s", "min", "h", "d"};
const size_t duration_unit_count = sizeof(duration_units) / sizeof(duration_units[0]);

#define DURATION_MAX_MS (3650.0 * 86400e3)

enum duration_fault
duration_parse(const char *s, int64_t *ms, const char **unit)
{
	size_t digits = strspn(s, "0123456789.");
	char number[NUMBER_TEXT_MAX];
	double value;

	*unit = s + digits;
	if (digits == 0 || digits >= sizeof(number))
		return DURATION_NONSENSE;
	memcpy(number, s, digits);
	number[digits] = '\0';
	if (!number_parse(number, &value))
		return DURATION_NONSENSE;
	while (**unit == ' ')
		++*unit;
	if (**unit == '\0')
		return DURATION_BARE;
	for (size_t i = 0; i < duration_unit_count; i++) {
		double total = value * durations[i].ms;

		if (strcmp(*unit, durations[i].unit) != 0)
			continue;
		if (total > DURATION_MAX_MS || fabs(total - round(total)) > 1e-6)
			return DURATION_NONSENSE;
		*ms = (int64_t)round(total);
		return DURATION_OK;
	}
	return DURATION_UNIT;
}

const char *
duration_unit_meant(const char *unit)
{
	static const struct {
		const char *written, *meant;
	} usual[] = {{"m", "min"}, {"mins", "min"}, {"minute", "min"}, {"minutes", "min"},
	    {"sec", "s"}, {"secs", "s"}, {"second", "s"}, {"seconds", "s"}, {"S", "s"},
	    {"msec", "ms"}, {"millis", "ms"}, {"milliseconds", "ms"}, {"hr", "h"}, {"hrs", "h"},
	    {"hour", "h"}, {"hours", "h"}, {"day", "d"}, {"days", "d"}, {"w", "d"}, {"week", "d"},
	    {"weeks", "d"}, {"month", "d"}, {"months", "d"}, {"y", "d"}, {"year", "d"},
	    {"years", "d"}};

	for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++) {
		if (strcmp(unit, usual[i].written) == 0)
			return usual[i].meant;
	}
	return text_nearest(unit, duration_units, duration_unit_count);
}

char *
duration_text(int64_t ms, char buf[DURATION_TEXT_MAX])
{
	size_t best = 0;

	for (size_t i = 1; i < duration_unit_count && ms != 0; i++) {
		if (ms % (int64_t)durations[i].ms == 0)
			best = i;
	}
	snprintf(buf, DURATION_TEXT_MAX, "%lld%s", (long long)(ms / (int64_t)durations[best].ms),
	    durations[best].unit);
	return buf;
}
