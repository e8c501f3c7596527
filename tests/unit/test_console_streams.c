/* What comes in pieces: events from the store, the watch, and clients that read slowly. */
#include "console_client.h"

static size_t
count_in(const char *text, const char *word)
{
	size_t n = 0;

	for (const char *p = text; (p = strstr(p, word)) != NULL; p += strlen(word))
		n++;
	return n;
}

/* ---- events --------------------------------------------------------------------------------- */

static void
note_many(struct fixture *f, int count)
{
	char text[64];

	for (int i = 0; i < count; i++) {
		text_printf(text, sizeof(text), "note %d", i);
		core_note(f->room.core, &f->room.now, EVENT_SYSTEM, PRIORITY_LOW, "", "", "", text);
	}
}

static void
events_come_in_batches_as_one_answer(void **state)
{
	struct fixture *f = *state;

	note_many(f, 50);
	size_t total = f->room.event_count;
	const char *answer = ask(f, "{\"cmd\":\"events\",\"n\":30}\n{\"cmd\":\"alarms\"}\n");
	assert_begins(answer, "{\"ok\":true,\"epoch\":\"7f\",\"events\":[{\"epoch\":");
	assert_int_equal(count_in(answer, "\"seq\":"), 30);
	assert_int_equal(count_in(answer, "\"text\":\"note 20\""), 1);
	assert_int_equal(count_in(answer, "\"text\":\"note 19\""), 0);
	assert_int_equal(count_in(answer, "\"text\":\"note 49\""), 1);
	assert_int_equal(f->fetches, 4);
	/* the answer to the next request follows, and not before */
	assert_string_equal(strstr(answer, "]}\n"), "]}\n{\"ok\":true,\"alarms\":[]}\n");
	char line[64];
	text_printf(line, sizeof(line), "{\"cmd\":\"events\",\"since\":%zu}\n", total - 2);
	assert_int_equal(count_in(ask(f, line), "\"seq\":"), 2);
	text_printf(line, sizeof(line), "{\"cmd\":\"events\",\"since\":%zu}\n", total + 9);
	assert_string_equal(ask(f, line), "{\"ok\":true,\"epoch\":\"7f\",\"events\":[]}\n");
	assert_string_equal(ask(f, "{\"cmd\":\"events\",\"n\":0}\n"),
	    "{\"ok\":true,\"epoch\":\"7f\",\"events\":[]}\n");
	/* back into the past, a page at a time */
	text_printf(line, sizeof(line), "{\"cmd\":\"events\",\"before\":%zu,\"n\":3}\n", total - 1);
	answer = ask(f, line);
	assert_int_equal(count_in(answer, "\"seq\":"), 3);
	assert_int_equal(count_in(answer, "\"text\":\"note 47\""), 1);
	assert_int_equal(count_in(answer, "\"text\":\"note 48\""), 0);
	assert_string_equal(ask(f, "{\"cmd\":\"events\",\"before\":1}\n"),
	    "{\"ok\":true,\"epoch\":\"7f\",\"events\":[]}\n");
	assert_string_equal(ask(f, "{\"cmd\":\"events\",\"before\":0}\n"),
	    "{\"ok\":true,\"epoch\":\"7f\",\"events\":[]}\n");
}

static void
a_store_that_gives_nothing_ends_the_answer(void **state)
{
	struct fixture *f = *state;

	note_many(f, 3);
	f->room.events[0].seq = 90; /* what was durable is not there any more */
	f->room.events[1].seq = 91;
	f->room.events[2].seq = 92;
	f->room.event_count = 3;
	assert_string_equal(
	    ask(f, "{\"cmd\":\"events\"}\n"), "{\"ok\":true,\"epoch\":\"7f\",\"events\":[]}\n");
}

