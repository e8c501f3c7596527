/*
 * The control socket as it is run, for tests: a real loop in a thread of its own, a real core, a
 * real Unix socket.
 */
#ifndef TESTS_UNIT_CONSOLE_SERVER_H
#define TESTS_UNIT_CONSOLE_SERVER_H

#include "console_site.h"

#include "base/loop.h"
#include "base/text.h"
#include "sinks/console/console.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
/* cmocka wants the standard headers first. */
#include <cmocka.h>

struct server {
	struct room room; /* the thread's, while it runs */
	struct loop *loop;
	struct loop_timer *turn, *store;
	struct console *console;
	struct outbox outbox;
	uint64_t fetch_after;
	unsigned fetch_max;
	uint64_t durable;
	struct mailbox *orders;
	struct mail quit;
	pthread_t thread;
	_Atomic int return_air;
	char dir[64], path[96];
};

/* ---- the thread ----------------------------------------------------------------------------- */

static inline void
on_turn(void *arg, const struct now *now)
{
	struct server *s = arg;

	s->room.return_air = (int16_t)atomic_load(&s->return_air);
	room_turn(&s->room, now);
}

static inline void
on_post(void *arg, const struct now *now)
{
	struct server *s = arg;
	struct core_changes changes = core_changes(s->room.core);

	console_changes(s->console, &changes, now);
	core_changes_clear(s->room.core, now);
	if (s->room.event_count > s->durable) {
		s->durable = s->room.event_count;
		console_durable(s->console, s->durable, now);
	}
	mono_t soon = mono_add_ms(now->mono, 20); /* values may be changed from outside */
	loop_timer_set(s->turn, mono_min(core_next(s->room.core), soon));
}

static inline void
on_fetch(void *arg, int tag, uint64_t after, unsigned max)
{
	struct server *s = arg;

	(void)tag;
	s->fetch_after = after;
	s->fetch_max = max;
	loop_timer_set(s->store, (mono_t){0});
}

static inline void
on_store(void *arg, const struct now *now)
{
	struct server *s = arg;
	size_t n = 0, first = (size_t)s->fetch_after;

	if (first < s->room.event_count)
		n = s->room.event_count - first;
	console_events(s->console, OUTBOX_CONSOLE, s->room.events + first,
	    n < s->fetch_max ? n : s->fetch_max, now);
}

static inline void
on_order(void *arg, struct mail *first, const struct now *now)
{
	(void)first;
	(void)now;
	loop_quit(((struct server *)arg)->loop, 0);
}

static inline void *
run(void *arg)
{
	loop_run(((struct server *)arg)->loop);
	return NULL;
}

/* ---- set-up --------------------------------------------------------------------------------- */

static inline const char *
panel_look(void *arg, enum output_line o)
{
	(void)arg;
	return o == OUTPUT_GREEN ? "steady" : "off";
}

static const struct console_sources sources = {.panel = panel_look};

static inline struct console *
open_console(struct server *s, char *err, size_t err_size)
{
	const struct console_start start = {.loop = s->loop,
	    .core = s->room.core,
	    .outbox = &s->outbox,
	    .sources = &sources,
	    .run_dir = s->dir,
	    .version = "v1",
	    .started = clock_now()};

	return console_new(&start, err, err_size);
}

static inline int
setup(void **state)
{
	struct server *s = calloc(1, sizeof(*s));
	char err[256];

	strcpy(s->dir, "/tmp/console-XXXXXX");
	assert_non_null(mkdtemp(s->dir));
	assert_int_equal(chmod(s->dir, 0755), 0);
	text_printf(s->path, sizeof(s->path), "%s/control.sock", s->dir);
	atomic_store(&s->return_air, 243);
	s->loop = loop_new();
	s->orders = mailbox_new();
	s->outbox = (struct outbox){.arg = s, .epoch = "7f", .fetch = on_fetch};
	struct now before = clock_now();
	before.mono = mono_add_ms(before.mono, -1100);
	room_start(&s->room, before);
	s->turn = loop_timer_add(s->loop, "turn", LOOP_NORMAL, on_turn, s);
	s->store = loop_timer_add(s->loop, "store", LOOP_NORMAL, on_store, s);
	loop_mailbox_add(s->loop, "orders", s->orders, LOOP_NORMAL, on_order, s);
	loop_post_add(s->loop, "end of turn", on_post, s);
	s->console = open_console(s, err, sizeof(err));
	assert_non_null(s->console);
	loop_timer_set(s->turn, (mono_t){0});
	assert_int_equal(pthread_create(&s->thread, NULL, run, s), 0);
	*state = s;
	return 0;
}

static inline int
teardown(void **state)
{
	struct server *s = *state;

	mailbox_put(s->orders, &s->quit);
	pthread_join(s->thread, NULL);
	console_free(s->console);
	assert_int_equal(access(s->path, F_OK), -1);
	loop_free(s->loop);
	mailbox_free(s->orders);
	core_free(s->room.core);
	assert_int_equal(rmdir(s->dir), 0);
	free(s);
	return 0;
}

static inline int
dial(const struct server *s)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	text_copy(a.sun_path, sizeof(a.sun_path), s->path);
	if (connect(fd, (const struct sockaddr *)&a, sizeof(a)) == 0)
		return fd;
	close(fd);
	return -1;
}

/* Reads up to the line that has `until` in it, at most 5 s; false: it did not come. */
static inline bool
read_until(int fd, const char *until, char *buf, size_t size)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	size_t n = 0;

	while (n + 1 < size && poll(&p, 1, 5000) > 0) {
		ssize_t r = recv(fd, buf + n, size - n - 1, 0);

		if (r <= 0)
			break;
		n += (size_t)r;
		buf[n] = '\0';
		const char *found = strstr(buf, until);
		if (found != NULL && strchr(found, '\n') != NULL)
			return true;
	}
	return false;
}

static inline void
say(int fd, const char *line)
{
	assert_int_equal(send(fd, line, strlen(line), MSG_NOSIGNAL), (ssize_t)strlen(line));
}

#endif
