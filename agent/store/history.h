/*
 * The minutes of points on disk: history.db beside events.db. A file and a thread of its own, so
 * that a full, slow or damaged disk here never holds up an event. What is lost here is telemetry.
 *
 * All functions are for the core thread and never block, but history_disk_close().
 *
 * Minutes come in batches of five and are written as they come, one row for a batch; after an hour
 * the batches become one row for each point and hour, because that is how people ask. The file is
 * WAL with synchronous=NORMAL: after a power cut the last commits may be missing, which are
 * minutes, and the file is sound all the same; in return a commit costs no sync. At kill -9 at most
 * five minutes are lost. Either is told as a gap.
 */
#ifndef STORE_HISTORY_H
#define STORE_HISTORY_H

#include "base/mailbox.h"
#include "core/past.h"

#define HISTORY_FILE "history.db"
/* Batches that wait for a disk that refuses: an hour. Then the oldest go. */
#define HISTORY_BATCHES_MAX 12
/* Nothing is written while the file system has less than this left: it is for the events. */
#define HISTORY_SPARE_BYTES (8 * 1024 * 1024)

struct history_disk;

struct history_disk_options {
	const char *dir;         /* of the store, which is open: it holds the lock */
	struct mailbox *answers; /* where struct history_mail goes */
	/*
	 * Of all points in their order: the name in the file, "crac1/return_air_temperature", each
	 * with its '\0', one behind the other; how fine it is told (see minutes_pack()). Both
	 * from malloc(), and the disk's from then on, also where it cannot be opened.
	 */
	char *names;
	double *resolutions;
	size_t point_count;
	uint64_t max_bytes; /* of the file; the oldest hours go first */
	int64_t keep_ms;    /* and what is older than this */
};

/* Starts the thread, which opens the file. NULL with a sentence in err: there is no thread. */
struct history_disk *history_disk_open(
    const struct history_disk_options *o, char *err, size_t err_size);
/* Writes what has been handed over, waits at most 5 s. NULL is allowed. */
void history_disk_close(struct history_disk *d);

/* Adds minutes of a point to the batch under way; points in rising order. */
void history_disk_put(struct history_disk *d, size_t point, const struct minute *m, size_t n);
/* Hands the batch over. clock_set: the wall clock is disciplined, so that what is old may go. */
void history_disk_flush(struct history_disk *d, bool clock_set);

/* Asks (copied); HISTORY_ANSWER follows. One question at a time. */
void history_disk_ask(struct history_disk *d, const struct past *ask);

enum history_mail_kind {
	HISTORY_ANSWER,
	HISTORY_DAMAGED, /* the file was, and has been put aside; text says where */
};

/* Comes by the mailbox; give it back with free(). */
struct history_mail {
	struct mail mail; /* kind: enum history_mail_kind */
	struct past_answer answer;
	char text[256];
};

struct history_health {
	bool fault;
	char why[256];          /* a sentence, where fault */
	uint64_t bytes;         /* of the file that are in use */
	uint64_t bytes_written; /* by its thread since the start */
	mono_t since;           /* the start */
	uint64_t batches_lost;  /* of five minutes */
	wall_t oldest;          /* of what is kept; 0: nothing */
};
void history_disk_health(struct history_disk *d, struct history_health *out);

#endif
