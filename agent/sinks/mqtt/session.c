#include "sinks/mqtt/session.h"

#include "base/arena.h"
#include "base/text.h"
#include "sinks/mqtt/reason.h"
#include "sinks/mqtt/tls.h"

#include <errno.h>
#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

/* libmosquitto accepts nothing below this. */
#define KEEPALIVE_MIN_S 5
/* A payload of COMMAND_MAX with its topic: what we let an MQTT 5 broker send us. */
#define PACKET_MAX (COMMAND_MAX + 1024)

/* The window and our own last word. */
#define FLIGHT_MAX (WINDOW + 1)

static char offline[] = "{\"state\":\"offline\"}";

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
	bool leaving;
	char where[128]; /* "broker.example.org:8883" */
	char text[WIRE_TEXT_MAX];
};

/* ---- the end ------------------------------------------------------------------------------- */

static void __attribute__((format(printf, 2, 3))) over(struct mqtt_session *s, const char *fmt, ...)
{
	va_list ap;
	char text[WIRE_TEXT_MAX];

	if (s->phase == SESSION_OVER)
		return;
	s->phase = SESSION_OVER;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	text_copy(s->text, sizeof(s->text), text);
}

/* The library gave up with rc while we were connecting; `error` is errno of that moment. */
static void
over_connecting(struct mqtt_session *s, int rc, int error)
{
	char why[WIRE_TEXT_MAX];

	if (s->tls != NULL && tls_explain(s->tls, why, sizeof(why)))
		over(s, "no connection to %s: %s", s->where, why);
	else if (rc == MOSQ_ERR_TLS)
		over(s, "no TLS connection to %s: %s", s->where,
		    s->library[0] != '\0' ? s->library : "the handshake failed");
	else if (rc == MOSQ_ERR_ERRNO && error != 0 && error != EPROTO && error != EPIPE)
		over(s, "cannot reach %s: %s", s->where, strerror(error));
	else
		over(s, "%s closed the connection before the login: %s", s->where,
		    s->tls != NULL ? "does it speak TLS there?"
				   : "does it expect TLS, or is it no broker?");
}

static void
over_online(struct mqtt_session *s, int rc, int error)
{
	char why[WIRE_TEXT_MAX];

	if (s->goodbye_code != 0) {
		reason_goodbye(s->goodbye_code, s->config->client_id, why, sizeof(why));
		over(s, "connection to %s lost: %s", s->where, why);
	} else if (s->tls != NULL && tls_explain(s->tls, why, sizeof(why)))
		over(s, "connection to %s lost: %s", s->where, why);
	else if (rc == MOSQ_ERR_KEEPALIVE)
		over(s, "%s does not answer any more", s->where);
	else if (rc == MOSQ_ERR_ERRNO && error != 0 && error != EPROTO)
		over(s, "connection to %s lost: %s", s->where, strerror(error));
	else if (rc == MOSQ_ERR_CONN_LOST || rc == MOSQ_ERR_SUCCESS || rc == MOSQ_ERR_ERRNO)
		over(s, "%s closed the connection", s->where);
	else
		over(s, "connection to %s lost: %s", s->where, mosquitto_strerror(rc));
}

static void
over_rc(struct mqtt_session *s, int rc, int error)
{
	if (s->phase == SESSION_CONNECTING)
		over_connecting(s, rc, error);
	else
		over_online(s, rc, error);
}

/* ---- what the library calls ---------------------------------------------------------------- */

static void
settle(struct mqtt_session *s, size_t slot, enum delivery delivery, const char *refusal)
{
	struct message *m = s->flight[slot];

	s->flight[slot] = NULL;
	m->delivery = delivery;
	m->refusal = refusal;
	if (m != &s->farewell)
		s->hooks.settled(s->hooks.arg, m);
}

static void
on_publish(
    struct mosquitto *mosq, void *arg, int mid, int reason, const mosquitto_property *properties)
{
	struct mqtt_session *s = arg;

