/*
 * One net-snmp session ("single session" interface) over a socket of our own: one message out at
 * a time. The library's callbacks only take note; the caller looks at `heard` after each call.
 * Nothing blocks: the library is told never to probe for an engine.
 */
#ifndef DRIVERS_SNMP_SESSION_H
#define DRIVERS_SNMP_SESSION_H

#include "drivers/snmp/security.h"
#include "drivers/snmp/udp.h"

enum heard {
	HEARD_NOTHING,
	HEARD_RESPONSE,
	HEARD_UNREADABLE, /* SNMPv3: an answer that the library does not believe */
	HEARD_REPORT,     /* SNMPv3: an error of security, or the answer to a discovery */
	HEARD_SILENCE,    /* no reply to the last try */
	HEARD_UNSENDABLE  /* the message could not be made: see session_error() */
};

struct session {
	struct udp udp;
	void *handle; /* the library's; NULL while closed */

	/* Since session_send(). */
	enum heard heard;
	bool resent; /* by the library: a retry, or after a REPORT about the clock; caller clears */
	int report;  /* SNMPERR_* of the last REPORT */
	long error_status, error_index;
	netsnmp_variable_list *vars; /* of the response; the caller's to free, NULL it then */
	mono_t heard_at;

	uint64_t unreadable; /* messages that the library could not parse or believe */
};

/* How a session is opened; all of it is copied. */
struct session_settings {
	const struct snmp_target *target;
	struct security *security; /* v3 */
	struct engine_id context;  /* v3; length 0: the context is the other end's engine */
};

/* s must stay where it is. false with a sentence in err. */
bool session_open(struct session *s, struct session_settings *settings, char *err, size_t err_size);
/* Not inside a callback of the library. Nothing happens where it is closed. */
void session_close(struct session *s);

/*
 * v3: the engine at the other end from now on, and our user there; NULL: not known. own_context:
 * keep the context given at opening. false: the library cannot take the user.
 */
bool session_set_engine(struct session *s, const struct engine_id *id, bool own_context);
/* v3: the engine that the session has, or that the last REPORT brought. */
struct engine_id session_engine(const struct session *s);

/* Sends pdu, which becomes the library's. false: could not be made, see session_error(). */
bool session_send(struct session *s, netsnmp_pdu *pdu, int64_t timeout_ms, int retries);
/* Takes one datagram in, or the error that waits at the socket. */
void session_receive(struct session *s);
/* To be called when timeout_ms has passed; with `last` the retries that are left are dropped. */
void session_expire(struct session *s, bool last);

/* What the library says of its last failure. Static text. */
const char *session_error(const struct session *s);

#endif
