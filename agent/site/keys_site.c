/* The keys of the site file: zones, links, devices, sinks. */
#include "site/keys.h"

#include <stddef.h>

static const struct choice language_choices[] = {
    {"en", LANGUAGE_EN, NULL}, {"ja", LANGUAGE_JA, NULL}, {0}};

#define AT(field) offsetof(struct head_keys, field)
static const struct key head_rows[] = {
    KEY("name", KEY_SLUG, AT(name), .required = true, .says = "the site in topics and messages"),
    KEY("title", KEY_LABEL, AT(title), .implied = "its name", .says = "the site for people"),
    KEY("board", KEY_SLUG, AT(board), .fallback = "virtual",
	.says = "the board the agent runs on: a folder of boards/"),
    KEY("language", KEY_CHOICE, AT(language), .choices = language_choices, .fallback = "en",
	.says = "language of alarm texts, traps and the console"),
};
#undef AT
static SECTION(section_head, "the site itself", head_rows);

/* ---- zones and links ---------------------------------------------------------------------------
 */

#define AT(field) offsetof(struct zone_keys, field)
static const struct key zone_rows[] = {
    KEY("in", KEY_NAME, AT(in), .says = "the zone around this one"),
    KEY("title", KEY_LABEL, AT(title), .implied = "its name", .says = "the zone for people"),
};
#undef AT
SECTION(section_zone, "a zone", zone_rows);

static const struct choice kind_choices[] = {{"modbus-rtu", LINK_MODBUS_RTU, NULL},
    {"modbus-rtu-tcp", LINK_MODBUS_RTU_TCP, NULL}, {"modbus-tcp", LINK_MODBUS_TCP, NULL},
    {"snmp", LINK_SNMP, "SNMP devices need no link: give the device \"snmp: {address: ...}\""},
    {"gpio", LINK_GPIO,
	"dry contacts need no link: give the device \"contacts: {NAME: {terminal: ...}}\""},
    {"probe", LINK_KIND_COUNT, "known, but not built yet"}, {0}};
static const struct choice parity_choices[] = {
    {"none", PARITY_NONE, NULL}, {"even", PARITY_EVEN, NULL}, {"odd", PARITY_ODD, NULL}, {0}};
static const struct choice baud_choices[] = {{"1200", 1200, NULL}, {"2400", 2400, NULL},
    {"4800", 4800, NULL}, {"9600", 9600, NULL}, {"19200", 19200, NULL}, {"38400", 38400, NULL},
    {"57600", 57600, NULL}, {"115200", 115200, NULL}, {0}};
static const struct choice stop_choices[] = {{"1", 1, NULL}, {"2", 2, NULL}, {0}};

static const struct choice rts_choices[] = {
    {"on_send", RTS_ON_SEND, NULL}, {"after_send", RTS_AFTER_SEND, NULL}, {0}};

static const struct section *const link_kinds[] = {
    &section_link_rtu, &section_link_rtu_tcp, &section_link_tcp, NULL};

#define AT(field) offsetof(struct rs485_keys, field)
static const struct key rs485_rows[] = {
    KEY("rts", KEY_CHOICE, AT(rts), .choices = rts_choices, .required = true,
	.says = "when the RTS line is high: on_send is usual"),
    KEY("delay_before", KEY_DURATION, AT(delay_before), .min = 0, .max = 100 * MS,
	.fallback = "0ms", .says = "from switching over until the first bit, whole milliseconds"),
    KEY("delay_after", KEY_DURATION, AT(delay_after), .min = 0, .max = 100 * MS, .fallback = "0ms",
	.says = "from the last bit until switching back"),
};
#undef AT
static SECTION(section_rs485, "the RS-485 driver of a port", rs485_rows);

#define AT(field) offsetof(struct link_keys, field)
#define LINK_ROWS                                                                                  \
	KEY("kind", KEY_CHOICE, AT(kind), .choices = kind_choices, .required = true,               \
	    .says = "what the wire speaks"),                                                       \
	    KEY("title", KEY_LABEL, AT(title), .implied = "its name",                              \
		.says = "the link for people")
