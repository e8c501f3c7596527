#include "ctl/asks.h"

#include "base/arena.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

void
asks_add(struct asks *a, enum ask_kind kind, const char *about, json_t *request)
{
	if (a->count == a->room) {
		a->room = a->room * 2 + 16;
		a->list = xrealloc(a->list, a->room, sizeof(*a->list));
	}
	struct ask *k = &a->list[a->count++];
	*k = (struct ask){.kind = kind, .request = request};
	text_copy(k->about, sizeof(k->about), about);
}

bool
asks_has(const struct asks *a, enum ask_kind kind)
{
	for (size_t i = 0; i < a->count; i++)
		if (a->list[i].kind == kind)
			return true;
	return false;
}

json_t *
asks_next(struct asks *a)
{
	if (a->sent == a->count || a->sent == ASKS_UNDER_WAY)
		return NULL;
	return json_incref(a->list[a->sent++].request);
}

bool
asks_answered(struct asks *a, enum ask_kind *kind, char about[VIEW_PATH_MAX])
{
	if (a->sent == 0)
		return false;
	*kind = a->list[0].kind;
	text_copy(about, VIEW_PATH_MAX, a->list[0].about);
	json_decref(a->list[0].request);
	a->sent--;
	memmove(a->list, a->list + 1, --a->count * sizeof(*a->list));
	return true;
}

void
asks_clear(struct asks *a)
{
	for (size_t i = 0; i < a->count; i++)
		json_decref(a->list[i].request);
	a->count = a->sent = 0;
}

void
asks_free(struct asks *a)
{
	asks_clear(a);
	free(a->list);
	*a = (struct asks){0};
}
