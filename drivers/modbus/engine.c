/* The thread of one link or of many: mail in, fibers run, one poll() for all that they wait for. */
#include "drivers/modbus/engine.h"

#include "base/arena.h"
#include "base/log.h"
#include "base/pulse.h"
#include "drivers/modbus/link.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

/* A fiber uses 12 KiB (seen with pages of the stack counted); sanitizers want far more. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define STACK_BYTES ((size_t)1024 * 1024)
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) ||                         \
    __has_feature(memory_sanitizer)
#define STACK_BYTES ((size_t)1024 * 1024)
#endif
#endif
#ifndef STACK_BYTES
#define STACK_BYTES ((size_t)64 * 1024)
#endif

/* ThreadSanitizer must be told of each change of stacks. */
#ifdef __SANITIZE_THREAD__
#include <sanitizer/tsan_interface.h>
#define SANITIZER_CREATE()   __tsan_create_fiber(0)
#define SANITIZER_CURRENT()  __tsan_get_current_fiber()
#define SANITIZER_SWITCH(f)  __tsan_switch_to_fiber((f), 0)
#define SANITIZER_DESTROY(f) __tsan_destroy_fiber(f)
#else
#define SANITIZER_CREATE()   NULL
#define SANITIZER_CURRENT()  NULL
#define SANITIZER_SWITCH(f)  ((void)(f))
#define SANITIZER_DESTROY(f) ((void)(f))
#endif

/* What a link does between two waits is over in no time; a serial driver may hold it for seconds.
 */
#define STUCK_MS 60000

struct engine {
	struct mailbox *inbox, *answers;
	struct mail end;
	pthread_t thread;
	struct pulse pulse;
	unsigned users;
	struct engine *next;  /* of those that are shared, or left behind */
	pthread_mutex_t gate; /* of these two */
	bool in_kernel, abandoned;

	/* The thread's own from here on. */
	ucontext_t main;
	void *sanitizer;
	struct link **links, **by_index; /* those that run; by their index in the site */
	int epoll;                       /* the inbox, and what the links wait for */
	size_t count;
	bool ending;
	struct mail *home, *home_last;
};

static struct engine *engines;              /* those that are shared; core thread */
static struct engine *abandoned;            /* theirs is the memory that they keep; core thread */
static _Thread_local struct link *starting; /* whose fiber runs for the first time */

/* ---- fibers ---------------------------------------------------------------------------------- */

static void
leave_fiber(struct engine *e, struct fiber *f)
{
	SANITIZER_SWITCH(e->sanitizer);
	swapcontext(&f->context, &e->main);
}

static void
fiber_main(void)
{
	struct link *l = starting;

	link_main(l);
	l->fiber.over = true;
	leave_fiber(l->engine, &l->fiber); /* for good */
}

static void
run_fiber(struct engine *e, struct link *l, enum waited waited)
{
	struct fiber *f = &l->fiber;

	f->waited = waited;
	f->woken = false;
	starting = l;
	SANITIZER_SWITCH(f->sanitizer);
	swapcontext(&e->main, &f->context);
}

void
engine_unwatch(struct engine *e, struct fiber *f)
{
	if (f->watched >= 0)
		(void)epoll_ctl(e->epoll, EPOLL_CTL_DEL, f->watched, NULL);
	f->watched = -1;
}

/* The kernel is told of what has changed since the last time only: mostly nothing. */
static void
watch(struct engine *e, struct fiber *f)
{
	struct epoll_event event = {
	    .events = (uint32_t)f->events, .data.ptr = (char *)f - offsetof(struct link, fiber)};
	bool known = f->fd == f->watched;

	if (known && f->events == f->watched_events)
		return;
	if (!known)
		engine_unwatch(e, f);
	if (f->fd < 0)
		return;
	if (epoll_ctl(e->epoll, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, f->fd, &event) != 0)
		return; /* its time comes, and then it sees */
	f->watched = f->fd;
	f->watched_events = f->events;
}

enum waited
engine_wait(struct engine *e, struct fiber *f)
{
	watch(e, f);
	leave_fiber(e, f);
	return f->waited;
}

