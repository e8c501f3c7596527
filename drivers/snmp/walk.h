/*
 * Going through one column of a table, by GETBULK or GETNEXT: what each answer adds, and whether it
 * is the end. Pure.
 */
#ifndef DRIVERS_SNMP_WALK_H
#define DRIVERS_SNMP_WALK_H

#include "drivers/snmp/pdu.h"
#include "model/baton.h"

struct walk_step {
	const struct oid *column;
	struct column_walk *out;
	uint16_t most; /* rows that out has room for */
	uint32_t last[OID_SUBS_MAX];
	struct oid after;        /* `last`: what is asked next */
	const struct oid *asked; /* &after, as a question wants it */
	unsigned answers;        /* so far */
};

/* More answers than this are no table: a device that goes round in circles does not get far. */
#define WALK_ANSWERS_MAX 4096

void walk_begin(
    struct walk_step *w, const struct oid *column, struct column_walk *out, uint16_t most);
/* The next question: `repetitions` variables after the last one (1: a GETNEXT). Points into w. */
struct pdu_question walk_ask(
    const struct walk_step *w, unsigned repetitions, enum snmp_version version);

enum walk_verdict {
	WALK_GOES_ON,
	WALK_DONE,   /* the column is at its end */
	WALK_BROKEN, /* no answer to that question: OIDs that do not grow, no variables at all */
};
enum walk_verdict walk_take(struct walk_step *w, struct ber variables);

#endif
