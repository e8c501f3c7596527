/* base/moment: times and lengths of time as people write them. */
#include "base/moment.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
/* cmocka wants the standard headers first. */
#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void
lengths(void **state)
{
	static const struct {
		const char *text;
		int64_t ms;
	} cases[] = {{"1h", 3600000}, {"90min", 5400000}, {"30 s", 30000}, {"2d", 172800000},
	    {"1.5h", 5400000}, {"500ms", 500}, {"1w", 604800000}, {"15m", 900000}, {"0s", -1},
	    {"1", -1}, {"", -1}, {"h", -1}, {"-1h", -1}, {"1 hour", -1}, {"1e9d", -1},
	    {"9999999d", -1}};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_int_equal(span_parse(cases[i].text), cases[i].ms);
	assert_int_equal(span_parse(NULL), -1);
}

static void
moments(void **state)
{
	/* In Tokyo it is 2026-11-21 18:00. */
	const wall_t now = {INT64_C(1795251600000000)};
	static const struct {
		const char *text, *utc;
	} cases[] = {
	    {"now", "2026-11-21T09:00:00.000Z"},
	    {"1h", "2026-11-21T08:00:00.000Z"},
	    {"2d", "2026-11-19T09:00:00.000Z"},
	    {"2026-11-20T01:02:03Z", "2026-11-20T01:02:03.000Z"},
	    {"2026-11-20T01:02:03.250Z", "2026-11-20T01:02:03.250Z"},
	    {"2026-11-20T01:02:03+09:00", "2026-11-19T16:02:03.000Z"},
	    {"2026-11-20T01:02:03-01:30", "2026-11-20T02:32:03.000Z"},
	    {"2026-11-20 01:02", "2026-11-19T16:02:00.000Z"},
	    {"2026-11-20", "2026-11-19T15:00:00.000Z"},
	    {"17:30", "2026-11-21T08:30:00.000Z"},
	    {"18:30", "2026-11-20T09:30:00.000Z"},
	    {"soon", NULL},
	    {"", NULL},
	    {"2026-11-20T01:02:03+9", NULL},
	    {"2026-11-20x", NULL},
	    {"25:00", NULL},
	};
	char text[WALL_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		wall_t out;
		bool ok = moment_parse(cases[i].text, now, &out);

		assert_int_equal(ok, cases[i].utc != NULL);
		if (ok)
			assert_string_equal(wall_text(out, text), cases[i].utc);
	}
	assert_false(moment_parse(NULL, now, &(wall_t){0}));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(lengths),
	    cmocka_unit_test(moments),
	};

	setenv("TZ", "JST-9", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
