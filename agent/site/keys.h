/*
 * What each kind of file holds, as it is written: the structs that the tables in keys_*.c fill.
 * The loader turns them into model/site.h.
 */
#ifndef SITE_KEYS_H
#define SITE_KEYS_H

#include "model/site.h"
#include "site/schema.h"

/* ---- keys_site.c: a site file ------------------------------------------------------------------
 */

struct head_keys {
	const char *name, *board;
	struct label title;
	int language;
};

struct tls_keys {
	const char *ca, *cert, *key;
};

struct hass_keys {
	bool enabled;
	const char *prefix;
};

struct mqtt_keys {
	const char *broker, *base, *client_id, *secrets, *topics;
	int64_t port; /* 0: by TLS */
	int version, publish;
	int64_t keepalive;
	struct tls_keys tls;
	struct hass_keys hass;
	struct names_list consumers;
};

struct noc_keys {
	const struct node *receivers;
};

/* keys_trap.c */
struct traps_keys {
	const char *address;
	int64_t port;
};

struct trap_keys {
	struct oid oid;
	int poll, priority;
	struct label title, remedy;
};

extern const struct section section_traps, section_trap;

/* A planned maintenance window. */
struct plan_keys {
	struct names_list devices, zones;
	const char *from, *to, *by, *reason;
};

struct store_keys {
	int64_t max_events;
};

struct history_keys {
	int64_t ram, disk, keep;
};

struct control_keys {
	const char *group;
};

/* Whose badge it is (badges_load.c). */
struct badges_keys {
	const char *file;
};

struct site_keys {
	struct head_keys site;
	const struct node *zones, *links, *devices, *derived, *alarms, *maintenance;
	struct mqtt_keys mqtt;
	struct noc_keys noc;
	struct traps_keys traps;
	struct store_keys store;
	struct history_keys history;
	struct control_keys control;
	struct badges_keys badges;
};

struct zone_keys {
	const char *in;
	struct label title;
};

struct rs485_keys {
	int rts; /* -1: the section is not written */
	int64_t delay_before, delay_after;
};

struct link_keys {
	int kind;
	struct label title;
	const char *port_path; /* RTU */
	int baud, parity, stop_bits;
	struct rs485_keys rs485;
	const char *address; /* TCP, RTU over TCP */
	int64_t tcp_port;
};

struct snmp_keys {
	const char *address, *user, *secrets;
	int64_t port;
	int version;
	bool allow_weak;
};

/* 0: not written. */
struct poll_keys {
	int64_t period[POLL_CLASS_COUNT];
};

struct device_keys {
	const char *profile, *link, *zone, *parent;
	struct label title, impact;
	int64_t unit; /* -1: not written */
	struct snmp_keys snmp;
	struct poll_keys poll, stale_after;
	int64_t lost_after;
	const struct node *alarms, *rows, *contacts;
};

struct contact_keys {
	const char *terminal;
	bool invert;
	int64_t debounce;
};

struct derived_keys {
	const char *expr, *zone;
	struct label title;
	struct numbers range;
	double deadband;
};

struct receiver_keys {
	const char *name;
	struct snmp_keys snmp; /* address, port, version, user, secrets */
	int kind, priority;
	int64_t timeout, retry_max, heartbeat, resend;
	struct names_list zones;
};

extern const struct section section_site, section_zone, section_link_any, section_link_rtu,
    section_link_rtu_tcp, section_link_tcp, section_device, section_device_snmp, section_contact,
    section_receiver, section_derived, section_plan;

/* ---- keys_rule.c: an alarm rule, in profiles and in sites
 * ---------------------------------------- */

struct rule_keys {
	bool enabled;
	const char *when;
	struct label title, remedy;
	double hysteresis;
	int64_t on_delay, off_delay;
	int priority;
	bool latch;
	const struct node *rows; /* of a table's rule only */
	int in_maintenance;
};

extern const struct section section_row_rule, section_rule, section_rule_change;
extern const struct choice priority_choices[];

/* ---- keys_profile.c: a device type
 * --------------------------------------------------------------- */

struct modbus_keys {
	int64_t max_registers, max_bits, max_gap, quiet, timeout;
};

struct snmp_limit_keys {
	int64_t max_varbinds, timeout, retries;
};

struct profile_keys {
	const char *profile, *kind, *source, *verified, *recording, *register_map;
	const struct node *unchecked;
	struct label title;
	struct modbus_keys modbus;
	struct snmp_limit_keys snmp;
	const struct node *points, *facts, *tables, *alarms, *traps, *records;
};

#define GUARD_FORMS "POINT == WORD, POINT != WORD, POINT > N, POINT < N or good(POINT)"

/* -1: not written. The rows of a bit, a register and an OID each use some of these. */
struct point_keys {
	int64_t coil, discrete, holding, input;
	struct oid oid;
	const char *contact;
	int identity;
	int type, order, poll;
	int64_t bit, width, registers;
	double scale, offset, deadband;
	const struct unit *unit;
	struct numbers range, sentinel;
	const struct node *words;
	struct label title;
	const struct node *texts;
	/* what other points say; needs_load.c */
	const char *valid_when, *exponent, *digits, *uptime, *discontinuity;
	int rate;
	/* columns of tables */
	int64_t stride, bit_stride;
	struct row_oid row_oid;
};

extern const struct section section_profile, section_point_bit, section_point_register,
    section_point_oid, section_point_contact, section_fact_identity, section_fact_bit,
    section_fact_register, section_fact_oid;
/* The same as columns of a table. */
extern const struct section section_column_bit, section_column_register, section_column_oid,
    section_fact_column_bit, section_fact_column_register, section_fact_column_oid;

struct table_keys {
	struct label title;
	const struct node *rows, *points, *facts, *alarms;
	int64_t most, first_index, index_step;
	const char *label;
};
struct row_keys {
	const char *index;
	struct label title;
};
extern const struct section section_table, section_row;
extern const struct choice type_choices[], order_choices[], poll_choices[];

/* ---- keys_ring.c: records of a device type
 * ----------------------------------------------------- */

struct ring_keys {
	const char *head;
	struct label title;
	int64_t holding, input; /* -1: not written */
	int64_t stride, count, first;
	const struct node *fields;
};

struct field_keys {
	int64_t at;
	int type, order;
	const struct node *words, *priority;
};

extern const struct section section_ring, section_field;
extern const struct choice field_type_choices[];

/* ---- keys_other.c: names.yaml, a board, the files with secrets
 * ------------------------------------ */

struct names_keys {
	const struct node *points, *facts, *alarms, *traps, *words;
};

struct name_keys {
	const struct unit *unit; /* points only */
	struct label title;
	const char *meaning;
};

struct line_keys {
	const char *chip, *name;
	int64_t line; /* -1: not written */
	bool active_low;
	int pull;
	bool safe;
};

struct led_keys {
	struct line_keys green, amber, red;
};

struct board_keys {
	const char *board;
	struct label title;
	bool is_virtual;
	struct led_keys leds;
	struct line_keys buzzer, fault_relay, ack_button, lamp_test_button;
	const struct node *terminals;
};

struct snmp_secret_keys {
	const char *community, *trap_community;
	int auth, priv;
	const char *auth_passphrase, *priv_passphrase;
};

struct mqtt_secret_keys {
	const char *username, *password;
};

extern const struct section section_names, section_name_point, section_name, section_board,
    section_input, section_snmp_secrets, section_mqtt_secrets;

/* Everything that is a file of its own, for --schema. */
struct file_kind {
	const char *title, *where;
	const struct section *section;
};
extern const struct file_kind file_kinds[];
extern const size_t file_kind_count;

#endif
