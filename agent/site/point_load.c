/* The points and facts of a profile. */
#include "base/text.h"
#include "site/loader.h"
#include "site/scalar.h"
#include "site/value.h"

#include <math.h>
#include <string.h>

/* What the number types can hold, and how many registers they take. */
static const struct {
	uint16_t registers;
	double min, max; /* raw; 0,0: any */
	bool field;      /* a bit field can be cut out of it */
} types[TYPE_COUNT] = {
    [TYPE_BIT] = {1, 0, 1, false},
    [TYPE_U16] = {1, 0, UINT16_MAX, true},
    [TYPE_S16] = {1, INT16_MIN, INT16_MAX, true},
    [TYPE_U32] = {2, 0, UINT32_MAX, true},
    [TYPE_S32] = {2, INT32_MIN, INT32_MAX, true},
    [TYPE_U64] = {4, 0, 18446744073709551615.0, true},
    [TYPE_S64] = {4, -9223372036854775808.0, 9223372036854775807.0, true},
    [TYPE_F32] = {2, 0, 0, false},
    [TYPE_F64] = {4, 0, 0, false},
    [TYPE_SM16] = {1, -32767, 32767, true},
    [TYPE_BCD16] = {1, 0, 9999, true},
    [TYPE_BCD32] = {2, 0, 99999999, true},
    [TYPE_NUMBER] = {0, 0, 0, true},
    [TYPE_HEX] = {4, 0, 0, true},
    [TYPE_OCTETS] = {4, 0, 0, true},
    [TYPE_MAC] = {3, 0, 0, false},
    [TYPE_DATE] = {1, 0, UINT16_MAX, false},
};

static const struct {
	const char *key;
	enum table table;
} places[] = {{"coil", TABLE_COIL}, {"discrete", TABLE_DISCRETE}, {"holding", TABLE_HOLDING},
    {"input", TABLE_INPUT}, {"oid", TABLE_OID}, {"contact", TABLE_CONTACT},
    {"identity", TABLE_IDENTITY}};

/* Which of these keys says where it stands. TABLE_NONE: reported. */
static enum table
find_table(struct loader *l, const struct pair *p)
{
	enum table table = TABLE_NONE;
	struct finding *x;

	if (p->value->kind != NODE_MAP) {
		x = ERROR(l, p->value, "\"%s\" is described by a map", p->key->text);
		HINT(l, x, "expected {holding: 100, type: u16, unit: Cel, ...}");
		return TABLE_NONE;
	}
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		if (!node_get(p->value, places[i].key))
			continue;
		if (table != TABLE_NONE) {
			x = ERROR(l, node_key(p->value, places[i].key),
			    "\"%s\" has two places already", p->key->text);
			HINT(l, x,
			    "expected only one of coil, discrete, holding, input, oid, contact");
			return TABLE_NONE;
		}
		table = places[i].table;
	}
	if (table == TABLE_NONE) {
		x = ERROR(l, p->key, "nothing says where \"%s\" stands", p->key->text);
		HINT(l, x, "expected one of coil, discrete, holding, input, oid, contact");
	}
	return table;
}

static void
set_source(const struct point_keys *k, enum table table, struct source *out)
{
	int64_t address = table == TABLE_COIL       ? k->coil
			  : table == TABLE_DISCRETE ? k->discrete
			  : table == TABLE_HOLDING  ? k->holding
			  : table == TABLE_IDENTITY ? k->identity
						    : k->input;

	out->table = table;
	out->count = 1;
	if (table == TABLE_OID)
		out->oid = k->oid;
	else if (table == TABLE_CONTACT)
		out->contact = k->contact; /* its number comes with the whole profile */
	else
		out->address = (uint16_t)address;
	if (table == TABLE_HOLDING || table == TABLE_INPUT)
		out->count =
		    k->type == TYPE_TEXT ? (uint16_t)k->registers : types[k->type].registers;
}

static bool
set_codec(struct loader *l, const struct point_keys *k, enum table table, const struct node *map,
    struct codec *out)
{
	enum value_type type = table == TABLE_OID     ? (enum value_type)k->type
			       : table_is_bits(table) ? TYPE_BIT
						      : (enum value_type)k->type;
	int64_t bits = type == TYPE_NUMBER ? 64 : 16 * types[type].registers;

