/*
 * Tables of like rows become plain points, facts and alarms: each column is read once, then copied
 * for each row with its name, its title and its place.
 */
#include "site/table_load.h"

#include "base/text.h"
#include "site/scalar.h"

#include <string.h>

struct tables_in_work {
	struct loader *l;
	struct table_work *at;
	size_t count;
};

/* ---- reading ----------------------------------------------------------------------------------
 */

static size_t
width(const struct node *map)
{
	return map && map->kind == NODE_MAP ? map->count : 0;
}

/* The device's rows instead of the profile's. */
static bool
take_own_rows(struct loader *l, struct table_work *t, const struct node *own)
{
	const char **names = arena_array(l->rd.arena, t->row_count, sizeof(*names));

	for (size_t i = 0; i < t->row_count; i++)
		names[i] = t->rows[i].key;
	t->standard = t->rows;
	t->standard_names = names;
	t->standard_count = t->row_count;
	t->own_rows = true;
	return rows_read(l, t, own);
}

/* "1.3.6.1.2.1.31.1.1.1.1.*" */
static bool
read_label(struct loader *l, struct table_work *t)
{
	const struct node *at = node_get(t->pair->value, "label");
	size_t n = t->keys.label ? strlen(t->keys.label) : 0, length;
	uint32_t sub[OID_SUB_MAX], *copy;

	if (n == 0)
		return true;
	length = n > 2 && strcmp(t->keys.label + n - 2, ".*") == 0
		     ? oid_index_parse(arena_strndup(l->rd.arena, t->keys.label, n - 2), sub)
		     : 0;
	if (length < 2 || width(t->keys.facts) > 0) {
		if (length < 2)
			HINT(l, ERROR(l, at, "\"%s\" is no column", t->keys.label),
			    "expected an OID that ends with .*");
		else
			HINT(l,
			    ERROR(l, node_key(t->pair->value, "facts"),
				"a table with a label has no facts"),
			    "its label is what does not change");
		return false;
	}
	copy = arena_array(l->rd.arena, length, sizeof(*copy));
	memcpy(copy, sub, length * sizeof(*copy));
	t->label = (struct oid){.length = length, .sub = copy};
	return true;
}

static bool
read_table(struct loader *l, const struct pair *p, const struct node *own, struct table_work *t)
{
	*t = (struct table_work){.pair = p};
	if (!name_read(&l->rd, p->key, false) ||
	    !section_read(&l->rd, &section_table, p->value, p->key, SECTION_WHOLE, &t->keys) ||
	    !read_label(l, t) || !rows_read(l, t, t->keys.rows))
		return false;
	if (t->keys.title.en == NULL)
		t->keys.title = (struct label){.en = p->key->text};
	if (width(t->keys.points) == 0 && width(t->keys.facts) == 0) {
		HINT(l, ERROR(l, p->key, "this table has no columns"),
		    "expected points: {NAME with *: {...}}");
		return false;
	}
	t->columns = arena_array(
	    l->rd.arena, width(t->keys.points) + width(t->keys.facts), sizeof(*t->columns));
	return own == NULL || take_own_rows(l, t, own);
}

/* Rows of a table that the profile does not have. */
static bool
check_own(struct loader *l, const struct node *tables, const struct node *rows)
{
	const char *const *names = key_names(l, tables);
	bool good = true;

	if (rows && rows->kind != NODE_MAP) {
		HINT(l, ERROR(l, rows, "\"rows\" of a device is a map"),
		    "expected {TABLE: ROWS}, such as {outlet: 24}");
		return false;
	}
	for (size_t i = 0; rows && i < rows->count; i++)
		good =
		    refer(l, rows->pairs[i].key, "table", names, width(tables)) != NO_INDEX && good;
	return good;
}

struct tables_in_work *
tables_read(struct loader *l, const struct node *tables, const struct node *rows, bool *good)
{
	struct tables_in_work *w = arena_alloc(l->rd.arena, sizeof(*w));

	w->l = l;
	w->count = width(tables);
	w->at = arena_array(l->rd.arena, w->count, sizeof(*w->at));
	*good = check_own(l, tables, rows);
	for (size_t i = 0; *good && i < w->count; i++)
		*good = read_table(
		    l, &tables->pairs[i], node_get(rows, tables->pairs[i].key->text), &w->at[i]);
	if (!*good)
		w->count = 0;
	return w;
}

size_t
tables_points(const struct tables_in_work *w)
{
	size_t n = 0;

	for (size_t i = 0; i < w->count; i++)
		n += w->at[i].row_count * width(w->at[i].keys.points);
	return n;
}

size_t
tables_facts(const struct tables_in_work *w)
{
	size_t n = 0;

	for (size_t i = 0; i < w->count; i++)
		n += w->at[i].row_count * width(w->at[i].keys.facts);
	return n;
}

size_t
tables_rules(const struct tables_in_work *w)
{
	size_t n = 0;

	for (size_t i = 0; i < w->count; i++)
		n += w->at[i].row_count * width(w->at[i].keys.alarms);
	return n;
}

const char *
tables_row_key(const struct tables_in_work *w, const struct point_spec *p)
{
	return w->at[p->table - 1].rows[p->row].key;
}

