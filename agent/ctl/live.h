/*
 * The live screen without its terminal: what is known, where the person is, what is being asked.
 * Keys and lines of the agent go in, requests come out, and draw.h makes a picture of it. Pure:
 * time is an argument, and nothing here opens anything.
 */
#ifndef CTL_LIVE_H
#define CTL_LIVE_H

#include "ctl/asks.h"
#include "ctl/pick.h"
#include "ctl/trend.h"
#include "ctl/view.h"

enum page {
	PAGE_OVERVIEW,
	PAGE_ALARMS,
	PAGE_DEVICES,
	PAGE_TRENDS,
	PAGE_EVENTS,
	PAGE_HELP,
	PAGE_COUNT
};

/* Keys that are no characters; characters are their code point. */
enum {
	LIVE_KEY_UP = 0x110000,
	LIVE_KEY_DOWN,
	LIVE_KEY_LEFT,
	LIVE_KEY_RIGHT,
	LIVE_KEY_PAGE_UP,
	LIVE_KEY_PAGE_DOWN,
	LIVE_KEY_HOME,
	LIVE_KEY_END,
	LIVE_KEY_ENTER,
	LIVE_KEY_ESCAPE,
	LIVE_KEY_TAB,
	LIVE_KEY_BACK_TAB,
	LIVE_KEY_ERASE,
	LIVE_KEY_PASTE, /* what comes now was pasted, up to LIVE_KEY_PASTE_END */
	LIVE_KEY_PASTE_END,
};

#define LIVE_EXPLAIN_LINES 64
#define LIVE_MESSAGE_MS    8000

/* What a list is narrowed down to. */
struct filter {
	char text[64]; /* every word of it must be there */
	enum priority least;
};

struct live;

/* One line that the person is typing, at the foot of the screen. */
struct prompt {
	/* What follows from the text when Enter is pressed; NULL: there is no prompt. */
	void (*done)(struct live *l, const char *text);
	void (*changed)(struct live *l, const char *text); /* at each key; may be NULL */
	char label[128];
	char text[160];
	bool one_key; /* y or n, no Enter */
};

/* Something that is to be done, and what is known about it so far. */
struct act {
	const struct act_kind *kind; /* NULL: nothing */
	char (*paths)[VIEW_PATH_MAX];
	size_t count;
	char duration[32], reason[160];
	bool has_duration, has_reason;
	/* Sent, and being answered. */
	size_t wanted, answered, refused;
};

struct search {
	bool open;
	char text[64];
	struct pick pick;
};

struct live {
	struct view *view;
	struct asks asks;
	struct trends trends;

	enum page page;
	enum page back; /* where help was called from */
	struct pick pick[PAGE_COUNT];
	struct filter filter[PAGE_COUNT];
	char device[VIEW_NAME_MAX]; /* whose points are shown on PAGE_DEVICES; "": the list */
	struct pick point;
	bool open;     /* PAGE_ALARMS: the whole screen is for one alarm */
	size_t scroll; /* of help, explanation, open alarm */

	char explain_path[VIEW_PATH_MAX]; /* "": nothing is explained */
	char explain[LIVE_EXPLAIN_LINES][256];
	size_t explain_count;

	struct prompt prompt;
	struct act act;
	struct search search;

	char as[64]; /* who acts, for the record */
	bool named;  /* the person was asked, or --as was given */

	char message[VIEW_TEXT_MAX]; /* shown instead of the keys; "" = none */
	bool message_bad;
	mono_t message_until;
	mono_t paste_until; /* what comes before this was pasted */

	unsigned nonsense; /* lines that were none: something is not shown */
	mono_t asked_at;   /* what is asked from time to time */
	mono_t now;        /* of the last tick */
	size_t page_rows;  /* how far a page key goes: what the terminal has */
	bool quit;
};

/* as: the name that is recorded, or NULL. */
struct live *live_new(const char *as);
void live_free(struct live *l); /* NULL is allowed */

/* A connection is there: what to ask at first. */
void live_connected(struct live *l);
void live_lost(struct live *l, wall_t now, const char *why);
/* A line from the agent. Nonsense is counted. */
void live_line(struct live *l, const char *line);
/* At least once a second, and before drawing. */
void live_tick(struct live *l, mono_t mono, wall_t now);
void live_key(struct live *l, int key);

void live_say(struct live *l, bool bad, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* The rows of the page that is shown; rows_free() them. */
struct rows live_rows(const struct live *l);
/* The choice that belongs to them; NULL: the page has no list. */
struct pick *live_pick(struct live *l);
/* The name under the cursor; "": none, also where the filter hides it or it is gone by now. */
const char *live_chosen(const struct live *l);
/* The alarm that is chosen on the page, or NULL. */
const struct view_alarm *live_alarm(const struct live *l);
/* The device that is chosen or open, or NULL. */
const struct view_device *live_device(const struct live *l);

#endif
