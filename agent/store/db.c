/* Errors, statements and transactions. Opening is in db_open.c, what is lost in db_gap.c. */
#include "store/db.h"

#include "base/lang.h"
#include "base/text.h"
#include "core/sentence.h"
#include "store/db_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The log moves into the file when it has this many pages of 4 KiB: some 250 lone commits. */
#define LOG_PAGES_MAX 256
/* And waits no longer for a quiet moment: 4 MB. */
#define LOG_PAGES_STORM (4 * LOG_PAGES_MAX)

/* ---- errors --------------------------------------------------------------------------------- */

/* {file}, and {why}: what the system or SQLite says. */
static const char *const sentences[TROUBLE_COUNT] = {
    [TROUBLE_NONE] = "",
    [TROUBLE_FULL] = N_("there is no space left for {file} ({why}): free some space on that disk"),
    [TROUBLE_READ_ONLY] =
	N_("cannot write {file} ({why}): the kernel makes a file system read-only "
	   "after a disk error; check the disk"),
    [TROUBLE_IO] = N_("the disk fails on {file} ({why}): check it, replace it"),
    [TROUBLE_DAMAGED] = N_("damaged: {file} ({why})"),
    [TROUBLE_IN_USE] = N_("another program holds {file} ({why}): close it"),
    [TROUBLE_NEWER] = N_("a newer version of this program made {file} ({why}): install that "
			 "version, or move the file away to start without it"),
    [TROUBLE_OTHER] = N_("cannot use {file} ({why})"),
};

bool
db_trouble(struct db *d, enum trouble t, bool reopen, const char *cause)
{
	d->why = (struct db_error){.trouble = t, .reopen = reopen};
	sentence_fill(sentences[t],
	    (const struct sentence_piece[]){{"file", d->path}, {"why", cause}}, 2, d->why.text,
	    sizeof(d->why.text));
	return false;
}

/* SQLite's codes, refined by the system's where it has one. */
static enum trouble
trouble_of(int rc, int error)
{
	bool full = error == ENOSPC || error == EDQUOT || error == EFBIG;

	switch (rc & 0xFF) {
	case SQLITE_FULL:
		return TROUBLE_FULL;
	case SQLITE_READONLY:
		return TROUBLE_READ_ONLY;
	case SQLITE_IOERR:
		return full ? TROUBLE_FULL : error == EROFS ? TROUBLE_READ_ONLY : TROUBLE_IO;
	case SQLITE_CANTOPEN:
		return full             ? TROUBLE_FULL
		       : error == EROFS ? TROUBLE_READ_ONLY
		       : error == EIO   ? TROUBLE_IO
					: TROUBLE_OTHER;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return TROUBLE_DAMAGED;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return TROUBLE_IN_USE;
	default:
		return TROUBLE_OTHER;
	}
}

bool
db_fail(struct db *d, int rc)
{
	/* SQLite does not note the system's error of a commit; it is still in errno. */
	int error = errno != 0 || d->sql == NULL ? errno : sqlite3_system_errno(d->sql);
	enum trouble t = trouble_of(rc, error);
	bool of_system = (rc & 0xFF) == SQLITE_IOERR || (rc & 0xFF) == SQLITE_CANTOPEN;

	/* Only a full disk leaves SQLite's view of the file intact for certain. */
	return db_trouble(d, t, (rc & 0xFF) != SQLITE_FULL,
	    of_system && error != 0 ? strerror(error) : sqlite3_errstr(rc));
}

bool
db_damaged(struct db *d, const char *what)
{
	return db_trouble(d, TROUBLE_DAMAGED, true, what);
}

bool
db_had_memory(struct db *d)
{
	int rc = sqlite3_errcode(d->sql);

	return (rc & 0xFF) == SQLITE_NOMEM ? db_fail(d, rc) : true;
}

const struct db_error *
db_why(const struct db *d)
{
	return &d->why;
}

/* ---- statements ----------------------------------------------------------------------------- */

/* Those of the row tables are made from them in db_prepare(). */
static const char *const statement_sql[STATEMENT_COUNT] = {
    [STATEMENT_BEGIN] = "BEGIN IMMEDIATE",
    [STATEMENT_COMMIT] = "COMMIT",
    [STATEMENT_EVENT_NTH] = "SELECT seq FROM event ORDER BY seq LIMIT 1 OFFSET ?",
    [STATEMENT_EVENT_DELETE] = "DELETE FROM event WHERE seq <= ?",
    [STATEMENT_MARK_END] = "DELETE FROM mark WHERE key = ?",
    [STATEMENT_CURSOR_PUT] = "INSERT OR REPLACE INTO cursor (upto, name) VALUES (?, ?)",
    [STATEMENT_GAP_TOUCHING] = ("SELECT first, last, reason, since, until FROM gap "
				"WHERE first <= ?2 + 1 AND last >= ?1 - 1 LIMIT 1"),
    [STATEMENT_GAP_REMOVE] = "DELETE FROM gap WHERE first = ?",
    [STATEMENT_GAP_PUT] = ("INSERT INTO gap (first, last, reason, since, until) "
			   "VALUES (?, ?, ?, ?, ?)"),
    [STATEMENT_GAP_PASSED] = "DELETE FROM gap WHERE last <= ?",
    [STATEMENT_GAP_WITHIN] = ("SELECT sum(min(last, ?2) - max(first, ?1) + 1), "
			      "max(reason & 1) | max(reason & 2), max(until) "
			      "FROM gap WHERE last >= ?1 AND first <= ?2"),
};