	(void)mosq;
	(void)properties;
	for (size_t i = 0; i < FLIGHT_MAX; i++) {
		if (s->flight[i] == NULL || s->flight[i]->mid != mid)
			continue;
		if (reason >= MQTT_RC_UNSPECIFIED)
			settle(s, i, DELIVERY_REFUSED, reason_puback(reason));
		else
			settle(s, i,
			    reason == MQTT_RC_NO_MATCHING_SUBSCRIBERS ? DELIVERY_NOBODY
								      : DELIVERY_DONE,
			    NULL);
		return;
	}
}

static void
on_connect(
    struct mosquitto *mosq, void *arg, int reason, int flags, const mosquitto_property *properties)
{
	struct mqtt_session *s = arg;

	(void)mosq;
	(void)flags;
	(void)properties;
	s->answered = true;
	s->login_code = reason;
}

static void
on_disconnect(struct mosquitto *mosq, void *arg, int reason, const mosquitto_property *properties)
{
	struct mqtt_session *s = arg;

	(void)mosq;
	(void)properties;
	/* Small numbers are the library's own MOSQ_ERR_*, which come as return codes as well. */
	if (reason >= MQTT_RC_UNSPECIFIED)
		s->goodbye_code = reason;
}

static void
on_message(struct mosquitto *mosq, void *arg, const struct mosquitto_message *m,
    const mosquitto_property *properties)
{
	struct mqtt_session *s = arg;
	const struct session_config *c = s->config;
	struct command command;
	char topic[128], why[128], text[WIRE_TEXT_MAX + 128];

	(void)mosq;
	(void)properties;
	if (m->retain)
		text_copy(why, sizeof(why),
		    "it was retained: an old request must not be carried out again (clear the "
		    "topic)");
	else if (command_read(c->base, c->consumers, c->consumer_count, m->topic, m->payload,
		     (size_t)m->payloadlen, &command, why, sizeof(why))) {
		s->hooks.ordered(s->hooks.arg, &command);
		return;
	}
	text_clean(topic, sizeof(topic), m->topic, strlen(m->topic));
	text_printf(text, sizeof(text), "a message on %s is refused: %s", topic, why);
	s->hooks.odd(s->hooks.arg, text);
}

static void
on_subscribe(struct mosquitto *mosq, void *arg, int mid, int count, const int *granted,
    const mosquitto_property *properties)
{
	struct mqtt_session *s = arg;

	(void)mosq;
	(void)mid;
	(void)properties;
	for (int i = 0; i < count; i++) {
		if (granted[i] < MQTT_RC_UNSPECIFIED)
			continue;
		s->hooks.odd(s->hooks.arg,
		    "the broker does not let us subscribe to consumer/+/ack and /replay: events "
		    "cannot be acknowledged; check its rules (ACL)");
		return;
	}
}

/* Of "OpenSSL Error[0]: error:0A00010B:SSL routines::wrong version number" the end is of use. */
static void
on_log(struct mosquitto *mosq, void *arg, int level, const char *line)
{
	struct mqtt_session *s = arg;
	const char *colon = strrchr(line, ':');

	(void)mosq;
	if (level != MOSQ_LOG_ERR)
		return;
	line = colon != NULL && colon[1] != '\0' ? colon + 1 : line;
	line += strspn(line, " ");
	text_clean(s->library, sizeof(s->library), line, strlen(line));
}

/* ---- opening ------------------------------------------------------------------------------- */

/*
 * The library tries the addresses of a name in order, but once a packet is under way it stays with
 * that one: a name whose first address is not reachable would never work. Binding to "any address"
 * of the other IP version makes it pass over the first kind. NULL: as they come.
 */
static const char *
other_family(const struct addrinfo *list, unsigned attempt)
{
	if (attempt % 2 == 0)
		return NULL;
	for (const struct addrinfo *a = list; a != NULL; a = a->ai_next)
		if (a->ai_family != list->ai_family)
			return a->ai_family == AF_INET ? "0.0.0.0" : "::";
	return NULL;
}

