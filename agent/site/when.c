/*
 * The condition of an alarm: POINT > N, POINT < N, POINT == WORD or N, POINT != WORD or N,
 * missing(POINT): one comparison with one number, so that a person can say at once what it means,
 * and with a hysteresis. Anything larger is an expression.
 */
#include "base/text.h"
#include "site/expr_load.h"
#include "site/scalar.h"

#include <math.h>
#include <string.h>

#define FORMS                                                                                      \
	"expected POINT > N, POINT < N, POINT == WORD, POINT != WORD, missing(POINT) or "          \
	"stuck(POINT)"

struct when {
	struct loader *l;
	const struct node *n;
	const struct profile *points;
};

/* A part of the text: from byte `from`, `length` bytes. */
struct part {
	size_t from, length;
};

static struct finding *
error_part(const struct when *w, struct part part, const char *what)
{
	char text[NODE_SHOWN_MAX];

	text_clean(text, sizeof(text), w->n->text + part.from, part.length);
	return error_in(w->l->rd.findings, w->n, part.from, part.length, "\"%s\" %s", text, what);
}

static size_t
skip_blanks(const char *s, size_t at)
{
	return at + strspn(s + at, " ");
}

static struct part
word_at(const char *s, size_t at)
{
	return (struct part){
	    at, strspn(s + at, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			       "0123456789_")};
}

/* Index of the point, or NO_INDEX: reported. */
static int
find_point(const struct when *w, struct part part)
{
	const struct profile *p = w->points;
	const char **names = arena_array(w->l->rd.scratch, p->point_count, sizeof(*names));
	char *name = arena_strndup(w->l->rd.scratch, w->n->text + part.from, part.length);
	struct finding *x;

	for (size_t i = 0; i < p->point_count; i++) {
		names[i] = p->points[i].name;
		if (strcmp(names[i], name) == 0)
			return (int)i;
	}
	x = error_part(w, part, "is no point of this profile");
	finding_choices(w->l->rd.findings, x, name, names, p->point_count);
	return NO_INDEX;
}

/* What can be said of a point by a word before it. */
static const struct {
	const char *word;
	enum rule_kind kind;
} calls[] = {{"missing", RULE_MISSING}, {"stuck", RULE_STUCK}};

/* RULE_KIND_COUNT: none of them. */
static enum rule_kind
call_of(const char *s, struct part name)
{
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (strlen(calls[i].word) == name.length &&
		    strncmp(s + name.from, calls[i].word, name.length) == 0)
			return calls[i].kind;
	return RULE_KIND_COUNT;
}

static bool
parse_call(const struct when *w, enum rule_kind kind, size_t at, struct alarm_rule *out)
{
	const char *s = w->n->text;
	struct part name = word_at(s, skip_blanks(s, at));
	size_t end = skip_blanks(s, name.from + name.length);
	int point;

	if (name.length == 0 || s[end] != ')' || s[skip_blanks(s, end + 1)] != '\0') {
		HINT(w->l, ERROR(w->l, w->n, "this condition cannot be understood"), FORMS);
		return false;
	}
	if ((point = find_point(w, name)) == NO_INDEX)
		return false;
	if (kind == RULE_STUCK && w->points->points[point].words != NULL) {
		HINT(w->l, error_part(w, name, "is a state, and may stand still"),
		    "a measurement that never moves is stuck");
		return false;
	}
	out->kind = kind;
	out->point = (uint16_t)point;
	out->limit = 0;
	return true;
}

static const struct {
	const char *sign;
	enum rule_kind kind; /* RULE_KIND_COUNT: refused */
	const char *refused;
} signs[] = {
    /* the longer ones first */
    {"==", RULE_EQUALS, NULL},
    {"!=", RULE_DIFFERS, NULL},
    {">=", RULE_KIND_COUNT, "write > (a limit is never met to the last digit)"},
    {"<=", RULE_KIND_COUNT, "write < (a limit is never met to the last digit)"},
    {">", RULE_HIGH, NULL},
    {"<", RULE_LOW, NULL},
    {"=", RULE_KIND_COUNT, "write =="},
};

