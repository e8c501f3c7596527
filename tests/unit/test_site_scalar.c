/* site/scalar: single words turned into values, or refused. */
#include "site/scalar.h"

#include "site_help.h"

static void
durations_need_their_unit(void **state)
{
	static const struct {
		const char *text;
		enum duration_fault fault;
		int64_t ms;
	} cases[] = {
	    {"800ms", DURATION_OK, 800},
	    {"30s", DURATION_OK, 30000},
	    {"5min", DURATION_OK, 300000},
	    {"1h", DURATION_OK, 3600000},
	    {"2d", DURATION_OK, 172800000},
	    {"1.5s", DURATION_OK, 1500},
	    {"0.05min", DURATION_OK, 3000},
	    {"30 s", DURATION_OK, 30000},
	    {"0s", DURATION_OK, 0},
	    {"800", DURATION_BARE, 0},
	    {"0", DURATION_BARE, 0},
	    {"5m", DURATION_UNIT, 0},
	    {"5sec", DURATION_UNIT, 0},
	    {"5S", DURATION_UNIT, 0},
	    {"0.5ms", DURATION_NONSENSE, 0},
	    {"-5s", DURATION_NONSENSE, 0},
	    {"s", DURATION_NONSENSE, 0},
	    {"", DURATION_NONSENSE, 0},
	    {"1.2.3s", DURATION_NONSENSE, 0},
	    {"99999d", DURATION_NONSENSE, 0},
	    {"1e9s", DURATION_UNIT, 0},
	    {"99999999999999999999999999999999999999s", DURATION_NONSENSE, 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *unit;
		int64_t ms = 0;

		if (duration_parse(cases[i].text, &ms, &unit) != cases[i].fault)
			fail_msg("\"%s\"", cases[i].text);
		if (cases[i].fault == DURATION_OK)
			assert_int_equal(ms, cases[i].ms);
	}
	assert_string_equal(duration_unit_meant("sec"), "s");
	assert_string_equal(duration_unit_meant("m"), "min");
	assert_string_equal(duration_unit_meant("hours"), "h");
	assert_string_equal(duration_unit_meant("y"), "d");
	assert_null(duration_unit_meant("fortnights"));
}

static void
durations_print_as_they_are_read(void **state)
{
	static const int64_t times[] = {
	    0, 1, 999, 1000, 1500, 60000, 90000, 3600000, 5400000, 86400000, 604800000};
	char text[DURATION_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < COUNT(times); i++) {
		const char *unit;
		int64_t ms;

		assert_int_equal(
		    duration_parse(duration_text(times[i], text), &ms, &unit), DURATION_OK);
		assert_int_equal(ms, times[i]);
	}
	assert_string_equal(duration_text(300000, text), "5min");
	assert_string_equal(duration_text(90000, text), "90s");
}

static void
whole_numbers_are_strict(void **state)
{
	static const char *const bad[] = {"", "-", "+1", "1.0", "010", "1_000", "0x", "0xg", "-0x1",
	    " 1", "1 ", "99999999999999999999", "one"};
	int64_t n;

	(void)state;
	assert_true(whole_parse("0", &n) && n == 0);
	assert_true(whole_parse("-32768", &n) && n == -32768);
	assert_true(whole_parse("0x7FFF", &n) && n == 32767);
	assert_true(whole_parse("9223372036854775807", &n) && n == INT64_MAX);
	for (size_t i = 0; i < COUNT(bad); i++) {
		if (whole_parse(bad[i], &n))
			fail_msg("\"%s\"", bad[i]);
	}
}

static void
numbers_are_finite(void **state)
{
	static const char *const bad[] = {
	    "", "nan", "inf", "0x10", "1,5", "1e999", " 1", "1 ", "--1", "1-1", "e"};
	double n;

	(void)state;
	assert_true(number_parse("-30", &n) && n == -30);
	assert_true(number_parse("0.1", &n) && n == 0.1);
	assert_true(number_parse("1e3", &n) && n == 1000);
	for (size_t i = 0; i < COUNT(bad); i++) {
		if (number_parse(bad[i], &n))
			fail_msg("\"%s\"", bad[i]);
	}
}

static void
oids_have_two_numbers_at_least(void **state)
{
	static const char *const bad[] = {"", ".", "1", "1.", "1..3", "3.1", "1.40.1",
	    "1.3.4294967296", "1.3.6.x", "iso.3.6", "1.3.-6", "1.3.99999999999"};
	uint32_t sub[OID_SUB_MAX];
	char longest[2 * 129 + 8] = "1";

	(void)state;
	assert_int_equal(oid_parse("1.3.6.1.2.1.1.1.0", sub), 9);
	assert_int_equal(sub[2], 6);
	assert_int_equal(oid_parse(".1.3.4294967295", sub), 3);
	assert_int_equal(sub[2], UINT32_MAX);
	assert_int_equal(oid_parse("2.999", sub), 2);
	for (size_t i = 0; i < COUNT(bad); i++) {
		if (oid_parse(bad[i], sub) != 0)
			fail_msg("\"%s\"", bad[i]);
	}
	for (int i = 1; i < 128; i++)
		strcat(longest, ".1");
	assert_int_equal(oid_parse(longest, sub), 128);
	strcat(longest, ".1");
	assert_int_equal(oid_parse(longest, sub), 0);
}

static void
names_and_addresses(void **state)
{
	static const char *const hosts[] = {
	    "localhost", "broker.example.net", "192.0.2.1", "2001:db8::1", "::1", "a-b", "x_1"};
	static const char *const no_hosts[] = {"", "-a", "a-", "a..b", ".a", "192.0.2.256", "1.2.3",
	    "a b", "http://x", "a/b", "broker:1883"};

	(void)state;
	assert_true(name_valid("crac1", false) && name_valid("annex-2f", true));
	assert_false(name_valid("annex-2f", false) || name_valid("1a", false) ||
		     name_valid("", true) || name_valid("Crac", false) || name_valid("é", true) ||
		     name_valid("a/b", true) || name_valid("..", true));
	for (size_t i = 0; i < COUNT(hosts); i++) {
		if (!host_valid(hosts[i]))
			fail_msg("\"%s\"", hosts[i]);
	}
	for (size_t i = 0; i < COUNT(no_hosts); i++) {
		if (host_valid(no_hosts[i]))
			fail_msg("\"%s\"", no_hosts[i]);
	}
	assert_true(address_numeric("192.0.2.1") && address_numeric("fe80::1"));
	assert_false(address_numeric("localhost") || address_numeric("192.0.2"));
}

static void
sizes(void **state)
{
	static const struct {
		const char *text;
		int64_t bytes; /* -1: none */
	} cases[] = {{"4MB", 4000000}, {"256 kB", 256000}, {"1.5GB", 1500000000}, {"0MB", 0},
	    {"100B", 100}, {"4", -1}, {"MB", -1}, {"4mb", -1}, {"-1MB", -1}, {"2000GB", -1},
	    {"", -1}};
	static const struct {
		int64_t bytes;
		const char *text;
	} texts[] = {
	    {4000000, "4MB"}, {1500000, "1500kB"}, {1, "1B"}, {0, "0MB"}, {64000000000, "64GB"}};
	char buf[SIZE_TEXT_MAX];
	int64_t bytes;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(size_parse(cases[i].text, &bytes), cases[i].bytes >= 0);
		if (cases[i].bytes >= 0)
			assert_int_equal(bytes, cases[i].bytes);
	}
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_string_equal(size_text(texts[i].bytes, buf), texts[i].text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(sizes),
	    cmocka_unit_test(durations_need_their_unit),
	    cmocka_unit_test(durations_print_as_they_are_read),
	    cmocka_unit_test(whole_numbers_are_strict),
	    cmocka_unit_test(numbers_are_finite),
	    cmocka_unit_test(oids_have_two_numbers_at_least),
	    cmocka_unit_test(names_and_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
