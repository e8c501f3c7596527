/* Alarm rules: the profile's, the site's changes to them, and comm_lost, which every device has. */
#include "site/loader.h"

#include <math.h>
#include <string.h>

void
rule_lost(struct loader *l, struct draft_rule *out)
{
	const struct name_entry *e = names_look(l, &l->names.alarms, "comm_lost");

	*out = (struct draft_rule){
	    .enabled = true,
	    .rule =
		{
		    .name = "comm_lost",
		    .title = e ? e->title : (struct label){.en = "Does not answer"},
		    .kind = RULE_DEVICE_LOST,
		    .priority = PRIORITY_MEDIUM,
		    .when = "the device does not answer",
		    .remedy =
			{
			    .en = "Check that the device has power, then its cable and its "
				  "address; nothing it watches is seen until it answers.",
			    .ja = "機器の電源、次にケーブルとアドレスを確認してください。"
				  "応答するまで、この機器の監視はできません。",
			},
		    .place = {.file = "built-in", .line = 1, .column = 1},
		},
	};
}

static void
keys_from(const struct draft_rule *d, struct rule_keys *k)
{
	*k = (struct rule_keys){.enabled = d->enabled,
	    .when = d->rule.when,
	    .title = d->rule.title,
	    .remedy = d->rule.remedy,
	    .hysteresis = d->rule.hysteresis,
	    .on_delay = d->rule.on_delay_ms,
	    .off_delay = d->rule.off_delay_ms,
	    .priority = (int)d->rule.priority,
	    .latch = d->rule.latch,
	    .in_maintenance = (int)d->rule.in_maintenance};
}

static void
keys_to(const struct rule_keys *k, struct draft_rule *d)
{
	d->enabled = k->enabled;
	d->rule.when = k->when;
	d->rule.title = k->title;
	d->rule.remedy = k->remedy;
	d->rule.hysteresis = k->hysteresis;
	d->rule.on_delay_ms = k->on_delay;
	d->rule.off_delay_ms = k->off_delay;
	d->rule.priority = (enum priority)k->priority;
	d->rule.latch = k->latch;
	d->rule.in_maintenance = (enum rule_in_maintenance)k->in_maintenance;
}

/* An alarm that stands must be able to end within what the point can be. */
static bool
check_end(struct loader *l, const struct node *map, const struct profile *points,
    const struct alarm_rule *r)
{
	const struct point_spec *p = &points->points[r->point];
	bool is_rate = p->needs != NULL && p->needs->rate != RATE_NONE;
	double min = p->has_range ? p->min : is_rate ? 0 : -INFINITY;
	double most = r->kind == RULE_HIGH ? r->limit - min
		      : p->has_range       ? p->max - r->limit
					   : INFINITY;

	if (r->hysteresis <= most)
		return true;
	HINT(l,
	    ERROR(l, node_key(map, node_get(map, "hysteresis") ? "hysteresis" : "when"),
		"this alarm could never end: %s is never %s %g", p->name,
		r->kind == RULE_HIGH ? "below" : "above",
		r->kind == RULE_HIGH ? r->limit - r->hysteresis : r->limit + r->hysteresis),
	    "expected a hysteresis of at most %g", most);
	return false;
}

/* What only makes sense for some kinds, after `when` is known. */
static bool
check_kind(struct loader *l, const struct node *map, const struct profile *points,
    const struct draft_rule *d)
{
	bool limit = d->rule.kind == RULE_HIGH || d->rule.kind == RULE_LOW;
	const struct node *n = node_get(map, "hysteresis");

	if (d->rule.kind == RULE_STUCK && d->rule.on_delay_ms == 0) {
		HINT(l, ERROR(l, node_get(map, "when"), "stuck() needs an on_delay"),
		    "say how long it may stand still, such as on_delay: 6h");
		return false;
	}
	if (limit && (n != NULL || node_get(map, "when") != NULL))
		return check_end(l, map, points, &d->rule);
	if (n == NULL || d->rule.hysteresis == 0)
		return true;
	HINT(l, ERROR(l, node_key(map, "hysteresis"), "hysteresis needs a limit (> or <)"),
	    "remove it; use off_delay against chatter");
	return false;
}

