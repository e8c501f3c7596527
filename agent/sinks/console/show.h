/*
 * What the control socket tells, as members of JSON objects: the same words and keys as the MQTT
 * topics. Pure but for the looks at `sources`. Each function writes members only; the caller opens
 * and closes the object.
 */
#ifndef SINKS_CONSOLE_SHOW_H
#define SINKS_CONSOLE_SHOW_H

#include "base/log.h"
#include "core/core.h"
#include "model/writer.h"
#include "sinks/console/console.h"
#include "sinks/console/load.h"
#include "sinks/console/ward.h"

/* Where the answers come from. All outlives the struct. */
struct show {
	struct core *core;
	const struct site *site;
	const struct console_sources *sources; /* never NULL; its functions may be */
	struct load *load;
	struct ward *ward; /* NULL: nobody counts */
	const char *version;
	struct now started;
	size_t consoles;   /* clients connected */
	size_t watchers;   /* those of them that watch */
	const char *epoch; /* of the store; NULL: there is none */
	uint64_t durable;  /* seq of the newest event on disk */
	struct fault_log refusals;
	struct now now; /* of this turn */
};

void show_status(const struct show *s, struct writer *w);
void show_zone(const struct show *s, size_t zone, struct writer *w);
void show_device(const struct show *s, size_t device, struct writer *w);
/* Where the device is asked: what a person would type to reach it by hand. */
void show_address(const struct show *s, const struct device_spec *d, struct writer *w);
void show_point(const struct show *s, size_t point, struct writer *w);
void show_alarm(const struct show *s, size_t alarm, struct writer *w);
void show_link(const struct show *s, size_t link, struct writer *w);
/* How one device does on its bus: transactions, failures, round trip. */
void show_slave(const struct show *s, size_t device, struct writer *w);
/* A device in maintenance; a window planned in the site file. */
void show_maintenance(const struct show *s, size_t device, struct writer *w);
void show_plan(const struct show *s, size_t plan, struct writer *w);
/* The lines of core_explain() as an array, after the members of the point. */
void show_explain(const struct show *s, size_t point, struct writer *w);

/*
 * The round trip that `permille` of the answers stayed below, in milliseconds: estimated inside
 * the bin of powers of two in which it falls, never above the largest one seen. NAN: no answer yet.
 */
double show_round_trip_ms(const struct device_stats *st, unsigned permille);

#endif
