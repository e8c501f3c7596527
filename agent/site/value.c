#include "site/value.h"

#include "base/text.h"
#include "site/scalar.h"

#include <string.h>

#define CHOICES_MAX 48
#define TEXT_MAX    1024

/* "7" is not "a whole number from 1 to 5". */
static bool
wrong(const struct reader *rd, const struct key *k, const struct node *n)
{
	char shown[NODE_SHOWN_MAX], expected[EXPECTED_MAX];
	struct finding *x;

	if (n->kind != NODE_SCALAR)
		x = error_at(rd->findings, n, "\"%s\" cannot be %s", k->name,
		    n->kind == NODE_MAP ? "a map" : "a list");
	else if (n->empty)
		x = error_at(rd->findings, n, "\"%s\" has no value", k->name);
	else
		x = error_at(rd->findings, n, "\"%s\" is not a value for \"%s\"",
		    node_shown(n, shown), k->name);
	finding_hint(rd->findings, x, "expected %s", key_expected(k, expected));
	return false;
}

static bool
is_word(const struct node *n)
{
	return n->kind == NODE_SCALAR && !n->empty && n->text[0] != '\0';
}

static bool
in_range(const struct key *k, double value)
{
	return (k->min == 0 && k->max == 0) || (value >= k->min && value <= k->max);
}

static bool
read_name(const struct reader *rd, const struct key *k, const struct node *n, void *at)
{
	if (!is_word(n))
		return wrong(rd, k, n);
	*(const char **)at = n->text;
	return name_read(rd, n, k->type == KEY_SLUG);
}

/* Texts go to topics, traps and terminals as they are: one line, no control characters. */
static bool
one_line(const char *s)
{
	for (const unsigned char *p = (const unsigned char *)s; *p; p++) {
		if (*p < 0x20 || *p == 0x7F || (p[0] == 0xC2 && p[1] >= 0x80 && p[1] < 0xA0))
			return false;
	}
	return strlen(s) <= TEXT_MAX;
}

static bool
read_text(const struct reader *rd, const struct key *k, const struct node *n, void *at)
{
	if (!is_word(n))
		return wrong(rd, k, n);
	if (!one_line(n->text)) {
		finding_hint(rd->findings,
		    error_at(rd->findings, n, "\"%s\" is not one line of text", k->name),
		    "expected at most %d characters without line breaks", TEXT_MAX);
		return false;
	}
	*(const char **)at = n->text;
	return true;
}

static bool
read_label(const struct reader *rd, const struct key *k, const struct node *n, void *at)
{
	static const struct key en_key = {
	    .name = "en", .type = KEY_TEXT, .required = true, .says = "the text in English"};
	struct label *label = at;
	bool good = true;

	if (is_word(n)) {
		label->ja = NULL;
		return read_text(rd, k, n, &label->en);
	}
	if (n->kind != NODE_MAP)
		return wrong(rd, k, n);
	for (size_t i = 0; i < n->count; i++) {
		static const char *const languages[] = {"en", "ja"};
		const struct pair *p = &n->pairs[i];
		bool en = strcmp(p->key->text, "en") == 0;
		char shown[NODE_SHOWN_MAX];

		if (!en && strcmp(p->key->text, "ja") != 0) {
			finding_choices(rd->findings,
			    error_at(rd->findings, p->key, "unknown language \"%s\"",
				node_shown(p->key, shown)),
			    p->key->text, languages, 2);
			good = false;
		} else if (!read_text(rd, &en_key, p->value, en ? &label->en : &label->ja)) {
			good = false;
		}
	}
	if (good && label->en == NULL) {
		finding_hint(rd->findings,
		    error_at(
			rd->findings, n, "the English text (en) of \"%s\" is missing", k->name),
		    "expected {en: ..., ja: ...}; where a language is missing the English text is "
		    "shown");
		good = false;
	}
	return good;
}

static bool
read_whole(const struct reader *rd, const struct key *k, const struct node *n, void *at)
{
	int64_t value;

	if (!is_word(n) || !whole_parse(n->text, &value) || !in_range(k, (double)value))
		return wrong(rd, k, n);
	*(int64_t *)at = value;
	return true;
}