static const struct key link_any_rows[] = {LINK_ROWS};
static const struct key link_rtu_rows[] = {
    LINK_ROWS,
    KEY("port", KEY_DEVICE, AT(port_path), .required = true, .says = "the serial port"),
    KEY("baud", KEY_CHOICE, AT(baud), .choices = baud_choices, .fallback = "19200",
	.says = "bits per second (19200 even is the standard's default)"),
    KEY("parity", KEY_CHOICE, AT(parity), .choices = parity_choices, .fallback = "even",
	.says = "parity bit"),
    KEY("stop_bits", KEY_CHOICE, AT(stop_bits), .choices = stop_choices, .fallback = "1",
	.says = "stop bits; the standard wants 2 with parity none, most devices use 1"),
    KEY("rs485", KEY_SECTION, AT(rs485), .section = &section_rs485,
	.says = "the kernel switches the RS-485 driver; not for adapters that do so themselves"),
};
static const struct key link_rtu_tcp_rows[] = {
    LINK_ROWS,
    KEY("address", KEY_HOST, AT(address), .required = true, .says = "the serial server or gateway"),
    KEY("port", KEY_WHOLE, AT(tcp_port), .min = 1, .max = 65535, .required = true,
	.expects = "a TCP port, such as 4001",
	.says = "TCP port of its serial port; makers differ, Moxa NPort has 4001"),
    KEY("baud", KEY_CHOICE, AT(baud), .choices = baud_choices, .fallback = "9600",
	.says = "bits per second on its serial side: for the silence between frames, and the "
		"bus budget"),
};
static const struct key link_tcp_rows[] = {
    LINK_ROWS,
    KEY("address", KEY_HOST, AT(address), .required = true, .says = "the device or gateway"),
    KEY("port", KEY_WHOLE, AT(tcp_port), .min = 1, .max = 65535, .fallback = "502",
	.says = "TCP port"),
};
#undef AT
SECTION(section_link_any, "a link", link_any_rows);
const struct section section_link_rtu = {.what = "a modbus-rtu link",
    .keys = link_rtu_rows,
    .count = sizeof(link_rtu_rows) / sizeof(link_rtu_rows[0]),
    .others = link_kinds};
const struct section section_link_rtu_tcp = {.what = "a modbus-rtu-tcp link",
    .keys = link_rtu_tcp_rows,
    .count = sizeof(link_rtu_tcp_rows) / sizeof(link_rtu_tcp_rows[0]),
    .others = link_kinds};
const struct section section_link_tcp = {.what = "a modbus-tcp link",
    .keys = link_tcp_rows,
    .count = sizeof(link_tcp_rows) / sizeof(link_tcp_rows[0]),
    .others = link_kinds};

/* ---- devices -----------------------------------------------------------------------------------
 */

static const struct choice version_choices[] = {
    {"1", SNMP_V1, NULL}, {"2c", SNMP_V2C, NULL}, {"3", SNMP_V3, NULL}, {0}};

#define SNMP_ROWS(AT, default_port)                                                                \
	KEY("address", KEY_ADDRESS, AT(address), .required = true,                                 \
	    .says = "numeric: no name look-up on the alarm path"),                                 \
	    KEY("port", KEY_WHOLE, AT(port), .min = 1, .max = 65535, .fallback = (default_port),   \
		.says = "UDP port"),                                                               \
	    KEY("version", KEY_CHOICE, AT(version), .choices = version_choices, .required = true,  \
		.says = "SNMP version; 3 wherever the device can do it"),                          \
	    KEY("user", KEY_TEXT, AT(user), .says = "user name, version 3 only"),                  \
	    KEY("secrets", KEY_PATH, AT(secrets),                                                  \
		.says = "file with the community or the passphrases, mode 0600"),                  \
	    KEY("allow_weak", KEY_BOOL, AT(allow_weak), .fallback = "false",                       \
		.says = "true: version 3 takes MD5 and DES, for what can do no better")

