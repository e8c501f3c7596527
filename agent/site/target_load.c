/* Somebody to talk SNMP with: a device, or a receiver at the NOC. */
#include "site/loader.h"

#include <string.h>

/* RFC 3414, 11.2 and 5: a passphrase has at least 8 characters, a user's name at most 32. */
#define PASSPHRASE_MIN 8
#define USER_MAX       32
/* drivers/snmp/security.c takes no more. */
#define PASSPHRASE_MAX 255

static bool
need(struct loader *l, const struct snmp_target *t, const struct node *at, bool there,
    const char *key, const char *why)
{
	if (there)
		return true;
	HINT(l, ERROR(l, at, "secrets file %s has no %s", t->secrets, key), "%s", why);
	return false;
}

static bool
phrase_fits(struct loader *l, const struct snmp_target *t, const struct node *at,
    const char *phrase, const char *key)
{
	size_t n = phrase != NULL ? strlen(phrase) : PASSPHRASE_MIN;

	if (n < PASSPHRASE_MIN)
		HINT(l, ERROR(l, at, "%s in secrets file %s is too short", key, t->secrets),
		    "expected %d characters at least (RFC 3414)", PASSPHRASE_MIN);
	else if (n > PASSPHRASE_MAX)
		HINT(l, ERROR(l, at, "%s in secrets file %s is too long", key, t->secrets),
		    "expected %d characters at most", PASSPHRASE_MAX);
	return n >= PASSPHRASE_MIN && n <= PASSPHRASE_MAX;
}

/* Anybody who listens can break them: a person must have said that it cannot be helped. */
static bool
check_weak(struct loader *l, const struct snmp_secret_keys *secret, const struct node *map,
    const struct node *at, const struct snmp_target *t)
{
	const bool md5 = secret->auth == SNMP_AUTH_MD5, des = secret->priv == SNMP_PRIV_DES;
	const char *what = md5 && des ? "MD5 and DES" : md5 ? "MD5" : "DES";
	const char *is = md5 && des ? "are" : "is";

	if (!md5 && !des) {
		if (t->allow_weak)
			HINT(l,
			    WARNING(l, node_key(map, "allow_weak"),
				"\"allow_weak\" is not needed here"),
			    "remove it: secrets file %s has no weak algorithm", t->secrets);
		return true;
	}
	if (t->allow_weak) {
		HINT(l, WARNING(l, node_key(map, "allow_weak"), "%s %s in use here", what, is),
		    "whoever can listen can find the passphrases: keep it to a network of its own, "
		    "and use them nowhere else");
		return true;
	}
	HINT(l, ERROR(l, at, "secrets file %s asks for %s, which %s broken", t->secrets, what, is),
	    "use SHA-256 and AES, or what else it can, here and in the device; allow_weak: true "
	    "beside \"secrets\" where it can do no better");
	return false;
}

static bool
check_v3(struct loader *l, const struct snmp_secret_keys *k, const struct node *at,
    const struct snmp_target *t)
{
	bool good = need(l, t, at, k->auth != SNMP_AUTH_NONE, "auth_protocol",
	    "expected SHA or better: without it anybody could answer for the device");

	good = need(l, t, at, k->auth_passphrase != NULL, "auth_passphrase",
		   "version 3 is used with authentication") &&
	       good;
	if (k->priv != SNMP_PRIV_NONE || k->priv_passphrase) {
		good = need(l, t, at, k->priv != SNMP_PRIV_NONE, "priv_protocol",
			   "expected AES, or no priv_passphrase") &&
		       good;
		good = need(l, t, at, k->priv_passphrase != NULL, "priv_passphrase",
			   "privacy needs it, or no priv_protocol") &&
		       good;
	} else if (good) {
		HINT(l, WARNING(l, at, "secrets file %s has no privacy", t->secrets),
		    "everybody on the network can read along; expected priv_protocol AES");
	}
	return phrase_fits(l, t, at, k->auth_passphrase, "auth_passphrase") &&
	       phrase_fits(l, t, at, k->priv_passphrase, "priv_passphrase") && good;
}

/* The user belongs to version 3 and to no other. */
static bool
check_user(
    struct loader *l, const struct snmp_keys *k, const struct node *map, const struct node *at)
{
	if (k->version == SNMP_V3 && k->user == NULL) {
		HINT(l, ERROR(l, at, "\"user\" is missing: version 3 needs it"),
		    "expected the user name that is set in the device");
		return false;
	}
	if (k->version != SNMP_V3 && k->user) {
		HINT(l, ERROR(l, node_key(map, "user"), "\"user\" belongs to version 3"),
		    "remove it: versions 1 and 2c have a community, in the secrets file");
		return false;
	}
	if (k->user && strlen(k->user) > USER_MAX) {
		HINT(l, ERROR(l, node_get(map, "user"), "the name of the user is too long"),
		    "expected %d characters at most (RFC 3414)", USER_MAX);
		return false;
	}
	return true;
}

static bool
no_secrets(struct loader *l, const struct snmp_keys *k, const struct node *at)
{
	const char *what = k->version == SNMP_V3 ? "the passphrases of its user" : "its community";
	struct finding *x;

	if (l->options->secrets_may_wait) {
		x = WARNING(l, at, "\"secrets\" is missing: %s", what);
		HINT(l, x, "the agent will not start without it");
		return true;
	}
	x = ERROR(l, at, "\"secrets\" is missing: %s", what);
	HINT(l, x, "expected secrets: the path of a file with mode 0600");
	return false;
}

/* One note for all of them: it is nothing to be mended tonight. */
static void
note_clear(struct loader *l, const struct node *at)
{
	if (l->clear_count++ > 0)
		return;
	l->clear = NOTE(l, at, "SNMP version %s sends its community in the clear", at->text);
	HINT(l, l->clear,
	    "whoever can listen can answer in its place; version 3 is better where the device can");
}

void
targets_finish(struct loader *l)
{
	if (l->clear_count > 1)
		HINT(l, l->clear, "it is the same with %u more", l->clear_count - 1);
}

bool
target_load(struct loader *l, const struct snmp_keys *k, const struct node *map,
    const struct node *at, struct snmp_target *out)
{
	const struct node *secrets_at = node_get(map, "secrets");
	bool good;
	struct snmp_secret_keys secret = {0};
	bool missing;

	*out = (struct snmp_target){.address = k->address,
	    .port = (int)k->port,
	    .version = (enum snmp_version)k->version,
	    .user = k->user,
	    .secrets = k->secrets,
	    .allow_weak = k->allow_weak,
	    .place = node_place(at)};
	if (node_get(map, "version") == NULL || !check_user(l, k, map, at))
		return false;
	if (k->secrets == NULL)
		return no_secrets(l, k, at);
	if (!secret_load(l, &section_snmp_secrets, k->secrets, secrets_at, &secret, &missing))
		return missing;
	out->community = secret.community;
	out->trap_community = secret.trap_community;
	out->auth = (enum snmp_auth)secret.auth;
	out->priv = (enum snmp_priv)secret.priv;
	out->auth_passphrase = secret.auth_passphrase;
	out->priv_passphrase = secret.priv_passphrase;
	if (k->version == SNMP_V3) {
		good = check_weak(l, &secret, map, secrets_at, out);
		return check_v3(l, &secret, secrets_at, out) && good;
	}
	if (!need(l, out, secrets_at, secret.community != NULL, "community",
		"versions 1 and 2c need it"))
		return false;
	note_clear(l, node_get(map, "version"));
	return true;
}
