/*
 * One device to be asked, whatever its version of SNMP: 1 and 2c by community.c over our own
 * messages, 3 by peer.c over Net-SNMP. One question at a time. Core thread.
 */
#ifndef DRIVERS_SNMP_ASKER_H
#define DRIVERS_SNMP_ASKER_H

#include "drivers/snmp/pdu.h"
#include "drivers/snmp/peer.h"

struct asker;
struct communities;

struct asker_answer {
	enum peer_outcome outcome;
	int64_t error_status, error_index; /* PEER_ANSWERED */
	struct ber variables;              /* PEER_ANSWERED: pdu_next(); valid during the call */
	int32_t took_us;                   /* last try sent to answer read; else 0 */
	const char *text; /* all but PEER_ANSWERED: a phrase for people, after "<name>: " */
};

/* Told of the outcome, exactly once, never from inside asker_ask(). May call asker_ask(). */
typedef void asker_fn(void *arg, const struct asker_answer *answer, const struct now *now);

/*
 * `name` is for the log; it, target and arg must outlive the asker. `communities` is what the
 * versions 1 and 2c share. NULL with a sentence in err: settings that cannot work.
 */
struct asker *asker_open(const char *name, const struct snmp_target *target,
    struct communities *communities, asker_fn *fn, void *arg, char *err, size_t err_size);
void asker_close(struct asker *a); /* not from inside its asker_fn; fn is not called any more */

/* Nothing may be out: wait for the outcome of the one before. q and its OIDs are not kept. */
void asker_ask(struct asker *a, const struct pdu_question *q, const struct peer_try *t);

void asker_stats(const struct asker *a, struct peer_stats *out);

#endif
