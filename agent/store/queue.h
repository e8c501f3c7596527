/*
 * Events on their way to the disk and the newest that are there. A fixed number of entries goes
 * round: free -> pending (store_event) -> in the hands of the store's thread -> recent (durable,
 * so that a fetch of what has just happened needs no disk) -> free.
 *
 * When the disk takes nothing and all entries wait, further events are lost, and said to be: one
 * entry at the end of the line then stands for all of them. The alarm states and marks that came
 * with lost events are kept, one for each alarm and key: a state is coalesced, not queued.
 *
 * Pure data; the caller holds the lock.
 */
#ifndef STORE_QUEUE_H
#define STORE_QUEUE_H

#include "model/alarm.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define QUEUE_ENTRIES 4096
/* Durable events kept at hand while there are entries to spare. */
#define QUEUE_RECENT 256

struct entry {
	struct entry *next;
	/* The entry stands for first..last: one event, or lost ones. */
	uint64_t first, last;
	bool lost;
	wall_t since, until; /* lost: when */
	bool has_record, has_mark;
	struct event event; /* !lost */
	struct alarm_record record;
	struct mark mark;
};

/* The mark of a lost event. */
struct late_mark {
	uint64_t seq;
	struct mark mark;
};

struct entry_list {
	struct entry *first, *last;
	size_t count;
};

void list_append(struct entry_list *l, struct entry *e);
struct entry *list_shift(struct entry_list *l); /* NULL where it is empty */

struct queue {
	struct entry *entries; /* all of them */
	size_t unused;         /* the first ones of these, never touched: they take no memory yet */
	struct entry_list free, pending, recent;
	struct alarm_record *late; /* of lost events that are pending still */
	size_t late_count, late_room;
	struct late_mark *late_marks; /* so are these */
	size_t late_mark_count, late_mark_room;
	uint64_t lost; /* events whose loss is not on the disk yet */
};

void queue_init(struct queue *q, size_t entries);
void queue_free(struct queue *q);

/* Copies. false: there was no room, the event is lost and on record. */
bool queue_put(struct queue *q, const struct event *e, const struct alarm_record *record,
    const struct mark *mark);

/* Takes the oldest pending ones, at most max events or lost ranges, and appends them to *out. */
void queue_take(struct queue *q, struct entry_list *out, size_t max);
/* These are durable: the newest are kept at hand. Empties *l. */
void queue_done(struct queue *q, struct entry_list *l);
/* Takes the recent ones with seq > after out of the queue, to be written again. */
void queue_take_recent(struct queue *q, uint64_t after, struct entry_list *out);
/*
 * Copies the late records of seq first..last to *out, an array that this grows (malloc; *room
 * records long). Returns how many. They stay until queue_done() is told that they are durable.
 */
size_t queue_late(
    const struct queue *q, uint64_t first, uint64_t last, struct alarm_record **out, size_t *room);
size_t queue_late_marks(
    const struct queue *q, uint64_t first, uint64_t last, struct late_mark **out, size_t *room);

/*
 * Events after `after` from the recent ones, at most max. -1: they do not reach back that far, or
 * have a hole; ask the disk.
 */
int queue_recent(const struct queue *q, uint64_t after, unsigned max, const struct event *out[]);

#endif
