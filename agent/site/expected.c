/* What a key expects, in words: for messages and for --schema. */
#include "base/text.h"
#include "site/scalar.h"
#include "site/value.h"

static void
numbers_expected(const struct key *k, const char *what, char *buf)
{
	char min[NUMBER_TEXT_MAX], max[NUMBER_TEXT_MAX];

	if (k->min == 0 && k->max == 0)
		text_printf(buf, EXPECTED_MAX, "%s", what);
	else
		text_printf(buf, EXPECTED_MAX, "%s from %s to %s", what, number_text(k->min, min),
		    number_text(k->max, max));
}

static void
duration_expected(const struct key *k, char *buf)
{
	char min[DURATION_TEXT_MAX], max[DURATION_TEXT_MAX];

	if (k->min == 0 && k->max == 0)
		text_printf(buf, EXPECTED_MAX, "a time with its unit, such as 800ms, 30s or 5min");
	else
		text_printf(buf, EXPECTED_MAX,
		    "a time with its unit (ms, s, min, h, d) from %s to %s",
		    duration_text((int64_t)k->min, min), duration_text((int64_t)k->max, max));
}

static void
size_expected(const struct key *k, char *buf)
{
	char min[SIZE_TEXT_MAX], max[SIZE_TEXT_MAX];

	text_printf(buf, EXPECTED_MAX, "a size with its unit (kB, MB, GB) from %s to %s",
	    size_text((int64_t)k->min, min), size_text((int64_t)k->max, max));
}

static void
choices_expected(const struct key *k, char *buf)
{
	const char *words[48];
	size_t n = choice_words(k->choices, words, 48);

	text_printf(buf, EXPECTED_MAX, "one of ");
	for (size_t i = 0; i < n; i++)
		text_append(buf, EXPECTED_MAX, "%s%s", i ? ", " : "", words[i]);
}

const char *
key_expected(const struct key *k, char buf[EXPECTED_MAX])
{
	static const char *const words[KEY_TYPE_COUNT] = {
	    [KEY_NAME] = "a name",
	    [KEY_SLUG] = "a name",
	    [KEY_TEXT] = "a text",
	    [KEY_LABEL] = "a text, or {en: TEXT, ja: TEXT}",
	    [KEY_FACTOR] = "a number, such as 0.1, 2^-9 or 5/9",
	    [KEY_BOOL] = "true or false",
	    [KEY_ADDRESS] = "a numeric address, such as 192.0.2.10",
	    [KEY_HOST] = "an address or a host name",
	    [KEY_PATH] = "a path; a relative one starts at the file it is written in",
	    [KEY_DEVICE] = "the path of a device, such as /dev/ttyUSB0",
	    [KEY_UNIT] = "a unit code, such as Cel or \"%RH\"",
	    [KEY_OID] = "an OID in numbers, such as 1.3.6.1.2.1.1.1.0",
	    [KEY_ROW_OID] = ("an OID with * where the row's index goes, such as "
			     "1.3.6.1.2.1.2.2.1.8.*"),
	    [KEY_NUMBERS] = "a list of numbers, such as [0, 100]",
	    [KEY_NAMES] = "a list of names, such as [historian]",
	    [KEY_SECTION] = "a map of keys and values",
	    [KEY_EACH] = "a map of NAME: {KEY: VALUE, ...}",
	    [KEY_LIST] = "a list of maps, such as [{KEY: VALUE, ...}]",
	    [KEY_LATER] = "nothing yet",
	};

	if (k->expects)
		text_printf(buf, EXPECTED_MAX, "%s", k->expects);
	else if (k->type == KEY_WHOLE)
		numbers_expected(k, "a whole number", buf);
	else if (k->type == KEY_NUMBER)
		numbers_expected(k, "a number", buf);
	else if (k->type == KEY_DURATION)
		duration_expected(k, buf);
	else if (k->type == KEY_SIZE)
		size_expected(k, buf);
	else if (k->type == KEY_CHOICE)
		choices_expected(k, buf);
	else
		text_printf(buf, EXPECTED_MAX, "%s", words[k->type] ? words[k->type] : "a value");
	return buf;
}
