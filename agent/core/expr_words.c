/* The text of an expression piece by piece, and the first mistake in it as a sentence. */
#include "core/expr_i.h"

#include "base/text.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* The first mistake is the one that is told. */
void
expr_fail(struct compiler *c, struct token t, const char *fmt, ...)
{
	va_list args;

	if (c->failed)
		return;
	c->failed = true;
	memset(c->error, 0, sizeof(*c->error));
	c->error->from = t.from;
	c->error->length = t.length;
	va_start(args, fmt);
	vsnprintf(c->error->what, sizeof(c->error->what), fmt, args);
	va_end(args);
}

void
expr_hint(struct compiler *c, const char *text)
{
	if (c->error->hint[0] == '\0')
		text_copy(c->error->hint, sizeof(c->error->hint), text);
}

/* Begins the sentence with what was written: fit to be shown. */
const char *
expr_shown(const struct compiler *c, struct token t, char buf[80])
{
	text_clean(buf, 80, c->text + t.from, t.length < 60 ? t.length : 60);
	return buf;
}

void
expr_fail_choices(
    struct compiler *c, struct token t, const char *what, const char *const *names, size_t count)
{
	char buf[80];

	if (c->failed)
		return;
	expr_fail(c, t, "\"%s\" %s", expr_shown(c, t, buf), what);
	c->error->word = arena_strndup(c->arena, c->text + t.from, t.length);
	c->error->names = names;
	c->error->name_count = count;
}

void
expr_skip(struct compiler *c)
{
	c->at += strspn(c->text + c->at, " ");
}

/* Takes `word` (a sign, or a whole name) if it stands here. */
bool
expr_take(struct compiler *c, const char *word)
{
	size_t n = strlen(word);

	expr_skip(c);
	if (strncmp(c->text + c->at, word, n) != 0)
		return false;
	if (isalpha((unsigned char)word[0]) && c->text[c->at + n] != '\0' &&
	    strchr(EXPR_NAME_CHARS, c->text[c->at + n]) != NULL)
		return false;
	c->at += n;
	return true;
}

/* What stands here, for a message: a name, or one character. */
struct token
expr_here(struct compiler *c)
{
	struct token t;

	expr_skip(c);
	t.from = c->at;
	t.length = strspn(c->text + c->at, EXPR_NAME_CHARS);
	if (t.length == 0)
		t.length = text_utf8(c->text + c->at, strlen(c->text + c->at) + 1);
	if (c->text[c->at] == '\0')
		t.length = 0;
	return t;
}

struct token
expr_take_name(struct compiler *c)
{
	struct token t;

	expr_skip(c);
	t.from = c->at;
	t.length = strspn(c->text + c->at, EXPR_NAME_CHARS);
	c->at += t.length;
	return t;
}

bool
expr_expect(struct compiler *c, const char *sign, const char *why)
{
	char buf[80];
	struct token t;

	if (c->failed || expr_take(c, sign))
		return !c->failed;
	t = expr_here(c);
	if (t.length == 0)
		expr_fail(c, t, "the expression ends where \"%s\" is expected", sign);
	else
		expr_fail(
		    c, t, "\"%s\" stands where \"%s\" is expected", expr_shown(c, t, buf), sign);
	expr_hint(c, why);
	return false;
}

char *
expr_name_of(struct compiler *c, struct token t)
{
	return arena_strndup(c->arena, c->text + t.from, t.length);
}
