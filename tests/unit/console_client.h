/*
 * One client of the control socket over a socket pair, with a real core and a clock that is moved
 * by hand, for the tests of the protocol.
 */
#ifndef TESTS_UNIT_CONSOLE_CLIENT_H
#define TESTS_UNIT_CONSOLE_CLIENT_H

#include "console_site.h"

#include "base/text.h"
#include "sinks/console/client.h"
#include "sinks/console/fetch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
/* cmocka wants the standard headers first. */
#include <cmocka.h>

static const struct console_sources no_sources;

struct fixture {
	struct room room;
	struct show show;
	struct client *client;
	struct fetch fetch;
	struct outbox outbox;
	unsigned fetches;
	uint64_t fetch_after;
	unsigned fetch_max;
	int fd; /* the test's end */
	char *got;
	size_t length, size;
};

static inline void
on_fetch(void *arg, int tag, uint64_t after, unsigned max)
{
	struct fixture *f = arg;

	assert_int_equal(tag, OUTBOX_CONSOLE);
	f->fetches++;
	f->fetch_after = after;
	f->fetch_max = max;
}

static inline int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	const struct peer peer = {.uid = 1000, .pid = 1, .name = "ops", .may_act = true};
	int fds[2];

	room_start(&f->room, (struct now){.mono = {1000000000}, .wall = {1795251600000000}});
	core_changes_clear(f->room.core, &f->room.now);
	f->outbox = (struct outbox){.arg = f, .epoch = "7f", .fetch = on_fetch};
	f->fetch.outbox = &f->outbox;
	f->show = (struct show){.core = f->room.core,
	    .site = &room_site,
	    .sources = &no_sources,
	    .load = load_new(1),
	    .version = "v1",
	    .started = f->room.now,
	    .now = f->room.now,
	    .epoch = "7f"};
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
	f->client = client_new(fds[0], &peer, &f->show, &f->room.now);
	f->fd = fds[1];
	f->size = 1 << 22;
	f->got = malloc(f->size);
	*state = f;
	return 0;
}

static inline int
teardown(void **state)
{
	struct fixture *f = *state;

	client_free(f->client);
	close(f->fd);
	load_free(f->show.load);
	core_free(f->room.core);
	free(f->got);
	free(f);
	return 0;
}

/* The store, as far as it matters here: gives what was asked for from the room's events. */
static inline void
serve_fetch(struct fixture *f)
{
	struct event batch[CLIENT_EVENTS_MAX];
	size_t n = 0;

	for (size_t i = 0; i < f->room.event_count && n < f->fetch_max; i++)
		if (f->room.events[i].seq > f->fetch_after)
			batch[n++] = f->room.events[i];
	fetch_arrived(&f->fetch, batch, n);
}

static inline void
receive(struct fixture *f)
{
	ssize_t n;

	while ((n = recv(f->fd, f->got + f->length, f->size - f->length - 1, 0)) > 0)
		f->length += (size_t)n;
	f->got[f->length] = '\0';
}

/* Turns until nothing happens any more. */
static inline void
settle(struct fixture *f)
{
	for (int i = 0; i < 200; i++) {
		f->show.durable = f->room.event_count;
		client_read(f->client, &f->room.now);
		receive(f);
		fetch_pump(&f->fetch, &f->client, 1);
		if (f->fetch.out)
			serve_fetch(f);
	}
}

static const char *
say(struct fixture *f, const char *bytes, size_t length)
{
	f->length = 0;
	assert_int_equal(send(f->fd, bytes, length, 0), (ssize_t)length);
	settle(f);
	return f->got;
}

static inline const char *
ask(struct fixture *f, const char *line)
{
	return say(f, line, strlen(line));
}

static inline void
pass_ms(struct fixture *f, int64_t ms)
{
	f->room.now.mono = mono_add_ms(f->room.now.mono, ms);
	f->room.now.wall.us += ms * 1000;
	f->show.now = f->room.now;
	room_turn(&f->room, &f->room.now);
	struct core_changes changes = core_changes(f->room.core);
	if (f->client->watch != NULL)
		watch_mark(f->client->watch, &changes);
	core_changes_clear(f->room.core, &f->room.now);
}

static inline void
assert_begins(const char *text, const char *beginning)
{
	char head[512];

	text_printf(head, sizeof(head), "%.*s", (int)strlen(beginning), text);
	assert_string_equal(head, beginning);
}

#endif
