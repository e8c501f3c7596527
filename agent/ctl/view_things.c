/* Zones, devices and points: the part of the view that stands still. */
#include "base/text.h"
#include "ctl/view_i.h"
#include "model/unit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void
view_take_zone(struct view *v, const json_t *line)
{
	char name[VIEW_NAME_MAX];

	TEXT(line, "zone", name);
	size_t i = lookup_find(&v->zone_names, name);
	if (i == LOOKUP_NONE) {
		if (v->zone_count == VIEW_ZONES)
			return;
		v->zones = view_grow(v->zones, v->zone_count, &v->zone_room, sizeof(*v->zones));
		i = v->zone_count++;
		text_copy(v->zones[i].name, sizeof(v->zones[i].name), name);
		text_printf(v->zones[i].key, sizeof(v->zones[i].key), "@%s", name);
		lookup_add(&v->zone_names, i);
	}
	TEXT(line, "title", v->zones[i].title);
	TEXT(line, "in", v->zones[i].in);
	v->unsettled = true;
}

/* ---- devices -------------------------------------------------------------------------------- */

void
view_forget_devices(struct view *v)
{
	for (size_t i = 0; i < v->device_count; i++)
		free(v->devices[i].points);
	v->device_count = 0;
	lookup_clear(&v->device_names);
}

/* NULL: there are more than any agent has. */
static struct view_device *
own_device(struct view *v, const char *name)
{
	size_t i = lookup_find(&v->device_names, name);

	if (i != LOOKUP_NONE)
		return &v->devices[i];
	if (v->device_count == VIEW_DEVICES)
		return NULL;
	v->devices = view_grow(v->devices, v->device_count, &v->device_room, sizeof(*v->devices));
	struct view_device *d = &v->devices[v->device_count];
	text_copy(d->name, sizeof(d->name), name);
	d->round_trip_ms = d->slowest_ms = (double)NAN;
	lookup_add(&v->device_names, v->device_count++);
	v->unsettled = true;
	return d;
}

/* "firmware 4.19, model AP4423" */
static void
take_facts(struct view_device *d, json_t *facts)
{
	const char *name;
	json_t *value;
	char text[128], clean[64];

	d->facts[0] = '\0';
	json_object_foreach(facts, name, value)
	{
		if (!json_is_string(value))
			continue;
		words_clean(name, clean, sizeof(clean));
		words_clean(json_string_value(value), text, sizeof(text));
		text_append(d->facts, sizeof(d->facts), "%s%s %s", d->facts[0] != '\0' ? ", " : "",
		    clean, text);
	}
}

static void
take_service(struct view_device *d, const json_t *service)
{
	d->service_until = view_when(service, "until");
	TEXT(service, "reason", d->service);
}

void
view_take_device(struct view *v, const json_t *line)
{
	char name[VIEW_NAME_MAX];
	struct view_device *d = own_device(v, TEXT(line, "device", name));
	const json_t *key;
	size_t i;

	if (d == NULL)
		return;
	TEXT(line, "title", d->title);
	TEXT(line, "kind", d->kind);
	TEXT(line, "state", d->state);
	TEXT(line, "reason", d->reason);
	TEXT(line, "fault", d->fault);
	TEXT(line, "link", d->link);
	TEXT(line, "zone", d->zone);
	TEXT(line, "parent", d->parent);
	TEXT(line, "impact", d->impact);
	d->since = view_when(line, "since");
	take_facts(d, json_object_get(line, "facts"));
	take_service(d, json_object_get(line, "maintenance"));
	memset(d->key_points, 0, sizeof(d->key_points));
	json_array_foreach(json_object_get(line, "key_points"), i, key)
	{
		if (i < VIEW_KEY_POINTS && json_is_string(key))
			words_clean(
			    json_string_value(key), d->key_points[i], sizeof(d->key_points[i]));
	}
	v->unsettled = true;
}

