#include "ctl/view.h"

#include "base/arena.h"
#include "base/lang.h"
#include "base/text.h"
#include "ctl/view_i.h"

#include <stdlib.h>
#include <string.h>

static const char *
zone_name(const void *arg, size_t i)
{
	return ((const struct view *)arg)->zones[i].name;
}

static const char *
device_name(const void *arg, size_t i)
{
	return ((const struct view *)arg)->devices[i].name;
}

static const char *
alarm_path(const void *arg, size_t i)
{
	return ((const struct view *)arg)->alarms[i].path;
}

struct view *
view_new(void)
{
	struct view *v = xcalloc(1, sizeof(struct view));

	v->zone_names = (struct lookup){.name = zone_name, .arg = v};
	v->device_names = (struct lookup){.name = device_name, .arg = v};
	v->alarm_paths = (struct lookup){.name = alarm_path, .arg = v};
	return v;
}

/* What the old stream told may be gone. */
static void
forget(struct view *v)
{
	view_forget_devices(v);
	lookup_clear(&v->zone_names);
	lookup_clear(&v->alarm_paths);
	v->zone_count = v->alarm_count = v->event_count = v->listed_count = 0;
	v->events_all = false;
	v->unsettled = true;
}

void
view_free(struct view *v)
{
	if (v == NULL)
		return;
	forget(v);
	free(v->zones);
	free(v->devices);
	free(v->alarms);
	free(v->events);
	free(v->listed);
	free(v);
}

void *
view_grow(void *array, size_t count, size_t *room, size_t size)
{
	if (count == *room) {
		*room = *room * 2 + 16;
		array = xrealloc(array, *room, size);
	}
	memset((char *)array + count * size, 0, size);
	return array;
}

wall_t
view_when(const json_t *object, const char *key)
{
	return words_time(json_string_value(json_object_get(object, key)));
}

/* ---- status --------------------------------------------------------------------------------- */

static void
take_parts(struct view *v, const json_t *parts)
{
	const json_t *p;
	size_t i;

	v->part_count = 0;
	json_array_foreach(parts, i, p)
	{
		if (v->part_count == VIEW_PARTS)
			break;
		struct view_part *part = &v->parts[v->part_count++];
		TEXT(p, "part", part->name);
		TEXT(p, "text", part->text);
		part->ok = words_true(p, "ok");
		part->waiting = words_count(p, "waiting");
		part->lost = words_count(p, "lost");
	}
}

static void
take_panel(struct view *v, json_t *panel)
{
	const char *name;
	json_t *look;

	v->output_count = 0;
	json_object_foreach(panel, name, look)
	{
		if (v->output_count == VIEW_OUTPUTS)
			break;
		struct view_output *o = &v->outputs[v->output_count++];
		words_clean(name, o->name, sizeof(o->name));
		words_clean(
		    json_is_string(look) ? json_string_value(look) : "?", o->look, sizeof(o->look));
	}
}

static void
take_status(struct view *v, const json_t *line)
{
	const json_t *agent = json_object_get(line, "agent");
	char clock[32];

	TEXT(agent, "site", v->site);
	TEXT(agent, "title", v->title);
	TEXT(agent, "version", v->version);
	TEXT(agent, "clock", clock);
	v->synced = strcmp(clock, "synced") == 0;
	v->time = view_when(agent, "time");
	v->uptime_s = words_count(agent, "uptime_s");
	take_parts(v, json_object_get(line, "parts"));
	take_panel(v, json_object_get(line, "panel"));
}

/* ---- the stream ----------------------------------------------------------------------------- */

static void
take_begin(struct view *v, const json_t *line)
{
	(void)line;
	v->connected = false;
	forget(v);
}

static void
take_ready(struct view *v, const json_t *line)
{
	(void)line;
	v->connected = true;
}

static const struct {
	const char *kind;
	void (*take)(struct view *, const json_t *);
} kinds[] = {
    {"point", view_take_point}, /* most of them */
    {"event", view_take_event},
    {"alarm", view_take_alarm},
    {"device", view_take_device},
    {"status", take_status},
    {"zone", view_take_zone},
    {"begin", take_begin},
    {"ready", take_ready},
};

bool
view_take(struct view *v, const json_t *line)
{
	const char *kind = json_string_value(json_object_get(line, "watch"));

	for (size_t i = 0; kind != NULL && i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kind, kinds[i].kind) == 0) {
			kinds[i].take(v, line);
			return true;
		}
	return false;
}

void
view_lost(struct view *v, wall_t now, const char *why)
{
	if (v->connected || v->lost_at.us == 0)
		v->lost_at = now;
	v->connected = false;
	v->unsettled = true;
	words_clean(why, v->lost_why, sizeof(v->lost_why));
	v->output_count = 0;
	v->part_count = 0;
	for (size_t i = 0; i < v->device_count; i++) {
		struct view_device *d = &v->devices[i];

		text_copy(d->state, sizeof(d->state), "unknown");
		d->fault[0] = '\0';
		d->good_count = 0;
		for (size_t p = 0; p < d->point_count; p++) {
			struct view_point *point = &d->points[p];

			text_copy(point->value, sizeof(point->value), NOTHING);
			text_copy(point->quality, sizeof(point->quality),
			    _("no connection to facilityd"));
			point->good = point->has_number = false;
		}
	}
}
