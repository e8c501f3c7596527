/*
 * A device of version 1 or 2c: one question out at a time, its tries and timeouts, what became of
 * it. A few hundred octets and a connected socket each; all of them share one place in the loop and
 * one timer. Core thread.
 *
 * The socket is connected, so that the kernel drops what comes from another address, tells of ICMP,
 * and keeps a device that floods us from the answers of the others. An answer has the random
 * request-id, the version and the community of the question.
 */
#ifndef DRIVERS_SNMP_COMMUNITY_H
#define DRIVERS_SNMP_COMMUNITY_H

#include "drivers/snmp/asker.h"

/* What all of them share. */
struct communities *communities_new(struct loop *loop);
void communities_free(struct communities *all); /* all are closed; NULL is allowed */

struct community;

/* As asker_open() and so on, in asker.h. */
struct community *community_open(struct communities *all, const struct snmp_target *target,
    asker_fn *fn, void *arg, char *err, size_t err_size);
void community_close(struct community *c); /* NULL is allowed */
void community_ask(struct community *c, const struct pdu_question *q, const struct peer_try *t);
void community_stats(const struct community *c, struct peer_stats *out);

#endif
