/*
 * The thread that owns libmosquitto, and the two mailboxes between it and the core.
 *
 * Everything that can block (name look-up, connect, TLS, a broker that stalls) blocks here alone.
 * The library's own loop, queue and reconnect are not used: one failed TLS handshake or look-up
 * ends them for ever (2.0.11, lib/loop.c), and their queue has no bound. A connection is a new
 * handle each time; between two tries passes 1 s to 60 s, spread at random.
 *
 * What crosses: the messages of the window, which the core owns, one order for each kind and
 * consumer, one wake-up for a change of status.
 */
#ifndef SINKS_MQTT_WIRE_H
#define SINKS_MQTT_WIRE_H

#include "base/clock.h"
#include "base/mailbox.h"
#include "model/site.h"
#include "sinks/mqtt/command.h"
#include "sinks/mqtt/dirty.h"
#include "sinks/mqtt/payload.h"
#include "sinks/mqtt/reply.h"

/* Messages between core and broker at any time; and, where points have messages of their own, so
 * many of these besides: a room of thousands of values takes few turns. */
#define WINDOW       20
#define WINDOW_POINT 240

#define CONNECT_DEADLINE_MS 10000 /* from the first packet to the broker's welcome */
#define BACKOFF_FLOOR_MS    200
#define BACKOFF_MIN_MS      1000
#define BACKOFF_MAX_MS      60000
/* A connection that lasted this long was a good one: the next failure starts with short pauses. */
#define STABLE_MS 30000
/* Connections that end while we look at what is retained; after so many we do not look. */
#define SWEEP_TRIES 3
/* Oldest message without an answer: the broker has stalled, whatever its TCP says. */
#define STALL_MS 30000
/* For "offline" to be confirmed at a clean stop; the core waits 2 s in all. */
#define FAREWELL_MS 1200

enum delivery {
	DELIVERY_LOST,    /* not sent, or the connection ended before it was confirmed */
	DELIVERY_DONE,    /* QoS 0: written. QoS 1: confirmed by the broker */
	DELIVERY_NOBODY,  /* confirmed, but nobody is subscribed (MQTT 5 reason 16) */
	DELIVERY_REFUSED, /* by the broker (MQTT 5 reasons >= 128) or by the library: see refusal */
};

enum wire_mail {
	WIRE_MESSAGE, /* struct message, both ways */
	WIRE_ORDER,   /* struct order: to the core, and back home when it is done with */
	WIRE_STATUS,  /* to the core: wire_status() has news */
	WIRE_STOP,    /* to the thread */
	WIRE_STOPPED  /* to the core: the last mail of all */
};

/*
 * A message on its way out and home again. The core owns it and its payload; between wire_send()
 * and its return by mailbox the thread does.
 */
struct message {
	struct mail mail;

	/* filled by the core */
	unsigned generation; /* of the connection it is meant for: not sent on another one */
	char topic[TOPIC_MAX];
	char *payload;
	size_t room; /* of the payload */
	size_t length;
	int qos;
	bool retain;
	uint32_t expiry_s; /* MQTT 5: the broker forgets it then; 0: never */
	uint64_t seq;      /* of an event; 0: a state */

	/* filled by the thread */
	enum delivery delivery;
	const char *refusal; /* with DELIVERY_REFUSED: static text */
	int mid;
	mono_t sent_at;

	/* the core's own: what it was */
	enum message_use { USE_STATE, USE_LIVE, USE_REPLAY } use;
	enum topic_kind kind;
	size_t index;
	unsigned life;
};

/* Something a consumer asked for. Goes home by wire_order_done() when it has been dealt with. */
struct order {
	struct mail mail;
	struct command command;
	char answer[REPLY_TEXT_MAX]; /* of the core; sent when it is back home */
};

#define WIRE_TEXT_MAX 224

struct wire_status {
	bool online;
	bool deaf;           /* the broker refused our subscription to what the consumers say */
	unsigned generation; /* grows with each connection */
	uint64_t connects;
	mono_t retry_at; /* while not online; MONO_NEVER while a try is under way */
	char text[WIRE_TEXT_MAX];
	size_t kept; /* topics where the broker has kept an old state and not taken ours */
	char kept_topic[TOPIC_MAX];
};

struct wire;

/* Starts the thread. What it needs of the site is copied. `out` gets the mails for the core. epoch:
 * of the store, for the properties of events. */
struct wire *wire_new(const struct site *site, const char *epoch, struct mailbox *out);
/* Messages linked by their mails, the whole window of a turn at once. */
void wire_send(struct wire *w, struct mail *first, struct mail *last);
void wire_order_done(struct wire *w, struct order *o);
/* To be called for each WIRE_STATUS mail, and only then: it allows the next one. */
void wire_status(struct wire *w, struct wire_status *out);

/* Asks the thread to say goodbye and end; WIRE_STOPPED comes by mailbox as its last mail. */
void wire_stop(struct wire *w);
/* After WIRE_STOPPED only. */
void wire_free(struct wire *w);

#endif
