/*
 * What the live screen shows, as text: each page in the sizes that people have, with Japanese, and
 * on terminals that have ASCII alone. The pictures are in tests/golden/screen; a test that is run
 * with GOLDEN=write draws them anew, to be looked at before they are committed.
 */
#include "base/lang.h"
#include "ctl/plot.h"
#include "ctl_live.h"

#define GOLDEN "tests/golden/screen"

/* The picture as text, one row a line. */
static char *
picture(const struct live *l, size_t rows, size_t columns, enum symbols symbols)
{
	struct canvas *c = draw(l, rows, columns, symbols, now);
	char *text = NULL, line[8192];
	size_t size;
	FILE *f = open_memstream(&text, &size);

	for (size_t row = 0; row < c->rows; row++)
		fprintf(f, "%s\n", canvas_text(c, row, line, sizeof(line)));
	fclose(f);
	canvas_free(c);
	return text;
}

static char *
read_file(const char *path)
{
	FILE *f = fopen(path, "r");
	char *text = NULL;
	size_t size = 0;

	if (f == NULL || getdelim(&text, &size, '\0', f) < 0)
		fail_msg("%s cannot be read; GOLDEN=write makes it", path);
	fclose(f);
	return text;
}

static void
assert_picture(
    const struct live *l, size_t rows, size_t columns, enum symbols symbols, const char *name)
{
	const char *mode = getenv("GOLDEN");
	char path[128], *text = picture(l, rows, columns, symbols);

	snprintf(path, sizeof(path), GOLDEN "/%s.txt", name);
	if (mode != NULL && strcmp(mode, "write") == 0) {
		FILE *f = fopen(path, "w");

		assert_non_null(f);
		fputs(text, f);
		fclose(f);
	}
	char *expected = read_file(path);
	assert_string_equal(text, expected);
	free(expected);
	free(text);
}

static void
give_trend(struct live *l)
{
	struct trend *t = trends_add(&l->trends, "crac1/return_air_temperature");

	t->limits[t->limit_count++] = (struct trend_limit){30, PRIORITY_HIGH, "return_air_high"};
	for (int i = 0; i < 600; i++)
		t->live[t->live_count++] =
		    (struct trend_sample){.at = {now.us - (600 - i) * INT64_C(1000000)},
			.known = i < 200 || i > 260,
			.low = 24 + i * 0.0107,
			.high = 24 + i * 0.0107};
	t->has_past = true;
	trends_tick(&l->trends, l->view, now);
}

static void
pages_fit_80_by_24(void **state)
{
	struct live *l = example();

	(void)state;
	assert_picture(l, 24, 80, SYMBOLS_FULL, "overview-80x24");
	live_key(l, '2');
	assert_picture(l, 24, 80, SYMBOLS_FULL, "alarms-80x24");
	live_key(l, LIVE_KEY_DOWN); /* with a symptom */
	live_key(l, LIVE_KEY_ENTER);
	assert_picture(l, 24, 80, SYMBOLS_FULL, "alarm-80x24");
	live_key(l, '3');
	assert_picture(l, 24, 80, SYMBOLS_FULL, "devices-80x24");
	live_key(l, '/');
	type_text(l, "crac1");
	live_key(l, LIVE_KEY_DOWN);
	live_key(l, LIVE_KEY_DOWN); /* past its two alarms */
	live_key(l, LIVE_KEY_ENTER);
	assert_picture(l, 24, 80, SYMBOLS_FULL, "points-80x24");
	live_key(l, '5');
	assert_picture(l, 24, 80, SYMBOLS_FULL, "events-80x24");
	live_key(l, '?');
	assert_picture(l, 24, 80, SYMBOLS_FULL, "help-80x24");
	live_key(l, '/');
	type_text(l, "return");
	assert_picture(l, 24, 80, SYMBOLS_FULL, "search-80x24");
	live_key(l, LIVE_KEY_ESCAPE);
	give_trend(l);
	live_key(l, '4');
	assert_picture(l, 24, 80, SYMBOLS_FULL, "trends-80x24");
	assert_picture(l, 24, 80, SYMBOLS_ASCII, "trends-80x24-ascii");
	live_free(l);
}

