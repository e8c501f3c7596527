/* Which of the device's rows stands in which slot. */
#include "core/rows.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>

/* ---- life ------------------------------------------------------------------------------------ */

static size_t
slots(const struct profile *p)
{
	size_t n = 0;

	for (size_t i = 0; i < p->table_count; i++)
		n += p->tables[i].asked ? p->tables[i].row_count : 0;
	return n;
}

/* Room for the longest index; until a row is bound, the number of the slot keeps sources apart. */
static void
make_source(struct arena *a, const struct oid *head, const struct oid *tail, uint32_t slot,
    struct source *out)
{
	uint32_t *sub = arena_array(a, head->length + WALK_INDEX_MAX + tail->length, sizeof(*sub));

	memcpy(sub, head->sub, head->length * sizeof(*sub));
	sub[head->length] = slot;
	*out = (struct source){.table = TABLE_OID, .count = 1, .oid = {head->length + 1, sub}};
}

static void
make_table(struct arena *a, struct rows *r, uint16_t table)
{
	const struct table_spec *t = &r->profile->tables[table];
	const struct oid nothing = {0, NULL};

	for (size_t slot = 0; slot < t->row_count; slot++) {
		struct row *row = &r->list[r->count++];

		row->table = table;
		row->slot = (uint16_t)slot;
		make_source(a, &t->label, &nothing, (uint32_t)slot, &row->at);
		for (size_t c = 0; c < t->column_count; c++) {
			size_t point = t->first_point + slot * t->column_count + c;

			r->row_of[point] = (uint16_t)r->count;
			make_source(a, &t->columns[c].head, &t->columns[c].tail, (uint32_t)slot,
			    &r->sources[point]);
		}
	}
}

struct rows *
rows_new(struct arena *a, const struct profile *p)
{
	struct rows *r;
	size_t n = slots(p);

	if (n == 0)
		return NULL;
	r = arena_alloc(a, sizeof(*r));
	r->profile = p;
	r->list = arena_array(a, n, sizeof(*r->list));
	r->sources = arena_array(a, p->point_count, sizeof(*r->sources));
	r->row_of = arena_array(a, p->point_count, sizeof(*r->row_of));
	r->homeless = arena_array(a, p->table_count, sizeof(*r->homeless));
	r->walked = arena_array(a, p->table_count, sizeof(*r->walked));
	for (size_t i = 0; i < p->table_count; i++)
		if (p->tables[i].asked)
			make_table(a, r, (uint16_t)i);
	return r;
}

/* ---- looking --------------------------------------------------------------------------------- */

const struct source *
rows_label(const struct rows *r, size_t row)
{
	return &r->list[row].at;
}

int
rows_of_point(const struct rows *r, size_t point)
{
	return point < r->profile->point_count ? (int)r->row_of[point] - 1 : NO_INDEX;
}

const struct source *
rows_source(const struct rows *r, size_t point)
{
	return r->row_of[point] != 0 ? &r->sources[point] : NULL;
}

bool
rows_has_source(const struct rows *r, const struct source *at)
{
	if (at >= r->sources && at < r->sources + r->profile->point_count)
		return true;
	for (size_t i = 0; i < r->count; i++)
		if (at == &r->list[i].at)
			return true;
	return false;
}

bool
rows_fits(const struct row *row, const char *text)
{
	return text != NULL && strcmp(row->text, text) == 0;
}

/* FNV-1a. */
uint32_t
rows_key(const char *label)
{
	uint32_t key = 0x811c9dc5u;

	for (; *label != '\0'; label++)
		key = (key ^ (uint8_t)*label) * 0x01000193u;
	return key != 0 ? key : 1;
}

/* ---- binding --------------------------------------------------------------------------------- */

/* head + index + tail. The array has room for the longest index. */
static void
put_index(struct source *at, size_t head, const struct walk_row *w, const struct oid *tail)
{
	/* The array is the row's own, const only for those who ask. */
	uint32_t *sub = (uint32_t *)(uintptr_t)at->oid.sub; /* NOLINT(performance-no-int-to-ptr) */

	memcpy(sub + head, w->index, w->length * sizeof(*sub));
	if (tail->length > 0)
		memcpy(sub + head + w->length, tail->sub, tail->length * sizeof(*sub));
	at->oid.length = head + w->length + tail->length;
}

