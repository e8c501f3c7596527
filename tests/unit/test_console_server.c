/*
 * The control socket as it is run: a real loop in a thread of its own, a real core, a real Unix
 * socket, and facilityctl as a process.
 */
#include "console_site.h"

#include "base/loop.h"
#include "base/text.h"
#include "sinks/console/console.h"

#include <errno.h>
#include <grp.h>
#include <libgen.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
/* cmocka wants the standard headers first. */
#include <cmocka.h>

#define NOBODY 65534

struct server {
	struct room room; /* the thread's, while it runs */
	struct loop *loop;
	struct loop_timer *turn, *store;
	struct console *console;
	struct outbox outbox;
	uint64_t fetch_after;
	unsigned fetch_max;
	uint64_t durable;
	struct mailbox *orders;
	struct mail quit;
	pthread_t thread;
	_Atomic int return_air;
	char dir[64], path[96];
};

static char facilityctl[512]; /* "" where it is not built */

/* ---- the thread ----------------------------------------------------------------------------- */

static void
on_turn(void *arg, const struct now *now)
{
	struct server *s = arg;

	s->room.return_air = (int16_t)atomic_load(&s->return_air);
	room_turn(&s->room, now);
}

static void
on_post(void *arg, const struct now *now)
{
	struct server *s = arg;
	struct core_changes changes = core_changes(s->room.core);

	console_changes(s->console, &changes, now);
	core_changes_clear(s->room.core, now);
	if (s->room.event_count > s->durable) {
		s->durable = s->room.event_count;
		console_durable(s->console, s->durable, now);
	}
	mono_t soon = mono_add_ms(now->mono, 20); /* values may be changed from outside */
	loop_timer_set(s->turn, mono_min(core_next(s->room.core), soon));
}

static void
on_fetch(void *arg, int tag, uint64_t after, unsigned max)
{
	struct server *s = arg;

	(void)tag;
	s->fetch_after = after;
	s->fetch_max = max;
	loop_timer_set(s->store, (mono_t){0});
}

static void
on_store(void *arg, const struct now *now)
{
	struct server *s = arg;
	size_t n = 0, first = (size_t)s->fetch_after;

	if (first < s->room.event_count)
		n = s->room.event_count - first;
	console_events(s->console, OUTBOX_CONSOLE, s->room.events + first,
	    n < s->fetch_max ? n : s->fetch_max, now);
}

static void
on_order(void *arg, struct mail *first, const struct now *now)
{
	(void)first;
	(void)now;
	loop_quit(((struct server *)arg)->loop, 0);
}

static void *
run(void *arg)
{
	loop_run(((struct server *)arg)->loop);
	return NULL;
}

/* ---- set-up --------------------------------------------------------------------------------- */

static const char *
panel_look(void *arg, enum output_line o)
{
	(void)arg;
	return o == OUTPUT_GREEN ? "steady" : "off";
}

static const struct console_sources sources = {.panel = panel_look};

static struct console *
open_console(struct server *s, char *err, size_t err_size)
{
	const struct console_start start = {.loop = s->loop,
	    .core = s->room.core,
	    .outbox = &s->outbox,
	    .sources = &sources,
	    .run_dir = s->dir,
	    .version = "v1",
	    .started = clock_now()};

	return console_new(&start, err, err_size);
}

static int
setup(void **state)
{
	struct server *s = calloc(1, sizeof(*s));
	char err[256];

	strcpy(s->dir, "/tmp/console-XXXXXX");
	assert_non_null(mkdtemp(s->dir));
	assert_int_equal(chmod(s->dir, 0755), 0);
	text_printf(s->path, sizeof(s->path), "%s/control.sock", s->dir);
	atomic_store(&s->return_air, 243);
	s->loop = loop_new();
	s->orders = mailbox_new();
	s->outbox = (struct outbox){.arg = s, .epoch = "7f", .fetch = on_fetch};
	struct now before = clock_now();
	before.mono = mono_add_ms(before.mono, -1100);
	room_start(&s->room, before);
	s->turn = loop_timer_add(s->loop, "turn", LOOP_NORMAL, on_turn, s);
	s->store = loop_timer_add(s->loop, "store", LOOP_NORMAL, on_store, s);
	loop_mailbox_add(s->loop, "orders", s->orders, LOOP_NORMAL, on_order, s);
	loop_post_add(s->loop, "end of turn", on_post, s);
	s->console = open_console(s, err, sizeof(err));
	assert_non_null(s->console);
	loop_timer_set(s->turn, (mono_t){0});
	assert_int_equal(pthread_create(&s->thread, NULL, run, s), 0);
	*state = s;
	return 0;
}

static int
teardown(void **state)
{
	struct server *s = *state;

	mailbox_put(s->orders, &s->quit);
	pthread_join(s->thread, NULL);
	console_free(s->console);
	assert_int_equal(access(s->path, F_OK), -1);
	loop_free(s->loop);
	mailbox_free(s->orders);
	core_free(s->room.core);
	assert_int_equal(rmdir(s->dir), 0);
	free(s);
	return 0;
}

