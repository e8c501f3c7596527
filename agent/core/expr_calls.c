/* The functions of expressions: what stands between their brackets. */
#include "core/expr_i.h"

#include <stdlib.h>
#include <string.h>

/* "10min", "1h": for windows. */
static int64_t
take_window(struct compiler *c)
{
	static const struct {
		const char *unit;
		int64_t ms;
	} units[] = {{"min", 60000}, {"s", 1000}, {"h", 3600000}, {"d", 86400000}};
	struct token t = expr_here(c);
	char *end = NULL;
	double n = strtod(c->text + t.from, &end);
	size_t digits = (size_t)(end - (c->text + t.from));
	char buf[80];

	for (size_t i = 0; digits > 0 && i < sizeof(units) / sizeof(units[0]); i++) {
		c->at = t.from + digits;
		if (c->text[c->at] == ' ' || !expr_take(c, units[i].unit))
			continue;
		n *= (double)units[i].ms;
		/* Not turned round: "nan" is neither less nor more. */
		if (!(n >= EXPR_WINDOW_MIN_MS && n <= (double)EXPR_WINDOW_MAX_MS))
			break;
		return (int64_t)n;
	}
	expr_fail(c, t, "\"%s\" is no length of time", expr_shown(c, t, buf));
	expr_hint(c, "expected 10s to 7d, such as 30s, 10min or 1h");
	return EXPR_WINDOW_MIN_MS;
}

static uint16_t
new_slot(struct compiler *c)
{
	return (uint16_t)c->slot_count++;
}

/* change(POINT, 10min), rate(POINT, 10min) */
static struct operand
parse_window(struct compiler *c, enum expr_code code)
{
	struct token t = {0, 0};
	struct expr_op op = {.code = code};
	const struct point_spec *p = expr_take_point(c, &t, &op.ref);
	struct operand o;

	if (p == NULL)
		return (struct operand){0};
	o = expr_operand_of(p);
	if (!expr_want_number(c, &o, t) ||
	    !expr_expect(c, ",", "the length of time follows: 10min"))
		return o;
	op.window_ms = take_window(c);
	op.slot = new_slot(c);
	expr_emit(c, op, 0);
	o.unit = expr_difference(o.unit);
	if (code == EXPR_RATE)
		o.unit = expr_per_minute(c->arena, o.unit);
	return o;
}

/* time_in_state(POINT, WORD) */
static struct operand
parse_time_in(struct compiler *c, enum expr_code code)
{
	struct token t = {0, 0};
	struct expr_op op = {.code = code};
	const struct point_spec *p = expr_take_point(c, &t, &op.ref);

	if (p != NULL && p->words == NULL) {
		expr_fail(c, t, "%s is a number, it has no states", p->name);
		expr_hint(
		    c, "expected a point with words; for how long a limit is passed use on_delay");
	}
	if (p != NULL && !c->failed && expr_expect(c, ",", "the state follows") &&
	    expr_take_state(c, p, &op.number)) {
		op.slot = new_slot(c);
		expr_emit(c, op, 0);
	}
	return (struct operand){.unit = unit_find("s")};
}

/* good(POINT), missing(POINT) */
static struct operand
parse_good(struct compiler *c, enum expr_code code)
{
	struct token t = {0, 0};
	struct expr_op op = {.code = code};

	if (expr_take_point(c, &t, &op.ref) != NULL)
		expr_emit(c, op, 0);
	return (struct operand){.is_condition = true};
}

/* dew_point(t, rh) and its relatives */
static struct operand
parse_air(struct compiler *c, enum expr_code code)
{
	static const char *const units[2] = {"Cel", "%RH"};

	for (int i = 0; i < 2 && !c->failed; i++) {
		struct token t = expr_here(c);
		struct operand o = expr_parse_or(c);

		t.length = c->at - t.from;
		if (expr_want_number(c, &o, t) && o.unit != NULL && o.unit != unit_find(units[i])) {
			expr_fail(
			    c, t, "%s is expected here, this is %s", units[i], expr_unit_word(&o));
			expr_hint(c, "the temperature comes first, then the relative humidity");
		}
		if (i == 0)
			expr_expect(c, ",", "temperature and humidity: two values");
	}
	expr_emit(c, (struct expr_op){.code = code}, 2);
	return (struct operand){.unit = unit_find(code == EXPR_ABSOLUTE_HUMIDITY ? "g/m3" : "Cel")};
}

static struct operand
parse_abs(struct compiler *c, enum expr_code code)
{
	struct token t = expr_here(c);
	struct operand o = expr_parse_or(c);

	t.length = c->at - t.from;
	if (expr_want_number(c, &o, t))
		expr_emit(c, (struct expr_op){.code = code}, 1);
	return o;
}

