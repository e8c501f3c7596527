#include "ctl/connect.h"

#include "base/arena.h"
#include "base/lang.h"
#include "base/text.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#define LINE_MAX_BYTES (64u << 20) /* ten times the points of the largest site thought of */
#define ROOM_MIN       65536

const char *
ctl_run_dir(void)
{
	const char *run = getenv("FACILITY_RUN");

	return run != NULL && run[0] != '\0' ? run : "/run/facilityd";
}

static void
silent_text(const char *run_dir, char *buf, size_t size)
{
	text_printf(buf, size, _("facilityd does not answer on %s/control.sock"), run_dir);
}

enum ctl_exit
ctl_say_silent(const char *run_dir)
{
	char text[512];

	silent_text(run_dir, text, sizeof(text));
	fprintf(stderr, "facilityctl: %s\n", text);
	return CTL_AWAY;
}

enum ctl_exit
ctl_connect(struct connection *c, const char *run_dir, int wait_ms, char *err, size_t err_size)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	/* Where the queue of connections is full, connect() waits so long as a send (socket(7)). */
	struct timeval wait = {wait_ms / 1000, wait_ms % 1000 * 1000};

	*c = (struct connection){.fd = -1};
	if (strlen(run_dir) + sizeof("/control.sock") > sizeof(a.sun_path)) {
		text_printf(
		    err, err_size, _("the path %s/control.sock is too long for a socket"), run_dir);
		return CTL_AWAY;
	}
	text_printf(a.sun_path, sizeof(a.sun_path), "%s/control.sock", run_dir);
	c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (c->fd >= 0 && setsockopt(c->fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait)) == 0 &&
	    connect(c->fd, (const struct sockaddr *)&a, sizeof(a)) == 0)
		return CTL_DONE;
	int why = errno;
	ctl_close(c);
	if (why == EACCES) {
		text_printf(err, err_size,
		    _("you may not open %s: that is for root, the agent's own account and the "
		      "control group of the site"),
		    a.sun_path);
		return CTL_REFUSED;
	}
	if (why == EAGAIN) {
		silent_text(run_dir, err, err_size);
		return CTL_AWAY;
	}
	text_printf(err, err_size,
	    _("facilityd is not running here, or --run points elsewhere: %s: %s"), a.sun_path,
	    strerror(why));
	return CTL_AWAY;
}

void
ctl_close(struct connection *c)
{
	if (c->fd >= 0)
		close(c->fd);
	free(c->buf);
	*c = (struct connection){.fd = -1};
}

bool
ctl_send(struct connection *c, json_t *request)
{
	char *text = json_dumps(request, JSON_COMPACT);
	size_t n = text != NULL ? strlen(text) : 0;
	bool sent = text != NULL;

	json_decref(request);
	if (sent)
		text[n++] = '\n'; /* in the place of the NUL */
	for (size_t at = 0; sent && at < n;) {
		ssize_t r = send(c->fd, text + at, n - at, MSG_NOSIGNAL);

		if (r < 0 && errno == EINTR)
			continue;
		sent = r > 0;
		at += sent ? (size_t)r : 0;
	}
	free(text);
	return sent;
}

/* Room for more bytes; false: the line is longer than any answer. */
static bool
make_room(struct connection *c)
{
	if (c->start > 0) {
		memmove(c->buf, c->buf + c->start, c->length - c->start);
		c->length -= c->start;
		c->start = 0;
	}
	if (c->size - c->length >= ROOM_MIN)
		return true;
	if (c->size >= LINE_MAX_BYTES)
		return false;
	c->size = c->size * 2 + 2 * ROOM_MIN;
	c->buf = xrealloc(c->buf, c->size, 1);
	return true;
}

int
ctl_fill(struct connection *c, int timeout_ms)
{
	struct pollfd p = {.fd = c->fd, .events = POLLIN};

	if (c->fd < 0)
		return -1;
	int r = poll(&p, 1, timeout_ms);
	if (r == 0 || (r < 0 && errno == EINTR))
		return 0;
	if (r < 0 || !make_room(c))
		return -1;
	ssize_t n = recv(c->fd, c->buf + c->length, c->size - c->length, MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n <= 0)
		return -1;
	c->length += (size_t)n;
	return 1;
}

char *
ctl_next(struct connection *c)
{
	if (c->length == c->start)
		return NULL;
	char *line = c->buf + c->start;
	char *end = memchr(line, '\n', c->length - c->start);
	if (end == NULL)
		return NULL;
	*end = '\0';
	c->start = (size_t)(end + 1 - c->buf);
	return line;
}

char *
ctl_line(struct connection *c, int timeout_ms)
{
	for (;;) {
		char *line = ctl_next(c);

		if (line != NULL || ctl_fill(c, timeout_ms) <= 0)
			return line;
	}
}
