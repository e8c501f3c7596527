/*
 * Polling over SNMP v1, v2c and v3: the driver of the one link "snmp", in the core thread.
 *
 * Values: INTEGER, Counter32/64, Gauge32, TimeTicks, Opaque float and double as they are; OCTET
 * STRING as bytes; OBJECT IDENTIFIER and IpAddress as bytes of their dotted text. All else is
 * garbled.
 *
 * What each answer status means here:
 *
 *	OK        a value, under exactly the OID that was asked
 *	REFUSED   SNMP_REFUSED_NO_*, or the error-status of the device
 *	TIMEOUT   no reply to any try
 *	GARBLED   another OID, too few variables, a type that no profile can mean
 *	NO_LINK   nobody listens at the address (ICMP), or no route
 *	DENIED    it is there, but the security of SNMPv3 said no
 *	NONE      not asked: the budget ran out, or the device failed on an earlier question
 *
 * The health's text counts the devices that answer, and says why where only one does not.
 * busy_us of the health stays 0: a network carries many questions at a time.
 */
#ifndef DRIVERS_SNMP_SNMP_DRIVER_H
#define DRIVERS_SNMP_SNMP_DRIVER_H

#include "drivers/driver.h"

extern const struct driver snmp_driver;

#endif
