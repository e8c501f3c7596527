/*
 * The SNMP driver against the real snmpd: v1, v2c and v3, wrong passwords, restarts, dead devices.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* cmocka wants the above first */
#include <cmocka.h>

#include "snmp_site.h"

enum { DESCR, OBJECT_ID, UPTIME, SERVICES, IN_PACKETS, LOAD, OIDS_GOOD, MISSING = OIDS_GOOD, OIDS };

static struct test_oid oids[OIDS];

static struct fixture {
	struct core_thread core;
	struct program agent;
	char community[25], auth[25], priv[25];
	char elsewhere[32]; /* where the library would keep its state if it kept any */
} f;

static int
start_all(void **state)
{
	uint8_t id[12];
	char text[600];

	(void)state;
	oid_parse(&oids[DESCR], "1.3.6.1.2.1.1.1.0");
	oid_parse(&oids[OBJECT_ID], "1.3.6.1.2.1.1.2.0");
	oid_parse(&oids[UPTIME], "1.3.6.1.2.1.1.3.0");
	oid_parse(&oids[SERVICES], "1.3.6.1.2.1.1.7.0");
	oid_parse(&oids[IN_PACKETS], "1.3.6.1.2.1.11.1.0");
	oid_parse(&oids[LOAD], "1.3.6.1.4.1.2021.10.1.6.1");
	oid_parse(&oids[MISSING], "1.3.6.1.2.1.1.99.0");

	strcpy(f.elsewhere, "/tmp/snmp-test-XXXXXX");
	if (mkdtemp(f.elsewhere) == NULL)
		return -1;
	setenv("SNMP_PERSISTENT_DIR", f.elsewhere, 1);
	setenv("HOME", f.elsewhere, 1);
	program_make(&f.agent);
	random_word(f.community);
	random_word(f.auth);
	random_word(f.priv);
	snprintf(text, sizeof(text),
	    "dontLogTCPWrappersConnects yes\nrocommunity %s 127.0.0.1\nsysServices 72\nsysDescr a "
	    "UPS for tests\n"
	    "rouser sha authpriv\nrouser sha256 authpriv\nrouser sha512 authpriv\n"
	    "rouser signs authnopriv\nrouser open noauth\n",
	    f.community);
	write_file(f.agent.dir, "agent.conf", text);
	snprintf(text, sizeof(text),
	    "createUser sha SHA \"%s\" AES \"%s\"\n"
	    "createUser sha256 SHA-256 \"%s\" AES-192 \"%s\"\n"
	    "createUser sha512 SHA-512 \"%s\" AES-256 \"%s\"\n"
	    "createUser signs SHA-224 \"%s\"\ncreateUser open\n",
	    f.auth, f.priv, f.auth, f.priv, f.auth, f.priv, f.auth);
	write_file(f.agent.state, "snmpd.conf", text);
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
target_v12(enum snmp_version version)
{
	return (struct snmp_target){.address = "127.0.0.1",
	    .port = f.agent.port,
	    .version = version,
	    .community = f.community};
}

static struct snmp_target
target_v3(const char *user, enum snmp_auth auth, enum snmp_priv priv)
{
	return (struct snmp_target){.address = "127.0.0.1",
	    .port = f.agent.port,
	    .version = SNMP_V3,
	    .user = user,
	    .auth = auth,
	    .priv = priv,
	    .auth_passphrase = f.auth,
	    .priv_passphrase = f.priv};
}

static void
check_good(const struct poll *p)
{
	for (size_t i = 0; i < OIDS_GOOD; i++) {
		if (p->answers[i].status != ANSWER_OK)
			fail_msg("OID %zu: %s (%d)", i, answer_status_word(p->answers[i].status),
			    p->answers[i].code);
		assert_true(p->answers[i].took_us > 0);
	}
	assert_int_equal(p->values[DESCR].type, SNMP_TYPE_BYTES);
	assert_int_equal(p->values[DESCR].length, strlen("a UPS for tests"));
	assert_memory_equal(p->values[DESCR].bytes, "a UPS for tests", 15);
	assert_int_equal(p->values[OBJECT_ID].type, SNMP_TYPE_NAME);
	assert_memory_equal(p->values[OBJECT_ID].bytes, "1.3.6.1.4.1.8072.3.2.10", 23);
	assert_int_equal(p->values[UPTIME].type, SNMP_TYPE_UNSIGNED);
	assert_int_equal(p->values[SERVICES].type, SNMP_TYPE_SIGNED);
	assert_int_equal(p->values[SERVICES].i, 72);
	assert_int_equal(p->values[IN_PACKETS].type, SNMP_TYPE_UNSIGNED);
	assert_true(p->values[IN_PACKETS].u > 0);
	assert_int_equal(p->values[LOAD].type, SNMP_TYPE_FLOAT);
	assert_true(p->values[LOAD].f >= 0 && p->values[LOAD].f < 1000);
}

static void
every_version_and_protocol_is_read(void **state)
{
	const struct snmp_target targets[] = {
	    target_v12(SNMP_V1),
	    target_v12(SNMP_V2C),
	    target_v3("sha", SNMP_AUTH_SHA, SNMP_PRIV_AES),
	    target_v3("sha256", SNMP_AUTH_SHA256, SNMP_PRIV_AES192),
	    target_v3("sha512", SNMP_AUTH_SHA512, SNMP_PRIV_AES256),
	    target_v3("signs", SNMP_AUTH_SHA224, SNMP_PRIV_NONE),
	    target_v3("open", SNMP_AUTH_NONE, SNMP_PRIV_NONE),
	};
	struct test_site s;
	struct poll p;

	(void)state;
	site_make(&s, &f.core);
	for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++)
		site_add(&s, &targets[i]);
	assert_true(site_open(&s));
	for (int turn = 0; turn < 3; turn++) {
		for (size_t i = 0; i < s.site.device_count; i++) {
			assert_true(poll_once(&s, &p, (int)i, oids, OIDS_GOOD, 2000));
			check_good(&p);
		}
	}
	assert_string_equal(site_health(&s).text, "7 of 7 devices answer");
	assert_int_equal(site_health(&s).timeouts, 0);
	assert_int_equal(site_health(&s).garbled, 0);
	assert_true(site_health(&s).up);
	site_close(&s);
}

