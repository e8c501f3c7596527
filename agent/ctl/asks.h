/*
 * What has been asked of the agent and not been answered: answers come in the order of the
 * questions, so the oldest one sent is the one that an answer belongs to. Pure.
 */
#ifndef CTL_ASKS_H
#define CTL_ASKS_H

#include "ctl/view.h"

#include <jansson.h>

/* So many at once, so that neither side waits for the other to read. */
#define ASKS_UNDER_WAY 4

enum ask_kind {
	ASK_WATCH,   /* the stream */
	ASK_ACT,     /* something is done: acknowledge, shelve ... */
	ASK_BUS,     /* round trips of all devices */
	ASK_POINTS,  /* all values of one device, with the time they were read */
	ASK_EXPLAIN, /* how a value came about */
	ASK_EVENTS,  /* older ones */
	ASK_HISTORY, /* the past of a trend */
	ASK_KIND_COUNT
};

struct ask {
	enum ask_kind kind;
	char about[VIEW_PATH_MAX];
	json_t *request;
};

struct asks {
	struct ask *list; /* oldest first; the first `sent` are under way */
	size_t count, room, sent;
};

/* Takes the request over. */
void asks_add(struct asks *a, enum ask_kind kind, const char *about, json_t *request);
/* Is one of this kind waiting or under way? */
bool asks_has(const struct asks *a, enum ask_kind kind);
/* The next one to send, now: the caller's to free. NULL: none. */
json_t *asks_next(struct asks *a);
/* An answer has come: to which question? false: nothing was asked. */
bool asks_answered(struct asks *a, enum ask_kind *kind, char about[VIEW_PATH_MAX]);
/* Nothing will be answered any more. */
void asks_clear(struct asks *a);
void asks_free(struct asks *a);

#endif
