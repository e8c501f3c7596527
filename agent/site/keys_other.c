/* The keys of names.yaml, of a board, and of files with secrets. */
#include "site/keys.h"

#include <stddef.h>

/* ---- names.yaml --------------------------------------------------------------------------------
 */

#define AT(field) offsetof(struct name_keys, field)
#define NAME_ROWS                                                                                  \
	KEY("title", KEY_LABEL, AT(title), .required = true, .says = "the name for people"),       \
	    KEY("meaning", KEY_TEXT, AT(meaning), .required = true, .says = "one line")
static const struct key name_point_rows[] = {
    KEY("unit", KEY_UNIT, AT(unit), .required = true, .says = "\"1\" for counts and states"),
    NAME_ROWS,
};
static const struct key name_rows[] = {NAME_ROWS};
#undef AT
SECTION(section_name_point, "a point of names.yaml", name_point_rows);
SECTION(section_name, "an entry of names.yaml", name_rows);

#define AT(field) offsetof(struct names_keys, field)
static const struct key names_rows[] = {
    KEY("points", KEY_EACH, AT(points), .section = &section_name_point, .required = true,
	.says = "names that a point may have"),
    KEY("facts", KEY_EACH, AT(facts), .section = &section_name, .says = "names of facts"),
    KEY("alarms", KEY_EACH, AT(alarms), .section = &section_name, .required = true,
	.says = "names of alarms"),
    KEY("traps", KEY_EACH, AT(traps), .section = &section_name,
	.says = "names of notifications that devices send"),
    KEY("words", KEY_RAW, AT(words), .expects = "a map of WORD: {en: TEXT, ja: TEXT}",
	.says = "states for people: the word on the topic, and what people read"),
};
#undef AT
SECTION(section_names, "names.yaml", names_rows);

/* ---- boards ------------------------------------------------------------------------------------
 */

#define AT(field) offsetof(struct line_keys, field)
#define LINE_ROWS                                                                                  \
	KEY("chip", KEY_TEXT, AT(chip), .required = true,                                          \
	    .says = "label of the GPIO chip, as gpiodetect shows it"),                             \
	    KEY("line", KEY_WHOLE, AT(line), .min = 0, .max = 1023, .required = true,              \
		.says = "offset of the line on that chip"),                                        \
	    KEY("name", KEY_TEXT, AT(name),                                                        \
		.says = "what the kernel calls the line; where it differs, the line is not "       \
			"touched"),                                                                \
	    KEY("active_low", KEY_BOOL, AT(active_low), .fallback = "false",                       \
		.says = "true: on means low voltage")
static const struct key output_rows[] = {
    LINE_ROWS, KEY("safe", KEY_BOOL, AT(safe), .fallback = "false",
		   .says = "true: on before the agent has said anything, and after its end")};
static const struct choice pull_choices[] = {{"as_is", PULL_AS_IS, NULL}, {"none", PULL_NONE, NULL},
    {"up", PULL_UP, NULL}, {"down", PULL_DOWN, NULL}, {0}};
static const struct key input_rows[] = {
    LINE_ROWS, KEY("pull", KEY_CHOICE, AT(pull), .choices = pull_choices, .fallback = "as_is",
		   .says = "bias of the pin: up for a contact to ground")};
#undef AT
static SECTION(section_output, "an output", output_rows);
SECTION(section_input, "an input", input_rows);

#define AT(field) offsetof(struct led_keys, field)
static const struct key led_rows[] = {
    KEY("green", KEY_SECTION, AT(green), .section = &section_output, .says = "all is well"),
    KEY("amber", KEY_SECTION, AT(amber), .section = &section_output, .says = "warning"),
    KEY("red", KEY_SECTION, AT(red), .section = &section_output, .says = "critical"),
};
#undef AT
static SECTION(section_leds, "the LEDs", led_rows);

#define AT(field) offsetof(struct board_keys, field)
static const struct key board_rows[] = {
    KEY("board", KEY_SLUG, AT(board), .required = true, .says = "the name of the folder"),
    KEY("title", KEY_LABEL, AT(title), .required = true, .says = "maker and model for people"),
    KEY("virtual", KEY_BOOL, AT(is_virtual), .fallback = "false",
	.says = "true: a machine without GPIO, the lines are kept in memory"),
    KEY("leds", KEY_SECTION, AT(leds), .section = &section_leds, .says = "the LEDs"),
    KEY("buzzer", KEY_SECTION, AT(buzzer), .section = &section_output, .says = "the buzzer"),
    KEY("fault_relay", KEY_SECTION, AT(fault_relay), .section = &section_output,
	.says =
	    "drawn while all is well: falls at a critical or high alarm, and when the agent ends"),
    KEY("terminals", KEY_EACH, AT(terminals), .section = &section_input,
	.says = "where dry contacts can be wired; a device of the site names them"),
    KEY("ack_button", KEY_SECTION, AT(ack_button), .section = &section_input,
	.says = "acknowledges"),
    KEY("lamp_test_button", KEY_SECTION, AT(lamp_test_button), .section = &section_input,
	.says = "all lamps on while held"),
};
#undef AT
SECTION(section_board, "a board", board_rows);

