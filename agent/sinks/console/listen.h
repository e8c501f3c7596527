/* The socket <run_dir>/control.sock itself. */
#ifndef SINKS_CONSOLE_LISTEN_H
#define SINKS_CONSOLE_LISTEN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <sys/un.h>

struct listener {
	int fd;
	struct sockaddr_un address;
	ino_t inode; /* of the socket that is ours */
};

/*
 * Makes the socket, mode 0660 from its first moment, owned by `group` unless that is NO_GROUP. A
 * socket that nobody answers is removed first. false with a sentence in err.
 */
bool listener_open(
    struct listener *l, const char *run_dir, gid_t group, char *err, size_t err_size);
/* Removes the socket, unless another agent has put its own in the place. */
void listener_close(struct listener *l);

#endif
