/* The keys of alarm rules, in profiles and in the site file. */
#include "site/keys.h"

#include <stddef.h>

const struct choice priority_choices[] = {{"low", PRIORITY_LOW, NULL},
    {"medium", PRIORITY_MEDIUM, NULL}, {"high", PRIORITY_HIGH, NULL},
    {"critical", PRIORITY_CRITICAL, NULL}, {0}};

static const struct choice maintenance_choices[] = {
    {"silent", MAINTENANCE_SILENT, NULL}, {"raised", MAINTENANCE_RAISED, NULL}, {0}};

#define AT(field) offsetof(struct rule_keys, field)
#define RULE_ROWS(must)                                                                            \
	KEY("enabled", KEY_BOOL, AT(enabled), .fallback = "true",                                  \
	    .says = "false: the rule is left out"),                                                \
	    KEY("when", KEY_TEXT, AT(when), .required = (must),                                    \
		.expects = "POINT > N, POINT < N, POINT == WORD, POINT != WORD, missing(POINT), "  \
			   "stuck(POINT) or an expression",                                        \
		.says = "what makes the alarm"),                                                   \
	    KEY("title", KEY_LABEL, AT(title), .implied = "from names.yaml",                       \
		.says = "the alarm for people"),                                                   \
	    KEY("hysteresis", KEY_NUMBER, AT(hysteresis), .min = 0, .max = 1e9, .fallback = "0",   \
		.says = "how far back the value must go, in its unit; for > and < only"),          \
	    KEY("on_delay", KEY_DURATION, AT(on_delay), .min = 0, .max = 24 * HOUR,                \
		.fallback = "0s", .says = "the condition must last so long to alarm"),             \
	    KEY("off_delay", KEY_DURATION, AT(off_delay), .min = 0, .max = 24 * HOUR,              \
		.fallback = "0s", .says = "and be gone so long to clear"),                         \
	    KEY("priority", KEY_CHOICE, AT(priority), .choices = priority_choices,                 \
		.required = (must), .says = "how soon somebody must act"),                         \
	    KEY("latch", KEY_BOOL, AT(latch), .fallback = "false",                                 \
		.says = "true: stays until a person resets it"),                                   \
	    KEY("in_maintenance", KEY_CHOICE, AT(in_maintenance), .choices = maintenance_choices,  \
		.implied = "raised where critical, else silent",                                   \
		.says = "whether it calls somebody while its device is in maintenance"),           \
	    KEY("remedy", KEY_LABEL, AT(remedy), .required = (must),                               \
		.says = "what to do, in one sentence; an alarm nobody can act on is no alarm")

static const struct key rule_rows[] = {RULE_ROWS(true)};
static const struct key change_rows[] = {RULE_ROWS(false)};
static const struct key row_rule_rows[] = {
    RULE_ROWS(true),
    KEY("rows", KEY_RAW, AT(rows), .expects = "a list of rows, such as [1, 2]", .implied = "all",
	.says = "the rows that have it; in others a site can switch it on"),
};
SECTION(section_rule, "an alarm", rule_rows);
SECTION(section_row_rule, "an alarm of each row, with * for its number", row_rule_rows);
SECTION(section_rule_change, "an alarm of the device", change_rows);
