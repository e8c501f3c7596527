/* The fiber of a Modbus link: batons in, one question at a time, batons home; health. */
#include "drivers/modbus/link.h"

#include "base/arena.h"
#include "base/text.h"
#include "drivers/modbus/frame.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>

#define CLOSE_WAIT_S    1   /* driver.h */
#define CLOSE_STARVED_S 5   /* its thread is not held by the kernel: it had no CPU yet */
#define BUSY_WAIT_MS    100 /* before a device that said "busy" is asked again */
#define REPEATS_MAX     1
#define TAKE_WAIT_US    1000                   /* libmodbus is asked for what has arrived already */
#define BATONS_A_DEVICE (POLL_CLASS_COUNT + 2) /* one a class, one for facts, one for records */

/*
 * Dead units are asked again and again, and together get one part in GRACE_SHARE of a wire on which
 * others live (8 %), saved up for GRACE_SAVED_US of asking: one timeout of the usual length. Where
 * they are so many that this is not enough for each probe, they wait for each other.
 */
#define GRACE_SHARE    12
#define GRACE_SAVED_US 800000
/* Every so many times a dead unit on a shared wire gets its full timeout. On TCP a late reply dies
 * with its connection; on a serial line it is seen. */
#define FULL_EVERY_TCP    4
#define FULL_EVERY_SERIAL 16

/* Makes `health` visible to the core; and that of a unit (NULL: of none). */
static void
show(struct link *l, struct member *u)
{
	pthread_mutex_lock(&l->lock);
	l->shown = l->health;
	if (u != NULL)
		u->shown = u->health;
	pthread_mutex_unlock(&l->lock);
}

/* ---- batons ---------------------------------------------------------------------------------- */

static void
send_home(struct link *l, struct baton *b)
{
	engine_home(l->engine, &b->mail);
}

/* Answers the questions from `first` on; NONE stays what queue_in() made it. */
static void
answer_rest(struct baton *b, size_t first, enum answer_status status)
{
	mono_t now = clock_mono();

	for (size_t i = first; i < b->ask_count; i++) {
		b->answers[i].status = status;
		b->answers[i].at = now;
	}
}

static void
finish(struct link *l, struct job *job, enum answer_status rest)
{
	struct baton *b;

	answer_rest(job->baton, job->next, rest);
	b = jobs_remove(&l->jobs, job);
	show(l, NULL);
	send_home(l, b);
}

/* Everything of one unit (or of all: -1) that waits. */
static void
finish_all(struct link *l, int unit, enum answer_status rest)
{
	for (size_t i = l->jobs.count; i-- > 0;)
		if (unit < 0 || l->jobs.list[i].unit == unit)
			finish(l, &l->jobs.list[i], rest);
}

void
link_take(struct link *l, struct baton *b)
{
	const struct device_spec *d = &l->env.site->devices[b->device];

	l->fiber.woken = true;
	for (size_t i = 0; i < b->ask_count; i++) {
		b->answers[i].code = 0;
		b->answers[i].took_us = 0;
	}
	answer_rest(b, 0, ANSWER_NONE);
	if (jobs_add(&l->jobs, b, (uint8_t)d->unit))
		return;
	/* A device owns a fixed number of batons, so this is a fault of ours: lose nothing. */
	fault_say(&l->misuse, clock_mono(), LOG_LEVEL_ERR,
	    "link %s: more questions at once than its devices own; device %s is not asked",
	    l->spec->name, d->name);
	send_home(l, b);
}

/* ---- one question ---------------------------------------------------------------------------- */

