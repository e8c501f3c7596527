/*
 * A device of the plant: its points (what it holds, as whole raw numbers in its own quantisation),
 * its map to the wire, and what is wrong with its wire. Types are tables, one file each.
 */
#ifndef PLANT_DEVICE_H
#define PLANT_DEVICE_H

#include "room.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DEVICE_POINTS_MAX 64
#define VALUE_TEXT_MAX    32

/* One point: value = raw / 10^decimals, in unit. The name is the registry's. */
struct point_def {
	const char *name;
	const char *unit;
	int decimals;   /* 0 to 3 */
	bool is_signed; /* its register holds a signed number */
};

/* ---- Modbus: rows of a register map ---- */

enum {
	TABLE_COIL = 1,     /* FC 1 */
	TABLE_DISCRETE = 2, /* FC 2 */
	TABLE_HOLDING = 4,  /* FC 3 */
	TABLE_INPUT = 8,    /* FC 4 */
};

enum reg_kind {
	REG_BIT,      /* a coil or discrete input */
	REG_WORD,     /* one register; negative values in two's complement */
	REG_FLAG,     /* one bit of a register; rows of the same address are put together */
	REG_LONG_HI,  /* two registers, high word first */
	REG_FLOAT_LO, /* two registers, IEEE 754 single, low word first; holds the value, not raw */
};

#define REG_FIXED (-1)

/* Addresses are those of the protocol, from 0. An address that no row covers is refused. */
struct reg {
	uint16_t address;
	uint16_t run;   /* rows of equal content that follow one another; 0 means 1 */
	uint8_t tables; /* TABLE_* that show it */
	uint8_t kind;   /* enum reg_kind */
	uint8_t bit;    /* of a REG_FLAG */
	int8_t point;   /* index into the points, or REG_FIXED */
	int32_t fixed;  /* content of a REG_FIXED */
};

/* ---- SNMP: rows of a MIB ---- */

enum object_kind {
	OBJECT_INTEGER,    /* INTEGER of a point's raw value */
	OBJECT_GAUGE,      /* Gauge32 of a point's raw value */
	OBJECT_COUNT,      /* Counter32: the low 32 bits of a point's raw value */
	OBJECT_COUNT64,    /* Counter64 of a point's raw value */
	OBJECT_STRING,     /* OCTET STRING of a point's value as text */
	OBJECT_NUMBER,     /* INTEGER, fixed */
	OBJECT_COUNTER,    /* Counter32, fixed */
	OBJECT_TEXT,       /* OCTET STRING, fixed */
	OBJECT_IDENTIFIER, /* OBJECT IDENTIFIER, fixed, in text */
	OBJECT_UPTIME,     /* TimeTicks since the plant was started */
	OBJECT_ENGINE_ID,  /* OCTET STRING, the SNMP engine's */
	OBJECT_ENGINE_BOOTS,
	OBJECT_ENGINE_TIME,
};

struct object {
	const char *column; /* object type, in text: all sub-identifiers but the instance */
	const char *index;  /* instance: "0", or the index of a table row */
	enum object_kind kind;
	int point;
	int32_t number;
	const char *text;
	/* Does the row exist now? NULL: always. raw: the device's points. */
	bool (*present)(const int64_t *raw);
};

/* ---- The device ---- */

enum transport { MODBUS_RTU, MODBUS_TCP, SNMP };

enum snmp_version { SNMP_V1 = 0, SNMP_V2C = 1, SNMP_V3 = 3 }; /* as on the wire */

/* How a device of version 3 proves its messages; the name in the agent's secrets file. */
enum snmp_auth { SNMP_AUTH_SHA, SNMP_AUTH_SHA_256 };

struct device_type {
	const char *model;
	const struct point_def *points;
	size_t n_points;
	/* What the sensors make of the room: raw values of all points, within the wire's range. */
	void (*sense)(const struct room *room, int64_t *raw);
	/* Has it power? NULL: always. Without, nothing answers (SNMP). */
	bool (*powered)(const struct room *room);
	enum transport transport;
	const struct reg *regs; /* Modbus */
	size_t n_regs;
	/* Modbus: what it says of itself, objects 0 to 6; NULL: it does not know the function. */
	const char *const *identity;
	/* Registers beside those of the rows: a memory of records. NULL: none. False: not there. */
	bool (*window)(const struct room *room, unsigned table, unsigned address, uint16_t *word);
	const struct object *objects; /* SNMP */
	size_t n_objects;
	enum snmp_version snmp_version;
	enum snmp_auth snmp_auth; /* version 3 */
	const char *summary;      /* points that `status` shows, with blanks between */
};

