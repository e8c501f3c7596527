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
	bool wanted;    /* by the receiver: also what is put quietly */
	eventfd_t owed; /* wake-ups that were promised under the lock and not taken; 0 or 1 */
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

/*
 * Who comes for the messages while the wake-up is on its way finds none to take yet, and leaves it
 * owed: nobody promises another one before it was taken, so it wakes for what came meanwhile.
 */
static bool
promise(struct mailbox *mb)
{
	if (mb->owed > 0)
		return false;
	mb->owed = 1;
	return true;
}

/* Behind the lock, or the one who is woken would have to wait for it at once. */
static void
wake(struct mailbox *mb)
{
	if (eventfd_write(mb->fd, 1) != 0)
		log_err("cannot wake a thread: %s", strerror(errno));
}

static void
put(struct mailbox *mb, struct mail *first, struct mail *last, bool quietly)
{
	bool promised;

	last->next = NULL;
	pthread_mutex_lock(&mb->lock);
	*mb->last = first;
	mb->last = &last->next;
	promised = (!quietly || mb->wanted) && promise(mb);
	pthread_mutex_unlock(&mb->lock);
	if (promised)
		wake(mb);
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
	bool promised;

	pthread_mutex_lock(&mb->lock);
	mb->wanted = true;
	promised = mb->first != NULL && promise(mb);
	pthread_mutex_unlock(&mb->lock);
	if (promised)
		wake(mb);
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
	if (mb->owed > 0 && eventfd_read(mb->fd, &count) == 0)
		mb->owed = 0;
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
