#include "site/doc_syntax.h"

#include "base/text.h"
#include "site/finding.h"

#include <string.h>

/* Where the forgotten bracket may be. */
enum blame {
	BLAME_PLACE, /* where the parser noticed */
	BLAME_OPEN,  /* the open bracket itself */
	BLAME_BOTH   /* here, or the open bracket is named in the hint */
};

static const struct {
	const char *theirs; /* begins so */
	const char *ours, *hint;
	enum blame blame;
} phrases[] = {
    {"plain scalar cannot start with", "a value must not begin with this sign",
	"put it in quotes: \"%RH\"", BLAME_PLACE},
    {"tab character may not be used as indentation", "a tab at the beginning of the line",
	"indent with spaces", BLAME_PLACE},
    {"invalid tab used as indentation", "a tab where a line is indented", "indent with spaces",
	BLAME_PLACE},
    {"could not find expected ':'", "this key has no colon and space behind it", "write KEY: VALUE",
	BLAME_PLACE},
    {"invalid nested block mapping on the same line", "a second \": \" in one line",
	"put a text that contains \": \" in quotes, or begin a new line", BLAME_PLACE},
    {"invalid indentation in mapping", "this line begins in another column than its neighbours",
	"keys of one map begin in the same column", BLAME_PLACE},
    {"invalid multiline plain key",
	"this line is indented deeper than the one it belongs to, or its key has no colon and "
	"space",
	"keys of one map begin in the same column; write KEY: VALUE", BLAME_PLACE},
    {"missing comma in flow", "a comma is missing before this", "write {A: 1, B: 2} or [1, 2]",
	BLAME_BOTH},
    {"flow sequence without a closing bracket", "a \"[\" is never closed", "add the missing \"]\"",
	BLAME_OPEN},
    {"flow mapping without a closing bracket", "a \"{\" is never closed", "add the missing \"}\"",
	BLAME_OPEN},
    {"wrongly indented double-quoted scalar", "a quote is never closed", "add the missing \"",
	BLAME_PLACE},
    {"wrongly indented single-quoted scalar", "a quote is never closed", "add the missing '",
	BLAME_PLACE},
    {"end of stream on double-quoted", "a quote is never closed", "add the missing \"",
	BLAME_PLACE},
    {"end of stream on single-quoted", "a quote is never closed", "add the missing '", BLAME_PLACE},
};

/* Byte offset of a place, for the caret. */
static size_t
offset_of(const struct source_file *file, int line, int column)
{
	size_t at = 0;

	while (line > 1 && at < file->size) {
		if (file->text[at++] == '\n')
			line--;
	}
	while (column > 1 && at < file->size && file->text[at] != '\n') {
		at++;
		while (at < file->size && ((unsigned char)file->text[at] & 0xC0) == 0x80)
			at++;
		column--;
	}
	return at;
}

void
syntax_report(struct findings *f, const struct source_file *file, const char *message, int line,
    int column, const struct node *open)
{
	struct node at = {.file = file, .line = line, .column = column, .length = 1};
	size_t i = 0, n = sizeof(phrases) / sizeof(phrases[0]);
	struct finding *x;

	while (i < n && strncmp(message, phrases[i].theirs, strlen(phrases[i].theirs)) != 0)
		i++;
	if (i < n && phrases[i].blame == BLAME_OPEN && open) {
		at.line = open->line;
		at.column = open->column;
	}
	if (file->text)
		at.offset = offset_of(file, at.line, at.column);
	if (i == n) {
		/* The parser's message quotes what it read, which may be a secret. */
		x = file->hush ? error_at(f, &at, "this is not valid YAML")
			       : error_at(f, &at, "this is not valid YAML: %s", message);
		finding_hint(f, x,
		    "look at this line and those above: blanks in front, colons, quotes, brackets");
		return;
	}
	x = error_at(f, &at, "%s", phrases[i].ours);
	finding_hint(f, x, "%s", phrases[i].hint);
	if (phrases[i].blame == BLAME_BOTH && open)
		finding_hint(f, x, "the bracket in line %d may never be closed", open->line);
}

bool
syntax_is_text(struct findings *f, const struct source_file *file, const char *text, size_t size)
{
	struct node at = {.file = file, .line = 1, .column = 1, .length = 1};

	while (at.offset < size) {
		const char *p = text + at.offset;
		size_t length = text_utf8(p, size - at.offset);

		if (*p == '\0') {
			finding_hint(f, error_at(f, &at, "a zero byte: no editor writes one"),
			    "the power may have failed while the file was saved; take a copy of "
			    "it");
			return false;
		}
		if (length == 0) {
			finding_hint(f, error_at(f, &at, "this is not UTF-8 text"),
			    "save the file with the encoding UTF-8");
			return false;
		}
		at.column++;
		if (*p == '\n') {
			at.line++;
			at.column = 1;
		}
		at.offset += length;
	}
	return true;
}
