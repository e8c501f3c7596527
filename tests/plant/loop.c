#include "loop.h"

#include <errno.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

static void timers_ready(struct watch *w, uint32_t events);
static void signal_ready(struct watch *w, uint32_t events);

static int epoll_fd = -1;
static struct watch timer_watch = {.fd = -1, .ready = timers_ready};
static struct watch signal_watch = {.fd = -1, .ready = signal_ready};
static struct timer *timers; /* sorted by due_us */
static bool ended;

static int64_t
clock_us(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

int64_t
clock_mono_us(void)
{
	return clock_us(CLOCK_MONOTONIC);
}

int64_t
clock_wall_us(void)
{
	return clock_us(CLOCK_REALTIME);
}

/* Sets the timer descriptor to the first timer due, or to rest. */
static void
timers_program(void)
{
	struct itimerspec spec = {0};

	if (timers) {
		/* A due time of zero would disarm: anything past is as good as 1 ns after boot. */
		int64_t due_us = timers->due_us > 0 ? timers->due_us : 0;
		spec.it_value.tv_sec = due_us / 1000000;
		spec.it_value.tv_nsec = due_us % 1000000 * 1000 + 1;
	}
	timerfd_settime(timer_watch.fd, TFD_TIMER_ABSTIME, &spec, NULL);
}

static void
timers_ready(struct watch *w, uint32_t events)
{
	uint64_t expirations;
	int64_t now_us = clock_mono_us();

	(void)events;
	if (read(w->fd, &expirations, sizeof expirations) < 0 && errno != EAGAIN)
		ended = true;
	while (timers && timers->due_us <= now_us) {
		struct timer *t = timers;
		timers = t->next;
		t->armed = false;
		t->fire(t, now_us);
	}
	timers_program();
}

static void
signal_ready(struct watch *w, uint32_t events)
{
	struct signalfd_siginfo info;

	(void)events;
	if (read(w->fd, &info, sizeof info) > 0)
		ended = true;
}

bool
loop_open(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	timer_watch.fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	signal_watch.fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return epoll_fd >= 0 && timer_watch.fd >= 0 && signal_watch.fd >= 0 &&
	       loop_watch(&timer_watch) && loop_watch(&signal_watch);
}

void
loop_close(void)
{
	close(signal_watch.fd);
	close(timer_watch.fd);
	close(epoll_fd);
	timers = NULL;
}

bool
loop_watch(struct watch *w)
{
	struct epoll_event ev = {.events = EPOLLIN, .data = {.ptr = w}};

	return epoll_ctl(epoll_fd, EPOLL_CTL_ADD, w->fd, &ev) == 0;
}

void
loop_unwatch(struct watch *w)
{
	epoll_ctl(epoll_fd, EPOLL_CTL_DEL, w->fd, NULL);
}

void
loop_cancel(struct timer *t)
{
	if (!t->armed)
		return;
	struct timer **at = &timers;
	while (*at && *at != t)
		at = &(*at)->next;
	if (*at)
		*at = t->next;
	t->armed = false;
	timers_program();
}

void
loop_arm(struct timer *t, int64_t due_us)
{
	loop_cancel(t);
	struct timer **at = &timers;
	while (*at && (*at)->due_us <= due_us)
		at = &(*at)->next;
	t->due_us = due_us;
	t->next = *at;
	t->armed = true;
	*at = t;
	timers_program();
}

bool
loop_run(void)
{
	while (!ended) {
		struct epoll_event ev;
		int n = epoll_wait(epoll_fd, &ev, 1, -1);
		if (n < 0 && errno != EINTR)
			return false;
		if (n == 1) {
			struct watch *w = ev.data.ptr;
			w->ready(w, ev.events);
		}
	}
	return true;
}