/* What follows from a reply for the baton and for those that wait behind it. */
static void
carry_on(struct link *l, struct job *job, const struct reply *r, mono_t now)
{
	const struct baton *b = job->baton;
	bool later = r->status == ANSWER_REFUSED &&
		     (r->code == EXCEPTION_ACKNOWLEDGE || r->code == EXCEPTION_BUSY);
	bool absent = r->status == ANSWER_REFUSED &&
		      (r->code == EXCEPTION_NO_PATH || r->code == EXCEPTION_NO_TARGET);
	bool early = r->status == ANSWER_TIMEOUT && r->early;
	bool again = later || early || r->status == ANSWER_GARBLED;
	uint8_t unit = job->unit;

	if (r->status == ANSWER_NO_LINK) {
		finish_all(l, r->unit_only ? unit : -1, ANSWER_NO_LINK);
		return;
	}
	if (again && (early || !r->give_up) && job->repeats < REPEATS_MAX &&
	    mono_ms_between(now, job->taken) + (later ? BUSY_WAIT_MS : 0) < b->budget_ms) {
		job->repeats++;
		job->undecided = early;
		if (early)
			job->order = l->jobs.order++; /* the others had to wait for it already */
		if (later)
			job->not_before = mono_add_ms(now, BUSY_WAIT_MS);
		return;
	}
	if (early) {
		finish(l, job, ANSWER_NONE); /* no time for a second try: the next poll tells */
		return;
	}
	job->next++;
	job->repeats = 0;
	job->undecided = false;
	if (r->give_up || absent) {
		/* One timeout for a device and cycle: what else was to be asked now, is not. */
		finish(l, job, ANSWER_NONE);
		finish_all(l, unit, ANSWER_NONE);
	} else if (job->next == b->ask_count) {
		finish(l, job, ANSWER_NONE);
	}
}

/* ---- dead units ------------------------------------------------------------------------------ */

/* Does anybody live here whom the questions to this unit would hold up? */
static bool
others_live(const struct link *l, uint8_t unit)
{
	for (size_t i = 0; i < JOBS_UNITS; i++)
		if (i != unit && l->members[i] != NULL && !pace_is_dead(&l->members[i]->pace))
			return true;
	return false;
}

/* Must this unit wait, because the dead have used up their share? Holds it then. */
static bool
has_to_wait(struct link *l, uint8_t unit, mono_t now)
{
	mono_t until = {l->grace.us - (int64_t)GRACE_SAVED_US * GRACE_SHARE};

	if (!pace_is_dead(&l->members[unit]->pace) || !mono_before(now, until) ||
	    !others_live(l, unit))
		return false;
	jobs_hold(&l->jobs, unit, until);
	return true;
}

/* A unit that was dead when it was asked at `began` has had its time. */
static void
charge(struct link *l, mono_t began, mono_t now)
{
	if (mono_before(l->grace, began))
		l->grace = began;
	l->grace.us += (now.us - began.us) * GRACE_SHARE;
}

/* One question of the job is put, and its reply goes into `a`. */
static void
put(struct link *l, struct job *job, struct answer *a, struct reply *r, mono_t now)
{
	const struct baton *b = job->baton;
	struct member *u = l->members[job->unit];
	bool dead = pace_is_dead(&u->pace);

	l->wire->ask(l, &l->env.site->devices[b->device], &b->asks[job->next],
	    mono_add_ms(job->taken, b->budget_ms), a, r);
	if (r->hold.us != 0)
		jobs_hold(&l->jobs, job->unit, r->hold);
	else if (dead && pace_is_dead(&u->pace) && others_live(l, job->unit))
		charge(l, now, clock_mono());
}

static void
serve(struct link *l, struct job *job, mono_t now)
{
	struct baton *b = job->baton;
	const struct device_spec *d = &l->env.site->devices[b->device];
	const struct ask *ask = &b->asks[job->next];
	struct answer *a = &b->answers[job->next];
	struct reply r = {.status = ANSWER_NONE};

	if (!job->begun) {
		if (has_to_wait(l, job->unit, now))
			return;
		job->begun = true;
		job->taken = now;
	}
	if (job->next == b->ask_count || mono_ms_between(now, job->taken) >= b->budget_ms) {
		/* It has been asked: that stands, unless it was waited for too briefly. */
		job->next += job->repeats > 0 && !job->undecided;
		finish(l, job, ANSWER_NONE);
		return;
	}
	if (frame_can_ask(ask) &&
	    (table_gives_value(ask->table) ? a->value != NULL : ask->count <= a->room)) {
		put(l, job, a, &r, now);
		if (r.status == ANSWER_NONE)
			return; /* held; or being closed: the loop ends and sends all home */
		show(l, l->members[job->unit]);
	} else {
		fault_say(&l->misuse, now, LOG_LEVEL_ERR,
		    "link %s: %s: table %d address %u count %u cannot be asked; left out",
		    l->spec->name, d->name, (int)ask->table, ask->address, ask->count);
	}
	a->status = r.status;
	a->code = r.code;
	a->took_us = r.took_us;
	a->at = clock_mono();
	carry_on(l, job, &r, a->at);
}

