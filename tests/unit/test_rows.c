/* Rows that are asked of a device: which of them stands in which slot. */
#include "core/rows.h"

#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define SLOTS 4

static const uint32_t name_sub[] = {1, 3, 6, 1, 2, 1, 31, 1};
static const uint32_t link_sub[] = {1, 3, 6, 1, 2, 1, 2, 8};
static const uint32_t tail_sub[] = {14};
static const struct row_spec slots[SLOTS] = {
    {.key = "1"}, {.key = "2"}, {.key = "3"}, {.key = "4"}};
static const struct row_column columns[] = {
    {.name = "port_*_link", .head = {8, link_sub}, .tail = {1, tail_sub}}};
static const struct table_spec table = {.name = "port",
    .rows = slots,
    .row_count = SLOTS,
    .columns = columns,
    .column_count = 1,
    .first_point = 1,
    .asked = true,
    .label = {8, name_sub}};
static const struct point_spec points[1 + SLOTS];
static const struct profile profile = {
    .points = points, .point_count = 1 + SLOTS, .tables = &table, .table_count = 1};

static struct arena *arena;
static struct rows *rows;
static enum row_change changes[SLOTS];
static struct walk_row found[16];
static struct column_walk walked;

static int
set_up(void **state)
{
	(void)state;
	arena = arena_new();
	rows = rows_new(arena, &profile);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

/* "10101 Gi1, 10102 Gi2": what a walk brings. Returns how many found no slot. */
static size_t
walk(const char *text)
{
	int used;

	walked = (struct column_walk){.rows = found};
	while (*text != '\0') {
		struct walk_row *r = &found[walked.count++];

		*r = (struct walk_row){.length = 1};
		assert_int_equal(sscanf(text, "%u %15[^,]%n", &r->index[0], r->text, &used), 2);
		text += used;
		text += strspn(text, ", ");
	}
	return rows_match(rows, 0, &walked, changes);
}

static void
expect(const char *labels, const char *what)
{
	char got[100] = "", changed[SLOTS + 1] = "";

	for (size_t i = 0; i < SLOTS; i++) {
		text_append(got, sizeof(got), "%s%s", i > 0 ? "," : "",
		    rows->list[i].there ? rows->list[i].label : "-");
		changed[i] = "=+~-"[changes[i]];
	}
	assert_string_equal(got, labels);
	assert_string_equal(changed, what);
}

static const char *
place_of(size_t slot)
{
	static char buf[100];
	const struct source *at = rows_source(rows, 1 + slot);

	buf[0] = '\0';
	for (size_t i = 0; i < at->oid.length; i++)
		text_append(buf, sizeof(buf), i > 0 ? ".%u" : "%u", at->oid.sub[i]);
	return buf;
}

static void
slots_are_taken_in_order_and_kept(void **state)
{
	(void)state;
	assert_int_equal(walk("10101 Gi1, 10102 Gi2"), 0);
	expect("Gi1,Gi2,-,-", "++==");
	assert_string_equal(place_of(1), "1.3.6.1.2.1.2.8.10102.14");
	assert_int_equal(walk("10101 Gi1, 10102 Gi2"), 0);
	expect("Gi1,Gi2,-,-", "====");
	assert_int_equal(walk("10101 Gi1, 10102 Gi2, 10103 Gi3"), 0);
	expect("Gi1,Gi2,Gi3,-", "==+=");
}

static void
a_row_that_goes_leaves_its_slot_and_comes_back_to_it(void **state)
{
	(void)state;
	walk("1 a, 2 b, 3 c");
	walk("1 a, 3 c");
	expect("a,-,c,-", "=-==");
	walk("1 a, 3 c");
	expect("a,-,c,-", "====");
	walk("1 a, 3 c, 4 d"); /* a new one takes one that never was, not b's */
	expect("a,-,c,d", "===+");
	walk("1 a, 2 b, 3 c, 4 d");
	expect("a,b,c,d", "=+==");
}

/* The whole point: what was port a's is never told of b. */
static void
rows_that_change_places_are_found_by_their_labels(void **state)
{
	(void)state;
	walk("1 a, 2 b, 3 c");
	walk("1 b, 2 a, 7 c");
	expect("a,b,c,-", "~~~=");
	assert_string_equal(place_of(0), "1.3.6.1.2.1.2.8.2.14");
	assert_string_equal(place_of(1), "1.3.6.1.2.1.2.8.1.14");
	assert_string_equal(place_of(2), "1.3.6.1.2.1.2.8.7.14");
	walk("1 x, 2 b"); /* another device, perhaps */
	expect("-,b,-,x", "-~-+");
}

static void
equal_and_empty_labels_are_told_apart(void **state)
{
	(void)state;
	walk("1 a, 2 a, 3 a");
	expect("a 1,a 2,a 3,-", "+++=");
	walked.rows[1].text[0] = '\0';
	rows_match(rows, 0, &walked, changes);
	assert_string_equal(rows->list[3].label, "2");
}

/* Two sensors as they come from the factory, and the first is unplugged. */
static void
a_row_never_inherits_the_slot_of_its_namesake(void **state)
{
	(void)state;
	walk("1 a, 2 a");
	expect("a 1,a 2,-,-", "++==");
	walk("2 a");
	expect("-,-,a,-", "--+=");
	walk("1 a, 2 a");
	expect("a 1,a 2,-,-", "++-=");
}

static void
too_many_rows_are_counted_and_take_slots_that_are_long_empty(void **state)
{
	(void)state;
	assert_int_equal(walk("1 a, 2 b, 3 c, 4 d, 5 e, 6 f"), 2);
	expect("a,b,c,d", "++++");
	/* b is gone: that must be told first, then e may have its place */
	assert_int_equal(walk("1 a, 3 c, 4 d, 5 e, 6 f"), 2);
	expect("a,-,c,d", "=-==");
	assert_int_equal(walk("1 a, 3 c, 4 d, 5 e, 6 f"), 1);
	expect("a,e,c,d", "=+==");
}

/* After a restart only the keys are known: the same labels are no news, those that are gone are. */
static void
restored_slots_are_found_again(void **state)
{
	(void)state;
	for (size_t i = 0; i < 3; i++) {
		rows->list[i].key = rows_key(i == 0 ? "c" : i == 1 ? "b" : "a");
		rows->list[i].there = true;
	}
	walk("1 a, 2 d, 3 c");
	expect("c,-,a,d", "=-=+");
	assert_string_equal(place_of(0), "1.3.6.1.2.1.2.8.3.14");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(slots_are_taken_in_order_and_kept),
	    TEST(a_row_that_goes_leaves_its_slot_and_comes_back_to_it),
	    TEST(rows_that_change_places_are_found_by_their_labels),
	    TEST(equal_and_empty_labels_are_told_apart),
	    TEST(a_row_never_inherits_the_slot_of_its_namesake),
	    TEST(too_many_rows_are_counted_and_take_slots_that_are_long_empty),
	    TEST(restored_slots_are_found_again),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
