/*
 * Read Device Identification: what a device says of itself (maker, model, revision). Pure.
 *
 * Source: MODBUS Application Protocol V1.1b3, 6.21 (function 0x2B, MEI type 0x0E). Read as a stream
 * from the object that is wanted, because every device that knows the function can do that, while
 * asking for one object alone is optional. A device that knows no such object begins with its
 * first, and may need several replies; each tells with which object to go on.
 *
 * A reply names its objects. So one that comes late, in the place of another of its kind, can not
 * bring the wrong text: it holds what is wanted, or it does not.
 */
#ifndef DRIVERS_MODBUS_IDENTITY_H
#define DRIVERS_MODBUS_IDENTITY_H

#include "model/baton.h"

#define IDENTITY_FUNCTION  0x2b
#define IDENTITY_MEI       0x0e
#define IDENTITY_LAST      6 /* the objects of the basic and regular categories are 0 to 6 */
#define IDENTITY_PDU_BYTES 4 /* of a request */
#define IDENTITY_STEPS     8 /* replies to one question: no honest device needs more */

/* The request for a stream from `object`; `wanted` tells the category. */
void identity_request(uint8_t wanted, uint8_t object, uint8_t out[IDENTITY_PDU_BYTES]);

/*
 * Bytes of the reply whose first n bytes (function first, n may be 0) are at p; 0: it cannot be
 * told yet. An exception has two. IDENTITY_NONE: this is no such reply, or its lengths say more
 * than the 253 that there can be.
 */
size_t identity_bytes(const uint8_t *p, size_t n);
#define IDENTITY_NONE SIZE_MAX

enum identity_found {
	IDENTITY_HERE,     /* out is filled in; longer texts are cut at SNMP_BYTES_MAX */
	IDENTITY_GO_ON,    /* not in this reply: ask for *next */
	IDENTITY_NOWHERE,  /* the device does not have it */
	IDENTITY_REFUSED,  /* an exception: p[1] is its code */
	IDENTITY_MALFORMED /* no reply to such a request */
};
/* A whole reply of n bytes to a request for `object`, read for `wanted`. */
enum identity_found identity_read(const uint8_t *p, size_t n, uint8_t wanted, uint8_t object,
    struct snmp_value *out, uint8_t *next);

#endif
