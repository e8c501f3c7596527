#include "delay.h"

#include <string.h>

static void
delay_fire(struct timer *t, int64_t now_us)
{
	struct delay *q = OWNER(t, struct delay, timer);

	while (q->n && q->queue[q->first].due_us <= now_us) {
		struct delayed *reply = &q->queue[q->first];
		q->first = (q->first + 1) % DELAY_QUEUE;
		q->n--;
		q->send(q, reply);
	}
	if (q->n)
		loop_arm(&q->timer, q->queue[q->first].due_us);
}

void
delay_init(struct delay *q, void (*send)(struct delay *, const struct delayed *))
{
	q->timer = (struct timer){.fire = delay_fire};
	q->send = send;
	q->first = q->n = 0;
}

void
delay_send(
    struct delay *q, int64_t due_us, const struct sockaddr_in *to, const uint8_t *bytes, size_t n)
{
	if (q->n == DELAY_QUEUE || n > DELAY_BYTES)
		return;
	unsigned last = (q->first + q->n - 1) % DELAY_QUEUE;
	unsigned free_slot = (q->first + q->n) % DELAY_QUEUE;
	struct delayed *reply = &q->queue[free_slot];
	if (q->n && q->queue[last].due_us > due_us)
		due_us = q->queue[last].due_us;
	reply->due_us = due_us;
	reply->n = n;
	if (to)
		reply->to = *to;
	memcpy(reply->bytes, bytes, n);
	if (q->n == 0 && due_us <= clock_mono_us()) {
		q->send(q, reply);
		return;
	}
	if (q->n++ == 0)
		loop_arm(&q->timer, due_us);
}

void
delay_clear(struct delay *q)
{
	loop_cancel(&q->timer);
	q->n = 0;
}
