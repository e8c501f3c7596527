/* Priority and zone of an event against what a receiver asks for. */
#include "sinks/trap/filter.h"

#include "base/text.h"
#include "core/core.h"
#include "model/alarm.h"

#include <string.h>

static bool
is_inside(const struct site *site, int zone, const struct receiver_spec *r)
{
	for (size_t i = 0; i < r->zone_count; i++)
		if (site_zone_inside(site, zone, r->zones[i]))
			return true;
	return false;
}

/* While people work on a device, what happens to it is on record but calls nobody. */
static bool
is_quiet(const struct event *e)
{
	enum alarm_phase from = alarm_phase_find(e->from);

	if (e->type == EVENT_DEVICE)
		return strcmp(e->word, "maintenance") == 0;
	if (e->type == EVENT_TRAP)
		return strcmp(e->from, "maintenance") == 0;
	return e->type == EVENT_ALARM && alarm_phase_find(e->to) == ALARM_OUT_OF_SERVICE &&
	       (from == ALARM_NORMAL || from == ALARM_SUPPRESSED || from == ALARM_SHELVED);
}

/*
 * The end of an alarm that has left the site. How grave it was and where is not known any more, so
 * nobody can tell who has heard that it came.
 */
static bool
is_end_of_an_unknown(const struct site *site, const struct event *e)
{
	char path[2 * EVENT_NAME_MAX + 1];

	if (e->type != EVENT_ALARM || e->alarm[0] == '\0' ||
	    alarm_phase_find(e->to) != ALARM_NORMAL)
		return false;
	text_printf(path, sizeof(path), "%s/%s", e->device, e->alarm);
	return site_find_alarm(site, path) == NO_INDEX;
}

/* That a device is back is good news of low priority; but it ends what its loss has begun. */
static enum priority
priority_of(const struct site *site, const struct event *e)
{
	int device = site_find_device(site, e->device);

	if (e->type != EVENT_DEVICE || device == NO_INDEX ||
	    strcmp(e->from, device_phase_word(DEVICE_LOST)) != 0)
		return e->priority;
	return site_loss_priority(&site->devices[device]);
}

bool
filter_wants(const struct site *site, const struct receiver_spec *r, const struct event *e)
{
	int zone;

	if (e->type == EVENT_SYSTEM || e->type == EVENT_GAP || is_end_of_an_unknown(site, e))
		return true;
	if (is_quiet(e) || priority_of(site, e) < r->least_priority)
		return false;
	if (r->zone_count == 0 || e->zone[0] == '\0')
		return true;
	zone = site_find_zone(site, e->zone);
	/* A zone that the site has no more: who is to say that it is not theirs? */
	return zone == NO_INDEX || is_inside(site, zone, r);
}