bool
fiber_make(struct fiber *f)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	f->stack = mmap(NULL, STACK_BYTES + page, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
	if (f->stack == MAP_FAILED) {
		f->stack = NULL;
		return false;
	}
	mprotect(f->stack, page, PROT_NONE); /* one that grows too far is seen */
	getcontext(&f->context);
	sigfillset(&f->context.uc_sigmask); /* as the thread that carries it */
	f->context.uc_stack.ss_sp = (char *)f->stack + page;
	f->context.uc_stack.ss_size = STACK_BYTES;
	makecontext(&f->context, fiber_main, 0);
	f->watched = -1;
	f->sanitizer = SANITIZER_CREATE();
	return true;
}

void
fiber_free(struct fiber *f)
{
	if (f->stack == NULL)
		return;
	SANITIZER_DESTROY(f->sanitizer);
	munmap(f->stack, STACK_BYTES + (size_t)sysconf(_SC_PAGESIZE));
	f->stack = NULL;
}

/* ---- mail ------------------------------------------------------------------------------------ */

void
engine_home(struct engine *e, struct mail *m)
{
	m->next = NULL;
	if (e->home == NULL)
		e->home = m;
	else
		e->home_last->next = m;
	e->home_last = m;
}

static void
send_home(struct engine *e)
{
	if (e->home != NULL)
		mailbox_put_all(e->answers, e->home, e->home_last);
	e->home = NULL;
}

static void
add(struct engine *e, struct link *l)
{
	e->links[e->count++] = l;
	e->by_index[l->env.link] = l;
	run_fiber(e, l, WAIT_TIME);
}

static void
take_mail(struct engine *e)
{
	struct mail *next;

	for (struct mail *m = mailbox_take_all(e->inbox); m != NULL; m = next) {
		next = m->next;
		switch ((enum engine_mail)m->kind) {
		case ENGINE_BATON:
			link_take(e->by_index[((struct baton *)m)->link], (struct baton *)m);
			break;
		case ENGINE_START:
			add(e, ((struct link_mail *)m)->link);
			break;
		case ENGINE_STOP:
			((struct link_mail *)m)->link->stopping = true;
			break;
		case ENGINE_END:
			e->ending = true;
			break;
		}
	}
}

/* ---- the thread ------------------------------------------------------------------------------ */

/* What a link has waited for, if it is there. */
static bool
is_ready(const struct link *l, short revents, mono_t now, enum waited *waited)
{
	const struct fiber *f = &l->fiber;

	if (l->stopping)
		*waited = WAIT_STOP;
	else if ((revents & f->events) != 0)
		*waited = WAIT_READY;
	else if (revents != 0)
		*waited = WAIT_BROKEN;
	else if (!mono_before(now, f->until) || (f->woken && f->idle))
		*waited = WAIT_TIME;
	else
		return false;
	return true;
}

/* Its link has ended: whoever closes it may take its memory from now on. */
static void
let_go(struct engine *e, size_t i)
{
	struct link *l = e->links[i];

	e->links[i] = e->links[--e->count];
	e->by_index[l->env.link] = NULL;
	engine_unwatch(e, &l->fiber);
	send_home(e);
	link_gone(l);
}

/* From the last to the first: one that ends is replaced by one that had its turn. */
static void
run_ready(struct engine *e)
{
	mono_t now = clock_mono();

	for (size_t i = e->count; i-- > 0;) {
		struct link *l = e->links[i];
		short revents = l->fiber.revents;
		enum waited waited;

		l->fiber.revents = 0;
		if (!l->fiber.over && is_ready(l, revents, now, &waited))
			run_fiber(e, l, waited);
		if (l->fiber.over)
			let_go(e, i);
	}
}

/* Sleeps until something has come for a link, or the earliest time that one waits for. */
static void
wait_for_all(struct engine *e)
{
	struct pollfd p = {.fd = e->epoll, .events = POLLIN};
	mono_t until = MONO_NEVER;
	struct timespec ts = {0};
	bool for_ever;
	int64_t left;

	for (size_t i = 0; i < e->count; i++)
		until = mono_min(until, e->links[i]->fiber.until);
	for_ever = until.us == MONO_NEVER.us;
	left = for_ever ? 0 : until.us - clock_mono().us;
	if (left > 0)
		ts = (struct timespec){left / 1000000, left % 1000000 * 1000};
	/* epoll_wait() knows milliseconds alone, and a bus needs finer ones. */
	(void)ppoll(&p, 1, for_ever ? NULL : &ts, NULL);
}

