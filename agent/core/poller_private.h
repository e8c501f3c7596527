/* Inside of core/poller: what poller.c (when) and poller_phase.c (whether) share. */
#ifndef CORE_POLLER_PRIVATE_H
#define CORE_POLLER_PRIVATE_H

#include "core/poller.h"

/* Between two tries, where each takes longer than the back-off. */
#define POLLER_PAUSE_MIN_MS 250

bool poll_has_questions(const struct poll *q);
/* The first beat after `now`. Not for facts. */
mono_t poll_next_beat(const struct poll *q, mono_t now);
void poller_set_due(struct poller *p, struct poll *q, mono_t due);
/* Sets the device's timer to the next moment at which poller_turn() has something to do. */
void poller_schedule(struct poller *p, size_t device);
/* The class that is most likely to be answered; NULL where a device has no points. */
struct poll *poller_probe_of(struct unit_polls *u);
/* When to try again, about backoff_ms after a try that began at `began` and ended now. */
mono_t poller_after_backoff(struct poller *p, int64_t backoff_ms, mono_t began, mono_t now);

#endif
