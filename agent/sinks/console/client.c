#include "sinks/console/client.h"

#include "base/arena.h"
#include "base/log.h"
#include "base/text.h"
#include "sinks/console/history.h"
#include "sinks/console/request.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

/*
 * What is done for one client before it is the turn of the others: a list of thousands of points
 * takes many turns of the loop, and none of them long.
 */
#define STEPS_MAX  100
#define LOOKED_MAX 100

struct client *
client_new(int fd, const struct peer *peer, struct show *show, const struct now *now)
{
	struct client *c = xcalloc(1, sizeof(*c));

	c->fd = fd;
	c->peer = *peer;
	c->show = show;
	c->out = xcalloc(1, CLIENT_OUT_MAX);
	c->took_at = c->asked_at = now->mono;
	return c;
}

void
client_free(struct client *c)
{
	loop_io_free(c->io);
	close(c->fd);
	if (c->watch != NULL)
		c->show->watchers--;
	watch_free(c->watch);
	history_job_free(c->history);
	free(c->out);
	free(c);
}

/* ---- out ------------------------------------------------------------------------------------ */

size_t
client_room(const struct client *c)
{
	size_t taken = c->out_length + (c->fetching ? CLIENT_EVENTS_MAX * JSON_EVENT_MAX : 0);

	return taken < CLIENT_OUT_MAX ? CLIENT_OUT_MAX - taken : 0;
}

struct writer
client_writer(struct client *c)
{
	struct writer w;

	if (c->out_head > 0)
		memmove(c->out, c->out + c->out_head, c->out_length);
	c->out_head = 0;
	writer_init(&w, c->out + c->out_length, CLIENT_OUT_MAX - c->out_length);
	w.clean = true;
	return w;
}

void
client_written(struct client *c, const struct writer *w)
{
	if (w->failed)
		log_err("console: an answer did not fit into %d bytes and was left out",
		    CLIENT_PIECE_MAX);
	else
		c->out_length += w->at;
}

