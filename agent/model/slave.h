/* What a driver counts of each device on its wire. Plain numbers. */
#ifndef MODEL_SLAVE_H
#define MODEL_SLAVE_H

#include <stdint.h>

/*
 * How one device does on its wire, as its driver saw it: for the bus doctor (core/doctor.h), which
 * guesses from these numbers what is wrong. Counted since the link was opened; each question put on
 * the wire ends in one of the outcomes from ok to hung_up.
 */
struct slave_health {
	uint64_t asked; /* fence reads and repeats as well */
	uint64_t ok, refused;
	uint64_t silent;     /* not one byte came */
	uint64_t cut;        /* bytes came, but no whole reply in time */
	uint64_t checksum;   /* RTU: a wrong CRC */
	uint64_t foreign;    /* a whole reply of another unit */
	uint64_t mismatch;   /* to another function, of another length or transaction */
	uint64_t echo;       /* RTU: our own request came back */
	uint64_t hung_up;    /* TCP: the connection ended instead */
	uint64_t late;       /* RTU: replies seen after what was waited for them, */
	uint64_t overdue;    /* and of these, after the timeout of the profile */
	int32_t late_max_ms; /* the latest of those */
	/* Does damage grow with length? Replies of more than SLAVE_LONG_BYTES, and those damaged.
	 */
	uint64_t long_asked, long_checksum;
	/* Questions in a row, up to now, after which no byte, no whole answer, an exception came.
	 */
	uint32_t silent_row, failed_row, refused_row;
	int32_t timeout_ms; /* what is waited at present: learned, or the profile's */
};
#define SLAVE_LONG_BYTES 40

#endif
