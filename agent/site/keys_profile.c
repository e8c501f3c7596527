/* The keys of a profile: points and tables, how each is read, facts. */
#include "site/keys.h"

#include <stddef.h>

const struct choice type_choices[] = {{"u16", TYPE_U16, NULL}, {"s16", TYPE_S16, NULL},
    {"u32", TYPE_U32, NULL}, {"s32", TYPE_S32, NULL}, {"u64", TYPE_U64, NULL},
    {"s64", TYPE_S64, NULL}, {"f32", TYPE_F32, NULL}, {"f64", TYPE_F64, NULL},
    {"sm16", TYPE_SM16, NULL}, {"bcd16", TYPE_BCD16, NULL}, {"bcd32", TYPE_BCD32, NULL},
    {"text", TYPE_TEXT, NULL}, {"mac", TYPE_MAC, NULL}, {"date", TYPE_DATE, NULL}, {0}};
/* Of an OID: as it comes, or what it is wrapped in. */
static const struct choice oid_type_choices[] = {{"number", TYPE_NUMBER, NULL},
    {"u16", TYPE_U16, NULL}, {"s16", TYPE_S16, NULL}, {"u32", TYPE_U32, NULL},
    {"s32", TYPE_S32, NULL}, {"u64", TYPE_U64, NULL}, {"s64", TYPE_S64, NULL},
    {"hex", TYPE_HEX, NULL}, {"octets", TYPE_OCTETS, NULL}, {0}};
static const struct choice oid_fact_choices[] = {{"number", TYPE_NUMBER, NULL},
    {"text", TYPE_TEXT, NULL}, {"mac", TYPE_MAC, NULL}, {"date_and_time", TYPE_DATE_AND_TIME, NULL},
    {"hex", TYPE_HEX, NULL}, {"octets", TYPE_OCTETS, NULL}, {0}};
static const struct choice rate_choices[] = {{"per_second", RATE_PER_SECOND, NULL},
    {"per_minute", RATE_PER_MINUTE, NULL}, {"per_hour", RATE_PER_HOUR, NULL}, {0}};
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
		.says = "how the registers are read; text, mac and date for facts only"),          \
	    KEY("order", KEY_CHOICE, AT(order), .choices = order_choices,                          \
		.fallback = "high_first", .says = "order of the words, and of the bytes in them"), \
	    KEY("bit", KEY_WHOLE, AT(bit), .min = 0, .max = 63,                                    \
		.expects = "a bit number, 0 is the least significant",                             \
		.says = "first bit of a field inside the number"),                                 \
	    KEY("width", KEY_WHOLE, AT(width), .min = 1, .max = 32, .implied = "1 with bit",       \
		.says = "bits of that field")

#define OID_ROWS                                                                                   \
	KEY("oid", KEY_OID, AT(oid), .required = true, .says = "where it stands, with instance")
#define OID_KIND_ROWS                                                                              \
	KEY("type", KEY_CHOICE, AT(type), .choices = oid_type_choices, .fallback = "number",       \
	    .says = "what it is wrapped in; a counter is u32 or u64"),                             \
	    KEY("bit", KEY_WHOLE, AT(bit), .min = 0, .max = 63,                                    \
		.expects = "a bit number, 0 is the least significant",                             \
		.says = "first bit of a field inside the number"),                                 \
	    KEY("width", KEY_WHOLE, AT(width), .min = 1, .max = 32, .implied = "1 with bit",       \
		.says = "bits of that field"),                                                     \
	    KEY("texts", KEY_RAW, AT(texts),                                                       \
		.expects = "a map of TEXT: WORD, such as {DRY: dry, WET: leak}",                   \
		.says = "states that the device says in words; they count 1, 2, 3 as written")

#define CONTACT_ROWS                                                                               \
	KEY("contact", KEY_NAME, AT(contact), .required = true,                                    \
	    .says = "a dry contact; the site says at which terminal of the board it is wired")

#define SCALE_ROWS                                                                                 \
	KEY("scale", KEY_FACTOR, AT(scale), .fallback = "1",                                       \
	    .says = "value = raw x scale + offset"),                                               \
	    KEY("offset", KEY_FACTOR, AT(offset), .fallback = "0",                                 \
		.says = "value = raw x scale + offset")