/* ---- rows -------------------------------------------------------------------------------------
 */

/* "Outlet *" of row 5, where the web server hangs: "Outlet 5 (Web server)". */
static struct label
row_label(struct arena *a, const struct label *pattern, const struct row_spec *row)
{
	const char *en = row->key, *ja = row->key;

	if (row->title.en) {
		en = arena_printf(a, "%s (%s)", row->key, row->title.en);
		ja = arena_printf(
		    a, "%s（%s）", row->key, row->title.ja ? row->title.ja : row->title.en);
	}
	return (struct label){
	    .en = row_text(a, pattern->en, en), .ja = row_text(a, pattern->ja, ja)};
}

/* Where a column stands in a row; false: beyond what there is. */
static bool
row_source(struct arena *a, const struct row_column *c, const struct row_spec *row,
    const struct source *first, struct source *out)
{
	size_t length = c->head.length + row->index.length + c->tail.length;
	uint32_t *sub;
	uint32_t address;

	*out = *first;
	if (first->table != TABLE_OID) {
		address = first->address + (uint32_t)(row->number - 1) * c->stride;
		out->address = (uint16_t)address;
		return address <= UINT16_MAX;
	}
	if (length > OID_SUB_MAX)
		return false;
	sub = arena_array(a, length, sizeof(*sub));
	memcpy(sub, c->head.sub, c->head.length * sizeof(*sub));
	memcpy(sub + c->head.length, row->index.sub, row->index.length * sizeof(*sub));
	if (c->tail.length)
		memcpy(sub + c->head.length + row->index.length, c->tail.sub,
		    c->tail.length * sizeof(*sub));
	out->oid = (struct oid){.length = length, .sub = sub};
	return true;
}

/* A column in a row: reported where it goes beyond what there is. */
static bool
place_in_row(struct tables_in_work *w, const struct table_work *t, const struct pair *column,
    size_t c, size_t r, const struct source *first, struct source *out)
{
	if (row_source(w->l->rd.arena, &t->columns[c], &t->rows[r], first, out))
		return true;
	HINT(w->l,
	    ERROR(w->l, column->key, "row %s would stand beyond %s", t->rows[r].key,
		first->table == TABLE_OID ? "what an OID can hold" : "register 65535"),
	    "expected fewer rows, or the place and step from the register map");
	return false;
}

/* Rows that are bits of one number. */
static bool
bit_in_row(struct tables_in_work *w, const struct table_work *t, const struct pair *column,
    size_t c, size_t r, struct point_spec *out)
{
	unsigned bit =
	    out->codec.bit + (t->rows[r].number - 1u) * (unsigned)t->columns[c].bit_stride;

	if (bit + out->codec.width <= 16u * out->at.count || t->columns[c].bit_stride == 0) {
		out->codec.bit = (uint8_t)bit;
		return true;
	}
	HINT(w->l,
	    ERROR(w->l, column->key, "row %s would be bit %u, the type has %u", t->rows[r].key, bit,
		16u * out->at.count),
	    "expected fewer rows, or a type with a bit for each");
	return false;
}

/* Rows are asked of the device over SNMP alone. */
static bool
check_asked(struct tables_in_work *w, const struct table_work *t, const struct pair *column,
    const struct point_spec *one)
{
	if (!t->asked || one->at.table == TABLE_OID)
		return true;
	HINT(w->l, ERROR(w->l, column->key, "only an SNMP device can say which rows it has"),
	    "say how many rows there are");
	return false;
}

bool
tables_add_points(struct tables_in_work *w, struct profile *p, struct point_spec *points)
{
	struct arena *a = w->l->rd.arena;

	for (size_t i = 0; i < w->count; i++) {
		struct table_work *t = &w->at[i];
		size_t n = width(t->keys.points);

		t->first_point = p->point_count;
		for (size_t c = 0; c < n; c++) {
			const struct pair *column = &t->keys.points->pairs[c];
			struct point_spec one = {0};

			if (!point_load(w->l, column, &one, &t->columns[c]) ||
			    !check_asked(w, t, column, &one))
				return false;
			for (size_t r = 0; r < t->row_count; r++) {
				struct point_spec *out = &points[t->first_point + r * n + c];

				*out = one;
				out->name = row_text(a, one.name, t->rows[r].key);
				out->title = row_label(a, &one.title, &t->rows[r]);
				out->table = (uint16_t)(i + 1);
				out->row = (uint16_t)r;
				if (!place_in_row(w, t, column, c, r, &one.at, &out->at) ||
				    !bit_in_row(w, t, column, c, r, out))
					return false;
			}
		}
		p->point_count += t->row_count * n;
	}
	return true;
}