/* How a device gets its answers wrong, in messages that are whole, authentic and of a right CRC. */
enum lie {
	LIE_NONE,
	LIE_OID,        /* each variable is the one after that which was asked for */
	LIE_REQUEST_ID, /* another request's number */
	LIE_TYPE,       /* NULL, an address, an identifier or an empty text where a number is due */
	LIE_SHORT,      /* the last variable is left out */
	LIE_ORDER,      /* the variables come from the last to the first */
	LIE_WINDOW,     /* SNMPv3: each second reply is of the life before this one */
	LIE_UNIT,       /* Modbus: of another unit */
	LIE_FUNCTION,   /* Modbus: to another function */
	LIE_LENGTH,     /* Modbus: one register (or eight bits) more than was asked for */
	LIE_TRANSACTION, /* Modbus TCP: of another transaction */
	LIES
};

/* What is wrong with a device's wire. */
struct wire_fault {
	bool hang;           /* no reply at all */
	bool refuse;         /* TCP: connection refused; else exception 4 or genErr */
	int late_ms;         /* each reply this much later */
	int garble_permille; /* chance that a reply is damaged */
	enum lie lie;
	int dribble_ms;     /* Modbus: so long between two bytes of a reply */
	int reset_permille; /* Modbus TCP: chance that the connection is reset in mid-reply */
	bool absent;        /* not there: nothing listens, nothing answers */
	int slow_ms; /* SNMP: each variable of a reply takes so long, one reply after the other */
};

struct device_counters {
	uint64_t requests;       /* taken in, answered or not */
	uint64_t exceptions;     /* Modbus exceptions, SNMP errors and reports given */
	uint64_t t35_violations; /* RTU requests begun before 3.5 characters of silence */
	uint64_t damaged;        /* frames thrown away: wrong CRC, wrong speed, collision, no BER */
	uint64_t wrong_auth;     /* SNMP: wrong community, user, digest or key */
};

struct device {
	const char *name;
	const struct device_type *type;
	uint8_t unit;            /* Modbus */
	bool served;             /* not left out by --only */
	uint16_t port;           /* TCP or UDP, once open */
	bool dark;               /* has no power */
	const struct room *room; /* that it stands in; for its window */
	int64_t raw[DEVICE_POINTS_MAX];
	bool forced[DEVICE_POINTS_MAX];
	int64_t forced_raw[DEVICE_POINTS_MAX];
	struct wire_fault wire;
	struct device_counters counters;
	unsigned asked; /* SNMP: variables of the request that was answered last */
	bool stale;     /* LIE_WINDOW: the last reply was one of the life before this one */
};

extern const struct device_type stulz_c7000, liebert_icom, seahawk_10k;
extern const struct device_type moxa_e1214_door_1, moxa_e1214_door_2, moxa_e1210, access_ring;
extern const struct device_type generex_ups, hwg_ste2, scalar_i6000;
extern const struct device_type apc_ats, raritan_px3, raritan_dx2;
extern const struct device_type if_mib_switch, dahua_nvr, dell_idrac;

/* Senses the room anew. Each change is in the truth log before it is in d->raw. */
void device_refresh(struct device *d, const struct room *room);

/* Writes all values to the truth log as they stand (first: take them from the room). */
void device_begin(struct device *d, const struct room *room);

/* Index of a point by name, or -1. */
int device_point(const struct device *d, const char *name);

/* The raw values that the wire can carry for point i. */
void device_range(const struct device *d, int i, int64_t *low, int64_t *high);

/* A raw value of a point as text, without unit: "24.3". buf: VALUE_TEXT_MAX bytes. */
const char *value_text(const struct point_def *def, int64_t raw, char *buf);

/* 10 to the power of decimals (0 to 3). */
int64_t decimal_factor(int decimals);

/* A measured value as raw number of that many decimals (0 to 3), held within [low, high]. */
int64_t quantise(double value, int decimals, int64_t low, int64_t high);

#endif
