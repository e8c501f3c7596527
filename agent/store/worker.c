/*
 * The store's thread. It takes events in batches, one transaction each, and says "durable" after
 * the sync. When the disk refuses, the batch stays in its hand and is tried again with growing
 * pauses; what an I/O error may have spoilt is opened and read anew first.
 */
#include "base/arena.h"
#include "base/lang.h"
#include "base/text.h"
#include "store/files.h"
#include "store/private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- telling the core ----------------------------------------------------------------------- */

static void
tell(struct store *s, enum store_mail_kind kind, uint64_t durable, const char *text)
{
	struct store_mail *m = store_mail_new(kind);

	m->upto = durable;
	text_copy(m->text, sizeof(m->text), text);
	mailbox_put(s->answers, &m->mail);
}

/* Returns what is durable: never less than was said before. */
static uint64_t
update_health(struct store *s, int64_t commit_us)
{
	struct store_health *h = &s->shared.health;
	uint64_t bytes = files_written(s->io_fd), durable;

	pthread_mutex_lock(&s->lock);
	h->fault = s->fault.on;
	if (s->bounds.last_seq > h->durable)
		h->durable = s->bounds.last_seq;
	h->held = s->bounds.held;
	h->lost = s->bounds.lost;
	h->bytes_written = bytes;
	if (commit_us > h->commit_max_us)
		h->commit_max_us = commit_us < INT32_MAX ? (int32_t)commit_us : INT32_MAX;
	durable = h->durable;
	pthread_mutex_unlock(&s->lock);
	return durable;
}

/* ---- faults --------------------------------------------------------------------------------- */

static void
begin_fault(struct store *s, struct db_error why)
{
	struct fault *f = &s->fault;
	mono_t now = clock_mono();
	bool first = !f->on;
	uint64_t durable;

	f->backoff_ms = first ? RETRY_FIRST_MS : 2 * f->backoff_ms;
	if (f->backoff_ms > RETRY_MAX_MS)
		f->backoff_ms = RETRY_MAX_MS;
	f->retry_at = mono_add_ms(now, f->backoff_ms);
	f->on = true;
	if (why.reopen) {
		db_close(s->db, false);
		s->db = NULL;
	}
	fault_say(&f->log, now, LOG_LEVEL_ERR, "%s; events wait in memory meanwhile, at most %d",
	    why.text, QUEUE_ENTRIES);
	durable = update_health(s, 0);
	pthread_mutex_lock(&s->lock);
	s->last_try = s->shared.stop;
	pthread_mutex_unlock(&s->lock);
	if (first)
		tell(s, STORE_FAULT, durable, why.text);
}

/*
 * After an I/O error the file may have less than SQLite had been told: it is opened anew, which
 * checks it and syncs all of it, and what it lacks is taken back from memory.
 */
static bool
reopen(struct store *s, struct db_error *why)
{
	struct db_bounds bounds;
	struct entry_list again = {0};

	s->db = db_open(s->dir, false, why);
	if (s->db == NULL) {
		if (why->trouble == TROUBLE_DAMAGED)
			text_append(why->text, sizeof(why->text),
			    _("; a restart of facilityd puts it aside"));
		return false;
	}
	if (!db_bounds(s->db, &bounds)) {
		*why = *db_why(s->db);
		why->reopen = true;
		return false;
	}
	pthread_mutex_lock(&s->lock);
	queue_take_recent(&s->shared.queue, bounds.last_seq, &again);
	pthread_mutex_unlock(&s->lock);
	for (struct entry *e; (e = list_shift(&s->hand)) != NULL;)
		list_append(&again, e);
	s->hand = again;
	s->bounds = bounds;
	return true;
}

/* ---- committing ------------------------------------------------------------------------------ */

static bool
something_to_write(const struct store *s)
{
	return s->hand.count > 0 ||
	       memcmp(s->cursors_next, s->cursors_saved, s->cursor_count * sizeof(uint64_t)) != 0;
}

static void
take_work(struct store *s)
{
	pthread_mutex_lock(&s->lock);
	if (s->hand.count < BATCH_ENTRIES)
		queue_take(&s->shared.queue, &s->hand, BATCH_ENTRIES - s->hand.count);
	memcpy(s->cursors_next, s->shared.cursors, s->cursor_count * sizeof(uint64_t));
	/* What did not fit has waited long enough already. */
	s->shared.commit_at = s->shared.queue.pending.count > 0 ? clock_mono() : MONO_NEVER;
	s->shared.cursors_at = MONO_NEVER;
	pthread_mutex_unlock(&s->lock);
}

/* Writes what is in the hand; *bounds is what the file then holds. */
static bool
write_all(struct store *s, struct db_bounds *bounds)
{
	*bounds = s->bounds;
	if (!something_to_write(s) || store_write_hand(s, bounds))
		return true;
	if (db_why(s->db)->reopen)
		return false;
	/* A full disk: the log may hold the very space that is missing. */
	*bounds = s->bounds;
	return db_checkpoint(s->db, true) && store_write_hand(s, bounds);
}

