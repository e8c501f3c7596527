/* The same way told in words: raw answers and decode steps as text. */
#include "core/decode_steps.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

/* Bytes that are no text: "0x000BDC34D106". By hand, as below. */
static bool
hex_bytes(const struct snmp_value *v, size_t n, char *buf, size_t size)
{
	static const char digits[] = "0123456789ABCDEF";
	bool binary = false;
	size_t at = 2;

	for (size_t i = 0; i < n; i++)
		binary |= v->bytes[i] < ' ' && v->bytes[i] != '\n' && v->bytes[i] != '\r' &&
			  v->bytes[i] != '\t' && !(v->bytes[i] == '\0' && i + 1 == n);
	if (!binary || 2 * n + 3 > size)
		return false;
	buf[0] = '0';
	buf[1] = 'x';
	for (size_t i = 0; i < n; i++) {
		buf[at++] = digits[v->bytes[i] >> 4];
		buf[at++] = digits[v->bytes[i] & 0xF];
	}
	buf[at] = '\0';
	return true;
}

/* By hand, not by printf: this runs for every sample. */
static void
hex_words(const uint16_t *words, size_t n, char *buf, size_t size)
{
	static const char digits[] = "0123456789ABCDEF";
	size_t at = 0;

	for (size_t i = 0; i < n && at + 8 <= size; i++) {
		if (i > 0)
			buf[at++] = ' ';
		buf[at++] = '0';
		buf[at++] = 'x';
		for (int shift = 12; shift >= 0; shift -= 4)
			buf[at++] = digits[words[i] >> shift & 0xF];
	}
	buf[at] = '\0';
}

static void
snmp_text(const struct snmp_value *v, char *buf, size_t size)
{
	char number[NUMBER_TEXT_MAX];
	size_t n = v->length < SNMP_BYTES_MAX ? v->length : SNMP_BYTES_MAX;

	switch (v->type) {
	case SNMP_TYPE_SIGNED:
		snprintf(buf, size, "%lld", (long long)v->i);
		return;
	case SNMP_TYPE_UNSIGNED:
		snprintf(buf, size, "%llu", (unsigned long long)v->u);
		return;
	case SNMP_TYPE_FLOAT:
		text_copy(buf, size, number_text(v->f, number));
		return;
	case SNMP_TYPE_BYTES:
		if (hex_bytes(v, n, buf, size))
			return;
		text_clean(buf, size, v->bytes, n);
		return;
	case SNMP_TYPE_NAME:
		text_clean(buf, size, v->bytes, n);
		return;
	case SNMP_TYPE_NONE:
		break;
	}
	text_copy(buf, size, "no value");
}

void
decode_raw_text(const struct source *at, struct raw raw, char *buf, size_t size)
{
	if (size == 0)
		return;
	if (raw.snmp != NULL)
		snmp_text(raw.snmp, buf, size);
	else if (table_is_bits(at->table))
		text_copy(buf, size, raw.words[0] ? "1" : "0");
	else
		hex_words(raw.words, at->count, buf, size);
}

static const char *
source_noun(const struct source *at)
{
	static const char *const nouns[] = {
	    [TABLE_COIL] = "coil",
	    [TABLE_DISCRETE] = "input",
	    [TABLE_HOLDING] = "register",
	    [TABLE_INPUT] = "register",
	    [TABLE_OID] = "answer",
	    [TABLE_IDENTITY] = "answer",
	    [TABLE_CONTACT] = "contact",
	};
	return at->count > 1 && at->table != TABLE_OID ? "registers" : nouns[at->table];
}

static void
explain_number(const struct point_spec *p, const struct steps *s, char *buf, size_t size)
{
	const struct codec *c = &p->codec;
	char number[NUMBER_TEXT_MAX];

	number_text(s->number, number);
	if (s->text)
		return; /* the word tells it all */
	if (decode_has_field(c, p->at.table)) {
		unsigned last = c->bit + (c->width ? c->width : 1u) - 1;

		if (last > c->bit)
			text_append(buf, size, " -> bits %u..%u -> %s", c->bit, last, number);
		else
			text_append(buf, size, " -> bit %u -> %s", c->bit, number);
	} else if (p->at.table == TABLE_OID)
		text_append(buf, size, " -> %s", number);
	else if (c->type != TYPE_BIT)
		text_append(buf, size, " -> %s (%s)", number, value_type_word(c->type));
}

