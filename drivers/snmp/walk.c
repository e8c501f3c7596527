/* One column of a table, row by row. */
#include "drivers/snmp/walk.h"

#include "core/decode.h"
#include "drivers/snmp/values.h"

#include <string.h>

void
walk_begin(struct walk_step *w, const struct oid *column, struct column_walk *out, uint16_t most)
{
	size_t n = column->length < OID_SUBS_MAX ? column->length : OID_SUBS_MAX;

	*w = (struct walk_step){.column = column, .out = out, .most = most};
	out->count = 0;
	out->more = 0;
	memcpy(w->last, column->sub, n * sizeof(*w->last));
	w->after = (struct oid){n, w->last};
	w->asked = &w->after;
}

struct pdu_question
walk_ask(const struct walk_step *w, unsigned repetitions, enum snmp_version version)
{
	bool bulk = version != SNMP_V1 && repetitions > 1;

	return (struct pdu_question){.kind = bulk ? PDU_GET_BULK : PDU_GET_NEXT,
	    .repetitions = (int32_t)repetitions,
	    .oids = &w->asked,
	    .count = 1};
}

/* RFC 3416 section 4.2.2: is it after the last one? */
static bool
is_after(const struct walk_step *w, const struct oid *name)
{
	const struct oid *last = &w->after;
	size_t n = name->length < last->length ? name->length : last->length;

	for (size_t i = 0; i < n; i++)
		if (name->sub[i] != last->sub[i])
			return name->sub[i] > last->sub[i];
	return name->length > last->length;
}

static bool
is_inside(const struct walk_step *w, const struct oid *name)
{
	const struct oid *column = w->column;

	return name->length > column->length &&
	       memcmp(name->sub, column->sub, column->length * sizeof(*name->sub)) == 0;
}

static void
keep(struct walk_step *w, const struct oid *name, const struct pdu_variable *v)
{
	size_t n = name->length - w->column->length;
	struct walk_row *row;
	struct snmp_value value;

	if (w->out->count == w->most || n > WALK_INDEX_MAX) {
		w->out->more++;
		return;
	}
	row = &w->out->rows[w->out->count++];
	row->length = (uint16_t)n;
	memcpy(row->index, name->sub + w->column->length, n * sizeof(*row->index));
	row->text[0] = '\0';
	if (values_plain(v, &value))
		decode_label(&value, row->text, sizeof(row->text));
}

static bool
is_end(uint8_t tag)
{
	return tag == SNMP_REFUSED_END_OF_MIB || tag == SNMP_REFUSED_NO_OBJECT ||
	       tag == SNMP_REFUSED_NO_INSTANCE;
}

enum walk_verdict
walk_take(struct walk_step *w, struct ber variables)
{
	uint32_t subs[OID_SUBS_MAX];
	struct oid name = {0, subs};
	struct pdu_variable v;

	if (variables.left == 0 || ++w->answers > WALK_ANSWERS_MAX)
		return WALK_BROKEN;
	while (pdu_next(&variables, &v)) {
		if (is_end(v.tag))
			return WALK_DONE;
		/* Before it is looked at: a device that goes back would be walked for ever. */
		if (!ber_oid(v.name, subs, &name.length) || !is_after(w, &name))
			return WALK_BROKEN;
		if (!is_inside(w, &name))
			return WALK_DONE;
		keep(w, &name, &v);
		memcpy(w->last, subs, name.length * sizeof(*subs));
		w->after.length = name.length;
	}
	return WALK_GOES_ON;
}
