#include "usm.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>
#include <sys/random.h>

#define PASSPHRASE_OCTETS 1048576 /* RFC 3414 A.2.2: the passphrase repeated to this length */

uint32_t
engine_time_s(const struct engine *e, int64_t now_us)
{
	return (uint32_t)((now_us - e->start_us) / 1000000);
}

static void
put32(uint8_t *p, uint32_t v)
{
	for (int i = 3; i >= 0; i--, v >>= 8)
		p[i] = (uint8_t)v;
}

static const struct {
	const EVP_MD *(*hash)(void);
	unsigned key;    /* octets */
	unsigned digest; /* octets that are sent */
	const char *word;
} auths[] = {
    [SNMP_AUTH_SHA] = {EVP_sha1, 20, 12, "SHA"},
    [SNMP_AUTH_SHA_256] = {EVP_sha256, 32, 24, "SHA-256"},
};

/* RFC 3414 A.2.2: Ku = H(1 MiB of passphrase); Kul = H(Ku, engine ID, Ku). */
static bool
make_key(
    const struct engine *e, enum snmp_auth auth, const char *passphrase, uint8_t key[USM_KEY_MAX])
{
	const EVP_MD *hash = auths[auth].hash();
	size_t key_size = auths[auth].key;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	size_t length = strlen(passphrase), at = 0;
	uint8_t block[64];
	bool ok = ctx && length && EVP_DigestInit_ex(ctx, hash, NULL);

	for (int done = 0; ok && done < PASSPHRASE_OCTETS; done += (int)sizeof block) {
		for (size_t i = 0; i < sizeof block; i++)
			block[i] = (uint8_t)passphrase[at++ % length];
		ok = EVP_DigestUpdate(ctx, block, sizeof block);
	}
	ok = ok && EVP_DigestFinal_ex(ctx, key, NULL) && EVP_DigestInit_ex(ctx, hash, NULL) &&
	     EVP_DigestUpdate(ctx, key, key_size) && EVP_DigestUpdate(ctx, e->id, e->id_length) &&
	     EVP_DigestUpdate(ctx, key, key_size) && EVP_DigestFinal_ex(ctx, key, NULL);
	EVP_MD_CTX_free(ctx);
	return ok;
}

bool
usm_make_user(struct usm_user *u, const struct engine *e, enum snmp_auth auth, const char *name,
    const char *auth_passphrase, const char *priv_passphrase)
{
	u->name = name;
	u->auth = auth;
	return getrandom(&u->salt, sizeof u->salt, 0) == (ssize_t)sizeof u->salt &&
	       make_key(e, auth, auth_passphrase, u->auth_key) &&
	       make_key(e, auth, priv_passphrase, u->priv_key);
}

size_t
usm_digest_size(const struct usm_user *u)
{
	return auths[u->auth].digest;
}

const char *
usm_auth_word(enum snmp_auth auth)
{
	return auths[auth].word;
}

bool
usm_digest(const struct usm_user *u, const uint8_t *message, size_t n, uint8_t *digest)
{
	uint8_t full[EVP_MAX_MD_SIZE];
	unsigned length;

	if (!HMAC(auths[u->auth].hash(), u->auth_key, (int)auths[u->auth].key, message, n, full,
		&length))
		return false;
	memcpy(digest, full, auths[u->auth].digest);
	return true;
}

bool
usm_crypt(const struct usm_user *u, bool encrypt, uint32_t boots, uint32_t time_s,
    const uint8_t salt[USM_SALT], uint8_t *bytes, size_t n)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	uint8_t iv[16];
	int length = 0;
	bool ok;

	put32(iv, boots);
	put32(iv + 4, time_s);
	memcpy(iv + 8, salt, USM_SALT);
	ok = ctx && EVP_CipherInit_ex(ctx, EVP_aes_128_cfb128(), NULL, u->priv_key, iv, encrypt) &&
	     EVP_CipherUpdate(ctx, bytes, &length, bytes, (int)n) && (size_t)length == n;
	EVP_CIPHER_CTX_free(ctx);
	return ok;
}

void
usm_next_salt(struct usm_user *u, uint8_t salt[USM_SALT])
{
	put32(salt, (uint32_t)(u->salt >> 32));
	put32(salt + 4, (uint32_t)u->salt);
	u->salt++;
}
