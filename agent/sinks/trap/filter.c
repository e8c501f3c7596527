/* Priority and zone of an event against what a receiver asks for. */
#include "sinks/trap/filter.h"

#include <string.h>

/* The zone of this name; NO_INDEX: the site has none (any more). */
static int
find_zone(const struct site *site, const char *name)
{
	for (size_t i = 0; i < site->zone_count; i++)
		if (strcmp(site->zones[i].name, name) == 0)
			return (int)i;
	return NO_INDEX;
}

static bool
is_inside(const struct site *site, int zone, const struct receiver_spec *r)
{
	/* The loader lets no zone be inside itself; the count is a belt beside the braces. */
	for (size_t steps = 0; zone != NO_INDEX && steps <= site->zone_count; steps++) {
		for (size_t i = 0; i < r->zone_count; i++)
			if (r->zones[i] == zone)
				return true;
		zone = site->zones[zone].in;
	}
	return false;
}

bool
filter_wants(const struct site *site, const struct receiver_spec *r, const struct event *e)
{
	int zone;

	if (e->type == EVENT_SYSTEM || e->type == EVENT_GAP)
		return true;
	if (e->priority < r->least_priority)
		return false;
	if (r->zone_count == 0 || e->zone[0] == '\0')
		return true;
	zone = find_zone(site, e->zone);
	return zone == NO_INDEX || is_inside(site, zone, r);
}
