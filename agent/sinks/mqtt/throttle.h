/*
 * Lines about what others send us: each says something new, so none may be swallowed by the first,
 * but nobody may flood our log either. Up to THROTTLE_LINES in THROTTLE_MS, the rest is counted.
 */
#ifndef SINKS_MQTT_THROTTLE_H
#define SINKS_MQTT_THROTTLE_H

#include "base/clock.h"

#define THROTTLE_LINES 5
#define THROTTLE_MS    60000

/* Zero-initialised is ready. Owned by one thread. */
struct throttle {
	mono_t since;
	unsigned said, skipped;
};

/* Logs the line as a warning, with the number of lines that were left out before it; or counts. */
void throttle_warn(struct throttle *t, mono_t now, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#endif
