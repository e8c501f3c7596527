/*
 * The contract between the house and a wire.
 *
 * A link knows nothing about points: it takes a baton of questions and brings it back with
 * answers. It never loses one: every submitted baton comes back exactly once through the mailbox,
 * whatever happens, also when the link is closed meanwhile; at the latest budget_ms after it was
 * taken up plus the question that is then under way. That one takes four timeouts at most on a
 * serial bus (with the recovery that belongs to it) and on a TCP connection (a try on one that
 * turns out to be stale, two where late replies come on it, a new connection, the question again),
 * and over SNMP one try (for SNMPv3 with the look-up of the engine that belongs to it).
 */
#ifndef DRIVERS_DRIVER_H
#define DRIVERS_DRIVER_H

#include "base/loop.h"
#include "model/baton.h"
#include "model/slave.h"

struct link;

/* What a driver is given when a link is opened. All of it outlives the link. */
struct link_env {
	const struct site *site;
	int link;                /* index into site->links */
	struct loop *loop;       /* for drivers that live in the core thread */
	struct mailbox *answers; /* where batons go home */
	const char *run_dir;     /* the agent's runtime directory */
	/*
	 * "This device has something new, ask it now": for wires that hear of a change (an edge of
	 * a contact, a trap). Core thread; does not call back into the link. NULL in tests that do
	 * not need it.
	 */
	void (*poke)(void *arg, int device, const struct now *now);
	void *poke_arg;
};

/* How the wire is, for `facilityctl bus` and the log. Texts are for people. */
struct link_health {
	bool up;               /* port open, or connection made */
	bool dirty;            /* RTU: being fenced after a timeout, nothing is believed */
	char text[256];        /* "open", "cannot open /dev/ttyUSB0: no such file", ... */
	uint64_t transactions; /* put on the wire */
	uint64_t timeouts, garbled, refused; /* garbled: CRC, length, wrong unit or TID */
	uint64_t fences;                     /* RTU: fence reads sent */
	uint64_t reconnects;
	uint64_t busy_us; /* time that the wire was in use: load = busy / elapsed */
	mono_t since;     /* of `up` or down */
};

struct driver {
	const char *kind; /* link_kind_word() of the links it serves */
	bool built;       /* false: known, but not part of this build */

	/*
	 * Starts the link; never blocks and never fails because the device is absent (that is
	 * normal and shows in the health). NULL with a sentence in err: the settings cannot work.
	 */
	struct link *(*open)(const struct link_env *env, char *err, size_t err_size);
	/* Hands a baton over. Core thread. Never blocks. */
	void (*submit)(struct link *l, struct baton *b);
	void (*health)(struct link *l, struct link_health *out); /* core thread */
	/*
	 * How one of its devices does (index into site->devices). Core thread. NULL: this driver
	 * does not count them.
	 */
	void (*slave)(struct link *l, int device, struct slave_health *out);
	/*
	 * Asks the link to end, and returns at once: for many links that are to be closed. NULL:
	 * its close never waits.
	 */
	void (*stop)(struct link *l);
	/*
	 * Stops the link; batons still out come back with ANSWER_NONE first. Waits for 1 s at most
	 * since stop() was called, for 5 where its thread has no CPU. One that the kernel holds is
	 * left behind, without its batons, and touches nothing any more of what it was given.
	 */
	void (*close)(struct link *l);
};

/* The list that a person can read: drivers/drivers.c. NULL where the kind is unknown. */
const struct driver *driver_find(enum link_kind kind);

#endif
