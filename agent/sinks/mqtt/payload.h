/*
 * What stands on each topic that shows a state. Pure: reads the site and the core's tables, writes
 * into the caller's buffers. All topics stand below the site's base, "facility/annex-2f/", but for
 * points with a form of their own (model/topic.h) and what Home Assistant is told (hass.h).
 *
 *	agent		{"state":"online","version":..,"site":..,"started":..,"epoch":..,"last":..}
 *			last will and clean stop: {"state":"offline"}
 *	device/<d>	{"state":"lost","since":..,"profile":..,"kind":..,"zone":..,"title":..,
 *			"fault":"does not answer","facts":{"firmware":"4.19"}}; while people work
 *			on it "maintenance":{"since":..,"until":..,"who":..,"reason":".."}
 *	alarm/<d>/<a>	{"state":"unacknowledged","priority":..,"value":..,"unit":..,"word":..,
 *			"since":..,"text":..,"impact":..,"remedy":..,"who":..}
 *			empty while normal, which makes the broker forget it
 *	alarms/<d>	{"<a>":{"active":false,"state":"normal","priority":..},..}
 *	point/<d>/<p>	json_point(): value null unless the quality is good, stale or substituted
 *	points/<d>	{"time":..,"complete":true,"points":{"<p>":{..},..}}
 *	mark/<topic>	{}: on this whole topic, outside the base, stands a point of ours
 */
#ifndef SINKS_MQTT_PAYLOAD_H
#define SINKS_MQTT_PAYLOAD_H

#include "core/core.h"
#include "model/json.h"
#include "model/topic.h"
#include "sinks/mqtt/dirty.h"

/*
 * Values and the agent's own topic are forgotten, by an MQTT 5 broker and by Home Assistant, when
 * three tellings in a row have not come. A value is told at least every CORE_MAX_SILENCE_MS.
 */
#define MQTT_EXPIRY_S (3 * CORE_MAX_SILENCE_MS / 1000)

/* Where the payloads get what they show. In the agent it is the core (mqtt.c). */
struct mqtt_view {
	const struct site *site;
	const struct point_state *points;
	const struct device_state *devices;
	const struct alarm_state *alarms;
	/* Of each device, of its points; NULL: none are made. See payload_frames(). */
	const struct json_frame *const *frames;
	const void *arg; /* of alarm_event, which says what core_alarm_event() does */
	void (*alarm_event)(const void *arg, size_t alarm, struct event *out);
};

/* What the agent says of itself. */
struct agent_facts {
	const char *version, *epoch;
	wall_t started;
	uint64_t
	    last; /* newest event on disk: a reader that has fewer knows that some are missing */
};

/* What stands around the values of the points in batches: made once, for payload_batch(). */
const struct json_frame *const *payload_frames(const struct site *s, struct arena *a);

/* How many topics of that kind the site has; none where its file does not ask for them. */
size_t topic_count(const struct site *s, enum topic_kind kind);
/* Topic of one state. buf is always terminated. */
void topic_text(const struct site *s, enum topic_kind kind, size_t index, char *buf, size_t size);

/* Each returns the length written, or 0 where it does not fit. */
size_t payload_agent(const struct site *s, const struct agent_facts *f, char *buf, size_t size);
size_t payload_device(const struct mqtt_view *v, size_t device, char *buf, size_t size);
/* 0 for a normal alarm as well: that is the payload which clears the topic. */
size_t payload_alarm(const struct mqtt_view *v, size_t alarm, char *buf, size_t size);
/* The same without sentences, for a broker that takes short messages only. */
size_t payload_alarm_short(const struct mqtt_view *v, size_t alarm, char *buf, size_t size);
/* Of a device. active: not normal and not put aside. */
size_t payload_alarms(const struct mqtt_view *v, size_t device, char *buf, size_t size);
size_t payload_point(const struct mqtt_view *v, size_t point, char *buf, size_t size);
/* The points of a device whose bit is in `which`; all of them where it is NULL. */
size_t payload_batch(const struct mqtt_view *v, size_t device, const struct bits *which, wall_t now,
    char *buf, size_t size);

/* One point: {"value":,"unit":"","quality":"","time":"","text":"","reason":"","maintenance":true}
 * with the longest of each; the text may have every byte escaped. */
#define PAYLOAD_POINT_ROOM (128 + NUMBER_TEXT_MAX + 16 + 16 + WALL_TEXT_MAX + 6 * VALUE_TEXT_MAX)

/* Room that is enough for every payload and every event of this site. */
size_t payload_room(const struct site *s);

#endif
