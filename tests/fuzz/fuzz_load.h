/* What the targets of site files, overlays and profiles share: loading one and looking at what is
 * said. */
#ifndef TESTS_FUZZ_FUZZ_LOAD_H
#define TESTS_FUZZ_FUZZ_LOAD_H

#include "fuzz.h"
#include "site/site_load.h"

/* Every mistake is told, with its place; what a file says never reaches a terminal as it is. */
static inline void
fuzz_check_report(const struct site_options *o, size_t errors, const char *text)
{
	bool placed = strstr(text, fuzz_dir()) != NULL || strstr(text, o->config_dir) != NULL;

	FUZZ_CHECK(errors == 0 || (placed && strstr(text, ": error: ") != NULL));
	for (const char *c = text; *c != '\0'; c++)
		FUZZ_CHECK((unsigned char)*c >= 0x20 || *c == '\n');
}

/* Loads a site: there is one, which can be shown, or its mistakes are told. */
static inline void
fuzz_load(const struct site_options *o)
{
	struct site_report report = {0};
	const struct site *s;
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	s = site_load(o, out, &report);
	fclose(out);
	FUZZ_CHECK((s == NULL) == (report.errors > 0));
	fuzz_check_report(o, report.errors, text);
	free(text);
	if (s == NULL)
		return;
	out = fopen("/dev/null", "w");
	site_print(s, out);
	site_print_budget(s, out, &report);
	fclose(out);
	site_free(s);
}

#endif
