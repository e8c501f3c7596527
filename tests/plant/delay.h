/*
 * Replies on their way: a bounded queue in order, each with the time at which it is sent. A reply
 * never overtakes an earlier one of the same queue.
 */
#ifndef PLANT_DELAY_H
#define PLANT_DELAY_H

#include "loop.h"

#include <netinet/in.h>

enum { DELAY_QUEUE = 16, DELAY_BYTES = 1472 };

struct delayed {
	int64_t due_us;
	struct sockaddr_in to; /* UDP */
	size_t n;
	uint8_t bytes[DELAY_BYTES];
};

struct delay {
	struct timer timer;
	/* Sends a reply that is due. */
	void (*send)(struct delay *q, const struct delayed *reply);
	unsigned first, n;
	struct delayed queue[DELAY_QUEUE];
};

void delay_init(struct delay *q, void (*send)(struct delay *, const struct delayed *));

/* Sends at due_us; at once if that is not in the future and nothing waits. A reply that finds the
 * queue full is lost, as in a device. to: UDP, else NULL. */
void delay_send(
    struct delay *q, int64_t due_us, const struct sockaddr_in *to, const uint8_t *bytes, size_t n);

/* Forgets all that waits. */
void delay_clear(struct delay *q);

#endif
