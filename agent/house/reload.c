/* The check of a new configuration by a child, and the start in place. */
#include "house/reload.h"
#include "base/lang.h"

#include "base/arena.h"
#include "base/log.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* A check that takes longer hangs: on a file system that is gone, say. */
#define CHECK_MS 30000

extern char **environ;

struct reload {
	struct loop *loop;
	const char *program;
	char *const *argv;
	reload_fn *fn; /* NULL: no check is under way */
	void *arg;
	pid_t child;
	int fd;
	struct loop_io *io;
	struct loop_timer *timer;
	char text[RELOAD_TEXT_MAX];
	size_t length;
	bool cut;
};

static void
finish(struct reload *r, bool killed, const struct now *now)
{
	reload_fn *fn = r->fn;
	int status = 0;
	bool good;

	if (killed)
		kill(r->child, SIGKILL);
	while (waitpid(r->child, &status, 0) < 0 && errno == EINTR)
		;
	loop_io_free(r->io);
	r->io = NULL;
	close(r->fd);
	loop_timer_set(r->timer, MONO_NEVER);
	r->fn = NULL;
	good = !killed && WIFEXITED(status) && WEXITSTATUS(status) == 0;
	r->text[r->length] = '\0';
	if (killed)
		text_append(r->text, sizeof(r->text), _("the check took longer than %d s"),
		    CHECK_MS / 1000);
	else if (r->cut)
		text_append(r->text, sizeof(r->text), _("... and more"));
	else if (r->length == 0 && !good)
		text_copy(r->text, sizeof(r->text), _("the check ended without a word"));
	fn(r->arg, good, r->text, now);
}

static void
on_output(void *arg, int fd, uint32_t events, const struct now *now)
{
	struct reload *r = arg;
	const size_t room = sizeof(r->text) - 64; /* for the last line */
	char spare[512];
	bool full = r->length >= room;
	ssize_t n =
	    read(fd, full ? spare : r->text + r->length, full ? sizeof(spare) : room - r->length);

	(void)events;
	if (n > 0 && full)
		r->cut = true;
	else if (n > 0)
		r->length += (size_t)n;
	else if (n == 0 || (errno != EAGAIN && errno != EINTR))
		finish(r, false, now);
}

static void
on_late(void *arg, const struct now *now)
{
	finish(arg, true, now);
}

struct reload *
reload_new(struct loop *loop, const char *program, char *const *argv)
{
	struct reload *r = xcalloc(1, sizeof(*r));

	r->loop = loop;
	r->program = program;
	r->argv = argv;
	r->timer = loop_timer_add(loop, "reload", LOOP_IDLE, on_late, r);
	return r;
}

void
reload_free(struct reload *r)
{
	if (r == NULL)
		return;
	if (r->fn != NULL) {
		kill(r->child, SIGKILL);
		while (waitpid(r->child, NULL, 0) < 0 && errno == EINTR)
			;
		loop_io_free(r->io);
		close(r->fd);
	}
	loop_timer_free(r->timer);
	free(r);
}

/* The child's own arguments: --check --strict, then ours. */
static char **
check_argv(char *const *argv)
{
	static char check[] = "--check", strict[] = "--strict";
	size_t n = 0;
	char **out;

	while (argv[n] != NULL)
		n++;
	out = xcalloc(n + 3, sizeof(char *));
	out[0] = argv[0];
	out[1] = check;
	out[2] = strict;
	for (size_t i = 1; i < n; i++)
		out[i + 2] = argv[i];
	return out;
}

/* Its own signals are open again, and all that it says comes through the pipe. 0 or errno. */
static int
spawn(struct reload *r, int out)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	sigset_t none;
	char **argv = check_argv(r->argv);
	int error;

	sigemptyset(&none);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, out, 1);
	posix_spawn_file_actions_adddup2(&actions, out, 2);
	posix_spawn_file_actions_addclosefrom_np(&actions, 3);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK);
	error = posix_spawn(&r->child, r->program, &actions, &attr, argv, environ);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&actions);
	free(argv);
	return error;
}

bool
reload_check(struct reload *r, reload_fn *fn, void *arg, char *err, size_t err_size)
{
	int fds[2], error;

	if (r->fn != NULL) {
		text_copy(err, err_size, _("a reload is under way already"));
		return false;
	}
	if (pipe2(fds, O_CLOEXEC) != 0) {
		text_printf(err, err_size, _("no pipe for the check: %s"), strerror(errno));
		return false;
	}
	error = spawn(r, fds[1]);
	close(fds[1]);
	if (error != 0) {
		close(fds[0]);
		text_printf(err, err_size, _("cannot run %s: %s"), r->program, strerror(error));
		return false;
	}
	fcntl(fds[0], F_SETFL, O_NONBLOCK);
	r->fd = fds[0];
	r->fn = fn;
	r->arg = arg;
	r->length = 0;
	r->cut = false;
	r->io = loop_io_add(r->loop, "reload", r->fd, EPOLLIN, LOOP_IDLE, on_output, r);
	loop_timer_set(r->timer, mono_add_ms(clock_mono(), CHECK_MS));
	return true;
}

/*
 * Signals stay blocked over the exec: one that comes meanwhile waits for the loop of what begins
 * here. Let through, a second SIGHUP would end the agent.
 */
void
reload_exec(const char *program, char *const *argv, char *err, size_t err_size)
{
	/* What a library left open must not pile up over the years. */
	if (syscall(SYS_close_range, 3u, ~0u, CLOSE_RANGE_CLOEXEC) != 0)
		log_warn("descriptors stay open over the reload: %s", strerror(errno));
	execv(program, argv);
	text_printf(err, err_size, "cannot run %s: %s", program, strerror(errno));
}
