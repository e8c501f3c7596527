/*
 * The server's half of Modbus: a request PDU in, a reply PDU out, by the device's register map.
 * (MODBUS Application Protocol Specification V1.1b3.) Functions 1 to 4, and 43/14 where the device
 * has it; all others are refused.
 */
#ifndef PLANT_MODBUS_PDU_H
#define PLANT_MODBUS_PDU_H

#include "device.h"

enum { MODBUS_PDU_MAX = 253 };

enum modbus_exception {
	ILLEGAL_FUNCTION = 1,
	ILLEGAL_DATA_ADDRESS = 2,
	ILLEGAL_DATA_VALUE = 3,
	SERVER_DEVICE_FAILURE = 4,
	GATEWAY_TARGET_FAILED = 0x0b,
};

/* Answers a request of n >= 1 bytes for d (counted in d->counters). Returns the reply's length,
 * 2 to MODBUS_PDU_MAX. */
size_t modbus_answer(struct device *d, const uint8_t *request, size_t n, uint8_t *reply);

/*
 * Makes a good reply (n bytes from the unit on) the lie that d tells: unit, function or length.
 * Returns its length then, at most MODBUS_PDU_MAX + 1.
 */
size_t modbus_lie(const struct device *d, uint8_t *unit_and_pdu, size_t n);

/* An exception reply to that function: 2 bytes. Counted. */
size_t modbus_refuse(struct device *d, uint8_t function, enum modbus_exception why, uint8_t *reply);

#endif
