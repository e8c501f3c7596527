/* The command line of facilityctl. */
#include "ctl/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
/* cmocka wants the four above first. */
#include <cmocka.h>

#define ARGS_MAX 12

/* Splits at blanks and reads; the words live until the next call. */
static bool
read_line(struct ctl_options *o, const char *line, char *err, size_t err_size)
{
	static char words[256];
	char *argv[ARGS_MAX] = {0};
	int argc = 0;

	strncpy(words, line, sizeof(words) - 1);
	for (char *w = strtok(words, " "); w != NULL && argc < ARGS_MAX; w = strtok(NULL, " "))
		argv[argc++] = w;
	return options_read(o, argc, argv, err, err_size);
}

/* A name of another encoding must not be left out of the record. */
static void
only_utf8(void **state)
{
	struct ctl_options o;
	char err[256];

	(void)state;
	assert_false(read_line(&o, "facilityctl ack leak1/leak --as Ren\xe9", err, sizeof(err)));
	assert_non_null(strstr(err, "UTF-8"));
	assert_false(
	    read_line(&o, "facilityctl maintenance begin x 2h \x8c\xf0\x8a\xb7", err, sizeof(err)));
	assert_non_null(strstr(err, "UTF-8"));
	assert_true(read_line(
	    &o, "facilityctl ack leak1/leak --as \xe7\x94\xb0\xe4\xb8\xad", err, sizeof(err)));
	/* The names of files are their own. */
	assert_true(read_line(&o, "facilityctl --run /tmp/\xe9 alarms", err, sizeof(err)));
}

static void
options_stand_anywhere(void **state)
{
	struct ctl_options o;
	char err[256];

	(void)state;
	assert_true(
	    read_line(&o, "facilityctl --json points crac1 --run /tmp/x", err, sizeof(err)));
	assert_int_equal(o.verb, VERB_POINTS);
	assert_string_equal(o.argument, "crac1");
	assert_string_equal(o.run_dir, "/tmp/x");
	assert_true(o.json);
	assert_int_equal(o.n, -1);
	assert_true(read_line(&o, "facilityctl events -n 5 -f", err, sizeof(err)));
	assert_int_equal(o.n, 5);
	assert_true(o.follow);
	assert_true(read_line(&o, "facilityctl ack --all --as=Tanaka", err, sizeof(err)));
	assert_true(o.all);
	assert_string_equal(o.as, "Tanaka");
	assert_true(read_line(&o, "facilityctl ack -- crac1/x", err, sizeof(err)));
	assert_string_equal(o.argument, "crac1/x");
	assert_true(read_line(&o, "facilityctl watch --plain --as Sato", err, sizeof(err)));
	assert_true(o.plain);
	assert_string_equal(o.as, "Sato");
	assert_false(read_line(&o, "facilityctl alarms --plain", err, sizeof(err)));
	assert_true(read_line(&o, "facilityctl help watch", err, sizeof(err)));
	assert_string_equal(o.argument, "watch");
	assert_true(read_line(&o, "facilityctl help", err, sizeof(err)));
	assert_int_equal(o.verb, VERB_HELP);
	assert_true(read_line(&o, "facilityctl points --help", err, sizeof(err)));
	assert_true(o.help);
}

static void
mistakes_get_a_sentence(void **state)
{
	static const struct {
		const char *line, *err;
	} cases[] = {
	    {"facilityctl", "which command? \"facilityctl help\" lists them"},
	    {"facilityctl stauts", "there is no command \"stauts\"; did you mean \"status\"?"},
	    {"facilityctl frobnicate", "there is no command \"frobnicate\""},
	    {"facilityctl status --jsno",
		"there is no option \"--jsno\"; did you mean \"--json\"?"},
	    {"facilityctl status crac1", "usage: facilityctl status "},
	    {"facilityctl status --all", "status does not take --all: facilityctl status "},
	    {"facilityctl explain", "usage: facilityctl explain DEVICE/POINT"},
	    {"facilityctl points a b", "usage: facilityctl points [DEVICE[/PREFIX]]"},
	    {"facilityctl ack", "usage: facilityctl ack DEVICE/ALARM | --all [--as NAME]"},
	    {"facilityctl ack a/b --all",
		"usage: facilityctl ack DEVICE/ALARM | --all [--as NAME]"},
	    {"facilityctl events -n", "--number needs a value"},
	    {"facilityctl events -n many", "-n takes a whole number up to 100000, not \"many\""},
	    {"facilityctl events -n -3", "-n takes a whole number up to 100000, not \"-3\""},
	    {"facilityctl --json=yes status", "--json takes no value"},
	};
	struct ctl_options o;
	char err[256];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_false(read_line(&o, cases[i].line, err, sizeof(err)));
		assert_string_equal(err, cases[i].err);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(options_stand_anywhere),
	    cmocka_unit_test(only_utf8),
	    cmocka_unit_test(mistakes_get_a_sentence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
