/* Devices: a profile, a way to it, a place, and what the site changes. */
#include "base/text.h"
#include "site/loader.h"
#include "site/scalar.h"

#include <string.h>

/* How often points are asked where the site does not say. */
static const int64_t default_period_ms[POLL_CLASS_COUNT] = {
    [POLL_FAST] = 500, [POLL_NORMAL] = 2000, [POLL_SLOW] = 10000};

static const char *const class_keys[POLL_CLASS_COUNT] = {"fast", "normal", "slow"};

struct device_context {
	struct loader *l;
	struct site *site;
	const struct node *map; /* all devices */
	const char *const *names, *const *zone_names, *const *link_names;
	const struct profile_slot **slots; /* by device; NULL: none, or broken */
	size_t wire_count;                 /* of link_names: those that the file names */
};

/* ---- how to reach it ---------------------------------------------------------------------------
 */

static void
check_unit_id(struct device_context *c, const struct pair *p, const struct link_spec *link,
    const struct device_spec *d)
{
	const struct node *at = node_get(p->value, "unit");
	struct finding *x;

	if (at == NULL) {
		x = ERROR(c->l, p->key, "\"unit\" is missing: which device on the link it is");
		HINT(c->l, x, "expected unit: a whole number from 1 to 247");
	} else if (d->unit < 0) {
		return; /* not a number: reported */
	} else if (link->kind != LINK_MODBUS_TCP && (d->unit < 1 || d->unit > 247)) {
		x = ERROR(c->l, at, "%d is no unit id on a serial line", d->unit);
		HINT(c->l, x, "expected a whole number from 1 to 247; 0 asks all at once");
	} else if (d->unit > 247 && d->unit != 255) {
		x = ERROR(c->l, at, "%d is a reserved unit id", d->unit);
		HINT(c->l, x, "expected 0 to 247, or 255");
	}
}

/* One unit id on one wire is one device: two profiles would fight for it. */
static void
check_unit_twice(struct device_context *c, size_t i, const struct device_spec *devices)
{
	const struct device_spec *d = &devices[i];
	const struct node *at = node_get(c->map->pairs[i].value, "unit");

	for (size_t j = 0; at && j < i; j++) {
		if (devices[j].link != d->link || devices[j].unit != d->unit || d->snmp ||
		    devices[j].snmp || d->contacts)
			continue;
		HINT(c->l,
		    ERROR(c->l, at, "unit %d of \"%s\" is \"%s\" already", d->unit,
			c->site->links[d->link].name, devices[j].name),
		    "each device on a link has its own unit id: set it in the device, then here");
		return;
	}
}

static void
modbus_load(struct device_context *c, const struct pair *p, const struct device_keys *k,
    struct device_spec *d)
{
	const struct node *at = node_get(p->value, "link");

	if (node_get(p->value, "snmp"))
		HINT(c->l,
		    ERROR(c->l, node_key(p->value, "snmp"), "profile \"%s\" speaks Modbus",
			k->profile),
		    "give the device a link and a unit instead");
	if (at == NULL) {
		HINT(c->l, ERROR(c->l, p->key, "\"link\" is missing: the wire it hangs on"),
		    "expected the name of a link of this site");
		return;
	}
	if (k->link == NULL)
		return;
	d->link = refer(c->l, at, "link", c->link_names, c->wire_count);
	if (d->link != NO_INDEX && c->site->links[d->link].kind != LINK_KIND_COUNT)
		check_unit_id(c, p, &c->site->links[d->link], d);
}

static void
snmp_load(struct device_context *c, const struct pair *p, const struct device_keys *k,
    struct device_spec *d)
{
	static const char *const modbus_keys[] = {"link", "unit"};
	const struct node *map = node_get(p->value, "snmp");
	struct snmp_target *target;

	for (size_t i = 0; i < 2; i++) {
		if (node_get(p->value, modbus_keys[i]))
			HINT(c->l,
			    ERROR(c->l, node_key(p->value, modbus_keys[i]),
				"profile \"%s\" speaks SNMP", k->profile),
			    "give the device \"snmp: {address: ...}\" instead");
	}
	d->link = (int)c->site->link_count - 1;
	if (map == NULL) {
		HINT(c->l, ERROR(c->l, p->key, "\"snmp\" is missing: how to reach it"),
		    "expected snmp: {address: 192.0.2.10, version: 3, user: ..., secrets: ...}");
		return;
	}
	target = arena_alloc(c->l->rd.arena, sizeof(*target));
	d->snmp = target;
	if (k->snmp.address)
		target_load(c->l, &k->snmp, map, node_key(p->value, "snmp"), target);
}

static void
check_address_twice(struct device_context *c, size_t i, const struct device_spec *devices)
{
	const struct snmp_target *t = devices[i].snmp;

	for (size_t j = 0; t && t->address && j < i; j++) {
		const struct snmp_target *other = devices[j].snmp;

		if (other == NULL || other->address == NULL || other->port != t->port ||
		    strcmp(other->address, t->address) != 0)
			continue;
		HINT(c->l,
		    ERROR(c->l, node_get(node_get(c->map->pairs[i].value, "snmp"), "address"),
			"%s port %d is \"%s\" already", t->address, t->port, devices[j].name),
		    "one box is one device here: give its own address and port, or remove one of "
		    "the two");
		return;
	}
}