static void
pages_use_a_wide_window(void **state)
{
	struct live *l = example();

	(void)state;
	assert_picture(l, 40, 120, SYMBOLS_FULL, "overview-120x40");
	assert_picture(l, 60, 200, SYMBOLS_FULL, "overview-200x60");
	live_key(l, '2');
	assert_picture(l, 40, 120, SYMBOLS_FULL, "alarms-120x40");
	live_key(l, '5');
	assert_picture(l, 40, 120, SYMBOLS_FULL, "events-120x40");
	live_free(l);
}

/* A serial console: no sign that it may not have, and every word still there. */
static void
ascii_is_enough(void **state)
{
	struct live *l = example();
	char *text = picture(l, 24, 80, SYMBOLS_ASCII);

	(void)state;
	for (const char *p = text; *p != '\0'; p++)
		assert_in_range((unsigned char)*p, '\n', '~');
	free(text);
	assert_picture(l, 24, 80, SYMBOLS_ASCII, "overview-80x24-ascii");
	assert_picture(l, 24, 80, SYMBOLS_PLAIN, "overview-80x24-plain");
	live_key(l, '2');
	assert_picture(l, 24, 80, SYMBOLS_ASCII, "alarms-80x24-ascii");
	live_free(l);
}

static void
the_banner_tells_that_nobody_is_there(void **state)
{
	struct live *l = example();

	(void)state;
	live_lost(l, now, "no such file");
	live_tick(l, l->now, now);
	assert_picture(l, 24, 80, SYMBOLS_FULL, "lost-80x24");
	struct canvas *c = draw(l, 24, 80, SYMBOLS_FULL, now);
	assert_int_equal(canvas_at(c, 3, 40)->style, STYLE_BANNER);
	canvas_free(c);
	assert_true(shows(l, 24, 80, "(as last known)"));
	live_lost(l, now,
	    "facilityd is not running here, or --run points elsewhere: "
	    "/run/facilityd/control.sock: Connection refused");
	assert_true(shows(l, 24, 80, "NO CONNECTION since"));
	assert_true(shows(l, 24, 80, "Connection refused)"));
	live_key(l, '3');
	assert_true(shows(l, 24, 80, "NOT WELL (4)"));
	assert_false(shows(l, 24, 80, "online"));
	live_free(l);
}

/* A number that is cut, or its unit covered, would be another value. */
static void
a_value_is_whole_or_marked(void **state)
{
	struct live *l = example();

	(void)state;
	live_line(l, "{\"watch\":\"point\",\"device\":\"crac1\",\"point\":\"energy\",\"title\":"
		     "\"Energy\",\"value\":123456789012345678,\"unit\":\"1/min\",\"quality\":"
		     "\"good\",\"time\":\"2026-11-21T09:00:09.000Z\"}");
	live_key(l, '3');
	text_copy(l->device, sizeof(l->device), "crac1");
	assert_true(shows(l, 24, 80, "1.23456789e+17 1/min  read 1 s ago"));
	for (size_t columns = 38; columns < 80; columns++)
		assert_true(shows(l, 24, columns, "…") || shows(l, 24, columns, "1/min"));
	assert_true(shows(l, 24, 43, " 1.2345…"));
	give_trend(l);
	live_key(l, '4');
	for (size_t columns = 38; columns < 80; columns++)
		assert_true(shows(l, 24, columns, "max 30.41") || !shows(l, 24, columns, "max "));
	live_free(l);
}

/* Where an alarm is longer than the window, its last line can be reached all the same. */
static void
an_open_alarm_can_be_scrolled(void **state)
{
	struct live *l = example();

	(void)state;
	live_key(l, '2');
	live_key(l, LIVE_KEY_ENTER);
	assert_true(shows(l, 10, 40, "what     床下"));
	assert_true(shows(l, 10, 40, " 1-5 of "));
	assert_false(shows(l, 10, 40, "impact"));
	for (int i = 0; i < 30; i++)
		live_key(l, LIVE_KEY_DOWN);
	assert_true(shows(l, 10, 40, "impact   All of row A."));
	assert_true(shows(l, 10, 40, "state    unack"));
	assert_false(shows(l, 10, 40, "what"));
	assert_true(shows(l, 10, 40, " 1 Overview") || shows(l, 10, 40, " 2 Alarms"));
	live_key(l, LIVE_KEY_HOME);
	assert_true(shows(l, 10, 40, "what     床下"));
	assert_true(shows(l, 24, 80, "what     床下"));
	live_free(l);
}

