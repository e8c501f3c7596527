/* What the history_*.c of the store share; nobody else includes it. */
#ifndef STORE_HISTORY_DB_PRIVATE_H
#define STORE_HISTORY_DB_PRIVATE_H

#include "store/db_private.h"
#include "store/history_db.h"

enum history_statement {
	HISTORY_PART_PUT,   /* data */
	HISTORY_PARTS,      /* -> data, as they came */
	HISTORY_PART_COUNT, /* -> number */
	HISTORY_PART_DROP,  /* all of them */
	HISTORY_HOUR_GET,   /* hour, series -> data */
	HISTORY_HOUR_PUT,   /* hour, series, data */
	HISTORY_HOUR_NEXT,  /* hour -> the first one that is not before it */
	HISTORY_HOUR_DROP,  /* hour: this one and those before */
	HISTORY_STATEMENT_COUNT
};

struct history_db {
	struct db db; /* the connection and why a call failed; its statements are not used */
	const struct history_db_options *o;
	sqlite3_stmt *statements[HISTORY_STATEMENT_COUNT];
	int64_t *series; /* by point */
	bool merged;     /* since the last tidying */
	struct fault_log unreadable;
};

/* The statement, reset, with whole numbers in its first two places. */
sqlite3_stmt *history_statement(
    struct history_db *h, enum history_statement s, int64_t a, int64_t b);

/* One entry of a batch or of a part. */
struct batch_entry {
	uint64_t key;
	const uint8_t *bytes;
	size_t length;
};
/* The next one; false: the end, or it makes no sense. */
bool batch_entry_next(const uint8_t **at, const uint8_t *end, struct batch_entry *out);

/* Minutes of one point, in the order of time, at most so many: a day of parts, and an hour twice.
 */
#define MINUTE_LIST_MAX 512
struct minute_list {
	struct minute m[MINUTE_LIST_MAX];
	size_t n;
};
/* Adds what is packed there; what makes no sense, or is too much, is left out with a line in the
 * log. */
void minute_list_add(
    struct history_db *h, struct minute_list *l, const void *packed, size_t length);
/*
 * In the order of time; of one minute at most one record that a set clock dated and one that none
 * did.
 */
void minute_list_sort(struct minute_list *l);

/* Adds the row of this hour and series, if there is one. */
bool history_db_hour(struct history_db *h, int64_t hour, int64_t series, struct minute_list *out);
/* All parts become rows of hours; inside a transaction. */
bool history_db_merge(struct history_db *h);

#endif
