/* The SNMPv3 side of a peer: finding its engine, and noticing that it changed. */
#include "base/arena.h"
#include "base/log.h"
#include "base/text.h"
#include "drivers/snmp/peer_i.h"

/* Discoveries inside one question: the first, and a second one that confirms a change. */
#define DISCOVERIES_MAX 3

static void
set_engine(struct peer *p, const struct engine_id *id)
{
	if (!session_set_engine(&p->session, id, p->role != PEER_ASKED))
		log_err(
		    "%s: the SNMP library cannot take the user \"%s\"", p->name, p->target->user);
}

void
peer_set_engine(struct peer *p)
{
	if (p->claim.id.length > 0)
		set_engine(p, &p->claim.id);
}

bool
peer_must_discover(const struct peer *p)
{
	return peer_is_v3(p) && p->role != PEER_TRAPPED &&
	       (p->claim.id.length == 0 || p->engine_doubtful);
}

/* RFC 3414 section 4: a question without engine ID, user and variables. */
void
peer_discover(struct peer *p)
{
	netsnmp_pdu *pdu = library_pdu(SNMP_MSG_GET);

	engines_forget_clock(&p->claim.id);
	set_engine(p, NULL);
	pdu->version = SNMP_VERSION_3;
	pdu->securityModel = SNMP_SEC_MODEL_USM;
	pdu->securityLevel = SNMP_SEC_LEVEL_NOAUTH;
	pdu->securityName = xstrdup("");
	p->discoveries++;
	peer_put(p, pdu, PHASE_DISCOVERING);
}

static void
believe(struct peer *p, const struct engine_id *id)
{
	const struct engine_id *before = &p->claim.id;
	char was[ENGINE_ID_TEXT_MAX], is[ENGINE_ID_TEXT_MAX];

	if (!engine_id_equal(before, id)) {
		if (before->length > 0)
			log_notice("%s: its SNMP engine ID changed from %s to %s (replaced, or set "
				   "back to factory settings?)",
			    p->name, engine_id_text(before, was), engine_id_text(id, is));
		engines_claim(&p->claim, id);
	}
	p->candidate.length = 0;
	p->engine_doubtful = false;
	set_engine(p, id);
}

static void
settle_denied(struct peer *p)
{
	const struct engine_claim *clash = engines_clash(&p->claim, &p->claim.id);

	if (clash != NULL)
		text_printf(p->text, sizeof(p->text),
		    "%s has the same SNMPv3 engine ID, and there user \"%s\" has other "
		    "passphrases: give each its own engine ID",
		    clash->name, p->target->user);
	else
		security_report_text(p->session.report, p->target, p->text, sizeof(p->text));
	p->engine_doubtful = true;
	peer_settle(p, PEER_DENIED);
}

/* false: p->text says why nobody can be asked there. */
static bool
is_usable(struct peer *p, const struct engine_id *id)
{
	const struct snmp_target *t = p->target;

	if (id->length == 0)
		text_printf(p->text, sizeof(p->text), "%s port %d gives no usable SNMPv3 engine ID",
		    t->address, t->port);
	/* Its user and clock would take the place of those that our traps go by. */
	else if (engine_id_equal(id, &library_engine()->id))
		text_printf(p->text, sizeof(p->text),
		    "%s port %d gives our own SNMPv3 engine ID as its own: give it another one",
		    t->address, t->port);
	else
		return true;
	return false;
}

static void
found_engine(struct peer *p)
{
	struct engine_id id = session_engine(&p->session);
	const struct engine_id *believed = &p->claim.id;

	if (!is_usable(p, &id)) {
		peer_settle(p, PEER_DENIED);
		return;
	}
	if (believed->length > 0 && !engine_id_equal(believed, &id) &&
	    !engine_id_equal(&p->candidate, &id)) {
		/* One REPORT can be forged or strayed: it has to say so twice. */
		p->candidate = id;
		if (p->discoveries < DISCOVERIES_MAX)
			peer_discover(p);
		else
			settle_denied(p);
		return;
	}
	believe(p, &id);
	peer_send_question(p);
}

void
peer_judge_report(struct peer *p)
{
	if (p->phase == PHASE_DISCOVERING) {
		found_engine(p);
	} else if (p->session.report == SNMPERR_UNKNOWN_ENG_ID &&
		   p->discoveries < DISCOVERIES_MAX) {
		p->engine_doubtful = true;
		peer_send_question(p);
	} else {
		settle_denied(p);
	}
}

/*
 * An answer under an engine ID, a time or a key that does not fit what we believe. The other end
 * was replaced or set back: it is looked up anew. Or the datagram was damaged: asking again helps
 * as well.
 */
void
peer_judge_unreadable(struct peer *p)
{
	if (p->phase == PHASE_DISCOVERING && p->session.udp.barred) {
		text_printf(p->text, sizeof(p->text),
		    "%s port %d comes with ever new SNMPv3 engine IDs; only one more an hour is "
		    "looked at: see who answers there",
		    p->target->address, p->target->port);
		peer_close_session(p); /* the look-up that is out must not stay in the library */
		peer_settle(p, PEER_DENIED);
		return;
	}
	if (p->phase != PHASE_ASKING)
		return;
	p->engine_doubtful = true;
	peer_close_session(p); /* the question that is out must not come back */
	if (p->disbelieved++ > p->try.retries) {
		text_printf(p->text, sizeof(p->text),
		    "%s port %d replies, but nothing to be believed: damaged on the way, or "
		    "under another key than that of user \"%s\"",
		    p->target->address, p->target->port, p->target->user);
		peer_settle(p, PEER_GARBLED);
	} else if (peer_open_session(p)) {
		peer_send_question(p);
	} else {
		peer_settle(p, PEER_UNREACHABLE);
	}
}