#define ROWS_MAX 40

/* snmpd's own table of what it serves: by GETNEXT, by GETBULK, and by the library. */
static void
a_column_is_walked_by_every_version(void **state)
{
	const struct snmp_target targets[] = {target_v12(SNMP_V1), target_v12(SNMP_V2C),
	    target_v3("sha", SNMP_AUTH_SHA, SNMP_PRIV_AES)};
	static struct walk_row rows[3][ROWS_MAX];
	struct column_walk walks[3];
	struct test_oid column;
	struct test_site s;

	(void)state;
	oid_parse(&column, "1.3.6.1.2.1.1.9.1.3"); /* sysORDescr */
	site_make(&s, &f.core);
	for (size_t i = 0; i < 3; i++)
		site_add(&s, &targets[i])->snmp.max_varbinds = 2;
	assert_true(site_open(&s));
	for (int i = 0; i < 3; i++) {
		struct poll p;

		walks[i] = (struct column_walk){.rows = rows[i]};
		poll_walk(&s, &p, i, &column, &walks[i], ROWS_MAX);
		assert_int_equal(p.answers[0].status, ANSWER_OK);
		assert_in_range(walks[i].count, 3, ROWS_MAX);
		assert_int_equal(walks[i].more, 0);
		assert_int_equal(walks[i].count, walks[0].count);
		for (size_t k = 0; k < walks[i].count; k++) {
			assert_int_equal(rows[i][k].length, 1);
			assert_int_equal(rows[i][k].index[0], k + 1);
			assert_true(strlen(rows[i][k].text) > 10);
			assert_string_equal(rows[i][k].text, rows[0][k].text);
		}
	}
	site_close(&s);
}

static void
a_missing_object_costs_the_others_nothing(void **state)
{
	const struct snmp_target v1 = target_v12(SNMP_V1), v2 = target_v12(SNMP_V2C);
	struct test_site s;
	struct poll p;
	uint64_t before;

	(void)state;
	site_make(&s, &f.core);
	site_add(&s, &v1);
	site_add(&s, &v2);
	assert_true(site_open(&s));

	/* v1 refuses the whole GET: once more without it, in the same cycle */
	assert_true(poll_once(&s, &p, 0, oids, OIDS, 2000));
	check_good(&p);
	assert_int_equal(p.answers[MISSING].status, ANSWER_REFUSED);
	assert_int_equal(p.answers[MISSING].code, 2);
	assert_int_equal(site_health(&s).transactions, 2);

	/* and from then on it costs no request */
	before = site_health(&s).transactions;
	for (int i = 0; i < 5; i++) {
		assert_true(poll_once(&s, &p, 0, oids, OIDS, 2000));
		check_good(&p);
		assert_int_equal(p.answers[MISSING].status, ANSWER_REFUSED);
	}
	assert_int_equal(site_health(&s).transactions, before + 5);

	/* v2c says it in its place */
	before += 5;
	assert_true(poll_once(&s, &p, 1, oids, OIDS, 2000));
	check_good(&p);
	assert_int_equal(p.answers[MISSING].status, ANSWER_REFUSED);
	assert_in_range(p.answers[MISSING].code, SNMP_REFUSED_NO_OBJECT, SNMP_REFUSED_NO_INSTANCE);
	assert_int_equal(site_health(&s).transactions, before + 1);
	site_close(&s);
}

