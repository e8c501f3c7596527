/* names.yaml: a name of a point, fact or alarm exists only if it is written there. */
#include "base/text.h"
#include "site/loader.h"
#include "site/scalar.h"
#include "site/value.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

static bool is_pattern(const struct loader *l, const struct node *n);

static struct name_list
list_read(struct loader *l, const struct section *s, const struct node *map, bool *good)
{
	struct name_entry *entries;
	size_t n = map ? map->count : 0, kept = 0;

	entries = arena_array(l->rd.scratch, n, sizeof(*entries));
	for (size_t i = 0; i < n; i++) {
		const struct pair *p = &map->pairs[i];
		struct name_keys keys = {0};

		if (!(is_pattern(l, p->key) || name_read(&l->rd, p->key, false)) ||
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

	entries = arena_array(l->rd.scratch, n, sizeof(*entries));
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
	struct node *root = doc_read(loader_memory(l), l->rd.findings, path, false);
	struct names_keys keys = {0};
	bool good;

	if (root == NULL)
		return;
	good = section_read(&l->rd, &section_names, root, root, SECTION_WHOLE, &keys);
	l->names.points = list_read(l, &section_name_point, keys.points, &good);
	l->names.facts = list_read(l, &section_name, keys.facts, &good);
	l->names.alarms = list_read(l, &section_name, keys.alarms, &good);
	l->names.traps = list_read(l, &section_name, keys.traps, &good);
	l->names.words = words_read(l, keys.words, &good);
	l->names.usable = good;
}

/* What the * of "outlet_*_state" stands for in "outlet_5_state"; false: another name. */
static bool
fits(const char *pattern, const char *name, const char **row, size_t *length)
{
	const char *star = strchr(pattern, '*');
	size_t head, tail, n = strlen(name);

	if (star == NULL)
		return false;
	head = (size_t)(star - pattern);
	tail = strlen(star + 1);
	if (n <= head + tail || memcmp(name, pattern, head) != 0 ||
	    memcmp(name + n - tail, star + 1, tail) != 0)
		return false;
	*row = name + head;
	*length = n - head - tail;
	return *length <= ROW_KEY_MAX &&
	       strspn(*row, "abcdefghijklmnopqrstuvwxyz0123456789") >= *length;
}

const char *
row_text(struct arena *a, const char *pattern, const char *row)
{
	size_t stars = 0, n = strlen(row);
	char *out, *at;

	if (pattern == NULL)
		return NULL;
	for (const char *s = pattern; *s; s++)
		stars += *s == '*';
	if (stars == 0)
		return pattern;
	at = out = arena_alloc(a, strlen(pattern) + stars * n + 1);
	for (const char *s = pattern; *s; s++) {
		if (*s == '*') {
			memcpy(at, row, n);
			at += n;
		} else {
			*at++ = *s;
		}
	}
	*at = '\0';
	return out;
}

const struct name_entry *
names_look(struct loader *l, const struct name_list *list, const char *name)
{
	for (size_t i = 0; i < list->count; i++) {
		if (strcmp(list->at[i].name, name) == 0)
			return &list->at[i];
	}
	for (size_t i = 0; i < list->count; i++) {
		const struct name_entry *e = &list->at[i];
		struct name_entry *made;
		const char *row;
		size_t n;

		if (!fits(e->name, name, &row, &n))
			continue;
		row = arena_strndup(l->rd.arena, row, n);
		made = arena_alloc(l->rd.arena, sizeof(*made));
		*made = *e;
		made->title.en = row_text(l->rd.arena, e->title.en, row);
		made->title.ja = row_text(l->rd.arena, e->title.ja, row);
		return made;
	}
	return NULL;
}

const struct name_entry *
names_find(struct loader *l, const struct name_list *list, const struct node *at, const char *what)
{
	const struct name_entry *e = names_look(l, list, at->text);
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

/* "outlet_*_state": a name with the place of the row's number in it. */
static bool
is_pattern(const struct loader *l, const struct node *n)
{
	const char *star = strchr(n->text, '*');

	return star != NULL && star > n->text && star[-1] == '_' &&
	       name_valid(row_text(l->rd.arena, n->text, "1"), false) &&
	       strchr(star + 1, '*') == NULL;
}

bool
pattern_read(struct loader *l, const struct node *n)
{
	char shown[NODE_SHOWN_MAX];

	if (is_pattern(l, n))
		return true;
	HINT(l, ERROR(l, n, "\"%s\" cannot be a name in a table", node_shown(n, shown)),
	    "expected a name with _* where the row's number goes, such as outlet_*_state");
	return false;
}

const char *const *
key_names(struct loader *l, const struct node *map)
{
	size_t n = map && map->kind == NODE_MAP ? map->count : 0;
	const char **names = arena_array(l->rd.scratch, n, sizeof(*names));

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
