/*
 * A baton: questions to one device on the way out, answers on the way back.
 *
 * The core owns every baton; between submit and return it belongs to the link. A device has one
 * baton for each poll class and one for its facts, so the number of messages in the house is
 * fixed and no queue can overflow. All memory is allocated at start.
 */
#ifndef MODEL_BATON_H
#define MODEL_BATON_H

#include "base/clock.h"
#include "base/mailbox.h"
#include "model/site.h"

/*
 * One question. Modbus: `count` registers or bits of `table` from `address`, or one object of the
 * device identification (refused with code 2 where the device does not have it). SNMP: one OID.
 */
struct ask {
	enum table table : 8;
	bool anew; /* SNMP: what is known of this OID is of another object: forget it */
	uint16_t address, count;
	uint16_t walk; /* SNMP: not 0: so many rows of the column `oid` at most, into answer.walk */
	const struct oid *oid;
};

/* One row of a column that was walked. */
#define WALK_INDEX_MAX 20
#define WALK_TEXT_MAX  64
struct walk_row {
	uint16_t length; /* sub-identifiers after the column's; 1..WALK_INDEX_MAX */
	uint32_t index[WALK_INDEX_MAX];
	char text[WALK_TEXT_MAX]; /* the value as text, cleaned */
};
struct column_walk {
	struct walk_row *rows; /* room for ask.walk */
	size_t count;
	size_t more; /* rows that there was no room for, or whose index is too long */
};

enum answer_status {
	ANSWER_NONE, /* not asked: the budget ran out, an earlier question failed, or the driver
			knows that the device refuses it; says nothing about the device */
	ANSWER_OK,
	ANSWER_REFUSED, /* said by the device to this question, never from memory, because it
			   proves that the device lives: Modbus exception (code 1..255), SNMP
			   error-status or noSuch* (see SNMP_REFUSED_*) */
	ANSWER_TIMEOUT, /* nothing, or not all, in time */
	ANSWER_GARBLED, /* CRC, length, unit, function or OID did not fit */
	ANSWER_NO_LINK, /* port cannot be opened, connection refused or lost, unreachable */
	ANSWER_DENIED,  /* it is there, but does not accept our user name or keys (SNMPv3) */
	ANSWER_STATUS_COUNT
};
const char *answer_status_word(enum answer_status s); /* "ok", "refused", "timeout", ... */

/* Codes of ANSWER_REFUSED for SNMP beside the error-status 1..18 of RFC 3416. */
#define SNMP_REFUSED_NO_OBJECT   0x80
#define SNMP_REFUSED_NO_INSTANCE 0x81
#define SNMP_REFUSED_END_OF_MIB  0x82

enum snmp_type {
	SNMP_TYPE_NONE,
	SNMP_TYPE_SIGNED,
	SNMP_TYPE_UNSIGNED,
	SNMP_TYPE_FLOAT,
	SNMP_TYPE_BYTES,
	SNMP_TYPE_NAME /* bytes as well: an identifier or an address as text. Never a number, though
			  "0.0" looks like one */
};

#define SNMP_BYTES_MAX 128
struct snmp_value {
	enum snmp_type type : 8;
	uint16_t length; /* BYTES: OCTET STRING, cut at SNMP_BYTES_MAX */
	union {
		int64_t i;  /* SIGNED: INTEGER */
		uint64_t u; /* UNSIGNED: Counter32/64, Gauge32, TimeTicks */
		double f;   /* FLOAT: Opaque float or double */
		uint8_t bytes[SNMP_BYTES_MAX];
	};
};

struct answer {
	enum answer_status status : 8;
	uint8_t code; /* with ANSWER_REFUSED */
	uint16_t room;
	int32_t took_us;          /* first byte out to last byte in; 0 where nothing was asked */
	mono_t at;                /* when the answer (or the failure) was known */
	uint16_t *words;          /* Modbus: `count` registers, or bits as 0/1; room for `room` */
	struct snmp_value *value; /* SNMP, Modbus device identification (BYTES) */
	struct column_walk *walk; /* SNMP, with ask.walk: whole, or the status is not OK */
};

struct baton {
	struct mail mail; /* first: batons travel by mailbox */
	int device;
	int link;
	enum poll_class urgency; /* the link serves POLL_FAST first */
	bool facts;              /* carries facts, not points */
	int64_t budget_ms;       /* wall of the whole baton; the link gives up asking after it */
	uint32_t cycle;          /* the core's count, to tell an answer from a late one */

	struct ask *asks;       /* ask_count of ask_room are in use */
	struct answer *answers; /* same numbering as asks */
	size_t ask_count, ask_room;
};

#endif
