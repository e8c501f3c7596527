/* What the db_*.c share; nobody else includes it. */
#ifndef STORE_DB_PRIVATE_H
#define STORE_DB_PRIVATE_H

#include "base/log.h"
#include "store/db.h"
#include "store/row.h"

#include <limits.h>
#include <sqlite3.h>

#define DB_SCHEMA_VERSION 3
#define DB_EPOCH_BYTES    16

enum statement {
	STATEMENT_BEGIN,
	STATEMENT_COMMIT,
	STATEMENT_EVENT_PUT,
	STATEMENT_EVENT_SELECT, /* after, upto, limit */
	STATEMENT_EVENT_NTH,    /* offset -> seq */
	STATEMENT_EVENT_DELETE, /* upto */
	STATEMENT_ALARM_PUT,
	STATEMENT_MARK_PUT,
	STATEMENT_MARK_END,     /* key */
	STATEMENT_CURSOR_PUT,   /* name, upto */
	STATEMENT_GAP_TOUCHING, /* first, last -> a gap that overlaps or adjoins */
	STATEMENT_GAP_REMOVE,   /* first */
	STATEMENT_GAP_PUT,      /* first, last, reason, since, until */
	STATEMENT_GAP_PASSED,   /* upto: removes all that end there or before */
	STATEMENT_GAP_WITHIN,   /* from, to -> lost, reason, until */
	STATEMENT_COUNT
};

struct db {
	sqlite3 *sql;
	char path[PATH_MAX];
	sqlite3_stmt *statements[STATEMENT_COUNT];
	unsigned log_pages;
	struct fault_log unreadable; /* events that make no sense */
	struct db_error why;
};

/* Each notes why a call failed and returns false. */
bool db_trouble(struct db *d, enum trouble t, bool reopen, const char *cause);
bool db_fail(struct db *d, int rc);              /* rc is SQLite's */
bool db_damaged(struct db *d, const char *what); /* a finding of our own */
/* After row_read() has named a column: false where it was memory that ran out. */
bool db_had_memory(struct db *d);

/* Prepares all statements; db_finalize() ends them. */
bool db_prepare(struct db *d);
void db_finalize(struct db *d);
/* Runs SQL text that gives no rows. */
bool db_exec(struct db *d, const char *sql);

/* A query that answers with one whole number; none is damage. */
bool db_number(struct db *d, const char *sql, int64_t *out);
/* Makes a new SNMP engine and runs sql with it as ?1, and with epoch as ?2 where it is given. */
bool db_new_engine(struct db *d, const char *sql, const char *epoch);
bool db_random(struct db *d, uint8_t *out, size_t n);

/* A prepared statement, reset, with whole numbers bound from the first place on. */
sqlite3_stmt *db_statement(struct db *d, enum statement s, const int64_t *values, int count);
/* One step: SQLITE_ROW or SQLITE_DONE; anything else is noted and comes back as SQLITE_ERROR. */
int db_step(struct db *d, sqlite3_stmt *stmt);
/* Binds, steps to the end, resets; rows are not wanted. */
bool db_run(struct db *d, enum statement s, const int64_t *values, int count);

#endif
