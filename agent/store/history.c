/* The history on disk: the core thread's side, and its thread. */
#include "store/history.h"

#include "base/arena.h"
#include "base/lang.h"
#include "base/log.h"
#include "base/pulse.h"
#include "base/text.h"
#include "store/files.h"
#include "store/history_db.h"

#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define STACK_BYTES    (128 * 1024)
#define CLOSE_WAIT_MS  5000
#define RETRY_FIRST_MS 1000
#define RETRY_MAX_MS   60000

/* A disk that is slower than this in one piece of work is not going to answer. */
#define STUCK_MS 120000

struct history_disk {
	/* Set before the thread starts, then read only. */
	struct mailbox *answers;
	struct history_db_options options;
	char *dir, *names;
	double *resolutions;
	pthread_t thread;
	struct pulse pulse;

	struct batch *building; /* core thread: the batch under way, or NULL */

	pthread_mutex_t lock; /* held for moments, never over the disk */
	pthread_cond_t wake, ended_now;
	struct {
		struct batch *first, *last; /* handed over */
		size_t count;               /* of these, at most HISTORY_BATCHES_MAX */
		struct past ask;
		bool asked, stop, ended;
		struct history_health health;
	} shared; /* under the lock */

	/* The thread's own. */
	struct history_db *db;
	struct batch *hand; /* not in the file yet, oldest first */
	size_t in_hand;
	mono_t retry_at; /* MONO_NEVER: there is no fault */
	int64_t backoff_ms;
	struct fault_log fault;
	int io_fd;
};

/* ---- batches -------------------------------------------------------------------------------- */

static void
batch_free(struct batch *b)
{
	if (b != NULL)
		free(b->bytes);
	free(b);
}

static void
batches_free(struct batch *b)
{
	for (struct batch *next; b != NULL; b = next) {
		next = b->next;
		batch_free(b);
	}
}

void
history_disk_put(struct history_disk *d, size_t point, const struct minute *m, size_t n)
{
	struct batch *b = d->building;
	uint8_t packed[64 * MINUTE_PACKED_MAX];
	size_t length;

	if (n == 0 || n > 63)
		return;
	if (b == NULL)
		b = d->building = xcalloc(1, sizeof(*b));
	length = minutes_pack(m, n, d->resolutions[point], packed);
	if (b->room - b->length < length + 20) {
		b->room = 2 * b->room + length + 4096;
		b->bytes = xrealloc(b->bytes, b->room, 1);
	}
	b->length += varint_put(b->bytes + b->length, point);
	b->length += varint_put(b->bytes + b->length, length);
	memcpy(b->bytes + b->length, packed, length);
	b->length += length;
	if (m[n - 1].minute > b->newest)
		b->newest = m[n - 1].minute;
}

void
history_disk_flush(struct history_disk *d, bool clock_set)
{
	struct batch *b = d->building, *lost = NULL;

	if (b == NULL)
		return;
	d->building = NULL;
	b->clock_set = clock_set;
	pthread_mutex_lock(&d->lock);
	/* Its thread may hang in the kernel for ever: memory must not run out meanwhile. */
	if (d->shared.count == HISTORY_BATCHES_MAX) {
		lost = d->shared.first;
		d->shared.first = lost->next;
		d->shared.count--;
		d->shared.health.batches_lost++;
	}
	d->shared.count++;
	if (d->shared.last != NULL)
		d->shared.last->next = b;
	else
		d->shared.first = b;
	d->shared.last = b;
	pthread_cond_signal(&d->wake);
	pthread_mutex_unlock(&d->lock);
	batch_free(lost);
}

/* Takes what was handed over; what is too much goes, the oldest first. */
static void
take_batches(struct history_disk *d)
{
	struct batch **end = &d->hand;
	size_t lost = 0;

	pthread_mutex_lock(&d->lock);
	while (*end != NULL)
		end = &(*end)->next;
	*end = d->shared.first;
	d->shared.first = d->shared.last = NULL;
	d->shared.count = 0;
	pthread_mutex_unlock(&d->lock);
	d->in_hand = 0;
	for (const struct batch *b = d->hand; b != NULL; b = b->next)
		d->in_hand++;
	for (; d->in_hand > HISTORY_BATCHES_MAX; d->in_hand--, lost++) {
		struct batch *b = d->hand;

		d->hand = b->next;
		batch_free(b);
	}
	if (lost == 0)
		return;
	pthread_mutex_lock(&d->lock);
	d->shared.health.batches_lost += lost;
	pthread_mutex_unlock(&d->lock);
}

/* ---- health --------------------------------------------------------------------------------- */

static void
update_health(struct history_disk *d, const char *why)
{
	struct history_health *h = &d->shared.health;
	uint64_t bytes = 0, written = files_written(d->io_fd);
	int64_t oldest = -1;
	bool sized = d->db != NULL && history_db_size(d->db, &bytes, &oldest);

	pthread_mutex_lock(&d->lock);
	h->fault = why[0] != '\0';
	text_copy(h->why, sizeof(h->why), why);
	if (sized) {
		h->bytes = bytes;
		h->oldest.us = oldest > 0 ? oldest * 60 * MINUTE_US : 0;
	}
	h->bytes_written = written;
	pthread_mutex_unlock(&d->lock);
}

