/* A text for people in the languages that the agent speaks, and a place in a file. */
#ifndef MODEL_LABEL_H
#define MODEL_LABEL_H

/* en is never NULL once loaded; ja may be NULL. UTF-8. Owned by the site's arena. */
struct label {
	const char *en, *ja;
};

enum language { LANGUAGE_EN, LANGUAGE_JA };
const char *language_code(enum language l); /* "en", "ja", for lang_use() */

/* The text in `lang`, else in English, else "". */
const char *label_text(const struct label *l, enum language lang);

/* Where something was written: for errors and for `explain`. line and column count from 1. */
struct place {
	const char *file;
	int line, column;
};

#endif
