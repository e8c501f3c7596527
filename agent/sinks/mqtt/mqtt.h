/*
 * State and events to the MQTT broker. The core side (this header, core thread) keeps one dirty bit
 * for each topic and one place in the stream of events; a thread of its own owns libmosquitto.
 * Between the two run at most 20 messages, so memory is bounded whatever the broker does.
 */
#ifndef SINKS_MQTT_MQTT_H
#define SINKS_MQTT_MQTT_H

#include "base/loop.h"
#include "core/core.h"
#include "core/outbox.h"

struct mqtt;

/* cursor_mqtt / consumers: start values of the cursors "mqtt" and "mqtt/<consumer>". */
struct mqtt_start {
	struct loop *loop;
	struct core *core; /* read only */
	const struct outbox *outbox;
	uint64_t published;        /* cursor "mqtt" */
	const uint64_t *consumers; /* same order as site->mqtt.consumers: cursors "mqtt/<name>" */
	uint64_t durable;
	const char *version; /* of the agent, for its topic */
};

struct mqtt *mqtt_new(const struct mqtt_start *start, char *err, size_t err_size);
/* Publishes "offline", disconnects cleanly; waits at most 2 s. */
void mqtt_free(struct mqtt *m);

void mqtt_changes(struct mqtt *m, const struct core_changes *changes, const struct now *now);
void mqtt_durable(struct mqtt *m, uint64_t upto, const struct now *now);
void mqtt_events(
    struct mqtt *m, int tag, const struct event *events, size_t count, const struct now *now);
/* End of turn: hands over what the window allows. */
void mqtt_flush(struct mqtt *m, const struct now *now);

struct mqtt_health {
	bool connected;
	char text[160]; /* "connected to localhost:1883", "cannot reach ...: connection refused,
			   next try in 4 s" */
	uint64_t published, confirmed,
	    waiting_events; /* messages, PUBACKs, events not yet confirmed */
	unsigned in_flight, dirty;
	uint64_t reconnects;
};
void mqtt_health(const struct mqtt *m, struct mqtt_health *out);

#endif
