/* The control socket as it is run: who gets in, who is told what, who may not. */
#include "console_server.h"

#include <grp.h>

#define NOBODY 65534

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
twenty_and_no_more(void **state)
{
	struct server *s = *state;
	char buf[256];
	int fds[21];

	for (int i = 0; i < 21; i++)
		fds[i] = dial(s);
	assert_true(read_until(fds[20], "\n", buf, sizeof(buf)));
	assert_string_equal(buf, "{\"ok\":false,\"code\":\"busy\",\"error\":\"20 consoles are open "
				 "already: close one of them\"}\n");
	assert_int_equal(recv(fds[20], buf, sizeof(buf), 0), 0);
	close(fds[0]);
	for (int tries = 0; tries < 100; tries++) { /* until the agent has seen that */
		close(fds[20]);
		fds[20] = dial(s);
		say(fds[20], "{\"cmd\":\"alarms\"}\n");
		if (read_until(fds[20], "\n", buf, sizeof(buf)) &&
		    strcmp(buf, "{\"ok\":true,\"alarms\":[]}\n") == 0)
			break;
		usleep(10000);
	}
	assert_string_equal(buf, "{\"ok\":true,\"alarms\":[]}\n");
	for (int i = 1; i < 21; i++)
		close(fds[i]);
}

/* At night, with a screen left on at every desk, the one who stands before the rack gets in. */
static void
screens_left_on_leave_room_to_act(void **state)
{
	struct server *s = *state;
	static char buf[65536];
	int fds[17];

	for (int i = 0; i < 16; i++) {
		fds[i] = dial(s);
		say(fds[i], "{\"cmd\":\"watch\"}\n");
		assert_true(read_until(fds[i], "\"ready\"", buf, sizeof(buf)));
	}
	fds[16] = dial(s);
	say(fds[16], "{\"cmd\":\"watch\"}\n");
	assert_true(read_until(fds[16], "\n", buf, sizeof(buf)));
	assert_string_equal(buf,
	    "{\"ok\":false,\"code\":\"busy\",\"error\":\"16 live screens are open already: "
	    "close one of them; all else still works\"}\n");
	assert_int_equal(recv(fds[16], buf, sizeof(buf), 0), 0);
	close(fds[16]);
	fds[16] = dial(s);
	say(fds[16], "{\"cmd\":\"alarms\"}\n");
	assert_true(read_until(fds[16], "\n", buf, sizeof(buf)));
	assert_string_equal(buf, "{\"ok\":true,\"alarms\":[]}\n");
	/* One that watches may begin anew; one that goes makes room for another. */
	say(fds[0], "{\"cmd\":\"watch\"}\n");
	assert_true(read_until(fds[0], "\"begin\"", buf, sizeof(buf)));
	close(fds[0]);
	for (int tries = 0; tries < 100; tries++) { /* until the agent has seen that */
		close(fds[16]);
		fds[16] = dial(s);
		say(fds[16], "{\"cmd\":\"watch\"}\n");
		if (read_until(fds[16], "\n", buf, sizeof(buf)) && strstr(buf, "\"begin\"") != NULL)
			break;
		usleep(10000);
	}
	assert_non_null(strstr(buf, "\"begin\""));
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

int
main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
	    T(the_socket_is_for_its_group_alone),
	    T(answers_over_the_socket),
	    T(an_alarm_reaches_who_watches),
	    T(twenty_and_no_more),
	    T(screens_left_on_leave_room_to_act),
	    T(a_live_agent_is_not_pushed_aside),
	    cmocka_unit_test(a_stale_socket_is_removed_and_a_file_is_not),
	    T(nobody_may_look_but_not_acknowledge),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
