/* Who is at the other end of the control socket, and what this person may do. */
#ifndef SINKS_CONSOLE_PEER_H
#define SINKS_CONSOLE_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* No group may act; GIDs are never negative. */
#define NO_GROUP ((gid_t)-1)

struct peer {
	uid_t uid;
	pid_t pid;
	char name[33]; /* account name, or "uid 1234" where the system has none */
	bool may_act;  /* acknowledge and reset */
};

/*
 * Asks the kernel about the other end of fd (SO_PEERCRED, SO_PEERGROUPS) and the system for the
 * account name, once. Root, the user that the agent runs as and members of `control` may act.
 */
bool peer_read(int fd, gid_t control, struct peer *out);

/* The group of that name, or NO_GROUP. May ask a directory service: only before the loop runs. */
gid_t peer_group(const char *name);

/*
 * How this person goes into the record. `as` NULL or "": the account name; else "as (account)", so
 * that a shared account does not hide who it was and nobody can pass for somebody else. false with
 * a sentence in err where `as` is no name: letters, digits, blank . _ - ' and at most 40 bytes.
 */
bool peer_who(
    const struct peer *p, const char *as, char *who, size_t size, char *err, size_t err_size);

#endif
