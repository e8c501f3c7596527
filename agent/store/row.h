/*
 * Nouns of the model as rows of a table: which field stands in which column, said once and used
 * for CREATE, INSERT and SELECT alike. States are stored as their words, so that the file can be
 * read by people and does not depend on the order of an enum.
 */
#ifndef STORE_ROW_H
#define STORE_ROW_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum cell {
	CELL_SEQ,      /* uint64_t; below 2^63 */
	CELL_NUMBER,   /* int64_t */
	CELL_TIME,     /* wall_t or mono_t: microseconds */
	CELL_BOOL,     /* bool */
	CELL_TEXT,     /* char[size] */
	CELL_VALUE,    /* double; NULL where the bool at `flag` is false */
	CELL_TYPE,     /* enum event_type, as its word */
	CELL_PRIORITY, /* enum priority, as its word */
	CELL_QUALITY,  /* enum quality, as its word */
	CELL_PHASE,    /* enum alarm_phase, as its word */
	CELL_COUNT
};

struct column {
	const char *name;
	const char *key; /* " PRIMARY KEY" or NULL */
	enum cell cell;
	size_t offset, size; /* of the field in its struct */
	size_t flag;         /* CELL_VALUE: offset of the bool that says whether there is one */
};

struct row_table {
	const char *name;
	const char *extra; /* table constraints for CREATE, with a leading comma, or "" */
	const struct column *columns;
	size_t column_count;
};

extern const struct row_table event_rows;    /* struct event */
extern const struct row_table alarm_rows;    /* struct alarm_record */
extern const struct row_table alarm_rows_v1; /* as schema 1 had them: the first columns */
extern const struct row_table mark_rows;     /* struct mark */

/* SQL text for a table, into buf; false where it does not fit (a defect of the caller's size). */
#define ROW_SQL_MAX 1024
bool row_sql_create(const struct row_table *t, char buf[ROW_SQL_MAX]);
bool row_sql_put(const struct row_table *t, char buf[ROW_SQL_MAX]); /* insert or replace */
bool row_sql_select(const struct row_table *t, const char *rest, char buf[ROW_SQL_MAX]);

/* Binds *row to the statement of row_sql_put(). *row must live until the step. SQLite's code. */
int row_bind(sqlite3_stmt *stmt, const struct row_table *t, const void *row);
/*
 * Fills *row (zeroed by this) from a result of row_sql_select(). NULL, or the name of the first
 * column whose cell makes no sense: of another kind, too long, no UTF-8, a word that this build
 * does not know. The fields before it are filled then. Memory that ran out looks the same; SQLite
 * notes SQLITE_NOMEM.
 */
const char *row_read(sqlite3_stmt *stmt, const struct row_table *t, void *row, size_t row_size);

#endif
