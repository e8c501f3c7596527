/*
 * The compiler: recursive descent over the text, operations straight onto a list. It stops at the
 * first mistake; text of any kind must end in an expression or in a sentence.
 */
#include "core/expr.h"

#include "base/text.h"
#include "core/expr_types.h"

#include <ctype.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX    1000 /* bytes of an expression */
#define NESTING_MAX 20
#define NAME_CHARS  "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"

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

static struct operand parse_or(struct compiler *c);

/* ---- errors ---------------------------------------------------------------------------------- */

/* The first mistake is the one that is told. */
static void __attribute__((format(printf, 3, 4)))
fail(struct compiler *c, struct token t, const char *fmt, ...)
{
	va_list args;

	if (c->failed)
		return;
	c->failed = true;
	memset(c->error, 0, sizeof(*c->error));
	c->error->from = t.from;
	c->error->length = t.length;
	va_start(args, fmt);
	vsnprintf(c->error->what, sizeof(c->error->what), fmt, args);
	va_end(args);
}

static void
hint(struct compiler *c, const char *text)
{
	if (c->error->hint[0] == '\0')
		text_copy(c->error->hint, sizeof(c->error->hint), text);
}

/* Begins the sentence with what was written: fit to be shown. */
static const char *
shown(const struct compiler *c, struct token t, char buf[80])
{
	text_clean(buf, 80, c->text + t.from, t.length < 60 ? t.length : 60);
	return buf;
}

static void
fail_choices(
    struct compiler *c, struct token t, const char *what, const char *const *names, size_t count)
{
	char buf[80];

	if (c->failed)
		return;
	fail(c, t, "\"%s\" %s", shown(c, t, buf), what);
	c->error->word = arena_strndup(c->arena, c->text + t.from, t.length);
	c->error->names = names;
	c->error->name_count = count;
}

/* ---- tokens ---------------------------------------------------------------------------------- */

static void
skip(struct compiler *c)
{
	c->at += strspn(c->text + c->at, " ");
}

/* Takes `word` (a sign, or a whole name) if it stands here. */
static bool
take(struct compiler *c, const char *word)
{
	size_t n = strlen(word);

	skip(c);
	if (strncmp(c->text + c->at, word, n) != 0)
		return false;
	if (isalpha((unsigned char)word[0]) && c->text[c->at + n] != '\0' &&
	    strchr(NAME_CHARS, c->text[c->at + n]) != NULL)
		return false;
	c->at += n;
	return true;
}

/* What stands here, for a message: a name, or one character. */
static struct token
here(struct compiler *c)
{
	struct token t;

	skip(c);
	t.from = c->at;
	t.length = strspn(c->text + c->at, NAME_CHARS);
	if (t.length == 0)
		t.length = text_utf8(c->text + c->at, strlen(c->text + c->at) + 1);
	if (c->text[c->at] == '\0')
		t.length = 0;
	return t;
}

static struct token
take_name(struct compiler *c)
{
	struct token t;

	skip(c);
	t.from = c->at;
	t.length = strspn(c->text + c->at, NAME_CHARS);
	c->at += t.length;
	return t;
}

static bool
expect(struct compiler *c, const char *sign, const char *why)
{
	char buf[80];
	struct token t;

	if (c->failed || take(c, sign))
		return !c->failed;
	t = here(c);
	if (t.length == 0)
		fail(c, t, "the expression ends where \"%s\" is expected", sign);
	else
		fail(c, t, "\"%s\" stands where \"%s\" is expected", shown(c, t, buf), sign);
	hint(c, why);
	return false;
}

static char *
name_of(struct compiler *c, struct token t)
{
	return arena_strndup(c->arena, c->text + t.from, t.length);
}

/* ---- operations ------------------------------------------------------------------------------ */