void
client_refuse(struct client *c, const char *code, const char *fmt, ...)
{
	struct writer w = client_writer(c);
	char sentence[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(sentence, sizeof(sentence), fmt, ap);
	va_end(ap);
	writer_open(&w, NULL, '{');
	writer_bool(&w, "ok", false);
	writer_string(&w, "code", code);
	writer_string(&w, "error", sentence);
	writer_close(&w, '}');
	writer_text(&w, "\n");
	client_written(c, &w);
}

static void
send_out(struct client *c, const struct now *now)
{
	while (c->out_length > 0) {
		ssize_t n =
		    send(c->fd, c->out + c->out_head, c->out_length, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n < 0) {
			if (errno == EINTR)
				continue;
			if (errno != EAGAIN && errno != EWOULDBLOCK)
				c->dead = true;
			break;
		}
		c->out_head += (size_t)n;
		c->out_length -= (size_t)n;
		c->took_at = now->mono;
	}
	if (c->out_length == 0) {
		c->out_head = 0;
		c->took_at = now->mono;
	}
}

/* ---- jobs ----------------------------------------------------------------------------------- */

bool
client_busy(const struct client *c)
{
	return c->job.section != NULL || c->job.events || c->history != NULL ||
	       c->waits != WAIT_NOTHING;
}

void
client_answer_list(struct client *c, const struct section *sections)
{
	struct writer w = client_writer(c);

	writer_open(&w, NULL, '{');
	writer_bool(&w, "ok", true);
	writer_open(&w, sections->key, '[');
	client_written(c, &w);
	c->job.section = sections;
	c->job.next = 0;
	c->job.comma = false;
}

void
client_answer_events(struct client *c, uint64_t after, uint64_t upto)
{
	struct writer w = client_writer(c);

	writer_open(&w, NULL, '{');
	writer_bool(&w, "ok", true);
	writer_string(&w, "epoch", c->show->epoch);
	writer_open(&w, "events", '[');
	client_written(c, &w);
	c->job.events = true;
	c->job.comma = false;
	c->job.after = after;
	c->job.upto = upto;
}

static void
end_answer(struct client *c, struct writer *w)
{
	writer_close(w, ']');
	writer_close(w, '}');
	writer_text(w, "\n");
	c->job.section = NULL;
	c->job.events = false;
}

/* The section is told: the next one, or the end. */
static void
next_section(struct client *c, struct writer *w)
{
	struct job *j = &c->job;

	if (j->section[1].key == NULL) {
		end_answer(c, w);
		return;
	}
	writer_close(w, ']');
	j->section++;
	j->next = 0;
	writer_open(w, j->section->key, '[');
	j->comma = false;
}

/* One item of the list, or a look at some that are not wanted, or the end of a section. */
static void
step_list(struct client *c)
{
	struct job *j = &c->job;
	struct writer w = client_writer(c);
	size_t count = j->section->count(c);

	w.comma = j->comma;
	for (int looked = 0; j->next < count && looked < LOOKED_MAX; looked++)
		if (j->section->item(c, j->next++, &w)) {
			j->comma = true;
			client_written(c, &w);
			return;
		}
	if (j->next < count)
		return;
	next_section(c, &w);
	client_written(c, &w);
}

/* `events` is over once the last one that was there when it was asked for has been told. */
static void
step_events(struct client *c)
{
	if (c->job.after < c->job.upto)
		return;
	struct writer w = client_writer(c);
	end_answer(c, &w);
	client_written(c, &w);
}

/* ---- in ------------------------------------------------------------------------------------- */

static void
drop_in(struct client *c, size_t n)
{
	memmove(c->in, c->in + n, c->in_length - n);
	c->in_length -= n;
}

/* Runs the next line, if a whole one is there. */
static bool
step_line(struct client *c, const struct now *now)
{
	char *end = memchr(c->in, '\n', c->in_length);

	if (end == NULL && c->eof && c->in_length > 0 && !c->skipping) {
		c->in[c->in_length++] = '\n'; /* in has room for it */
		end = c->in + c->in_length - 1;
	}
	if (end == NULL) {
		if (c->in_length < CLIENT_LINE_MAX && !c->skipping)
			return false;
		if (!c->skipping)
			client_refuse(c, "bad_request",
			    "the line is longer than %d bytes and was ignored", CLIENT_LINE_MAX);
		c->skipping = true;
		c->in_length = 0;
		return false;
	}
	size_t length = (size_t)(end - c->in);
	if (c->skipping)
		c->skipping = false;
	else if (length > 0) {
		c->asked_at = now->mono;
		request_run(c, c->in, length, now);
	}
	drop_in(c, length + 1);
	return true;
}

static bool
step_watch(struct client *c)
{
	if (c->watch == NULL)
		return false;
	struct writer w = client_writer(c);
	if (!watch_step(c->watch, c->show, &w))
		return false;
	client_written(c, &w);
	return true;
}

/* One thing that can be done now; false: nothing. */
static bool
step(struct client *c, const struct now *now)
{
	if (c->job.section != NULL)
		step_list(c);
	else if (c->job.events) {
		step_events(c);
		return !c->job.events;
	} else if (c->history != NULL) {
		return history_step(c);
	} else if (c->waits != WAIT_NOTHING) {
		return false;
	} else
		return step_line(c, now) || step_watch(c);
	return true;
}

static void
set_interest(struct client *c, bool more)
{
	uint32_t events = 0;

	if (!c->eof && c->in_length < CLIENT_LINE_MAX)
		events |= EPOLLIN;
	if (c->out_length > 0 || more)
		events |= EPOLLOUT;
	if (c->io != NULL)
		loop_io_events(c->io, events);
}

void
client_pump(struct client *c, const struct now *now)
{
	bool more = true;

	if (c->out_length == 0)
		c->took_at = now->mono;
	c->weight = 0;
	for (int steps = 0;
	     more && steps + c->weight < STEPS_MAX && client_room(c) >= CLIENT_PIECE_MAX; steps++)
		more = step(c, now);
	send_out(c, now);
	if (c->eof && !more && c->out_length == 0 && !client_busy(c) && c->watch == NULL)
		c->dead = true;
	if (!c->dead && c->out_length > 0 &&
	    mono_ms_between(now->mono, c->took_at) >= CLIENT_STALL_MS) {
		log_notice("console: %s (process %ld) does not read its answers and was dropped",
		    c->peer.name, (long)c->peer.pid);
		c->dead = true;
	}
	if (!c->dead)
		set_interest(c, more);
}

void
client_read(struct client *c, const struct now *now)
{
	size_t left = CLIENT_LINE_MAX - c->in_length;
	ssize_t n = left > 0 ? recv(c->fd, c->in + c->in_length, left, MSG_DONTWAIT) : -1;

	if (n > 0)
		c->in_length += (size_t)n;
	else if (n == 0)
		c->eof = true;
	else if (left > 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
		c->dead = true;
	client_pump(c, now);
}

mono_t
client_next(const struct client *c)
{
	mono_t next = MONO_NEVER;

	if (c->out_length > 0)
		next = mono_add_ms(c->took_at, CLIENT_STALL_MS);
	/* While there is no room the watch waits for the socket, not for the clock. */
	if (c->watch != NULL && !client_busy(c) && client_room(c) >= CLIENT_PIECE_MAX)
		next = mono_min(next, watch_next(c->watch));
	return next;
}