static void
bind(struct rows *r, struct row *row, const struct walk_row *w, const char *label)
{
	const struct table_spec *t = &r->profile->tables[row->table];
	const struct oid nothing = {0, NULL};

	row->there = true;
	row->doubted = false;
	row->key = rows_key(label);
	text_copy(row->text, sizeof(row->text), w->text);
	text_copy(row->label, sizeof(row->label), label);
	row->length = w->length;
	memcpy(row->index, w->index, w->length * sizeof(*w->index));
	put_index(&row->at, t->label.length, w, &nothing);
	for (size_t c = 0; c < t->column_count; c++)
		put_index(&r->sources[t->first_point + row->slot * t->column_count + c],
		    t->columns[c].head.length, w, &t->columns[c].tail);
}

/*
 * As people know it: its text, or its index. Rows of one name have their indices beside it, the
 * first as well: were it the plain name, the second would inherit it, and all that the first was,
 * when the first is unplugged.
 */
static void
make_label(const struct column_walk *w, size_t i, char *buf, size_t size)
{
	const struct walk_row *row = &w->rows[i];
	bool twice = row->text[0] == '\0';

	for (size_t j = 0; j < w->count && !twice; j++)
		twice = j != i && strcmp(w->rows[j].text, row->text) == 0;
	text_copy(buf, size, row->text);
	for (size_t k = 0; twice && k < row->length; k++)
		text_append(buf, size,
		    k > 0            ? ".%u"
		    : buf[0] != '\0' ? " %u"
				     : "%u",
		    row->index[k]);
}

static bool
same_index(const struct row *row, const struct walk_row *w)
{
	return row->length == w->length &&
	       memcmp(row->index, w->index, w->length * sizeof(*w->index)) == 0;
}

/* The slot of this label; else one that never had any; else, `reuse`, one whose row is gone. */
static struct row *
slot_for(struct rows *r, uint16_t table, uint32_t key, const enum row_change *changes, bool reuse)
{
	struct row *empty = NULL;

	for (size_t i = 0; i < r->count; i++) {
		struct row *row = &r->list[i];

		if (row->table != table)
			continue;
		if (row->key == key)
			return row;
		if (empty == NULL && (reuse ? changes[i] == ROW_GONE && !row->there && !row->doubted
					    : row->key == 0))
			empty = row;
	}
	return empty;
}

/* Labels that have a slot first, so that no new one takes it. */
static size_t
match_pass(struct rows *r, uint16_t table, const struct column_walk *w, enum row_change *changes,
    bool known)
{
	size_t homeless = 0;
	char label[WALK_TEXT_MAX + 8];

	for (size_t i = 0; i < w->count; i++) {
		uint32_t key;
		struct row *row;
		enum row_change *change;

		make_label(w, i, label, sizeof(label));
		key = rows_key(label);
		row = slot_for(r, table, key, changes, false);
		if (known && (row == NULL || row->key != key))
			continue;
		if (!known && row != NULL && row->key == key)
			continue; /* done in the first pass */
		if (row == NULL)
			row = slot_for(r, table, key, changes, true);
		if (row == NULL) {
			homeless++;
			continue;
		}
		change = &changes[row - r->list];
		*change = !row->there || row->key != key                     ? ROW_FOUND
			  : row->length == 0 || same_index(row, &w->rows[i]) ? ROW_SAME
									     : ROW_MOVED;
		bind(r, row, &w->rows[i], label);
	}
	return homeless;
}

size_t
rows_match(struct rows *r, uint16_t table, const struct column_walk *w, enum row_change *changes)
{
	size_t homeless;

	for (size_t i = 0; i < r->count; i++)
		if (r->list[i].table == table)
			changes[i] = ROW_GONE; /* until it is seen */
	match_pass(r, table, w, changes, true);
	for (size_t i = 0; i < r->count; i++)
		if (r->list[i].table == table && changes[i] == ROW_GONE) {
			if (!r->list[i].there)
				continue;
			r->list[i].there = false;
			r->list[i].doubted = true; /* it was there until now */
		}
	homeless = match_pass(r, table, w, changes, false);
	for (size_t i = 0; i < r->count; i++) {
		struct row *row = &r->list[i];

		if (row->table != table || changes[i] != ROW_GONE)
			continue;
		if (!row->doubted)
			changes[i] = ROW_SAME; /* it was gone before */
		row->doubted = false;
	}
	return homeless + w->more;
}
