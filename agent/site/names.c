/* names.yaml: a name of a point, fact or alarm exists only if it is written there. */
#include "base/text.h"
#include "site/loader.h"
#include "site/value.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

static struct name_list
list_read(struct loader *l, const struct section *s, const struct node *map, bool *good)
{
	struct name_entry *entries;
	size_t n = map ? map->count : 0, kept = 0;

	entries = arena_array(l->rd.arena, n, sizeof(*entries));
	for (size_t i = 0; i < n; i++) {
		const struct pair *p = &map->pairs[i];
		struct name_keys keys = {0};

		if (!name_read(&l->rd, p->key, false) ||
		    !section_read(&l->rd, s, p->value, p->key, SECTION_WHOLE, &keys)) {
			*good = false;
			continue;
		}
		entries[kept++] = (struct name_entry){
		    .name = p->key->text, .unit = keys.unit, .title = keys.title};
	}
	return (struct name_list){.at = entries, .names = key_names(l, map), .count = kept};
}

/* Words have a title only; the word itself may have blanks. */
static struct name_list
words_read(struct loader *l, const struct node *map, bool *good)
{
	static const struct key title = {.name = "words", .type = KEY_LABEL};
	struct name_entry *entries;
	size_t n = map && map->kind == NODE_MAP ? map->count : 0;

	entries = arena_array(l->rd.arena, n, sizeof(*entries));
	for (size_t i = 0; i < n; i++) {
		entries[i].name = map->pairs[i].key->text;
		*good = value_read(&l->rd, &title, map->pairs[i].value, &entries[i].title) && *good;
	}
	return (struct name_list){.at = entries, .names = key_names(l, map), .count = n};
}

void
names_read(struct loader *l)
{
	const char *path = arena_printf(l->rd.arena, "%s/names.yaml", l->options->config_dir);
	struct node *root = doc_read(l->rd.arena, l->rd.findings, path, false);
	struct names_keys keys = {0};
	bool good;

	if (root == NULL)
		return;
	good = section_read(&l->rd, &section_names, root, root, SECTION_WHOLE, &keys);
	l->names.points = list_read(l, &section_name_point, keys.points, &good);
	l->names.facts = list_read(l, &section_name, keys.facts, &good);
	l->names.alarms = list_read(l, &section_name, keys.alarms, &good);
	l->names.words = words_read(l, keys.words, &good);
	l->names.usable = good;
}

const struct name_entry *
names_look(const struct name_list *list, const char *name)
{
	for (size_t i = 0; i < list->count; i++) {
		if (strcmp(list->at[i].name, name) == 0)
			return &list->at[i];
	}
	return NULL;
}

const struct name_entry *
names_find(struct loader *l, const struct name_list *list, const struct node *at, const char *what)
{
	const struct name_entry *e = names_look(list, at->text);
	char shown[NODE_SHOWN_MAX];
	const char *near;
	struct finding *x;

	if (e || !l->names.usable)
		return e;
	x = ERROR(l, at, "no %s is called \"%s\"", what, node_shown(at, shown));
	HINT(l, x, "a name exists only if names.yaml has it");
	if ((near = text_nearest(at->text, list->names, list->count)) != NULL)
		HINT(l, x, "did you mean \"%s\"?", near);
	return NULL;
}

const char *const *
key_names(struct loader *l, const struct node *map)
{
	size_t n = map && map->kind == NODE_MAP ? map->count : 0;
	const char **names = arena_array(l->rd.arena, n, sizeof(*names));

	for (size_t i = 0; i < n; i++)
		names[i] = map->pairs[i].key->text;
	return names;
}

int
refer(struct loader *l, const struct node *at, const char *what, const char *const *names,
    size_t count)
{
	char shown[NODE_SHOWN_MAX];
	struct finding *x;

	for (size_t i = 0; i < count; i++) {
		if (strcmp(names[i], at->text) == 0)
			return (int)i;
	}
	x = ERROR(l, at, "there is no %s \"%s\"", what, node_shown(at, shown));
	if (count == 0)
		HINT(l, x, "this site has none");
	else
		finding_choices(l->rd.findings, x, at->text, names, count);
	return NO_INDEX;
}

/* ---- files of a folder -------------------------------------------------------------------------
 */

struct file_list {
	struct arena *arena;
	const char **names;
	size_t count, room;
};

static void
keep(struct file_list *list, const char *name, size_t length)
{
	if (list->count == list->room) {
		list->room = list->room ? 2 * list->room : 32;
		list->names = xrealloc(list->names, list->room, sizeof(*list->names));
	}
	list->names[list->count++] = arena_strndup(list->arena, name, length);
}

static void
scan(struct file_list *list, const char *dir, bool nested, const char *ending)
{
	DIR *d = opendir(dir);
	const struct dirent *e;

	while (d && (e = readdir(d)) != NULL) {
		size_t n = strlen(e->d_name), tail = strlen(ending);

		if (e->d_name[0] == '.')
			continue;
		if (nested && strchr(e->d_name, '.') == NULL) {
			char *below = arena_printf(list->arena, "%s/%s", dir, e->d_name);

			scan(list, below, false, ending);
		} else if (n > tail && strcmp(e->d_name + n - tail, ending) == 0) {
			keep(list, e->d_name, n - tail);
		}
	}
	if (d)
		closedir(d);
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

size_t
list_files(struct loader *l, const char *dir, bool nested, const char *ending, const char ***names)
{
	struct file_list list = {.arena = l->rd.arena};

	scan(&list, dir, nested, ending);
	*names = arena_array(l->rd.arena, list.count, sizeof(**names));
	if (list.count) {
		qsort(list.names, list.count, sizeof(*list.names), by_name);
		memcpy(*names, list.names, list.count * sizeof(**names));
	}
	free(list.names);
	return list.count;
}