struct denial {
	struct snmp_target target;
	enum answer_status status;
	const char *text;
};

static void
wrong_settings_are_told_apart(void **state)
{
	struct denial denials[] = {
	    {target_v3("sha", SNMP_AUTH_SHA, SNMP_PRIV_AES), ANSWER_DENIED,
		"authentication passphrase"},
	    {target_v3("nobody", SNMP_AUTH_SHA, SNMP_PRIV_AES), ANSWER_DENIED, "unknown user"},
	    {target_v3("sha", SNMP_AUTH_SHA, SNMP_PRIV_AES), ANSWER_TIMEOUT, "privacy passphrase"},
	    {target_v12(SNMP_V2C), ANSWER_TIMEOUT, "no reply"},
	    {target_v3("signs", SNMP_AUTH_SHA224, SNMP_PRIV_AES), ANSWER_DENIED, "does not allow"},
	};
	struct test_site s;
	struct poll p;

	(void)state;
	denials[0].target.auth_passphrase = "quite another passphrase";
	denials[2].target.priv_passphrase = "quite another passphrase";
	denials[3].target.community = "another";
	for (size_t i = 0; i < sizeof(denials) / sizeof(denials[0]); i++) {
		struct link_health h;

		site_make(&s, &f.core);
		site_add(&s, &denials[i].target);
		assert_true(site_open(&s));
		for (int turn = 0; turn < 2; turn++) {
			assert_true(poll_once(&s, &p, 0, oids, OIDS_GOOD, 5000));
			h = site_health(&s);
			print_message("%s: %s\n", answer_status_word(p.answers[0].status), h.text);
			assert_int_equal(p.answers[0].status, denials[i].status);
			assert_non_null(strstr(h.text, denials[i].text));
			assert_false(h.up);
		}
		site_close(&s);
	}
}

static void
bad_settings_open_no_link(void **state)
{
	struct snmp_target bad[4] = {target_v12(SNMP_V2C),
	    target_v3("sha", SNMP_AUTH_MD5, SNMP_PRIV_DES),
	    target_v3("sha", SNMP_AUTH_SHA, SNMP_PRIV_AES),
	    target_v3("sha", SNMP_AUTH_NONE, SNMP_PRIV_AES)};
	struct test_site s;

	(void)state;
	bad[0].address = "ups1.example.net";
	bad[2].auth_passphrase = "short";
	for (size_t i = 0; i < 4; i++) {
		site_make(&s, &f.core);
		site_add(&s, &bad[i]);
		assert_false(site_open(&s));
		print_message("%s\n", s.err);
		assert_non_null(strstr(s.err, "device dev0: "));
	}
}

static void
a_restarted_agent_is_read_again(void **state)
{
	const struct snmp_target v3 = target_v3("sha", SNMP_AUTH_SHA, SNMP_PRIV_AES);
	struct test_site s;
	struct poll p;
	uint64_t sent;

	(void)state;
	site_make(&s, &f.core);
	site_add(&s, &v3);
	assert_true(site_open(&s));
	assert_true(poll_once(&s, &p, 0, oids, OIDS_GOOD, 2000));
	check_good(&p);

	/* the boots counter goes up: the first GET is refused and repeated, all in one cycle */
	program_kill(&f.agent, SIGTERM);
	snmpd_start(&f.agent);
	snmpd_wait(&f.agent);
	sent = site_health(&s).transactions;
	assert_true(poll_once(&s, &p, 0, oids, OIDS_GOOD, 2000));
	check_good(&p);
	assert_in_range(site_health(&s).transactions - sent, 2, 3);

	/* nobody there: known at once, not after the timeout */
	program_kill(&f.agent, SIGTERM);
	for (int i = 0; i < 2; i++) {
		assert_true(poll_once(&s, &p, 0, oids, OIDS_GOOD, 2000));
		assert_int_equal(p.answers[0].status, ANSWER_NO_LINK);
		assert_true(p.took_ms < 300);
		assert_non_null(strstr(site_health(&s).text, "nobody listens"));
	}
	snmpd_start(&f.agent);
	snmpd_wait(&f.agent);
	assert_true(poll_once(&s, &p, 0, oids, OIDS_GOOD, 2000));
	check_good(&p);
	assert_string_equal(site_health(&s).text, "1 of 1 devices answer");
	site_close(&s);
}

