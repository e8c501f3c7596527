/* Finds things by name in an array that grows: a hash over names that the array itself keeps. */
#ifndef CTL_LOOKUP_H
#define CTL_LOOKUP_H

#include <stddef.h>
#include <stdint.h>

struct lookup {
	uint32_t *slots; /* index + 1; 0 is free. Zeroed: empty */
	size_t size, count;
	/* The name of thing i; arg is the owner of the array. */
	const char *(*name)(const void *arg, size_t i);
	const void *arg;
};

#define LOOKUP_NONE SIZE_MAX

/* The index of this name, or LOOKUP_NONE. */
size_t lookup_find(const struct lookup *l, const char *name);
/* Thing i is new; its name is there already and is none that was added before. */
void lookup_add(struct lookup *l, size_t i);
/* As empty as at first; its memory is given back. */
void lookup_clear(struct lookup *l);

#endif
