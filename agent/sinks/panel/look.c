/* What the panel means: pure. */
#include "sinks/panel/panel.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* Half a period in milliseconds: 0.5 Hz for a warning, 4 Hz for "come now". */
static const struct {
	const char *word;
	int64_t half_ms; /* 0: does not blink */
	bool lit;        /* while it does not blink */
} blinks[] = {
    [BLINK_OFF] = {"off", 0, false},
    [BLINK_STEADY] = {"steady", 0, true},
    [BLINK_SLOW] = {"slow", 1000, false},
    [BLINK_FAST] = {"fast", 125, false},
};
_Static_assert(COUNT(blinks) == BLINK_COUNT, "a pattern without a row");

const char *
blink_word(enum blink b)
{
	return b < BLINK_COUNT ? blinks[b].word : "?";
}

bool
blink_lit(enum blink b, mono_t t)
{
	if (blinks[b].half_ms == 0)
		return blinks[b].lit;
	return t.us / 1000 / blinks[b].half_ms % 2 == 0;
}

mono_t
blink_next(enum blink b, mono_t t)
{
	int64_t half_us = blinks[b].half_ms * 1000;

	if (half_us == 0)
		return MONO_NEVER;
	return (mono_t){(t.us / half_us + 1) * half_us};
}

/*
 * The first row that holds is what the panel shows. A person who sees red knows that it cannot
 * wait; fast red, that nobody has taken it on yet.
 */
enum condition { GRAVE_UNACKNOWLEDGED, GRAVE, WARNING, WELL, CONDITION_COUNT };

static const struct panel_look looks[] = {
    [GRAVE_UNACKNOWLEDGED] = {{[OUTPUT_RED] = BLINK_FAST, [OUTPUT_BUZZER] = BLINK_STEADY}},
    [GRAVE] = {{[OUTPUT_RED] = BLINK_STEADY}},
    [WARNING] = {{[OUTPUT_AMBER] = BLINK_SLOW, [OUTPUT_RELAY] = BLINK_STEADY}},
    [WELL] = {{[OUTPUT_GREEN] = BLINK_STEADY, [OUTPUT_RELAY] = BLINK_STEADY}},
};
_Static_assert(COUNT(looks) == CONDITION_COUNT, "a condition without a look");

static bool
holds(enum condition c, const struct core_summary *s)
{
	switch (c) {
	case GRAVE_UNACKNOWLEDGED:
		return s->unacknowledged[PRIORITY_HIGH] + s->unacknowledged[PRIORITY_CRITICAL] > 0;
	case GRAVE:
		return s->alarms[PRIORITY_HIGH] + s->alarms[PRIORITY_CRITICAL] > 0;
	case WARNING:
		return s->alarms[PRIORITY_LOW] + s->alarms[PRIORITY_MEDIUM] + s->devices_lost +
			   s->devices_unknown >
		       0;
	case WELL:
	case CONDITION_COUNT:
		break;
	}
	return true;
}

struct panel_look
panel_look(const struct core_summary *s)
{
	struct panel_look look;
	int c = GRAVE_UNACKNOWLEDGED;

	while (!holds((enum condition)c, s))
		c++;
	look = looks[c];
	/* Red does not hide that something else wants a look as well. */
	if (c < WARNING && holds(WARNING, s))
		look.line[OUTPUT_AMBER] = BLINK_SLOW;
	return look;
}