/* `pops` values go, one comes. */
static void
emit(struct compiler *c, struct expr_op op, size_t pops)
{
	struct token all = {0, strlen(c->text)};

	if (c->failed)
		return;
	c->depth = c->depth + 1 - pops;
	if (c->op_count == EXPR_OPS_MAX || c->depth > EXPR_DEPTH_MAX + EXPR_REFS_MAX) {
		fail(c, all, "this expression is too large");
		hint(c, "write a derived point for a part of it");
		return;
	}
	c->ops[c->op_count++] = op;
}

static uint16_t
add_ref(struct compiler *c, struct token t, struct expr_ref ref, const struct point_spec *spec)
{
	for (size_t i = 0; i < c->ref_count; i++)
		if (c->refs[i].device == ref.device && c->refs[i].point == ref.point)
			return (uint16_t)i;
	if (c->ref_count == EXPR_REFS_MAX) {
		fail(c, t, "this expression uses more than %d points", EXPR_REFS_MAX);
		hint(c, "write a derived point for a part of it");
		return 0;
	}
	c->refs[c->ref_count] = ref;
	c->specs[c->ref_count] = spec;
	return (uint16_t)c->ref_count++;
}

static struct operand
operand_of(const struct point_spec *p)
{
	if (p->expr != NULL && p->expr->is_condition)
		return (struct operand){.is_condition = true};
	if (p->words != NULL)
		return (struct operand){.states = p, .unit = p->unit};
	return (struct operand){.unit = p->unit};
}

/* ---- points ---------------------------------------------------------------------------------- */

/* The name was read; a device before a dot, or the point itself. NULL: failed. */
static const struct point_spec *
find_point(struct compiler *c, struct token first, struct token *whole, uint16_t *ref)
{
	const char *device = NULL, *const *names = NULL;
	struct token name = first;
	struct expr_ref at;
	bool no_device = false;
	size_t count = 0;
	const struct point_spec *p;

	if (c->text[c->at] == '.') {
		c->at++;
		device = name_of(c, first);
		name = take_name(c);
	}
	*whole = (struct token){first.from, name.from + name.length - first.from};
	p = c->scope->point(
	    c->scope->arg, device, name_of(c, name), &at, &no_device, &names, &count);
	if (p == NULL) {
		fail_choices(c, no_device ? first : name,
		    no_device        ? "is no device of this site"
		    : device == NULL ? "is no point here"
				     : "is no point of this device",
		    names, count);
		return NULL;
	}
	*ref = add_ref(c, *whole, at, p);
	return c->failed ? NULL : p;
}

static const struct point_spec *
take_point(struct compiler *c, struct token *whole, uint16_t *ref)
{
	struct token t = take_name(c);
	char buf[80];

	if (t.length == 0) {
		t = here(c);
		fail(c, t, "\"%s\" is no point", shown(c, t, buf));
		hint(c, "expected POINT, or DEVICE.POINT");
		return NULL;
	}
	return find_point(c, t, whole, ref);
}

/* The word of a state at this place: the longest one, or its number. false: failed. */
static bool
take_state(struct compiler *c, const struct point_spec *p, double *raw)
{
	const char **words = arena_array(c->arena, p->word_count, sizeof(*words));
	size_t best = 0;
	struct token t;

	skip(c);
	for (size_t i = 0; i < p->word_count; i++) {
		size_t n = strlen(p->words[i].text);
		char after = '\0';

		words[i] = p->words[i].text;
		if (strncmp(c->text + c->at, words[i], n) != 0)
			continue;
		after = c->text[c->at + n];
		if (n <= best || (after != '\0' && strchr(NAME_CHARS, after) != NULL))
			continue;
		best = n;
		*raw = (double)p->words[i].raw;
	}
	if (best > 0) {
		c->at += best;
		return true;
	}
	t = here(c);
	fail_choices(c, t, "is no state of this point", words, p->word_count);
	return false;
}

/* "NAME in ZONE" was seen up to "in": its points, for the caller to put on the stack. */
struct group {
	struct expr_ref refs[EXPR_GROUP_MAX];
	const struct point_spec *specs[EXPR_GROUP_MAX];
	size_t count;
};

