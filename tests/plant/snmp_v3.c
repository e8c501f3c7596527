/*
 * SNMPv3 messages (RFC 3412) under the USM (RFC 3414), as the authoritative engine: requests are
 * answered at authPriv only; discovery and time synchronisation by reports.
 */
#include "snmp_agent.h"

#include <openssl/crypto.h>
#include <string.h>

enum { FLAG_AUTH = 1, FLAG_PRIV = 2, FLAG_REPORTABLE = 4 };
enum { SECURITY_MODEL_USM = 3, TIME_WINDOW_S = 150, MESSAGE_BYTES = 4096 };

/* Octets that a message puts around its PDU, at most: headers 32, security 112, context 24. */
enum { WRAPPING = 168 };

struct v3_message {
	int32_t id, max_size, boots, time_s;
	uint8_t flags;
	struct ber_in engine, user, digest, salt;
	struct ber_in data; /* the element: a SEQUENCE in the clear, a STRING encrypted */
};

static const char *const report_names[SNMP_REPORTS] = {
    [UNSUPPORTED_SECURITY_LEVELS] = "1.3.6.1.6.3.15.1.1.1.0",
    [NOT_IN_TIME_WINDOWS] = "1.3.6.1.6.3.15.1.1.2.0",
    [UNKNOWN_USER_NAMES] = "1.3.6.1.6.3.15.1.1.3.0",
    [UNKNOWN_ENGINE_IDS] = "1.3.6.1.6.3.15.1.1.4.0",
    [WRONG_DIGESTS] = "1.3.6.1.6.3.15.1.1.5.0",
    [DECRYPTION_ERRORS] = "1.3.6.1.6.3.15.1.1.6.0",
    [UNKNOWN_CONTEXTS] = "1.3.6.1.6.3.12.1.5.0",
};

static bool
read_security(struct ber_in in, struct v3_message *v)
{
	struct ber_in s;

	return ber_get(&in, BER_SEQUENCE, &s) && ber_get(&s, BER_STRING, &v->engine) &&
	       ber_get_int(&s, &v->boots) && ber_get_int(&s, &v->time_s) &&
	       ber_get(&s, BER_STRING, &v->user) && ber_get(&s, BER_STRING, &v->digest) &&
	       ber_get(&s, BER_STRING, &v->salt);
}

static bool
read_message(const uint8_t *bytes, size_t n, struct v3_message *v)
{
	struct ber_in in = {bytes, bytes + n}, message, header, flags, security;
	int32_t version, model;

	if (!ber_get(&in, BER_SEQUENCE, &message) || !ber_get_int(&message, &version) ||
	    !ber_get(&message, BER_SEQUENCE, &header) || !ber_get_int(&header, &v->id) ||
	    !ber_get_int(&header, &v->max_size) || !ber_get(&header, BER_STRING, &flags) ||
	    ber_left(&flags) != 1 || !ber_get_int(&header, &model) || model != SECURITY_MODEL_USM ||
	    !ber_get(&message, BER_STRING, &security))
		return false;
	v->flags = *flags.p;
	v->data = message;
	return read_security(security, v);
}

/* Wraps the PDU that is in out as a reply of the level in flags: context, encryption, security
 * parameters with the boots given, header, digest. */
