/* The live screen without a terminal: stream to model, cursor, lines that would be shown. */
#include "base/text.h"
#include "ctl/draw.h"
#include "ctl/words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
/* cmocka wants the four above first. */
#include <cmocka.h>

static const char *const stream[] = {
    "{\"ok\":true,\"watch\":\"begin\",\"epoch\":\"7f\"}",
    "{\"watch\":\"status\",\"agent\":{\"site\":\"annex-2f\",\"title\":\"別館２階コンピュータ室\","
    "\"version\":\"v1\",\"uptime_s\":720,\"time\":\"2026-11-21T09:00:10.000Z\",\"clock\":"
    "\"synced\"},\"parts\":[{\"part\":\"store\",\"ok\":true},{\"part\":\"mqtt\",\"ok\":false}],"
    "\"panel\":{\"green\":\"off\",\"amber\":\"slow\",\"red\":\"fast\",\"buzzer\":\"steady\"}}",
    "{\"watch\":\"alarm\",\"device\":\"crac1\",\"alarm\":\"return_air_high\",\"state\":"
    "\"acknowledged\",\"priority\":\"high\",\"since\":\"2026-11-21T08:59:00.000Z\",\"text\":"
    "\"Return air 30.4 °C is above 30 °C\"}",
    "{\"watch\":\"alarm\",\"device\":\"leak1\",\"alarm\":\"leak\",\"title\":\"Water\",\"state\":"
    "\"unacknowledged\",\"priority\":\"critical\",\"since\":\"2026-11-21T09:00:00.000Z\","
    "\"text\":\"Water under the floor\",\"impact\":\"All of row A.\",\"remedy\":\"Close the valve "
    "V3 behind crac1, then call the building office.\"}",
    "{\"watch\":\"alarm\",\"device\":\"ups1\",\"alarm\":\"comm_lost\",\"state\":\"suppressed\","
    "\"priority\":\"medium\",\"cause\":\"pdu1/lost\",\"text\":\"ups1 does not answer\"}",
    "{\"watch\":\"device\",\"device\":\"crac1\",\"state\":\"online\",\"kind\":\"hvac\","
    "\"key_points\":[\"return_air_temperature\",\"fan_state\",\"fan_speed\"]}",
    "{\"watch\":\"device\",\"device\":\"ups1\",\"state\":\"lost\",\"reason\":\"timeout\",\"since\":"
    "\"2026-11-20T09:00:00.000Z\",\"key_points\":[\"output_load\"]}",
    "{\"watch\":\"point\",\"device\":\"crac1\",\"point\":\"return_air_temperature\",\"title\":"
    "\"Return air\",\"value\":30.4,\"unit\":\"Cel\",\"quality\":\"good\",\"time\":"
    "\"2026-11-21T09:00:09.000Z\"}",
    "{\"watch\":\"point\",\"device\":\"crac1\",\"point\":\"fan_state\",\"title\":\"Fan\",\"value\":"
    "1,\"text\":\"running\",\"quality\":\"stale\"}",
    "{\"watch\":\"point\",\"device\":\"ups1\",\"point\":\"output_load\",\"value\":null,"
    "\"quality\":\"comm_lost\"}",
    "{\"watch\":\"ready\"}",
    "{\"watch\":\"event\",\"seq\":4,\"time\":\"2026-11-21T09:00:00.000Z\",\"clock\":\"synced\","
    "\"priority\":\"critical\",\"text\":\"Water under the floor\"}",
};

static const wall_t now = {1795251610000000}; /* 2026-11-21T09:00:10Z */

static struct view *
example(void)
{
	struct view *v = view_new();

	for (size_t i = 0; i < sizeof(stream) / sizeof(stream[0]); i++)
		assert_true(view_line(v, stream[i]));
	return v;
}

static void
the_stream_becomes_tables(void **state)
{
	struct view *v = example();

	(void)state;
	assert_true(v->connected);
	assert_int_equal(v->alarm_count, 3);
	assert_string_equal(v->alarms[0].path, "leak1/leak"); /* waits for a person */
	assert_true(words_alarm_waits(v->alarms[0].order.phase));
	assert_string_equal(v->alarms[1].path, "crac1/return_air_high");
	assert_int_equal(v->alarms[2].order.phase, ALARM_SUPPRESSED);
	assert_int_equal(v->device_count, 2);
	assert_string_equal(view_point(view_device(v, "crac1"), "fan_state")->value, "[running]");
	assert_false(view_point(view_device(v, "crac1"), "fan_state")->good);
	/* an alarm that is normal again goes */
	assert_true(view_line(v, "{\"watch\":\"alarm\",\"device\":\"leak1\",\"alarm\":\"leak\","
				 "\"state\":\"normal\",\"priority\":\"critical\"}"));
	assert_int_equal(v->alarm_count, 2);
	assert_null(view_alarm(v, "leak1/leak"));
	/* the answer to a request between the lines of the stream */
	assert_true(view_line(v, "{\"ok\":false,\"code\":\"refused\",\"error\":\"you may not\"}"));
	assert_false(v->answer_ok);
	assert_string_equal(v->answer, "you may not");
	assert_false(view_line(v, "{\"watch\":\"weather\"}"));
	assert_false(view_line(v, "{\"watch\""));
	assert_false(view_line(v, "[]"));
	view_free(v);
}

