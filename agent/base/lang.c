/* Reads a catalogue of GNU gettext (.mo) and looks texts up in it. */
#include "base/lang.h"

#include "base/arena.h"
#include "base/text.h"

#include <endian.h>
#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* GNU gettext manual, "The Format of GNU MO Files"; all numbers are 32 bits, here little-endian. */
#define MO_MAGIC    0x950412deu
#define MO_HEAD     28
#define MO_SIZE_MAX (4u << 20)

/* The catalogue in use; kept until the next one is loaded. count 0: English. */
static struct {
	unsigned char *bytes;
	size_t size;
	uint32_t count, originals, translations; /* offsets of the tables of {length, offset} */
	bool one_form;                           /* the language does not tell one from many */
} mo;

static uint32_t
number_at(size_t at)
{
	uint32_t n;

	memcpy(&n, mo.bytes + at, sizeof(n));
	return le32toh(n);
}

/* String i of a table; checked when the catalogue was loaded. */
static const char *
string_at(uint32_t table, uint32_t i)
{
	return (const char *)mo.bytes + number_at(table + 8u * i + 4u);
}

static size_t
length_at(uint32_t table, uint32_t i)
{
	return number_at(table + 8u * i);
}

/* The index of a text; mo.count where it is not there. */
static uint32_t
find(const char *text)
{
	uint32_t low = 0, high = mo.count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		int order = strcmp(text, string_at(mo.originals, middle));

		if (order == 0)
			return middle;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return mo.count;
}

const char *
lang_text(const char *text)
{
	uint32_t i = text[0] != '\0' ? find(text) : mo.count; /* "" is the catalogue's own head */

	return i < mo.count && length_at(mo.translations, i) > 0 ? string_at(mo.translations, i)
								 : text;
}

const char *
lang_count(unsigned long long n, const char *one, const char *many)
{
	uint32_t i = find(one);
	const char *form;

	if (i == mo.count || length_at(mo.translations, i) == 0)
		return n == 1 ? one : many;
	form = string_at(mo.translations, i);
	if (mo.one_form || n == 1)
		return form;
	/* The forms stand one after the other, each with its NUL. */
	return strlen(form) < length_at(mo.translations, i) ? form + strlen(form) + 1 : form;
}

/* ---- loading --------------------------------------------------------------------------------- */

/* Are all strings of a table inside the file, each with its NUL? */
static bool
table_is_sound(uint32_t table, uint32_t count)
{
	if (table > mo.size || count > (mo.size - table) / 8)
		return false;
	for (uint32_t i = 0; i < count; i++) {
		size_t length = length_at(table, i), at = number_at(table + 8u * i + 4u);

		if (at >= mo.size || length >= mo.size - at || mo.bytes[at + length] != '\0')
			return false;
	}
	return true;
}

/* Sorted, and no text twice: find() relies upon it. */
static bool
is_sorted(void)
{
	for (uint32_t i = 1; i < mo.count; i++)
		if (strcmp(string_at(mo.originals, i - 1), string_at(mo.originals, i)) >= 0)
			return false;
	return true;
}

/* What of the head matters here: UTF-8, and one or two forms of what is counted. */
static bool
head_is_known(void)
{
	const char *head = mo.count > 0 && string_at(mo.originals, 0)[0] == '\0'
			       ? string_at(mo.translations, 0)
			       : "";

	mo.one_form = strstr(head, "nplurals=1;") != NULL;
	return strstr(head, "charset=UTF-8") != NULL &&
	       (mo.one_form || strstr(head, "nplurals=2; plural=(n != 1);") != NULL);
}

static bool
is_catalogue(void)
{
	if (mo.size < MO_HEAD || number_at(0) != MO_MAGIC || number_at(4) >> 16 != 0)
		return false;
	mo.count = number_at(8);
	mo.originals = number_at(12);
	mo.translations = number_at(16);
	return table_is_sound(mo.originals, mo.count) &&
	       table_is_sound(mo.translations, mo.count) && is_sorted() && head_is_known();
}

