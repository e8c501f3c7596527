#include "sinks/console/fetch.h"

void
fetch_pump(struct fetch *f, struct client *const *clients, size_t count)
{
	if (f->out || f->outbox == NULL)
		return;
	for (size_t i = 0; i < count; i++) {
		struct client *c = clients[(f->turn + i) % count];
		uint64_t after;

		if (c == NULL || !client_wants_events(c, &after))
			continue;
		f->turn = (f->turn + i + 1) % count;
		f->out = true;
		f->for_client = c;
		c->fetching = true;
		c->fetching_after = after;
		f->outbox->fetch(f->outbox->arg, OUTBOX_CONSOLE, after, CLIENT_EVENTS_MAX);
		return;
	}
}

struct client *
fetch_arrived(struct fetch *f, const struct event *events, size_t count)
{
	struct client *c = f->for_client;

	f->out = false;
	f->for_client = NULL;
	if (c != NULL)
		client_events(c, events, count);
	return c;
}

void
fetch_forget(struct fetch *f, const struct client *c)
{
	if (f->for_client == c)
		f->for_client = NULL;
}
