/*
 * The core side of the MQTT sink, shared by mqtt.c (life, window, health), state.c (topics that
 * show a state) and events.c (the stream of events, acknowledgements, replay). Core thread.
 */
#ifndef SINKS_MQTT_MQTT_PRIV_H
#define SINKS_MQTT_MQTT_PRIV_H

#include "base/log.h"
#include "sinks/mqtt/dirty.h"
#include "sinks/mqtt/mqtt.h"
#include "sinks/mqtt/payload.h"
#include "sinks/mqtt/stream.h"
#include "sinks/mqtt/throttle.h"
#include "sinks/mqtt/wire.h"

/* State may fill the window up to here; the rest is for events. STREAM_FLIGHT is the other half. */
#define STATE_FLIGHT (WINDOW - 4)

/* The broker refused an event, or nobody has subscribed: offered again after this. */
#define HOLD_MS 5000

#define REPLAY_MAX      10000 /* events at a time */
#define REPLAY_FLIGHT   4     /* of the window: live events go first */
#define REPLAY_BURST    10    /* events every REPLAY_PAUSE_MS: 200 a second */
#define REPLAY_PAUSE_MS 50

/* points/<d> is sent with all points, retained, this long after a measurement has changed. */
#define COMPLETE_MS 5000
/*
 * What changes so long after the last such message is told with all points at once: what has
 * changed, and soon after it all, would be two messages for one. Early enough that a device of any
 * period up to 1.5 s has a poll between the two.
 */
#define COMPLETE_EARLY_MS 3500
/* The agent's topic shows the newest event; not more often than this, and not less often than a
 * value is told. */
#define AGENT_MS       10000
#define AGENT_AGAIN_MS CORE_MAX_SILENCE_MS

/* A consumer that confirms nothing for so long, though events wait for it, is not well. */
#define CONSUMER_LATE_MS 3600000

#define HOLD_TEXT_MAX 128

struct replay {
	struct order *order; /* NULL: none is running */
	struct stream stream;
	unsigned allowed; /* events that may go before the next pause */
	mono_t next_at;
};

struct mqtt {
	struct arena *arena;
	const struct site *site;
	struct mqtt_view view;
	const struct outbox *outbox;
	struct agent_facts facts;

	struct mailbox *in;
	struct wire *wire;
	struct wire_status status; /* as the last WIRE_STATUS mail told */
	struct loop_timer *timer;
	mono_t timer_at;
	bool stopped; /* the thread's last mail is here */

	/* the window */
	size_t room; /* of each payload */
	struct message messages[WINDOW + WINDOW_POINT];
	struct pool {
		struct message *unused[WINDOW_POINT];
		size_t count, size;
	} pool, points;                  /* points: small ones for TOPIC_POINT alone */
	struct mail *going, **going_end; /* handed over, to be sent at the end of the turn */
	size_t state_flying, replay_flying;

	/* state */
	struct dirty dirty;
	struct dirty owed;    /* not sent yet on this connection, the agent's own topic apart */
	bool greeted;         /* ... which says "online" only after them */
	struct dirty unfit;   /* the last try was refused: the topic is cleared, or short */
	struct dirty clear;   /* ... and that has still to be done */
	uint64_t *told_facts; /* of each device: as Home Assistant was told */
	struct bits changed;  /* MQTT_PER_DEVICE: points that are not in a message yet */
	struct bits complete; /* MQTT_PER_DEVICE: devices whose next message has all points */
	struct bits behind;   /* MQTT_PER_DEVICE: devices whose retained message is older */
	mono_t *complete_at;  /* of each device: of its last complete message */
	mono_t behind_at;     /* when the first of `behind` wants a complete message */
	mono_t agent_at;
	uint64_t agent_last; /* newest event as the agent's topic shows it */

	/* events */
	struct stream live;
	struct replay replay;
	uint64_t published;       /* cursor "mqtt" */
	uint64_t *acked;          /* cursors "mqtt/<consumer>" */
	mono_t *owed_since;       /* of each consumer: nothing of what waits was confirmed since */
	char hold[HOLD_TEXT_MAX]; /* why events wait although we are connected; "" */
	struct fault_log hold_fault;
	struct throttle refused, orders;

	uint64_t sent_count, confirmed_count;
};

/* Takes a message out of the window (of `points`: one for a point); NULL where it is full. */
struct message *mqtt_message(struct pool *p);
/* Sends it, or puts it back unsent. */
void mqtt_hand_over(struct mqtt *m, struct message *msg);
void mqtt_put_back(struct mqtt *m, struct message *msg);

/* ---- state.c ------------------------------------------------------------------------------- */
void mqtt_state_init(struct mqtt *m);
void mqtt_state_changes(struct mqtt *m, const struct core_changes *c);
/* A connection is new: everything once. */
void mqtt_state_all_dirty(struct mqtt *m);
/* Hands over one state; false: nothing is dirty, or the window is full. */
bool mqtt_state_send(struct mqtt *m, const struct now *now);
/* Makes dirty what has waited long enough; mqtt_state_next() says when to come again. */
void mqtt_state_due(struct mqtt *m, mono_t now);
mono_t mqtt_state_next(const struct mqtt *m);
void mqtt_state_returned(struct mqtt *m, const struct message *msg, mono_t now);

/* ---- events.c ------------------------------------------------------------------------------ */
void mqtt_events_init(struct mqtt *m, const struct mqtt_start *start);
/* A connection is new: start again behind what is known to have arrived. */
void mqtt_events_restart(struct mqtt *m);
/* Asks the outbox for what is needed. */
void mqtt_events_fetch(struct mqtt *m, mono_t now);
/* Each hands over one event; false: nothing to send now. */
bool mqtt_events_send_live(struct mqtt *m, mono_t now);
bool mqtt_events_send_replay(struct mqtt *m, mono_t now);
void mqtt_events_returned(struct mqtt *m, const struct message *msg, mono_t now);
void mqtt_events_order(struct mqtt *m, struct order *o, mono_t now);
/* There are events up to this one. */
void mqtt_events_durable(struct mqtt *m, uint64_t upto, mono_t now);
/* The consumer that is behind the most and has not moved for long; NO_INDEX: none. */
int mqtt_events_late(const struct mqtt *m, mono_t now);
/* Events that some receiver has not confirmed yet. */
uint64_t mqtt_events_waiting(const struct mqtt *m);
/* When mqtt_events_*() has something to do again without being told; MONO_NEVER. */
mono_t mqtt_events_next(const struct mqtt *m);

/* mqtt_new() for any source of state: the core (core.c), or a test. */
struct mqtt *mqtt_open(
    const struct mqtt_start *start, const struct mqtt_view *view, char *err, size_t err_size);

#endif
