/*
 * An expression over points, as the loader compiled it: a list of operations for a stack, without
 * any names left to look up. Read-only, in the site's arena. The language and its checks are in
 * core/expr.h, the values in core/expr_run.h.
 */
#ifndef MODEL_EXPR_H
#define MODEL_EXPR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct unit;

/* The device that the expression itself belongs to. */
#define EXPR_OWN (-1)

struct expr_ref {
	int device;     /* index into site->devices, or EXPR_OWN */
	uint16_t point; /* index into that device's points */
};

enum expr_code {
	EXPR_NUMBER,  /* push `number` */
	EXPR_POINT,   /* push the value of refs[ref] */
	EXPR_GOOD,    /* push: is refs[ref] good? Always known */
	EXPR_MISSING, /* push: is it not? */
	EXPR_CHANGE,  /* push: refs[ref] now - refs[ref] `window_ms` ago; memory `slot` */
	EXPR_RATE,    /* push: the same per minute */
	EXPR_TIME_IN, /* push: seconds since refs[ref] is in state `number`, 0 in others; `slot` */
	EXPR_NEGATE,
	EXPR_ABS,
	EXPR_ADD,
	EXPR_SUBTRACT,
	EXPR_MULTIPLY,
	EXPR_DIVIDE,
	EXPR_LESS,
	EXPR_LESS_EQUAL,
	EXPR_GREATER,
	EXPR_GREATER_EQUAL,
	EXPR_EQUAL,
	EXPR_DIFFERS,
	EXPR_AND,
	EXPR_OR,
	EXPR_NOT,
	EXPR_MIN, /* of the `count` values on top of the stack */
	EXPR_MAX,
	EXPR_AVERAGE,
	EXPR_SUM,
	EXPR_COUNT, /* how many of the `count` conditions on top of the stack are true */
	EXPR_DEW_POINT,
	EXPR_WET_BULB,
	EXPR_ABSOLUTE_HUMIDITY,
	EXPR_CODE_COUNT
};

struct expr_op {
	enum expr_code code;
	uint16_t ref, count, slot;
	double number;
	int64_t window_ms;
};

#define EXPR_DEPTH_MAX 64  /* values on the stack */
#define EXPR_OPS_MAX   512 /* operations of one expression, groups written out */
#define EXPR_REFS_MAX  128 /* different points of one expression */

struct expr {
	const char *text; /* as written */
	const struct expr_op *ops;
	size_t op_count;
	const struct expr_ref *refs;
	size_t ref_count;
	size_t slot_count;       /* memories that one use of it needs */
	bool is_condition;       /* true or false; else a number in `unit` */
	const struct unit *unit; /* of a number */
};

#endif
