/*
 * What must survive: events, the state of each alarm, how far each receiver has got, the SNMP
 * engine. SQLite (WAL, synchronous=FULL) on a thread of its own, because fsync on a flash card
 * can take seconds. An event leaves the house only after store_mail says that it is durable.
 *
 * All functions are for the core thread and never block, but store_open() and store_close().
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "base/mailbox.h"
#include "model/alarm.h"

#include <stdio.h>

struct store;

struct store_options {
	const char *dir;         /* made 0700 if absent; a second instance on it is refused */
	uint64_t max_events;     /* kept at most */
	struct mailbox *answers; /* where struct store_mail goes */
	/* Cursors that must have passed an event before it may go; names of sinks and consumers. */
	const char *const *cursors;
	size_t cursor_count;
};

#define STORE_EPOCH_MAX     40
#define STORE_ENGINE_ID_MAX 32

/* What was found. Owned by the store until store_close(). */
struct store_start {
	char epoch[STORE_EPOCH_MAX]; /* random, made with the store: a wiped disk cannot look like
					continuity */
	uint64_t last_seq;           /* the next event gets last_seq + 1 */
	uint64_t first_held;         /* oldest event still here */
	const struct alarm_record *alarms;
	size_t alarm_count;
	const uint64_t *cursors; /* same order as options.cursors; 0 = nothing yet */
	uint8_t engine_id[STORE_ENGINE_ID_MAX];
	size_t engine_id_length;
	uint32_t engine_boots; /* raised by one, and durable already */
	bool recovered; /* the old file was damaged and has been put aside; text says where */
	char text[256];
};

/* NULL with a sentence in err. Blocks until the disk has answered. */
struct store *store_open(
    const struct store_options *o, struct store_start *start, char *err, size_t err_size);
/* Writes what is queued, waits at most 5 s. */
void store_close(struct store *s);

/* Queues an event (copied) and, in the same transaction, the alarm it changed (or NULL). */
void store_event(struct store *s, const struct event *e, const struct alarm_record *record);

/*
 * Asks for events with seq > after, at most max (<= STORE_BATCH_MAX), oldest first; they come as
 * STORE_BATCH with the same tag. A range that is not held any more comes as an EVENT_GAP first.
 */
#define STORE_BATCH_MAX 64
void store_fetch(struct store *s, int tag, uint64_t after, unsigned max);

/* Cursor n (of options.cursors) has everything up to and including upto. Written with the next
 * commit. */
void store_cursor(struct store *s, size_t cursor, uint64_t upto);

enum store_mail_kind {
	STORE_DURABLE, /* everything up to `upto` is on disk */
	STORE_BATCH,
	STORE_FAULT, /* the disk refuses; text says what. Events are kept in memory, bounded */
	STORE_HEALED,
};

/* Comes by the mailbox; give it back with store_mail_free(). */
struct store_mail {
	struct mail mail; /* kind: enum store_mail_kind */
	uint64_t upto;
	int tag;
	struct event *events; /* BATCH */
	size_t event_count;
	char text[256];
};
void store_mail_free(struct store_mail *m);

/* For `facilityctl status`. */
struct store_health {
	bool fault;
	uint64_t durable, held, bytes_written,
	    lost; /* lost: events that could not be kept: a gap record says which */
	int32_t commit_max_us;
};
void store_health(struct store *s, struct store_health *out);

/* Newest n events for the console come by the same store_fetch(). */

#endif
