#include "site/keys.h"

#include <stddef.h>

const struct choice type_choices[] = {{"u16", TYPE_U16, NULL}, {"s16", TYPE_S16, NULL},
    {"u32", TYPE_U32, NULL}, {"s32", TYPE_S32, NULL}, {"u64", TYPE_U64, NULL},
    {"s64", TYPE_S64, NULL}, {"f32", TYPE_F32, NULL}, {"f64", TYPE_F64, NULL},
    {"sm16", TYPE_SM16, NULL}, {"bcd16", TYPE_BCD16, NULL}, {"bcd32", TYPE_BCD32, NULL},
    {"text", TYPE_TEXT, NULL}, {0}};
static const struct choice oid_type_choices[] = {
    {"number", TYPE_NUMBER, NULL}, {"text", TYPE_TEXT, NULL}, {0}};
const struct choice order_choices[] = {{"high_first", ORDER_HIGH_FIRST, NULL},
    {"low_first", ORDER_LOW_FIRST, NULL}, {"bytes", ORDER_BYTES, NULL},
    {"reversed", ORDER_REVERSED, NULL}, {0}};
const struct choice poll_choices[] = {
    {"fast", POLL_FAST, NULL}, {"normal", POLL_NORMAL, NULL}, {"slow", POLL_SLOW, NULL}, {0}};

/* ---- points ------------------------------------------------------------------------------------
 */

#define AT(field) offsetof(struct point_keys, field)

#define BIT_ROWS                                                                                   \
	KEY("coil", KEY_WHOLE, AT(coil), .min = 0, .max = 65535,                                   \
	    .expects = "an address from 0 to 65535",                                               \
	    .says = "where it stands: coil (FC 1), counted from 0 as on the wire"),                \
	    KEY("discrete", KEY_WHOLE, AT(discrete), .min = 0, .max = 65535,                       \
		.expects = "an address from 0 to 65535", .says = "or discrete input (FC 2)")

#define REGISTER_ROWS                                                                              \
	KEY("holding", KEY_WHOLE, AT(holding), .min = 0, .max = 65535,                             \
	    .expects = "an address from 0 to 65535",                                               \
	    .says = "where it stands: holding register (FC 3), counted from 0 as on the wire"),    \
	    KEY("input", KEY_WHOLE, AT(input), .min = 0, .max = 65535,                             \
		.expects = "an address from 0 to 65535", .says = "or input register (FC 4)"),      \
	    KEY("type", KEY_CHOICE, AT(type), .choices = type_choices, .required = true,           \
		.says = "how the registers are read; text for facts only"),                        \
	    KEY("order", KEY_CHOICE, AT(order), .choices = order_choices,                          \
		.fallback = "high_first", .says = "order of the words, and of the bytes in them"), \
	    KEY("bit", KEY_WHOLE, AT(bit), .min = 0, .max = 63,                                    \
		.expects = "a bit number, 0 is the least significant",                             \
		.says = "first bit of a field inside the number"),                                 \
	    KEY("width", KEY_WHOLE, AT(width), .min = 1, .max = 32, .implied = "1 with bit",       \
		.says = "bits of that field")

#define OID_ROWS                                                                                   \
	KEY("oid", KEY_OID, AT(oid), .required = true, .says = "where it stands, with instance")

#define SCALE_ROWS                                                                                 \
	KEY("scale", KEY_NUMBER, AT(scale), .fallback = "1",                                       \
	    .says = "value = raw x scale + offset"),                                               \
	    KEY("offset", KEY_NUMBER, AT(offset), .fallback = "0",                                 \
		.says = "value = raw x scale + offset")

#define WORD_ROWS                                                                                  \
	KEY("words", KEY_RAW, AT(words),                                                           \
	    .expects = "a map of raw number and word, such as {0: stopped, 1: running}",           \
	    .says = "the states of a point that has states")

#define VALUE_ROWS                                                                                 \
	SCALE_ROWS,                                                                                \
	    KEY("range", KEY_NUMBERS, AT(range), .min = 2, .max = 2,                               \
		.expects = "[lowest, highest] in the point's unit",                                \
		.says = "what is possible; anything else is bad, not a value"),                    \
	    KEY("sentinel", KEY_NUMBERS, AT(sentinel), .min = 1, .max = 16,                        \
		.expects = "a list of raw numbers, such as [-32768]",                              \
		.says = "raw numbers that mean \"no sensor\""),                                    \
	    KEY("deadband", KEY_NUMBER, AT(deadband), .min = 0, .max = 1e9, .fallback = "0",       \
		.says = "smaller changes are not published")

#define POINT_ROWS                                                                                 \
	KEY("unit", KEY_UNIT, AT(unit), .implied = "1 with words",                                 \
	    .says = "unit after scale; must be that of names.yaml"),                               \
	    WORD_ROWS,                                                                             \
	    KEY("poll", KEY_CHOICE, AT(poll), .choices = poll_choices, .fallback = "normal",       \
		.says = "how often it is asked; the site gives the periods"),                      \
	    KEY("title", KEY_LABEL, AT(title), .implied = "from names.yaml",                       \
		.says = "the point for people")

static const struct section *const point_kinds[] = {
    &section_point_bit, &section_point_register, &section_point_oid, NULL};
static const struct section *const fact_kinds[] = {
    &section_fact_bit, &section_fact_register, &section_fact_oid, NULL};

