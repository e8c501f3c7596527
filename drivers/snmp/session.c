/* One net-snmp session over our own socket: one message out, and what came back. */
#include "drivers/snmp/session.h"

#include "base/arena.h"
#include "base/text.h"

#include <net-snmp/library/large_fd_set.h>
#include <stdlib.h>
#include <string.h>

static netsnmp_session *
of(const struct session *s)
{
	return snmp_sess_session(s->handle);
}

static void
take_response(struct session *s, netsnmp_pdu *pdu)
{
	snmp_free_varbind(s->vars);
	s->heard = HEARD_RESPONSE;
	s->error_status = pdu->errstat;
	s->error_index = pdu->errindex;
	s->vars = pdu->variables;
	pdu->variables = NULL;
}

static int
on_message(int operation, netsnmp_session *session, int request, netsnmp_pdu *pdu, void *arg)
{
	struct session *s = arg;

	(void)session;
	(void)request;
	switch (operation) {
	case NETSNMP_CALLBACK_OP_RECEIVED_MESSAGE:
		s->heard_at = clock_mono();
		if (pdu->command != SNMP_MSG_REPORT) {
			take_response(s, pdu);
			break;
		}
		s->report = snmpv3_get_report_type(pdu);
		/* The library answers a REPORT about the clock by itself, once. */
		if (s->report != SNMPERR_NOT_IN_TIME_WINDOW)
			s->heard = HEARD_REPORT;
		break;
	case NETSNMP_CALLBACK_OP_SEC_ERROR:
		s->heard = HEARD_REPORT;
		break;
	case NETSNMP_CALLBACK_OP_TIMED_OUT:
		if (s->heard == HEARD_NOTHING)
			s->heard = HEARD_SILENCE;
		break;
	case NETSNMP_CALLBACK_OP_SEND_FAILED:
		s->heard = HEARD_UNSENDABLE;
		break;
	case NETSNMP_CALLBACK_OP_RESEND:
		s->resent = true;
		break;
	default:
		break;
	}
	return 1; /* done with: the library may drop the question */
}

/* Messages that answer no question; nothing here is ever asked by others. */
static int
on_stray(int operation, netsnmp_session *session, int request, netsnmp_pdu *pdu, void *arg)
{
	(void)operation;
	(void)session;
	(void)request;
	(void)pdu;
	(void)arg;
	return 1;
}

static void
take_unreadable(struct session *s)
{
	s->unreadable++;
	/* Only v3 messages are known to be an answer to ours (udp.c looks at the msgID). */
	if (s->udp.v3 && s->heard == HEARD_NOTHING)
		s->heard = HEARD_UNREADABLE;
}

static int
on_parsed(netsnmp_session *session, netsnmp_pdu *pdu, int error)
{
	(void)pdu;
	if (error != SNMP_ERR_NOERROR)
		take_unreadable(session->callback_magic);
	return 1;
}

static void
fill(struct session *s, struct session_settings *settings, char *community, netsnmp_session *out)
{
	static const long versions[] = {
	    [SNMP_V1] = SNMP_VERSION_1, [SNMP_V2C] = SNMP_VERSION_2c, [SNMP_V3] = SNMP_VERSION_3};

	snmp_sess_init(out);
	out->version = versions[settings->target->version];
	out->callback = on_stray;
	out->callback_magic = s;
	out->flags |= SNMP_FLAGS_DONT_PROBE;
	if (settings->target->version != SNMP_V3) {
		out->community = (u_char *)community;
		out->community_len = strlen(community);
		return;
	}
	security_apply(settings->security, out);
	if (settings->context.length > 0) {
		out->contextEngineID = settings->context.octets;
		out->contextEngineIDLen = settings->context.length;
	}
}

bool
session_open(struct session *s, struct session_settings *settings, char *err, size_t err_size)
{
	const struct snmp_target *target = settings->target;
	netsnmp_session wanted;
	netsnmp_transport *t = udp_open(&s->udp, target, err, err_size);
	char *community;

	if (t == NULL)
		return false;
	community = xstrdup(target->community == NULL ? "" : target->community);
	fill(s, settings, community, &wanted);
	s->handle = snmp_sess_add_ex(&wanted, t, NULL, NULL, on_parsed, NULL, NULL, NULL, NULL);
	free(community);
	if (s->handle == NULL) {
		text_printf(err, err_size, "the SNMP library opens no session: %s",
		    snmp_api_errstring(wanted.s_snmp_errno));
		return false;
	}
	of(s)->flags |= SNMP_FLAGS_DONT_PROBE; /* the library took it away */
	return true;
}

void
session_close(struct session *s)
{
	if (s->handle == NULL)
		return;
	snmp_sess_close(s->handle); /* calls back for what is out */
	s->handle = NULL;
	s->heard = HEARD_NOTHING;
}

static void
set_octets(u_char **octets, size_t *length, const struct engine_id *id)
{
	free(*octets);
	*octets = NULL;
	*length = 0;
	if (id == NULL || id->length == 0)
		return;
	*octets = netsnmp_memdup(id->octets, id->length);
	*length = *octets == NULL ? 0 : id->length;
}

bool
session_set_engine(struct session *s, const struct engine_id *id, bool own_context)
{
	netsnmp_session *n = of(s);

	set_octets(&n->securityEngineID, &n->securityEngineIDLen, id);
	if (!own_context)
		set_octets(&n->contextEngineID, &n->contextEngineIDLen, id);
	s->udp.engine = id != NULL ? *id : (struct engine_id){0};
	n->flags &= ~(u_long)SNMP_FLAGS_USER_CREATED;
	return usm_create_user_from_session(n) == SNMPERR_SUCCESS;
}

struct engine_id
session_engine(const struct session *s)
{
	const netsnmp_session *n = of(s);
	struct engine_id id = {0};

	if (n->securityEngineIDLen < ENGINE_ID_MIN || n->securityEngineIDLen > ENGINE_ID_MAX)
		return id;
	id.length = n->securityEngineIDLen;
	memcpy(id.octets, n->securityEngineID, id.length);
	return id;
}

bool
session_send(struct session *s, netsnmp_pdu *pdu, int64_t timeout_ms, int retries)
{
	netsnmp_session *n = of(s);

	s->heard = HEARD_NOTHING;
	s->resent = false;
	s->report = 0;
	s->udp.error = 0;
	n->timeout = (long)(timeout_ms * 1000);
	n->retries = retries;
	if (snmp_sess_async_send(s->handle, pdu, on_message, s) != 0)
		return true;
	snmp_free_pdu(pdu);
	return false;
}

void
session_receive(struct session *s)
{
	netsnmp_large_fd_set ready;

	netsnmp_large_fd_set_init(&ready, FD_SETSIZE);
	netsnmp_large_fd_setfd(s->udp.fd, &ready);
	snmp_sess_read2(s->handle, &ready);
	netsnmp_large_fd_set_cleanup(&ready);
	if (s->udp.unreadable)
		take_unreadable(s);
	s->udp.unreadable = false;
}

void
session_expire(struct session *s, bool last)
{
	if (last)
		of(s)->retries = 0;
	snmp_sess_timeout(s->handle);
}

const char *
session_error(const struct session *s)
{
	return snmp_api_errstring(of(s)->s_snmp_errno);
}
