/*
 * Any raw answer to any kind of point: a good value is finite, in range and no sentinel; a count is
 * below where it begins anew. The same as a fact of any type, and as a label: clean text that fits.
 */
#include "fuzz.h"

#include "base/text.h"
#include "core/decode.h"

#include <math.h>

static const struct word words[] = {{0, "stopped", {0}}, {1, "running", {0}}, {-3, "odd", {0}}};
static const uint16_t registers_of[TYPE_COUNT] = {[TYPE_U32] = 2,
    [TYPE_S32] = 2,
    [TYPE_F32] = 2,
    [TYPE_BCD32] = 2,
    [TYPE_U64] = 4,
    [TYPE_S64] = 4,
    [TYPE_F64] = 4};

static void
make_point(struct bytes *b, struct point_spec *p, double sentinels[2])
{
	static const double scales[] = {1, 0.1, -1, 0.001, 1e6, 0.5, 1e-300, 1e300};
	static const enum value_type of_snmp[] = {TYPE_NUMBER, TYPE_HEX, TYPE_OCTETS};
	enum value_type type = (enum value_type)pick(b, TYPE_COUNT);
	bool snmp = take(b, 1) % 3 == 0;

	*p = (struct point_spec){.name = "p", .unit = unit_find("Cel")};
	p->at.table = snmp ? TABLE_OID : (enum table)(1 + pick(b, TABLE_INPUT));
	p->codec = (struct codec){.type = snmp                         ? of_snmp[pick(b, 3)]
					  : table_is_bits(p->at.table) ? TYPE_BIT
					  : type >= TYPE_NUMBER        ? TYPE_U16
								       : type,
	    .order = (enum word_order)pick(b, ORDER_COUNT),
	    .scale = scales[pick(b, 8)],
	    .offset = (double)(int16_t)take(b, 2)};
	p->at.count = registers_of[p->codec.type] ? registers_of[p->codec.type] : 1;
	if (take(b, 1) % 4 == 0 && p->codec.type >= TYPE_U16 && p->codec.type <= TYPE_S64) {
		p->codec.bit = (uint8_t)pick(b, 16u * p->at.count);
		p->codec.width = (uint8_t)(1 + pick(b, 16u * p->at.count - p->codec.bit));
		if (p->codec.width > 32)
			p->codec.width = 32;
	}
	if (take(b, 1) % 2) {
		p->has_range = true;
		p->min = -(double)take(b, 2);
		p->max = (double)take(b, 2) + 1;
	}
	sentinels[0] = (double)(int16_t)take(b, 2);
	sentinels[1] = take(b, 1) % 2 ? 65535 : (double)NAN;
	p->sentinels = sentinels;
	p->sentinel_count = pick(b, 3);
	if (take(b, 1) % 4 == 0) {
		p->words = words;
		p->word_count = 3;
		p->codec.scale = 1;
		p->codec.offset = 0;
		p->unit = unit_find("1");
	}
}

static void
make_value(struct bytes *b, struct snmp_value *v)
{
	*v = (struct snmp_value){.type = (enum snmp_type)pick(b, SNMP_TYPE_NAME + 1)};
	v->i = (int64_t)take(b, 8);
	v->u = take(b, 8);
	memcpy(&v->f, &v->u, sizeof(v->f));
	v->length = (uint16_t)(b->left < SNMP_BYTES_MAX ? b->left : SNMP_BYTES_MAX);
	if (v->length > 0)
		memcpy(v->bytes, b->at, v->length);
}

static void
check_text(const char *text, size_t size)
{
	FUZZ_CHECK(strnlen(text, size) < size);
	for (size_t n; *text != '\0'; text += n) {
		n = text_utf8(text, strlen(text));
		FUZZ_CHECK(n > 0 && (unsigned char)*text >= 0x20 && *text != 0x7f);
	}
}

