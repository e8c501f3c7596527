/*
 * The other end: one device that is asked, or one receiver that is told. A peer sends one message
 * at a time and brings back what became of it. For SNMPv3 it finds the other end's engine by
 * itself, keeps up with its clock, and finds it again when it changed or fell silent. Nothing here
 * blocks: the library's own discovery is never used.
 *
 * A socket and session are opened when there is something to send and closed when the network says
 * that nobody listens.
 */
#ifndef DRIVERS_SNMP_PEER_H
#define DRIVERS_SNMP_PEER_H

#include "drivers/snmp/library.h"
#include "model/site.h"

struct peer;

enum peer_outcome {
	PEER_ANSWERED,    /* a response: error status and index, variables */
	PEER_SENT,        /* a message that nobody answers has left */
	PEER_SILENT,      /* no reply to any try */
	PEER_GARBLED,     /* SNMPv3: replies, but none that could be believed */
	PEER_DENIED,      /* the security of SNMPv3 said no */
	PEER_UNREACHABLE, /* nobody listens (ICMP), no route, no socket */
	PEER_UNSENDABLE,  /* the library cannot make the message: too long, no such user */
	PEER_OUTCOME_COUNT
};

struct peer_answer {
	enum peer_outcome outcome;
	long error_status, error_index;    /* PEER_ANSWERED */
	const netsnmp_variable_list *vars; /* PEER_ANSWERED; the peer frees them */
	int32_t took_us;                   /* last try sent to answer read; else 0 */
	const char *text; /* all but PEER_ANSWERED: a phrase for people, after "<name>: " */
};

/* Told of the outcome, exactly once, never from inside peer_ask(). May call peer_ask(). */
typedef void peer_fn(void *arg, const struct peer_answer *answer, const struct now *now);

enum peer_role {
	PEER_ASKED,   /* a device: the other end is the authoritative engine */
	PEER_TOLD,    /* informs: the same, but the context is our own engine's */
	PEER_TRAPPED, /* traps: we are the authoritative engine; no answer ever comes */
};

/*
 * `name` is for the log; it, target and arg must outlive the peer. snmp_engine_start() was called.
 * NULL with a sentence in err: settings that cannot work.
 */
struct peer *peer_open(enum peer_role role, const char *name, const struct snmp_target *target,
    peer_fn *fn, void *arg, char *err, size_t err_size);
void peer_close(struct peer *p); /* not from inside its peer_fn; fn is not called any more */

struct peer_try {
	int64_t timeout_ms; /* of one try */
	int retries;        /* tries after the first, for a message that is answered */
	mono_t give_up;     /* no new try after this */
};

/* Sends pdu, which becomes the peer's. Nothing may be out: wait for the outcome of the one before.
 */
void peer_ask(struct peer *p, netsnmp_pdu *pdu, const struct peer_try *t);

struct peer_stats {
	uint64_t sent;     /* messages, tries and discoveries */
	uint64_t timeouts; /* tries without a reply */
	uint64_t garbled;  /* datagrams that are no answer: unreadable, wrong key, wrong message */
	uint64_t opened;   /* sockets made */
};
void peer_stats(const struct peer *p, struct peer_stats *out);

#endif
