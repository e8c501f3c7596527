/*
 * The compiler: recursive descent over the text, operations straight onto a list. It stops at the
 * first mistake; text of any kind must end in an expression or in a sentence.
 */
#include "core/expr_i.h"

#include "base/text.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX    1000 /* bytes of an expression */
#define NESTING_MAX 20

/* ---- the grammar, from the inside out -------------------------------------------------------- */

#define VALUE_EXPECTED "expected a number, POINT, DEVICE.POINT, FUNCTION(...) or (...)"

static void
fail_nesting(struct compiler *c, struct token t)
{
	expr_fail(c, t, "this expression is nested too deeply");
	expr_hint(c, "make a derived point of a part of it");
}

static struct operand
parse_number(struct compiler *c)
{
	struct token t = {c->at, strspn(c->text + c->at, "0123456789.eE")};
	char *end = NULL;
	double n = strtod(c->text + c->at, &end);
	char buf[80];

	t.length = (size_t)(end - (c->text + c->at));
	if (t.length == 0 || !isfinite(n)) {
		t.length = t.length == 0 ? 1 : t.length;
		expr_fail(c, t, "\"%s\" is no number", expr_shown(c, t, buf));
		expr_hint(c, "expected digits, such as 30 or 0.5");
		return (struct operand){0};
	}
	c->at += t.length;
	if (c->text[c->at] != '\0' && strchr(EXPR_NAME_CHARS, c->text[c->at]) != NULL) {
		t.length += strspn(c->text + c->at, EXPR_NAME_CHARS);
		expr_fail(c, t, "\"%s\" is no number", expr_shown(c, t, buf));
		expr_hint(c, "numbers are written without their unit");
	}
	expr_emit(c, (struct expr_op){.code = EXPR_NUMBER, .number = n}, 0);
	return (struct operand){.is_plain = true};
}

static struct operand
parse_primary(struct compiler *c)
{
	struct token t = expr_here(c), whole;
	uint16_t ref = 0;
	const struct point_spec *p;
	struct operand o = {0};
	char buf[80];

	if (t.length == 0) {
		expr_fail(c, t, "the expression ends where a value is expected");
		expr_hint(c, VALUE_EXPECTED);
		return o;
	}
	if (isdigit((unsigned char)c->text[c->at]) || c->text[c->at] == '.')
		return parse_number(c);
	if (expr_take(c, "(")) {
		o = expr_parse_or(c);
		expr_expect(c, ")", "each bracket that is opened is closed");
		return o;
	}
	if (expr_take_name(c).length == 0) {
		expr_fail(c, t, "\"%s\" stands where a value is expected", expr_shown(c, t, buf));
		expr_hint(c, VALUE_EXPECTED);
		return o;
	}
	if (expr_take(c, "("))
		return expr_parse_call(c, t);
	c->at = t.from + t.length;
	if ((p = expr_find_point(c, t, &whole, &ref)) == NULL)
		return o;
	expr_emit(c, (struct expr_op){.code = EXPR_POINT, .ref = ref}, 0);
	return expr_operand_of(p);
}

static struct operand
parse_unary(struct compiler *c)
{
	struct token t = expr_here(c);
	struct operand o;

	if (!expr_take(c, "-"))
		return parse_primary(c);
	if (++c->nesting > NESTING_MAX) {
		fail_nesting(c, t);
		return (struct operand){0};
	}
	o = parse_unary(c);
	c->nesting--;
	if (expr_want_number(c, &o, t))
		expr_emit(c, (struct expr_op){.code = EXPR_NEGATE}, 1);
	return o;
}

static struct operand
parse_product(struct compiler *c)
{
	struct operand o = parse_unary(c);

	while (!c->failed) {
		struct token t = expr_here(c);
		enum expr_code code = EXPR_MULTIPLY;

		t.length = 1;
		if (!expr_take(c, "*")) {
			if (!expr_take(c, "/"))
				break;
			code = EXPR_DIVIDE;
		}
		struct operand right = parse_unary(c);

		o = expr_compute(c, code, o, right, t);
	}
	return o;
}

static struct operand
parse_sum(struct compiler *c)
{
	struct operand o = parse_product(c);

	while (!c->failed) {
		struct token t = expr_here(c);
		enum expr_code code = EXPR_ADD;

		t.length = 1;
		if (!expr_take(c, "+")) {
			if (!expr_take(c, "-"))
				break;
			code = EXPR_SUBTRACT;
		}
		struct operand right = parse_product(c);

		o = expr_compute(c, code, o, right, t);
	}
	return o;
}