static bool
wrap(struct snmp_agent *a, const struct v3_message *v, unsigned flags, uint32_t boots,
    int64_t now_us, struct ber_out *out)
{
	const struct engine *e = &a->engine;
	uint8_t salt[USM_SALT] = {0}, digest[USM_DIGEST_MAX] = {0}, flag_byte = (uint8_t)flags;
	uint32_t time_s = engine_time_s(e, now_us);
	size_t auth = flags & FLAG_AUTH ? usm_digest_size(&a->user) : 0;
	size_t priv = flags & FLAG_PRIV ? USM_SALT : 0;

	ber_put_string(out, "", 0); /* context name */
	ber_put_string(out, e->id, e->id_length);
	ber_put_header(out, BER_SEQUENCE, 0);
	if (priv) {
		usm_next_salt(&a->user, salt);
		if (out->full ||
		    !usm_crypt(&a->user, true, boots, time_s, salt, out->p, ber_written(out)))
			return false;
		ber_put_header(out, BER_STRING, 0);
	}
	size_t body = ber_written(out);
	ber_put_string(out, salt, priv);
	ber_put_bytes(out, digest, auth);
	uint8_t *digest_place = out->p;
	ber_put_header(out, BER_STRING, ber_written(out) - auth);
	ber_put_string(out, v->user.p, ber_left(&v->user));
	ber_put_int(out, BER_INTEGER, time_s);
	ber_put_int(out, BER_INTEGER, boots);
	ber_put_string(out, e->id, e->id_length);
	ber_put_header(out, BER_SEQUENCE, body);
	ber_put_header(out, BER_STRING, body);
	size_t header = ber_written(out);
	ber_put_int(out, BER_INTEGER, SECURITY_MODEL_USM);
	ber_put_string(out, &flag_byte, 1);
	ber_put_int(out, BER_INTEGER, SNMP_MESSAGE_MAX);
	ber_put_int(out, BER_INTEGER, v->id);
	ber_put_header(out, BER_SEQUENCE, header);
	ber_put_int(out, BER_INTEGER, SNMP_V3);
	ber_put_header(out, BER_SEQUENCE, 0);
	if (out->full)
		return false;
	return !auth || usm_digest(&a->user, out->p, ber_written(out), digest_place);
}

/* Gives the report, at the level that the asker can check. False: it did not ask for reports. */
static bool
report(struct snmp_agent *a, const struct v3_message *v, enum snmp_report which, int64_t now_us,
    struct ber_out *out)
{
	struct oid name = {0};
	struct ber_in in = v->data, scoped, skip;
	struct snmp_request q = {0};
	bool authentic = which == NOT_IN_TIME_WINDOWS || which == DECRYPTION_ERRORS;

	a->reports[which]++;
	a->device->counters.exceptions++;
	if (!(v->flags & FLAG_REPORTABLE))
		return false;
	/* The request's id, where it can be read. */
	if (!(v->flags & FLAG_PRIV) && ber_get(&in, BER_SEQUENCE, &scoped) &&
	    ber_get(&scoped, BER_STRING, &skip) && ber_get(&scoped, BER_STRING, &skip) &&
	    !snmp_request_read(&scoped, &q))
		q.id = 0;
	ber_put_int(out, BER_COUNTER32, a->reports[which]);
	if (!oid_append(&name, report_names[which]))
		return false;
	ber_put_oid(out, &name);
	ber_put_header(out, BER_SEQUENCE, 0);
	snmp_put_pdu(out, PDU_REPORT, q.id, NO_ERROR, 0, 0);
	return wrap(a, v, authentic ? FLAG_AUTH : 0, a->engine.boots, now_us, out);
}

bool
snmp_v3_wrap_trap(struct snmp_agent *a, int32_t id, int64_t now_us, struct ber_out *out)
{
	const uint8_t *name = (const uint8_t *)a->user.name;
	struct v3_message v = {.id = id, .user = {name, name + strlen(a->user.name)}};

	return wrap(a, &v, FLAG_AUTH | FLAG_PRIV, a->engine.boots, now_us, out);
}

static bool
same(const struct ber_in *in, const void *bytes, size_t n)
{
	return ber_left(in) == n && memcmp(in->p, bytes, n) == 0;
}

/* Is the digest right? message is a copy: the digest's place is cleared. */
static bool
digest_right(const struct snmp_agent *a, const uint8_t *original, uint8_t *message, size_t n,
    const struct v3_message *v)
{
	uint8_t digest[USM_DIGEST_MAX];
	size_t size = usm_digest_size(&a->user);

	if (ber_left(&v->digest) != size)
		return false;
	memset(message + (v->digest.p - original), 0, size);
	return usm_digest(&a->user, message, n, digest) &&
	       CRYPTO_memcmp(digest, v->digest.p, size) == 0;
}

static bool
in_time_window(const struct engine *e, const struct v3_message *v, int64_t now_us)
{
	int64_t ahead_s = (int64_t)v->time_s - engine_time_s(e, now_us);

	return (uint32_t)v->boots == e->boots && ahead_s <= TIME_WINDOW_S &&
	       ahead_s >= -TIME_WINDOW_S;
}

