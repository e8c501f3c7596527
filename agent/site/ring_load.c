/* The records of a profile: where they stand in the device, and what is in them. */
#include "site/loader.h"

#include <string.h>

static const char *const part_names[RECORD_PART_COUNT] = {
    [RECORD_SEQUENCE] = "sequence",
    [RECORD_SEQUENCE_AGAIN] = "sequence_again",
    [RECORD_TIME] = "time",
    [RECORD_DOOR] = "door",
    [RECORD_RESULT] = "result",
    [RECORD_WHO] = "who",
};

static uint16_t
registers_of(int type)
{
	return type == TYPE_U64 ? 4 : type == TYPE_U32 ? 2 : 1;
}

/* ---- fields ---------------------------------------------------------------------------------- */

static bool
priority_load(
    struct loader *l, const struct pair *p, const struct record_field *f, enum priority *priorities)
{
	const char *text = p->value->kind == NODE_SCALAR ? p->value->text : "";
	const struct choice *c = priority_choices;
	size_t word = 0;

	while (word < f->word_count && strcmp(f->words[word].text, p->key->text) != 0)
		word++;
	if (word == f->word_count) {
		HINT(l, ERROR(l, p->key, "\"%s\" is no word of this field", p->key->text),
		    "expected one of its \"words\"");
		return false;
	}
	while (c->word && strcmp(c->word, text) != 0)
		c++;
	if (!c->word) {
		HINT(l, ERROR(l, p->value, "this is no priority"),
		    "expected low, medium, high or critical");
		return false;
	}
	priorities[word] = (enum priority)c->value;
	return true;
}

static bool
priorities_load(struct loader *l, const struct node *map, struct record_field *f)
{
	enum priority *priorities = arena_array(l->rd.arena, f->word_count, sizeof(*priorities));
	bool good = true;

	f->priorities = priorities;
	if (map == NULL)
		return true;
	if (map->kind != NODE_MAP) {
		HINT(l, ERROR(l, map, "\"priority\" is a map"), "expected {forced: high}");
		return false;
	}
	for (size_t i = 0; i < map->count; i++)
		good = priority_load(l, &map->pairs[i], f, priorities) && good;
	return good;
}

static bool
field_load(struct loader *l, const struct pair *p, uint16_t stride, struct ring_spec *r)
{
	struct field_keys k = {0};
	struct record_field *f;
	unsigned part = 0;

	while (part < RECORD_PART_COUNT && strcmp(part_names[part], p->key->text) != 0)
		part++;
	if (part == RECORD_PART_COUNT) {
		finding_choices(l->rd.findings,
		    ERROR(l, p->key, "a record has no field \"%s\"", p->key->text), p->key->text,
		    part_names, RECORD_PART_COUNT);
		return false;
	}
	if (!section_read(&l->rd, &section_field, p->value, p->key, SECTION_WHOLE, &k))
		return false;
	f = &r->parts[part];
	f->at = (uint16_t)k.at;
	f->registers = registers_of(k.type);
	f->codec = (struct codec){
	    .type = (enum value_type)k.type, .order = (enum word_order)k.order, .scale = 1};
	if (stride > 0 && f->at + f->registers > stride) {
		HINT(l,
		    ERROR(l, p->key, "\"%s\" ends at register %d, the record has %d", p->key->text,
			f->at + f->registers - 1, stride),
		    "expected a place within the record: registers are counted from 0");
		return false;
	}
	if ((k.words || k.priority) && part != RECORD_DOOR && part != RECORD_RESULT) {
		HINT(l, ERROR(l, p->key, "\"%s\" is a number without words", p->key->text),
		    "remove \"words\" and \"priority\" here: they belong to door and result");
		return false;
	}
	return words_load(l, k.words, &f->codec, &f->words, &f->word_count) &&
	       priorities_load(l, k.priority, f);
}

/* ---- the ring -------------------------------------------------------------------------------- */

