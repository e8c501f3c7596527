/*
 * The whole agent put together. The rooms do not know each other; what ties them is here: batons
 * to links, events to the store, durable events to sinks, changes to whoever shows them.
 *
 * Start order is the order of trust: the store first (nothing leaves before it is durable), then
 * the SNMP engine, the sinks, the core, and the wires last. Stop is the reverse.
 */
#ifndef HOUSE_HOUSE_H
#define HOUSE_HOUSE_H

#include "base/loop.h"
#include "model/site.h"

#include <stddef.h>

struct house;

struct house_options {
	const struct site *site; /* outlives the house */
	const char *state_dir;   /* what must survive a restart: the store */
	const char *run_dir;     /* what must not: control socket, virtual board */
	const char *version;
	/* For a reload: path and arguments of this program. Kept. */
	const char *program;
	char *const *argv;
};

/* What loop_run() gives where the program is to begin again in place: reload_exec(). */
#define HOUSE_RELOAD 100

/* NULL with a sentence in err where it cannot start; what was started is stopped again. */
struct house *house_start(
    struct loop *loop, const struct house_options *o, char *err, size_t err_size);
/* Outputs go to their safe state, queued events to disk, batons come home. */
void house_stop(struct house *h);

/*
 * Checks the configuration files as they are now, and quits the loop with HOUSE_RELOAD if they are
 * good. A bad file changes nothing: what is wrong goes to the log and into an event. who: "SIGHUP",
 * or a person.
 */
void house_reload(struct house *h, const char *who, const struct now *now);

/* Notes why in an event; the caller quits the loop. */
void house_stopping(struct house *h, const struct now *now);

#endif
