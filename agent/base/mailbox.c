/* A queue under a mutex, with an eventfd that counts 1 while somebody is to come for it. */
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
	bool wanted; /* by the receiver: also what is put quietly */
	bool woken;  /* fd counts 1 */
	int fd;
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

/* Under the lock, or a taker could clear the wake-up of a message that is still inside. */
static void
wake(struct mailbox *mb)
{
	if (mb->woken)
		return;
	mb->woken = true;
	if (eventfd_write(mb->fd, 1) != 0)
		log_err("cannot wake a thread: %s", strerror(errno));
}

static void
put(struct mailbox *mb, struct mail *first, struct mail *last, bool quietly)
{
	last->next = NULL;
	pthread_mutex_lock(&mb->lock);
	*mb->last = first;
	mb->last = &last->next;
	if (!quietly || mb->wanted)
		wake(mb);
	pthread_mutex_unlock(&mb->lock);
}

void
mailbox_put_all(struct mailbox *mb, struct mail *first, struct mail *last)
{
	put(mb, first, last, false);
}

void
mailbox_put_quietly(struct mailbox *mb, struct mail *first, struct mail *last)
{
	put(mb, first, last, true);
}

void
mailbox_want(struct mailbox *mb)
{
	pthread_mutex_lock(&mb->lock);
	mb->wanted = true;
	if (mb->first != NULL)
		wake(mb);
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
	mb->wanted = false;
	if (mb->woken && eventfd_read(mb->fd, &count) != 0)
		log_err("cannot clear a wake-up: %s", strerror(errno));
	mb->woken = false;
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
