#include "site/finding.h"

#include "base/text.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define MESSAGE_MAX 1024

enum severity { SEVERITY_ERROR, SEVERITY_WARNING, SEVERITY_NOTE };

struct finding {
	enum severity severity;
	const struct source_file *file; /* NULL: only a path */
	const char *path;
	int line, column;
	size_t offset, length; /* of the token; length 0: no source line */
	size_t order;
	const char *message;
	char *hint; /* or NULL */
};

struct findings {
	struct arena *arena;
	struct finding **list;
	size_t count, room;
	unsigned errors, warnings;
	int files;
};

struct findings *
findings_new(struct arena *a)
{
	struct findings *f = arena_alloc(a, sizeof(*f));

	f->arena = a;
	return f;
}

int
findings_rank(struct findings *f)
{
	return f->files++;
}

static struct finding *add(struct findings *f, enum severity severity, const char *fmt, va_list ap)
    __attribute__((format(printf, 3, 0)));

static struct finding *
add(struct findings *f, enum severity severity, const char *fmt, va_list ap)
{
	struct finding *x = arena_alloc(f->arena, sizeof(*x));
	char raw[MESSAGE_MAX], text[MESSAGE_MAX];

	if (f->count == f->room) {
		struct finding **old = f->list;

		f->room = f->room ? 2 * f->room : 16;
		f->list = arena_array(f->arena, f->room, sizeof(struct finding *));
		if (f->count)
			memcpy(f->list, old, f->count * sizeof(struct finding *));
	}
	vsnprintf(raw, sizeof(raw), fmt, ap);
	text_clean(text, sizeof(text), raw, strlen(raw)); /* words of the file are in it */
	x->message = arena_strdup(f->arena, text);
	x->severity = severity;
	x->order = f->count;
	f->list[f->count++] = x;
	if (severity == SEVERITY_ERROR)
		f->errors++;
	else if (severity == SEVERITY_WARNING)
		f->warnings++;
	return x;
}

static void
put_at(struct finding *x, const struct node *at)
{
	x->file = at->file;
	x->path = at->file->path;
	x->line = at->line;
	x->column = at->column;
	x->offset = at->offset;
	x->length = at->length;
}

struct finding *
error_at(struct findings *f, const struct node *at, const char *fmt, ...)
{
	struct finding *x;
	va_list ap;

	va_start(ap, fmt);
	x = add(f, SEVERITY_ERROR, fmt, ap);
	va_end(ap);
	put_at(x, at);
	return x;
}

struct finding *
warning_at(struct findings *f, const struct node *at, const char *fmt, ...)
{
	struct finding *x;
	va_list ap;

	va_start(ap, fmt);
	x = add(f, SEVERITY_WARNING, fmt, ap);
	va_end(ap);
	put_at(x, at);
	return x;
}

struct finding *
note_at(struct findings *f, const struct node *at, const char *fmt, ...)
{
	struct finding *x;
	va_list ap;

	va_start(ap, fmt);
	x = add(f, SEVERITY_NOTE, fmt, ap);
	va_end(ap);
	put_at(x, at);
	return x;
}

/* Characters in the first n bytes of s. */
static int
characters(const char *s, size_t n)
{
	int count = 0;

	for (size_t i = 0; i < n; i++)
		count += ((unsigned char)s[i] & 0xC0) != 0x80;
	return count;
}

struct finding *
error_in(
    struct findings *f, const struct node *at, size_t from, size_t length, const char *fmt, ...)
{
	struct finding *x;
	va_list ap;

	va_start(ap, fmt);
	x = add(f, SEVERITY_ERROR, fmt, ap);
	va_end(ap);
	put_at(x, at);
	if (at->plain && at->file->text && from + length <= at->length) {
		x->column += characters(at->file->text + at->offset, from);
		x->offset += from;
		x->length = length ? length : 1;
	}
	return x;
}

struct finding *
error_file(struct findings *f, const char *path, const char *fmt, ...)
{
	struct finding *x;
	va_list ap;

	va_start(ap, fmt);
	x = add(f, SEVERITY_ERROR, fmt, ap);
	va_end(ap);
	x->path = arena_strdup(f->arena, path);
	return x;
}

