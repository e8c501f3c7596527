/*
 * A new configuration, taken in place: first looked at by a second facilityd that only checks it
 * (so that a slow disk or a large site holds nothing up here, and a new version of the program
 * reads it as it will), and only when that finds no error does this one stop in order and begin
 * again as the same process. Start, crash and reload are so one path: all that must survive is in
 * the store. A bad file changes nothing. Core thread.
 */
#ifndef HOUSE_RELOAD_H
#define HOUSE_RELOAD_H

#include "base/loop.h"

#include <stdbool.h>

/* What the check wrote is kept up to this size, with a line that says so where it was more. */
#define RELOAD_TEXT_MAX 12000

struct reload;

/* The check is over. text: what it found, for people; valid during the call. */
typedef void reload_fn(void *arg, bool good, const char *text, const struct now *now);

/*
 * program: path of the program, argv: the arguments that this process was started with (both kept).
 * The check runs `program --check --strict` with the same arguments. One that takes longer than
 * limit_ms hangs (on a file system that is gone, say): it is killed, and the answer does not wait
 * for its death.
 */
struct reload *reload_new(
    struct loop *loop, const char *program, char *const *argv, int64_t limit_ms);
/* A check under way is ended, and waited for half a second at most; NULL is allowed. */
void reload_free(struct reload *r);

/*
 * Starts a check; fn is called once, never from here. false: one is under way already, or one that
 * was killed is not dead yet, or err says why not.
 */
bool reload_check(struct reload *r, reload_fn *fn, void *arg, char *err, size_t err_size);

/*
 * Becomes the program anew: same process, same arguments. Only returns where that failed, with a
 * sentence in err. Everything must be closed before; descriptors from 3 on do not survive. Blocked
 * signals stay blocked, and pending, until the new loop takes them.
 */
void reload_exec(const char *program, char *const *argv, char *err, size_t err_size);

#endif
