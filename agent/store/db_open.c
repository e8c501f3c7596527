/* Opening the file: settings, schema, check. What it says is read in db_start.c. */
#include "store/db.h"

#include "base/arena.h"
#include "base/text.h"
#include "store/db_private.h"
#include "store/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

/* Patience with a person who looks at the file with another program. */
#define BUSY_MS 1000

/*
 * EXCLUSIVE before the first access keeps the index of the log in memory instead of a mapped
 * file, where a disk error would be a SIGBUS. Checkpoints are ours, between commits. The cache is
 * small: events are put at the end, and read in order once.
 */
static const char settings[] = "PRAGMA locking_mode = EXCLUSIVE;"
			       "PRAGMA journal_mode = WAL;"
			       "PRAGMA synchronous = FULL;"
			       "PRAGMA wal_autocheckpoint = 0;"
			       "PRAGMA journal_size_limit = 4194304;"
			       "PRAGMA cache_size = -256;"
			       "PRAGMA cell_size_check = ON;"
			       "PRAGMA trusted_schema = OFF;"
			       "PRAGMA temp_store = MEMORY;"
			       "PRAGMA mmap_size = 0;";

static const char schema[] =
    "CREATE TABLE cursor (name TEXT PRIMARY KEY NOT NULL, upto INTEGER NOT NULL) STRICT;"
    "CREATE TABLE gap (first INTEGER PRIMARY KEY, last INTEGER NOT NULL, reason INTEGER NOT NULL,"
    " since INTEGER NOT NULL, until INTEGER NOT NULL) STRICT;"
    "CREATE TABLE run (run INTEGER PRIMARY KEY, first_seq INTEGER NOT NULL, began INTEGER NOT NULL,"
    " boot_id TEXT NOT NULL) STRICT;"
    "CREATE TABLE meta (one INTEGER PRIMARY KEY CHECK (one = 1), epoch TEXT NOT NULL,"
    " engine_id BLOB NOT NULL, engine_boots INTEGER NOT NULL) STRICT;";

#define TEXT_OF(x)  #x
#define VALUE_OF(x) TEXT_OF(x)
static const char set_version[] = "PRAGMA user_version = " VALUE_OF(DB_SCHEMA_VERSION);

/* From schema n to n + 1: what a file of an older build lacks. */
static const char *const changes_to_schema[DB_SCHEMA_VERSION] = {
    [1] = "ALTER TABLE alarm ADD COLUMN shelved_until INTEGER NOT NULL DEFAULT 0;"
	  "ALTER TABLE alarm ADD COLUMN reason TEXT NOT NULL DEFAULT '';"
	  "CREATE TABLE mark (key TEXT NOT NULL PRIMARY KEY, value INTEGER NOT NULL,"
	  " text TEXT NOT NULL) STRICT;",
    [2] = "ALTER TABLE event ADD COLUMN record INTEGER NOT NULL DEFAULT 0;"
	  "ALTER TABLE event ADD COLUMN device_wall INTEGER NOT NULL DEFAULT 0;",
};

/* All or nothing, like create(): the version stands in the same transaction. */
static bool
migrate(struct db *d, int64_t from)
{
	bool ok = db_exec(d, "BEGIN IMMEDIATE");

	for (int64_t v = from; ok && v < DB_SCHEMA_VERSION; v++)
		ok = db_exec(d, changes_to_schema[v]);
	if (ok && db_exec(d, set_version) && db_exec(d, "COMMIT")) {
		log_notice("%s had schema %lld and has %d now", d->path, (long long)from,
		    DB_SCHEMA_VERSION);
		return true;
	}
	db_rollback(d);
	return false;
}

/* All or nothing: a file with our version number has every table and an epoch. */
static bool
create(struct db *d)
{
	char event_sql[ROW_SQL_MAX], alarm_sql[ROW_SQL_MAX], mark_sql[ROW_SQL_MAX];
	char epoch[STORE_EPOCH_MAX];
	uint8_t bytes[DB_EPOCH_BYTES];
	int64_t tables;

	if (!db_number(d, "SELECT count(*) FROM sqlite_schema", &tables))
		return false;
	if (tables > 0)
		return db_damaged(d, "it holds tables that are not ours");
	if (!row_sql_create(&event_rows, event_sql) || !row_sql_create(&alarm_rows, alarm_sql) ||
	    !row_sql_create(&mark_rows, mark_sql))
		return db_trouble(d, TROUBLE_OTHER, true, "statement too long");
	if (!db_random(d, bytes, sizeof(bytes)))
		return false;
	for (size_t i = 0; i < sizeof(bytes); i++)
		snprintf(epoch + 2 * i, 3, "%02x", bytes[i]);
	if (db_exec(d, "BEGIN IMMEDIATE") && db_exec(d, schema) && db_exec(d, event_sql) &&
	    db_exec(d, alarm_sql) && db_exec(d, mark_sql) &&
	    db_new_engine(d,
		"INSERT INTO meta (one, engine_id, epoch, engine_boots) VALUES (1, ?, ?, 0)",
		epoch) &&
	    db_exec(d, set_version) && db_exec(d, "COMMIT"))
		return true;
	db_rollback(d);
	return false;
}

