/*
 * What is worked out from the table of points instead of being read: derived points, and alarms
 * whose condition is an expression. Each is worked out again when one of its inputs was sampled and
 * is not what it was, or when its own time has come; where somebody looks at it over time, with
 * each sample. Derived points in the order of the site file, so that one may use those before it.
 * Inside of the core.
 */
#ifndef CORE_DERIVE_H
#define CORE_DERIVE_H

#include "base/arena.h"
#include "core/expr_run.h"

struct core;

/* One use of an expression. */
struct derived {
	const struct expr *x;
	uint32_t *flat;          /* by x->refs: index in the table of points */
	struct expr_slot *slots; /* x->slot_count */
	int point, alarm;        /* what it is for: one of them, the other is NO_INDEX */
	mono_t again;            /* it differs then, though no input changes */
	bool dirty;
	bool sampled; /* with each sample, also with an equal one: somebody compares them */
};

/* Which use of which of its refs a point feeds. */
struct derived_input {
	uint32_t derived;
	uint16_t ref;
};

struct derive {
	struct derived *all; /* points first, in their order, then alarms */
	size_t count;
	struct derived_input *inputs; /* sorted by point */
	uint32_t *first_input;        /* by point; one more at the end */
	struct derived_seen {
		double value;
		enum quality quality;
		enum defect defect;
		bool ever;
	} * seen; /* by point: what was worked with last */
	bool dirty;
};

void derive_init(struct core *c);
/* The point was sampled or its quality changed. */
void derive_input(struct core *c, size_t point, const struct now *now);
/* Works out what is dirty or due. */
void derive_run(struct core *c, const struct now *now);

/* The use that works out this point, NULL where it is read. For `explain`. */
const struct derived *derive_of_point(const struct core *c, size_t point);

#endif