/* On a narrow window a person sees what is typed, and what a yes is asked for. */
static void
a_prompt_leaves_room(void **state)
{
	struct live *l = example();

	(void)state;
	live_key(l, '2');
	live_key(l, 'a');
	type_text(l, "Yamada");
	for (size_t columns = 30; columns <= 120; columns += 10)
		assert_true(shows(l, 24, columns, " Yamada"));
	assert_true(shows(l, 24, 80, "(empty: the account alone): Yamada"));
	live_key(l, LIVE_KEY_ESCAPE);
	live_key(l, 'A');
	for (size_t columns = 30; columns <= 120; columns += 10)
		assert_true(shows(l, 24, columns, "y/n"));
	live_free(l);
}

/* "There are no alarms" must not be covered until it says "there are". */
static void
no_alarm_is_said_in_every_language(void **state)
{
	struct live *l = example();
	char err[256];

	(void)state;
	live_line(l, stream[0]);
	live_line(l, stream[6]); /* one that is shelved */
	live_line(l, "{\"watch\":\"ready\"}");
	live_tick(l, l->now, now);
	assert_true(shows(l, 24, 80, " No alarm. 1 shelved"));
	assert_true(lang_use("ja", err, sizeof(err)));
	assert_true(shows(l, 24, 80, " 警報はありません。 保留 1"));
	assert_true(lang_use("en", err, sizeof(err)));
	live_free(l);
}

static void
add_many_alarms(struct live *l)
{
	char line[256];

	for (int i = 0; i < 60; i++) {
		text_printf(line, sizeof(line),
		    "{\"watch\":\"alarm\",\"device\":\"crac1\",\"alarm\":\"a%d\",\"state\":"
		    "\"unacknowledged\",\"priority\":\"low\",\"text\":\"番号%d番\"}",
		    i, i);
		live_line(l, line);
	}
	view_settle(l->view);
}

/* Rows are exactly as wide as the window, whatever stands in them; a kanji is never cut in half. */
static void
assert_whole(const struct canvas *c)
{
	for (size_t row = 0; row < c->rows; row++)
		for (size_t column = 0; column < c->columns; column++) {
			const struct canvas_cell *cell = canvas_at(c, row, column);

			assert_in_range(cell->width, 0, 2);
			if (cell->width == 2)
				assert_int_equal(canvas_at(c, row, column + 1)->width, 0);
			if (cell->width == 0)
				assert_int_equal(canvas_at(c, row, column - 1)->width, 2);
			if (cell->text[0] != '\0')
				assert_int_equal(words_width(cell->text), cell->width);
		}
}

static void
every_size_can_be_drawn(void **state)
{
	struct live *l = example();

	(void)state;
	add_many_alarms(l);
	give_trend(l);
	for (size_t rows = 1; rows < 110; rows += rows < 30 ? 1 : 9)
		for (size_t columns = 1; columns < 310; columns += columns < 100 ? 3 : 41) {
			l->page = (enum page)((rows + columns) % PAGE_COUNT);
			text_copy(l->device, sizeof(l->device), columns % 2 == 0 ? "crac1" : "");
			struct canvas *c = draw(l, rows, columns, (enum symbols)(columns % 3), now);
			assert_whole(c);
			canvas_free(c);
		}
	live_free(l);
}

/* Nothing but what waits for a person blinks, and it has a sign of its own. */
static void
only_what_waits_blinks(void **state)
{
	struct live *l = example();
	size_t blinking = 0;

	(void)state;
	for (int p = 0; p < PAGE_COUNT; p++) {
		live_key(l, p == PAGE_HELP ? '?' : '1' + p);
		struct canvas *c = draw(l, 24, 80, SYMBOLS_FULL, now);
		for (size_t i = 0; i < c->rows * c->columns; i++)
			if (c->cells[i].style == STYLE_BLINK) {
				assert_string_equal(c->cells[i].text, "!");
				blinking++;
			}
		canvas_free(c);
	}
	assert_true(blinking > PAGE_COUNT);
	live_free(l);
}

