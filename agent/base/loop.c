/* The one place that sees sd-event. */
#include "base/loop.h"

#include "base/arena.h"
#include "base/log.h"
#include "base/pulse.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-event.h>
#include <unistd.h>

#define HELD_TOO_LONG_US 20000
#define QUICK_AGAIN_US   60000000
/* So long nobody may have had no time for what is idle. */
#define IDLE_LATE_MS 60000
/* The end of a turn waits so long for what else is ready. */
#define TURN_MAX_US 2000
/* After all that brings something in, before what is idle. */
#define TURN_END_PRIORITY (LOOP_IDLE - 10)

/* One kind of handler behind each source; freed with its source or with the loop. */
struct source {
	struct source *next;
	struct loop *loop;
	sd_event_source *event;
	const char *name;
	void *arg;
	union {
		loop_fn *fn;
		loop_io_fn *io;
		loop_mail_fn *mail;
	};
	struct mailbox *mailbox;
	mono_t at; /* of a timer that is on; MONO_NEVER: it is off */
	struct fault_log slow;
	bool dead; /* freed inside its own handler: the memory goes at the end of the turn */
};

struct loop_io {
	struct source s;
};
struct loop_timer {
	struct source s;
};

struct loop {
	sd_event *event;
	struct source *sources;
	struct source *posts[16]; /* in the order of adding */
	size_t post_count;
	sd_event_source *end; /* of the turn: its handlers */
	bool in_turn;         /* a handler was called, the end is still to come */
	mono_t turn_began;
	bool quit;
	int code;                    /* of loop_quit() */
	struct loop_timer *watchdog; /* NULL: nobody wants it */
	int64_t feed_ms;
	struct fault_log starving; /* the watchdog is */
	struct loop_timer *idle;   /* comes when there is nothing else to do */
	mono_t idle_at;            /* it came last */
	struct fault_log busy;
};

static void
bury(struct loop *l)
{
	for (struct source **p = &l->sources; *p != NULL;) {
		struct source *s = *p;

		if (!s->dead) {
			p = &s->next;
			continue;
		}
		*p = s->next;
		free(s);
	}
}

void
loop_free(struct loop *l)
{
	if (l == NULL)
		return;
	for (struct source *s = l->sources; s != NULL; s = s->next) {
		if (s->event != NULL)
			sd_event_source_disable_unref(s->event);
		s->dead = true;
	}
	bury(l);
	sd_event_source_disable_unref(l->end);
	sd_event_unref(l->event);
	free(l);
}

static struct source *
source_new(struct loop *l, const char *name, void *arg)
{
	struct source *s = xcalloc(1, sizeof(*s));

	s->loop = l;
	s->name = name;
	s->arg = arg;
	s->next = l->sources;
	l->sources = s;
	return s;
}

static void
source_ready(struct source *s, int r, enum loop_priority priority)
{
	if (r < 0)
		log_fatal("cannot watch %s: %s", s->name, strerror(-r));
	sd_event_source_set_priority(s->event, priority);
	sd_event_source_set_description(s->event, s->name);
}

static void
source_free(struct source *s)
{
	sd_event_source_disable_unref(s->event);
	s->event = NULL;
	s->dead = true;
}

/* Nothing in the core thread may hold the loop; whoever does is named, and so is its recovery. */
static void
check_held(struct source *s, mono_t began, mono_t ended)
{
	int64_t held_us = ended.us - began.us;

	if (held_us > HELD_TOO_LONG_US)
		fault_say(&s->slow, ended, LOG_LEVEL_WARN,
		    "handler \"%s\" held the loop for %lld ms", s->name,
		    (long long)(held_us / 1000));
	else if (s->slow.on && ended.us - s->slow.said.us > QUICK_AGAIN_US)
		fault_over(&s->slow, ended, "handler \"%s\" is quick again", s->name);
}

static void
end_turn(struct loop *l)
{
	struct now now = clock_now();
	mono_t began = now.mono;

	l->in_turn = false;
	for (size_t i = 0; i < l->post_count; i++) {
		mono_t ended;

		l->posts[i]->fn(l->posts[i]->arg, &now);
		ended = clock_mono();
		check_held(l->posts[i], began, ended);
		began = ended;
	}
	bury(l);
}

