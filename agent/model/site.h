/*
 * One site, read-only: what the YAML files say after every check. Made by site_load(), shared by
 * all threads, freed at the end. Indices are stable for the life of the process: a device is its
 * index in site.devices, a point or an alarm its index in the flat numbering that devices carry.
 */
#ifndef MODEL_SITE_H
#define MODEL_SITE_H

#include "base/clock.h"
#include "model/profile.h"

#define NO_INDEX (-1)

struct zone {
	const char *name;
	struct label title;
	int in; /* index of the enclosing zone, or NO_INDEX */
	struct place place;
};

enum link_kind {
	LINK_MODBUS_RTU,
	LINK_MODBUS_RTU_TCP, /* RTU frames in a TCP stream: serial servers, some gateways */
	LINK_MODBUS_TCP,
	LINK_SNMP,
	LINK_GPIO,
	LINK_KIND_COUNT
};
const char *link_kind_word(enum link_kind k); /* "modbus-rtu", "modbus-tcp", "snmp" ... */

enum parity { PARITY_NONE, PARITY_EVEN, PARITY_ODD };

/* Who switches an RS-485 driver to sending: the kernel, if the site wants it so. */
enum rts { RTS_ON_SEND, RTS_AFTER_SEND }; /* the RTS line is high then */
struct rs485_spec {
	bool wanted;
	enum rts rts;
	int64_t delay_before_ms, delay_after_ms; /* whole ms, as the kernel has them: 0..100 */
};

/*
 * One wire. All SNMP devices share the one link "snmp", which the loader makes, last of all; all
 * dry contacts of the board the one link "gpio", which it makes where a device has some.
 */
struct link_spec {
	const char *name;
	struct label title;
	enum link_kind kind;
	/* RTU */
	const char *port; /* device path */
	int baud;         /* RTU over TCP: of the serial side */
	enum parity parity;
	int stop_bits; /* 1 or 2 */
	struct rs485_spec rs485;
	/* TCP, RTU over TCP */
	const char *address; /* numeric IPv4 or IPv6, or a name */
	int tcp_port;
	struct place place;
};

enum snmp_version { SNMP_V1, SNMP_V2C, SNMP_V3 };
enum snmp_auth {
	SNMP_AUTH_NONE,
	SNMP_AUTH_SHA,
	SNMP_AUTH_SHA224,
	SNMP_AUTH_SHA256,
	SNMP_AUTH_SHA384,
	SNMP_AUTH_SHA512,
	SNMP_AUTH_MD5
};
/* AES-192 and AES-256 have no RFC, and two ways to make their keys from a hash that is too short.
 */
enum snmp_priv {
	SNMP_PRIV_NONE,
	SNMP_PRIV_AES,
	SNMP_PRIV_AES192,       /* draft-blumenthal-aes-usm-04: Net-SNMP's own */
	SNMP_PRIV_AES256,       /* the same */
	SNMP_PRIV_AES192_CISCO, /* draft-reeder-snmpv3-usm-3desede-00: Cisco's and most cards' */
	SNMP_PRIV_AES256_CISCO, /* the same */
	SNMP_PRIV_DES
};

/* Somebody to talk SNMP with: a device that is polled, or a receiver at the NOC. */
struct snmp_target {
	const char *address; /* numeric IPv4 or IPv6: no name look-up on the alarm path */
	int port;
	enum snmp_version version;
	const char *community;      /* v1, v2c; from the secrets file */
	const char *trap_community; /* of what it sends by itself; NULL: the same */
	const char *user;           /* v3 */
	enum snmp_auth auth;
	enum snmp_priv priv;
	const char *auth_passphrase, *priv_passphrase; /* from the secrets file */
	const char *secrets; /* path of that file, mode 0600 or it is refused */
	bool allow_weak;     /* v3: MD5 and DES are taken, for a device that can do no better */
	struct place place;
};

/*
 * The device that stands for the site itself, last of all: its points are the derived ones, its
 * alarms those of the site. No link (NO_INDEX), never asked, always online. Only where there are
 * any.
 */
#define SITE_DEVICE "site"

/* How a contact of a device is wired. */
struct contact_spec {
	const char *name; /* as the profile calls it */
	int terminal;     /* index into site.board.terminals */
	bool invert;      /* a contact that opens where the profile thinks of one that closes */
	int64_t debounce_ms;
};

struct device_spec {
	const char *name;
	struct label title;
	const struct profile *profile;
	int link;                            /* index into site.links; NO_INDEX: SITE_DEVICE */
	int unit;                            /* Modbus unit id 1..247, TCP also 0 and 255 */
	const struct snmp_target *snmp;      /* SNMP devices, else NULL */
	const struct contact_spec *contacts; /* by source.address; dry contacts, else NULL */
	size_t contact_count;
	int zone;   /* index into site.zones */
	int parent; /* index of the device that this one depends on (power, gateway), or NO_INDEX */
	struct label impact; /* what depends on it, in plain words; en may be NULL */

	int64_t period_ms[POLL_CLASS_COUNT];
	int64_t stale_after_ms[POLL_CLASS_COUNT]; /* age at which a good value becomes stale */
	int lost_after; /* failed polls in a row, >= 1, until the device counts as lost */

	const struct alarm_rule
	    *alarms; /* the profile's, with the site's changes; [0] is comm_lost */
	size_t alarm_count;

	size_t first_point; /* of the flat numbering */
	size_t first_alarm;
	struct place place;
};

enum mqtt_batch { MQTT_PER_POINT, MQTT_PER_DEVICE };

/* Where Home Assistant looks unless it was told otherwise (its documentation, "MQTT discovery"). */
#define MQTT_HASS_PREFIX "homeassistant"

