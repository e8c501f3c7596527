#include "sinks/mqtt/tls.h"

#include "base/arena.h"
#include "base/text.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define HOST_MAX      256
#define PATH_TEXT_MAX 128

struct tls {
	SSL_CTX *ctx;
	char host[HOST_MAX];
	char ca_file[PATH_TEXT_MAX]; /* for texts */
	int verify_error;            /* X509_V_ERR_*; X509_V_OK: none */
	char date[32];               /* of the certificate, where the date is the reason */
	int alert;                   /* what the broker said last; -1: nothing */
	bool done;                   /* our side of the handshake was complete */
};

/* ---- what happens in a handshake ----------------------------------------------------------- */

static void
note_date(struct tls *t, const ASN1_TIME *date)
{
	struct tm tm;

	if (date != NULL && ASN1_TIME_to_tm(date, &tm) == 1)
		strftime(t->date, sizeof(t->date), "%Y-%m-%d %H:%M UTC", &tm);
}

/* OpenSSL's judgement stands; only the first reason is written down. */
static int
on_verify(int ok, X509_STORE_CTX *store)
{
	const SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
	struct tls *t = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
	const X509 *cert = X509_STORE_CTX_get_current_cert(store);

	if (ok || t->verify_error != X509_V_OK)
		return ok;
	t->verify_error = X509_STORE_CTX_get_error(store);
	if (t->verify_error == X509_V_ERR_CERT_NOT_YET_VALID && cert != NULL)
		note_date(t, X509_get0_notBefore(cert));
	if (t->verify_error == X509_V_ERR_CERT_HAS_EXPIRED && cert != NULL)
		note_date(t, X509_get0_notAfter(cert));
	return ok;
}

static void
on_info(const SSL *ssl, int where, int ret)
{
	struct tls *t = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));

	if ((where & SSL_CB_HANDSHAKE_DONE) != 0)
		t->done = true;
	if ((where & SSL_CB_READ_ALERT) == SSL_CB_READ_ALERT)
		t->alert = ret & 0xFF;
}

/* ---- life ---------------------------------------------------------------------------------- */

static bool
fail(const char *what, const char *file, char *err, size_t err_size)
{
	text_printf(err, err_size, "cannot use the %s %s: %s", what, file,
	    errno != 0 ? strerror(errno)
		       : "it has no such PEM block, does not fit the certificate, or wants a "
			 "passphrase");
	ERR_clear_error();
	return false;
}

static bool
load_files(struct tls *t, const char *ca_file, const char *cert_file, const char *key_file,
    char *err, size_t err_size)
{
	errno = 0;
	if (SSL_CTX_load_verify_file(t->ctx, ca_file) != 1)
		return fail("CA file", ca_file, err, err_size);
	if (cert_file == NULL)
		return true;
	errno = 0;
	if (SSL_CTX_use_certificate_chain_file(t->ctx, cert_file) != 1)
		return fail("certificate file", cert_file, err, err_size);
	errno = 0;
	if (key_file == NULL)
		key_file = cert_file; /* both in one file */
	if (SSL_CTX_use_PrivateKey_file(t->ctx, key_file, SSL_FILETYPE_PEM) != 1)
		return fail("key file", key_file, err, err_size);
	errno = 0;
	if (SSL_CTX_check_private_key(t->ctx) != 1)
		return fail("key file", key_file, err, err_size);
	return true;
}

/* The name (or address) is checked by OpenSSL as part of the verification. */
static bool
expect_host(SSL_CTX *ctx, const char *host)
{
	X509_VERIFY_PARAM *param = SSL_CTX_get0_param(ctx);
	unsigned char address[16];

	X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	if (inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1)
		return X509_VERIFY_PARAM_set1_ip_asc(param, host) == 1;
	return X509_VERIFY_PARAM_set1_host(param, host, 0) == 1;
}

/* A key with a passphrase would make OpenSSL ask at the terminal, and wait. */
static int
no_passphrase(char *buf, int size, int writing, void *arg)
{
	(void)buf;
	(void)size;
	(void)writing;
	(void)arg;
	return 0;
}

