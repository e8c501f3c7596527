#include "site/schema.h"

#include "base/text.h"
#include "site/value.h"

#include <string.h>

#define KEYS_MAX 48

static const struct key *
key_find(const struct section *s, const char *name)
{
	for (size_t i = 0; i < s->count; i++) {
		if (strcmp(s->keys[i].name, name) == 0)
			return &s->keys[i];
	}
	return NULL;
}

static void
report_unknown(const struct reader *rd, const struct section *s, const struct pair *p)
{
	const struct node *key = p->key;
	const char *names[KEYS_MAX];
	char shown[NODE_SHOWN_MAX];
	struct finding *x;
	size_t n = 0;

	for (const struct section *const *o = s->others; o && *o; o++) {
		if (!key_find(*o, key->text))
			continue;
		x = error_at(rd->findings, key, "\"%s\" belongs to %s, this is %s",
		    node_shown(key, shown), (*o)->what, s->what);
		finding_hint(rd->findings, x, "remove it");
		return;
	}
	for (size_t i = 0; i < s->count && n < KEYS_MAX; i++) {
		if (s->keys[i].type != KEY_LATER)
			names[n++] = s->keys[i].name;
	}
	x = error_at(rd->findings, key, "unknown key \"%s\"", node_shown(key, shown));
	if (p->value->empty && strchr(key->text, ' ')) { /* {meaning: voltage, line 1} */
		finding_hint(rd->findings, x, "a text with a comma must be in quotes");
		return;
	}
	finding_choices(rd->findings, x, key->text, names, n);
}

/* One value to its place in out. */
static bool
take(const struct reader *rd, const struct key *k, const struct node *key, const struct node *value,
    enum section_mode mode, void *out)
{
	void *at = (char *)out + k->offset;

	if (k->type == KEY_LATER) {
		finding_hint(rd->findings,
		    error_at(rd->findings, key, "\"%s\" is known, but not built yet", k->name),
		    "remove it: this version cannot do it");
		return false;
	}
	if (k->type == KEY_SECTION)
		return section_read(rd, k->section, value, key, mode, at);
	return value_read(rd, k, value, at);
}

static void
set_fallback(const struct reader *rd, const struct key *k, void *out)
{
	struct source_file nowhere = {.path = "built-in", .dir = ".", .text = NULL};
	struct node n = {.kind = NODE_SCALAR, .file = &nowhere, .text = k->fallback};

	if (k->type == KEY_SECTION)
		section_defaults(rd, k->section, (char *)out + k->offset);
	else if (k->fallback)
		value_read(rd, k, &n, (char *)out + k->offset);
}

void
section_defaults(const struct reader *rd, const struct section *s, void *out)
{
	for (size_t i = 0; i < s->count; i++)
		set_fallback(rd, &s->keys[i], out);
}

static void
report_missing(const struct reader *rd, const struct key *k, const struct node *at)
{
	char expected[EXPECTED_MAX];
	struct finding *x = error_at(rd->findings, at, "\"%s\" is missing: %s", k->name, k->says);

	finding_hint(rd->findings, x, "expected %s: %s", k->name, key_expected(k, expected));
}

/* The key that a misspelt one stands for is not missing as well: one mistake, one message. */
static void
mark_meant(const struct section *s, const char *word, bool meant[KEYS_MAX])
{
	const char *names[KEYS_MAX], *nearest;
	size_t n = 0;

	while (n < s->count && n < KEYS_MAX) {
		names[n] = s->keys[n].name;
		n++;
	}
	nearest = text_nearest(word, names, n);
	for (size_t i = 0; i < n; i++)
		meant[i] = meant[i] || names[i] == nearest;
}

bool
section_read(const struct reader *rd, const struct section *s, const struct node *map,
    const struct node *at, enum section_mode mode, void *out)
{
	bool seen[KEYS_MAX] = {false}, meant[KEYS_MAX] = {false}, good = true;
	struct finding *x;

	if (map && map->kind != NODE_MAP && !(map->kind == NODE_SCALAR && map->empty)) {
		x = error_at(rd->findings, map, "%s is a map of keys and values", s->what);
		finding_hint(rd->findings, x, "expected {KEY: VALUE, ...}");
		return false;
	}
	for (size_t i = 0; map && i < map->count; i++) {
		const struct pair *p = &map->pairs[i];
		const struct key *k = key_find(s, p->key->text);

		if (k == NULL) {
			report_unknown(rd, s, p);
			mark_meant(s, p->key->text, meant);
			good = false;
			continue;
		}
		seen[k - s->keys] = true;
		if (!take(rd, k, p->key, p->value, mode, out))
			good = false;
	}
	for (size_t i = 0; i < s->count && mode == SECTION_WHOLE; i++) {
		const struct key *k = &s->keys[i];

		if (seen[i])
			continue;
		set_fallback(rd, k, out);
		if (!k->required)
			continue;
		good = false;
		if (!meant[i])
			report_missing(rd, k, at);
	}
	return good;
}
