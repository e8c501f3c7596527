/* The live screen without a terminal: the stream becomes tables, lists, choices and requests. */
#include "ctl/lookup.h"
#include "ctl/search.h"
#include "ctl_live.h"

static void
the_stream_becomes_tables(void **state)
{
	struct live *l = example();
	struct view *v = l->view;

	(void)state;
	assert_true(v->connected);
	assert_int_equal(v->listed_count, 5);
	assert_string_equal(view_listed(v, 0)->path, "leak1/leak"); /* waits for a person */
	assert_string_equal(view_listed(v, 1)->path, "ups1/comm_lost");
	assert_string_equal(view_listed(v, 2)->path, "crac1/return_air_high");
	assert_int_equal(view_listed(v, 3)->order.phase, ALARM_SHELVED);
	assert_int_equal(view_listed(v, 4)->order.phase, ALARM_SUPPRESSED);
	assert_int_equal(v->counts.active, 3);
	assert_int_equal(v->counts.waiting, 2);
	assert_int_equal(v->counts.symptoms, 1);
	assert_int_equal(v->counts.shelved, 1);
	assert_int_equal(view_alarm(v, "ups1/comm_lost")->symptom_count, 1);
	/* what follows for devices and zones */
	assert_int_equal(view_device(v, "crac1")->good_count, 1);
	assert_string_equal(
	    v->alarms[view_device(v, "crac1")->worst_alarm].path, "crac1/return_air_high");
	assert_true(view_device(v, "env1")->worst_alarm == VIEW_NONE);
	assert_string_equal(v->alarms[view_zone(v, "room")->worst_alarm].path, "leak1/leak");
	assert_int_equal(view_zone(v, "room")->device_count, 4);
	assert_int_equal(view_zone(v, "room")->fault_count, 2);
	assert_int_equal(view_zone(v, "row_a")->fault_count, 1);
	/* quality travels with the value */
	assert_string_equal(view_point_at(v, "crac1/fan_state")->value, "[運転]");
	assert_false(view_point_at(v, "crac1/fan_state")->good);
	assert_false(view_point_at(v, "ups1/output_load")->has_number);
	/* an alarm that is normal again goes, and comes back */
	live_line(l, "{\"watch\":\"alarm\",\"device\":\"leak1\",\"alarm\":\"leak\",\"state\":"
		     "\"normal\",\"priority\":\"critical\"}");
	view_settle(v);
	assert_int_equal(v->listed_count, 4);
	assert_null(view_alarm(v, "leak1/leak"));
	assert_true(view_device(v, "leak1")->worst_alarm == VIEW_NONE);
	live_line(l, stream[3]);
	view_settle(v);
	assert_string_equal(view_listed(v, 0)->path, "leak1/leak");
	live_free(l);
}

static void
nonsense_is_ignored(void **state)
{
	static const char *const lines[] = {"", "{", "[]", "17", "null", "{\"watch\":\"weather\"}",
	    "{\"watch\":7}", "{\"watch\":\"point\"}", "{\"watch\":\"alarm\",\"device\":[]}",
	    "{\"watch\":\"zone\",\"zone\":\"loop\",\"in\":\"loop\"}",
	    "{\"watch\":\"device\",\"device\":\"x\\u001b[2J\",\"zone\":\"loop\",\"facts\":[1],"
	    "\"key_points\":7}",
	    "{\"watch\":\"event\",\"seq\":\"many\"}", "{\"ok\":true}", "{\"ok\":\"yes\"}",
	    "{\"watch\":\"status\",\"parts\":{},\"panel\":[]}", "\xff\xfe"};
	struct live *l = example();
	char line[4096];

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		live_line(l, lines[i]);
	assert_int_equal(l->nonsense, 5); /* those that are no JSON */
	assert_true(shows(l, 24, 100, "5 lines not understood"));
	for (int p = 0; p < PAGE_COUNT; p++) {
		l->page = (enum page)p;
		live_tick(l, mono_add_ms(l->now, 1000), now);
		struct canvas *c = draw(l, 40, 120, SYMBOLS_FULL, now);
		for (size_t row = 0; row < c->rows; row++) {
			canvas_text(c, row, line, sizeof(line));
			assert_null(strpbrk(line, "\033\a\r\n\t\b"));
		}
		canvas_free(c);
	}
	assert_true(l->view->connected);
	live_free(l);
}

