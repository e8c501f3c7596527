/* Host names to addresses, in a thread of its own that nobody waits for. */
#include "drivers/modbus/resolve.h"

#include "base/arena.h"
#include "base/log.h"

#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct lookup {
	atomic_int holders; /* the thread and the one who asked; the last one frees */
	int fd;
	char *name;
	int port;
	/* Written by the thread before `done`, and that before fd is raised. */
	atomic_bool done;
	int error;
	struct resolved result;
};

static int
look_up(const char *name, int port, int flags, struct resolved *out)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = flags}, *list, *ai;
	char service[16];
	int rc;

	out->count = 0;
	snprintf(service, sizeof(service), "%d", port);
	rc = getaddrinfo(name, service, &hints, &list);
	if (rc != 0)
		return rc;
	for (ai = list; ai != NULL && out->count < RESOLVE_ADDRESSES; ai = ai->ai_next) {
		if (ai->ai_addrlen > sizeof(out->list[0].at))
			continue;
		memcpy(&out->list[out->count].at, ai->ai_addr, ai->ai_addrlen);
		out->list[out->count++].size = ai->ai_addrlen;
	}
	freeaddrinfo(list);
	return out->count > 0 ? 0 : EAI_NONAME;
}

bool
resolve_numeric(const char *address, int port, struct resolved *out)
{
	return look_up(address, port, AI_NUMERICHOST | AI_NUMERICSERV, out) == 0;
}

void
lookup_free(struct lookup *lu)
{
	if (lu == NULL || atomic_fetch_sub(&lu->holders, 1) > 1)
		return;
	close(lu->fd);
	free(lu->name);
	free(lu);
}

static void *
run(void *arg)
{
	struct lookup *lu = arg;

	lu->error = look_up(lu->name, lu->port, AI_NUMERICSERV | AI_ADDRCONFIG, &lu->result);
	atomic_store(&lu->done, true);
	if (eventfd_write(lu->fd, 1) != 0)
		log_err("cannot wake a thread: %s", strerrordesc_np(errno));
	lookup_free(lu);
	return NULL;
}

struct lookup *
lookup_start(const char *name, int port)
{
	struct lookup *lu = xcalloc(1, sizeof(*lu));
	pthread_attr_t attr;
	pthread_t thread;
	sigset_t all, old;
	int rc;

	atomic_init(&lu->holders, 2);
	lu->name = xstrdup(name);
	lu->port = port;
	lu->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	sigfillset(&all); /* signals are the core's */
	pthread_sigmask(SIG_SETMASK, &all, &old);
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	rc = lu->fd < 0 ? errno : pthread_create(&thread, &attr, run, lu);
	pthread_attr_destroy(&attr);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (rc == 0)
		return lu;
	if (lu->fd >= 0)
		close(lu->fd);
	free(lu->name);
	free(lu);
	return NULL;
}

int
lookup_fd(const struct lookup *lu)
{
	return lu->fd;
}

bool
lookup_result(const struct lookup *lu, struct resolved *out, const char **why)
{
	if (!atomic_load(&lu->done)) {
		*why = "not looked up yet";
		return false;
	}
	*why = lu->error == 0 ? "" : gai_strerror(lu->error);
	*out = lu->result;
	return lu->error == 0;
}
