/* Keys of the live screen: what is asked of the person, what goes to the agent, what is said. */
#include "ctl_live.h"

static void
set_filter(struct live *l, const char *text)
{
	text_copy(l->filter[l->page].text, sizeof(l->filter[l->page].text), text);
}

static void
the_name_is_asked_for_once(void **state)
{
	struct live *l = example();
	char request[512];

	(void)state;
	live_key(l, '2');
	live_key(l, 'a');
	assert_true(shows(l, 24, 80, "Your name"));
	assert_string_equal(next_request(l, request, sizeof(request)), "");
	type_text(l, "Tanakax");
	live_key(l, LIVE_KEY_ERASE);
	live_key(l, LIVE_KEY_ENTER);
	assert_string_equal(next_request(l, request, sizeof(request)),
	    "{\"cmd\":\"ack\",\"alarm\":\"leak1/leak\",\"as\":\"Tanaka\"}");
	live_line(l, "{\"ok\":true,\"done\":1,\"who\":\"Tanaka (root)\",\"text\":\"leak1/leak "
		     "acknowledged\"}");
	assert_string_equal(l->message, "leak1/leak acknowledged (Tanaka (root))");
	assert_true(shows(l, 24, 80, "[Tanaka]"));
	/* the second time nobody is asked */
	live_key(l, LIVE_KEY_DOWN);
	live_key(l, 'a');
	assert_string_equal(next_request(l, request, sizeof(request)),
	    "{\"cmd\":\"ack\",\"alarm\":\"ups1/comm_lost\",\"as\":\"Tanaka\"}");
	live_line(l, "{\"ok\":false,\"code\":\"refused\",\"error\":\"you may not\"}");
	assert_true(l->message_bad);
	assert_string_equal(l->message, "you may not");
	/* N changes it */
	live_key(l, 'N');
	for (int i = 0; i < 6; i++)
		live_key(l, LIVE_KEY_ERASE);
	type_text(l, "Sato");
	live_key(l, LIVE_KEY_ENTER);
	live_key(l, 'a');
	next_request(l, request, sizeof(request));
	assert_non_null(strstr(request, "\"as\":\"Sato\""));
	live_free(l);
}

/* A new name while the answer is awaited is one for the next act. */
static void
nothing_is_sent_twice(void **state)
{
	struct live *l = example();
	char request[512];

	(void)state;
	l->named = true;
	live_key(l, '2');
	live_key(l, 'a');
	next_request(l, request, sizeof(request));
	assert_non_null(strstr(request, "\"ack\""));
	live_key(l, 'N');
	type_text(l, "Sato");
	live_key(l, LIVE_KEY_ENTER);
	assert_string_equal(next_request(l, request, sizeof(request)), "");
	assert_string_equal(l->message, "what you do is recorded for Sato");
	live_line(l, "{\"ok\":true,\"done\":1,\"text\":\"leak1/leak acknowledged\"}");
	assert_string_equal(l->message, "leak1/leak acknowledged");
	live_free(l);
}

static void
a_name_that_is_refused_is_asked_for_again(void **state)
{
	struct live *l = example();
	char request[512];

	(void)state;
	live_key(l, '2');
	live_key(l, 'a');
	type_text(l, "<b>");
	live_key(l, LIVE_KEY_ENTER);
	next_request(l, request, sizeof(request));
	live_line(l, "{\"ok\":false,\"code\":\"bad_request\",\"error\":\"a name has letters\"}");
	assert_true(l->message_bad);
	live_key(l, 'a');
	assert_true(shows(l, 24, 80, "Your name"));
	/* none is a choice too: the account is recorded */
	for (int i = 0; i < 3; i++)
		live_key(l, LIVE_KEY_ERASE);
	live_key(l, LIVE_KEY_ENTER);
	assert_string_equal(next_request(l, request, sizeof(request)),
	    "{\"cmd\":\"ack\",\"alarm\":\"leak1/leak\"}");
	live_free(l);
}

