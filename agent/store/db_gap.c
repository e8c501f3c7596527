/* What is not there any more: trimming, the record of lost events, and reading over a hole. */
#include "store/db.h"

#include "base/lang.h"
#include "base/text.h"
#include "store/db_private.h"

#include <string.h>

static uint64_t
min_u64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t
max_u64(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static struct gap
join(struct gap a, struct gap b)
{
	return (struct gap){.first = min_u64(a.first, b.first),
	    .last = max_u64(a.last, b.last),
	    .reason = a.reason | b.reason,
	    .since = a.since.us < b.since.us ? a.since : b.since,
	    .until = a.until.us > b.until.us ? a.until : b.until};
}

bool
db_put_gap(struct db *d, const struct gap *g)
{
	struct gap all = *g;
	int rc;

	for (;;) {
		sqlite3_stmt *stmt = db_statement(d, STATEMENT_GAP_TOUCHING,
		    (int64_t[]){(int64_t)all.first, (int64_t)all.last}, 2);
		int64_t first;

		rc = db_step(d, stmt);
		if (rc != SQLITE_ROW)
			break;
		first = sqlite3_column_int64(stmt, 0);
		all = join(all, (struct gap){.first = (uint64_t)first,
				    .last = (uint64_t)sqlite3_column_int64(stmt, 1),
				    .reason = (unsigned)sqlite3_column_int(stmt, 2),
				    .since = {sqlite3_column_int64(stmt, 3)},
				    .until = {sqlite3_column_int64(stmt, 4)}});
		sqlite3_reset(stmt);
		if (!db_run(d, STATEMENT_GAP_REMOVE, &first, 1))
			return false;
	}
	sqlite3_reset(d->statements[STATEMENT_GAP_TOUCHING]);
	return rc == SQLITE_DONE && db_run(d, STATEMENT_GAP_PUT,
					(int64_t[]){(int64_t)all.first, (int64_t)all.last,
					    all.reason, all.since.us, all.until.us},
					5);
}

/* The seq of the n-th oldest event, n from 1; 0 where there are not so many. */
static bool
nth_event(struct db *d, uint64_t n, uint64_t *seq)
{
	sqlite3_stmt *stmt = db_statement(d, STATEMENT_EVENT_NTH, (int64_t[]){(int64_t)n - 1}, 1);
	int rc = db_step(d, stmt);

	*seq = rc == SQLITE_ROW ? (uint64_t)sqlite3_column_int64(stmt, 0) : 0;
	sqlite3_reset(stmt);
	return rc != SQLITE_ERROR;
}

bool
db_trim(struct db *d, struct trim *t)
{
	uint64_t first, last;

	t->gone = 0;
	if (!nth_event(d, 1, &first) || !nth_event(d, t->count, &last))
		return false;
	t->first_held = first;
	if (first == 0 || first > t->upto)
		return true;
	if (last == 0 && t->upto > t->passed)
		return db_damaged(d, "there are fewer events than were counted");
	last = last == 0 ? t->upto : min_u64(last, t->upto);
	if (!db_run(d, STATEMENT_EVENT_DELETE, (int64_t[]){(int64_t)last}, 1))
		return false;
	t->gone = (uint64_t)sqlite3_changes64(d->sql);
	if (!nth_event(d, 1, &t->first_held))
		return false;
	if (last <= t->passed)
		return db_run(d, STATEMENT_GAP_PASSED, (int64_t[]){(int64_t)last}, 1);
	return db_put_gap(d, &(struct gap){.first = max_u64(first, t->passed + 1),
				 .last = last,
				 .reason = GAP_FULL,
				 .since = t->now,
				 .until = t->now});
}

/* ---- reading -------------------------------------------------------------------------------- */

/* Why events of a hole are lost, and what a person can do about it; by enum gap_reason. */
static const struct {
	const char *cause, *remedy;
} reasons[] = {
    [0] = {"", ""},
    [GAP_FULL] = {N_("the store was full of events that a receiver had not confirmed"),
	N_("Bring the receiver back; raise the store's max_events in the site file.")},
    [GAP_DISK] = {N_("the disk did not take them while memory lasted"),
	N_("Check the disk of the store: space, errors, speed.")},
    [GAP_FULL | GAP_DISK] = {N_("the store was full of unconfirmed events, and the disk failed"),
	N_("Check the disk of the store; bring the receiver back.")},
};

static bool
lost_within(
    struct db *d, uint64_t from, uint64_t to, uint64_t *lost, unsigned *reason, wall_t *until)
{
	sqlite3_stmt *stmt =
	    db_statement(d, STATEMENT_GAP_WITHIN, (int64_t[]){(int64_t)from, (int64_t)to}, 2);
	bool ok = db_step(d, stmt) == SQLITE_ROW;

	*lost = ok ? (uint64_t)sqlite3_column_int64(stmt, 0) : 0;
	*reason = ok ? (unsigned)sqlite3_column_int(stmt, 1) & (GAP_FULL | GAP_DISK) : 0;
	until->us = ok ? sqlite3_column_int64(stmt, 2) : 0;
	sqlite3_reset(stmt);
	return ok;
}

bool
db_lost(struct db *d, uint64_t *out)
{
	unsigned reason;
	wall_t until;

	return lost_within(d, 0, INT64_MAX, out, &reason, &until);
}

/* An event that stands for from..to; when, how grave and why are still to be said. */
static void
begin_gap(struct event *e, uint64_t from, uint64_t to)
{
	memset(e, 0, sizeof(*e));
	e->seq = to;
	e->type = EVENT_GAP;
	e->has_value = true;
	e->value = (double)(to - from + 1);
	text_copy(e->unit, sizeof(e->unit), "1");
	e->quality = QUALITY_GOOD;
	text_printf(e->from, sizeof(e->from), "%llu", (unsigned long long)from);
	text_printf(e->to, sizeof(e->to), "%llu", (unsigned long long)to);
}

/* The missing ones from..to: confirmed by all and pruned, or lost. */
static bool
describe_hole(struct db *d, uint64_t from, uint64_t to, struct event *e)
{
	uint64_t lost;
	unsigned reason;
	wall_t until;

	if (!lost_within(d, from, to, &lost, &reason, &until))
		return false;
	begin_gap(e, from, to);
	if (lost == 0) {
		e->wall = clock_wall();
		e->priority = PRIORITY_LOW;
		text_printf(e->text, sizeof(e->text),
		    _("Events %s to %s are not kept any more: every receiver had confirmed them."),
		    e->from, e->to);
		return true;
	}
	e->wall = until;
	e->priority = PRIORITY_HIGH;
	text_printf(e->text, sizeof(e->text), _("%llu of the events %s to %s are lost: %s."),
	    (unsigned long long)lost, e->from, e->to, _(reasons[reason].cause));
	text_copy(e->remedy, sizeof(e->remedy), _(reasons[reason].remedy));
	return true;
}

/*
 * The row of the statement as an event. One that makes no sense (rot, or a word of a newer build)
 * must not stop those behind it: a gap of one stands for it. The row stays as it is, as a build
 * that knows the word can read it still.
 */
static bool
read_event(struct db *d, sqlite3_stmt *stmt, struct event *e)
{
	const char *column = row_read(stmt, &event_rows, e, sizeof(*e));
	uint64_t seq = (uint64_t)sqlite3_column_int64(stmt, 0);
	wall_t wall = e->wall;

	if (column == NULL)
		return true;
	if (!db_had_memory(d))
		return false;
	begin_gap(e, seq, seq);
	/* Its own time, where that could be read. */
	e->wall = wall.us > 0 ? wall : clock_wall();
	e->priority = PRIORITY_HIGH;
	text_printf(e->text, sizeof(e->text),
	    _("Event %s cannot be read: its %s makes no sense to this version of facilityd."),
	    e->from, column);
	text_copy(e->remedy, sizeof(e->remedy),
	    _("After a return to an older version of facilityd, install the newer one again: it "
	      "can "
	      "read the event. Otherwise check the disk of the store."));
	fault_say(
	    &d->unreadable, clock_mono(), LOG_LEVEL_ERR, "%s (%s) %s", e->text, d->path, e->remedy);
	return true;
}

bool
db_fetch(
    struct db *d, uint64_t after, uint64_t upto, unsigned max, struct event *out, size_t *count)
{
	sqlite3_stmt *stmt = db_statement(
	    d, STATEMENT_EVENT_SELECT, (int64_t[]){(int64_t)after, (int64_t)upto, max}, 3);
	uint64_t expected = after + 1;
	bool ok = true;
	int rc = SQLITE_DONE;

	*count = 0;
	while (ok && *count < max && (rc = db_step(d, stmt)) == SQLITE_ROW) {
		struct event *e = &out[*count];

		ok = read_event(d, stmt, e);
		if (ok && e->seq > expected) {
			struct event found = *e;

			ok = describe_hole(d, expected, found.seq - 1, e);
			(*count)++;
			if (*count < max)
				out[*count] = found;
			else
				break;
		}
		expected = out[*count].seq + 1;
		(*count)++;
	}
	sqlite3_reset(stmt);
	/* Nothing is held behind the last one: the tail itself is a hole. */
	if (ok && rc == SQLITE_DONE && *count < max && expected <= upto) {
		ok = describe_hole(d, expected, upto, &out[*count]);
		(*count)++;
	}
	return ok && rc != SQLITE_ERROR;
}