static void
a_lost_connection_leaves_nothing_good(void **state)
{
	struct view *v = example();

	(void)state;
	view_lost(v, now, "gone\033[2J");
	assert_false(v->connected);
	assert_string_equal(v->lost_why, "gone?[2J");
	for (size_t d = 0; d < v->device_count; d++) {
		assert_string_equal(v->devices[d].state, "unknown");
		for (size_t p = 0; p < v->devices[d].point_count; p++) {
			assert_false(v->devices[d].points[p].good);
			assert_string_equal(v->devices[d].points[p].value, NOTHING);
		}
	}
	/* the first loss counts, not the last vain try */
	view_lost(v, (wall_t){now.us + 2000000}, "still");
	assert_true(v->lost_at.us == now.us);
	/* a new stream begins with empty tables */
	assert_true(view_line(v, stream[0]));
	assert_int_equal(v->device_count, 0);
	assert_int_equal(v->alarm_count, 0);
	view_free(v);
}

static void
assert_line(const struct canvas *c, size_t row, const char *text)
{
	char trimmed[CANVAS_TEXT_MAX];

	text_clean(trimmed, sizeof(trimmed), c->lines[row].text, c->lines[row].length);
	assert_string_equal(trimmed, text);
	assert_true(c->lines[row].width <= c->columns);
}

/* Put aside by a person: in sight, below the others, and never counted as one that asks. */
static void
a_shelved_alarm_is_set_apart(void **state)
{
	struct view *v = example();
	struct cursor cursor = {.page = PAGE_MAIN};

	(void)state;
	assert_true(view_line(v,
	    "{\"watch\":\"alarm\",\"device\":\"crac1\",\"alarm\":\"fan_stopped\",\"title\":\"Fan "
	    "stopped\",\"state\":\"shelved\",\"priority\":\"high\",\"since\":\"2026-11-21T17:00:00."
	    "000Z\",\"text\":\"Fan stopped is shelved\"}"));
	struct canvas *c = draw(v, &cursor, 24, 80, now);
	assert_line(c, 2, " ALARMS  2 active, 1 to acknowledge, 1 symptom, 1 shelved");
	assert_memory_equal(c->lines[5].text, "  shelved ", 10);
	assert_int_equal(c->lines[5].spans[1].style, STYLE_DIM);
	canvas_free(c);
	view_free(v);
}

static void
the_main_page_fits_80_by_24(void **state)
{
	struct view *v = example();
	struct cursor cursor = {.page = PAGE_MAIN};

	(void)state;
	cursor_move(&cursor, v, 1);
	struct canvas *c = draw(v, &cursor, 24, 80, now);
	assert_line(c, 0,
	    " 別館２階コンピュータ室                          2026-11-21 18:00:10  up 12 min");
	assert_line(c, 1, " ○ green  ◐ amber slow  ◐ red fast  ● buzzer    store ok  mqtt FAULT");
	assert_line(c, 2, " ALARMS  2 active, 1 to acknowledge, 1 symptom");
	assert_line(c, 3, ">!CRITICAL 18:00:00 Water under the floor");
	assert_int_equal(c->lines[3].spans[0].style, STYLE_SELECTED);
	assert_line(c, 4, "  HIGH     17:59:00 Return air 30.4 °C is above 30 °C");
	assert_int_equal(c->lines[4].spans[1].style, STYLE_ALARM);
	assert_line(c, 5, "  symptom  --:--:-- ups1 does not answer");
	assert_line(c, 6, " DEVICES");
	assert_line(c, 7, "  crac1      online   Return air 30.4 °C   Fan [running]");
	assert_line(c, 8, "  ups1       lost     since 11-20 18:00: timeout, values are not known");
	assert_line(c, 9, " EVENTS");
	assert_line(c, 10, "  18:00:00   Water under the floor");
	assert_line(c, 23, " a acknowledge  A all  up/down select  enter details  ? help  q quit");
	canvas_free(c);
	view_free(v);
}

static void
the_banner_tells_that_nobody_is_there(void **state)
{
	struct view *v = example();
	struct cursor cursor = {.page = PAGE_MAIN};

	(void)state;
	view_lost(v, now, "no such file");
	struct canvas *c = draw(v, &cursor, 24, 80, now);
	assert_int_equal(c->lines[2].spans[0].style, STYLE_BANNER);
	assert_non_null(strstr(c->lines[2].text, "NO CONNECTION since 18:00:10"));
	assert_line(c, 3, " ALARMS  2 active, 1 to acknowledge, 1 symptom  (as last known)");
	assert_line(c, 8, "  crac1      unknown  Return air —   Fan —");
	canvas_free(c);
	view_free(v);
}