static void
all_means_those_that_were_seen(void **state)
{
	struct live *l = example();
	char request[512];

	(void)state;
	text_copy(l->as, sizeof(l->as), "Tanaka");
	l->named = true;
	live_key(l, 'A'); /* elsewhere: only goes there */
	assert_int_equal(l->page, PAGE_ALARMS);
	live_key(l, 'A');
	assert_true(shows(l, 24, 80, "Acknowledge 2 alarms on this page? y/n"));
	live_key(l, 'n');
	assert_string_equal(next_request(l, request, sizeof(request)), "");
	assert_string_equal(l->message, "nothing was done");
	live_key(l, 'A');
	/* one that comes while the person thinks is not acknowledged with the others */
	live_line(l, "{\"watch\":\"alarm\",\"device\":\"ups1\",\"alarm\":\"fire\",\"state\":"
		     "\"unacknowledged\",\"priority\":\"critical\",\"text\":\"fire\"}");
	live_key(l, 'y');
	next_request(l, request, sizeof(request));
	assert_non_null(strstr(request, "leak1/leak"));
	next_request(l, request, sizeof(request));
	assert_non_null(strstr(request, "ups1/comm_lost"));
	assert_string_equal(next_request(l, request, sizeof(request)), "");
	live_key(l, 'A');
	assert_string_equal(l->message, "facilityd has not answered yet");
	live_line(l, "{\"ok\":true,\"done\":1,\"who\":\"Tanaka\",\"text\":\"acknowledged\"}");
	live_line(l, "{\"ok\":true,\"done\":1,\"who\":\"Tanaka\",\"text\":\"acknowledged\"}");
	assert_string_equal(l->message, "2 alarms: done");
	live_free(l);
}

static void
shelving_asks_for_time_and_reason(void **state)
{
	struct live *l = example();
	char request[512];

	(void)state;
	text_copy(l->as, sizeof(l->as), "Tanaka");
	l->named = true;
	live_key(l, '2');
	live_key(l, LIVE_KEY_DOWN);
	live_key(l, 's');
	assert_true(shows(l, 24, 80, "for how long"));
	live_key(l, LIVE_KEY_ERASE);
	live_key(l, LIVE_KEY_ERASE);
	type_text(l, "30x");
	live_key(l, LIVE_KEY_ENTER); /* no time: asked again, before anything else */
	assert_true(shows(l, 24, 80, "for how long (1min to 8h): 2h"));
	live_key(l, LIVE_KEY_ERASE);
	live_key(l, LIVE_KEY_ERASE);
	type_text(l, "9h");
	live_key(l, LIVE_KEY_ENTER);
	assert_true(shows(l, 24, 80, "for how long (1min to 8h): 2h"));
	live_key(l, LIVE_KEY_ERASE);
	live_key(l, LIVE_KEY_ERASE);
	type_text(l, "30min");
	live_key(l, LIVE_KEY_ENTER);
	live_key(l, LIVE_KEY_ENTER); /* no reason: asked again */
	type_text(l, "電源工事");
	live_key(l, LIVE_KEY_ENTER);
	next_request(l, request, sizeof(request));
	assert_string_equal(request,
	    "{\"cmd\":\"shelve\",\"alarm\":\"ups1/comm_lost\",\"for\":\"30min\",\"reason\":"
	    "\"電源工事\",\"as\":\"Tanaka\"}");
	/* Escape at any question leaves everything as it was */
	live_line(l, "{\"ok\":true,\"text\":\"shelved\"}");
	live_key(l, 's');
	live_key(l, LIVE_KEY_ENTER);
	live_key(l, LIVE_KEY_ESCAPE);
	assert_string_equal(next_request(l, request, sizeof(request)), "");
	live_key(l, LIVE_KEY_END);
	live_key(l, LIVE_KEY_UP);
	live_key(l, 'u');
	next_request(l, request, sizeof(request));
	assert_non_null(strstr(request, "\"unshelve\",\"alarm\":\"crac1/fan_stopped\""));
	live_free(l);
}

