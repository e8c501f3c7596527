/* The SNMPv3 engines of others: users and clocks made and taken away in the library. */
#include "drivers/snmp/engines.h"

#include <string.h>

static struct engine_claim *claims;

static bool
same_user(const struct engine_claim *a, const struct engine_claim *b)
{
	return engine_id_equal(&a->id, &b->id) && strcmp(a->target->user, b->target->user) == 0;
}

static void
forget_user(const struct engine_claim *c)
{
	struct usmUser *user;

	/* Whoever has other keys for it gets them when it is looked up anew. */
	for (const struct engine_claim *o = claims; o != NULL; o = o->next)
		if (same_user(c, o) && security_equal(c->security, o->security))
			return;
	user = usm_get_user(c->id.octets, c->id.length, c->target->user);
	if (user == NULL)
		return;
	usm_remove_user(user);
	usm_free_user(user);
}

void
engines_release(struct engine_claim *c)
{
	if (c->id.length == 0)
		return;
	for (struct engine_claim **at = &claims; *at != NULL; at = &(*at)->next) {
		if (*at == c) {
			*at = c->next;
			break;
		}
	}
	forget_user(c);
	c->id.length = 0;
}

static bool
same_place(const struct engine_claim *a, const struct engine_claim *b)
{
	return a->target->port == b->target->port &&
	       strcmp(a->target->address, b->target->address) == 0;
}

static void
warn_of_twin(struct engine_claim *c)
{
	for (const struct engine_claim *o = claims; o != NULL; o = o->next) {
		if (o == c || !o->device || same_place(c, o) || !engine_id_equal(&o->id, &c->id))
			continue;
		fault_say(&c->twin_fault, clock_mono(), LOG_LEVEL_WARN,
		    "%s and %s have the same SNMP engine ID: SNMPv3 takes them for one and may "
		    "refuse either; give each its own",
		    c->name, o->name);
		return;
	}
}

void
engines_claim(struct engine_claim *c, const struct engine_id *id)
{
	engines_release(c);
	c->id = *id;
	c->next = claims;
	claims = c;
	if (c->device)
		warn_of_twin(c);
}

const struct engine_claim *
engines_clash(const struct engine_claim *c, const struct engine_id *id)
{
	for (const struct engine_claim *o = claims; o != NULL; o = o->next)
		if (o != c && engine_id_equal(&o->id, id) &&
		    strcmp(o->target->user, c->target->user) == 0 &&
		    !security_equal(o->security, c->security))
			return o;
	return NULL;
}

const struct engine_claim *
engines_next(const struct engine_claim *after, const struct engine_id *id, const char *user)
{
	const struct engine_claim *c = after != NULL ? after->next : claims;

	while (c != NULL &&
	       (!c->device || !engine_id_equal(&c->id, id) || strcmp(c->target->user, user) != 0))
		c = c->next;
	return c;
}

void
engines_forget_clock(const struct engine_id *id)
{
	Enginetime e;

	if (id->length == 0 || engine_id_equal(id, &library_engine()->id))
		return;
	/* Not free_enginetime(): in 5.9.3 it forgets every engine of the same hash. */
	e = search_enginetime_list(id->octets, (u_int)id->length);
	if (e == NULL)
		return;
	e->engineBoot = 0;
	e->engineTime = 0;
	e->lastReceivedEngineTime = (time_t)snmpv3_local_snmpEngineTime();
	e->authenticatedFlag = 0;
}
