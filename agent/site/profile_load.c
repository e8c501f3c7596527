/* A device type: firmware-config/profiles/KIND/NAME.yaml. Read once, however many devices use it.
 */
#include "site/loader.h"
#include "site/scalar.h"

#include <string.h>
#include <unistd.h>

static void
report_missing(struct loader *l, const struct node *at, const char *dir)
{
	const char **names;
	char shown[NODE_SHOWN_MAX];
	size_t n = list_files(l, dir, true, ".yaml", &names);
	struct finding *x =
	    ERROR(l, at, "there is no profile \"%s\" in %s", node_shown(at, shown), dir);

	finding_choices(l->rd.findings, x, at->text, names, n);
}

/* The file of a profile, or NULL: it is in no folder. */
static const char *
find_file(struct loader *l, const char *dir, const char *name)
{
	const char **folders;
	size_t n = list_files(l, dir, false, "", &folders);

	for (size_t i = 0; i < n; i++) {
		char *path = arena_printf(l->rd.arena, "%s/%s/%s.yaml", dir, folders[i], name);

		if (access(path, F_OK) == 0)
			return path;
	}
	return NULL;
}

static bool
same_place(const struct point_spec *a, const struct point_spec *b)
{
	if (a->at.table != b->at.table)
		return false;
	if (a->at.table == TABLE_OID)
		return a->at.oid.length == b->at.oid.length &&
		       memcmp(a->at.oid.sub, b->at.oid.sub,
			   a->at.oid.length * sizeof(*a->at.oid.sub)) == 0;
	return a->at.address == b->at.address && a->codec.bit == b->codec.bit &&
	       a->codec.width == b->codec.width;
}

/* What only shows with the whole profile at hand. */
static bool
check_source(struct loader *l, const struct node *key, const struct source *at,
    const struct profile *p, bool modbus)
{
	if ((at->table != TABLE_OID) != modbus) {
		HINT(l, ERROR(l, key, "this profile has Modbus addresses and OIDs"),
		    "make two profiles: one device is asked one way");
		return false;
	}
	if (modbus && at->address + at->count > 65536) {
		ERROR(l, key, "%d registers from %d go beyond 65535", at->count, at->address);
		return false;
	}
	if ((at->table == TABLE_HOLDING || at->table == TABLE_INPUT) &&
	    at->count > p->modbus.max_registers) {
		HINT(l, ERROR(l, key, "this value takes %d registers", at->count),
		    "modbus: max_registers must be at least %d, or it could be torn", at->count);
		return false;
	}
	return true;
}

static bool
points_load(struct loader *l, const struct node *map, struct profile *p, bool *modbus)
{
	struct point_spec *points;
	bool good = true;

	if (map == NULL || map->count == 0 || map->count > UINT16_MAX)
		return false;
	points = arena_array(l->rd.arena, map->count, sizeof(*points));
	p->points = points;
	p->point_count = map->count;
	for (size_t i = 0; i < map->count; i++) {
		const struct node *key = map->pairs[i].key;

		if (!point_load(l, &map->pairs[i], &points[i])) {
			good = false;
			continue;
		}
		if (i == 0)
			*modbus = points[0].at.table != TABLE_OID;
		if (!check_source(l, key, &points[i].at, p, *modbus))
			good = false;
		for (size_t j = 0; j < i; j++) {
			if (points[j].at.table == TABLE_NONE || !same_place(&points[i], &points[j]))
				continue;
			ERROR(l, key, "\"%s\" stands at the same place as \"%s\"", key->text,
			    points[j].name);
			good = false;
			break;
		}
	}
	return good;
}

static bool
facts_load(struct loader *l, const struct node *map, struct profile *p, bool modbus)
{
	struct fact_spec *facts;
	bool good = true;

	p->fact_count = map ? map->count : 0;
	facts = arena_array(l->rd.arena, p->fact_count, sizeof(*facts));
	p->facts = facts;
	for (size_t i = 0; i < p->fact_count; i++) {
		if (!fact_load(l, &map->pairs[i], &facts[i]) ||
		    !check_source(l, map->pairs[i].key, &facts[i].at, p, modbus))
			good = false;
	}
	return good;
}

