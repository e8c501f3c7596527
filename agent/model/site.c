/* From flat numbers and names to devices, points and alarms. */
#include "model/site.h"

#include <stdlib.h>
#include <string.h>

/*
 * Devices stand in the order of their flat numbers, so the owner of a number is the last device
 * that starts at or before it. A device without points shares its start with the next one; the
 * last of them is the right one.
 */
const struct device_spec *
site_point_device(const struct site *s, size_t point)
{
	static _Thread_local size_t last; /* mostly the next question is about the same device */
	size_t lo = 0, hi = s->device_count;

	if (last < hi && s->devices[last].first_point <= point &&
	    point - s->devices[last].first_point < s->devices[last].profile->point_count)
		return &s->devices[last];
	while (hi - lo > 1) {
		size_t mid = lo + (hi - lo) / 2;

		if (s->devices[mid].first_point <= point)
			lo = mid;
		else
			hi = mid;
	}
	last = lo;
	return &s->devices[lo];
}

const struct point_spec *
site_point(const struct site *s, size_t point)
{
	const struct device_spec *d = site_point_device(s, point);

	return &d->profile->points[point - d->first_point];
}

const struct device_spec *
site_alarm_device(const struct site *s, size_t alarm)
{
	size_t lo = 0, hi = s->device_count;

	while (hi - lo > 1) {
		size_t mid = lo + (hi - lo) / 2;

		if (s->devices[mid].first_alarm <= alarm)
			lo = mid;
		else
			hi = mid;
	}
	return &s->devices[lo];
}

const struct alarm_rule *
site_alarm(const struct site *s, size_t alarm)
{
	const struct device_spec *d = site_alarm_device(s, alarm);

	return &d->alarms[alarm - d->first_alarm];
}

int
site_find_device(const struct site *s, const char *name)
{
	for (size_t i = 0; i < s->device_count; i++)
		if (strcmp(s->devices[i].name, name) == 0)
			return (int)i;
	return NO_INDEX;
}

int
site_find_zone(const struct site *s, const char *name)
{
	for (size_t i = 0; i < s->zone_count; i++)
		if (strcmp(s->zones[i].name, name) == 0)
			return (int)i;
	return NO_INDEX;
}

bool
site_zone_inside(const struct site *s, int zone, int outer)
{
	/* The loader lets no zone be inside itself; the count is a belt beside the braces. */
	for (size_t steps = 0; zone != NO_INDEX && steps <= s->zone_count; steps++) {
		if (zone == outer)
			return true;
		zone = s->zones[zone].in;
	}
	return false;
}

/* The device before the slash; *rest is what follows it. NULL where there is no such device. */
static const struct device_spec *
split(const struct site *s, const char *path, const char **rest)
{
	const char *slash = strchr(path, '/');

	if (slash == NULL)
		return NULL;
	for (size_t i = 0; i < s->device_count; i++) {
		const char *name = s->devices[i].name;

		if (strlen(name) == (size_t)(slash - path) &&
		    memcmp(name, path, strlen(name)) == 0) {
			*rest = slash + 1;
			return &s->devices[i];
		}
	}
	return NULL;
}

int
site_find_point(const struct site *s, const char *device_slash_point)
{
	const char *name;
	const struct device_spec *d = split(s, device_slash_point, &name);

	for (size_t i = 0; d != NULL && i < d->profile->point_count; i++)
		if (strcmp(d->profile->points[i].name, name) == 0)
			return (int)(d->first_point + i);
	return NO_INDEX;
}

int
site_find_alarm(const struct site *s, const char *device_slash_alarm)
{
	const char *name;
	const struct device_spec *d = split(s, device_slash_alarm, &name);

	for (size_t i = 0; d != NULL && i < d->alarm_count; i++)
		if (strcmp(d->alarms[i].name, name) == 0)
			return (int)(d->first_alarm + i);
	return NO_INDEX;
}

const struct alarm_rule *
site_loss_rule(const struct device_spec *d)
{
	return d->alarm_count > 0 && d->alarms[0].kind == RULE_DEVICE_LOST ? &d->alarms[0] : NULL;
}

enum priority
site_loss_priority(const struct device_spec *d)
{
	const struct alarm_rule *r = site_loss_rule(d);

	return r != NULL ? r->priority : PRIORITY_MEDIUM;
}

static int
compare_badge(const void *key, const void *entry)
{
	uint64_t number = *(const uint64_t *)key;
	const struct badge *b = entry;

	return (number > b->number) - (number < b->number);
}

const char *
site_badge_name(const struct site *s, uint64_t number)
{
	const struct badge *b = NULL;

	if (s->badge_count > 0)
		b = bsearch(&number, s->badges, s->badge_count, sizeof(*s->badges), compare_badge);
	return b != NULL ? b->name : NULL;
}