static int
on_end(sd_event_source *event, void *arg)
{
	(void)event;
	end_turn(arg);
	return 0;
}

struct loop *
loop_new(void)
{
	struct loop *l = xcalloc(1, sizeof(*l));
	int r = sd_event_new(&l->event);

	if (r >= 0)
		r = sd_event_add_defer(l->event, &l->end, on_end, l);
	if (r < 0)
		log_fatal("cannot make an event loop: %s", strerror(-r));
	sd_event_source_set_priority(l->end, TURN_END_PRIORITY);
	sd_event_source_set_enabled(l->end, SD_EVENT_OFF);
	return l;
}

/*
 * What comes together is one turn: its end comes when nothing more is ready, or after a while all
 * the same, since a busy loop must light the lamp as well. `s` may be gone afterwards.
 */
static void
served(struct source *s, mono_t began)
{
	struct loop *l = s->loop;
	mono_t ended = clock_mono();

	check_held(s, began, ended);
	if (!l->in_turn) {
		l->in_turn = true;
		l->turn_began = began;
		sd_event_source_set_enabled(l->end, SD_EVENT_ONESHOT);
	}
	if (ended.us - l->turn_began.us > TURN_MAX_US) {
		sd_event_source_set_enabled(l->end, SD_EVENT_OFF);
		end_turn(l);
	}
}

static int
on_io(sd_event_source *event, int fd, uint32_t events, void *arg)
{
	struct source *s = arg;
	struct now now = clock_now();

	(void)event;
	s->io(s->arg, fd, events, &now);
	served(s, now.mono);
	return 0;
}

struct loop_io *
loop_io_add(struct loop *l, const char *name, int fd, uint32_t events, enum loop_priority priority,
    loop_io_fn *fn, void *arg)
{
	struct source *s = source_new(l, name, arg);

	s->io = fn;
	source_ready(s, sd_event_add_io(l->event, &s->event, fd, events, on_io, s), priority);
	return (struct loop_io *)s;
}

void
loop_io_events(struct loop_io *io, uint32_t events)
{
	sd_event_source_set_io_events(io->s.event, events);
}

void
loop_io_free(struct loop_io *io)
{
	if (io != NULL)
		source_free(&io->s);
}

static int
on_timer(sd_event_source *event, uint64_t usec, void *arg)
{
	struct source *s = arg;
	struct now now = clock_now();

	(void)event;
	(void)usec;
	s->at = MONO_NEVER;
	s->fn(s->arg, &now);
	served(s, now.mono);
	return 0;
}

struct loop_timer *
loop_timer_add(
    struct loop *l, const char *name, enum loop_priority priority, loop_fn *fn, void *arg)
{
	struct source *s = source_new(l, name, arg);

	s->fn = fn;
	s->at = MONO_NEVER;
	source_ready(s,
	    sd_event_add_time(l->event, &s->event, CLOCK_MONOTONIC, 0, 1000, on_timer, s),
	    priority);
	sd_event_source_set_enabled(s->event, SD_EVENT_OFF);
	return (struct loop_timer *)s;
}

void
loop_timer_set(struct loop_timer *t, mono_t when)
{
	if (when.us == t->s.at.us)
		return;
	t->s.at = when;
	if (when.us == MONO_NEVER.us) {
		sd_event_source_set_enabled(t->s.event, SD_EVENT_OFF);
		return;
	}
	sd_event_source_set_time(t->s.event, when.us > 0 ? (uint64_t)when.us : 0);
	sd_event_source_set_enabled(t->s.event, SD_EVENT_ONESHOT);
}

void
loop_timer_free(struct loop_timer *t)
{
	if (t != NULL)
		source_free(&t->s);
}

static int
on_mail(sd_event_source *event, int fd, uint32_t events, void *arg)
{
	struct source *s = arg;
	struct now now = clock_now();
	struct mail *first = mailbox_take_all(s->mailbox);

	(void)event;
	(void)fd;
	(void)events;
	if (first != NULL)
		s->mail(s->arg, first, &now);
	served(s, now.mono);
	return 0;
}

