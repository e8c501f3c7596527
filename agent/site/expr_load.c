/* What names in expressions stand for, and mistakes told at their place in the file. */
#include "site/expr_load.h"

#include <string.h>

struct scope {
	struct loader *l;
	const struct profile *points;
	struct expr_error error;
};

static const struct point_spec *
own_point(const struct scope *s, const struct profile *p, const char *name, uint16_t *index,
    const char *const **names, size_t *count)
{
	const char **all = arena_array(s->l->rd.scratch, p->point_count, sizeof(*all));

	for (size_t i = 0; i < p->point_count; i++) {
		all[i] = p->points[i].name;
		if (strcmp(all[i], name) == 0) {
			*index = (uint16_t)i;
			return &p->points[i];
		}
	}
	*names = all;
	*count = p->point_count;
	return NULL;
}

static const struct point_spec *
on_point(void *arg, const char *device, const char *name, struct expr_ref *ref, bool *no_device,
    const char *const **names, size_t *count)
{
	const struct scope *s = arg;
	const struct placed *all = s->l->placed;
	const char **devices;

	if (device == NULL) {
		ref->device = EXPR_OWN;
		return own_point(s, s->points, name, &ref->point, names, count);
	}
	for (size_t i = 0; all && i < all->device_count; i++) {
		if (strcmp(all->devices[i].name, device) != 0)
			continue;
		ref->device = (int)i;
		if (all->devices[i].profile)
			return own_point(
			    s, all->devices[i].profile, name, &ref->point, names, count);
		return NULL;
	}
	*no_device = true;
	*count = all ? all->device_count : 0;
	devices = arena_array(s->l->rd.arena, *count, sizeof(*devices));
	for (size_t i = 0; i < *count; i++)
		devices[i] = all->devices[i].name;
	*names = devices;
	return NULL;
}

static bool
is_in(const struct site *site, int zone, int wanted)
{
	for (size_t steps = 0; zone != NO_INDEX && steps <= site->zone_count; steps++) {
		if (zone == wanted)
			return true;
		zone = site->zones[zone].in;
	}
	return false;
}

/* NO_INDEX: none of that name. */
static int
find_zone(const struct scope *s, const char *name, const char *const **names, size_t *count)
{
	const struct placed *all = s->l->placed;
	const char **zones;

	*count = all ? all->site->zone_count + 1 : 0;
	zones = arena_array(s->l->rd.arena, *count, sizeof(*zones));
	*names = zones;
	for (size_t i = 0; i + 1 < *count; i++) {
		zones[i] = all->site->zones[i].name;
		if (strcmp(zones[i], name) == 0)
			return (int)i;
	}
	if (*count > 0)
		zones[*count - 1] = SITE_DEVICE;
	return NO_INDEX;
}

static size_t
on_group(void *arg, const char *name, const char *zone, struct expr_ref *refs,
    const struct point_spec **specs, bool *no_zone, const char *const **names, size_t *count)
{
	const struct scope *s = arg;
	const struct placed *all = s->l->placed;
	bool everywhere = strcmp(zone, SITE_DEVICE) == 0;
	int wanted = find_zone(s, zone, names, count);
	size_t n = 0;

	*no_zone = all == NULL || (wanted == NO_INDEX && !everywhere);
	for (size_t d = 0; !*no_zone && d < all->device_count; d++) {
		const struct device_spec *device = &all->devices[d];
		const char *const *other;
		size_t others;
		struct expr_ref ref = {.device = (int)d};
		const struct point_spec *p = NULL;

		/* Derived points are no measurements of a place: they are named, not grouped. */
		if (device->profile && device->link != NO_INDEX &&
		    (everywhere || is_in(all->site, device->zone, wanted)))
			p = own_point(s, device->profile, name, &ref.point, &other, &others);
		if (p == NULL)
			continue;
		if (n < EXPR_GROUP_MAX) {
			refs[n] = ref;
			specs[n] = p;
		}
		n++;
	}
	return n;
}

static void
report(struct scope *s, const struct node *n)
{
	const struct expr_error *e = &s->error;
	struct finding *x = error_in(s->l->rd.findings, n, e->from, e->length, "%s", e->what);

	if (e->names != NULL && e->name_count > 0)
		finding_choices(s->l->rd.findings, x, e->word, e->names, e->name_count);
	else if (e->hint[0] != '\0')
		HINT(s->l, x, "%s", e->hint);
	else if (e->names != NULL)
		HINT(s->l, x, "a profile knows only the points of its own device");
}

const struct expr *
expr_load(struct loader *l, const struct node *n, const struct profile *points)
{
	struct scope s = {.l = l, .points = points};
	const struct expr_scope scope = {.arg = &s, .point = on_point, .group = on_group};
	const struct expr *x = expr_compile(l->rd.arena, &scope, n->text, &s.error);

	if (x == NULL)
		report(&s, n);
	return x;
}