static bool
rules_load(struct loader *l, const struct node *map, struct profile *p, struct profile_slot *slot)
{
	struct alarm_rule *enabled;
	size_t n = map ? map->count : 0;
	bool good = true;

	rule_lost(l, &slot->lost);
	slot->rules = arena_array(l->rd.arena, n, sizeof(*slot->rules));
	enabled = arena_array(l->rd.arena, n, sizeof(*enabled));
	p->alarms = enabled;
	for (size_t i = 0; i < n; i++) {
		struct draft_rule *rule = &slot->rules[slot->rule_count];

		if (strcmp(map->pairs[i].key->text, "comm_lost") == 0) {
			good = rule_change(l, &map->pairs[i], p, &slot->lost) && good;
			continue;
		}
		slot->rule_count++;
		if (!rule_load(l, &map->pairs[i], p, rule))
			good = false;
		else if (rule->enabled)
			enabled[p->alarm_count++] = rule->rule;
	}
	if (good)
		rules_check_missing(l, map, p, slot->rules, slot->rule_count);
	return good;
}

static void
set_limits(const struct profile_keys *k, struct profile *p)
{
	p->modbus.max_registers = (uint16_t)k->modbus.max_registers;
	p->modbus.max_bits = (uint16_t)k->modbus.max_bits;
	p->modbus.max_gap = (uint16_t)k->modbus.max_gap;
	p->modbus.quiet_ms = k->modbus.quiet;
	p->modbus.timeout_ms = k->modbus.timeout;
	p->snmp.max_varbinds = (uint16_t)k->snmp.max_varbinds;
	p->snmp.timeout_ms = k->snmp.timeout;
	p->snmp.retries = (int)k->snmp.retries;
}

/* The name in the file is that of the file, the kind that of its folder. */
static bool
check_names(struct loader *l, const struct node *root, const char *path,
    const struct profile_keys *k, const char *name)
{
	const char *tail = arena_printf(l->rd.arena, "/%s/%s.yaml", k->kind ? k->kind : "", name);
	size_t length = strlen(path), tail_length = strlen(tail);

	if (k->profile && strcmp(k->profile, name) != 0) {
		HINT(l, ERROR(l, node_get(root, "profile"), "the file is called %s.yaml", name),
		    "both must be the same");
		return false;
	}
	if (k->kind && (length < tail_length || strcmp(path + length - tail_length, tail) != 0)) {
		HINT(l, ERROR(l, node_get(root, "kind"), "the file is in another folder"),
		    "a profile of kind %s belongs to profiles/%s/", k->kind, k->kind);
		return false;
	}
	return true;
}

static const struct profile *
load(struct loader *l, const char *path, struct profile_slot *slot)
{
	struct node *root = doc_read(l->rd.arena, l->rd.findings, path, false);
	struct profile *p = arena_alloc(l->rd.arena, sizeof(*p));
	struct profile_keys k = {0};
	bool good;

	if (root == NULL)
		return NULL;
	good = section_read(&l->rd, &section_profile, root, root, SECTION_WHOLE, &k);
	*p = (struct profile){.name = slot->name,
	    .kind = k.kind,
	    .title = k.title,
	    .source = k.source,
	    .verified = k.verified,
	    .file = path};
	set_limits(&k, p);
	good = check_names(l, root, path, &k, slot->name) && good;
	good = points_load(l, k.points, p, &slot->modbus) && good;
	if (p->points == NULL)
		return NULL;
	good = facts_load(l, k.facts, p, slot->modbus) && good;
	good = rules_load(l, k.alarms, p, slot) && good;
	return good ? p : NULL;
}

const struct profile_slot *
profile_get(struct loader *l, const struct node *at)
{
	const char *dir = arena_printf(l->rd.arena, "%s/profiles", l->options->config_dir);
	struct profile_slot *slot;
	const char *path;

	for (slot = l->profiles; slot; slot = slot->next) {
		if (strcmp(slot->name, at->text) == 0)
			return slot;
	}
	slot = arena_alloc(l->rd.arena, sizeof(*slot));
	slot->name = at->text;
	path = name_valid(at->text, true) ? find_file(l, dir, at->text) : NULL;
	if (path == NULL) {
		report_missing(l, at, dir);
		return slot; /* not kept: each device that names it gets its error */
	}
	slot->next = l->profiles;
	l->profiles = slot;
	slot->profile = load(l, path, slot);
	return slot;
}
