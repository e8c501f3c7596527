/* SNMPv3 settings checked, keys made, and complaints of the other end as sentences. */
#include "drivers/snmp/security.h"

#include "base/text.h"

#include <string.h>

/* RFC 3414 section 11.2: shorter ones must not be taken. */
#define PASSPHRASE_MIN 8

struct protocol {
	const char *name;
	oid *id;
	size_t length;
	bool weak; /* broken: only where the site says so */
};

#define PROTOCOL(text, array)                                                                      \
	{                                                                                          \
		text, array, OID_LENGTH(array), false                                              \
	}
#define WEAK_PROTOCOL(text, array)                                                                 \
	{                                                                                          \
		text, array, OID_LENGTH(array), true                                               \
	}

static const struct protocol auth_protocols[] = {
    [SNMP_AUTH_NONE] = PROTOCOL("none", usmNoAuthProtocol),
    [SNMP_AUTH_SHA] = PROTOCOL("SHA", usmHMACSHA1AuthProtocol),
    [SNMP_AUTH_SHA224] = PROTOCOL("SHA-224", usmHMAC128SHA224AuthProtocol),
    [SNMP_AUTH_SHA256] = PROTOCOL("SHA-256", usmHMAC192SHA256AuthProtocol),
    [SNMP_AUTH_SHA384] = PROTOCOL("SHA-384", usmHMAC256SHA384AuthProtocol),
    [SNMP_AUTH_SHA512] = PROTOCOL("SHA-512", usmHMAC384SHA512AuthProtocol),
    [SNMP_AUTH_MD5] = WEAK_PROTOCOL("MD5", usmHMACMD5AuthProtocol), /* RFC 6151 */
};

static const struct protocol priv_protocols[] = {
    [SNMP_PRIV_NONE] = PROTOCOL("none", usmNoPrivProtocol),
    [SNMP_PRIV_AES] = PROTOCOL("AES", usmAESPrivProtocol),
    /* Keys after the Blumenthal draft, then after Reeder's; no RFC exists. */
    [SNMP_PRIV_AES192] = PROTOCOL("AES-192", usmAES192PrivProtocol),
    [SNMP_PRIV_AES256] = PROTOCOL("AES-256", usmAES256PrivProtocol),
    [SNMP_PRIV_AES192_CISCO] = PROTOCOL("AES-192-C", usmAES192CiscoPrivProtocol),
    [SNMP_PRIV_AES256_CISCO] = PROTOCOL("AES-256-C", usmAES256CiscoPrivProtocol),
    [SNMP_PRIV_DES] = WEAK_PROTOCOL("DES", usmDESPrivProtocol), /* 56 bits */
};

/* A site has many devices and few passphrases: the keys of the last ones are kept. */
#define KEPT_COUNT     4
#define PASSPHRASE_MAX 256

static struct kept_key {
	const oid *protocol;
	char passphrase[PASSPHRASE_MAX];
	uint8_t key[USM_AUTH_KU_LEN];
	size_t length;
} kept[KEPT_COUNT];
static size_t kept_next;

static bool
make_key(const struct protocol *auth, const char *passphrase, uint8_t *key, size_t *length)
{
	struct kept_key *k;

	for (size_t i = 0; i < KEPT_COUNT; i++) {
		k = &kept[i];
		if (k->protocol != auth->id || strcmp(k->passphrase, passphrase) != 0)
			continue;
		memcpy(key, k->key, k->length);
		*length = k->length;
		return true;
	}
	k = &kept[kept_next];
	k->protocol = NULL;
	k->length = sizeof(k->key);
	if (!text_copy(k->passphrase, sizeof(k->passphrase), passphrase) ||
	    generate_Ku(auth->id, (u_int)auth->length, (const u_char *)passphrase,
		strlen(passphrase), k->key, &k->length) != SNMPERR_SUCCESS)
		return false;
	k->protocol = auth->id;
	kept_next = (kept_next + 1) % KEPT_COUNT;
	memcpy(key, k->key, k->length);
	*length = k->length;
	return true;
}