static bool
read_number(const struct reader *rd, const struct key *k, const struct node *n, void *at)
{
	double value;

	if (!is_word(n) || !number_parse(n->text, &value) || !in_range(k, value))
		return wrong(rd, k, n);
	*(double *)at = value;
	return true;
}

static bool
read_factor(const struct reader *rd, const struct key *k, const struct node *n, void *at)
{
	double value;

	if (!is_word(n) || !factor_parse(n->text, &value) || !in_range(k, value))
		return wrong(rd, k, n);
	*(double *)at = value;
	return true;
}

static bool
read_bool(const struct reader *rd, const struct key *k, const struct node *n, void *at)
{
	if (!is_word(n) || (strcmp(n->text, "true") != 0 && strcmp(n->text, "false") != 0))
		return wrong(rd, k, n);
	*(bool *)at = n->text[0] == 't';
	return true;
}

static bool
read_duration(const struct reader *rd, const struct key *k, const struct node *n, void *at)
{
	char expected[EXPECTED_MAX], shown[NODE_SHOWN_MAX];
	const char *unit, *meant;
	struct finding *x;
	int64_t ms;

	if (!is_word(n))
		return wrong(rd, k, n);
	switch (duration_parse(n->text, &ms, &unit)) {
	case DURATION_OK:
		if (!in_range(k, (double)ms))
			return wrong(rd, k, n);
		*(int64_t *)at = ms;
		return true;
	case DURATION_BARE:
		x = error_at(rd->findings, n, "\"%s\" has no unit", node_shown(n, shown));
		break;
	case DURATION_UNIT:
		x = error_in(rd->findings, n, (size_t)(unit - n->text), strlen(unit),
		    "\"%s\" is no unit of time", unit);
		if ((meant = duration_unit_meant(unit)) != NULL)
			finding_hint(rd->findings, x, "did you mean \"%s\"?", meant);
		break;
	case DURATION_NONSENSE:
	default:
		return wrong(rd, k, n);
	}
	finding_hint(rd->findings, x, "expected %s", key_expected(k, expected));
	return false;
}

static bool
read_size(const struct reader *rd, const struct key *k, const struct node *n, void *at)
{
	int64_t bytes;

	if (!is_word(n) || !size_parse(n->text, &bytes) || !in_range(k, (double)bytes))
		return wrong(rd, k, n);
	*(int64_t *)at = bytes;
	return true;
}

size_t
choice_words(const struct choice *c, const char **words, size_t room)
{
	size_t n = 0;

	for (; c->word && n < room; c++) {
		if (c->refused == NULL)
			words[n++] = c->word;
	}
	return n;
}

const char *
choice_word(const struct choice *c, int value)
{
	while (c->word && c->value != value)
		c++;
	return c->word ? c->word : "";
}

static bool
read_choice(const struct reader *rd, const struct key *k, const struct node *n, void *at)
{
	char shown[NODE_SHOWN_MAX];
	const char *words[CHOICES_MAX];
	struct finding *x;

	if (!is_word(n))
		return wrong(rd, k, n);
	for (const struct choice *c = k->choices; c->word; c++) {
		if (strcasecmp(c->word, n->text) != 0)
			continue;
		*(int *)at = c->value;
		if (c->refused == NULL)
			return true;
		x = error_at(rd->findings, n, "%s: %s", c->word, c->refused);
		finding_choices(
		    rd->findings, x, "", words, choice_words(k->choices, words, CHOICES_MAX));
		return false;
	}
	x = error_at(
	    rd->findings, n, "\"%s\" is not a value for \"%s\"", node_shown(n, shown), k->name);
	finding_choices(rd->findings, x, n->file->hush ? "" : n->text, words,
	    choice_words(k->choices, words, CHOICES_MAX));
	return false;
}