static void
a_lost_connection_leaves_nothing_good(void **state)
{
	struct live *l = example();
	struct view *v = l->view;

	(void)state;
	live_lost(l, now, "gone\033[2J");
	assert_false(v->connected);
	assert_string_equal(v->lost_why, "gone?[2J");
	for (size_t d = 0; d < v->device_count; d++) {
		assert_string_equal(v->devices[d].state, "unknown");
		assert_int_equal(v->devices[d].good_count, 0);
		for (size_t p = 0; p < v->devices[d].point_count; p++) {
			assert_false(v->devices[d].points[p].good);
			assert_false(v->devices[d].points[p].has_number);
			assert_string_equal(v->devices[d].points[p].value, NOTHING);
		}
	}
	/* the first loss counts, not the last vain try */
	live_lost(l, (wall_t){now.us + 2000000}, "still");
	assert_true(v->lost_at.us == now.us);
	/* a new stream begins with empty tables */
	live_connected(l);
	json_decref(asks_next(&l->asks));
	live_line(l, stream[0]);
	live_tick(l, mono_add_ms(l->now, 1000), now);
	assert_int_equal(v->device_count, 0);
	assert_int_equal(v->listed_count, 0);
	live_free(l);
}

static void
older_events_go_before_the_newer(void **state)
{
	struct live *l = example();
	char request[256];

	(void)state;
	live_key(l, '5');
	l->page_rows = 20;
	wait_ms(l, 1000); /* two events do not fill the page */
	assert_string_equal(next_request(l, request, sizeof(request)),
	    "{\"cmd\":\"events\",\"before\":4,\"n\":500}");
	live_line(l,
	    "{\"ok\":true,\"epoch\":\"7f\",\"events\":[{\"seq\":2,\"type\":\"gap\",\"text\":"
	    "\"1 to 2 are gone\"},{\"seq\":3,\"type\":\"system\",\"text\":\"started\"}]}");
	assert_int_equal(l->view->event_count, 4);
	assert_int_equal(l->view->events[0].seq, 2);
	assert_int_equal(l->view->events[3].seq, 5);
	assert_false(l->view->events_all);
	/* an answer with nothing older: that is all there is */
	wait_ms(l, 1000);
	next_request(l, request, sizeof(request));
	assert_non_null(strstr(request, "\"before\":2"));
	live_line(l, "{\"ok\":true,\"epoch\":\"7f\",\"events\":[]}");
	assert_true(l->view->events_all);
	wait_ms(l, 1000);
	assert_string_equal(next_request(l, request, sizeof(request)), "");
	live_free(l);
}

/* Two hundred numbers of a hole at a time: one row for all of it, and what is older is found. */
static void
a_hole_is_one_row_and_no_end(void **state)
{
	struct live *l = example();
	char request[256];

	(void)state;
	live_key(l, '5');
	l->page_rows = 20;
	for (int from = 3; from > 1; from--) {
		char line[256];

		wait_ms(l, 1000);
		assert_string_equal(next_request(l, request, sizeof(request)),
		    from == 3 ? "{\"cmd\":\"events\",\"before\":4,\"n\":500}"
			      : "{\"cmd\":\"events\",\"before\":3,\"n\":500}");
		text_printf(line, sizeof(line),
		    "{\"ok\":true,\"events\":[{\"seq\":%d,\"type\":\"gap\",\"priority\":\"high\","
		    "\"from\":\"%d\",\"to\":\"3\",\"text\":\"%d to 3 are lost\"}]}",
		    from, from, from);
		live_line(l, line);
		assert_int_equal(l->view->event_count, 3);
		assert_int_equal(l->view->events[0].seq, 3);
		assert_string_equal(l->view->events[0].key, "3");
		assert_false(l->view->events_all);
	}
	assert_string_equal(l->view->events[0].text, "2 to 3 are lost");
	wait_ms(l, 1000);
	next_request(l, request, sizeof(request));
	assert_non_null(strstr(request, "\"before\":2"));
	live_line(l, "{\"ok\":true,\"events\":[{\"seq\":1,\"type\":\"system\"}]}");
	assert_int_equal(l->view->event_count, 4);
	assert_true(l->view->events_all);
	live_free(l);
}

/* Those that every receiver had confirmed are taken away from the beginning on. */
static void
what_was_confirmed_by_all_is_the_end(void **state)
{
	struct live *l = example();
	char request[256];

	(void)state;
	live_key(l, '5');
	l->page_rows = 20;
	wait_ms(l, 1000);
	next_request(l, request, sizeof(request));
	live_line(l, "{\"ok\":true,\"events\":[{\"seq\":3,\"type\":\"gap\",\"priority\":\"low\","
		     "\"from\":\"2\",\"to\":\"3\",\"text\":\"2 to 3 are not kept\"}]}");
	assert_true(l->view->events_all);
	live_free(l);
}

