/* One value of a file into its C type, or a report of what was expected. */
#ifndef SITE_VALUE_H
#define SITE_VALUE_H

#include "site/schema.h"

/* Every type but KEY_SECTION and KEY_LATER. `at`: where schema.h says. */
bool value_read(const struct reader *rd, const struct key *k, const struct node *n, void *at);

/* The words of a list of choices that may be used, for messages; returns how many. */
size_t choice_words(const struct choice *c, const char **words, size_t room);
/* The word of a value, "" where there is none. */
const char *choice_word(const struct choice *c, int value);

#endif
