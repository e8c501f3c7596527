/* The reverse of json_event(), to see that nothing of an event is lost on the way. */
#ifndef EVENT_JSON_H
#define EVENT_JSON_H

#include "base/text.h"
#include "model/event.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* The reverse of wall_text(). */
static bool
read_time(const char *text, wall_t *out)
{
	struct tm tm = {0};
	int ms = 0;
	const char *rest = text != NULL ? strptime(text, "%Y-%m-%dT%H:%M:%S", &tm) : NULL;

	if (rest == NULL || sscanf(rest, ".%3dZ", &ms) != 1)
		return false;
	out->us = ((int64_t)timegm(&tm) * 1000 + ms) * 1000;
	return true;
}

static int
find_word(const char *word, const char *(*name)(int), int count)
{
	for (int i = 0; word != NULL && i < count; i++)
		if (strcmp(word, name(i)) == 0)
			return i;
	return -1;
}

static const char *
type_name(int i)
{
	return event_type_word((enum event_type)i);
}

static const char *
priority_name(int i)
{
	return priority_word((enum priority)i);
}

static const char *
quality_name(int i)
{
	return quality_word((enum quality)i);
}

static bool
read_event(json_t *o, struct event *e)
{
	const struct {
		const char *key;
		char *to;
		size_t size;
	} texts[] = {
	    {"device", e->device, sizeof(e->device)},
	    {"zone", e->zone, sizeof(e->zone)},
	    {"alarm", e->alarm, sizeof(e->alarm)},
	    {"point", e->point, sizeof(e->point)},
	    {"from", e->from, sizeof(e->from)},
	    {"to", e->to, sizeof(e->to)},
	    {"unit", e->unit, sizeof(e->unit)},
	    {"word", e->word, sizeof(e->word)},
	    {"who", e->who, sizeof(e->who)},
	    {"text", e->text, sizeof(e->text)},
	    {"impact", e->impact, sizeof(e->impact)},
	    {"remedy", e->remedy, sizeof(e->remedy)},
	};
	const char *clock = json_string_value(json_object_get(o, "clock"));
	int type =
	    find_word(json_string_value(json_object_get(o, "type")), type_name, EVENT_TYPE_COUNT);
	int priority = find_word(
	    json_string_value(json_object_get(o, "priority")), priority_name, PRIORITY_COUNT);
	int quality = find_word(
	    json_string_value(json_object_get(o, "quality")), quality_name, QUALITY_COUNT);
	json_t *value = json_object_get(o, "value");

	if (type < 0 || priority < 0 || !json_is_integer(json_object_get(o, "seq")) ||
	    !read_time(json_string_value(json_object_get(o, "time")), &e->wall))
		return false;
	e->seq = (uint64_t)json_integer_value(json_object_get(o, "seq"));
	e->mono.us = json_integer_value(json_object_get(o, "mono_us"));
	e->record = (uint64_t)json_integer_value(json_object_get(o, "record"));
	(void)read_time(json_string_value(json_object_get(o, "device_time")), &e->device_wall);
	e->synced = clock != NULL && strcmp(clock, "synced") == 0;
	e->type = (enum event_type)type;
	e->priority = (enum priority)priority;
	e->has_value = json_is_number(value);
	e->value = json_number_value(value);
	e->quality = quality >= 0 ? (enum quality)quality : QUALITY_NEVER;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		const char *s = json_string_value(json_object_get(o, texts[i].key));

		if (s != NULL)
			text_copy(texts[i].to, texts[i].size, s);
	}
	return true;
}

static bool
event_json_read(const char *text, struct event *out)
{
	json_t *o = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	bool ok;

	memset(out, 0, sizeof(*out));
	ok = json_is_object(o) && read_event(o, out);
	json_decref(o);
	return ok;
}

#endif