/* Through sixty alarms: what is chosen is always on the screen. */
static void
the_chosen_line_is_in_sight(void **state)
{
	struct live *l = example();

	(void)state;
	add_many_alarms(l);
	live_key(l, '2');
	for (int i = 0; i < 64; i++) {
		struct canvas *c = draw(l, 24, 80, SYMBOLS_FULL, now);
		bool seen = false;

		for (size_t row = 0; row < c->rows; row++)
			seen |= canvas_at(c, row, 0)->text[0] == '>';
		assert_true(seen);
		canvas_free(c);
		live_key(l, LIVE_KEY_DOWN);
	}
	live_free(l);
}

static void
cells_overlap_cleanly(void **state)
{
	struct canvas *c = canvas_new(2, 8, SYMBOLS_FULL);
	struct area a = area_whole(c);
	char line[64];

	(void)state;
	area_put(&a, 0, 0, STYLE_PLAIN, "室温高い");
	area_put(&a, 0, 1, STYLE_PLAIN, "x");  /* the right half of 室 */
	area_put(&a, 0, 4, STYLE_PLAIN, "y");  /* the left half of 高 */
	area_put(&a, 0, 7, STYLE_PLAIN, "漢"); /* has no room */
	assert_string_equal(canvas_text(c, 0, line, sizeof(line)), " x温y い");
	assert_whole(c);
	area_put(&a, 1, 0, STYLE_PLAIN, "か\u3099x"); /* a mark joins its letter */
	assert_string_equal(canvas_at(c, 1, 0)->text, "か\u3099");
	assert_string_equal(canvas_at(c, 1, 2)->text, "x");
	struct area part = area_part(&a, 0, 2, 9, 2);
	area_put(&part, 0, 0, STYLE_PLAIN, "abcdef");
	area_put(&part, 5, 0, STYLE_PLAIN, "outside");
	assert_string_equal(canvas_text(c, 0, line, sizeof(line)), " xaby い");
	canvas_free(c);
}

static void
what_ascii_makes_of_signs(void **state)
{
	struct canvas *c = canvas_new(1, 40, SYMBOLS_ASCII);
	struct area a = area_whole(c);
	char line[64];

	(void)state;
	area_put(&a, 0, 0, STYLE_PLAIN, "24.3 °C ● — 室 … │");
	assert_string_equal(canvas_text(c, 0, line, sizeof(line)), "24.3 C * - ?? ~ |");
	canvas_free(c);
}

static void
a_gap_stays_a_gap(void **state)
{
	struct trend_column columns[8] = {
	    {true, 1, 1}, {true, 1, 1}, {false, 0, 0}, {false, 0, 0}, {true, 3, 3}, {true, 2, 3}};
	struct canvas *c = canvas_new(2, 4, SYMBOLS_FULL);
	struct area a = area_whole(c);
	char line[64];

	(void)state;
	plot_draw(&a, (struct plot_range){0, 4}, columns, 8, STYLE_GOOD);
	assert_string_equal(canvas_text(c, 0, line, sizeof(line)), "  ⢤");
	assert_string_equal(canvas_text(c, 1, line, sizeof(line)), "⠤ ⠈");
	canvas_free(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(pages_fit_80_by_24),
	    cmocka_unit_test(pages_use_a_wide_window),
	    cmocka_unit_test(ascii_is_enough),
	    cmocka_unit_test(the_banner_tells_that_nobody_is_there),
	    cmocka_unit_test(a_value_is_whole_or_marked),
	    cmocka_unit_test(an_open_alarm_can_be_scrolled),
	    cmocka_unit_test(a_prompt_leaves_room),
	    cmocka_unit_test(no_alarm_is_said_in_every_language),
	    cmocka_unit_test(every_size_can_be_drawn),
	    cmocka_unit_test(only_what_waits_blinks),
	    cmocka_unit_test(the_chosen_line_is_in_sight),
	    cmocka_unit_test(cells_overlap_cleanly),
	    cmocka_unit_test(what_ascii_makes_of_signs),
	    cmocka_unit_test(a_gap_stays_a_gap),
	};

	words_locale();
	setenv("TZ", "Asia/Tokyo", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