static bool
set_up_tls(struct mqtt_session *s, char *err, size_t err_size)
{
	const struct session_config *c = s->config;

	if (c->ca_file == NULL)
		return true;
	s->tls = tls_new(c->broker, c->ca_file, c->cert_file, c->key_file, err, err_size);
	if (s->tls == NULL)
		return false;
	mosquitto_int_option(s->mosq, MOSQ_OPT_SSL_CTX_WITH_DEFAULTS, 0);
	mosquitto_void_option(s->mosq, MOSQ_OPT_SSL_CTX, tls_context(s->tls));
	return true;
}

/*
 * mosquitto_connect_bind_async() takes no properties. Called without a host the blocking one keeps
 * the properties and returns; were that to change, only this limit would be missing.
 */
static void
limit_packets(struct mosquitto *mosq)
{
	mosquitto_property *p = NULL;

	if (mosquitto_property_add_int32(&p, MQTT_PROP_MAXIMUM_PACKET_SIZE, PACKET_MAX) == 0)
		mosquitto_connect_bind_v5(mosq, NULL, 0, 0, NULL, p);
	mosquitto_property_free_all(&p);
}

static bool
set_up(struct mqtt_session *s, char *err, size_t err_size)
{
	const struct session_config *c = s->config;
	struct mosquitto *mosq = mosquitto_new(c->client_id, true, s);
	char topic[TOPIC_MAX];

	if (mosq == NULL) {
		text_printf(err, err_size, "\"%s\" cannot be a client id", c->client_id);
		return false;
	}
	s->mosq = mosq;
	mosquitto_int_option(mosq, MOSQ_OPT_PROTOCOL_VERSION,
	    c->version == 5 ? MQTT_PROTOCOL_V5 : MQTT_PROTOCOL_V311);
	mosquitto_int_option(mosq, MOSQ_OPT_TCP_NODELAY, 1);
	mosquitto_connect_v5_callback_set(mosq, on_connect);
	mosquitto_disconnect_v5_callback_set(mosq, on_disconnect);
	mosquitto_publish_v5_callback_set(mosq, on_publish);
	mosquitto_message_v5_callback_set(mosq, on_message);
	mosquitto_subscribe_v5_callback_set(mosq, on_subscribe);
	mosquitto_log_callback_set(mosq, on_log);
	text_printf(topic, sizeof(topic), "%s/agent", c->base);
	if (mosquitto_will_set(mosq, topic, sizeof(offline) - 1, offline, 1, true) != 0) {
		text_printf(err, err_size, "\"%s\" cannot be a topic", topic);
		return false;
	}
	if (c->username != NULL)
		mosquitto_username_pw_set(mosq, c->username, c->password);
	if (c->version == 5)
		limit_packets(mosq);
	return set_up_tls(s, err, err_size);
}

static bool
start(struct mqtt_session *s, const char *bind_address, char *err, size_t err_size)
{
	const struct session_config *c = s->config;
	int keepalive = c->keepalive_s < KEEPALIVE_MIN_S ? KEEPALIVE_MIN_S : c->keepalive_s;
	int rc, error;

	errno = 0;
	rc = mosquitto_connect_bind_async(s->mosq, c->broker, c->port, keepalive, bind_address);
	error = errno;
	if (rc == MOSQ_ERR_SUCCESS)
		return true;
	over_connecting(s, rc, error);
	text_copy(err, err_size, s->text);
	return false;
}

struct mqtt_session *
mqtt_session_open(const struct session_config *c, const struct session_hooks *hooks,
    unsigned attempt, char *err, size_t err_size)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *list = NULL;
	struct mqtt_session *s;
	const char *bind_address;
	int rc = getaddrinfo(c->broker, NULL, &hints, &list);

	if (rc != 0) {
		text_printf(err, err_size, "cannot find the broker \"%s\": %s", c->broker,
		    rc == EAI_SYSTEM ? strerror(errno) : gai_strerror(rc));
		return NULL;
	}
	bind_address = other_family(list, attempt);
	freeaddrinfo(list);

	s = xcalloc(1, sizeof(*s));
	s->config = c;
	s->hooks = *hooks;
	s->phase = SESSION_CONNECTING;
	text_printf(s->where, sizeof(s->where), strchr(c->broker, ':') ? "[%s]:%d" : "%s:%d",
	    c->broker, c->port);
	if (!set_up(s, err, err_size) || !start(s, bind_address, err, err_size)) {
		mqtt_session_close(s);
		return NULL;
	}
	s->deadline = mono_add_ms(clock_mono(), CONNECT_DEADLINE_MS);
	return s;
}