/* The sign at `at`; its part in *part. RULE_KIND_COUNT: reported. */
static enum rule_kind
parse_sign(const struct when *w, size_t at, struct part *part)
{
	const char *s = w->n->text;

	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
		size_t length = strlen(signs[i].sign);

		if (strncmp(s + at, signs[i].sign, length) != 0)
			continue;
		*part = (struct part){at, length};
		if (signs[i].refused)
			HINT(w->l, error_part(w, *part, "is not one of the signs"), "%s",
			    signs[i].refused);
		return signs[i].kind;
	}
	HINT(w->l, ERROR(w->l, w->n, "this condition cannot be understood"), FORMS);
	return RULE_KIND_COUNT;
}

/* The right side of == and != for a point with words: the raw number of the word. */
static bool
state_limit(const struct when *w, const struct point_spec *p, struct part part, double *limit)
{
	const char **words = arena_array(w->l->rd.arena, p->word_count, sizeof(*words));
	char *text = arena_strndup(w->l->rd.arena, w->n->text + part.from, part.length);
	struct finding *x;
	int64_t raw;

	for (size_t i = 0; i < p->word_count; i++) {
		words[i] = p->words[i].text;
		if (strcmp(words[i], text) == 0) {
			*limit = (double)p->words[i].raw;
			return true;
		}
	}
	if (whole_parse(text, &raw) && word_find(p->words, p->word_count, raw)) {
		*limit = (double)raw;
		return true;
	}
	x = error_part(w, part, "is no state of this point");
	finding_choices(w->l->rd.findings, x, text, words, p->word_count);
	return false;
}

/* The right side for a measurement: a number that the point can reach. */
static bool
number_limit(const struct when *w, const struct point_spec *p, enum rule_kind kind,
    struct part part, double *limit)
{
	char *text = arena_strndup(w->l->rd.arena, w->n->text + part.from, part.length);
	char low[NUMBER_TEXT_MAX], high[NUMBER_TEXT_MAX];
	struct finding *x;

	if (!number_parse(text, limit)) {
		x = error_part(w, part, "is not a number");
		HINT(w->l, x,
		    "expected one number in %s, without its unit; for more conditions "
		    "write more alarms",
		    p->unit->code);
		return false;
	}
	if (!p->has_range ||
	    (*limit >= p->min && *limit <= p->max && (kind != RULE_HIGH || *limit < p->max) &&
		(kind != RULE_LOW || *limit > p->min)))
		return true;
	x = error_part(w, part, "can never be passed");
	HINT(w->l, x, "the range of %s is %s to %s %s", p->name, number_text(p->min, low),
	    number_text(p->max, high), p->unit->label);
	return false;
}

static bool
parse_limit(const struct when *w, const struct point_spec *p, enum rule_kind kind, struct part sign,
    struct part part, double *limit)
{
	if (part.length == 0) {
		HINT(w->l, error_part(w, sign, "compares with nothing"), FORMS);
		return false;
	}
	*limit = 0;
	if (p->unit == NULL)
		return true; /* the point itself is wrong and reported: no errors that follow from
				it */
	if (p->words == NULL)
		return number_limit(w, p, kind, part, limit);
	if (kind == RULE_EQUALS || kind == RULE_DIFFERS)
		return state_limit(w, p, part, limit);
	HINT(w->l, error_part(w, sign, "cannot be used: this point has states"),
	    "write == WORD or != WORD; its words begin with \"%s\"", p->words[0].text);
	return false;
}

/* Is there `what` in the text after byte `from`, outside of the words of the point? */
static bool
has_any(const char *s, const char *const *what)
{
	for (; *what; what++)
		if (strstr(s, *what))
			return true;
	return false;
}