static bool
place_load(struct loader *l, const struct pair *p, const struct ring_keys *k, struct ring_spec *r)
{
	if ((k->holding < 0) == (k->input < 0)) {
		HINT(l, ERROR(l, p->key, "where the ring begins must be said once"),
		    "expected either holding or input");
		return false;
	}
	r->table = k->holding >= 0 ? TABLE_HOLDING : TABLE_INPUT;
	r->address = (uint16_t)(k->holding >= 0 ? k->holding : k->input);
	if (r->address + (int)r->stride * r->count > 65536) {
		HINT(l,
		    ERROR(l, p->key, "%d records of %d registers from %d go beyond 65535", r->count,
			r->stride, r->address),
		    "expected the address, size and count from the register map");
		return false;
	}
	return true;
}

/*
 * Both numbers have 32 bits: one of 16 would begin anew in weeks, and nobody could tell that from a
 * controller that was restarted.
 */
static bool
head_load(struct loader *l, const struct pair *p, const struct profile *points, struct ring_spec *r,
    const char *name)
{
	const struct node *at = node_get(p->value, "head");
	const struct point_spec *head = NULL;
	const char **names = arena_array(l->rd.scratch, points->point_count, sizeof(*names));

	for (size_t i = 0; i < points->point_count; i++) {
		names[i] = points->points[i].name;
		if (name == NULL || strcmp(names[i], name) != 0)
			continue;
		head = &points->points[i];
		r->head = (uint16_t)i;
	}
	if (name == NULL)
		return false;
	if (head == NULL) {
		finding_choices(l->rd.findings, ERROR(l, at, "there is no point \"%s\"", name),
		    name, names, points->point_count);
		return false;
	}
	if (head->unit == NULL)
		return false; /* reported */
	if (head->codec.type == TYPE_U32 && head->codec.scale == 1 && head->codec.offset == 0 &&
	    head->codec.width == 0 && r->parts[RECORD_SEQUENCE].codec.type == TYPE_U32)
		return true;
	HINT(l, ERROR(l, at, "the numbers of the records must be u32, here and in \"sequence\""),
	    "a shorter one begins anew too soon to be told from a restart of the device");
	return false;
}

static bool
fields_load(struct loader *l, const struct pair *p, const struct node *map, struct ring_spec *r)
{
	bool good = map != NULL;

	for (size_t i = 0; map && i < map->count; i++)
		good = field_load(l, &map->pairs[i], r->stride, r) && good;
	if (good && r->parts[RECORD_SEQUENCE].registers == 0) {
		HINT(l, ERROR(l, p->key, "the field \"sequence\" is missing"),
		    "without it nobody can tell an old record from a new one");
		return false;
	}
	return good;
}

bool
ring_load(struct loader *l, const struct node *map, struct profile *p)
{
	struct ring_keys k = {.holding = -1, .input = -1};
	struct ring_spec *r;
	const struct pair *at;
	bool good = true;

	if (map == NULL || map->count == 0)
		return true;
	at = &map->pairs[0];
	if (map->count > 1) {
		HINT(l,
		    ERROR(l, map->pairs[1].key, "one kind of records is read, this is the second"),
		    "remove one of them");
		good = false;
	}
	good = name_read(&l->rd, at->key, false) && good;
	good = section_read(&l->rd, &section_ring, at->value, at->key, SECTION_WHOLE, &k) && good;
	r = arena_alloc(l->rd.arena, sizeof(*r));
	*r = (struct ring_spec){.name = at->key->text,
	    .title = k.title,
	    .stride = (uint16_t)k.stride,
	    .count = (uint16_t)k.count,
	    .first = (uint32_t)k.first,
	    .place = node_place(at->key)};
	good = place_load(l, at, &k, r) && good;
	good = fields_load(l, at, k.fields, r) && good;
	good = head_load(l, at, p, r, k.head) && good;
	if (r->stride > p->modbus.max_registers) {
		HINT(l, ERROR(l, at->key, "a record takes %d registers", r->stride),
		    "modbus: max_registers must be at least %d, or it could be torn", r->stride);
		good = false;
	}
	p->ring = r;
	return good;
}