static int
dial(const struct server *s)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	text_copy(a.sun_path, sizeof(a.sun_path), s->path);
	if (connect(fd, (const struct sockaddr *)&a, sizeof(a)) == 0)
		return fd;
	close(fd);
	return -1;
}

/* Reads up to the line that has `until` in it, at most 5 s; false: it did not come. */
static bool
read_until(int fd, const char *until, char *buf, size_t size)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	size_t n = 0;

	while (n + 1 < size && poll(&p, 1, 5000) > 0) {
		ssize_t r = recv(fd, buf + n, size - n - 1, 0);

		if (r <= 0)
			break;
		n += (size_t)r;
		buf[n] = '\0';
		const char *found = strstr(buf, until);
		if (found != NULL && strchr(found, '\n') != NULL)
			return true;
	}
	return false;
}

static void
say(int fd, const char *line)
{
	assert_int_equal(send(fd, line, strlen(line), MSG_NOSIGNAL), (ssize_t)strlen(line));
}

/* ---- tests ---------------------------------------------------------------------------------- */

static void
the_socket_is_for_its_group_alone(void **state)
{
	struct server *s = *state;
	struct stat st;

	assert_int_equal(stat(s->path, &st), 0);
	assert_true(S_ISSOCK(st.st_mode));
	assert_int_equal(st.st_mode & 07777, 0660);
}

static void
answers_over_the_socket(void **state)
{
	struct server *s = *state;
	char buf[8192];
	int fd = dial(s);

	say(fd, "{\"cmd\":\"status\"}\n");
	assert_true(read_until(fd, "\n", buf, sizeof(buf)));
	assert_non_null(strstr(buf, "\"panel\":{\"green\":\"steady\",\"amber\":\"off\",\"red\":"
				    "\"off\",\"buzzer\":\"off\"}"));
	say(fd, "{\"cmd\":\"points\",\"prefix\":\"crac1/return\"}\n");
	assert_true(read_until(fd, "\n", buf, sizeof(buf)));
	assert_non_null(strstr(buf, "\"value\":24.3,\"unit\":\"Cel\",\"quality\":\"good\""));
	close(fd);
}

static void
an_alarm_reaches_who_watches(void **state)
{
	struct server *s = *state;
	static char buf[65536];
	int fd = dial(s);

	say(fd, "{\"cmd\":\"watch\"}\n");
	assert_true(read_until(fd, "\"ready\"", buf, sizeof(buf)));
	atomic_store(&s->return_air, 304);
	assert_true(read_until(fd, "\"state\":\"unacknowledged\"", buf, sizeof(buf)));
	assert_non_null(strstr(buf, "\"value\":30.4"));
	say(fd, "{\"cmd\":\"ack\",\"alarm\":\"all\",\"as\":\"Tanaka\"}\n");
	assert_true(read_until(fd, "\"to\":\"acknowledged\"", buf, sizeof(buf)));
	assert_non_null(strstr(buf, "\"done\":"));
	close(fd);
}

static void
sixteen_and_no_more(void **state)
{
	struct server *s = *state;
	char buf[256];
	int fds[17];

	for (int i = 0; i < 17; i++)
		fds[i] = dial(s);
	assert_true(read_until(fds[16], "\n", buf, sizeof(buf)));
	assert_string_equal(buf, "{\"ok\":false,\"code\":\"busy\",\"error\":\"16 consoles are open "
				 "already: close one of them\"}\n");
	assert_int_equal(recv(fds[16], buf, sizeof(buf), 0), 0);
	close(fds[0]);
	for (int tries = 0; tries < 100; tries++) { /* until the agent has seen that */
		close(fds[16]);
		fds[16] = dial(s);
		say(fds[16], "{\"cmd\":\"alarms\"}\n");
		if (read_until(fds[16], "\n", buf, sizeof(buf)) &&
		    strcmp(buf, "{\"ok\":true,\"alarms\":[]}\n") == 0)
			break;
		usleep(10000);
	}
	assert_string_equal(buf, "{\"ok\":true,\"alarms\":[]}\n");
	for (int i = 1; i < 17; i++)
		close(fds[i]);
}

static void
a_live_agent_is_not_pushed_aside(void **state)
{
	struct server *s = *state;
	struct server other = {.loop = s->loop, .outbox = s->outbox};
	char err[256], buf[256];
	struct now now = {.mono = {1000000000}};

	memcpy(other.dir, s->dir, sizeof(other.dir));
	room_start(&other.room, now);
	assert_null(open_console(&other, err, sizeof(err)));
	assert_non_null(strstr(err, "another agent answers at"));
	core_free(other.room.core);
	int fd = dial(s);
	say(fd, "{\"cmd\":\"alarms\"}\n");
	assert_true(read_until(fd, "\n", buf, sizeof(buf)));
	close(fd);
}

static int
no_setup(void **state)
{
	*state = NULL;
	return 0;
}

