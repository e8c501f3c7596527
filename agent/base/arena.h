/*
 * Memory that lives as long as its owner: allocated piece by piece at start, freed as a whole.
 * Out of memory ends the program with a line that says so, so no caller checks for NULL.
 * An arena belongs to one thread at a time.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

struct arena;

struct arena *arena_new(void);
void arena_free(struct arena *a); /* NULL is allowed */

/* Zeroed, aligned for any type. size 0 gives a valid pointer that must not be read. */
void *arena_alloc(struct arena *a, size_t size);
/* n * size with a check for overflow. */
void *arena_array(struct arena *a, size_t n, size_t size);
char *arena_strdup(struct arena *a, const char *s);
char *arena_strndup(struct arena *a, const char *s, size_t n);
char *arena_printf(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* malloc family that ends the program when memory is out; free() with free(3). */
void *xcalloc(size_t n, size_t size);
void *xrealloc(void *p, size_t n, size_t size);
char *xstrdup(const char *s);

#endif
