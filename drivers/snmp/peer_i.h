/* What peer.c and peer_engine.c share; nobody else includes it. */
#ifndef DRIVERS_SNMP_PEER_I_H
#define DRIVERS_SNMP_PEER_I_H

#include "drivers/snmp/engines.h"
#include "drivers/snmp/peer.h"
#include "drivers/snmp/session.h"

enum phase {
	PHASE_IDLE,
	PHASE_DISCOVERING, /* an empty question is out: the answer is a REPORT with the engine ID */
	PHASE_ASKING,
	PHASE_OVER /* the outcome is known, and told when the library is out of the way */
};

struct peer {
	enum peer_role role;
	const char *name;
	const struct snmp_target *target;
	struct security security; /* its keys are made when first needed */
	bool keyed;
	peer_fn *fn;
	void *arg;

	struct session session;
	struct loop_io *io;
	struct loop_timer *timer;
	uint64_t sent, timeouts, opened;
	int bounced; /* errno that came back for a trap after it had left */

	struct engine_claim claim;  /* its id: the engine that is believed */
	struct engine_id candidate; /* another one, seen once */
	bool engine_doubtful;       /* find it again before the next question */

	enum phase phase;
	netsnmp_pdu *pdu; /* the question */
	struct peer_try try;
	int discoveries;
	int disbelieved; /* answers to this question that could not be believed */
	mono_t sent_at;
	enum peer_outcome outcome; /* PHASE_OVER */
	char text[192];
};

static inline bool
peer_is_v3(const struct peer *p)
{
	return p->target->version == SNMP_V3;
}

/* peer.c: opens the session unless it is open; false: p->text says why not. */
bool peer_open_session(struct peer *p);
void peer_close_session(struct peer *p);
/* Puts pdu on the wire, or settles. */
void peer_put(struct peer *p, netsnmp_pdu *pdu, enum phase phase);
/* Puts the question on the wire, or a discovery where that comes first, or settles. */
void peer_send_question(struct peer *p);
/* The outcome is told from the timer, so that nobody is called from inside his own call. */
void peer_settle(struct peer *p, enum peer_outcome outcome);

/* peer_engine.c: is a discovery due before the question? */
bool peer_must_discover(const struct peer *p);
void peer_discover(struct peer *p);
/* Puts the engine that is believed, and our user there, into a session that was just opened. */
void peer_set_engine(struct peer *p);
/* A REPORT, or an answer that was not believed, has come. */
void peer_judge_report(struct peer *p);
void peer_judge_unreadable(struct peer *p);

#endif