/* A fact in as many octets of room as the input wants, and the same value as a label. */
static void
try_fact(struct bytes *b)
{
	static const enum value_type of_modbus[] = {
	    TYPE_U16, TYPE_U32, TYPE_F64, TYPE_TEXT, TYPE_MAC, TYPE_DATE};
	static const enum value_type of_snmp[] = {
	    TYPE_NUMBER, TYPE_HEX, TYPE_OCTETS, TYPE_TEXT, TYPE_MAC, TYPE_DATE_AND_TIME};
	bool snmp = take(b, 1) % 2;
	enum value_type type = (snmp ? of_snmp : of_modbus)[pick(b, 6)];
	struct fact_spec f = {.name = "f",
	    .at = {.table = snmp ? TABLE_OID : TABLE_HOLDING,
		.count = type == TYPE_TEXT    ? (uint16_t)(1 + pick(b, 125))
			 : type == TYPE_MAC   ? 3
			 : registers_of[type] ? registers_of[type]
					      : 1},
	    .codec = {.type = type, .order = (enum word_order)pick(b, ORDER_COUNT), .scale = 1},
	    .words = words,
	    .word_count = take(b, 1) % 4 == 0 ? 3 : 0};
	size_t size = 1 + pick(b, 64);
	char *text = malloc(size);
	uint16_t *registers = calloc(f.at.count, sizeof(*registers));
	struct snmp_value v;
	struct raw raw = {0};

	if (f.word_count == 0)
		f.words = NULL;
	for (size_t i = 0; !snmp && i < f.at.count; i++)
		registers[i] = (uint16_t)take(b, 2);
	make_value(b, &v);
	if (snmp)
		raw.snmp = &v;
	else
		raw.words = registers;
	FUZZ_CHECK(decode_fact(&f, raw, text, size) == (text[0] != '\0'));
	check_text(text, size);
	decode_label(&v, text, size);
	check_text(text, size);
	free(registers);
	free(text);
}

/* Of what the loader lets be a rate. */
static void
check_count(const struct point_spec *p, struct raw raw)
{
	static const bool counts[TYPE_COUNT] = {[TYPE_U16] = true,
	    [TYPE_U32] = true,
	    [TYPE_U64] = true,
	    [TYPE_BCD16] = true,
	    [TYPE_BCD32] = true};
	uint64_t count, modulus;

	if (!counts[p->codec.type] || p->words != NULL || p->codec.width > 0)
		return;
	modulus = decode_count_modulus(p);
	if (decode_count(p, raw, &count) == DEFECT_NONE)
		FUZZ_CHECK(modulus == 0 || count < modulus);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes b = {data, size};
	struct snmp_value v = {0};
	uint16_t raw_words[4];
	double sentinels[2];
	struct point_spec p;
	struct sample s;
	struct raw raw = {0};
	char text[512];

	if (size > 0 && data[size - 1] % 4 == 0) {
		try_fact(&b);
		return 0;
	}
	make_point(&b, &p, sentinels);
	if (p.at.table == TABLE_OID) {
		make_value(&b, &v);
		raw.snmp = &v;
	} else {
		for (int i = 0; i < 4; i++)
			raw_words[i] =
			    table_is_bits(p.at.table) ? take(&b, 1) & 1 : (uint16_t)take(&b, 2);
		raw.words = raw_words;
	}
	decode_point(&p, raw, &s);
	if (s.defect == DEFECT_NONE) {
		FUZZ_CHECK(s.has_value);
		FUZZ_CHECK(isfinite(s.value));
		if (p.has_range && p.words == NULL)
			FUZZ_CHECK(s.value >= p.min && s.value <= p.max);
		if (p.words != NULL)
			FUZZ_CHECK(word_find(words, 3, (int64_t)s.value) != NULL);
		FUZZ_CHECK(raw.snmp == NULL || v.type != SNMP_TYPE_NAME);
	} else
		FUZZ_CHECK(!s.has_value || s.defect == DEFECT_UNKNOWN_WORD);
	check_count(&p, raw);
	FUZZ_CHECK(decode_explain(&p, raw, NULL, text, sizeof(text)) < sizeof(text));
	for (const char *c = text; *c != '\0'; c++)
		FUZZ_CHECK((unsigned char)*c >= 0x20);
	decode_raw_text(&p.at, raw, text, 16);
	return 0;
}
