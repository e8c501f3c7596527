/* Expressions in files: the names of a profile or of the whole site behind core/expr.h. */
#ifndef SITE_EXPR_LOAD_H
#define SITE_EXPR_LOAD_H

#include "core/expr.h"
#include "site/loader.h"

/*
 * Compiles the text of `n`, whose own device has these points. l->placed says what else there is:
 * NULL in a profile, which knows only its own points. NULL: reported, at the place inside the text.
 */
const struct expr *expr_load(struct loader *l, const struct node *n, const struct profile *points);

#endif