#define WORD_ROWS                                                                                  \
	KEY("words", KEY_RAW, AT(words),                                                           \
	    .expects = "a map of raw number and word, such as {0: stopped, 1: running}",           \
	    .says = "the states of a point that has states")

#define NEED_ROWS                                                                                  \
	KEY("valid_when", KEY_TEXT, AT(valid_when), .expects = GUARD_FORMS,                        \
	    .says = "it means something only while this holds; else it is bad"),                   \
	    KEY("exponent", KEY_TEXT, AT(exponent), .expects = "a point of the same poll",         \
		.says = "value = raw x scale x 10^POINT; -10 to 10 (SunSpec: sunssf)"),            \
	    KEY("digits", KEY_TEXT, AT(digits), .expects = "a point of the same poll",             \
		.says = "value = raw x scale / 10^POINT; 0 to 10: digits after the point"),        \
	    KEY("rate", KEY_CHOICE, AT(rate), .choices = rate_choices, .implied = "the count",     \
		.says = "a counter as what it counts in a time; scale, range and unit are those "  \
			"of the rate"),                                                            \
	    KEY("uptime", KEY_TEXT, AT(uptime), .expects = "a point of the same poll",             \
		.says = "of a rate: time since the device began; when it goes back all counters "  \
			"began anew"),                                                             \
	    KEY("discontinuity", KEY_TEXT, AT(discontinuity),                                      \
		.expects = "a point of the same poll",                                             \
		.says = "of a rate: when this changes the counter began anew")

#define VALUE_ROWS                                                                                 \
	SCALE_ROWS,                                                                                \
	    KEY("range", KEY_NUMBERS, AT(range), .min = 2, .max = 2,                               \
		.expects = "[lowest, highest] in the point's unit",                                \
		.says = "what is possible; anything else is bad, not a value"),                    \
	    KEY("sentinel", KEY_NUMBERS, AT(sentinel), .min = 1, .max = 16,                        \
		.expects = "a list of raw numbers, such as [-32768]",                              \
		.says = "raw numbers that mean \"no sensor\""),                                    \
	    KEY("deadband", KEY_NUMBER, AT(deadband), .min = 0, .max = 1e9, .fallback = "0",       \
		.says = "smaller changes are not published"),                                      \
	    NEED_ROWS

#define POINT_ROWS                                                                                 \
	KEY("unit", KEY_UNIT, AT(unit), .implied = "1 with words",                                 \
	    .says = "unit after scale; must be that of names.yaml"),                               \
	    WORD_ROWS,                                                                             \
	    KEY("poll", KEY_CHOICE, AT(poll), .choices = poll_choices, .fallback = "normal",       \
		.says = "how often it is asked; the site gives the periods"),                      \
	    KEY("title", KEY_LABEL, AT(title), .implied = "from names.yaml",                       \
		.says = "the point for people")

static const struct section *const point_kinds[] = {
    &section_point_bit, &section_point_register, &section_point_oid, &section_point_contact, NULL};
static const struct section *const fact_kinds[] = {
    &section_fact_bit, &section_fact_register, &section_fact_oid, &section_fact_identity, NULL};

#define POINT_SECTION(variable, title, rows, kinds)                                                \
	const struct section variable = {.what = (title),                                          \
	    .keys = (rows),                                                                        \
	    .count = sizeof(rows) / sizeof((rows)[0]),                                             \
	    .others = (kinds)}

static const struct key bit_rows[] = {BIT_ROWS, POINT_ROWS};
POINT_SECTION(section_point_bit, "a point that is one bit", bit_rows, point_kinds);
static const struct key register_rows[] = {REGISTER_ROWS, VALUE_ROWS, POINT_ROWS};
POINT_SECTION(section_point_register, "a point in registers", register_rows, point_kinds);
static const struct key oid_rows[] = {OID_ROWS, OID_KIND_ROWS, VALUE_ROWS, POINT_ROWS};
POINT_SECTION(section_point_oid, "a point with an OID", oid_rows, point_kinds);

static const struct key contact_rows[] = {CONTACT_ROWS, POINT_ROWS};
POINT_SECTION(section_point_contact, "a point that is a dry contact", contact_rows, point_kinds);

