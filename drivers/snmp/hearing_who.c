/* Who sent a notification, and how far it may be believed. */
#include "base/arena.h"
#include "base/log.h"
#include "base/text.h"
#include "drivers/snmp/engines.h"
#include "drivers/snmp/hearing_i.h"
#include "drivers/snmp/message.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

/*
 * A sender learns our clock from the REPORT that answers an inform out of its time: after each
 * start of ours, and where it knows no better than to ask like that (RFC 3414 section 4 (2)). Those
 * are no news, but so many of them without a good one between, in this time, are: somebody may send
 * again what he once heard.
 */
#define UNTIMELY_QUIET 5
#define UNTIMELY_MS    60000

/* ---- addresses ------------------------------------------------------------------------------ */

struct hearing_address
hearing_address_of(const struct sockaddr_storage *a)
{
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)a;
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)a;
	struct hearing_address out = {.family = a->ss_family};

	if (a->ss_family == AF_INET) {
		memcpy(out.octets, &v4->sin_addr, 4);
	} else if (IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr)) {
		out.family = AF_INET;
		memcpy(out.octets, v6->sin6_addr.s6_addr + 12, 4);
	} else {
		memcpy(out.octets, &v6->sin6_addr, 16);
	}
	return out;
}

static struct hearing_address
parse(const char *text)
{
	struct hearing_address a = {.family = AF_INET};

	if (inet_pton(AF_INET, text, a.octets) == 1)
		return a;
	a.family = inet_pton(AF_INET6, text, a.octets) == 1 ? AF_INET6 : 0;
	return a;
}

static bool
same_address(const struct hearing_address *a, const struct hearing_address *b)
{
	return a->family == b->family && memcmp(a->octets, b->octets, sizeof(a->octets)) == 0;
}

void
hearing_who_open(struct hearing *l)
{
	size_t n = l->site->device_count;

	l->addresses = xcalloc(n + 1, sizeof(*l->addresses));
	l->security = xcalloc(n + 1, sizeof(struct security *));
	l->untimely = xcalloc(n + 1, sizeof(*l->untimely));
	l->devices = xcalloc(n + 1, sizeof(*l->devices));
	for (size_t i = 0; i < n; i++)
		if (l->site->devices[i].snmp != NULL)
			l->addresses[i] = parse(l->site->devices[i].snmp->address);
}

void
hearing_who_close(struct hearing *l)
{
	for (size_t i = 0; l->security != NULL && i < l->site->device_count; i++)
		free(l->security[i]);
	free(l->security);
	free(l->untimely);
	free(l->addresses);
	free(l->devices);
}

/* ---- versions 1 and 2c ---------------------------------------------------------------------- */

static bool
knows_community(const struct snmp_target *t, const struct hearing_notice *n)
{
	const char *c = t->trap_community != NULL ? t->trap_community
			: t->version != SNMP_V3   ? t->community
						  : NULL;

	return c != NULL && strlen(c) == n->community_length &&
	       memcmp(c, n->community, n->community_length) == 0;
}

/* The devices at that address whose community it has; returns whether any is at that address. */
static bool
find_at(struct hearing *l, const struct hearing_address *a)
{
	bool any = false;

	for (size_t i = 0; i < l->site->device_count; i++) {
		if (l->addresses[i].family == 0 || !same_address(&l->addresses[i], a))
			continue;
		any = true;
		if (knows_community(l->site->devices[i].snmp, &l->notice))
			l->devices[l->device_count++] = (int)i;
	}
	return any;
}

static enum trap_doubt
judge_plain(struct hearing *l)
{
	bool known;

	hearing_feed(l);
	if (!l->notice.there)
		return TRAP_GARBLED;
	known = find_at(l, &l->address);
	/* Sent on by another: version 1 says who made it. */
	if (!known && l->notice.has_agent)
		known = find_at(l, &l->notice.agent);
	return l->device_count > 0 ? TRAP_BELIEVED : known ? TRAP_COMMUNITY : TRAP_STRANGER;
}

/* ---- version 3 ------------------------------------------------------------------------------ */

static bool
is_known_address(const struct hearing *l)
{
	for (size_t i = 0; i < l->site->device_count; i++)
		if (same_address(&l->addresses[i], &l->address))
			return true;
	return false;
}

static int
level_of(const struct snmp_target *t)
{
	return t->auth == SNMP_AUTH_NONE   ? SNMP_SEC_LEVEL_NOAUTH
	       : t->priv == SNMP_PRIV_NONE ? SNMP_SEC_LEVEL_AUTHNOPRIV
					   : SNMP_SEC_LEVEL_AUTHPRIV;
}

/* The library has it; only who signs and encrypts as set up here may have sent it. */
static enum trap_doubt
check_level(struct hearing *l)
{
	size_t kept = 0;

	for (size_t i = 0; i < l->device_count; i++)
		if (l->notice.level >= level_of(l->site->devices[l->devices[i]].snmp))
			l->devices[kept++] = l->devices[i];
	l->device_count = kept;
	return kept > 0 ? TRAP_BELIEVED : TRAP_LEVEL;
}

/* Its keys, made at the first need: 10 to 50 ms once. NULL: they cannot be made. */
static struct security *
keys_of(struct hearing *l, size_t device)
{
	struct security *s = l->security[device];
	char err[200];

	if (s != NULL)
		return s;
	s = xcalloc(1, sizeof(*s));
	if (!security_make(s, l->site->devices[device].snmp, err, sizeof(err))) {
		free(s);
		return NULL;
	}
	l->security[device] = s;
	return s;
}

/*
 * Reads it with the keys of one device. Informs go by *our* engine, where the library has one set
 * of keys for a name: those of the device take the place of what is there while it reads.
 */
