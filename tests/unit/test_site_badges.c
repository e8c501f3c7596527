/* Whose badge it is: a table of a spreadsheet, and what is wrong with it. */
#include "site_help.h"

#define SITE "site: {name: hall-9}\nzones: {room: {}}\ndevices: {}\nbadges: {file: badges.csv}\n"

static struct scratch scratch;

static struct loaded
load_table(const char *table, mode_t mode)
{
	struct site_options o = {
	    .config_dir = "tests/golden/site/config", .boards_dir = "tests/golden/site/boards"};

	scratch_open(&scratch);
	o.site_file = scratch_write(&scratch, "site.yaml", SITE, 0644);
	if (table != NULL)
		scratch_write(&scratch, "badges.csv", table, mode);
	return load_with(&o);
}

static void
done(struct loaded *l)
{
	loaded_free(l);
	scratch_close(&scratch);
}

static void
tables_of_spreadsheets_are_taken(void **state)
{
	struct loaded l = load_table("\xEF\xBB\xBF"
				     "number,name\r\n"
				     "4711,佐藤 花子\r\n"
				     "\r\n"
				     "# guests\r\n"
				     "18446744073709551615;\"Guest; no name\"\r\n"
				     " 12 ,  \"Tanaka\"  ",
	    0600);

	(void)state;
	if (l.site == NULL)
		fail_msg("%s", l.text);
	assert_int_equal(l.site->badge_count, 3);
	assert_string_equal(site_badge_name(l.site, 12), "Tanaka");
	assert_string_equal(site_badge_name(l.site, 4711), "佐藤 花子");
	assert_string_equal(site_badge_name(l.site, UINT64_MAX), "Guest; no name");
	assert_null(site_badge_name(l.site, 13));
	assert_null(site_badge_name(l.site, 0));
	done(&l);
}

static void
mistakes_are_told_by_line(void **state)
{
	struct loaded l = load_table("4711,Sato\n"
				     "4712\n"
				     "x12,Suzuki\n"
				     "4713,\x8D\xB2\x93\xA1\n" /* Shift_JIS */
				     "0,Nobody\n"
				     "18446744073709551616,Too much\n"
				     "4711,Tanaka\n",
	    0600);

	(void)state;
	assert_null(l.site);
	assert_int_equal(l.report.errors, 6);
	assert_message(&l, "line 2: expected NUMBER,NAME");
	assert_message(&l, "line 3: a badge has a number from 1 on");
	assert_message(&l, "line 4: the name is not UTF-8; save the table as UTF-8");
	assert_message(&l, "line 5: a badge has a number from 1 on");
	assert_message(&l, "line 6: a badge has a number from 1 on");
	assert_message(&l, "badge 4711 is there twice");
	assert_null(strstr(l.text, "Sato")); /* no names of people in a log */
	assert_null(strstr(l.text, "Suzuki"));
	done(&l);
}

static void
names_are_for_those_who_may(void **state)
{
	struct loaded l = load_table("4711,Sato\n", 0640);

	(void)state;
	assert_null(l.site);
	assert_message(&l, "has names of people (mode 0640)");
	assert_message(&l, "chmod 600");
	done(&l);
}

static void
without_a_table_there_are_numbers(void **state)
{
	struct loaded l = load_table(NULL, 0);

	(void)state;
	assert_non_null(l.site);
	assert_int_equal(l.report.warnings, 1);
	assert_message(&l, "badges are told by their numbers alone");
	done(&l);
	l = load_table("", 0600);
	assert_non_null(l.site);
	assert_int_equal(l.site->badge_count, 0);
	assert_null(site_badge_name(l.site, 1));
	done(&l);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(tables_of_spreadsheets_are_taken),
	    cmocka_unit_test(mistakes_are_told_by_line),
	    cmocka_unit_test(names_are_for_those_who_may),
	    cmocka_unit_test(without_a_table_there_are_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
