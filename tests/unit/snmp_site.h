/* A site of SNMP devices made in C, and batons for it. */
#ifndef TESTS_UNIT_SNMP_SITE_H
#define TESTS_UNIT_SNMP_SITE_H

#include "snmp_room.h"

#define DEVICES_MAX 64
#define ASKS_MAX    40

struct test_site {
	struct core_thread *core;
	struct site site;
	struct link_spec link_spec;
	struct device_spec devices[DEVICES_MAX];
	struct snmp_target targets[DEVICES_MAX];
	struct profile profiles[DEVICES_MAX];
	char names[DEVICES_MAX][16];
	struct link_env env;
	struct link *link;
	char err[200];
};

static UNUSED void
site_make(struct test_site *s, struct core_thread *core)
{
	memset(s, 0, sizeof(*s));
	s->core = core;
	s->link_spec = (struct link_spec){.name = "snmp", .kind = LINK_SNMP};
	s->site = (struct site){
	    .name = "test", .links = &s->link_spec, .link_count = 1, .devices = s->devices};
	s->env = (struct link_env){.site = &s->site, .loop = core->loop, .answers = core->answers};
}

/* Adds a device and gives its profile, to be changed before the link is opened. */
static UNUSED struct profile *
site_add(struct test_site *s, const struct snmp_target *target)
{
	size_t i = s->site.device_count++;

	snprintf(s->names[i], sizeof(s->names[i]), "dev%zu", i);
	s->targets[i] = *target;
	s->profiles[i] = (struct profile){.name = "test", .point_count = ASKS_MAX};
	s->profiles[i].snmp.max_varbinds = 10;
	s->profiles[i].snmp.timeout_ms = 500;
	s->profiles[i].snmp.retries = 1;
	s->devices[i] = (struct device_spec){
	    .name = s->names[i], .profile = &s->profiles[i], .snmp = &s->targets[i]};
	return &s->profiles[i];
}

static void
open_link(void *arg)
{
	struct test_site *s = arg;

	s->link = snmp_driver.open(&s->env, s->err, sizeof(s->err));
}

static UNUSED bool
site_open(struct test_site *s)
{
	core_call(s->core, open_link, s);
	return s->link != NULL;
}

static void
close_link(void *arg)
{
	struct test_site *s = arg;

	snmp_driver.close(s->link);
	s->link = NULL;
}

static UNUSED void
site_close(struct test_site *s)
{
	core_call(s->core, close_link, s);
}

struct look {
	struct test_site *site;
	struct link_health health;
};

static void
look_now(void *arg)
{
	struct look *l = arg;

	snmp_driver.health(l->site->link, &l->health);
}

static UNUSED struct link_health
site_health(struct test_site *s)
{
	struct look l = {.site = s};

	core_call(s->core, look_now, &l);
	return l.health;
}

/* ---- OIDs and batons ------------------------------------------------------------------------ */

struct test_oid {
	struct oid oid;
	uint32_t sub[32];
};

static UNUSED void
oid_parse(struct test_oid *o, const char *text)
{
	char *end;

	o->oid = (struct oid){0, o->sub};
	for (const char *at = text; *at != '\0'; at = *end == '.' ? end + 1 : end)
		o->sub[o->oid.length++] = (uint32_t)strtoul(at, &end, 10);
}

/* The answers of one poll; oids must stay where they are between polls. */
struct poll {
	struct test_baton t;
	struct ask asks[ASKS_MAX];
	struct answer answers[ASKS_MAX];
	struct snmp_value values[ASKS_MAX];
	int64_t took_ms;
};

struct submit {
	struct link *link;
	struct baton *b;
};

static void
submit_baton(void *arg)
{
	struct submit *s = arg;

	snmp_driver.submit(s->link, s->b);
}

static UNUSED void
poll_make(struct poll *p, int device, const struct test_oid *oids, size_t n, int64_t budget_ms,
    enum poll_class urgency)
{
	memset(p, 0, sizeof(*p));
	sem_init(&p->t.home, 0, 0);
	p->t.b = (struct baton){.device = device,
	    .urgency = urgency,
	    .budget_ms = budget_ms,
	    .asks = p->asks,
	    .answers = p->answers,
	    .ask_count = n,
	    .ask_room = ASKS_MAX};
	for (size_t i = 0; i < n; i++) {
		p->asks[i] = (struct ask){.table = TABLE_OID, .oid = &oids[i].oid};
		p->answers[i].value = &p->values[i];
	}
}

static UNUSED void
poll_start_class(struct test_site *s, struct poll *p, int device, const struct test_oid *oids,
    size_t n, int64_t budget_ms, enum poll_class urgency)
{
	struct submit submit = {s->link, &p->t.b};

	poll_make(p, device, oids, n, budget_ms, urgency);
	core_call(s->core, submit_baton, &submit);
}

static UNUSED void
poll_start(struct test_site *s, struct poll *p, int device, const struct test_oid *oids, size_t n,
    int64_t budget_ms)
{
	poll_start_class(s, p, device, oids, n, budget_ms, POLL_NORMAL);
}

/* Waits until it is home; false: it is not within ms. */
static UNUSED bool
poll_wait(struct poll *p, int64_t ms)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	t.tv_sec += ms / 1000 + 1;
	while (sem_timedwait(&p->t.home, &t) != 0)
		if (errno != EINTR)
			return false;
	return true;
}

struct hold {
	struct submit submit;
	int ms;
};

static void
submit_and_hold(void *arg)
{
	struct hold *h = arg;

	submit_baton(&h->submit);
	rest_ms(h->ms);
}

/* Asks the first device, and holds the loop for so long afterwards, in the same turn. */
static UNUSED void
poll_and_hold(struct test_site *s, struct poll *p, const struct test_oid *oids, size_t n, int ms)
{
	struct hold h = {{s->link, &p->t.b}, ms};

	poll_make(p, 0, oids, n, 2000, POLL_NORMAL);
	core_call(s->core, submit_and_hold, &h);
}

/* One column as a whole. */
static UNUSED void
poll_walk(struct test_site *s, struct poll *p, int device, const struct test_oid *column,
    struct column_walk *walk, uint16_t most)
{
	struct submit submit = {s->link, &p->t.b};

	poll_make(p, device, column, 1, 5000, POLL_SLOW);
	p->asks[0].walk = most;
	p->answers[0].walk = walk;
	core_call(s->core, submit_baton, &submit);
	if (!poll_wait(p, 8000))
		abort();
}

static UNUSED bool
poll_once(struct test_site *s, struct poll *p, int device, const struct test_oid *oids, size_t n,
    int64_t budget_ms)
{
	mono_t began = clock_mono();
	bool home;

	poll_start(s, p, device, oids, n, budget_ms);
	home = poll_wait(p, budget_ms + 3000);
	p->took_ms = mono_ms_between(clock_mono(), began);
	return home && atomic_load(&p->t.returns) == 1;
}

#endif
