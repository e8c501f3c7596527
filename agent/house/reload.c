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

/* The check has said all, or was killed: a look whether it has ended. */
#define LOOK_MS       10
#define LOOK_LATER_MS 1000
/* A stop waits so long for a check that it has killed. */
#define STOP_MS 500

extern char **environ;

struct reload {
	struct loop *loop;
	const char *program;
	char *const *argv;
	int64_t limit_ms;
	reload_fn *fn; /* NULL: nobody waits for an answer */
	void *arg;
	pid_t child; /* 0: none; without fn: killed, and not dead yet */
	int fd;
	struct loop_io *io; /* NULL: closed */
	struct loop_timer *timer;
	mono_t limit;
	char text[RELOAD_TEXT_MAX];
	size_t length;
	bool cut;
};

/* Never waits: a child that hangs in the kernel does not die of a SIGKILL. true: there is none. */
static bool
reap(struct reload *r, int *status)
{
	pid_t pid;

	if (r->child == 0)
		return true;
	while ((pid = waitpid(r->child, status, WNOHANG)) < 0 && errno == EINTR)
		;
	if (pid == 0)
		return false;
	if (pid < 0)
		*status = -1; /* nobody knows how it ended: not well */
	r->child = 0;
	return true;
}

static void
close_pipe(struct reload *r)
{
	if (r->io == NULL)
		return;
	loop_io_free(r->io);
	r->io = NULL;
	close(r->fd);
}

static void
finish(struct reload *r, reload_fn *fn, bool killed, int status, const struct now *now)
{
	bool good;

	close_pipe(r);
	r->fn = NULL;
	good = !killed && WIFEXITED(status) && WEXITSTATUS(status) == 0;
	r->text[r->length] = '\0';
	if (killed)
		text_append(r->text, sizeof(r->text), _("the check took longer than %d s"),
		    (int)(r->limit_ms / 1000));
	else if (r->cut)
		text_append(r->text, sizeof(r->text), _("... and more"));
	else if (r->length == 0 && !good)
		text_copy(r->text, sizeof(r->text), _("the check ended without a word"));
	fn(r->arg, good, r->text, now);
}

/* It has said all, or is late, or was killed before: has it ended? */
static void
look(void *arg, const struct now *now)
{
	struct reload *r = arg;
	reload_fn *fn = r->fn; /* NULL: it has been answered */
	bool late = fn != NULL && !mono_before(now->mono, r->limit);
	int status = 0;
	bool dead;

	if (late)
		kill(r->child, SIGKILL);
	dead = reap(r, &status);
	loop_timer_set(
	    r->timer, dead ? MONO_NEVER
			   : mono_add_ms(now->mono, fn != NULL && !late ? LOOK_MS : LOOK_LATER_MS));
	if (fn != NULL && (late || dead))
		finish(r, fn, late, status, now);
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
	else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
		close_pipe(r);
		look(r, now);
	}
}

struct reload *
reload_new(struct loop *loop, const char *program, char *const *argv, int64_t limit_ms)
{
	struct reload *r = xcalloc(1, sizeof(*r));

	r->loop = loop;
	r->program = program;
	r->argv = argv;
	r->limit_ms = limit_ms;
	r->timer = loop_timer_add(loop, "reload", LOOP_IDLE, look, r);
	return r;
}

void
reload_free(struct reload *r)
{
	int status;

	if (r == NULL)
		return;
	if (r->child != 0)
		kill(r->child, SIGKILL);
	for (int ms = 0; !reap(r, &status) && ms < STOP_MS; ms++)
		usleep(1000);
	close_pipe(r);
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
	if (error != 0)
		r->child = 0;
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&actions);
	free(argv);
	return error;
}

bool
reload_check(struct reload *r, reload_fn *fn, void *arg, char *err, size_t err_size)
{
	int fds[2], error, status;

	if (r->fn != NULL) {
		text_copy(err, err_size, _("a reload is under way already"));
		return false;
	}
	if (!reap(r, &status)) {
		text_printf(err, err_size,
		    _("the last check (process %d) hangs and cannot be ended: see to the disk or "
		      "the network that its files are on"),
		    (int)r->child);
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
	r->limit = mono_add_ms(clock_mono(), r->limit_ms);
	loop_timer_set(r->timer, r->limit);
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