static void
feed_with(struct hearing *l, size_t device, size_t length)
{
	const struct engine_id *own = &library_engine()->id;
	const char *user = l->site->devices[device].snmp->user;
	struct security *keys = keys_of(l, device);
	struct usmUser *before = usm_get_user(own->octets, own->length, user), *ours;
	struct engine_id id = *own;
	netsnmp_session s;

	if (keys == NULL)
		return;
	if (before != NULL)
		usm_remove_user(before);
	snmp_sess_init(&s);
	s.version = SNMP_VERSION_3;
	security_apply(keys, &s);
	s.securityEngineID = id.octets;
	s.securityEngineIDLen = id.length;
	if (usm_create_user_from_session(&s) == SNMPERR_SUCCESS) {
		l->length = length;
		hearing_feed(l);
	}
	ours = usm_get_user(own->octets, own->length, user);
	if (ours != NULL) {
		usm_remove_user(ours);
		usm_free_user(ours);
	}
	if (before != NULL)
		usm_add_user(before);
}

static bool
same_user(const struct snmp_target *t, const struct message_v3 *m)
{
	return t->version == SNMP_V3 && strlen(t->user) == m->user_length &&
	       memcmp(t->user, m->user, m->user_length) == 0;
}

/* The library's REPORT puts the sender right. May it go without a word to people? */
static bool
is_put_right(struct hearing *l, size_t device, mono_t now)
{
	struct hearing_untimely *u = &l->untimely[device];

	if (l->reply_length == 0)
		return false;
	hearing_reply_now(l);
	if (u->count == 0 || mono_ms_between(now, u->since) >= UNTIMELY_MS)
		*u = (struct hearing_untimely){.since = now};
	return u->count++ < UNTIMELY_QUIET;
}

/*
 * An inform: under our engine, with the keys of the device that is at this address. One that is out
 * of its time has shown its key: no other device's is tried.
 */
static enum trap_doubt
judge_inform(struct hearing *l, const struct message_v3 *m, mono_t now, bool *quiet)
{
	const size_t length = l->length;
	bool tried = false;

	for (size_t i = 0; i < l->site->device_count; i++) {
		const struct snmp_target *t = l->site->devices[i].snmp;

		if (t == NULL || !same_user(t, m) || !same_address(&l->addresses[i], &l->address))
			continue;
		/* Several at one address may have the same keys. */
		if (l->device_count > 0) {
			const struct security *mine = keys_of(l, i);

			if (mine != NULL && security_equal(keys_of(l, (size_t)l->devices[0]), mine))
				l->devices[l->device_count++] = (int)i;
			continue;
		}
		tried = true;
		feed_with(l, i, length);
		if (l->error == SNMPERR_USM_NOTINTIMEWINDOW) {
			*quiet = is_put_right(l, i, now);
			return TRAP_KEY;
		}
		if (!l->notice.there)
			continue;
		l->untimely[i].count = 0;
		l->devices[l->device_count++] = (int)i;
	}
	if (l->notice.there)
		return check_level(l);
	if (!tried && is_known_address(l)) {
		l->length = length;
		hearing_feed(l); /* the library says to the sender that it has no such user */
	}
	if (l->reply_length > 0)
		hearing_reply_now(l);
	return tried ? TRAP_KEY : TRAP_USER;
}

/* A trap: under the sender's own engine. */
static enum trap_doubt
judge_trap(struct hearing *l, const struct engine_id *engine, const char *user)
{
	const struct engine_claim *c = NULL;

	while ((c = engines_next(c, engine, user)) != NULL)
		for (size_t i = 0; i < l->site->device_count; i++)
			if (l->site->devices[i].snmp == c->target)
				l->devices[l->device_count++] = (int)i;
	if (l->device_count == 0)
		return TRAP_USER;
	hearing_feed(l);
	if (l->notice.there)
		return check_level(l);
	l->device_count = 0;
	return TRAP_KEY;
}

static enum trap_doubt
judge_v3(struct hearing *l, mono_t now, bool *quiet)
{
	const struct own_engine *own = library_engine();
	struct engine_id engine = {0};
	char user[USER_NAME_MAX + 1];
	struct message_v3 m;

	if (!message_v3_read(l->datagram, l->length, &m) || m.user_length > USER_NAME_MAX ||
	    m.engine_length > ENGINE_ID_MAX)
		return TRAP_GARBLED;
	if (m.engine_length == 0) {
		if (!is_known_address(l))
			return TRAP_USER;
		hearing_feed(l);
		*quiet = l->reply_length > 0;
		if (*quiet)
			hearing_reply_now(l);
		return TRAP_GARBLED;
	}
	engine.length = m.engine_length;
	memcpy(engine.octets, m.engine, m.engine_length);
	memcpy(user, m.user, m.user_length);
	user[m.user_length] = '\0';
	/* What the library is shown beside these it would remember for ever. */
	return engine_id_equal(&engine, &own->id) ? judge_inform(l, &m, now, quiet)
						  : judge_trap(l, &engine, user);
}

enum trap_doubt
hearing_judge(struct hearing *l, mono_t now, bool *quiet)
{
	*quiet = false;
	l->device_count = 0;
	l->notice = (struct hearing_notice){0};
	l->error = SNMPERR_SUCCESS;
	l->reply_length = 0;
	switch (message_version(l->datagram, l->length)) {
	case MESSAGE_V1:
	case MESSAGE_V2C:
		return judge_plain(l);
	case MESSAGE_V3:
		return judge_v3(l, now, quiet);
	case MESSAGE_OTHER:
		break;
	}
	return TRAP_GARBLED;
}