static void
explain_value(const struct point_spec *p, const struct steps *s, const struct decode_with *with,
    char *buf, size_t size)
{
	bool rate = p->needs != NULL && p->needs->rate != RATE_NONE;
	double value = s->value;
	const char *unit = p->unit != NULL && strcmp(p->unit->code, "1") != 0 ? p->unit->code : "";
	const struct word *word = NULL;
	char a[NUMBER_TEXT_MAX], b[NUMBER_TEXT_MAX];

	if (rate) {
		text_append(buf, size, ", a count");
		return;
	}
	if (p->codec.scale != 1)
		text_append(buf, size, " -> x %s", number_text(p->codec.scale, a));
	if (with != NULL && with->exponent != 0)
		text_append(buf, size, " -> x 10^%d", with->exponent);
	if (p->codec.offset != 0)
		text_append(buf, size, " -> + %s", number_text(p->codec.offset, a));
	if (p->words != NULL && s->sample.defect == DEFECT_NONE)
		word = word_find(p->words, p->word_count, (int64_t)s->number);
	if (word != NULL)
		text_append(buf, size, " -> %s = %s", number_text(value, a), word->text);
	else
		text_append(
		    buf, size, " -> %s%s%s", number_text(value, a), unit[0] ? " " : "", unit);
	if (s->sample.defect == DEFECT_UNKNOWN_WORD)
		text_append(buf, size, "; not in the profile's list of states");
	if (p->has_range && p->words == NULL)
		text_append(buf, size, "; %s range %s..%s",
		    s->sample.defect == DEFECT_RANGE ? "outside" : "in", number_text(p->min, a),
		    number_text(p->max, b));
}

/* Why there is no value although an answer came, where that is not in the number itself. */
static const char *
explain_defect(const struct point_spec *p, const struct steps *s)
{
	if (s->sample.defect == DEFECT_SENTINEL)
		return "; this is the device's placeholder for \"no value\"";
	if (s->sample.defect == DEFECT_NOT_VALID)
		return "; not believed: ";
	if (s->sample.defect == DEFECT_NO_SCALE)
		return "; without its power of ten this is no value";
	if (s->sample.defect == DEFECT_UNKNOWN_WORD && p->texts != NULL)
		return "; not in the profile's list of states";
	return NULL;
}

size_t
decode_explain(const struct point_spec *p, struct raw raw, const struct decode_with *with,
    char *buf, size_t size)
{
	struct steps s;
	const char *why;
	char text[64];

	decode_steps(p, raw, with, &s);
	decode_raw_text(&p->at, raw, text, sizeof(text));
	text_printf(buf, size, "%s %s%s", source_noun(&p->at), text,
	    p->at.table == TABLE_OID ? "" : decode_order_phrase(&p->codec));
	why = explain_defect(p, &s);
	if (why != NULL) {
		if (s.valid)
			explain_number(p, &s, buf, size);
		text_append(buf, size, "%s", why);
		if (s.sample.defect == DEFECT_NOT_VALID && p->needs->when != NULL)
			text_append(buf, size, "it is valid only when %s", p->needs->when);
		return strlen(buf);
	}
	if (s.other_unit)
		return text_append(buf, size, "; this is not in %s", p->unit->code);
	if (!s.valid)
		return text_append(
		    buf, size, "; this is no number (%s)", value_type_word(p->codec.type));
	explain_number(p, &s, buf, size);
	explain_value(p, &s, with, buf, size);
	return strlen(buf);
}

/* Words with a line break or a NUL in them are still words; a MAC address is not. */
static bool
is_mostly_text(const struct snmp_value *v)
{
	size_t n = v->length < SNMP_BYTES_MAX ? v->length : SNMP_BYTES_MAX, shown = 0, step;

	for (size_t i = 0; i<n; i += step> 0 ? step : 1) {
		step = text_utf8(v->bytes + i, n - i);
		if (v->bytes[i] >= 0x20 && v->bytes[i] != 0x7f)
			shown += step;
	}
	return v->type == SNMP_TYPE_BYTES && n > 0 && 4 * shown >= 3 * n;
}

void
decode_label(const struct snmp_value *v, char *buf, size_t size)
{
	char text[2 * SNMP_BYTES_MAX + 3];
	size_t begin = 0;

	if (is_mostly_text(v))
		text_clean(text, sizeof(text), v->bytes,
		    v->length < SNMP_BYTES_MAX ? v->length : SNMP_BYTES_MAX);
	else
		snmp_text(v, text, sizeof(text));
	while (text[begin] == ' ')
		begin++;
	text_clean(buf, size, text + begin, strlen(text + begin));
}
