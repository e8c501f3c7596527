/* Which rows a table has: as the profile says, or as the site says of one device. */
#include "site/table_load.h"

#include "base/text.h"
#include "site/scalar.h"
#include "site/value.h"

#include <string.h>

#define ROWS_EXPECTED                                                                              \
	"expected how many (24), all, a list of rows ([1, 2, 5]), or a map of ROW: TITLE or ROW: " \
	"{title: ..., index: ...}"

/* The row of the profile with this key, or NULL. */
static const struct row_spec *
find_row(const struct row_spec *rows, size_t n, const char *key)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(rows[i].key, key) == 0)
			return &rows[i];
	return NULL;
}

static bool
is_key(const char *s)
{
	size_t n = strlen(s);

	return n > 0 && n <= ROW_KEY_MAX && strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789") == n;
}

/* Key and number of a row; false: reported. `position` counts from 1. */
static bool
name_row(struct loader *l, const struct table_work *t, const struct node *n, size_t position,
    struct row_spec *out)
{
	const struct row_spec *known;
	char shown[NODE_SHOWN_MAX];
	int64_t number;

	*out = (struct row_spec){.number = (uint16_t)position, .place = node_place(n)};
	if (n->kind == NODE_SCALAR && whole_parse(n->text, &number)) {
		if (number < 1 || number > t->keys.most) {
			HINT(l, ERROR(l, n, "there is no row %s", node_shown(n, shown)),
			    "rows of \"%s\" count from 1 to %d", t->pair->key->text,
			    (int)t->keys.most);
			return false;
		}
		out->number = (uint16_t)number;
		out->key = arena_printf(l->rd.arena, "%d", (int)number);
	} else if (n->kind == NODE_SCALAR && is_key(n->text)) {
		out->key = n->text;
	} else {
		HINT(l, ERROR(l, n, "this is no row"),
		    "expected a number, or up to %d of a-z and 0-9", ROW_KEY_MAX);
		return false;
	}
	known = find_row(t->standard, t->standard_count, out->key);
	if (known) {
		out->number = known->number;
		out->index = known->index;
		out->title = known->title;
	} else if (t->standard && out->key[strspn(out->key, "0123456789")] != '\0') {
		const char *const *names = t->standard_names;

		finding_choices(l->rd.findings,
		    ERROR(l, n, "\"%s\" has no row \"%s\"", t->pair->key->text, out->key), n->text,
		    names, t->standard_count);
		return false;
	}
	return true;
}

static void
default_index(struct loader *l, const struct table_work *t, struct row_spec *row)
{
	uint32_t *sub;

	if (row->index.length)
		return;
	sub = arena_alloc(l->rd.arena, sizeof(*sub));
	*sub = (uint32_t)(t->keys.first_index + (row->number - 1) * t->keys.index_step);
	row->index = (struct oid){.length = 1, .sub = sub};
}

/* What is written behind ROW: a title, or title and index. */
static bool
describe_row(struct loader *l, const struct node *n, struct row_spec *out)
{
	static const struct key title = {.name = "title", .type = KEY_LABEL};
	struct row_keys k = {.title = out->title};
	uint32_t sub[OID_SUB_MAX], *copy;
	size_t length;

	if (n->kind == NODE_SCALAR && n->empty)
		return true;
	if (n->kind == NODE_SCALAR || node_get(n, "en"))
		return value_read(&l->rd, &title, n, &out->title);
	if (!section_read(&l->rd, &section_row, n, n, SECTION_CHANGES, &k))
		return false;
	out->title = k.title;
	if (k.index == NULL)
		return true;
	if ((length = oid_index_parse(k.index, sub)) == 0) {
		HINT(l, ERROR(l, node_get(n, "index"), "\"%s\" is no index", k.index),
		    "expected numbers with dots between them, such as 10101 or 4.7.0");
		return false;
	}
	copy = arena_array(l->rd.arena, length, sizeof(*copy));
	memcpy(copy, sub, length * sizeof(*copy));
	out->index = (struct oid){.length = length, .sub = copy};
	return true;
}

static bool
count_rows(struct loader *l, struct table_work *t, const struct node *n, size_t *count)
{
	char shown[NODE_SHOWN_MAX];
	int64_t whole;

	if (n->kind != NODE_SCALAR) {
		*count = n->count;
	} else if (t->asked) {
		*count = (size_t)t->keys.most;
	} else if (whole_parse(n->text, &whole) && whole >= 0) {
		*count = (size_t)whole;
	} else {
		HINT(l, ERROR(l, n, "\"%s\" says no rows", node_shown(n, shown)), ROWS_EXPECTED);
		return false;
	}
	if (*count > 0 && *count <= (size_t)t->keys.most)
		return true;
	HINT(l, ERROR(l, n, "%zu rows cannot be", *count), "expected 1 to %d of \"%s\"",
	    (int)t->keys.most, t->pair->key->text);
	return false;
}

static bool
one_row(
    struct loader *l, struct table_work *t, const struct node *n, size_t i, struct row_spec *out)
{
	char text[16];
	struct node number = *n;
	const struct node *key = n->kind == NODE_MAP    ? n->pairs[i].key
				 : n->kind == NODE_LIST ? n->items[i]
							: &number;

	if (key == &number) {
		text_printf(text, sizeof(text), "%zu", i + 1);
		number.text = text;
	}
	if (!name_row(l, t, key, i + 1, out))
		return false;
	if (n->kind == NODE_MAP && !describe_row(l, n->pairs[i].value, out))
		return false;
	default_index(l, t, out);
	return true;
}

/* Slots for all rows of a device take room and time: how many must have been thought about. */
static bool
check_all(struct loader *l, const struct table_work *t, const struct node *n)
{
	const struct node *table = t->pair->value;

	if (t->keys.label && node_get(table, "most"))
		return true;
	HINT(l, ERROR(l, n, "\"all\" needs \"label\" and \"most\" in the profile's table"),
	    "expected label: the OID that a row is known by (1.3.6.1.2.1.31.1.1.1.1.*), and most: "
	    "how many rows there may be");
	return false;
}

bool
rows_read(struct loader *l, struct table_work *t, const struct node *n)
{
	struct row_spec *rows;
	size_t count;

	t->asked = n->kind == NODE_SCALAR && strcmp(n->text, "all") == 0;
	if (t->asked && !check_all(l, t, n))
		return false;
	if (!count_rows(l, t, n, &count))
		return false;
	rows = arena_array(l->rd.arena, count, sizeof(*rows));
	for (size_t i = 0; i < count; i++) {
		if (!one_row(l, t, n, i, &rows[i]))
			return false;
		for (size_t j = 0; j < i; j++) {
			if (strcmp(rows[i].key, rows[j].key) != 0)
				continue;
			HINT(l,
			    ERROR(l, n->kind == NODE_MAP ? n->pairs[i].key : n->items[i],
				"row %s is here twice", rows[i].key),
			    "remove one of them");
			return false;
		}
	}
	t->rows = rows;
	t->row_count = count;
	return true;
}

bool
rows_named(struct loader *l, const struct table_work *t, const struct node *list, const char *key,
    bool *named)
{
	struct row_spec row;

	*named = list == NULL;
	if (list && list->kind != NODE_LIST) {
		HINT(l, ERROR(l, list, "\"rows\" of an alarm is a list"),
		    "expected the rows that have it, such as [1, 2]");
		return false;
	}
	for (size_t i = 0; list && i < list->count; i++) {
		if (!name_row(l, t, list->items[i], i + 1, &row))
			return false;
		*named = *named || strcmp(row.key, key) == 0;
	}
	return true;
}
