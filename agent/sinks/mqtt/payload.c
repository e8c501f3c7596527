#include "sinks/mqtt/payload.h"

#include "base/text.h"
#include "core/sentence.h"
#include "model/json.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* ---- topics -------------------------------------------------------------------------------- */

void
topic_text(const struct site *s, enum topic_kind kind, size_t index, char *buf, size_t size)
{
	const char *base = s->mqtt.base;

	if (kind == TOPIC_AGENT)
		text_printf(buf, size, "%s/agent", base);
	else if (kind == TOPIC_DEVICE)
		text_printf(buf, size, "%s/device/%s", base, s->devices[index].name);
	else if (kind == TOPIC_ALARM)
		text_printf(buf, size, "%s/alarm/%s/%s", base, site_alarm_device(s, index)->name,
		    site_alarm(s, index)->name);
	else if (kind == TOPIC_POINT)
		text_printf(buf, size, "%s/point/%s/%s", base, site_point_device(s, index)->name,
		    site_point(s, index)->name);
	else
		text_printf(buf, size, "%s/points/%s", base, s->devices[index].name);
}

/* ---- an object under construction ---------------------------------------------------------- */

struct out {
	char *buf;
	size_t size, at;
	bool failed; /* something did not fit: all that follows is dropped */
	bool comma;
};

static void
put(struct out *o, const char *s)
{
	size_t n = strlen(s);

	if (o->failed || n >= o->size - o->at) {
		o->failed = true;
		return;
	}
	memcpy(o->buf + o->at, s, n + 1);
	o->at += n;
}

static void
put_key(struct out *o, const char *key)
{
	put(o, o->comma ? ",\"" : "\"");
	put(o, key);
	put(o, "\":");
	o->comma = true;
}

/* Takes what json_append_*() and its kind gave: the new length, 0 where it did not fit. */
static void
appended(struct out *o, size_t length)
{
	if (length == 0)
		o->failed = true;
	else
		o->at = length;
}

/* Nothing at all for NULL and "". */
static void
put_text(struct out *o, const char *key, const char *value)
{
	if (value == NULL || value[0] == '\0')
		return;
	put_key(o, key);
	if (!o->failed)
		appended(o, json_append_string(o->buf, o->size, o->at, value));
}

static void
put_time(struct out *o, const char *key, wall_t t)
{
	char text[WALL_TEXT_MAX];

	if (t.us != 0)
		put_text(o, key, wall_text(t, text));
}

static void
put_number(struct out *o, const char *key, double value)
{
	put_key(o, key);
	if (!o->failed)
		appended(o, json_append_number(o->buf, o->size, o->at, value));
}

static struct out
out_open(char *buf, size_t size)
{
	struct out o = {.buf = buf, .size = size};

	put(&o, "{");
	return o;
}

static void
open_object(struct out *o, const char *key)
{
	put_key(o, key);
	put(o, "{");
	o->comma = false;
}

static void
close_object(struct out *o)
{
	put(o, "}");
	o->comma = true;
}

static size_t
out_close(struct out *o)
{
	close_object(o);
	return o->failed ? 0 : o->at;
}

/* ---- payloads ------------------------------------------------------------------------------ */

size_t
payload_agent(const struct site *s, const struct agent_facts *f, char *buf, size_t size)
{
	struct out o = out_open(buf, size);
	char last[24];

	put_text(&o, "state", "online");
	put_text(&o, "version", f->version);
	put_text(&o, "site", s->name);
	put_time(&o, "started", f->started);
	put_text(&o, "epoch", f->epoch);
	snprintf(last, sizeof(last), "%" PRIu64, f->last);
	put_key(&o, "last");
	put(&o, last);
	return out_close(&o);
}

/* Why a device does not answer, as its event says it; "" while it does. */
static void
fault_text(const struct mqtt_view *v, size_t device, char *buf, size_t size)
{
	const struct device_state *d = &v->devices[device];
	const struct sentence s = {
	    .site = v->site, .device = &v->site->devices[device], .state = d};

	buf[0] = '\0';
	if (d->phase == DEVICE_FAILING || d->phase == DEVICE_LOST)
		sentence_lost(&s, buf, size);
}

