#include "sinks/mqtt/payload.h"

#include "base/text.h"
#include "core/alarm.h"
#include "core/sentence.h"
#include "model/writer.h"
#include "sinks/mqtt/hass.h"

#include <string.h>

/* ---- topics -------------------------------------------------------------------------------- */

size_t
topic_count(const struct site *s, enum topic_kind kind)
{
	bool batch = s->mqtt.batch == MQTT_PER_DEVICE, hass = s->mqtt.home_assistant != NULL;
	const size_t counts[TOPIC_KIND_COUNT] = {
	    [TOPIC_AGENT] = 1,
	    [TOPIC_DEVICE] = s->device_count,
	    [TOPIC_ALARM] = s->alarm_count,
	    [TOPIC_ALARMS] = hass ? s->device_count : 0,
	    [TOPIC_MARK] = s->mqtt.topics != NULL ? s->point_count : 0,
	    [TOPIC_POINT] = batch ? 0 : s->point_count,
	    [TOPIC_BATCH] = batch ? s->device_count : 0,
	    [TOPIC_HASS_POINT] = hass ? s->point_count : 0,
	    [TOPIC_HASS_ALARM] = hass ? s->alarm_count : 0,
	};

	return counts[kind];
}

static void
mark_topic(const struct site *s, size_t point, char *buf, size_t size)
{
	char topic[TOPIC_MAX];

	topic_of_point(s, point, topic, sizeof(topic));
	text_printf(buf, size, "%s/mark/%s", s->mqtt.base, topic);
}

void
topic_text(const struct site *s, enum topic_kind kind, size_t index, char *buf, size_t size)
{
	const char *base = s->mqtt.base;

	switch (kind) {
	case TOPIC_AGENT:
		text_printf(buf, size, "%s/agent", base);
		break;
	case TOPIC_DEVICE:
		text_printf(buf, size, "%s/device/%s", base, s->devices[index].name);
		break;
	case TOPIC_ALARM:
		text_printf(buf, size, "%s/alarm/%s/%s", base, site_alarm_device(s, index)->name,
		    site_alarm(s, index)->name);
		break;
	case TOPIC_ALARMS:
		text_printf(buf, size, "%s/alarms/%s", base, s->devices[index].name);
		break;
	case TOPIC_MARK:
		mark_topic(s, index, buf, size);
		break;
	case TOPIC_POINT:
		topic_of_point(s, index, buf, size);
		break;
	case TOPIC_BATCH:
		text_printf(buf, size, "%s/points/%s", base, s->devices[index].name);
		break;
	case TOPIC_HASS_POINT:
		hass_point_topic(s, index, buf, size);
		break;
	case TOPIC_HASS_ALARM:
		hass_alarm_topic(s, index, buf, size);
		break;
	case TOPIC_KIND_COUNT:
		break;
	}
}

/* ---- payloads ------------------------------------------------------------------------------ */

static struct writer
object_open(char *buf, size_t size)
{
	struct writer w;

	writer_init(&w, buf, size);
	writer_open(&w, NULL, '{');
	return w;
}

static size_t
object_close(struct writer *w)
{
	writer_close(w, '}');
	return writer_length(w);
}