/* Of events 1 to 20 those from 6 to 15 are lost: a page that ends in the hole has it too. */
static void
a_hole_that_goes_on_is_told_up_to_the_end(void **state)
{
	struct fixture *f = *state;
	struct event *e = f->room.events;

	memset(e, 0, 20 * sizeof(*e));
	f->room.event_count = 20;
	for (size_t i = 0; i < 11; i++) {
		e[i].seq = i < 5 ? i + 1 : i + 10;
		e[i].type = i == 5 ? EVENT_GAP : EVENT_SYSTEM;
	}
	text_copy(e[5].from, sizeof(e[5].from), "6");
	text_copy(e[5].to, sizeof(e[5].to), "15");
	const char *answer = ask(f, "{\"cmd\":\"events\",\"before\":13,\"n\":9}\n");
	assert_int_equal(count_in(answer, "\"seq\":"), 3);
	assert_int_equal(count_in(answer, "\"seq\":4,"), 1);
	assert_int_equal(count_in(answer, "\"seq\":5,"), 1);
	assert_int_equal(count_in(answer, "\"seq\":12,"), 1);
	assert_int_equal(count_in(answer, "\"type\":\"gap\""), 1);
	answer = ask(f, "{\"cmd\":\"events\",\"before\":17,\"n\":3}\n");
	assert_int_equal(count_in(answer, "\"seq\":"), 2);
	assert_int_equal(count_in(answer, "\"seq\":15,"), 1);
	assert_int_equal(count_in(answer, "\"seq\":16,"), 1);
	/* an answer that ends before the hole has nothing of it */
	answer = ask(f, "{\"cmd\":\"events\",\"before\":6,\"n\":2}\n");
	assert_int_equal(count_in(answer, "\"seq\":"), 2);
	assert_int_equal(count_in(answer, "\"type\":\"gap\""), 0);
}

/* ---- watch ---------------------------------------------------------------------------------- */

static void
watch_begins_with_everything_then_changes(void **state)
{
	struct fixture *f = *state;

	const char *got = ask(f, "{\"cmd\":\"watch\",\"n\":1}\n");
	assert_begins(got, "{\"ok\":true,\"watch\":\"begin\",\"epoch\":\"7f\"}\n");
	assert_int_equal(count_in(got, "{\"watch\":\"status\""), 1);
	assert_int_equal(count_in(got, "{\"watch\":\"zone\",\"zone\":\"room\""), 1);
	assert_true(strstr(got, "{\"watch\":\"zone\"") < strstr(got, "{\"watch\":\"device\""));
	assert_int_equal(count_in(got, "{\"watch\":\"device\""), 2);
	assert_int_equal(count_in(got, "{\"watch\":\"point\""), 6);
	assert_int_equal(count_in(got, "{\"watch\":\"alarm\""), 0);
	assert_int_equal(count_in(got, "{\"watch\":\"ready\"}"), 1);
	assert_int_equal(count_in(got, "{\"watch\":\"event\""), 1);
	assert_true(strstr(got, "\"ready\"") < strstr(got, "{\"watch\":\"event\""));
	/* nothing changes: nothing is said */
	f->length = 0;
	settle(f);
	assert_int_equal(f->length, 0);
	f->room.return_air = 304;
	pass_ms(f, 1100);
	settle(f);
	assert_int_equal(count_in(f->got, "{\"watch\":\"alarm\""), 2);
	assert_int_equal(count_in(f->got, "{\"watch\":\"point\""), 2);
	assert_int_equal(count_in(f->got, "{\"watch\":\"event\""), 2);
	/* an alarm that goes is told once more */
	f->length = 0;
	ask(f, "{\"cmd\":\"ack\",\"alarm\":\"all\"}\n");
	f->length = 0;
	f->room.return_air = 243;
	pass_ms(f, 1100);
	settle(f);
	assert_int_equal(count_in(f->got, "\"state\":\"normal\""), 2);
}

static void
watch_coalesces_to_five_rounds_a_second(void **state)
{
	struct fixture *f = *state;
	const uint32_t point = RETURN_AIR;
	const struct core_changes changes = {.points = &point, .point_count = 1};

	ask(f, "{\"cmd\":\"watch\",\"only\":[\"points\"]}\n");
	f->length = 0;
	for (int ms = 0; ms < 1000; ms += 10) { /* a hundred changes in a second */
		f->room.now.mono = mono_add_ms(f->room.now.mono, 10);
		f->show.now = f->room.now;
		watch_mark(f->client->watch, &changes);
		client_pump(f->client, &f->room.now);
	}
	receive(f);
	assert_int_equal(count_in(f->got, "{\"watch\":\"point\""), 5);
	assert_int_equal(count_in(f->got, "{\"watch\":\"device\""), 0);
	/* silence means that the agent is gone, so there is none */
	f->length = 0;
	for (int i = 0; i < 10; i++) {
		f->room.now.mono = mono_add_ms(f->room.now.mono, 500);
		f->show.now = f->room.now;
		client_pump(f->client, &f->room.now);
	}
	receive(f);
	assert_in_range(count_in(f->got, "{\"watch\":\"status\""), 2, 3);
}

