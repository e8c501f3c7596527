/* Opening the file: schema, check, a new run. */
#include "store/db.h"

#include "base/arena.h"
#include "base/text.h"
#include "store/db_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

/* Rows of `run` that are kept: more than events reach back, few enough for a crash loop. */
#define RUNS_KEPT "1000"

/* Patience with a person who looks at the file with another program. */
#define BUSY_MS 1000

/*
 * EXCLUSIVE before the first access keeps the index of the log in memory instead of a mapped
 * file, where a disk error would be a SIGBUS. Checkpoints are ours, between commits.
 */
static const char settings[] = "PRAGMA locking_mode = EXCLUSIVE;"
			       "PRAGMA journal_mode = WAL;"
			       "PRAGMA synchronous = FULL;"
			       "PRAGMA wal_autocheckpoint = 0;"
			       "PRAGMA journal_size_limit = 4194304;"
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

/* RFC 3414, 2.2.2: snmpEngineBoots that has reached this can never be raised again. */
#define ENGINE_BOOTS_MAX INT64_C(2147483647)

/*
 * snmpEngineID (RFC 3411, SnmpEngineID): enterprise with the first bit set, format 5 (octets,
 * administratively assigned), then ours: random. The enterprise is Net-SNMP's, whose engine it is.
 */
static const uint8_t engine_id_head[] = {0x80, 0x00, 0x1F, 0x88, 0x05};
#define ENGINE_ID_RANDOM 12
#define ENGINE_ID_LENGTH (sizeof(engine_id_head) + ENGINE_ID_RANDOM)
_Static_assert(ENGINE_ID_LENGTH <= STORE_ENGINE_ID_MAX, "RFC 3411: at most 32 octets");

static bool
random_bytes(struct db *d, uint8_t *out, size_t n)
{
	if (getrandom(out, n, 0) == (ssize_t)n)
		return true;
	return db_trouble(d, TROUBLE_OTHER, true, "the kernel gives no random numbers");
}

/* A query for one whole number. */
static bool
number(struct db *d, const char *sql, int64_t *out)
{
	sqlite3_stmt *stmt;
	int rc = sqlite3_prepare_v2(d->sql, sql, -1, &stmt, NULL);
	bool ok;

	*out = 0;
	if (rc != SQLITE_OK)
		return db_fail(d, rc);
	rc = db_step(d, stmt);
	ok = rc == SQLITE_ROW || (rc == SQLITE_DONE && db_damaged(d, "a query has no answer"));
	if (ok)
		*out = sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	return ok;
}

static bool
put_engine(struct db *d, const char *sql, const char *epoch)
{
	uint8_t id[ENGINE_ID_LENGTH];
	sqlite3_stmt *stmt;
	int rc;
	bool done;

	memcpy(id, engine_id_head, sizeof(engine_id_head));
	if (!random_bytes(d, id + sizeof(engine_id_head), ENGINE_ID_RANDOM))
		return false;
	rc = sqlite3_prepare_v2(d->sql, sql, -1, &stmt, NULL);
	if (rc != SQLITE_OK)
		return db_fail(d, rc);
	sqlite3_bind_blob(stmt, 1, id, sizeof(id), SQLITE_STATIC);
	if (epoch != NULL)
		sqlite3_bind_text(stmt, 2, epoch, -1, SQLITE_STATIC);
	done = db_step(d, stmt) == SQLITE_DONE;
	sqlite3_finalize(stmt);
	return done;
}