static const struct key fact_bit_rows[] = {BIT_ROWS, WORD_ROWS};
POINT_SECTION(section_fact_bit, "a fact that is one bit", fact_bit_rows, fact_kinds);
#define TEXT_ROWS                                                                                  \
	KEY("registers", KEY_WHOLE, AT(registers), .min = 1, .max = 32, .implied = "by type",      \
	    .says = "how many registers a text takes")
#define OID_TYPE_ROWS                                                                              \
	KEY("type", KEY_CHOICE, AT(type), .choices = oid_fact_choices, .fallback = "number",       \
	    .says = "what it is")
static const struct key fact_register_rows[] = {REGISTER_ROWS, SCALE_ROWS, WORD_ROWS, TEXT_ROWS};
POINT_SECTION(section_fact_register, "a fact in registers", fact_register_rows, fact_kinds);
static const struct key fact_oid_rows[] = {OID_ROWS, SCALE_ROWS, WORD_ROWS, OID_TYPE_ROWS};
POINT_SECTION(section_fact_oid, "a fact with an OID", fact_oid_rows, fact_kinds);

/* Objects of MODBUS Application Protocol V1.1b3, 6.21: 0 to 6. */
static const struct choice identity_choices[] = {{"vendor", 0, NULL}, {"product_code", 1, NULL},
    {"revision", 2, NULL}, {"vendor_url", 3, NULL}, {"product_name", 4, NULL},
    {"model_name", 5, NULL}, {"application_name", 6, NULL}, {0}};
static const struct key fact_identity_rows[] = {
    KEY("identity", KEY_CHOICE, AT(identity), .choices = identity_choices, .required = true,
	.says = "what the device says of itself (Read Device Identification, FC 43/14)")};
POINT_SECTION(
    section_fact_identity, "a fact of the identification", fact_identity_rows, fact_kinds);

/* ---- columns of tables: the same, and how they go on from row to row --------------------------
 */

#define STRIDE_ROWS                                                                                \
	KEY("stride", KEY_WHOLE, AT(stride), .min = 0, .max = 4096, .required = true,              \
	    .says = "from one row to the next; the address above is that of row 1")
#define BIT_STRIDE_ROWS                                                                            \
	KEY("bit_stride", KEY_WHOLE, AT(bit_stride), .min = 0, .max = 64, .fallback = "0",         \
	    .says = "the same for `bit`: rows that are bits of one number have stride 0")
#define ROW_OID_ROWS                                                                               \
	KEY("oid", KEY_ROW_OID, AT(row_oid), .required = true,                                     \
	    .says = "where it stands, with * for the row's index")

static const struct section *const column_kinds[] = {
    &section_column_bit, &section_column_register, &section_column_oid, NULL};
static const struct section *const fact_column_kinds[] = {
    &section_fact_column_bit, &section_fact_column_register, &section_fact_column_oid, NULL};

static const struct key bit_column_rows[] = {BIT_ROWS, STRIDE_ROWS, POINT_ROWS};
POINT_SECTION(section_column_bit, "a column of bits", bit_column_rows, column_kinds);
static const struct key register_column_rows[] = {
    REGISTER_ROWS, STRIDE_ROWS, BIT_STRIDE_ROWS, VALUE_ROWS, POINT_ROWS};
POINT_SECTION(section_column_register, "a column in registers", register_column_rows, column_kinds);
static const struct key oid_column_rows[] = {ROW_OID_ROWS, OID_KIND_ROWS, VALUE_ROWS, POINT_ROWS};
POINT_SECTION(section_column_oid, "a column with OIDs", oid_column_rows, column_kinds);

static const struct key fact_bit_column_rows[] = {BIT_ROWS, STRIDE_ROWS, WORD_ROWS};
POINT_SECTION(section_fact_column_bit, "a column of facts that are bits", fact_bit_column_rows,
    fact_column_kinds);
static const struct key fact_register_column_rows[] = {
    REGISTER_ROWS, STRIDE_ROWS, SCALE_ROWS, WORD_ROWS, TEXT_ROWS};
POINT_SECTION(section_fact_column_register, "a column of facts in registers",
    fact_register_column_rows, fact_column_kinds);
