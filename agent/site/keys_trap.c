/* Notifications of devices: where they are heard, and what they mean. */
#include "site/keys.h"

#include <stddef.h>

#define AT(field) offsetof(struct traps_keys, field)
static const struct key traps_rows[] = {
    KEY("listen", KEY_ADDRESS, AT(address), .fallback = "0.0.0.0",
	.says = "own address that they are sent to; 0.0.0.0 or \"::\": any"),
    KEY("port", KEY_WHOLE, AT(port), .min = 1, .max = 65535, .fallback = "162",
	.says = "UDP port; below 1024 only with the right CAP_NET_BIND_SERVICE"),
};
#undef AT
SECTION(section_traps, "traps", traps_rows);

static const struct choice poll_choices_of_trap[] = {
    {"now", true, NULL}, {"none", false, NULL}, {0}};

#define AT(field) offsetof(struct trap_keys, field)
static const struct key trap_rows[] = {
    KEY("oid", KEY_OID, AT(oid), .required = true,
	.says = "snmpTrapOID; of a version 1 trap ENTERPRISE.0.SPECIFIC"),
    KEY("poll", KEY_CHOICE, AT(poll), .choices = poll_choices_of_trap, .fallback = "now",
	.says = "now: the device is asked at once, for a trap itself never sets a value"),
    KEY("priority", KEY_CHOICE, AT(priority), .choices = priority_choices, .fallback = "low",
	.says = "of the event that it makes"),
    KEY("title", KEY_LABEL, AT(title), .implied = "from names.yaml",
	.says = "the notification for people"),
    KEY("remedy", KEY_LABEL, AT(remedy), .says = "what to do, where there is something"),
};
#undef AT
SECTION(section_trap, "a trap of a profile", trap_rows);
