/* A number written as text by a device ("24.3 degC"), read strictly. */
#include "core/decode.h"

#include <ctype.h>
#include <math.h>
#include <string.h>
#include <strings.h>

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/*
 * What may stand behind a number: nothing, or a unit ("%RH", "degree C", "PERCENT"). A digit in it
 * would make it something else: "0x1F", "12E3", "1 day 3 h".
 */
static bool
is_unit(const char *s, const char *end)
{
	if (s < end && *s != ' ' && *s != '%' && *s != '\0' && !isalpha((unsigned char)*s) &&
	    (unsigned char)*s < 0x80)
		return false;
	for (; s < end; s++)
		if (is_digit(*s))
			return false;
	return true;
}

bool
decode_number_text(const char *text, size_t length, double *out)
{
	const char *s = text, *end = text + length;
	uint64_t mantissa = 0;
	int digits = 0, after_point = 0;
	bool negative, point = false;

	while (s < end && (*s == ' ' || *s == '\t'))
		s++;
	negative = s < end && *s == '-';
	if (s < end && (*s == '-' || *s == '+'))
		s++;
	/* 18 digits fit; no measurement has more, and a longer one is not understood. */
	for (; s < end && digits <= 18; s++) {
		if (is_digit(*s)) {
			mantissa = mantissa * 10 + (uint64_t)(*s - '0');
			digits++;
			after_point += point;
		} else if ((*s == '.' || *s == ',') && !point && digits > 0)
			point = true;
		else
			break;
	}
	if (digits == 0 || digits > 18 || !is_unit(s, end))
		return false;
	/* "1,234" is a thousand to one maker and 1.2 to another: not to be guessed. */
	if (point && after_point == 3 && memchr(text, ',', length) != NULL)
		return false;
	*out = (double)mantissa / pow(10, after_point);
	if (negative)
		*out = -*out;
	return true;
}

/* Leaves out `word` at the beginning, however it is written. */
static const char *
behind(const char *s, const char *end, const char *word)
{
	size_t n = strlen(word);

	return (size_t)(end - s) >= n && strncasecmp(s, word, n) == 0 ? s + n : s;
}

void
decode_unit_text(const char *text, size_t length, char *buf, size_t size)
{
	/* The sign in UTF-8 or Latin-1, or the ordinal sign that looks like it. */
	static const char *const degrees[] = {
	    " ", "\xC2\xB0", "\xC2\xBA", "\xB0", "\xBA", "degrees", "degree", "deg", ".", " "};
	const char *s = text + length, *end = s;

	while (s > text && !is_digit(s[-1]))
		s--;
	if (s < end && (*s == '.' || *s == ','))
		s++;
	while (end > s && (end[-1] == ' ' || end[-1] == '\0'))
		end--;
	for (size_t i = 0; i < sizeof(degrees) / sizeof(degrees[0]); i++)
		s = behind(s, end, degrees[i]);
	if ((size_t)(end - s) >= size)
		end = s; /* no unit is as long */
	memcpy(buf, s, (size_t)(end - s));
	buf[end - s] = '\0';
}

static int
hex_digit(char c)
{
	if (is_digit(c))
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool
decode_hex_text(const char *text, size_t length, uint64_t *out)
{
	const char *s = text, *end = text + length;
	int digits = 0;

	while (s < end && *s == ' ')
		s++;
	while (end > s && (end[-1] == ' ' || end[-1] == '\0'))
		end--;
	if (end - s > 2 && s[0] == '0' && (s[1] == 'x' || s[1] == 'X'))
		s += 2;
	*out = 0;
	for (; s < end; s++, digits++) {
		int digit = hex_digit(*s);

		if (digit < 0)
			return false;
		*out = *out << 4 | (uint64_t)digit;
	}
	return digits > 0 && digits <= 16;
}