struct mqtt_spec {
	bool enabled;
	const char *broker;
	int port;
	const char *base;      /* "facility/annex-2f", without a slash at the end */
	const char *client_id; /* unique at the broker */
	int version;           /* 3 = 3.1.1, 5 */
	int keepalive_s;
	const char *ca_file, *cert_file, *key_file; /* NULL: no TLS / no client certificate */
	const char *username, *password;            /* from the secrets file, or NULL */
	const char *secrets;                        /* path of that file, or NULL */
	enum mqtt_batch batch;
	const char *topics;           /* form of the points' topics (model/topic.h); NULL: ours */
	const char *home_assistant;   /* prefix of its discovery topics; NULL: it is told nothing */
	const char *hass_prefix;      /* where it was told, and is cleared; NULL: the usual one */
	const char *const *consumers; /* names of those whose `ack` frees an event */
	size_t consumer_count;
	struct place place;
};

enum notify_kind { NOTIFY_TRAP, NOTIFY_INFORM };

struct receiver_spec {
	const char *name; /* unique; the cursor in the store has this name */
	struct snmp_target target;
	enum notify_kind kind;
	int64_t timeout_ms;   /* inform: until it is sent again */
	int64_t retry_max_ms; /* inform: longest pause between tries */
	int64_t heartbeat_ms; /* a sign of life so often; 0: none */
	int64_t resend_ms;    /* the alarms that stand, so often without being asked; 0: never */
	/* Its filter: events of less are not for it. */
	enum priority least_priority;
	const int *zones; /* only these and those inside them; zone_count 0: all */
	size_t zone_count;
	struct place place;
};

struct noc_spec {
	const struct receiver_spec *receivers;
	size_t receiver_count;
};

/* A board: which line is which. See boards/<vendor>-<model>/board.yaml. */
enum led { LED_GREEN, LED_AMBER, LED_RED, LED_COUNT };

enum line_pull { PULL_AS_IS, PULL_NONE, PULL_UP, PULL_DOWN };

struct line_spec {
	const char *chip; /* label of the gpiochip; "virtual" on a machine without GPIO */
	int offset;       /* line of the chip, or NO_INDEX where the board has none */
	const char *name; /* what the kernel must call it, or NULL: not checked */
	bool active_low;
	enum line_pull pull; /* inputs: the bias of the pin */
	bool safe;           /* outputs: on at the start and after the end */
};

/* A terminal of the board where a dry contact can be wired: "di1". */
struct terminal_spec {
	const char *name;
	struct line_spec line;
};

struct board_spec {
	const char *name;
	struct label title;
	bool is_virtual;
	struct line_spec leds[LED_COUNT];
	struct line_spec buzzer;
	struct line_spec fault_relay; /* drawn while all is well and the agent runs */
	const struct terminal_spec *terminals;
	size_t terminal_count;
	struct line_spec ack_button, lamp_test_button;
	struct place place;
};

/* Where notifications of devices are heard. */
struct traps_spec {
	bool enabled;
	const char *address; /* numeric; 0.0.0.0 or ::, of all interfaces */
	int port;
	struct place place;
};

/* A window that was planned beforehand; device indices. */
struct maintenance_plan {
	const int *devices;
	size_t device_count;
	wall_t from, to;
	const char *by, *reason;
	struct place place;
};

struct store_spec {
	uint64_t max_events; /* kept at most; older ones become a gap record */
};

/* Values over time. */
struct history_spec {
	uint64_t ram_bytes;  /* of the ring at the full rate; 0: by the number of points */
	uint64_t disk_bytes; /* of the minutes on disk; 0: none are kept */
	int64_t keep_ms;     /* minutes older than this go */
};

struct control_spec {
	const char
	    *group; /* members may acknowledge, besides root and the agent's own user; or NULL */
};

/* Who has which badge. */
struct badge {
	uint64_t number;
	const char *name;
};

struct site {
	const char *name;
	struct label title;
	enum language language; /* of alarm texts and traps */
	const char *file;

	const struct zone *zones;
	size_t zone_count;
	const struct link_spec *links;
	size_t link_count;
	const struct device_spec *devices;
	size_t device_count;
	size_t point_count; /* of all devices */
	size_t alarm_count;

	const struct maintenance_plan *maintenance;
	size_t maintenance_count;

	struct mqtt_spec mqtt;
	struct noc_spec noc;
	struct traps_spec traps;
	struct board_spec board;
	struct store_spec store;
	struct history_spec history;
	struct control_spec control;

	const struct badge *badges; /* by number */
	size_t badge_count;
};

/* From the flat numbering back. The index must be in range. */
const struct device_spec *site_point_device(const struct site *s, size_t point);
const struct point_spec *site_point(const struct site *s, size_t point);
const struct device_spec *site_alarm_device(const struct site *s, size_t alarm);
const struct alarm_rule *site_alarm(const struct site *s, size_t alarm);

/* Whose badge it is; NULL: not known. */
const char *site_badge_name(const struct site *s, uint64_t number);

/* By name; NO_INDEX where there is none. */
int site_find_device(const struct site *s, const char *name);
int site_find_zone(const struct site *s, const char *name);
/* Is the zone (an index, or NO_INDEX) this one, or inside it at whatever depth? */
bool site_zone_inside(const struct site *s, int zone, int outer);
/* "crac1/return_air_temperature" -> flat index of the point, or NO_INDEX. */
int site_find_point(const struct site *s, const char *device_slash_point);
int site_find_alarm(const struct site *s, const char *device_slash_alarm);

/* The rule "comm_lost", which is a device's first; NULL: it has none. */
const struct alarm_rule *site_loss_rule(const struct device_spec *d);
/* How grave the loss of a device is: as that rule says, medium without one. */
enum priority site_loss_priority(const struct device_spec *d);

#endif
