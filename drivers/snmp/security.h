/*
 * The user-based security of SNMPv3 (RFC 3414, 3826, 7860) for one target: checks the settings,
 * makes the keys, and turns the other end's complaints into sentences.
 */
#ifndef DRIVERS_SNMP_SECURITY_H
#define DRIVERS_SNMP_SECURITY_H

#include "drivers/snmp/library.h"
#include "model/site.h"

/* SnmpAdminString (SIZE(1..32)): RFC 3414, usmUserName */
#define USER_NAME_MAX 32

/* Keys before localisation (RFC 3414 A.2). */
struct security {
	int level; /* SNMP_SEC_LEVEL_* */
	char user[USER_NAME_MAX + 1];
	oid *auth_protocol, *priv_protocol; /* the library's */
	size_t auth_protocol_length, priv_protocol_length;
	uint8_t auth_key[USM_AUTH_KU_LEN], priv_key[USM_PRIV_KU_LEN];
	size_t auth_key_length, priv_key_length;
};

/*
 * Everything but the keys, which take 4 to 50 ms each: hundreds of devices with passphrases of
 * their own would hold up the start for seconds. false with a sentence in err where the settings
 * cannot work.
 */
bool security_check(
    struct security *s, const struct snmp_target *target, char *err, size_t err_size);
/* All of it. */
bool security_make(
    struct security *s, const struct snmp_target *target, char *err, size_t err_size);

/* Fills in what a session needs of it. The session points into s until it is copied. */
void security_apply(struct security *s, netsnmp_session *session);

/* Would the same user name stand for the same keys? */
bool security_equal(const struct security *a, const struct security *b);

/*
 * What a REPORT (SNMPERR_* from snmpv3_get_report_type) means, and what to do. Returns buf.
 */
char *security_report_text(
    int report, const struct snmp_target *target, char *buf, size_t buf_size);

/*
 * It tells its engine ID, but does not reply to our user: what that may mean. Most agents are
 * silent where they cannot decrypt. Returns buf.
 */
char *security_silence_text(const struct snmp_target *target, char *buf, size_t buf_size);

#endif
