/* Zones and links. */
#include "site/loader.h"
#include "site/scalar.h"
#include "site/value.h"

#include <string.h>

/* ---- zones -------------------------------------------------------------------------------------
 */

/* A zone cannot be inside itself, at whatever distance. */
static void
check_zone_loops(struct loader *l, const struct node *map, const struct zone *zones, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		size_t steps = 0;
		int at = zones[i].in;

		while (at != NO_INDEX && at != (int)i && steps++ < n)
			at = zones[at].in;
		if (at != (int)i)
			continue;
		HINT(l,
		    ERROR(l, node_get(map->pairs[i].value, "in"), "zone \"%s\" is inside itself",
			zones[i].name),
		    "follow \"in\" from zone to zone: it must end at one without");
	}
}

void
zones_load(struct loader *l, const struct node *map, struct site *site)
{
	size_t n = map ? map->count : 0;
	const char *const *names = key_names(l, map);
	struct zone *zones = arena_array(l->rd.arena, n, sizeof(*zones));

	for (size_t i = 0; i < n; i++) {
		const struct pair *p = &map->pairs[i];
		struct zone_keys k = {0};

		name_read(&l->rd, p->key, false);
		section_read(&l->rd, &section_zone, p->value, p->key, SECTION_WHOLE, &k);
		zones[i] = (struct zone){.name = p->key->text,
		    .title = k.title.en ? k.title : (struct label){.en = p->key->text},
		    .in = NO_INDEX,
		    .place = node_place(p->key)};
		if (k.in)
			zones[i].in = refer(l, node_get(p->value, "in"), "zone", names, n);
	}
	check_zone_loops(l, map, zones, n);
	site->zones = zones;
	site->zone_count = n;
}

/* ---- links -------------------------------------------------------------------------------------
 */

static const struct section *const link_sections[LINK_KIND_COUNT] = {
    [LINK_MODBUS_RTU] = &section_link_rtu,
    [LINK_MODBUS_RTU_TCP] = &section_link_rtu_tcp,
    [LINK_MODBUS_TCP] = &section_link_tcp,
};

/* The section that fits the kind written in the map, or NULL: reported. */
static const struct section *
link_section(struct loader *l, const struct pair *p)
{
	struct node only = {.kind = NODE_MAP, .file = p->key->file};
	struct link_keys k = {.kind = LINK_KIND_COUNT};

	/* the kind alone first: it says which other keys there may be */
	for (size_t i = 0; p->value->kind == NODE_MAP && i < p->value->count; i++) {
		if (strcmp(p->value->pairs[i].key->text, "kind") == 0) {
			only.pairs = &p->value->pairs[i];
			only.count = 1;
		}
	}
	if (p->value->kind != NODE_MAP)
		only = *p->value;
	if (!section_read(&l->rd, &section_link_any, &only, p->key, SECTION_WHOLE, &k))
		return NULL;
	return link_sections[k.kind];
}

static bool
same_wire(const struct link_spec *a, const struct link_spec *b)
{
	if (a->kind == LINK_MODBUS_RTU || b->kind == LINK_MODBUS_RTU)
		return a->port && b->port && strcmp(a->port, b->port) == 0;
	return a->address && b->address && strcmp(a->address, b->address) == 0 &&
	       a->tcp_port == b->tcp_port;
}

static void
link_load(struct loader *l, const struct pair *p, struct link_spec *out)
{
	const struct section *s = link_section(l, p);
	struct link_keys k = {0};

	name_read(&l->rd, p->key, false);
	*out = (struct link_spec){
	    .name = p->key->text, .kind = LINK_KIND_COUNT, .place = node_place(p->key)};
	if (strcmp(p->key->text, "snmp") == 0 || strcmp(p->key->text, "gpio") == 0) {
		HINT(l, ERROR(l, p->key, "a link cannot be called \"%s\"", p->key->text),
		    "the common link of all %s has this name",
		    p->key->text[0] == 's' ? "SNMP devices" : "dry contacts");
		return;
	}
	if (s == NULL)
		return;
	section_read(&l->rd, s, p->value, p->key, SECTION_WHOLE, &k);
	out->kind = (enum link_kind)k.kind;
	out->title = k.title.en ? k.title : (struct label){.en = out->name};
	out->port = k.port_path;
	out->baud = k.baud;
	out->parity = (enum parity)k.parity;
	out->stop_bits = k.stop_bits;
	if (out->kind == LINK_MODBUS_RTU_TCP) {
		/* Not known of the far side: the longest character that is usual. */
		out->parity = PARITY_EVEN;
		out->stop_bits = 1;
	}
	out->rs485 = (struct rs485_spec){.wanted = node_get(p->value, "rs485") != NULL,
	    .rts = (enum rts)k.rs485.rts,
	    .delay_before_ms = k.rs485.delay_before,
	    .delay_after_ms = k.rs485.delay_after};
	out->address = k.address;
	out->tcp_port = (int)k.tcp_port;
}

/* A link that no file names. */
static struct link_spec
common_link(const struct site *site, const char *name, const char *title, enum link_kind kind)
{
	return (struct link_spec){.name = name,
	    .title = {.en = title},
	    .kind = kind,
	    .place = {.file = site->file, .line = 1, .column = 1}};
}

void
links_load(struct loader *l, const struct node *map, const struct node *devices, struct site *site)
{
	size_t n = map ? map->count : 0;
	struct link_spec *links = arena_array(l->rd.arena, n + 2, sizeof(*links));

	for (size_t i = 0; i < n; i++) {
		const struct pair *p = &map->pairs[i];

		link_load(l, p, &links[i]);
		for (size_t j = 0; j < i; j++) {
			if (!same_wire(&links[i], &links[j]))
				continue;
			HINT(l,
			    ERROR(l,
				node_get(p->value,
				    links[i].kind == LINK_MODBUS_RTU ? "port" : "address"),
				"\"%s\" is the same wire as \"%s\"", links[i].name, links[j].name),
			    "put the devices of both on one link: a wire has one master");
			break;
		}
	}
	if (contacts_wanted(devices))
		links[n++] = common_link(site, "gpio", "Terminals of the board", LINK_GPIO);
	links[n++] = common_link(site, "snmp", "SNMP", LINK_SNMP);
	site->links = links;
	site->link_count = n;
}
