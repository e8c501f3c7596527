/*
 * All topics with state that this site publishes, except the agent's own: what is retained beside
 * them is of something that has left the site. Made once, then only read.
 */
#ifndef SINKS_MQTT_ROSTER_H
#define SINKS_MQTT_ROSTER_H

#include "base/arena.h"
#include "model/site.h"

#include <stdbool.h>

struct roster {
	char **topics; /* sorted */
	size_t count;
};

/* Copies what it needs of the site into the arena. */
void roster_init(struct roster *r, struct arena *a, const struct site *site);
/* Its place among r->topics, or NO_INDEX. topic: the whole one, with the base. */
long roster_find(const struct roster *r, const char *topic);

#endif