void
finding_hint(struct findings *f, struct finding *x, const char *fmt, ...)
{
	char raw[MESSAGE_MAX], text[MESSAGE_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(raw, sizeof(raw), fmt, ap);
	va_end(ap);
	text_clean(text, sizeof(text), raw, strlen(raw));
	x->hint = x->hint ? arena_printf(f->arena, "%s; %s", x->hint, text)
			  : arena_strdup(f->arena, text);
}

void
finding_choices(
    struct findings *f, struct finding *x, const char *word, const char *const *names, size_t n)
{
	const char *near = text_nearest(word, names, n);
	char list[MESSAGE_MAX / 2];
	size_t used = 0;

	list[0] = '\0';
	for (size_t i = 0; i < n; i++) {
		if (used + strlen(names[i]) + 16 > sizeof(list)) {
			text_append(list, sizeof(list), ", ...");
			break;
		}
		used = text_append(list, sizeof(list), "%s%s", i ? ", " : "", names[i]);
	}
	if (n == 1)
		finding_hint(f, x, "expected %s", list);
	else if (n > 1)
		finding_hint(f, x, "expected one of %s", list);
	if (near && n > 1 && word[0] && word[1]) /* a single letter is near to everything */
		finding_hint(f, x, "did you mean \"%s\"?", near);
}

unsigned
findings_errors(const struct findings *f)
{
	return f->errors;
}

unsigned
findings_warnings(const struct findings *f)
{
	return f->warnings;
}

/* By file, then by place; what has no place in a file comes last, in the order of finding. */
static int
by_place(const void *va, const void *vb)
{
	const struct finding *a = *(const struct finding *const *)va;
	const struct finding *b = *(const struct finding *const *)vb;
	int rank_a = a->file ? a->file->rank : INT32_MAX;
	int rank_b = b->file ? b->file->rank : INT32_MAX;

	if (rank_a != rank_b)
		return rank_a < rank_b ? -1 : 1;
	if (a->line != b->line)
		return a->line < b->line ? -1 : 1;
	if (a->column != b->column)
		return a->column < b->column ? -1 : 1;
	return a->order < b->order ? -1 : 1;
}

/* Columns that a terminal gives the character at s: two for the wide ones of East Asia. */
static int
columns_of(const char *s, size_t bytes)
{
	static const struct {
		uint32_t from, to;
	} wide[] = {{0x1100, 0x115F}, {0x2E80, 0xA4CF}, {0xAC00, 0xD7A3}, {0xF900, 0xFAFF},
	    {0xFE30, 0xFE6F}, {0xFF00, 0xFF60}, {0xFFE0, 0xFFE6}, {0x1F300, 0x1FAFF},
	    {0x20000, 0x3FFFD}};
	const unsigned char *p = (const unsigned char *)s;
	uint32_t c = bytes == 4   ? p[0] & 0x07u
		     : bytes == 3 ? p[0] & 0x0Fu
		     : bytes == 2 ? p[0] & 0x1Fu
				  : p[0];

	for (size_t i = 1; i < bytes; i++)
		c = c << 6 | (p[i] & 0x3Fu);
	for (size_t i = 0; i < sizeof(wide) / sizeof(wide[0]); i++) {
		if (c >= wide[i].from && c <= wide[i].to)
			return 2;
	}
	return 1;
}

static int
width_of(const char *s, size_t n)
{
	int width = 0;

	for (size_t i = 0; i < n;) {
		size_t bytes = 1;

		while (i + bytes < n && ((unsigned char)s[i + bytes] & 0xC0) == 0x80)
			bytes++;
		width += columns_of(s + i, bytes <= 4 ? bytes : 1);
		i += bytes;
	}
	return width;
}

/* A line longer than this is shown as a window around the token. */
#define LINE_SHOWN  160
#define LINE_BEFORE 60

static size_t
utf8_start(const char *text, size_t at, size_t least)
{
	while (at > least && ((unsigned char)text[at] & 0xC0) == 0x80)
		at--;
	return at;
}

static void
print_source(const struct finding *x, FILE *out)
{
	const char *text = x->file->text;
	size_t start = x->offset, end = start, stop = start + x->length;
	char line[2 * LINE_SHOWN + 8], number[16];
	bool cut = false;
	int pad, mark;

	while (start > 0 && text[start - 1] != '\n')
		start--;
	while (end < x->file->size && text[end] != '\n' && text[end] != '\r')
		end++;
	if (stop > end)
		stop = end;
	if (x->offset - start > LINE_SHOWN - LINE_BEFORE) {
		start = utf8_start(text, x->offset - LINE_BEFORE, start);
		cut = true;
	}
	if (end - start > LINE_SHOWN)
		end = utf8_start(text, start + LINE_SHOWN, start);
	if (stop > end)
		stop = end;
	text_clean(line, sizeof(line), text + start, end - start);
	for (char *p = line; *p; p++) { /* a tab was cleaned to '?' */
		if (*p == '?' && text[start + (size_t)(p - line)] == '\t')
			*p = ' ';
	}
	snprintf(number, sizeof(number), "%d", x->line);
	pad = width_of(text + start, x->offset - start) + (cut ? 3 : 0);
	mark = stop > x->offset ? width_of(text + x->offset, stop - x->offset) : 1;
	fprintf(out, "  %s | %s%s\n", number, cut ? "..." : "", line);
	fprintf(out, "  %*s | %*s^", (int)strlen(number), "", pad, "");
	for (int i = 1; i < mark; i++)
		fputc('~', out);
	fputc('\n', out);
}

static void
print_one(const struct finding *x, FILE *out)
{
	static const char *const words[] = {"error", "warning", "note"};
	char path[512];

	text_clean(path, sizeof(path), x->path, strlen(x->path));
	if (x->line > 0)
		fprintf(out, "%s:%d:%d: %s: %s\n", path, x->line, x->column, words[x->severity],
		    x->message);
	else
		fprintf(out, "%s: %s: %s\n", path, words[x->severity], x->message);
	if (x->file && x->file->text && x->length > 0 && x->offset < x->file->size)
		print_source(x, out);
	if (x->hint)
		fprintf(out, "  %s\n", x->hint);
}

void
findings_print(const struct findings *f, FILE *out)
{
	if (f->count == 0)
		return;
	qsort(f->list, f->count, sizeof(struct finding *), by_place);
	for (size_t i = 0; i < f->count && i < FINDINGS_SHOWN_MAX; i++)
		print_one(f->list[i], out);
	if (f->count > FINDINGS_SHOWN_MAX)
		fprintf(out, "... and %zu more\n", f->count - FINDINGS_SHOWN_MAX);
}
