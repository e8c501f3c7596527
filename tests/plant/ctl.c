#include "ctl.h"

#include "command.h"
#include "rundir.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { CLIENTS = 8 };

struct ctl_client {
	struct watch watch; /* fd -1: free */
	size_t n;
	char line[COMMAND_LINE];
};

static void client_ready(struct watch *w, uint32_t events);
static void server_ready(struct watch *w, uint32_t events);

static struct plant *plant;
static struct watch server = {.fd = -1, .ready = server_ready};
static struct ctl_client clients[CLIENTS];

static void
client_close(struct ctl_client *c)
{
	loop_unwatch(&c->watch);
	close(c->watch.fd);
	c->watch.fd = -1;
}

static void
client_ready(struct watch *w, uint32_t events)
{
	struct ctl_client *c = OWNER(w, struct ctl_client, watch);
	char reply[COMMAND_REPLY];

	(void)events;
	ssize_t got = recv(w->fd, c->line + c->n, sizeof c->line - 1 - c->n, MSG_DONTWAIT);
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	c->n += got > 0 ? (size_t)got : 0;
	c->line[c->n] = '\0';
	bool whole = memchr(c->line, '\n', c->n) != NULL;
	if (!whole && got > 0 && c->n < sizeof c->line - 1)
		return;
	if (whole)
		command_run(plant, c->line, reply);
	else
		strcpy(reply, "error: a command is one line of at most 254 characters\n");
	/* A reply fits the socket's buffer; who does not take it has gone. */
	(void)send(w->fd, reply, strlen(reply), MSG_DONTWAIT | MSG_NOSIGNAL);
	client_close(c);
}

static void
server_ready(struct watch *w, uint32_t events)
{
	int fd = accept4(w->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)events;
	if (fd < 0)
		return;
	for (int i = 0; i < CLIENTS; i++) {
		struct ctl_client *c = &clients[i];
		if (c->watch.fd >= 0)
			continue;
		c->watch.fd = fd;
		c->n = 0;
		if (!loop_watch(&c->watch))
			client_close(c);
		return;
	}
	close(fd);
}

bool
ctl_open(struct plant *p)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = SOCKET_FILE};

	plant = p;
	for (int i = 0; i < CLIENTS; i++)
		clients[i].watch = (struct watch){.fd = -1, .ready = client_ready};
	server.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	(void)unlink(SOCKET_FILE); /* of a plant that was killed */
	return server.fd >= 0 &&
	       bind(server.fd, (struct sockaddr *)(void *)&address, sizeof address) == 0 &&
	       listen(server.fd, CLIENTS) == 0 && loop_watch(&server);
}

void
ctl_close(void)
{
	for (int i = 0; i < CLIENTS; i++) {
		if (clients[i].watch.fd >= 0)
			client_close(&clients[i]);
	}
	loop_unwatch(&server);
	close(server.fd);
}
