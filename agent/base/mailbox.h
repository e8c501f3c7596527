/*
 * How threads talk: an intrusive queue with an eventfd. Any thread puts, one thread takes all.
 * A message is owned by the sender until mailbox_put() and by the receiver afterwards. A mailbox
 * has no bound of its own: every kind of message comes from a fixed pool (a device owns its
 * batons, the MQTT window is 20 messages), so none can overflow.
 */
#ifndef BASE_MAILBOX_H
#define BASE_MAILBOX_H

#include <stdbool.h>

/* First member of everything that is sent. `kind` is the receiver's, to tell messages apart. */
struct mail {
	struct mail *next;
	int kind;
};

struct mailbox;

struct mailbox *mailbox_new(void);
void mailbox_free(struct mailbox *mb); /* the messages inside stay their owners' */

/* Wakes the receiver only once until it takes: a burst costs one system call. Any thread. */
void mailbox_put(struct mailbox *mb, struct mail *m);

/* Several at once, linked by next from first to last. Any thread. */
void mailbox_put_all(struct mailbox *mb, struct mail *first, struct mail *last);

/*
 * The same for what the receiver needs only when it next has something to do, or when it waits for
 * such: it is woken only where it has said mailbox_want() since it took last. Any thread.
 */
void mailbox_put_quietly(struct mailbox *mb, struct mail *first, struct mail *last);
/* Of the receiver: wakes it for what is there, or else for whatever comes. */
void mailbox_want(struct mailbox *mb);

/* Everything that is there, oldest first (linked by next), or NULL: a wake-up may come behind what
 * it was for. Clears the wake-up. */
struct mail *mailbox_take_all(struct mailbox *mb);

/* Readable (poll, epoll) while something is inside that is to wake the receiver. */
int mailbox_fd(const struct mailbox *mb);

/* Blocks until mailbox_fd() is readable or timeout_ms has passed (-1: for ever). true: something.
 */
bool mailbox_wait(struct mailbox *mb, int timeout_ms);

#endif