static void
maintenance_begins_and_ends(void **state)
{
	struct live *l = example();
	char request[512];

	(void)state;
	text_copy(l->as, sizeof(l->as), "Tanaka");
	l->named = true;
	live_key(l, 'm');
	assert_string_equal(l->message, "choose a device or a zone first");
	live_key(l, LIVE_KEY_DOWN); /* the zone of the room */
	live_key(l, 'm');
	live_key(l, LIVE_KEY_ENTER);
	type_text(l, "inspection");
	live_key(l, LIVE_KEY_ENTER);
	assert_string_equal(next_request(l, request, sizeof(request)),
	    "{\"cmd\":\"maintenance_begin\",\"what\":\"room\",\"for\":\"2h\",\"reason\":"
	    "\"inspection\",\"as\":\"Tanaka\"}");
	live_line(l, "{\"ok\":true,\"text\":\"room is in maintenance\"}");
	live_line(l,
	    "{\"watch\":\"device\",\"device\":\"leak1\",\"state\":\"online\",\"zone\":\"room\","
	    "\"maintenance\":{\"until\":\"2026-11-21T11:00:00.000Z\",\"who\":\"Tanaka\","
	    "\"reason\":\"Tanaka: inspection\"}}");
	live_line(l,
	    "{\"watch\":\"alarm\",\"device\":\"leak1\",\"alarm\":\"leak\",\"state\":\"out_of_"
	    "service\",\"priority\":\"critical\",\"text\":\"Water\"}");
	wait_ms(l, 200);
	assert_true(shows(l, 24, 80, "maintenance until 20:00:00"));
	assert_true(shows(l, 24, 80, "◇ leak1"));
	live_key(l, LIVE_KEY_DOWN);
	live_key(l, LIVE_KEY_ENTER);
	assert_true(shows(l, 24, 80, "in maintenance until 20:00:00, Tanaka: inspection"));
	live_key(l, 'm');
	assert_true(shows(l, 24, 80, "End the maintenance of leak1 now? y/n"));
	live_key(l, 'y');
	assert_string_equal(next_request(l, request, sizeof(request)),
	    "{\"cmd\":\"maintenance_end\",\"what\":\"leak1\",\"as\":\"Tanaka\"}");
	live_free(l);
}

/* From a page where the alarm is not in sight, the key leads to it instead of hitting it. */
static void
no_key_hits_what_is_not_in_sight(void **state)
{
	struct live *l = example();
	char request[512];

	(void)state;
	live_key(l, 'a');
	assert_int_equal(l->page, PAGE_ALARMS);
	assert_string_equal(live_alarm(l)->path, "leak1/leak");
	assert_string_equal(next_request(l, request, sizeof(request)), "");
	live_key(l, '3');
	while (live_device(l) == NULL || strcmp(live_device(l)->name, "crac1") != 0)
		live_key(l, LIVE_KEY_DOWN);
	live_key(l, 'a');
	assert_string_equal(live_alarm(l)->path, "crac1/return_air_high");
	live_key(l, '3');
	while (strcmp(live_device(l)->name, "env1") != 0)
		live_key(l, LIVE_KEY_UP);
	live_key(l, 'a');
	assert_string_equal(l->message, "env1 has no alarm");
	live_free(l);
}

/* Nor what a filter hides, or what has ended while the finger was on its way. */
static void
no_key_hits_what_has_gone_from_the_list(void **state)
{
	struct live *l = example();
	char request[512];

	(void)state;
	l->named = true;
	live_key(l, '2');
	assert_string_equal(live_alarm(l)->path, "leak1/leak");
	live_key(l, 'f');
	type_text(l, "nothing");
	live_key(l, LIVE_KEY_ENTER);
	assert_true(shows(l, 24, 80, "No alarm passes the filter."));
	for (const char *key = "asurm"; *key != '\0'; key++) {
		live_key(l, *key);
		assert_null(l->prompt.done);
		assert_string_equal(next_request(l, request, sizeof(request)), "");
	}
	live_key(l, LIVE_KEY_ENTER);
	assert_false(l->open);
	/* the filter hides another one, and what is chosen is in sight again */
	set_filter(l, "leak");
	live_key(l, 'a');
	next_request(l, request, sizeof(request));
	assert_non_null(strstr(request, "leak1/leak"));
	live_line(l, "{\"ok\":true,\"text\":\"acknowledged\"}");
	live_line(l, "{\"watch\":\"alarm\",\"device\":\"leak1\",\"alarm\":\"leak\",\"state\":"
		     "\"normal\",\"priority\":\"critical\",\"text\":\"\"}");
	live_key(l, 'a');
	assert_string_equal(l->message, "choose an alarm with the arrow keys first");
	live_free(l);
}

