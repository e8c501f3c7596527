#include "model/json.h"

#include "base/text.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/*
 * Writing is by hand, into the caller's buffer: it runs for every value of every cycle and must
 * not allocate. Reading, which is rare and of unknown input, is jansson's.
 */
size_t
json_append_string(char *buf, size_t size, size_t at, const char *s)
{
	static const char hex[] = "0123456789abcdef";

	if (at + 2 >= size)
		return 0;
	buf[at++] = '"';
	for (; *s != '\0'; s++) {
		unsigned char c = (unsigned char)*s;

		if (at + 8 >= size)
			return 0;
		if (c == '"' || c == '\\') {
			buf[at++] = '\\';
			buf[at++] = (char)c;
		} else if (c < 0x20 || c == 0x7F) {
			memcpy(buf + at, "\\u00", 4);
			buf[at + 4] = hex[c >> 4];
			buf[at + 5] = hex[c & 15];
			at += 6;
		} else
			buf[at++] = (char)c;
	}
	buf[at++] = '"';
	buf[at] = '\0';
	return at;
}

size_t
json_append_number(char *buf, size_t size, size_t at, double value)
{
	char text[NUMBER_TEXT_MAX];
	size_t n;

	if (isnan(value) || isinf(value))
		memcpy(text, "null", 5);
	else
		number_text(value, text);
	n = strlen(text);
	if (at + n >= size)
		return 0;
	memcpy(buf + at, text, n + 1);
	return at + n;
}

/* A bounded object under construction; `ok` goes false at the first thing that does not fit. */
struct writer {
	char *buf;
	size_t size, at;
	bool ok, any;
};

static void
put(struct writer *w, const char *s)
{
	size_t n = strlen(s);

	if (!w->ok || w->at + n >= w->size) {
		w->ok = false;
		return;
	}
	memcpy(w->buf + w->at, s, n + 1);
	w->at += n;
}

static void
put_key(struct writer *w, const char *key)
{
	put(w, w->any ? ",\"" : "\"");
	put(w, key);
	put(w, "\":");
	w->any = true;
}

static void
put_text(struct writer *w, const char *key, const char *value)
{
	size_t at;

	if (value == NULL || value[0] == '\0')
		return;
	put_key(w, key);
	if (!w->ok)
		return;
	at = json_append_string(w->buf, w->size, w->at, value);
	w->ok = at != 0;
	w->at = w->ok ? at : w->at;
}

static void
put_number(struct writer *w, const char *key, double value)
{
	size_t at;

	put_key(w, key);
	if (!w->ok)
		return;
	at = json_append_number(w->buf, w->size, w->at, value);
	w->ok = at != 0;
	w->at = w->ok ? at : w->at;
}

static struct writer
writer_start(char *buf, size_t size)
{
	struct writer w = {.buf = buf, .size = size, .ok = true};

	put(&w, "{");
	return w;
}

static size_t
writer_end(struct writer *w)
{
	put(w, "}");
	return w->ok ? w->at : 0;
}

size_t
json_event(const struct event *e, const char *epoch, char *buf, size_t size)
{
	struct writer w = writer_start(buf, size);
	char seq[24], mono[24], when[WALL_TEXT_MAX];

	put_text(&w, "epoch", epoch);
	snprintf(seq, sizeof(seq), "%llu", (unsigned long long)e->seq);
	put_key(&w, "seq");
	put(&w, seq);
	put_text(&w, "time", wall_text(e->wall, when));
	put_text(&w, "clock", e->synced ? "synced" : "unsynced");
	snprintf(mono, sizeof(mono), "%lld", (long long)e->mono.us);
	put_key(&w, "mono_us");
	put(&w, mono);
	put_text(&w, "type", event_type_word(e->type));
	put_text(&w, "priority", priority_word(e->priority));
	put_text(&w, "device", e->device);
	put_text(&w, "zone", e->zone);
	put_text(&w, "alarm", e->alarm);
	put_text(&w, "point", e->point);
	put_text(&w, "from", e->from);
	put_text(&w, "to", e->to);
	if (e->has_value) {
		put_number(&w, "value", e->value);
		put_text(&w, "unit", e->unit);
		put_text(&w, "word", e->word);
		put_text(&w, "quality", quality_word(e->quality));
	}
	put_text(&w, "who", e->who);
	put_text(&w, "text", e->text);
	put_text(&w, "impact", e->impact);
	put_text(&w, "remedy", e->remedy);
	return writer_end(&w);
}

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

bool
json_event_read(const char *text, struct event *out)
{
	json_t *o = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	bool ok;

	memset(out, 0, sizeof(*out));
	ok = json_is_object(o) && read_event(o, out);
	json_decref(o);
	return ok;
}

size_t
json_point(const struct json_point *p, char *buf, size_t size)
{
	struct writer w = writer_start(buf, size);
	char when[WALL_TEXT_MAX];

	put_number(&w, "value", p->has_value ? p->value : (double)NAN);
	put_text(&w, "unit", p->unit);
	put_text(&w, "quality", quality_word(p->quality));
	if (p->time.us != 0)
		put_text(&w, "time", wall_text(p->time, when));
	put_text(&w, "text", p->text);
	put_text(&w, "reason", defect_word(p->defect));
	return writer_end(&w);
}
