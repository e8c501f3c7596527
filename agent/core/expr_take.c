/* Points, states and groups of an expression, and operations onto its list. */
#include "core/expr_i.h"

#include <string.h>

/* ---- operations ------------------------------------------------------------------------------ */

/* `pops` values go, one comes. */
void
expr_emit(struct compiler *c, struct expr_op op, size_t pops)
{
	struct token all = {0, strlen(c->text)};

	if (c->failed)
		return;
	c->depth = c->depth + 1 - pops;
	if (c->op_count == EXPR_OPS_MAX || c->depth > EXPR_DEPTH_MAX + EXPR_REFS_MAX) {
		expr_fail(c, all, "this expression is too large");
		expr_hint(c, "write a derived point for a part of it");
		return;
	}
	c->ops[c->op_count++] = op;
}

uint16_t
expr_add_ref(struct compiler *c, struct token t, struct expr_ref ref, const struct point_spec *spec)
{
	for (size_t i = 0; i < c->ref_count; i++)
		if (c->refs[i].device == ref.device && c->refs[i].point == ref.point)
			return (uint16_t)i;
	if (c->ref_count == EXPR_REFS_MAX) {
		expr_fail(c, t, "this expression uses more than %d points", EXPR_REFS_MAX);
		expr_hint(c, "write a derived point for a part of it");
		return 0;
	}
	c->refs[c->ref_count] = ref;
	c->specs[c->ref_count] = spec;
	return (uint16_t)c->ref_count++;
}

struct operand
expr_operand_of(const struct point_spec *p)
{
	if (p->expr != NULL && p->expr->is_condition)
		return (struct operand){.is_condition = true};
	if (p->words != NULL)
		return (struct operand){.states = p, .unit = p->unit};
	return (struct operand){.unit = p->unit};
}

/* ---- points ---------------------------------------------------------------------------------- */

/* The name was read; a device before a dot, or the point itself. NULL: failed. */
const struct point_spec *
expr_find_point(struct compiler *c, struct token first, struct token *whole, uint16_t *ref)
{
	const char *device = NULL, *const *names = NULL;
	struct token name = first;
	struct expr_ref at;
	bool no_device = false;
	size_t count = 0;
	const struct point_spec *p;

	if (c->text[c->at] == '.') {
		c->at++;
		device = expr_name_of(c, first);
		name = expr_take_name(c);
	}
	*whole = (struct token){first.from, name.from + name.length - first.from};
	p = c->scope->point(
	    c->scope->arg, device, expr_name_of(c, name), &at, &no_device, &names, &count);
	if (p == NULL) {
		expr_fail_choices(c, no_device ? first : name,
		    no_device        ? "is no device of this site"
		    : device == NULL ? "is no point here"
				     : "is no point of this device",
		    names, count);
		return NULL;
	}
	*ref = expr_add_ref(c, *whole, at, p);
	return c->failed ? NULL : p;
}

const struct point_spec *
expr_take_point(struct compiler *c, struct token *whole, uint16_t *ref)
{
	struct token t = expr_take_name(c);
	char buf[80];

	if (t.length == 0) {
		t = expr_here(c);
		expr_fail(c, t, "\"%s\" is no point", expr_shown(c, t, buf));
		expr_hint(c, "expected POINT, or DEVICE.POINT");
		return NULL;
	}
	return expr_find_point(c, t, whole, ref);
}

/* The word of a state at this place: the longest one, or its number. false: failed. */
bool
expr_take_state(struct compiler *c, const struct point_spec *p, double *raw)
{
	const char **words = arena_array(c->arena, p->word_count, sizeof(*words));
	size_t best = 0;
	struct token t;

	expr_skip(c);
	for (size_t i = 0; i < p->word_count; i++) {
		size_t n = strlen(p->words[i].text);
		char after = '\0';

		words[i] = p->words[i].text;
		if (strncmp(c->text + c->at, words[i], n) != 0)
			continue;
		after = c->text[c->at + n];
		if (n <= best || (after != '\0' && strchr(EXPR_NAME_CHARS, after) != NULL))
			continue;
		best = n;
		*raw = (double)p->words[i].raw;
	}
	if (best > 0) {
		c->at += best;
		return true;
	}
	t = expr_here(c);
	expr_fail_choices(c, t, "is no state of this point", words, p->word_count);
	return false;
}