/* Members of a group onto the stack; with count, each compared with the same thing. */
static struct operand
parse_group(struct compiler *c, enum expr_code code, struct token name, size_t *count)
{
	struct group *g = arena_alloc(c->arena, sizeof(*g));
	struct operand first = {0}, o = {0};
	enum expr_code compare = EXPR_CODE_COUNT;
	struct token sign = {0, 0};
	size_t after = 0;

	if (!expr_take_group(c, name, g))
		return o;
	*count = g->count;
	if (code == EXPR_COUNT && !expr_take_sign(c, &compare, &sign)) {
		expr_fail(c, expr_here(c), "count needs a comparison after the group");
		expr_hint(c, "such as count(temperature in room > 30)");
	}
	after = c->at;
	for (size_t i = 0; i < g->count && !c->failed; i++) {
		struct expr_op op = {
		    .code = EXPR_POINT, .ref = expr_add_ref(c, name, g->refs[i], g->specs[i])};
		struct operand member = expr_operand_of(g->specs[i]);

		expr_emit(c, op, 0);
		if (code == EXPR_COUNT) {
			/* The same words are read again for each member: its own states. */
			c->at = after;
			if (member.states != NULL)
				member = expr_compare_state(c, &member, compare, sign);
			else {
				struct operand limit = expr_parse_or(c);

				member = expr_compute(c, compare, member, limit, sign);
			}
		} else if (i == 0) {
			first = member;
			expr_want_number(c, &member, name);
		} else if (member.unit != first.unit) {
			expr_fail(c, name, "the points of this group have different units");
			expr_hint(c, "expected points of one unit: name them one by one");
		}
		o = member;
	}
	return o;
}

/* min, max, avg, sum, count: of a list or of a group */
static struct operand
parse_several(struct compiler *c, enum expr_code code)
{
	struct operand all = {0};
	struct token name;
	char what[120];
	size_t count = 0;

	if (expr_is_group(c, &name)) {
		all = parse_group(c, code, name, &count);
	} else {
		do {
			struct token t = expr_here(c);
			struct operand o = expr_parse_or(c), joined;

			t.length = c->at - t.from;
			if (c->failed || count == EXPR_REFS_MAX)
				break;
			if (code == EXPR_COUNT)
				expr_want_condition(c, &o, t);
			else if (expr_want_number(c, &o, t) && count > 0 &&
				 !expr_combine(EXPR_LESS, &all, &o, &joined, what, sizeof(what))) {
				expr_fail(c, t, "%s", what);
				expr_hint(c, "expected values of one unit");
			}
			if (count == 0 || all.is_plain)
				all = o;
			count++;
		} while (expr_take(c, ","));
	}
	expr_emit(c, (struct expr_op){.code = code, .count = (uint16_t)count}, count);
	if (code == EXPR_COUNT)
		all = (struct operand){.unit = unit_find("1")};
	return all;
}

static const struct function {
	const char *name;
	enum expr_code code;
	struct operand (*parse)(struct compiler *c, enum expr_code code);
} functions[] = {
    {"min", EXPR_MIN, parse_several},
    {"max", EXPR_MAX, parse_several},
    {"avg", EXPR_AVERAGE, parse_several},
    {"sum", EXPR_SUM, parse_several},
    {"count", EXPR_COUNT, parse_several},
    {"abs", EXPR_ABS, parse_abs},
    {"good", EXPR_GOOD, parse_good},
    {"missing", EXPR_MISSING, parse_good},
    {"change", EXPR_CHANGE, parse_window},
    {"rate", EXPR_RATE, parse_window},
    {"time_in_state", EXPR_TIME_IN, parse_time_in},
    {"dew_point", EXPR_DEW_POINT, parse_air},
    {"wet_bulb", EXPR_WET_BULB, parse_air},
    {"absolute_humidity", EXPR_ABSOLUTE_HUMIDITY, parse_air},
};
#define FUNCTION_COUNT (sizeof(functions) / sizeof(functions[0]))

struct operand
expr_parse_call(struct compiler *c, struct token name)
{
	const char **names = arena_array(c->arena, FUNCTION_COUNT, sizeof(*names));
	struct operand o = {0};

	for (size_t i = 0; i < FUNCTION_COUNT; i++) {
		names[i] = functions[i].name;
		if (strlen(names[i]) != name.length ||
		    strncmp(names[i], c->text + name.from, name.length) != 0)
			continue;
		o = functions[i].parse(c, functions[i].code);
		expr_expect(c, ")", "each bracket that is opened is closed");
		return o;
	}
	expr_fail_choices(c, name, "is no function", names, FUNCTION_COUNT);
	return o;
}
