/*
 * One poll of one device: its plan, its baton, and what a baton that came home says about the
 * device as a whole. When polls happen is the poller's business. Pure.
 */
#ifndef CORE_POLL_H
#define CORE_POLL_H

#include "core/core.h"
#include "core/plan.h"

/*
 * A device has one poll for each class, one for its facts, one for its ring of records, and one for
 * which rows it has.
 */
#define POLL_FACTS   POLL_CLASS_COUNT
#define POLL_RECORDS (POLL_CLASS_COUNT + 1)
#define POLL_ROWS    (POLL_CLASS_COUNT + 2)
#define POLL_COUNT   (POLL_CLASS_COUNT + 3)
/* How often it is asked which rows it has, besides when a label does not fit. */
#define POLL_ROWS_MS 60000

struct poll {
	struct baton baton;
	struct plan *plan;
	/* From poll_load() to poll_learn(), in a room of this size: the baton's asks and answers,
	 * and these. POLL_RECORDS has its own for good. */
	struct room_size *room;
	uint16_t *sent;            /* plan question of each question of the baton */
	uint16_t *words;           /* plan->word_room, shared out among the answers */
	struct snmp_value *values; /* plan->value_room */
	struct column_walk *walks; /* POLL_ROWS: plan->item_count */
	unsigned index;            /* enum poll_class, POLL_FACTS, POLL_RECORDS or POLL_ROWS */
	int64_t timeout_ms;        /* of one transaction */
	int64_t longest_ms;        /* budget that no baton exceeds */
	bool snmp;
	int retries;

	/* The poller's: beats are first + n * period. */
	int64_t period_ms; /* 0: facts */
	mono_t first;
	mono_t due; /* starts then; MONO_NEVER: when something makes it due */
	mono_t sent_at;
	uint32_t cycle; /* of the baton that is out */
	bool out, probe;
	bool once_more;  /* asked for while it was out: what it brings may be older than the wish;
			    or it brought a row's value that nothing proves */
	unsigned misses; /* failed polls of this class in a row */
};

/*
 * Everything lives in the arena of the rooms, which are opened after the last one. rows: of the
 * device, or NULL. like: the same poll of another device of its profile, both without rows, or
 * NULL.
 */
void poll_init(struct poll *q, struct rooms *rooms, const struct site *s, size_t device,
    unsigned index, struct rows *rows, const struct poll *like);

/* Loads the baton with what is to be asked now. A plan without questions must not be asked. */
void poll_load(struct poll *q, mono_t now);
/* The same questions as last time, which core/records has put there. false: there are none. */
bool poll_load_again(struct poll *q);
/* Loads the baton with the cheapest question alone. */
void poll_load_probe(struct poll *q);

/* What a refusal means. */
enum refusal {
	REFUSAL_ADDRESS,  /* no such register, bit or OID (or one of several) */
	REFUSAL_FUNCTION, /* not at all: splitting does not help */
	REFUSAL_NOT_NOW,  /* busy, internal error: next time perhaps */
	REFUSAL_ABSENT    /* a gateway says that the device behind it does not answer */
};
enum refusal refusal_of(enum table table, uint8_t code);

enum poll_result {
	POLL_ALIVE,  /* at least one answer proves that the device lives */
	POLL_DEAD,   /* none does, and something was asked */
	POLL_UNASKED /* nothing was asked: says nothing about the device */
};
/* The verdict on a baton that came home; *worst is its most telling answer that was not good. */
struct poll_verdict {
	enum poll_result result;
	enum answer_status worst; /* ANSWER_OK: all good */
	uint8_t code;
};
struct poll_verdict poll_judge(const struct baton *b);

/* Adds a baton that came home to the device's figures and to its trace. */
void poll_count(
    const struct poll *q, const struct poll_verdict *v, struct device_state *d, mono_t now);

/*
 * Teaches the plan what the answers showed. Afterwards q->sent and the baton's
 * questions and answers are void. True: questions were split,
 * and the poll should be repeated at once for those that have had no answer.
 */
bool poll_learn(struct poll *q, mono_t now);

#endif