bool
tables_add_facts(struct tables_in_work *w, struct profile *p, struct fact_spec *facts)
{
	for (size_t i = 0; i < w->count; i++) {
		struct table_work *t = &w->at[i];
		size_t n = width(t->keys.facts), before = width(t->keys.points);

		t->first_fact = p->fact_count;
		for (size_t c = 0; c < n; c++) {
			const struct pair *column = &t->keys.facts->pairs[c];
			struct fact_spec one = {0};

			if (!fact_load(w->l, column, &one, &t->columns[before + c]))
				return false;
			for (size_t r = 0; r < t->row_count; r++) {
				struct fact_spec *out = &facts[t->first_fact + r * n + c];

				*out = one;
				out->name = row_text(w->l->rd.arena, one.name, t->rows[r].key);
				out->table = (uint16_t)(i + 1);
				out->row = (uint16_t)r;
				if (!place_in_row(w, t, column, before + c, r, &one.at, &out->at))
					return false;
			}
		}
		p->fact_count += t->row_count * n;
	}
	return true;
}

/* ---- alarms -----------------------------------------------------------------------------------
 */

/* `when` with the row's number for each * that is part of a name: behind an underscore. */
const char *
row_condition(struct arena *a, const char *text, const char *key)
{
	size_t n = strlen(key), stars = 0;
	char *out, *at;

	for (const char *s = text; *s; s++)
		stars += *s == '*';
	at = out = arena_alloc(a, strlen(text) + stars * n + 1);
	for (const char *s = text; *s; s++) {
		if (*s == '*' && s > text && s[-1] == '_') {
			memcpy(at, key, n);
			at += n;
		} else {
			*at++ = *s;
		}
	}
	*at = '\0';
	return out;
}

/* The rule of a table as it would be written for one row alone. */
static struct pair
row_rule(struct arena *a, const struct pair *rule, const char *key)
{
	struct node *name = arena_alloc(a, sizeof(*name)), *map = arena_alloc(a, sizeof(*map));
	struct pair *pairs = arena_array(a, width(rule->value), sizeof(*pairs));

	*name = *rule->key;
	name->text = row_text(a, rule->key->text, key);
	name->plain = false;
	*map = *rule->value;
	map->pairs = pairs;
	for (size_t i = 0; i < width(rule->value); i++) {
		struct node *when;

		pairs[i] = rule->value->pairs[i];
		if (strcmp(pairs[i].key->text, "when") != 0 || pairs[i].value->kind != NODE_SCALAR)
			continue;
		when = arena_alloc(a, sizeof(*when));
		*when = *pairs[i].value;
		when->text = row_condition(a, when->text, key);
		when->plain = when->plain && strcmp(when->text, pairs[i].value->text) == 0;
		pairs[i].value = when;
	}
	return (struct pair){.key = name, .value = map};
}

static bool
add_rule(struct tables_in_work *w, const struct table_work *t, const struct profile *p,
    const struct pair *rule, size_t r, struct draft_rule *out)
{
	struct arena *a = w->l->rd.arena;
	const struct row_spec *row = &t->rows[r];
	const struct pair one = row_rule(a, rule, row->key);
	const struct name_entry *e = names_look(w->l, &w->l->names.alarms, rule->key->text);
	const struct node *rows;
	bool named;

	if (!rule_load_row(w->l, &one, p, out, &rows) ||
	    !rows_named(w->l, t, rows, row->key, &named))
		return false;
	if (e && node_get(rule->value, "title") == NULL)
		out->rule.title = e->title;
	out->rule.title = row_label(a, &out->rule.title, row);
	out->rule.remedy = row_label(a, &out->rule.remedy, row);
	out->rule.table = (uint16_t)(t - w->at + 1);
	out->rule.row = (uint16_t)r;
	out->enabled = out->enabled && named;
	out->written = r == 0 ? rule : NULL;
	return true;
}

bool
tables_add_rules(
    struct tables_in_work *w, const struct profile *p, struct draft_rule *rules, size_t *count)
{
	bool good = true;

	for (size_t i = 0; i < w->count; i++) {
		const struct table_work *t = &w->at[i];

		for (size_t k = 0; k < width(t->keys.alarms); k++) {
			const struct pair *rule = &t->keys.alarms->pairs[k];

			if (!pattern_read(w->l, rule->key)) {
				good = false;
				continue;
			}
			/* What is wrong with one row is wrong with all: said once. */
			for (size_t r = 0; r < t->row_count; r++) {
				if (!add_rule(w, t, p, rule, r, &rules[*count])) {
					good = false;
					break;
				}
				++*count;
			}
		}
	}
	return good;
}

/* ---- what remains -----------------------------------------------------------------------------
 */

void
tables_keep(struct tables_in_work *w, struct profile *p)
{
	struct table_spec *tables = arena_array(w->l->rd.arena, w->count, sizeof(*tables));

	for (size_t i = 0; i < w->count; i++) {
		const struct table_work *t = &w->at[i];

		tables[i] = (struct table_spec){.name = t->pair->key->text,
		    .title = t->keys.title,
		    .rows = t->rows,
		    .row_count = t->row_count,
		    .columns = t->columns,
		    .column_count = width(t->keys.points),
		    .fact_column_count = width(t->keys.facts),
		    .first_point = t->first_point,
		    .first_fact = t->first_fact,
		    .own_rows = t->own_rows,
		    .asked = t->asked,
		    .label = t->label,
		    .place = node_place(t->pair->key)};
	}
	p->tables = tables;
	p->table_count = w->count;
}
