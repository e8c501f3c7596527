/*
 * The control socket <run_dir>/control.sock: a line of JSON in, lines of JSON out, for facilityctl
 * and scripts. The kernel says who is asking (SO_PEERCRED): everybody who can open the socket may
 * look; acknowledging needs root, the agent's own user, or the site's control group. The whole
 * protocol is in README.md beside this file.
 *
 *	{"cmd":"points","device":"crac1"}	-> {"ok":true,"points":[...]}
 *	{"cmd":"ack","alarm":"crac1/return_air_high"}
 *	{"cmd":"watch"}				-> a snapshot, then a line for each change
 *	errors:					-> {"ok":false,"code":"..","error":"plain sentence"}
 *
 * All functions are for the core thread; none blocks. A client that does not read is dropped.
 */
#ifndef SINKS_CONSOLE_CONSOLE_H
#define SINKS_CONSOLE_CONSOLE_H

#include "base/loop.h"
#include "core/core.h"
#include "core/outbox.h"
#include "core/past.h"
#include "drivers/driver.h"
#include "drivers/gpio/lines.h"

struct console;

/* How one part of the agent that must deliver things is: the store, the broker, one receiver. */
struct console_part {
	char name[64];      /* "store", "mqtt", "noc/duty" */
	bool ok;            /* it does its work now */
	char text[512];     /* for people: "connected to localhost:1883" */
	uint64_t confirmed; /* events that it has for certain */
	uint64_t waiting;   /* events that it still has to get */
	uint64_t lost;      /* events that it can never get: a gap record says which */
};

/*
 * What the console asks of rooms that it may not know. Any of the functions is NULL where that
 * room is not there. They are called while a client's answer is written: a look, no work.
 */
struct console_sources {
	void *arg;
	/* Health of site->links[link]. */
	void (*link)(void *arg, size_t link, struct link_health *out);
	/* What its driver counted of site->devices[device]; false: it counts nothing. */
	bool (*slave)(void *arg, size_t device, struct slave_health *out);
	/* Part n, counted from 0; false: there is no part n. */
	bool (*part)(void *arg, size_t n, struct console_part *out);
	/* What this output shows: "off", "steady", "slow", "fast". Static text. */
	const char *(*panel)(void *arg, enum output_line o);
	/*
	 * `who` asks for a reload of the configuration: true, and console_reloaded() follows when
	 * it has been checked; false with a sentence: not now.
	 */
	bool (*reload)(void *arg, const char *who, char *err, size_t err_size);
	/*
	 * `who` asks for a test notification to a receiver (NULL: to all): true, and
	 * console_noc_tested() follows; false with a sentence: not now, or there is none of that
	 * name.
	 */
	bool (*noc_test)(void *arg, const char *receiver, const char *who, const struct now *now,
	    char *err, size_t err_size);
	/*
	 * `who` asks that a receiver (NULL: all) is sent the alarms that stand: true, and text says
	 * in lines what will happen; false with a sentence in it: there is none of that name.
	 */
	bool (*noc_resend)(void *arg, const char *receiver, const char *who, const struct now *now,
	    char *text, size_t size);
	/*
	 * Asks the disk for what a point was (copied); console_past() follows. One question at a
	 * time.
	 */
	void (*past)(void *arg, const struct past *ask);
};

struct console_start {
	struct loop *loop;
	struct core *core;
	const struct outbox *outbox; /* for events: tag OUTBOX_CONSOLE */
	const struct console_sources *sources;
	const char *run_dir, *version; /* kept: must outlive the console */
	struct now started;
	uint64_t durable; /* seq of the newest event on disk; 0: none */
};

/*
 * Opens the socket (mode 0660, the control group's if the site names one). The socket of an agent
 * that is gone is removed; where one is alive, or the path cannot be used: NULL, a sentence in err.
 */
struct console *console_new(const struct console_start *start, char *err, size_t err_size);
void console_free(struct console *c); /* drops all clients, removes the socket; NULL is allowed */

/* End of turn: what the core has to tell. */
void console_changes(struct console *c, const struct core_changes *changes, const struct now *now);
/* Events up to this one are on disk. */
void console_durable(struct console *c, uint64_t upto, const struct now *now);
/*
 * The check of a reload is over: the client that asked gets its answer. text: what was found, lines
 * for people.
 */
void console_reloaded(struct console *c, bool good, const char *text, const struct now *now);
/* A test of receivers is over; good: none failed. text: a line for each. */
void console_noc_tested(struct console *c, bool good, const char *text, const struct now *now);

/* The answer to sources->past(). */
void console_past(struct console *c, const struct past_answer *a, const struct now *now);

/* The events that were asked for with outbox->fetch(tag OUTBOX_CONSOLE); possibly none. */
void console_events(
    struct console *c, int tag, const struct event *events, size_t count, const struct now *now);

#endif