#define AT(field) offsetof(struct snmp_keys, field)
static const struct key device_snmp_rows[] = {SNMP_ROWS(AT, "161")};
#undef AT
SECTION(section_device_snmp, "the SNMP side of a device", device_snmp_rows);

#define AT(field) offsetof(struct contact_keys, field)
static const struct key contact_rows[] = {
    KEY("terminal", KEY_NAME, AT(terminal), .required = true,
	.says = "where it is wired: a terminal of the board file"),
    KEY("invert", KEY_BOOL, AT(invert), .fallback = "false",
	.says = "true: this contact opens where the profile thinks of one that closes"),
    KEY("debounce", KEY_DURATION, AT(debounce), .min = 0, .max = 10 * SECOND, .fallback = "20ms",
	.says = "so long it must stand still until it counts"),
};
#undef AT
SECTION(section_contact, "a dry contact", contact_rows);

#define POLL_ROW(word, class, default_, what)                                                      \
	KEY(word, KEY_DURATION, offsetof(struct poll_keys, period) + (class) * sizeof(int64_t),    \
	    .min = 20 * MS, .max = 24 * HOUR, .implied = (default_), .says = (what))
static const struct key poll_rows[] = {
    POLL_ROW("fast", POLL_FAST, "500ms", "period of fast points: doors, contacts"),
    POLL_ROW("normal", POLL_NORMAL, "2s", "period of normal points: states"),
    POLL_ROW("slow", POLL_SLOW, "10s", "period of slow points: temperatures, counters"),
};
#define STALE "2.5 x period + timeout"
static const struct key stale_rows[] = {
    POLL_ROW("fast", POLL_FAST, STALE, "age at which a fast point counts as stale"),
    POLL_ROW("normal", POLL_NORMAL, STALE, "the same for normal points"),
    POLL_ROW("slow", POLL_SLOW, STALE, "the same for slow points"),
};
static SECTION(section_poll, "the poll periods", poll_rows);
static SECTION(section_stale, "the ages of staleness", stale_rows);

#define AT(field) offsetof(struct device_keys, field)
static const struct key device_rows[] = {
    KEY("profile", KEY_SLUG, AT(profile), .required = true,
	.says = "what it is: a file of firmware-config/profiles"),
    KEY("title", KEY_LABEL, AT(title), .implied = "its name", .says = "the device for people"),
    KEY("link", KEY_NAME, AT(link), .says = "the link it hangs on (Modbus devices)"),
    KEY("unit", KEY_WHOLE, AT(unit), .min = 0, .max = 255,
	.says = "Modbus unit id; 1..247, and 0 or 255 on modbus-tcp"),
    KEY("snmp", KEY_SECTION, AT(snmp), .section = &section_device_snmp,
	.says = "how to reach it (SNMP devices)"),
    KEY("contacts", KEY_EACH, AT(contacts), .section = &section_contact,
	.says = "how it is wired to the board (devices of dry contacts)"),
    KEY("zone", KEY_NAME, AT(zone), .required = true, .says = "where it stands"),
    KEY("parent", KEY_NAME, AT(parent),
	.says = "the device it needs to work: its power, its gateway"),
    KEY("impact", KEY_LABEL, AT(impact), .says = "what depends on it, in one sentence"),
    KEY("poll", KEY_SECTION, AT(poll), .section = &section_poll, .says = "how often it is asked"),
    KEY("stale_after", KEY_SECTION, AT(stale_after), .section = &section_stale,
	.says = "when a value counts as stale"),
    KEY("lost_after", KEY_WHOLE, AT(lost_after), .min = 1, .max = 100, .fallback = "2",
	.says = "failed polls in a row until it counts as lost"),
    KEY("rows", KEY_RAW, AT(rows),
	.expects =
	    "a map of TABLE: ROWS, such as {outlet: 24} or {outlet: {1: Web server, 2: Mail}}",
	.implied = "as the profile says",
	.says = "what it has of the profile's tables, and what stands there"),
    KEY("alarms", KEY_EACH, AT(alarms), .section = &section_rule_change,
	.says = "changes to the profile's alarms, and alarms of its own"),
};
#undef AT
SECTION(section_device, "a device", device_rows);

