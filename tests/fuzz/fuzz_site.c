/* A site file with anything in it: it loads, or every mistake is told with its place. */
#include "fuzz.h"
#include "site/site_load.h"

static void
check_report(const struct site *s, const struct site_report *r, const char *text, const char *path)
{
	FUZZ_CHECK((s == NULL) == (r->errors > 0));
	if (r->errors > 0) {
		FUZZ_CHECK(strstr(text, ": error: ") != NULL);
		FUZZ_CHECK(strstr(text, path) != NULL || strstr(text, "config/") != NULL);
	}
	/* What a file says never reaches a terminal as it is. */
	for (const char *c = text; *c != '\0'; c++)
		FUZZ_CHECK((unsigned char)*c >= 0x20 || *c == '\n');
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct site_report report = {0};
	const struct site *s;
	char path[128], *text = NULL;
	size_t length;
	FILE *out;

	snprintf(path, sizeof(path), "%s/site.yaml", fuzz_dir());
	fuzz_write(path, data, size);
	out = open_memstream(&text, &length);
	s = site_load(&(struct site_options){.site_file = path,
			  .config_dir = "tests/golden/site/config",
			  .boards_dir = "tests/golden/site/boards",
			  .secrets_may_wait = true},
	    out, &report);
	fclose(out);
	check_report(s, &report, text, path);
	if (s != NULL) {
		FILE *null = fopen("/dev/null", "w");

		site_print(s, null);
		site_print_budget(s, null, &report);
		fclose(null);
		site_free(s);
	}
	free(text);
	return 0;
}
