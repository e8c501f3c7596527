/*
 * What the fuzz targets share: a file that holds the input, bytes taken one after the other, and an
 * end that libFuzzer notices. Each target is one LLVMFuzzerTestOneInput() under AddressSanitizer
 * and UndefinedBehaviorSanitizer; see README.md.
 */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What must hold of every input. */
#define FUZZ_CHECK(what)                                                                           \
	do {                                                                                       \
		if (!(what)) {                                                                     \
			fprintf(stderr, "does not hold: %s (%s:%d)\n", #what, __FILE__, __LINE__); \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

/* The input, taken piece by piece; zeros after its end. */
struct bytes {
	const uint8_t *at;
	size_t left;
};

static inline uint64_t
take(struct bytes *b, size_t n)
{
	uint64_t v = 0;

	for (size_t i = 0; i < n; i++) {
		v = v << 8 | (b->left > 0 ? *b->at : 0);
		if (b->left > 0) {
			b->at++;
			b->left--;
		}
	}
	return v;
}

/* 0 .. below - 1 */
static inline size_t
pick(struct bytes *b, size_t below)
{
	return (size_t)(take(b, 2) % below);
}

/* A directory in memory for the life of this process, made at the first call. */
static inline const char *
fuzz_dir(void)
{
	static char dir[64];

	if (dir[0] == '\0') {
		snprintf(dir, sizeof(dir), "/dev/shm/facility-fuzz-XXXXXX");
		FUZZ_CHECK(mkdtemp(dir) != NULL);
	}
	return dir;
}

static inline void
fuzz_write(const char *path, const void *data, size_t size)
{
	FILE *f = fopen(path, "wb");

	FUZZ_CHECK(f != NULL);
	FUZZ_CHECK(fwrite(data, 1, size, f) == size);
	FUZZ_CHECK(fclose(f) == 0);
}

/* A file of the tree, terminated; its length. */
static inline size_t
fuzz_read(const char *path, char *text, size_t size)
{
	FILE *f = fopen(path, "rb");
	size_t n;

	FUZZ_CHECK(f != NULL);
	n = fread(text, 1, size, f);
	FUZZ_CHECK(n < size);
	text[n] = '\0';
	fclose(f);
	return n;
}

/* A file of the tree, as it is. */
static inline void
fuzz_copy(const char *from, const char *to)
{
	static char text[65536];

	fuzz_write(to, text, fuzz_read(from, text, sizeof(text)));
}

/* The files of a directory go; those whose names begin with a dot stay. */
static inline void
fuzz_empty(const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	char path[512];

	FUZZ_CHECK(d != NULL);
	while ((e = readdir(d)) != NULL) {
		if (e->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
		unlink(path);
	}
	closedir(d);
}

#endif