/* ---- secrets -----------------------------------------------------------------------------------
 */

/* MD5 and DES: target_load.c takes them only where the site says so. */
static const struct choice auth_choices[] = {{"SHA", SNMP_AUTH_SHA, NULL},
    {"SHA-224", SNMP_AUTH_SHA224, NULL}, {"SHA-256", SNMP_AUTH_SHA256, NULL},
    {"SHA-384", SNMP_AUTH_SHA384, NULL}, {"SHA-512", SNMP_AUTH_SHA512, NULL},
    {"MD5", SNMP_AUTH_MD5, NULL}, {0}};
static const struct choice priv_choices[] = {{"AES", SNMP_PRIV_AES, NULL},
    {"AES-192", SNMP_PRIV_AES192, NULL}, {"AES-256", SNMP_PRIV_AES256, NULL},
    {"AES-192-C", SNMP_PRIV_AES192_CISCO, NULL}, {"AES-256-C", SNMP_PRIV_AES256_CISCO, NULL},
    {"DES", SNMP_PRIV_DES, NULL}, {0}};

#define AT(field) offsetof(struct snmp_secret_keys, field)
static const struct key snmp_secret_rows[] = {
    KEY("community", KEY_TEXT, AT(community), .says = "versions 1 and 2c"),
    KEY("trap_community", KEY_TEXT, AT(trap_community), .implied = "community",
	.says = "what the device's own notifications carry, where it is another"),
    KEY("auth_protocol", KEY_CHOICE, AT(auth), .choices = auth_choices, .says = "version 3"),
    KEY("auth_passphrase", KEY_TEXT, AT(auth_passphrase),
	.says = "version 3, 8 characters at least"),
    KEY("priv_protocol", KEY_CHOICE, AT(priv), .choices = priv_choices,
	.says = "version 3; without it everybody can read along. -C: long keys made Cisco's way"),
    KEY("priv_passphrase", KEY_TEXT, AT(priv_passphrase),
	.says = "version 3, 8 characters at least"),
};
#undef AT
SECTION(section_snmp_secrets, "a file with SNMP secrets", snmp_secret_rows);

#define AT(field) offsetof(struct mqtt_secret_keys, field)
static const struct key mqtt_secret_rows[] = {
    KEY("username", KEY_TEXT, AT(username), .required = true, .says = "name at the broker"),
    KEY("password", KEY_TEXT, AT(password), .required = true, .says = "its password"),
};
#undef AT
SECTION(section_mqtt_secrets, "a file with MQTT secrets", mqtt_secret_rows);

/* ---- all of them -------------------------------------------------------------------------------
 */

const struct file_kind file_kinds[] = {
    {"Site", "firmware-config/sites/SITE.yaml, and files laid over it", &section_site},
    {"Link, modbus-rtu", NULL, &section_link_rtu},
    {"Link, modbus-rtu-tcp", NULL, &section_link_rtu_tcp},
    {"Link, modbus-tcp", NULL, &section_link_tcp},
    {"Device type", "firmware-config/profiles/KIND/PROFILE.yaml", &section_profile},
    {"Point, one bit", NULL, &section_point_bit},
    {"Point, registers", NULL, &section_point_register},
    {"Point, OID", NULL, &section_point_oid},
    {"Point, dry contact", NULL, &section_point_contact},
    {"Fact, one bit", NULL, &section_fact_bit},
    {"Fact, registers", NULL, &section_fact_register},
    {"Fact, OID", NULL, &section_fact_oid},
    {"Fact, identification", NULL, &section_fact_identity},
    {"Column of a table, one bit", NULL, &section_column_bit},
    {"Column of a table, registers", NULL, &section_column_register},
    {"Column of a table, OID", NULL, &section_column_oid},
    {"Column of facts, one bit", NULL, &section_fact_column_bit},
    {"Column of facts, registers", NULL, &section_fact_column_register},
    {"Column of facts, OID", NULL, &section_fact_column_oid},
    {"Row of a table", NULL, &section_row},
    {"Names", "firmware-config/names.yaml", &section_names},
    {"Board", "boards/BOARD/board.yaml", &section_board},
    {"SNMP secrets", "any file, mode 0600", &section_snmp_secrets},
    {"MQTT secrets", "any file, mode 0600", &section_mqtt_secrets},
};
const size_t file_kind_count = sizeof(file_kinds) / sizeof(file_kinds[0]);
