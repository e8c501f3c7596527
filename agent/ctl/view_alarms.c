/* Alarms and events of the view, and what follows from them for devices and zones. */
#include "base/arena.h"
#include "base/text.h"
#include "ctl/view_i.h"

#include <stdlib.h>
#include <string.h>

/* So many are dropped at once when there are too many, so that not every event moves them all. */
#define EVENTS_DROPPED (VIEW_EVENTS / 10)

static struct view_alarm *
own_alarm(struct view *v, const char *path)
{
	size_t i = lookup_find(&v->alarm_paths, path);

	if (i != LOOKUP_NONE)
		return &v->alarms[i];
	if (v->alarm_count == VIEW_ALARMS)
		return NULL;
	v->alarms = view_grow(v->alarms, v->alarm_count, &v->alarm_room, sizeof(*v->alarms));
	text_copy(v->alarms[v->alarm_count].path, sizeof(v->alarms[0].path), path);
	lookup_add(&v->alarm_paths, v->alarm_count);
	return &v->alarms[v->alarm_count++];
}

void
view_take_alarm(struct view *v, const json_t *line)
{
	char name[VIEW_NAME_MAX], device[VIEW_NAME_MAX], path[VIEW_PATH_MAX];

	TEXT(line, "device", device);
	TEXT(line, "alarm", name);
	text_printf(path, sizeof(path), "%s/%s", device, name);
	struct view_alarm *a = own_alarm(v, path);
	if (a == NULL)
		return;
	text_copy(a->device, sizeof(a->device), device);
	TEXT(line, "zone", a->zone);
	TEXT(line, "title", a->title);
	TEXT(line, "state", a->state);
	TEXT(line, "priority", a->priority);
	TEXT(line, "who", a->who);
	TEXT(line, "cause", a->cause);
	TEXT(line, "point", a->point);
	TEXT(line, "when", a->when);
	TEXT(line, "reason", a->reason);
	TEXT(line, "text", a->text);
	TEXT(line, "impact", a->impact);
	TEXT(line, "remedy", a->remedy);
	a->order = words_alarm_order(line);
	a->raised = view_when(line, "raised");
	a->until = view_when(line, "until");
	v->unsettled = true;
}

/* ---- events --------------------------------------------------------------------------------- */

static void
read_event(struct view_event *e, const json_t *line)
{
	char clock[32];

	e->time = view_when(line, "time");
	e->sure = strcmp(TEXT(line, "clock", clock), "unsynced") != 0;
	e->priority = words_alarm_order(line).priority;
	e->seq = words_count(line, "seq");
	e->first = words_event_first(line);
	text_printf(e->key, sizeof(e->key), "%lld", e->seq);
	TEXT(line, "type", e->type);
	TEXT(line, "device", e->device);
	TEXT(line, "alarm", e->alarm);
	TEXT(line, "who", e->who);
	TEXT(line, "text", e->text);
}

void
view_take_event(struct view *v, const json_t *line)
{
	if (v->event_count == VIEW_EVENTS) {
		v->event_count -= EVENTS_DROPPED;
		memmove(v->events, v->events + EVENTS_DROPPED, v->event_count * sizeof(*v->events));
		v->events_all = false;
	}
	v->events = view_grow(v->events, v->event_count, &v->event_room, sizeof(*v->events));
	read_event(&v->events[v->event_count++], line);
}

/*
 * The hole that the oldest one here stands for goes on in what is older: it stays one row, so that
 * nothing is counted twice. Returns whether it does.
 */
static bool
extend_gap(struct view *v, const json_t *older)
{
	struct view_event *e = v->events;
	long long seq = e->seq;
	struct words_gap gap;

	if (!words_gap(older, &gap) || gap.last < seq)
		return false;
	read_event(e, older);
	e->seq = seq;
	text_printf(e->key, sizeof(e->key), "%lld", seq);
	return true;
}

static bool
is_oldest(const json_t *event)
{
	struct words_gap gap;

	return words_event_first(event) <= 1 || (words_gap(event, &gap) && gap.oldest);
}

/* Those that are older than what is here go before it, as far as there is room. */
void
view_take_older(struct view *v, const json_t *answer)
{
	const json_t *list = json_object_get(answer, "events");
	long long oldest = v->event_count > 0 ? v->events[0].first : 0;
	size_t count = 0, room = VIEW_EVENTS - v->event_count;

	while (count < json_array_size(list) &&
	       words_count(json_array_get(list, count), "seq") < oldest)
		count++;
	bool all = count == 0 || is_oldest(json_array_get(list, 0));
	if (v->event_count > 0 && count > 0 && extend_gap(v, json_array_get(list, count - 1)))
		count--;
	size_t skip = count > room ? count - room : 0;
	v->events_all = all && skip == 0;
	for (size_t i = skip; i < count; i++) {
		v->events =
		    view_grow(v->events, v->event_count, &v->event_room, sizeof(*v->events));
		v->event_count++;
	}
	count -= skip;
	memmove(v->events + count, v->events, (v->event_count - count) * sizeof(*v->events));
	for (size_t i = 0; i < count; i++)
		read_event(&v->events[i], json_array_get(list, skip + i));
}

/* ---- what follows --------------------------------------------------------------------------- */

/* Symptoms stand with their cause, the others as people look for them. */
static int
section_of(const struct view_alarm *a)
{
	switch (a->order.phase) {
	case ALARM_SHELVED:
		return 1;
	case ALARM_OUT_OF_SERVICE:
		return 2;
	case ALARM_SUPPRESSED:
		return 3;
	default:
		return 0;
	}
}