#define POINT_SECTION(variable, title, rows, kinds)                                                \
	const struct section variable = {.what = (title),                                          \
	    .keys = (rows),                                                                        \
	    .count = sizeof(rows) / sizeof((rows)[0]),                                             \
	    .others = (kinds)}

static const struct key bit_rows[] = {BIT_ROWS, POINT_ROWS};
POINT_SECTION(section_point_bit, "a point that is one bit", bit_rows, point_kinds);
static const struct key register_rows[] = {REGISTER_ROWS, VALUE_ROWS, POINT_ROWS};
POINT_SECTION(section_point_register, "a point in registers", register_rows, point_kinds);
static const struct key oid_rows[] = {OID_ROWS, VALUE_ROWS, POINT_ROWS};
POINT_SECTION(section_point_oid, "a point with an OID", oid_rows, point_kinds);

static const struct key fact_bit_rows[] = {BIT_ROWS, WORD_ROWS};
POINT_SECTION(section_fact_bit, "a fact that is one bit", fact_bit_rows, fact_kinds);
static const struct key fact_register_rows[] = {REGISTER_ROWS, SCALE_ROWS, WORD_ROWS,
    KEY("registers", KEY_WHOLE, AT(registers), .min = 1, .max = 32, .implied = "by type",
	.says = "how many registers a text takes")};
POINT_SECTION(section_fact_register, "a fact in registers", fact_register_rows, fact_kinds);
static const struct key fact_oid_rows[] = {OID_ROWS, SCALE_ROWS, WORD_ROWS,
    KEY("type", KEY_CHOICE, AT(type), .choices = oid_type_choices, .fallback = "number",
	.says = "number or text")};
POINT_SECTION(section_fact_oid, "a fact with an OID", fact_oid_rows, fact_kinds);
#undef AT

/* ---- the file ----------------------------------------------------------------------------------
 */

#define AT(field) offsetof(struct modbus_keys, field)
/* Limits of one read: Modbus Application Protocol V1.1b3, 6.1 and 6.3. */
static const struct key modbus_rows[] = {
    KEY("max_registers", KEY_WHOLE, AT(max_registers), .min = 1, .max = 125, .fallback = "125",
	.says = "registers in one read"),
    KEY("max_bits", KEY_WHOLE, AT(max_bits), .min = 1, .max = 2000, .fallback = "2000",
	.says = "bits in one read"),
    KEY("max_gap", KEY_WHOLE, AT(max_gap), .min = 0, .max = 124, .fallback = "8",
	.says = "registers or bits read along to join two runs; a refused gap is split"),
    KEY("quiet", KEY_DURATION, AT(quiet), .min = 0, .max = SECOND, .fallback = "0ms",
	.says = "silence before a request, besides the 3.5 characters of the standard"),
    KEY("timeout", KEY_DURATION, AT(timeout), .min = 10 * MS, .max = 30 * SECOND,
	.fallback = "800ms", .says = "one transaction, first byte out to last byte in"),
};
#undef AT
static SECTION(section_modbus, "the limits on Modbus", modbus_rows);

#define AT(field) offsetof(struct snmp_limit_keys, field)
static const struct key snmp_rows[] = {
    KEY("max_varbinds", KEY_WHOLE, AT(max_varbinds), .min = 1, .max = 128, .fallback = "20",
	.says = "variables in one GET to start with; halved on tooBig or silence"),
    KEY("timeout", KEY_DURATION, AT(timeout), .min = 50 * MS, .max = 30 * SECOND, .fallback = "1s",
	.says = "one request"),
    KEY("retries", KEY_WHOLE, AT(retries), .min = 0, .max = 5, .fallback = "1",
	.says = "tries after the first, inside the budget of a cycle"),
};
#undef AT
static SECTION(section_snmp, "the limits on SNMP", snmp_rows);

#define AT(field) offsetof(struct profile_keys, field)
static const struct key profile_rows[] = {
    KEY("profile", KEY_SLUG, AT(profile), .required = true, .says = "the name of the file"),
    KEY("kind", KEY_NAME, AT(kind), .required = true,
	.says = "what it is: hvac, door, ups ...; the name of the folder"),
    KEY("title", KEY_LABEL, AT(title), .required = true, .says = "maker and model for people"),
    KEY("source", KEY_TEXT, AT(source), .required = true,
	.says = "the document that addresses and scales come from"),
    KEY("verified", KEY_TEXT, AT(verified), .required = true, .says = "what was checked, on what"),
    KEY("modbus", KEY_SECTION, AT(modbus), .section = &section_modbus,
	.says = "limits of the device type"),
    KEY("snmp", KEY_SECTION, AT(snmp), .section = &section_snmp,
	.says = "limits of the device type"),
    KEY("points", KEY_EACH, AT(points), .section = &section_point_register, .required = true,
	.says = "what is read again and again"),
    KEY("facts", KEY_EACH, AT(facts), .section = &section_fact_register,
	.says = "what does not change while it runs: read at connect"),
    KEY("alarms", KEY_EACH, AT(alarms), .section = &section_rule,
	.says = "its alarms; comm_lost (it does not answer) every device has anyway"),
    KEY("records", KEY_LATER, 0, .says = "rows: badge events, inventory"),
    KEY("traps", KEY_LATER, 0, .says = "traps of the device"),
    KEY("commands", KEY_LATER, 0, .says = "what can be switched"),
};
#undef AT
SECTION(section_profile, "a profile", profile_rows);
