/* From a name and a port to a connected socket, without standing still. */
#include "drivers/modbus/dial.h"

#include "base/descriptor.h"
#include "base/text.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

#define KEEPALIVE_IDLE_S 30 /* an idle connection through a firewall is kept, or found dead */
#define KEEPALIVE_STEP_S 10
#define KEEPALIVE_COUNT  3

bool
dial_settings_work(const struct link_spec *s, char *err, size_t err_size)
{
	if (s->address != NULL && s->address[0] != '\0' && s->tcp_port >= 1 && s->tcp_port <= 65535)
		return true;
	text_printf(err, err_size, "link %s: needs an address and a port 1 to 65535", s->name);
	return false;
}

static struct verdict
unreachable(const char *why)
{
	return (struct verdict){.status = ANSWER_NO_LINK, .why = why};
}

static struct verdict
take_addresses(struct dial *d, const struct resolved *found)
{
	d->to = *found;
	d->to_next = 0;
	d->doubtful = false;
	return (struct verdict){.status = ANSWER_OK};
}

/*
 * Finds the addresses of the name; it can take several questions until the answer is there. Where
 * none comes, in half of the time at most, those that are known are as good as ever: a name server
 * that is down must not keep us from a device that was.
 */
static struct verdict
find_address(struct link *l, struct dial *d, mono_t deadline)
{
	const char *why = "the name server does not answer";
	mono_t until = deadline;
	struct resolved found;
	enum waited waited;
	bool ok = false;

	if (d->to.count > 0 && !d->doubtful)
		return (struct verdict){.status = ANSWER_OK};
	if (resolve_numeric(l->spec->address, l->spec->tcp_port, &found))
		return take_addresses(d, &found);
	if (d->to.count > 0)
		until.us -= (deadline.us - clock_mono().us) / 2;
	if (d->lookup == NULL)
		d->lookup = lookup_start(l->spec->address, l->spec->tcp_port);
	if (d->lookup == NULL)
		return unreachable("no thread to look the name up");
	waited = link_wait(l, lookup_fd(d->lookup), POLLIN, until);
	link_unwatch(l);
	if (waited == WAIT_STOP)
		return (struct verdict){.status = ANSWER_NONE};
	if (waited == WAIT_READY) {
		ok = lookup_result(d->lookup, &found, &why);
		dial_free(d);
	}
	if (ok)
		return take_addresses(d, &found);
	if (d->to.count > 0)
		return (struct verdict){.status = ANSWER_OK};
	return unreachable(why);
}

static void
set_options(int fd)
{
	static const struct {
		int level, name, value;
	} options[] = {
	    {IPPROTO_TCP, TCP_NODELAY, 1},
	    {SOL_SOCKET, SO_KEEPALIVE, 1},
	    {IPPROTO_TCP, TCP_KEEPIDLE, KEEPALIVE_IDLE_S},
	    {IPPROTO_TCP, TCP_KEEPINTVL, KEEPALIVE_STEP_S},
	    {IPPROTO_TCP, TCP_KEEPCNT, KEEPALIVE_COUNT},
	};

	/* A kernel that refuses one of these makes the connection slower, not wrong. */
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		(void)setsockopt(fd, options[i].level, options[i].name, &options[i].value,
		    sizeof(options[i].value));
}

/* Waits for a connection under way. 0 or an errno; -1: the link is being closed. */
static int
finish_connect(struct link *l, int fd, mono_t deadline)
{
	int err = 0;
	socklen_t size = sizeof(err);

	switch (link_wait(l, fd, POLLOUT, deadline)) {
	case WAIT_STOP:
		return -1;
	case WAIT_TIME:
		return ETIMEDOUT;
	case WAIT_READY:
	case WAIT_BROKEN:
		break;
	}
	return getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &size) == 0 ? err : errno;
}

struct verdict
dial(struct link *l, struct dial *d, mono_t deadline)
{
	bool ours = l->spec->kind == LINK_MODBUS_TCP; /* read by tcp.c alone, not by libmodbus */
	struct verdict v = find_address(l, d, deadline);
	size_t i;
	int fd, err = 0;

	if (v.status != ANSWER_OK)
		return v;
	i = d->to_next++ % d->to.count;
	fd = socket(d->to.list[i].at.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return unreachable(strerrordesc_np(errno));
	set_options(fd);
	if (ours)
		fd = descriptor_move_up(fd);
	if (!ours && fd >= FD_SETSIZE)
		err = EMFILE; /* libmodbus would abort in FD_SET */
	else if (connect(fd, (const struct sockaddr *)&d->to.list[i].at, d->to.list[i].size) != 0)
		err = errno == EINPROGRESS ? finish_connect(l, fd, deadline) : errno;
	if (err != 0) {
		link_unwatch(l);
		close(fd);
		if (err < 0)
			return (struct verdict){.status = ANSWER_NONE};
		if (d->to_next >= d->to.count) { /* all tried: ask for the name anew */
			d->doubtful = true;
			d->to_next = 0;
		}
		return unreachable(err == ETIMEDOUT ? "does not answer" : strerrordesc_np(err));
	}
	d->to_next = i;
	l->fd = fd;
	modbus_set_socket(l->ctx, fd);
	return v;
}

void
dial_hang_up(struct link *l)
{
	if (l->fd < 0)
		return;
	link_unwatch(l);
	shutdown(l->fd, SHUT_RDWR);
	close(l->fd);
	l->fd = -1;
	modbus_set_socket(l->ctx, -1);
}

void
dial_free(struct dial *d)
{
	lookup_free(d->lookup);
	d->lookup = NULL;
}
