/*
 * What is wrong with the files, collected first and printed at the end in the order of the files:
 *
 *	annex-2f.yaml:14:28: error: unknown key "adress"
 *	  14 |   io_1: {kind: modbus-tcp, adress: 127.0.0.1}
 *	     |                            ^~~~~~
 *	  expected one of kind, address, port, title; did you mean "address"?
 */
#ifndef SITE_FINDING_H
#define SITE_FINDING_H

#include "site/doc.h"

#include <stdio.h>

struct finding;
struct findings;

struct findings *findings_new(struct arena *a);

/* 0, 1, 2 ... for the files in the order in which they are opened. */
int findings_rank(struct findings *f);

/* At a token. Returns the finding for finding_hint(). */
struct finding *error_at(struct findings *f, const struct node *at, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
struct finding *warning_at(struct findings *f, const struct node *at, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Worth knowing, and neither: not counted. */
struct finding *note_at(struct findings *f, const struct node *at, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* At `length` bytes from byte `from` of a scalar's text: for expressions. */
struct finding *error_in(struct findings *f, const struct node *at, size_t from, size_t length,
    const char *fmt, ...) __attribute__((format(printf, 5, 6)));
/* About a file as a whole. */
struct finding *error_file(struct findings *f, const char *path, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* A line below: what was expected, what to do. Joined with "; " where called again. */
void finding_hint(struct findings *f, struct finding *x, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* "expected one of a, b, c; did you mean "b"?" for a word that is none of `names`. */
void finding_choices(
    struct findings *f, struct finding *x, const char *word, const char *const *names, size_t n);

unsigned findings_errors(const struct findings *f);
unsigned findings_warnings(const struct findings *f);

/* At most FINDINGS_SHOWN_MAX, then how many more there are. */
#define FINDINGS_SHOWN_MAX 200
void findings_print(const struct findings *f, FILE *out);

#endif