static bool
load(struct loader *l, const struct section *section, const struct pair *p,
    const struct profile *points, struct draft_rule *out, struct rule_keys *k)
{
	const struct name_entry *e = names_find(l, &l->names.alarms, p->key, "alarm");
	bool good = name_read(&l->rd, p->key, false) && (e || !l->names.usable);

	*out = (struct draft_rule){.rule = {.name = p->key->text, .place = node_place(p->key)}};
	if (!section_read(&l->rd, section, p->value, p->key, SECTION_WHOLE, k))
		good = false;
	if (k->title.en == NULL)
		k->title = e ? e->title : (struct label){.en = out->rule.name};
	keys_to(k, out);
	if (k->when == NULL || !when_parse(l, node_get(p->value, "when"), points, &out->rule))
		return false;
	return check_kind(l, p->value, points, out) && good;
}

bool
rule_load(
    struct loader *l, const struct pair *p, const struct profile *points, struct draft_rule *out)
{
	struct rule_keys k = {0};

	return load(l, &section_rule, p, points, out, &k);
}

bool
rule_load_row(struct loader *l, const struct pair *p, const struct profile *points,
    struct draft_rule *out, const struct node **rows)
{
	struct rule_keys k = {0};
	bool good = load(l, &section_row_rule, p, points, out, &k);

	*rows = k.rows;
	return good;
}

/* comm_lost has no condition of its own and cannot be switched off. */
static bool
check_lost(struct loader *l, const struct pair *p, const struct draft_rule *d)
{
	if (node_get(p->value, "when")) {
		HINT(l, ERROR(l, node_key(p->value, "when"), "comm_lost has its own condition"),
		    "remove it; lost_after of the device says when it is lost");
		return false;
	}
	if (!d->enabled) {
		HINT(l, ERROR(l, node_get(p->value, "enabled"), "comm_lost cannot be switched off"),
		    "a device that is silent must be known; lower its priority instead");
		return false;
	}
	return true;
}

bool
rule_change(
    struct loader *l, const struct pair *p, const struct profile *points, struct draft_rule *rule)
{
	const struct node *when = node_get(p->value, "when");
	struct rule_keys k;
	bool good;

	keys_from(rule, &k);
	good = section_read(&l->rd, &section_rule_change, p->value, p->key, SECTION_CHANGES, &k);
	keys_to(&k, rule);
	rule->rule.place = node_place(p->key);
	if (rule->rule.kind == RULE_DEVICE_LOST)
		good = check_lost(l, p, rule) && good;
	else if (when && when->kind == NODE_SCALAR)
		good = when_parse(l, when, points, &rule->rule) && good;
	return good && check_kind(l, p->value, points, rule);
}

/* ---- points that nobody would miss ------------------------------------------------------------
 */

/* Somebody must come for it, and it is judged by good values alone. */
static bool
is_urgent(const struct draft_rule *d)
{
	return d->enabled && d->rule.priority >= PRIORITY_HIGH && d->rule.kind != RULE_MISSING &&
	       d->rule.kind != RULE_STUCK && d->rule.kind != RULE_EXPR &&
	       d->rule.kind != RULE_DEVICE_LOST;
}

/* A missing(POINT) that is switched off was switched off by a person: it counts. */
static bool
is_answered(const struct draft_rule *rules, size_t n, size_t i)
{
	for (size_t j = 0; j < n; j++) {
		if (rules[j].rule.kind == RULE_DEVICE_LOST || rules[j].rule.kind == RULE_EXPR ||
		    rules[j].rule.point != rules[i].rule.point)
			continue;
		if (rules[j].rule.kind == RULE_MISSING || (j < i && is_urgent(&rules[j])))
			return true; /* or said at the first rule of this point */
	}
	return false;
}

void
rules_check_missing(struct loader *l, const struct node *map, const struct profile *points,
    const struct draft_rule *rules, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct alarm_rule *r = &rules[i].rule;
		const struct pair *of = rules[i].written;
		const struct node *at = of ? of->value : node_get(map, r->name);

		/* A change that leaves condition and priority alone makes nothing urgent. */
		if (!is_urgent(&rules[i]) || is_answered(rules, n, i) || at == NULL ||
		    (node_get(at, "when") == NULL && node_get(at, "priority") == NULL))
			continue;
		HINT(l,
		    WARNING(l, of ? of->key : node_key(map, r->name),
			"\"%s\" stands still while %s has no good value, and nobody is told",
			r->name, points->points[r->point].name),
		    "add an alarm with when: missing(%s), so that a broken sensor is said",
		    points->points[r->point].name);
	}
}
