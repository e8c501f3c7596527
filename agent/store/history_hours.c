/* Batches become hours: all minutes of a point and hour in one row. */
#include "base/arena.h"
#include "base/log.h"
#include "store/history_db_private.h"

#include <stdlib.h>
#include <string.h>

/* ---- lists of minutes ----------------------------------------------------------------------- */

void
minute_list_add(struct history_db *h, struct minute_list *l, const void *packed, size_t length)
{
	struct minutes_reader r;
	struct minute m;
	size_t over = 0;

	minutes_open(&r, packed, length);
	while (minutes_next(&r, &m) && over < MINUTE_LIST_MAX) {
		if (l->n < MINUTE_LIST_MAX)
			l->m[l->n++] = m;
		else
			over++;
	}
	if (r.damaged || over > 0)
		fault_say(&h->unreadable, clock_mono(), LOG_LEVEL_WARN,
		    "%s has minutes that make no sense: they are left out", h->db.path);
}

static bool
is_before(const struct minute *a, const struct minute *b)
{
	return a->minute != b->minute ? a->minute < b->minute : !a->unsynced && b->unsynced;
}

void
minute_list_sort(struct minute_list *l)
{
	size_t kept = 0;

	/* Nearly in order already, and what is equal must stay in it. */
	for (size_t i = 1; i < l->n; i++) {
		struct minute m = l->m[i];
		size_t k = i;

		for (; k > 0 && is_before(&m, &l->m[k - 1]); k--)
			l->m[k] = l->m[k - 1];
		l->m[k] = m;
	}
	for (size_t i = 0; i < l->n; i++) {
		struct minute *last = kept > 0 ? &l->m[kept - 1] : NULL;

		if (last != NULL && last->minute == l->m[i].minute &&
		    last->unsynced == l->m[i].unsynced)
			*last = minute_join(last, &l->m[i]);
		else
			l->m[kept++] = l->m[i];
	}
	l->n = kept;
}

/* ---- merging -------------------------------------------------------------------------------- */

/* A part, and how far it has been read. */
struct part {
	uint8_t *bytes;
	const uint8_t *at, *end;
	struct batch_entry entry;
	bool has; /* entry is there */
};

/* A point by its series. */
struct of_series {
	int64_t series;
	size_t point;
};

/* What merging needs for a while. */
struct merge {
	struct part *parts;
	size_t count, room;
	struct of_series *by_series; /* all points of the site, in this order */
	struct minute_list found, hour;
	uint8_t packed[(MINUTE_LIST_MAX + 1) * MINUTE_PACKED_MAX];
};

static bool
load_parts(struct history_db *h, struct merge *m)
{
	sqlite3_stmt *stmt = history_statement(h, HISTORY_PARTS, 0, 0);
	int rc;

	while ((rc = db_step(&h->db, stmt)) == SQLITE_ROW) {
		size_t length = (size_t)sqlite3_column_bytes(stmt, 0);
		struct part *p;

		if (m->count == m->room) {
			m->room = m->room > 0 ? 2 * m->room : 16;
			m->parts = xrealloc(m->parts, m->room, sizeof(*m->parts));
		}
		p = &m->parts[m->count++];
		p->bytes = xcalloc(length, 1);
		if (length > 0)
			memcpy(p->bytes, sqlite3_column_blob(stmt, 0), length);
		p->at = p->bytes;
		p->end = p->bytes + length;
		p->has = batch_entry_next(&p->at, p->end, &p->entry);
	}
	sqlite3_reset(stmt);
	return rc == SQLITE_DONE;
}

static void
merge_free(struct merge *m)
{
	for (size_t i = 0; i < m->count; i++)
		free(m->parts[i].bytes);
	free(m->parts);
	free(m->by_series);
	free(m);
}

static int
compare_series(const void *a, const void *b)
{
	int64_t x = ((const struct of_series *)a)->series,
		y = ((const struct of_series *)b)->series;

	return (x > y) - (x < y);
}

static void
index_series(const struct history_db *h, struct merge *m)
{
	m->by_series = xcalloc(h->o->point_count, sizeof(*m->by_series));
	for (size_t i = 0; i < h->o->point_count; i++)
		m->by_series[i] = (struct of_series){h->series[i], i};
	qsort(m->by_series, h->o->point_count, sizeof(*m->by_series), compare_series);
}

