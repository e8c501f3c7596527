/* The core thread's side: opening, the queue in, answers that need no disk. */
#include "store/store.h"

#include "base/arena.h"
#include "base/lang.h"
#include "base/text.h"
#include "store/files.h"
#include "store/private.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* SQLite needs some 50 KiB; the rest is for the C library. */
#define STACK_BYTES   (256 * 1024)
#define CLOSE_WAIT_MS 5000

struct store_mail *
store_mail_new(enum store_mail_kind kind)
{
	struct store_mail *m = xcalloc(1, sizeof(*m));

	m->mail.kind = (int)kind;
	return m;
}

void
store_mail_free(struct store_mail *m)
{
	if (m == NULL)
		return;
	free(m->events);
	free(m);
}

/* ---- opening -------------------------------------------------------------------------------- */

static void
unload(struct store *s)
{
	db_close(s->db, false);
	free(s->alarms);
	free(s->marks);
	s->db = NULL;
	s->alarms = NULL;
	s->marks = NULL;
}

/* Everything that the start needs from the file; false with *err. saved: from a damaged one. */
static bool
load(struct store *s, struct store_start *start, const struct salvage *saved, struct db_error *err)
{
	s->db = db_open(s->dir, true, err);
	if (s->db == NULL)
		return false;
	if ((saved != NULL && !db_adopt(s->db, saved)) || !db_bounds(s->db, &s->bounds) ||
	    !db_alarms(s->db, &s->alarms, &start->alarm_count) ||
	    !db_marks(s->db, &s->marks, &start->mark_count) ||
	    !db_new_run(s->db, start, s->bounds.last_seq + 1, clock_wall()))
		goto failed;
	for (size_t i = 0; i < s->cursor_count; i++) {
		uint64_t *c = &s->start_cursors[i];

		if (!db_cursor_read(s->db, s->cursor_names[i], c))
			goto failed;
		if (*c > s->bounds.last_seq)
			*c = s->bounds.last_seq;
		s->shared.cursors[i] = s->cursors_saved[i] = *c;
	}
	return true;
failed:
	*err = *db_why(s->db);
	unload(s);
	return false;
}

/*
 * What the disk had confirmed and has no more (a log that was damaged, a disk that lied about its
 * syncs) is on record before anybody gets one of its numbers again. The boots of a run may be lost
 * with them, and were given out.
 */
static bool
note_loss(struct store *s, struct store_start *start, struct db_error *err)
{
	uint64_t seen, first = s->bounds.last_seq + 1;
	wall_t now = clock_wall();

	text_copy(s->epoch, sizeof(s->epoch), start->epoch);
	s->witness_fd = files_witness_open(s->dir);
	seen = files_witness_read(s->witness_fd, s->epoch);
	if (seen < first)
		return true;
	if (!db_begin(s->db) ||
	    !db_put_gap(s->db, &(struct gap){.first = first,
				   .last = seen,
				   .reason = GAP_DISK,
				   .since = now,
				   .until = now}) ||
	    !db_raise_boots(s->db, start) || !db_commit(s->db) || !db_checkpoint(s->db, true) ||
	    !db_bounds(s->db, &s->bounds)) {
		*err = *db_why(s->db);
		db_rollback(s->db);
		return false;
	}
	start->lost = true;
	text_printf(start->text, sizeof(start->text),
	    _("The disk has lost the events %llu to %llu of the store, which it had confirmed; "
	      "they "
	      "are on record as a gap."),
	    (unsigned long long)first, (unsigned long long)seen);
	return true;
}

/* The disk takes or gives nothing: another directory may do. */
static bool
is_refusal(enum trouble t)
{
	return t == TROUBLE_FULL || t == TROUBLE_READ_ONLY || t == TROUBLE_IO;
}

/*
 * A damaged file is put aside and a new one begun, with what could be read of the old one. A disk
 * on which even that cannot be done, or whose new file is damaged as well, is not to be used.
 */
static bool
begin_anew(
    struct store *s, struct store_start *start, const char *damage, char *err, size_t err_size)
{
	struct db_error why;
	struct salvage saved;
	char aside[PATH_MAX];
	bool ok;

	if (!files_put_aside(s->dir, DB_FILE, clock_wall(), aside, sizeof(aside), err, err_size)) {
		start->refused = true;
		return false;
	}
	db_salvage(aside, &saved);
	memset(start, 0, sizeof(*start));
	ok = load(s, start, &saved, &why);
	free(saved.alarms);
	free(saved.marks);
	if (!ok) {
		start->refused = is_refusal(why.trouble) || why.trouble == TROUBLE_DAMAGED;
		text_copy(err, err_size, why.text);
		return false;
	}
	start->recovered = true;
	text_copy(s->epoch, sizeof(s->epoch), start->epoch);
	if (s->witness_fd < 0)
		s->witness_fd = files_witness_open(s->dir);
	text_printf(start->text, sizeof(start->text),
	    saved.engine_id_length > 0
		? _("The event store was damaged and is kept as %s. A new one begins, with %zu "
		    "alarm states and the same SNMP engine.")
		: _("The event store was damaged and is kept as %s. A new one begins, with %zu "
		    "alarm states and a new SNMP engine."),
	    aside, start->alarm_count);
	log_err("%s The finding: %s.", start->text, damage);
	return true;
}