/* ---- how often ---------------------------------------------------------------------------------
 */

static void
periods_load(struct device_context *c, const struct pair *p, const struct device_keys *k,
    const struct profile_slot *slot, struct device_spec *d)
{
	const struct profile *profile = slot->profile;
	int64_t timeout = profile == NULL             ? 0
			  : slot->wire == WIRE_MODBUS ? profile->modbus.timeout_ms
			  : slot->wire == WIRE_SNMP   ? profile->snmp.timeout_ms
						      : 0;
	char text[DURATION_TEXT_MAX];

	for (int i = 0; i < POLL_CLASS_COUNT; i++) {
		const struct node *at = node_get(node_get(p->value, "stale_after"), class_keys[i]);
		int64_t period = k->poll.period[i] ? k->poll.period[i] : default_period_ms[i];

		d->period_ms[i] = period;
		d->stale_after_ms[i] =
		    k->stale_after.period[i] ? k->stale_after.period[i] : period * 5 / 2 + timeout;
		if (at && k->stale_after.period[i] && k->stale_after.period[i] <= period)
			HINT(c->l,
			    ERROR(c->l, at, "values would be stale before they are read again"),
			    "expected more than the period, which is %s",
			    duration_text(period, text));
	}
}

/* ---- alarms ------------------------------------------------------------------------------------
 */

static struct draft_rule *
find_rule(struct draft_rule *rules, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(rules[i].rule.name, name) == 0)
			return &rules[i];
	}
	return NULL;
}

/* A change to a rule that the profile does not have is a new rule, or a slip of the pen. */
static bool
own_rule(struct device_context *c, const struct pair *p, const struct profile_slot *slot,
    struct draft_rule *out)
{
	const char **names;
	char shown[NODE_SHOWN_MAX];
	struct finding *x;

	if (node_get(p->value, "when"))
		return rule_load(c->l, p, slot->profile, out);
	names = arena_array(c->l->rd.arena, slot->rule_count + 1, sizeof(*names));
	names[0] = "comm_lost";
	for (size_t i = 0; i < slot->rule_count; i++)
		names[i + 1] = slot->rules[i].rule.name;
	x = ERROR(c->l, p->key, "profile \"%s\" has no alarm \"%s\"", slot->name,
	    node_shown(p->key, shown));
	finding_choices(c->l->rd.findings, x, p->key->text, names, slot->rule_count + 1);
	HINT(c->l, x, "an alarm of its own needs when, priority and remedy");
	return false;
}

static void
rules_load(struct device_context *c, const struct node *changes, const struct profile_slot *slot,
    struct device_spec *d)
{
	size_t own = changes ? changes->count : 0, count = slot->rule_count + 1;
	struct draft_rule *rules = arena_array(c->l->rd.arena, count + own, sizeof(*rules));
	struct alarm_rule *out;
	bool good = true;

	rules[0] = slot->lost;
	if (slot->rule_count)
		memcpy(rules + 1, slot->rules, slot->rule_count * sizeof(*rules));
	for (size_t i = 0; i < count; i++)
		rules[i].written = NULL; /* that was judged with the profile */
	for (size_t i = 0; i < own; i++) {
		struct draft_rule *rule = find_rule(rules, count, changes->pairs[i].key->text);

		if (rule)
			good = rule_change(c->l, &changes->pairs[i], slot->profile, rule) && good;
		else if (own_rule(c, &changes->pairs[i], slot, &rules[count]))
			count++;
		else
			good = false;
	}
	if (good)
		rules_check_missing(c->l, changes, slot->profile, rules, count);
	out = arena_array(c->l->rd.arena, count, sizeof(*out));
	d->alarms = out;
	for (size_t i = 0; i < count; i++) {
		if (rules[i].enabled)
			out[d->alarm_count++] = rules[i].rule;
	}
}

/* ---- parents -----------------------------------------------------------------------------------
 */

static void
check_parent_loops(struct device_context *c, const struct device_spec *devices, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char chain[256];
		size_t steps = 0;
		int at = devices[i].parent;

		text_printf(chain, sizeof(chain), "%s", devices[i].name);
		while (at != NO_INDEX && at != (int)i && steps++ < n) {
			text_append(chain, sizeof(chain), " -> %s", devices[at].name);
			at = devices[at].parent;
		}
		if (at != (int)i)
			continue;
		HINT(c->l,
		    ERROR(c->l, node_get(c->map->pairs[i].value, "parent"),
			"\"%s\" depends on itself", devices[i].name),
		    "%s -> %s: one of these parents must go", chain, devices[i].name);
	}
}

/* ---- all together ------------------------------------------------------------------------------
 */