static bool
take_group(struct compiler *c, struct token name, struct group *g)
{
	const char *const *names = NULL;
	struct token zone = take_name(c);
	bool no_zone = false;
	size_t count = 0;
	char buf[80];

	g->count = c->scope->group(c->scope->arg, name_of(c, name), name_of(c, zone), g->refs,
	    g->specs, &no_zone, &names, &count);
	if (no_zone) {
		fail_choices(c, zone, "is no zone of this site", names, count);
		return false;
	}
	if (g->count == 0) {
		fail(c, name, "no device there has a point \"%s\"", shown(c, name, buf));
		hint(c, "a group holds all points of one name in a zone and the zones inside it");
		return false;
	}
	if (g->count > EXPR_GROUP_MAX) {
		fail(c, name, "this group has %zu points, more than %d", g->count, EXPR_GROUP_MAX);
		hint(c, "name a smaller zone");
		return false;
	}
	return true;
}

/* Is this "NAME in ZONE"? Reads nothing if not. */
static bool
is_group(struct compiler *c, struct token *name)
{
	size_t at = c->at;

	*name = take_name(c);
	if (name->length > 0 && take(c, "in"))
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

static bool
take_sign(struct compiler *c, enum expr_code *code, struct token *t)
{
	skip(c);
	t->from = c->at;
	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
		if (!take(c, signs[i].sign))
			continue;
		*code = signs[i].code;
		t->length = strlen(signs[i].sign);
		return true;
	}
	return false;
}

/* Only what has a unit can be computed with. */
static bool
want_number(struct compiler *c, const struct operand *o, struct token t)
{
	if (c->failed)
		return false;
	if (o->states != NULL) {
		fail(c, t, "%s has states, no number", o->states->name);
		hint(c, "compare it with one of its words: == or !=");
	} else if (o->is_condition) {
		fail(c, t, "a number is expected, this is true or false");
	}
	return !c->failed;
}

static bool
want_condition(struct compiler *c, const struct operand *o, struct token t)
{
	if (c->failed || o->is_condition)
		return !c->failed;
	fail(c, t, "a condition is expected, this is %s",
	    o->states != NULL ? "a point with states" : "a number");
	hint(c, "compare it with something, such as > 30 or == running");
	return false;
}

static struct operand
combine(struct compiler *c, enum expr_code code, struct operand a, struct operand b, struct token t)
{
	struct operand out = {0};
	char what[120];

	if (!want_number(c, &a, t) || !want_number(c, &b, t))
		return out;
	if (!expr_combine(code, &a, &b, &out, what, sizeof(what))) {
		fail(c, t, "%s", what);
		hint(c, "both sides need the same unit");
		return out;
	}
	emit(c, (struct expr_op){.code = code}, 2);
	return out;
}

/* The state that was named; the point is on the stack. */
static struct operand
compare_state(struct compiler *c, const struct operand *a, enum expr_code code, struct token sign)
{
	double raw = 0;

	if (code != EXPR_EQUAL && code != EXPR_DIFFERS) {
		fail(c, sign, "a state is not more or less than another");
		hint(c, "write == WORD or != WORD");
	} else if (take_state(c, a->states, &raw)) {
		emit(c, (struct expr_op){.code = EXPR_NUMBER, .number = raw}, 0);
		emit(c, (struct expr_op){.code = code}, 2);
	}
	return (struct operand){.is_condition = true};
}

/* ---- functions ------------------------------------------------------------------------------- */

