/*
 * A device type as data: what one firmware-config/profiles/<kind>/<name>.yaml says. Read-only
 * after loading; everything lives in the site's arena. A device whose site file gives rows of its
 * own for a table has a copy of its own.
 */
#ifndef MODEL_PROFILE_H
#define MODEL_PROFILE_H

#include "model/expr.h"
#include "model/label.h"
#include "model/rows.h"
#include "model/unit.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Of one device; the same for its facts. Above it are the labels of rows (core/plan.h). */
#define PROFILE_POINTS_MAX 32767

/* What can be asked. The Modbus tables have the number of the function code that reads them. */
enum table {
	TABLE_NONE = 0,
	TABLE_COIL = 1,     /* FC 1 */
	TABLE_DISCRETE = 2, /* FC 2 */
	TABLE_HOLDING = 3,  /* FC 3 */
	TABLE_INPUT = 4,    /* FC 4 */
	TABLE_OID = 5,      /* SNMP */
	TABLE_CONTACT = 6,  /* a dry contact at a terminal of the board */
	TABLE_IDENTITY = 7, /* FC 43/14, facts only: `address` is the object, 0..6 */
	TABLE_COUNT
};

/* Answers of these are no words: they are in answer.value. */
static inline bool
table_gives_value(enum table t)
{
	return t == TABLE_OID || t == TABLE_IDENTITY;
}

/* Answers of these are bits, one to a word. */
static inline bool
table_is_bits(enum table t)
{
	return t == TABLE_COIL || t == TABLE_DISCRETE || t == TABLE_CONTACT;
}

/* Where a value stands in its device. */
struct source {
	enum table table;
	uint16_t address;    /* Modbus: PDU address, counted from 0 */
	uint16_t count;      /* Modbus: registers or bits that the value takes, >= 1 */
	struct oid oid;      /* SNMP: full OID with instance */
	const char *contact; /* CONTACT: its name for the site's wiring; `address` counts them */
};

/* How the raw answer becomes a number (or a text, for facts). */
enum value_type {
	TYPE_BIT, /* a coil or discrete input */
	TYPE_U16,
	TYPE_S16,
	TYPE_U32,
	TYPE_S32,
	TYPE_U64,
	TYPE_S64,
	TYPE_F32,
	TYPE_F64,
	TYPE_SM16,  /* sign and magnitude: bit 15 is the sign (Daikin) */
	TYPE_BCD16, /* four decimal digits */
	TYPE_BCD32,
	TYPE_NUMBER, /* SNMP: any numeric type, or a text that is a number ("20.3", "20,3", "15
			PERCENT") */
	TYPE_HEX,    /* SNMP: a text in hexadecimal, "0x1A" or "1A" */
	TYPE_OCTETS, /* SNMP: an OCTET STRING of 1..8 bytes as a whole number, high byte first */
	TYPE_TEXT,   /* facts: two characters a register, or an OCTET STRING */
	TYPE_MAC,    /* facts: six bytes (OCTET STRING or three registers), "00:c0:b7:73:23:89" */
	TYPE_DATE,   /* facts: days since 2000-01-01 in a register (APC), "2019-05-12" */
	TYPE_DATE_AND_TIME, /* facts: DateAndTime (RFC 2579), "2024-08-17 13:30:15" */
	TYPE_COUNT
};

/* Order of the 16-bit words of a longer value, and of the bytes in each word. */
enum word_order {
	ORDER_HIGH_FIRST, /* ABCD, the common one */
	ORDER_LOW_FIRST,  /* CDAB */
	ORDER_BYTES,      /* BADC */
	ORDER_REVERSED,   /* DCBA */
	ORDER_COUNT
};

struct codec {
	enum value_type type;
	enum word_order order;
	uint8_t bit; /* first bit of a field inside the raw whole number, 0 = least significant */
	uint8_t
	    width;    /* bits of the field; 0: the whole number. The field is a number of the kind
			 of its type: s16 two's complement, sm16 sign and magnitude, bcd16 digits */
	double scale; /* value = raw * scale + offset; 1 and 0 by default */
	double offset;
};