bool
expr_take_group(struct compiler *c, struct token name, struct group *g)
{
	const char *const *names = NULL;
	struct token zone = expr_take_name(c);
	bool no_zone = false;
	size_t count = 0;
	char buf[80];

	g->count = c->scope->group(c->scope->arg, expr_name_of(c, name), expr_name_of(c, zone),
	    g->refs, g->specs, &no_zone, &names, &count);
	if (no_zone) {
		expr_fail_choices(c, zone, "is no zone of this site", names, count);
		return false;
	}
	if (g->count == 0) {
		expr_fail(c, name, "no device there has a point \"%s\"", expr_shown(c, name, buf));
		expr_hint(
		    c, "a group holds all points of one name in a zone and the zones inside it");
		return false;
	}
	if (g->count > EXPR_GROUP_MAX) {
		expr_fail(
		    c, name, "this group has %zu points, more than %d", g->count, EXPR_GROUP_MAX);
		expr_hint(c, "name a smaller zone");
		return false;
	}
	return true;
}

/* Is this "NAME in ZONE"? Reads nothing if not. */
bool
expr_is_group(struct compiler *c, struct token *name)
{
	size_t at = c->at;

	*name = expr_take_name(c);
	if (name->length > 0 && expr_take(c, "in"))
		return true;
	c->at = at;
	return false;
}

/* ---- comparisons ----------------------------------------------------------------------------- */

static const struct {
	const char *sign;
	enum expr_code code;
} signs[] = {
    /* the longer ones first */
    {"==", EXPR_EQUAL},
    {"!=", EXPR_DIFFERS},
    {"<=", EXPR_LESS_EQUAL},
    {">=", EXPR_GREATER_EQUAL},
    {"<", EXPR_LESS},
    {">", EXPR_GREATER},
};

bool
expr_take_sign(struct compiler *c, enum expr_code *code, struct token *t)
{
	expr_skip(c);
	t->from = c->at;
	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
		if (!expr_take(c, signs[i].sign))
			continue;
		*code = signs[i].code;
		t->length = strlen(signs[i].sign);
		return true;
	}
	return false;
}

/* Only what has a unit can be computed with. */
bool
expr_want_number(struct compiler *c, const struct operand *o, struct token t)
{
	if (c->failed)
		return false;
	if (o->states != NULL) {
		expr_fail(c, t, "%s has states, no number", o->states->name);
		expr_hint(c, "compare it with one of its words: == or !=");
	} else if (o->is_condition) {
		expr_fail(c, t, "a number is expected, this is true or false");
		expr_hint(c, "compute first, compare after: (a + b) > 3");
	}
	return !c->failed;
}

bool
expr_want_condition(struct compiler *c, const struct operand *o, struct token t)
{
	if (c->failed || o->is_condition)
		return !c->failed;
	expr_fail(c, t, "a condition is expected, this is %s",
	    o->states != NULL ? "a point with states" : "a number");
	expr_hint(c, "compare it with something, such as > 30 or == running");
	return false;
}

struct operand
expr_compute(
    struct compiler *c, enum expr_code code, struct operand a, struct operand b, struct token t)
{
	struct operand out = {0};
	char what[120];

	if (!expr_want_number(c, &a, t) || !expr_want_number(c, &b, t))
		return out;
	if (!expr_combine(code, &a, &b, &out, what, sizeof(what))) {
		expr_fail(c, t, "%s", what);
		expr_hint(c, "both sides need the same unit");
		return out;
	}
	expr_emit(c, (struct expr_op){.code = code}, 2);
	return out;
}

/* The state that was named; the point is on the stack. */
struct operand
expr_compare_state(
    struct compiler *c, const struct operand *a, enum expr_code code, struct token sign)
{
	double raw = 0;

	if (code != EXPR_EQUAL && code != EXPR_DIFFERS) {
		expr_fail(c, sign, "a state is not more or less than another");
		expr_hint(c, "write == WORD or != WORD");
	} else if (expr_take_state(c, a->states, &raw)) {
		expr_emit(c, (struct expr_op){.code = EXPR_NUMBER, .number = raw}, 0);
		expr_emit(c, (struct expr_op){.code = code}, 2);
	}
	return (struct operand){.is_condition = true};
}
