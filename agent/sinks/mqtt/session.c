/* A connection that is there: what the library calls, reading and writing, publishing, goodbye. */
#include "base/text.h"
#include "sinks/mqtt/reason.h"
#include "sinks/mqtt/session_priv.h"

#include <errno.h>
#include <inttypes.h>
#include <mqtt_protocol.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

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
	if (!mqtt_ask_written(s, mid))
		mqtt_sweep_written(s, mid);
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

	(void)mosq;
	if (!mqtt_sweep_message(s, m, clock_mono()))
		mqtt_ask_message(s, m, properties);
}

static void
on_subscribe(struct mosquitto *mosq, void *arg, int mid, int count, const int *granted,
    const mosquitto_property *properties)
{
	struct mqtt_session *s = arg;

	(void)mosq;
	(void)properties;
	if (mqtt_sweep_subscribed(s, mid, count, granted))
		return;
	for (int i = 0; i < count; i++) {
		if (granted[i] < MQTT_RC_UNSPECIFIED)
			continue;
		s->hooks.deaf(s->hooks.arg);
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

void
mqtt_session_callbacks(struct mosquitto *mosq)
{
	mosquitto_connect_v5_callback_set(mosq, on_connect);
	mosquitto_disconnect_v5_callback_set(mosq, on_disconnect);
	mosquitto_publish_v5_callback_set(mosq, on_publish);
	mosquitto_message_v5_callback_set(mosq, on_message);
	mosquitto_subscribe_v5_callback_set(mosq, on_subscribe);
	mosquitto_log_callback_set(mosq, on_log);
}

void
mqtt_session_close(struct mqtt_session *s)
{
	for (size_t i = 0; i < FLIGHT_MAX; i++)
		if (s->flight[i] != NULL)
			settle(s, i, DELIVERY_LOST, NULL);
	mosquitto_destroy(s->mosq); /* NULL is allowed */
	tls_free(s->tls);
	mqtt_sweep_free(s);
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
		mqtt_session_over_rc(s, rc, errno);
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
		mqtt_session_over_rc(s, rc, errno);
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
		mqtt_session_over_rc(s, MOSQ_ERR_ERRNO, error);
	else if ((revents & POLLHUP) != 0 && fd >= 0 && ioctl(fd, FIONREAD, &waiting) == 0 &&
		 waiting == 0)
		mqtt_session_over_rc(s, MOSQ_ERR_CONN_LOST, 0);
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
		/* It would write a line about each packet, for us to throw away. */
		mosquitto_log_callback_set(s->mosq, NULL);
		subscribe(s);
		if (s->config->sweep)
			mqtt_sweep_start(s, now);
	} else if (s->answered) {
		reason_login(s->config->version, s->login_code, why, sizeof(why));
		mqtt_session_over(s, "%s refuses the login: %s", s->where, why);
	} else if (mqtt_session_fd(s) < 0)
		mqtt_session_over_rc(s, MOSQ_ERR_CONN_LOST, 0);
	else if (!mono_before(now, s->deadline))
		mqtt_session_over(s, "cannot reach %s: no answer within %d s", s->where,
		    CONNECT_DEADLINE_MS / 1000);
}

static void
check_stalled(struct mqtt_session *s, mono_t now)
{
	for (size_t i = 0; i < FLIGHT_MAX; i++)
		if (s->flight[i] != NULL && mono_ms_between(now, s->flight[i]->sent_at) > STALL_MS)
			mqtt_session_over(s, "%s has stalled: a message is unconfirmed for %d s",
			    s->where, STALL_MS / 1000);
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
	mqtt_session_over(s, "disconnected from %s", s->where);
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
		mqtt_session_over_rc(s, MOSQ_ERR_SUCCESS, 0);
		return;
	}
	rc = mosquitto_loop_misc(s->mosq);
	if (rc != MOSQ_ERR_SUCCESS) {
		mqtt_session_over_rc(s, rc, 0);
		return;
	}
	check_stalled(s, now);
	if (s->leaving)
		check_farewell(s, now);
	else
		mqtt_sweep_step(s, now);
}

enum session_phase
mqtt_session_step(struct mqtt_session *s, short revents, mono_t now)
{
	if (s->phase == SESSION_CONNECTING)
		step_connecting(s, revents, now);
	else
		step_online(s, revents, now);
	return s->phase;
}

const char *
mqtt_session_text(const struct mqtt_session *s)
{
	return s->text;
}

/* ---- publishing ---------------------------------------------------------------------------- */

/*
 * MQTT 5 says what it is (JSON in UTF-8), how long it means something, and which event it is, for
 * those who pass messages on without reading them. NULL: none, or no memory.
 */
static mosquitto_property *
properties(const struct mqtt_session *s, const struct message *m)
{
	mosquitto_property *p = NULL;
	char seq[24];

	if (s->config->version != 5)
		return NULL;
	if (m->length > 0) {
		mosquitto_property_add_byte(&p, MQTT_PROP_PAYLOAD_FORMAT_INDICATOR, 1);
		mosquitto_property_add_string(&p, MQTT_PROP_CONTENT_TYPE, "application/json");
	}
	if (m->expiry_s > 0 && m->length > 0)
		mosquitto_property_add_int32(&p, MQTT_PROP_MESSAGE_EXPIRY_INTERVAL, m->expiry_s);
	if (m->seq > 0) {
		text_printf(seq, sizeof(seq), "%" PRIu64, m->seq);
		mosquitto_property_add_string_pair(
		    &p, MQTT_PROP_USER_PROPERTY, "epoch", s->config->epoch);
		mosquitto_property_add_string_pair(&p, MQTT_PROP_USER_PROPERTY, "seq", seq);
	}
	return p;
}

static int
publish(struct mqtt_session *s, struct message *m)
{
	mosquitto_property *p = properties(s, m);
	int rc, error;

	errno = 0;
	rc = mosquitto_publish_v5(
	    s->mosq, &m->mid, m->topic, (int)m->length, m->payload, m->qos, m->retain, p);
	error = errno;
	mosquitto_property_free_all(&p);
	errno = error;
	return rc;
}

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
	mqtt_sweep_sent(s, m->topic, now);
	/* Behind this the message may be the core's again. */
	rc = publish(s, m);
	if (rc == MOSQ_ERR_SUCCESS)
		return;
	refusal = reason_publish(rc);
	if (refusal != NULL)
		settle(s, slot, DELIVERY_REFUSED, refusal);
	else if (s->phase == SESSION_ONLINE)
		mqtt_session_over_rc(
		    s, rc, errno); /* the message is settled by mqtt_session_close() */
}

void
mqtt_session_gather(struct mqtt_session *s, bool on)
{
	int fd = mqtt_session_fd(s), value = on;

	/* The library writes each message by itself; the broker is woken once for all. */
	if (fd >= 0)
		(void)setsockopt(fd, IPPROTO_TCP, TCP_CORK, &value, sizeof(value));
}

void
mqtt_session_farewell(struct mqtt_session *s, mono_t now)
{
	static char offline[] = OFFLINE;

	s->leaving = true;
	s->deadline = mono_add_ms(now, FAREWELL_MS);
	s->farewell = (struct message){
	    .payload = offline, .length = sizeof(offline) - 1, .qos = 1, .retain = true};
	text_printf(s->farewell.topic, TOPIC_MAX, "%s/agent", s->config->base);
	mqtt_session_publish(s, &s->farewell, now);
}
