/*
 * Site files with mistakes: the messages must be exactly those of tests/golden/site/NAME.expected,
 * with line, column, caret and advice. GOLDEN_UPDATE=1 writes them anew: read the difference.
 */
#include "site_help.h"

#include <glob.h>

#define GOLDEN "tests/golden/site"

static char *
file_text(const char *path)
{
	char *text = NULL;
	size_t size;
	FILE *f = fopen(path, "r"), *out;
	int c;

	if (f == NULL)
		return NULL;
	out = open_memstream(&text, &size);
	while ((c = getc(f)) != EOF)
		putc(c, out);
	fclose(f);
	fclose(out);
	return text;
}

static struct loaded
load_golden(const char *path)
{
	struct site_options o = {.site_file = path, .config_dir = "config", .boards_dir = "boards"};

	return load_with(&o);
}

static bool
is_in_line(const char *line, const char *end, const char *word)
{
	const char *found = strstr(line, word);

	return found != NULL && found < end;
}

/* A mistake (or a warning) is told together with what to do: the line behind those that show it. */
static void
assert_advice(const char *text)
{
	const char *said = NULL;

	for (const char *p = text, *end; *p != '\0'; p = end + 1) {
		end = strchr(p, '\n');
		if (p[strspn(p, " 0123456789")] == '|')
			continue;
		if (strncmp(p, "  ", 2) == 0) {
			said = NULL;
			continue;
		}
		if (said != NULL)
			break;
		if (is_in_line(p, end, ": error: ") || is_in_line(p, end, ": warning: "))
			said = p;
	}
	if (said != NULL)
		fail_msg("nothing says what to do: %.*s", (int)strcspn(said, "\n"), said);
}

static void
every_file_says_what_is_expected(void **state)
{
	bool update = getenv("GOLDEN_UPDATE") != NULL;
	glob_t g;

	(void)state;
	assert_int_equal(glob("*.yaml", 0, NULL, &g), 0);
	assert_true(g.gl_pathc > 10);
	for (size_t i = 0; i < g.gl_pathc; i++) {
		struct loaded l = load_golden(g.gl_pathv[i]);
		char path[256];
		char *expected;

		snprintf(path, sizeof(path), "%.*s.expected",
		    (int)(strlen(g.gl_pathv[i]) - strlen(".yaml")), g.gl_pathv[i]);
		if (update) {
			FILE *f = fopen(path, "w");

			assert_non_null(f);
			fputs(l.text, f);
			fclose(f);
		}
		expected = file_text(path);
		assert_non_null(expected);
		if (strcmp(expected, l.text) != 0)
			fail_msg("%s: expected:\n%s\ngot:\n%s", g.gl_pathv[i], expected, l.text);
		assert_advice(l.text);
		assert_null(l.site);
		assert_true(l.report.errors > 0);
		free(expected);
		loaded_free(&l);
	}
	globfree(&g);
}

/* The promise of the front page, spelled out: ten mistakes, ten messages, each at its place. */
static void
ten_mistakes_are_ten_messages(void **state)
{
	static const char *const places[] = {
	    "ten-mistakes.yaml:2:59: error: there is no board \"virtal\"",
	    "ten-mistakes.yaml:5:15: error: there is no zone \"rom\"",
	    "ten-mistakes.yaml:7:55: error: \"9500\" is not a value for \"baud\"",
	    "ten-mistakes.yaml:8:29: error: unknown key \"adress\"",
	    "ten-mistakes.yaml:8:70: error: \"baud\" belongs to a modbus-rtu link",
	    "ten-mistakes.yaml:10:20: error: there is no profile \"unit-b\"",
	    "ten-mistakes.yaml:11:47: error: \"300\" is not a value for \"unit\"",
	    "ten-mistakes.yaml:11:79: error: \"2\" has no unit",
	    "ten-mistakes.yaml:12:106: error: \"never\" is not a value for \"lost_after\"",
	    "ten-mistakes.yaml:13:3: error: \"crac3\" is here twice",
	};
	struct loaded l = load_golden("ten-mistakes.yaml");

	(void)state;
	for (size_t i = 0; i < COUNT(places); i++)
		assert_message(&l, places[i]);
	assert_int_equal(l.report.errors, 10);
	assert_int_equal(l.report.warnings, 0);
	loaded_free(&l);
}

/* An error in a file laid over another is reported in that file. */
static void
overlays_keep_their_own_places(void **state)
{
	static const char *const overlays[] = {"overlay/ports.yaml", "overlay/times.yaml"};
	struct site_options o = {.site_file = "overlay/base.yaml",
	    .overlays = overlays,
	    .overlay_count = 2,
	    .config_dir = "config",
	    .boards_dir = "boards"};
	struct loaded l = load_with(&o);

	(void)state;
	assert_message(&l, "overlay/base.yaml:7:75: error: \"10\" has no unit");
	assert_message(&l, "overlay/ports.yaml:3:35: error: \"99999\" is not a value for \"port\"");
	assert_message(&l, "overlay/times.yaml:2:17: error: unknown key \"titel\"");
	assert_int_equal(l.report.errors, 3);
	loaded_free(&l);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_file_says_what_is_expected),
	    cmocka_unit_test(ten_mistakes_are_ten_messages),
	    cmocka_unit_test(overlays_keep_their_own_places),
	};

	if (chdir(GOLDEN) != 0) {
		fprintf(stderr, "run it from the top of the tree: no " GOLDEN " here\n");
		return 1;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
