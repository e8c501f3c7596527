/*
 * The life of one alarm (ISA-18.2, IEC 62682): a pure table of state x input, the condition of a
 * rule with its hysteresis, and the on- and off-delay. Which device and which event it belongs to
 * is not known here.
 */
#ifndef CORE_ALARM_H
#define CORE_ALARM_H

#include "core/core.h"

enum alarm_input {
	ALARM_IN_TRUE,        /* the condition has held for the on-delay */
	ALARM_IN_FALSE,       /* it has been gone for the off-delay */
	ALARM_IN_ACK,         /* a person has seen it */
	ALARM_IN_RESET,       /* a person frees a latched alarm */
	ALARM_IN_SUPPRESS,    /* its cause is alarmed already */
	ALARM_IN_RELEASE,     /* the cause is gone: stand on your own */
	ALARM_IN_SHELVE,      /* a person puts it aside for a time */
	ALARM_IN_UNSHELVE,    /* the time is over, or a person takes it back */
	ALARM_IN_SERVICE_OUT, /* its device goes into maintenance */
	ALARM_IN_SERVICE_IN,  /* the maintenance is over */
	ALARM_IN_COUNT
};

/*
 * The phase after this input; the same phase where the input means nothing there. latch: the rule
 * stays until reset. For a release (UNSHELVE and SERVICE_IN are releases too): condition, as it
 * stands after its delays (`held`), and `before`, the phase before it was put aside (never one that
 * is): where the condition is gone, what was owed then (to acknowledge, to reset) is owed still.
 */
enum alarm_phase alarm_step(enum alarm_phase from, enum alarm_input in, enum alarm_phase before,
    bool latch, bool condition);

/*
 * What an alarm that is put aside was before: NORMAL, or as if it had stood until now,
 * UNACKNOWLEDGED or ACKNOWLEDGED. Told by `raised` and `who`, which survive a restart.
 */
enum alarm_phase alarm_before(const struct alarm_state *a);

/* Suppressed, shelved, out of service: judged, but nobody is called. */
bool alarm_is_aside(enum alarm_phase p);

/* Does maintenance of its device put it aside? Where the rule does not say, all but critical ones:
 * what endangers people or the room is called out whoever works there. */
bool alarm_rule_yields(const struct alarm_rule *r);

/* The phases that say "the condition holds": unacknowledged, acknowledged. */
bool alarm_stands(enum alarm_phase p);

/*
 * Does the rule's condition hold for this good value? `standing`: the alarm is raised and its
 * condition held for the sample before. Only then the hysteresis applies: it keeps an alarm from
 * ending, but never helps one to begin. Not for RULE_MISSING, RULE_STUCK and RULE_DEVICE_LOST,
 * which have no value.
 */
bool alarm_condition(const struct alarm_rule *r, bool standing, double value);

/*
 * The condition was judged at `now`. Starts, keeps or stops the wait for the on- or off-delay, also
 * while the alarm is put aside. Time during which nothing could be judged does not count.
 */
void alarm_judge(struct alarm_state *a, bool condition, mono_t now);
/* Nothing can be judged from now on (no good value): the wait stands still. */
void alarm_freeze(struct alarm_state *a, mono_t now);
/* When the delay has passed; MONO_NEVER while nothing waits or it stands still. */
mono_t alarm_delay_end(const struct alarm_state *a, const struct alarm_rule *r);
/* The same, or when the shelf ends: the earlier one. */
mono_t alarm_deadline(const struct alarm_state *a, const struct alarm_rule *r);
/*
 * The condition has lasted for its delay, or the phase has changed: `held`, and what waits.
 *
 * An alarm that comes ALARM_CHATTER times within ALARM_CHATTER_MS chatters (a loose contact, a
 * value at its limit). It is not told each time then: it stands until its condition has been gone
 * for ALARM_QUIET_MS. So the first is told at once, the last when there is quiet, and `came`
 * counts.
 */
#define ALARM_CHATTER    10
#define ALARM_CHATTER_MS 60000
#define ALARM_QUIET_MS   60000
void alarm_hold(struct alarm_state *a, bool held, mono_t now);

#endif