static void
requests_may_be_sent_while_watching(void **state)
{
	struct fixture *f = *state;

	note_many(f, 20);
	const char *got = ask(f, "{\"cmd\":\"watch\"}\n{\"cmd\":\"points\",\"prefix\":\"zzz\"}\n"
				 "{\"cmd\":\"events\",\"n\":12}\n");
	assert_int_equal(count_in(got, "{\"ok\":true,\"points\":[]}\n"), 1);
	assert_int_equal(count_in(got, "{\"watch\":\"event\""), 20);
	/* every line is whole */
	const char *answer = strstr(got, "{\"ok\":true,\"epoch\":\"7f\",\"events\":[");
	assert_non_null(answer);
	const char *end = strchr(answer, '\n');
	assert_memory_equal(end - 2, "]}", 2);
	assert_null(memmem(answer, (size_t)(end - answer), "\"watch\"", 7));
}

/* ---- who does not read ---------------------------------------------------------------------- */

/* A batch that is on its way to the watch before is not taken for one of the watch that is now. */
static void
a_second_watch_has_all_its_events(void **state)
{
	static const char again[] = "{\"cmd\":\"watch\",\"only\":[\"events\"],\"since\":0}\n";
	struct fixture *f = *state;

	note_many(f, 20);
	ask(f, "{\"cmd\":\"watch\",\"only\":[\"events\"],\"n\":0}\n");
	note_many(f, 1);
	f->show.durable = f->room.event_count;
	fetch_pump(&f->fetch, &f->client, 1);
	assert_true(f->fetch.out);
	f->length = 0;
	assert_int_equal(send(f->fd, again, sizeof(again) - 1, 0), sizeof(again) - 1);
	client_read(f->client, &f->room.now);
	serve_fetch(f);
	settle(f);
	assert_int_equal(count_in(f->got, "{\"watch\":\"event\""), f->room.event_count);
	assert_true(strstr(f->got, "\"ready\"") < strstr(f->got, "{\"watch\":\"event\""));
}

static void
a_client_that_does_not_read_is_dropped(void **state)
{
	static const char line[] = "{\"cmd\":\"points\"}\n";
	struct fixture *f = *state;

	for (int i = 0; i < 20000 && !f->client->dead; i++) {
		if (send(f->fd, line, sizeof(line) - 1, MSG_NOSIGNAL) < 0)
			break;
		client_read(f->client, &f->room.now);
	}
	assert_false(f->client->dead);
	assert_true(f->client->out_length > 0);
	assert_true(f->client->out_length <= CLIENT_OUT_MAX);
	assert_true(
	    client_next(f->client).us < mono_add_ms(f->room.now.mono, CLIENT_STALL_MS + 1).us);
	f->room.now.mono = mono_add_ms(f->room.now.mono, CLIENT_STALL_MS - 1);
	client_pump(f->client, &f->room.now);
	assert_false(f->client->dead);
	f->room.now.mono = mono_add_ms(f->room.now.mono, 2);
	client_pump(f->client, &f->room.now);
	assert_true(f->client->dead);
}

/* Slow is not dead: whoever takes a little now and then gets everything, whole and in order. */
static void
a_slow_client_gets_everything(void **state)
{
	static const char line[] = "{\"cmd\":\"points\"}\n";
	struct fixture *f = *state;
	int sent = 0;

	while (sent < 2000 && send(f->fd, line, sizeof(line) - 1, MSG_NOSIGNAL) > 0) {
		client_read(f->client, &f->room.now);
		sent++;
	}
	f->length = 0;
	for (int i = 0; i < 3000; i++) {
		ssize_t n = recv(f->fd, f->got + f->length,
		    f->size - f->length - 1 < 3000 ? f->size - f->length - 1 : 3000, 0);

		f->length += n > 0 ? (size_t)n : 0;
		f->room.now.mono = mono_add_ms(f->room.now.mono, 100);
		f->show.now = f->room.now;
		client_read(f->client, &f->room.now);
	}
	receive(f);
	assert_false(f->client->dead);
	assert_int_equal(count_in(f->got, "{\"ok\":true,\"points\":["), sent);
	assert_int_equal(count_in(f->got, "]}\n"), sent);
}

int
main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
	    T(events_come_in_batches_as_one_answer),
	    T(a_hole_that_goes_on_is_told_up_to_the_end),
	    T(a_store_that_gives_nothing_ends_the_answer),
	    T(watch_begins_with_everything_then_changes),
	    T(watch_coalesces_to_five_rounds_a_second),
	    T(requests_may_be_sent_while_watching),
	    T(a_second_watch_has_all_its_events),
	    T(a_client_that_does_not_read_is_dropped),
	    T(a_slow_client_gets_everything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
