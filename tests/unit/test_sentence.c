/* core/sentence: what people read, in both languages; nothing is left unfilled or cut badly. */
#include "core/sentence.h"

#include "base/lang.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const struct word words[] = {
    {.raw = 1, .text = "open", .title = {.en = "open", .ja = "開"}},
    {.raw = 2, .text = "closed"},
};
static const struct unit celsius = {.code = "Cel", .label = "°C"}, one = {.code = "1", .label = ""};
static const struct point_spec points[] = {
    {.name = "temperature",
	.title = {.en = "Temperature", .ja = "温度"},
	.unit = &celsius,
	.codec = {.scale = 0.1}},
    {.name = "door",
	.title = {.en = "UPS door", .ja = "扉"},
	.words = words,
	.word_count = COUNT(words),
	.unit = &one,
	.codec = {.scale = 1}},
};
static const struct profile profile = {.points = points,
    .point_count = COUNT(points),
    .modbus = {.timeout_ms = 800},
    .snmp = {.timeout_ms = 2000}};
static const struct link_spec link_ = {.name = "io_1"};
static const struct snmp_target target = {.address = "10.0.0.7", .port = 161};

static void
speak(enum language l)
{
	char err[256];

	if (!lang_use(language_code(l), err, sizeof(err)))
		fail_msg("%s", err);
}

static void
durations(void **state)
{
	static const struct {
		int64_t ms;
		const char *en, *ja;
	} cases[] = {
	    {0, "0 ms", "0ミリ秒"},
	    {800, "800 ms", "800ミリ秒"},
	    {1000, "1 s", "1秒"},
	    {1250, "1.3 s", "1.3秒"},
	    {90000, "90 s", "90秒"},
	    {120000, "2 min", "2分"},
	    {5400000, "90 min", "90分"},
	    {9000000, "2.5 h", "2.5時間"},
	    {259200000, "3 d", "3日"},
	};
	char text[32];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		speak(LANGUAGE_EN);
		sentence_duration(cases[i].ms, text, sizeof(text));
		assert_string_equal(text, cases[i].en);
		speak(LANGUAGE_JA);
		sentence_duration(cases[i].ms, text, sizeof(text));
		assert_string_equal(text, cases[i].ja);
	}
}

static void
values(void **state)
{
	char text[64];

	(void)state;
	sentence_value(&points[0], 30.4, LANGUAGE_EN, text, sizeof(text));
	assert_string_equal(text, "30.4 °C");
	sentence_value(&points[1], 1, LANGUAGE_JA, text, sizeof(text));
	assert_string_equal(text, "開");
	sentence_value(&points[1], 2, LANGUAGE_JA, text, sizeof(text));
	assert_string_equal(text, "closed");
	sentence_value(&points[1], 9, LANGUAGE_EN, text, sizeof(text));
	assert_string_equal(text, "unknown(9)");
	sentence_word(&points[1], 1, text, sizeof(text));
	assert_string_equal(text, "open");
	sentence_word(&points[0], 1, text, sizeof(text));
	assert_string_equal(text, "");
}