void
mqtt_session_close(struct mqtt_session *s)
{
	for (size_t i = 0; i < FLIGHT_MAX; i++)
		if (s->flight[i] != NULL)
			settle(s, i, DELIVERY_LOST, NULL);
	mosquitto_destroy(s->mosq); /* NULL is allowed */
	tls_free(s->tls);
	free(s);
}

/* ---- running ------------------------------------------------------------------------------- */

int
mqtt_session_fd(const struct mqtt_session *s)
{
	return mosquitto_socket(s->mosq);
}

static bool
in_handshake(const struct mqtt_session *s)
{
	const SSL *ssl = s->tls != NULL ? mosquitto_ssl_get(s->mosq) : NULL;

	return ssl != NULL && !SSL_is_init_finished(ssl);
}

short
mqtt_session_events(const struct mqtt_session *s)
{
	/* The library wants to write all the time while it shakes hands: 100 % CPU. Ask OpenSSL. */
	if (in_handshake(s))
		return SSL_want_write((const SSL *)mosquitto_ssl_get(s->mosq)) ? POLLOUT : POLLIN;
	return (short)(POLLIN | (mosquitto_want_write(s->mosq) ? POLLOUT : 0));
}

static void
subscribe(struct mqtt_session *s)
{
	char ack[TOPIC_MAX], replay[TOPIC_MAX];
	char *topics[] = {ack, replay};
	int rc;

	if (s->config->consumer_count == 0)
		return;
	text_printf(ack, sizeof(ack), "%s/consumer/+/ack", s->config->base);
	text_printf(replay, sizeof(replay), "%s/consumer/+/replay", s->config->base);
	rc = mosquitto_subscribe_multiple(s->mosq, NULL, 2, topics, 1, 0, NULL);
	if (rc != MOSQ_ERR_SUCCESS)
		over_rc(s, rc, errno);
}

/* Reads and writes what there is. In a TLS handshake reading is what drives it, both ways. */
static void
serve(struct mqtt_session *s, short revents)
{
	int rc = MOSQ_ERR_SUCCESS;

	errno = 0;
	if ((revents & (POLLIN | POLLERR | POLLHUP)) != 0 || in_handshake(s))
		rc = mosquitto_loop_read(s->mosq, 1);
	if (rc == MOSQ_ERR_SUCCESS && mosquitto_want_write(s->mosq) && !in_handshake(s)) {
		errno = 0;
		rc = mosquitto_loop_write(s->mosq, 1);
	}
	/* With an answer to our login that says no the library returns an error as well. */
	if (rc != MOSQ_ERR_SUCCESS && !(s->phase == SESSION_CONNECTING && s->answered))
		over_rc(s, rc, errno);
}

/*
 * While connecting, the library takes a dead socket for one that is not ready yet (it returns
 * success for SSL_ERROR_SYSCALL), and would be polled for ever.
 */
static void
check_dead(struct mqtt_session *s, short revents)
{
	int fd = mqtt_session_fd(s), error = 0, waiting = 0;
	socklen_t size = sizeof(error);

	if ((revents & POLLERR) != 0 && fd >= 0 &&
	    getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error != 0)
		over_connecting(s, MOSQ_ERR_ERRNO, error);
	else if ((revents & POLLHUP) != 0 && fd >= 0 && ioctl(fd, FIONREAD, &waiting) == 0 &&
		 waiting == 0)
		over_connecting(s, MOSQ_ERR_CONN_LOST, 0);
}

