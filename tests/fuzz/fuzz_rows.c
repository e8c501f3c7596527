/*
 * Any rows that a device may say it has, walk after walk: a slot never changes its label while the
 * row is there, no label has two slots, and each bound slot stands where the walk found its label.
 */
#include "fuzz.h"

#include "core/rows.h"

#define SLOTS 6

static const uint32_t label_sub[] = {1, 3, 6, 1, 31}, column_sub[] = {1, 3, 6, 1, 8},
		      tail_sub[] = {14};
static const struct row_spec slots[SLOTS];
static const struct row_column columns[] = {{.head = {5, column_sub}, .tail = {1, tail_sub}}};
static const struct table_spec table = {.name = "t",
    .rows = slots,
    .row_count = SLOTS,
    .columns = columns,
    .column_count = 1,
    .asked = true,
    .label = {5, label_sub}};
static const struct point_spec points[SLOTS];
static const struct profile profile = {
    .points = points, .point_count = SLOTS, .tables = &table, .table_count = 1};

/* Up to 10 rows of growing index, with labels of few letters so that they meet often. */
static void
make_walk(struct bytes *b, struct column_walk *w)
{
	uint32_t index = 0;

	w->count = pick(b, 11);
	w->more = 0;
	for (size_t i = 0; i < w->count; i++) {
		struct walk_row *r = &w->rows[i];

		*r = (struct walk_row){.length = (uint16_t)(1 + pick(b, WALK_INDEX_MAX))};
		r->index[0] = index += 1 + (uint32_t)pick(b, 3);
		r->text[0] = (char)("abcdefghij"[pick(b, 10)]);
		if (pick(b, 8) == 0)
			r->text[0] = '\0';
	}
}

static void
check(const struct rows *r, const struct column_walk *w, const enum row_change *changes)
{
	for (size_t i = 0; i < r->count; i++) {
		const struct row *row = &r->list[i];
		const struct source *at = rows_source(r, i);
		bool found = false;

		if (!row->there)
			continue;
		for (size_t j = 0; j < i; j++)
			FUZZ_CHECK(!r->list[j].there || strcmp(r->list[j].label, row->label) != 0);
		for (size_t k = 0; k < w->count && !found; k++)
			found = w->rows[k].length == row->length &&
				memcmp(w->rows[k].index, row->index,
				    row->length * sizeof(*row->index)) == 0 &&
				strcmp(w->rows[k].text, row->text) == 0;
		FUZZ_CHECK(found);
		FUZZ_CHECK(changes[i] != ROW_GONE);
		FUZZ_CHECK(at->oid.length == 5u + row->length + 1u &&
			   at->oid.sub[5] == row->index[0] &&
			   at->oid.sub[at->oid.length - 1] == 14);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes b = {data, size};
	struct walk_row rows[10];
	struct column_walk w = {.rows = rows};
	struct arena *a = arena_new();
	struct rows *r = rows_new(a, &profile);
	enum row_change changes[SLOTS];
	char before[SLOTS][sizeof(r->list[0].label)];

	while (b.left > 0) {
		for (size_t i = 0; i < SLOTS; i++)
			snprintf(before[i], sizeof(before[i]), "%s",
			    r->list[i].there ? r->list[i].label : "");
		make_walk(&b, &w);
		rows_match(r, 0, &w, changes);
		check(r, &w, changes);
		/* Who was there is the same, or gone; another comes only after that was told. */
		for (size_t i = 0; i < SLOTS; i++)
			FUZZ_CHECK(before[i][0] == '\0' || changes[i] == ROW_GONE ||
				   strcmp(before[i], r->list[i].label) == 0);
	}
	arena_free(a);
	return 0;
}
