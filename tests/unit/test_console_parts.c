/* The parts of the control socket that need no core: writer, load of a link, who is there. */
#include "base/text.h"
#include "sinks/console/load.h"
#include "sinks/console/peer.h"
#include "sinks/console/show.h"
#include "sinks/console/ward.h"

#include <grp.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
/* cmocka wants the standard headers first. */
#include <cmocka.h>

#define NOBODY 65534

static void
load_is_of_the_last_minute(void **state)
{
	struct load *l = load_new(2);
	mono_t t = {1000000000};

	(void)state;
	assert_true(isnan(load_percent(l, 0, t, 0)));
	for (int i = 0; i < 9; i++) { /* two minutes: the first half busy, then 10 % */
		l->now_us[0] =
		    i < 5 ? 15000000u * (unsigned)i : 60000000u + 1500000u * (unsigned)(i - 4);
		load_sample(l, t);
		t = mono_add_ms(t, LOAD_PERIOD_MS);
	}
	t = mono_add_ms(t, -LOAD_PERIOD_MS);
	assert_true(fabs(load_percent(l, 0, t, l->now_us[0]) - 10) < 0.01);
	assert_true(fabs(load_percent(l, 1, t, 0)) < 0.01);
	/* the link was opened again and counts from 0 */
	assert_true(isnan(load_percent(l, 0, t, 5)));
	load_free(l);
}

static void
round_trips_are_estimated_inside_their_bin(void **state)
{
	struct device_stats st = {.round_trip_max_us = 30000};

	(void)state;
	assert_true(isnan(show_round_trip_ms(&st, 500)));
	st.bins[10] = 98; /* below 1024 us */
	st.bins[15] = 2;  /* 16384 .. 32768 us */
	assert_true(show_round_trip_ms(&st, 500) > 0.512);
	assert_true(show_round_trip_ms(&st, 500) < 1.024);
	assert_true(show_round_trip_ms(&st, 990) > 16.384);
	assert_true(show_round_trip_ms(&st, 1000) <= 30.0);
}

static void
names_are_recorded_with_the_account(void **state)
{
	static const struct {
		const char *as, *who; /* who NULL: refused */
	} cases[] = {
	    {NULL, "ops"},
	    {"", "ops"},
	    {"Tanaka", "Tanaka (ops)"},
	    {"田中 一郎", "田中 一郎 (ops)"},
	    {"O'Neill-Sato Jr.", "O'Neill-Sato Jr. (ops)"},
	    {"root (root)", NULL},
	    {" ", NULL},
	    {"._-", NULL},
	    {"a\nb", NULL},
	    {"a\033[1m", NULL},
	    {"\xC2\x9B", NULL},
	    {"01234567890123456789012345678901234567890", NULL},
	};
	const struct peer p = {.uid = 1000, .name = "ops"};
	char who[EVENT_NAME_MAX], err[200];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		bool ok = peer_who(&p, cases[i].as, who, sizeof(who), err, sizeof(err));

		assert_int_equal(ok, cases[i].who != NULL);
		if (ok)
			assert_string_equal(who, cases[i].who);
	}
}

static const struct peers nobody_acts = {.group = NO_GROUP};

