/* Blocks of memory that are freed together, and a malloc that does not fail. */
#include "base/arena.h"

#include "base/log.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_BYTES 16384
/* What is larger has a block of its own, and the open one goes on being filled. */
#define ALONE_BYTES (BLOCK_BYTES / 4)

struct block {
	struct block *next;
	size_t used, size;
	_Alignas(max_align_t) unsigned char bytes[];
};

struct arena {
	struct block *blocks; /* the open one first; only that one has room */
};

void *
xcalloc(size_t n, size_t size)
{
	void *p = calloc(n ? n : 1, size ? size : 1);

	if (p == NULL)
		log_fatal("out of memory: %zu x %zu bytes are not to be had", n, size);
	return p;
}

void *
xrealloc(void *p, size_t n, size_t size)
{
	void *q = reallocarray(p, n ? n : 1, size);

	if (q == NULL)
		log_fatal("out of memory: %zu x %zu bytes are not to be had", n, size);
	return q;
}

char *
xstrdup(const char *s)
{
	size_t n = strlen(s) + 1;

	return memcpy(xcalloc(n, 1), s, n);
}

struct arena *
arena_new(void)
{
	return xcalloc(1, sizeof(struct arena));
}

void
arena_free(struct arena *a)
{
	struct block *b, *next;

	if (a == NULL)
		return;
	for (b = a->blocks; b != NULL; b = next) {
		next = b->next;
		free(b);
	}
	free(a);
}

static struct block *
block_new(size_t size)
{
	struct block *b;

	if (size > SIZE_MAX - sizeof(*b))
		log_fatal("out of memory: %zu bytes are not to be had", size);
	b = xcalloc(1, sizeof(*b) + size);
	b->size = size;
	return b;
}

static void *
alone(struct arena *a, size_t size)
{
	struct block *b = block_new(size), **at = a->blocks != NULL ? &a->blocks->next : &a->blocks;

	b->used = size;
	b->next = *at;
	*at = b;
	return b->bytes;
}

static void *
take(struct arena *a, size_t size, size_t align)
{
	struct block *b = a->blocks;
	size_t at = b != NULL ? (b->used + align - 1) / align * align : 0;

	if (size > ALONE_BYTES)
		return alone(a, size);
	if (b == NULL || at > b->size || b->size - at < size) {
		b = block_new(BLOCK_BYTES);
		b->next = a->blocks;
		a->blocks = b;
		at = 0;
	}
	b->used = at + size;
	return b->bytes + at;
}

void *
arena_alloc(struct arena *a, size_t size)
{
	return take(a, size, _Alignof(max_align_t));
}

void *
arena_array(struct arena *a, size_t n, size_t size)
{
	if (size != 0 && n > SIZE_MAX / size)
		log_fatal("out of memory: %zu x %zu bytes are not to be had", n, size);
	return arena_alloc(a, n * size);
}

char *
arena_strndup(struct arena *a, const char *s, size_t n)
{
	char *p = take(a, n + 1, 1); /* a text needs no alignment, and most are short */

	memcpy(p, s, n);
	return p;
}

char *
arena_strdup(struct arena *a, const char *s)
{
	return arena_strndup(a, s, strlen(s));
}

char *
arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap;
	char *p;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		log_fatal("cannot format \"%s\"", fmt);
	p = take(a, (size_t)n + 1, 1);
	va_start(ap, fmt);
	vsnprintf(p, (size_t)n + 1, fmt, ap);
	va_end(ap);
	return p;
}
