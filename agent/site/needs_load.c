/* Points that need other points of their device: valid_when, exponent, digits, rate. */
#include "site/loader.h"

#include <string.h>

/* Keys that only a rate can have. */
static bool
check_rate_keys(struct loader *l, const struct pair *p, const struct point_keys *k)
{
	static const char *const keys[] = {"uptime", "discontinuity"};

	for (size_t i = 0; i < 2; i++) {
		if (k->rate != RATE_NONE || node_get(p->value, keys[i]) == NULL)
			continue;
		HINT(l, ERROR(l, node_key(p->value, keys[i]), "only a rate needs \"%s\"", keys[i]),
		    "add rate: per_second or rate: per_minute, or remove it");
		return false;
	}
	return true;
}

/* What counts must say where it ends. */
static bool
check_rate(struct loader *l, const struct pair *p, const struct point_spec *out)
{
	static const enum value_type counters[] = {
	    TYPE_U16, TYPE_U32, TYPE_U64, TYPE_BCD16, TYPE_BCD32};
	const struct node *at = node_key(p->value, "rate");

	if (out->words || out->codec.width > 0 || out->codec.offset != 0) {
		HINT(l,
		    ERROR(
			l, at, "a rate is made of a whole counter, without words, bits and offset"),
		    "remove \"words\", \"bit\", \"width\" and \"offset\", or the rate");
		return false;
	}
	for (size_t i = 0; i < sizeof(counters) / sizeof(counters[0]); i++)
		if (out->codec.type == counters[i])
			return true;
	HINT(l, ERROR(l, at, "a rate needs to know where its counter ends"),
	    "expected type: u32 (Counter32), u64 (Counter64), u16, bcd16 or bcd32");
	return false;
}

bool
needs_read(
    struct loader *l, const struct pair *p, const struct point_keys *k, struct point_spec *out)
{
	struct needs *n;
	bool scaled = k->exponent || k->digits;

	if (!check_rate_keys(l, p, k))
		return false;
	if (!k->valid_when && !scaled && k->rate == RATE_NONE)
		return true;
	if (k->rate != RATE_NONE && !check_rate(l, p, out))
		return false;
	if (scaled && (out->words || k->rate != RATE_NONE || (k->exponent && k->digits))) {
		HINT(l,
		    ERROR(l, node_key(p->value, k->exponent ? "exponent" : "digits"),
			"a power of ten belongs to a measurement, once"),
		    "expected one of \"exponent\" and \"digits\", at a point without words and "
		    "rate");
		return false;
	}
	n = arena_alloc(l->rd.arena, sizeof(*n));
	n->rate = (enum rate)k->rate;
	n->digits = k->digits != NULL;
	out->needs = n;
	return true;
}

/* ---- names ------------------------------------------------------------------------------------
 */

/* 1 + index of the point that `key` names, for n->exponent and its like; false: reported. */
static bool
name_other(struct loader *l, const struct pair *p, const char *key, const char *row,
    const struct profile *all, const struct point_spec *out, uint16_t *index)
{
	const struct node *at = node_get(p->value, key);
	const char **names;
	const char *name;
	struct finding *x;

	*index = 0;
	if (at == NULL)
		return true;
	name = row ? row_text(l->rd.arena, at->text, row) : at->text;
	names = arena_array(l->rd.scratch, all->point_count, sizeof(*names));
	for (size_t i = 0; i < all->point_count; i++) {
		const struct point_spec *q = &all->points[i];

		names[i] = q->name ? q->name : "";
		if (strcmp(names[i], name) != 0)
			continue;
		*index = (uint16_t)(i + 1);
		if (q->needs == NULL && q->words == NULL && q->poll == out->poll)
			return true;
		HINT(l, ERROR(l, at, "\"%s\" cannot be asked about \"%s\"", name, out->name),
		    "expected a plain number that is read in the same poll (poll: ...)");
		return false;
	}
	x = ERROR(l, at, "\"%s\" is no point of this profile", name);
	finding_choices(l->rd.findings, x, name, names, all->point_count);
	return false;
}

static bool
link_guard(struct loader *l, const struct pair *p, const char *row, const struct profile *all,
    const struct point_spec *out, struct needs *n)
{
	const struct node *at = node_get(p->value, "valid_when");
	struct node *own;
	struct alarm_rule rule = {.kind = RULE_EXPR};

	if (at == NULL)
		return true;
	own = arena_alloc(l->rd.arena, sizeof(*own));
	*own = *at;
	if (row) {
		own->text = row_condition(l->rd.arena, at->text, row);
		own->plain = own->plain && strcmp(own->text, at->text) == 0;
	}
	n->when = own->text;
	/* good(POINT) is what missing(POINT) is not. */
	if (strncmp(own->text, "good(", 5) == 0) {
		own->text = arena_printf(l->rd.arena, "missing(%s", own->text + 5);
		own->plain = false;
	} else if (strncmp(own->text, "missing(", 8) == 0) {
		rule.kind = RULE_KIND_COUNT; /* what is missing says nothing */
	}
	if (rule.kind == RULE_EXPR && !when_parse(l, own, all, &rule))
		return false;
	if (rule.kind != RULE_MISSING && rule.kind != RULE_EQUALS && rule.kind != RULE_DIFFERS &&
	    rule.kind != RULE_HIGH && rule.kind != RULE_LOW) {
		HINT(l, ERROR(l, at, "this condition is too much here"), "expected " GUARD_FORMS);
		return false;
	}
	if (&all->points[rule.point] == out || all->points[rule.point].needs) {
		HINT(l,
		    ERROR(l, at, "\"%s\" needs another point itself", all->points[rule.point].name),
		    "a point that others rely upon must stand for itself");
		return false;
	}
	n->guard = (uint16_t)(rule.point + 1);
	n->kind = rule.kind;
	n->limit = rule.limit;
	return true;
}

bool
needs_link(struct loader *l, const struct pair *p, const char *row, const struct profile *all,
    struct point_spec *out)
{
	struct needs *n;
	uint16_t exponent, digits;

	if (out->needs == NULL)
		return true;
	n = arena_alloc(l->rd.arena, sizeof(*n));
	*n = *out->needs; /* each row has its own */
	if (!link_guard(l, p, row, all, out, n) ||
	    !name_other(l, p, "exponent", row, all, out, &exponent) ||
	    !name_other(l, p, "digits", row, all, out, &digits) ||
	    !name_other(l, p, "uptime", row, all, out, &n->uptime) ||
	    !name_other(l, p, "discontinuity", row, all, out, &n->discontinuity))
		return false;
	n->exponent = digits ? digits : exponent;
	out->needs = n;
	return true;
}
