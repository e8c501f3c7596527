#include "ctl/words.h"
#include "base/lang.h"

#include "base/text.h"
#include "model/quality.h"
#include "model/unit.h"

#include <langinfo.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <wchar.h>

/* Does the environment speak of UTF-8, whether that locale is installed here or not? */
static bool
environment_is_utf8(void)
{
	static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *value = getenv(names[i]);

		if (value != NULL && value[0] != '\0')
			return strcasestr(value, "UTF-8") != NULL ||
			       strcasestr(value, "utf8") != NULL;
	}
	return false;
}

bool
words_locale(void)
{
	bool installed = setlocale(LC_CTYPE, "") != NULL;
	bool is_utf8 =
	    installed ? strcmp(nl_langinfo(CODESET), "UTF-8") == 0 : environment_is_utf8();

	if (!installed || !is_utf8)
		setlocale(LC_CTYPE, "C.UTF-8");
	return is_utf8;
}

/* Marks that are invisible and turn or join what stands beside them. */
static bool
is_invisible(wchar_t c)
{
	return (c >= 0x200B && c <= 0x200F) || (c >= 0x2028 && c <= 0x202E) ||
	       (c >= 0x2060 && c <= 0x206F) || c == 0x061C || c == 0xFEFF ||
	       (c >= 0xFFF9 && c <= 0xFFFB);
}

size_t
words_next(const char *s, wchar_t *out)
{
	mbstate_t state = {0};
	size_t n = mbrtowc(out, s, strlen(s), &state);

	if (n == (size_t)-1 || n == (size_t)-2 || n == 0) {
		*out = L'\0';
		return 1;
	}
	return n;
}

char *
words_clean(const char *s, char *buf, size_t size)
{
	size_t out = 0;
	wchar_t wc;

	for (size_t n; *s != '\0'; s += n) {
		n = words_next(s, &wc);
		bool bad = wc == L'\0' || wcwidth(wc) < 0 || is_invisible(wc);
		size_t take = bad ? 1 : n;

		if (out + take >= size)
			break;
		memcpy(buf + out, bad ? "?" : s, take);
		out += take;
	}
	buf[out] = '\0';
	return buf;
}

int
words_char_width(wchar_t c)
{
	int width = c == L'\0' ? 1 : wcwidth(c);

	return width > 0 ? width : 0;
}

size_t
words_fit(const char *s, size_t columns)
{
	const char *p = s;
	wchar_t wc;

	for (size_t n, used = 0; *p != '\0'; p += n) {
		n = words_next(p, &wc);
		used += (size_t)words_char_width(wc);
		if (used > columns)
			break;
	}
	return (size_t)(p - s);
}

size_t
words_width(const char *s)
{
	size_t used = 0;
	wchar_t wc;

	for (size_t n; *s != '\0'; s += n) {
		n = words_next(s, &wc);
		used += (size_t)words_char_width(wc);
	}
	return used;
}

char *
words_text(const json_t *object, const char *key, char *buf, size_t size)
{
	const char *s = json_string_value(json_object_get(object, key));

	return words_clean(s != NULL ? s : "", buf, size);
}

char *
words_word(const json_t *object, const char *key, char *buf, size_t size)
{
	char word[WORDS_MAX];

	text_copy(buf, size, _(words_text(object, key, word, sizeof(word))));
	return buf;
}

char *
words_pad(const char *s, size_t columns, char *buf, size_t size)
{
	size_t used = words_width(s);

	text_printf(buf, size, "%s%*s", s, (int)(used < columns ? columns - used : 0), "");
	return buf;
}

long long
words_count(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

bool
words_true(const json_t *object, const char *key)
{
	return json_is_true(json_object_get(object, key));
}

static long long
number_of(const json_t *object, const char *key, long long otherwise)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text != NULL ? strtoll(text, NULL, 10) : otherwise;
}

bool
words_gap(const json_t *event, struct words_gap *out)
{
	const char *type = json_string_value(json_object_get(event, "type"));
	const char *priority = json_string_value(json_object_get(event, "priority"));
	long long seq = words_count(event, "seq");

	if (type == NULL || strcmp(type, "gap") != 0)
		return false;
	out->first = number_of(event, "from", seq);
	out->last = number_of(event, "to", seq);
	out->oldest = priority != NULL && strcmp(priority, priority_word(PRIORITY_LOW)) == 0;
	return true;
}

long long
words_event_first(const json_t *event)
{
	long long seq = words_count(event, "seq");
	struct words_gap gap;

	return words_gap(event, &gap) && gap.first < seq ? gap.first : seq;
}

wall_t
words_time(const char *text)
{
	struct tm tm = {0};
	const char *rest = text != NULL ? strptime(text, "%Y-%m-%dT%H:%M:%S", &tm) : NULL;
	double fraction;

	if (rest == NULL)
		return (wall_t){0};
	fraction = *rest == '.' ? strtod(rest, NULL) : 0;
	return (wall_t){(int64_t)timegm(&tm) * 1000000 + (int64_t)lround(fraction * 1e6)};
}

char *
words_local(const json_t *object, const char *key, char buf[WALL_TEXT_MAX])
{
	wall_t t = words_time(json_string_value(json_object_get(object, key)));

	if (t.us != 0)
		return wall_local(t, buf);
	text_copy(buf, WALL_TEXT_MAX, NOTHING);
	return buf;
}

