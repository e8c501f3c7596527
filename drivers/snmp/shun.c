/* The list of objects that spoil a GET for the others. */
#include "drivers/snmp/shun.h"

#include "base/arena.h"

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
		if (l->items == NULL) /* most devices refuse nothing, ever */
			l->items = xcalloc(l->room, sizeof(*l->items));
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

void
shun_doubt(struct shun_list *l, const struct oid *const *oids, size_t n, mono_t now)
{
	l->doubt++;
	l->doubt_size = (unsigned)n;
	l->doubt_left = l->doubt_size;
	for (size_t i = 0; i < n; i++) {
		struct shun *s;

		shun_put(l, oids[i], 0, now, 0);
		s = shun_find(l, oids[i]);
		if (s != NULL)
			s->doubt = l->doubt;
	}
}

unsigned
shun_alone(struct shun_list *l, const struct oid *oid, bool answered)
{
	const struct shun *s = shun_find(l, oid);

	if (s == NULL || l->doubt_left == 0 || s->doubt != l->doubt)
		return 0;
	l->doubt_left = answered ? l->doubt_left - 1 : 0;
	return answered && l->doubt_left == 0 ? l->doubt_size : 0;
}
