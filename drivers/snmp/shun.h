/*
 * The objects of one device that spoil a GET for the others: remembered, so that they cost nothing
 * extra in each cycle. A v1 agent refuses a whole GET over one missing object; some agents fall
 * silent over one. Pure.
 */
#ifndef DRIVERS_SNMP_SHUN_H
#define DRIVERS_SNMP_SHUN_H

#include "base/clock.h"
#include "model/profile.h"

/* An object that is shunned is asked in a GET of its own, after the others. */
struct shun {
	const struct oid *oid; /* by identity: the pointer that asks carry */
	uint8_t code;          /* error-status of the refusal; 0: it met silence */
	mono_t until;          /* before this it is not asked beside others */
	int64_t pause_ms;      /* how long that was */
	mono_t asked_at;
	unsigned doubt; /* number of the GET that it failed in with others; 0: none */
};

struct shun_list {
	struct shun
	    *items; /* of `room`: as many as the device has objects, so none is turned away */
	size_t count, room;

	unsigned doubt;      /* number of the last GET that failed as a whole */
	unsigned doubt_size; /* variables in it */
	unsigned doubt_left; /* those not answered alone yet; 0: it is explained */
};

/* NULL: not shunned. */
struct shun *shun_find(const struct shun_list *l, const struct oid *oid);
/*
 * Adds or changes; pause_ms: for so long it is not asked where there is anything else to ask.
 * Nothing happens where the list is full.
 */
void shun_put(
    struct shun_list *l, const struct oid *oid, uint8_t code, mono_t now, int64_t pause_ms);
void shun_drop(struct shun_list *l, const struct oid *oid);

/*
 * A GET of these n failed as a whole and nobody knows why: each is asked alone, and if all of them
 * are answered so, it was the size.
 */
void shun_doubt(struct shun_list *l, const struct oid *const *oids, size_t n, mono_t now);
/*
 * What came of one that was asked alone; before it is dropped or put anew. The size that is to
 * blame where it was the last one; else 0.
 */
unsigned shun_alone(struct shun_list *l, const struct oid *oid, bool answered);

#endif
