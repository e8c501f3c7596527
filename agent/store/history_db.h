/*
 * The file of the history: its SQLite side. Belongs to the history's thread; all block.
 *
 * Tables: series (the name of a point and its number), part (a batch of some minutes of all points,
 * as it came), hour (one row for each hour and series: its minutes, packed).
 */
#ifndef STORE_HISTORY_DB_H
#define STORE_HISTORY_DB_H

#include "core/past.h"
#include "store/db.h"

struct history_db;

/* Minutes of many points: entries of [varint key, varint length, packed minutes]. */
struct batch {
	struct batch *next;
	bool clock_set;
	uint32_t newest; /* minute */
	size_t length, room;
	uint8_t *bytes; /* the key of an entry is the point's index, rising */
};

struct history_db_options {
	const char *dir;
	const char *names; /* as in struct history_disk_options */
	const double *resolutions;
	size_t point_count;
	uint64_t max_bytes;
	int64_t keep_ms;
};

/* The options must outlive it. NULL with *err. */
struct history_db *history_db_open(const struct history_db_options *o, struct db_error *err);
void history_db_close(struct history_db *h, bool clean); /* NULL is allowed */
const struct db_error *history_db_why(const struct history_db *h);

/* Writes a batch; at the end of an hour its parts become rows of hours and what is too much goes.
 * false: nothing was written, history_db_why() says why. */
bool history_db_put(struct history_db *h, const struct batch *b);
/* After it: once an hour the log goes into the file, which is shrunk where it is above its limit.
 * This is the one sync of an hour. */
bool history_db_tidy(struct history_db *h);

/*
 * Answers, hours in order, until the rows are full or enough has been looked at. waiting: batches
 * that are not in the file yet. false: history_db_why(); *out is of no use.
 */
bool history_db_read(struct history_db *h, const struct past *ask, const struct batch *waiting,
    struct past_answer *out);

/* Bytes of the file in use, and the oldest hour since 1970 that is kept (-1: none; 0 is what a
 * board without a clock begins in). */
bool history_db_size(struct history_db *h, uint64_t *bytes, int64_t *oldest_hour);

#endif