static void
kinds_of_transitions(void **state)
{
	static const struct {
		enum alarm_phase from, to;
		enum sentence_kind kind;
	} cases[] = {
	    {ALARM_NORMAL, ALARM_UNACKNOWLEDGED, SENTENCE_RAISED},
	    {ALARM_RETURNED, ALARM_UNACKNOWLEDGED, SENTENCE_RAISED},
	    {ALARM_LATCHED_ACKNOWLEDGED, ALARM_UNACKNOWLEDGED, SENTENCE_RAISED},
	    {ALARM_UNACKNOWLEDGED, ALARM_RETURNED, SENTENCE_RETURNED},
	    {ALARM_ACKNOWLEDGED, ALARM_NORMAL, SENTENCE_RETURNED},
	    {ALARM_UNACKNOWLEDGED, ALARM_ACKNOWLEDGED, SENTENCE_ACKNOWLEDGED},
	    {ALARM_RETURNED, ALARM_NORMAL, SENTENCE_ACKNOWLEDGED},
	    {ALARM_UNACKNOWLEDGED, ALARM_LATCHED_UNACKNOWLEDGED, SENTENCE_LATCHED},
	    {ALARM_ACKNOWLEDGED, ALARM_LATCHED_ACKNOWLEDGED, SENTENCE_LATCHED},
	    {ALARM_LATCHED_UNACKNOWLEDGED, ALARM_LATCHED_ACKNOWLEDGED, SENTENCE_ACKNOWLEDGED},
	    {ALARM_LATCHED_ACKNOWLEDGED, ALARM_NORMAL, SENTENCE_RESET},
	    {ALARM_NORMAL, ALARM_SUPPRESSED, SENTENCE_SUPPRESSED},
	    {ALARM_SUPPRESSED, ALARM_NORMAL, SENTENCE_RETURNED},
	    {ALARM_SUPPRESSED, ALARM_UNACKNOWLEDGED, SENTENCE_RELEASED},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		if (sentence_kind_of(cases[i].from, cases[i].to) != cases[i].kind)
			fail_msg("%s -> %s", alarm_phase_word(cases[i].from),
			    alarm_phase_word(cases[i].to));
}

/* Every rule x kind x language x fault: a whole sentence with nothing left to fill in. */
static void
every_sentence_is_whole(void **state)
{
	static const struct device_spec parent = {.name = "pdu1", .title = {.en = "PDU 1"}};
	struct device_spec device = {.name = "env1",
	    .title = {.en = "Sensor 1", .ja = "センサー1"},
	    .profile = &profile,
	    .unit = 2};
	struct device_state live = {.fails = 2};
	struct point_state point = {.quality = QUALITY_STALE};
	struct site site = {.links = &link_, .link_count = 1};
	char text[EVENT_TEXT_MAX];

	(void)state;
	for (int n = 0; n < 2 * RULE_KIND_COUNT * SENTENCE_KIND_COUNT * ANSWER_STATUS_COUNT; n++) {
		struct alarm_rule rule = {.name = "rule",
		    .title = {.en = "Something is wrong"},
		    .kind = (enum rule_kind)(n / 2 % RULE_KIND_COUNT),
		    .point = (uint16_t)(n % 2),
		    .limit = 1,
		    .on_delay_ms = 30000,
		    .when = "x > 1"};
		struct sentence s = {.site = &site,
		    .device = &device,
		    .state = &live,
		    .rule = &rule,
		    .point = rule.kind == RULE_DEVICE_LOST ? NULL : &point,
		    .has_value = true,
		    .value = 2,
		    .who = "sato",
		    .cause = &parent};
		enum sentence_kind kind =
		    (enum sentence_kind)(n / 2 / RULE_KIND_COUNT % SENTENCE_KIND_COUNT);

		site.language = n % 2 ? LANGUAGE_JA : LANGUAGE_EN;
		speak(site.language);
		device.snmp = n % 3 ? &target : NULL;
		live.fault = (enum answer_status)(n / 2 / RULE_KIND_COUNT / SENTENCE_KIND_COUNT);
		sentence_alarm(&s, kind, text, sizeof(text));
		assert_null(strpbrk(text, "{}"));
		assert_null(strstr(text, "  "));
		if (n % 2)
			assert_non_null(strstr(text, "。"));
		else
			assert_int_equal(text[strlen(text) - 1], '.');
		assert_non_null(strstr(text, n % 2 ? "センサー1" : "Sensor 1"));
		if (getenv("SHOW") != NULL)
			puts(text);
	}
}

/* With the longest reason and a long title: whole, in both languages. */
static void
maintenance_fits(void **state)
{
	const struct device_spec device = {.name = "crac1",
	    .title = {.en = "Cooling unit 1 of the computer room in the annex",
		.ja = "別館２階コンピュータ室空調機1"},
	    .profile = &profile};
	const struct device_state live = {.fails = 1};
	struct site site = {.links = &link_, .link_count = 1};
	char reason[ALARM_REASON_MAX], text[EVENT_TEXT_MAX];
	struct sentence s = {.site = &site,
	    .device = &device,
	    .state = &live,
	    .who = "Tanaka (facility)",
	    .until = {INT64_C(1795000000000000)},
	    .reason = reason};

	(void)state;
	memset(reason, 'x', sizeof(reason) - 1);
	reason[sizeof(reason) - 1] = '\0';
	for (int n = 0; n < 2 * MAINTENANCE_SENTENCE_COUNT; n++) {
		site.language = n % 2 ? LANGUAGE_JA : LANGUAGE_EN;
		speak(site.language);
		sentence_maintenance(&s, (enum maintenance_sentence)(n / 2), text, sizeof(text));
		assert_null(strpbrk(text, "{}"));
		assert_non_null(strstr(text, label_text(&device.title, site.language)));
		if (n % 2)
			assert_string_equal(text + strlen(text) - 3, "。");
		else
			assert_int_equal(text[strlen(text) - 1], '.');
	}
}

static void
examples(void **state)
{
	const struct device_spec device = {.name = "env1",
	    .title = {.en = "Climate sensor"},
	    .profile = &profile,
	    .snmp = &target};
	struct device_state live = {.fails = 1, .fault = ANSWER_TIMEOUT};
	const struct site site = {.links = &link_, .link_count = 1};
	const struct sentence s = {.site = &site, .device = &device, .state = &live};
	char text[EVENT_TEXT_MAX];

	(void)state;
	speak(LANGUAGE_EN);
	sentence_lost(&s, text, sizeof(text));
	assert_string_equal(
	    text, "Climate sensor does not answer on SNMP 10.0.0.7:161: no reply in 2 s, 1 poll.");
	live.fault = ANSWER_NO_LINK; /* SNMP has no link of its own that could be down */
	sentence_lost(&s, text, sizeof(text));
	assert_string_equal(text,
	    "Climate sensor does not answer on SNMP 10.0.0.7:161: nobody listens at that address, "
	    "or there is no way to it, 1 poll.");
	sentence_online(&s, 0, text, sizeof(text));
	assert_string_equal(text, "Climate sensor answers on SNMP 10.0.0.7:161.");
	sentence_online(&s, 312000, text, sizeof(text));
	assert_string_equal(
	    text, "Climate sensor answers again on SNMP 10.0.0.7:161 after 5.2 min.");
	sentence_identity(&s, "serial \"a\" -> \"b\"", text, sizeof(text));
	assert_string_equal(text,
	    "Climate sensor is not the same as before: serial \"a\" -> \"b\". Was "
	    "it replaced or updated?");
	sentence_lost(&s, text, 20); /* cut, but terminated */
	assert_string_equal(text, "Climate sensor does");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(durations),
	    cmocka_unit_test(values),
	    cmocka_unit_test(kinds_of_transitions),
	    cmocka_unit_test(every_sentence_is_whole),
	    cmocka_unit_test(maintenance_fits),
	    cmocka_unit_test(examples),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
