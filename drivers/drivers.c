/* The list: which wire is served by which driver. */
#include "drivers/driver.h"

#include "drivers/gpio/contacts.h"
#include "drivers/modbus/modbus_driver.h"
#include "drivers/snmp/snmp_driver.h"

static const struct driver *const drivers[LINK_KIND_COUNT] = {
    [LINK_MODBUS_RTU] = &modbus_rtu_driver,
    [LINK_MODBUS_RTU_TCP] = &modbus_rtu_tcp_driver,
    [LINK_MODBUS_TCP] = &modbus_tcp_driver,
    [LINK_SNMP] = &snmp_driver,
    [LINK_GPIO] = &contacts_driver,
};

const struct driver *
driver_find(enum link_kind kind)
{
	return (unsigned)kind < LINK_KIND_COUNT ? drivers[kind] : NULL;
}
