/* Planned maintenance: which devices, from when to when, by whom and why. */
#include "base/moment.h"
#include "core/core.h"
#include "site/loader.h"

#include <string.h>

/* A time with its offset from UTC: a window must not move when the board's zone is set. */
static bool
read_time(struct loader *l, const struct node *map, const char *key, const char *text, wall_t *out)
{
	if (text == NULL)
		return false; /* reported: it is required */
	if (moment_exact(text, out))
		return true;
	HINT(l, ERROR(l, node_get(map, key), "\"%s\" is no time that is meant here", text),
	    "expected date, time and the offset from UTC, such as 2026-12-01T09:00+09:00");
	return false;
}

static void
check_window(struct loader *l, const struct node *map, const struct maintenance_plan *p)
{
	int64_t ms = (p->to.us - p->from.us) / 1000;

	if (ms < CORE_MAINTENANCE_MIN_MS || ms > CORE_MAINTENANCE_MAX_MS)
		HINT(l,
		    ERROR(l, node_get(map, "to"),
			ms <= 0 ? "it ends before it begins"
				: "a window cannot be as long or short"),
		    "expected a time from 1 min to 7 d after \"from\"");
	else if (p->to.us < clock_wall().us)
		HINT(l, WARNING(l, node_get(map, "to"), "this maintenance is over"),
		    "remove it from the file");
}

/* chosen[device] for all that are named; false: reported. */
static bool
choose(struct loader *l, const struct node *map, const struct plan_keys *k, const struct site *s,
    bool *chosen)
{
	const char **devices = arena_array(l->rd.arena, s->device_count, sizeof(*devices));
	const char **zones = arena_array(l->rd.arena, s->zone_count, sizeof(*zones));
	const struct node *list = node_get(map, "devices");
	bool good = true;

	for (size_t i = 0; i < s->device_count; i++)
		devices[i] = s->devices[i].name;
	for (size_t i = 0; i < s->zone_count; i++)
		zones[i] = s->zones[i].name;
	for (size_t i = 0; i < k->devices.count; i++) {
		int d = refer(l, list->items[i], "device", devices, s->device_count);

		if (d != NO_INDEX)
			chosen[d] = true;
		good = good && d != NO_INDEX;
	}
	list = node_get(map, "zones");
	for (size_t i = 0; i < k->zones.count; i++) {
		int z = refer(l, list->items[i], "zone", zones, s->zone_count);

		for (size_t d = 0; d < s->device_count; d++)
			chosen[d] = chosen[d] ||
				    (z != NO_INDEX && site_zone_inside(s, s->devices[d].zone, z));
		good = good && z != NO_INDEX;
	}
	return good;
}

static void
plan_load(
    struct loader *l, const struct node *map, const struct site *s, struct maintenance_plan *out)
{
	struct plan_keys k = {0};
	bool *chosen = arena_array(l->rd.arena, s->device_count, sizeof(*chosen));
	int *devices = arena_array(l->rd.arena, s->device_count, sizeof(*devices));
	bool good = section_read(&l->rd, &section_plan, map, map, SECTION_WHOLE, &k);
	bool from = read_time(l, map, "from", k.from, &out->from);
	bool to = read_time(l, map, "to", k.to, &out->to);

	out->place = node_place(map);
	out->by = k.by;
	out->reason = k.reason;
	out->devices = devices;
	if (from && to)
		check_window(l, map, out);
	if (!choose(l, map, &k, s, chosen) || !good)
		return;
	for (size_t d = 0; d < s->device_count; d++)
		if (chosen[d])
			devices[out->device_count++] = (int)d;
	if (out->device_count == 0)
		HINT(l, ERROR(l, map, "this maintenance is of no device"),
		    "name some under \"devices\" or \"zones\"");
	if (strlen(k.by) + 2 + strlen(k.reason) >= ALARM_REASON_MAX)
		HINT(l, ERROR(l, node_get(map, "reason"), "this is too long to be kept"),
		    "say it in about a hundred characters");
}

void
maintenance_load(struct loader *l, const struct node *list, struct site *site)
{
	size_t n = list != NULL ? list->count : 0;
	struct maintenance_plan *plans = arena_array(l->rd.arena, n, sizeof(*plans));

	for (size_t i = 0; i < n; i++)
		plan_load(l, list->items[i], site, &plans[i]);
	site->maintenance = plans;
	site->maintenance_count = n;
}
