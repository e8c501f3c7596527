/* The workers that are watched, in a list. */
#include "base/pulse.h"

#include <pthread.h>
#include <stddef.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct pulse *first;

void
pulse_add(struct pulse *p, const char *name, int64_t limit_ms, bool vital)
{
	p->name = name;
	p->limit_ms = limit_ms;
	p->vital = vital;
	atomic_store(&p->since_us, 0);
	pthread_mutex_lock(&lock);
	p->next = first;
	first = p;
	pthread_mutex_unlock(&lock);
}

void
pulse_remove(struct pulse *p)
{
	pthread_mutex_lock(&lock);
	for (struct pulse **at = &first; *at != NULL; at = &(*at)->next) {
		if (*at == p) {
			*at = p->next;
			break;
		}
	}
	pthread_mutex_unlock(&lock);
}

void
pulse_beat(struct pulse *p, mono_t now)
{
	atomic_store_explicit(&p->since_us, now.us, memory_order_relaxed);
}

void
pulse_rest(struct pulse *p)
{
	atomic_store_explicit(&p->since_us, 0, memory_order_relaxed);
}

const char *
pulse_stuck(mono_t now, int64_t *for_ms, bool *vital)
{
	const char *name = NULL;

	*vital = false;
	pthread_mutex_lock(&lock);
	for (const struct pulse *p = first; p != NULL && !*vital; p = p->next) {
		int64_t since_us = atomic_load_explicit(&p->since_us, memory_order_relaxed);
		int64_t ms = (now.us - since_us) / 1000;

		if (since_us == 0 || ms <= p->limit_ms || (name != NULL && !p->vital))
			continue;
		name = p->name;
		*for_ms = ms;
		*vital = p->vital;
	}
	pthread_mutex_unlock(&lock);
	return name;
}
