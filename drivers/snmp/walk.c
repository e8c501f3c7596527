/* One column of a table, row by row. */
#include "drivers/snmp/walk.h"

#include "base/log.h"
#include "core/decode.h"
#include "drivers/snmp/values.h"

#include <string.h>

void
walk_begin(struct walk_step *w, const struct oid *column, struct column_walk *out, uint16_t most)
{
	*w = (struct walk_step){.column = column, .out = out, .most = most};
	out->count = 0;
	out->more = 0;
	w->length = column->length < MAX_OID_LEN ? column->length : MAX_OID_LEN;
	for (size_t i = 0; i < w->length; i++)
		w->last[i] = column->sub[i];
}

netsnmp_pdu *
walk_ask(const struct walk_step *w, unsigned repetitions, enum snmp_version version)
{
	bool bulk = version != SNMP_V1 && repetitions > 1;
	netsnmp_pdu *pdu = library_pdu(bulk ? SNMP_MSG_GETBULK : SNMP_MSG_GETNEXT);

	if (bulk) {
		pdu->non_repeaters = 0;
		pdu->max_repetitions = (long)repetitions;
	}
	if (snmp_add_null_var(pdu, w->last, w->length) == NULL)
		log_fatal("out of memory");
	return pdu;
}

static bool
is_inside(const struct walk_step *w, const netsnmp_variable_list *v)
{
	if (v->name_length <= w->column->length)
		return false;
	for (size_t i = 0; i < w->column->length; i++)
		if (v->name[i] != w->column->sub[i])
			return false;
	return true;
}

static void
keep(struct walk_step *w, const netsnmp_variable_list *v)
{
	size_t n = v->name_length - w->column->length;
	struct walk_row *row;
	struct snmp_value value;

	if (w->out->count == w->most || n > WALK_INDEX_MAX) {
		w->out->more++;
		return;
	}
	row = &w->out->rows[w->out->count++];
	row->length = (uint16_t)n;
	for (size_t i = 0; i < n; i++)
		row->index[i] = (uint32_t)v->name[w->column->length + i];
	row->text[0] = '\0';
	if (values_plain(v, &value))
		decode_label(&value, row->text, sizeof(row->text));
}

enum walk_verdict
walk_take(struct walk_step *w, const netsnmp_variable_list *vars)
{
	if (vars == NULL || ++w->answers > WALK_ANSWERS_MAX)
		return WALK_BROKEN;
	for (const netsnmp_variable_list *v = vars; v != NULL; v = v->next_variable) {
		if (v->type == SNMP_ENDOFMIBVIEW || v->type == SNMP_NOSUCHOBJECT ||
		    v->type == SNMP_NOSUCHINSTANCE)
			return WALK_DONE;
		/* Before it is looked at: a device that goes back would be walked for ever. */
		if (v->name_length > MAX_OID_LEN ||
		    snmp_oid_compare(v->name, v->name_length, w->last, w->length) <= 0)
			return WALK_BROKEN;
		if (!is_inside(w, v))
			return WALK_DONE;
		keep(w, v);
		memcpy(w->last, v->name, v->name_length * sizeof(*v->name));
		w->length = v->name_length;
	}
	return WALK_GOES_ON;
}