	*out = (struct codec){.type = type,
	    .order = (enum word_order)k->order,
	    .bit = (uint8_t)(k->bit > 0 ? k->bit : 0),
	    .width = (uint8_t)(k->width > 0  ? k->width
			       : k->bit >= 0 ? 1
					     : 0),
	    .scale = k->scale,
	    .offset = k->offset};
	if (k->scale == 0) {
		HINT(l, ERROR(l, node_get(map, "scale"), "scale 0 makes every value the same"),
		    "expected the factor from the register map, such as 0.1; leave it out if there "
		    "is none");
		return false;
	}
	if (out->width == 0)
		return true;
	if (!types[type].field) {
		HINT(l,
		    ERROR(l, node_key(map, k->bit >= 0 ? "bit" : "width"),
			"a bit field needs a whole-number type, not %s",
			choice_word(type_choices, (int)type)),
		    "expected type u16, s16, u32 or s32, as the register map has it");
		return false;
	}
	if (out->bit + out->width > bits) {
		HINT(l,
		    ERROR(l, node_key(map, "bit"), "the field ends at bit %d, the type has %d bits",
			out->bit + out->width - 1, (int)bits),
		    "expected \"bit\" plus \"width\" within the type; bit 0 is the lowest");
		return false;
	}
	return true;
}

/* The raw numbers that can come at all. A field is a number of the kind of its type. */
static void
raw_limits(const struct codec *c, double *min, double *max)
{
	double half = ldexp(1, c->width - 1);
	bool two = c->type == TYPE_S16 || c->type == TYPE_S32 || c->type == TYPE_S64;

	*min = types[c->type].min;
	*max = types[c->type].max;
	if (c->width > 1 && (two || c->type == TYPE_SM16)) {
		*min = two ? -half : -(half - 1);
		*max = half - 1;
	} else if (c->width > 0) {
		*min = 0;
		*max = ldexp(1, c->width) - 1;
	}
}

/* A word and its title; false: reported. */
static bool
word_text(struct loader *l, const struct node *n, struct word *out)
{
	const struct name_entry *e;
	struct finding *x;

	if (n->kind != NODE_SCALAR || n->empty || n->text[0] == '\0') {
		HINT(l, ERROR(l, n, "a word is missing here"),
		    "expected what this number means, in lower case, such as normal");
		return false;
	}
	for (const char *s = n->text; *s; s++) {
		if (strchr("abcdefghijklmnopqrstuvwxyz0123456789 _-", *s) == NULL) {
			x = ERROR(l, n, "a word goes on topics as it is");
			HINT(l, x, "expected lower-case English: a-z, 0-9, blank, - and _");
			return false;
		}
	}
	e = names_look(l, &l->names.words, n->text);
	out->text = n->text;
	out->title = e ? e->title : (struct label){.en = out->text};
	return true;
}

static bool
word_load(struct loader *l, const struct pair *p, const struct codec *c, struct word *out)
{
	double min, max;
	struct finding *x;

	out->text = ""; /* as in texts_load() */
	raw_limits(c, &min, &max);
	if (!whole_parse(p->key->text, &out->raw) ||
	    ((min != 0 || max != 0) && ((double)out->raw < min || (double)out->raw > max))) {
		x = ERROR(l, p->key, "\"%s\" is no raw number of this point", p->key->text);
		HINT(l, x, "expected RAW: WORD, such as 0: stopped");
		return false;
	}
	return word_text(l, p->value, out);
}

bool
words_load(struct loader *l, const struct node *n, const struct codec *c, const struct word **words,
    size_t *count)
{
	struct word *list;
	bool good = true;

	*words = NULL;
	*count = 0;
	if (n == NULL)
		return true;
	if (n->kind != NODE_MAP || n->count == 0) {
		HINT(l, ERROR(l, n, "\"words\" is a map"), "expected {0: stopped, 1: running}");
		return false;
	}
	list = arena_array(l->rd.arena, n->count, sizeof(*list));
	for (size_t i = 0; i < n->count; i++) {
		good = word_load(l, &n->pairs[i], c, &list[i]) && good;
		for (size_t j = 0; good && j < i; j++) {
			if (strcmp(list[j].text, list[i].text) == 0) {
				HINT(l,
				    ERROR(l, n->pairs[i].value,
					"%s and %s are both \"%s\": nobody could tell them apart",
					n->pairs[j].key->text, n->pairs[i].key->text, list[i].text),
				    "expected a word of its own for each number");
				good = false;
			}
		}
	}
	*words = list;
	*count = n->count;
	return good;
}