static bool
load_or_begin(struct store *s, struct store_start *start, char *err, size_t err_size)
{
	struct db_error why;

	if (load(s, start, NULL, &why) && note_loss(s, start, &why))
		return true;
	/* The damage may have shown only after all was read. */
	unload(s);
	if (why.trouble == TROUBLE_DAMAGED)
		return begin_anew(s, start, why.text, err, err_size);
	start->refused = is_refusal(why.trouble);
	text_copy(err, err_size, why.text);
	return false;
}

static struct store *
store_new(const struct store_options *o)
{
	struct store *s = xcalloc(1, sizeof(*s));
	pthread_condattr_t monotonic;

	s->answers = o->answers;
	s->dir = xstrdup(o->dir);
	s->max_events = o->max_events;
	s->cursor_count = o->cursor_count;
	s->cursor_names = xcalloc(o->cursor_count + 1, sizeof(*s->cursor_names));
	for (size_t i = 0; i < o->cursor_count; i++)
		s->cursor_names[i] = xstrdup(o->cursors[i]);
	s->start_cursors = xcalloc(o->cursor_count + 1, sizeof(uint64_t));
	s->cursors_saved = xcalloc(o->cursor_count + 1, sizeof(uint64_t));
	s->cursors_next = xcalloc(o->cursor_count + 1, sizeof(uint64_t));
	s->shared.cursors = xcalloc(o->cursor_count + 1, sizeof(uint64_t));
	s->shared.commit_at = s->shared.cursors_at = MONO_NEVER;
	s->lock_fd = s->io_fd = s->witness_fd = -1;
	pthread_mutex_init(&s->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&s->wake, &monotonic);
	pthread_cond_init(&s->ended, &monotonic);
	pthread_condattr_destroy(&monotonic);
	queue_init(&s->shared.queue, QUEUE_ENTRIES);
	return s;
}

static void
store_free(struct store *s)
{
	pulse_remove(&s->pulse);
	db_close(s->db, false);
	if (s->lock_fd >= 0)
		close(s->lock_fd);
	if (s->witness_fd >= 0)
		close(s->witness_fd);
	for (size_t i = 0; i < s->cursor_count; i++)
		free(s->cursor_names[i]);
	free(s->cursor_names);
	free(s->start_cursors);
	free(s->cursors_saved);
	free(s->cursors_next);
	free(s->shared.cursors);
	free(s->shared.fetches);
	queue_free(&s->shared.queue);
	free(s->alarms);
	free(s->marks);
	free(s->late);
	free(s->late_marks);
	free(s->dir);
	pthread_cond_destroy(&s->wake);
	pthread_cond_destroy(&s->ended);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

static bool
start_thread(struct store *s, char *err, size_t err_size)
{
	pthread_attr_t attr;
	int error;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_BYTES);
	pulse_add(&s->pulse, "store", STUCK_MS, false);
	error = pthread_create(&s->thread, &attr, store_worker, s);
	pthread_attr_destroy(&attr);
	if (error == 0) {
		pthread_setname_np(s->thread, "store");
		return true;
	}
	text_printf(err, err_size, "cannot start the thread of the store: %s", strerror(error));
	return false;
}

struct store *
store_open(const struct store_options *o, struct store_start *start, char *err, size_t err_size)
{
	struct store *s;

	memset(start, 0, sizeof(*start));
	if (o->max_events == 0) {
		text_copy(err, err_size, "the store must be allowed to keep at least one event");
		return NULL;
	}
	s = store_new(o);
	s->lock_fd = files_lock(s->dir, &start->refused, err, err_size);
	if (s->lock_fd < 0 || !load_or_begin(s, start, err, err_size))
		goto failed;
	start->last_seq = s->bounds.last_seq;
	start->first_held = s->bounds.first_held;
	start->alarms = s->alarms;
	start->marks = s->marks;
	start->cursors = s->start_cursors;
	s->shared.health = (struct store_health){.newest = s->bounds.last_seq,
	    .durable = s->bounds.last_seq,
	    .held = s->bounds.held,
	    .lost = s->bounds.lost};
	if (start_thread(s, err, err_size))
		return s;
failed:
	store_free(s);
	return NULL;
}

