/* Events of the store on their way to a client: as one answer, or as lines of its watch. */
#include "base/log.h"
#include "sinks/console/client.h"

#include <stdlib.h>

bool
client_wants_events(const struct client *c, uint64_t *after)
{
	if (c->dead || c->fetching || client_room(c) < CLIENT_EVENTS_MAX * JSON_EVENT_MAX)
		return false;
	if (c->job.events) {
		*after = c->job.after;
		return c->job.after < c->job.upto;
	}
	return !client_busy(c) && c->watch != NULL && watch_wants_events(c->watch, after) &&
	       *after < c->show->durable;
}

/* One event, as an item of the answer or as a line of the watch. */
static void
tell_event(struct client *c, const struct event *e, bool line)
{
	char json[JSON_EVENT_MAX];
	size_t n = json_event(e, c->show->epoch, json, sizeof(json));
	struct writer w = client_writer(c);

	if (n <= 2) {
		log_err(
		    "console: event %llu cannot be written as JSON", (unsigned long long)e->seq);
		return;
	}
	w.comma = !line && c->job.comma;
	writer_open(&w, NULL, '{');
	if (line)
		writer_string(&w, "watch", "event");
	writer_raw(&w, NULL, json + 1, n - 2);
	writer_close(&w, '}');
	if (line)
		writer_text(&w, "\n");
	client_written(c, &w);
	c->job.comma = true;
}

/* A hole that begins in what was asked for and goes on behind it: told with the last number. */
static bool
reaches_over(const struct client *c, const struct event *e)
{
	return e->type == EVENT_GAP && e->seq > c->job.upto &&
	       strtoull(e->from, NULL, 10) <= c->job.upto;
}

/* Returns the number of the last one that belongs to the answer; 0: none does. */
static uint64_t
tell_answer(struct client *c, const struct event *events, size_t count)
{
	uint64_t last = 0;

	for (size_t i = 0; i < count && last < c->job.upto; i++) {
		struct event e = events[i];

		if (reaches_over(c, &e))
			e.seq = c->job.upto;
		if (e.seq > c->job.upto)
			break;
		tell_event(c, &e, false);
		last = e.seq;
	}
	return last;
}

/* The same as lines of the watch, which has no end. */
static uint64_t
tell_lines(struct client *c, const struct event *events, size_t count)
{
	for (size_t i = 0; i < count; i++)
		tell_event(c, &events[i], true);
	return count > 0 ? events[count - 1].seq : 0;
}

void
client_events(struct client *c, const struct event *events, size_t count)
{
	uint64_t last, after;

	c->fetching = false;
	/* It may have asked for something else meanwhile; what it wants now is fetched anew. */
	if (!client_wants_events(c, &after) || after != c->fetching_after)
		return;
	/* What the store does not give any more cannot be waited for. */
	if (c->job.events) {
		last = tell_answer(c, events, count);
		c->job.after = last > c->job.after ? last : c->job.upto;
	} else {
		last = tell_lines(c, events, count);
		watch_events_told(c->watch, last > 0 ? last : c->show->durable);
	}
}