static void
the_cursor_follows_its_name(void **state)
{
	struct view *v = example();
	struct cursor cursor = {.page = PAGE_MAIN};

	(void)state;
	cursor_move(&cursor, v, 1);
	cursor_move(&cursor, v, 1);
	assert_string_equal(cursor.name, "crac1/return_air_high");
	/* a graver alarm comes in above: the cursor stays with its alarm */
	assert_true(view_line(v, "{\"watch\":\"alarm\",\"device\":\"ups1\",\"alarm\":\"fire\","
				 "\"state\":\"unacknowledged\",\"priority\":\"critical\"}"));
	cursor_settle(&cursor, v);
	assert_string_equal(cursor.name, "crac1/return_air_high");
	assert_int_equal(cursor.index, 2);
	/* it goes: nothing is selected, and the next key begins where it was */
	assert_true(view_line(v, "{\"watch\":\"alarm\",\"device\":\"crac1\",\"alarm\":\"return_air_"
				 "high\",\"state\":\"normal\",\"priority\":\"high\"}"));
	cursor_settle(&cursor, v);
	assert_string_equal(cursor.name, "");
	cursor_move(&cursor, v, 1);
	assert_string_equal(cursor.name, "ups1/comm_lost");
	for (int i = 0; i < 9; i++)
		cursor_move(&cursor, v, 1);
	assert_false(cursor.on_alarm);
	assert_string_equal(cursor.name, "ups1");
	for (int i = 0; i < 9; i++)
		cursor_move(&cursor, v, -1);
	assert_int_equal(cursor.index, 0);
	view_free(v);
}

static void
details_wrap(void **state)
{
	struct view *v = example();
	struct cursor cursor = {.page = PAGE_MAIN};

	(void)state;
	cursor_move(&cursor, v, 1);
	cursor.page = PAGE_DETAILS;
	struct canvas *c = draw(v, &cursor, 24, 50, now);
	assert_line(c, 2, " leak1/leak  Water");
	assert_line(c, 4, " what       Water under the floor");
	assert_line(c, 5, " impact     All of row A.");
	assert_line(c, 6, " remedy     Close the valve V3 behind crac1, then");
	assert_line(c, 7, "            call the building office.");
	assert_line(c, 9, " state      unacknowledged");
	canvas_free(c);
	view_free(v);
}

static void
add_many_alarms(struct view *v)
{
	char line[256];

	for (int i = 0; i < 60; i++) {
		text_printf(line, sizeof(line),
		    "{\"watch\":\"alarm\",\"device\":\"crac1\",\"alarm\":\"a%d\",\"state\":"
		    "\"unacknowledged\",\"priority\":\"low\",\"text\":\"番号%d番\"}",
		    i, i);
		assert_true(view_line(v, line));
	}
}

/* No line wider than the window, whatever its size. */
static void
every_size_can_be_drawn(void **state)
{
	struct view *v = example();
	struct cursor cursor = {.page = PAGE_MAIN};

	(void)state;
	add_many_alarms(v);
	cursor_move(&cursor, v, 1);
	for (size_t rows = 1; rows < 60; rows++)
		for (size_t columns = 1; columns < 130; columns += 3) {
			cursor.page = (enum page)(columns % 3);
			struct canvas *c = draw(v, &cursor, rows, columns, now);
			for (size_t r = 0; r < rows; r++)
				assert_true(c->lines[r].width <= columns);
			canvas_free(c);
		}
	view_free(v);
}

/* Through sixty alarms and the devices: what is selected is always on the screen. */
static void
the_selected_line_is_in_sight(void **state)
{
	struct view *v = example();
	struct cursor cursor = {.page = PAGE_MAIN};

	(void)state;
	add_many_alarms(v);
	for (int i = 0; i < 64; i++) {
		struct canvas *c;
		bool seen = false;

		cursor_move(&cursor, v, 1);
		c = draw(v, &cursor, 24, 80, now);
		for (size_t r = 0; r < 24; r++)
			seen |= c->lines[r].text[0] == '>';
		assert_true(seen);
		assert_non_null(strstr(c->lines[19].text, "EVENTS"));
		canvas_free(c);
	}
	view_free(v);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_stream_becomes_tables),
	    cmocka_unit_test(a_lost_connection_leaves_nothing_good),
	    cmocka_unit_test(a_shelved_alarm_is_set_apart),
	    cmocka_unit_test(the_main_page_fits_80_by_24),
	    cmocka_unit_test(the_banner_tells_that_nobody_is_there),
	    cmocka_unit_test(the_cursor_follows_its_name),
	    cmocka_unit_test(details_wrap),
	    cmocka_unit_test(every_size_can_be_drawn),
	    cmocka_unit_test(the_selected_line_is_in_sight),
	};

	words_locale();
	setenv("TZ", "Asia/Tokyo", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
