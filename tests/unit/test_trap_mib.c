/* Events as notifications, against the MIB file itself; the retry schedule. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* cmocka wants the above first */
#include <cmocka.h>

#include "sinks/trap/mib.h"
#include "sinks/trap/retry.h"
#include "sinks/trap/trap_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MIB_FILE "firmware-config/mib/FACILITY-MIB.txt"

static char mib[1 << 16];

static int
read_mib(void **state)
{
	FILE *f = fopen(MIB_FILE, "re");
	size_t n;

	(void)state;
	if (f == NULL) {
		fprintf(stderr, MIB_FILE " is not there: run from the top of the tree\n");
		return -1;
	}
	n = fread(mib, 1, sizeof(mib) - 1, f);
	mib[n] = '\0';
	fclose(f);
	return 0;
}

static struct event
full_event(enum event_type type)
{
	return (struct event){.seq = 0x1234567890ULL,
	    .wall = {1795251601250000},
	    .synced = true,
	    .type = type,
	    .priority = PRIORITY_HIGH,
	    .device = "crac1",
	    .zone = "row_a",
	    .alarm = "return_air_high",
	    .point = "return_air_temperature",
	    .from = "normal",
	    .to = "unacknowledged",
	    .has_value = true,
	    .value = 30.4,
	    .unit = "Cel",
	    .quality = QUALITY_GOOD,
	    .who = "tanaka",
	    .text = "Return air too warm",
	    .impact = "Rack A1",
	    .remedy = "Check fan and filter"};
}

/* The names in the OBJECTS of the notification number `n` of the file, and how many. */
static size_t
objects_of(unsigned n, char names[MIB_VARBINDS_MAX][40])
{
	char end[60];
	const char *at, *stop;
	size_t count = 0;

	snprintf(end, sizeof(end), "::= { facilityNotifications %u }", n);
	stop = strstr(mib, end);
	assert_non_null(stop);
	for (at = mib; strstr(at + 1, "OBJECTS {") != NULL && strstr(at + 1, "OBJECTS {") < stop;)
		at = strstr(at + 1, "OBJECTS {");
	at += strlen("OBJECTS {");
	while (count < MIB_VARBINDS_MAX) {
		at += strspn(at, " \n,");
		if (*at == '}')
			break;
		snprintf(names[count], 40, "%.*s", (int)strcspn(at, " ,\n}"), at);
		at += strcspn(at, " ,\n}");
		count++;
	}
	return count;
}

/* The number of an object of the file. */
static unsigned
number_of(const char *name)
{
	char head[60];
	const char *at;

	snprintf(head, sizeof(head), "\n%s OBJECT-TYPE", name);
	at = strstr(mib, head);
	assert_non_null(at);
	at = strstr(at, "::= { facilityObjects ");
	assert_non_null(at);
	return (unsigned)strtoul(at + strlen("::= { facilityObjects "), NULL, 10);
}

static void
the_arm_is_the_one_of_the_file(void **state)
{
	static const uint32_t arm[] = {MIB_ARM};
	char text[80] = "::= { enterprises";

	(void)state;
	for (size_t i = 6; i < sizeof(arm) / sizeof(arm[0]); i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), " %u", arm[i]);
	assert_non_null(strstr(mib, text));
}

static void
every_notification_has_the_objects_of_the_file(void **state)
{
	static const uint32_t arm[] = {MIB_ARM};
	const size_t arm_length = sizeof(arm) / sizeof(arm[0]);

	(void)state;
	for (int type = 0; type < EVENT_TYPE_COUNT; type++) {
		struct event e = full_event((enum event_type)type);
		char names[MIB_VARBINDS_MAX][40];
		struct mib_message m;
		size_t n;

		mib_message(&e, "7f3c", "annex-2f", &m);
		assert_int_equal(m.trap.length, arm_length + 2);
		assert_memory_equal(m.trap.sub, arm, sizeof(arm));
		assert_int_equal(m.trap.sub[arm_length], 0);
		n = objects_of(m.trap.sub[arm_length + 1], names);
		assert_int_equal(m.count, n);
		for (size_t i = 0; i < n; i++) {
			const struct oid *o = &m.varbinds[i].oid;

			assert_int_equal(o->length, arm_length + 3);
			assert_memory_equal(o->sub, arm, sizeof(arm));
			assert_int_equal(o->sub[arm_length], 1);
			assert_int_equal(o->sub[arm_length + 1], number_of(names[i]));
			assert_int_equal(o->sub[arm_length + 2], 0);
		}
	}
}

static const struct varbind *
find(const struct mib_message *m, const char *name)
{
	for (size_t i = 0; i < m->count; i++)
		if (m->varbinds[i].oid.sub[m->varbinds[i].oid.length - 2] == number_of(name))
			return &m->varbinds[i];
	fail_msg("no %s", name);
	return NULL;
}

