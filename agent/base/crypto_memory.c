/* What OpenSSL calls where it would call malloc(). */
#include "base/crypto_memory.h"

#include "base/log.h"

#include <openssl/crypto.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

/* Not exit(): OpenSSL's own handler would wait for locks that are held where it asked for this. */
static void *
checked(void *p, size_t n)
{
	if (p != NULL)
		return p;
	log_err("out of memory: %zu bytes are not to be had", n);
	_exit(1);
}

/* OpenSSL's own functions give NULL for nothing, and its callers expect that. */
static void *
take(size_t n, const char *file, int line)
{
	(void)file;
	(void)line;
	return n > 0 ? checked(malloc(n), n) : NULL;
}

static void
give_back(void *p, const char *file, int line)
{
	(void)file;
	(void)line;
	free(p);
}

static void *
change(void *p, size_t n, const char *file, int line)
{
	if (n > 0)
		return checked(realloc(p, n), n);
	give_back(p, file, line);
	return NULL;
}

bool
crypto_memory_use(void)
{
	return CRYPTO_set_mem_functions(take, change, give_back) == 1;
}
