#include "ctl/lookup.h"

#include "base/arena.h"

#include <stdlib.h>
#include <string.h>

/* FNV-1a, 64 bit (Fowler, Noll, Vo). */
static uint64_t
hash(const char *s)
{
	uint64_t h = UINT64_C(14695981039346656037);

	for (; *s != '\0'; s++)
		h = (h ^ (unsigned char)*s) * UINT64_C(1099511628211);
	return h;
}

size_t
lookup_find(const struct lookup *l, const char *name)
{
	if (l->size == 0)
		return LOOKUP_NONE;
	for (size_t at = hash(name) & (l->size - 1); l->slots[at] != 0;
	     at = (at + 1) & (l->size - 1))
		if (strcmp(l->name(l->arg, l->slots[at] - 1), name) == 0)
			return l->slots[at] - 1;
	return LOOKUP_NONE;
}

static void
place(struct lookup *l, size_t i)
{
	size_t at = hash(l->name(l->arg, i)) & (l->size - 1);

	while (l->slots[at] != 0)
		at = (at + 1) & (l->size - 1);
	l->slots[at] = (uint32_t)i + 1;
}

/* At most half full. */
static void
grow(struct lookup *l)
{
	uint32_t *old = l->slots;
	size_t old_size = l->size;

	l->size = l->size > 0 ? l->size * 2 : 64;
	l->slots = xcalloc(l->size, sizeof(*l->slots));
	for (size_t i = 0; i < old_size; i++)
		if (old[i] != 0)
			place(l, old[i] - 1);
	free(old);
}

void
lookup_add(struct lookup *l, size_t i)
{
	if (2 * (l->count + 1) > l->size)
		grow(l);
	place(l, i);
	l->count++;
}

void
lookup_clear(struct lookup *l)
{
	free(l->slots);
	l->slots = NULL;
	l->size = l->count = 0;
}
