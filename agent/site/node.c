/* Looking at the tree of a file that has been read: doc.h without libfyaml. */
#include "base/text.h"
#include "site/doc.h"

#include <string.h>

static size_t
find(const struct node *n, const char *key)
{
	size_t i = 0;

	while (i < n->count && strcmp(n->pairs[i].key->text, key) != 0)
		i++;
	return i;
}

struct node *
doc_merge(struct arena *a, struct node *base, struct node *over)
{
	struct pair *pairs;
	size_t count;

	if (base->kind != NODE_MAP || over->kind != NODE_MAP)
		return over;
	count = base->count;
	pairs = arena_array(a, base->count + over->count, sizeof(*pairs));
	if (count)
		memcpy(pairs, base->pairs, count * sizeof(*pairs));
	for (size_t i = 0; i < over->count; i++) {
		size_t at = find(base, over->pairs[i].key->text);

		if (at < base->count)
			pairs[at].value = doc_merge(a, pairs[at].value, over->pairs[i].value);
		else
			pairs[count++] = over->pairs[i];
	}
	base->pairs = pairs;
	base->count = count;
	return base;
}

const struct node *
node_get(const struct node *n, const char *key)
{
	size_t i;

	if (n == NULL || n->kind != NODE_MAP)
		return NULL;
	i = find(n, key);
	return i < n->count ? n->pairs[i].value : NULL;
}

const struct node *
node_key(const struct node *n, const char *key)
{
	size_t i;

	if (n->kind != NODE_MAP)
		return n;
	i = find(n, key);
	return i < n->count ? n->pairs[i].key : n;
}

struct place
node_place(const struct node *n)
{
	return (struct place){.file = n->file->path, .line = n->line, .column = n->column};
}

const char *
node_shown(const struct node *n, char buf[NODE_SHOWN_MAX])
{
	size_t length = strlen(n->text), room = NODE_SHOWN_MAX - sizeof("...");

	text_clean(buf, room, n->file->hush ? "(hidden)" : n->text,
	    n->file->hush ? strlen("(hidden)") : length);
	if (length >= room && !n->file->hush)
		text_append(buf, NODE_SHOWN_MAX, "...");
	return buf;
}
