/*
 * What stands on each topic that shows a state. Pure: reads the site and the core's tables, writes
 * into the caller's buffers. All topics stand below the site's base, "facility/annex-2f/".
 *
 *	agent {"state":"online","version":..,"site":..,"started":..,"epoch":..,"last":4211} last
 *will and clean stop: {"state":"offline"} device/<d>
 *{"state":"lost","since":..,"profile":..,"kind":..,"zone":..,"title":.., "fault":"does not
 *answer","facts":{"firmware":"4.19"}} alarm/<d>/<a>
 *{"state":"unacknowledged","priority":..,"value":..,"unit":..,"word":..,
 *			 "since":..,"text":..,"impact":..,"remedy":..,"who":..}; empty while normal,
 *			 which makes the broker forget it
 *	point/<d>/<p>	json_point(): value null unless the quality is good, stale or substituted
 *	points/<d>	{"time":..,"complete":true,"points":{"<p>":{..},..}}
 */
#ifndef SINKS_MQTT_PAYLOAD_H
#define SINKS_MQTT_PAYLOAD_H

#include "core/core.h"
#include "sinks/mqtt/dirty.h"

/* Longest topic with its end; a base that is too long for it is refused at the start. */
#define TOPIC_MAX      320
#define TOPIC_BASE_MAX (TOPIC_MAX - 140)

/* Where the payloads get what they show. In the agent it is the core (mqtt.c). */
struct mqtt_view {
	const struct site *site;
	const struct point_state *points;
	const struct device_state *devices;
	const struct alarm_state *alarms;
	const void
	    *arg; /* for the two functions: what core_alarm_event() and core_value_text() say */
	void (*alarm_event)(const void *arg, size_t alarm, struct event *out);
};

/* What the agent says of itself. */
struct agent_facts {
	const char *version, *epoch;
	wall_t started;
	uint64_t
	    last; /* newest event on disk: a reader that has fewer knows that some are missing */
};

/* How many topics of that kind the site has; none where `publish:` chose the other kind. */
size_t topic_count(const struct site *s, enum topic_kind kind);
/* Topic of one state. buf is always terminated. */
void topic_text(const struct site *s, enum topic_kind kind, size_t index, char *buf, size_t size);

/* Each returns the length written, or 0 where it does not fit. */
size_t payload_agent(const struct site *s, const struct agent_facts *f, char *buf, size_t size);
size_t payload_device(const struct mqtt_view *v, size_t device, char *buf, size_t size);
/* 0 for a normal alarm as well: that is the payload which clears the topic. */
size_t payload_alarm(const struct mqtt_view *v, size_t alarm, char *buf, size_t size);
size_t payload_point(const struct mqtt_view *v, size_t point, char *buf, size_t size);
/* The points of a device whose bit is in `which`; all of them where it is NULL. */
size_t payload_batch(const struct mqtt_view *v, size_t device, const struct bits *which, wall_t now,
    char *buf, size_t size);

/* Room that is enough for every payload and every event of this site. */
size_t payload_room(const struct site *s);

#endif
