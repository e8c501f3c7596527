/* The stack machine of expressions. */
#include "core/expr_run.h"

#include "core/psychro.h"

#include <math.h>
#include <string.h>

/* From the best to the worst. */
static const uint8_t rank[QUALITY_COUNT] = {
    [QUALITY_GOOD] = 0,
    [QUALITY_SUBSTITUTED] = 1,
    [QUALITY_STALE] = 2,
    [QUALITY_BAD] = 3,
    [QUALITY_COMM_LOST] = 4,
    [QUALITY_NEVER] = 5,
};

static bool
has_value(enum quality q)
{
	return rank[q] <= rank[QUALITY_STALE];
}

/* ---- what slots remember --------------------------------------------------------------------- */

static int64_t
spacing_ms(int64_t window_ms)
{
	return window_ms / EXPR_BUCKETS;
}

static unsigned
bucket_at(const struct expr_slot *s, unsigned n)
{
	return (s->first + n) % (EXPR_BUCKETS + 2);
}

static void
remember(struct expr_slot *s, int64_t window_ms, double value, mono_t now)
{
	const mono_t newest =
	    s->count > 0 ? s->buckets[bucket_at(s, s->count - 1)].at : (mono_t){0};

	if (s->count > 0 && mono_before(now, mono_add_ms(newest, spacing_ms(window_ms))))
		return;
	if (s->count == EXPR_BUCKETS + 2) {
		s->first = bucket_at(s, 1);
		s->count--;
	}
	s->buckets[bucket_at(s, s->count)].at = now;
	s->buckets[bucket_at(s, s->count)].value = value;
	s->count++;
}

static void
follow_state(struct expr_slot *s, const struct point_state *p, double state, mono_t now)
{
	bool in = p->quality == QUALITY_GOOD && p->value == state;

	/* A state that could not be seen for a while may have been left: it counts anew. */
	if (in && !s->in_state)
		s->since = now;
	s->in_state = in;
}

void
expr_feed(const struct expr *x, size_t ref, const struct point_state *points, const uint32_t *flat,
    struct expr_slot *slots, mono_t now)
{
	const struct point_state *p = &points[flat[ref]];

	for (size_t i = 0; i < x->op_count; i++) {
		const struct expr_op *op = &x->ops[i];

		if (op->ref != ref)
			continue;
		if (op->code == EXPR_TIME_IN)
			follow_state(&slots[op->slot], p, op->number, now);
		else if (op->code != EXPR_CHANGE && op->code != EXPR_RATE)
			continue;
		else if (p->quality == QUALITY_BAD && p->defect == DEFECT_NO_ROW)
			slots[op->slot].count = 0; /* what comes next may be another row's */
		else if (p->quality == QUALITY_GOOD)
			remember(&slots[op->slot], op->window_ms, p->value, p->read_at);
	}
}

/*
 * The change over the window: against the youngest memory that is old enough. One that is much
 * older (the point was away) is no answer to the question.
 */
static struct expr_value
change_of(const struct expr_op *op, const struct point_state *p, const struct expr_slot *s)
{
	struct expr_value v = {.quality = p->quality, .defect = p->defect};
	const int64_t least_ms = op->window_ms - spacing_ms(op->window_ms);
	int64_t age_ms;

	if (!has_value(p->quality))
		return v;
	for (unsigned n = s->count; n-- > 0;) {
		unsigned at = bucket_at(s, n);

		age_ms = mono_ms_between(p->read_at, s->buckets[at].at);
		if (age_ms < least_ms)
			continue;
		if (age_ms > op->window_ms + op->window_ms / 2)
			break;
		v.value = p->value - s->buckets[at].value;
		if (op->code == EXPR_RATE)
			v.value *= 60e3 / (double)age_ms;
		return v;
	}
	/* It has not been watched for long enough. */
	v.quality = QUALITY_NEVER;
	return v;
}

/* ---- operations ------------------------------------------------------------------------------ */

static void
worsen(struct expr_value *v, const struct expr_value *by)
{
	if (rank[by->quality] <= rank[v->quality])
		return;
	v->quality = by->quality;
	v->defect = by->defect;
}

