/* Words for people: cleaning, width, time, values with their quality, tables. */
#include "ctl/grid.h"
#include "ctl/words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
/* cmocka wants the four above first. */
#include <cmocka.h>

static void
control_characters_never_pass(void **state)
{
	char buf[64];

	(void)state;
	assert_string_equal(words_clean("a\033[31mb\007", buf, sizeof(buf)), "a?[31mb?");
	/* C1 CSI as UTF-8, right-to-left override, zero width joiner, byte order mark */
	assert_string_equal(words_clean("\xC2\x9B"
					"1m\xE2\x80\xAE"
					"x\xE2\x80\x8D\xEF\xBB\xBF",
				buf, sizeof(buf)),
	    "?1m?x??");
	assert_string_equal(words_clean("\xFF\xC3", buf, sizeof(buf)), "??");
	assert_string_equal(words_clean("24.3 °C 室温", buf, sizeof(buf)), "24.3 °C 室温");
	/* cut at a character */
	assert_string_equal(words_clean("室温", buf, 5), "室");
}

static void
width_is_that_of_the_terminal(void **state)
{
	(void)state;
	assert_int_equal(words_width("abc"), 3);
	assert_int_equal(words_width("室温"), 4);
	assert_int_equal(words_width("24 °C"), 5);
	assert_int_equal(words_fit("室温", 3), 3);
	assert_int_equal(words_fit("室温", 4), 6);
	assert_int_equal(words_fit("abc", 0), 0);
}

static char *
value_of(const char *json, char *buf, size_t size)
{
	json_t *p = json_loads(json, 0, NULL);
	char quality[WORDS_MAX];

	assert_non_null(p);
	words_value(p, buf, size);
	words_quality(p, quality, sizeof(quality));
	if (quality[0] != '\0') {
		strcat(buf, "|");
		strcat(buf, quality);
	}
	json_decref(p);
	return buf;
}

static void
a_doubtful_value_is_never_bare(void **state)
{
	static const struct {
		const char *json, *words;
	} cases[] = {
	    {"{\"value\":24.3,\"unit\":\"Cel\",\"quality\":\"good\"}", "24.3 °C"},
	    {"{\"value\":1,\"unit\":\"1\",\"quality\":\"good\",\"text\":\"running\"}", "running"},
	    {"{\"value\":1,\"quality\":\"stale\",\"text\":\"leak\",\"label\":\"漏水\"}",
		"[漏水]|stale: not heard of in time"},
	    {"{\"value\":7,\"unit\":\"1\",\"quality\":\"good\"}", "7"},
	    {"{\"value\":24.3,\"unit\":\"Cel\",\"quality\":\"stale\"}",
		"[24.3 °C]|stale: not heard of in time"},
	    {"{\"value\":20,\"unit\":\"Cel\",\"quality\":\"substituted\"}",
		"[20 °C]|put in by a person"},
	    {"{\"value\":null,\"unit\":\"Cel\",\"quality\":\"comm_lost\"}",
		"—|device does not answer"},
	    {"{\"value\":null,\"unit\":\"Cel\",\"quality\":\"never_read\"}", "—|never read"},
	    {"{\"value\":null,\"unit\":\"Cel\",\"quality\":\"bad\",\"reason\":\"sentinel\"}",
		"—|bad: no sensor (the device reports its placeholder)"},
	    {"{\"value\":null,\"quality\":\"bad\",\"text\":\"unknown(7)\",\"reason\":\"unknown_"
	     "state\"}",
		"[unknown(7)]|bad: a state that the profile does not know"},
	    /* a quality that this facilityctl does not know, and none at all */
	    {"{\"value\":3,\"unit\":\"V\",\"quality\":\"excellent\"}", "[3 V]|bad"},
	    {"{\"value\":3,\"unit\":\"V\"}", "[3 V]|bad"},
	    {"{\"value\":3,\"unit\":\"fur\\u001b\",\"quality\":\"good\"}", "3 fur?"},
	};
	char buf[WORDS_MAX * 2];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(value_of(cases[i].json, buf, sizeof(buf)), cases[i].words);
}

static void
times_are_local(void **state)
{
	json_t *o = json_loads("{\"time\":\"2026-11-21T09:00:01.250Z\",\"bad\":\"soon\"}", 0, NULL);
	char buf[WALL_TEXT_MAX];

	(void)state;
	setenv("TZ", "Asia/Tokyo", 1);
	tzset();
	assert_true(words_time("2026-11-21T09:00:01.250Z").us == 1795251601250000);
	assert_string_equal(words_local(o, "time", buf), "2026-11-21 18:00:01");
	assert_string_equal(words_local(o, "bad", buf), NOTHING);
	assert_string_equal(words_local(o, "absent", buf), NOTHING);
	json_decref(o);
}

static void
durations_have_two_units(void **state)
{
	char buf[DURATION_MAX];

	(void)state;
	assert_string_equal(words_duration(45, buf), "45 s");
	assert_string_equal(words_duration(725, buf), "12 min");
	assert_string_equal(words_duration(11520, buf), "3 h 12 min");
	assert_string_equal(words_duration(187200, buf), "2 d 4 h");
	assert_string_equal(words_duration(-5, buf), "0 s");
}

static void
tables_align_wide_characters(void **state)
{
	static const struct column columns[] = {
	    {"NAME", 0}, {"VALUE", 1}, {"EMPTY", 0}, {"NOTE", 0}};
	struct grid *t = grid_new(columns, 4);
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	grid_cell(t, "室温");
	grid_cell(t, "24.3 °C");
	grid_cell(t, "%s", "");
	grid_cell(t, "ok");
	grid_cell(t, "fan");
	grid_cell(t, "1");
	grid_cell(t, "%s", "");
	grid_cell(t, "%s", "");
	grid_print(t, out);
	fclose(out);
	assert_string_equal(text, "NAME    VALUE  NOTE\n"
				  "室温  24.3 °C  ok\n"
				  "fan         1\n");
	free(text);
	grid_free(t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(control_characters_never_pass),
	    cmocka_unit_test(width_is_that_of_the_terminal),
	    cmocka_unit_test(a_doubtful_value_is_never_bare),
	    cmocka_unit_test(times_are_local),
	    cmocka_unit_test(durations_have_two_units),
	    cmocka_unit_test(tables_align_wide_characters),
	};

	words_locale();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
