/*
 * One way through the stream of events: fetched from the outbox in batches, handed over in the
 * order of seq, confirmed in that order too. The live stream is one; a replay is another. Pure,
 * core thread, no allocation.
 *
 *	after `confirmed` the receiver has everything; up to `fetched` events are here or on their
 *	way; up to `last` they exist. stream_rewind() starts again behind any event.
 */
#ifndef SINKS_MQTT_STREAM_H
#define SINKS_MQTT_STREAM_H

#include "base/clock.h"
#include "model/event.h"

#include <stdbool.h>
#include <stdint.h>

#define STREAM_QUEUE  16 /* fetched, not handed over: 16 events are 32 KiB */
#define STREAM_FLIGHT 14 /* handed over, not confirmed: leaves room for state in the window */

/* The outbox had nothing where something should be: ask again, but not in a tight loop. */
#define STREAM_EMPTY_MS 1000

struct stream {
	uint64_t last;      /* newest event that may be fetched */
	uint64_t confirmed; /* everything up to here has arrived */
	uint64_t fetched;   /* everything up to here was fetched since the last rewind */
	uint64_t sent;      /* highest seq that was ever handed over */
	mono_t pause_until; /* nothing is handed over before */
	unsigned life;      /* grows with each rewind: what comes home from before does not count */

	bool fetching; /* a request is under way; the outbox answers each one once */
	bool stale;    /* ... but from before a rewind: its answer must not be taken for the next */
	mono_t fetch_from; /* no request before */
	bool dry;          /* the last answer had nothing that was wanted */

	struct event queue[STREAM_QUEUE];
	size_t head, count;

	struct {
		uint64_t seq;
		bool done;
	} flight[STREAM_FLIGHT]; /* oldest first */
	size_t flying;
};

/* Events after `after`, up to `last` (0: none yet; raise s->last as they come into being). */
void stream_init(struct stream *s, uint64_t after, uint64_t last);

/* Is it time to fetch? Then *after and *max say what, and the stream counts it as asked. */
bool stream_fetch(struct stream *s, mono_t now, uint64_t *after, unsigned *max);
/* The answer. Events that are here already, or behind, are left out. */
void stream_add(struct stream *s, const struct event *events, size_t count, mono_t now);

/* The event to hand over next, or NULL; then stream_sent() says that it was. */
const struct event *stream_next(const struct stream *s, mono_t now);
void stream_sent(struct stream *s);

/* Event seq of that life has arrived. true: `confirmed` has moved. */
bool stream_confirm(struct stream *s, unsigned life, uint64_t seq);
/* Start again behind `after`: the connection was lost, or an event was refused. */
void stream_rewind(struct stream *s, uint64_t after);

#endif