static void
device_load(struct device_context *c, size_t i, struct device_spec *d)
{
	const struct pair *p = &c->map->pairs[i];
	const struct profile_slot *slot = NULL;
	struct device_keys k = {.unit = -1};

	*d = (struct device_spec){.name = p->key->text,
	    .link = NO_INDEX,
	    .zone = NO_INDEX,
	    .parent = NO_INDEX,
	    .place = node_place(p->key)};
	name_read(&c->l->rd, p->key, false);
	section_read(&c->l->rd, &section_device, p->value, p->key, SECTION_WHOLE, &k);
	d->title = k.title.en ? k.title : (struct label){.en = d->name};
	d->impact = k.impact;
	d->unit = (int)k.unit;
	d->lost_after = (int)k.lost_after;
	if (k.zone)
		d->zone = refer(
		    c->l, node_get(p->value, "zone"), "zone", c->zone_names, c->site->zone_count);
	if (k.parent)
		d->parent =
		    refer(c->l, node_get(p->value, "parent"), "device", c->names, c->map->count);
	if (k.profile)
		slot = profile_get(c->l, node_get(p->value, "profile"), k.rows);
	if (slot == NULL || slot->profile == NULL)
		return;
	d->profile = slot->profile;
	c->slots[i] = slot;
	if (slot->wire == WIRE_MODBUS)
		modbus_load(c, p, &k, d);
	else if (slot->wire == WIRE_SNMP)
		snmp_load(c, p, &k, d);
	else
		contacts_load(c->l, p, c->site, slot->profile, d);
	periods_load(c, p, &k, slot, d);
}

/* Rules may speak of any point of the site, so they come when all devices are known. */
static void
all_rules_load(struct device_context *c, struct device_spec *devices, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct node *rules = node_get(c->map->pairs[i].value, "alarms");

		if (devices[i].profile)
			rules_load(c, rules && rules->kind == NODE_MAP ? rules : NULL, c->slots[i],
			    &devices[i]);
	}
}

static void
check_reserved(struct device_context *c)
{
	for (size_t i = 0; c->map && i < c->map->count; i++)
		if (strcmp(c->map->pairs[i].key->text, SITE_DEVICE) == 0)
			HINT(c->l,
			    ERROR(c->l, c->map->pairs[i].key,
				"\"" SITE_DEVICE "\" is the site itself"),
			    "give the device another name");
}

static void
report_unused_links(
    struct device_context *c, const struct node *links, const struct device_spec *devices, size_t n)
{
	for (size_t i = 0; links && i < links->count; i++) {
		bool used = c->site->links[i].kind == LINK_KIND_COUNT; /* wrong itself */

		for (size_t j = 0; j < n && !used; j++)
			used = devices[j].link == (int)i || devices[j].profile == NULL;
		if (!used)
			HINT(c->l,
			    WARNING(c->l, links->pairs[i].key, "no device is on link \"%s\"",
				links->pairs[i].key->text),
			    "remove it, or give it a device");
	}
}

void
devices_load(struct loader *l, const struct site_keys *k, struct site *site)
{
	const struct node *map = k->devices;
	size_t n = map ? map->count : 0;
	bool has_own = (k->derived && k->derived->count) || (k->alarms && k->alarms->count);
	struct device_spec *devices = arena_array(l->rd.arena, n + 1, sizeof(*devices));
	const char **zones = arena_array(l->rd.arena, site->zone_count, sizeof(*zones));
	const char **wires = arena_array(l->rd.arena, site->link_count, sizeof(*wires));
	struct placed placed = {.site = site, .devices = devices, .device_count = n};
	struct device_context c = {.l = l,
	    .site = site,
	    .map = map,
	    .names = key_names(l, map),
	    .zone_names = zones,
	    .link_names = wires,
	    .slots = arena_array(l->rd.arena, n, sizeof(const struct profile_slot *)),
	    .wire_count = k->links ? k->links->count : 0};

	for (size_t i = 0; i < site->zone_count; i++)
		zones[i] = site->zones[i].name;
	for (size_t i = 0; i < site->link_count; i++)
		wires[i] = site->links[i].name;
	check_reserved(&c);
	for (size_t i = 0; i < n; i++) {
		device_load(&c, i, &devices[i]);
		if (devices[i].profile && devices[i].link != NO_INDEX) {
			check_unit_twice(&c, i, devices);
			check_address_twice(&c, i, devices);
			contacts_check_twice(l, &map->pairs[i], site, devices, i);
		}
	}
	check_parent_loops(&c, devices, n);
	report_unused_links(&c, k->links, devices, n);
	l->placed = &placed;
	if (has_own) {
		derived_load(l, k, site, &devices[n]);
		placed.device_count++;
	}
	all_rules_load(&c, devices, n);
	if (has_own)
		site_rules_load(l, k->alarms, &devices[n]);
	l->placed = NULL;
	site->devices = devices;
	site->device_count = placed.device_count;
	for (size_t i = 0; i < site->device_count; i++) {
		devices[i].first_point = site->point_count;
		devices[i].first_alarm = site->alarm_count;
		site->point_count += devices[i].profile ? devices[i].profile->point_count : 0;
		site->alarm_count += devices[i].alarm_count;
	}
}
