/* What is wrong with a file that is no YAML, in words for people who do not know YAML. */
#ifndef SITE_DOC_SYNTAX_H
#define SITE_DOC_SYNTAX_H

#include "site/doc.h"

/*
 * The parser's message about a place (counted from 1). open: the innermost map or list that was
 * not closed there, or NULL: a forgotten bracket is noticed far below the place to mend.
 */
void syntax_report(struct findings *f, const struct source_file *file, const char *message,
    int line, int column, const struct node *open);

/* Whether it is UTF-8 without NUL; the first byte that is not is reported. */
bool syntax_is_text(
    struct findings *f, const struct source_file *file, const char *text, size_t size);

#endif
