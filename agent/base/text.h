/*
 * Text that came from outside is never trusted: bounded copies, and nothing that a terminal or a
 * log could take for a command.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

/* Bounded copy, always terminated; cuts at a UTF-8 boundary. Returns false where it had to cut. */
bool text_copy(char *dst, size_t size, const char *src);
/* The same of what people read: where it had to cut, dst ends in "...". size: 4 at least. */
void text_shorten(char *dst, size_t size, const char *src);
/* snprintf that cuts at a UTF-8 boundary. Returns the length written. */
size_t text_printf(char *dst, size_t size, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Appends to what is in dst already. Returns the new length. */
size_t text_append(char *dst, size_t size, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * Length of the valid UTF-8 sequence at p (n bytes are there, n > 0), or 0. Shortest form only, no
 * surrogates, at most U+10FFFF (RFC 3629).
 */
size_t text_utf8(const void *p, size_t n);

/*
 * Makes n bytes of unknown origin fit to be shown: control characters and invalid UTF-8 become
 * '?', trailing blanks and NULs go. dst is always terminated and valid UTF-8.
 */
void text_clean(char *dst, size_t size, const void *src, size_t n);

/* A number as people write it: no exponent for usual sizes, no trailing zeros ("24.3", "0.05"). */
#define NUMBER_TEXT_MAX 32
char *number_text(double value, char buf[NUMBER_TEXT_MAX]);

/*
 * The entry of `names` (n of them) that is nearest to `word` by edit distance, or NULL where none
 * is near enough to be a help. For "did you mean ...".
 */
const char *text_nearest(const char *word, const char *const *names, size_t n);

#endif
