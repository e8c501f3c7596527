/* Opening the history's file, writing batches, hours, and what is too old or too much. */
#include "store/history_db.h"

#include "base/arena.h"
#include "base/text.h"
#include "store/files.h"
#include "store/history.h"
#include "store/history_db_private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#define SCHEMA_VERSION 1
/* Parts become hours at the latest when there are so many: two hours of them. */
#define PARTS_MAX 24
/* A wrong clock must not empty the file at once: so many hours go at a time, with each hour that
 * comes. */
#define DROP_OLD_MAX  24
#define DROP_MUCH_MAX 48
/* Pages given back to the file system at a time, where the limit was lowered. */
#define SHRINK_PAGES "256"

/* auto_vacuum is for a limit that is lowered later. The cache is small: rows are read once. */
static const char settings[] = "PRAGMA locking_mode = EXCLUSIVE;"
			       "PRAGMA auto_vacuum = INCREMENTAL;"
			       "PRAGMA journal_mode = WAL;"
			       "PRAGMA synchronous = NORMAL;"
			       "PRAGMA wal_autocheckpoint = 0;"
			       "PRAGMA journal_size_limit = 1048576;"
			       "PRAGMA cache_size = -256;"
			       "PRAGMA cell_size_check = ON;"
			       "PRAGMA trusted_schema = OFF;"
			       "PRAGMA temp_store = MEMORY;"
			       "PRAGMA mmap_size = 0;";

static const char schema[] =
    "BEGIN IMMEDIATE;"
    "CREATE TABLE series (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;"
    "CREATE TABLE part (id INTEGER PRIMARY KEY, data BLOB NOT NULL) STRICT;"
    "CREATE TABLE hour (hour INTEGER NOT NULL, series INTEGER NOT NULL, data BLOB NOT NULL,"
    " PRIMARY KEY (hour, series)) STRICT, WITHOUT ROWID;"
    "PRAGMA user_version = 1;"
    "COMMIT;";

static const char *const statement_sql[HISTORY_STATEMENT_COUNT] = {
    [HISTORY_PART_PUT] = "INSERT INTO part (data) VALUES (?)",
    [HISTORY_PARTS] = "SELECT data FROM part ORDER BY id",
    [HISTORY_PART_COUNT] = "SELECT count(*) FROM part",
    [HISTORY_PART_DROP] = "DELETE FROM part",
    [HISTORY_HOUR_GET] = "SELECT data FROM hour WHERE hour = ? AND series = ?",
    [HISTORY_HOUR_PUT] = "INSERT OR REPLACE INTO hour (hour, series, data) VALUES (?, ?, ?)",
    [HISTORY_HOUR_NEXT] = "SELECT hour FROM hour WHERE hour >= ? ORDER BY hour LIMIT 1",
    [HISTORY_HOUR_DROP] = "DELETE FROM hour WHERE hour <= ?",
};

/* ---- open ----------------------------------------------------------------------------------- */

static bool
prepare(struct history_db *h)
{
	for (size_t s = 0; s < HISTORY_STATEMENT_COUNT; s++) {
		int rc = sqlite3_prepare_v3(h->db.sql, statement_sql[s], -1,
		    SQLITE_PREPARE_PERSISTENT, &h->statements[s], NULL);

		if (rc != SQLITE_OK)
			return db_fail(&h->db, rc);
	}
	return true;
}

/* The number of each point's series, made where there is none. */
static bool
find_series(struct history_db *h)
{
	sqlite3_stmt *find = NULL, *make = NULL;
	const char *name = h->o->names;
	int rc =
	    sqlite3_prepare_v2(h->db.sql, "SELECT id FROM series WHERE name = ?", -1, &find, NULL);
	bool ok;

	if (rc == SQLITE_OK)
		rc = sqlite3_prepare_v2(h->db.sql,
		    "INSERT INTO series (name) VALUES (?) RETURNING id", -1, &make, NULL);
	ok = rc == SQLITE_OK ? db_exec(&h->db, "BEGIN IMMEDIATE") : db_fail(&h->db, rc);
	for (size_t i = 0; ok && i < h->o->point_count; i++, name += strlen(name) + 1) {
		sqlite3_bind_text(find, 1, name, -1, SQLITE_STATIC);
		sqlite3_bind_text(make, 1, name, -1, SQLITE_STATIC);
		rc = db_step(&h->db, find);
		ok = rc != SQLITE_ERROR;
		if (rc == SQLITE_ROW)
			h->series[i] = sqlite3_column_int64(find, 0);
		else if (ok && (ok = db_step(&h->db, make) == SQLITE_ROW))
			h->series[i] = sqlite3_column_int64(make, 0);
		sqlite3_reset(find);
		sqlite3_reset(make);
	}
	sqlite3_finalize(find);
	sqlite3_finalize(make);
	ok = ok && db_exec(&h->db, "COMMIT");
	if (!ok)
		db_rollback(&h->db);
	return ok;
}