/* The USM's checks in their order. SNMP_REPORTS: the message is authentic and timely. */
static enum snmp_report
check(struct snmp_agent *a, const struct v3_message *v, const uint8_t *original, uint8_t *copy,
    size_t n, int64_t now_us)
{
	if (!same(&v->engine, a->engine.id, a->engine.id_length))
		return UNKNOWN_ENGINE_IDS;
	if (!same(&v->user, a->user.name, strlen(a->user.name)))
		return UNKNOWN_USER_NAMES;
	if (!(v->flags & FLAG_AUTH))
		return UNSUPPORTED_SECURITY_LEVELS;
	if (!digest_right(a, original, copy, n, v))
		return WRONG_DIGESTS;
	if (!in_time_window(&a->engine, v, now_us))
		return NOT_IN_TIME_WINDOWS;
	return SNMP_REPORTS;
}

/* Opens the scoped PDU; an encrypted one is decrypted into plain. False: it cannot be read. */
static bool
open_scoped(
    const struct snmp_agent *a, const struct v3_message *v, uint8_t *plain, struct ber_in *scoped)
{
	struct ber_in in = v->data, secret;

	if (v->flags & FLAG_PRIV) {
		if (!ber_get(&in, BER_STRING, &secret) || ber_left(&v->salt) != USM_SALT)
			return false;
		size_t n = ber_left(&secret);
		memcpy(plain, secret.p, n);
		if (!usm_crypt(&a->user, false, (uint32_t)v->boots, (uint32_t)v->time_s, v->salt.p,
			plain, n))
			return false;
		in = (struct ber_in){plain, plain + n};
	}
	return ber_get(&in, BER_SEQUENCE, scoped);
}

bool
snmp_v3_answer(
    struct snmp_agent *a, const uint8_t *message, size_t n, int64_t now_us, struct ber_out *out)
{
	struct device *d = a->device;
	uint8_t copy[MESSAGE_BYTES], plain[MESSAGE_BYTES];
	struct v3_message v;
	struct ber_in scoped, engine, context;
	struct snmp_request q;

	if (n > sizeof copy || !read_message(message, n, &v)) {
		d->counters.damaged++;
		return false;
	}
	memcpy(copy, message, n);
	enum snmp_report problem = check(a, &v, message, copy, n, now_us);
	if (problem == UNKNOWN_USER_NAMES || problem == WRONG_DIGESTS ||
	    problem == UNSUPPORTED_SECURITY_LEVELS)
		d->counters.wrong_auth++;
	if (problem != SNMP_REPORTS)
		return report(a, &v, problem, now_us, out);
	if (!open_scoped(a, &v, plain, &scoped) || !ber_get(&scoped, BER_STRING, &engine) ||
	    !ber_get(&scoped, BER_STRING, &context) || !snmp_request_read(&scoped, &q)) {
		d->counters.wrong_auth++;
		return report(a, &v, DECRYPTION_ERRORS, now_us, out);
	}
	if (!same(&engine, a->engine.id, a->engine.id_length) || ber_left(&context) != 0)
		return report(a, &v, UNKNOWN_CONTEXTS, now_us, out);
	if (q.type != PDU_GET && q.type != PDU_GETNEXT && q.type != PDU_GETBULK &&
	    q.type != PDU_SET)
		return false;
	size_t limit = v.max_size < SNMP_MESSAGE_MAX && v.max_size >= 484 ? (size_t)v.max_size
									  : SNMP_MESSAGE_MAX;
	d->stale = d->wire.lie == LIE_WINDOW && !d->stale;
	if (v.flags & FLAG_PRIV)
		snmp_answer(d, &a->mib, SNMP_V3, &q, limit - WRAPPING, now_us, out);
	else
		snmp_answer_error(d, &q, AUTHORIZATION_ERROR, 0, out);
	return wrap(
	    a, &v, v.flags & (FLAG_AUTH | FLAG_PRIV), a->engine.boots - d->stale, now_us, out);
}