size_t
payload_agent(const struct site *s, const struct agent_facts *f, char *buf, size_t size)
{
	struct writer o = object_open(buf, size);

	writer_string_if(&o, "state", "online");
	writer_string_if(&o, "version", f->version);
	writer_string_if(&o, "site", s->name);
	writer_time(&o, "started", f->started);
	writer_string_if(&o, "epoch", f->epoch);
	writer_uint(&o, "last", f->last);
	return object_close(&o);
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

static void
write_maintenance(const struct maintenance *w, struct writer *o)
{
	if (w->until.us == 0)
		return;
	writer_open(o, "maintenance", '{');
	writer_time(o, "since", w->since);
	writer_time(o, "until", w->until);
	writer_string_if(o, "who", w->who);
	writer_string_if(o, "reason", w->reason);
	writer_close(o, '}');
}

size_t
payload_device(const struct mqtt_view *v, size_t device, char *buf, size_t size)
{
	const struct site *s = v->site;
	const struct device_spec *spec = &s->devices[device];
	const struct device_state *d = &v->devices[device];
	const struct profile *p = spec->profile;
	struct writer o = object_open(buf, size);
	char fault[EVENT_TEXT_MAX];

	fault_text(v, device, fault, sizeof(fault));
	writer_string_if(&o, "state", device_phase_word(d->phase));
	writer_time(&o, "since", d->since_wall);
	writer_string_if(&o, "profile", p->name);
	writer_string_if(&o, "kind", p->kind);
	if (spec->zone != NO_INDEX)
		writer_string_if(&o, "zone", s->zones[spec->zone].name);
	writer_string_if(&o, "title", label_text(&spec->title, s->language));
	writer_string_if(&o, "fault", fault);
	write_maintenance(&d->maintenance, &o);
	writer_open(&o, "facts", '{');
	for (size_t i = 0; d->facts != NULL && i < p->fact_count; i++)
		writer_string_if(&o, p->facts[i].name, d->facts[i]);
	writer_close(&o, '}');
	return object_close(&o);
}

static size_t
write_alarm(const struct mqtt_view *v, size_t alarm, bool sentences, char *buf, size_t size)
{
	struct event e = {0};
	struct writer o;

	if (v->alarms[alarm].phase == ALARM_NORMAL)
		return 0;
	v->alarm_event(v->arg, alarm, &e);
	o = object_open(buf, size);
	writer_string_if(&o, "state", e.to);
	writer_string_if(&o, "priority", priority_word(e.priority));
	if (e.has_value) {
		writer_double(&o, "value", e.value);
		writer_string_if(&o, "unit", e.unit);
		writer_string_if(&o, "word", e.word);
	}
	writer_time(&o, "since", e.wall);
	writer_string_if(&o, "text", sentences ? e.text : NULL);
	writer_string_if(&o, "impact", sentences ? e.impact : NULL);
	writer_string_if(&o, "remedy", sentences ? e.remedy : NULL);
	writer_string_if(&o, "who", e.who);
	return object_close(&o);
}

size_t
payload_alarm(const struct mqtt_view *v, size_t alarm, char *buf, size_t size)
{
	return write_alarm(v, alarm, true, buf, size);
}

size_t
payload_alarm_short(const struct mqtt_view *v, size_t alarm, char *buf, size_t size)
{
	return write_alarm(v, alarm, false, buf, size);
}

size_t
payload_alarms(const struct mqtt_view *v, size_t device, char *buf, size_t size)
{
	const struct device_spec *d = &v->site->devices[device];
	struct writer o = object_open(buf, size);

	for (size_t i = 0; i < d->alarm_count; i++) {
		enum alarm_phase phase = v->alarms[d->first_alarm + i].phase;

		writer_open(&o, d->alarms[i].name, '{');
		writer_bool(&o, "active", phase != ALARM_NORMAL && !alarm_is_aside(phase));
		writer_string(&o, "state", alarm_phase_word(phase));
		writer_string(&o, "priority", priority_word(d->alarms[i].priority));
		writer_close(&o, '}');
	}
	return object_close(&o);
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

static void
write_point(const struct mqtt_view *v, const struct device_spec *device,
    const struct point_spec *spec, const char *key, struct writer *o)
{
	const struct point_state *p =
	    &v->points[device->first_point + (size_t)(spec - device->profile->points)];
	char word[VALUE_TEXT_MAX];
	struct json_point j = {
	    .has_value = shows_value(p->quality),
	    .value = p->value,
	    .unit = spec->unit->code,
	    .quality = p->quality,
	    .defect = p->quality == QUALITY_BAD ? p->defect : DEFECT_NONE,
	    .time = p->read_wall,
	    .maintenance = v->devices[device - v->site->devices].maintenance.until.us != 0,
	};

	if (j.has_value && spec->words != NULL) {
		sentence_word(spec, p->value, word, sizeof(word));
		j.text = word;
	}
	json_write_point(o, key, &j);
}

size_t
payload_point(const struct mqtt_view *v, size_t point, char *buf, size_t size)
{
	const struct device_spec *device = site_point_device(v->site, point);
	struct writer o;

	writer_init(&o, buf, size);
	write_point(v, device, &device->profile->points[point - device->first_point], NULL, &o);
	return writer_length(&o);
}

static const struct json_frame *
make_frames(const struct profile *p, struct arena *a)
{
	struct json_frame *frames = arena_array(a, p->point_count, sizeof(*frames));

	/* Of a state, the text is told too. */
	for (size_t i = 0; i < p->point_count; i++)
		if (p->points[i].words == NULL)
			json_frame(&frames[i], a, p->points[i].name, p->points[i].unit->code);
	return frames;
}

/* One set for all devices of a type, which mostly stand together. */
const struct json_frame *const *
payload_frames(const struct site *s, struct arena *a)
{
	const struct json_frame **frames =
	    arena_array(a, s->device_count, sizeof(const struct json_frame *));

	for (size_t d = 0; d < s->device_count; d++) {
		for (size_t other = d; other-- > 0 && frames[d] == NULL;)
			if (s->devices[other].profile == s->devices[d].profile)
				frames[d] = frames[other];
		if (frames[d] == NULL)
			frames[d] = make_frames(s->devices[d].profile, a);
	}
	return frames;
}

size_t
payload_batch(const struct mqtt_view *v, size_t device, const struct bits *which, wall_t now,
    char *buf, size_t size)
{
	const struct device_spec *spec = &v->site->devices[device];
	bool framed = v->frames != NULL && v->devices[device].maintenance.until.us == 0;
	struct writer o = object_open(buf, size);

	writer_time(&o, "time", now);
	writer_bool(&o, "complete", which == NULL);
	writer_open(&o, "points", '{');
	for (size_t i = 0; i < spec->profile->point_count && !o.failed; i++) {
		const struct point_state *p = &v->points[spec->first_point + i];

		if ((which != NULL && !bits_has(which, spec->first_point + i)) ||
		    point_is_hidden(p))
			continue;
		if (!framed || p->quality != QUALITY_GOOD ||
		    !json_write_framed(&o, &v->frames[device][i], p->value, p->read_wall))
			write_point(
			    v, spec, &spec->profile->points[i], spec->profile->points[i].name, &o);
	}
	writer_close(&o, '}');
	return object_close(&o);
}

/* ---- room ---------------------------------------------------------------------------------- */

/* What stands around points and facts: titles, the fault, who works there and why. */
#define FRAME_ROOM 4096
/* "":{"active":false,"state":"latched_unacknowledged","priority":"critical"}, */
#define ALARM_ROOM 96

size_t
payload_room(const struct site *s)
{
	size_t room = JSON_EVENT_MAX + 64; /* ,"replayed":true */

	if (s->mqtt.home_assistant != NULL && hass_room(s) > room)
		room = hass_room(s);

	for (size_t i = 0; i < s->device_count; i++) {
		const struct profile *p = s->devices[i].profile;
		size_t facts = FRAME_ROOM, points = FRAME_ROOM, alarms = 16;

		for (size_t f = 0; f < p->fact_count; f++)
			facts += strlen(p->facts[f].name) + 8 + 6 * FACT_TEXT_MAX;
		for (size_t n = 0; n < p->point_count; n++)
			points +=
			    strlen(p->points[n].name) + 8 +
			    (p->points[n].words != NULL ? PAYLOAD_POINT_ROOM
							: PAYLOAD_POINT_ROOM - 6 * VALUE_TEXT_MAX);
		for (size_t a = 0; a < s->devices[i].alarm_count; a++)
			alarms += strlen(s->devices[i].alarms[a].name) + ALARM_ROOM;
		if (facts > room)
			room = facts;
		if (s->mqtt.home_assistant != NULL && alarms > room)
			room = alarms;
		if (s->mqtt.batch == MQTT_PER_DEVICE && points > room)
			room = points;
	}
	return room;
}
