#include "store/row.h"

#include "base/text.h"
#include "model/alarm.h"
#include "model/event.h"

#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* The column for member M of struct S; more designators may follow. */
#define COLUMN(S, M, C)                                                                            \
	.name = #M, .cell = (C), .offset = offsetof(struct S, M), .size = sizeof(((struct S *)0)->M)

static const struct column event_columns[] = {
    {COLUMN(event, seq, CELL_SEQ), .key = " PRIMARY KEY"},
    {COLUMN(event, wall, CELL_TIME)},
    {COLUMN(event, mono, CELL_TIME)},
    {COLUMN(event, synced, CELL_BOOL)},
    {COLUMN(event, type, CELL_TYPE)},
    {COLUMN(event, priority, CELL_PRIORITY)},
    {COLUMN(event, device, CELL_TEXT)},
    {COLUMN(event, zone, CELL_TEXT)},
    {COLUMN(event, alarm, CELL_TEXT)},
    {COLUMN(event, point, CELL_TEXT)},
    {COLUMN(event, from, CELL_TEXT)},
    {COLUMN(event, to, CELL_TEXT)},
    {COLUMN(event, value, CELL_VALUE), .flag = offsetof(struct event, has_value)},
    {COLUMN(event, unit, CELL_TEXT)},
    {COLUMN(event, word, CELL_TEXT)},
    {COLUMN(event, quality, CELL_QUALITY)},
    {COLUMN(event, who, CELL_TEXT)},
    {COLUMN(event, text, CELL_TEXT)},
    {COLUMN(event, impact, CELL_TEXT)},
    {COLUMN(event, remedy, CELL_TEXT)},
    /* Since schema 3, which adds them at the end of an older table. */
    {COLUMN(event, record, CELL_SEQ)},
    {COLUMN(event, device_wall, CELL_TIME)},
};

const struct row_table event_rows = {
    .name = "event", .extra = "", .columns = event_columns, .column_count = COUNT(event_columns)};

static const struct column alarm_columns[] = {
    {COLUMN(alarm_record, device, CELL_TEXT)},
    {COLUMN(alarm_record, alarm, CELL_TEXT)},
    {COLUMN(alarm_record, phase, CELL_PHASE)},
    {COLUMN(alarm_record, since, CELL_TIME)},
    {COLUMN(alarm_record, raised, CELL_TIME)},
    {COLUMN(alarm_record, seq, CELL_SEQ)},
    {COLUMN(alarm_record, value, CELL_VALUE), .flag = offsetof(struct alarm_record, has_value)},
    {COLUMN(alarm_record, who, CELL_TEXT)},
    /* Since schema 2, which adds them at the end of an older table. */
    {COLUMN(alarm_record, shelved_until, CELL_TIME)},
    {COLUMN(alarm_record, reason, CELL_TEXT)},
};
#define ALARM_COLUMNS_V1 8

const struct row_table alarm_rows = {.name = "alarm",
    .extra = ", PRIMARY KEY (\"device\", \"alarm\")",
    .columns = alarm_columns,
    .column_count = COUNT(alarm_columns)};

const struct row_table alarm_rows_v1 = {
    .name = "alarm", .extra = "", .columns = alarm_columns, .column_count = ALARM_COLUMNS_V1};

static const struct column mark_columns[] = {
    {COLUMN(mark, key, CELL_TEXT), .key = " PRIMARY KEY"},
    {COLUMN(mark, value, CELL_NUMBER)},
    {COLUMN(mark, text, CELL_TEXT)},
};

const struct row_table mark_rows = {
    .name = "mark", .extra = "", .columns = mark_columns, .column_count = COUNT(mark_columns)};

/* ---- words ---------------------------------------------------------------------------------- */

static const char *
type_word(unsigned i)
{
	return event_type_word((enum event_type)i);
}

static const char *
priority_word_of(unsigned i)
{
	return priority_word((enum priority)i);
}

static const char *
quality_word_of(unsigned i)
{
	return quality_word((enum quality)i);
}

