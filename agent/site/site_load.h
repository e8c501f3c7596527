/*
 * YAML to a const site, or all that is wrong with it in one pass.
 *
 *	annex-2f.yaml:14:28: error: unknown key "adress"
 *	  14 |   io_1: {kind: modbus-tcp, adress: 127.0.0.1}
 *	     |                            ^~~~~~
 *	  expected one of kind, address, port, title; did you mean "address"?
 */
#ifndef SITE_SITE_LOAD_H
#define SITE_SITE_LOAD_H

#include "model/site.h"

#include <stdio.h>

struct site_options {
	const char *site_file;
	/*
	 * Files laid over the site file, in this order: maps are merged key by key, anything else
	 * is replaced. For what differs from machine to machine (ports, addresses, secrets).
	 * Relative paths inside a file are relative to that file.
	 */
	const char *const *overlays;
	size_t overlay_count;
	/* firmware-config: names.yaml and profiles/ ; boards: <vendor>-<model>/board.yaml,
	 * virtual/. */
	const char *config_dir, *boards_dir;
	/*
	 * For --check: a file with secrets that is not there yet is a warning. Without it that is
	 * an error: the agent must not start and then fail to talk.
	 */
	bool secrets_may_wait;
};

struct site_report {
	unsigned errors, warnings;
};

/*
 * Loads, checks, cross-references. Every finding is printed to `out`. Returns NULL where
 * report->errors > 0. The site is freed with site_free().
 */
const struct site *site_load(const struct site_options *o, FILE *out, struct site_report *report);
void site_free(const struct site *s);

/* The bus budget as a table for people; > 80 % counts as warning, > 100 % as error. */
void site_print_budget(const struct site *s, FILE *out, struct site_report *report);
/* `--print-config`: the effective site as YAML, secrets left out. */
void site_print(const struct site *s, FILE *out);
/* `--schema`: every key of every kind of file with type, unit, default and a sentence. */
void site_print_schema(FILE *out);
/*
 * `--manual`: the same as mdoc(7) source, for the reference part of a manual page of section 5:
 * "facility-site" or "facility-profile". false: there is no such page.
 */
bool site_print_manual(FILE *out, const char *page);

#endif
