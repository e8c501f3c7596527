/* What a receiver at the NOC wants to hear. Pure. */
#ifndef SINKS_TRAP_FILTER_H
#define SINKS_TRAP_FILTER_H

#include "model/event.h"
#include "model/site.h"

/*
 * Events of at least its priority, from its zones and the zones inside them; what belongs to no
 * zone passes. The agent's own events and gaps always pass. Priority and zone of an alarm never
 * change while the agent runs, so whoever hears that it came hears that it went, and so it is
 * with a device that is lost and comes back; the end of an alarm that has left the site goes to
 * all.
 */
bool filter_wants(const struct site *site, const struct receiver_spec *r, const struct event *e);

#endif