static void
no_hidden_device_goes_into_maintenance(void **state)
{
	struct live *l = example();
	char request[512];

	(void)state;
	l->named = true;
	live_key(l, '3');
	while (live_device(l) == NULL || strcmp(live_device(l)->name, "crac1") != 0)
		live_key(l, LIVE_KEY_DOWN);
	set_filter(l, "ups");
	live_key(l, 'm');
	assert_string_equal(l->message, "choose a device or a zone first");
	assert_null(l->prompt.done);
	live_key(l, LIVE_KEY_ENTER);
	assert_string_equal(l->device, "");
	set_filter(l, "");
	live_key(l, 'm');
	assert_true(shows(l, 24, 80, "crac1: maintenance for how long (1min to 7d): 2h"));
	live_key(l, LIVE_KEY_ESCAPE);
	assert_string_equal(next_request(l, request, sizeof(request)), "");
	live_free(l);
}

static void
nothing_is_done_without_a_connection(void **state)
{
	struct live *l = example();
	char request[512];

	(void)state;
	live_key(l, '2');
	live_key(l, 'a');
	type_text(l, "Tanaka");
	live_key(l, LIVE_KEY_ENTER);
	next_request(l, request, sizeof(request));
	live_lost(l, now, "gone");
	assert_string_equal(l->message, "the connection was lost: look whether it was done");
	live_key(l, 'a');
	assert_string_equal(l->message, "no connection to facilityd: nothing can be done now");
	assert_string_equal(next_request(l, request, sizeof(request)), "");
	/* what comes in a new connection belongs to the questions of that one */
	live_connected(l);
	assert_string_equal(
	    next_request(l, request, sizeof(request)), "{\"cmd\":\"watch\",\"n\":200}");
	live_free(l);
}

/* An answer that is no JSON belongs to its question all the same. */
static void
answers_stay_with_their_questions(void **state)
{
	struct live *l = example();
	char request[512];

	(void)state;
	l->named = true;
	live_key(l, '3');
	wait_ms(l, 3000);
	assert_string_equal(next_request(l, request, sizeof(request)), "{\"cmd\":\"bus\"}");
	live_key(l, '2');
	live_key(l, 'a');
	next_request(l, request, sizeof(request));
	assert_non_null(strstr(request, "\"ack\""));
	live_line(l, "{\"ok\":true,\"devices\":[{\"unit_id\":18446744073709551615}]}");
	live_line(l, "{\"ok\":true,\"done\":1,\"text\":\"acknowledged\"}");
	assert_string_equal(l->message, "acknowledged");
	live_key(l, 'a');
	next_request(l, request, sizeof(request));
	live_line(l, "{\"ok\":tru");
	assert_true(l->message_bad);
	assert_non_null(strstr(l->message, "not understood"));
	live_key(l, 'a'); /* and the next one can be asked */
	next_request(l, request, sizeof(request));
	assert_non_null(strstr(request, "\"ack\""));
	live_free(l);
}

static void
every_page_is_reached_and_left(void **state)
{
	struct live *l = example();

	(void)state;
	for (int p = 0; p < PAGE_HELP; p++) {
		live_key(l, '1' + p);
		assert_int_equal(l->page, p);
		live_key(l, '?');
		assert_int_equal(l->page, PAGE_HELP);
		live_key(l, LIVE_KEY_ESCAPE);
		assert_int_equal(l->page, p);
	}
	live_key(l, LIVE_KEY_TAB);
	assert_int_equal(l->page, PAGE_OVERVIEW);
	live_key(l, LIVE_KEY_BACK_TAB);
	assert_int_equal(l->page, PAGE_EVENTS);
	/* from a zone to its devices, from a device to its points, and back */
	live_key(l, '1');
	live_key(l, LIVE_KEY_DOWN);
	live_key(l, LIVE_KEY_ENTER);
	assert_int_equal(l->page, PAGE_DEVICES);
	assert_string_equal(l->filter[PAGE_DEVICES].text, "room");
	live_key(l, LIVE_KEY_DOWN);
	live_key(l, LIVE_KEY_ENTER);
	assert_string_equal(l->device, "ups1");
	live_key(l, LIVE_KEY_ESCAPE);
	assert_string_equal(l->device, "");
	live_key(l, LIVE_KEY_ESCAPE);
	assert_string_equal(l->filter[PAGE_DEVICES].text, "");
	live_key(l, 'q');
	assert_true(l->quit);
	live_free(l);
}

