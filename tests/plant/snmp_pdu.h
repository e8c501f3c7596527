/*
 * GET, GETNEXT and GETBULK over a device's MIB: a PDU in, a Response PDU out (RFC 1157, RFC 3416).
 */
#ifndef PLANT_SNMP_PDU_H
#define PLANT_SNMP_PDU_H

#include "mib.h"

enum snmp_pdu {
	PDU_GET = 0xa0,
	PDU_GETNEXT = 0xa1,
	PDU_RESPONSE = 0xa2,
	PDU_SET = 0xa3,
	PDU_TRAP_V1 = 0xa4,
	PDU_GETBULK = 0xa5,
	PDU_TRAP = 0xa7,
	PDU_REPORT = 0xa8,
};

enum snmp_error {
	NO_ERROR = 0,
	TOO_BIG = 1,
	NO_SUCH_NAME = 2,
	GEN_ERR = 5,
	AUTHORIZATION_ERROR = 16,
	NOT_WRITABLE = 17,
};

/* A request as it came. */
struct snmp_request {
	unsigned type; /* enum snmp_pdu */
	int32_t id;
	int32_t non_repeaters; /* error-status in other PDUs */
	int32_t max_repetitions;
	struct ber_in bindings; /* undecoded content of the list */
};

/* Reads a request PDU. False: it is none. */
bool snmp_request_read(struct ber_in *in, struct snmp_request *q);

/* Writes the Response PDU to q, of at most limit bytes. An error is counted in d->counters. */
void snmp_answer(struct device *d, const struct mib *m, enum snmp_version version,
    const struct snmp_request *q, size_t limit, int64_t now_us, struct ber_out *out);

/* Writes a Response with that error for variable `index` (from 1; 0: none), the list as it was. */
void snmp_answer_error(struct device *d, const struct snmp_request *q, enum snmp_error error,
    unsigned index, struct ber_out *out);

/* Writes a PDU around the list that was written since content was taken. */
void snmp_put_pdu(struct ber_out *out, unsigned type, int32_t id, enum snmp_error error,
    unsigned index, size_t content);

#endif
