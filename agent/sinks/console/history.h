/*
 * The request `history`: what a point was, from the disk, then from the minutes that the disk does
 * not have yet, then at the full rate from the ring. Written as the client reads it.
 */
#ifndef SINKS_CONSOLE_HISTORY_H
#define SINKS_CONSOLE_HISTORY_H

#include "core/past.h"
#include "sinks/console/client.h"

#include <jansson.h>

struct history_job;

/* Runs the request. */
void run_history(struct client *c, const json_t *request, const struct now *now);
/* Goes on with the answer of c->history; false: it waits for the disk. */
bool history_step(struct client *c);
void history_job_free(struct history_job *j); /* NULL is allowed */

/* Questions to the disk, one at a time, the clients in turn. */
struct history_fetch {
	bool out;
	struct client *for_client; /* NULL: it is gone meanwhile */
	size_t turn;
};
void history_pump(struct history_fetch *f, const struct console_sources *sources,
    struct client *const *clients, size_t count);
/* Returns the client that took the answer, or NULL. */
struct client *history_arrived(struct history_fetch *f, const struct past_answer *a);
void history_forget(struct history_fetch *f, const struct client *c);

#endif