void
loop_mailbox_add(struct loop *l, const char *name, struct mailbox *mb, enum loop_priority priority,
    loop_mail_fn *fn, void *arg)
{
	struct source *s = source_new(l, name, arg);

	s->mail = fn;
	s->mailbox = mb;
	source_ready(
	    s, sd_event_add_io(l->event, &s->event, mailbox_fd(mb), EPOLLIN, on_mail, s), priority);
}

void
loop_post_add(struct loop *l, const char *name, loop_fn *fn, void *arg)
{
	struct source *s;

	if (l->post_count == sizeof(l->posts) / sizeof(l->posts[0]))
		log_fatal("too many end-of-turn handlers: \"%s\" has no place", name);
	s = source_new(l, name, arg);
	s->fn = fn;
	l->posts[l->post_count++] = s;
}

static int
on_signal(sd_event_source *event, const struct signalfd_siginfo *info, void *arg)
{
	struct source *s = arg;
	struct now now = clock_now();

	(void)event;
	(void)info;
	s->fn(s->arg, &now);
	served(s, now.mono);
	return 0;
}

void
loop_signal_add(struct loop *l, int signo, loop_fn *fn, void *arg)
{
	struct source *s = source_new(l, strsignal(signo), arg);
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, signo);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	s->fn = fn;
	source_ready(s, sd_event_add_signal(l->event, &s->event, signo, on_signal, s), LOOP_NORMAL);
}

/* Not sd_event_loop(): once that has been told to exit, nothing can be watched any more. */
int
loop_run(struct loop *l)
{
	l->quit = false;
	while (!l->quit) {
		int r = sd_event_run(l->event, UINT64_MAX);

		if (r < 0)
			log_fatal("the event loop failed: %s", strerror(-r));
	}
	bury(l);
	return l->code;
}

void
loop_quit(struct loop *l, int code)
{
	l->quit = true;
	l->code = code;
}

void
loop_notify(const char *fmt, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	sd_notify(0, text);
}

static void
on_idle(void *arg, const struct now *now)
{
	((struct loop *)arg)->idle_at = now->mono;
}

/*
 * A loop that always has something to do works: that people and the disk have to wait is said, but
 * to begin anew would help nobody.
 */
static void
check_busy(struct loop *l, mono_t now)
{
	int64_t late_ms = mono_ms_between(now, l->idle_at) - l->feed_ms;

	loop_timer_set(l->idle, now);
	if (late_ms > IDLE_LATE_MS)
		fault_say(&l->busy, now, LOG_LEVEL_ERR,
		    "the loop has had no time for the console and the history for %lld s",
		    (long long)(late_ms / 1000));
	else
		fault_over(&l->busy, now, "the loop has time for all again");
}

/*
 * Among the handlers that do the work, in turns with them: it is called while the loop is busy with
 * these, but not while one of them hangs, nor while one that goes before all turns in a circle. Nor
 * is the watchdog fed while a worker is stuck that a new beginning would help.
 */
static void
feed(void *arg, const struct now *now)
{
	struct loop *l = arg;
	int64_t for_ms;
	bool vital;
	const char *stuck = pulse_stuck(now->mono, &for_ms, &vital);

	loop_timer_set(l->watchdog, mono_add_ms(now->mono, l->feed_ms));
	check_busy(l, now->mono);
	if (!vital)
		sd_notify(0, "WATCHDOG=1");
	if (stuck == NULL) {
		fault_over(&l->starving, now->mono, "all threads come on again");
		return;
	}
	fault_say(&l->starving, now->mono, LOG_LEVEL_ERR,
	    "the thread \"%s\" has not come on for %lld s: %s", stuck, (long long)(for_ms / 1000),
	    vital ? "the watchdog is not fed any more" : "does the disk answer? All else goes on");
}

void
loop_watchdog(struct loop *l)
{
	uint64_t us = 0;
	int r = sd_watchdog_enabled(0, &us);

	if (r < 0)
		log_warn("systemd asked for a watchdog, but it cannot be fed: %s", strerror(-r));
	if (r <= 0)
		return;
	l->feed_ms = (int64_t)(us / 2000);
	l->watchdog = loop_timer_add(l, "watchdog", LOOP_NORMAL, feed, l);
	l->idle = loop_timer_add(l, "idle", LOOP_IDLE, on_idle, l);
	l->idle_at = clock_mono();
	loop_timer_set(l->watchdog, clock_mono());
}