static void
an_alarm_is_told_in_full(void **state)
{
	struct event e = full_event(EVENT_ALARM);
	struct mib_message m;

	(void)state;
	mib_message(&e, "7f3c", "annex-2f", &m);
	assert_string_equal(find(&m, "facilityEpoch")->text, "7f3c");
	assert_int_equal(find(&m, "facilitySeq")->type, VARBIND_COUNTER64);
	assert_true(find(&m, "facilitySeq")->u == 0x1234567890ULL);
	assert_string_equal(find(&m, "facilityTime")->text, "2026-11-21T09:00:01.250Z");
	assert_int_equal(find(&m, "facilityClock")->i, 1);
	assert_string_equal(find(&m, "facilitySite")->text, "annex-2f");
	assert_string_equal(find(&m, "facilityDevice")->text, "crac1");
	assert_string_equal(find(&m, "facilityStateTo")->text, "unacknowledged");
	assert_int_equal(find(&m, "facilityPriority")->i, 3);
	assert_string_equal(find(&m, "facilityValue")->text, "30.4");
	assert_string_equal(find(&m, "facilityUnit")->text, "Cel");
	assert_string_equal(find(&m, "facilityQuality")->text, "good");
	assert_string_equal(find(&m, "facilityRemedy")->text, "Check fan and filter");
	assert_string_equal(find(&m, "facilityWho")->text, "tanaka");

	strcpy(e.word, "leak");
	e.synced = false;
	mib_message(&e, "7f3c", "annex-2f", &m);
	assert_string_equal(find(&m, "facilityValue")->text, "leak");
	assert_int_equal(find(&m, "facilityClock")->i, 2);
	e.has_value = false;
	e.word[0] = '\0';
	mib_message(&e, "7f3c", "annex-2f", &m);
	assert_string_equal(find(&m, "facilityValue")->text, "");
	assert_string_equal(find(&m, "facilityUnit")->text, "");
	assert_string_equal(find(&m, "facilityQuality")->text, "");
}

static void
what_is_no_event_has_the_objects_of_the_file(void **state)
{
	struct event e = full_event(EVENT_OPERATOR);
	char names[MIB_VARBINDS_MAX][40];
	struct mib_message m;

	(void)state;
	mib_test(&e, "7f3c", "annex-2f", &m);
	assert_int_equal(m.trap.sub[m.trap.length - 1], 8);
	assert_int_equal(m.count, objects_of(8, names));
	for (size_t i = 0; i < m.count; i++)
		assert_int_equal(
		    m.varbinds[i].oid.sub[m.varbinds[i].oid.length - 2], number_of(names[i]));
	assert_string_equal(find(&m, "facilityWho")->text, "tanaka");
	mib_heartbeat(&e, "7f3c", "annex-2f", &m);
	assert_int_equal(m.trap.sub[m.trap.length - 1], 9);
	assert_int_equal(m.count, objects_of(9, names));
	for (size_t i = 0; i < m.count; i++)
		assert_int_equal(
		    m.varbinds[i].oid.sub[m.varbinds[i].oid.length - 2], number_of(names[i]));
}

static void
a_list_has_the_objects_of_the_file(void **state)
{
	struct event e = full_event(EVENT_ALARM);
	char names[MIB_VARBINDS_MAX][40];
	struct mib_message m;

	(void)state;
	for (unsigned kind = 0; kind < MIB_LIST_COUNT; kind++) {
		mib_list((enum mib_list)kind, &e, UINT32_MAX, 3, "7f3c", "annex-2f", &m);
		assert_int_equal(m.trap.sub[m.trap.length - 1], 10 + kind);
		assert_int_equal(m.count, objects_of(10 + kind, names));
		for (size_t i = 0; i < m.count; i++)
			assert_int_equal(m.varbinds[i].oid.sub[m.varbinds[i].oid.length - 2],
			    number_of(names[i]));
		assert_int_equal(find(&m, "facilityList")->u, UINT32_MAX);
		assert_int_equal(find(&m, "facilityListed")->u, 3);
		assert_int_equal(find(&m, "facilityListed")->type, VARBIND_UNSIGNED);
		assert_true(find(&m, "facilitySeq")->u == 0x1234567890ULL);
	}
	mib_list(MIB_LIST_ALARM, &e, 1, 1, "7f3c", "annex-2f", &m);
	assert_string_equal(find(&m, "facilityStateTo")->text, "unacknowledged");
	assert_string_equal(find(&m, "facilityWho")->text, "tanaka");
}