static bool
read_address(const struct reader *rd, const struct key *k, const struct node *n, void *at)
{
	struct finding *x;

	if (!is_word(n))
		return wrong(rd, k, n);
	*(const char **)at = n->text;
	if (k->type == KEY_HOST ? host_valid(n->text) : address_numeric(n->text))
		return true;
	if (k->type == KEY_HOST || !host_valid(n->text))
		return wrong(rd, k, n);
	x = error_at(rd->findings, n, "\"%s\" is a name, a numeric address is needed", n->text);
	finding_hint(rd->findings, x,
	    "a name look-up can block or fail just when an alarm must leave; write 192.0.2.10 or "
	    "2001:db8::10");
	return false;
}

const char *
path_from(struct arena *a, const struct source_file *file, const char *path)
{
	if (path[0] == '/' || strcmp(file->dir, ".") == 0)
		return path;
	return arena_printf(a, "%s/%s", file->dir, path);
}

static bool
read_path(const struct reader *rd, const struct key *k, const struct node *n, void *at)
{
	if (!is_word(n) || !one_line(n->text))
		return wrong(rd, k, n);
	*(const char **)at = path_from(rd->arena, n->file, n->text);
	return true;
}

static bool
read_device(const struct reader *rd, const struct key *k, const struct node *n, void *at)
{
	if (!is_word(n) || n->text[0] != '/')
		return wrong(rd, k, n);
	return read_path(rd, k, n, at);
}

static bool
read_unit(const struct reader *rd, const struct key *k, const struct node *n, void *at)
{
	const char *codes[128];
	char shown[NODE_SHOWN_MAX];
	struct finding *x;
	size_t count = 0;

	if (!is_word(n))
		return wrong(rd, k, n);
	*(const struct unit **)at = unit_find(n->text);
	if (unit_find(n->text))
		return true;
	for (size_t i = 0; i < unit_count && count < 128; i++) {
		if (strcmp(unit_table[i].label, n->text) == 0) { /* "°C" for Cel */
			x = error_at(rd->findings, n, "\"%s\" is not a unit code", n->text);
			finding_hint(rd->findings, x, "write \"%s\"", unit_table[i].code);
			return false;
		}
		codes[count++] = unit_table[i].code;
	}
	x = error_at(rd->findings, n, "\"%s\" is not a unit code", node_shown(n, shown));
	finding_choices(rd->findings, x, n->text, codes, count);
	return false;
}

static bool
read_oid(const struct reader *rd, const struct key *k, const struct node *n, void *at)
{
	uint32_t sub[OID_SUB_MAX], *copy;
	struct oid *oid = at;
	size_t length;

	if (!is_word(n) || (length = oid_parse(n->text, sub)) == 0)
		return wrong(rd, k, n);
	copy = arena_array(rd->arena, length, sizeof(*copy));
	memcpy(copy, sub, length * sizeof(*copy));
	*oid = (struct oid){.length = length, .sub = copy};
	return true;
}

/* Sub-identifiers alone: "" , "3", "3.1". NULL: they are not. */
static bool
subs_parse(struct arena *a, const char *text, struct oid *out)
{
	uint32_t sub[OID_SUB_MAX], *copy;
	size_t n = *text ? oid_index_parse(text, sub) : 0;

	if (*text && n == 0)
		return false;
	copy = arena_array(a, n, sizeof(*copy));
	if (n)
		memcpy(copy, sub, n * sizeof(*copy));
	*out = (struct oid){.length = n, .sub = copy};
	return true;
}

static bool
read_row_oid(const struct reader *rd, const struct key *k, const struct node *n, void *at)
{
	uint32_t sub[OID_SUB_MAX];
	struct row_oid *out = at;
	const char *star = is_word(n) ? strchr(n->text, '*') : NULL, *tail;
	char *head;

	if (star == NULL || star - n->text < 4 || star[-1] != '.' ||
	    (star[1] != '\0' && star[1] != '.'))
		return wrong(rd, k, n);
	tail = star[1] == '.' ? star + 2 : star + 1;
	head = arena_strndup(rd->arena, n->text, (size_t)(star - n->text - 1));
	if (oid_parse(head, sub) == 0 || (star[1] == '.' && *tail == '\0') ||
	    !subs_parse(rd->arena, head[0] == '.' ? head + 1 : head, &out->head) ||
	    !subs_parse(rd->arena, tail, &out->tail))
		return wrong(rd, k, n);
	return true;
}

