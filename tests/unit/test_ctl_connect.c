/* The way to an agent that hangs: it has a socket, and takes no connection from it. */
#include "base/clock.h"
#include "base/text.h"
#include "ctl/connect.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
/* cmocka wants the standard headers first. */
#include <cmocka.h>

#define WAITING 3 /* more than the queue below holds */

static char dir[64];

/* Those that wait in the queue are connected; the next one is told that nobody answers. */
static void
test_full_queue(void **state)
{
	struct connection c[WAITING];
	char err[512] = "";
	enum ctl_exit code = CTL_DONE;
	mono_t begin = clock_mono();

	(void)state;
	for (size_t i = 0; i < WAITING; i++) {
		code = ctl_connect(&c[i], dir, 100, err, sizeof(err));
		if (i == 0)
			assert_int_equal(code, CTL_DONE);
	}
	assert_int_equal(code, CTL_AWAY);
	assert_true(mono_ms_between(clock_mono(), begin) < 5000);
	assert_non_null(strstr(err, "does not answer on"));
	assert_non_null(strstr(err, dir));
	for (size_t i = 0; i < WAITING; i++)
		ctl_close(&c[i]);
}

/* Nor does a question wait for ever that the agent does not read. */
static void
test_full_socket(void **state)
{
	struct connection c;
	char err[512], *text = calloc(1, 4096);
	mono_t begin = clock_mono();
	bool sent = true;

	(void)state;
	memset(text, 'x', 4095);
	assert_int_equal(ctl_connect(&c, dir, 100, err, sizeof(err)), CTL_DONE);
	for (size_t i = 0; sent && i < 4096; i++)
		sent = ctl_send(&c, json_pack("{s:s}", "cmd", text));
	assert_false(sent);
	assert_true(mono_ms_between(clock_mono(), begin) < 5000);
	ctl_close(&c);
	free(text);
}

static int
listen_at(const struct sockaddr_un *a)
{
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	unlink(a->sun_path);
	if (bind(fd, (const struct sockaddr *)a, sizeof(*a)) != 0 || listen(fd, 1) != 0)
		exit(1);
	return fd;
}

int
main(void)
{
	const struct CMUnitTest first[] = {cmocka_unit_test(test_full_socket)},
				second[] = {cmocka_unit_test(test_full_queue)};
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int bad, fd;

	strcpy(dir, "/tmp/test_ctl_connect.XXXXXX");
	if (mkdtemp(dir) == NULL)
		return 1;
	alarm(30); /* rather than to hang itself */
	text_printf(a.sun_path, sizeof(a.sun_path), "%s/control.sock", dir);
	fd = listen_at(&a);
	bad = cmocka_run_group_tests(first, NULL, NULL);
	close(fd);
	fd = listen_at(&a);
	bad += cmocka_run_group_tests(second, NULL, NULL);
	close(fd);
	unlink(a.sun_path);
	return bad + rmdir(dir);
}
