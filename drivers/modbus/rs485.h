/*
 * The RS-485 driver of a serial port: who switches it between sending and receiving. Pure.
 *
 * Source: Documentation/driver-api/serial/serial-rs485.rst of the kernel.
 */
#ifndef DRIVERS_MODBUS_RS485_H
#define DRIVERS_MODBUS_RS485_H

#include "model/site.h"

#include <linux/serial.h>

/* What TIOCSRS485 wants to be told. Delays are whole milliseconds, as the kernel has them. */
void rs485_flags(const struct rs485_spec *s, struct serial_rs485 *out);

#endif
