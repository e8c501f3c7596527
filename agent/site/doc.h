/*
 * A YAML file as a tree that knows where every word of it stands. The only file that sees libfyaml
 * is doc.c; all others work on these nodes.
 *
 * Text only: "1", 1 and '1' are the same scalar; what it means is said by the key it belongs to.
 * Anchors and aliases are refused: a site must read the same everywhere, and they can blow up.
 */
#ifndef SITE_DOC_H
#define SITE_DOC_H

#include "base/arena.h"
#include "model/label.h"

#include <stdbool.h>
#include <stddef.h>

struct findings;

/* A larger file, or a deeper nesting, is a mistake or an attack. */
#define DOC_SIZE_MAX  ((size_t)4 << 20)
#define DOC_DEPTH_MAX 32

struct source_file {
	const char *path; /* as opened, for messages */
	const char *dir;  /* relative paths inside the file start here */
	const char *text; /* NULL for a file with secrets: never shown */
	size_t size;
	int rank; /* order of loading, for the order of messages */
	bool hush;
};

enum node_kind { NODE_SCALAR, NODE_MAP, NODE_LIST };

struct pair;

struct node {
	enum node_kind kind;
	const struct source_file *file;
	int line, column;   /* counted from 1; column in characters */
	size_t offset;      /* of the token in the file, in bytes; inside the quotes where quoted */
	size_t length;      /* of the token, in bytes; 0: no caret */
	const char *text;   /* scalar: terminated; "" where nothing is written */
	bool plain;         /* scalar: text is the token byte for byte (no escapes, one line) */
	bool empty;         /* scalar: nothing is written, or null or ~ */
	struct pair *pairs; /* map */
	struct node **items; /* list */
	size_t count;
};

struct pair {
	struct node *key, *value;
};

/* Where a file goes: both may be the same. */
struct doc_memory {
	struct arena
	    *texts; /* what scalars say, and the path: what is made of a file points there */
	struct arena *tree; /* all else */
};

/*
 * Reads a file. NULL where it cannot be read or is not valid YAML: that is in `f` then. An empty
 * file is an empty map. hush: the file holds secrets, nothing of it is ever shown.
 */
struct node *doc_read(struct doc_memory m, struct findings *f, const char *path, bool hush);
/* The same from an open descriptor (closed by the call): for a file that was examined first. */
struct node *doc_read_fd(
    struct doc_memory m, struct findings *f, const char *path, int fd, bool hush);

/* Lays `over` upon `base`: maps key by key, anything else replaced. Returns the result, which
 * shares nodes with both; either may be changed. */
struct node *doc_merge(struct arena *a, struct node *base, struct node *over);

/* The value of a key; NULL where the map has no such key (or n is no map). */
const struct node *node_get(const struct node *n, const char *key);
/* The key itself, for messages about it; `n` where there is none. */
const struct node *node_key(const struct node *n, const char *key);
struct place node_place(const struct node *n);

/* The text of a scalar fit for a message: cut, cleaned, nothing of a secret. Returns buf. */
#define NODE_SHOWN_MAX 72
const char *node_shown(const struct node *n, char buf[NODE_SHOWN_MAX]);

#endif
