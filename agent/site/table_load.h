/* Inside of table_load.c and rows_read.c: a table while it is read. */
#ifndef SITE_TABLE_LOAD_H
#define SITE_TABLE_LOAD_H

#include "site/loader.h"

struct table_work {
	const struct pair *pair; /* NAME: {...} */
	struct table_keys keys;
	struct row_spec *rows;
	size_t row_count;
	bool own_rows;    /* the device's */
	struct oid label; /* the column that rows are known by; length 0: none */
	bool asked;       /* all that the device says it has */
	/* What the profile says, while the device's own are read: they inherit from it. */
	const struct row_spec *standard;
	const char *const *standard_names;
	size_t standard_count;
	struct row_column *columns; /* points, then facts */
	size_t first_point, first_fact;
};

/* Reads `rows:` into t->rows. false: reported. */
bool rows_read(struct loader *l, struct table_work *t, const struct node *n);
/* Is the row `key` in this list of an alarm's rows (NULL: all are)? false: reported. */
bool rows_named(struct loader *l, const struct table_work *t, const struct node *list,
    const char *key, bool *named);

#endif
