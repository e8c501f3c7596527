/*
 * The language of derived points and of alarm conditions: what a person writes, checked and
 * compiled into model/expr.h. Small and typed: a number has the unit of its point, a state is only
 * ever compared with one of its words, a condition is true or false. Pure.
 *
 *	expression := and {"or" and}          and := not {"and" not}        not := ["not"] compare
 *	compare    := sum [("<"|"<="|">"|">="|"=="|"!=") sum]     or  POINT ("=="|"!=") WORD
 *	sum        := product {("+"|"-") product}                 product := unary {("*"|"/") unary}
 *	unary      := ["-"] (NUMBER | POINT | FUNCTION "(" ... ")" | "(" expression ")")
 *	POINT      := [DEVICE "."] NAME                           GROUP := NAME "in" (ZONE | "site")
 *
 *	min max avg sum (a, b, ...) or (GROUP)      of numbers of one unit
 *	count(condition, ...) or count(GROUP > 30)  how many are true
 *	abs(x)  good(POINT)  missing(POINT)
 *	change(POINT, 10min)   now less what it was then; Cel gives K
 *	rate(POINT, 10min)     the same per minute; Cel gives K/min
 *	time_in_state(POINT, WORD)   seconds; 0 in any other state
 *	dew_point(t, rh) wet_bulb(t, rh) absolute_humidity(t, rh)   Cel, Cel, g/m3
 *
 * Units: + and - want one unit (Cel - Cel is K, Cel + K is Cel); a plain number takes the unit of
 * its partner; * and / want a plain number or a count on one side, or V x A, or equal units to
 * divide. What is compared has one unit.
 */
#ifndef CORE_EXPR_H
#define CORE_EXPR_H

#include "base/arena.h"
#include "model/expr.h"
#include "model/profile.h"

#define EXPR_GROUP_MAX     EXPR_REFS_MAX
#define EXPR_WINDOW_MIN_MS 10000
#define EXPR_WINDOW_MAX_MS ((int64_t)7 * 24 * 3600 * 1000)

/* What names stand for: the loader's knowledge of the site. */
struct expr_scope {
	void *arg;
	/*
	 * The point `name` of `device` (NULL: of the own device). NULL where there is none; then
	 * *names has what there is (devices where the device is unknown: *no_device), for the
	 * message.
	 */
	const struct point_spec *(*point)(void *arg, const char *device, const char *name,
	    struct expr_ref *ref, bool *no_device, const char *const **names, size_t *count);
	/*
	 * All points `name` in a zone and the zones inside it ("site": everywhere). Returns how
	 * many there are; up to EXPR_GROUP_MAX are in refs, with their specs. An unknown zone:
	 * *no_zone, and *names has the zones.
	 */
	size_t (*group)(void *arg, const char *name, const char *zone, struct expr_ref *refs,
	    const struct point_spec **specs, bool *no_zone, const char *const **names,
	    size_t *count);
};

/* Where and what is wrong: `length` bytes from byte `from` of the text. */
struct expr_error {
	size_t from, length;
	char what[160];
	char hint[240];
	const char *word;         /* with choices: what was written */
	const char *const *names; /* what could have been; NULL: the hint says it */
	size_t name_count;
};

/* NULL: *error says why. The result lives in the arena; `text` is copied. */
const struct expr *expr_compile(
    struct arena *a, const struct expr_scope *scope, const char *text, struct expr_error *error);

#endif
