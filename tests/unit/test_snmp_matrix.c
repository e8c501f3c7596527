/*
 * SNMPv3 as a whole against the real snmpd: every way to sign with every way to encrypt, and what
 * is wrong told apart while the others go on.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* cmocka wants the above first */
#include <cmocka.h>

#include "snmp_site.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

struct way {
	int value;
	const char *name; /* as in snmpd.conf */
};

static const struct way auths[] = {{SNMP_AUTH_SHA, "SHA"}, {SNMP_AUTH_SHA224, "SHA-224"},
    {SNMP_AUTH_SHA256, "SHA-256"}, {SNMP_AUTH_SHA384, "SHA-384"}, {SNMP_AUTH_SHA512, "SHA-512"},
    {SNMP_AUTH_MD5, "MD5"}};
static const struct way privs[] = {{SNMP_PRIV_NONE, ""}, {SNMP_PRIV_AES, "AES"},
    {SNMP_PRIV_AES192, "AES-192"}, {SNMP_PRIV_AES256, "AES-256"},
    {SNMP_PRIV_AES192_CISCO, "AES-192-C"}, {SNMP_PRIV_AES256_CISCO, "AES-256-C"},
    {SNMP_PRIV_DES, "DES"}};

#define USERS (COUNT(auths) * COUNT(privs))

static struct fixture {
	struct core_thread core;
	struct program agent;
	char users[USERS][8];
	char auth[USERS][25], priv[USERS][25]; /* a passphrase of its own for each */
} f;

static struct test_oid descr[1];

static int
start_all(void **state)
{
	uint8_t id[12];
	char text[200];

	(void)state;
	oid_parse(&descr[0], "1.3.6.1.2.1.1.1.0");
	program_make(&f.agent);
	write_file(f.agent.dir, "agent.conf", "sysDescr every way\n");
	for (size_t i = 0; i < USERS; i++) {
		const struct way *auth = &auths[i / COUNT(privs)], *priv = &privs[i % COUNT(privs)];

		snprintf(f.users[i], sizeof(f.users[i]), "u%zu", i);
		random_word(f.auth[i]);
		random_word(f.priv[i]);
		snprintf(text, sizeof(text), "rouser %s %s\n", f.users[i],
		    priv->value == SNMP_PRIV_NONE ? "auth" : "priv");
		write_file(f.agent.dir, "agent.conf", text);
		snprintf(text, sizeof(text), "createUser %s %s \"%s\" %s %s\n", f.users[i],
		    auth->name, f.auth[i], priv->name,
		    priv->value == SNMP_PRIV_NONE ? "" : f.priv[i]);
		write_file(f.agent.state, "snmpd.conf", text);
	}
	snmpd_start(&f.agent);
	snmpd_wait(&f.agent);
	engine_id_for_test(id);
	core_start(&f.core, id, 1);
	return 0;
}

static int
stop_all(void **state)
{
	(void)state;
	core_stop(&f.core);
	program_free(&f.agent);
	return 0;
}

static struct snmp_target
target_of(size_t user)
{
	return (struct snmp_target){.address = "127.0.0.1",
	    .port = f.agent.port,
	    .version = SNMP_V3,
	    .user = f.users[user],
	    .auth = (enum snmp_auth)auths[user / COUNT(privs)].value,
	    .priv = (enum snmp_priv)privs[user % COUNT(privs)].value,
	    .auth_passphrase = f.auth[user],
	    .priv_passphrase = f.priv[user],
	    .allow_weak = true};
}

static void
each_signature_goes_with_each_cipher(void **state)
{
	struct test_site s;
	struct snmp_target t;
	struct poll p;

	(void)state;
	site_make(&s, &f.core);
	for (size_t i = 0; i < USERS; i++) {
		t = target_of(i);
		site_add(&s, &t);
	}
	if (!site_open(&s))
		fail_msg("%s", s.err);
	for (size_t i = 0; i < USERS; i++) {
		assert_true(poll_once(&s, &p, (int)i, descr, 1, 3000));
		if (p.answers[0].status != ANSWER_OK)
			fail_msg("%s with %s: %s; %s", auths[i / COUNT(privs)].name,
			    privs[i % COUNT(privs)].name, answer_status_word(p.answers[0].status),
			    site_health(&s).text);
		assert_int_equal(p.values[0].length, strlen("every way"));
	}
	print_message("%zu ways, %s\n", USERS, site_health(&s).text);
	assert_int_equal(site_health(&s).garbled, 0);
	assert_int_equal(site_health(&s).timeouts, 0);
	site_close(&s);
}

