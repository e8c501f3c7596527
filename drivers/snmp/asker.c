/* Asks a device by our own messages or by the library's: the same question, the same answer. */
#include "drivers/snmp/asker.h"

#include "base/arena.h"
#include "drivers/snmp/community.h"

#include <stdlib.h>

struct asker {
	struct community *community; /* versions 1 and 2c */
	struct peer *peer;           /* version 3 */
	asker_fn *fn;
	void *arg;
};

static netsnmp_pdu *
library_question(const struct pdu_question *q)
{
	netsnmp_pdu *pdu = library_pdu((int)q->kind);
	netsnmp_variable_list **end = &pdu->variables;

	if (q->kind == PDU_GET_BULK) {
		pdu->non_repeaters = 0;
		pdu->max_repetitions = q->repetitions;
	}
	for (size_t i = 0; i < q->count; i++, end = &(*end)->next_variable)
		library_add(end, q->oids[i]);
	return pdu;
}

static void
on_peer(void *arg, const struct peer_answer *p, const struct now *now)
{
	struct asker *a = arg;
	struct asker_answer out = {.outcome = p->outcome,
	    .error_status = p->error_status,
	    .error_index = p->error_index,
	    .took_us = p->took_us,
	    .text = p->text};
	uint8_t *octets = NULL;

	if (p->outcome == PEER_ANSWERED)
		octets = library_variables(p->vars, &out.variables);
	a->fn(a->arg, &out, now);
	free(octets);
}

struct asker *
asker_open(const char *name, const struct snmp_target *target, struct communities *communities,
    asker_fn *fn, void *arg, char *err, size_t err_size)
{
	struct asker *a = xcalloc(1, sizeof(*a));

	a->fn = fn;
	a->arg = arg;
	if (target->version == SNMP_V3)
		a->peer = peer_open(PEER_ASKED, name, target, on_peer, a, err, err_size);
	else
		a->community = community_open(communities, target, fn, arg, err, err_size);
	if (a->peer == NULL && a->community == NULL) {
		free(a);
		return NULL;
	}
	return a;
}

void
asker_close(struct asker *a)
{
	if (a == NULL)
		return;
	peer_close(a->peer);
	community_close(a->community);
	free(a);
}

void
asker_ask(struct asker *a, const struct pdu_question *q, const struct peer_try *t)
{
	if (a->community != NULL)
		community_ask(a->community, q, t);
	else
		peer_ask(a->peer, library_question(q), t);
}

void
asker_stats(const struct asker *a, struct peer_stats *out)
{
	if (a->community != NULL)
		community_stats(a->community, out);
	else
		peer_stats(a->peer, out);
}
