/*
 * When each device is asked, and whether it is there. Pure.
 *
 * Beats. Each class of a device has a fixed grid of times, spread by the seed so that the devices
 * of a room do not all speak at once; normal and slow polls start on ticks of 50 ms, so that a
 * tick wakes the program once for many. Where nobody shares their wires, eight devices have one
 * grid for each period, and fast polls are on ticks too if their period is made of ticks. A poll
 * that is still out at its next beat skips that beat.
 *
 * Phases. lost_after failed polls in a row make a device LOST. Before that (not where lost_after is
 * 1) a failed poll makes an ONLINE device FAILING, and the first one is confirmed at once, by the
 * poll that has the best chance: a class that never answers is no reason to give up a device that
 * does. A LOST device is probed with its cheapest question, first after a second, then every three
 * to four seconds however long it is away, so that it is read within five seconds of its return; a
 * driver whose devices share a wire sees to it that the dead do not hold up the others. While a
 * device is not ONLINE it has one question round out at most. The first sign of life makes it
 * ONLINE, and everything is read at once.
 */
#ifndef CORE_POLLER_H
#define CORE_POLLER_H

#include "core/poll.h"
#include "core/timers.h"

#define POLLER_TICK_US          50000
#define POLLER_TOGETHER         8 /* devices whose beats are one */
#define POLLER_BACKOFF_FIRST_MS 1000
#define POLLER_BACKOFF_MAX_MS   4000
#define POLLER_FACTS_RETRY_MS   60000

/* The first tick at or after t. What need not be exact waits for it, to wake the program less. */
mono_t poller_tick_up(mono_t t);

/* What the poller keeps for a device, beside its public state. */
struct unit_polls {
	struct poll polls[POLL_COUNT];
	unsigned out;     /* how many batons are away */
	unsigned contact; /* the class that speaks while the device is not online */
	unsigned confirm; /* FAILING: the poll that goes first, to see whether the device lives */
	unsigned failed;  /* FAILING: the poll that had no answer */
	mono_t probe_due;
	mono_t failed_at; /* a poll that was out before this time fails together with it */
};

struct poller {
	const struct site *site;
	struct device_state *devices;
	struct unit_polls *units;
	struct rooms rooms;    /* of all polls */
	uint32_t *on_link;     /* by link: how many devices are on it */
	struct timers *timers; /* timer d is device d's */
	struct changes *changed;
	uint32_t random;
	bool started;
	struct rows **rows; /* by device: NULL where none are asked of it */
	void *arg;
	void (*submit)(void *arg, struct baton *b);
};

/* Before this: site, devices, timers (at least device_count), changed, rows, arg, submit are set.
 */
void poller_init(struct poller *p, struct arena *a, uint32_t seed);
/* The clock starts: devices get their first beats. */
void poller_start(struct poller *p, mono_t now);

/* The timer of this device has come: starts what is due. */
void poller_turn(struct poller *p, size_t device, mono_t now);

/* What a baton that came home means for the device. */
enum poller_news {
	POLLER_STRAY,  /* none of ours, or not awaited: ignored */
	POLLER_MUTE,   /* nothing was asked */
	POLLER_ALIVE,  /* answers */
	POLLER_CAME,   /* answers, for the first time or again: it is ONLINE now */
	POLLER_FAILED, /* did not answer; may be lost already */
	POLLER_LOST    /* did not answer once too often: it is LOST now */
};
/*
 * Takes the baton's verdict. *q is the poll that it belongs to (not for POLLER_STRAY); its answers
 * are the caller's to read until poller_settle(), which must follow.
 */
enum poller_news poller_answer(
    struct poller *p, struct baton *b, const struct now *now, struct poll **q);
/* Learns from the answers and plans what comes next. */
void poller_settle(struct poller *p, struct poll *q, mono_t now);

/*
 * Ask this device now, whatever its back-off, which starts anew. all: everything it has; else just
 * enough to see whether it lives. A poll that is out is followed by one more: its answer may have
 * left the device before what somebody has heard of.
 */
void poller_ask_now(struct poller *p, size_t device, bool all, mono_t now);
/* Sends the device's poll for its ring of records, which is loaded, at that time; not while it is
 * out. */
void poller_ask_records(struct poller *p, size_t device, mono_t at);
/* Ask this device now for all of its points. */
void poller_ask_points(struct poller *p, size_t device, mono_t now);
/* Ask this device at that time which rows it has; while it is being asked: once more after that. */
void poller_ask_rows(struct poller *p, size_t device, mono_t at);
/* How long a verdict on a silent device takes at most, if its link is free. */
int64_t poller_verdict_ms(const struct poller *p, size_t device);

#endif
