/*
 * Modbus frames as bytes: what a reply to a question must look like, to the byte. Pure.
 *
 * libmodbus 3.1.6 finds the end of a frame and checks the CRC. Whether the frame is the answer to
 * *this* question is judged here, because the library does not look at the unit on TCP, loses
 * exception codes above 11 and takes the echo of a request for a reply. Only the four reading
 * functions and the device identification (identity.h) exist in this program.
 *
 * Source: MODBUS Application Protocol V1.1b3, 6.1-6.4 and 7; Modbus over Serial Line V1.02, 2.5.1;
 * Modbus Messaging on TCP/IP V1.0b, 3.1.3.
 */
#ifndef DRIVERS_MODBUS_FRAME_H
#define DRIVERS_MODBUS_FRAME_H

#include "model/baton.h"

#define FRAME_MAX_BYTES         260 /* MODBUS_MAX_ADU_LENGTH: the longer of RTU 256, TCP 260 */
#define FRAME_RTU_REQUEST_BYTES 8
#define FRAME_RTU_REFUSAL_BYTES 5 /* the shortest reply there is */
#define FRAME_TCP_REQUEST_BYTES 12
#define FRAME_TCP_REFUSAL_BYTES 9
#define FRAME_MAX_REGISTERS     125
#define FRAME_MAX_BITS          2000

/* Exceptions that mean "later", not "no". */
#define EXCEPTION_ILLEGAL_ADDRESS 2
#define EXCEPTION_ACKNOWLEDGE     5
#define EXCEPTION_BUSY            6

/* A gateway says them of the unit behind it, after its own timeout: as good as silence. */
#define EXCEPTION_NO_PATH   10
#define EXCEPTION_NO_TARGET 11

/* false: the question cannot be put (table, count or last address is outside the protocol). */
bool frame_can_ask(const struct ask *ask);

/* Bytes of data in a good reply, 1..250: two a register, one for eight bits; a guess for a device
 * identification, which has its own length. */
uint8_t frame_data_bytes(const struct ask *ask);
size_t frame_rtu_reply_bytes(const struct ask *ask);
size_t frame_tcp_reply_bytes(const struct ask *ask);

/*
 * Over a whole frame with its CRC: 0 if that is right. libmodbus has its own and keeps it private;
 * it knows no reply to a device identification (V1.02, 6.2.2).
 */
uint16_t frame_rtu_crc(const uint8_t *p, size_t n);

/* The request without CRC (6 bytes), as modbus_send_raw_request() wants it. */
void frame_rtu_request(const struct ask *ask, uint8_t unit, uint8_t out[6]);
void frame_tcp_request(
    const struct ask *ask, uint8_t unit, uint16_t tid, uint8_t out[FRAME_TCP_REQUEST_BYTES]);

/* What became of a question, finer than its status: for those who look for the cause. */
enum outcome {
	OUTCOME_NONE, /* it was not put, or the link is being closed */
	OUTCOME_OK,
	OUTCOME_REFUSED,
	OUTCOME_SILENT,
	OUTCOME_CUT,
	OUTCOME_CHECKSUM,
	OUTCOME_FOREIGN,
	OUTCOME_MISMATCH,
	OUTCOME_ECHO,
	OUTCOME_HUNG_UP,
	OUTCOME_COUNT
};

/* OK, REFUSED (with code) or GARBLED with the reason in words for people ("wrong unit"). */
struct verdict {
	enum answer_status status;
	uint8_t code;
	enum outcome outcome;
	const char *why;
};

/* n: bytes of the frame with its CRC, which has been found right. */
struct verdict frame_rtu_check(const struct ask *ask, uint8_t unit, const uint8_t *reply, size_t n);
struct verdict frame_tcp_check(
    const struct ask *ask, uint8_t unit, uint16_t tid, const uint8_t *reply, size_t n);

/*
 * A whole reply of n bytes (function first) to a device identification, asked from *object on. OK
 * with *more: not in it, to be asked from *object on. Where the device has no such object: refused
 * with code 2, because its list says so.
 */
struct verdict frame_identity(const uint8_t *pdu, size_t n, uint8_t wanted, uint8_t *object,
    struct snmp_value *out, bool *more);

/* A device that never comes to an end with its identification. */
struct verdict frame_identity_endless(void);

/* How many bytes a TCP frame has that begins so, as far as n bytes tell; 0: a length that no reply
 * can have. */
size_t frame_tcp_bytes(const uint8_t *frame, size_t n);

/* The transaction, protocol and length of a whole TCP reply alone. */
struct verdict frame_tcp_check_head(uint16_t tid, const uint8_t *reply, size_t n);

#define FRAME_ECHO_TEXT "echo of our own request: switch off the echo of the adapter"

/* The bytes start like the request for `ask`: the adapter repeats what we send. */
bool frame_rtu_is_echo(const struct ask *ask, uint8_t unit, const uint8_t *bytes, size_t n);

/*
 * Registers, or bits as 0/1, out of a reply that was found OK. `words` has room for ask->count.
 * data: the first byte after the byte count.
 */
void frame_words(const struct ask *ask, const uint8_t *data, uint16_t *words);
#define FRAME_RTU_DATA 3
#define FRAME_TCP_DATA 9

/* Silence that ends a frame: 3.5 characters, but 1.75 ms above 19200 baud (2.5.1.1). */
int64_t frame_char_us(int baud, enum parity parity, int stop_bits);
int64_t frame_gap_us(int baud, enum parity parity, int stop_bits);

#endif