char *
words_duration(long long s, char buf[DURATION_MAX])
{
	if (s < 0)
		s = 0;
	if (s < 60)
		text_printf(buf, DURATION_MAX, _("%lld s"), s);
	else if (s < 3600)
		text_printf(buf, DURATION_MAX, _("%lld min"), s / 60);
	else if (s < 86400)
		text_printf(buf, DURATION_MAX, _("%lld h %lld min"), s / 3600, s / 60 % 60);
	else
		text_printf(buf, DURATION_MAX, _("%lld d %lld h"), s / 86400, s / 3600 % 24);
	return buf;
}

static enum quality
quality_of(const json_t *point)
{
	const char *word = json_string_value(json_object_get(point, "quality"));

	for (int q = 0; word != NULL && q < QUALITY_COUNT; q++)
		if (strcmp(word, quality_word((enum quality)q)) == 0)
			return (enum quality)q;
	return QUALITY_BAD; /* a word of a later agent: not to be believed here */
}

bool
words_good(const json_t *point)
{
	return quality_of(point) == QUALITY_GOOD;
}

/*
 * What is measured has five digits at most; the others of a value that was worked out say nothing.
 * Whole numbers are counts and keep all of theirs.
 */
static double
for_people(double value)
{
	char text[NUMBER_TEXT_MAX];

	if (value >= 1e5 || value <= -1e5 || value - trunc(value) == 0)
		return value;
	text_printf(text, sizeof(text), "%.5g", value);
	return strtod(text, NULL);
}

/* "24.3 °C", or the word of a state; "" where there is neither. */
static void
bare_value(const json_t *point, char *buf, size_t size)
{
	const json_t *value = json_object_get(point, "value");
	const char *code = json_string_value(json_object_get(point, "unit"));
	const struct unit *unit = code != NULL ? unit_find(code) : NULL;
	char number[NUMBER_TEXT_MAX], label[32];

	words_text(point, "label", buf, size);
	if (buf[0] == '\0')
		words_text(point, "text", buf, size);
	if (buf[0] != '\0' || !json_is_number(value))
		return;
	words_clean(unit != NULL ? unit->label : code != NULL ? code : "", label, sizeof(label));
	text_printf(buf, size, "%s%s%s", number_text(for_people(json_number_value(value)), number),
	    label[0] != '\0' ? " " : "", label);
}

char *
words_value(const json_t *point, char *buf, size_t size)
{
	char bare[WORDS_MAX];

	bare_value(point, bare, sizeof(bare));
	if (bare[0] == '\0')
		text_copy(buf, size, NOTHING);
	else if (quality_of(point) == QUALITY_GOOD)
		text_copy(buf, size, bare);
	else
		text_printf(buf, size, "[%s]", bare);
	return buf;
}

/* Beside the value; the reason of a bad one follows. */
static const char *const quality_phrases[QUALITY_COUNT] = {
    [QUALITY_NEVER] = N_("never read"),
    [QUALITY_GOOD] = "",
    [QUALITY_STALE] = N_("stale: not heard of in time"),
    [QUALITY_BAD] = N_("bad"),
    [QUALITY_COMM_LOST] = N_("device does not answer"),
    [QUALITY_SUBSTITUTED] = N_("put in by a person"),
};

char *
words_quality(const json_t *point, char *buf, size_t size)
{
	const char *reason = json_string_value(json_object_get(point, "reason"));
	enum quality q = quality_of(point);

	text_copy(buf, size, _(quality_phrases[q]));
	for (int d = 1; q == QUALITY_BAD && reason != NULL && d < DEFECT_COUNT; d++)
		if (strcmp(reason, defect_word((enum defect)d)) == 0)
			text_append(buf, size, ": %s", defect_phrase((enum defect)d));
	if (words_true(point, "maintenance"))
		text_append(buf, size, "%s%s", buf[0] != '\0' ? "; " : "", _("in maintenance"));
	return buf;
}

struct alarm_order
words_alarm_order(const json_t *alarm)
{
	const char *state = json_string_value(json_object_get(alarm, "state"));
	const char *word = json_string_value(json_object_get(alarm, "priority"));
	struct alarm_order o = {
	    .phase = alarm_phase_find(state != NULL ? state : ""),
	    .priority = PRIORITY_CRITICAL,
	    .since = words_time(json_string_value(json_object_get(alarm, "since"))),
	};

	if (o.phase == ALARM_PHASE_COUNT)
		o.phase = ALARM_UNACKNOWLEDGED;
	for (int p = 0; word != NULL && p < PRIORITY_COUNT; p++)
		if (strcmp(word, priority_word((enum priority)p)) == 0)
			o.priority = (enum priority)p;
	return o;
}

bool
words_alarm_waits(enum alarm_phase phase)
{
	return phase == ALARM_UNACKNOWLEDGED || phase == ALARM_RETURNED ||
	       phase == ALARM_LATCHED_UNACKNOWLEDGED;
}

/* 0: waits for a person, 1: seen, 2: symptom, 3: normal. */
static int
group_of(enum alarm_phase phase)
{
	if (phase == ALARM_NORMAL)
		return 3;
	if (phase == ALARM_SUPPRESSED || phase == ALARM_SHELVED || phase == ALARM_OUT_OF_SERVICE)
		return 2;
	return words_alarm_waits(phase) ? 0 : 1;
}

int
words_alarm_compare(const struct alarm_order *a, const struct alarm_order *b)
{
	int x = group_of(a->phase), y = group_of(b->phase);

	if (x != y)
		return x - y;
	if (a->priority != b->priority)
		return (int)b->priority - (int)a->priority;
	return a->since.us == b->since.us ? 0 : a->since.us > b->since.us ? -1 : 1;
}