/* "10min", "1h": for windows. */
static int64_t
take_window(struct compiler *c)
{
	static const struct {
		const char *unit;
		int64_t ms;
	} units[] = {{"min", 60000}, {"s", 1000}, {"h", 3600000}, {"d", 86400000}};
	struct token t = here(c);
	char *end = NULL;
	double n = strtod(c->text + t.from, &end);
	size_t digits = (size_t)(end - (c->text + t.from));
	char buf[80];

	for (size_t i = 0; digits > 0 && i < sizeof(units) / sizeof(units[0]); i++) {
		c->at = t.from + digits;
		if (c->text[c->at] == ' ' || !take(c, units[i].unit))
			continue;
		if (n * (double)units[i].ms < EXPR_WINDOW_MIN_MS ||
		    n * (double)units[i].ms > (double)EXPR_WINDOW_MAX_MS)
			break;
		return (int64_t)(n * (double)units[i].ms);
	}
	fail(c, t, "\"%s\" is no length of time", shown(c, t, buf));
	hint(c, "expected 10s to 7d, such as 30s, 10min or 1h");
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
	const struct point_spec *p = take_point(c, &t, &op.ref);
	struct operand o;

	if (p == NULL)
		return (struct operand){0};
	o = operand_of(p);
	if (!want_number(c, &o, t) || !expect(c, ",", "the length of time follows: 10min"))
		return o;
	op.window_ms = take_window(c);
	op.slot = new_slot(c);
	emit(c, op, 0);
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
	const struct point_spec *p = take_point(c, &t, &op.ref);

	if (p != NULL && p->words == NULL)
		fail(c, t, "%s is a number, it has no states", p->name);
	if (p != NULL && !c->failed && expect(c, ",", "the state follows") &&
	    take_state(c, p, &op.number)) {
		op.slot = new_slot(c);
		emit(c, op, 0);
	}
	return (struct operand){.unit = unit_find("s")};
}

/* good(POINT), missing(POINT) */
static struct operand
parse_good(struct compiler *c, enum expr_code code)
{
	struct token t = {0, 0};
	struct expr_op op = {.code = code};

	if (take_point(c, &t, &op.ref) != NULL)
		emit(c, op, 0);
	return (struct operand){.is_condition = true};
}

/* dew_point(t, rh) and its relatives */
static struct operand
parse_air(struct compiler *c, enum expr_code code)
{
	static const char *const units[2] = {"Cel", "%RH"};

	for (int i = 0; i < 2 && !c->failed; i++) {
		struct token t = here(c);
		struct operand o = parse_or(c);

		t.length = c->at - t.from;
		if (want_number(c, &o, t) && o.unit != NULL && o.unit != unit_find(units[i])) {
			fail(c, t, "%s is expected here, this is %s", units[i], expr_unit_word(&o));
			hint(c, "the temperature comes first, then the relative humidity");
		}
		if (i == 0)
			expect(c, ",", "temperature and humidity: two values");
	}
	emit(c, (struct expr_op){.code = code}, 2);
	return (struct operand){.unit = unit_find(code == EXPR_ABSOLUTE_HUMIDITY ? "g/m3" : "Cel")};
}

