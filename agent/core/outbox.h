/*
 * What a sink that must deliver events is given of the store, so that sinks and store need not
 * know each other: house/house.c ties the two. Core thread.
 */
#ifndef CORE_OUTBOX_H
#define CORE_OUTBOX_H

#include "model/event.h"

struct outbox {
	void *arg;
	const char *epoch;
	/*
	 * Asks for events after `after`, at most max; they come to the sink's ..._events() with
	 * this tag. One request per tag at a time.
	 */
	void (*fetch)(void *arg, int tag, uint64_t after, unsigned max);
	/* The receiver with this cursor name has everything up to `upto`. */
	void (*passed)(void *arg, const char *cursor, uint64_t upto);
	/* NULL, or: a receiver says that it has events up to `upto`, which nobody here knows. */
	void (*beyond)(void *arg, const char *receiver, uint64_t upto);
};

/* Tags are handed out by house/house.c in ranges, so that a batch finds its sink. */
enum outbox_tag {
	OUTBOX_MQTT = 0,
	OUTBOX_MQTT_REPLAY = 1,
	OUTBOX_CONSOLE = 2,
	OUTBOX_NOC = 16 /* + receiver */
};

#endif
