/* Devices whose SNMPv3 engine ID is ours, or another one with each message. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* cmocka wants the above first */
#include <cmocka.h>

#include "drivers/snmp/library.h"
#include "drivers/snmp/message.h"
#include "snmp_site.h"

#include <poll.h>

#define BOOTS 7

static struct fixture {
	struct core_thread core;
	char auth[25], priv[25];
	struct test_oid descr;
} f;

static int
start_all(void **state)
{
	uint8_t id[12];

	(void)state;
	oid_parse(&f.descr, "1.3.6.1.2.1.1.1.0");
	random_word(f.auth);
	random_word(f.priv);
	engine_id_for_test(id);
	core_start(&f.core, id, BOOTS);
	return 0;
}

static int
stop_all(void **state)
{
	(void)state;
	core_stop(&f.core);
	return 0;
}

static struct snmp_target
target(int port)
{
	return (struct snmp_target){.address = "127.0.0.1",
	    .port = port,
	    .version = SNMP_V3,
	    .user = "sha",
	    .auth = SNMP_AUTH_SHA,
	    .priv = SNMP_PRIV_AES,
	    .auth_passphrase = f.auth,
	    .priv_passphrase = f.priv};
}

/* snmpd with the user "sha", and this in its settings. */
static void
agent_start(struct program *p, const char *engine)
{
	char text[300];

	program_make(p);
	snprintf(text, sizeof(text), "%s\nrouser sha priv\n", engine);
	write_file(p->dir, "agent.conf", text);
	snprintf(text, sizeof(text), "createUser sha SHA \"%s\" AES \"%s\"\n", f.auth, f.priv);
	write_file(p->state, "snmpd.conf", text);
	snmpd_start(p);
	snmpd_wait(p);
}

/* What the library knows of our own engine. */
struct own_record {
	u_int boots, time;
	bool has_user;
};

static void
read_own(void *arg)
{
	const struct engine_id *id = &library_engine()->id;
	struct own_record *o = arg;

	get_enginetime(id->octets, (u_int)id->length, &o->boots, &o->time, FALSE);
	o->has_user = usm_get_user(id->octets, id->length, "sha") != NULL;
}

static void
a_device_with_our_own_engine_is_refused(void **state)
{
	char line[100], id[ENGINE_ID_TEXT_MAX];
	struct own_record own = {0};
	struct snmp_target t;
	struct program agent;
	struct test_site s;
	struct poll p;

	(void)state;
	snprintf(line, sizeof(line), "exactEngineID %s", engine_id_text(&library_engine()->id, id));
	agent_start(&agent, line);
	t = target(agent.port);
	site_make(&s, &f.core);
	site_add(&s, &t);
	assert_true(site_open(&s));
	for (int turn = 0; turn < 2; turn++) {
		assert_true(poll_once(&s, &p, 0, &f.descr, 1, 3000));
		print_message("%s\n", site_health(&s).text);
		assert_int_equal(p.answers[0].status, ANSWER_DENIED);
		assert_non_null(strstr(site_health(&s).text, "our own"));
		/* Our traps go by these. */
		core_call(&f.core, read_own, &own);
		assert_int_equal(own.boots, BOOTS);
		assert_false(own.has_user);
	}
	site_close(&s);
	program_free(&agent);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_device_with_our_own_engine_is_refused),
	};
	return cmocka_run_group_tests(tests, start_all, stop_all);
}
