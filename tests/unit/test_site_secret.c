/* Files with secrets: who may read them, what they must hold, and that nothing of them is shown. */
#include "site_help.h"

#define SITE_HEAD "site: {name: hall-9}\nzones: {room: {}}\n"
#define UPS(version, more)                                                                         \
	SITE_HEAD "devices: {ups1: {profile: ups-a, zone: room, snmp: {address: 192.0.2.1, "       \
		  "version: " version more "}}}\n"
#define WITH ", secrets: s.secret"
#define WEAK                                                                                       \
	"auth_protocol: MD5\nauth_passphrase: hunter2hunter2\npriv_protocol: DES\n"                \
	"priv_passphrase: hunter2hunter2\n"

static struct scratch scratch;

static struct loaded
load_site(const char *site, const char *secret, mode_t mode, bool may_wait)
{
	struct site_options o = {.config_dir = "tests/golden/site/config",
	    .boards_dir = "tests/golden/site/boards",
	    .secrets_may_wait = may_wait};

	scratch_open(&scratch);
	o.site_file = scratch_write(&scratch, "site.yaml", site, 0644);
	if (secret)
		scratch_write(&scratch, "s.secret", secret, mode);
	return load_with(&o);
}

static void
done(struct loaded *l)
{
	loaded_free(l);
	scratch_close(&scratch);
}

/* The text has this part, and the secret never. */
static void
expect(const char *site, const char *secret, mode_t mode, const char *part)
{
	struct loaded l = load_site(site, secret, mode, false);

	assert_message(&l, part);
	assert_null(l.site);
	assert_null(strstr(l.text, "hunter2"));
	done(&l);
}

static void
good_secrets_are_taken(void **state)
{
	struct loaded l = load_site(UPS("3", ", user: facility" WITH),
	    "auth_protocol: SHA-256\nauth_passphrase: hunter2hunter2\n"
	    "priv_protocol: aes\npriv_passphrase: \"hunter2 # hunter2\"\n",
	    0600, false);
	const struct snmp_target *t;

	(void)state;
	if (l.site == NULL)
		fail_msg("%s", l.text);
	t = l.site->devices[0].snmp;
	assert_string_equal(l.text, "");
	assert_int_equal(t->auth, SNMP_AUTH_SHA256);
	assert_int_equal(t->priv, SNMP_PRIV_AES);
	assert_string_equal(t->auth_passphrase, "hunter2hunter2");
	assert_string_equal(t->priv_passphrase, "hunter2 # hunter2");
	assert_int_equal(t->port, 161);
	done(&l);

	l = load_site(UPS("2c", WITH), "community: hunter2\n", 0400, false);
	assert_non_null(l.site);
	assert_string_equal(l.site->devices[0].snmp->community, "hunter2");
	done(&l);
}

static void
others_must_not_read_them(void **state)
{
	(void)state;
	expect(UPS("2c", WITH), "community: hunter2\n", 0644, "chmod 600 ");
	expect(UPS("2c", WITH), "community: hunter2\n", 0620, "(mode 0620)");
}

static void
an_absent_file_waits_only_for_a_check(void **state)
{
	struct loaded l;

	(void)state;
	expect(UPS("2c", WITH), NULL, 0, "s.secret is not there\n");
	l = load_site(UPS("2c", WITH), NULL, 0, true);
	assert_non_null(l.site);
	assert_int_equal(l.report.warnings, 1);
	assert_message(&l, "is not there yet\n");
	assert_message(&l, "the agent will not start without it");
	done(&l);
	expect(UPS("2c", ""), NULL, 0, "\"secrets\" is missing: its community");
}

static void
weak_algorithms_are_refused(void **state)
{
	(void)state;
	expect(UPS("3", ", user: a" WITH), "auth_protocol: MD5\nauth_passphrase: hunter2hunter2\n",
	    0600, "s.secret asks for MD5, which is broken");
	expect(UPS("3", ", user: a" WITH), "auth_protocol: MD5\nauth_passphrase: hunter2hunter2\n",
	    0600, "site.yaml:3:103: error: ");
	expect(UPS("3", ", user: a" WITH),
	    "auth_protocol: SHA\nauth_passphrase: hunter2hunter2\npriv_protocol: DES\n"
	    "priv_passphrase: hunter2hunter2\n",
	    0600, "asks for DES, which is broken");
	expect(UPS("3", ", user: a, allow_weak: false" WITH), WEAK, 0600,
	    "asks for MD5 and DES, which are broken");
}