static const char *
phase_word(unsigned i)
{
	return alarm_phase_word((enum alarm_phase)i);
}

/* The cells that hold one of a fixed set of words. */
static const struct {
	const char *(*word)(unsigned i);
	unsigned count;
} words[CELL_COUNT] = {
    [CELL_TYPE] = {type_word, EVENT_TYPE_COUNT},
    [CELL_PRIORITY] = {priority_word_of, PRIORITY_COUNT},
    [CELL_QUALITY] = {quality_word_of, QUALITY_COUNT},
    [CELL_PHASE] = {phase_word, ALARM_PHASE_COUNT},
};

/* The fields are enums of C, stored as unsigned by both compilers; checked here once. */
_Static_assert(sizeof(enum event_type) == sizeof(unsigned), "enums are read as unsigned");
_Static_assert(sizeof(enum alarm_phase) == sizeof(unsigned), "enums are read as unsigned");
_Static_assert(sizeof(wall_t) == sizeof(int64_t), "times are read as int64_t");
_Static_assert(sizeof(mono_t) == sizeof(int64_t), "times are read as int64_t");

/* ---- SQL text ------------------------------------------------------------------------------- */

static const char *const sql_types[CELL_COUNT] = {
    [CELL_SEQ] = "INTEGER NOT NULL",
    [CELL_NUMBER] = "INTEGER NOT NULL",
    [CELL_TIME] = "INTEGER NOT NULL",
    [CELL_BOOL] = "INTEGER NOT NULL",
    [CELL_TEXT] = "TEXT NOT NULL",
    [CELL_VALUE] = "REAL",
    [CELL_TYPE] = "TEXT NOT NULL",
    [CELL_PRIORITY] = "TEXT NOT NULL",
    [CELL_QUALITY] = "TEXT NOT NULL",
    [CELL_PHASE] = "TEXT NOT NULL",
};

/* text_append() cuts; a statement that fills its buffer to the brim may have been cut. */
static bool
fits(size_t length)
{
	return length < ROW_SQL_MAX - 1;
}

bool
row_sql_create(const struct row_table *t, char buf[ROW_SQL_MAX])
{
	text_printf(buf, ROW_SQL_MAX, "CREATE TABLE IF NOT EXISTS \"%s\" (", t->name);

	for (size_t i = 0; i < t->column_count; i++) {
		const struct column *c = &t->columns[i];

		text_append(buf, ROW_SQL_MAX, "%s\"%s\" %s%s", i > 0 ? ", " : "", c->name,
		    sql_types[c->cell], c->key != NULL ? c->key : "");
	}
	return fits(text_append(buf, ROW_SQL_MAX, "%s) STRICT", t->extra));
}

bool
row_sql_put(const struct row_table *t, char buf[ROW_SQL_MAX])
{
	text_printf(buf, ROW_SQL_MAX, "INSERT OR REPLACE INTO \"%s\" VALUES (", t->name);

	for (size_t i = 0; i < t->column_count; i++)
		text_append(buf, ROW_SQL_MAX, "%s?", i > 0 ? "," : "");
	return fits(text_append(buf, ROW_SQL_MAX, ")"));
}

bool
row_sql_select(const struct row_table *t, const char *rest, char buf[ROW_SQL_MAX])
{
	text_printf(buf, ROW_SQL_MAX, "SELECT ");

	for (size_t i = 0; i < t->column_count; i++)
		text_append(buf, ROW_SQL_MAX, "%s\"%s\"", i > 0 ? "," : "", t->columns[i].name);
	return fits(text_append(buf, ROW_SQL_MAX, " FROM \"%s\" %s", t->name, rest));
}

/* ---- rows ----------------------------------------------------------------------------------- */

