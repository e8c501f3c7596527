/* The check of a reload: what its child does, and how long, holds nothing up. */
#include "base/clock.h"
#include "house/reload.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define LIMIT_MS 300

/* A script plays the program that checks. */
struct bench {
	struct loop *loop;
	struct loop_timer *timer;
	struct reload *reload;
	char script[64];
	char *argv[2];
	int answers;
	bool good;
	char text[RELOAD_TEXT_MAX];
	char err[256];
};

static void
on_end(void *arg, const struct now *now)
{
	(void)now;
	loop_quit(((struct bench *)arg)->loop, 1);
}

static void
on_answer(void *arg, bool good, const char *text, const struct now *now)
{
	struct bench *b = arg;

	(void)now;
	b->answers++;
	b->good = good;
	snprintf(b->text, sizeof(b->text), "%s", text);
	loop_quit(b->loop, 0);
}

/* Runs the loop until there is an answer, at most so long; how many ms it took. */
static int64_t
run_for(struct bench *b, int64_t ms)
{
	mono_t began = clock_mono();

	loop_timer_set(b->timer, mono_add_ms(began, ms));
	loop_run(b->loop);
	loop_timer_set(b->timer, MONO_NEVER);
	return mono_ms_between(clock_mono(), began);
}

static void
write_script(struct bench *b, const char *lines)
{
	FILE *f = fopen(b->script, "w");

	assert_non_null(f);
	fprintf(f, "#!/bin/sh\n%s\n", lines);
	fclose(f);
}

static int
setup(void **state)
{
	struct bench *b = test_calloc(1, sizeof(*b));
	int fd;

	strcpy(b->script, "/tmp/test_reload.XXXXXX");
	fd = mkstemp(b->script);
	assert_true(fd >= 0);
	assert_int_equal(fchmod(fd, 0700), 0);
	close(fd);
	b->argv[0] = b->script;
	b->loop = loop_new();
	b->timer = loop_timer_add(b->loop, "end", LOOP_NORMAL, on_end, b);
	b->reload = reload_new(b->loop, b->script, b->argv, LIMIT_MS);
	*state = b;
	return 0;
}

static int
teardown(void **state)
{
	struct bench *b = *state;

	reload_free(b->reload);
	loop_timer_free(b->timer);
	loop_free(b->loop);
	unlink(b->script);
	test_free(b);
	return 0;
}

static bool
check(struct bench *b)
{
	b->answers = 0;
	return reload_check(b->reload, on_answer, b, b->err, sizeof(b->err));
}

static void
test_answers(void **state)
{
	static const struct {
		const char *lines;
		bool good;
		const char *text;
	} cases[] = {
	    {"echo all is well", true, "all is well\n"},
	    {"echo a mistake; exit 1", false, "a mistake\n"},
	    {"exit 1", false, "the check ended without a word"},
	    {"kill -9 $$", false, "the check ended without a word"},
	    /* It has said all before it ends. */
	    {"echo all; exec >/dev/null 2>&1; sleep 0.1; exit 1", false, "all\n"},
	};
	struct bench *b = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		write_script(b, cases[i].lines);
		assert_true(check(b));
		assert_false(check(b));
		assert_string_equal(b->err, "a reload is under way already");
		run_for(b, LIMIT_MS);
		assert_int_equal(b->answers, 1);
		assert_int_equal(b->good, cases[i].good);
		assert_string_equal(b->text, cases[i].text);
	}
}

/* One that hears no other signal, and one that has closed the pipe and does not end. */
static void
test_hangs(void **state)
{
	static const char *const lines[] = {
	    "trap '' TERM INT HUP; echo begun; while :; do sleep 5 >/dev/null 2>&1; done",
	    "exec >/dev/null 2>&1; sleep 60",
	};
	struct bench *b = *state;

	for (size_t i = 0; i < 2; i++) {
		write_script(b, lines[i]);
		assert_true(check(b));
		assert_in_range(run_for(b, 5000), LIMIT_MS - 10, 3000);
		assert_int_equal(b->answers, 1);
		assert_false(b->good);
		assert_non_null(strstr(b->text, "took longer than"));
		run_for(b, 50); /* a moment to die */
	}
}

/*
 * A tracer keeps the dead child from its parent, as the kernel does with one that hangs in it: a
 * SIGKILL is sent and no end is to be seen until there is a byte in
 * `release`.
 */
static pid_t
hold_child(int release)
{
	pid_t parent = getpid(), pid = fork(), child = 0;
	char path[64], byte;
	FILE *f;

	if (pid != 0)
		return pid;
	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", parent, parent);
	for (int tries = 0; tries < 5000; tries++, usleep(1000)) {
		int one, n;

		f = fopen(path, "r");
		while (f != NULL && (n = fscanf(f, "%d", &one)) == 1)
			if (one != getpid())
				child = one;
		if (f != NULL)
			fclose(f);
		if (child != 0)
			break;
	}
	if (child == 0 || ptrace(PTRACE_SEIZE, child, 0, 0) != 0)
		_exit(1);
	(void)!read(release, &byte, 1);
	_exit(0);
}

static void
test_hangs_in_the_kernel(void **state)
{
	struct bench *b = *state;
	int release[2], status;
	pid_t tracer;

	assert_int_equal(pipe(release), 0);
	write_script(b, "exec sleep 60");
	tracer = hold_child(release[0]);
	assert_true(check(b));
	/* The answer comes at the limit, and the loop goes on. */
	assert_in_range(run_for(b, 5000), LIMIT_MS - 10, 2000);
	assert_int_equal(b->answers, 1);
	assert_non_null(strstr(b->text, "took longer than"));
	if (waitpid(tracer, &status, WNOHANG) == tracer) {
		print_message("SKIPPED: no process can be traced here\n");
		skip();
	}
	assert_true(run_for(b, 50) < 1000);
	/* Another check is refused while the last one is there. */
	assert_false(check(b));
	assert_non_null(strstr(b->err, "cannot be ended"));
	print_message("%s\n", b->err);
	assert_int_equal(write(release[1], "x", 1), 1);
	assert_int_equal(waitpid(tracer, &status, 0), tracer);
	/* It is reaped by itself, and the next one runs. */
	run_for(b, 1500);
	assert_int_equal(waitpid(-1, &status, WNOHANG), -1);
	write_script(b, "echo well");
	assert_true(check(b));
	run_for(b, LIMIT_MS);
	assert_true(b->good);
	close(release[0]);
	close(release[1]);
}

/* A stop while it runs: it is gone, and nobody is called. */
static void
test_stop(void **state)
{
	struct bench *b = *state;
	mono_t began;

	write_script(b, "exec sleep 60");
	assert_true(check(b));
	began = clock_mono();
	reload_free(b->reload);
	b->reload = NULL;
	assert_true(mono_ms_between(clock_mono(), began) < 400);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(b->answers, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_answers, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_hangs, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_hangs_in_the_kernel, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_stop, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
