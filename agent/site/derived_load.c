/*
 * What the site itself has: derived points and alarms over any point, as the points and alarms of
 * one more device that stands for the site.
 */
#include "base/text.h"
#include "site/expr_load.h"

#include <string.h>

/* Ten years: a derived value grows old with its inputs, never by itself. */
#define NEVER_STALE_MS ((int64_t)10 * 366 * 24 * 3600 * 1000)

static const struct word condition_words[] = {
    {0, "no", {"no", "いいえ"}},
    {1, "yes", {"yes", "はい"}},
};

/* Title and unit are those of the registry, if the name is in it. */
static bool
name_load(
    struct loader *l, const struct pair *p, const struct derived_keys *k, struct point_spec *out)
{
	const struct name_entry *e = names_look(l, &l->names.points, p->key->text);
	struct finding *x;

	out->title = k->title;
	if (e != NULL) {
		if (out->title.en == NULL)
			out->title = e->title;
		if (e->unit == NULL || out->unit == NULL || e->unit == out->unit)
			return true;
		x = ERROR(l, node_get(p->value, "expr"), "this gives %s, not %s", out->unit->code,
		    e->unit->code);
		HINT(l, x, "%s is in %s by names.yaml; give it another name", out->name,
		    e->unit->code);
		return false;
	}
	if (out->title.en != NULL)
		return true;
	HINT(l, ERROR(l, p->key, "\"title\" is missing: what people call it"),
	    "a name that is not in names.yaml has to bring its own title");
	return false;
}

static bool
point_load_derived(struct loader *l, const struct site *site, const struct pair *p,
    const struct profile *before, const char *const *zones, struct point_spec *out)
{
	const struct node *text;
	struct derived_keys k = {0};
	bool good = name_read(&l->rd, p->key, false);

	*out = (struct point_spec){.name = p->key->text,
	    .zone = NO_INDEX,
	    .poll = POLL_NORMAL,
	    .place = node_place(p->key)};
	good = section_read(&l->rd, &section_derived, p->value, p->key, SECTION_WHOLE, &k) && good;
	text = node_get(p->value, "expr");
	if (k.zone)
		out->zone = refer(l, node_get(p->value, "zone"), "zone", zones, site->zone_count);
	out->codec.scale = 1;
	out->deadband = k.deadband;
	out->has_range = k.range.count == 2;
	if (out->has_range) {
		out->min = k.range.at[0];
		out->max = k.range.at[1];
	}
	if (k.expr == NULL || text == NULL || text->kind != NODE_SCALAR)
		return false;
	out->expr = expr_load(l, text, before);
	if (out->expr == NULL)
		return false;
	out->unit = out->expr->unit;
	if (out->expr->is_condition) {
		out->words = condition_words;
		out->word_count = 2;
	}
	return name_load(l, p, &k, out) && good;
}

/* Each one sees those before it: so there are no circles. */
static void
points_load(struct loader *l, const struct site *site, const struct node *map, struct profile *p)
{
	size_t n = map ? map->count : 0;
	struct point_spec *points = arena_array(l->rd.arena, n, sizeof(*points));
	const char **zones = arena_array(l->rd.arena, site->zone_count, sizeof(*zones));

	for (size_t i = 0; i < site->zone_count; i++)
		zones[i] = site->zones[i].name;
	p->points = points;
	for (size_t i = 0; i < n; i++) {
		struct point_spec one;

		if (point_load_derived(l, site, &map->pairs[i], p, zones, &one))
			points[p->point_count++] = one;
	}
}

void
derived_load(
    struct loader *l, const struct site_keys *k, const struct site *site, struct device_spec *out)
{
	struct profile *p = arena_alloc(l->rd.arena, sizeof(*p));

	*p = (struct profile){.name = SITE_DEVICE,
	    .kind = SITE_DEVICE,
	    .title = site->title,
	    .source = "the site file",
	    .verified = "",
	    .file = site->file};
	*out = (struct device_spec){.name = SITE_DEVICE,
	    .title = site->title,
	    .profile = p,
	    .link = NO_INDEX,
	    .zone = NO_INDEX,
	    .parent = NO_INDEX,
	    .lost_after = 1,
	    .place = {.file = site->file, .line = 1, .column = 1}};
	for (int i = 0; i < POLL_CLASS_COUNT; i++) {
		out->period_ms[i] = NEVER_STALE_MS;
		out->stale_after_ms[i] = NEVER_STALE_MS;
	}
	points_load(l, site, k->derived, p);
}

void
site_rules_load(struct loader *l, const struct node *map, struct device_spec *out)
{
	size_t n = map ? map->count : 0;
	struct alarm_rule *rules = arena_array(l->rd.arena, n, sizeof(*rules));

	out->alarms = rules;
	for (size_t i = 0; i < n; i++) {
		struct draft_rule rule;

		if (rule_load(l, &map->pairs[i], out->profile, &rule) && rule.enabled)
			rules[out->alarm_count++] = rule.rule;
	}
}
