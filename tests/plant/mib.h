/* The objects of one SNMP device in lexicographic order, and their values. */
#ifndef PLANT_MIB_H
#define PLANT_MIB_H

#include "ber.h"
#include "device.h"
#include "usm.h"

enum { MIB_ROWS_MAX = 256 };

struct mib_row {
	struct oid oid;
	unsigned column; /* so many sub-identifiers are the object type, the rest the instance */
	const struct object *object;
};

struct mib {
	const struct device *device;
	const struct engine *engine; /* for uptime and the SNMP engine's own objects */
	struct mib_row rows[MIB_ROWS_MAX];
	size_t n;
};

/* Fills the MIB of that device. False: its table has a fault. */
bool mib_load(struct mib *m, const struct device *d, const struct engine *e);

/* The object of exactly that name; or NULL, and *missing says what v2 calls it. */
const struct mib_row *mib_get(const struct mib *m, const struct oid *name, enum ber_tag *missing);

/* The first object after that name, or NULL at the end. */
const struct mib_row *mib_next(const struct mib *m, const struct oid *name);

/* Writes the object's value as it is now. */
void mib_put_value(
    const struct mib *m, const struct mib_row *row, int64_t now_us, struct ber_out *out);

#endif