/* ---- the thread ------------------------------------------------------------------------------ */

/* Waits for nothing, and leaves the thread to nobody. */
static enum waited
look(int fd, short events)
{
	struct pollfd p = {.fd = fd, .events = events};

	if (poll(&p, 1, 0) <= 0)
		return WAIT_TIME;
	return (p.revents & events) != 0 ? WAIT_READY : WAIT_BROKEN;
}

enum waited
link_wait(struct link *l, int fd, short events, mono_t until)
{
	struct fiber *f = &l->fiber;

	if (l->stopping)
		return WAIT_STOP;
	if (until.us == 0)
		return look(fd, events);
	f->fd = fd;
	f->events = events;
	f->until = until;
	return engine_wait(l->engine, f);
}

void
link_unwatch(struct link *l)
{
	if (l->engine != NULL)
		engine_unwatch(l->engine, &l->fiber);
}

bool
link_take_context(struct link *l, modbus_t *ctx, char *err, size_t err_size)
{
	l->ctx = ctx;
	if (ctx == NULL) {
		text_printf(err, err_size, "link %s: %s", l->spec->name, modbus_strerror(errno));
		return false;
	}
	modbus_set_error_recovery(ctx, MODBUS_ERROR_RECOVERY_NONE);
	modbus_set_byte_timeout(ctx, 0, 0);
	modbus_set_response_timeout(ctx, 0, TAKE_WAIT_US);
	return true;
}

int
link_pending(const struct link *l)
{
	int n = 0;

	return ioctl(l->fd, FIONREAD, &n) == 0 ? n : -1;
}

static void
rest(struct link *l, mono_t wake, mono_t now)
{
	size_t waiting = l->jobs.count;
	enum waited w;

	wake = mono_min(wake, l->wire->idle(l, now));
	if (l->jobs.count != waiting || l->stopping)
		return; /* came in while the port was opened */
	show(l, NULL);
	l->fiber.idle = true;
	w = link_wait(l, l->fd, POLLIN | POLLRDHUP, wake);
	l->fiber.idle = false;
	if (w == WAIT_READY || w == WAIT_BROKEN)
		l->wire->noise(l);
}

void
link_main(struct link *l)
{
	while (!l->stopping) {
		mono_t now = clock_mono(), wake;
		struct job *job = jobs_pick(&l->jobs, now, &wake);

		if (job != NULL)
			serve(l, job, now);
		else
			rest(l, wake, now);
	}
	finish_all(l, -1, ANSWER_NONE);
	l->wire->hang_up(l);
}

void
link_gone(struct link *l)
{
	pthread_mutex_lock(&l->lock);
	l->gone = true;
	pthread_cond_signal(&l->changed);
	pthread_mutex_unlock(&l->lock);
}

/* ---- health ---------------------------------------------------------------------------------- */

static void
count_rows(struct slave_health *h, const struct verdict *v)
{
	bool answered = v->status == ANSWER_OK || v->status == ANSWER_REFUSED;

	h->silent_row = v->outcome == OUTCOME_SILENT ? h->silent_row + 1 : 0;
	h->failed_row = answered ? 0 : h->failed_row + 1;
	h->refused_row = v->status == ANSWER_REFUSED ? h->refused_row + 1 : 0;
}

