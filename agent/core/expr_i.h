/*
 * Inside of the compiler of expressions: what its files share. Each function goes on from where the
 * text stands; after a mistake (c->failed) nothing that it gives may be used. Core thread.
 */
#ifndef CORE_EXPR_I_H
#define CORE_EXPR_I_H

#include "core/expr.h"
#include "core/expr_types.h"

#define EXPR_NAME_CHARS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"

struct compiler {
	struct arena *arena;
	const struct expr_scope *scope;
	struct expr_error *error;
	const char *text;
	size_t at;
	unsigned nesting;
	bool failed;
	struct expr_op ops[EXPR_OPS_MAX];
	struct expr_ref refs[EXPR_REFS_MAX];
	const struct point_spec *specs[EXPR_REFS_MAX];
	size_t op_count, ref_count, slot_count, depth;
};

/* A piece of the text. */
struct token {
	size_t from, length;
};

/* "NAME in ZONE": its points, for the caller to put on the stack. */
struct group {
	struct expr_ref refs[EXPR_GROUP_MAX];
	const struct point_spec *specs[EXPR_GROUP_MAX];
	size_t count;
};

/* ---- expr_words.c: the first mistake, and the text piece by piece ---------------------------- */

/* The first mistake is the one that is told: at `t`, what is wrong; later calls do nothing. */
void expr_fail(struct compiler *c, struct token t, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* `t` is none of `names` (which must live as long as the error): the nearest one is proposed. */
void expr_fail_choices(
    struct compiler *c, struct token t, const char *what, const char *const *names, size_t count);
/* What to do about it, once. */
void expr_hint(struct compiler *c, const char *text);
/* What was written, fit to be shown; returns buf. */
const char *expr_shown(const struct compiler *c, struct token t, char buf[80]);

void expr_skip(struct compiler *c);
/* Takes `word` (a sign, or a whole name) if it stands here. */
bool expr_take(struct compiler *c, const char *word);
/* The same, and a mistake if it does not. */
bool expr_expect(struct compiler *c, const char *sign, const char *why);
/* What stands here, for a message: a name, or one character; empty at the end. Takes nothing. */
struct token expr_here(struct compiler *c);
/* Takes a name; empty: there is none. */
struct token expr_take_name(struct compiler *c);
/* A copy in the arena. */
char *expr_name_of(struct compiler *c, struct token t);

/* ---- expr_take.c: operations, points, comparisons -------------------------------------------- */

/* `pops` values go, one comes. */
void expr_emit(struct compiler *c, struct expr_op op, size_t pops);
/* The place of a point in the expression's list of points. */
uint16_t expr_add_ref(
    struct compiler *c, struct token t, struct expr_ref ref, const struct point_spec *spec);
struct operand expr_operand_of(const struct point_spec *p);
/* The name was read: a device before a dot, or the point itself. NULL: failed. */
const struct point_spec *expr_find_point(
    struct compiler *c, struct token first, struct token *whole, uint16_t *ref);
/* Takes POINT or DEVICE.POINT. NULL: failed. */
const struct point_spec *expr_take_point(struct compiler *c, struct token *whole, uint16_t *ref);
/* The word of a state at this place: the longest one. false: failed. */
bool expr_take_state(struct compiler *c, const struct point_spec *p, double *raw);
/* Is this "NAME in"? Takes nothing if not. */
bool expr_is_group(struct compiler *c, struct token *name);
/* The zone after it. false: failed. */
bool expr_take_group(struct compiler *c, struct token name, struct group *g);
/* Takes == != < <= > >= if one stands here. */
bool expr_take_sign(struct compiler *c, enum expr_code *code, struct token *t);
/* Only what has a unit can be computed with. false: failed. */
bool expr_want_number(struct compiler *c, const struct operand *o, struct token t);
bool expr_want_condition(struct compiler *c, const struct operand *o, struct token t);
/* Both are on the stack; what comes of them. */
struct operand expr_compute(
    struct compiler *c, enum expr_code code, struct operand a, struct operand b, struct token t);
/* The point is on the stack; takes the state that it is compared with. */
struct operand expr_compare_state(
    struct compiler *c, const struct operand *a, enum expr_code code, struct token sign);

/* ---- expr_calls.c, expr_parse.c -------------------------------------------------------------- */

/* The name and the bracket after it were read. */
struct operand expr_parse_call(struct compiler *c, struct token name);
/* A whole expression. */
struct operand expr_parse_or(struct compiler *c);

#endif
