#include "ctl/view.h"

#include "base/arena.h"
#include "base/text.h"
#include "ctl/words.h"

#include <stdlib.h>
#include <string.h>

#define TEXT(object, key, field) words_text((object), (key), (field), sizeof(field))

struct view *
view_new(void)
{
	return xcalloc(1, sizeof(struct view));
}

static void
forget_devices(struct view *v)
{
	for (size_t i = 0; i < v->device_count; i++)
		free(v->devices[i].points);
	v->device_count = 0;
}

void
view_free(struct view *v)
{
	if (v == NULL)
		return;
	forget_devices(v);
	free(v->devices);
	free(v->alarms);
	free(v);
}

/* The array with room for one more, which is zeroed. */
static void *
grow(void *array, size_t count, size_t *room, size_t size)
{
	if (count == *room) {
		*room = *room * 2 + 16;
		array = xrealloc(array, *room, size);
	}
	memset((char *)array + count * size, 0, size);
	return array;
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
	v->time = words_time(json_string_value(json_object_get(agent, "time")));
	v->uptime_s = words_count(agent, "uptime_s");
	take_parts(v, json_object_get(line, "parts"));
	take_panel(v, json_object_get(line, "panel"));
}

/* ---- devices and points --------------------------------------------------------------------- */

static struct view_device *
own_device(struct view *v, const char *name)
{
	for (size_t i = 0; i < v->device_count; i++)
		if (strcmp(v->devices[i].name, name) == 0)
			return &v->devices[i];
	if (v->device_count == VIEW_DEVICES)
		return NULL;
	v->devices = grow(v->devices, v->device_count, &v->device_room, sizeof(*v->devices));
	struct view_device *d = &v->devices[v->device_count++];
	text_copy(d->name, sizeof(d->name), name);
	return d;
}

static struct view_point *
own_point(struct view_device *d, const char *name)
{
	for (size_t i = 0; i < d->point_count; i++)
		if (strcmp(d->points[i].name, name) == 0)
			return &d->points[i];
	if (d->point_count == VIEW_POINTS)
		return NULL;
	d->points = grow(d->points, d->point_count, &d->point_room, sizeof(*d->points));
	struct view_point *p = &d->points[d->point_count++];
	text_copy(p->name, sizeof(p->name), name);
	return p;
}

static void
take_device(struct view *v, const json_t *line)
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
	TEXT(line, "impact", d->impact);
	d->since = words_time(json_string_value(json_object_get(line, "since")));
	memset(d->key_points, 0, sizeof(d->key_points));
	json_array_foreach(json_object_get(line, "key_points"), i, key)
	{
		if (i < VIEW_KEY_POINTS && json_is_string(key))
			words_clean(
			    json_string_value(key), d->key_points[i], sizeof(d->key_points[i]));
	}
}

static void
take_point(struct view *v, const json_t *line)
{
	char device[VIEW_NAME_MAX], name[VIEW_NAME_MAX];
	struct view_device *d = own_device(v, TEXT(line, "device", device));
	struct view_point *p = d != NULL ? own_point(d, TEXT(line, "point", name)) : NULL;

	if (p == NULL)
		return;
	TEXT(line, "title", p->title);
	words_value(line, p->value, sizeof(p->value));
	words_quality(line, p->quality, sizeof(p->quality));
	p->time = words_time(json_string_value(json_object_get(line, "time")));
	p->good = words_good(line);
}

/* ---- alarms --------------------------------------------------------------------------------- */

/* The name decides where the rest leaves it open, so that rows do not change places. */
static int
compare_alarms(const void *a, const void *b)
{
	const struct view_alarm *x = a, *y = b;
	int order = words_alarm_compare(&x->order, &y->order);

	return order != 0 ? order : strcmp(x->path, y->path);
}

static struct view_alarm *
own_alarm(struct view *v, const char *path)
{
	for (size_t i = 0; i < v->alarm_count; i++)
		if (strcmp(v->alarms[i].path, path) == 0)
			return &v->alarms[i];
	if (v->alarm_count == VIEW_ALARMS)
		return NULL;
	v->alarms = grow(v->alarms, v->alarm_count, &v->alarm_room, sizeof(*v->alarms));
	return &v->alarms[v->alarm_count++];
}

static void
drop_alarm(struct view *v, const struct view_alarm *a)
{
	size_t i = (size_t)(a - v->alarms);

	memmove(&v->alarms[i], &v->alarms[i + 1], (v->alarm_count - i - 1) * sizeof(*a));
	v->alarm_count--;
}