static bool
passphrase_fits(const char *what, const char *passphrase, char *err, size_t err_size)
{
	size_t n = passphrase == NULL ? 0 : strlen(passphrase);

	if (n >= PASSPHRASE_MIN && n < PASSPHRASE_MAX)
		return true;
	text_printf(err, err_size,
	    "the %s passphrase has %zu characters; SNMPv3 wants %d to %d (RFC 3414 section 11.2)",
	    what, n, PASSPHRASE_MIN, PASSPHRASE_MAX - 1);
	return false;
}

static bool
choose_protocols(struct security *s, const struct snmp_target *t, char *err, size_t err_size)
{
	const struct protocol *auth = &auth_protocols[t->auth];
	const struct protocol *priv = &priv_protocols[t->priv];

	if ((auth->weak || priv->weak) && !t->allow_weak) {
		text_printf(err, err_size,
		    "%s is broken and not used: choose SHA-256 and AES, or what else the device "
		    "can; allow_weak: true where it can do no better",
		    auth->weak ? auth->name : priv->name);
		return false;
	}
	if (t->auth == SNMP_AUTH_NONE && t->priv != SNMP_PRIV_NONE) {
		text_printf(
		    err, err_size, "SNMPv3 cannot encrypt without authentication: set both");
		return false;
	}
	s->auth_protocol = auth->id;
	s->auth_protocol_length = auth->length;
	s->priv_protocol = priv->id;
	s->priv_protocol_length = priv->length;
	s->level = t->auth == SNMP_AUTH_NONE   ? SNMP_SEC_LEVEL_NOAUTH
		   : t->priv == SNMP_PRIV_NONE ? SNMP_SEC_LEVEL_AUTHNOPRIV
					       : SNMP_SEC_LEVEL_AUTHPRIV;
	return true;
}

bool
security_check(struct security *s, const struct snmp_target *t, char *err, size_t err_size)
{
	size_t name = t->user == NULL ? 0 : strlen(t->user);

	*s = (struct security){0};
	if (name < 1 || name > USER_NAME_MAX) {
		text_printf(err, err_size,
		    "the SNMPv3 user name has %zu characters, allowed are 1 to %d", name,
		    USER_NAME_MAX);
		return false;
	}
	text_copy(s->user, sizeof(s->user), t->user);
	return choose_protocols(s, t, err, err_size) &&
	       (t->auth == SNMP_AUTH_NONE ||
		   passphrase_fits("authentication", t->auth_passphrase, err, err_size)) &&
	       (t->priv == SNMP_PRIV_NONE ||
		   passphrase_fits("privacy", t->priv_passphrase, err, err_size));
}

bool
security_make(struct security *s, const struct snmp_target *t, char *err, size_t err_size)
{
	const struct protocol *auth = &auth_protocols[t->auth];
	bool ok = true;

	if (!security_check(s, t, err, err_size))
		return false;
	if (t->auth != SNMP_AUTH_NONE)
		ok = make_key(auth, t->auth_passphrase, s->auth_key, &s->auth_key_length);
	if (t->priv != SNMP_PRIV_NONE)
		ok = ok && make_key(auth, t->priv_passphrase, s->priv_key, &s->priv_key_length);
	if (!ok)
		text_printf(err, err_size, "the SNMP library cannot make a key for %s with %s",
		    auth->name, priv_protocols[t->priv].name);
	return ok;
}

