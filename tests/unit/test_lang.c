/* base/lang: catalogues as msgfmt makes them, and files that are none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/lang.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char dir[] = "/tmp/facility-lang-XXXXXX";
static char po[64], file[64], err[512];

static int
setup(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(dir));
	text_printf(po, sizeof(po), "%s/x.po", dir);
	text_printf(file, sizeof(file), "%s/x.mo", dir);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	unlink(po);
	unlink(file);
	return rmdir(dir);
}

static void
write_file(const char *path, const void *bytes, size_t n)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, n, f), n);
	assert_int_equal(fclose(f), 0);
}

/* Makes `file` of a catalogue with this plural rule, with the real msgfmt. */
static void
make(const char *plural, const char *charset)
{
	char text[1024], command[256];

	text_printf(text, sizeof(text),
	    "msgid \"\"\nmsgstr \"\"\n\"Content-Type: text/plain; charset=%s\\n\"\n"
	    "\"Plural-Forms: %s\\n\"\n\n"
	    "msgid \"%%s is lost by %%s\"\nmsgstr \"%%2$sが%%1$sを失いました\"\n\n"
	    "msgid \"not translated\"\nmsgstr \"\"\n\n"
	    "msgid \"%%llu event\"\nmsgid_plural \"%%llu events\"\nmsgstr[0] \"事象%%llu件\"\n%s",
	    charset, plural,
	    strstr(plural, "nplurals=1") != NULL ? "" : "msgstr[1] \"事象複数%llu件\"\n");
	write_file(po, text, strlen(text));
	text_printf(command, sizeof(command), "msgfmt -o %s %s", file, po);
	assert_int_equal(system(command), 0);
}

static void
texts_are_translated(void **state)
{
	char buf[128];

	(void)state;
	make("nplurals=1; plural=0;", "UTF-8");
	assert_true(lang_load(file, err, sizeof(err)));
	text_printf(buf, sizeof(buf), _("%s is lost by %s"), "A", "B");
	assert_string_equal(buf, "BがAを失いました");
	assert_string_equal(_("not translated"), "not translated");
	assert_string_equal(_("nowhere"), "nowhere");
	assert_string_equal(_(""), "");
	assert_string_equal(lang_count(1, "%llu event", "%llu events"), "事象%llu件");
	assert_string_equal(lang_count(2, "%llu event", "%llu events"), "事象%llu件");
	assert_string_equal(lang_count(2, "%llu apple", "%llu apples"), "%llu apples");
	assert_true(lang_load(NULL, err, sizeof(err)));
	assert_string_equal(_("%s is lost by %s"), "%s is lost by %s");
	assert_string_equal(lang_count(1, "%llu event", "%llu events"), "%llu event");
	assert_string_equal(lang_count(0, "%llu event", "%llu events"), "%llu events");
}

static void
two_forms(void **state)
{
	(void)state;
	make("nplurals=2; plural=(n != 1);", "UTF-8");
	assert_true(lang_load(file, err, sizeof(err)));
	assert_string_equal(lang_count(1, "%llu event", "%llu events"), "事象%llu件");
	assert_string_equal(lang_count(7, "%llu event", "%llu events"), "事象複数%llu件");
}

/* Another rule of counting, or no UTF-8: refused, and said. */
static void
what_cannot_be_taken(void **state)
{
	(void)state;
	make("nplurals=2; plural=n>1;", "UTF-8");
	assert_false(lang_load(file, err, sizeof(err)));
	assert_non_null(strstr(err, "x.mo"));
	assert_string_equal(_("%s is lost by %s"), "%s is lost by %s");
	assert_false(lang_load("/nowhere/x.mo", err, sizeof(err)));
	assert_non_null(strstr(err, "No such file"));
	assert_false(lang_use("xx", err, sizeof(err)));
	assert_non_null(strstr(err, "no catalogue for the language \"xx\""));
	assert_false(lang_use("../../etc", err, sizeof(err)));
	assert_non_null(strstr(err, "no name of a language"));
	assert_true(lang_use("en", err, sizeof(err)));
}

/* Cut anywhere, and with any byte changed: refused, or every look-up stays inside. */
static void
damaged_files(void **state)
{
	static unsigned char good[4096], bad[4096];
	size_t size, taken = 0;
	FILE *f;

	(void)state;
	make("nplurals=1; plural=0;", "UTF-8");
	f = fopen(file, "r");
	assert_non_null(f);
	size = fread(good, 1, sizeof(good), f);
	fclose(f);
	for (size_t n = 0; n < size; n++) {
		write_file(file, good, n);
		assert_false(lang_load(file, err, sizeof(err)));
	}
	for (size_t i = 0; i < size; i++)
		for (unsigned x = 1; x < 256; x <<= 1) {
			memcpy(bad, good, size);
			bad[i] = (unsigned char)(bad[i] ^ x);
			write_file(file, bad, size);
			if (!lang_load(file, err, sizeof(err)))
				continue;
			taken++;
			assert_true(strlen(_("%s is lost by %s")) < size);
			assert_true(strlen(lang_count(2, "%llu event", "%llu events")) < size);
		}
	assert_true(taken > 0); /* a letter of a text more or less */
}

static void
environment(const char *all, const char *messages, const char *lang, const char *language)
{
	setenv("LC_ALL", all, 1);
	setenv("LC_MESSAGES", messages, 1);
	setenv("LANG", lang, 1);
	setenv("LANGUAGE", language, 1);
	lang_use_environment();
}

#define KNOWN "normal"

/* The catalogue of the build, which is beside this program. */
static void
the_user_chooses(void **state)
{
	(void)state;
	assert_true(lang_use("ja", err, sizeof(err)));
	assert_string_equal(_(KNOWN), "正常");
	environment("", "", "ja_JP.UTF-8", "");
	assert_string_equal(_(KNOWN), "正常");
	environment("", "en_US.UTF-8", "ja_JP.UTF-8", "");
	assert_string_equal(_(KNOWN), KNOWN);
	environment("C", "", "ja_JP.UTF-8", "ja");
	assert_string_equal(_(KNOWN), KNOWN);
	environment("", "", "C.UTF-8", "");
	assert_string_equal(_(KNOWN), KNOWN);
	environment("", "", "C.UTF-8", "xx:ja");
	assert_string_equal(_(KNOWN), "正常");
	environment("", "", "ja_JP.UTF-8", "en:ja");
	assert_string_equal(_(KNOWN), KNOWN);
	environment("", "", "", "ja");
	assert_string_equal(_(KNOWN), KNOWN);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(texts_are_translated),
	    cmocka_unit_test(two_forms),
	    cmocka_unit_test(what_cannot_be_taken),
	    cmocka_unit_test(damaged_files),
	    cmocka_unit_test(the_user_chooses),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