/*
 * {DRY: dry, WET: leak}: what the device says, and the word for it; numbered as written. Several of
 * one word are one state.
 */
static bool
texts_load(struct loader *l, const struct node *n, struct point_spec *out)
{
	const char **texts;
	struct word *words;
	bool good = true;

	if (n == NULL)
		return true;
	if (n->kind != NODE_MAP || n->count == 0 || out->words) {
		HINT(l, ERROR(l, n, out->words ? "it has words already" : "\"texts\" is a map"),
		    "expected {DRY: dry, WET: leak}: the device's text, and the word for it");
		return false;
	}
	texts = arena_array(l->rd.arena, n->count, sizeof(*texts));
	words = arena_array(l->rd.arena, n->count, sizeof(*words));
	for (size_t i = 0; i < n->count; i++) {
		texts[i] = n->pairs[i].key->text;
		words[i].text = ""; /* one that is wrong is looked at all the same */
		good = word_text(l, n->pairs[i].value, &words[i]) && good;
		words[i].raw = (int64_t)i + 1;
		for (size_t j = 0; good && j < i; j++)
			if (strcmp(words[j].text, words[i].text) == 0)
				words[i].raw = words[j].raw;
	}
	out->texts = texts;
	out->words = words;
	out->word_count = n->count;
	return good;
}

/* The unit must be there, and that of names.yaml; a state has the unit 1. */
static bool
check_unit(
    struct loader *l, const struct pair *p, const struct name_entry *e, struct point_spec *out)
{
	const struct node *at = node_get(p->value, "unit");
	struct finding *x;

	if (out->unit == NULL && out->words == NULL) {
		x = ERROR(l, p->key, "\"unit\" is missing: a measurement needs its unit");
		if (e)
			HINT(l, x, "names.yaml says unit: \"%s\"", e->unit->code);
		return false;
	}
	if (out->unit == NULL)
		out->unit = unit_find("1");
	if (e == NULL || e->unit == out->unit)
		return true;
	x = ERROR(l, at ? at : p->key, "the unit of \"%s\" is \"%s\", not \"%s\"", p->key->text,
	    e->unit->code, out->unit->code);
	HINT(l, x, "names.yaml says so; scale and offset must bring the raw value to it");
	return false;
}

static bool
check_range(
    struct loader *l, const struct point_keys *k, const struct node *map, struct point_spec *out)
{
	const struct node *n;
	double min, max;

	if (k->range.count == 2) {
		out->has_range = true;
		out->min = k->range.at[0];
		out->max = k->range.at[1];
		if (out->min >= out->max) {
			HINT(l, ERROR(l, node_get(map, "range"), "this range is empty"),
			    "expected [lowest, highest]");
			return false;
		}
	}
	raw_limits(&out->codec, &min, &max);
	for (size_t i = 0; i < k->sentinel.count && (min != 0 || max != 0); i++) {
		if (k->sentinel.at[i] >= min && k->sentinel.at[i] <= max)
			continue;
		n = node_get(map, "sentinel")->items[i];
		HINT(l, ERROR(l, n, "this sentinel can never come"),
		    "it is compared with the raw number, before scale, which is a %s",
		    choice_word(type_choices, (int)out->codec.type));
		return false;
	}
	out->sentinels = k->sentinel.at;
	out->sentinel_count = k->sentinel.count;
	return true;
}

static const struct point_keys no_point_keys = {.coil = -1,
    .discrete = -1,
    .holding = -1,
    .input = -1,
    .bit = -1,
    .width = -1,
    .registers = -1,
    .scale = 1,
    .type = TYPE_NUMBER};

/* Whose keys these are: of a point, a fact, or a column of either. */
static const struct section *
pick(enum table table, bool fact, bool column)
{
	static const struct section *const sections[2][2][3] = {
	    {{&section_point_bit, &section_point_register, &section_point_oid},
		{&section_column_bit, &section_column_register, &section_column_oid}},
	    {{&section_fact_bit, &section_fact_register, &section_fact_oid},
		{&section_fact_column_bit, &section_fact_column_register,
		    &section_fact_column_oid}},
	};

	if (table == TABLE_CONTACT)
		return &section_point_contact;
	if (table == TABLE_IDENTITY)
		return &section_fact_identity;
	return sections[fact][column][table == TABLE_OID ? 2 : table > TABLE_DISCRETE];
}