static void
events_are_bounded(void **state)
{
	struct live *l = example();
	char line[256];

	(void)state;
	for (int i = 6; i < VIEW_EVENTS + 1000; i++) {
		text_printf(
		    line, sizeof(line), "{\"watch\":\"event\",\"seq\":%d,\"text\":\"x\"}", i);
		live_line(l, line);
	}
	assert_true(l->view->event_count <= VIEW_EVENTS);
	assert_int_equal(l->view->events[l->view->event_count - 1].seq, VIEW_EVENTS + 999);
	for (size_t i = 1; i < l->view->event_count; i++)
		assert_true(l->view->events[i].seq == l->view->events[i - 1].seq + 1);
	live_free(l);
}

struct name {
	char text[16];
};

static const char *
name_of(const void *arg, size_t i)
{
	return ((const struct name *)arg)[i].text;
}

static void
names_are_found_by_hash(void **state)
{
	static struct name names[5000];
	struct lookup look = {.name = name_of, .arg = names};

	(void)state;
	assert_true(lookup_find(&look, "n1") == LOOKUP_NONE);
	for (size_t i = 0; i < 5000; i++) {
		snprintf(names[i].text, sizeof(names[i].text), "n%zu", i);
		lookup_add(&look, i);
	}
	for (size_t i = 0; i < 5000; i++)
		assert_int_equal(lookup_find(&look, names[i].text), i);
	assert_true(lookup_find(&look, "n5000") == LOOKUP_NONE);
	lookup_clear(&look);
	assert_true(lookup_find(&look, "n1") == LOOKUP_NONE);
}

static void
a_choice_follows_its_name(void **state)
{
	struct live *l = example();
	struct pick *p = &l->pick[PAGE_ALARMS];

	(void)state;
	live_key(l, '2');
	assert_string_equal(p->name, "leak1/leak"); /* the gravest, to begin with */
	live_key(l, LIVE_KEY_DOWN);
	assert_string_equal(p->name, "ups1/comm_lost");
	/* a graver one comes in above: the choice stays with its alarm */
	live_line(l, "{\"watch\":\"alarm\",\"device\":\"ups1\",\"alarm\":\"fire\",\"state\":"
		     "\"unacknowledged\",\"priority\":\"critical\",\"text\":\"fire\"}");
	wait_ms(l, 200);
	assert_string_equal(live_alarm(l)->path, "ups1/comm_lost");
	/* it goes: nothing is chosen, and no key hits another one */
	live_line(l, "{\"watch\":\"alarm\",\"device\":\"ups1\",\"alarm\":\"comm_lost\",\"state\":"
		     "\"normal\",\"priority\":\"medium\"}");
	wait_ms(l, 200);
	assert_null(live_alarm(l));
	live_key(l, 'a');
	assert_true(l->message_bad);
	assert_string_equal(l->message, "choose an alarm with the arrow keys first");
	/* the next key begins where it was; headings are stepped over; the ends hold */
	live_key(l, LIVE_KEY_DOWN);
	assert_non_null(live_alarm(l));
	live_key(l, LIVE_KEY_HOME);
	assert_string_equal(p->name, "leak1/leak");
	for (int i = 0; i < 9; i++)
		live_key(l, LIVE_KEY_DOWN);
	assert_string_equal(p->name, "env1/comm_lost");
	live_key(l, LIVE_KEY_UP);
	assert_string_equal(p->name, "crac1/fan_stopped");
	for (int i = 0; i < 9; i++)
		live_key(l, LIVE_KEY_UP);
	assert_string_equal(p->name, "leak1/leak");
	live_free(l);
}

static void
filters_narrow_lists_down(void **state)
{
	struct live *l = example();

	(void)state;
	live_key(l, '2');
	live_key(l, 'f');
	type_text(l, "row_a high");
	live_key(l, LIVE_KEY_ENTER);
	struct rows rows = live_rows(l);
	assert_int_equal(rows.count, 4); /* two of crac1 under two headings */
	assert_string_equal(rows.row[1].name, "crac1/return_air_high");
	rows_free(&rows);
	live_key(l, LIVE_KEY_ESCAPE);
	live_key(l, 'p'); /* medium */
	live_key(l, 'p'); /* high */
	live_key(l, 'p'); /* critical */
	rows = live_rows(l);
	assert_int_equal(rows.count, 2);
	assert_string_equal(rows.row[1].name, "leak1/leak");
	rows_free(&rows);
	/* devices: by the title of a zone around theirs */
	live_key(l, '3');
	live_key(l, 'f');
	type_text(l, "コンピュータ online");
	live_key(l, LIVE_KEY_ENTER);
	rows = live_rows(l);
	assert_int_equal(rows.count, 3);
	assert_string_equal(rows.row[1].name, "crac1");
	rows_free(&rows);
	/* giving up takes the filter away */
	live_key(l, 'f');
	live_key(l, LIVE_KEY_ESCAPE);
	assert_string_equal(l->filter[PAGE_DEVICES].text, "");
	live_free(l);
}

