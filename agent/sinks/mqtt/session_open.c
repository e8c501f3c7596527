/* Look-up, options, and the first packet of a connection. */
#include "base/arena.h"
#include "base/text.h"
#include "sinks/mqtt/session_priv.h"

#include <errno.h>
#include <mqtt_protocol.h>
#include <netdb.h>
#include <string.h>
#include <sys/socket.h>

/* libmosquitto accepts nothing below this. */
#define KEEPALIVE_MIN_S 5
/* A payload of COMMAND_MAX with its topic: what we let an MQTT 5 broker send us. */
#define PACKET_MAX (COMMAND_MAX + 1024)

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
	mqtt_session_callbacks(mosq);
	text_printf(topic, sizeof(topic), "%s/agent", c->base);
	if (mosquitto_will_set(mosq, topic, sizeof(OFFLINE) - 1, OFFLINE, 1, true) != 0) {
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
	mqtt_session_over_rc(s, rc, error);
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
