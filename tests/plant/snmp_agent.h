/*
 * One SNMP agent: a UDP socket of its own, messages of one version. (Version 3: snmp_v3.c.)
 * Community strings and passphrases are made at random at each start.
 */
#ifndef PLANT_SNMP_AGENT_H
#define PLANT_SNMP_AGENT_H

#include "delay.h"
#include "loop.h"
#include "mib.h"
#include "snmp_pdu.h"

/* The longest reply; what would be longer is tooBig. Any network carries it in one piece. */
enum { SNMP_MESSAGE_MAX = 1400, SNMP_SECRET_MAX = 33 };

#define SNMP_USER "facility"

/* Reports that the USM and the dispatcher give; each is a counter (RFC 3414, RFC 3412). */
enum snmp_report {
	UNSUPPORTED_SECURITY_LEVELS,
	NOT_IN_TIME_WINDOWS,
	UNKNOWN_USER_NAMES,
	UNKNOWN_ENGINE_IDS,
	WRONG_DIGESTS,
	DECRYPTION_ERRORS,
	UNKNOWN_CONTEXTS,
	SNMP_REPORTS
};

struct snmp_agent {
	struct watch watch;
	struct delay delay;
	struct device *device;
	struct mib mib;
	struct engine engine;
	char community[SNMP_SECRET_MAX]; /* v1, v2c */
	struct usm_user user;            /* v3 */
	uint32_t reports[SNMP_REPORTS];
	int64_t silent_until_us; /* it boots, and answers nothing */
	int64_t busy_until_us;   /* a slow one is at work on replies until then */
};

/* Opens the agent of d on a free port of 127.0.0.1 (d->port). The agent's engine and its community
 * or user are already set. False: errno says why. */
bool snmp_agent_open(struct snmp_agent *a, struct device *d);
void snmp_agent_close(struct snmp_agent *a);

/* It starts anew: what it had to send is forgotten, its time begins at 0, and nothing is answered
 * before the time given. Its boots are the caller's. */
void snmp_agent_restart(struct snmp_agent *a, int64_t now_us, int64_t silent_until_us);

/* Answers one message of version 3; the reply is written to out. False: there is none. */
bool snmp_v3_answer(
    struct snmp_agent *a, const uint8_t *message, size_t n, int64_t now_us, struct ber_out *out);

/* Makes a message at authPriv of the trap's PDU that is in out; the device's engine is the
 * authoritative one. False: it does not fit, or the crypto library failed. */
bool snmp_v3_wrap_trap(struct snmp_agent *a, int32_t id, int64_t now_us, struct ber_out *out);

#endif