#define AT(field) offsetof(struct derived_keys, field)
static const struct key derived_rows[] = {
    KEY("expr", KEY_TEXT, AT(expr), .required = true,
	.expects = "an expression, such as dew_point(env1.temperature, env1.humidity)",
	.says = "how it is worked out; firmware-config/README.md has the language"),
    KEY("title", KEY_LABEL, AT(title), .implied = "from names.yaml, if its name is there",
	.says = "the value for people"),
    KEY("zone", KEY_NAME, AT(zone), .says = "where it belongs"),
    KEY("range", KEY_NUMBERS, AT(range), .min = 2, .max = 2,
	.expects = "[lowest, highest] in its unit", .says = "anything else is bad, not a value"),
    KEY("deadband", KEY_NUMBER, AT(deadband), .min = 0, .max = 1e9, .fallback = "0",
	.says = "smaller changes are not published"),
};
#undef AT
SECTION(section_derived, "a derived point", derived_rows);

/* ---- sinks -------------------------------------------------------------------------------------
 */

#define AT(field) offsetof(struct tls_keys, field)
static const struct key tls_rows[] = {
    KEY("ca", KEY_PATH, AT(ca), .required = true,
	.says = "certificates that the broker's is checked against (PEM)"),
    KEY("cert", KEY_PATH, AT(cert), .says = "own certificate (PEM)"),
    KEY("key", KEY_PATH, AT(key), .says = "its private key (PEM)"),
};
#undef AT
static SECTION(section_tls, "the TLS side of MQTT", tls_rows);

#define AT(field) offsetof(struct hass_keys, field)
static const struct key hass_rows[] = {
    KEY("enabled", KEY_BOOL, AT(enabled), .fallback = "true",
	.says = "false: it is told nothing, and what it was told is cleared"),
    KEY("prefix", KEY_TEXT, AT(prefix), .fallback = MQTT_HASS_PREFIX,
	.expects = "a topic without + and #, and without / at either end",
	.says = "its discovery prefix"),
};
#undef AT
static SECTION(section_hass, "home_assistant", hass_rows);

static const struct choice mqtt_version_choices[] = {{"3.1.1", 3, NULL}, {"5", 5, NULL}, {0}};
static const struct choice publish_choices[] = {
    {"point", MQTT_PER_POINT, NULL}, {"device", MQTT_PER_DEVICE, NULL}, {0}};

#define AT(field) offsetof(struct mqtt_keys, field)
static const struct key mqtt_rows[] = {
    KEY("broker", KEY_HOST, AT(broker), .required = true, .says = "the MQTT broker"),
    KEY("port", KEY_WHOLE, AT(port), .min = 1, .max = 65535, .implied = "1883, with tls 8883",
	.says = "TCP port"),
    KEY("base", KEY_TEXT, AT(base),
	.expects = "a topic without + and #, and without / at either end",
	.implied = "facility/SITE", .says = "topics begin with it"),
    KEY("client_id", KEY_TEXT, AT(client_id), .implied = "facility-SITE",
	.says = "unique at the broker"),
    KEY("version", KEY_CHOICE, AT(version), .choices = mqtt_version_choices, .fallback = "3.1.1",
	.says = "MQTT version"),
    KEY("keepalive", KEY_DURATION, AT(keepalive), .min = 5 * SECOND, .max = 10 * MINUTE,
	.fallback = "30s", .says = "a silent broker is noticed after 1.5 times this"),
    KEY("tls", KEY_SECTION, AT(tls), .section = &section_tls, .says = "encryption"),
    KEY("secrets", KEY_PATH, AT(secrets), .says = "file with username and password, mode 0600"),
    KEY("publish", KEY_CHOICE, AT(publish), .choices = publish_choices, .fallback = "point",
	.says = "a topic for each point, or one for each device and cycle"),
    KEY("topics", KEY_TEXT, AT(topics), .implied = "BASE/point/{device}/{point}",
	.expects = "a topic such as company/{site}/{zone}/{device}/{point}",
	.says = "form of the points' topics, as a whole; {kind} is possible as well"),
    KEY("home_assistant", KEY_SECTION, AT(hass), .section = &section_hass, .implied = "not told",
	.says = "tells Home Assistant of all points and alarms"),
    KEY("consumers", KEY_NAMES, AT(consumers),
	.says = "those whose acknowledgement frees an event"),
};
#undef AT
static SECTION(section_mqtt, "mqtt", mqtt_rows);