void
link_count(struct link *l, struct member *u, const struct verdict *v, size_t reply_bytes)
{
	uint64_t *const outcomes[OUTCOME_COUNT] = {
	    [OUTCOME_OK] = &u->health.ok,
	    [OUTCOME_REFUSED] = &u->health.refused,
	    [OUTCOME_SILENT] = &u->health.silent,
	    [OUTCOME_CUT] = &u->health.cut,
	    [OUTCOME_CHECKSUM] = &u->health.checksum,
	    [OUTCOME_FOREIGN] = &u->health.foreign,
	    [OUTCOME_MISMATCH] = &u->health.mismatch,
	    [OUTCOME_ECHO] = &u->health.echo,
	    [OUTCOME_HUNG_UP] = &u->health.hung_up,
	};
	bool is_long = reply_bytes > SLAVE_LONG_BYTES;

	l->health.transactions++;
	l->health.timeouts += v->status == ANSWER_TIMEOUT;
	l->health.garbled += v->status == ANSWER_GARBLED;
	l->health.refused += v->status == ANSWER_REFUSED;
	count_rows(&u->health, v);
	u->health.asked++;
	++*outcomes[v->outcome];
	u->health.long_asked += is_long;
	u->health.long_checksum += is_long && v->outcome == OUTCOME_CHECKSUM;
}

int64_t
link_timeout_us(struct member *u, const struct device_spec *d, int64_t wire_us, bool *early)
{
	int64_t full_us = d->profile->modbus.timeout_ms * 1000;
	int64_t us = pace_timeout_us(&u->pace, clock_mono(), wire_us, full_us);

	*early = pace_is_early(&u->pace, us, full_us);
	u->health.timeout_ms = (int32_t)(us / 1000);
	return us;
}

bool
link_is_undecided(const struct member *u, const struct device_spec *d)
{
	return pace_left_us(&u->pace, clock_mono(), d->profile->modbus.timeout_ms * 1000) > 0;
}

__attribute__((format(printf, 4, 0))) static void
set_state(struct link *l, bool up, mono_t now, const char *fmt, va_list ap)
{
	if (l->health.up != up || l->health.since.us == 0)
		l->health.since = now;
	l->health.up = up;
	vsnprintf(l->state_text, sizeof(l->state_text), fmt, ap);
	text_copy(l->health.text, sizeof(l->health.text), l->state_text);
	show(l, NULL);
}

void
link_up(struct link *l, const char *fmt, ...)
{
	mono_t now = clock_mono();
	va_list ap;

	va_start(ap, fmt);
	set_state(l, true, now, fmt, ap);
	va_end(ap);
}

void
link_proven(struct link *l)
{
	fault_over(&l->fault, clock_mono(), "link %s is back: %s", l->spec->name, l->state_text);
}

void
link_down(struct link *l, const char *fmt, ...)
{
	mono_t now = clock_mono();
	va_list ap;

	va_start(ap, fmt);
	set_state(l, false, now, fmt, ap);
	va_end(ap);
	fault_say(&l->fault, now, LOG_LEVEL_WARN, "link %s: %s", l->spec->name, l->state_text);
}

void
link_trouble(struct link *l, const struct device_spec *d, const char *fmt, ...)
{
	char why[96];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	l->trouble_unit = (uint8_t)d->unit;
	text_printf(
	    l->health.text, sizeof(l->health.text), "%s; %s: %s", l->state_text, d->name, why);
}

void
link_well(struct link *l, const struct device_spec *d)
{
	if (l->trouble_unit == d->unit)
		text_copy(l->health.text, sizeof(l->health.text), l->state_text);
}

/* ---- life ------------------------------------------------------------------------------------ */

static void
link_free(struct link *l)
{
	l->wire->shut(l);
	if (l->ctx != NULL)
		modbus_free(l->ctx);
	jobs_free(&l->jobs);
	for (size_t i = 0; i < JOBS_UNITS; i++)
		free(l->members[i]);
	fiber_free(&l->fiber);
	if (l->engine != NULL)
		engine_leave(l->engine);
	pthread_cond_destroy(&l->changed);
	pthread_mutex_destroy(&l->lock);
	free(l);
}

/* How patient the units' paces are with the dead, and how quick to learn. */
static void
share_wire(struct link *l)
{
	bool is_tcp = l->spec->kind == LINK_MODBUS_TCP;
	size_t units = 0;

	for (size_t i = 0; i < JOBS_UNITS; i++)
		units += l->members[i] != NULL;
	for (size_t i = 0; i < JOBS_UNITS; i++) {
		if (l->members[i] == NULL)
			continue;
		if (units > 1)
			l->members[i]->pace.full_every =
			    is_tcp ? FULL_EVERY_TCP : FULL_EVERY_SERIAL;
		else if (is_tcp)
			l->members[i]->pace.few = PACE_FEW;
	}
}