static void
commit(struct store *s)
{
	mono_t began = clock_mono();
	struct db_bounds bounds;
	struct db_error why;
	uint64_t before, durable;
	bool healed = s->fault.on;

	take_work(s);
	if (s->db == NULL && !reopen(s, &why)) {
		begin_fault(s, why);
		return;
	}
	if (!write_all(s, &bounds)) {
		begin_fault(s, *db_why(s->db));
		return;
	}
	s->bounds = bounds;
	memcpy(s->cursors_saved, s->cursors_next, s->cursor_count * sizeof(uint64_t));
	pthread_mutex_lock(&s->lock);
	queue_done(&s->shared.queue, &s->hand);
	before = s->shared.health.durable;
	pthread_mutex_unlock(&s->lock);
	s->fault.on = false;
	durable = update_health(s, clock_mono().us - began.us);
	if (durable > before) {
		files_witness_write(s->witness_fd, s->epoch, durable);
		tell(s, STORE_DURABLE, durable, "");
	}
	if (healed) {
		fault_over(&s->fault.log, clock_mono(), "the event store is written again");
		tell(s, STORE_HEALED, durable, _("the event store is written again"));
	}
}

/* ---- reading -------------------------------------------------------------------------------- */

static struct fetch *
wanted_fetch(struct store *s)
{
	for (size_t i = 0; i < s->shared.fetch_count; i++)
		if (s->shared.fetches[i].wanted)
			return &s->shared.fetches[i];
	return NULL;
}

static void
serve_fetch(struct store *s)
{
	struct store_mail *m = store_mail_new(STORE_BATCH);
	struct fetch *f, ask;

	pthread_mutex_lock(&s->lock);
	f = wanted_fetch(s);
	ask = *f;
	f->wanted = false;
	pthread_mutex_unlock(&s->lock);
	m->tag = ask.tag;
	m->upto = s->bounds.last_seq;
	m->events = xcalloc(ask.max, sizeof(*m->events));
	if (db_fetch(s->db, ask.after, s->bounds.last_seq, ask.max, m->events, &m->event_count)) {
		mailbox_put(s->answers, &m->mail);
		return;
	}
	store_mail_free(m);
	/* Asked again when the file can be read, unless the sink has asked anew meanwhile. */
	pthread_mutex_lock(&s->lock);
	f = &s->shared.fetches[0];
	while (f->tag != ask.tag)
		f++;
	f->wanted = true;
	pthread_mutex_unlock(&s->lock);
	begin_fault(s, *db_why(s->db));
}

/* ---- tidying -------------------------------------------------------------------------------- */

static void
tidy(struct store *s)
{
	struct db_bounds bounds = s->bounds;

	if (!store_tidy(s, &bounds)) {
		begin_fault(s, *db_why(s->db));
		return;
	}
	s->bounds = bounds;
	update_health(s, 0);
}

/* ---- the thread ----------------------------------------------------------------------------- */

enum job { JOB_WAIT, JOB_FETCH, JOB_COMMIT, JOB_TIDY, JOB_END };

/* Writing that is due now; *until says when it will be. Under the lock. */
static bool
commit_is_due(const struct store *s, mono_t now, mono_t *until)
{
	mono_t due = mono_min(s->shared.commit_at, s->shared.cursors_at);

	*until = due;
	if (s->shared.stop)
		return s->fault.on || due.us != MONO_NEVER.us;
	if (!s->fault.on)
		return !mono_before(now, due);
	*until = s->fault.retry_at;
	return !mono_before(now, *until);
}

/* What to do at `now`; JOB_WAIT: nothing before *until. Under the lock. */
static enum job
next_job(struct store *s, mono_t now, mono_t *until)
{
	bool due = commit_is_due(s, now, until);
	bool fetch = s->db != NULL && !s->shared.stop && wanted_fetch(s) != NULL;

	if (s->shared.stop && (s->last_try || !due))
		return JOB_END;
	/* Between two commits, or a storm would let log and file grow for as long as it lasts. */
	if (s->committed && !s->fault.on && !s->shared.stop && store_needs_tidying(s))
		return JOB_TIDY;
	/* In turns where both are wanted: neither a storm nor a replay starves the other. */
	if (fetch && (!due || s->committed))
		return JOB_FETCH;
	if (due)
		return JOB_COMMIT;
	return !s->fault.on && store_wants_tidying(s) ? JOB_TIDY : JOB_WAIT;
}

/* Under the lock. */
static void
wait_until(struct store *s, mono_t until)
{
	struct timespec ts = {.tv_sec = until.us / 1000000, .tv_nsec = until.us % 1000000 * 1000};

	if (until.us == MONO_NEVER.us)
		pthread_cond_wait(&s->wake, &s->lock);
	else
		pthread_cond_timedwait(&s->wake, &s->lock, &ts);
}

void *
store_worker(void *arg)
{
	static void (*const jobs[])(struct store *) = {
	    [JOB_FETCH] = serve_fetch,
	    [JOB_COMMIT] = commit,
	    [JOB_TIDY] = tidy,
	};
	struct store *s = arg;
	enum job job;
	mono_t until;

	s->io_fd = files_watch_writes();
	do {
		pthread_mutex_lock(&s->lock);
		while ((job = next_job(s, clock_mono(), &until)) == JOB_WAIT)
			wait_until(s, until);
		pthread_mutex_unlock(&s->lock);
		s->committed = job == JOB_COMMIT;
		if (job == JOB_END)
			break;
		pulse_beat(&s->pulse, clock_mono());
		jobs[job](s);
		pulse_rest(&s->pulse);
	} while (true);
	db_close(s->db, s->db != NULL && !s->fault.on);
	s->db = NULL;
	if (s->io_fd >= 0)
		close(s->io_fd);
	pthread_mutex_lock(&s->lock);
	if (s->hand.count + s->shared.queue.pending.count > 0)
		log_err("the store ends with %zu events that the disk did not take",
		    s->hand.count + s->shared.queue.pending.count);
	s->shared.ended = true;
	pthread_cond_signal(&s->ended);
	pthread_mutex_unlock(&s->lock);
	return NULL;
}
