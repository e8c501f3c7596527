/*
 * One connection to the control socket: bytes in, lines run in order, answers out. Memory is fixed
 * at connect: a line of CLIENT_LINE_MAX in, CLIENT_OUT_MAX out. An answer of any length is written
 * item by item while there is room, so a client that reads slowly costs nothing but its own time.
 */
#ifndef SINKS_CONSOLE_CLIENT_H
#define SINKS_CONSOLE_CLIENT_H

#include "base/loop.h"
#include "model/json.h"
#include "model/writer.h"
#include "sinks/console/peer.h"
#include "sinks/console/show.h"
#include "sinks/console/watch.h"

#define CLIENT_LINE_MAX 4096
/* The longest value written at once (`explain`); room for it is waited for. */
#define CLIENT_PIECE_MAX 24576
/* Events come from the store in batches of this many, and room for a batch is kept free. */
#define CLIENT_EVENTS_MAX 8
#define CLIENT_OUT_MAX    (2 * CLIENT_PIECE_MAX + CLIENT_EVENTS_MAX * JSON_EVENT_MAX)
/* A client that takes no byte for so long while there is something for it is dropped. */
#define CLIENT_STALL_MS 10000

struct client;

/* A part of an answer: "key":[item, item ...]. item() writes one value; false: none for this n. */
struct section {
	const char *key; /* NULL: end of the table */
	size_t (*count)(const struct client *c);
	bool (*item)(struct client *c, size_t n, struct writer *w);
};

/* An answer under way. */
struct job {
	const struct section *section; /* NULL: no list */
	size_t next;                   /* item of the section */
	bool comma;
	/* What the items are chosen by. */
	int device; /* or NO_INDEX */
	char prefix[2 * EVENT_NAME_MAX];
	bool all;
	/* `events`: from the store, those after `after` up to and including `upto`. */
	bool events;
	uint64_t after, upto;
};

struct client {
	struct show *show; /* the console's */
	int fd;
	struct loop_io *io;
	struct peer peer;
	bool dead; /* to be freed by the console at the end of its turn */
	bool eof;  /* has no more questions; gets its answers and is dropped */

	char in[CLIENT_LINE_MAX + 1];
	size_t in_length;
	bool skipping; /* inside a line that was too long */

	char *out; /* CLIENT_OUT_MAX; bytes out_head..out_head+out_length wait */
	size_t out_head, out_length;
	mono_t took_at; /* when it last took bytes, or had none to take */
	mono_t asked_at;

	struct job job;
	struct watch *watch;         /* NULL: does not watch */
	struct history_job *history; /* its answer under way, or NULL */
	int weight;                  /* of the step under way, where it is more than one */
	bool fetching;               /* a batch of events is on its way to it: */
	uint64_t fetching_after;     /* of those after this one */
	/* Asked for something that takes a while, and waits for what comes of it. */
	enum client_wait { WAIT_NOTHING, WAIT_RELOAD, WAIT_NOC_TEST } waits;
};

/* fd becomes the client's. */
struct client *client_new(
    int fd, const struct peer *peer, struct show *show, const struct now *now);
void client_free(struct client *c);

/* Takes what has come, and does all that can be done now. */
void client_read(struct client *c, const struct now *now);
/* Runs lines, jobs and the watch as far as there is room, and sends. */
void client_pump(struct client *c, const struct now *now);
/* When client_pump() must be called at the latest, MONO_NEVER: never by itself. */
mono_t client_next(const struct client *c);

/* Is an answer under way? Nothing else may be written then. */
bool client_busy(const struct client *c);
/* Does it want events, and is there room for a batch? Then after which seq. */
bool client_wants_events(const struct client *c, uint64_t *after);
/* A batch as asked for: count may be 0. */
void client_events(struct client *c, const struct event *events, size_t count);

/* What may be written now; room for a batch of events that is on its way stays free. */
size_t client_room(const struct client *c);
/* A writer over the free room; what it has written is taken by client_written(). */
struct writer client_writer(struct client *c);
void client_written(struct client *c, const struct writer *w);

/* {"ok":false,"code":code,"error":sentence} as the whole answer. */
void client_refuse(struct client *c, const char *code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* {"ok":true, and then the list of sections. */
void client_answer_list(struct client *c, const struct section *sections);
/* {"ok":true,"epoch":..,"events":[ and so on. */
void client_answer_events(struct client *c, uint64_t after, uint64_t upto);

#endif