static const struct key fact_oid_column_rows[] = {
    ROW_OID_ROWS, SCALE_ROWS, WORD_ROWS, OID_TYPE_ROWS};
POINT_SECTION(section_fact_column_oid, "a column of facts with OIDs", fact_oid_column_rows,
    fact_column_kinds);
#undef AT

#define AT(field) offsetof(struct row_keys, field)
static const struct key row_rows[] = {
    KEY("title", KEY_LABEL, AT(title), .says = "what stands there: \"Web server\""),
    KEY("index", KEY_TEXT, AT(index), .implied = "first_index + (number - 1) x index_step",
	.expects = "an index in numbers, such as 10101 or 4.7.0",
	.says = "SNMP: what stands for * in the OIDs"),
};
#undef AT
SECTION(section_row, "a row of a table", row_rows);

#define AT(field) offsetof(struct table_keys, field)
static const struct key table_rows[] = {
    KEY("title", KEY_LABEL, AT(title), .implied = "its name", .says = "a row for people"),
    KEY("rows", KEY_RAW, AT(rows), .required = true,
	.expects = "how many, a list of rows, a map of ROW: TITLE or ROW: {title, index}, or all",
	.says = "the rows that a device has, if the site does not say otherwise"),
    KEY("most", KEY_WHOLE, AT(most), .min = 1, .max = 4096, .fallback = "512",
	.says = "rows that a device of this type can have at most; with \"all\" the room for them"),
    KEY("label", KEY_TEXT, AT(label), .expects = "an OID that ends with .*",
	.says = "SNMP, rows: all: what the device calls a row; a row is known by it"),
    KEY("first_index", KEY_WHOLE, AT(first_index), .min = 0, .max = 4294967295.0, .fallback = "1",
	.says = "SNMP: index of row 1"),
    KEY("index_step", KEY_WHOLE, AT(index_step), .min = 1, .max = 65536, .fallback = "1",
	.says = "SNMP: from one index to the next"),
    KEY("points", KEY_EACH, AT(points), .section = &section_column_register,
	.says = "its columns: NAME with * for the row's number"),
    KEY("facts", KEY_EACH, AT(facts), .section = &section_fact_column_register,
	.says = "columns that do not change while it runs"),
    KEY("alarms", KEY_EACH, AT(alarms), .section = &section_row_rule,
	.says = "alarms that each row has, all texts with * for its number and title"),
};
#undef AT
SECTION(section_table, "a table of like rows", table_rows);

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
    KEY("recording", KEY_TEXT, AT(recording),
	.says = "evidence: the recording of a device that a test reads it from"),
    KEY("register_map", KEY_TEXT, AT(register_map),
	.says = "evidence: the maker's register map that a test compares it with"),
    KEY("unchecked", KEY_RAW, AT(unchecked), .expects = "a list of names",
	.says = "points and facts that are not in them"),
    KEY("modbus", KEY_SECTION, AT(modbus), .section = &section_modbus,
	.says = "limits of the device type"),
    KEY("snmp", KEY_SECTION, AT(snmp), .section = &section_snmp,
	.says = "limits of the device type"),
    KEY("points", KEY_EACH, AT(points), .section = &section_point_register,
	.says = "what is read again and again"),
    KEY("facts", KEY_EACH, AT(facts), .section = &section_fact_register,
	.says = "what does not change while it runs: read at connect"),
    KEY("tables", KEY_EACH, AT(tables), .section = &section_table,
	.says = "points, facts and alarms that come once for each outlet, port or drive"),
    KEY("alarms", KEY_EACH, AT(alarms), .section = &section_rule,
	.says = "its alarms; comm_lost (it does not answer) every device has anyway"),
    KEY("records", KEY_EACH, AT(records), .section = &section_ring,
	.says = "records that the device keeps in a ring: badge events"),
    KEY("traps", KEY_EACH, AT(traps), .section = &section_trap,
	.says = "notifications that it sends; those of RFC 3418 every SNMP device has anyway"),
    KEY("commands", KEY_LATER, 0, .says = "what can be switched"),
};
#undef AT
SECTION(section_profile, "a profile", profile_rows);
