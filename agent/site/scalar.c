#include "site/scalar.h"

#include "base/text.h"
#include "model/event.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool
whole_parse(const char *s, int64_t *out)
{
	const char *digits = *s == '-' ? s + 1 : s;
	bool hex = strncmp(s, "0x", 2) == 0;
	char *end;

	if (hex)
		digits = s + 2;
	else if (digits[0] == '0' && digits[1] != '\0')
		return false; /* 010: is that eight or ten? */
	if (!(hex ? isxdigit((unsigned char)*digits) : isdigit((unsigned char)*digits)))
		return false;
	errno = 0;
	*out = strtoll(hex ? digits : s, &end, hex ? 16 : 10);
	return *end == '\0' && errno == 0;
}

bool
factor_parse(const char *s, double *out)
{
	const char *slash = strchr(s, '/');
	char left[32];
	double above, below;
	int64_t power;

	if (strncmp(s, "2^", 2) == 0) {
		bool minus = s[2] == '-';

		if (!whole_parse(s + 2 + minus, &power) || power < 0 || power > 64)
			return false;
		*out = ldexp(1, minus ? -(int)power : (int)power);
		return true;
	}
	if (slash == NULL)
		return number_parse(s, out);
	if ((size_t)(slash - s) >= sizeof(left))
		return false;
	memcpy(left, s, (size_t)(slash - s));
	left[slash - s] = '\0';
	if (!number_parse(left, &above) || !number_parse(slash + 1, &below) || below == 0)
		return false;
	*out = above / below;
	return true;
}

size_t
oid_index_parse(const char *s, uint32_t sub[OID_SUB_MAX])
{
	size_t n = 0;

	for (;;) {
		uint64_t value = 0;
		size_t digits = strspn(s, "0123456789");

		if (digits == 0 || digits > 10 || n == OID_SUB_MAX)
			return 0;
		for (size_t i = 0; i < digits; i++)
			value = value * 10 + (uint64_t)(s[i] - '0');
		if (value > UINT32_MAX)
			return 0;
		sub[n++] = (uint32_t)value;
		s += digits;
		if (*s == '\0')
			return n;
		if (*s++ != '.')
			return 0;
	}
}

static const struct {
	const char *unit;
	int64_t bytes;
} sizes[] = {{"B", 1}, {"kB", 1000}, {"MB", 1000000}, {"GB", 1000000000}};
#define SIZE_COUNT (sizeof(sizes) / sizeof(sizes[0]))

bool
size_parse(const char *s, int64_t *bytes)
{
	size_t digits = strspn(s, "0123456789.");
	const char *unit = s + digits + strspn(s + digits, " ");
	char number[NUMBER_TEXT_MAX];
	double value;

	if (digits == 0 || digits >= sizeof(number))
		return false;
	memcpy(number, s, digits);
	number[digits] = '\0';
	if (!number_parse(number, &value))
		return false;
	for (size_t i = 0; i < SIZE_COUNT; i++) {
		double total = value * (double)sizes[i].bytes;

		if (strcmp(unit, sizes[i].unit) != 0)
			continue;
		*bytes = (int64_t)round(total);
		return total <= 1e12;
	}
	return false;
}

char *
size_text(int64_t bytes, char buf[SIZE_TEXT_MAX])
{
	size_t best = 0;

	for (size_t i = 1; i < SIZE_COUNT && bytes != 0; i++)
		if (bytes % sizes[i].bytes == 0)
			best = i;
	snprintf(buf, SIZE_TEXT_MAX, "%lld%s", (long long)(bytes / sizes[best].bytes),
	    bytes == 0 ? "MB" : sizes[best].unit);
	return buf;
}

size_t
oid_parse(const char *s, uint32_t sub[OID_SUB_MAX])
{
	size_t n = oid_index_parse(*s == '.' ? s + 1 : s, sub);

	/* X.660: the first arc is 0..2, below 0 and 1 the second is 0..39 */
	return n >= 2 && sub[0] <= 2 && (sub[0] == 2 || sub[1] < 40) ? n : 0;
}

bool
name_valid(const char *s, bool dash)
{
	size_t n = strlen(s);

	if (n == 0 || n >= EVENT_NAME_MAX || *s < 'a' || *s > 'z')
		return false;
	return s[strspn(s, dash ? "abcdefghijklmnopqrstuvwxyz0123456789_-"
				: "abcdefghijklmnopqrstuvwxyz0123456789_")] == '\0';
}

bool
address_numeric(const char *s)
{
	struct in6_addr any;

	return inet_pton(AF_INET, s, &any) == 1 || inet_pton(AF_INET6, s, &any) == 1;
}

bool
host_valid(const char *s)
{
	size_t label = 0, n = strlen(s);

	if (address_numeric(s))
		return true;
	if (n == 0 || n > 253 || s[strspn(s, "0123456789.")] == '\0')
		return false; /* digits and dots only: a mistyped address, not a name */
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)s[i];

		if (c == '.') {
			if (label == 0 || s[i - 1] == '-')
				return false;
			label = 0;
		} else if (isalnum(c) || c == '_' || (c == '-' && label > 0)) {
			label++;
		} else {
			return false;
		}
		if (label > 63)
			return false;
	}
	return label > 0 && s[n - 1] != '-';
}