static void
step_connecting(struct mqtt_session *s, short revents, mono_t now)
{
	char why[WIRE_TEXT_MAX];

	check_dead(s, revents);
	if (revents != 0 && s->phase == SESSION_CONNECTING)
		serve(s, revents);
	if (s->phase != SESSION_CONNECTING)
		return;
	if (s->answered && s->login_code == 0) {
		s->phase = SESSION_ONLINE;
		subscribe(s);
	} else if (s->answered) {
		reason_login(s->config->version, s->login_code, why, sizeof(why));
		over(s, "%s refuses the login: %s", s->where, why);
	} else if (mqtt_session_fd(s) < 0)
		over_connecting(s, MOSQ_ERR_CONN_LOST, 0);
	else if (!mono_before(now, s->deadline))
		over(s, "cannot reach %s: no answer within %d s", s->where,
		    CONNECT_DEADLINE_MS / 1000);
}

static void
check_stalled(struct mqtt_session *s, mono_t now)
{
	for (size_t i = 0; i < FLIGHT_MAX; i++)
		if (s->flight[i] != NULL && mono_ms_between(now, s->flight[i]->sent_at) > STALL_MS)
			over(s, "%s has stalled: a message is unconfirmed for %d s", s->where,
			    STALL_MS / 1000);
}

/* "offline" is confirmed, or it takes too long: go. */
static void
check_farewell(struct mqtt_session *s, mono_t now)
{
	bool waiting = false;

	for (size_t i = 0; i < FLIGHT_MAX; i++)
		waiting = waiting || s->flight[i] == &s->farewell;
	if (waiting && mono_before(now, s->deadline))
		return;
	mosquitto_disconnect(s->mosq);
	over(s, "disconnected from %s", s->where);
}

static void
step_online(struct mqtt_session *s, short revents, mono_t now)
{
	int rc;

	if (revents != 0)
		serve(s, revents);
	if (s->phase != SESSION_ONLINE)
		return;
	if (mqtt_session_fd(s) < 0) {
		over_online(s, MOSQ_ERR_SUCCESS, 0);
		return;
	}
	rc = mosquitto_loop_misc(s->mosq);
	if (rc != MOSQ_ERR_SUCCESS) {
		over_online(s, rc, 0);
		return;
	}
	check_stalled(s, now);
	if (s->leaving)
		check_farewell(s, now);
}

enum session_phase
mqtt_session_step(struct mqtt_session *s, short revents, mono_t now)
{
	if (s->phase == SESSION_CONNECTING)
		step_connecting(s, revents, now);
	else if (s->phase == SESSION_ONLINE)
		step_online(s, revents, now);
	return s->phase;
}

const char *
mqtt_session_text(const struct mqtt_session *s)
{
	return s->text;
}

/* ---- publishing ---------------------------------------------------------------------------- */

void
mqtt_session_publish(struct mqtt_session *s, struct message *m, mono_t now)
{
	size_t slot = 0;
	const char *refusal;
	int rc;

	while (slot < FLIGHT_MAX && s->flight[slot] != NULL)
		slot++;
	if (slot == FLIGHT_MAX || s->phase != SESSION_ONLINE) {
		m->delivery = DELIVERY_LOST;
		if (m != &s->farewell)
			s->hooks.settled(s->hooks.arg, m);
		return;
	}
	/* The callback may come from inside mosquitto_publish(), which sets mid before. */
	s->flight[slot] = m;
	m->mid = 0;
	m->sent_at = now;
	errno = 0;
	rc = mosquitto_publish(
	    s->mosq, &m->mid, m->topic, (int)m->length, m->payload, m->qos, m->retain);
	if (rc == MOSQ_ERR_SUCCESS)
		return;
	refusal = reason_publish(rc);
	if (refusal != NULL)
		settle(s, slot, DELIVERY_REFUSED, refusal);
	else
		over_online(s, rc, errno); /* the message is settled by mqtt_session_close() */
}

void
mqtt_session_farewell(struct mqtt_session *s, mono_t now)
{
	s->leaving = true;
	s->deadline = mono_add_ms(now, FAREWELL_MS);
	s->farewell = (struct message){
	    .payload = offline, .length = sizeof(offline) - 1, .qos = 1, .retain = true};
	text_printf(s->farewell.topic, TOPIC_MAX, "%s/agent", s->config->base);
	mqtt_session_publish(s, &s->farewell, now);
}