/* What is new comes first, but a zone is as bad as what stands in it. */
static void
a_zone_is_as_bad_as_its_gravest(void **state)
{
	struct live *l = example();
	const struct view *v = l->view;

	(void)state;
	live_line(l, "{\"watch\":\"alarm\",\"device\":\"leak1\",\"alarm\":\"leak\",\"state\":"
		     "\"acknowledged\",\"priority\":\"critical\"}");
	view_settle(l->view);
	assert_string_equal(view_listed(v, 0)->path, "ups1/comm_lost"); /* waits, medium */
	assert_string_equal(v->alarms[view_zone(v, "room")->worst_alarm].path, "leak1/leak");
	assert_string_equal(view_gravest(v)->path, "leak1/leak");
	live_line(l, "{\"watch\":\"alarm\",\"device\":\"crac1\",\"alarm\":\"x\",\"state\":"
		     "\"unacknowledged\",\"priority\":\"low\"}");
	view_settle(l->view);
	assert_string_equal(v->alarms[view_device(v, "crac1")->worst_alarm].path, "crac1/x");
	assert_string_equal(
	    v->alarms[view_zone(v, "row_a")->worst_alarm].path, "crac1/return_air_high");
	live_free(l);
}

static void
search_goes_everywhere(void **state)
{
	struct live *l = example();
	struct hit hits[SEARCH_HITS_MAX];

	(void)state;
	assert_int_equal(search(l->view, "", hits, SEARCH_HITS_MAX), 0);
	assert_int_equal(search(l->view, "  ", hits, SEARCH_HITS_MAX), 0);
	assert_int_equal(search(l->view, "nowhere", hits, SEARCH_HITS_MAX), 0);
	assert_int_equal(search(l->view, "CRAC1", hits, SEARCH_HITS_MAX), 5);
	assert_int_equal(hits[0].kind, HIT_ALARM);
	assert_int_equal(hits[2].kind, HIT_DEVICE);
	assert_int_equal(search(l->view, "crac1", hits, 1), 1);
	/* what begins with it comes first, whatever it is */
	assert_int_equal(search(l->view, "a", hits, SEARCH_HITS_MAX) > 1, 1);
	assert_string_equal(hits[0].path, "row_a"); /* its title is "A列" */
	live_key(l, '/');
	type_text(l, "ファン");
	live_key(l, LIVE_KEY_ENTER);
	assert_int_equal(l->page, PAGE_DEVICES);
	assert_string_equal(l->device, "crac1");
	assert_string_equal(l->point.name, "fan_state");
	live_key(l, '/');
	type_text(l, "A列");
	live_key(l, LIVE_KEY_ENTER);
	assert_string_equal(l->filter[PAGE_DEVICES].text, "row_a");
	assert_string_equal(l->device, "");
	live_key(l, '/');
	type_text(l, "leak");
	live_key(l, LIVE_KEY_DOWN);
	live_key(l, LIVE_KEY_UP);
	live_key(l, LIVE_KEY_ENTER);
	assert_int_equal(l->page, PAGE_ALARMS);
	assert_string_equal(live_alarm(l)->path, "leak1/leak");
	live_key(l, '/');
	type_text(l, "xx");
	live_key(l, LIVE_KEY_ERASE);
	live_key(l, LIVE_KEY_ESCAPE);
	assert_int_equal(l->page, PAGE_ALARMS);
	live_free(l);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_stream_becomes_tables),
	    cmocka_unit_test(nonsense_is_ignored),
	    cmocka_unit_test(a_lost_connection_leaves_nothing_good),
	    cmocka_unit_test(older_events_go_before_the_newer),
	    cmocka_unit_test(a_hole_is_one_row_and_no_end),
	    cmocka_unit_test(what_was_confirmed_by_all_is_the_end),
	    cmocka_unit_test(events_are_bounded),
	    cmocka_unit_test(names_are_found_by_hash),
	    cmocka_unit_test(a_choice_follows_its_name),
	    cmocka_unit_test(filters_narrow_lists_down),
	    cmocka_unit_test(a_zone_is_as_bad_as_its_gravest),
	    cmocka_unit_test(search_goes_everywhere),
	};

	words_locale();
	setenv("TZ", "Asia/Tokyo", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