static struct operand
parse_compare(struct compiler *c)
{
	struct operand o = parse_sum(c);
	enum expr_code code;
	struct token sign;

	if (c->failed || !expr_take_sign(c, &code, &sign))
		return o;
	if (o.states != NULL)
		return expr_compare_state(c, &o, code, sign);
	if ((code == EXPR_EQUAL || code == EXPR_DIFFERS) && o.unit != NULL &&
	    o.unit != unit_find("1")) {
		expr_fail(c, sign, "a measurement is never met to the last digit");
		expr_hint(c, "write > or <");
		return o;
	}
	struct operand right = parse_sum(c);

	return expr_compute(c, code, o, right, sign);
}

static struct operand
parse_not(struct compiler *c)
{
	struct token t = expr_here(c);
	struct operand o;

	if (!expr_take(c, "not"))
		return parse_compare(c);
	if (++c->nesting > NESTING_MAX) {
		fail_nesting(c, t);
		return (struct operand){0};
	}
	o = parse_not(c);
	c->nesting--;
	if (expr_want_condition(c, &o, t))
		expr_emit(c, (struct expr_op){.code = EXPR_NOT}, 1);
	return o;
}

/* One of the two levels of logic. */
static struct operand
parse_logic(struct compiler *c, const char *word, enum expr_code code,
    struct operand (*inner)(struct compiler *c))
{
	struct token t = expr_here(c);
	struct operand o = inner(c);

	while (!c->failed && expr_take(c, word)) {
		struct token next = expr_here(c);
		struct operand right = inner(c);

		if (expr_want_condition(c, &o, t) && expr_want_condition(c, &right, next))
			expr_emit(c, (struct expr_op){.code = code}, 2);
	}
	return o;
}

static struct operand
parse_and(struct compiler *c)
{
	return parse_logic(c, "and", EXPR_AND, parse_not);
}

struct operand
expr_parse_or(struct compiler *c)
{
	struct operand o;

	if (++c->nesting > NESTING_MAX) {
		fail_nesting(c, expr_here(c));
		return (struct operand){0};
	}
	o = parse_logic(c, "or", EXPR_OR, parse_and);
	c->nesting--;
	return o;
}

/* ---- the whole ------------------------------------------------------------------------------- */

static const struct expr *
finish(struct compiler *c, const struct operand *o)
{
	struct expr *x = arena_alloc(c->arena, sizeof(*x));
	struct expr_op *ops = arena_array(c->arena, c->op_count, sizeof(*ops));
	struct expr_ref *refs = arena_array(c->arena, c->ref_count, sizeof(*refs));

	memcpy(ops, c->ops, c->op_count * sizeof(*ops));
	memcpy(refs, c->refs, c->ref_count * sizeof(*refs));
	*x = (struct expr){.text = arena_strdup(c->arena, c->text),
	    .ops = ops,
	    .op_count = c->op_count,
	    .refs = refs,
	    .ref_count = c->ref_count,
	    .slot_count = c->slot_count,
	    .is_condition = o->is_condition,
	    .unit = o->is_condition || o->unit == NULL ? unit_find("1") : o->unit};
	return x;
}

/* What was read must be all, and say something. */
static void
check_end(struct compiler *c, const struct operand *o)
{
	struct token t = expr_here(c), all = {0, strlen(c->text)};
	char buf[80];

	if (t.length > 0) {
		expr_fail(
		    c, t, "\"%s\" stands where the expression should end", expr_shown(c, t, buf));
		expr_hint(c, "expected a sign, such as + > == and, or nothing more");
	} else if (o->states != NULL) {
		expr_fail(c, all, "a point alone is no expression");
		expr_hint(c, "compare it with one of its words: == or !=");
	} else if (c->ref_count == 0) {
		expr_fail(c, all, "there is no point in this expression");
		expr_hint(c, "expected a POINT or DEVICE.POINT: a number alone never changes");
	}
}

const struct expr *
expr_compile(
    struct arena *a, const struct expr_scope *scope, const char *text, struct expr_error *error)
{
	struct compiler *c = xcalloc(1, sizeof(*c));
	const struct expr *x = NULL;
	struct operand o = {0};
	struct token t = {0, strlen(text)};

	*c = (struct compiler){.arena = a, .scope = scope, .error = error, .text = text};
	if (t.length > TEXT_MAX) {
		expr_fail(c, t, "this expression is longer than %d bytes", TEXT_MAX);
		expr_hint(c, "expected a short one: make a derived point of a part of it");
	} else
		o = expr_parse_or(c);
	if (!c->failed)
		check_end(c, &o);
	if (!c->failed)
		x = finish(c, &o);
	free(c);
	return x;
}