static void
take_alarm(struct view *v, const json_t *line)
{
	char name[VIEW_NAME_MAX], device[VIEW_NAME_MAX], path[2 * VIEW_NAME_MAX];

	TEXT(line, "device", device);
	TEXT(line, "alarm", name);
	text_printf(path, sizeof(path), "%s/%s", device, name);
	struct view_alarm *a = own_alarm(v, path);
	if (a == NULL)
		return;
	text_copy(a->path, sizeof(a->path), path);
	text_copy(a->device, sizeof(a->device), device);
	TEXT(line, "title", a->title);
	TEXT(line, "state", a->state);
	TEXT(line, "who", a->who);
	TEXT(line, "cause", a->cause);
	TEXT(line, "text", a->text);
	TEXT(line, "impact", a->impact);
	TEXT(line, "remedy", a->remedy);
	a->order = words_alarm_order(line);
	if (a->order.phase == ALARM_NORMAL)
		drop_alarm(v, a);
	qsort(v->alarms, v->alarm_count, sizeof(*v->alarms), compare_alarms);
}

/* ---- events and answers --------------------------------------------------------------------- */

static void
take_event(struct view *v, const json_t *line)
{
	char clock[32];

	if (v->event_count == VIEW_EVENTS)
		memmove(v->events, v->events + 1, --v->event_count * sizeof(v->events[0]));
	struct view_event *e = &v->events[v->event_count++];
	e->time = words_time(json_string_value(json_object_get(line, "time")));
	e->sure = strcmp(TEXT(line, "clock", clock), "unsynced") != 0;
	e->priority = words_alarm_order(line).priority;
	e->seq = words_count(line, "seq");
	TEXT(line, "text", e->text);
}

/* A new stream: what the old one told may be gone. */
static void
take_begin(struct view *v, const json_t *line)
{
	(void)line;
	v->connected = false;
	forget_devices(v);
	v->alarm_count = 0;
	v->event_count = 0;
}

static void
take_ready(struct view *v, const json_t *line)
{
	(void)line;
	v->connected = true;
}

static void
take_answer(struct view *v, const json_t *line)
{
	v->answer_ok = words_true(line, "ok");
	TEXT(line, v->answer_ok ? "text" : "error", v->answer);
}

static const struct {
	const char *kind;
	void (*take)(struct view *, const json_t *);
} kinds[] = {
    {"begin", take_begin},
    {"status", take_status},
    {"device", take_device},
    {"point", take_point},
    {"alarm", take_alarm},
    {"event", take_event},
    {"ready", take_ready},
};

bool
view_line(struct view *v, const char *text)
{
	json_t *line = json_loads(text, 0, NULL);
	const char *kind = json_string_value(json_object_get(line, "watch"));
	bool taken = false;

	for (size_t i = 0; kind != NULL && i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kind, kinds[i].kind) == 0) {
			kinds[i].take(v, line);
			taken = true;
		}
	if (kind == NULL && json_is_boolean(json_object_get(line, "ok"))) {
		take_answer(v, line);
		taken = true;
	}
	json_decref(line);
	return taken;
}

void
view_lost(struct view *v, wall_t now, const char *why)
{
	if (v->connected || v->lost_at.us == 0)
		v->lost_at = now;
	v->connected = false;
	words_clean(why, v->lost_why, sizeof(v->lost_why));
	v->output_count = 0;
	v->part_count = 0;
	for (size_t i = 0; i < v->device_count; i++) {
		struct view_device *d = &v->devices[i];

		text_copy(d->state, sizeof(d->state), "unknown");
		for (size_t p = 0; p < d->point_count; p++) {
			text_copy(d->points[p].value, sizeof(d->points[p].value), NOTHING);
			text_copy(d->points[p].quality, sizeof(d->points[p].quality),
			    "no connection to facilityd");
			d->points[p].good = false;
		}
	}
}

/* ---- looking -------------------------------------------------------------------------------- */

const struct view_device *
view_device(const struct view *v, const char *name)
{
	for (size_t i = 0; i < v->device_count; i++)
		if (strcmp(v->devices[i].name, name) == 0)
			return &v->devices[i];
	return NULL;
}

const struct view_point *
view_point(const struct view_device *d, const char *name)
{
	for (size_t i = 0; i < d->point_count; i++)
		if (strcmp(d->points[i].name, name) == 0)
			return &d->points[i];
	return NULL;
}

const struct view_alarm *
view_alarm(const struct view *v, const char *path)
{
	for (size_t i = 0; i < v->alarm_count; i++)
		if (strcmp(v->alarms[i].path, path) == 0)
			return &v->alarms[i];
	return NULL;
}
