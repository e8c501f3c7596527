/* Bounded, cleaned, valid UTF-8; numbers as people write them; edit distance. */
#include "base/text.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The largest n' <= n at which s can be cut without splitting a UTF-8 sequence. */
static size_t
utf8_floor(const char *s, size_t n)
{
	size_t i = n;

	while (i > 0 && ((unsigned char)s[i] & 0xC0) == 0x80)
		i--;
	return i;
}

bool
text_copy(char *dst, size_t size, const char *src)
{
	size_t n = strlen(src);
	bool fits = n < size;

	if (size == 0)
		return false;
	if (!fits)
		n = utf8_floor(src, size - 1);
	memmove(dst, src, n);
	dst[n] = '\0';
	return fits;
}

void
text_shorten(char *dst, size_t size, const char *src)
{
	static const char cut[] = "...";

	if (text_copy(dst, size, src))
		return;
	text_copy(dst, size - strlen(cut), src);
	text_append(dst, size, "%s", cut);
}

__attribute__((format(printf, 4, 0))) static size_t
append_v(char *dst, size_t size, size_t at, const char *fmt, va_list ap)
{
	int n = vsnprintf(dst + at, size - at, fmt, ap);

	if (n < 0) {
		dst[at] = '\0';
		return at;
	}
	if ((size_t)n < size - at)
		return at + (size_t)n;
	/*
	 * It was cut: look whether the cut went through a sequence. vsnprintf left size-1 bytes;
	 * an unfinished sequence at the end is dropped.
	 */
	size_t end = size - 1, lead = end;
	while (lead > 0 && ((unsigned char)dst[lead - 1] & 0xC0) == 0x80)
		lead--;
	if (lead > 0) {
		unsigned char c = (unsigned char)dst[lead - 1];
		size_t want = c >= 0xF0 ? 4 : c >= 0xE0 ? 3 : c >= 0xC0 ? 2 : 1;

		if (want > 1 && end - (lead - 1) < want)
			end = lead - 1;
	}
	dst[end] = '\0';
	return end;
}

size_t
text_printf(char *dst, size_t size, const char *fmt, ...)
{
	va_list ap;
	size_t n;

	if (size == 0)
		return 0;
	va_start(ap, fmt);
	n = append_v(dst, size, 0, fmt, ap);
	va_end(ap);
	return n;
}

size_t
text_append(char *dst, size_t size, const char *fmt, ...)
{
	va_list ap;
	size_t n;

	if (size == 0)
		return 0;
	va_start(ap, fmt);
	n = append_v(dst, size, strnlen(dst, size - 1), fmt, ap);
	va_end(ap);
	return n;
}

size_t
text_utf8(const void *bytes, size_t n)
{
	const unsigned char *p = bytes;
	static const struct {
		unsigned char mask, lead;
		size_t length;
		uint32_t least;
	} forms[] = {
	    {0x80, 0x00, 1, 0},
	    {0xE0, 0xC0, 2, 0x80},
	    {0xF0, 0xE0, 3, 0x800},
	    {0xF8, 0xF0, 4, 0x10000},
	};
	for (size_t f = 0; f < sizeof(forms) / sizeof(forms[0]); f++) {
		uint32_t c;

		if ((p[0] & forms[f].mask) != forms[f].lead)
			continue;
		if (n < forms[f].length)
			return 0;
		c = p[0] & (unsigned char)~forms[f].mask;
		for (size_t i = 1; i < forms[f].length; i++) {
			if ((p[i] & 0xC0) != 0x80)
				return 0;
			c = c << 6 | (p[i] & 0x3Fu);
		}
		if (c < forms[f].least || c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF))
			return 0;
		return forms[f].length;
	}
	return 0;
}

/* C0, DEL, and C1 (U+0080..U+009F, which some terminals obey). */
static bool
is_control(const unsigned char *p, size_t length)
{
	return (length == 1 && (p[0] < 0x20 || p[0] == 0x7F)) ||
	       (length == 2 && p[0] == 0xC2 && p[1] < 0xA0);
}

