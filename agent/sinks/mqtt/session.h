/*
 * One connection to the broker, from the name look-up to its end: one libmosquitto handle, never
 * used twice. MQTT thread only. The caller polls mqtt_session_fd() for mqtt_session_events() and
 * calls mqtt_session_step() at least once a second.
 */
#ifndef SINKS_MQTT_SESSION_H
#define SINKS_MQTT_SESSION_H

#include "sinks/mqtt/roster.h"
#include "sinks/mqtt/wire.h"

/* The site's words, copied: the thread may outlive the site when a look-up hangs at the end. */
struct session_config {
	const char *broker;
	int port;
	const char *base, *client_id;
	int version, keepalive_s;
	const char *epoch;
	const char *hass_prefix; /* where to look for what Home Assistant was told */
	const char *ca_file, *cert_file, *key_file, *username, *password;
	const char *const *consumers;
	size_t consumer_count;
	struct roster roster;
	bool sweep; /* look at what is retained after the login */
};

/* What became of retained topics that stand for nothing any more (sweep.c). */
struct sweep_result {
	size_t cleared, left; /* left: they are still there after we have cleared them */
	bool denied;          /* the broker does not let us look at some or all of them */
	/* Topics of ours that showed something old at the login, and still do although we have
	 * published there: the broker does not take it. `first` is one of them. */
	size_t kept;
	char first[TOPIC_MAX];
};

/* What the session tells its owner, from inside mqtt_session_step() and mqtt_session_publish(). */
struct session_hooks {
	void *arg;
	void (*settled)(void *arg, struct message *m); /* delivery is filled; the message is free */
	void (*ordered)(void *arg, const struct command *c);
	void (*odd)(void *arg, const char *text); /* a request that was refused: a line to log */
	void (*deaf)(void *arg); /* the broker does not let us hear the consumers */
	void (*swept)(void *arg, const struct sweep_result *r); /* once, some 2 s after the login */
};

enum session_phase { SESSION_CONNECTING, SESSION_ONLINE, SESSION_OVER };

struct mqtt_session;

/*
 * Looks up the name (blocks) and starts to connect. attempt counts the failures before: where a
 * name has addresses of both IP versions every second try takes the other one. NULL with a
 * sentence in err where it fails at once.
 */
struct mqtt_session *mqtt_session_open(const struct session_config *c,
    const struct session_hooks *hooks, unsigned attempt, char *err, size_t err_size);
/* Messages that are still under way are settled as lost. Closes the socket, waits for nothing. */
void mqtt_session_close(struct mqtt_session *s);

int mqtt_session_fd(const struct mqtt_session *s);
short mqtt_session_events(const struct mqtt_session *s);
/* revents: what poll() found; 0 where only time has passed. */
enum session_phase mqtt_session_step(struct mqtt_session *s, short revents, mono_t now);
/* Why it is over; of a running session: "". */
const char *mqtt_session_text(const struct mqtt_session *s);

/* Only while online; the message comes back by `settled`, perhaps at once. */
void mqtt_session_publish(struct mqtt_session *s, struct message *m, mono_t now);

/* Holds back what is published, to send it in full segments, until it is called with false. */
void mqtt_session_gather(struct mqtt_session *s, bool on);

/* An answer to a command, once, not confirmed; nothing where none was wanted. */
void mqtt_session_answer(
    struct mqtt_session *s, const struct command_reply *reply, const char *text);

/* Publishes "offline" and, when that is confirmed, disconnects: the session is over then. */
void mqtt_session_farewell(struct mqtt_session *s, mono_t now);

#endif