static bool
read_numbers(const struct reader *rd, const struct key *k, const struct node *n, void *at)
{
	struct numbers *out = at;
	double *values;

	if (n->kind != NODE_LIST || !in_range(k, (double)n->count))
		return wrong(rd, k, n);
	values = arena_array(rd->arena, n->count, sizeof(*values));
	for (size_t i = 0; i < n->count; i++) {
		int64_t whole; /* sentinels are often written in hexadecimal */

		if (n->items[i]->kind == NODE_SCALAR && whole_parse(n->items[i]->text, &whole))
			values[i] = (double)whole;
		else if (n->items[i]->kind != NODE_SCALAR ||
			 !number_parse(n->items[i]->text, &values[i]))
			return wrong(rd, k, n->items[i]);
	}
	*out = (struct numbers){.at = values, .count = n->count};
	return true;
}

static bool
read_names(const struct reader *rd, const struct key *k, const struct node *n, void *at)
{
	struct names_list *out = at;
	const char **names;
	bool good = true;

	if (n->kind != NODE_LIST)
		return wrong(rd, k, n);
	names = arena_array(rd->arena, n->count, sizeof(*names));
	for (size_t i = 0; i < n->count; i++) {
		if (n->items[i]->kind != NODE_SCALAR)
			return wrong(rd, k, n->items[i]);
		names[i] = n->items[i]->text;
		good = name_read(rd, n->items[i], true) && good;
	}
	*out = (struct names_list){.at = names, .count = n->count};
	return good;
}

static bool
read_node(const struct reader *rd, const struct key *k, const struct node *n, void *at)
{
	enum node_kind kind = k->type == KEY_LIST ? NODE_LIST : NODE_MAP;

	*(const struct node **)at = NULL;
	if (n->kind == NODE_SCALAR && n->empty) /* "zones:" with nothing below */
		return k->type != KEY_RAW || !k->required || wrong(rd, k, n);
	if (k->type != KEY_RAW && n->kind != kind)
		return wrong(rd, k, n);
	*(const struct node **)at = n;
	return true;
}

bool
name_read(const struct reader *rd, const struct node *n, bool dash)
{
	char shown[NODE_SHOWN_MAX];

	if (name_valid(n->text, dash))
		return true;
	finding_hint(rd->findings,
	    error_at(rd->findings, n, "\"%s\" cannot be a name", node_shown(n, shown)),
	    "expected up to 63 of a-z, 0-9%s and _, beginning with a letter", dash ? ", -" : "");
	return false;
}

bool
value_read(const struct reader *rd, const struct key *k, const struct node *n, void *at)
{
	typedef bool read_fn(
	    const struct reader *, const struct key *, const struct node *, void *);
	static read_fn *const readers[KEY_TYPE_COUNT] = {
	    [KEY_NAME] = read_name,
	    [KEY_SLUG] = read_name,
	    [KEY_TEXT] = read_text,
	    [KEY_LABEL] = read_label,
	    [KEY_WHOLE] = read_whole,
	    [KEY_NUMBER] = read_number,
	    [KEY_FACTOR] = read_factor,
	    [KEY_BOOL] = read_bool,
	    [KEY_DURATION] = read_duration,
	    [KEY_SIZE] = read_size,
	    [KEY_CHOICE] = read_choice,
	    [KEY_ADDRESS] = read_address,
	    [KEY_HOST] = read_address,
	    [KEY_PATH] = read_path,
	    [KEY_DEVICE] = read_device,
	    [KEY_UNIT] = read_unit,
	    [KEY_OID] = read_oid,
	    [KEY_ROW_OID] = read_row_oid,
	    [KEY_NUMBERS] = read_numbers,
	    [KEY_NAMES] = read_names,
	    [KEY_EACH] = read_node,
	    [KEY_LIST] = read_node,
	    [KEY_RAW] = read_node,
	};

	return readers[k->type](rd, k, n, at);
}
