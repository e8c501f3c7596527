/* Which units go together, as tables. */
#include "core/expr_types.h"

#include "base/text.h"

#include <string.h>

static bool
is(const struct unit *u, const char *code)
{
	return u != NULL && strcmp(u->code, code) == 0;
}

/* Counts and shares may scale anything. */
static bool
is_scalar(const struct operand *o)
{
	return o->is_plain || is(o->unit, "1") || is(o->unit, "%");
}

const char *
expr_unit_word(const struct operand *o)
{
	return o->unit == NULL ? "a plain number" : o->unit->code;
}

const struct unit *
expr_difference(const struct unit *u)
{
	return is(u, "Cel") ? unit_find("K") : u;
}

const struct unit *
expr_per_minute(struct arena *a, const struct unit *u)
{
	const struct unit *known;
	struct unit *made;
	const char *code;

	if (u == NULL)
		return NULL; /* the point is wrong itself, and reported */
	code = is(u, "1") ? "1/min" : arena_printf(a, "%s/min", u->code);
	known = unit_find(code);
	if (known != NULL)
		return known;
	made = arena_alloc(a, sizeof(*made));
	made->code = code;
	made->label = arena_printf(a, "%s/min", u->label);
	made->what = arena_printf(a, "%s per time", u->what);
	return made;
}

/* Products and sums that change the unit, both ways round for products. */
static const struct {
	enum expr_code code;
	const char *a, *b, *result;
} rules[] = {
    {EXPR_MULTIPLY, "V", "A", "VA"},
    {EXPR_MULTIPLY, "kW", "h", "kWh"},
    {EXPR_MULTIPLY, "W", "h", "Wh"},
    {EXPR_DIVIDE, "W", "V", "A"},
    {EXPR_DIVIDE, "VA", "V", "A"},
    {EXPR_DIVIDE, "V", "A", "Ohm"},
    {EXPR_DIVIDE, "W", "VA", "1"},
    {EXPR_DIVIDE, "kWh", "h", "kW"},
    {EXPR_DIVIDE, "Wh", "h", "W"},
    {EXPR_ADD, "Cel", "K", "Cel"},
    {EXPR_ADD, "K", "Cel", "Cel"},
    {EXPR_SUBTRACT, "Cel", "K", "Cel"},
    {EXPR_SUBTRACT, "Cel", "Cel", "K"},
};

static const struct unit *
find_rule(enum expr_code code, const struct unit *a, const struct unit *b)
{
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		if (rules[i].code != code)
			continue;
		if ((is(a, rules[i].a) && is(b, rules[i].b)) ||
		    (code == EXPR_MULTIPLY && is(a, rules[i].b) && is(b, rules[i].a)))
			return unit_find(rules[i].result);
	}
	return NULL;
}

static const char *
verb(enum expr_code code)
{
	switch (code) {
	case EXPR_ADD:
		return "added to";
	case EXPR_SUBTRACT:
		return "taken from";
	case EXPR_MULTIPLY:
		return "multiplied by";
	case EXPR_DIVIDE:
		return "divided by";
	default:
		return "compared with";
	}
}

static bool
refuse(
    enum expr_code code, const struct operand *a, const struct operand *b, char *what, size_t size)
{
	const struct operand *first = code == EXPR_SUBTRACT ? b : a;
	const struct operand *second = code == EXPR_SUBTRACT ? a : b;

	text_printf(what, size, "%s cannot be %s %s", expr_unit_word(first), verb(code),
	    expr_unit_word(second));
	return false;
}

bool
expr_combine(enum expr_code code, const struct operand *a, const struct operand *b,
    struct operand *out, char *what, size_t size)
{
	bool compares = code >= EXPR_LESS && code <= EXPR_DIFFERS;
	bool scales = code == EXPR_MULTIPLY || code == EXPR_DIVIDE;
	const struct unit *made = find_rule(code, a->unit, b->unit);

	*out = (struct operand){.is_condition = compares};
	if (compares || !scales) {
		if (made == NULL && !a->is_plain && !b->is_plain && a->unit != b->unit)
			return refuse(code, a, b, what, size);
		if (compares)
			return true;
		out->unit = made != NULL ? made : a->is_plain ? b->unit : a->unit;
		out->is_plain = a->is_plain && b->is_plain;
		return true;
	}
	if (made != NULL)
		out->unit = made;
	else if (code == EXPR_DIVIDE && a->unit != NULL && a->unit == b->unit)
		out->unit = unit_find("1");
	else if (is_scalar(b)) {
		out->unit = a->unit;
		out->is_plain = a->is_plain;
	} else if (code == EXPR_MULTIPLY && is_scalar(a))
		out->unit = b->unit;
	else
		return refuse(code, a, b, what, size);
	return true;
}
