/*
 * JSON written straight into a bounded buffer: no tree, no allocation, commas by itself. What does
 * not fit makes the writer `failed` and everything after it is dropped, so that only the end has
 * to be checked.
 *
 *	writer_open(&w, NULL, '{');
 *	writer_string(&w, "device", "crac1");
 *	writer_close(&w, '}');
 */
#ifndef MODEL_WRITER_H
#define MODEL_WRITER_H

#include "base/clock.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct writer {
	char *buf;
	size_t size, at; /* `at` bytes are written; buf[at] is NUL */
	bool comma;      /* the next member needs one before it */
	bool failed;
	bool clean; /* strings lose everything that a terminal could obey; off by default */
};

/* size >= 1. The buffer stays the caller's. */
void writer_init(struct writer *w, char *buf, size_t size);
/* Length of what was written, or 0 where it did not fit. */
size_t writer_length(const struct writer *w);

/* In all that follow key is NULL inside an array and at the top. */
void writer_open(struct writer *w, const char *key, char bracket); /* '{' or '[' */
void writer_close(struct writer *w, char bracket);                 /* '}' or ']' */
/* NULL is written as null. */
void writer_string(struct writer *w, const char *key, const char *s);
/* The same, but nothing at all where s is NULL or "". */
void writer_string_if(struct writer *w, const char *key, const char *s);
void writer_double(
    struct writer *w, const char *key, double v); /* as number_text(); not finite: null */
void writer_uint(struct writer *w, const char *key, uint64_t v);
void writer_bool(struct writer *w, const char *key, bool v);
void writer_null(struct writer *w, const char *key);
/* RFC 3339, UTC; nothing where the time is 0 (never). */
void writer_time(struct writer *w, const char *key, wall_t t);
/* n bytes that are JSON already: one value. */
void writer_raw(struct writer *w, const char *key, const char *json, size_t n);
/*
 * For who writes a member with its key by himself: a place for up to `most` bytes, behind a comma
 * where one is needed; NULL, and nothing has happened, where there is not so much room. Then
 * writer_wrote() says how many it were; at least one.
 */
char *writer_member(struct writer *w, size_t most);
void writer_wrote(struct writer *w, size_t n);
/* Bytes between values, such as a line end. */
void writer_text(struct writer *w, const char *s);

#endif