/* Asks for one text; anything but `wanted` is trouble t, with the answer as its cause. */
static bool
expect(struct db *d, const char *sql, const char *wanted, enum trouble t)
{
	sqlite3_stmt *stmt;
	int rc = sqlite3_prepare_v2(d->sql, sql, -1, &stmt, NULL);
	const char *text;
	bool ok;

	if (rc != SQLITE_OK)
		return db_fail(d, rc);
	ok = db_step(d, stmt) == SQLITE_ROW;
	text = ok ? (const char *)sqlite3_column_text(stmt, 0) : NULL;
	if (ok && (text == NULL || strcmp(text, wanted) != 0)) {
		/* A check puts a headline before its finding. */
		const char *line = text != NULL ? strrchr(text, '\n') : NULL;

		ok = db_trouble(d, t, true, line != NULL ? line + 1 : text != NULL ? text : "?");
	}
	sqlite3_finalize(stmt);
	return ok;
}

static bool
has_columns(struct db *d, const char *select)
{
	sqlite3_stmt *stmt;
	int rc = sqlite3_prepare_v2(d->sql, select, -1, &stmt, NULL);

	sqlite3_finalize(stmt);
	if (rc == SQLITE_ERROR)
		return db_damaged(d, sqlite3_errmsg(d->sql));
	return rc == SQLITE_OK ? true : db_fail(d, rc);
}

/* The schema is text in the file and can rot like any other; quick_check does not read names. */
static bool
check_columns(struct db *d)
{
	static const char *const others[] = {"SELECT name, upto FROM cursor",
	    "SELECT first, last, reason, since, until FROM gap",
	    "SELECT run, first_seq, began, boot_id FROM run",
	    "SELECT one, epoch, engine_id, engine_boots FROM meta"};
	static const struct row_table *const tables[] = {&event_rows, &alarm_rows, &mark_rows};
	char sql[ROW_SQL_MAX];

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (!has_columns(d, others[i]))
			return false;
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		if (!row_sql_select(tables[i], "", sql))
			return db_trouble(d, TROUBLE_OTHER, true, "statement too long");
		if (!has_columns(d, sql))
			return false;
	}
	return true;
}

/* "It is there" must survive a power cut too: the name of a new file is data of its directory. */
static bool
sync_directory(struct db *d, const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool ok = fd >= 0 && fsync(fd) == 0;
	int error = errno;

	if (fd >= 0)
		close(fd);
	return ok ? true : db_trouble(d, TROUBLE_IO, true, strerror(error));
}

static int
on_log(void *arg, sqlite3 *sql, const char *name, int pages)
{
	struct db *d = arg;

	(void)sql;
	(void)name;
	d->log_pages = (unsigned)pages;
	return SQLITE_OK;
}

static bool
open_file(struct db *d, bool may_create)
{
	int64_t version;
	char text[64];
	int rc;

	if (!files_make_private(d->path, may_create))
		return db_fail(d, SQLITE_CANTOPEN);
	rc = sqlite3_open_v2(d->path, &d->sql,
	    SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | (may_create ? SQLITE_OPEN_CREATE : 0),
	    NULL);
	if (rc != SQLITE_OK)
		return db_fail(d, rc);
	sqlite3_extended_result_codes(d->sql, 1);
	sqlite3_busy_timeout(d->sql, BUSY_MS);
	/* A crash must leave the log as it is; a clean end moves it itself. */
	sqlite3_db_config(d->sql, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	/* A "column" that is not there (its name rotted) is an error, not the text of its name. */
	sqlite3_db_config(d->sql, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
	if (!db_exec(d, settings))
		return false;
	sqlite3_wal_hook(d->sql, on_log, d);
	if (sqlite3_db_readonly(d->sql, "main") != 0)
		return db_trouble(d, TROUBLE_READ_ONLY, true, "opened for reading only");
	if (!db_number(d, "PRAGMA user_version", &version))
		return false;
	if (version > DB_SCHEMA_VERSION || version < 0) {
		text_printf(text, sizeof(text), "schema %lld, this one knows %d",
		    (long long)version, DB_SCHEMA_VERSION);
		return db_trouble(d, TROUBLE_NEWER, true, text);
	}
	if (!expect(d, "PRAGMA journal_mode", "wal", TROUBLE_OTHER) ||
	    !expect(d, "PRAGMA synchronous", "2", TROUBLE_OTHER))
		return false;
	if (version == 0)
		return may_create ? create(d) : db_damaged(d, "it is empty");
	return expect(d, "PRAGMA quick_check(1)", "ok", TROUBLE_DAMAGED) &&
	       (version == DB_SCHEMA_VERSION || migrate(d, version)) && check_columns(d);
}

struct db *
db_open(const char *dir, bool may_create, struct db_error *err)
{
	struct db *d = xcalloc(1, sizeof(*d));

	if (snprintf(d->path, sizeof(d->path), "%s/%s", dir, DB_FILE) >= (int)sizeof(d->path))
		db_trouble(d, TROUBLE_OTHER, true, "the path is too long");
	else if (open_file(d, may_create) && db_checkpoint(d, true) && sync_directory(d, dir) &&
		 db_prepare(d))
		return d;
	*err = d->why;
	db_close(d, false);
	return NULL;
}

void
db_close(struct db *d, bool clean)
{
	if (d == NULL)
		return;
	if (clean)
		db_checkpoint(d, true);
	db_finalize(d);
	sqlite3_close_v2(d->sql);
	free(d);
}
