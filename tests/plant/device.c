#include "device.h"

#include "truth.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

int64_t
decimal_factor(int decimals)
{
	static const int64_t factors[] = {1, 10, 100, 1000};

	return factors[decimals];
}

int64_t
quantise(double value, int decimals, int64_t low, int64_t high)
{
	double raw = round(value * (double)decimal_factor(decimals));

	if (raw <= (double)low)
		return low;
	return raw >= (double)high ? high : (int64_t)raw;
}

const char *
value_text(const struct point_def *def, int64_t raw, char *buf)
{
	int64_t size = raw < 0 ? -raw : raw, factor = decimal_factor(def->decimals);

	if (def->decimals == 0)
		snprintf(buf, VALUE_TEXT_MAX, "%" PRId64, raw);
	else
		snprintf(buf, VALUE_TEXT_MAX, "%s%" PRId64 ".%0*" PRId64, raw < 0 ? "-" : "",
		    size / factor, def->decimals, size % factor);
	return buf;
}

int
device_point(const struct device *d, const char *name)
{
	for (size_t i = 0; i < d->type->n_points; i++) {
		if (strcmp(d->type->points[i].name, name) == 0)
			return (int)i;
	}
	return -1;
}

/* False: the object does not show a point, or not as a number. */
static bool
object_range(const struct object *o, int64_t *low, int64_t *high)
{
	*low = o->kind == OBJECT_INTEGER || o->kind == OBJECT_STRING ? INT32_MIN : 0;
	*high = o->kind == OBJECT_INTEGER || o->kind == OBJECT_STRING ? INT32_MAX
		: o->kind == OBJECT_COUNT64                           ? INT64_MAX
								      : UINT32_MAX;
	return o->kind <= OBJECT_STRING;
}

static void
row_range(const struct reg *r, bool is_signed, int64_t *low, int64_t *high)
{
	*low = 0;
	*high = 1;
	if (r->kind == REG_LONG_HI) {
		*high = UINT32_MAX;
	} else if (r->kind == REG_WORD || r->kind == REG_FLOAT_LO) {
		*low = is_signed ? INT16_MIN : 0;
		*high = is_signed ? INT16_MAX : UINT16_MAX;
	}
}

void
device_range(const struct device *d, int i, int64_t *low, int64_t *high)
{
	*low = INT32_MIN;
	*high = INT32_MAX;
	for (size_t k = 0; k < d->type->n_regs; k++) {
		const struct reg *r = &d->type->regs[k];
		if (r->point == i) {
			row_range(r, d->type->points[i].is_signed, low, high);
			return;
		}
	}
	for (size_t k = 0; k < d->type->n_objects; k++) {
		const struct object *o = &d->type->objects[k];
		if (o->point == i && object_range(o, low, high))
			return;
	}
}

/* Takes the room's values in; logs those that changed, or all. */
static void
take(struct device *d, const struct room *room, bool all)
{
	int64_t raw[DEVICE_POINTS_MAX] = {0};

	d->room = room;
	d->type->sense(room, raw);
	for (size_t i = 0; i < d->type->n_points; i++) {
		if (d->forced[i])
			raw[i] = d->forced_raw[i];
		if (all || raw[i] != d->raw[i])
			truth_value(d, i, raw[i]);
		d->raw[i] = raw[i];
	}
}

void
device_refresh(struct device *d, const struct room *room)
{
	if (d->served)
		take(d, room, false);
}

void
device_begin(struct device *d, const struct room *room)
{
	if (d->served)
		take(d, room, true);
}
