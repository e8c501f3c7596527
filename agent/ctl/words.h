/*
 * JSON values of the agent as words for people: cleaned, with units, in local time, and never a
 * bare number that must not be believed. Pure.
 */
#ifndef CTL_WORDS_H
#define CTL_WORDS_H

#include "base/clock.h"
#include "model/alarm.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <wchar.h>

/* Texts for a person are cut here; longer ones are defects of somebody else. */
#define WORDS_MAX 512

/* What stands where nothing is known. */
#define NOTHING "—"

/*
 * UTF-8 for width and output: the user's locale, or C.UTF-8 where that is none of UTF-8. Once, at
 * start. Returns whether the user's own locale is one of UTF-8.
 */
bool words_locale(void);

/*
 * s made fit for a terminal: control characters, invalid UTF-8 and characters that would turn the
 * direction of the line become '?'. Returns buf.
 */
char *words_clean(const char *s, char *buf, size_t size);

/*
 * The next character of s, which is not empty, and its length in bytes; an invalid byte counts as
 * one L'\0'.
 */
size_t words_next(const char *s, wchar_t *out);
/* Columns of a character: 0 for a mark, 1, or 2 for a kanji. */
int words_char_width(wchar_t c);
/* Columns that s takes on a terminal: 2 for a kanji. s is clean. */
size_t words_width(const char *s);
/* Bytes of s that fit into `columns`, never through a character. */
size_t words_fit(const char *s, size_t columns);

/* The text of a key, cleaned; "" where it is absent or no text. Returns buf. */
char *words_text(const json_t *object, const char *key, char *buf, size_t size);
/* The same for one of the agent's words ("online", "high"), in the language of the user. */
char *words_word(const json_t *object, const char *key, char *buf, size_t size);
/* s with blanks behind it, so that it takes `columns` of the screen. Returns buf. */
char *words_pad(const char *s, size_t columns, char *buf, size_t size);
/* The whole number of a key, or 0. */
long long words_count(const json_t *object, const char *key);
bool words_true(const json_t *object, const char *key);

/* What an event of type "gap" stands for. */
struct words_gap {
	long long first, last; /* seq */
	bool oldest;           /* all of them were confirmed: nothing older is held */
};
/* false: it is another kind of event. */
bool words_gap(const json_t *event, struct words_gap *out);
/* The number before which older events are to be looked for. */
long long words_event_first(const json_t *event);

/* "2026-11-21T09:00:01.250Z" to a time; {0} where it is none. */
wall_t words_time(const char *text);
/* The time of a key in the local zone: "2026-11-21 18:00:01", or NOTHING. Returns buf. */
char *words_local(const json_t *object, const char *key, char buf[WALL_TEXT_MAX]);
/* "45 s", "12 min", "3 h 12 min", "2 d 4 h". */
#define DURATION_MAX 32
char *words_duration(long long seconds, char buf[DURATION_MAX]);

/*
 * A point's value. good: "24.3 °C", "running". Stale or substituted: the value in brackets. Else
 * NOTHING. A state that nobody knows stays visible, in brackets as well.
 */
char *words_value(const json_t *point, char *buf, size_t size);
/* "" for good; else a phrase: "stale", "device lost", "bad: no sensor (...)". */
char *words_quality(const json_t *point, char *buf, size_t size);
/* Where an alarm stands among others. */
struct alarm_order {
	enum alarm_phase phase;
	enum priority priority;
	wall_t since;
};
/* A state or priority that is not known here counts as new and critical: rather too loud. */
struct alarm_order words_alarm_order(const json_t *alarm);
/* Does a person have to acknowledge it? */
bool words_alarm_waits(enum alarm_phase phase);
/* Waiting ones first, then the graver, then the newer; symptoms and normal ones last. */
int words_alarm_compare(const struct alarm_order *a, const struct alarm_order *b);

/* Is the value as good as it can be? */
bool words_good(const json_t *point);

#endif