static void
look_around(struct engine *e)
{
	enum { AT_ONCE = 64 };
	struct epoll_event events[AT_ONCE];
	int n = AT_ONCE;

	/* All of them: one that is ready must not be told that its time is over. */
	for (size_t seen = 0; n == AT_ONCE && seen <= e->count; seen += AT_ONCE) {
		n = epoll_wait(e->epoll, events, AT_ONCE, 0);
		for (int i = 0; i < n; i++) {
			struct link *l = events[i].data.ptr;

			if (l != NULL) /* of the inbox */
				l->fiber.revents = (short)events[i].events;
		}
	}
}

static void *
run(void *arg)
{
	struct engine *e = arg;

	e->sanitizer = SANITIZER_CURRENT();
	for (;;) {
		pulse_beat(&e->pulse, clock_mono());
		take_mail(e);
		look_around(e);
		run_ready(e);
		send_home(e);
		if (e->ending && e->count == 0)
			return NULL;
		pulse_rest(&e->pulse);
		wait_for_all(e);
	}
}

/* ---- life ------------------------------------------------------------------------------------ */

static void
engine_free(struct engine *e)
{
	pulse_remove(&e->pulse);
	pthread_mutex_destroy(&e->gate);
	mailbox_free(e->inbox);
	free(e->links);
	free(e->by_index);
	if (e->epoll >= 0)
		close(e->epoll);
	free(e);
}

static bool
start_thread(struct engine *e)
{
	sigset_t all, old;
	pthread_attr_t attr;
	int rc;

	/* Signals are the core's. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_BYTES);
	pulse_add(&e->pulse, "modbus", STUCK_MS, true);
	rc = pthread_create(&e->thread, &attr, run, e);
	pthread_attr_destroy(&attr);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (rc == 0)
		pthread_setname_np(e->thread, "modbus");
	return rc == 0;
}

static struct engine *
engine_new(const struct link_env *env)
{
	struct engine *e = xcalloc(1, sizeof(*e));
	size_t n = env->site->link_count;

	pthread_mutex_init(&e->gate, NULL);
	e->inbox = mailbox_new();
	e->answers = env->answers;
	e->links = xcalloc(n, sizeof(struct link *));
	e->by_index = xcalloc(n, sizeof(struct link *));
	e->epoll = epoll_create1(EPOLL_CLOEXEC);
	e->users = 1;
	if (e->epoll >= 0 &&
	    epoll_ctl(e->epoll, EPOLL_CTL_ADD, mailbox_fd(e->inbox),
		&(struct epoll_event){.events = EPOLLIN}) == 0 &&
	    start_thread(e))
		return e;
	engine_free(e);
	return NULL;
}

struct engine *
engine_join(const struct link_env *env, bool shared)
{
	struct engine *e = shared ? engines : NULL;

	while (e != NULL && e->answers != env->answers)
		e = e->next;
	if (e != NULL) {
		e->users++;
		return e;
	}
	e = engine_new(env);
	if (e != NULL && shared) {
		e->next = engines;
		engines = e;
	}
	return e;
}

/* Nobody joins it any more. */
static void
unlist(const struct engine *e)
{
	struct engine **p = &engines;

	while (*p != NULL && *p != e)
		p = &(*p)->next;
	if (*p != NULL)
		*p = e->next;
}

void
engine_leave(struct engine *e)
{
	if (--e->users > 0)
		return;
	unlist(e);
	e->end.kind = ENGINE_END;
	mailbox_put(e->inbox, &e->end);
	pthread_join(e->thread, NULL);
	engine_free(e);
}

bool
engine_abandon(struct engine *e, bool anyway)
{
	bool first, held;

	pthread_mutex_lock(&e->gate);
	held = e->in_kernel;
	first = !e->abandoned && (held || anyway);
	e->abandoned |= first;
	pthread_mutex_unlock(&e->gate);
	if (!first)
		return held || anyway;
	unlist(e);
	pthread_detach(e->thread);
	e->next = abandoned;
	abandoned = e;
	return true;
}

void
engine_enter(struct engine *e)
{
	pthread_mutex_lock(&e->gate);
	e->in_kernel = true;
	pthread_mutex_unlock(&e->gate);
}

void
engine_return(struct engine *e)
{
	int err = errno;

	pthread_mutex_lock(&e->gate);
	e->in_kernel = false;
	while (e->abandoned) {
		pthread_mutex_unlock(&e->gate);
		pause(); /* signals are blocked: for good */
		pthread_mutex_lock(&e->gate);
	}
	pthread_mutex_unlock(&e->gate);
	errno = err;
}

void
engine_post(struct engine *e, struct mail *m)
{
	mailbox_put(e->inbox, m);
}