/* The right side is just a word of the point, whatever it looks like ("closed and locked"). */
static bool
is_word_of(const struct when *w, struct part name, const char *rest)
{
	const struct profile *p = w->points;

	for (size_t i = 0; i < p->point_count; i++) {
		if (strlen(p->points[i].name) != name.length ||
		    strncmp(p->points[i].name, w->n->text + name.from, name.length) != 0)
			continue;
		for (size_t k = 0; k < p->points[i].word_count; k++)
			if (strcmp(p->points[i].words[k].text, rest) == 0)
				return true;
	}
	return false;
}

/* More than one comparison of one own point with a number or a word. */
static bool
is_expression(const struct when *w)
{
	static const char *const marks[] = {" and ", " or ", "(", "+", "*", "/", " - ", NULL};
	static const char *const signs_in[] = {" and ", " or ", ">", "<", "=", NULL};
	const char *s = w->n->text;
	struct part name = word_at(s, skip_blanks(s, 0));
	size_t at = skip_blanks(s, name.from + name.length), rest;
	const char *end;

	if (strncmp(s + name.from, "not ", 4) == 0 || s[name.from] == '(')
		return true;
	if (name.length == 0)
		return false;
	if (s[at] == '(') {
		end = strchr(s + at, ')');
		return call_of(s, name) == RULE_KIND_COUNT || memchr(s + at, '.', strlen(s + at)) ||
		       (end != NULL && has_any(end + 1, signs_in));
	}
	if (s[at] == '.' || strchr("+-*/", s[at] ? s[at] : ' '))
		return true;
	rest = at + strspn(s + at, "<>=!");
	if (rest == at)
		return false;
	rest = skip_blanks(s, rest);
	if (has_any(s + rest, marks))
		return !is_word_of(w, name, s + rest);
	/* another point on the right: DEVICE.POINT */
	end = strchr(s + rest, '.');
	return end != NULL && end > s + rest &&
	       strchr("abcdefghijklmnopqrstuvwxyz_", end[1] ? end[1] : '0') != NULL;
}

static bool
parse_expression(const struct when *w, struct alarm_rule *out)
{
	const struct expr *x = expr_load(w->l, w->n, w->points);

	if (x == NULL)
		return false;
	if (!x->is_condition) {
		HINT(w->l, ERROR(w->l, w->n, "this is a number, not a condition"),
		    "compare it with something, such as > 30");
		return false;
	}
	out->kind = RULE_EXPR;
	out->expr = x;
	out->point = 0;
	out->limit = 0;
	return true;
}

bool
when_parse(
    struct loader *l, const struct node *n, const struct profile *points, struct alarm_rule *out)
{
	const struct when w = {.l = l, .n = n, .points = points};
	const char *s = n->text;
	struct part name = word_at(s, skip_blanks(s, 0)), sign, rest;
	size_t at = skip_blanks(s, name.from + name.length);
	enum rule_kind kind;
	double limit;
	int point;

	if (is_expression(&w))
		return parse_expression(&w, out);
	if ((kind = call_of(s, name)) != RULE_KIND_COUNT && s[at] == '(')
		return parse_call(&w, kind, at + 1, out);
	if (name.length == 0) {
		HINT(l, ERROR(l, n, "this condition cannot be understood"), FORMS);
		return false;
	}
	if ((kind = parse_sign(&w, at, &sign)) == RULE_KIND_COUNT)
		return false;
	rest.from = skip_blanks(s, sign.from + sign.length);
	rest.length = strlen(s + rest.from);
	while (rest.length > 0 && s[rest.from + rest.length - 1] == ' ')
		rest.length--;
	if ((point = find_point(&w, name)) == NO_INDEX ||
	    !parse_limit(&w, &points->points[point], kind, sign, rest, &limit))
		return false;
	out->kind = kind;
	out->point = (uint16_t)point;
	out->limit = limit;
	return true;
}