/* The name decides where the rest leaves it open, so that rows do not change places. */
static int
compare_listed(const void *a, const void *b, void *arg)
{
	const struct view *v = arg;
	const struct view_alarm *x = &v->alarms[*(const size_t *)a];
	const struct view_alarm *y = &v->alarms[*(const size_t *)b];
	int order = section_of(x) - section_of(y);

	if (order == 0 && section_of(x) == 3)
		order = strcmp(x->cause, y->cause);
	if (order == 0)
		order = words_alarm_compare(&x->order, &y->order);
	return order != 0 ? order : strcmp(x->path, y->path);
}

static void
list_alarms(struct view *v)
{
	v->listed = xrealloc(v->listed, v->alarm_count + 1, sizeof(*v->listed));
	v->listed_count = 0;
	v->counts = (struct view_counts){0};
	for (size_t i = 0; i < v->alarm_count; i++) {
		struct view_alarm *a = &v->alarms[i];
		enum alarm_phase phase = a->order.phase;

		a->symptom_count = 0;
		if (phase == ALARM_NORMAL)
			continue;
		v->listed[v->listed_count++] = i;
		v->counts.symptoms += phase == ALARM_SUPPRESSED;
		v->counts.shelved += phase == ALARM_SHELVED;
		v->counts.serviced += phase == ALARM_OUT_OF_SERVICE;
		v->counts.active += !view_aside(a);
		v->counts.waiting += words_alarm_waits(phase);
	}
	qsort_r(v->listed, v->listed_count, sizeof(*v->listed), compare_listed, v);
	for (size_t i = 0; i < v->listed_count; i++) {
		size_t cause = lookup_find(&v->alarm_paths, v->alarms[v->listed[i]].cause);

		if (cause != LOOKUP_NONE && v->alarms[v->listed[i]].cause[0] != '\0')
			v->alarms[cause].symptom_count++;
	}
}

static void
place_things(struct view *v)
{
	for (size_t i = 0; i < v->zone_count; i++) {
		struct view_zone *z = &v->zones[i];

		z->in_index = z->in[0] != '\0' ? lookup_find(&v->zone_names, z->in) : VIEW_NONE;
		z->device_count = z->fault_count = 0;
		z->worst_alarm = VIEW_NONE;
	}
	for (size_t i = 0; i < v->device_count; i++) {
		struct view_device *d = &v->devices[i];

		d->zone_index = lookup_find(&v->zone_names, d->zone);
		d->worst_alarm = VIEW_NONE;
		/* A zone that is inside itself is no zone that the agent has; the steps end it. */
		size_t steps = 0;
		for (size_t z = d->zone_index; z != VIEW_NONE && steps++ <= v->zone_count;
		     z = v->zones[z].in_index) {
			v->zones[z].device_count++;
			v->zones[z].fault_count += view_device_bad(d);
		}
	}
}

/* A medium one that waits for a person does not make less of a critical one that is seen to. */
static bool
is_graver(const struct view *v, size_t alarm, size_t than)
{
	return than == VIEW_NONE ||
	       v->alarms[alarm].order.priority > v->alarms[than].order.priority;
}

/*
 * The first one of a device in the list is what a key or its row is about: it waits, or it is the
 * gravest. A zone is as bad as the gravest in it.
 */
static void
place_alarms(struct view *v)
{
	for (size_t i = 0; i < v->listed_count; i++) {
		const struct view_alarm *a = &v->alarms[v->listed[i]];
		size_t d = lookup_find(&v->device_names, a->device), steps = 0;
		size_t z = lookup_find(&v->zone_names, a->zone);

		if (view_aside(a))
			break;
		if (d != LOOKUP_NONE && v->devices[d].worst_alarm == VIEW_NONE)
			v->devices[d].worst_alarm = v->listed[i];
		if (z == LOOKUP_NONE && d != LOOKUP_NONE)
			z = v->devices[d].zone_index;
		for (; z != VIEW_NONE && steps++ <= v->zone_count; z = v->zones[z].in_index)
			if (is_graver(v, v->listed[i], v->zones[z].worst_alarm))
				v->zones[z].worst_alarm = v->listed[i];
	}
}

_Static_assert(VIEW_NONE == LOOKUP_NONE, "what a look-up does not find is no index");

void
view_settle(struct view *v)
{
	if (!v->unsettled)
		return;
	v->unsettled = false;
	list_alarms(v);
	place_things(v);
	place_alarms(v);
}

bool
view_aside(const struct view_alarm *a)
{
	return section_of(a) != 0;
}

const struct view_alarm *
view_alarm(const struct view *v, const char *path)
{
	size_t i = lookup_find(&v->alarm_paths, path);

	return i != LOOKUP_NONE && v->alarms[i].order.phase != ALARM_NORMAL ? &v->alarms[i] : NULL;
}

const struct view_alarm *
view_gravest(const struct view *v)
{
	size_t worst = VIEW_NONE;

	for (size_t i = 0; i < v->listed_count && !view_aside(view_listed(v, i)); i++)
		if (is_graver(v, v->listed[i], worst))
			worst = v->listed[i];
	return worst != VIEW_NONE ? &v->alarms[worst] : NULL;
}

const struct view_alarm *
view_listed(const struct view *v, size_t i)
{
	return i < v->listed_count ? &v->alarms[v->listed[i]] : NULL;
}