void
security_apply(struct security *s, netsnmp_session *session)
{
	session->securityModel = SNMP_SEC_MODEL_USM;
	session->securityLevel = s->level;
	session->securityName = s->user;
	session->securityNameLen = strlen(s->user);
	session->securityAuthProto = s->auth_protocol;
	session->securityAuthProtoLen = s->auth_protocol_length;
	session->securityPrivProto = s->priv_protocol;
	session->securityPrivProtoLen = s->priv_protocol_length;
	memcpy(session->securityAuthKey, s->auth_key, s->auth_key_length);
	session->securityAuthKeyLen = s->auth_key_length;
	memcpy(session->securityPrivKey, s->priv_key, s->priv_key_length);
	session->securityPrivKeyLen = s->priv_key_length;
}

bool
security_equal(const struct security *a, const struct security *b)
{
	return a->level == b->level && a->auth_protocol == b->auth_protocol &&
	       a->priv_protocol == b->priv_protocol && a->auth_key_length == b->auth_key_length &&
	       a->priv_key_length == b->priv_key_length &&
	       memcmp(a->auth_key, b->auth_key, a->auth_key_length) == 0 &&
	       memcmp(a->priv_key, b->priv_key, a->priv_key_length) == 0;
}

char *
security_report_text(int report, const struct snmp_target *t, char *buf, size_t buf_size)
{
	const char *auth = auth_protocols[t->auth].name, *priv = priv_protocols[t->priv].name;

	switch (report) {
	case SNMPERR_UNKNOWN_USER_NAME:
		text_printf(buf, buf_size, "unknown user: it has no SNMPv3 user \"%s\"", t->user);
		break;
	case SNMPERR_AUTHENTICATION_FAILURE:
		text_printf(buf, buf_size,
		    "wrong password: the authentication passphrase or the protocol %s of user "
		    "\"%s\" does not fit",
		    auth, t->user);
		break;
	case SNMPERR_DECRYPTION_ERR:
		text_printf(buf, buf_size,
		    "wrong password: the privacy passphrase or the protocol %s of user \"%s\" "
		    "does not fit",
		    priv, t->user);
		break;
	case SNMPERR_UNSUPPORTED_SEC_LEVEL:
		text_printf(buf, buf_size,
		    "it does not allow user \"%s\" with authentication %s and privacy %s", t->user,
		    auth, priv);
		break;
	case SNMPERR_NOT_IN_TIME_WINDOW:
		text_printf(buf, buf_size,
		    "its SNMPv3 clock does not settle: do two devices have the same engine ID?");
		break;
	case SNMPERR_UNKNOWN_ENG_ID:
		text_printf(buf, buf_size, "its SNMPv3 engine ID keeps changing");
		break;
	case SNMPERR_BAD_CONTEXT:
		text_printf(buf, buf_size, "it does not know the SNMPv3 context");
		break;
	default:
		text_printf(
		    buf, buf_size, "it reports an SNMPv3 error that has no name here (%d)", report);
		break;
	}
	return buf;
}

/* Where the keys may have been made in the other way, its name. */
static const char *
other_extension(enum snmp_priv priv)
{
	static const char *const others[] = {
	    [SNMP_PRIV_AES192] = "AES-192-C",
	    [SNMP_PRIV_AES256] = "AES-256-C",
	    [SNMP_PRIV_AES192_CISCO] = "AES-192",
	    [SNMP_PRIV_AES256_CISCO] = "AES-256",
	    [SNMP_PRIV_DES] = NULL,
	};

	return others[priv];
}

char *
security_silence_text(const struct snmp_target *t, char *buf, size_t buf_size)
{
	const char *other = other_extension(t->priv);

	if (t->priv == SNMP_PRIV_NONE)
		text_printf(buf, buf_size,
		    "%s port %d tells its engine ID, but does not reply to user \"%s\": does it "
		    "want privacy, or allow our address?",
		    t->address, t->port, t->user);
	else
		text_printf(buf, buf_size,
		    "%s port %d does not reply to user \"%s\": wrong privacy passphrase or "
		    "protocol "
		    "(%s%s%s)?",
		    t->address, t->port, t->user, priv_protocols[t->priv].name,
		    other != NULL ? ", or is it " : "", other != NULL ? other : "");
	return buf;
}