/* The whole file into mo; false: errno. */
static bool
read_whole(const char *path)
{
	FILE *f = fopen(path, "re");
	int error;

	if (f == NULL)
		return false;
	mo.bytes = xcalloc(1, MO_SIZE_MAX);
	mo.size = fread(mo.bytes, 1, MO_SIZE_MAX, f);
	error = ferror(f) ? EIO : mo.size == MO_SIZE_MAX ? EFBIG : 0;
	fclose(f);
	mo.bytes = xrealloc(mo.bytes, mo.size + 1, 1);
	errno = error;
	return error == 0;
}

static void
forget(void)
{
	free(mo.bytes);
	memset(&mo, 0, sizeof(mo));
}

bool
lang_load(const char *path, char *err, size_t err_size)
{
	forget();
	if (path == NULL)
		return true;
	if (!read_whole(path))
		text_printf(err, err_size, "%s: %s", path, strerror(errno));
	else if (!is_catalogue())
		text_printf(err, err_size, "%s is no catalogue that msgfmt made here", path);
	else
		return true;
	forget();
	return false;
}

/* ---- choosing -------------------------------------------------------------------------------- */

/* The folder of this program; "" where it is not known. */
static void
program_dir(char dir[PATH_MAX])
{
	ssize_t n = readlink("/proc/self/exe", dir, PATH_MAX - 1);

	while (n > 0 && dir[n - 1] != '/')
		n--;
	dir[n > 0 ? n - 1 : 0] = '\0';
}

/* The catalogue of exactly this language. *missing: there is none in any place. */
static bool
load_from_places(const char *language, bool *missing, char *err, size_t err_size)
{
	static const char *const places[] = {"locale", "../locale", "../share/locale"};
	char dir[PATH_MAX], path[PATH_MAX];

	program_dir(dir);
	*missing = false;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		text_printf(path, sizeof(path), "%s/%s/%s/LC_MESSAGES/facilityd.mo", dir, places[i],
		    language);
		if (access(path, F_OK) == 0)
			return lang_load(path, err, err_size);
	}
	*missing = true;
	text_printf(err, err_size, "there is no catalogue for the language \"%s\" (last place: %s)",
	    language, path);
	return false;
}

/* "ja_JP.UTF-8@x" -> "ja_JP", or with `short_form` "ja"; false: it is no name of a language. */
static bool
language_of(const char *locale, bool short_form, char *buf, size_t size)
{
	size_t n = strcspn(locale, short_form ? "_.@" : ".@");

	if (n == 0 || n >= size || strspn(locale, "abcdefghijklmnopqrstuvwxyz") < 2)
		return false;
	text_printf(buf, size, "%.*s", (int)n, locale);
	return buf[strspn(buf, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz")] == '\0';
}

bool
lang_use(const char *language, char *err, size_t err_size)
{
	char name[32];
	bool missing = true;

	text_printf(err, err_size, "\"%s\" is no name of a language", language);
	for (int brief = 0; brief < 2 && missing; brief++) {
		if (!language_of(language, brief, name, sizeof(name)))
			continue;
		if (strcmp(name, "en") == 0)
			return lang_load(NULL, err, err_size);
		if (load_from_places(name, &missing, err, err_size))
			return true;
	}
	forget();
	return false;
}

static const char *
first_set(const char *const *names)
{
	for (; *names != NULL; names++) {
		const char *value = getenv(*names);

		if (value != NULL && value[0] != '\0')
			return value;
	}
	return "C";
}

void
lang_use_environment(void)
{
	static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG", NULL};
	const char *locale = first_set(names), *list = getenv("LANGUAGE");
	char all[256], err[256], *rest = all;

	forget();
	if (strcmp(locale, "C") == 0 || strcmp(locale, "POSIX") == 0)
		return;
	text_printf(all, sizeof(all), "%s:%s", list != NULL ? list : "", locale);
	for (char *one; (one = strsep(&rest, ":")) != NULL;)
		if (lang_use(one, err, sizeof(err)))
			return;
}
