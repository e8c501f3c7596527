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
/* Those between these are gone as well, or none where lost_upto is 0. */
static long long lost_after, lost_upto;

static char dir[64];
static int listener;
static wall_t began;
static int questions, unsynced_upto;

static bool
is_held(long long seq)
{
	return lost_upto > 0 ? seq <= lost_after || seq > lost_upto : seq >= HELD;
}

/* As the console tells a hole: from the first one that was asked for to its own end. */
static json_t *
gap_of(long long first, long long last)
{
	char from[24], to[24];
	long long end = lost_upto > 0 ? lost_upto : HELD - 1;

	text_printf(from, sizeof(from), "%lld", first);
	text_printf(to, sizeof(to), "%lld", end);
	return json_pack("{s:I, s:s, s:s, s:s, s:s, s:s, s:s}", "seq",
	    (json_int_t)(end < last ? end : last), "type", "gap", "priority",
	    lost_upto > 0 ? "high" : "low", "time", "1970-01-01T00:00:00.000Z", "clock", "unsynced",
	    "from", from, "to", to);
}

static json_t *
event_of(long long seq)
{
	char time[WALL_TEXT_MAX];
	wall_t at = {began.us - (EVENTS - seq) * INT64_C(60000000)};

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
	for (long long s = first; s <= last; s++)
		if (is_held(s))
			json_array_append_new(list, event_of(s));
		else if (s == first || is_held(s - 1))
			json_array_append_new(list, gap_of(s, last));
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
	assert_int_equal(json_array_size(e), EVENTS - HELD + 1 + 1);
	assert_int_equal(seq_at(e, 0), HELD - 1);
	assert_in_range(questions, 4, 5);
	json_decref(e);
}

/* What is older than a hole is found, and the hole is told once, also where it fills blocks. */
static void
a_hole_does_not_end_the_search(void **state)
{
	static const struct {
		long long after, upto;
	} holes[] = {{100, 1000}, {600, 4300}, {1, 4999}, {2999, 3000}};

	(void)state;
	for (size_t i = 0; i < sizeof(holes) / sizeof(holes[0]); i++) {
		lost_after = holes[i].after;
		lost_upto = holes[i].upto;
		json_t *e = ask("100d", NULL);
		assert_int_equal(json_array_size(e), EVENTS - (lost_upto - lost_after) + 1);
		assert_int_equal(seq_at(e, 0), 1);
		assert_int_equal(seq_at(e, (size_t)lost_after - 1), lost_after);
		assert_int_equal(seq_at(e, (size_t)lost_after), lost_upto);
		assert_int_equal(seq_at(e, (size_t)lost_after + 1), lost_upto + 1);
		assert_int_equal(questions, 5);
		json_decref(e);
	}
	lost_upto = 0;
}

/* A clock that was not set neither ends the search nor hides an event. */
static void
unset_clocks_hide_nothing(void **state)
{
	json_t *e;

	(void)state;
	unsynced_upto = EVENTS - 10;
	e = ask("30min", NULL);
	assert_int_equal(json_array_size(e), EVENTS - HELD + 1 + 1);
	json_decref(e);
	unsynced_upto = 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_time_is_found),
	    cmocka_unit_test(what_is_gone_ends_the_search),
	    cmocka_unit_test(a_hole_does_not_end_the_search),
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
