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
	const char *dir; /* made 0700 if absent; a second instance on it is refused */
	/* Kept at most, >= 1. An event that all cursors have passed goes earlier, but for the
	 * newest thousand, which stay for the console. */
	uint64_t max_events;
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
	const struct mark *marks; /* in the order of their keys */
	size_t mark_count;
	const uint64_t *cursors; /* same order as options.cursors; 0 = nothing yet */
	uint8_t engine_id[STORE_ENGINE_ID_MAX];
	size_t engine_id_length;
	uint32_t engine_boots; /* raised by one, and durable already */
	/* The old file was damaged and has been put aside; text says where. The epoch is new;
	 * alarms (with seq 0), marks and the SNMP engine are the old ones as far as they could be
	 * read. */
	bool recovered;
	/* The disk has lost the newest events, which it had confirmed: they are on record as a gap,
	 * their numbers are not used again, and text says so. Not together with recovered. */
	bool lost;
	char text[256];
	bool refused; /* store_open() gave NULL because the disk takes or gives nothing: full,
			 read-only, failing. Another directory may do. */
};

/* NULL with a sentence in err. Blocks until the disk has answered. */
struct store *store_open(
    const struct store_options *o, struct store_start *start, char *err, size_t err_size);
/* Writes what is queued, waits at most 5 s. */
void store_close(struct store *s);

/*
 * Queues an event (copied) and, in the same transaction, the alarm it changed (or NULL) and the
 * mark that goes with it (or NULL). An alarm's event is committed at once, others wait up to 30 ms
 * for company. 4096 events can wait for a slow disk; those beyond are lost, with a gap record and a
 * line in the log; their alarm states and marks are not.
 */
void store_event(struct store *s, const struct event *e, const struct alarm_record *record,
    const struct mark *mark);

/*
 * Asks for events with seq > after, at most max (<= STORE_BATCH_MAX), oldest first; they come as
 * STORE_BATCH with the same tag, which is empty where there are none. Where events are missing, one
 * EVENT_GAP stands in their place: from, to and value say which and how many, its seq is the last
 * of them. So it is for an event that cannot be read. One question per tag at a time: a second one
 * replaces the first.
 */
#define STORE_BATCH_MAX 64
void store_fetch(struct store *s, int tag, uint64_t after, unsigned max);

/* Cursor n (of options.cursors) has everything up to and including upto. Written with the next
 * commit. */
void store_cursor(struct store *s, size_t cursor, uint64_t upto);

enum store_mail_kind {
	STORE_DURABLE, /* everything up to `upto` is on disk */
	STORE_BATCH,
	STORE_FAULT, /* the disk refuses; text says what. Events are kept in memory, bounded. Said
			once, and in the log by the store itself */
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

/* For `facilityctl status`, and to know whether anything would be lost now. */
struct store_health {
	bool fault;
	uint64_t newest; /* the last event that store_event() was given; > durable: some wait */
	uint64_t durable, held;
	uint64_t bytes_written; /* by the store's thread since the start */
	uint64_t lost;          /* events that could not be kept: gap records say which */
	int32_t commit_max_us;  /* longest commit since the start */
};
void store_health(struct store *s, struct store_health *out);

/* Newest n events for the console come by the same store_fetch(). */

#endif
