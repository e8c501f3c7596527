/* facilityctl events --since: events of a time, out of a long list, against an agent made here. */
#include "ctl/events.h"

#include "base/clock.h"
#include "base/text.h"

#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
/* cmocka wants the standard headers first. */
#include <cmocka.h>

#define EVENTS 5000 /* one a minute, the newest now; numbers below HELD are gone */
#define HELD   1500

static char dir[64];
static int listener;
static wall_t began;
static int questions, unsynced_upto;

static json_t *
event_of(long long seq)
{
	char time[WALL_TEXT_MAX];
	wall_t at = {began.us - (EVENTS - seq) * INT64_C(60000000)};

	if (seq < HELD)
		return json_pack("{s:I, s:s, s:s, s:s}", "seq", (json_int_t)seq, "type", "gap",
		    "time", "1970-01-01T00:00:00.000Z", "clock", "synced");
	if (seq <= unsynced_upto)
		at.us = 0; /* a board without a clock, before it was set */
	return json_pack("{s:I, s:s, s:s, s:s}", "seq", (json_int_t)seq, "type", "system", "time",
	    wall_text(at, time), "clock", seq <= unsynced_upto ? "unsynced" : "synced");
}

static json_t *
answer(const json_t *r)
{
	long long n = json_integer_value(json_object_get(r, "n"));
	json_t *before = json_object_get(r, "before"), *list = json_array();
	long long last = before != NULL ? json_integer_value(before) - 1 : EVENTS;
	long long first = last - n + 1 > 1 ? last - n + 1 : 1;

	questions++;
	/* What is gone comes as one, with the number of its last. */
	if (first < HELD && last >= 1)
		json_array_append_new(list, event_of(last < HELD ? last : HELD - 1));
	for (long long s = first < HELD ? HELD : first; s <= last; s++)
		json_array_append_new(list, event_of(s));
	return json_pack("{s:b, s:o}", "ok", 1, "events", list);
}

static void *
serve(void *arg)
{
	static char line[4096];
	int fd;

	(void)arg;
	while ((fd = accept(listener, NULL, NULL)) >= 0) {
		FILE *f = fdopen(fd, "r+");

		while (fgets(line, sizeof(line), f) != NULL) {
			json_t *r = json_loads(line, 0, NULL), *a = answer(r);
			char *text = json_dumps(a, JSON_COMPACT);

			dprintf(fd, "%s\n", text);
			free(text);
			json_decref(a);
			json_decref(r);
		}
		fclose(f);
	}
	return NULL;
}

/* The events that are told; the caller frees. */
static json_t *
ask(const char *since, const char *until)
{
	const struct ctl_options o = {.verb = VERB_EVENTS,
	    .run_dir = dir,
	    .since = since,
	    .until = until,
	    .json = true,
	    .n = -1};
	char path[128];
	int keep = dup(STDOUT_FILENO), fd;
	json_t *a, *events;

	text_printf(path, sizeof(path), "%s/out", dir);
	fd = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0600);
	fflush(stdout);
	dup2(fd, STDOUT_FILENO);
	questions = 0;
	enum ctl_exit code = events_of_time(&o);
	fflush(stdout);
	dup2(keep, STDOUT_FILENO);
	close(keep);
	close(fd);
	assert_int_equal(code, CTL_DONE);
	a = json_load_file(path, 0, NULL);
	assert_non_null(a);
	events = json_incref(json_object_get(a, "events"));
	json_decref(a);
	for (size_t i = 1; i < json_array_size(events); i++)
		assert_true(
		    json_integer_value(json_object_get(json_array_get(events, i), "seq")) >
		    json_integer_value(json_object_get(json_array_get(events, i - 1), "seq")));
	return events;
}

static long long
seq_at(const json_t *events, size_t i)
{
	return json_integer_value(json_object_get(json_array_get(events, i), "seq"));
}

static void
a_time_is_found(void **state)
{
	json_t *e;

	(void)state;
	unsynced_upto = 0;
	e = ask("30min", NULL);
	assert_in_range(json_array_size(e), 29, 31);
	assert_int_equal(seq_at(e, json_array_size(e) - 1), EVENTS);
	assert_int_equal(questions, 1);
	json_decref(e);
	e = ask("2000min", "1900min");
	assert_in_range(json_array_size(e), 100, 102);
	assert_in_range(seq_at(e, 0), EVENTS - 2001, EVENTS - 1998);
	assert_int_equal(questions, 3);
	json_decref(e);
}

static void
what_is_gone_ends_the_search(void **state)
{
	json_t *e;

	(void)state;
	unsynced_upto = 0;
	e = ask("100d", NULL);
	assert_int_equal(json_array_size(e), EVENTS - HELD + 1);
	assert_in_range(questions, 4, 5);
	json_decref(e);
}

/* A clock that was not set neither ends the search nor hides an event. */
static void
unset_clocks_hide_nothing(void **state)
{
	json_t *e;

	(void)state;
	unsynced_upto = EVENTS - 10;
	e = ask("30min", NULL);
	assert_int_equal(json_array_size(e), EVENTS - HELD + 1);
	json_decref(e);
	unsynced_upto = 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_time_is_found),
	    cmocka_unit_test(what_is_gone_ends_the_search),
	    cmocka_unit_test(unset_clocks_hide_nothing),
	};
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	char command[128];
	pthread_t thread;
	int bad;

	strcpy(dir, "/tmp/test_ctl_events.XXXXXX");
	if (mkdtemp(dir) == NULL)
		return 1;
	began = clock_wall();
	text_printf(a.sun_path, sizeof(a.sun_path), "%s/control.sock", dir);
	listener = socket(AF_UNIX, SOCK_STREAM, 0);
	if (bind(listener, (const struct sockaddr *)&a, sizeof(a)) != 0 ||
	    listen(listener, 4) != 0 || pthread_create(&thread, NULL, serve, NULL) != 0)
		return 1;
	bad = cmocka_run_group_tests(tests, NULL, NULL);
	shutdown(listener, SHUT_RDWR);
	pthread_join(thread, NULL);
	close(listener);
	text_printf(command, sizeof(command), "rm -rf '%s'", dir);
	return bad + system(command);
}