struct tls *
tls_new(const char *host, const char *ca_file, const char *cert_file, const char *key_file,
    char *err, size_t err_size)
{
	struct tls *t = xcalloc(1, sizeof(*t));

	t->alert = -1;
	t->verify_error = X509_V_OK;
	text_copy(t->host, sizeof(t->host), host);
	text_copy(t->ca_file, sizeof(t->ca_file), ca_file);
	t->ctx = SSL_CTX_new(TLS_client_method());
	if (t->ctx == NULL) {
		text_copy(err, err_size, "OpenSSL cannot make a TLS context");
		tls_free(t);
		return NULL;
	}
	SSL_CTX_set_app_data(t->ctx, t);
	SSL_CTX_set_min_proto_version(t->ctx, TLS1_2_VERSION);
	SSL_CTX_set_options(t->ctx, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
	SSL_CTX_set_default_passwd_cb(t->ctx, no_passphrase);
	SSL_CTX_set_verify(t->ctx, SSL_VERIFY_PEER, on_verify);
	SSL_CTX_set_info_callback(t->ctx, on_info);
	if (!expect_host(t->ctx, host)) {
		text_printf(err, err_size, "\"%s\" is no host name that TLS could check", host);
		tls_free(t);
		return NULL;
	}
	if (!load_files(t, ca_file, cert_file, key_file, err, err_size)) {
		tls_free(t);
		return NULL;
	}
	return t;
}

void
tls_free(struct tls *t)
{
	if (t == NULL)
		return;
	SSL_CTX_free(t->ctx);
	free(t);
}

SSL_CTX *
tls_context(struct tls *t)
{
	return t->ctx;
}

bool
tls_was_up(const struct tls *t)
{
	return t->done;
}

/* ---- why ----------------------------------------------------------------------------------- */

static bool
is_wrong_ca(int error)
{
	return error == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT ||
	       error == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY ||
	       error == X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE ||
	       error == X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN ||
	       error == X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT ||
	       error == X509_V_ERR_CERT_SIGNATURE_FAILURE;
}

static void
explain_verify(const struct tls *t, char *buf, size_t size)
{
	int error = t->verify_error;

	if (is_wrong_ca(error))
		text_printf(buf, size,
		    "the broker's certificate is not signed by the CA in %s: wrong CA file, or not "
		    "our "
		    "broker",
		    t->ca_file);
	else if (error == X509_V_ERR_CERT_NOT_YET_VALID)
		text_printf(buf, size,
		    "the broker's certificate is not valid before %s: check the clock of this "
		    "machine",
		    t->date);
	else if (error == X509_V_ERR_CERT_HAS_EXPIRED)
		text_printf(buf, size,
		    "the broker's certificate expired on %s: renew it, or check the clock of this "
		    "machine",
		    t->date);
	else if (error == X509_V_ERR_HOSTNAME_MISMATCH || error == X509_V_ERR_IP_ADDRESS_MISMATCH)
		text_printf(buf, size,
		    "the broker's certificate is not for \"%s\": use the name that stands in it",
		    t->host);
	else
		text_printf(buf, size, "the broker's certificate is refused: %s",
		    X509_verify_cert_error_string(error));
}

bool
tls_explain(const struct tls *t, char *buf, size_t size)
{
	if (t->verify_error != X509_V_OK) {
		explain_verify(t, buf, size);
		return true;
	}
	switch (t->alert) {
	case -1:
	case SSL_AD_CLOSE_NOTIFY:
		return false;
	case TLS13_AD_CERTIFICATE_REQUIRED:
		text_copy(
		    buf, size, "the broker wants a client certificate: set cert_file, key_file");
		return true;
	case SSL_AD_UNKNOWN_CA:
	case SSL_AD_BAD_CERTIFICATE:
	case SSL_AD_CERTIFICATE_UNKNOWN:
	case SSL_AD_CERTIFICATE_EXPIRED:
	case SSL_AD_CERTIFICATE_REVOKED:
		text_printf(buf, size, "the broker refuses our client certificate: %s",
		    SSL_alert_desc_string_long(t->alert));
		return true;
	default:
		text_printf(buf, size, "the broker ends the TLS handshake: %s",
		    SSL_alert_desc_string_long(t->alert));
		return true;
	}
}