static void
a_point_is_explained_and_drawn(void **state)
{
	struct live *l = example();
	char request[512];

	(void)state;
	live_key(l, 'e');
	assert_non_null(strstr(l->message, "choose a point"));
	live_key(l, '/');
	type_text(l, "return_air_temp");
	live_key(l, LIVE_KEY_ENTER);
	live_key(l, 'e');
	assert_string_equal(next_request(l, request, sizeof(request)),
	    "{\"cmd\":\"explain\",\"point\":\"crac1/return_air_temperature\"}");
	live_line(l, "{\"ok\":true,\"lines\":[\"value 30.4\",\"raw\\u001b[2J\"]}");
	assert_true(shows(l, 24, 80, "value 30.4"));
	assert_true(shows(l, 24, 80, "raw?[2J"));
	live_key(l, LIVE_KEY_ESCAPE);
	live_key(l, 't');
	assert_int_equal(l->trends.count, 1);
	live_key(l, '4');
	live_tick(l, mono_add_ms(l->now, 1000), now);
	assert_string_equal(next_request(l, request, sizeof(request)),
	    "{\"cmd\":\"history\",\"point\":\"crac1/"
	    "return_air_temperature\",\"since\":\"900s\",\"max\":"
	    "600}");
	live_line(l,
	    "{\"ok\":true,\"limits\":[{\"alarm\":\"return_air_high\",\"priority\":\"high\","
	    "\"limit\":30},{\"alarm\":\"x\",\"limit\":\"y\"}],\"samples\":[]}");
	assert_int_equal(l->trends.list[0].limit_count, 1);
	assert_true(shows(l, 24, 80, "return_air_high 30"));
	assert_true(shows(l, 24, 80, "now 30.4 °C"));
	live_key(l, LIVE_KEY_DOWN);
	live_key(l, 't');
	assert_int_equal(l->trends.count, 0);
	live_free(l);
}

/* From every page, and over a connection that is lost while it is asked for. */
static void
an_explanation_is_kept_up(void **state)
{
	struct live *l = example();
	char request[512];

	(void)state;
	live_key(l, '2');
	live_key(l, LIVE_KEY_END);
	live_key(l, LIVE_KEY_UP);
	while (strcmp(live_alarm(l)->path, "crac1/return_air_high") != 0)
		live_key(l, LIVE_KEY_UP);
	live_key(l, 'e');
	next_request(l, request, sizeof(request));
	assert_non_null(strstr(request, "\"explain\""));
	live_line(l, "{\"ok\":true,\"lines\":[\"value 30.4\"]}");
	assert_true(shows(l, 24, 80, "value 30.4"));
	wait_ms(l, 3000);
	next_request(l, request, sizeof(request));
	assert_non_null(strstr(request, "\"explain\""));
	live_lost(l, now, "gone");
	assert_false(shows(l, 24, 80, "value 30.4"));
	live_connected(l);
	json_decref(asks_next(&l->asks));
	for (size_t i = 0; i < sizeof(stream) / sizeof(stream[0]); i++)
		live_line(l, stream[i]);
	wait_ms(l, 1000);
	next_request(l, request, sizeof(request));
	assert_non_null(strstr(request, "\"explain\""));
	live_line(l, "{\"ok\":true,\"lines\":[\"value 29.1\"]}");
	assert_true(shows(l, 24, 80, "value 29.1"));
	live_free(l);
}

static void
the_list_is_back_when_the_opened_alarm_ends(void **state)
{
	struct live *l = example();

	(void)state;
	live_key(l, '2');
	live_key(l, LIVE_KEY_ENTER);
	assert_true(l->open);
	/* a connection that begins anew does not close it */
	live_lost(l, now, "gone");
	live_connected(l);
	json_decref(asks_next(&l->asks));
	live_line(l, stream[0]);
	wait_ms(l, 200);
	live_key(l, LIVE_KEY_DOWN);
	for (size_t i = 1; i < sizeof(stream) / sizeof(stream[0]); i++)
		live_line(l, stream[i]);
	wait_ms(l, 200);
	assert_true(l->open);
	live_line(l, "{\"watch\":\"alarm\",\"device\":\"leak1\",\"alarm\":\"leak\",\"state\":"
		     "\"normal\",\"priority\":\"critical\",\"text\":\"\"}");
	live_key(l, LIVE_KEY_DOWN);
	live_key(l, LIVE_KEY_DOWN);
	assert_non_null(live_alarm(l));
	assert_false(l->open);
	live_free(l);
}