/* The two extensions of a short key are no matter of taste: one does not understand the other. */
static void
the_wrong_extension_is_a_wrong_key(void **state)
{
	const size_t aes256 = 3, aes256_cisco = 5; /* both with SHA, whose hash is too short */
	struct snmp_target t = target_of(aes256);
	struct test_site s;
	struct poll p;

	(void)state;
	assert_int_equal(privs[aes256].value, SNMP_PRIV_AES256);
	assert_int_equal(privs[aes256_cisco].value, SNMP_PRIV_AES256_CISCO);
	t.priv = SNMP_PRIV_AES256_CISCO;
	site_make(&s, &f.core);
	site_add(&s, &t);
	assert_true(site_open(&s));
	assert_true(poll_once(&s, &p, 0, descr, 1, 3000));
	assert_int_not_equal(p.answers[0].status, ANSWER_OK);
	print_message("%s\n", site_health(&s).text);
	assert_non_null(strstr(site_health(&s).text, "privacy passphrase"));
	assert_non_null(strstr(site_health(&s).text, "AES-256"));
	site_close(&s);
}

static void
weak_ones_are_refused_unless_it_is_said(void **state)
{
	struct test_site s;
	struct snmp_target t;

	(void)state;
	for (size_t i = 0; i < USERS; i++) {
		bool weak = auths[i / COUNT(privs)].value == SNMP_AUTH_MD5 ||
			    privs[i % COUNT(privs)].value == SNMP_PRIV_DES;

		t = target_of(i);
		t.allow_weak = false;
		site_make(&s, &f.core);
		site_add(&s, &t);
		assert_int_equal(site_open(&s), !weak);
		if (weak)
			assert_non_null(strstr(s.err, "is broken and not used"));
		else
			site_close(&s);
	}
}

/* ---- what is wrong, while the others go on -------------------------------------------------- */

static void
faults_are_told_apart_and_stop_nobody(void **state)
{
	enum { GOOD, WRONG_AUTH, WRONG_PRIV, UNKNOWN, FAULTS };
	static const char *const sentences[FAULTS] = {
	    [GOOD] = "",
	    [WRONG_AUTH] = "wrong password: the authentication passphrase",
	    [WRONG_PRIV] = "wrong privacy passphrase",
	    [UNKNOWN] = "unknown user: it has no SNMPv3 user \"nobody\"",
	};
	struct test_site s;
	struct poll p[FAULTS], good;
	int polls = 0;

	(void)state;
	for (int fault = WRONG_AUTH; fault < FAULTS; fault++) {
		struct snmp_target t[FAULTS] = {
		    target_of(1), target_of(1), target_of(8), target_of(15)};

		t[WRONG_AUTH].user = f.users[2]; /* with the passphrases of another */
		t[WRONG_PRIV].priv_passphrase = f.priv[0];
		t[UNKNOWN].user = "nobody";
		site_make(&s, &f.core);
		site_add(&s, &t[GOOD]);
		site_add(&s, &t[fault]);
		assert_true(site_open(&s));
		poll_start(&s, &p[fault], 1, descr, 1, 2000);
		/* At least once: where we are held up here, the other may be home already. */
		do {
			assert_true(poll_once(&s, &good, 0, descr, 1, 1000));
			assert_int_equal(good.answers[0].status, ANSWER_OK);
			assert_true(good.took_ms < 300);
			polls++;
		} while (atomic_load(&p[fault].t.returns) == 0);
		assert_int_not_equal(p[fault].answers[0].status, ANSWER_OK);
		print_message("%s\n", site_health(&s).text);
		assert_non_null(strstr(site_health(&s).text, sentences[fault]));
		assert_true(site_health(&s).up);
		site_close(&s);
	}
	assert_true(polls >= FAULTS - 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_signature_goes_with_each_cipher),
	    cmocka_unit_test(the_wrong_extension_is_a_wrong_key),
	    cmocka_unit_test(weak_ones_are_refused_unless_it_is_said),
	    cmocka_unit_test(faults_are_told_apart_and_stop_nobody),
	};
	return cmocka_run_group_tests(tests, start_all, stop_all);
}