static int
bind_cell(sqlite3_stmt *stmt, int at, const struct column *c, const char *row)
{
	const char *field = row + c->offset;
	int64_t i64;
	unsigned u;
	double f64;

	switch (c->cell) {
	case CELL_SEQ:
	case CELL_NUMBER:
	case CELL_TIME:
		memcpy(&i64, field, sizeof(i64));
		return sqlite3_bind_int64(stmt, at, i64);
	case CELL_BOOL:
		return sqlite3_bind_int(stmt, at, *(const bool *)field);
	case CELL_TEXT:
		return sqlite3_bind_text(
		    stmt, at, field, (int)strnlen(field, c->size), SQLITE_STATIC);
	case CELL_VALUE:
		if (!*(const bool *)(row + c->flag))
			return sqlite3_bind_null(stmt, at);
		memcpy(&f64, field, sizeof(f64));
		return sqlite3_bind_double(stmt, at, f64);
	case CELL_TYPE:
	case CELL_PRIORITY:
	case CELL_QUALITY:
	case CELL_PHASE:
		memcpy(&u, field, sizeof(u));
		return sqlite3_bind_text(stmt, at, words[c->cell].word(u), -1, SQLITE_STATIC);
	case CELL_COUNT:
		break;
	}
	return SQLITE_MISUSE;
}

int
row_bind(sqlite3_stmt *stmt, const struct row_table *t, const void *row)
{
	for (size_t i = 0; i < t->column_count; i++) {
		int rc = bind_cell(stmt, (int)i + 1, &t->columns[i], row);

		if (rc != SQLITE_OK)
			return rc;
	}
	return SQLITE_OK;
}

/* What SQLite has as text, all of it, as valid UTF-8 without NUL; NULL where it is not that. */
static const char *
read_text(sqlite3_stmt *stmt, int at)
{
	const char *text = NULL;
	size_t length, n;

	if (sqlite3_column_type(stmt, at) == SQLITE_TEXT)
		text = (const char *)sqlite3_column_text(stmt, at);
	if (text == NULL)
		return NULL;
	length = (size_t)sqlite3_column_bytes(stmt, at);
	for (size_t i = 0; i < length; i += n) {
		n = text[i] != '\0' ? text_utf8(text + i, length - i) : 0;
		if (n == 0)
			return NULL;
	}
	return text;
}

static bool
read_word(enum cell cell, const char *text, char *field)
{
	for (unsigned i = 0; i < words[cell].count; i++)
		if (strcmp(text, words[cell].word(i)) == 0) {
			memcpy(field, &i, sizeof(i));
			return true;
		}
	return false;
}

static bool
read_cell(sqlite3_stmt *stmt, int at, const struct column *c, char *row)
{
	int type = sqlite3_column_type(stmt, at);
	const char *text;
	char *field = row + c->offset;
	int64_t i64;
	double f64;

	switch (c->cell) {
	case CELL_SEQ:
	case CELL_NUMBER:
	case CELL_TIME:
		i64 = sqlite3_column_int64(stmt, at);
		memcpy(field, &i64, sizeof(i64));
		return type == SQLITE_INTEGER && (c->cell != CELL_SEQ || i64 >= 0);
	case CELL_BOOL:
		*(bool *)field = sqlite3_column_int(stmt, at) != 0;
		return type == SQLITE_INTEGER;
	case CELL_VALUE:
		*(bool *)(row + c->flag) = type != SQLITE_NULL;
		f64 = sqlite3_column_double(stmt, at);
		memcpy(field, &f64, sizeof(f64));
		return type == SQLITE_NULL || type == SQLITE_FLOAT;
	case CELL_TEXT:
		text = read_text(stmt, at);
		return text != NULL && text_copy(field, c->size, text);
	case CELL_TYPE:
	case CELL_PRIORITY:
	case CELL_QUALITY:
	case CELL_PHASE:
		text = read_text(stmt, at);
		return text != NULL && read_word(c->cell, text, field);
	case CELL_COUNT:
		break;
	}
	return false;
}

const char *
row_read(sqlite3_stmt *stmt, const struct row_table *t, void *row, size_t row_size)
{
	memset(row, 0, row_size);
	for (size_t i = 0; i < t->column_count; i++)
		if (!read_cell(stmt, (int)i, &t->columns[i], row))
			return t->columns[i].name;
	return NULL;
}
