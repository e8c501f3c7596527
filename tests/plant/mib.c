#include "mib.h"

#include <stdlib.h>
#include <string.h>

static int
row_order(const void *a, const void *b)
{
	const struct mib_row *left = a, *right = b;

	return oid_compare(&left->oid, &right->oid);
}

bool
mib_load(struct mib *m, const struct device *d, const struct engine *e)
{
	*m = (struct mib){.device = d, .engine = e, .n = d->type->n_objects};
	if (m->n > MIB_ROWS_MAX)
		return false;
	for (size_t i = 0; i < m->n; i++) {
		struct mib_row *row = &m->rows[i];
		row->object = &d->type->objects[i];
		if (!oid_append(&row->oid, row->object->column))
			return false;
		row->column = row->oid.n;
		if (!oid_append(&row->oid, row->object->index))
			return false;
	}
	qsort(m->rows, m->n, sizeof *m->rows, row_order);
	return true;
}

static bool
present(const struct mib *m, const struct mib_row *row)
{
	return !row->object->present || row->object->present(m->device->raw);
}

const struct mib_row *
mib_get(const struct mib *m, const struct oid *name, enum ber_tag *missing)
{
	*missing = BER_NO_SUCH_OBJECT;
	for (size_t i = 0; i < m->n; i++) {
		const struct mib_row *row = &m->rows[i];
		if (!oid_same_start(&row->oid, name, row->column))
			continue;
		*missing = BER_NO_SUCH_INSTANCE;
		if (present(m, row) && oid_compare(&row->oid, name) == 0)
			return row;
	}
	return NULL;
}

const struct mib_row *
mib_next(const struct mib *m, const struct oid *name)
{
	for (size_t i = 0; i < m->n; i++) {
		const struct mib_row *row = &m->rows[i];
		if (oid_compare(&row->oid, name) > 0 && present(m, row))
			return row;
	}
	return NULL;
}

static void
put_identifier(struct ber_out *out, const char *text)
{
	struct oid o = {0};

	if (!oid_append(&o, text))
		out->full = true;
	ber_put_oid(out, &o);
}

void
mib_put_value(const struct mib *m, const struct mib_row *row, int64_t now_us, struct ber_out *out)
{
	const struct object *o = row->object;
	const struct device *d = m->device;
	char text[VALUE_TEXT_MAX];

	switch (o->kind) {
	case OBJECT_INTEGER:
		ber_put_int(out, BER_INTEGER, d->raw[o->point]);
		return;
	case OBJECT_GAUGE:
		ber_put_int(out, BER_GAUGE32, d->raw[o->point]);
		return;
	case OBJECT_COUNT:
		ber_put_int(out, BER_COUNTER32, (uint32_t)d->raw[o->point]);
		return;
	case OBJECT_COUNT64:
		ber_put_int(out, BER_COUNTER64, d->raw[o->point]);
		return;
	case OBJECT_STRING:
		value_text(&d->type->points[o->point], d->raw[o->point], text);
		ber_put_string(out, text, strlen(text));
		return;
	case OBJECT_NUMBER:
		ber_put_int(out, BER_INTEGER, o->number);
		return;
	case OBJECT_COUNTER:
		ber_put_int(out, BER_COUNTER32, o->number);
		return;
	case OBJECT_TEXT:
		ber_put_string(out, o->text, strlen(o->text));
		return;
	case OBJECT_IDENTIFIER:
		put_identifier(out, o->text);
		return;
	case OBJECT_UPTIME: /* hundredths of a second */
		ber_put_int(out, BER_TIMETICKS, (uint32_t)((now_us - m->engine->start_us) / 10000));
		return;
	case OBJECT_ENGINE_ID:
		ber_put_string(out, m->engine->id, m->engine->id_length);
		return;
	case OBJECT_ENGINE_BOOTS:
		ber_put_int(out, BER_INTEGER, m->engine->boots);
		return;
	case OBJECT_ENGINE_TIME:
		ber_put_int(out, BER_INTEGER, engine_time_s(m->engine, now_us));
		return;
	}
}
