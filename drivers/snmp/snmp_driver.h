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
 *	NO_LINK   nobody listens at the address (ICMP), no route, or the security of SNMPv3 said no
 *	NONE      not asked: the budget ran out, or the device failed on an earlier question
 *
 * busy_us of the health stays 0: a network carries many questions at a time.
 */
#ifndef DRIVERS_SNMP_SNMP_DRIVER_H
#define DRIVERS_SNMP_SNMP_DRIVER_H

#include "drivers/driver.h"

extern const struct driver snmp_driver;

/*
 * How site->devices[device] is, in words for people: "answers", "no reply from 10.0.0.7:161 ...",
 * "the device does not know the user \"facility\" ...". "" before it was asked, and for a device
 * that is not on this link. Valid until the next turn of the loop.
 */
const char *snmp_device_text(const struct link *l, int device);

#endif