static const struct choice notify_choices[] = {
    {"trap", NOTIFY_TRAP, NULL}, {"inform", NOTIFY_INFORM, NULL}, {0}};

#define AT(field)      offsetof(struct receiver_keys, field)
#define SNMP_AT(field) offsetof(struct receiver_keys, snmp.field)
static const struct key receiver_rows[] = {
    KEY("name", KEY_SLUG, AT(name), .required = true,
	.says = "unique; how far it has got is kept under this name"),
    SNMP_ROWS(SNMP_AT, "162"),
    KEY("kind", KEY_CHOICE, AT(kind), .choices = notify_choices, .fallback = "inform",
	.says = "informs are acknowledged and repeated, traps may vanish"),
    KEY("timeout", KEY_DURATION, AT(timeout), .min = 100 * MS, .max = MINUTE, .fallback = "2s",
	.says = "an inform not acknowledged by then is sent again"),
    KEY("retry_max", KEY_DURATION, AT(retry_max), .min = SECOND, .max = HOUR, .fallback = "60s",
	.says = "longest pause between tries"),
    KEY("heartbeat", KEY_DURATION, AT(heartbeat), .min = 0, .max = 24 * HOUR, .fallback = "5min",
	.says = "a sign of life so often while no event waits; 0s: none"),
    KEY("resend", KEY_DURATION, AT(resend), .min = 0, .max = 7 * 24 * HOUR, .fallback = "0s",
	.says =
	    "all alarms that stand so often, for receivers that lose traps; 0s: only when asked"),
    KEY("priority", KEY_CHOICE, AT(priority), .choices = priority_choices, .fallback = "low",
	.says = "it gets events of this priority and above; the agent's own it always gets"),
    KEY("zones", KEY_NAMES, AT(zones), .implied = "all",
	.says = "it gets what happens in these zones and in those inside them"),
};
#undef AT
#undef SNMP_AT
SECTION(section_receiver, "a receiver at the NOC", receiver_rows);

static const struct key noc_rows[] = {
    KEY("receivers", KEY_LIST, offsetof(struct noc_keys, receivers), .section = &section_receiver,
	.required = true, .says = "who gets traps or informs"),
};
static SECTION(section_noc, "noc", noc_rows);

#define AT(field) offsetof(struct plan_keys, field)
static const struct key plan_rows[] = {
    KEY("devices", KEY_NAMES, AT(devices), .says = "what is worked on"),
    KEY("zones", KEY_NAMES, AT(zones), .says = "all devices of these zones and those inside them"),
    KEY("from", KEY_TEXT, AT(from), .required = true,
	.expects = "a time with its offset from UTC, such as 2026-12-01T09:00+09:00",
	.says = "when it begins"),
    KEY("to", KEY_TEXT, AT(to), .required = true,
	.expects = "a time with its offset from UTC, such as 2026-12-01T12:00+09:00",
	.says = "when it ends, 1 min to 7 d later"),
    KEY("by", KEY_TEXT, AT(by), .fallback = "the site file", .says = "who works there"),
    KEY("reason", KEY_TEXT, AT(reason), .required = true, .says = "why, in a few words"),
};
#undef AT
SECTION(section_plan, "a planned maintenance", plan_rows);

