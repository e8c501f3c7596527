/*
 * Names to addresses without standing still: getaddrinfo() can take half a minute and cannot be
 * interrupted, so it runs in a thread of its own that nobody has to wait for. Numeric addresses
 * need no thread.
 */
#ifndef DRIVERS_MODBUS_RESOLVE_H
#define DRIVERS_MODBUS_RESOLVE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#define RESOLVE_ADDRESSES 4

struct resolved {
	size_t count;
	struct {
		struct sockaddr_storage at;
		socklen_t size;
	} list[RESOLVE_ADDRESSES];
};

struct lookup;

/* A numeric IPv4 or IPv6 address. false: it is a name. */
bool resolve_numeric(const char *address, int port, struct resolved *out);

/* Starts to look a name up; NULL: no thread to be had. */
struct lookup *lookup_start(const char *name, int port);
/* Readable when it is done. */
int lookup_fd(const struct lookup *lu);
/* When done. false: a text in *why, static. */
bool lookup_result(const struct lookup *lu, struct resolved *out, const char **why);
/* Lets go of it, done or not: the thread ends by itself. NULL is allowed. */
void lookup_free(struct lookup *lu);

#endif
