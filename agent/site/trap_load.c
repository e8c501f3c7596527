/* Notifications: the traps of a profile, and where a site hears them. */
#include "site/loader.h"

#include <string.h>

/* RFC 3418: every agent may send these. */
static const uint32_t standard_oid[] = {1, 3, 6, 1, 6, 3, 1, 1, 5};
#define STANDARD_LENGTH (sizeof(standard_oid) / sizeof(standard_oid[0]))

static const struct {
	const char *name; /* in names.yaml */
	uint32_t last;
	bool poll;
	enum priority priority;
} standards[] = {
    {"cold_start", 1, true, PRIORITY_LOW},
    {"warm_start", 2, true, PRIORITY_LOW},
    {"link_down", 3, true, PRIORITY_LOW},
    {"link_up", 4, true, PRIORITY_LOW},
    {"authentication_failure", 5, false, PRIORITY_MEDIUM},
};
#define STANDARDS (sizeof(standards) / sizeof(standards[0]))

static bool
same_oid(const struct oid *a, const struct oid *b)
{
	return a->length == b->length && memcmp(a->sub, b->sub, a->length * sizeof(*a->sub)) == 0;
}

static bool
trap_load(struct loader *l, const struct pair *p, struct trap_spec *out)
{
	const struct name_entry *e = names_find(l, &l->names.traps, p->key, "trap");
	bool good = name_read(&l->rd, p->key, false) && (e || !l->names.usable);
	struct trap_keys k = {0};

	good = section_read(&l->rd, &section_trap, p->value, p->key, SECTION_WHOLE, &k) && good;
	if (k.title.en == NULL)
		k.title = e ? e->title : (struct label){.en = p->key->text};
	*out = (struct trap_spec){.name = p->key->text,
	    .title = k.title,
	    .oid = k.oid,
	    .poll = k.poll != 0,
	    .priority = (enum priority)k.priority,
	    .remedy = k.remedy,
	    .place = node_place(p->key)};
	return good && k.oid.length > 0;
}

/* Those that the profile does not name itself. Returns how many there are then. */
static size_t
add_standards(struct loader *l, struct trap_spec *traps, size_t own)
{
	size_t n = own;

	for (size_t i = 0; i < STANDARDS; i++) {
		const struct name_entry *e = names_look(l, &l->names.traps, standards[i].name);
		uint32_t *sub = arena_array(l->rd.arena, STANDARD_LENGTH + 1, sizeof(*sub));
		struct oid oid = {STANDARD_LENGTH + 1, sub};
		bool named = false;

		memcpy(sub, standard_oid, sizeof(standard_oid));
		sub[STANDARD_LENGTH] = standards[i].last;
		for (size_t j = 0; j < own && !named; j++)
			named = same_oid(&traps[j].oid, &oid) ||
				strcmp(traps[j].name, standards[i].name) == 0;
		if (named)
			continue;
		traps[n++] = (struct trap_spec){.name = standards[i].name,
		    .title = e ? e->title : (struct label){.en = standards[i].name},
		    .oid = oid,
		    .poll = standards[i].poll,
		    .priority = standards[i].priority,
		    .place = {.file = "built-in", .line = 1, .column = 1}};
	}
	return n;
}

bool
profile_traps_load(struct loader *l, const struct node *map, const struct node *root, bool other,
    struct profile *p)
{
	size_t n = map ? map->count : 0;
	struct trap_spec *traps;
	bool good = true;

	if (other) {
		if (n > 0)
			HINT(l,
			    ERROR(l, node_key(root, "traps"),
				"what does not speak SNMP sends no traps"),
			    "remove them; a card that speaks SNMP is a device of its own");
		return n == 0;
	}
	traps = arena_array(l->rd.arena, n + STANDARDS, sizeof(*traps));
	for (size_t i = 0; i < n; i++) {
		good = trap_load(l, &map->pairs[i], &traps[i]) && good;
		for (size_t j = 0; j < i && traps[i].oid.length > 0; j++) {
			if (!same_oid(&traps[i].oid, &traps[j].oid))
				continue;
			HINT(l,
			    ERROR(l, map->pairs[i].key, "\"%s\" has the same OID as \"%s\"",
				traps[i].name, traps[j].name),
			    "look both up in the MIB, or remove one");
			good = false;
		}
	}
	p->traps = traps;
	p->trap_count = good ? add_standards(l, traps, n) : 0;
	return good;
}

void
traps_load(const struct traps_keys *k, const struct node *root, struct site *site)
{
	if (node_get(root, "traps") == NULL)
		return;
	site->traps = (struct traps_spec){.enabled = true,
	    .address = k->address,
	    .port = (int)k->port,
	    .place = node_place(node_key(root, "traps"))};
}
