/*
 * The plant's event loop: one epoll, one timer descriptor, one thread. Watches and timers live
 * inside their owners; the loop allocates nothing. One event is taken per turn, so a callback may
 * close and free any watch, its own included.
 */
#ifndef PLANT_LOOP_H
#define PLANT_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The struct of type T whose field F is at P. */
#define OWNER(P, T, F) ((T *)(void *)((char *)(P)-offsetof(T, F)))

struct watch {
	int fd;
	/* events: EPOLLIN, EPOLLHUP ... as epoll gives them */
	void (*ready)(struct watch *w, uint32_t events);
};

struct timer {
	int64_t due_us;
	void (*fire)(struct timer *t, int64_t now_us);
	struct timer *next;
	bool armed;
};

/* CLOCK_MONOTONIC and CLOCK_REALTIME, microseconds. */
int64_t clock_mono_us(void);
int64_t clock_wall_us(void);

/* Makes the loop; SIGINT and SIGTERM end loop_run(). False: errno says why. */
bool loop_open(void);
void loop_close(void);

/* Watches w->fd for input until loop_unwatch(). False: errno says why. */
bool loop_watch(struct watch *w);
void loop_unwatch(struct watch *w);

/* Arms or moves a timer to an absolute monotonic time. Cancelling an unarmed one is no error. */
void loop_arm(struct timer *t, int64_t due_us);
void loop_cancel(struct timer *t);

/* Runs until a signal ends it. False: the loop itself failed, errno says why. */
bool loop_run(void);

#endif