static struct history_mail *
mail_new(enum history_mail_kind kind)
{
	struct history_mail *m = xcalloc(1, sizeof(*m));

	m->mail.kind = (int)kind;
	return m;
}

/* ---- faults --------------------------------------------------------------------------------- */

/* A damaged file is put aside, a new one begun. */
static bool
put_aside(struct history_disk *d, const char *finding)
{
	char aside[PATH_MAX], err[256];
	struct history_mail *m;

	if (!files_put_aside(
		d->dir, HISTORY_FILE, clock_wall(), aside, sizeof(aside), err, sizeof(err))) {
		log_err("%s", err);
		return false;
	}
	log_err("the history was damaged and is kept as %s; the finding: %s", aside, finding);
	m = mail_new(HISTORY_DAMAGED);
	text_printf(m->text, sizeof(m->text),
	    _("The history of values was damaged and is kept as %s. A new one begins; events are "
	      "not touched."),
	    aside);
	mailbox_put(d->answers, &m->mail);
	return true;
}

static void
begin_fault(struct history_disk *d, struct db_error why)
{
	mono_t now = clock_mono();

	if (why.reopen || why.trouble == TROUBLE_DAMAGED) {
		history_db_close(d->db, false);
		d->db = NULL;
	}
	if (why.trouble == TROUBLE_DAMAGED && put_aside(d, why.text)) {
		d->retry_at = now;
		return;
	}
	d->backoff_ms = d->backoff_ms == 0 ? RETRY_FIRST_MS : 2 * d->backoff_ms;
	if (d->backoff_ms > RETRY_MAX_MS)
		d->backoff_ms = RETRY_MAX_MS;
	d->retry_at = mono_add_ms(now, d->backoff_ms);
	fault_say(&d->fault, now, LOG_LEVEL_WARN,
	    "history: %s; minutes wait in memory, an hour at most", why.text);
	update_health(d, why.text);
}

static void
end_fault(struct history_disk *d)
{
	d->retry_at = MONO_NEVER;
	d->backoff_ms = 0;
	fault_over(&d->fault, clock_mono(), "the history is written again");
	update_health(d, "");
}

/* The file is open, or *why says why not. */
static bool
have_file(struct history_disk *d, struct db_error *why)
{
	if (d->db == NULL)
		d->db = history_db_open(&d->options, why);
	return d->db != NULL;
}

/* ---- the thread ----------------------------------------------------------------------------- */

static void
write_hand(struct history_disk *d)
{
	struct db_error why;

	if (!have_file(d, &why)) {
		begin_fault(d, why);
		return;
	}
	while (d->hand != NULL) {
		struct batch *b = d->hand;

		if (!history_db_put(d->db, b)) {
			begin_fault(d, *history_db_why(d->db));
			return;
		}
		d->hand = b->next;
		d->in_hand--;
		batch_free(b);
	}
	if (!history_db_tidy(d->db)) {
		begin_fault(d, *history_db_why(d->db));
		return;
	}
	end_fault(d);
}

static void
answer(struct history_disk *d)
{
	struct history_mail *m = mail_new(HISTORY_ANSWER);
	struct db_error why = {0};
	struct past ask;

	pthread_mutex_lock(&d->lock);
	ask = d->shared.ask;
	d->shared.asked = false;
	pthread_mutex_unlock(&d->lock);
	if (!have_file(d, &why) || !history_db_read(d->db, &ask, d->hand, &m->answer)) {
		if (d->db != NULL)
			why = *history_db_why(d->db);
		m->answer.past = ask;
		m->answer.past.done = true;
		m->answer.count = 0;
		text_copy(m->answer.past.fault, sizeof(m->answer.past.fault), why.text);
		begin_fault(d, why);
	}
	mailbox_put(d->answers, &m->mail);
}

enum job { JOB_WAIT, JOB_WRITE, JOB_ANSWER, JOB_END };

/* Under the lock. */
static enum job
next_job(const struct history_disk *d, mono_t now)
{
	bool retry = d->retry_at.us != MONO_NEVER.us;

	/* Once more at the end, then no more. */
	if (d->shared.stop)
		return d->shared.first != NULL || (d->hand != NULL && !retry) ? JOB_WRITE : JOB_END;
	if (d->shared.first != NULL && (!retry || !mono_before(now, d->retry_at)))
		return JOB_WRITE;
	if (d->shared.asked)
		return JOB_ANSWER;
	return retry && !mono_before(now, d->retry_at) ? JOB_WRITE : JOB_WAIT;
}

