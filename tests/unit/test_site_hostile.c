/*
 * The loader on files that nobody would write: it must say something and never crash. Run with
 * the sanitizers it also never reads or leaks what it should not.
 */
#include "site_help.h"

#define ROUNDS 400

static struct loaded
load_text(const char *text, size_t size)
{
	struct site_options o = {
	    .config_dir = "firmware-config", .boards_dir = "boards", .secrets_may_wait = true};
	struct scratch scratch;
	struct loaded l;
	FILE *f;

	scratch_open(&scratch);
	o.site_file = scratch_write(&scratch, "site.yaml", "", 0644);
	f = fopen(o.site_file, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, size, f), size);
	fclose(f);
	l = load_with(&o);
	scratch_close(&scratch);
	if ((l.site == NULL) != (l.report.errors > 0))
		fail_msg(
		    "%u errors, but the site is %sthere", l.report.errors, l.site ? "" : "not ");
	if (l.report.errors > 0)
		assert_non_null(strstr(l.text, "error: "));
	return l;
}

static char *
demo_site(size_t *size)
{
	FILE *f = fopen("firmware-config/sites/annex-2f.yaml", "r");
	char *text = calloc(1, 65536);

	assert_non_null(f);
	*size = fread(text, 1, 65000, f);
	fclose(f);
	return text;
}

static uint32_t
next_random(uint32_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 17;
	*x ^= *x << 5;
	return *x;
}

/* One of the ways in which files go wrong. */
static size_t
damage(char *text, size_t size, uint32_t *seed)
{
	static const char signs[] = "{}[]:,#&*!|>'\"%@`-? \t\n\\0\xFF\x00";
	size_t at = next_random(seed) % size, n = next_random(seed) % 40 + 1;

	switch (next_random(seed) % 5) {
	case 0:
		text[at] = signs[next_random(seed) % (sizeof(signs) - 1)];
		return size;
	case 1: /* something is gone */
		n = n < size - at ? n : size - at;
		memmove(text + at, text + at + n, size - at - n);
		return size - n;
	case 2: /* something is there twice */
		n = n < size - at ? n : size - at;
		memmove(text + at + n, text + at, size - at);
		return size + n;
	case 3:
		text[at] = (char)next_random(seed);
		return size;
	default: /* cut */
		return at + 1;
	}
}

static void
damaged_files_are_survived(void **state)
{
	unsigned loaded = 0;

	(void)state;
	for (uint32_t round = 1; round <= ROUNDS; round++) {
		uint32_t seed = round * 2654435761u;
		size_t size;
		char *text = demo_site(&size);
		struct loaded l;

		for (uint32_t i = 0; i <= round % 4; i++)
			size = damage(text, size, &seed);
		l = load_text(text, size);
		loaded += l.site != NULL;
		loaded_free(&l);
		free(text);
	}
	print_message("%u of %d damaged files were still sites\n", loaded, ROUNDS);
	assert_true(loaded < ROUNDS);
}

static char *
repeat(const char *what, size_t n, size_t *size)
{
	size_t length = strlen(what);
	char *text = malloc(n * length + 1);

	for (size_t i = 0; i < n; i++)
		memcpy(text + i * length, what, length);
	*size = n * length;
	return text;
}

static void
huge_and_deep_files_are_refused(void **state)
{
	static const struct {
		const char *what;
		size_t times;
		const char *says;
	} cases[] = {
	    {"# five MiB of nothing\n", 240000, "is larger than 4 MiB"},
	    {"[", 100, "nested too deeply"},
	    {"{a: ", 100, "nested too deeply"},
	    {"- ", 100, "nested too deeply"},
	    {"- 1\n", 500000, "is too large"},
	    {"x", 100000, "is a map of keys and values"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		size_t size;
		char *text = repeat(cases[i].what, cases[i].times, &size);
		struct loaded l = load_text(text, size);

		assert_message(&l, cases[i].says);
		loaded_free(&l);
		free(text);
	}
}

/* A thousand mistakes are counted, and shown up to a number that somebody can read. */
static void
very_many_mistakes_are_cut_short(void **state)
{
	static char text[40000] = "site: {name: x}\nzones:\n";
	struct loaded l;

	(void)state;
	for (int i = 0; i < 1000; i++)
		snprintf(text + strlen(text), 32, "  z%d: {ni: z}\n", i);
	l = load_text(text, strlen(text));
	assert_true(l.report.errors >= 1000);
	assert_message(&l, "\n... and ");
	loaded_free(&l);
}

static void
what_is_no_file_is_said(void **state)
{
	static const char *const paths[] = {
	    "/", "/nowhere/site.yaml", "/dev/null", "firmware-config"};

	(void)state;
	for (size_t i = 0; i < COUNT(paths); i++) {
		struct site_options o = {
		    .site_file = paths[i], .config_dir = "/nowhere", .boards_dir = "/nowhere"};
		struct loaded l = load_with(&o);

		assert_null(l.site);
		assert_true(l.report.errors > 0);
		assert_message(&l, paths[i]);
		loaded_free(&l);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(damaged_files_are_survived),
	    cmocka_unit_test(huge_and_deep_files_are_refused),
	    cmocka_unit_test(very_many_mistakes_are_cut_short),
	    cmocka_unit_test(what_is_no_file_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
