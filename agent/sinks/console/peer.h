/* Who is at the other end of the control socket, and what this person may do. */
#ifndef SINKS_CONSOLE_PEER_H
#define SINKS_CONSOLE_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* No group may act; GIDs are never negative. */
#define NO_GROUP ((gid_t)-1)

struct account {
	uid_t uid;
	char name[33];
};

/* Whom `control: {group: ...}` lets act. */
struct peers {
	gid_t group;              /* or NO_GROUP */
	struct account *accounts; /* the group's members, as the system knew them at start; ours */
	size_t count;
};

struct peer {
	uid_t uid;
	pid_t pid;
	char name[33]; /* account name, or "uid 1234" where none is known */
	bool may_act;  /* acknowledge and reset */
};

/*
 * The group of that name (NULL: none) and its members. May ask a directory service, and wait for
 * it: only before the loop runs. peers_free() frees what it has.
 */
struct peers peers_load(const char *group);
void peers_free(struct peers *p);

/*
 * Asks the kernel about the other end of fd (SO_PEERCRED, SO_PEERGROUPS), once. Root, the user that
 * the agent runs as and members of the group may act. The name is that of /etc/passwd or of the
 * group's member: a directory service that is away would hold up the core.
 */
bool peer_read(int fd, const struct peers *known, struct peer *out);

/*
 * How this person goes into the record. `as` NULL or "": the account name; else "as (account)", so
 * that a shared account does not hide who it was and nobody can pass for somebody else. false with
 * a sentence in err where `as` is no name: letters, digits, blank . _ - ' and at most 40 bytes.
 */
bool peer_who(
    const struct peer *p, const char *as, char *who, size_t size, char *err, size_t err_size);

#endif