static bool
prepare(struct db *d, enum statement s, const char *text)
{
	int rc = sqlite3_prepare_v3(
	    d->sql, text, -1, SQLITE_PREPARE_PERSISTENT, &d->statements[s], NULL);

	return rc == SQLITE_OK ? true : db_fail(d, rc);
}

bool
db_prepare(struct db *d)
{
	char event_put[ROW_SQL_MAX], event_select[ROW_SQL_MAX], alarm_put[ROW_SQL_MAX];
	char mark_put[ROW_SQL_MAX];

	if (!row_sql_put(&event_rows, event_put) || !row_sql_put(&alarm_rows, alarm_put) ||
	    !row_sql_put(&mark_rows, mark_put) ||
	    !row_sql_select(
		&event_rows, "WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?", event_select))
		return db_trouble(d, TROUBLE_OTHER, true, "statement too long");
	for (enum statement s = 0; s < STATEMENT_COUNT; s++)
		if (statement_sql[s] != NULL && !prepare(d, s, statement_sql[s]))
			return false;
	return prepare(d, STATEMENT_EVENT_PUT, event_put) &&
	       prepare(d, STATEMENT_EVENT_SELECT, event_select) &&
	       prepare(d, STATEMENT_ALARM_PUT, alarm_put) &&
	       prepare(d, STATEMENT_MARK_PUT, mark_put);
}

void
db_finalize(struct db *d)
{
	for (size_t s = 0; s < STATEMENT_COUNT; s++) {
		sqlite3_finalize(d->statements[s]);
		d->statements[s] = NULL;
	}
}

bool
db_exec(struct db *d, const char *sql)
{
	int rc;

	errno = 0;
	rc = sqlite3_exec(d->sql, sql, NULL, NULL, NULL);
	return rc == SQLITE_OK ? true : db_fail(d, rc);
}

sqlite3_stmt *
db_statement(struct db *d, enum statement s, const int64_t *values, int count)
{
	sqlite3_stmt *stmt = d->statements[s];

	sqlite3_reset(stmt);
	/* Fails for a place that the statement has not, a defect that its first step would show. */
	for (int i = 0; i < count; i++)
		sqlite3_bind_int64(stmt, i + 1, values[i]);
	return stmt;
}

int
db_step(struct db *d, sqlite3_stmt *stmt)
{
	int rc;

	errno = 0;
	rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW || rc == SQLITE_DONE)
		return rc;
	db_fail(d, rc);
	return SQLITE_ERROR;
}

bool
db_run(struct db *d, enum statement s, const int64_t *values, int count)
{
	sqlite3_stmt *stmt = db_statement(d, s, values, count);
	int rc;

	while ((rc = db_step(d, stmt)) == SQLITE_ROW)
		;
	sqlite3_reset(stmt);
	return rc == SQLITE_DONE;
}

/* ---- transactions --------------------------------------------------------------------------- */

bool
db_begin(struct db *d)
{
	return db_run(d, STATEMENT_BEGIN, NULL, 0);
}

bool
db_commit(struct db *d)
{
	return db_run(d, STATEMENT_COMMIT, NULL, 0);
}

void
db_rollback(struct db *d)
{
	/* SQLite may have rolled back by itself already; *why stays what it was. */
	if (!sqlite3_get_autocommit(d->sql))
		sqlite3_exec(d->sql, "ROLLBACK", NULL, NULL, NULL);
}

static bool
put_row(struct db *d, enum statement s, const struct row_table *t, const void *row)
{
	sqlite3_stmt *stmt = db_statement(d, s, NULL, 0);
	int rc = row_bind(stmt, t, row);
	bool done;

	if (rc != SQLITE_OK)
		return db_fail(d, rc);
	done = db_step(d, stmt) == SQLITE_DONE;
	sqlite3_reset(stmt);
	return done;
}

bool
db_put_event(struct db *d, const struct event *e)
{
	return put_row(d, STATEMENT_EVENT_PUT, &event_rows, e);
}

bool
db_put_alarm(struct db *d, const struct alarm_record *r)
{
	return put_row(d, STATEMENT_ALARM_PUT, &alarm_rows, r);
}

/* A statement without rows whose place n is a text and whose first is a number, if upto is given.
 */
static bool
run_named(struct db *d, enum statement s, int n, const char *name, const uint64_t *upto)
{
	sqlite3_stmt *stmt = d->statements[s];
	bool done;

	sqlite3_reset(stmt);
	if (upto != NULL)
		sqlite3_bind_int64(stmt, 1, (int64_t)*upto);
	sqlite3_bind_text(stmt, n, name, -1, SQLITE_STATIC);
	done = db_step(d, stmt) == SQLITE_DONE;
	sqlite3_reset(stmt);
	return done;
}

bool
db_put_mark(struct db *d, const struct mark *m)
{
	if (m->value < 0 && m->text[0] == '\0')
		return run_named(d, STATEMENT_MARK_END, 1, m->key, NULL);
	return put_row(d, STATEMENT_MARK_PUT, &mark_rows, m);
}

bool
db_put_cursor(struct db *d, const char *name, uint64_t upto)
{
	return run_named(d, STATEMENT_CURSOR_PUT, 2, name, &upto);
}

/* ---- the log -------------------------------------------------------------------------------- */

bool
db_log_long(const struct db *d)
{
	return d->log_pages >= LOG_PAGES_MAX;
}

bool
db_log_overlong(const struct db *d)
{
	return d->log_pages >= LOG_PAGES_STORM;
}

bool
db_checkpoint(struct db *d, bool all)
{
	int rc = sqlite3_wal_checkpoint_v2(
	    d->sql, NULL, all ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);

	if (rc != SQLITE_OK)
		return db_fail(d, rc);
	d->log_pages = 0;
	return true;
}