/* One state of a point that has states: 0 = "stopped". */
struct word {
	int64_t raw;
	const char *text;   /* the word on the topic, lower case English */
	struct label title; /* for people; en falls back to text */
};

/* How often a point is asked; the periods are the device's (site file). */
enum poll_class { POLL_FAST, POLL_NORMAL, POLL_SLOW, POLL_CLASS_COUNT };

enum rule_kind {
	RULE_HIGH,        /* value > limit; clears below limit - hysteresis */
	RULE_LOW,         /* value < limit; clears above limit + hysteresis */
	RULE_EQUALS,      /* a state, or an exact number */
	RULE_DIFFERS,     /* anything but that state, also what the profile does not list */
	RULE_MISSING,     /* the point has no good value */
	RULE_STUCK,       /* it is good, and has not moved since the sample before; for on_delay */
	RULE_EXPR,        /* an expression over several points */
	RULE_DEVICE_LOST, /* the device does not answer: every device has this rule, "comm_lost" */
	RULE_KIND_COUNT
};

/* How a counter becomes a rate; the number is seconds. */
enum rate { RATE_NONE = 0, RATE_PER_SECOND = 1, RATE_PER_MINUTE = 60, RATE_PER_HOUR = 3600 };

/*
 * What other points of the same device say about a point. They are given as 1 + index into the
 * profile's points, 0: none, and have no needs themselves.
 */
struct needs {
	/* valid_when: a reading is believed only while the guard is good and this holds of it:
	 * RULE_HIGH, _LOW, _EQUALS, _DIFFERS; RULE_MISSING: that it is good suffices. */
	uint16_t guard;
	enum rule_kind kind;
	double limit;
	const char *when; /* as written */

	/* value = raw * scale * 10^exponent, read in the same poll; a whole number from -10 to 10
	 * (SunSpec: sunssf), or, digits: value = raw * scale / 10^digits. */
	uint16_t exponent;
	bool digits;

	/* rate: went back: all counters began anew. Changed: so did this one. */
	enum rate rate;
	uint16_t uptime, discontinuity;
};

struct point_spec {
	const char *name;   /* from names.yaml */
	struct label title; /* from names.yaml: "Return air temperature" */
	struct source at;
	struct codec codec;
	const struct unit *unit;
	bool has_range;
	double min, max;         /* in `unit`, after scale */
	const double *sentinels; /* raw, before scale and offset */
	size_t sentinel_count;
	double deadband; /* in `unit`; 0: every change is published */
	enum poll_class poll;
	const struct word *words; /* sorted as written; NULL: a measurement */
	size_t word_count;
	const char *const *texts; /* SNMP: what the device says for each of the words ("DRY"); their
				     raw numbers are then ours. NULL: the device gives numbers */
	const struct needs *needs; /* NULL: it stands for itself */
	const struct expr *expr;   /* worked out from other points; NULL: read from a device */
	int zone; /* with expr: where it belongs, index into site->zones or NO_INDEX */
	uint16_t table,
	    row; /* of a table: profile->tables[table - 1].rows[row]; table 0: of none */
	struct place place;
};

/* Text or number that does not change while a device runs: read at each connect. */
struct fact_spec {
	const char *name; /* from names.yaml */
	struct source at;
	struct codec codec;
	const struct word *words;
	size_t word_count;
	uint16_t table, row; /* as of a point */
	struct place place;
};

enum priority { PRIORITY_LOW, PRIORITY_MEDIUM, PRIORITY_HIGH, PRIORITY_CRITICAL, PRIORITY_COUNT };
const char *priority_word(enum priority p); /* "low", "medium", "high", "critical" */

/* What maintenance of its device does to an alarm. */
enum rule_in_maintenance {
	MAINTENANCE_BY_PRIORITY, /* critical: raised; else silent */
	MAINTENANCE_SILENT,      /* put aside until the end */
	MAINTENANCE_RAISED       /* as ever */
};

