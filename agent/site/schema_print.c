/* --schema: the key tables as text, the same rows that files are checked with. */
#include "site/keys.h"
#include "site/site_load.h"

#include <string.h>

#define SECTIONS_MAX 64

/* Sections named by the keys of those printed already; each is printed once. */
struct schema_printer {
	FILE *out;
	const struct section *done[SECTIONS_MAX];
	size_t count;
};

static bool
is_done(struct schema_printer *p, const struct section *s)
{
	for (size_t i = 0; i < p->count; i++) {
		if (p->done[i] == s)
			return true;
	}
	if (p->count < SECTIONS_MAX)
		p->done[p->count++] = s;
	return false;
}

static void
print_key(FILE *out, const struct key *k)
{
	char expected[EXPECTED_MAX];

	fprintf(out, "  %-17s %s\n", k->name, k->says);
	if (k->type == KEY_LATER) {
		fprintf(out, "  %-17s known, but not built yet\n", "");
		return;
	}
	fprintf(out, "  %-17s %s", "", key_expected(k, expected));
	if (k->required)
		fputs("; must be there", out);
	else if (k->fallback || k->implied)
		fprintf(out, "; when left out: %s", k->implied ? k->implied : k->fallback);
	fputc('\n', out);
}

static void print_section(struct schema_printer *p, const char *title, const struct section *s);

/* The sections that its keys name, below it. */
static void
print_inner(struct schema_printer *p, const struct section *s)
{
	for (size_t i = 0; i < s->count; i++) {
		const struct key *k = &s->keys[i];
		char title[96];

		if (k->section == NULL || is_done(p, k->section))
			continue;
		snprintf(title, sizeof(title), "%s: %s, %s", k->name,
		    k->type == KEY_EACH   ? "{NAME: {...}}"
		    : k->type == KEY_LIST ? "[{...}]"
					  : "{...}",
		    k->section->what);
		print_section(p, title, k->section);
	}
}

static void
print_section(struct schema_printer *p, const char *title, const struct section *s)
{
	fprintf(p->out, "\n%s\n", title);
	for (size_t i = 0; i < s->count; i++)
		print_key(p->out, &s->keys[i]);
	print_inner(p, s);
}

void
site_print_schema(FILE *out)
{
	struct schema_printer p = {.out = out};
	char title[160];

	fputs("Files are YAML. Times are written with their unit (800ms, 30s, 5min). Texts for "
	      "people are a text in\nEnglish or {en: ..., ja: ...}. Anchors and aliases are not "
	      "supported.\n",
	    out);
	for (size_t i = 0; i < file_kind_count; i++) {
		const struct file_kind *f = &file_kinds[i];

		if (is_done(&p, f->section))
			continue;
		if (f->where)
			snprintf(title, sizeof(title), "==== %s: %s", f->title, f->where);
		else
			snprintf(title, sizeof(title), "%s", f->title);
		print_section(&p, title, f->section);
	}
}
