/*
 * The control socket <run_dir>/control.sock: a line of JSON in, lines of JSON out, for facilityctl
 * and scripts. The kernel says who is asking (SO_PEERCRED): everybody who can open the socket may
 * look; acknowledging needs root, the agent's own user, or the site's control group.
 *
 *	{"cmd":"points","device":"crac1"}	-> {"ok":true,"points":[...]}
 *	{"cmd":"ack","alarm":"crac1/return_air_high","note":"..."}
 *	{"cmd":"watch"}				-> a snapshot, then a line for each change
 *	errors:					-> {"ok":false,"error":"plain sentence"}
 */
#ifndef SINKS_CONSOLE_CONSOLE_H
#define SINKS_CONSOLE_CONSOLE_H

#include "base/loop.h"
#include "core/core.h"
#include "core/outbox.h"

struct console;

/*
 * What the console asks of rooms that it may not know; each writes JSON text (an object or array)
 * of at most size bytes, or is NULL where that room is not there.
 */
struct console_sources {
	void *arg;
	size_t (*links)(void *arg, char *buf, size_t size); /* health of every link */
	size_t (*sinks)(void *arg, char *buf, size_t size); /* store, mqtt, noc, panel */
};

struct console_start {
	struct loop *loop;
	struct core *core;
	const struct outbox *outbox; /* for `events`: tag OUTBOX_CONSOLE */
	const struct console_sources *sources;
	const char *run_dir, *version;
	mono_t started;
	uint64_t durable;
};

struct console *console_new(const struct console_start *start, char *err, size_t err_size);
void console_free(struct console *c); /* removes the socket */
void console_changes(struct console *c, const struct core_changes *changes, const struct now *now);
void console_durable(struct console *c, uint64_t upto, const struct now *now);
void console_events(
    struct console *c, int tag, const struct event *events, size_t count, const struct now *now);

#endif
