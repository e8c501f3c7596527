/* Dry contacts: which contact of a device is wired to which terminal of the board. */
#include "site/loader.h"

#include <string.h>

bool
contacts_wanted(const struct node *devices)
{
	for (size_t i = 0; devices && devices->kind == NODE_MAP && i < devices->count; i++)
		if (node_get(devices->pairs[i].value, "contacts"))
			return true;
	return false;
}

static int
common_link_index(const struct site *site)
{
	for (size_t i = 0; i < site->link_count; i++)
		if (site->links[i].kind == LINK_GPIO)
			return (int)i;
	return NO_INDEX;
}

static bool
contact_load(struct loader *l, const struct pair *p, const struct site *site,
    const char *const *terminals, struct contact_spec *out)
{
	struct contact_keys k = {0};

	if (!section_read(&l->rd, &section_contact, p->value, p->key, SECTION_WHOLE, &k))
		return false;
	*out = (struct contact_spec){.name = p->key->text,
	    .invert = k.invert,
	    .debounce_ms = k.debounce,
	    .terminal = refer(l, node_get(p->value, "terminal"), "terminal", terminals,
		site->board.terminal_count)};
	return out->terminal != NO_INDEX;
}

/* A name in the wiring that the profile does not have. */
static void
check_names(struct loader *l, const struct node *map, const struct profile *profile)
{
	const char **names = arena_array(l->rd.scratch, profile->point_count, sizeof(*names));

	for (size_t i = 0; i < profile->point_count; i++)
		names[i] = profile->points[i].at.contact;
	for (size_t i = 0; map && i < map->count; i++)
		refer(l, map->pairs[i].key, "contact", names, profile->point_count);
}

void
contacts_load(struct loader *l, const struct pair *p, const struct site *site,
    const struct profile *profile, struct device_spec *d)
{
	const struct node *map = node_get(p->value, "contacts");
	const struct board_spec *b = &site->board;
	const char **terminals = arena_array(l->rd.arena, b->terminal_count, sizeof(*terminals));
	struct contact_spec *all = arena_array(l->rd.arena, profile->point_count, sizeof(*all));

	if (map == NULL || map->kind != NODE_MAP) {
		HINT(l, ERROR(l, p->key, "\"contacts\" is missing: how the device is wired"),
		    "expected contacts: {%s: {terminal: ...}, ...}", profile->points[0].at.contact);
		return;
	}
	for (size_t i = 0; i < b->terminal_count; i++)
		terminals[i] = b->terminals[i].name;
	check_names(l, map, profile);
	for (size_t i = 0; i < profile->point_count; i++) {
		const char *name = profile->points[i].at.contact;
		bool found = false;

		for (size_t j = 0; j < map->count && !found; j++) {
			if (strcmp(map->pairs[j].key->text, name) != 0)
				continue;
			found = true;
			contact_load(l, &map->pairs[j], site, terminals, &all[i]);
		}
		if (!found)
			HINT(l,
			    ERROR(l, node_key(p->value, "contacts"), "contact \"%s\" is missing",
				name),
			    "a contact that nobody wired would say for ever that all is well");
	}
	d->contacts = all;
	d->contact_count = profile->point_count;
	d->link = common_link_index(site);
}

void
contacts_check_twice(struct loader *l, const struct pair *p, const struct site *site,
    const struct device_spec *devices, size_t index)
{
	const struct device_spec *d = &devices[index];
	const struct node *map = node_get(p->value, "contacts");

	for (size_t i = 0; i < d->contact_count; i++) {
		for (size_t j = 0; j <= index; j++) {
			const struct device_spec *other = &devices[j];

			for (size_t k = 0; k < (j == index ? i : other->contact_count); k++) {
				if (d->contacts[i].name == NULL ||
				    other->contacts[k].name == NULL ||
				    other->contacts[k].terminal != d->contacts[i].terminal ||
				    d->contacts[i].terminal == NO_INDEX)
					continue;
				HINT(l,
				    ERROR(l, node_key(map, d->contacts[i].name),
					"terminal %s has \"%s\" of %s already",
					site->board.terminals[d->contacts[i].terminal].name,
					other->contacts[k].name, other->name),
				    "each contact is wired to a terminal of its own: name the one "
				    "it is wired to");
			}
		}
	}
}