static void
set_column(const struct point_keys *k, const struct pair *p, struct row_column *out)
{
	*out = (struct row_column){.name = p->key->text,
	    .stride = (uint16_t)k->stride,
	    .bit_stride = (uint8_t)k->bit_stride,
	    .head = k->row_oid.head,
	    .tail = k->row_oid.tail};
}

/* The name of a point, or that of a column. */
static bool
read_point_name(struct loader *l, const struct node *key, const struct row_column *column)
{
	return column ? pattern_read(l, key) : name_read(&l->rd, key, false);
}

static bool
check_plain_words(
    struct loader *l, const struct pair *p, const struct point_keys *k, const struct word *words)
{
	if (words == NULL || (k->scale == 1 && k->offset == 0))
		return true;
	HINT(l,
	    ERROR(l, node_key(p->value, k->scale != 1 ? "scale" : "offset"),
		"what has words has no scale: words belong to raw numbers"),
	    "remove it, or the words");
	return false;
}

bool
point_load(
    struct loader *l, const struct pair *p, struct point_spec *out, struct row_column *column)
{
	const struct name_entry *e = names_find(l, &l->names.points, p->key, "point");
	bool good = read_point_name(l, p->key, column) && (e || !l->names.usable);
	struct point_keys k = no_point_keys;
	enum table table = find_table(l, p);

	out->name = p->key->text;
	out->place = node_place(p->key);
	if (table == TABLE_CONTACT && column) {
		HINT(l, ERROR(l, p->key, "contacts have no rows"),
		    "each contact is wired by its name: write it among the points");
		return false;
	}
	if (table == TABLE_IDENTITY) {
		HINT(l, ERROR(l, p->key, "a point is always a number"),
		    "what a device says of itself is a fact");
		return false;
	}
	if (table == TABLE_NONE || !section_read(&l->rd, pick(table, false, column != NULL),
				       p->value, p->key, SECTION_WHOLE, &k))
		return false;
	if (k.type == TYPE_TEXT || k.type == TYPE_MAC || k.type == TYPE_DATE) {
		HINT(l, ERROR(l, node_get(p->value, "type"), "a point is always a number"),
		    "text that does not change is a fact");
		return false;
	}
	set_source(&k, table, &out->at);
	if (column)
		set_column(&k, p, column);
	good = set_codec(l, &k, table, p->value, &out->codec) && good;
	good = words_load(l, k.words, &out->codec, &out->words, &out->word_count) && good;
	good = texts_load(l, k.texts, out) && good;
	out->unit = k.unit;
	out->deadband = k.deadband;
	out->poll = (enum poll_class)k.poll;
	out->title = k.title.en ? k.title : e ? e->title : (struct label){.en = out->name};
	good = check_unit(l, p, e, out) && good;
	good = check_plain_words(l, p, &k, out->words) && good;
	good = check_range(l, &k, p->value, out) && good;
	good = needs_read(l, p, &k, out) && good;
	if (!good)
		out->unit = NULL; /* the mark of a point that alarms are not checked against */
	return good;
}

bool
fact_load(struct loader *l, const struct pair *p, struct fact_spec *out, struct row_column *column)
{
	bool good = read_point_name(l, p->key, column);
	struct point_keys k = no_point_keys;
	enum table table = find_table(l, p);

	if (!names_find(l, &l->names.facts, p->key, "fact") && l->names.usable)
		good = false;
	out->name = p->key->text;
	out->place = node_place(p->key);
	if (table == TABLE_NONE || !section_read(&l->rd, pick(table, true, column != NULL),
				       p->value, p->key, SECTION_WHOLE, &k))
		return false;
	if (table >= TABLE_HOLDING && table <= TABLE_INPUT && k.type == TYPE_TEXT &&
	    k.registers < 0) {
		HINT(l,
		    ERROR(l, p->key, "\"registers\" is missing: how many registers the text takes"),
		    "expected two characters for each register, as in the register map");
		return false;
	}
	if (table == TABLE_IDENTITY && column) {
		HINT(l, ERROR(l, p->key, "the identification of a device has no rows"),
		    "write it among the facts of the device");
		return false;
	}
	if (table == TABLE_IDENTITY)
		k.type = TYPE_TEXT;
	set_source(&k, table, &out->at);
	if (column)
		set_column(&k, p, column);
	good = set_codec(l, &k, table, p->value, &out->codec) && good;
	good = words_load(l, k.words, &out->codec, &out->words, &out->word_count) && good;
	return check_plain_words(l, p, &k, out->words) && good;
}
