/*
 * Sending traps and informs: the part of net-snmp that sinks/trap needs. Core thread only (v3 in
 * net-snmp is not thread-safe), nothing here blocks.
 */
#ifndef DRIVERS_SNMP_NOTIFY_H
#define DRIVERS_SNMP_NOTIFY_H

#include "base/loop.h"
#include "model/site.h"

/*
 * Once, before any link or receiver is opened: our authoritative engine. engine_id is 5..32
 * octets, fixed for the life of the store; boots was raised and is on disk already (RFC 3414
 * 2.2.2). Without this, traps are dropped silently by the receiver after a crash.
 */
void snmp_engine_start(
    struct loop *loop, const uint8_t *engine_id, size_t engine_id_length, uint32_t boots);

enum varbind_type {
	VARBIND_INTEGER,
	VARBIND_UNSIGNED,
	VARBIND_COUNTER64,
	VARBIND_TEXT,
	VARBIND_OID
};

struct varbind {
	struct oid oid;
	enum varbind_type type;
	int64_t i;        /* INTEGER */
	uint64_t u;       /* UNSIGNED (Gauge32), COUNTER64 */
	const char *text; /* TEXT: UTF-8, at most 255 octets are sent */
	struct oid value; /* OID */
};

enum notify_result {
	NOTIFY_SENT,      /* a trap left; nobody will ever confirm it */
	NOTIFY_CONFIRMED, /* the receiver answered the inform */
	NOTIFY_TIMED_OUT,
	NOTIFY_FAILED, /* see text: wrong password, unknown user, no route, ... */
};

struct notify_session;

/*
 * A session to one receiver; the receiver need not be there. For v3 informs it finds the
 * receiver's engine by an own, non-blocking discovery. NULL with a sentence in err: settings that
 * cannot work.
 */
struct notify_session *notify_open(const struct receiver_spec *r, char *err, size_t err_size);
void notify_close(struct notify_session *s);

/* Tells how one notification went. `text` is for people, valid during the call. */
typedef void notify_fn(
    void *arg, uint64_t tag, enum notify_result result, const char *text, const struct now *now);

/*
 * Sends one notification: sysUpTime.0 and snmpTrapOID.0 are put in front. fn is called exactly
 * once, never from inside this call. Tries once; the retry schedule is the caller's. false: the
 * notification before it is still out, nothing was sent, fn will not be called.
 */
bool notify_send(struct notify_session *s, const struct oid *trap, const struct varbind *vb,
    size_t vb_count, uint32_t uptime_cs, uint64_t tag, notify_fn *fn, void *arg);

#endif
