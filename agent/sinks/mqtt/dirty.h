/*
 * Which topics have to be published again: one bit for each. A point that changes ten times while
 * the broker is away costs one bit and is published once, as it stands then. Pure, core thread.
 */
#ifndef SINKS_MQTT_DIRTY_H
#define SINKS_MQTT_DIRTY_H

#include "base/arena.h"

#include <stdbool.h>
#include <stdint.h>

/* A set of small whole numbers that remembers how many are in it and where it took the last. */
struct bits {
	uint64_t *words;
	size_t count; /* members are 0..count-1 */
	size_t set;   /* how many are in */
	size_t next;  /* bits_take() looks from here on, so that none waits for ever */
};

void bits_init(struct bits *b, struct arena *a, size_t count);
bool bits_has(const struct bits *b, size_t i);
void bits_add(struct bits *b, size_t i);
void bits_add_all(struct bits *b);
void bits_remove(struct bits *b, size_t i);
void bits_remove_range(struct bits *b, size_t first, size_t n);
void bits_remove_all(struct bits *b);
/* Takes one member out; false: the set is empty. */
bool bits_take(struct bits *b, size_t *out);

/*
 * Kinds of topics that show a state. What stands first is published first: after a connection that
 * is the order in which a reader can make sense of it. Only the agent's own topic waits then until
 * the others were sent once (state.c).
 */
enum topic_kind {
	TOPIC_AGENT,  /* one */
	TOPIC_DEVICE, /* one for each device */
	TOPIC_ALARM,  /* one for each alarm */
	TOPIC_ALARMS, /* one for each device: how its alarms are, the normal ones as well */
	TOPIC_MARK,   /* one for each point with a topic of the site's own form: where that is */
	TOPIC_POINT,  /* one for each point */
	TOPIC_BATCH,  /* one for each device: its points together */
	TOPIC_HASS_POINT, /* one for each point, and for each alarm: told to Home Assistant */
	TOPIC_HASS_ALARM,
	TOPIC_KIND_COUNT
};

struct dirty {
	struct bits kind[TOPIC_KIND_COUNT]; /* count 0 where the site has no such topics */
};

/* The kind of the most urgent topic; false: nothing is dirty. */
bool dirty_first(const struct dirty *d, enum topic_kind *kind);
/* The most urgent topic, taken out; false: nothing is dirty. */
bool dirty_take(struct dirty *d, enum topic_kind *kind, size_t *index);
size_t dirty_count(const struct dirty *d);

#endif
