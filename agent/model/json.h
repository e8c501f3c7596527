/*
 * The nouns as JSON: one form for topics, console and store. Sorted as written,
 * compact, numbers short ("24.3", not 24.300000000000001).
 */
#ifndef MODEL_JSON_H
#define MODEL_JSON_H

#include "base/arena.h"
#include "model/alarm.h"
#include "model/event.h"
#include "model/writer.h"

#include <stdbool.h>
#include <stddef.h>

/* Largest text that json_event() makes. */
#define JSON_EVENT_MAX 6144

/*
 * Each writes a terminated object to buf and returns its length, or 0 where it does not fit (that
 * is a defect of the caller's size).
 *
 * event: {"epoch":"7f3c..","seq":4211,"time":"..","clock":"synced"|"unsynced","type":"alarm",
 * "priority":"high","device":..,"zone":..,"alarm":..,"point":..,"from":..,"to":..,"value":..,
 * "unit":..,"word":..,"quality":..,"who":..,"record":..,"device_time":..,"text":..,"impact":..,
 * "remedy":..}; empty ones left out.
 */
size_t json_event(const struct event *e, const char *epoch, char *buf, size_t size);

/* {"value":24.3,"unit":"Cel","quality":"good","time":".."[,"text":"running"][,"reason":"sentinel"]
 * [,"maintenance":true]}; value is null while there is none. */
struct json_point {
	bool has_value;
	double value;
	const char *unit, *text; /* text NULL: a measurement */
	enum quality quality;
	enum defect defect;
	wall_t time;      /* 0: never read; left out */
	bool maintenance; /* people work on the device */
};
size_t json_point(const struct json_point *p, char *buf, size_t size);
/* The same as a member of what w is at. */
void json_write_point(struct writer *w, const char *key, const struct json_point *p);

/* What stands around number and time of a good measurement: made once, as it is told by the
 * thousand. Lives in the arena. */
struct json_frame {
	const char *head, *tail; /* "name":{"value": and ,"unit":"Cel","quality":"good","time":" */
	uint16_t head_length, tail_length;
};
void json_frame(struct json_frame *f, struct arena *a, const char *key, const char *unit);
/*
 * As json_write_point() does for a good measurement of that key and unit. false: not written,
 * because it is near the end of the room, or the value or the time is none.
 */
bool json_write_framed(struct writer *w, const struct json_frame *f, double value, wall_t time);

#endif