static const struct key store_rows[] = {
    KEY("max_events", KEY_WHOLE, offsetof(struct store_keys, max_events), .min = 100, .max = 10e6,
	.fallback = "100000", .says = "events kept at most; older ones leave a gap record"),
};
static SECTION(section_store, "store", store_rows);

#define KB 1e3
#define MB 1e6
static const struct key history_rows[] = {
    KEY("ram", KEY_SIZE, offsetof(struct history_keys, ram), .min = 64 * KB, .max = 64 * MB,
	.implied = "4 kB for each point, from 256 kB to 4 MB",
	.says = "memory for values at the full rate; the oldest go first"),
    KEY("disk", KEY_SIZE, offsetof(struct history_keys, disk), .min = 0, .max = 1e3 * 64 * MB,
	.fallback = "256MB", .says = "minutes on disk, at most; 0MB: none are kept"),
    KEY("keep", KEY_DURATION, offsetof(struct history_keys, keep), .min = 24 * HOUR,
	.max = 3650 * 24 * HOUR, .fallback = "400d", .says = "minutes older than this go"),
};
static SECTION(section_history, "the history of values", history_rows);

static const struct key control_rows[] = {
    KEY("group", KEY_TEXT, offsetof(struct control_keys, group),
	.expects = "the name of a group of this machine",
	.says = "its members may acknowledge, besides root and the agent's own user"),
};
static SECTION(section_control, "control", control_rows);

static const struct key badges_rows[] = {
    KEY("file", KEY_PATH, offsetof(struct badges_keys, file),
	.says = "lines NUMBER,NAME in UTF-8, mode 0600: names beside the numbers in texts"),
};
static SECTION(section_badges, "badges", badges_rows);

#define AT(field) offsetof(struct site_keys, field)
static const struct key site_rows[] = {
    KEY("site", KEY_SECTION, AT(site), .section = &section_head, .required = true,
	.says = "the site itself"),
    KEY("zones", KEY_EACH, AT(zones), .section = &section_zone, .required = true,
	.says = "rooms, rows and racks"),
    KEY("links", KEY_EACH, AT(links), .section = &section_link_rtu,
	.says = "the wires of Modbus devices"),
    KEY("devices", KEY_EACH, AT(devices), .section = &section_device, .required = true,
	.says = "what is watched"),
    KEY("derived", KEY_EACH, AT(derived), .section = &section_derived,
	.says = "values worked out from others: points of the device \"site\""),
    KEY("alarms", KEY_EACH, AT(alarms), .section = &section_rule,
	.says = "alarms over any points: those of the device \"site\""),
    KEY("maintenance", KEY_LIST, AT(maintenance), .section = &section_plan,
	.says = "planned work, during which alarms of the devices call nobody"),
    KEY("mqtt", KEY_SECTION, AT(mqtt), .section = &section_mqtt,
	.says = "the broker; without it nothing is published"),
    KEY("noc", KEY_SECTION, AT(noc), .section = &section_noc,
	.says = "the network operation centre; without it no traps are sent"),
    KEY("traps", KEY_SECTION, AT(traps), .section = &section_traps,
	.says = "where notifications of devices are heard; without it nowhere"),
    KEY("store", KEY_SECTION, AT(store), .section = &section_store,
	.says = "the durable list of events"),
    KEY("history", KEY_SECTION, AT(history), .section = &section_history,
	.says = "values over time"),
    KEY("control", KEY_SECTION, AT(control), .section = &section_control,
	.says = "the control socket of facilityctl"),
    KEY("badges", KEY_SECTION, AT(badges), .section = &section_badges,
	.says = "whose badge it is; without it badges have numbers alone"),
};
#undef AT
SECTION(section_site, "a site file", site_rows);
