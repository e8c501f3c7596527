/*
 * The inside of struct wire, for wire.c (the thread) and wire_core.c (start, stop, and what the
 * core calls).
 */
#ifndef SINKS_MQTT_WIRE_PRIV_H
#define SINKS_MQTT_WIRE_PRIV_H

#include "base/arena.h"
#include "base/log.h"
#include "base/pulse.h"
#include "sinks/mqtt/session.h"
#include "sinks/mqtt/throttle.h"
#include "sinks/mqtt/wire.h"

#include <pthread.h>
#include <stdatomic.h>

struct wire {
	struct arena *arena;
	struct session_config config;
	struct mailbox *in, *out;
	pthread_t thread;
	struct pulse pulse;

	/* shared: the status, and whether its wake-up is under way to the core */
	pthread_mutex_t lock;
	struct wire_status status;
	atomic_bool waking;
	struct mail wake;

	struct mail stop, stopped;

	/* the thread's own from here on */
	struct mqtt_session *session;
	struct mail *home, **home_end; /* messages that go home together, before we wait */
	bool news;                     /* the core has to do something about one of them */
	bool online, deaf, stopping, leaving;
	size_t kept; /* see wire_status */
	char kept_topic[TOPIC_MAX];
	unsigned failures; /* since the last good connection */
	unsigned brief;    /* connections in a row that ended soon after the login */
	unsigned unswept;  /* ... of these, before the look at what is retained was over */
	bool sweeping;     /* it is under way */
	mono_t online_at, retry_at;
	uint64_t random; /* xorshift state, never 0 */
	struct fault_log fault;
	struct throttle odd;
	bool blind;               /* that the broker shows us no retained topics has been said */
	char said[WIRE_TEXT_MAX]; /* what `fault` said last */

	/* One order of each kind and consumer can be with the core; one more waits here. */
	struct desk {
		struct order order;
		bool out, waiting;
		struct command next;
	} * desks; /* COMMAND_KIND_COUNT for each consumer */
};

/* The thread: runs until wire_stop(). */
void *wire_main(void *wire);

#endif
