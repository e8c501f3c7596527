/* Times and lengths of time as people write them. */
#include "base/moment.h"

#include "base/duration.h"
#include "base/text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

int64_t
span_parse(const char *text)
{
	static const struct {
		const char *written, *meant;
		int64_t times;
	} brief[] = {{"m", "min", 1}, {"w", "d", 7}}; /* what people type besides */
	const char *unit;
	char same[64];
	int64_t ms = -1;
	enum duration_fault fault =
	    text != NULL ? duration_parse(text, &ms, &unit) : DURATION_NONSENSE;

	for (size_t i = 0; fault == DURATION_UNIT && i < sizeof(brief) / sizeof(brief[0]); i++) {
		if (strcmp(unit, brief[i].written) != 0)
			continue;
		text_printf(same, sizeof(same), "%.*s%s", (int)(unit - text), text, brief[i].meant);
		fault = duration_parse(same, &ms, &unit);
		ms *= brief[i].times;
	}
	return fault == DURATION_OK && ms > 0 ? ms : -1;
}

/* "Z", "+09:00", or nothing: local time (*local). false: something else. */
static bool
read_zone(const char *s, bool *local, long *east_s)
{
	unsigned h, m;
	char sign, rest;

	*local = *s == '\0';
	*east_s = 0;
	if (*local || strcmp(s, "Z") == 0 || strcmp(s, "z") == 0)
		return true;
	if (strlen(s) != 6 || sscanf(s, "%c%2u:%2u%c", &sign, &h, &m, &rest) != 3 || h > 23 ||
	    m > 59 || (sign != '+' && sign != '-'))
		return false;
	*east_s = (long)(h * 3600 + m * 60) * (sign == '-' ? -1 : 1);
	return true;
}

static bool
read_date(const char *text, bool *local, wall_t *out)
{
	static const char *const forms[] = {"%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S",
	    "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%d"};
	double fraction = 0;
	long east_s;

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct tm tm = {.tm_isdst = -1};
		char *rest = strptime(text, forms[i], &tm);

		if (rest == NULL)
			continue;
		if (i < 2 && *rest == '.')
			fraction = strtod(rest, &rest);
		if (!read_zone(rest, local, &east_s))
			continue;
		int day = tm.tm_mday;
		time_t s = *local ? mktime(&tm) : timegm(&tm) - east_s;
		if (tm.tm_mday != day)
			return false; /* there is no 31st of February */
		*out = (wall_t){(int64_t)s * 1000000 + (int64_t)llround(fraction * 1e6)};
		return true;
	}
	return false;
}

/* "18:00": the last time that it was that late here. */
static bool
read_clock(const char *text, wall_t now, wall_t *out)
{
	time_t s = (time_t)(now.us / 1000000);
	struct tm tm;
	char *rest;

	localtime_r(&s, &tm);
	tm.tm_sec = 0;
	rest = strptime(text, "%H:%M:%S", &tm);
	if (rest == NULL)
		rest = strptime(text, "%H:%M", &tm);
	if (rest == NULL || *rest != '\0')
		return false;
	tm.tm_isdst = -1;
	out->us = (int64_t)mktime(&tm) * 1000000;
	if (out->us > now.us) {
		tm.tm_mday--;
		tm.tm_isdst = -1;
		out->us = (int64_t)mktime(&tm) * 1000000;
	}
	return true;
}

bool
moment_parse(const char *text, wall_t now, wall_t *out)
{
	int64_t ms = span_parse(text);
	bool local;

	if (text == NULL)
		return false;
	if (ms > 0) {
		*out = (wall_t){now.us - ms * 1000};
		return true;
	}
	if (strcmp(text, "now") == 0) {
		*out = now;
		return true;
	}
	return read_clock(text, now, out) || read_date(text, &local, out);
}

bool
moment_exact(const char *text, wall_t *out)
{
	bool local;

	return read_date(text, &local, out) && !local;
}
