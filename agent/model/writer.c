/* JSON into a bounded buffer. */
#include "model/writer.h"

#include "base/text.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* Longest text that is cleaned: `explain` fills a screen or two. */
#define STRING_MAX 12288

void
writer_init(struct writer *w, char *buf, size_t size)
{
	*w = (struct writer){.buf = buf, .size = size};
	buf[0] = '\0';
}

size_t
writer_length(const struct writer *w)
{
	return w->failed ? 0 : w->at;
}

/* Where the next n bytes go, with a NUL behind them; NULL where they do not fit. */
static char *
room(struct writer *w, size_t n)
{
	char *at = w->buf + w->at;

	if (w->failed || n >= w->size - w->at) {
		w->failed = true;
		return NULL;
	}
	w->at += n;
	at[n] = '\0';
	return at;
}

static void
put(struct writer *w, const char *s, size_t n)
{
	char *at = room(w, n);

	if (at != NULL)
		memcpy(at, s, n);
}

/* How much of it can stand as it is. */
static size_t
plain_length(const char *s)
{
	size_t n = 0;

	while ((unsigned char)s[n] >= 0x20 && s[n] != '"' && s[n] != '\\' && s[n] != 0x7F)
		n++;
	return n;
}

__attribute__((noinline)) static void
put_special(struct writer *w, unsigned char c)
{
	char code[8];

	if (c == '"' || c == '\\')
		snprintf(code, sizeof(code), "\\%c", c);
	else
		snprintf(code, sizeof(code), "\\u%04x", c);
	put(w, code, strlen(code));
}

static void
put_escaped(struct writer *w, const char *s)
{
	put(w, "\"", 1);
	while (!w->failed) {
		size_t n = plain_length(s);

		put(w, s, n);
		if (s[n] == '\0')
			break;
		put_special(w, (unsigned char)s[n]);
		s += n + 1;
	}
	put(w, "\"", 1);
}

static void
begin(struct writer *w, const char *key)
{
	size_t length = key != NULL ? strlen(key) : 0;
	char *at = room(w, w->comma + (key != NULL ? length + 3 : 0));

	if (at != NULL && w->comma)
		*at++ = ',';
	w->comma = true;
	if (at == NULL || key == NULL)
		return;
	*at++ = '"';
	memcpy(at, key, length + 1);
	at[length] = '"';
	at[length + 1] = ':';
}

void
writer_open(struct writer *w, const char *key, char bracket)
{
	begin(w, key);
	put(w, &bracket, 1);
	w->comma = false;
}

void
writer_close(struct writer *w, char bracket)
{
	put(w, &bracket, 1);
	w->comma = true;
}

/* Apart, as its buffer would be paid for by each string that needs none. */
__attribute__((noinline)) static void
put_cleaned(struct writer *w, const char *s)
{
	char clean[STRING_MAX];

	text_clean(clean, sizeof(clean), s, strlen(s));
	put_escaped(w, clean);
}

void
writer_string(struct writer *w, const char *key, const char *s)
{
	if (s == NULL) {
		writer_null(w, key);
		return;
	}
	begin(w, key);
	if (w->clean)
		put_cleaned(w, s);
	else
		put_escaped(w, s);
}

void
writer_string_if(struct writer *w, const char *key, const char *s)
{
	if (s != NULL && s[0] != '\0')
		writer_string(w, key, s);
}

void
writer_double(struct writer *w, const char *key, double v)
{
	char text[NUMBER_TEXT_MAX];

	if (isnan(v) || isinf(v)) {
		writer_null(w, key);
		return;
	}
	begin(w, key);
	number_text(v, text);
	put(w, text, strlen(text));
}

void
writer_uint(struct writer *w, const char *key, uint64_t v)
{
	char digits[24];
	int n = snprintf(digits, sizeof(digits), "%" PRIu64, v);

	begin(w, key);
	put(w, digits, (size_t)n);
}

void
writer_bool(struct writer *w, const char *key, bool v)
{
	begin(w, key);
	put(w, v ? "true" : "false", v ? 4 : 5);
}

void
writer_null(struct writer *w, const char *key)
{
	begin(w, key);
	put(w, "null", 4);
}

void
writer_time(struct writer *w, const char *key, wall_t t)
{
	char text[WALL_TEXT_MAX];

	if (t.us != 0)
		writer_string(w, key, wall_text(t, text));
}

void
writer_raw(struct writer *w, const char *key, const char *json, size_t n)
{
	begin(w, key);
	put(w, json, n);
}

char *
writer_member(struct writer *w, size_t most)
{
	if (w->failed || most + 1 >= w->size - w->at)
		return NULL;
	w->buf[w->at] = ',';
	return w->buf + w->at + w->comma;
}

void
writer_wrote(struct writer *w, size_t n)
{
	w->at += w->comma + n;
	w->buf[w->at] = '\0';
	w->comma = true;
}

void
writer_text(struct writer *w, const char *s)
{
	put(w, s, strlen(s));
	w->comma = false;
}
