/* What is told of a ring of records, as events: one record, or something about the ring itself. */
#ifndef CORE_RECORDS_SAY_H
#define CORE_RECORDS_SAY_H

#include "model/event.h"

struct core;

/* A record as it was read; parts that the records do not have are 0. */
struct ring_record {
	uint64_t number;
	uint64_t parts[RECORD_PART_COUNT];
};
void ring_record_event(
    const struct core *c, size_t device, const struct ring_record *r, struct event *e);

enum ring_story {
	RING_BEGINS,    /* first contact: records after `last` will be told */
	RING_LOST,      /* first..last were overwritten before they could be read */
	RING_DAMAGED,   /* first..last cannot be read */
	RING_RESTARTED, /* the count went back from `before`; first..last are there */
	RING_REPLACED,  /* record `before` is another one; the same */
	RING_REFUSED,   /* the device does not show its ring: `code` */
	RING_STORY_COUNT
};
struct ring_facts {
	uint64_t first, last, before;
	unsigned code;
};
void ring_story_event(const struct core *c, size_t device, enum ring_story story,
    const struct ring_facts *facts, struct event *e);

#endif
