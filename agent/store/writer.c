/* What the store's thread writes: one transaction for a batch of events, one for old ones. */
#include "store/private.h"

#include <string.h>

/* ---- writing -------------------------------------------------------------------------------- */

/* What all receivers have, as far as that is durable. */
static uint64_t
passed_by_all(const struct store *s)
{
	uint64_t least = UINT64_MAX;

	for (size_t i = 0; i < s->cursor_count; i++)
		if (s->cursors_saved[i] < least)
			least = s->cursors_saved[i];
	return least;
}

static bool
trim(struct store *s, uint64_t count, uint64_t upto, struct db_bounds *bounds)
{
	struct trim t = {
	    .count = count, .upto = upto, .passed = passed_by_all(s), .now = clock_wall()};

	if (!db_trim(s->db, &t) || !db_lost(s->db, &bounds->lost))
		return false;
	bounds->held -= t.gone;
	bounds->first_held = t.first_held != 0 ? t.first_held : bounds->last_seq + 1;
	return true;
}

/* Lost events, and the states of the alarms and the marks that they had told. */
static bool
put_lost(struct store *s, const struct entry *e)
{
	size_t n, marks;

	if (!db_put_gap(s->db, &(struct gap){.first = e->first,
				   .last = e->last,
				   .reason = GAP_DISK,
				   .since = e->since,
				   .until = e->until}))
		return false;
	pthread_mutex_lock(&s->lock);
	n = queue_late(&s->shared.queue, e->first, e->last, &s->late, &s->late_room);
	marks = queue_late_marks(
	    &s->shared.queue, e->first, e->last, &s->late_marks, &s->late_mark_room);
	pthread_mutex_unlock(&s->lock);
	for (size_t i = 0; i < n; i++)
		if (!db_put_alarm(s->db, &s->late[i]))
			return false;
	for (size_t i = 0; i < marks; i++)
		if (!db_put_mark(s->db, &s->late_marks[i].mark))
			return false;
	return true;
}

/* A number that neither came nor was lost by us has no other record than this. */
static bool
put_hole(struct store *s, const struct entry *e, uint64_t last_seq)
{
	wall_t when = e->lost ? e->since : e->event.wall;

	return e->first <= last_seq + 1 || db_put_gap(s->db, &(struct gap){.first = last_seq + 1,
								 .last = e->first - 1,
								 .reason = GAP_DISK,
								 .since = when,
								 .until = when});
}

static bool
put_entries(struct store *s, struct db_bounds *bounds)
{
	for (const struct entry *e = s->hand.first; e != NULL; e = e->next) {
		/* Came through before the error that made us open the file again. */
		if (e->last <= bounds->last_seq)
			continue;
		if (!put_hole(s, e, bounds->last_seq))
			return false;
		if (e->lost) {
			if (!put_lost(s, e))
				return false;
		} else {
			if (!db_put_event(s->db, &e->event) ||
			    (e->has_record && !db_put_alarm(s->db, &e->record)) ||
			    (e->has_mark && !db_put_mark(s->db, &e->mark)))
				return false;
			if (bounds->held++ == 0)
				bounds->first_held = e->first;
		}
		bounds->last_seq = e->last;
	}
	return db_lost(s->db, &bounds->lost);
}

static bool
put_cursors(struct store *s)
{
	for (size_t i = 0; i < s->cursor_count; i++)
		if (s->cursors_next[i] != s->cursors_saved[i] &&
		    !db_put_cursor(s->db, s->cursor_names[i], s->cursors_next[i]))
			return false;
	return true;
}

bool
store_write_hand(struct store *s, struct db_bounds *bounds)
{
	uint64_t room = s->max_events > bounds->held ? s->max_events - bounds->held : 0;
	uint64_t more = s->hand.count > room ? s->hand.count - room : 0;

	if (more > bounds->held)
		more = bounds->held;
	if (!db_begin(s->db))
		return false;
	if ((more == 0 || trim(s, more, INT64_MAX, bounds)) && put_entries(s, bounds) &&
	    put_cursors(s) && db_commit(s->db))
		return true;
	db_rollback(s->db);
	return false;
}

/* ---- tidying -------------------------------------------------------------------------------- */

/* The newest event that nobody needs any more. */
static uint64_t
prune_upto(const struct store *s)
{
	uint64_t passed = passed_by_all(s), last = s->bounds.last_seq;
	uint64_t old = last > CONSOLE_EVENTS ? last - CONSOLE_EVENTS : 0;

	return passed < old ? passed : old;
}

static bool
can_prune(const struct store *s, uint64_t events)
{
	return prune_upto(s) + 1 >= s->bounds.first_held + events;
}

bool
store_wants_tidying(const struct store *s)
{
	return s->db != NULL &&
	       (db_log_long(s->db) || s->bounds.held > s->max_events || can_prune(s, PRUNE_EVENTS));
}

bool
store_needs_tidying(const struct store *s)
{
	return s->db != NULL && (db_log_overlong(s->db) || can_prune(s, PRUNE_STORM));
}

bool
store_tidy(struct store *s, struct db_bounds *bounds)
{
	uint64_t excess = bounds->held > s->max_events ? bounds->held - s->max_events : 0;
	/* More than a commit brings, or it would never catch up. */
	uint64_t old = can_prune(s, PRUNE_STORM) ? PRUNE_STORM / 4 : PRUNE_EVENTS;

	if (db_log_long(s->db))
		return db_checkpoint(s->db, false);
	if (db_begin(s->db) &&
	    (excess > 0 ? trim(s, excess, INT64_MAX, bounds)
			: trim(s, old, prune_upto(s), bounds)) &&
	    db_commit(s->db))
		return true;
	db_rollback(s->db);
	return false;
}