static void
a_replaced_agent_is_believed_when_it_knows_the_key(void **state)
{
	const struct snmp_target v3 = target_v3("sha", SNMP_AUTH_SHA, SNMP_PRIV_AES);
	struct test_site s;
	struct poll p;
	char text[300];

	(void)state;
	site_make(&s, &f.core);
	site_add(&s, &v3);
	assert_true(site_open(&s));
	assert_true(poll_once(&s, &p, 0, oids, OIDS_GOOD, 2000));
	check_good(&p);

	program_kill(&f.agent, SIGKILL);
	snprintf(text, sizeof(text), "%s/snmpd.conf", f.agent.state);
	unlink(text);
	snprintf(text, sizeof(text), "createUser sha SHA \"%s\" AES \"%s\"\n", f.auth, f.priv);
	write_file(f.agent.state, "snmpd.conf", text);
	write_file(f.agent.dir, "agent.conf", "engineID another-box\n");
	snmpd_start(&f.agent);
	snmpd_wait(&f.agent);
	assert_true(poll_once(&s, &p, 0, oids, OIDS_GOOD, 3000));
	check_good(&p);
	site_close(&s);
}

static void
an_agent_whose_boots_went_back_is_read_again(void **state)
{
	const struct snmp_target v3 = target_v3("sha", SNMP_AUTH_SHA, SNMP_PRIV_AES);
	struct test_site s;
	struct poll p;

	(void)state;
	program_kill(&f.agent, SIGTERM);
	program_set_boots(&f.agent, "snmpd.conf", "1000");
	snmpd_start(&f.agent);
	snmpd_wait(&f.agent);
	site_make(&s, &f.core);
	site_add(&s, &v3);
	assert_true(site_open(&s));
	assert_true(poll_once(&s, &p, 0, oids, OIDS_GOOD, 2000));
	check_good(&p);

	/* restored from a backup: RFC 3414 alone would refuse it for ever */
	program_kill(&f.agent, SIGTERM);
	program_set_boots(&f.agent, "snmpd.conf", "7");
	snmpd_start(&f.agent);
	snmpd_wait(&f.agent);
	assert_true(poll_once(&s, &p, 0, oids, OIDS_GOOD, 3000));
	check_good(&p);
	site_close(&s);
}

static void
nothing_was_written(void **state)
{
	struct stat st;

	(void)state;
	/* the library was told of this directory by its environment, and must not have used it */
	assert_int_equal(stat(f.elsewhere, &st), 0);
	assert_int_equal(st.st_nlink, 2); /* no directory inside */
	assert_int_equal(rmdir(f.elsewhere), 0);
}

static void
dead_devices_hold_up_nobody(void **state)
{
	struct snmp_target dead = target_v3("sha", SNMP_AUTH_SHA, SNMP_PRIV_AES);
	const struct snmp_target good = target_v12(SNMP_V2C);
	struct test_site s;
	struct poll p[21];
	int polls = 0, silent_port, silent = udp_socket(&silent_port);
	mono_t began;

	(void)state;
	dead.port = silent_port;
	site_make(&s, &f.core);
	site_add(&s, &good);
	for (int i = 0; i < 20; i++)
		site_add(&s, &dead);
	assert_true(site_open(&s));
	assert_true(poll_once(&s, &p[0], 0, oids, OIDS_GOOD, 2000));
	atomic_store(&f.core.held_us, 0);
	for (int i = 1; i <= 20; i++)
		poll_start(&s, &p[i], i, oids, OIDS_GOOD, 1000);
	began = clock_mono();
	while (mono_ms_between(clock_mono(), began) < 900) {
		assert_true(poll_once(&s, &p[0], 0, oids, OIDS_GOOD, 2000));
		check_good(&p[0]);
		polls++;
	}
	for (int i = 1; i <= 20; i++) {
		assert_true(poll_wait(&p[i], 3000));
		assert_int_equal(p[i].answers[0].status, ANSWER_TIMEOUT);
	}
	print_message("%d polls of the live device beside 20 dead ones in 0.9 s; the loop was "
		      "held for %lld us at most\n",
	    polls, (long long)atomic_load(&f.core.held_us));
	assert_true(polls > 100);
	assert_true(atomic_load(&f.core.held_us) < 100000);
	site_close(&s);
	close(silent);
}

