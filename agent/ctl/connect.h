/* The way to the agent: its control socket, lines out, lines in. */
#ifndef CTL_CONNECT_H
#define CTL_CONNECT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* How facilityctl ends. */
enum ctl_exit {
	CTL_DONE = 0,
	CTL_REFUSED = 1, /* refused, or there is no such thing */
	CTL_USAGE = 2,   /* not understood */
	CTL_AWAY = 3,    /* the agent cannot be reached */
};

struct connection {
	int fd;      /* -1: not connected */
	char *buf;   /* bytes from `start` to `length` have not been read as lines yet */
	size_t size; /* grows up to the longest answer */
	size_t start, length;
};

/* FACILITY_RUN, else /run/facilityd. */
const char *ctl_run_dir(void);

/* The agent answers in milliseconds; a disk that hangs can hold events back for seconds. */
#define CTL_ANSWER_MS 15000

/*
 * CTL_DONE, or CTL_REFUSED / CTL_AWAY with a sentence in err. An agent that hangs takes no
 * connection: after wait_ms (> 0) it is away. Neither does ctl_send() wait for it any longer.
 */
enum ctl_exit ctl_connect(
    struct connection *c, const char *run_dir, int wait_ms, char *err, size_t err_size);
void ctl_close(struct connection *c); /* also frees; a connection that is none is allowed */

/* Says on stderr that no answer came. Returns CTL_AWAY. */
enum ctl_exit ctl_say_silent(const char *run_dir);

/* Sends one request as a line. false: the agent is gone. Frees the request. */
bool ctl_send(struct connection *c, json_t *request);

/*
 * Waits up to timeout_ms (-1: for ever) for bytes. 1: some came, 0: none in time, -1: the agent is
 * gone (or sends a line longer than any answer).
 */
int ctl_fill(struct connection *c, int timeout_ms);
/* The next whole line, without its end, or NULL: valid until the next ctl_fill(). */
char *ctl_next(struct connection *c);
/* ctl_next(), filled as needed. NULL: nothing within timeout_ms, or gone. */
char *ctl_line(struct connection *c, int timeout_ms);

#endif
