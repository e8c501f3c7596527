/* Modbus requests to bytes, and the judgement on the bytes of a reply. */
#include "drivers/modbus/frame.h"

#include "drivers/modbus/identity.h"

#include <string.h>

#define IDENTITY_USUAL_BYTES 100  /* as long as a device likes, 7 to 251; for times on the wire */
#define REFUSAL              0x80 /* added to the function of a request that is refused */

static bool
is_bits(enum table t)
{
	return t == TABLE_COIL || t == TABLE_DISCRETE;
}

bool
frame_can_ask(const struct ask *ask)
{
	if (ask->table == TABLE_IDENTITY)
		return ask->address <= IDENTITY_LAST && ask->count == 1;
	if (ask->table < TABLE_COIL || ask->table > TABLE_INPUT || ask->count == 0)
		return false;
	if (ask->count > (is_bits(ask->table) ? FRAME_MAX_BITS : FRAME_MAX_REGISTERS))
		return false;
	return (uint32_t)ask->address + ask->count <= 0x10000;
}

uint8_t
frame_data_bytes(const struct ask *ask)
{
	if (ask->table == TABLE_IDENTITY)
		return IDENTITY_USUAL_BYTES;
	return (uint8_t)(is_bits(ask->table) ? (ask->count + 7) / 8 : ask->count * 2);
}

size_t
frame_rtu_reply_bytes(const struct ask *ask)
{
	return (size_t)5 + frame_data_bytes(ask);
}

size_t
frame_tcp_reply_bytes(const struct ask *ask)
{
	return (size_t)9 + frame_data_bytes(ask);
}

static void
put16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static uint16_t
get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

void
frame_rtu_request(const struct ask *ask, uint8_t unit, uint8_t out[6])
{
	out[0] = unit;
	out[1] = (uint8_t)ask->table; /* a table has the number of the function that reads it */
	put16(out + 2, ask->address);
	put16(out + 4, ask->count);
}

uint16_t
frame_rtu_crc(const uint8_t *p, size_t n)
{
	uint16_t crc = 0xffff;

	while (n-- > 0) {
		crc = (uint16_t)(crc ^ *p++);
		for (int bit = 0; bit < 8; bit++)
			crc = (uint16_t)((crc & 1) != 0 ? crc >> 1 ^ 0xa001 : crc >> 1);
	}
	return crc;
}

void
frame_tcp_request(
    const struct ask *ask, uint8_t unit, uint16_t tid, uint8_t out[FRAME_TCP_REQUEST_BYTES])
{
	put16(out, tid);
	put16(out + 2, 0); /* protocol: Modbus */
	put16(out + 4, 6); /* bytes that follow */
	frame_rtu_request(ask, unit, out + 6);
}

static struct verdict
garbled(enum outcome outcome, const char *why)
{
	return (struct verdict){.status = ANSWER_GARBLED, .outcome = outcome, .why = why};
}

/* p: unit, function, byte count or code, data; n bytes without CRC. */
static struct verdict
check_pdu(const struct ask *ask, uint8_t unit, const uint8_t *p, size_t n)
{
	uint8_t function = (uint8_t)ask->table;

	if (n < 3)
		return garbled(OUTCOME_MISMATCH, "reply too short");
	if (p[0] != unit)
		return garbled(OUTCOME_FOREIGN, "reply of another unit");
	if (p[1] == (function | REFUSAL)) {
		if (n != 3 || p[2] == 0)
			return garbled(OUTCOME_MISMATCH, "malformed exception");
		return (struct verdict){
		    .status = ANSWER_REFUSED, .outcome = OUTCOME_REFUSED, .code = p[2]};
	}
	if (p[1] != function)
		return garbled(OUTCOME_MISMATCH, "reply to another function");
	if (p[2] != frame_data_bytes(ask) || n != (size_t)3 + p[2])
		return garbled(OUTCOME_MISMATCH, "reply of another length");
	return (struct verdict){.status = ANSWER_OK, .outcome = OUTCOME_OK};
}