/* The loop was held up, or the whole machine was: the answer waits at the socket. */
static void
our_own_delay_is_no_silence(void **state)
{
	const struct snmp_target v3 = target_v3("sha", SNMP_AUTH_SHA, SNMP_PRIV_AES);
	struct test_site s;
	struct poll p;

	(void)state;
	site_make(&s, &f.core);
	site_add(&s, &v3)->snmp.timeout_ms = 200;
	assert_true(site_open(&s));
	assert_true(poll_once(&s, &p, 0, oids, OIDS_GOOD, 2000));
	check_good(&p);
	for (int i = 0; i < 3; i++) {
		uint64_t sent = site_health(&s).transactions;

		poll_and_hold(&s, &p, oids, OIDS_GOOD, 500);
		assert_true(poll_wait(&p, 3000));
		check_good(&p);
		assert_int_equal(site_health(&s).transactions, sent + 1);
	}
	site_close(&s);
}

/*
 * It keeps the address that it was sent from, which may not be the way there any more, and no error
 * says so. What is known of an engine is not lost with it.
 */
static void
a_silent_devices_socket_is_opened_anew(void **state)
{
	const struct snmp_target targets[] = {
	    target_v12(SNMP_V2C), target_v3("sha", SNMP_AUTH_SHA, SNMP_PRIV_AES)};

	(void)state;
	for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
		struct test_site s;
		struct poll p;

		site_make(&s, &f.core);
		site_add(&s, &targets[i])->snmp.timeout_ms = 300;
		assert_true(site_open(&s));
		assert_true(poll_once(&s, &p, 0, oids, OIDS_GOOD, 2000));
		check_good(&p);
		for (uint64_t silences = 1; silences <= 2; silences++) {
			kill(f.agent.pid, SIGSTOP);
			assert_true(poll_once(&s, &p, 0, oids, OIDS_GOOD, 2000));
			assert_int_equal(p.answers[0].status, ANSWER_TIMEOUT);
			kill(f.agent.pid, SIGCONT);
			for (int polls = 0; polls < 3; polls++) {
				assert_true(poll_once(&s, &p, 0, oids, OIDS_GOOD, 2000));
				check_good(&p);
			}
			assert_int_equal(site_health(&s).reconnects, silences);
		}
		site_close(&s);
	}
}

static void
batons_come_home_when_the_link_is_closed(void **state)
{
	struct snmp_target dead = target_v12(SNMP_V2C);
	struct test_site s;
	struct poll p[3];
	int silent_port, silent = udp_socket(&silent_port);

	(void)state;
	dead.port = silent_port;
	site_make(&s, &f.core);
	site_add(&s, &dead);
	assert_true(site_open(&s));
	for (int i = 0; i < 3; i++)
		poll_start(&s, &p[i], 0, oids, OIDS_GOOD, 60000);
	site_close(&s);
	for (int i = 0; i < 3; i++) {
		assert_true(poll_wait(&p[i], 1000));
		assert_int_equal(atomic_load(&p[i].t.returns), 1);
		assert_int_equal(p[i].answers[0].status, ANSWER_NONE);
	}
	close(silent);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_version_and_protocol_is_read),
	    cmocka_unit_test(a_column_is_walked_by_every_version),
	    cmocka_unit_test(a_missing_object_costs_the_others_nothing),
	    cmocka_unit_test(wrong_settings_are_told_apart),
	    cmocka_unit_test(bad_settings_open_no_link),
	    cmocka_unit_test(dead_devices_hold_up_nobody),
	    cmocka_unit_test(our_own_delay_is_no_silence),
	    cmocka_unit_test(a_silent_devices_socket_is_opened_anew),
	    cmocka_unit_test(batons_come_home_when_the_link_is_closed),
	    cmocka_unit_test(a_restarted_agent_is_read_again),
	    cmocka_unit_test(an_agent_whose_boots_went_back_is_read_again),
	    cmocka_unit_test(a_replaced_agent_is_believed_when_it_knows_the_key),
	    cmocka_unit_test(nothing_was_written),
	};
	return cmocka_run_group_tests(tests, start_all, stop_all);
}