static double
milliseconds(const json_t *times, const char *key)
{
	const json_t *value = json_object_get(times, key);

	return json_is_number(value) ? json_number_value(value) : (double)NAN;
}

void
view_take_bus(struct view *v, const json_t *answer)
{
	const json_t *line;
	size_t i;
	char name[VIEW_NAME_MAX];

	json_array_foreach(json_object_get(answer, "devices"), i, line)
	{
		size_t at = lookup_find(&v->device_names, TEXT(line, "device", name));
		const json_t *times = json_object_get(line, "round_trip_ms");

		if (at == LOOKUP_NONE)
			continue;
		v->devices[at].round_trip_ms = milliseconds(times, "p50");
		v->devices[at].slowest_ms = milliseconds(times, "max");
		v->devices[at].answered = view_when(line, "answered");
	}
}

/* ---- points --------------------------------------------------------------------------------- */

static struct view_point *
own_point(struct view_device *d, const char *name)
{
	for (size_t i = 0; i < d->point_count; i++)
		if (strcmp(d->points[i].name, name) == 0)
			return &d->points[i];
	if (d->point_count == VIEW_POINTS)
		return NULL;
	d->points = view_grow(d->points, d->point_count, &d->point_room, sizeof(*d->points));
	struct view_point *p = &d->points[d->point_count++];
	text_copy(p->name, sizeof(p->name), name);
	return p;
}

static void
take_unit(struct view_point *p, const json_t *line)
{
	const char *code = json_string_value(json_object_get(line, "unit"));
	const struct unit *unit = code != NULL ? unit_find(code) : NULL;

	words_clean(unit != NULL   ? unit->label
		    : code != NULL ? code
				   : "",
	    p->unit, sizeof(p->unit));
}

void
view_take_point(struct view *v, const json_t *line)
{
	char device[VIEW_NAME_MAX], name[VIEW_NAME_MAX];
	struct view_device *d = own_device(v, TEXT(line, "device", device));
	struct view_point *p = d != NULL ? own_point(d, TEXT(line, "point", name)) : NULL;
	const json_t *value = json_object_get(line, "value");

	if (p == NULL)
		return;
	d->good_count -= p->good;
	TEXT(line, "title", p->title);
	words_value(line, p->value, sizeof(p->value));
	words_quality(line, p->quality, sizeof(p->quality));
	take_unit(p, line);
	p->time = view_when(line, "time");
	p->good = words_good(line);
	p->has_number = p->good && json_is_number(value);
	p->number = json_number_value(value);
	d->good_count += p->good;
}

void
view_take_points(struct view *v, const json_t *answer)
{
	const json_t *line;
	size_t i;

	json_array_foreach(json_object_get(answer, "points"), i, line)
	{
		view_take_point(v, line);
	}
}

/* ---- looking -------------------------------------------------------------------------------- */

const struct view_zone *
view_zone(const struct view *v, const char *name)
{
	size_t i = lookup_find(&v->zone_names, name);

	return i != LOOKUP_NONE ? &v->zones[i] : NULL;
}

const struct view_device *
view_device(const struct view *v, const char *name)
{
	size_t i = lookup_find(&v->device_names, name);

	return i != LOOKUP_NONE ? &v->devices[i] : NULL;
}

const struct view_point *
view_point(const struct view_device *d, const char *name)
{
	for (size_t i = 0; i < d->point_count; i++)
		if (strcmp(d->points[i].name, name) == 0)
			return &d->points[i];
	return NULL;
}

const struct view_point *
view_point_at(const struct view *v, const char *path)
{
	const char *slash = strchr(path, '/');
	char device[VIEW_NAME_MAX];

	if (slash == NULL)
		return NULL;
	text_printf(device, sizeof(device), "%.*s", (int)(slash - path), path);
	const struct view_device *d = view_device(v, device);
	return d != NULL ? view_point(d, slash + 1) : NULL;
}

bool
view_device_bad(const struct view_device *d)
{
	return strcmp(d->state, "online") != 0;
}
