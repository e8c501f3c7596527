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

/* version and outbox are kept, the rest is read at the start. */
struct mqtt_start {
	struct loop *loop;
	struct core *core; /* read only */
	const struct outbox *outbox;
	uint64_t published;        /* cursor "mqtt" */
	const uint64_t *consumers; /* same order as site->mqtt.consumers: cursors "mqtt/<name>" */
	uint64_t durable;
	const char *version; /* of the agent, for its topic */
};

/* The site and the outbox must outlive it. NULL with a sentence in err. */
struct mqtt *mqtt_new(const struct mqtt_start *start, char *err, size_t err_size);
/*
 * Publishes "offline", disconnects cleanly; waits at most 2 s. The loop must not run any more
 * (its handlers would look at what is gone); loop_free() may come before or after. NULL is allowed.
 */
void mqtt_free(struct mqtt *m);

/* What the core has to tell, before it counts as told (core_changes_clear()). */
void mqtt_changes(struct mqtt *m, const struct core_changes *changes, const struct now *now);
/* Events up to this one are on disk and may leave. */
void mqtt_durable(struct mqtt *m, uint64_t upto, const struct now *now);
/* The answer of the outbox to a fetch with OUTBOX_MQTT or OUTBOX_MQTT_REPLAY; possibly none. */
void mqtt_events(
    struct mqtt *m, int tag, const struct event *events, size_t count, const struct now *now);
/* End of turn: hands over what the window allows. */
void mqtt_flush(struct mqtt *m, const struct now *now);

struct mqtt_health {
	bool connected;
	/* Events wait although we are connected: the broker refuses them, nobody is there for
	 * whom they are, it does not let us hear the consumers, or one of these confirms nothing.
	 * text says which. */
	bool holding;
	/* States that the broker does not show as they are: it refuses them. text says more. */
	unsigned refused;
	/* "connected to localhost:1883"; "cannot reach localhost:1883: Connection refused, next
	 * try in 4 s"; "connected to ..., but events wait: nobody is subscribed to ..." */
	char text[512];
	uint64_t published;      /* messages that the broker has */
	uint64_t confirmed;      /* of these, events with a PUBACK */
	uint64_t waiting_events; /* not yet where they must be (broker, or slowest consumer) */
	unsigned in_flight;      /* of the window of 20 */
	unsigned dirty;          /* topics to be published */
	uint64_t reconnects;
};
void mqtt_health(struct mqtt *m, struct mqtt_health *out);

#endif
