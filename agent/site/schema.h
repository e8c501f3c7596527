/*
 * The keys of our files as tables: one row says what a key is called, what it may hold, what it is
 * when left out, and what it is for. Checking a file, "expected one of ..." and --schema are all
 * made from these rows, so that they cannot differ.
 */
#ifndef SITE_SCHEMA_H
#define SITE_SCHEMA_H

#include "model/rows.h"
#include "site/doc.h"
#include "site/finding.h"

#include <stdint.h>

/* Beside each: the C type at `offset`. */
enum key_type {
	KEY_NAME,     /* const char *: a-z 0-9 _ */
	KEY_SLUG,     /* const char *: and - */
	KEY_TEXT,     /* const char * */
	KEY_LABEL,    /* struct label: a text, or {en: ..., ja: ...} */
	KEY_WHOLE,    /* int64_t */
	KEY_NUMBER,   /* double */
	KEY_FACTOR,   /* double: also "2^-9" and "5/9" */
	KEY_BOOL,     /* bool */
	KEY_DURATION, /* int64_t, milliseconds */
	KEY_SIZE,     /* int64_t, bytes */
	KEY_CHOICE,   /* int */
	KEY_ADDRESS,  /* const char *: numeric, no name look-up */
	KEY_HOST,     /* const char * */
	KEY_PATH,     /* const char *: made relative to the working directory */
	KEY_DEVICE,   /* const char *: the path of a device, from the root */
	KEY_UNIT,     /* const struct unit * */
	KEY_OID,      /* struct oid */
	KEY_ROW_OID,  /* struct row_oid: an OID with * for the row */
	KEY_NUMBERS,  /* struct numbers */
	KEY_NAMES,    /* struct names_list */
	KEY_SECTION,  /* the struct of that section itself */
	KEY_EACH,     /* const struct node *: a map of NAME: section; read by its owner */
	KEY_LIST,     /* const struct node *: a list of sections; read by its owner */
	KEY_RAW,      /* const struct node *: read by its owner; `expects` says what */
	KEY_LATER,    /* nothing: known, but not built yet */
	KEY_TYPE_COUNT
};

struct numbers {
	const double *at;
	size_t count;
};

struct names_list {
	const char *const *at;
	size_t count;
};

struct row_oid {
	struct oid head, tail;
};

struct choice {
	const char *word; /* NULL ends the list */
	int value;
	const char *refused; /* why a known word is not allowed, or NULL */
};

struct section;

struct key {
	const char *name;
	enum key_type type;
	size_t offset;
	bool required;
	double min,
	    max; /* WHOLE, NUMBER, DURATION (ms), SIZE (bytes); NUMBERS: how many; 0,0: any */
	const char *fallback; /* what it is when left out, as it would be written; or NULL */
	const char *implied;  /* what it is when left out, in words, where that is worked out */
	const struct choice *choices;
	const struct section *section;
	const char *expects; /* what is expected, where the type does not say it all */
	const char *says;    /* one sentence */
};

struct section {
	const char *what; /* "a modbus-rtu link" */
	const struct key *keys;
	size_t count;
	/* Its relatives: a key of one of these gets "belongs to ...". Ends with NULL; or NULL. */
	const struct section *const *others;
};

/* For the tables: name, type, offset, then what else a key has. */
#define KEY(word, kind_, at, ...)                                                                  \
	{                                                                                          \
		.name = (word), .type = (kind_), .offset = (at), __VA_ARGS__                       \
	}
#define SECTION(variable, title, rows)                                                             \
	const struct section variable = {                                                          \
	    .what = (title), .keys = (rows), .count = sizeof(rows) / sizeof((rows)[0])}
#define MS     1.0
#define SECOND (1e3 * MS)
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)

struct reader {
	struct arena *arena;   /* of the site */
	struct arena *scratch; /* what nobody needs once the site is loaded */
	struct findings *findings;
};

enum section_mode {
	SECTION_WHOLE,  /* left-out keys get their fallback, required ones must be there */
	SECTION_CHANGES /* left-out keys keep what `out` has: for overrides */
};

/*
 * Reads a map (or nothing at all, which counts as an empty map) into the struct at `out`. `at` is
 * what a missing key is reported at: mostly the name of the thing. false: something was wrong and
 * reported; the keys that were right are in `out`.
 */
bool section_read(const struct reader *rd, const struct section *s, const struct node *map,
    const struct node *at, enum section_mode mode, void *out);
/* The fallbacks alone. */
void section_defaults(const struct reader *rd, const struct section *s, void *out);

/* "a whole number from 1 to 247", "one of none, even, odd": what a key expects. Returns buf. */
#define EXPECTED_MAX 256
const char *key_expected(const struct key *k, char buf[EXPECTED_MAX]);

/* A name with its rules; reports. */
bool name_read(const struct reader *rd, const struct node *n, bool dash);
/* A path as written in a file, seen from the working directory. */
const char *path_from(struct arena *a, const struct source_file *file, const char *path);

#endif
