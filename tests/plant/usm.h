/*
 * The User-based Security Model of an authoritative SNMP engine with one user: HMAC-SHA1-96
 * (RFC 3414) or HMAC-SHA256-192 (RFC 7860), and AES-128-CFB (RFC 3826).
 */
#ifndef PLANT_USM_H
#define PLANT_USM_H

#include "device.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { USM_DIGEST_MAX = 24, USM_SALT = 8, USM_KEY_MAX = 32, ENGINE_ID_MAX = 32 };

struct engine {
	uint8_t id[ENGINE_ID_MAX];
	size_t id_length;
	uint32_t boots;
	int64_t start_us; /* monotonic; engine time counts from here */
};

/* snmpEngineTime: seconds since the start. */
uint32_t engine_time_s(const struct engine *e, int64_t now_us);

struct usm_user {
	const char *name;
	enum snmp_auth auth;
	uint8_t auth_key[USM_KEY_MAX]; /* localised */
	uint8_t priv_key[USM_KEY_MAX]; /* localised; the first 16 octets are the AES key */
	uint64_t salt;                 /* next one; never used twice in a run */
};

/* Makes the user's keys for engine e of two passphrases (8 characters and more), and a first salt.
 * False: the crypto library or the random source failed. */
bool usm_make_user(struct usm_user *u, const struct engine *e, enum snmp_auth auth,
    const char *name, const char *auth_passphrase, const char *priv_passphrase);

/* Octets of that user's digest, and the protocol's name in the agent's secrets file. */
size_t usm_digest_size(const struct usm_user *u);
const char *usm_auth_word(enum snmp_auth auth);

/* The digest of a whole message in which the digest's own octets are zero. */
bool usm_digest(const struct usm_user *u, const uint8_t *message, size_t n, uint8_t *digest);

/* Encrypts or decrypts n bytes in place, with the message's boots, time and salt. */
bool usm_crypt(const struct usm_user *u, bool encrypt, uint32_t boots, uint32_t time_s,
    const uint8_t salt[USM_SALT], uint8_t *bytes, size_t n);

/* Writes the next salt. */
void usm_next_salt(struct usm_user *u, uint8_t salt[USM_SALT]);

#endif