/* All or nothing: a file with our version number has every table and an epoch. */
static bool
create(struct db *d)
{
	char event_sql[ROW_SQL_MAX], alarm_sql[ROW_SQL_MAX], version[64], epoch[STORE_EPOCH_MAX];
	uint8_t bytes[16];
	int64_t tables;

	if (!number(d, "SELECT count(*) FROM sqlite_schema", &tables))
		return false;
	if (tables > 0)
		return db_damaged(d, "it holds tables that are not ours");
	if (!row_sql_create(&event_rows, event_sql) || !row_sql_create(&alarm_rows, alarm_sql))
		return db_trouble(d, TROUBLE_OTHER, true, "statement too long");
	if (!random_bytes(d, bytes, sizeof(bytes)))
		return false;
	for (size_t i = 0; i < sizeof(bytes); i++)
		snprintf(epoch + 2 * i, 3, "%02x", bytes[i]);
	text_printf(version, sizeof(version), "PRAGMA user_version = %d", DB_SCHEMA_VERSION);
	if (db_exec(d, "BEGIN IMMEDIATE") && db_exec(d, schema) && db_exec(d, event_sql) &&
	    db_exec(d, alarm_sql) &&
	    put_engine(d,
		"INSERT INTO meta (one, engine_id, epoch, engine_boots) VALUES (1, ?, ?, 0)",
		epoch) &&
	    db_exec(d, version) && db_exec(d, "COMMIT"))
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
	if (ok && (text == NULL || strcmp(text, wanted) != 0))
		ok = db_trouble(d, t, true, text != NULL ? text : "no answer");
	sqlite3_finalize(stmt);
	return ok;
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
	int rc = sqlite3_open_v2(d->path, &d->sql,
	    SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | (may_create ? SQLITE_OPEN_CREATE : 0),
	    NULL);
	int64_t version;
	char text[64];

	if (rc != SQLITE_OK)
		return db_fail(d, rc);
	sqlite3_extended_result_codes(d->sql, 1);
	sqlite3_busy_timeout(d->sql, BUSY_MS);
	/* A crash must leave the log as it is; a clean end moves it itself. */
	sqlite3_db_config(d->sql, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	if (!db_exec(d, settings))
		return false;
	sqlite3_wal_hook(d->sql, on_log, d);
	if (sqlite3_db_readonly(d->sql, "main") != 0)
		return db_trouble(d, TROUBLE_READ_ONLY, true, "opened for reading only");
	if (!number(d, "PRAGMA user_version", &version))
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
	return expect(d, "PRAGMA quick_check(1)", "ok", TROUBLE_DAMAGED);
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

/* ---- a new run ------------------------------------------------------------------------------ */

static void
boot_id(char *buf, size_t size)
{
	FILE *f = fopen("/proc/sys/kernel/random/boot_id", "re");

	text_copy(buf, size, "unknown");
	if (f != NULL) {
		char line[64];

		if (fgets(line, sizeof(line), f) != NULL)
			text_clean(buf, size, line, strlen(line));
		fclose(f);
	}
}

static bool
note_run(struct db *d, uint64_t first_seq, wall_t now)
{
	static const char sql[] = "INSERT INTO run (first_seq, began, boot_id) VALUES (?, ?, ?)";
	sqlite3_stmt *stmt;
	char boot[64];
	bool done;
	int rc = sqlite3_prepare_v2(d->sql, sql, -1, &stmt, NULL);

	if (rc != SQLITE_OK)
		return db_fail(d, rc);
	boot_id(boot, sizeof(boot));
	sqlite3_bind_int64(stmt, 1, (int64_t)first_seq);
	sqlite3_bind_int64(stmt, 2, now.us);
	sqlite3_bind_text(stmt, 3, boot, -1, SQLITE_STATIC);
	done = db_step(d, stmt) == SQLITE_DONE;
	sqlite3_finalize(stmt);
	return done &&
	       db_exec(d, "DELETE FROM run WHERE run <= (SELECT max(run) FROM run) - " RUNS_KEPT);
}

static bool
read_meta(struct db *d, struct store_start *start)
{
	static const char sql[] = "SELECT epoch, engine_id, engine_boots FROM meta WHERE one = 1";
	sqlite3_stmt *stmt;
	int rc = sqlite3_prepare_v2(d->sql, sql, -1, &stmt, NULL);
	bool ok;

	if (rc != SQLITE_OK)
		return db_fail(d, rc);
	rc = db_step(d, stmt);
	ok = rc == SQLITE_ROW;
	if (ok) {
		const char *epoch = (const char *)sqlite3_column_text(stmt, 0);
		const void *id = sqlite3_column_blob(stmt, 1);
		int length = sqlite3_column_bytes(stmt, 1);
		int64_t boots = sqlite3_column_int64(stmt, 2);

		/* RFC 3411: 5 to 32 octets. */
		ok = epoch != NULL && text_copy(start->epoch, sizeof(start->epoch), epoch) &&
		     id != NULL && length >= 5 && length <= STORE_ENGINE_ID_MAX && boots > 0 &&
		     boots <= ENGINE_BOOTS_MAX;
		if (ok) {
			memcpy(start->engine_id, id, (size_t)length);
			start->engine_id_length = (size_t)length;
			start->engine_boots = (uint32_t)boots;
		}
	}
	sqlite3_finalize(stmt);
	return ok || rc == SQLITE_ERROR ? ok : db_damaged(d, "epoch or SNMP engine make no sense");
}

/* A latched engine gets a new identity, which starts at 1 again. */
static bool
raise_boots(struct db *d)
{
	int64_t boots;

	if (!number(d, "SELECT engine_boots FROM meta WHERE one = 1", &boots))
		return false;
	if (boots < ENGINE_BOOTS_MAX - 1)
		return db_exec(d, "UPDATE meta SET engine_boots = engine_boots + 1");
	return put_engine(d, "UPDATE meta SET engine_id = ?, engine_boots = 1", NULL);
}

bool
db_new_run(struct db *d, struct store_start *start, uint64_t first_seq, wall_t now)
{
	if (db_begin(d) && raise_boots(d) && note_run(d, first_seq, now) && read_meta(d, start) &&
	    db_commit(d))
		return true;
	db_rollback(d);
	return false;
}

/* ---- what is there -------------------------------------------------------------------------- */

bool
db_bounds(struct db *d, struct db_bounds *out)
{
	int64_t first, last, held;
	uint64_t lost;

	if (!number(d,
		"SELECT max(ifnull((SELECT max(seq) FROM event), 0), "
		"ifnull((SELECT max(last) FROM gap), 0), ifnull((SELECT max(seq) FROM alarm), 0))",
		&last) ||
	    !number(d, "SELECT count(*) FROM event", &held) || !db_lost(d, &lost) ||
	    !number(d, "SELECT ifnull(min(seq), 0) FROM event", &first))
		return false;
	*out = (struct db_bounds){.first_held = held > 0 ? (uint64_t)first : (uint64_t)last + 1,
	    .last_seq = (uint64_t)last,
	    .held = (uint64_t)held,
	    .lost = lost};
	return true;
}

bool
db_alarms(struct db *d, struct alarm_record **out, size_t *count)
{
	char sql[ROW_SQL_MAX];
	sqlite3_stmt *stmt;
	size_t room = 0;
	int rc;

	*out = NULL;
	*count = 0;
	if (!row_sql_select(&alarm_rows, "ORDER BY device, alarm", sql))
		return db_trouble(d, TROUBLE_OTHER, true, "statement too long");
	rc = sqlite3_prepare_v2(d->sql, sql, -1, &stmt, NULL);
	if (rc != SQLITE_OK)
		return db_fail(d, rc);
	while ((rc = db_step(d, stmt)) == SQLITE_ROW) {
		if (*count == room) {
			room = room > 0 ? room * 2 : 64;
			*out = xrealloc(*out, room, sizeof(**out));
		}
		if (!row_read(stmt, &alarm_rows, &(*out)[*count], sizeof(**out))) {
			db_damaged(d, "an alarm makes no sense");
			break;
		}
		(*count)++;
	}
	sqlite3_finalize(stmt);
	return rc == SQLITE_DONE;
}

bool
db_cursor_read(struct db *d, const char *name, uint64_t *out)
{
	sqlite3_stmt *stmt;
	int rc =
	    sqlite3_prepare_v2(d->sql, "SELECT upto FROM cursor WHERE name = ?", -1, &stmt, NULL);

	*out = 0;
	if (rc != SQLITE_OK)
		return db_fail(d, rc);
	sqlite3_bind_text(stmt, 1, name, -1, SQLITE_STATIC);
	rc = db_step(d, stmt);
	if (rc == SQLITE_ROW)
		*out = (uint64_t)sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	return rc != SQLITE_ERROR;
}