static void
add_member(struct link *l, const struct device_spec *d)
{
	unsigned lost_after = (unsigned)d->lost_after;
	struct pace *p;

	if (d->unit < 0 || d->unit >= JOBS_UNITS)
		return; /* setup() says so */
	if (l->members[d->unit] == NULL) {
		l->members[d->unit] = xcalloc(1, sizeof(struct member));
		l->members[d->unit]->pace.verdict_after = lost_after;
	}
	p = &l->members[d->unit]->pace;
	if (lost_after < p->verdict_after) /* two devices in one box */
		p->verdict_after = lost_after;
}

struct link *
link_open(const struct link_env *env, const struct wire *wire, char *err, size_t err_size)
{
	struct link *l = xcalloc(1, sizeof(*l));
	pthread_condattr_t attr;
	size_t devices = 0;

	l->env = *env;
	l->spec = &env->site->links[env->link];
	l->wire = wire;
	l->fd = -1;
	pthread_mutex_init(&l->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&l->changed, &attr);
	pthread_condattr_destroy(&attr);
	for (size_t i = 0; i < env->site->device_count; i++) {
		const struct device_spec *d = &env->site->devices[i];

		if (d->link != env->link)
			continue;
		devices++;
		add_member(l, d);
	}
	share_wire(l);
	jobs_init(&l->jobs, devices * BATONS_A_DEVICE);
	if (!wire->setup(l, err, err_size)) {
		link_free(l);
		return NULL;
	}
	show(l, NULL);
	l->engine = engine_join(env, wire->shares);
	if (l->engine == NULL || !fiber_make(&l->fiber)) {
		text_printf(err, err_size, "link %s: no thread to be had", l->spec->name);
		link_free(l);
		return NULL;
	}
	l->start = (struct link_mail){{.kind = ENGINE_START}, l};
	l->stop = (struct link_mail){{.kind = ENGINE_STOP}, l};
	engine_post(l->engine, &l->start.mail);
	return l;
}

void
link_submit(struct link *l, struct baton *b)
{
	b->mail.kind = ENGINE_BATON;
	engine_post(l->engine, &b->mail);
}

void
link_health(struct link *l, struct link_health *out)
{
	pthread_mutex_lock(&l->lock);
	*out = l->shown;
	pthread_mutex_unlock(&l->lock);
}

void
link_slave(struct link *l, int device, struct slave_health *out)
{
	pthread_mutex_lock(&l->lock);
	*out = l->members[l->env.site->devices[device].unit]->shown;
	pthread_mutex_unlock(&l->lock);
}

void
link_stop(struct link *l)
{
	if (l->stop_at.tv_sec != 0)
		return;
	clock_gettime(CLOCK_MONOTONIC, &l->stop_at);
	engine_post(l->engine, &l->stop.mail);
}

/* Its fiber ends within so many seconds since it was asked to. */
static bool
ends_within(struct link *l, time_t seconds)
{
	struct timespec until = {l->stop_at.tv_sec + seconds, l->stop_at.tv_nsec};
	bool gone;

	pthread_mutex_lock(&l->lock);
	while (!l->gone && pthread_cond_timedwait(&l->changed, &l->lock, &until) == 0)
		;
	gone = l->gone;
	pthread_mutex_unlock(&l->lock);
	return gone;
}

void
link_close(struct link *l)
{
	if (l == NULL)
		return;
	link_stop(l);
	if (ends_within(l, CLOSE_WAIT_S) ||
	    (!engine_abandon(l->engine, false) && ends_within(l, CLOSE_STARVED_S))) {
		link_free(l);
		return;
	}
	/* A driver that hangs in the kernel: its memory must stay. */
	(void)engine_abandon(l->engine, true);
	log_err("link %s: its thread did not stop in time and is left behind", l->spec->name);
}