size_t
payload_device(const struct mqtt_view *v, size_t device, char *buf, size_t size)
{
	const struct site *s = v->site;
	const struct device_spec *spec = &s->devices[device];
	const struct device_state *d = &v->devices[device];
	const struct profile *p = spec->profile;
	struct out o = out_open(buf, size);
	char fault[EVENT_TEXT_MAX];

	fault_text(v, device, fault, sizeof(fault));
	put_text(&o, "state", device_phase_word(d->phase));
	put_time(&o, "since", d->since_wall);
	put_text(&o, "profile", p->name);
	put_text(&o, "kind", p->kind);
	if (spec->zone != NO_INDEX)
		put_text(&o, "zone", s->zones[spec->zone].name);
	put_text(&o, "title", label_text(&spec->title, s->language));
	put_text(&o, "fault", fault);
	open_object(&o, "facts");
	for (size_t i = 0; d->facts != NULL && i < p->fact_count; i++)
		put_text(&o, p->facts[i].name, d->facts[i]);
	close_object(&o);
	return out_close(&o);
}

size_t
payload_alarm(const struct mqtt_view *v, size_t alarm, char *buf, size_t size)
{
	struct event e = {0};
	struct out o;

	if (v->alarms[alarm].phase == ALARM_NORMAL)
		return 0;
	v->alarm_event(v->arg, alarm, &e);
	o = out_open(buf, size);
	put_text(&o, "state", e.to);
	put_text(&o, "priority", priority_word(e.priority));
	if (e.has_value) {
		put_number(&o, "value", e.value);
		put_text(&o, "unit", e.unit);
		put_text(&o, "word", e.word);
	}
	put_time(&o, "since", e.wall);
	put_text(&o, "text", e.text);
	put_text(&o, "impact", e.impact);
	put_text(&o, "remedy", e.remedy);
	put_text(&o, "who", e.who);
	return out_close(&o);
}

/*
 * A value goes out only while it means something now. Of a bad or lost point the core still has the
 * last good value, but a reader that does not look at the quality would take it for the present.
 */
static bool
shows_value(enum quality q)
{
	return q == QUALITY_GOOD || q == QUALITY_STALE || q == QUALITY_SUBSTITUTED;
}

size_t
payload_point(const struct mqtt_view *v, size_t point, char *buf, size_t size)
{
	const struct point_spec *spec = site_point(v->site, point);
	const struct point_state *p = &v->points[point];
	char word[VALUE_TEXT_MAX];
	struct json_point j = {
	    .has_value = shows_value(p->quality),
	    .value = p->value,
	    .unit = spec->unit->code,
	    .quality = p->quality,
	    .defect = p->quality == QUALITY_BAD ? p->defect : DEFECT_NONE,
	    .time = p->read_wall,
	};

	if (j.has_value && spec->words != NULL) {
		sentence_word(spec, p->value, word, sizeof(word));
		j.text = word;
	}
	return json_point(&j, buf, size);
}

size_t
payload_batch(const struct mqtt_view *v, size_t device, const struct bits *which, wall_t now,
    char *buf, size_t size)
{
	const struct device_spec *spec = &v->site->devices[device];
	struct out o = out_open(buf, size);

	put_time(&o, "time", now);
	put_key(&o, "complete");
	put(&o, which == NULL ? "true" : "false");
	open_object(&o, "points");
	for (size_t i = 0; i < spec->profile->point_count && !o.failed; i++) {
		size_t point = spec->first_point + i, n;

		if (which != NULL && !bits_has(which, point))
			continue;
		put_key(&o, spec->profile->points[i].name);
		n = o.failed ? 0 : payload_point(v, point, o.buf + o.at, o.size - o.at);
		appended(&o, n == 0 ? 0 : o.at + n);
	}
	close_object(&o);
	return out_close(&o);
}

/* ---- room ---------------------------------------------------------------------------------- */

/* One point: {"value":,"unit":"","quality":"","time":"","text":"","reason":""} with the longest
 * of each; the text may have every byte escaped. */
#define POINT_ROOM (80 + NUMBER_TEXT_MAX + 16 + 16 + WALL_TEXT_MAX + 6 * VALUE_TEXT_MAX + 32)
/* What stands around points and facts. */
#define FRAME_ROOM 2048

size_t
payload_room(const struct site *s)
{
	size_t room = JSON_EVENT_MAX + 64; /* ,"replayed":true */

	for (size_t i = 0; i < s->device_count; i++) {
		const struct profile *p = s->devices[i].profile;
		size_t facts = FRAME_ROOM, points = FRAME_ROOM;

		for (size_t f = 0; f < p->fact_count; f++)
			facts += strlen(p->facts[f].name) + 8 + 6 * FACT_TEXT_MAX;
		for (size_t n = 0; n < p->point_count; n++)
			points += strlen(p->points[n].name) + 8 +
				  (p->points[n].words != NULL ? POINT_ROOM
							      : POINT_ROOM - 6 * VALUE_TEXT_MAX);
		if (facts > room)
			room = facts;
		if (s->mqtt.batch == MQTT_PER_DEVICE && points > room)
			room = points;
	}
	return room;
}
