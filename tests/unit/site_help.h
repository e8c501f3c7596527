/* For the tests of agent/site: loading with the messages as text, and files of their own. */
#ifndef TESTS_SITE_HELP_H
#define TESTS_SITE_HELP_H

#include "site/site_load.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* What came of one site_load(). */
struct loaded {
	const struct site *site;
	struct site_report report;
	char *text; /* everything that was printed */
};

static inline struct loaded
load_with(const struct site_options *o)
{
	struct loaded l = {0};
	size_t size;
	FILE *out = open_memstream(&l.text, &size);

	l.site = site_load(o, out, &l.report);
	fclose(out);
	return l;
}

static inline void
loaded_free(struct loaded *l)
{
	site_free(l->site);
	free(l->text);
}

/* A directory that is empty at the start and goes away with its files at the end. */
struct scratch {
	char dir[64];
	char *path[64];
	size_t count;
};

static inline void
scratch_open(struct scratch *s)
{
	s->count = 0;
	snprintf(s->dir, sizeof(s->dir), "/tmp/facility-site-XXXXXX");
	assert_non_null(mkdtemp(s->dir));
}

static inline const char *
scratch_write(struct scratch *s, const char *name, const char *text, mode_t mode)
{
	char *path;
	FILE *f;

	assert_true(s->count < COUNT(s->path));
	assert_true(asprintf(&path, "%s/%s", s->dir, name) > 0);
	s->path[s->count++] = path;
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(path, mode), 0);
	return path;
}

static inline void
scratch_close(struct scratch *s)
{
	for (size_t i = 0; i < s->count; i++) {
		(void)unlink(s->path[i]);
		free(s->path[i]);
	}
	(void)rmdir(s->dir);
}

/* One message with this place and this beginning is in the text. */
static inline void
assert_message(const struct loaded *l, const char *part)
{
	if (strstr(l->text, part) == NULL)
		fail_msg("no \"%s\" in:\n%s", part, l->text);
}

#endif