static double
resolution_of(const struct history_db *h, const struct merge *m, int64_t series)
{
	const struct of_series key = {.series = series};
	const struct of_series *found =
	    bsearch(&key, m->by_series, h->o->point_count, sizeof(*m->by_series), compare_series);

	return found != NULL ? h->o->resolutions[found->point] : 0; /* the site has it no more */
}

static bool
put_hour(struct history_db *h, struct merge *m, int64_t hour, int64_t series)
{
	sqlite3_stmt *stmt = history_statement(h, HISTORY_HOUR_PUT, hour, series);
	size_t length = minutes_pack(m->hour.m, m->hour.n, resolution_of(h, m, series), m->packed);
	bool done;

	sqlite3_bind_blob64(stmt, 3, m->packed, length, SQLITE_STATIC);
	done = db_step(&h->db, stmt) == SQLITE_DONE;
	sqlite3_reset(stmt);
	return done;
}

bool
history_db_hour(struct history_db *h, int64_t hour, int64_t series, struct minute_list *out)
{
	sqlite3_stmt *stmt = history_statement(h, HISTORY_HOUR_GET, hour, series);
	int rc = db_step(&h->db, stmt);
	size_t kept = out->n;

	if (rc == SQLITE_ROW)
		minute_list_add(
		    h, out, sqlite3_column_blob(stmt, 0), (size_t)sqlite3_column_bytes(stmt, 0));
	sqlite3_reset(stmt);
	/* A row that rotted may tell of any time: who reads an hour has room for an hour. */
	for (size_t i = kept; i < out->n; i++)
		if (out->m[i].minute / 60 == hour)
			out->m[kept++] = out->m[i];
	out->n = kept;
	return rc != SQLITE_ERROR;
}

/* What was found of a series, hour by hour, joined with what the hour has already. */
static bool
put_series(struct history_db *h, struct merge *m, int64_t series)
{
	minute_list_sort(&m->found);
	for (size_t i = 0; i < m->found.n;) {
		int64_t hour = m->found.m[i].minute / 60;

		m->hour.n = 0;
		if (!history_db_hour(h, hour, series, &m->hour))
			return false;
		for (; i < m->found.n && m->found.m[i].minute / 60 == hour; i++)
			if (m->hour.n < MINUTE_LIST_MAX)
				m->hour.m[m->hour.n++] = m->found.m[i];
		minute_list_sort(&m->hour);
		if (!put_hour(h, m, hour, series))
			return false;
	}
	return true;
}

/* The lowest series of which a part has something left; UINT64_MAX: none. */
static uint64_t
next_series(const struct merge *m)
{
	uint64_t least = UINT64_MAX;

	for (size_t i = 0; i < m->count; i++)
		if (m->parts[i].has && m->parts[i].entry.key < least)
			least = m->parts[i].entry.key;
	return least;
}

static bool
merge_all(struct history_db *h, struct merge *m)
{
	uint64_t series;

	while ((series = next_series(m)) != UINT64_MAX) {
		m->found.n = 0;
		for (size_t i = 0; i < m->count; i++) {
			struct part *p = &m->parts[i];

			while (p->has && p->entry.key == series) {
				minute_list_add(h, &m->found, p->entry.bytes, p->entry.length);
				p->has = batch_entry_next(&p->at, p->end, &p->entry);
			}
			/* Their order is ours; one that is not in it would stop the rest. */
			while (p->has && p->entry.key < series)
				p->has = batch_entry_next(&p->at, p->end, &p->entry);
		}
		if (!put_series(h, m, (int64_t)series))
			return false;
	}
	return true;
}

bool
history_db_merge(struct history_db *h)
{
	struct merge *m = xcalloc(1, sizeof(*m));
	sqlite3_stmt *drop = history_statement(h, HISTORY_PART_DROP, 0, 0);
	bool ok;

	index_series(h, m);
	ok = load_parts(h, m) && merge_all(h, m) && db_step(&h->db, drop) == SQLITE_DONE;

	sqlite3_reset(drop);
	merge_free(m);
	h->merged = h->merged || ok;
	return ok;
}
