/*
 * The value of an expression: worked out from the table of points, with a quality that follows the
 * inputs. Pure; nothing is allocated.
 *
 * Quality: the worst input wins, in the order never read, comm lost, bad, stale, substituted, good:
 * what was never there is less than what is away, that is less than a wrong answer, and so on; a
 * person who reads it learns the worst reason first. A result that is no number (division by
 * zero, air outside the range of the formulas) is bad. `and` and `or` are decided by one side alone
 * where logic allows (false and X, true or X), else one unknown side makes them unknown: unknown is
 * never false. So is a comparison of max(), min() or count() with a number: what is known of its
 * inputs may decide (the hottest of those that answer is too hot, whatever the silent one is). A
 * state that the profile does not list is bad, and != any that it does.
 */
#ifndef CORE_EXPR_RUN_H
#define CORE_EXPR_RUN_H

#include "core/core.h"
#include "model/expr.h"

#define EXPR_BUCKETS 32

/* What one change(), rate() or time_in_state() remembers. Zeroed at the start. */
struct expr_slot {
	struct {
		mono_t at;
		double value;
	} buckets[EXPR_BUCKETS + 2]; /* a ring: about EXPR_BUCKETS a window */
	unsigned first, count;
	double state; /* time_in_state: the state that it counts for, */
	mono_t since; /* since then */
	bool in_state;
};

struct expr_value {
	double value; /* a condition: 0 or 1; meaningful with GOOD, STALE and SUBSTITUTED */
	enum quality quality;
	enum defect defect; /* with BAD */
	/* Some inputs are not known, but the others say as much of it. Inside of expr_run() only.
	 */
	enum { EXPR_EXACT, EXPR_AT_LEAST, EXPR_AT_MOST } bound;
};

/*
 * A sample of refs[ref] was taken, the same value or a new one: what the slots remember. `points`
 * is the core's table, flat[i] the index in it of refs[i].
 */
void expr_feed(const struct expr *x, size_t ref, const struct point_state *points,
    const uint32_t *flat, struct expr_slot *slots, mono_t now);

/*
 * The value now. *again: when it will differ though no input changes (a state lasts longer);
 * MONO_NEVER where only inputs change it.
 */
struct expr_value expr_run(const struct expr *x, const struct point_state *points,
    const uint32_t *flat, const struct expr_slot *slots, mono_t now, mono_t *again);

#endif