void
store_close(struct store *s)
{
	mono_t until = mono_add_ms(clock_mono(), CLOSE_WAIT_MS);
	struct timespec ts = {.tv_sec = until.us / 1000000, .tv_nsec = until.us % 1000000 * 1000};
	bool ended;

	if (s == NULL)
		return;
	pthread_mutex_lock(&s->lock);
	s->shared.stop = true;
	pthread_cond_signal(&s->wake);
	while (!s->shared.ended && pthread_cond_timedwait(&s->ended, &s->lock, &ts) == 0)
		;
	ended = s->shared.ended;
	pthread_mutex_unlock(&s->lock);
	if (!ended) {
		/* It hangs in the kernel and may come back: what it uses must stay. */
		log_err("the disk of %s has not answered for %d s: events that were not durable "
			"yet are lost",
		    s->dir, CLOSE_WAIT_MS / 1000);
		pthread_detach(s->thread);
		return;
	}
	pthread_join(s->thread, NULL);
	store_free(s);
}

/* ---- events and cursors --------------------------------------------------------------------- */

void
store_event(struct store *s, const struct event *e, const struct alarm_record *record,
    const struct mark *mark)
{
	bool urgent = e->type == EVENT_ALARM || record != NULL;
	mono_t now = clock_mono();
	bool kept;

	pthread_mutex_lock(&s->lock);
	kept = queue_put(&s->shared.queue, e, record, mark);
	s->shared.health.newest = e->seq;
	s->shared.commit_at =
	    mono_min(s->shared.commit_at, urgent ? now : mono_add_ms(now, GROUP_COMMIT_MS));
	pthread_cond_signal(&s->wake);
	pthread_mutex_unlock(&s->lock);
	if (kept)
		fault_over(&s->overflow, now, "the store takes events again");
	else
		fault_say(&s->overflow, now, LOG_LEVEL_ERR,
		    "event %llu is lost: %d events wait for the disk of %s already; the loss is "
		    "on record",
		    (unsigned long long)e->seq, QUEUE_ENTRIES, s->dir);
}

void
store_cursor(struct store *s, size_t cursor, uint64_t upto)
{
	if (cursor >= s->cursor_count) {
		log_err("there is no cursor %zu: this is a defect of the program", cursor);
		return;
	}
	pthread_mutex_lock(&s->lock);
	/* Nobody has what is not durable, whatever a receiver says. */
	if (upto > s->shared.health.durable)
		upto = s->shared.health.durable;
	if (upto > s->shared.cursors[cursor]) {
		s->shared.cursors[cursor] = upto;
		if (s->shared.cursors_at.us == MONO_NEVER.us) {
			s->shared.cursors_at = mono_add_ms(clock_mono(), CURSOR_DELAY_MS);
			pthread_cond_signal(&s->wake);
		}
	}
	pthread_mutex_unlock(&s->lock);
}

/* ---- fetching ------------------------------------------------------------------------------- */

/* From memory, where the newest events are; NULL where it does not reach. Under the lock. */
static struct store_mail *
fetch_recent(struct store *s, uint64_t after, unsigned max)
{
	const struct event *events[STORE_BATCH_MAX];
	struct store_mail *m;
	int n = 0;

	if (after < s->shared.health.durable)
		n = queue_recent(&s->shared.queue, after, max, events);
	if (n < 0)
		return NULL;
	m = store_mail_new(STORE_BATCH);
	m->events = xcalloc((size_t)n + 1, sizeof(*m->events));
	m->event_count = (size_t)n;
	for (int i = 0; i < n; i++)
		m->events[i] = *events[i];
	return m;
}

/* Leaves the question to the store's thread. Under the lock. */
static void
ask_thread(struct store *s, int tag, uint64_t after, unsigned max)
{
	struct fetch *f = NULL;

	for (size_t i = 0; i < s->shared.fetch_count; i++)
		if (s->shared.fetches[i].tag == tag)
			f = &s->shared.fetches[i];
	if (f == NULL) {
		s->shared.fetches = xrealloc(
		    s->shared.fetches, s->shared.fetch_count + 1, sizeof(*s->shared.fetches));
		f = &s->shared.fetches[s->shared.fetch_count++];
	}
	*f = (struct fetch){.tag = tag, .after = after, .max = max, .wanted = true};
	pthread_cond_signal(&s->wake);
}

void
store_fetch(struct store *s, int tag, uint64_t after, unsigned max)
{
	struct store_mail *m;

	if (max == 0 || max > STORE_BATCH_MAX)
		max = STORE_BATCH_MAX;
	pthread_mutex_lock(&s->lock);
	m = fetch_recent(s, after, max);
	if (m == NULL)
		ask_thread(s, tag, after, max);
	else {
		m->tag = tag;
		m->upto = s->shared.health.durable;
	}
	pthread_mutex_unlock(&s->lock);
	if (m != NULL)
		mailbox_put(s->answers, &m->mail);
}

void
store_health(struct store *s, struct store_health *out)
{
	pthread_mutex_lock(&s->lock);
	*out = s->shared.health;
	out->lost += s->shared.queue.lost;
	pthread_mutex_unlock(&s->lock);
}
