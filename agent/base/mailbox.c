/* A queue under a mutex, with an eventfd that counts 1 while something is inside. */
#include "base/mailbox.h"

#include "base/arena.h"
#include "base/log.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct mailbox {
	pthread_mutex_t lock;
	struct mail *first, **last;
	int fd; /* counts 1 exactly while something is inside */
};

struct mailbox *
mailbox_new(void)
{
	struct mailbox *mb = xcalloc(1, sizeof(*mb));

	mb->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (mb->fd < 0)
		log_fatal("cannot make an eventfd: %s", strerror(errno));
	pthread_mutex_init(&mb->lock, NULL);
	mb->last = &mb->first;
	return mb;
}

void
mailbox_free(struct mailbox *mb)
{
	if (mb == NULL)
		return;
	close(mb->fd);
	pthread_mutex_destroy(&mb->lock);
	free(mb);
}

void
mailbox_put(struct mailbox *mb, struct mail *m)
{
	mailbox_put_all(mb, m, m);
}

void
mailbox_put_all(struct mailbox *mb, struct mail *first, struct mail *last)
{
	bool was_empty;

	last->next = NULL;
	pthread_mutex_lock(&mb->lock);
	was_empty = mb->first == NULL;
	*mb->last = first;
	mb->last = &last->next;
	/* Under the lock, or a taker could clear the wake-up of a message that is still inside. */
	if (was_empty && eventfd_write(mb->fd, 1) != 0)
		log_err("cannot wake a thread: %s", strerror(errno));
	pthread_mutex_unlock(&mb->lock);
}

struct mail *
mailbox_take_all(struct mailbox *mb)
{
	struct mail *m;
	eventfd_t count;

	pthread_mutex_lock(&mb->lock);
	m = mb->first;
	mb->first = NULL;
	mb->last = &mb->first;
	if (m != NULL && eventfd_read(mb->fd, &count) != 0)
		log_err("cannot clear a wake-up: %s", strerror(errno));
	pthread_mutex_unlock(&mb->lock);
	return m;
}

int
mailbox_fd(const struct mailbox *mb)
{
	return mb->fd;
}

bool
mailbox_wait(struct mailbox *mb, int timeout_ms)
{
	struct pollfd p = {.fd = mb->fd, .events = POLLIN};

	return poll(&p, 1, timeout_ms) > 0;
}