static struct expr_value
number(struct expr_value v)
{
	if (has_value(v.quality) && !isfinite(v.value)) {
		v.quality = QUALITY_BAD;
		v.defect = DEFECT_TYPE;
		v.value = 0;
	}
	return v;
}

/* Known: it can be relied upon to decide something. */
static bool
is_known(const struct expr_value *v)
{
	return v->quality == QUALITY_GOOD || v->quality == QUALITY_SUBSTITUTED;
}

static struct expr_value
logic(enum expr_code code, struct expr_value a, struct expr_value b)
{
	double decides = code == EXPR_OR ? 1 : 0;

	if (is_known(&a) && a.value == decides)
		return a;
	if (is_known(&b) && b.value == decides)
		return b;
	worsen(&a, &b);
	a.value = code == EXPR_OR ? (a.value != 0 || b.value != 0) : (a.value != 0 && b.value != 0);
	return a;
}

static double
compute(enum expr_code code, double a, double b)
{
	switch (code) {
	case EXPR_ADD:
		return a + b;
	case EXPR_SUBTRACT:
		return a - b;
	case EXPR_MULTIPLY:
		return a * b;
	case EXPR_DIVIDE:
		return b == 0 ? NAN : a / b;
	case EXPR_LESS:
		return a < b;
	case EXPR_LESS_EQUAL:
		return a <= b;
	case EXPR_GREATER:
		return a > b;
	case EXPR_GREATER_EQUAL:
		return a >= b;
	case EXPR_EQUAL:
		return a == b;
	case EXPR_DIFFERS:
		return a != b;
	case EXPR_DEW_POINT:
		return psychro_dew_point(a, b);
	case EXPR_WET_BULB:
		return psychro_wet_bulb(a, b);
	case EXPR_ABSOLUTE_HUMIDITY:
		return psychro_absolute_humidity(a, b);
	default:
		return NAN;
	}
}

/* Does what is known of one side decide the comparison, the other being known? */
static bool
is_decided(enum expr_code code, const struct expr_value *a, const struct expr_value *b, bool is_so)
{
	bool greater = code == EXPR_GREATER || code == EXPR_GREATER_EQUAL;
	bool less = code == EXPR_LESS || code == EXPR_LESS_EQUAL;
	/* The left side, or turned round the right one, is at least as much as its value. */
	bool more = a->bound == EXPR_AT_LEAST || b->bound == EXPR_AT_MOST;

	if (!greater && !less)
		return false;
	if (a->bound != EXPR_EXACT ? !is_known(b) : b->bound == EXPR_EXACT || !is_known(a))
		return false;
	return (more ? greater : less) == is_so;
}

/*
 * A state that the profile does not list is not the one that is named. Known only where it differs:
 * an alarm on the state that is named does not end because of it.
 */
static bool
is_another_state(enum expr_code code, const struct expr_value *a, const struct expr_value *b)
{
	return code == EXPR_DIFFERS && a->quality == QUALITY_BAD &&
	       a->defect == DEFECT_UNKNOWN_WORD && is_known(b);
}

static struct expr_value
binary(enum expr_code code, struct expr_value a, struct expr_value b)
{
	double value;

	if (code == EXPR_AND || code == EXPR_OR)
		return logic(code, a, b);
	if (is_another_state(code, &a, &b))
		return (struct expr_value){.value = 1, .quality = QUALITY_GOOD};
	value = compute(code, a.value, b.value);
	if (is_decided(code, &a, &b, value != 0))
		return (struct expr_value){.value = value, .quality = QUALITY_GOOD};
	a.value = value;
	a.bound = EXPR_EXACT;
	worsen(&a, &b);
	return number(a);
}

static struct expr_value
unary(enum expr_code code, struct expr_value a)
{
	a.value = code == EXPR_NOT ? a.value == 0 : code == EXPR_ABS ? fabs(a.value) : -a.value;
	a.bound = EXPR_EXACT;
	return a;
}

/*
 * Of max(), min() and count() with unknown inputs: what the known ones say. The quality stays that
 * of the worst.
 */
