#include "oid.h"

#include <stdlib.h>

bool
oid_append(struct oid *o, const char *text)
{
	while (*text) {
		char *end;
		unsigned long sub = strtoul(text, &end, 10);
		if (end == text || sub > UINT32_MAX || o->n == OID_MAX)
			return false;
		o->sub[o->n++] = (uint32_t)sub;
		if (*end && *end != '.')
			return false;
		text = *end ? end + 1 : end;
	}
	return true;
}

int
oid_compare(const struct oid *a, const struct oid *b)
{
	for (unsigned i = 0; i < a->n && i < b->n; i++) {
		if (a->sub[i] != b->sub[i])
			return a->sub[i] < b->sub[i] ? -1 : 1;
	}
	return (a->n > b->n) - (a->n < b->n);
}

bool
oid_same_start(const struct oid *a, const struct oid *b, unsigned n)
{
	if (a->n < n || b->n < n)
		return false;
	for (unsigned i = 0; i < n; i++) {
		if (a->sub[i] != b->sub[i])
			return false;
	}
	return true;
}