static void
the_kernel_says_who_is_there(void **state)
{
	struct peer p;
	int fds[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	assert_true(peer_read(fds[0], &nobody_acts, &p));
	assert_int_equal(p.uid, geteuid());
	assert_int_equal(p.pid, getpid());
	assert_true(p.may_act); /* the same account as the agent's */
	assert_true(p.name[0] != '\0');
	close(fds[0]);
	close(fds[1]);
	assert_true(peers_load(NULL).group == NO_GROUP);
	assert_true(peers_load("no such group here").group == NO_GROUP);
	struct peers roots = peers_load("root");
	assert_int_equal(roots.group, 0);
	peers_free(&roots);
}

#define STRANGER 987654 /* an account that this machine's own file does not have */

/* Becomes somebody with one more group, connects, and waits until it is hung up on. */
static void
connect_as(uid_t uid, const struct sockaddr_un *a, socklen_t size, gid_t more)
{
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	char c;

	if (setgroups(1, &more) < 0 || setgid(NOBODY) < 0 || setuid(uid) < 0 ||
	    connect(fd, (const struct sockaddr *)a, size) < 0)
		_exit(1);
	_exit(recv(fd, &c, 1, 0) == 0 ? 0 : 1);
}

static void
members_of_the_control_group_may_act(void **state)
{
	const gid_t control = 4242;
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	socklen_t size = sizeof(sa_family_t); /* the kernel chooses an abstract name */
	struct peer p;
	int status;

	(void)state;
	if (geteuid() != 0) {
		print_message("SKIPPED: needs root, to become somebody else\n");
		skip();
	}
	int listener = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(bind(listener, (const struct sockaddr *)&a, size), 0);
	assert_int_equal(listen(listener, 1), 0);
	size = sizeof(a);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&a, &size), 0);
	pid_t pid = fork();
	if (pid == 0)
		connect_as(STRANGER, &a, size, control);
	int fd = accept(listener, NULL, NULL);
	assert_true(peer_read(fd, &nobody_acts, &p));
	assert_int_equal(p.uid, STRANGER);
	assert_int_equal(p.pid, pid);
	assert_string_equal(p.name, "uid 987654");
	assert_false(p.may_act);
	/* a supplementary group; that a directory knows its name was learned at start */
	struct account members[] = {
	    {.uid = 1, .name = "sato"}, {.uid = STRANGER, .name = "tanaka"}};
	const struct peers peers = {.group = control, .accounts = members, .count = 2};
	assert_true(peer_read(fd, &peers, &p));
	assert_true(p.may_act);
	assert_string_equal(p.name, "tanaka");
	assert_true(peer_read(fd, &(struct peers){.group = NOBODY}, &p)); /* the primary one */
	assert_true(p.may_act);
	assert_true(peer_read(fd, &(struct peers){.group = control + 1}, &p));
	assert_false(p.may_act);
	close(fd);
	close(listener);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

/* ---- what the bus doctor looks at ------------------------------------------------------------ */

static void
what_was_damaged_long_ago_is_forgotten(void **state)
{
	mono_t now = {1000000};
	struct ward *w = ward_new(2, now);
	struct slave_health h = {0}, recent;

	(void)state;
	for (int minute = 0; minute < 10; minute++) {
		h.asked += 100;
		h.checksum += minute == 2 ? 7 : 0;
		ward_recent(w, 1, &h, &recent);
		assert_int_equal(recent.checksum, minute >= 2 && minute < 7 ? 7 : 0);
		assert_true(recent.asked <= 600);
		assert_true(ward_window_s(w, now) <= 5 * 60 + 1);
		now = w->next_at;
		w->now[1] = h;
		ward_sample(w, now);
	}
	ward_recent(w, 0, &(struct slave_health){.asked = 3}, &recent);
	assert_int_equal(recent.asked, 3); /* nobody's counts are another's */
	ward_free(w);
	ward_free(NULL);
}

#define README "agent/sinks/console/README.md"

static void
is_in_the_readme(const char *text, const char *word)
{
	char quoted[80];

	snprintf(quoted, sizeof(quoted), "`%s`", word);
	if (strstr(text, quoted) == NULL)
		fail_msg("%s is not in " README, quoted);
}

/* Scripts are written by it: what an answer can say stands there as it comes. */
static void
the_readme_has_every_word(void **state)
{
	static char text[1 << 16];
	FILE *f = fopen(README, "re");
	int i;

	(void)state;
	assert_non_null(f);
	text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
	fclose(f);
	for (i = 0; i < QUALITY_COUNT; i++)
		is_in_the_readme(text, quality_word((enum quality)i));
	for (i = DEFECT_NONE + 1; i < DEFECT_COUNT; i++)
		is_in_the_readme(text, defect_word((enum defect)i));
	for (i = 0; i < ALARM_PHASE_COUNT; i++)
		is_in_the_readme(text, alarm_phase_word((enum alarm_phase)i));
	for (i = ANSWER_REFUSED; i < ANSWER_STATUS_COUNT; i++)
		is_in_the_readme(text, answer_status_word((enum answer_status)i));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_readme_has_every_word),
	    cmocka_unit_test(load_is_of_the_last_minute),
	    cmocka_unit_test(round_trips_are_estimated_inside_their_bin),
	    cmocka_unit_test(names_are_recorded_with_the_account),
	    cmocka_unit_test(the_kernel_says_who_is_there),
	    cmocka_unit_test(members_of_the_control_group_may_act),
	    cmocka_unit_test(what_was_damaged_long_ago_is_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
