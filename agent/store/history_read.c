/* Reading: the hours of a point, and of its minutes in parts and in batches that wait. */
#include "base/arena.h"
#include "store/history_db_private.h"

#include <stdlib.h>

/* Hours looked at for one answer: others wait for the same disk. */
#define LOOKS_MAX 200
/* The most rows that an hour makes, twice each minute at worst, and a gap before it. */
#define HOUR_ROWS_MAX 122

/* Adds the minutes that an entry of a batch with this key has. */
static void
add_entries(struct history_db *h, const uint8_t *bytes, size_t length, uint64_t key,
    struct minute_list *out)
{
	const uint8_t *at = bytes;
	struct batch_entry e;

	/* An empty blob has no bytes to point at. */
	if (length == 0)
		return;
	while (batch_entry_next(&at, bytes + length, &e))
		if (e.key == key)
			minute_list_add(h, out, e.bytes, e.length);
}

/* What is not in the hours yet: as rows of parts, and not in the file at all. */
static bool
read_recent(
    struct history_db *h, size_t point, const struct batch *waiting, struct minute_list *out)
{
	sqlite3_stmt *stmt = history_statement(h, HISTORY_PARTS, 0, 0);
	int rc;

	while ((rc = db_step(&h->db, stmt)) == SQLITE_ROW)
		add_entries(h, sqlite3_column_blob(stmt, 0), (size_t)sqlite3_column_bytes(stmt, 0),
		    (uint64_t)h->series[point], out);
	sqlite3_reset(stmt);
	for (; waiting != NULL; waiting = waiting->next)
		add_entries(h, waiting->bytes, waiting->length, point, out);
	minute_list_sort(out);
	return rc == SQLITE_DONE;
}

struct reading {
	struct minute_list recent, hour;
	size_t at; /* recent minutes before it have been told */
};

/* The next hour from `hour` on of which there may be something; INT64_MAX: none. */
static bool
next_hour(struct history_db *h, struct reading *r, int64_t hour, int64_t *out)
{
	sqlite3_stmt *stmt = history_statement(h, HISTORY_HOUR_NEXT, hour, 0);
	int rc = db_step(&h->db, stmt);

	*out = rc == SQLITE_ROW ? sqlite3_column_int64(stmt, 0) : INT64_MAX;
	sqlite3_reset(stmt);
	while (r->at < r->recent.n && r->recent.m[r->at].minute / 60 < hour)
		r->at++;
	if (r->at < r->recent.n && r->recent.m[r->at].minute / 60 < *out)
		*out = r->recent.m[r->at].minute / 60;
	return rc != SQLITE_ERROR;
}

static bool
tell_hour(struct history_db *h, struct reading *r, int64_t hour, struct past_answer *out)
{
	uint32_t told = out->past.told;

	r->hour.n = 0;
	if (!history_db_hour(h, hour, h->series[out->past.point], &r->hour))
		return false;
	for (; r->at < r->recent.n && r->recent.m[r->at].minute / 60 == hour; r->at++)
		if (r->hour.n < MINUTE_LIST_MAX)
			r->hour.m[r->hour.n++] = r->recent.m[r->at];
	minute_list_sort(&r->hour);
	for (size_t i = 0; i < r->hour.n; i++)
		if (r->hour.m[i].minute > told)
			out->count +=
			    fold_minute(&out->past.fold, &r->hour.m[i], out->rows + out->count);
	if (r->hour.n > 0 && r->hour.m[r->hour.n - 1].minute > told)
		out->past.told = r->hour.m[r->hour.n - 1].minute;
	return true;
}

static bool
tell_hours(struct history_db *h, struct reading *r, struct past_answer *out)
{
	const int64_t hour_us = 60 * MINUTE_US;
	struct past *p = &out->past;
	int64_t first = p->fold.from.us / hour_us, last = (p->fold.until.us - 1) / hour_us;

	if (p->hour < first)
		p->hour = first;
	for (int looks = 0; looks < LOOKS_MAX; looks++) {
		int64_t hour;

		if (out->count + HOUR_ROWS_MAX > PAST_ROWS_MAX)
			return true;
		if (!next_hour(h, r, p->hour, &hour))
			return false;
		if (hour > last) {
			p->done = true;
			return true;
		}
		if (!tell_hour(h, r, hour, out))
			return false;
		p->hour = hour + 1;
	}
	return true;
}

bool
history_db_read(struct history_db *h, const struct past *ask, const struct batch *waiting,
    struct past_answer *out)
{
	struct reading *r = xcalloc(1, sizeof(*r));
	bool ok;

	out->past = *ask;
	out->count = 0;
	ok = read_recent(h, ask->point, waiting, &r->recent) && tell_hours(h, r, out);
	free(r);
	return ok;
}
