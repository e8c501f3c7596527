/* Object identifiers: text, order, prefix. */
#ifndef PLANT_OID_H
#define PLANT_OID_H

#include <stdbool.h>
#include <stdint.h>

enum { OID_MAX = 64 };

struct oid {
	unsigned n;
	uint32_t sub[OID_MAX];
};

/* Appends dotted decimal text ("1.3.6.1") to o. False: not an OID, or too long. */
bool oid_append(struct oid *o, const char *text);

/* Lexicographic order: < 0, 0, > 0. */
int oid_compare(const struct oid *a, const struct oid *b);

/* Are the first n sub-identifiers of both the same? */
bool oid_same_start(const struct oid *a, const struct oid *b, unsigned n);

#endif
