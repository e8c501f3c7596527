/*
 * Inputs of the board `virtual`: each terminal is a FIFO board/NAME in the runtime directory. A 1
 * written to it closes the contact, a 0 opens it; what else is written counts for nothing.
 */
#include "drivers/gpio/gpio_lib.h"

#include "base/arena.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct gpio_line {
	char path[PATH_MAX];
	int fd; /* open for reading and writing, so that it never ends */
	int level;
};

static struct gpio_line *
request(const struct gpio_want *w, char *err, size_t err_size)
{
	struct gpio_line *l = xcalloc(1, sizeof(*l));
	char dir[PATH_MAX];

	l->fd = -1;
	text_printf(dir, sizeof(dir), "%s/board", w->run_dir != NULL ? w->run_dir : ".");
	if (text_printf(l->path, sizeof(l->path), "%s/%s", dir, w->label) < sizeof(l->path) - 1 &&
	    w->use == GPIO_INPUT && (mkdir(dir, 0755) == 0 || errno == EEXIST)) {
		/* What an earlier run, or somebody, left there may be no FIFO. */
		unlink(l->path);
		if (mkfifo(l->path, 0660) == 0)
			l->fd = open(l->path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	}
	if (l->fd >= 0)
		return l;
	text_printf(err, err_size, "cannot make the FIFO %s: %s", l->path, strerror(errno));
	free(l);
	return NULL;
}

static int
line_fd(const struct gpio_line *l)
{
	return l->fd;
}

static int
drain(struct gpio_line *l)
{
	char bytes[64];
	ssize_t n = read(l->fd, bytes, sizeof(bytes));
	int edges = 0;

	for (ssize_t i = 0; i < n; i++) {
		if (bytes[i] != '0' && bytes[i] != '1')
			continue;
		edges += bytes[i] - '0' != l->level;
		l->level = bytes[i] - '0';
	}
	return n >= 0 || errno == EAGAIN || errno == EINTR ? edges : -1;
}

static int
line_level(struct gpio_line *l)
{
	return l->level;
}

static bool
drive(struct gpio_line *l, bool on)
{
	(void)l;
	(void)on;
	return false; /* outputs of this board are in virtual.c */
}

static void
release(struct gpio_line *l)
{
	unlink(l->path);
	close(l->fd);
	free(l);
}

const struct gpio_lib gpio_lib_virtual = {
    .name = "virtual",
    .request = request,
    .fd = line_fd,
    .drain = drain,
    .level = line_level,
    .drive = drive,
    .release = release,
};
