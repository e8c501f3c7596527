/*
 * The language of texts for people. English stands in the code and is the key; catalogues of other
 * languages are GNU gettext's, with its tools: `make po` takes new texts into
 * firmware-config/locale/<language>.po, msgfmt makes the .mo that is read here.
 *
 * Why not libintl: it translates only under an installed locale of that language. A small board has
 * C and C.UTF-8 alone, where libintl does nothing, or (glibc before 2.39) obeys the environment
 * variable LANGUAGE, which a program with threads must not set. What is needed is fifty lines: find
 * a string in a sorted table.
 *
 * One language for each process: the agent's is the site's, facilityctl's is the user's. It is
 * chosen once, before any thread is made; afterwards every thread may read.
 */
#ifndef BASE_LANG_H
#define BASE_LANG_H

#include <stdbool.h>
#include <stddef.h>

/* A whole sentence, never a piece of one: languages differ in order. Arguments may be swapped in
 * the translation ("%2$s ... %1$s"). */
#define _(text) lang_text(text)
/* Marks a text in a table; where it is shown, it goes through _(). */
#define N_(text) (text)

/* The translation of an English text; the text itself where there is none. Never NULL. */
const char *lang_text(const char *text) __attribute__((format_arg(1)));
/* The same for something counted: `one` where the language says so of n, else `many`. */
const char *lang_count(unsigned long long n, const char *one, const char *many)
    __attribute__((format_arg(2), format_arg(3)));

/*
 * Takes the catalogue of a language ("ja", "ja_JP") from the first place where there is one, seen
 * from the program's folder: locale/ and ../locale (a build), ../share/locale (installed). "en"
 * needs none. false: a sentence in err, and texts are English from now on.
 */
bool lang_use(const char *language, char *err, size_t err_size);
/* The same from this file; NULL: English. For lang_use() and tests. */
bool lang_load(const char *path, char *err, size_t err_size);

/*
 * What the user's environment asks for: LC_ALL, LC_MESSAGES, LANG, the first that is set; where
 * that is not C or POSIX, the languages of LANGUAGE come before it. Takes the first that there is a
 * catalogue for; English where there is none.
 */
void lang_use_environment(void);

#endif