static struct operand
parse_abs(struct compiler *c, enum expr_code code)
{
	struct token t = here(c);
	struct operand o = parse_or(c);

	t.length = c->at - t.from;
	if (want_number(c, &o, t))
		emit(c, (struct expr_op){.code = code}, 1);
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

	if (!take_group(c, name, g))
		return o;
	*count = g->count;
	if (code == EXPR_COUNT && !take_sign(c, &compare, &sign)) {
		fail(c, here(c), "count needs a comparison after the group");
		hint(c, "such as count(temperature in room > 30)");
	}
	after = c->at;
	for (size_t i = 0; i < g->count && !c->failed; i++) {
		struct expr_op op = {
		    .code = EXPR_POINT, .ref = add_ref(c, name, g->refs[i], g->specs[i])};
		struct operand member = operand_of(g->specs[i]);

		emit(c, op, 0);
		if (code == EXPR_COUNT) {
			/* The same words are read again for each member: its own states. */
			c->at = after;
			if (member.states != NULL)
				member = compare_state(c, &member, compare, sign);
			else {
				struct operand limit = parse_or(c);

				member = combine(c, compare, member, limit, sign);
			}
		} else if (i == 0) {
			first = member;
			want_number(c, &member, name);
		} else if (member.unit != first.unit) {
			fail(c, name, "the points of this group have different units");
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

	if (is_group(c, &name)) {
		all = parse_group(c, code, name, &count);
	} else {
		do {
			struct token t = here(c);
			struct operand o = parse_or(c), joined;

			t.length = c->at - t.from;
			if (c->failed || count == EXPR_REFS_MAX)
				break;
			if (code == EXPR_COUNT)
				want_condition(c, &o, t);
			else if (want_number(c, &o, t) && count > 0 &&
				 !expr_combine(EXPR_LESS, &all, &o, &joined, what, sizeof(what)))
				fail(c, t, "%s", what);
			if (count == 0 || all.is_plain)
				all = o;
			count++;
		} while (take(c, ","));
	}
	emit(c, (struct expr_op){.code = code, .count = (uint16_t)count}, count);
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

static struct operand
parse_call(struct compiler *c, struct token name)
{
	const char **names = arena_array(c->arena, FUNCTION_COUNT, sizeof(*names));
	struct operand o = {0};

	for (size_t i = 0; i < FUNCTION_COUNT; i++) {
		names[i] = functions[i].name;
		if (strlen(names[i]) != name.length ||
		    strncmp(names[i], c->text + name.from, name.length) != 0)
			continue;
		o = functions[i].parse(c, functions[i].code);
		expect(c, ")", "each bracket that is opened is closed");
		return o;
	}
	fail_choices(c, name, "is no function", names, FUNCTION_COUNT);
	return o;
}

/* ---- the grammar, from the inside out -------------------------------------------------------- */

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
		fail(c, t, "\"%s\" is no number", shown(c, t, buf));
		return (struct operand){0};
	}
	c->at += t.length;
	if (c->text[c->at] != '\0' && strchr(NAME_CHARS, c->text[c->at]) != NULL) {
		t.length += strspn(c->text + c->at, NAME_CHARS);
		fail(c, t, "\"%s\" is no number", shown(c, t, buf));
		hint(c, "numbers are written without their unit");
	}
	emit(c, (struct expr_op){.code = EXPR_NUMBER, .number = n}, 0);
	return (struct operand){.is_plain = true};
}

static struct operand
parse_primary(struct compiler *c)
{
	struct token t = here(c), whole;
	uint16_t ref = 0;
	const struct point_spec *p;
	struct operand o = {0};
	char buf[80];

	if (t.length == 0) {
		fail(c, t, "the expression ends where a value is expected");
		return o;
	}
	if (isdigit((unsigned char)c->text[c->at]) || c->text[c->at] == '.')
		return parse_number(c);
	if (take(c, "(")) {
		o = parse_or(c);
		expect(c, ")", "each bracket that is opened is closed");
		return o;
	}
	if (take_name(c).length == 0) {
		fail(c, t, "\"%s\" stands where a value is expected", shown(c, t, buf));
		hint(c, "expected a number, POINT, DEVICE.POINT, FUNCTION(...) or (...)");
		return o;
	}
	if (take(c, "("))
		return parse_call(c, t);
	c->at = t.from + t.length;
	if ((p = find_point(c, t, &whole, &ref)) == NULL)
		return o;
	emit(c, (struct expr_op){.code = EXPR_POINT, .ref = ref}, 0);
	return operand_of(p);
}

static struct operand
parse_unary(struct compiler *c)
{
	struct token t = here(c);
	struct operand o;

	if (!take(c, "-"))
		return parse_primary(c);
	if (++c->nesting > NESTING_MAX) {
		fail(c, t, "this expression is nested too deeply");
		return (struct operand){0};
	}
	o = parse_unary(c);
	c->nesting--;
	if (want_number(c, &o, t))
		emit(c, (struct expr_op){.code = EXPR_NEGATE}, 1);
	return o;
}

static struct operand
parse_product(struct compiler *c)
{
	struct operand o = parse_unary(c);

	while (!c->failed) {
		struct token t = here(c);
		enum expr_code code = EXPR_MULTIPLY;

		t.length = 1;
		if (!take(c, "*")) {
			if (!take(c, "/"))
				break;
			code = EXPR_DIVIDE;
		}
		struct operand right = parse_unary(c);

		o = combine(c, code, o, right, t);
	}
	return o;
}

static struct operand
parse_sum(struct compiler *c)
{
	struct operand o = parse_product(c);

	while (!c->failed) {
		struct token t = here(c);
		enum expr_code code = EXPR_ADD;

		t.length = 1;
		if (!take(c, "+")) {
			if (!take(c, "-"))
				break;
			code = EXPR_SUBTRACT;
		}
		struct operand right = parse_product(c);

		o = combine(c, code, o, right, t);
	}
	return o;
}

static struct operand
parse_compare(struct compiler *c)
{
	struct operand o = parse_sum(c);
	enum expr_code code;
	struct token sign;

	if (c->failed || !take_sign(c, &code, &sign))
		return o;
	if (o.states != NULL)
		return compare_state(c, &o, code, sign);
	if ((code == EXPR_EQUAL || code == EXPR_DIFFERS) && o.unit != NULL &&
	    o.unit != unit_find("1")) {
		fail(c, sign, "a measurement is never met to the last digit");
		hint(c, "write > or <");
		return o;
	}
	struct operand right = parse_sum(c);

	return combine(c, code, o, right, sign);
}

static struct operand
parse_not(struct compiler *c)
{
	struct token t = here(c);
	struct operand o;

	if (!take(c, "not"))
		return parse_compare(c);
	if (++c->nesting > NESTING_MAX) {
		fail(c, t, "this expression is nested too deeply");
		return (struct operand){0};
	}
	o = parse_not(c);
	c->nesting--;
	if (want_condition(c, &o, t))
		emit(c, (struct expr_op){.code = EXPR_NOT}, 1);
	return o;
}

/* One of the two levels of logic. */
static struct operand
parse_logic(struct compiler *c, const char *word, enum expr_code code,
    struct operand (*inner)(struct compiler *c))
{
	struct token t = here(c);
	struct operand o = inner(c);

	while (!c->failed && take(c, word)) {
		struct token next = here(c);
		struct operand right = inner(c);

		if (want_condition(c, &o, t) && want_condition(c, &right, next))
			emit(c, (struct expr_op){.code = code}, 2);
	}
	return o;
}

static struct operand
parse_and(struct compiler *c)
{
	return parse_logic(c, "and", EXPR_AND, parse_not);
}

static struct operand
parse_or(struct compiler *c)
{
	struct operand o;

	if (++c->nesting > NESTING_MAX) {
		fail(c, here(c), "this expression is nested too deeply");
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

const struct expr *
expr_compile(
    struct arena *a, const struct expr_scope *scope, const char *text, struct expr_error *error)
{
	struct compiler *c = xcalloc(1, sizeof(*c));
	const struct expr *x = NULL;
	struct operand o = {0};
	struct token t = {0, strlen(text)};
	char buf[80];

	*c = (struct compiler){.arena = a, .scope = scope, .error = error, .text = text};
	if (t.length > TEXT_MAX)
		fail(c, t, "this expression is longer than %d bytes", TEXT_MAX);
	else
		o = parse_or(c);
	if (!c->failed && (t = here(c)).length > 0)
		fail(c, t, "\"%s\" stands where the expression should end", shown(c, t, buf));
	if (!c->failed && o.states != NULL)
		fail(c, (struct token){0, strlen(text)}, "a point alone is no expression");
	if (!c->failed && c->ref_count == 0)
		fail(c, (struct token){0, strlen(text)}, "there is no point in this expression");
	if (!c->failed)
		x = finish(c, &o);
	free(c);
	return x;
}
