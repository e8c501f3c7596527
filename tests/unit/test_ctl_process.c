/* facilityctl as a process, against a server that runs: what it says, and its exit codes. */
#include "console_server.h"

#include <libgen.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

static char facilityctl[512]; /* "" where it is not built */

/* Runs it with these arguments; stdout and stderr together into buf. Returns its exit code. */
static int
ctl(const char *run_dir, const char *arguments, char *buf, size_t size)
{
	char command[1200];

	text_printf(command, sizeof(command), "TZ=UTC0 LC_ALL=C '%s' --run '%s' 2>&1 %s",
	    facilityctl, run_dir, arguments);
	FILE *p = popen(command, "r");
	size_t n = fread(buf, 1, size - 1, p);
	buf[n] = '\0';
	int status = pclose(p);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void
need_facilityctl(void)
{
	if (facilityctl[0] == '\0') {
		print_message("SKIPPED: facilityctl is not built\n");
		skip();
	}
}

static void
facilityctl_tells_how_it_went(void **state)
{
	static const struct {
		const char *arguments;
		int code;
		const char *says;
	} cases[] = {
	    {"status", 0, "  devices  2 of 2 online\n"},
	    {"status", 0, "  panel    ● green steady   ○ amber off   ○ red off   ○ buzzer off"},
	    {"devices", 0, "crac1   online"},
	    {"points crac1", 0, "crac1/return_air_temperature  24.3 °C"},
	    {"points crac1/spare", 0, "bad: no sensor (the device reports its placeholder)"},
	    {"alarms", 0, "no active alarm\n"},
	    {"alarms --all", 0, "HIGH      crac1/return_air_high  normal\n"},
	    {"events", 0, "Cooling unit 1"},
	    {"explain crac1/fan_state", 0, "value     running, good"},
	    {"bus", 0, "io_1  modbus-tcp, 127.0.0.1 port 502\n"},
	    {"ack --all --as Tanaka", 0, "no alarm waits for an acknowledgement\n"},
	    {"--json alarms", 0, "{\"ok\":true,\"alarms\":[]}\n"},
	    {"help", 0, "Exit: 0 done, 1 refused or not found"},
	    {"points crac1/nosuch", 1, "no point has such a name\n"},
	    {"points crac9", 1, "there is no device \"crac9\" here; did you mean \"crac1\"?\n"},
	    {"--json points crac9", 1, "{\"ok\":false,\"code\":\"not_found\""},
	    {"maintenance end crac1 crac2", 2, "usage: facilityctl maintenance list | begin"},
	    {"maintenance list crac1", 2, "usage: facilityctl maintenance list | begin"},
	    {"reset crac1/fan_stopped", 1, "cannot be reset: it is normal"},
	    {"ack crac1/fan_stoped", 1, "did you mean \"fan_stopped\"?"},
	    {"ack --all --as 'x(y)'", 2, "\"as\" must be a person's name"},
	    {"stauts", 2, "there is no command \"stauts\"; did you mean \"status\"?\n"},
	    {"help >/dev/full", 1, "cannot write stdout: No space left on device\n"},
	    {"events >/dev/full", 1, "cannot write stdout: "},
	    {"history crac1/return_air_temperature --csv >/dev/full", 1, "cannot write stdout"},
	    {"watch", 2, "watch needs a terminal"},
	    {"", 2, "which command? \"facilityctl help\" lists them\n"},
	};
	struct server *s = *state;
	static char buf[16384];

	need_facilityctl();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int code = ctl(s->dir, cases[i].arguments, buf, sizeof(buf));

		if (code != cases[i].code || strstr(buf, cases[i].says) == NULL)
			fail_msg("facilityctl %s: exit %d (not %d), says: %s", cases[i].arguments,
			    code, cases[i].code, buf);
	}
	assert_int_equal(ctl("/tmp/no-such-run-dir", "status", buf, sizeof(buf)), 3);
	assert_string_equal(buf, "facilityctl: facilityd is not running here, or --run points "
				 "elsewhere: /tmp/no-such-run-dir/control.sock: No such file or "
				 "directory\n");
}

/* Takes one request and goes away without an answer, as an agent that is killed. */
static pid_t
begin_silent(const char *dir)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	char buf[512];
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	text_printf(a.sun_path, sizeof(a.sun_path), "%s/control.sock", dir);
	unlink(a.sun_path);
	assert_int_equal(bind(fd, (const struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(listen(fd, 1), 0);
	pid_t child = fork();
	if (child == 0) {
		int c = accept(fd, NULL, NULL);

		_exit(read(c, buf, sizeof(buf)) > 0 ? 0 : 1);
	}
	close(fd);
	return child;
}

/* What was asked for may be done all the same: that is said of what changes something. */
static void
what_is_unanswered_may_be_done(void **state)
{
	static const struct {
		const char *arguments;
		bool warns;
	} cases[] = {{"ack --all", true}, {"maintenance begin x 2h why", true},
	    {"maintenance list", false}, {"alarms", false}};
	char dir[] = "/tmp/test_ctl_process.XXXXXX", buf[1024], path[128];

	(void)state;
	need_facilityctl();
	assert_non_null(mkdtemp(dir));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		pid_t silent = begin_silent(dir);

		assert_int_equal(ctl(dir, cases[i].arguments, buf, sizeof(buf)), 3);
		waitpid(silent, NULL, 0);
		assert_non_null(strstr(buf, "facilityd does not answer on"));
		assert_int_equal(strstr(buf, "it may be done later") != NULL, cases[i].warns);
	}
	text_printf(path, sizeof(path), "%s/control.sock", dir);
	unlink(path);
	rmdir(dir);
}

/* "events -f" shows what comes, in order, and ends with its reader. */
static void
events_are_followed(void **state)
{
	struct server *s = *state;
	char command[1200], line[1024];
	int seen = 0;

	need_facilityctl();
	text_printf(command, sizeof(command), "exec '%s' --run '%s' --json events -n 0 -f",
	    facilityctl, s->dir);
	FILE *p = popen(command, "r");
	usleep(1000000); /* until it listens, also on a busy machine */
	atomic_store(&s->return_air, 304);
	while (seen < 2 && fgets(line, sizeof(line), p) != NULL)
		seen += strstr(line, "\"to\":\"unacknowledged\"") != NULL;
	assert_int_equal(seen, 2); /* two devices */
	atomic_store(&s->return_air, 243);
	/* nobody reads any more: the next event ends it */
	assert_true(pclose(p) != 0);
}

int
main(int argc, char *argv[])
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
	    T(facilityctl_tells_how_it_went),
	    T(events_are_followed),
	    cmocka_unit_test(what_is_unanswered_may_be_done),
	};
	char self[256];

	(void)argc;
	text_copy(self, sizeof(self), argv[0]);
	text_printf(facilityctl, sizeof(facilityctl), "%s/../facilityctl", dirname(self));
	if (access(facilityctl, X_OK) != 0)
		facilityctl[0] = '\0';
	return cmocka_run_group_tests(tests, NULL, NULL);
}
