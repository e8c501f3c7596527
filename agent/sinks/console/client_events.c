/* Events of the store on their way to a client: as one answer, or as lines of its watch. */
#include "base/log.h"
#include "sinks/console/client.h"

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

void
client_events(struct client *c, const struct event *events, size_t count)
{
	bool line = !c->job.events;
	uint64_t last = 0, after;

	c->fetching = false;
	/* It may have asked for something else meanwhile; what it wants now is fetched anew. */
	if (!client_wants_events(c, &after) || after != c->fetching_after)
		return;
	for (size_t i = 0; i < count && (line || events[i].seq <= c->job.upto); i++) {
		tell_event(c, &events[i], line);
		if (events[i].seq > last)
			last = events[i].seq;
	}
	/* What the store does not give any more cannot be waited for. */
	if (line)
		watch_events_told(c->watch, last > 0 ? last : c->show->durable);
	else
		c->job.after = last > c->job.after ? last : c->job.upto;
}
