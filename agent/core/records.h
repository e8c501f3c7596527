/*
 * Records that a device keeps in a ring, as badge events: each new one becomes an event, once and
 * in order. Pure.
 *
 * How far a ring was read is a mark of the store, written in the same transaction as the event, so
 * that nothing is lost or told twice whatever ends the program. What the device has overwritten
 * before it could be read is told as lost, with its numbers; a count that went back, or a record
 * that is no longer what it was, says that the device was restarted or replaced. A record that is
 * half written is read again, never told; one that stays so is told as damaged.
 *
 * The number of the newest record (the head) is a point of the device and polled as such. When it
 * is ahead of the position, one more poll of the device goes out: the next records, and last the
 * head again, so that what was overwritten meanwhile is known.
 */
#ifndef CORE_RECORDS_H
#define CORE_RECORDS_H

#include "core/poll.h"

struct core;

/* Reads of the ring in one poll, besides the head. */
#define RECORDS_READS_MAX 8
/* A device that trickles must leave the wire to the others. */
#define RECORDS_LONGEST_MS 500
/*
 * From one reading of the ring to the next: a long ring must not fill the store's queue faster than
 * a slow disk can empty it. A half-written record is given up after so many readings.
 */
#define RECORDS_AGAIN_MS 100
#define RECORDS_TRIES    30
/*
 * A count that runs ahead of us at each reading, or starts anew again and again, is read less
 * often: each reading makes an event, and nobody can stop such a device at night.
 */
#define RECORDS_LOSSES_MAX   20 /* in a row */
#define RECORDS_LOSS_HELD_MS 10000
#define RECORDS_RESTARTS_MAX 5 /* in the time below */
#define RECORDS_RESTART_MS   600000
/* A device that refuses its ring is asked again after this time. */
#define RECORDS_REFUSED_MS 60000

/* How far the ring of one device has been read. */
struct ring_reader {
	bool placed;       /* position is meaningful */
	uint32_t position; /* the newest record that was told, or told as lost */
	/* The words of that record in short, read again with the next ones: where it is another by
	 * now, so is the device. 0: not known. */
	uint64_t print;
	bool check;        /* it must be looked at though there is nothing new */
	uint32_t head;     /* the newest record that the device spoke of */
	unsigned tries;    /* readings of the record after `position` that were no good */
	bool refused;      /* it was told that the device refuses its ring */
	bool hurry;        /* the record at position is not read again this time */
	bool overrun;      /* the reading that is being taken came too late for some records */
	unsigned losses;   /* readings in a row that came too late for some records */
	unsigned restarts; /* since restarts_since */
	mono_t restarts_since;
	mono_t held_until; /* not read before this */
	/* What the poll that is out asks for: records from..upto; from > upto: the head alone. */
	uint64_t from, upto;
};

/* A poll for the ring, its memory in the arena. Devices without a ring: nothing to ask, ever. */
void records_poll_init(struct poll *q, struct arena *a, const struct profile *p);

/* Points of the device were read: are there new records? */
void records_look(struct core *c, size_t device, const struct now *now);
/* The poll for the ring came home, from a device that lives. */
void records_take(struct core *c, struct poll *q, const struct now *now);
/* The device answers again after it was lost: it may be another one. */
void records_came(struct core *c, size_t device);
/* A mark "records/<device>" as the store has it. */
bool records_restore(struct core *c, const char *name, const struct mark *m);

#endif
