/* Inside of core/expr: what an operand is, and what may be done with which units. */
#ifndef CORE_EXPR_TYPES_H
#define CORE_EXPR_TYPES_H

#include "base/arena.h"
#include "core/expr.h"
#include "model/unit.h"

/* What stands on the stack at this place of the program. */
struct operand {
	bool is_condition;
	bool is_plain;                   /* a number as written: takes the unit of its partner */
	const struct unit *unit;         /* of a number; NULL: plain */
	const struct point_spec *states; /* a bare point that has states: for == and != only */
};

/*
 * The operand that `code` makes of two numbers; false: their units do not go together, with a
 * sentence in `what`. Comparisons as well.
 */
bool expr_combine(enum expr_code code, const struct operand *a, const struct operand *b,
    struct operand *out, char *what, size_t size);
/* The unit of a difference of two values of this unit: K for Cel. */
const struct unit *expr_difference(const struct unit *u);
/* "K/min" for K: made in the arena where the table does not have it. */
const struct unit *expr_per_minute(struct arena *a, const struct unit *u);
/* "Cel", or "a plain number". */
const char *expr_unit_word(const struct operand *o);

#endif
