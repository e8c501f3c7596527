/*
 * Events for clients, from the store: one batch at a time on the tag OUTBOX_CONSOLE, the clients
 * in turn.
 */
#ifndef SINKS_CONSOLE_FETCH_H
#define SINKS_CONSOLE_FETCH_H

#include "core/outbox.h"
#include "sinks/console/client.h"

struct fetch {
	const struct outbox *outbox;
	bool out;                  /* a batch is on its way */
	struct client *for_client; /* to this one; NULL: it is gone meanwhile */
	size_t turn;               /* who is looked at first */
};

/* Asks for the next batch that a client waits for. clients: room for `count`, some NULL. */
void fetch_pump(struct fetch *f, struct client *const *clients, size_t count);
/* A batch has come. Returns the client that took it, or NULL. */
struct client *fetch_arrived(struct fetch *f, const struct event *events, size_t count);
/* This client is about to be freed. */
void fetch_forget(struct fetch *f, const struct client *c);

#endif
