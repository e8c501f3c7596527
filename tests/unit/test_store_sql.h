/* A closed store's file, changed behind its back. */
#ifndef TEST_STORE_SQL_H
#define TEST_STORE_SQL_H

#include "test_store_help.h"

#include "store/db.h"

#include <sqlite3.h>

/* Runs SQL on the file; the store must be closed. */
static inline void
bench_sql(const struct bench *b, const char *text)
{
	char path[300], *why = NULL;
	sqlite3 *sql = NULL;

	snprintf(path, sizeof(path), "%s/%s", b->dir, DB_FILE);
	assert_int_equal(sqlite3_open_v2(path, &sql, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
	if (sqlite3_exec(sql, text, NULL, NULL, &why) != SQLITE_OK)
		fail_msg("%s: %s", text, why);
	assert_int_equal(sqlite3_close(sql), SQLITE_OK);
}

#endif
