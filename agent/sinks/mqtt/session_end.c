/* Why a connection could not be made, or has ended, for people. */
#include "base/text.h"
#include "sinks/mqtt/reason.h"
#include "sinks/mqtt/session_priv.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

void
mqtt_session_over(struct mqtt_session *s, const char *fmt, ...)
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

/* The peer hung up: it took the connection and did not like what we said. */
static bool
is_hung_up(const struct mqtt_session *s, int rc, int error)
{
	if (rc == MOSQ_ERR_TLS)
		return strstr(s->library, "unexpected eof") != NULL;
	return rc != MOSQ_ERR_ERRNO || error == 0 || error == EPROTO || error == EPIPE ||
	       error == ECONNRESET;
}

static const char *
hung_up_hint(const struct mqtt_session *s)
{
	if (s->tls == NULL)
		return "does it expect TLS, or is it no broker?";
	if (!tls_was_up(s->tls))
		return "does it speak TLS there?";
	/* A refusal by TLS 1.3 can be overtaken by the end of the connection. */
	return s->config->cert_file == NULL ? "does it want a client certificate?"
					    : "does it refuse our client certificate?";
}

/* The library gave up with rc while we were connecting; `error` is errno of that moment. */
static void
over_connecting(struct mqtt_session *s, int rc, int error)
{
	char why[WIRE_TEXT_MAX];

	if (s->tls != NULL && tls_explain(s->tls, why, sizeof(why)))
		mqtt_session_over(s, "no connection to %s: %s", s->where, why);
	else if (is_hung_up(s, rc, error))
		mqtt_session_over(
		    s, "%s closed the connection before the login: %s", s->where, hung_up_hint(s));
	else if (rc == MOSQ_ERR_TLS)
		mqtt_session_over(s, "no TLS connection to %s: %s", s->where,
		    s->library[0] != '\0' ? s->library : "the handshake failed");
	else
		mqtt_session_over(s, "cannot reach %s: %s", s->where, strerror(error));
}

static void
over_online(struct mqtt_session *s, int rc, int error)
{
	char why[WIRE_TEXT_MAX];

	if (s->goodbye_code != 0) {
		reason_goodbye(s->goodbye_code, s->config->client_id, why, sizeof(why));
		mqtt_session_over(s, "connection to %s lost: %s", s->where, why);
	} else if (s->tls != NULL && tls_explain(s->tls, why, sizeof(why)))
		mqtt_session_over(s, "connection to %s lost: %s", s->where, why);
	else if (rc == MOSQ_ERR_KEEPALIVE)
		mqtt_session_over(s, "%s does not answer any more", s->where);
	else if (rc == MOSQ_ERR_ERRNO && error != 0 && error != EPROTO)
		mqtt_session_over(s, "connection to %s lost: %s", s->where, strerror(error));
	else if (rc == MOSQ_ERR_CONN_LOST || rc == MOSQ_ERR_SUCCESS || rc == MOSQ_ERR_ERRNO)
		mqtt_session_over(s, "%s closed the connection", s->where);
	else
		mqtt_session_over(s, "connection to %s lost: %s", s->where, mosquitto_strerror(rc));
}

void
mqtt_session_over_rc(struct mqtt_session *s, int rc, int error)
{
	if (s->phase == SESSION_CONNECTING)
		over_connecting(s, rc, error);
	else
		over_online(s, rc, error);
}
