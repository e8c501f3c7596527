/* What store.c (core thread) and worker.c (store thread) share; nobody else includes it. */
#ifndef STORE_PRIVATE_H
#define STORE_PRIVATE_H

#include "base/log.h"
#include "base/pulse.h"
#include "store/db.h"
#include "store/queue.h"
#include "store/store.h"

#include <pthread.h>

/* A commit waits this long for company; an alarm's does not wait at all. */
#define GROUP_COMMIT_MS 30
/* Cursors are written at the latest this long after they moved. */
#define CURSOR_DELAY_MS 1000
/* Entries in one transaction. */
#define BATCH_ENTRIES 256
/* Newest events that stay for the console when all receivers have them. */
#define CONSOLE_EVENTS 1000
/* Old events are deleted so many at a time. */
#define PRUNE_EVENTS 256
/* So many that could go are too many to wait for a quiet moment. */
#define PRUNE_STORM    (16 * PRUNE_EVENTS)
#define RETRY_FIRST_MS 200
#define RETRY_MAX_MS   5000
/* A disk that is slower than this in one piece of work is not going to answer. */
#define STUCK_MS 120000

struct fetch {
	int tag;
	uint64_t after;
	unsigned max;
	bool wanted;
};

struct fault {
	bool on;
	mono_t retry_at;
	int64_t backoff_ms;
	struct fault_log log;
};

struct store {
	/* Set before the thread starts, then read only. */
	struct mailbox *answers;
	char *dir;
	uint64_t max_events;
	char **cursor_names;
	size_t cursor_count;
	int lock_fd;
	int witness_fd; /* -1: there is none */
	char epoch[STORE_EPOCH_MAX];
	struct alarm_record *alarms; /* as found at the start */
	struct mark *marks;          /* so are these */
	uint64_t *start_cursors;
	pthread_t thread;
	struct pulse pulse;

	/* Core thread only. */
	struct fault_log overflow;

	pthread_mutex_t lock; /* held for moments, never over the disk */
	pthread_cond_t wake;  /* to the store's thread: something to do */
	pthread_cond_t ended; /* from it */
	struct {
		struct queue queue;
		mono_t commit_at;  /* MONO_NEVER while nothing is pending */
		mono_t cursors_at; /* MONO_NEVER while none moved */
		uint64_t *cursors;
		struct fetch *fetches; /* one place for each tag ever seen */
		size_t fetch_count;
		bool stop, ended;
		struct store_health health;
	} shared; /* under the lock */

	/* Store thread only. */
	struct db *db; /* NULL: to be opened again */
	struct db_bounds bounds;
	uint64_t *cursors_saved, *cursors_next;
	struct entry_list hand; /* taken from the queue, not durable yet */
	struct alarm_record *late;
	size_t late_room;
	struct late_mark *late_marks;
	size_t late_mark_room;
	struct fault fault;
	bool committed; /* the last job was a commit */
	bool last_try;  /* stopping, and the disk has refused once more */
	int io_fd;      /* /proc/thread-self/io, or -1 */
};

/* A message for the core thread, zeroed. */
struct store_mail *store_mail_new(enum store_mail_kind kind);

/*
 * Each is one transaction; *bounds is what the file holds if it succeeds. Where it fails, nothing
 * is written and db_why() says why. Store thread.
 */
/* What is in the hand, and the cursors that have moved. */
bool store_write_hand(struct store *s, struct db_bounds *bounds);
/* The log into the file, or old events away: each costs a sync, so one of them at a time. */
bool store_tidy(struct store *s, struct db_bounds *bounds);
bool store_wants_tidying(const struct store *s);
/* It has waited too long: in a storm of events there is no quiet moment. */
bool store_needs_tidying(const struct store *s);

/* The store's thread; arg is the store. */
void *store_worker(void *arg);

#endif