struct verdict
frame_rtu_check(const struct ask *ask, uint8_t unit, const uint8_t *reply, size_t n)
{
	if (n < FRAME_RTU_REFUSAL_BYTES)
		return garbled(OUTCOME_MISMATCH, "reply too short");
	/*
	 * A request for 17 to 24 bits from an address 0x03xx is, byte for byte, also a valid reply
	 * with three bytes of data. A device that really answers so is refused until its bits
	 * change; an adapter that echoes would be believed otherwise.
	 */
	if (n == FRAME_RTU_REQUEST_BYTES && frame_rtu_is_echo(ask, unit, reply, n))
		return garbled(OUTCOME_ECHO, FRAME_ECHO_TEXT);
	return check_pdu(ask, unit, reply, n - 2);
}

size_t
frame_tcp_bytes(const uint8_t *frame, size_t n)
{
	const size_t head = 7; /* transaction, protocol, length: two bytes each; unit */
	size_t bytes = n < head ? head : (size_t)6 + get16(frame + 4);

	return bytes >= head && bytes <= FRAME_MAX_BYTES ? bytes : 0;
}

struct verdict
frame_tcp_check_head(uint16_t tid, const uint8_t *reply, size_t n)
{
	if (n < FRAME_TCP_REFUSAL_BYTES)
		return garbled(OUTCOME_MISMATCH, "reply too short");
	if (get16(reply) != tid)
		return garbled(OUTCOME_MISMATCH, "reply to another transaction");
	if (get16(reply + 2) != 0)
		return garbled(OUTCOME_MISMATCH, "not the Modbus protocol");
	if (get16(reply + 4) != n - 6)
		return garbled(OUTCOME_MISMATCH, "reply of another length");
	return (struct verdict){.status = ANSWER_OK, .outcome = OUTCOME_OK};
}

struct verdict
frame_tcp_check(const struct ask *ask, uint8_t unit, uint16_t tid, const uint8_t *reply, size_t n)
{
	struct verdict v = frame_tcp_check_head(tid, reply, n);

	return v.status == ANSWER_OK ? check_pdu(ask, unit, reply + 6, n - 6) : v;
}

bool
frame_rtu_is_echo(const struct ask *ask, uint8_t unit, const uint8_t *bytes, size_t n)
{
	uint8_t request[6];

	frame_rtu_request(ask, unit, request);
	return n >= 5 && memcmp(bytes, request, n < 6 ? n : 6) == 0;
}

void
frame_words(const struct ask *ask, const uint8_t *data, uint16_t *words)
{
	for (size_t i = 0; i < ask->count; i++) {
		unsigned word = is_bits(ask->table) ? ((unsigned)data[i / 8] >> (i % 8)) & 1u
						    : get16(data + i * 2);

		words[i] = (uint16_t)word;
	}
}

int64_t
frame_char_us(int baud, enum parity parity, int stop_bits)
{
	int bits = 1 + 8 + (parity != PARITY_NONE) + stop_bits;

	return (bits * INT64_C(1000000) + baud - 1) / baud;
}

int64_t
frame_gap_us(int baud, enum parity parity, int stop_bits)
{
	return baud > 19200 ? 1750 : frame_char_us(baud, parity, stop_bits) * 7 / 2;
}

struct verdict
frame_identity(const uint8_t *pdu, size_t n, uint8_t wanted, uint8_t *object,
    struct snmp_value *out, bool *more)
{
	struct verdict refused = {.status = ANSWER_REFUSED, .outcome = OUTCOME_REFUSED};

	switch (identity_read(pdu, n, wanted, *object, out, object)) {
	case IDENTITY_GO_ON:
		*more = true;
		return (struct verdict){.status = ANSWER_OK, .outcome = OUTCOME_OK};
	case IDENTITY_HERE:
		return (struct verdict){.status = ANSWER_OK, .outcome = OUTCOME_OK};
	case IDENTITY_REFUSED:
		refused.code = pdu[1];
		return refused;
	case IDENTITY_NOWHERE:
		refused.code = EXCEPTION_ILLEGAL_ADDRESS;
		return refused;
	case IDENTITY_MALFORMED:
		break;
	}
	return garbled(OUTCOME_MISMATCH, "malformed device identification");
}

struct verdict
frame_identity_endless(void)
{
	return garbled(OUTCOME_MISMATCH, "device identification without an end");
}