static void
weak_algorithms_are_taken_with_a_warning_where_a_person_says_so(void **state)
{
	struct loaded l =
	    load_site(UPS("3", ", user: a, allow_weak: true" WITH), WEAK, 0600, false);

	(void)state;
	assert_non_null(l.site);
	assert_int_equal(l.site->devices[0].snmp->auth, SNMP_AUTH_MD5);
	assert_int_equal(l.site->devices[0].snmp->priv, SNMP_PRIV_DES);
	assert_true(l.site->devices[0].snmp->allow_weak);
	assert_int_equal(l.report.warnings, 1);
	assert_message(&l, "site.yaml:3:94: warning: MD5 and DES are in use here\n");
	done(&l);

	/* and said where it is not needed: one day it will be forgotten there */
	l = load_site(UPS("3", ", user: a, allow_weak: true" WITH),
	    "auth_protocol: SHA-512\nauth_passphrase: hunter2hunter2\npriv_protocol: AES-256-C\n"
	    "priv_passphrase: hunter2hunter2\n",
	    0600, false);
	assert_non_null(l.site);
	assert_int_equal(l.site->devices[0].snmp->priv, SNMP_PRIV_AES256_CISCO);
	assert_int_equal(l.report.warnings, 1);
	assert_message(&l, "\"allow_weak\" is not needed here");
	done(&l);
}

/* Communities are read by whoever listens: worth one line, and nothing to be mended tonight. */
static void
communities_get_one_note(void **state)
{
	struct loaded l = load_site(SITE_HEAD
	    "devices:\n"
	    "  ups1: {profile: ups-a, zone: room, snmp: {address: 192.0.2.1, version: 1" WITH "}}\n"
	    "  ups2: {profile: ups-a, zone: room, snmp: {address: 192.0.2.2, version: 2c" WITH
	    "}}\n",
	    "community: hunter2\n", 0600, false);

	(void)state;
	assert_non_null(l.site);
	assert_int_equal(l.report.warnings, 0);
	assert_message(
	    &l, "site.yaml:4:74: note: SNMP version 1 sends its community in the clear\n");
	assert_message(&l, "; it is the same with 1 more\n");
	assert_null(strstr(l.text, "version 2c sends"));
	done(&l);
}

static void
version_3_needs_all_of_it(void **state)
{
	struct loaded l;

	(void)state;
	expect(UPS("3", ", user: a" WITH), "community: hunter2\n", 0600, "has no auth_protocol");
	expect(UPS("3", ", user: a" WITH), "auth_protocol: SHA\nauth_passphrase: hunter2\n", 0600,
	    "auth_passphrase in secrets file");
	expect(UPS("3", ", user: a" WITH),
	    "auth_protocol: SHA\nauth_passphrase: hunter2hunter2\npriv_passphrase: "
	    "hunter2hunter2\n",
	    0600, "has no priv_protocol");
	expect(UPS("1", WITH), "auth_passphrase: hunter2hunter2\n", 0600, "has no community");
	l = load_site(UPS("3", ", user: a" WITH),
	    "auth_protocol: SHA\nauth_passphrase: hunter2hunter2\n", 0600, false);
	assert_non_null(l.site);
	assert_message(&l, "warning: secrets file");
	done(&l);
}

/* Whatever is wrong inside: place and reason, no line, no word of it. */
static void
nothing_inside_is_shown(void **state)
{
	static const char *const broken[] = {
	    "hunter2: x\n",
	    "community: {hunter2: 1}\n",
	    "hunter2hunter2hunter2\n",
	    "community: [hunter2\n",
	    "community: @hunter2\n",
	    "community: hunter2\ncommunity: hunter2hunter2\n",
	    "auth_protocol: hunter2\n",
	    "- hunter2\n",
	    "community: \"hunter2\n",
	    "hunter2: 1\nhunter2: 2\n",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(broken); i++)
		expect(UPS("2c", WITH), broken[i], 0600, "s.secret");
}

static void
mqtt_needs_both(void **state)
{
	static const char site[] =
	    SITE_HEAD "devices: {}\nmqtt: {broker: localhost, secrets: s.secret}\n";
	struct loaded l;

	(void)state;
	expect(site, "username: facilityd\n", 0600, "\"password\" is missing");
	l = load_site(site, "username: facilityd\npassword: hunter2\n", 0600, false);
	assert_non_null(l.site);
	assert_string_equal(l.site->mqtt.username, "facilityd");
	assert_string_equal(l.site->mqtt.password, "hunter2");
	done(&l);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(good_secrets_are_taken),
	    cmocka_unit_test(others_must_not_read_them),
	    cmocka_unit_test(an_absent_file_waits_only_for_a_check),
	    cmocka_unit_test(weak_algorithms_are_refused),
	    cmocka_unit_test(weak_algorithms_are_taken_with_a_warning_where_a_person_says_so),
	    cmocka_unit_test(communities_get_one_note),
	    cmocka_unit_test(version_3_needs_all_of_it),
	    cmocka_unit_test(nothing_inside_is_shown),
	    cmocka_unit_test(mqtt_needs_both),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
