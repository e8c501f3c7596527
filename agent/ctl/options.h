/* What the user asked for, read from the command line. Pure. */
#ifndef CTL_OPTIONS_H
#define CTL_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

enum verb_id {
	VERB_STATUS,
	VERB_DEVICES,
	VERB_POINTS,
	VERB_ALARMS,
	VERB_EVENTS,
	VERB_ACK,
	VERB_RESET,
	VERB_SHELVE,
	VERB_UNSHELVE,
	VERB_MAINTENANCE,
	VERB_RELOAD,
	VERB_NOC,
	VERB_EXPLAIN,
	VERB_HISTORY,
	VERB_BUS,
	VERB_WATCH,
	VERB_HELP,
	VERB_COUNT
};

/* One command: its place in the usage, and which options it takes. */
struct verb {
	const char *name;
	const char *arguments; /* as the usage shows them */
	const char *what;      /* one sentence */
	size_t least, most;    /* positional arguments */
	const char *options;   /* letters of struct ctl_options: see options.c */
};
extern const struct verb verbs[VERB_COUNT];

struct ctl_options {
	enum verb_id verb;
	const char *argument; /* the last positional one, or NULL */
	const char *words[3]; /* the first ones, or NULL */
	char rest[256];       /* the third and all after it, with blanks between: a reason */
	const char *run_dir;  /* --run */
	const char *as;       /* --as */
	const char *since, *until, *step, *plot;
	bool json, all, follow, help, csv, plain;
	long long n; /* -n; -1: not given */
};

/*
 * Options may stand anywhere; "--" ends them. false with a sentence in err: not understood, or
 * needs something else. The texts point into argv.
 */
bool options_read(struct ctl_options *o, int argc, char *const argv[], char *err, size_t err_size);

#endif
