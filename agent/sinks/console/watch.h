/*
 * What a watching client still has to be told: one dirty bit for each alarm, device and point, and
 * a place in the stream of events. State is coalesced, never queued: however slow the client and
 * however often a point changes, the client gets it as it stands when its turn comes.
 *
 * Rounds begin at most every WATCH_ROUND_MS; in a round each thing is told at most once. Pure.
 */
#ifndef SINKS_CONSOLE_WATCH_H
#define SINKS_CONSOLE_WATCH_H

#include "core/core.h"
#include "sinks/console/show.h"

/* Screens that are left on must not keep out who comes to acknowledge: they have not all places. */
#define WATCHERS_MAX   16
#define WATCH_ROUND_MS 200
/* The status line comes at least so often, so that silence means that the agent is gone. */
#define WATCH_STATUS_MS 2000

enum watch_kind {
	WATCH_STATUS,
	WATCH_ALARM,
	WATCH_ZONE, /* told once, with the devices: zones do not change */
	WATCH_DEVICE,
	WATCH_POINT,
	WATCH_KIND_COUNT
};
#define WATCH_EVENT_BIT (1u << WATCH_KIND_COUNT)

struct watch;

/*
 * kinds: a bit for each enum watch_kind, and WATCH_EVENT_BIT; WATCH_STATUS is always told. Starts
 * with everything (of alarms: those that are not normal) to be told. after: the first event told
 * is the one after this.
 */
struct watch *watch_new(const struct show *s, unsigned kinds, uint64_t after);
void watch_free(struct watch *w); /* NULL is allowed */

void watch_mark(struct watch *w, const struct core_changes *changes);

/* Writes the next line that is due, if any. false: nothing is due now. */
bool watch_step(struct watch *w, const struct show *s, struct writer *out);
mono_t watch_next(const struct watch *w);

/* Has the snapshot been told, and does it want events newer than *after? */
bool watch_wants_events(const struct watch *w, uint64_t *after);
void watch_events_told(struct watch *w, uint64_t upto);

#endif
