/*
 * The key tables as text for --schema and as the reference part of the manual pages: the same rows
 * that files are checked with, so that none of them can differ from the program.
 */
#include "site/keys.h"
#include "site/site_load.h"

#include <string.h>

#define SECTIONS_MAX 96

/* How it looks. Each writes one piece. */
struct look {
	/* where: the file, or NULL for a part of it. */
	void (*begin)(FILE *out, const char *title, const char *where);
	void (*key)(FILE *out, const struct key *k, const char *expected);
	void (*end)(FILE *out);
};

/* Sections named by the keys of those printed already; each is printed once. */
struct schema_printer {
	FILE *out;
	const struct look *look;
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

static void print_section(
    struct schema_printer *p, const char *title, const char *where, const struct section *s);

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
		print_section(p, title, NULL, k->section);
	}
}

static void
print_section(
    struct schema_printer *p, const char *title, const char *where, const struct section *s)
{
	p->look->begin(p->out, title, where);
	for (size_t i = 0; i < s->count; i++) {
		char expected[EXPECTED_MAX];

		p->look->key(p->out, &s->keys[i], key_expected(&s->keys[i], expected));
	}
	p->look->end(p->out);
	print_inner(p, s);
}

static void
print_file(struct schema_printer *p, const struct file_kind *f)
{
	if (!is_done(p, f->section))
		print_section(p, f->title, f->where, f->section);
}

static const char *
default_of(const struct key *k)
{
	return k->implied != NULL ? k->implied : k->fallback;
}

/* ---- as text ----------------------------------------------------------------------------------
 */

static void
text_begin(FILE *out, const char *title, const char *where)
{
	if (where != NULL)
		fprintf(out, "\n==== %s: %s\n", title, where);
	else
		fprintf(out, "\n%s\n", title);
}

static void
text_key(FILE *out, const struct key *k, const char *expected)
{
	fprintf(out, "  %-17s %s\n", k->name, k->says);
	if (k->type == KEY_LATER) {
		fprintf(out, "  %-17s known, but not built yet\n", "");
		return;
	}
	fprintf(out, "  %-17s %s", "", expected);
	if (k->required)
		fputs("; must be there", out);
	else if (default_of(k) != NULL)
		fprintf(out, "; when left out: %s", default_of(k));
	fputc('\n', out);
}

static void
text_end(FILE *out)
{
	(void)out;
}

static const struct look text_look = {text_begin, text_key, text_end};

void
site_print_schema(FILE *out)
{
	struct schema_printer p = {.out = out, .look = &text_look};

	fputs("Files are YAML. Times are written with their unit (800ms, 30s, 5min). Texts for "
	      "people are a text in\nEnglish or {en: ..., ja: ...}. Anchors and aliases are not "
	      "supported.\n",
	    out);
	for (size_t i = 0; i < file_kind_count; i++)
		print_file(&p, &file_kinds[i]);
}

/* ---- as mdoc(7) -------------------------------------------------------------------------------
 */

/* A text as what troff shows as it is; `first` is true at the begin of a line. */
static void
mdoc_text(FILE *out, const char *text, bool first)
{
	if (first && (*text == '.' || *text == '\''))
		fputs("\\&", out);
	for (; *text != '\0'; text++) {
		if (*text == '\\')
			fputs("\\e", out);
		else if (*text == '\n')
			fputc(' ', out);
		else
			fputc(*text, out);
	}
}

/* As an argument of a macro: one word, whatever is in it. */
static void
mdoc_word(FILE *out, const char *text)
{
	fputc('"', out);
	for (; *text != '\0'; text++) {
		if (*text == '\\')
			fputs("\\e", out);
		else if (*text == '"')
			fputs("\"\"", out);
		else
			fputc(*text, out);
	}
	fputc('"', out);
}

static void
mdoc_begin(FILE *out, const char *title, const char *where)
{
	fputs(".Ss ", out);
	mdoc_word(out, title);
	fputc('\n', out);
	if (where != NULL) {
		fputs("File:\n.Pa ", out);
		mdoc_word(out, where);
		fputc('\n', out);
	}
	fputs(".Bl -tag -width stop_bitsXX\n", out);
}

static void
mdoc_key(FILE *out, const struct key *k, const char *expected)
{
	fprintf(out, ".It Cm %s\n", k->name);
	mdoc_text(out, k->says, true);
	fputs(".\n.br\n", out);
	if (k->type == KEY_LATER) {
		fputs("Known, but not built yet.\n", out);
		return;
	}
	fputs("Takes ", out);
	mdoc_text(out, expected, false);
	fputs(k->required ? ".\nMust be there.\n" : ".\n", out);
	if (!k->required && default_of(k) != NULL) {
		fputs("When left out: ", out);
		mdoc_text(out, default_of(k), false);
		fputs(".\n", out);
	}
}

static void
mdoc_end(FILE *out)
{
	fputs(".El\n", out);
}

static const struct look mdoc_look = {mdoc_begin, mdoc_key, mdoc_end};

/* On which page the files stand. What is only a part of a file stands with the one before it. */
static const struct {
	const char *title, *page;
} pages[] = {
    {"Site", "facility-site"},
    {"Board", "facility-site"},
    {"SNMP secrets", "facility-site"},
    {"MQTT secrets", "facility-site"},
    {"Device type", "facility-profile"},
    {"Names", "facility-profile"},
};

static const char *
page_of(const char *title)
{
	for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
		if (strcmp(pages[i].title, title) == 0)
			return pages[i].page;
	}
	return "";
}

bool
site_print_manual(FILE *out, const char *page)
{
	struct schema_printer p = {.out = out, .look = &mdoc_look};
	bool any = false, here = false;

	for (size_t i = 0; i < file_kind_count; i++) {
		if (file_kinds[i].where != NULL)
			here = strcmp(page_of(file_kinds[i].title), page) == 0;
		if (!here)
			continue;
		print_file(&p, &file_kinds[i]);
		any = true;
	}
	return any;
}
