/* What the file says at the start: epoch, SNMP engine, alarms, cursors; and what a damaged one
 * still says. */
#include "store/db.h"

#include "base/arena.h"
#include "base/text.h"
#include "store/db_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

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

bool
db_random(struct db *d, uint8_t *out, size_t n)
{
	if (getrandom(out, n, 0) == (ssize_t)n)
		return true;
	return db_trouble(d, TROUBLE_OTHER, true, "the kernel gives no random numbers");
}

bool
db_number(struct db *d, const char *sql, int64_t *out)
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

bool
db_new_engine(struct db *d, const char *sql, const char *epoch)
{
	uint8_t id[ENGINE_ID_LENGTH];
	sqlite3_stmt *stmt;
	int rc;
	bool done;

	memcpy(id, engine_id_head, sizeof(engine_id_head));
	if (!db_random(d, id + sizeof(engine_id_head), ENGINE_ID_RANDOM))
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

/* ---- a new run ------------------------------------------------------------------------------ */

/* Rows of `run` that are kept: more than events reach back, few enough for a crash loop. */
#define RUNS_KEPT "1000"

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

/* As db_open() makes them: 16 octets in hexadecimal digits. */
static bool
is_epoch(const char *text)
{
	return text != NULL && strlen(text) == 2 * DB_EPOCH_BYTES &&
	       strspn(text, "0123456789abcdef") == 2 * DB_EPOCH_BYTES;
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
		ok = is_epoch(epoch) && text_copy(start->epoch, sizeof(start->epoch), epoch) &&
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

	if (!db_number(d, "SELECT engine_boots FROM meta WHERE one = 1", &boots))
		return false;
	if (boots < ENGINE_BOOTS_MAX - 1)
		return db_exec(d, "UPDATE meta SET engine_boots = engine_boots + 1");
	return db_new_engine(d, "UPDATE meta SET engine_id = ?, engine_boots = 1", NULL);
}

bool
db_raise_boots(struct db *d, struct store_start *start)
{
	return raise_boots(d) && read_meta(d, start);
}

bool
db_new_run(struct db *d, struct store_start *start, uint64_t first_seq, wall_t now)
{
	if (db_begin(d) && db_raise_boots(d, start) && note_run(d, first_seq, now) &&
	    db_commit(d) && db_checkpoint(d, true))
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

	if (!db_number(d,
		"SELECT max(ifnull((SELECT max(seq) FROM event), 0), "
		"ifnull((SELECT max(last) FROM gap), 0), ifnull((SELECT max(seq) FROM alarm), 0))",
		&last) ||
	    !db_number(d, "SELECT count(*) FROM event", &held) || !db_lost(d, &lost) ||
	    !db_number(d, "SELECT ifnull(min(seq), 0) FROM event", &first))
		return false;
	*out = (struct db_bounds){.first_held = held > 0 ? (uint64_t)first : (uint64_t)last + 1,
	    .last_seq = (uint64_t)last,
	    .held = (uint64_t)held,
	    .lost = lost};
	return true;
}

static void
clean_column(sqlite3_stmt *stmt, int at, char *buf, size_t size)
{
	const char *text = (const char *)sqlite3_column_text(stmt, at);

	text_clean(buf, size, text != NULL ? text : "?",
	    text != NULL ? (size_t)sqlite3_column_bytes(stmt, at) : 1);
}

/* The judgement of this alarm begins anew; the rest of the store is sound. */
static void
say_alarm_left_out(struct db *d, sqlite3_stmt *stmt, const char *column)
{
	char name[2][EVENT_NAME_MAX];

	clean_column(stmt, 0, name[0], sizeof(name[0]));
	clean_column(stmt, 1, name[1], sizeof(name[1]));
	log_err("the kept state of alarm %s/%s cannot be read: its %s makes no sense to this "
		"version of facilityd; it is left out, and the alarm is judged anew (%s)",
	    name[0], name[1], column, d->path);
}

static void
say_mark_left_out(struct db *d, sqlite3_stmt *stmt, const char *column)
{
	char key[MARK_KEY_MAX];

	clean_column(stmt, 0, key, sizeof(key));
	log_err("the kept mark %s cannot be read: its %s makes no sense to this version of "
		"facilityd; it is left out (%s)",
	    key, column, d->path);
}

/* All rows of a table; `left_out` says which made no sense. Rows are malloc, also after a failure.
 */
static bool
read_rows(struct db *d, const struct row_table *t, size_t row_size, const char *order, void **out,
    size_t *count, void (*left_out)(struct db *d, sqlite3_stmt *stmt, const char *column))
{
	char sql[ROW_SQL_MAX];
	sqlite3_stmt *stmt;
	size_t room = 0;
	int rc;

	*out = NULL;
	*count = 0;
	if (!row_sql_select(t, order, sql))
		return db_trouble(d, TROUBLE_OTHER, true, "statement too long");
	rc = sqlite3_prepare_v2(d->sql, sql, -1, &stmt, NULL);
	if (rc != SQLITE_OK)
		return db_fail(d, rc);
	while ((rc = db_step(d, stmt)) == SQLITE_ROW) {
		const char *column;

		if (*count == room) {
			room = room > 0 ? room * 2 : 64;
			*out = xrealloc(*out, room, row_size);
		}
		column = row_read(stmt, t, (char *)*out + *count * row_size, row_size);
		if (column == NULL)
			(*count)++;
		else if (db_had_memory(d))
			left_out(d, stmt, column);
		else
			break;
	}
	sqlite3_finalize(stmt);
	return rc == SQLITE_DONE;
}

bool
db_alarms(struct db *d, struct alarm_record **out, size_t *count)
{
	void *rows;
	int64_t version;
	bool ok;

	*out = NULL;
	*count = 0;
	/* A damaged file is read as it is, not brought to our schema first. */
	if (!db_number(d, "PRAGMA user_version", &version))
		return false;
	ok = read_rows(d, version == 1 ? &alarm_rows_v1 : &alarm_rows, sizeof(**out),
	    "ORDER BY device, alarm", &rows, count, say_alarm_left_out);
	*out = rows;
	return ok;
}

bool
db_marks(struct db *d, struct mark **out, size_t *count)
{
	void *rows;
	bool ok = read_rows(
	    d, &mark_rows, sizeof(**out), "ORDER BY key", &rows, count, say_mark_left_out);

	*out = rows;
	return ok;
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

/* ---- what a damaged file still says --------------------------------------------------------- */

static void
salvage_engine(struct db *d, struct salvage *out)
{
	struct store_start meta = {0};

	/* An identity of our making is unlikely to come out of damage. */
	if (!read_meta(d, &meta) || meta.engine_id_length != ENGINE_ID_LENGTH ||
	    memcmp(meta.engine_id, engine_id_head, sizeof(engine_id_head)) != 0)
		return;
	memcpy(out->engine_id, meta.engine_id, meta.engine_id_length);
	out->engine_id_length = meta.engine_id_length;
	out->engine_boots = meta.engine_boots;
}

void
db_salvage(const char *path, struct salvage *out)
{
	struct db *d = xcalloc(1, sizeof(*d));

	memset(out, 0, sizeof(*out));
	if (sqlite3_open_v2(path, &d->sql, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) ==
		SQLITE_OK &&
	    sqlite3_db_config(d->sql, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL) == SQLITE_OK &&
	    sqlite3_db_config(d->sql, SQLITE_DBCONFIG_DQS_DML, 0, NULL) == SQLITE_OK &&
	    db_exec(d, "PRAGMA locking_mode = EXCLUSIVE; PRAGMA trusted_schema = OFF")) {
		/* Whatever came before the damage is there. */
		db_alarms(d, &out->alarms, &out->alarm_count);
		db_marks(d, &out->marks, &out->mark_count);
		salvage_engine(d, out);
	}
	for (size_t i = 0; i < out->alarm_count; i++)
		out->alarms[i].seq = 0;
	db_close(d, false);
}

static bool
adopt_engine(struct db *d, const struct salvage *s)
{
	static const char sql[] = "UPDATE meta SET engine_id = ?, engine_boots = ?";
	sqlite3_stmt *stmt;
	int rc;
	bool done;

	if (s->engine_id_length == 0)
		return true;
	rc = sqlite3_prepare_v2(d->sql, sql, -1, &stmt, NULL);
	if (rc != SQLITE_OK)
		return db_fail(d, rc);
	sqlite3_bind_blob(stmt, 1, s->engine_id, (int)s->engine_id_length, SQLITE_STATIC);
	sqlite3_bind_int64(stmt, 2, s->engine_boots);
	done = db_step(d, stmt) == SQLITE_DONE;
	sqlite3_finalize(stmt);
	return done;
}

bool
db_adopt(struct db *d, const struct salvage *s)
{
	bool ok = db_begin(d) && adopt_engine(d, s);

	for (size_t i = 0; ok && i < s->alarm_count; i++)
		ok = db_put_alarm(d, &s->alarms[i]);
	for (size_t i = 0; ok && i < s->mark_count; i++)
		ok = db_put_mark(d, &s->marks[i]);
	if (ok && db_commit(d))
		return true;
	db_rollback(d);
	return false;
}