static void
bound_by_known(const struct expr_op *op, const struct expr_value *v, struct expr_value *out)
{
	double value = 0;
	size_t known = 0;

	for (size_t i = 0; i < op->count; i++) {
		double x = op->code == EXPR_COUNT ? v[i].value != 0 : v[i].value;

		if (!is_known(&v[i]))
			continue;
		if (op->code == EXPR_COUNT)
			value += x;
		else if (known == 0 || (op->code == EXPR_MAX ? x > value : x < value))
			value = x;
		known++;
	}
	if (known == 0 || known == op->count)
		return;
	out->value = value;
	out->bound = op->code == EXPR_MIN ? EXPR_AT_MOST : EXPR_AT_LEAST;
}

static struct expr_value
several(const struct expr_op *op, const struct expr_value *v)
{
	struct expr_value out = v[0];

	out.bound = EXPR_EXACT;

	if (op->code == EXPR_COUNT)
		out.value = out.value != 0;
	for (size_t i = 1; i < op->count; i++) {
		double x = v[i].value;

		worsen(&out, &v[i]);
		switch (op->code) {
		case EXPR_MIN:
			out.value = x < out.value ? x : out.value;
			break;
		case EXPR_MAX:
			out.value = x > out.value ? x : out.value;
			break;
		case EXPR_COUNT:
			out.value += x != 0;
			break;
		default:
			out.value += x;
			break;
		}
	}
	if (op->code == EXPR_AVERAGE)
		out.value /= op->count;
	out = number(out);
	if (op->code == EXPR_MAX || op->code == EXPR_MIN || op->code == EXPR_COUNT)
		bound_by_known(op, v, &out);
	return out;
}

static struct expr_value
leaf(const struct expr_op *op, const struct point_state *p, const struct expr_slot *slots,
    mono_t now, mono_t *again)
{
	struct expr_value v = {.quality = QUALITY_GOOD};

	switch (op->code) {
	case EXPR_NUMBER:
		v.value = op->number;
		return v;
	case EXPR_GOOD:
		v.value = p->quality == QUALITY_GOOD;
		return v;
	case EXPR_MISSING:
		v.value = p->quality != QUALITY_GOOD;
		return v;
	case EXPR_CHANGE:
	case EXPR_RATE:
		return change_of(op, p, &slots[op->slot]);
	case EXPR_TIME_IN:
		v.quality = p->quality;
		v.defect = p->defect;
		if (slots[op->slot].in_state) {
			v.value = floor((double)mono_ms_between(now, slots[op->slot].since) / 1000);
			*again = mono_min(*again, mono_add_ms(now, 1000));
		}
		return v;
	default:
		return (struct expr_value){
		    .value = p->value, .quality = p->quality, .defect = p->defect};
	}
}

struct expr_value
expr_run(const struct expr *x, const struct point_state *points, const uint32_t *flat,
    const struct expr_slot *slots, mono_t now, mono_t *again)
{
	struct expr_value stack[EXPR_DEPTH_MAX + EXPR_REFS_MAX];
	size_t n = 0;

	stack[0] = (struct expr_value){.quality = QUALITY_NEVER}; /* a program has operations */
	*again = MONO_NEVER;
	for (size_t i = 0; i < x->op_count; i++) {
		const struct expr_op *op = &x->ops[i];

		if (op->code <= EXPR_TIME_IN) {
			const struct point_state *p =
			    op->code == EXPR_NUMBER ? NULL : &points[flat[op->ref]];

			stack[n++] = leaf(op, p, slots, now, again);
		} else if (op->code == EXPR_NEGATE || op->code == EXPR_ABS ||
			   op->code == EXPR_NOT) {
			stack[n - 1] = unary(op->code, stack[n - 1]);
		} else if (op->code >= EXPR_MIN && op->code <= EXPR_COUNT) {
			n -= op->count;
			stack[n] = several(op, &stack[n]);
			n++;
		} else {
			n--;
			stack[n - 1] = binary(op->code, stack[n - 1], stack[n]);
		}
		/* What is made of a state is none itself: another one cannot be told from it. */
		if (op->code != EXPR_POINT && stack[n - 1].defect == DEFECT_UNKNOWN_WORD)
			stack[n - 1].defect = DEFECT_NOT_VALID;
	}
	return stack[0];
}