/* Any keys in any order: nothing but the picture may come of them. */
static void
a_cat_on_the_keyboard(void **state)
{
	struct live *l = example();
	unsigned seed = 1;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		seed = seed * 1103515245u + 12345u;
		unsigned r = seed >> 16;
		int key = r % 3 == 0 ? LIVE_KEY_UP + (int)(r / 3 % 13) : (int)(r / 3 % 128);

		live_key(l, key);
		l->quit = false;
		if (i % 500 == 0)
			live_lost(l, now, "gone");
		if (i % 500 == 10) {
			live_connected(l);
			asks_clear(&l->asks);
			for (size_t s = 0; s < sizeof(stream) / sizeof(stream[0]); s++)
				live_line(l, stream[s]);
		}
		if (i % 7 == 0) {
			json_decref(asks_next(&l->asks));
			live_line(l, i % 2 == 0 ? "{\"ok\":true}" : "{\"ok\":false}");
		}
		if (i % 20 != 0)
			continue;
		wait_ms(l, 50);
		canvas_free(draw(l, 2 + seed / 65536 % 40, 2 + seed / 65536 % 150,
		    (enum symbols)(i / 20 % 3), now));
	}
	live_free(l);
}

/* A critical alarm stays in sight: that is said at once, and whole, on a small window too. */
static void
no_shelf_for_a_critical_one(void **state)
{
	struct live *l = example();

	(void)state;
	live_key(l, '2');
	live_key(l, 's');
	assert_null(l->prompt.done);
	assert_true(shows(l, 24, 80, "leak1/leak cannot be shelved: a critical alarm stays in"));
	assert_true(shows(l, 20, 40, "leak1/leak cannot be shelved: a"));
	assert_true(shows(l, 20, 40, "stop the buzzer"));
	live_free(l);
}

/* Pasted text acknowledges nothing; in a line it is text, and it does not end it. */
static void
what_is_pasted_is_no_key(void **state)
{
	struct live *l = example();
	char buf[512];

	(void)state;
	live_key(l, '2');
	live_key(l, LIVE_KEY_PASTE);
	type_text(l, "AyaSato");
	live_key(l, LIVE_KEY_ENTER);
	type_text(l, "q");
	live_key(l, LIVE_KEY_PASTE_END);
	assert_string_equal(next_request(l, buf, sizeof(buf)), "");
	assert_true(shows(l, 24, 80, "what is pasted does nothing here"));
	assert_false(l->quit);
	assert_null(l->prompt.done);
	live_key(l, 'a');
	live_key(l, LIVE_KEY_PASTE);
	type_text(l, "Sa");
	live_key(l, LIVE_KEY_ENTER);
	live_key(l, LIVE_KEY_ESCAPE);
	type_text(l, "to");
	assert_string_equal(l->prompt.text, "Sato");
	/* The end of it is lost: after a second keys are keys. */
	wait_ms(l, 1001);
	live_key(l, LIVE_KEY_ENTER);
	next_request(l, buf, sizeof(buf));
	assert_non_null(strstr(buf, "\"as\":\"Sato\""));
	live_free(l);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(no_shelf_for_a_critical_one),
	    cmocka_unit_test(what_is_pasted_is_no_key),
	    cmocka_unit_test(the_name_is_asked_for_once),
	    cmocka_unit_test(nothing_is_sent_twice),
	    cmocka_unit_test(a_name_that_is_refused_is_asked_for_again),
	    cmocka_unit_test(all_means_those_that_were_seen),
	    cmocka_unit_test(shelving_asks_for_time_and_reason),
	    cmocka_unit_test(maintenance_begins_and_ends),
	    cmocka_unit_test(no_key_hits_what_is_not_in_sight),
	    cmocka_unit_test(no_key_hits_what_has_gone_from_the_list),
	    cmocka_unit_test(no_hidden_device_goes_into_maintenance),
	    cmocka_unit_test(nothing_is_done_without_a_connection),
	    cmocka_unit_test(answers_stay_with_their_questions),
	    cmocka_unit_test(every_page_is_reached_and_left),
	    cmocka_unit_test(a_point_is_explained_and_drawn),
	    cmocka_unit_test(an_explanation_is_kept_up),
	    cmocka_unit_test(the_list_is_back_when_the_opened_alarm_ends),
	    cmocka_unit_test(a_cat_on_the_keyboard),
	};

	words_locale();
	setenv("TZ", "Asia/Tokyo", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
