/* One request of the device identification over Modbus TCP. Private to drivers/modbus. */
#ifndef DRIVERS_MODBUS_TCP_IDENTITY_H
#define DRIVERS_MODBUS_TCP_IDENTITY_H

#include "drivers/modbus/link.h"

/*
 * Asks `unit` for `wanted` from *object on, and takes the reply. As frame_identity(); TIMEOUT,
 * NO_LINK or NONE where there is none.
 */
struct verdict tcp_identity_step(struct link *l, uint8_t unit, uint16_t tid, uint8_t wanted,
    uint8_t *object, mono_t deadline, struct snmp_value *value, bool *more);

#endif
