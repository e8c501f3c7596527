/* Walking a column: what answers add, and answers that no honest device gives. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* cmocka wants the above first */
#include <cmocka.h>

#include "drivers/snmp/library.h"
#include "drivers/snmp/walk.h"

#include <stdlib.h>
#include <string.h>

#define MOST 4

static const uint32_t column_sub[] = {1, 3, 6, 1, 2, 1, 31};
static const struct oid column = {7, column_sub};
static struct walk_row rows[MOST];
static struct column_walk out;
static struct walk_step w;
static netsnmp_variable_list *vars;

static int
set_up(void **state)
{
	(void)state;
	out = (struct column_walk){.rows = rows};
	walk_begin(&w, &column, &out, MOST);
	vars = NULL;
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	snmp_free_varbind(vars);
	return 0;
}

/* Adds a variable below 1.3.6.1.2.1.`table`. */
static void
add(unsigned table, const oid *index, size_t n, u_char type, const void *value, size_t size)
{
	oid name[MAX_OID_LEN] = {1, 3, 6, 1, 2, 1, table};

	for (size_t i = 0; i < n; i++)
		name[7 + i] = index[i];
	assert_non_null(snmp_varlist_add_variable(&vars, name, 7 + n, type, value, size));
}

static void
add_text(unsigned table, oid index, const char *text)
{
	add(table, &index, 1, ASN_OCTET_STR, text, strlen(text));
}

static enum walk_verdict
take(void)
{
	struct ber variables;
	uint8_t *octets = library_variables(vars, &variables);
	enum walk_verdict v = walk_take(&w, variables);

	free(octets);
	snmp_free_varbind(vars);
	vars = NULL;
	return v;
}

static void
rows_are_kept_until_the_column_ends(void **state)
{
	long number = 42;
	const oid long_index[] = {2, 7, 1};

	(void)state;
	add_text(31, 1, "Gi1/0/1");
	add(31, long_index, 3, ASN_INTEGER, &number, sizeof(number));
	assert_int_equal(take(), WALK_GOES_ON);
	add_text(31, 4294967295u, "  padded ");
	add_text(32, 1, "another column");
	assert_int_equal(take(), WALK_DONE);
	assert_int_equal(out.count, 3);
	assert_string_equal(rows[0].text, "Gi1/0/1");
	assert_int_equal(rows[1].length, 3);
	assert_int_equal(rows[1].index[1], 7);
	assert_string_equal(rows[1].text, "42");
	assert_int_equal(rows[2].index[0], 4294967295u);
	assert_string_equal(rows[2].text, "padded");
}

static void
the_end_of_everything_is_an_end(void **state)
{
	const oid index = 5;

	(void)state;
	add_text(31, 1, "a");
	add(31, &index, 1, SNMP_ENDOFMIBVIEW, NULL, 0);
	assert_int_equal(take(), WALK_DONE);
	assert_int_equal(out.count, 1);
}

/* A device that goes round in circles would hold us for ever. */
static void
oids_that_do_not_grow_break_it(void **state)
{
	(void)state;
	add_text(31, 5, "a");
	add_text(31, 5, "a");
	assert_int_equal(take(), WALK_BROKEN);
	set_up(NULL);
	add_text(31, 5, "a");
	assert_int_equal(take(), WALK_GOES_ON);
	add_text(31, 4, "b");
	assert_int_equal(take(), WALK_BROKEN);
	set_up(NULL);
	add_text(30, 9, "before the column");
	assert_int_equal(take(), WALK_BROKEN);
	set_up(NULL);
	assert_int_equal(take(), WALK_BROKEN); /* nothing at all */
}

static void
a_table_without_end_ends(void **state)
{
	oid i = 0;

	(void)state;
	do
		add_text(31, ++i, "x");
	while (take() == WALK_GOES_ON);
	assert_in_range(i, WALK_ANSWERS_MAX, WALK_ANSWERS_MAX + 1);
	assert_int_equal(out.count, MOST);
	assert_int_equal(out.more, WALK_ANSWERS_MAX - MOST);
}

static void
what_does_not_fit_is_counted(void **state)
{
	oid index[WALK_INDEX_MAX + 1] = {9};

	(void)state;
	add(31, index, WALK_INDEX_MAX, ASN_OCTET_STR, "a", 1);
	add(31, index, WALK_INDEX_MAX + 1, ASN_OCTET_STR, "b", 1);
	assert_int_equal(take(), WALK_GOES_ON);
	assert_int_equal(out.count, 1);
	assert_int_equal(out.more, 1);
}

/* Names come from the device: nothing of them may act on a terminal or break a line. */
static void
names_are_cleaned_and_cut(void **state)
{
	char giant[5000];

	(void)state;
	memset(giant, 'G', sizeof(giant));
	giant[sizeof(giant) - 1] = '\0';
	add_text(31, 1,
	    "\x1b[2J\x07"
	    "GigabitEthernet1/0/1\n\r");
	add_text(31, 2, "\xff\xfe\x80");
	add_text(31, 3, giant);
	add_text(31, 4, "");
	assert_int_equal(take(), WALK_GOES_ON);
	for (size_t i = 0; i < out.count; i++)
		for (const char *c = rows[i].text; *c != '\0'; c++)
			assert_true((unsigned char)*c >= 0x20 && *c != 0x7f);
	assert_non_null(strstr(rows[0].text, "GigabitEthernet1/0/1"));
	assert_true(strlen(rows[2].text) < WALK_TEXT_MAX);
	assert_string_equal(rows[3].text, "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(rows_are_kept_until_the_column_ends),
	    TEST(the_end_of_everything_is_an_end),
	    TEST(oids_that_do_not_grow_break_it),
	    TEST(a_table_without_end_ends),
	    TEST(what_does_not_fit_is_counted),
	    TEST(names_are_cleaned_and_cut),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
