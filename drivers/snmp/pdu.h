/*
 * Messages of SNMP versions 1 and 2c (RFC 1157, RFC 3416): questions out, responses in. Pure.
 *
 * Own code, since polling is what this agent is for: the library takes an allocation of 1.2 kB for
 * each variable each way, and 60 kB for each session.
 */
#ifndef DRIVERS_SNMP_PDU_H
#define DRIVERS_SNMP_PDU_H

#include "drivers/snmp/ber.h"
#include "model/site.h"

/* As on the wire. */
enum pdu_kind {
	PDU_GET = 0xa0,
	PDU_GET_NEXT = 0xa1,
	PDU_RESPONSE = 0xa2,
	PDU_GET_BULK = 0xa5 /* not in version 1 */
};

/* RFC 3416 section 3: the error-status that mean something to us. */
enum pdu_error { PDU_NO_ERROR = 0, PDU_TOO_BIG = 1, PDU_NO_SUCH_NAME = 2 };

/* What is asked. */
struct pdu_question {
	enum pdu_kind kind;
	int32_t repetitions; /* PDU_GET_BULK: of each object */
	const struct oid *const *oids;
	size_t count;
};

/* Request-ids of this range are always four octets, so that one can be put over another. */
#define PDU_ID_MIN 0x00800000
#define PDU_ID_MAX INT32_MAX

struct pdu_message {
	const uint8_t *octets; /* inside the room that was given */
	size_t length;
	size_t id_at; /* where the four octets of the request-id are */
};
/*
 * Writes a question, with PDU_ID_MIN as its request-id, at the end of `room`. version is 1 or 2c.
 * false: there is no room, or no such OID can be.
 */
bool pdu_write(const struct pdu_question *q, enum snmp_version version, const char *community,
    uint8_t *room, size_t size, struct pdu_message *out);
/* Puts another request-id, PDU_ID_MIN to PDU_ID_MAX, into a message: at octets + id_at. */
void pdu_put_id(uint8_t octets[4], int32_t id);

/* A response; points into the message. */
struct pdu_response {
	enum snmp_version version;
	struct ber community;
	int32_t id, error_status, error_index;
	struct ber variables; /* each is whole: pdu_next() */
};
/*
 * false: it is no response of version 1 or 2c, or damaged anywhere. What lies in the datagram after
 * the message is not looked at: some devices pad.
 */
bool pdu_read(const uint8_t *octets, size_t length, struct pdu_response *out);

struct pdu_variable {
	struct ber name; /* content of an OBJECT IDENTIFIER, see ber_oid() */
	uint8_t tag;
	struct ber value;
};
/* Takes the next variable away. false: there is none (or, in an unread list, it is damaged). */
bool pdu_next(struct ber *variables, struct pdu_variable *out);

#endif
