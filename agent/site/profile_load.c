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
	bool a_rate = a->needs && a->needs->rate != RATE_NONE;
	bool b_rate = b->needs && b->needs->rate != RATE_NONE;

	/* A counter may be told as it is and as a rate. */
	if (a->at.table != b->at.table || a_rate != b_rate)
		return false;
	if (a->at.table == TABLE_OID)
		return a->at.oid.length == b->at.oid.length &&
		       memcmp(a->at.oid.sub, b->at.oid.sub,
			   a->at.oid.length * sizeof(*a->at.oid.sub)) == 0;
	if (a->at.table == TABLE_CONTACT)
		return strcmp(a->at.contact, b->at.contact) == 0;
	return a->at.address == b->at.address && a->codec.bit == b->codec.bit &&
	       a->codec.width == b->codec.width;
}

static enum wire
wire_of(enum table t)
{
	return t == TABLE_OID ? WIRE_SNMP : t == TABLE_CONTACT ? WIRE_CONTACTS : WIRE_MODBUS;
}

bool
source_check(struct loader *l, const struct node *key, const struct source *at,
    const struct profile *p, enum wire wire)
{
	static const char *const what[] = {
	    [WIRE_MODBUS] = "Modbus addresses", [WIRE_SNMP] = "OIDs", [WIRE_CONTACTS] = "contacts"};
	enum wire own = wire_of(at->table);

	if (own != wire) {
		HINT(l, ERROR(l, key, "this profile has %s and %s", what[wire], what[own]),
		    "make two profiles: one device is asked one way");
		return false;
	}
	if (wire == WIRE_MODBUS && at->address + at->count > 65536) {
		HINT(l,
		    ERROR(l, key, "%d registers from %d go beyond 65535", at->count, at->address),
		    "expected an address from the register map, counted from 0");
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

/* Contacts are told apart by their names and counted as they are written. */
static void
number_contacts(struct point_spec *points, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (points[i].at.table == TABLE_CONTACT)
			points[i].at.address = (uint16_t)i;
}

/* The point i, read alone, beside those before it. */
static bool
check_point(
    struct loader *l, const struct node *key, const struct profile *p, size_t i, enum wire wire)
{
	const struct point_spec *points = p->points;

	if (!source_check(l, key, &points[i].at, p, wire))
		return false;
	for (size_t j = 0; j < i; j++) {
		bool same_name = points[j].name && strcmp(points[i].name, points[j].name) == 0;

		if (same_name)
			HINT(l, ERROR(l, key, "\"%s\" is here twice", points[i].name),
			    "remove one of them, or give one another name of names.yaml");
		else if (points[j].at.table != TABLE_NONE && same_place(&points[i], &points[j]))
			HINT(l,
			    ERROR(l, key, "\"%s\" stands at the same place as \"%s\"",
				points[i].name, points[j].name),
			    "look both up in the manual; one value is one point");
		else
			continue;
		return false;
	}
	return true;
}

/* The column that a point of a table was made of. */
static const struct pair *
column_of(const struct node *tables, const struct point_spec *p)
{
	const struct node *points = node_get(tables->pairs[p->table - 1].value, "points");

	for (size_t c = 0; c < points->count; c++) {
		const struct node *key = points->pairs[c].key;

		if (key->line == p->place.line && key->column == p->place.column)
			return &points->pairs[c];
	}
	return &points->pairs[0];
}

static bool
points_load(struct loader *l, const struct profile_keys *k, struct tables_in_work *tables,
    struct profile *p, enum wire *wire)
{
	const struct node *map = k->points;
	size_t own = map ? map->count : 0, all = own + tables_points(tables);
	struct point_spec *points;
	bool good = true;

	if (all == 0)
		return false;
	points = arena_array(l->rd.arena, all, sizeof(*points));
	p->points = points;
	for (size_t i = 0; i < own; i++)
		good = point_load(l, &map->pairs[i], &points[i], NULL) && good;
	p->point_count = own;
	good = tables_add_points(tables, p, points) && good;
	*wire = wire_of(points[0].at.table);
	for (size_t i = 0; i < p->point_count; i++) {
		const struct pair *written =
		    i < own ? &map->pairs[i] : column_of(k->tables, &points[i]);
		const char *row = i < own ? NULL : tables_row_key(tables, &points[i]);

		/* Without a unit it is wrong itself, and reported. */
		if (points[i].unit == NULL || (check_point(l, written->key, p, i, *wire) &&
						  needs_link(l, written, row, p, &points[i])))
			continue;
		good = false;
		if (i >= own)
			break; /* the other rows are like it */
	}
	number_contacts(points, p->point_count);
	return good;
}

static bool
facts_load(struct loader *l, const struct node *map, struct tables_in_work *tables,
    struct profile *p, enum wire wire)
{
	struct fact_spec *facts;
	size_t own = map ? map->count : 0;
	bool good = true;

	facts = arena_array(l->rd.arena, own + tables_facts(tables), sizeof(*facts));
	p->facts = facts;
	for (size_t i = 0; i < own; i++) {
		if (!fact_load(l, &map->pairs[i], &facts[i], NULL) ||
		    !source_check(l, map->pairs[i].key, &facts[i].at, p, wire))
			good = false;
	}
	p->fact_count = own;
	return tables_add_facts(tables, p, facts) && good;
}

static bool
rules_load(struct loader *l, const struct node *map, struct tables_in_work *tables,
    struct profile *p, struct profile_slot *slot)
{
	struct alarm_rule *enabled;
	size_t n = map ? map->count : 0, all = n + tables_rules(tables);
	bool good = true;

	rule_lost(l, &slot->lost);
	slot->rules = arena_array(l->rd.arena, all, sizeof(*slot->rules));
	enabled = arena_array(l->rd.arena, all, sizeof(*enabled));
	p->alarms = enabled;
	for (size_t i = 0; i < n; i++) {
		struct draft_rule *rule = &slot->rules[slot->rule_count];

		if (strcmp(map->pairs[i].key->text, "comm_lost") == 0) {
			good = rule_change(l, &map->pairs[i], p, &slot->lost) && good;
			continue;
		}
		slot->rule_count++;
		good = rule_load(l, &map->pairs[i], p, rule) && good;
	}
	good = tables_add_rules(tables, p, slot->rules, &slot->rule_count) && good;
	for (size_t i = 0; good && i < slot->rule_count; i++)
		if (slot->rules[i].enabled)
			enabled[p->alarm_count++] = slot->rules[i].rule;
	if (good && !l->again)
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

static bool
has_name(const struct profile *p, const char *name)
{
	for (size_t i = 0; i < p->point_count; i++)
		if (strcmp(p->points[i].name, name) == 0)
			return true;
	for (size_t i = 0; i < p->fact_count; i++)
		if (strcmp(p->facts[i].name, name) == 0)
			return true;
	for (size_t i = 0; i < p->table_count; i++)
		for (size_t c = 0; c < p->tables[i].column_count + p->tables[i].fact_column_count;
		     c++)
			if (strcmp(p->tables[i].columns[c].name, name) == 0)
				return true;
	return false;
}

/* What of the profile its evidence does not have: points, facts, columns. */
static bool
unchecked_load(struct loader *l, const struct node *list, struct profile *p)
{
	size_t n = list && list->kind == NODE_LIST ? list->count : 0;
	const char **names = arena_array(l->rd.arena, n, sizeof(*names));
	bool good = true;

	if (list && list->kind != NODE_LIST) {
		HINT(l, ERROR(l, list, "\"unchecked\" is a list of names"),
		    "expected [name, name] or one name in each line behind a dash");
		return false;
	}
	for (size_t i = 0; i < n; i++) {
		names[i] = list->items[i]->text;
		if (list->items[i]->kind == NODE_SCALAR && has_name(p, names[i]))
			continue;
		HINT(l, ERROR(l, list->items[i], "this profile has no such point, fact or column"),
		    "expected a name of this file: correct it, or remove it");
		good = false;
	}
	p->unchecked = names;
	p->unchecked_count = n;
	return good;
}

static bool
check_empty(struct loader *l, const struct node *root, const struct profile_keys *k)
{
	if ((k->points && k->points->count) || (k->tables && k->tables->count))
		return true;
	HINT(l, ERROR(l, root, "this profile has no points"),
	    "expected points: {NAME: {...}}, or tables: of them");
	return false;
}

/* Rows come and go: something must be there that shows whether the device lives. */
static bool
check_contact(struct loader *l, const struct node *root, const struct profile *p)
{
	bool any = false;

	for (size_t i = 0; i < p->table_count; i++)
		any = any || p->tables[i].asked;
	for (size_t i = 0; any && i < p->point_count; i++)
		if (p->points[i].table == 0 || !p->tables[p->points[i].table - 1].asked)
			return true;
	if (!any)
		return true;
	HINT(l, ERROR(l, node_key(root, "tables"), "all points of this profile may go away"),
	    "expected one outside of tables with rows: all, such as uptime (1.3.6.1.2.1.1.3.0)");
	return false;
}

/* Before they are made: tables of some thousand rows soon come to more than can be told apart. */
static bool
check_count(struct loader *l, const struct node *at, const char *what, size_t count)
{
	if (count <= PROFILE_POINTS_MAX)
		return true;
	HINT(l, ERROR(l, at, "one device would have %zu %s", count, what),
	    "expected at most %d: fewer rows or columns", PROFILE_POINTS_MAX);
	return false;
}

static size_t
count_of(const struct node *map)
{
	return map ? map->count : 0;
}

/* rows: those of one device, or NULL. */
static const struct profile *
load(struct loader *l, struct profile_slot *slot, const struct node *rows)
{
	const struct node *root = slot->root;
	struct profile *p = arena_alloc(l->rd.arena, sizeof(*p));
	struct profile_keys k = {0};
	struct tables_in_work *tables;
	const struct node *at;
	bool good, good_tables;

	good = section_read(&l->rd, &section_profile, root, root, SECTION_WHOLE, &k);
	*p = (struct profile){.name = slot->name,
	    .kind = k.kind,
	    .title = k.title,
	    .source = k.source,
	    .verified = k.verified,
	    .recording = k.recording,
	    .register_map = k.register_map,
	    .file = slot->path};
	set_limits(&k, p);
	good = check_names(l, root, slot->path, &k, slot->name) && good;
	good = check_empty(l, root, &k) && good;
	at = rows ? rows : k.tables ? node_key(root, "tables") : root;
	tables = tables_read(l, k.tables, rows, &good_tables);
	if (!check_count(l, at, "points", count_of(k.points) + tables_points(tables)) ||
	    !check_count(l, at, "facts", count_of(k.facts) + tables_facts(tables)))
		return NULL;
	good = points_load(l, &k, tables, p, &slot->wire) && good && good_tables;
	if (p->points == NULL)
		return NULL;
	good = facts_load(l, k.facts, tables, p, slot->wire) && good;
	good = (!good || ring_load(l, k.records, p)) && good;
	/* A rule cannot be told from a mistake while its points are missing. */
	if (good_tables)
		good = rules_load(l, k.alarms, tables, p, slot) && good;
	tables_keep(tables, p);
	good = check_contact(l, root, p) && good;
	good = profile_traps_load(l, k.traps, root, slot->wire != WIRE_SNMP, p) && good;
	/* With rows of a device a column may have lost the row that is named. */
	if (good && rows == NULL)
		good = unchecked_load(l, k.unchecked, p);
	return good ? p : NULL;
}

static const struct profile_slot *
get(struct loader *l, const struct node *at)
{
	const char *dir = arena_printf(l->rd.arena, "%s/profiles", l->options->config_dir);
	struct profile_slot *slot;

	for (slot = l->profiles; slot; slot = slot->next) {
		if (strcmp(slot->name, at->text) == 0)
			return slot;
	}
	slot = arena_alloc(l->rd.arena, sizeof(*slot));
	slot->name = at->text;
	slot->path = name_valid(at->text, true) ? find_file(l, dir, at->text) : NULL;
	if (slot->path == NULL) {
		report_missing(l, at, dir);
		return slot; /* not kept: each device that names it gets its error */
	}
	slot->next = l->profiles;
	l->profiles = slot;
	slot->root = doc_read(loader_memory(l), l->rd.findings, slot->path, false);
	if (slot->root)
		slot->profile = load(l, slot, NULL);
	return slot;
}

const struct profile_slot *
profile_get(struct loader *l, const struct node *at, const struct node *rows)
{
	const struct profile_slot *common = get(l, at);
	struct profile_slot *own;

	if (rows == NULL || common->path == NULL || common->profile == NULL)
		return common;
	own = arena_alloc(l->rd.arena, sizeof(*own));
	*own =
	    (struct profile_slot){.name = common->name, .root = common->root, .path = common->path};
	l->again = true;
	own->profile = load(l, own, rows);
	l->again = false;
	return own;
}