/* Without a thread: what may lie in the place of the socket. */
static void
a_stale_socket_is_removed_and_a_file_is_not(void **state)
{
	struct server s = {.dir = "/tmp/console-XXXXXX"};
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	char err[256];

	(void)state;
	assert_non_null(mkdtemp(s.dir));
	text_printf(s.path, sizeof(s.path), "%s/control.sock", s.dir);
	text_copy(a.sun_path, sizeof(a.sun_path), s.path);
	s.loop = loop_new();
	room_start(&s.room, (struct now){.mono = {1000000000}});
	/* the socket of an agent that was killed */
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(bind(fd, (const struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(listen(fd, 1), 0);
	close(fd);
	struct console *c = open_console(&s, err, sizeof(err));
	assert_non_null(c);
	console_free(c);
	assert_int_equal(access(s.path, F_OK), -1);
	/* a file is somebody's */
	FILE *f = fopen(s.path, "w");
	fclose(f);
	assert_null(open_console(&s, err, sizeof(err)));
	assert_non_null(strstr(err, "is in the way: it is no socket"));
	assert_int_equal(unlink(s.path), 0);
	/* no directory, and a path that no socket can have */
	rmdir(s.dir);
	assert_null(open_console(&s, err, sizeof(err)));
	assert_non_null(strstr(err, "cannot make the control socket"));
	struct console_start start = {.loop = s.loop, .core = s.room.core, .run_dir = NULL};
	char deep[200];
	memset(deep, 'd', sizeof(deep));
	deep[sizeof(deep) - 1] = '\0';
	start.run_dir = deep;
	assert_null(console_new(&start, err, sizeof(err)));
	assert_non_null(strstr(err, "is too long for a socket"));
	loop_free(s.loop);
	core_free(s.room.core);
}

/* In a child that is nobody: may look, may not acknowledge. Exit code: 0 as it should be. */
static void
be_nobody(const struct server *s)
{
	char buf[8192];
	int fd;

	if (setgroups(0, NULL) < 0 || setgid(NOBODY) < 0 || setuid(NOBODY) < 0)
		_exit(10);
	fd = dial(s);
	if (fd < 0)
		_exit(11);
	say(fd, "{\"cmd\":\"alarms\"}\n");
	if (!read_until(fd, "\n", buf, sizeof(buf)) || strncmp(buf, "{\"ok\":true", 10) != 0)
		_exit(12);
	say(fd, "{\"cmd\":\"ack\",\"alarm\":\"all\",\"as\":\"root\"}\n");
	if (!read_until(fd, "\n", buf, sizeof(buf)) ||
	    strstr(buf, "\"code\":\"refused\"") == NULL || strstr(buf, "may look but not") == NULL)
		_exit(13);
	_exit(0);
}

static void
nobody_may_look_but_not_acknowledge(void **state)
{
	struct server *s = *state;
	int status;

	if (geteuid() != 0) {
		print_message("SKIPPED: needs root, to become somebody else\n");
		skip();
	}
	assert_int_equal(chmod(s->path, 0666), 0); /* else nobody could not even open it */
	pid_t pid = fork();
	if (pid == 0)
		be_nobody(s);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

/* ---- facilityctl ---------------------------------------------------------------------------- */

/* Runs it with these arguments; stdout and stderr together into buf. Returns its exit code. */
static int
ctl(const char *run_dir, const char *arguments, char *buf, size_t size)
{
	char command[1200];

	text_printf(command, sizeof(command), "TZ=UTC0 LC_ALL=C '%s' --run '%s' %s 2>&1",
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
	    {"points crac9", 1, "there is no device \"crac9\" here; did you mean \"crac1\"?\n"},
	    {"--json points crac9", 1, "{\"ok\":false,\"code\":\"not_found\""},
	    {"reset crac1/fan_stopped", 1, "cannot be reset: it is normal"},
	    {"ack crac1/fan_stoped", 1, "did you mean \"fan_stopped\"?"},
	    {"ack --all --as 'x(y)'", 2, "\"as\" must be a person's name"},
	    {"stauts", 2, "there is no command \"stauts\"; did you mean \"status\"?\n"},
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
	usleep(200000);
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
	    T(the_socket_is_for_its_group_alone),
	    T(answers_over_the_socket),
	    T(an_alarm_reaches_who_watches),
	    T(sixteen_and_no_more),
	    T(a_live_agent_is_not_pushed_aside),
	    cmocka_unit_test_setup(a_stale_socket_is_removed_and_a_file_is_not, no_setup),
	    T(nobody_may_look_but_not_acknowledge),
	    T(facilityctl_tells_how_it_went),
	    T(events_are_followed),
	};
	char self[256];

	(void)argc;
	text_copy(self, sizeof(self), argv[0]);
	text_printf(facilityctl, sizeof(facilityctl), "%s/../facilityctl", dirname(self));
	if (access(facilityctl, X_OK) != 0)
		facilityctl[0] = '\0';
	return cmocka_run_group_tests(tests, NULL, NULL);
}