struct alarm_rule {
	const char *name;   /* "return_air_high": from names.yaml as well */
	struct label title; /* "Return air too warm" */
	enum rule_kind kind;
	uint16_t
	    point; /* index into the profile's points; unused for RULE_DEVICE_LOST and RULE_EXPR */
	const struct expr *expr; /* RULE_EXPR: the condition */
	double limit;            /* in the point's unit */
	double hysteresis;
	int64_t on_delay_ms, off_delay_ms;
	enum priority priority;
	bool latch; /* stays until a person resets it */
	enum rule_in_maintenance in_maintenance;
	const char *when; /* as written, for `explain` */
	struct label remedy;
	uint16_t table, row; /* as of a point */
	struct place place;
};

/* A notification (trap or inform) that a device may send. It is news, never a value. */
struct trap_spec {
	const char *name; /* "on_battery": from names.yaml */
	struct label title;
	struct oid oid; /* snmpTrapOID; that of a version 1 trap: RFC 3584, 3.1 */
	bool poll;      /* the device is asked at once */
	enum priority priority;
	struct label remedy; /* en may be NULL */
	struct place place;
};

/* What one field of a record is; the place of a field in struct ring_spec. */
enum record_part {
	RECORD_SEQUENCE,       /* its number: one more than that of the record before */
	RECORD_SEQUENCE_AGAIN, /* the low bits of it, written last: tells a half-written record */
	RECORD_TIME,           /* seconds since 1970 by the device's clock */
	RECORD_DOOR,
	RECORD_RESULT,
	RECORD_WHO, /* badge number; 0: nobody */
	RECORD_PART_COUNT
};

struct record_field {
	uint16_t at;        /* first register inside the record */
	uint16_t registers; /* 1, 2 or 4; 0: the records have no such field */
	struct codec codec; /* whole numbers without a sign */
	const struct word *words;
	size_t word_count;
	/* RECORD_RESULT: of each word's event, beside `words`. */
	const enum priority *priorities;
};

/*
 * A ring of records in registers: record s stands at address + ((s - first) mod count) * stride,
 * and the newest overwrites the oldest.
 */
struct ring_spec {
	const char *name;   /* "badge_events" */
	struct label title; /* "badge events" */
	uint16_t head;      /* index into the profile's points: number of the newest record */
	enum table table;
	uint16_t address, stride, count;
	uint32_t first; /* the number that stands in the first place of the ring */
	struct record_field parts[RECORD_PART_COUNT];
	struct place place;
};

struct profile {
	const char *name; /* "stulz-c7000" */
	const char *kind; /* "hvac", "door", "ups", ... */
	struct label title;
	const char *source, *verified;
	/* Evidence that a test compares it with, where the folder of references is at hand: the
	 * recording of a device, the maker's register map; and what of the profile is not in it. */
	const char *recording, *register_map;
	const char *const *unchecked;
	size_t unchecked_count;
	const char *file;

	/* Limits of the device type. */
	struct {
		uint16_t max_registers; /* in one read; 1..125 (Modbus Application Protocol
					   V1.1b3, 6.3) */
		uint16_t max_bits;      /* 1..2000 (same, 6.1) */
		uint16_t max_gap;       /* registers or bits read along to join two runs */
		int64_t quiet_ms;       /* RTU: extra silence before a request to this device */
		int64_t timeout_ms;     /* one transaction, first byte sent to last byte in */
	} modbus;
	struct {
		uint16_t max_varbinds; /* to start with in one GET */
		int64_t timeout_ms;    /* one request */
		int retries;           /* inside the budget of a cycle */
	} snmp;

	const struct point_spec *points;
	size_t point_count;
	const struct fact_spec *facts;
	size_t fact_count;
	const struct ring_spec *ring;    /* NULL: it keeps no records */
	const struct alarm_rule *alarms; /* without comm_lost: that one is the device's */
	size_t alarm_count;
	const struct table_spec *tables; /* what of the above stands in rows */
	size_t table_count;
	const struct trap_spec *traps; /* SNMP: its own, then those of RFC 3418 that are not */
	size_t trap_count;
};

/* The text of state n, or NULL where the profile does not list it. */
const struct word *word_find(const struct word *words, size_t count, int64_t raw);

#endif
