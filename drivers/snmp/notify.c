/* One receiver of traps and informs: one notification at a time. */
#include "drivers/snmp/notify.h"

#include "base/arena.h"
#include "base/log.h"
#include "base/text.h"
#include "drivers/snmp/peer.h"

#include <stdlib.h>
#include <string.h>

/* What the DisplayString and SnmpAdminString of our MIB can hold. */
#define TEXT_OCTETS_MAX 255

struct notify_session {
	const struct receiver_spec *spec;
	struct peer *peer;
	uint64_t tag; /* of the one that is out */
	notify_fn *fn;
	void *arg;
};

/* RFC 3416 section 4.2.6: the first two variables of every notification. */
static const oid sys_up_time[] = {1, 3, 6, 1, 2, 1, 1, 3, 0};
static const oid snmp_trap_oid[] = {1, 3, 6, 1, 6, 3, 1, 1, 4, 1, 0};

static void
on_outcome(void *arg, const struct peer_answer *a, const struct now *now)
{
	static const enum notify_result results[] = {
	    [PEER_ANSWERED] = NOTIFY_CONFIRMED,
	    [PEER_SENT] = NOTIFY_SENT,
	    [PEER_SILENT] = NOTIFY_TIMED_OUT,
	    [PEER_GARBLED] = NOTIFY_FAILED,
	    [PEER_DENIED] = NOTIFY_FAILED,
	    [PEER_UNREACHABLE] = NOTIFY_FAILED,
	    [PEER_UNSENDABLE] = NOTIFY_FAILED,
	};
	struct notify_session *s = arg;
	notify_fn *fn = s->fn;
	char text[96];

	s->fn = NULL;
	if (a->outcome == PEER_ANSWERED && a->error_status != SNMP_ERR_NOERROR) {
		text_printf(text, sizeof(text), "the receiver refuses it: %s",
		    snmp_errstring((int)a->error_status));
		fn(s->arg, s->tag, NOTIFY_FAILED, text, now);
		return;
	}
	fn(s->arg, s->tag, results[a->outcome], a->text, now);
}

struct notify_session *
notify_open(const struct receiver_spec *r, char *err, size_t err_size)
{
	struct notify_session *s = xcalloc(1, sizeof(*s));

	s->spec = r;
	s->peer = peer_open(r->kind == NOTIFY_TRAP ? PEER_TRAPPED : PEER_TOLD, r->name, &r->target,
	    on_outcome, s, err, err_size);
	if (s->peer != NULL)
		return s;
	free(s);
	return NULL;
}

void
notify_close(struct notify_session *s)
{
	if (s == NULL)
		return;
	peer_close(s->peer);
	free(s);
}

static size_t
copy_oid(const struct oid *from, oid to[MAX_OID_LEN])
{
	size_t n = from->length < MAX_OID_LEN ? from->length : MAX_OID_LEN;

	for (size_t i = 0; i < n; i++)
		to[i] = from->sub[i];
	return n;
}

static void
add(netsnmp_pdu *pdu, const oid *name, size_t name_length, u_char type, const void *value,
    size_t size)
{
	if (snmp_pdu_add_variable(pdu, name, name_length, type, value, size) == NULL)
		log_fatal("out of memory");
}

static void
add_varbind(netsnmp_pdu *pdu, const struct varbind *vb)
{
	oid name[MAX_OID_LEN], value[MAX_OID_LEN];
	size_t n = copy_oid(&vb->oid, name);
	char text[TEXT_OCTETS_MAX + 1];
	struct counter64 wide;
	long narrow;

	switch (vb->type) {
	case VARBIND_INTEGER:
		narrow = (long)vb->i;
		add(pdu, name, n, ASN_INTEGER, &narrow, sizeof(narrow));
		break;
	case VARBIND_UNSIGNED:
		narrow = (long)(uint32_t)vb->u;
		add(pdu, name, n, ASN_GAUGE, &narrow, sizeof(narrow));
		break;
	case VARBIND_COUNTER64:
		wide.high = (u_long)(vb->u >> 32);
		wide.low = (u_long)(vb->u & 0xffffffffu);
		add(pdu, name, n, ASN_COUNTER64, &wide, sizeof(wide));
		break;
	case VARBIND_TEXT:
		text_shorten(text, sizeof(text), vb->text == NULL ? "" : vb->text);
		add(pdu, name, n, ASN_OCTET_STR, text, strlen(text));
		break;
	case VARBIND_OID:
		add(pdu, name, n, ASN_OBJECT_ID, value, copy_oid(&vb->value, value) * sizeof(oid));
		break;
	}
}

bool
notify_send(struct notify_session *s, const struct oid *trap, const struct varbind *vb,
    size_t vb_count, uint32_t uptime_cs, uint64_t tag, notify_fn *fn, void *arg)
{
	struct peer_try try = {.timeout_ms = s->spec->timeout_ms, .give_up = MONO_NEVER};
	netsnmp_pdu *pdu;
	oid trap_oid[MAX_OID_LEN];
	long uptime = (long)uptime_cs;

	if (s->fn != NULL)
		return false;
	pdu = library_pdu(s->spec->kind == NOTIFY_TRAP ? SNMP_MSG_TRAP2 : SNMP_MSG_INFORM);
	add(pdu, sys_up_time, OID_LENGTH(sys_up_time), ASN_TIMETICKS, &uptime, sizeof(uptime));
	add(pdu, snmp_trap_oid, OID_LENGTH(snmp_trap_oid), ASN_OBJECT_ID, trap_oid,
	    copy_oid(trap, trap_oid) * sizeof(oid));
	for (size_t i = 0; i < vb_count; i++)
		add_varbind(pdu, &vb[i]);
	s->tag = tag;
	s->fn = fn;
	s->arg = arg;
	peer_ask(s->peer, pdu, &try);
	return true;
}
