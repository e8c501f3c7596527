#include "sinks/console/listen.h"

#include "base/log.h"
#include "base/text.h"
#include "sinks/console/peer.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define BACKLOG 8

/* Is an agent behind the socket that is there already? false with err: it cannot be used. */
static bool
clear_place(const struct sockaddr_un *a, char *err, size_t err_size)
{
	struct stat st;

	if (lstat(a->sun_path, &st) < 0)
		return true; /* nothing there; whatever else is wrong, bind() will say */
	if (!S_ISSOCK(st.st_mode)) {
		text_printf(
		    err, err_size, "%s is in the way: it is no socket; move it away", a->sun_path);
		return false;
	}
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int r = fd < 0 ? -1 : connect(fd, (const struct sockaddr *)a, sizeof(*a));
	int why = errno;
	if (fd >= 0)
		close(fd);
	if (r < 0 && why == ECONNREFUSED) {
		log_info("console: removed %s, left behind by an agent that is gone", a->sun_path);
		unlink(a->sun_path);
		return true;
	}
	/* EAGAIN: its queue is full, so somebody listens. */
	if (r == 0 || why == EAGAIN)
		text_printf(err, err_size,
		    "another agent answers at %s: stop it first, or use another --run",
		    a->sun_path);
	else
		text_printf(
		    err, err_size, "cannot look who is at %s: %s", a->sun_path, strerror(why));
	return false;
}

static bool
bind_socket(struct listener *l, gid_t group, char *err, size_t err_size)
{
	struct stat st;

	/* The mode of the descriptor is that of the file from its first moment, less the umask. */
	if (fchmod(l->fd, 0660) < 0 ||
	    bind(l->fd, (const struct sockaddr *)&l->address, sizeof(l->address)) < 0 ||
	    chmod(l->address.sun_path, 0660) < 0 || listen(l->fd, BACKLOG) < 0 ||
	    lstat(l->address.sun_path, &st) < 0) {
		text_printf(err, err_size, "cannot make the control socket %s: %s",
		    l->address.sun_path, strerror(errno));
		return false;
	}
	l->inode = st.st_ino;
	if (group != NO_GROUP && lchown(l->address.sun_path, (uid_t)-1, group) < 0)
		log_warn("console: cannot give %s to its group: %s; members cannot open it",
		    l->address.sun_path, strerror(errno));
	return true;
}

bool
listener_open(struct listener *l, const char *run_dir, gid_t group, char *err, size_t err_size)
{
	*l = (struct listener){.fd = -1, .address = {.sun_family = AF_UNIX}};
	char *path = l->address.sun_path;

	if (strlen(run_dir) + sizeof("/control.sock") > sizeof(l->address.sun_path)) {
		text_printf(err, err_size,
		    "the path %s/control.sock is too long for a socket (%zu bytes at most)",
		    run_dir, sizeof(l->address.sun_path) - 1);
		return false;
	}
	text_printf(path, sizeof(l->address.sun_path), "%s/control.sock", run_dir);
	if (!clear_place(&l->address, err, err_size))
		return false;
	l->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (l->fd < 0) {
		text_printf(err, err_size, "cannot make a socket: %s", strerror(errno));
		return false;
	}
	if (bind_socket(l, group, err, err_size))
		return true;
	close(l->fd);
	l->fd = -1;
	return false;
}

void
listener_close(struct listener *l)
{
	struct stat st;

	if (l->fd < 0)
		return;
	if (lstat(l->address.sun_path, &st) == 0 && st.st_ino == l->inode)
		unlink(l->address.sun_path);
	close(l->fd);
	l->fd = -1;
}
