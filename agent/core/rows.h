/*
 * The rows of one device that are asked of the device itself: which of its rows stands in which
 * slot, and where the points of a slot stand because of that. Pure.
 *
 * A slot belongs to a label ("Gi1/0/5") and keeps it for good: a row that moves to another index is
 * found by its label, and a label that is gone leaves its slot empty until it comes back. New
 * labels take slots that never had one, in the order of their indices; then those that are empty.
 *
 * The label is asked together with the values of its row each time, behind them, and only where it
 * is the right one are the values taken that came before it or with it: it was right the last time
 * as well, so the row stood there in between. What comes after it proves nothing: the device may
 * have given the place to another row meanwhile. So no value is ever told of another row, also
 * between two looks at which rows there are.
 */
#ifndef CORE_ROWS_H
#define CORE_ROWS_H

#include "base/arena.h"
#include "model/baton.h"
#include "model/site.h"

/*
 * A doubt has the rows looked at at once, but where it was so often in a row: then so long after
 * the last look, and twice as long each time up to POLL_ROWS_MS, until all labels are right for
 * the time below. Labels that do not hold still, or that a walk finds and nobody else, would make a
 * walk of each poll and events of each walk, at the speed of the wire.
 */
#define ROWS_LOOKS_MAX 10
#define ROWS_HELD_MS   1000
#define ROWS_QUIET_MS  10000

struct row {
	uint16_t table, slot; /* profile->tables[table].rows[slot] */
	bool there;           /* the device has it; after a start: had it, length is 0 then */
	bool placed;          /* its points are asked: the core's */
	bool doubted;         /* its label did not fit, or was gone: bound anew by the next walk */
	bool proven;          /* its label came with the answers that are being taken */
	mono_t proven_at;     /* when it came: what is later is not proven */
	uint32_t key;         /* of its label; 0: it never had one */
	char text[WALK_TEXT_MAX];      /* the label as the device gives it */
	char label[WALK_TEXT_MAX + 8]; /* the same for people, told apart from equal ones */
	uint16_t length;               /* of the index */
	uint32_t index[WALK_INDEX_MAX];
	struct source at; /* of the label */
};

struct rows {
	const struct profile *profile;
	struct row *list; /* the slots of all tables whose rows are asked */
	size_t count;
	struct source *sources; /* by point of the profile; length 0: of no such table */
	uint16_t *row_of;       /* by point: index into list + 1; 0: none */
	size_t *homeless;       /* by table: rows of the device that have no slot */
	bool *walked;           /* by table: it was, to its end and in this run */
	bool fresh;             /* rows were found: they are to be read */
	mono_t looked;          /* when a walk came home last */
	mono_t calm_since; /* when the first one did after a doubt; MONO_NEVER: it is to come */
	unsigned looks;    /* because of doubts, in a row */
	int64_t held_ms;   /* from `looked` to the next one */
};

/* NULL: the profile has no such table. Lives in the arena. */
struct rows *rows_new(struct arena *a, const struct profile *p);

static inline size_t
rows_count(const struct rows *r)
{
	return r->count;
}
const struct source *rows_label(const struct rows *r, size_t row);
/* NO_INDEX: the point is in no such table. */
int rows_of_point(const struct rows *r, size_t point);
/* Where the point stands now; NULL: the point is in no such table. */
const struct source *rows_source(const struct rows *r, size_t point);
/* Is it one of those that change? */
bool rows_has_source(const struct rows *r, const struct source *at);

/* The key of a label; never 0. */
uint32_t rows_key(const char *label);

enum row_change { ROW_SAME, ROW_FOUND, ROW_MOVED, ROW_GONE };
/*
 * What a whole walk of a table changes: changes[] has room for r->count and is set for each row of
 * that table. Rows are bound and unbound. Returns how many of the device's rows found no slot.
 */
size_t rows_match(
    struct rows *r, uint16_t table, const struct column_walk *w, enum row_change *changes);
/* Does this text, or no text at all (NULL), show that the row is still the same? */
bool rows_fits(const struct row *row, const char *text);

#endif
