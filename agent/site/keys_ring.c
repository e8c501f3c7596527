/* Records of a profile: a ring of them in registers. */
#include "site/keys.h"

#include <stddef.h>

const struct choice field_type_choices[] = {
    {"u16", TYPE_U16, NULL}, {"u32", TYPE_U32, NULL}, {"u64", TYPE_U64, NULL}, {0}};

#define AT(field) offsetof(struct field_keys, field)
static const struct key field_rows[] = {
    KEY("at", KEY_WHOLE, AT(at), .min = 0, .max = 124, .required = true,
	.says = "first register of the field, counted from 0 inside the record"),
    KEY("type", KEY_CHOICE, AT(type), .choices = field_type_choices, .required = true,
	.says = "how the registers are read"),
    KEY("order", KEY_CHOICE, AT(order), .choices = order_choices, .fallback = "high_first",
	.says = "order of the words, and of the bytes in them"),
    KEY("words", KEY_RAW, AT(words),
	.expects = "a map of raw number and word, such as {1: granted}",
	.says = "for door and result: what the numbers mean; a door is best named as its device"),
    KEY("priority", KEY_RAW, AT(priority),
	.expects = "a map of word and priority, such as {forced: high}",
	.says = "for result: how urgent an event is; low where nothing is said"),
};
#undef AT
SECTION(section_field, "a field of a record", field_rows);

#define AT(field) offsetof(struct ring_keys, field)
static const struct key ring_rows[] = {
    KEY("title", KEY_LABEL, AT(title), .required = true,
	.says = "what people call the records, in the middle of a sentence: badge events"),
    KEY("head", KEY_NAME, AT(head), .required = true,
	.says = "the point that holds the number of the newest record"),
    KEY("holding", KEY_WHOLE, AT(holding), .min = 0, .max = 65535,
	.expects = "an address from 0 to 65535",
	.says = "where the ring begins: holding register (FC 3), counted from 0 as on the wire"),
    KEY("input", KEY_WHOLE, AT(input), .min = 0, .max = 65535,
	.expects = "an address from 0 to 65535", .says = "or input register (FC 4)"),
    KEY("stride", KEY_WHOLE, AT(stride), .min = 1, .max = 125, .required = true,
	.says = "registers from one record to the next"),
    KEY("count", KEY_WHOLE, AT(count), .min = 2, .max = 10000, .required = true,
	.says = "records in the ring"),
    KEY("first", KEY_WHOLE, AT(first), .min = 0, .max = 1, .fallback = "1",
	.says = "the number of the record that stands in the first place"),
    KEY("fields", KEY_EACH, AT(fields), .section = &section_field, .required = true,
	.says = "sequence, sequence_again, time, door, result, who"),
};
#undef AT
SECTION(section_ring, "records of a device", ring_rows);