static bool
open_file(struct history_db *h)
{
	int64_t version;
	char text[64];
	int rc;

	if (!files_make_private(h->db.path, true))
		return db_fail(&h->db, SQLITE_CANTOPEN);
	rc = sqlite3_open_v2(h->db.path, &h->db.sql,
	    SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_CREATE, NULL);
	if (rc != SQLITE_OK)
		return db_fail(&h->db, rc);
	sqlite3_extended_result_codes(h->db.sql, 1);
	if (!db_exec(&h->db, settings) || !db_number(&h->db, "PRAGMA user_version", &version))
		return false;
	if (sqlite3_db_readonly(h->db.sql, "main") != 0)
		return db_trouble(&h->db, TROUBLE_READ_ONLY, true, "opened for reading only");
	if (version > SCHEMA_VERSION || version < 0) {
		text_printf(text, sizeof(text), "schema %lld, this one knows %d",
		    (long long)version, SCHEMA_VERSION);
		return db_trouble(&h->db, TROUBLE_NEWER, true, text);
	}
	return (version > 0 || db_exec(&h->db, schema)) && prepare(h) && find_series(h);
}

struct history_db *
history_db_open(const struct history_db_options *o, struct db_error *err)
{
	struct history_db *h = xcalloc(1, sizeof(*h));

	h->o = o;
	h->series = xcalloc(o->point_count + 1, sizeof(*h->series));
	if (snprintf(h->db.path, sizeof(h->db.path), "%s/%s", o->dir, HISTORY_FILE) >=
	    (int)sizeof(h->db.path))
		db_trouble(&h->db, TROUBLE_OTHER, true, "the path is too long");
	else if (open_file(h))
		return h;
	*err = h->db.why;
	history_db_close(h, false);
	return NULL;
}

void
history_db_close(struct history_db *h, bool clean)
{
	if (h == NULL)
		return;
	/* A failed end is the next start's to find out. */
	if (clean)
		db_checkpoint(&h->db, true);
	for (size_t s = 0; s < HISTORY_STATEMENT_COUNT; s++)
		sqlite3_finalize(h->statements[s]);
	sqlite3_close_v2(h->db.sql);
	free(h->series);
	free(h);
}

const struct db_error *
history_db_why(const struct history_db *h)
{
	return &h->db.why;
}

sqlite3_stmt *
history_statement(struct history_db *h, enum history_statement s, int64_t a, int64_t b)
{
	sqlite3_stmt *stmt = h->statements[s];

	sqlite3_reset(stmt);
	/* Fails where the statement has no such place, which is meant. */
	sqlite3_bind_int64(stmt, 1, a);
	sqlite3_bind_int64(stmt, 2, b);
	return stmt;
}

/* One number, or `none` where there is no row. */
static bool
number(struct history_db *h, enum history_statement s, int64_t a, int64_t none, int64_t *out)
{
	sqlite3_stmt *stmt = history_statement(h, s, a, 0);
	int rc = db_step(&h->db, stmt);

	*out = rc == SQLITE_ROW ? sqlite3_column_int64(stmt, 0) : none;
	sqlite3_reset(stmt);
	return rc != SQLITE_ERROR;
}

static bool
run(struct history_db *h, sqlite3_stmt *stmt)
{
	bool done = db_step(&h->db, stmt) == SQLITE_DONE;

	sqlite3_reset(stmt);
	return done;
}

/* ---- batches -------------------------------------------------------------------------------- */

bool
batch_entry_next(const uint8_t **at, const uint8_t *end, struct batch_entry *out)
{
	uint64_t length;

	if (!varint_get(at, end, &out->key) || !varint_get(at, end, &length) ||
	    length > (uint64_t)(end - *at))
		return false;
	out->bytes = *at;
	out->length = (size_t)length;
	*at += length;
	return true;
}

static int
by_key(const void *a, const void *b)
{
	uint64_t x = ((const struct batch_entry *)a)->key, y = ((const struct batch_entry *)b)->key;

	return (x > y) - (x < y);
}

/* The batch with the numbers of series for the indices of points, rising. malloc. */
static uint8_t *
with_series(const struct history_db *h, const struct batch *b, size_t *length)
{
	struct batch_entry *entries = xcalloc(h->o->point_count + 1, sizeof(*entries));
	uint8_t *out = xcalloc(b->length + 10 * (h->o->point_count + 1), 1);
	const uint8_t *at = b->bytes;
	size_t n = 0;

	while (n < h->o->point_count && batch_entry_next(&at, b->bytes + b->length, &entries[n])) {
		entries[n].key = (uint64_t)h->series[entries[n].key];
		n++;
	}
	qsort(entries, n, sizeof(*entries), by_key);
	*length = 0;
	for (size_t i = 0; i < n; i++) {
		*length += varint_put(out + *length, entries[i].key);
		*length += varint_put(out + *length, entries[i].length);
		memcpy(out + *length, entries[i].bytes, entries[i].length);
		*length += entries[i].length;
	}
	free(entries);
	return out;
}

