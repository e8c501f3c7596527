/*
 * A thread that carries links. Private to drivers/modbus.
 *
 * The code of a wire reads from top to bottom: ask, wait, take the reply. So each link has a stack
 * of its own (a fiber), and link_wait() is the one place where it leaves the thread to the others.
 * A serial bus has a thread for itself, since a driver may block in the kernel. Connections share
 * one: with a thread each, 200 devices at 1 s spent most of their CPU on waking each other up, and
 * 1000 needed twice the descriptors that there are. Batons go home in batches, with one wake-up of
 * the core.
 */
#ifndef DRIVERS_MODBUS_ENGINE_H
#define DRIVERS_MODBUS_ENGINE_H

#include "drivers/driver.h"

#include <ucontext.h>

enum waited {
	WAIT_TIME,  /* `until` is there */
	WAIT_READY, /* what was asked for; or the other side is gone, see link_pending() */
	WAIT_BROKEN,
	WAIT_STOP /* the link is being closed: give up whatever it is */
};

/* Of a link. The thread's own, but for making and freeing. */
struct fiber {
	ucontext_t context;
	void *stack;
	void *sanitizer; /* what ThreadSanitizer calls it */
	bool over;

	/* what it waits for, and what the kernel has been told of that */
	int watched;
	short watched_events, revents;
	int fd;
	short events;
	mono_t until;
	bool idle;  /* a baton wakes it as well */
	bool woken; /* ... and one came, or the wish to stop */
	enum waited waited;
};

struct engine;

/* What travels to it. */
enum engine_mail {
	ENGINE_BATON, /* struct baton */
	ENGINE_START, /* struct link_mail: the link's fiber begins */
	ENGINE_STOP,  /* struct link_mail: it is to end */
	ENGINE_END    /* its own */
};
struct link_mail {
	struct mail mail;
	struct link *link;
};

/*
 * The one of all links with these answers where `shared`, else one of its own. NULL: no thread to
 * be had. Core thread, as are the next three.
 */
struct engine *engine_join(const struct link_env *env, bool shared);
/* After the link's fiber is over, or never began. The last to leave ends the thread. */
void engine_leave(struct engine *e);
/*
 * Its thread did not come in time: it is left behind with its links. true: the kernel holds it, and
 * it touches nothing of theirs any more. false: it runs, and is left behind only where `anyway`.
 */
bool engine_abandon(struct engine *e, bool anyway);
void engine_post(struct engine *e, struct mail *m);

/* false: no memory for its stack. It begins with ENGINE_START and runs link_main(). */
bool fiber_make(struct fiber *f);
void fiber_free(struct fiber *f);

/*
 * From inside a fiber, around each call that the kernel may hold for seconds (a serial driver): a
 * thread that was left behind meanwhile sleeps in engine_return() for good. Keeps errno.
 */
void engine_enter(struct engine *e);
void engine_return(struct engine *e);

/* From inside a fiber: a baton goes home when all fibers wait. */
void engine_home(struct engine *e, struct mail *m);
/* From inside a fiber, before its descriptor is closed: it is not watched any more. */
void engine_unwatch(struct engine *e, struct fiber *f);
/* From inside a fiber: lets the others run until what it waits for is there. */
enum waited engine_wait(struct engine *e, struct fiber *f);

#endif
