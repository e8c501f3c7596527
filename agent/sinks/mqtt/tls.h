/*
 * TLS towards the broker: our own OpenSSL context, given to libmosquitto. The library's own
 * settings accept the certificate of "*.com" and say only "certificate verify failed"; here
 * OpenSSL checks chain, dates and name itself and the reason is kept, so that a person reads what
 * to do. MQTT thread only.
 */
#ifndef SINKS_MQTT_TLS_H
#define SINKS_MQTT_TLS_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>

struct tls;

/*
 * For one connection to `host` (a name, or a numeric address). The files are read anew each time,
 * so a renewed certificate needs no restart. cert and key may be NULL. NULL with a sentence in err
 * where a file cannot be used.
 */
struct tls *tls_new(const char *host, const char *ca_file, const char *cert_file,
    const char *key_file, char *err, size_t err_size);
void tls_free(struct tls *t); /* NULL is allowed */

SSL_CTX *tls_context(struct tls *t);

/* The handshake was complete for us. With TLS 1.3 the broker may still refuse our certificate. */
bool tls_was_up(const struct tls *t);

/*
 * Why the handshake failed, as a phrase: "the broker's certificate is not valid before ...".
 * false: TLS itself saw no reason (the connection broke).
 */
bool tls_explain(const struct tls *t, char *buf, size_t size);

#endif
