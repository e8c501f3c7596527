/* The Modbus drivers, reading only: functions 1 to 4. See link.h for how they are built. */
#ifndef DRIVERS_MODBUS_MODBUS_DRIVER_H
#define DRIVERS_MODBUS_MODBUS_DRIVER_H

#include "drivers/driver.h"

extern const struct driver modbus_rtu_driver;
extern const struct driver modbus_rtu_tcp_driver;
extern const struct driver modbus_tcp_driver;

#endif
