/* The list of objects that spoil a GET for the others. */
#include "drivers/snmp/shun.h"

struct shun *
shun_find(const struct shun_list *l, const struct oid *oid)
{
	for (size_t i = 0; i < l->count; i++)
		if (l->items[i].oid == oid)
			return &l->items[i];
	return NULL;
}

void
shun_put(struct shun_list *l, const struct oid *oid, uint8_t code, mono_t now, int64_t pause_ms)
{
	struct shun *s = shun_find(l, oid);

	if (s == NULL) {
		if (l->count == l->room)
			return;
		s = &l->items[l->count++];
	}
	*s = (struct shun){.oid = oid,
	    .code = code,
	    .until = mono_add_ms(now, pause_ms),
	    .pause_ms = pause_ms,
	    .asked_at = now};
}

void
shun_drop(struct shun_list *l, const struct oid *oid)
{
	struct shun *s = shun_find(l, oid);

	if (s != NULL)
		*s = l->items[--l->count];
}