/* TimeTicks begin again after 497 days (2^32 hundredths of a second); they never stand still. */
/* A NOC that was set up by the file knows every state that it is told. */
static void
every_state_has_its_word_in_the_file(void **state)
{
	const char *at = strstr(mib, "\nfacilityStateFrom OBJECT-TYPE");
	const char *end = at != NULL ? strstr(at, "::= {") : NULL;
	char text[2000] = " ", word[64];

	(void)state;
	assert_non_null(end);
	/* The words alone, with a blank at both sides of each. */
	for (size_t n = 1; at < end && n + 2 < sizeof(text); at++) {
		bool is_word = (*at >= 'a' && *at <= 'z') || *at == '_';

		if (is_word || text[n - 1] != ' ')
			text[n++] = is_word ? *at : ' ';
	}
	for (int p = 0; p < ALARM_PHASE_COUNT; p++) {
		snprintf(word, sizeof(word), " %s ", alarm_phase_word((enum alarm_phase)p));
		if (strstr(text, word) == NULL)
			fail_msg("\"%s\" of an alarm is not in facilityStateFrom", word);
	}
	for (int p = DEVICE_UNKNOWN; p < DEVICE_PHASE_COUNT; p++) {
		snprintf(word, sizeof(word), " %s ", device_phase_word((enum device_phase)p));
		if (strstr(text, word) == NULL)
			fail_msg("\"%s\" of a device is not in facilityStateFrom", word);
	}
}

static void
uptime_goes_round(void **state)
{
	const struct trap t = {.started = {5 * INT64_C(1000000)}};
	const int64_t round_us = (INT64_C(1) << 32) * 10000;
	struct now now = {.mono = t.started};

	(void)state;
	assert_int_equal(trap_uptime_cs(&t, &now), 0);
	now.mono.us = t.started.us + round_us - 10000;
	assert_int_equal(trap_uptime_cs(&t, &now), UINT32_MAX);
	now.mono.us += 10000;
	assert_int_equal(trap_uptime_cs(&t, &now), 0);
	now.mono.us += 7 * round_us + 120000;
	assert_int_equal(trap_uptime_cs(&t, &now), 12);
}

static void
a_gap_says_how_much_is_missing(void **state)
{
	struct event e = full_event(EVENT_GAP);
	struct mib_message m;

	(void)state;
	e.value = 17;
	mib_message(&e, "7f3c", "annex-2f", &m);
	assert_int_equal(find(&m, "facilityMissing")->u, 17);
	e.value = 1e12;
	mib_message(&e, "7f3c", "annex-2f", &m);
	assert_int_equal(find(&m, "facilityMissing")->u, UINT32_MAX);
	e.value = -1;
	mib_message(&e, "7f3c", "annex-2f", &m);
	assert_int_equal(find(&m, "facilityMissing")->u, 0);
}

static void
pauses_grow_and_stay_bounded(void **state)
{
	(void)state;
	assert_int_equal(retry_pause_ms(1, true, 2000, 60000, 7), 0);
	for (uint32_t random = 0; random < 100000; random += 313) {
		assert_in_range(retry_pause_ms(2, true, 2000, 60000, random), 1000, 2000);
		assert_in_range(retry_pause_ms(3, true, 2000, 60000, random), 2000, 4000);
		assert_in_range(retry_pause_ms(1, false, 2000, 60000, random), 1000, 2000);
		assert_in_range(retry_pause_ms(2, false, 2000, 60000, random), 2000, 4000);
		assert_in_range(retry_pause_ms(1000, true, 2000, 60000, random), 30000, 60000);
		assert_in_range(retry_pause_ms(4000000000u, false, 0, 0, random), 125, 250);
	}
}

/* snmptranslate of Net-SNMP reads the file, where the base MIBs are at hand. */
static void
the_file_loads_in_net_snmp(void **state)
{
	const char *reference = getenv("FACILITY_REFERENCE");
	char command[600], dir[300], out[200] = "";
	FILE *p;

	(void)state;
	snprintf(dir, sizeof(dir), "%s/mibs", reference == NULL ? "" : reference);
	if (reference == NULL || access(dir, R_OK) != 0) {
		print_message("SKIPPED: FACILITY_REFERENCE names no directory with base MIBs\n");
		skip();
	}
	snprintf(command, sizeof(command),
	    "snmptranslate -M %s:firmware-config/mib -m SNMPv2-SMI:FACILITY-MIB -On "
	    "FACILITY-MIB::facilityWho.0 2>&1",
	    dir);
	p = popen(command, "re");
	assert_non_null(p);
	/* Net-SNMP may say first that it has made its directories: the answer is the last line. */
	while (fgets(out, sizeof(out), p) != NULL)
		;
	pclose(p);
	assert_string_equal(out, ".1.3.6.1.4.1.8072.9999.9999.4211.1.19.0\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_arm_is_the_one_of_the_file),
	    cmocka_unit_test(every_notification_has_the_objects_of_the_file),
	    cmocka_unit_test(an_alarm_is_told_in_full),
	    cmocka_unit_test(what_is_no_event_has_the_objects_of_the_file),
	    cmocka_unit_test(a_list_has_the_objects_of_the_file),
	    cmocka_unit_test(every_state_has_its_word_in_the_file),
	    cmocka_unit_test(uptime_goes_round),
	    cmocka_unit_test(a_gap_says_how_much_is_missing),
	    cmocka_unit_test(pauses_grow_and_stay_bounded),
	    cmocka_unit_test(the_file_loads_in_net_snmp),
	};
	return cmocka_run_group_tests(tests, read_mib, NULL);
}