void
text_clean(char *dst, size_t size, const void *src, size_t n)
{
	const unsigned char *p = src;
	size_t out = 0;

	if (size == 0)
		return;
	while (n > 0 && (p[n - 1] == '\0' || p[n - 1] == ' '))
		n--;
	while (n > 0) {
		size_t length = text_utf8(p, n);
		size_t took = length ? length : 1;

		if (out + took >= size)
			break;
		if (length == 0 || is_control(p, length))
			dst[out++] = '?';
		else {
			memcpy(dst + out, p, length);
			out += length;
		}
		p += took;
		n -= took;
	}
	dst[out] = '\0';
}

/* Values are written by the thousand, so without printf() where it is easy. Gives the end. */
static char *
put_whole(char *at, int64_t n)
{
	uint64_t left = n < 0 ? 0 - (uint64_t)n : (uint64_t)n, above = 10;
	char *end;

	if (n < 0)
		*at++ = '-';
	for (end = at + 1; left >= above && end < at + 19; above *= 10)
		end++;
	*end = '\0';
	for (char *digit = end; digit > at; left /= 10)
		*--digit = (char)('0' + left % 10);
	return end;
}

/* A number of one to four decimals, to nine digits; false: it is another one. */
static bool
put_decimals(double value, char *buf)
{
	int64_t power = 1;

	if (fabs(value) >= 99999)
		return false;
	for (int places = 1; places <= 4; places++) {
		int64_t n;
		char *at;

		power *= 10;
		n = (int64_t)llround(value * (double)power);
		if (n % 10 == 0 || fabs((double)n / (double)power - value) > fabs(value) * 1e-9)
			continue;
		at = buf;
		if (n < 0)
			*at++ = '-';
		n = n < 0 ? -n : n;
		at = put_whole(at, n / power);
		/* The places behind the point with a 1 before them, so that none is left out. */
		put_whole(at, n % power + power);
		*at = '.';
		return true;
	}
	return false;
}

char *
number_text(double value, char buf[NUMBER_TEXT_MAX])
{
	int digits;

	if (isnan(value) || isinf(value)) {
		snprintf(buf, NUMBER_TEXT_MAX, "%s",
		    isnan(value) ? "nan"
		    : value > 0  ? "inf"
				 : "-inf");
		return buf;
	}
	/* Not floor(): a call, where most numbers are whole. Also -0 is 0. */
	if (fabs(value) < 1e15 && value == (double)(int64_t)value) {
		put_whole(buf, (int64_t)value);
		return buf;
	}
	if (put_decimals(value, buf))
		return buf;
	/* The shortest form that is the same number to nine digits: scale factors leave dust. */
	for (digits = 1; digits < 9; digits++) {
		snprintf(buf, NUMBER_TEXT_MAX, "%.*g", digits, value);
		if (fabs(strtod(buf, NULL) - value) <= fabs(value) * 1e-9)
			break;
	}
	if (digits == 9)
		snprintf(buf, NUMBER_TEXT_MAX, "%.9g", value);
	if (strchr(buf, 'e') != NULL && fabs(value) < 1e15 && fabs(value) >= 1e-6) {
		snprintf(buf, NUMBER_TEXT_MAX, "%.9f", value);
		char *end = buf + strlen(buf);
		while (end[-1] == '0')
			*--end = '\0';
		if (end[-1] == '.')
			*--end = '\0';
	}
	return buf;
}

#define NEAR_MAX 48

/* Levenshtein distance of words up to NEAR_MAX characters; longer ones are "far". */
static size_t
edit_distance(const char *a, const char *b)
{
	size_t n = strlen(a), m = strlen(b), row[NEAR_MAX + 1];

	if (n > NEAR_MAX || m > NEAR_MAX)
		return SIZE_MAX;
	for (size_t j = 0; j <= m; j++)
		row[j] = j;
	for (size_t i = 1; i <= n; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= m; j++) {
			size_t best = diagonal + (a[i - 1] != b[j - 1]);

			diagonal = row[j];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[m];
}

const char *
text_nearest(const char *word, const char *const *names, size_t n)
{
	const char *best = NULL;
	size_t best_distance = strlen(word) / 3 + 2; /* a third of the letters may be wrong */

	for (size_t i = 0; i < n; i++) {
		size_t d = edit_distance(word, names[i]);

		if (d < best_distance) {
			best_distance = d;
			best = names[i];
		}
	}
	return best;
}
