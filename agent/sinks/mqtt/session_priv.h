/*
 * The inside of one connection, shared by session_open.c (look-up, options, start), session.c
 * (running, publishing) and session_end.c (why it is over). MQTT thread only.
 */
#ifndef SINKS_MQTT_SESSION_PRIV_H
#define SINKS_MQTT_SESSION_PRIV_H

#include "sinks/mqtt/session.h"
#include "sinks/mqtt/tls.h"

#include <mosquitto.h>

/* The window and our own last word. */
#define FLIGHT_MAX (WINDOW + WINDOW_POINT + 1)

/* Answers that are not written yet; of more than that the asker hears nothing. */
#define ANSWER_FLIGHT 8

/* Topics that are being cleared at a time; more wait for the next round. */
#define SWEEP_FLIGHT  16
#define SWEEP_FILTERS 7
/* No retained message for so long: all have come. */
#define SWEEP_QUIET_MS 2000

/* Last will and last word. */
#define OFFLINE "{\"state\":\"offline\"}"

enum sweep_flag {
	SWEEP_OLD = 1,  /* something was retained there */
	SWEEP_SENT = 2, /* we have published there since */
	SWEEP_ECHO = 4  /* and the broker has passed it on to us, as to everybody */
};

struct sweep {
	bool running;
	uint8_t *flags; /* of each topic of the roster */
	char filters[SWEEP_FILTERS][TOPIC_MAX];
	int subscription;     /* its message id */
	mono_t quiet_at;      /* the round ends */
	size_t found, before; /* stale topics in this round, and in the one before */
	unsigned round;       /* 0: the first */
	int flight[SWEEP_FLIGHT];
	size_t flying;
	struct sweep_result result;
};

struct mqtt_session {
	const struct session_config *config;
	struct session_hooks hooks;
	struct mosquitto *mosq;
	struct tls *tls;
	enum session_phase phase;
	mono_t deadline; /* connecting: for the welcome; saying goodbye: for its confirmation */

	/* what the callbacks found */
	bool answered; /* the broker answered our login with login_code */
	int login_code;
	int goodbye_code; /* of its DISCONNECT; 0: none */
	char library[96]; /* last error line of the library */

	struct message *flight[FLIGHT_MAX];
	struct message farewell;
	struct sweep sweep;
	int answers[ANSWER_FLIGHT];
	size_t answers_flying;
	bool leaving;
	char where[128]; /* "broker.example.org:8883" */
	char text[WIRE_TEXT_MAX];
};

/* The first reason counts; after it the phase is SESSION_OVER. */
void mqtt_session_over(struct mqtt_session *s, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* The library gave up with rc (MOSQ_ERR_*) in this phase; `error` is errno of that moment. */
void mqtt_session_over_rc(struct mqtt_session *s, int rc, int error);

/* ---- sweep.c ------------------------------------------------------------------------------- */
/* Looks for retained topics of ours that stand for nothing any more, and clears them. */
void mqtt_sweep_start(struct mqtt_session *s, mono_t now);
void mqtt_sweep_step(struct mqtt_session *s, mono_t now);
/* Each looks whether that was for the sweep; false: it was not. */
bool mqtt_sweep_message(struct mqtt_session *s, const struct mosquitto_message *m, mono_t now);
bool mqtt_sweep_subscribed(struct mqtt_session *s, int mid, int count, const int *granted);
void mqtt_sweep_written(struct mqtt_session *s, int mid);
/* We are about to publish there. */
void mqtt_sweep_sent(struct mqtt_session *s, const char *topic, mono_t now);
void mqtt_sweep_free(struct mqtt_session *s);

/* ---- session_ask.c ------------------------------------------------------------------------- */
/* A message that is not for the sweep: a command, or nonsense. */
void mqtt_ask_message(struct mqtt_session *s, const struct mosquitto_message *m,
    const mosquitto_property *properties);
/* Looks whether that was an answer. */
bool mqtt_ask_written(struct mqtt_session *s, int mid);

/* Gives the library the functions that it shall call. */
void mqtt_session_callbacks(struct mosquitto *mosq);

#endif