/* Under the lock. */
static void
wait_for_job(struct history_disk *d)
{
	struct timespec ts = {
	    .tv_sec = d->retry_at.us / 1000000, .tv_nsec = d->retry_at.us % 1000000 * 1000};

	if (d->retry_at.us == MONO_NEVER.us)
		pthread_cond_wait(&d->wake, &d->lock);
	else
		pthread_cond_timedwait(&d->wake, &d->lock, &ts);
}

static void *
work(void *arg)
{
	struct history_disk *d = arg;
	struct db_error why;
	enum job job;

	d->io_fd = files_watch_writes();
	if (have_file(d, &why))
		update_health(d, "");
	else
		begin_fault(d, why);
	do {
		pthread_mutex_lock(&d->lock);
		while ((job = next_job(d, clock_mono())) == JOB_WAIT)
			wait_for_job(d);
		pthread_mutex_unlock(&d->lock);
		pulse_beat(&d->pulse, clock_mono());
		take_batches(d);
		if (job == JOB_WRITE)
			write_hand(d);
		else if (job == JOB_ANSWER)
			answer(d);
		pulse_rest(&d->pulse);
	} while (job != JOB_END);
	history_db_close(d->db, d->db != NULL && d->retry_at.us == MONO_NEVER.us);
	d->db = NULL;
	if (d->hand != NULL)
		log_warn("history: %zu batches of minutes were not written", d->in_hand);
	if (d->io_fd >= 0)
		close(d->io_fd);
	pthread_mutex_lock(&d->lock);
	d->shared.ended = true;
	pthread_cond_signal(&d->ended_now);
	pthread_mutex_unlock(&d->lock);
	return NULL;
}

/* ---- life ----------------------------------------------------------------------------------- */

static void
disk_free(struct history_disk *d)
{
	pulse_remove(&d->pulse);
	free(d->names);
	free(d->resolutions);
	free(d->dir);
	batch_free(d->building);
	batches_free(d->hand);
	batches_free(d->shared.first);
	pthread_cond_destroy(&d->wake);
	pthread_cond_destroy(&d->ended_now);
	pthread_mutex_destroy(&d->lock);
	free(d);
}

static void
disk_init(struct history_disk *d, const struct history_disk_options *o)
{
	pthread_condattr_t monotonic;

	d->answers = o->answers;
	d->dir = xstrdup(o->dir);
	d->names = o->names;
	d->resolutions = o->resolutions;
	d->options = (struct history_db_options){.dir = d->dir,
	    .names = d->names,
	    .resolutions = d->resolutions,
	    .point_count = o->point_count,
	    .max_bytes = o->max_bytes,
	    .keep_ms = o->keep_ms};
	d->retry_at = MONO_NEVER;
	d->io_fd = -1;
	d->shared.health.since = clock_mono();
	pthread_mutex_init(&d->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&d->wake, &monotonic);
	pthread_cond_init(&d->ended_now, &monotonic);
	pthread_condattr_destroy(&monotonic);
}

struct history_disk *
history_disk_open(const struct history_disk_options *o, char *err, size_t err_size)
{
	struct history_disk *d = xcalloc(1, sizeof(*d));
	pthread_attr_t attr;
	int error;

	disk_init(d, o);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_BYTES);
	pulse_add(&d->pulse, "history", STUCK_MS, false);
	error = pthread_create(&d->thread, &attr, work, d);
	pthread_attr_destroy(&attr);
	if (error == 0) {
		pthread_setname_np(d->thread, "history");
		return d;
	}
	text_printf(err, err_size, "cannot start the thread of the history: %s", strerror(error));
	disk_free(d);
	return NULL;
}

void
history_disk_close(struct history_disk *d)
{
	mono_t until = mono_add_ms(clock_mono(), CLOSE_WAIT_MS);
	struct timespec ts = {.tv_sec = until.us / 1000000, .tv_nsec = until.us % 1000000 * 1000};
	bool ended;

	if (d == NULL)
		return;
	pthread_mutex_lock(&d->lock);
	d->shared.stop = true;
	pthread_cond_signal(&d->wake);
	while (!d->shared.ended && pthread_cond_timedwait(&d->ended_now, &d->lock, &ts) == 0)
		;
	ended = d->shared.ended;
	pthread_mutex_unlock(&d->lock);
	if (!ended) {
		/* It hangs in the kernel and may come back: what it uses must stay. */
		log_warn("history: the disk has not answered for %d s", CLOSE_WAIT_MS / 1000);
		pthread_detach(d->thread);
		return;
	}
	pthread_join(d->thread, NULL);
	disk_free(d);
}

void
history_disk_ask(struct history_disk *d, const struct past *ask)
{
	pthread_mutex_lock(&d->lock);
	d->shared.ask = *ask;
	d->shared.asked = true;
	pthread_cond_signal(&d->wake);
	pthread_mutex_unlock(&d->lock);
}

void
history_disk_health(struct history_disk *d, struct history_health *out)
{
	pthread_mutex_lock(&d->lock);
	*out = d->shared.health;
	pthread_mutex_unlock(&d->lock);
}