static bool
put_part(struct history_db *h, const struct batch *b)
{
	size_t length;
	uint8_t *bytes = with_series(h, b, &length);
	sqlite3_stmt *stmt = h->statements[HISTORY_PART_PUT];
	bool done;

	sqlite3_reset(stmt);
	sqlite3_bind_blob64(stmt, 1, bytes, length, SQLITE_STATIC);
	done = run(h, stmt);
	sqlite3_clear_bindings(stmt);
	free(bytes);
	return done;
}

/* The last events must find room: a disk that is nearly full is full for us. */
static bool
disk_has_room(struct history_db *h)
{
	struct statvfs fs;
	char text[64];

	if (statvfs(h->o->dir, &fs) != 0 ||
	    (uint64_t)fs.f_bavail * fs.f_frsize >= HISTORY_SPARE_BYTES)
		return true;
	text_printf(text, sizeof(text), "the last %d MB are for the events",
	    HISTORY_SPARE_BYTES / (1024 * 1024));
	return db_trouble(&h->db, TROUBLE_FULL, false, text);
}

/* ---- what goes ------------------------------------------------------------------------------ */

bool
history_db_size(struct history_db *h, uint64_t *bytes, int64_t *oldest_hour)
{
	int64_t pages, free_pages, size;

	if (!db_number(&h->db, "PRAGMA page_count", &pages) ||
	    !db_number(&h->db, "PRAGMA freelist_count", &free_pages) ||
	    !db_number(&h->db, "PRAGMA page_size", &size) ||
	    !number(h, HISTORY_HOUR_NEXT, 0, -1, oldest_hour))
		return false;
	*bytes = (uint64_t)((pages - free_pages) * size);
	return true;
}

/* Hours that are too old, or too much; a few at a time. */
static bool
drop_hours(struct history_db *h, const struct batch *b)
{
	int64_t oldest, keep_hours = h->o->keep_ms / 3600000;
	int64_t upto = (int64_t)b->newest / 60 - keep_hours;
	uint64_t bytes;

	if (!history_db_size(h, &bytes, &oldest))
		return false;
	if (b->clock_set && oldest >= 0 && oldest < upto) {
		if (upto > oldest + DROP_OLD_MAX)
			upto = oldest + DROP_OLD_MAX;
		if (!run(h, history_statement(h, HISTORY_HOUR_DROP, upto, 0)))
			return false;
	}
	for (int i = 0; i < DROP_MUCH_MAX; i++) {
		if (!history_db_size(h, &bytes, &oldest))
			return false;
		if (bytes <= h->o->max_bytes || oldest < 0)
			return true;
		if (!run(h, history_statement(h, HISTORY_HOUR_DROP, oldest, 0)))
			return false;
	}
	return true;
}

/* ---- put ------------------------------------------------------------------------------------ */

/* The hour is full, or parts have gathered for another reason. */
static bool
hour_is_over(struct history_db *h, const struct batch *b, bool *over)
{
	int64_t parts;

	if (!number(h, HISTORY_PART_COUNT, 0, 0, &parts))
		return false;
	*over = b->newest % 60 == 59 || parts >= PARTS_MAX;
	return true;
}

bool
history_db_put(struct history_db *h, const struct batch *b)
{
	bool over;

	if (!disk_has_room(h) || !db_exec(&h->db, "BEGIN IMMEDIATE"))
		return false;
	if (!put_part(h, b) || !hour_is_over(h, b, &over) ||
	    (over && (!history_db_merge(h) || !drop_hours(h, b))) || !db_exec(&h->db, "COMMIT")) {
		db_rollback(&h->db);
		return false;
	}
	return true;
}

bool
history_db_tidy(struct history_db *h)
{
	uint64_t bytes;
	int64_t oldest, pages, size;

	if (!h->merged)
		return true;
	h->merged = false;
	if (!history_db_size(h, &bytes, &oldest) ||
	    !db_number(&h->db, "PRAGMA page_count", &pages) ||
	    !db_number(&h->db, "PRAGMA page_size", &size))
		return false;
	if ((uint64_t)(pages * size) > h->o->max_bytes &&
	    !db_exec(&h->db, "PRAGMA incremental_vacuum(" SHRINK_PAGES ")"))
		return false;
	return db_checkpoint(&h->db, true);
}
