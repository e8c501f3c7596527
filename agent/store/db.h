/*
 * The file of the store: the one place that speaks SQLite. Every function belongs to the thread
 * that holds the db; store_open() hands it to the store's thread. All block.
 *
 * Tables: event, alarm and mark (see row.h), cursor, gap (events lost for good), run (one row for
 * each start: the boot that its monotonic times belong to), meta (epoch, SNMP engine).
 */
#ifndef STORE_DB_H
#define STORE_DB_H

#include "model/alarm.h"
#include "store/store.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DB_FILE "events.db" /* in the store's directory; SQLite adds events.db-wal */

/* What is wrong, as far as it matters for what to do next. */
enum trouble {
	TROUBLE_NONE,
	TROUBLE_FULL,      /* no space; the open file is sound, trying again is enough */
	TROUBLE_READ_ONLY, /* the file system refuses writing */
	TROUBLE_IO,        /* a read, write or sync failed: reopen, check, write again */
	TROUBLE_DAMAGED,   /* this is no database, or a broken one */
	TROUBLE_IN_USE,    /* another program holds the file */
	TROUBLE_NEWER,     /* made by a newer version of this program */
	TROUBLE_OTHER,     /* memory, a defect: text has SQLite's words */
	TROUBLE_COUNT
};

#define DB_TEXT_MAX 256
struct db_error {
	enum trouble trouble;
	bool reopen; /* close and open again before trying again: SQLite's view may be wrong */
	char text[DB_TEXT_MAX]; /* a sentence: what, where, what to do */
};

/* Why events are gone. Bits: a merged gap can have both. */
enum gap_reason {
	GAP_FULL = 1, /* more than max_events waited for a receiver */
	GAP_DISK = 2, /* the disk did not take them while memory lasted */
};

/* Events first..last are lost for good. */
struct gap {
	uint64_t first, last;
	unsigned reason;     /* enum gap_reason */
	wall_t since, until; /* when they were lost */
};

/* What of the events is in the file. */
struct db_bounds {
	uint64_t first_held; /* last_seq + 1 where none is held */
	uint64_t last_seq;   /* highest that was ever made durable here, held, gap or alarm's */
	uint64_t held;
	uint64_t lost; /* sum of the gaps on record */
};

struct db;

/*
 * Opens or makes the file and makes sure that everything in it is really on the disk: quick_check,
 * then a full checkpoint, so that nothing is left in a write-ahead log of which a failed sync may
 * have lost a part. NULL with *err filled. may_create false: a file that is gone is an error.
 */
struct db *db_open(const char *dir, bool may_create, struct db_error *err);
/* clean: all is well, let SQLite tidy up. Otherwise the files stay as they are. NULL is allowed. */
void db_close(struct db *d, bool clean);

/* Why the last call failed. */
const struct db_error *db_why(const struct db *d);

/*
 * A new run: makes epoch and SNMP engine where there are none, raises engine_boots, all durable on
 * return, and in the file itself: a log that is lost must not lead to the same boots again. Fills
 * epoch and engine of *start.
 */
bool db_new_run(struct db *d, struct store_start *start, uint64_t first_seq, wall_t now);
/* Once more, within a transaction of the caller's, who sees to the log. */
bool db_raise_boots(struct db *d, struct store_start *start);

/*
 * What a damaged file still tells: alarm states (with seq 0: their events are of another epoch),
 * marks and the SNMP engine, so that people do not acknowledge twice and the NOC keeps believing
 * us. Only what makes sense is taken, and the core judges every alarm anew anyway.
 */
struct salvage {
	struct alarm_record *alarms; /* malloc, the caller frees */
	size_t alarm_count;
	struct mark *marks; /* malloc, the caller frees */
	size_t mark_count;
	uint8_t engine_id[STORE_ENGINE_ID_MAX];
	size_t engine_id_length; /* 0: none could be read */
	uint32_t engine_boots;
};
void db_salvage(const char *path, struct salvage *out);
/* Puts it into a new file, before db_new_run(). */
bool db_adopt(struct db *d, const struct salvage *s);

bool db_bounds(struct db *d, struct db_bounds *out);
bool db_lost(struct db *d, uint64_t *out); /* sum of the gaps on record */
/* All alarms into *out (malloc, the caller frees), in the order of their keys. One that cannot be
 * read (rot, a word of a newer build) is left out, with a line in the log that names it. */
bool db_alarms(struct db *d, struct alarm_record **out, size_t *count);
bool db_marks(struct db *d, struct mark **out, size_t *count);      /* the same of marks */
bool db_cursor_read(struct db *d, const char *name, uint64_t *out); /* 0 where there is none */

/* One transaction: begin, any of these, commit. After any false: db_rollback(). */
bool db_begin(struct db *d);
bool db_put_event(struct db *d, const struct event *e);
bool db_put_alarm(struct db *d, const struct alarm_record *r);
bool db_put_mark(struct db *d, const struct mark *m); /* or ends it: see struct mark */
bool db_put_cursor(struct db *d, const char *name, uint64_t upto);
bool db_put_gap(struct db *d, const struct gap *g); /* joined with its neighbours */
/*
 * The oldest events go: at most `count` of them (>= 1), none after `upto`. Those after `passed` are
 * lost and become a gap; gaps that all have passed go with their neighbours.
 */
struct trim {
	uint64_t count, upto, passed;
	wall_t now;
	uint64_t gone;       /* out: how many went */
	uint64_t first_held; /* out: the oldest that is left, 0 where none is */
};
bool db_trim(struct db *d, struct trim *t);
bool db_commit(struct db *d); /* true: on the disk */
void db_rollback(struct db *d);

/*
 * Events with seq > after and <= upto, oldest first, at most max, into out. Where some are
 * missing, one EVENT_GAP stands in their place, with the seq of the last of them; and one, with
 * its seq, in place of each event that is there and cannot be read.
 */
bool db_fetch(
    struct db *d, uint64_t after, uint64_t upto, unsigned max, struct event *out, size_t *count);

/* The log has grown to where it should be moved into the file. */
bool db_log_long(const struct db *d);
/* So much that it must not wait for a quiet moment. */
bool db_log_overlong(const struct db *d);
/* Moves it; all: to the last page, and cuts it to nothing. */
bool db_checkpoint(struct db *d, bool all);

#endif
