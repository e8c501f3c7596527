/*
 * The event loop of the core thread: the one place that sees sd-event.
 *
 * All calls from the core thread. Handlers must not block: a handler that holds the loop for more
 * than 20 ms is logged as a fault with its name. Sources with a smaller priority number go first.
 */
#ifndef BASE_LOOP_H
#define BASE_LOOP_H

#include "base/clock.h"
#include "base/mailbox.h"

#include <stdint.h>

struct loop;
struct loop_io;
struct loop_timer;

/* An alarm edge goes before telemetry, telemetry before people at the console. */
enum loop_priority { LOOP_URGENT = -50, LOOP_NORMAL = 0, LOOP_IDLE = 50 };

typedef void loop_fn(void *arg, const struct now *now);
typedef void loop_io_fn(void *arg, int fd, uint32_t events, const struct now *now);
typedef void loop_mail_fn(void *arg, struct mail *first, const struct now *now);

struct loop *loop_new(void);
void loop_free(struct loop *l);

/* Runs until loop_quit(); the code given there is returned. May be run again afterwards. */
int loop_run(struct loop *l);
void loop_quit(struct loop *l, int code);

/* fd is watched for EPOLLIN/EPOLLOUT bits in `events` and stays the caller's. `name` is static. */
struct loop_io *loop_io_add(struct loop *l, const char *name, int fd, uint32_t events,
    enum loop_priority priority, loop_io_fn *fn, void *arg);
void loop_io_events(struct loop_io *io, uint32_t events);
void loop_io_free(struct loop_io *io); /* allowed inside its own handler; NULL is allowed */

/* One-shot; off until set. MONO_NEVER turns it off. Accuracy 1 ms. */
struct loop_timer *loop_timer_add(
    struct loop *l, const char *name, enum loop_priority priority, loop_fn *fn, void *arg);
void loop_timer_set(struct loop_timer *t, mono_t when);
void loop_timer_free(struct loop_timer *t);

/* fn gets all messages of mb at once. The box must outlive the loop. */
void loop_mailbox_add(struct loop *l, const char *name, struct mailbox *mb,
    enum loop_priority priority, loop_mail_fn *fn, void *arg);

/*
 * Called at the end of each turn, in the order of adding: after all handlers that were ready
 * together, but before those that are idle, and at the latest when the turn has lasted 2 ms.
 */
void loop_post_add(struct loop *l, const char *name, loop_fn *fn, void *arg);

/* SIGTERM, SIGINT, ... as ordinary events; the signal is blocked for all threads made later. */
void loop_signal_add(struct loop *l, int signo, loop_fn *fn, void *arg);

/* systemd: "READY=1", "STATUS=...". Nothing happens where no NOTIFY_SOCKET is. */
void loop_notify(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/*
 * WATCHDOG=1 from this very loop at half of WATCHDOG_USEC, if systemd asks for it, as long as its
 * handlers of LOOP_NORMAL have their turn and no worker is stuck (base/pulse.h).
 */
void loop_watchdog(struct loop *l);

#endif
