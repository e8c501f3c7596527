/* The machine of one alarm: its phases, its condition with hysteresis, its delays. */
#include "core/alarm.h"

/* ---- the table ------------------------------------------------------------------------------- */

struct step {
	enum { STEP_UNSAID, STEP_IGNORE, STEP_GO, STEP_BY_LATCH, STEP_RELEASE } kind;
	enum alarm_phase no, yes; /* GO: no; by latch: where it does not, where it does */
};

/* clang-format off */
#define IGNORE                {STEP_IGNORE, 0, 0}
#define GO(to)                {STEP_GO, to, to}
#define BY_LATCH(no, yes)     {STEP_BY_LATCH, no, yes}
#define RELEASE               {STEP_RELEASE, 0, 0}
/* clang-format on */

/* Every pair is written down; STEP_UNSAID would be a hole, and test_alarm.c looks for one. */
static const struct step table[ALARM_PHASE_COUNT][ALARM_IN_COUNT] =
    {
	[ALARM_NORMAL] =
	    {
		[ALARM_IN_TRUE] = GO(ALARM_UNACKNOWLEDGED),
		[ALARM_IN_FALSE] = IGNORE,
		[ALARM_IN_ACK] = IGNORE,
		[ALARM_IN_RESET] = IGNORE,
		[ALARM_IN_SUPPRESS] = GO(ALARM_SUPPRESSED),
		[ALARM_IN_RELEASE] = IGNORE,
		[ALARM_IN_SHELVE] = GO(ALARM_SHELVED),
		[ALARM_IN_UNSHELVE] = IGNORE,
		[ALARM_IN_SERVICE_OUT] = GO(ALARM_OUT_OF_SERVICE),
		[ALARM_IN_SERVICE_IN] = IGNORE,
	    },
	[ALARM_UNACKNOWLEDGED] =
	    {
		[ALARM_IN_TRUE] = IGNORE,
		[ALARM_IN_FALSE] = BY_LATCH(ALARM_RETURNED, ALARM_LATCHED_UNACKNOWLEDGED),
		[ALARM_IN_ACK] = GO(ALARM_ACKNOWLEDGED),
		[ALARM_IN_RESET] = IGNORE,
		[ALARM_IN_SUPPRESS] = GO(ALARM_SUPPRESSED),
		[ALARM_IN_RELEASE] = IGNORE,
		[ALARM_IN_SHELVE] = GO(ALARM_SHELVED),
		[ALARM_IN_UNSHELVE] = IGNORE,
		[ALARM_IN_SERVICE_OUT] = GO(ALARM_OUT_OF_SERVICE),
		[ALARM_IN_SERVICE_IN] = IGNORE,
	    },
	[ALARM_ACKNOWLEDGED] =
	    {
		[ALARM_IN_TRUE] = IGNORE,
		[ALARM_IN_FALSE] = BY_LATCH(ALARM_NORMAL, ALARM_LATCHED_ACKNOWLEDGED),
		[ALARM_IN_ACK] = IGNORE,
		[ALARM_IN_RESET] = IGNORE,
		[ALARM_IN_SUPPRESS] = GO(ALARM_SUPPRESSED),
		[ALARM_IN_RELEASE] = IGNORE,
		[ALARM_IN_SHELVE] = GO(ALARM_SHELVED),
		[ALARM_IN_UNSHELVE] = IGNORE,
		[ALARM_IN_SERVICE_OUT] = GO(ALARM_OUT_OF_SERVICE),
		[ALARM_IN_SERVICE_IN] = IGNORE,
	    },
	[ALARM_RETURNED] =
	    {
		[ALARM_IN_TRUE] = GO(ALARM_UNACKNOWLEDGED),
		[ALARM_IN_FALSE] = IGNORE,
		[ALARM_IN_ACK] = GO(ALARM_NORMAL),
		[ALARM_IN_RESET] = IGNORE,
		[ALARM_IN_SUPPRESS] = GO(ALARM_SUPPRESSED),
		[ALARM_IN_RELEASE] = IGNORE,
		[ALARM_IN_SHELVE] = GO(ALARM_SHELVED),
		[ALARM_IN_UNSHELVE] = IGNORE,
		[ALARM_IN_SERVICE_OUT] = GO(ALARM_OUT_OF_SERVICE),
		[ALARM_IN_SERVICE_IN] = IGNORE,
	    },
	[ALARM_LATCHED_UNACKNOWLEDGED] =
	    {
		[ALARM_IN_TRUE] = GO(ALARM_UNACKNOWLEDGED),
		[ALARM_IN_FALSE] = IGNORE,
		[ALARM_IN_ACK] = GO(ALARM_LATCHED_ACKNOWLEDGED),
		[ALARM_IN_RESET] = IGNORE, /* to be acknowledged first */
		[ALARM_IN_SUPPRESS] = GO(ALARM_SUPPRESSED),
		[ALARM_IN_RELEASE] = IGNORE,
		[ALARM_IN_SHELVE] = GO(ALARM_SHELVED),
		[ALARM_IN_UNSHELVE] = IGNORE,
		[ALARM_IN_SERVICE_OUT] = GO(ALARM_OUT_OF_SERVICE),
		[ALARM_IN_SERVICE_IN] = IGNORE,
	    },
	[ALARM_LATCHED_ACKNOWLEDGED] =
	    {
		[ALARM_IN_TRUE] = GO(ALARM_UNACKNOWLEDGED),
		[ALARM_IN_FALSE] = IGNORE,
		[ALARM_IN_ACK] = IGNORE,
		[ALARM_IN_RESET] = GO(ALARM_NORMAL),
		[ALARM_IN_SUPPRESS] = GO(ALARM_SUPPRESSED),
		[ALARM_IN_RELEASE] = IGNORE,
		[ALARM_IN_SHELVE] = GO(ALARM_SHELVED),
		[ALARM_IN_UNSHELVE] = IGNORE,
		[ALARM_IN_SERVICE_OUT] = GO(ALARM_OUT_OF_SERVICE),
		[ALARM_IN_SERVICE_IN] = IGNORE,
	    },
	[ALARM_SUPPRESSED] =
	    {
		[ALARM_IN_TRUE] = IGNORE, /* judged all the while, and heard at the release */
		[ALARM_IN_FALSE] = IGNORE,
		[ALARM_IN_ACK] = IGNORE,
		[ALARM_IN_RESET] = IGNORE,
		[ALARM_IN_SUPPRESS] = IGNORE,
		[ALARM_IN_RELEASE] = RELEASE,
		[ALARM_IN_SHELVE] = GO(ALARM_SHELVED),
		[ALARM_IN_UNSHELVE] = IGNORE,
		[ALARM_IN_SERVICE_OUT] = GO(ALARM_OUT_OF_SERVICE),
		[ALARM_IN_SERVICE_IN] = IGNORE,
	    },
	[ALARM_SHELVED] =
	    {
		[ALARM_IN_TRUE] = IGNORE, /* judged all the while, and heard at the end */
		[ALARM_IN_FALSE] = IGNORE,
		[ALARM_IN_ACK] = IGNORE,
		[ALARM_IN_RESET] = IGNORE,
		[ALARM_IN_SUPPRESS] = IGNORE,
		[ALARM_IN_RELEASE] = IGNORE,
		[ALARM_IN_SHELVE] = IGNORE,
		[ALARM_IN_UNSHELVE] = RELEASE,
		[ALARM_IN_SERVICE_OUT] = GO(ALARM_OUT_OF_SERVICE),
		[ALARM_IN_SERVICE_IN] = IGNORE,
	    },
	[ALARM_OUT_OF_SERVICE] =
	    {
		[ALARM_IN_TRUE] = IGNORE, /* judged all the while, and heard at the end */
		[ALARM_IN_FALSE] = IGNORE,
		[ALARM_IN_ACK] = IGNORE,
		[ALARM_IN_RESET] = IGNORE,
		[ALARM_IN_SUPPRESS] = IGNORE,
		[ALARM_IN_RELEASE] = IGNORE,
		[ALARM_IN_SHELVE] = IGNORE, /* put aside already */
		[ALARM_IN_UNSHELVE] = IGNORE,
		[ALARM_IN_SERVICE_OUT] = IGNORE,
		[ALARM_IN_SERVICE_IN] = RELEASE,
	    },
};
_Static_assert(ALARM_PHASE_COUNT == 9 && ALARM_IN_COUNT == 10, "every pair must be written down");

enum alarm_phase
alarm_step(
    enum alarm_phase from, enum alarm_input in, enum alarm_phase before, bool latch, bool condition)
{
	const struct step *s = &table[from][in];

	switch (s->kind) {
	case STEP_GO:
		return s->no;
	case STEP_BY_LATCH:
		return latch ? s->yes : s->no;
	case STEP_RELEASE:
		return condition ? ALARM_UNACKNOWLEDGED
				 : alarm_step(before, ALARM_IN_FALSE, before, latch, false);
	case STEP_IGNORE:
	case STEP_UNSAID:
		break;
	}
	return from;
}

enum alarm_phase
alarm_before(const struct alarm_state *a)
{
	if (a->raised.us == 0)
		return ALARM_NORMAL;
	return a->who[0] == '\0' ? ALARM_UNACKNOWLEDGED : ALARM_ACKNOWLEDGED;
}

bool
alarm_stands(enum alarm_phase p)
{
	return p == ALARM_UNACKNOWLEDGED || p == ALARM_ACKNOWLEDGED;
}

bool
alarm_is_aside(enum alarm_phase p)
{
	return p == ALARM_SUPPRESSED || p == ALARM_SHELVED || p == ALARM_OUT_OF_SERVICE;
}

bool
alarm_rule_yields(const struct alarm_rule *r)
{
	return r->in_maintenance == MAINTENANCE_BY_PRIORITY
		   ? r->priority != PRIORITY_CRITICAL
		   : r->in_maintenance == MAINTENANCE_SILENT;
}

/* ---- the condition --------------------------------------------------------------------------- */

bool
alarm_condition(const struct alarm_rule *r, bool standing, double value)
{
	double slack = standing ? r->hysteresis : 0;

	switch (r->kind) {
	case RULE_HIGH:
		return value > r->limit - slack;
	case RULE_LOW:
		return value < r->limit + slack;
	case RULE_EQUALS:
		return value == r->limit;
	case RULE_DIFFERS:
		return value != r->limit;
	case RULE_MISSING:
	case RULE_STUCK:
	case RULE_EXPR:
	case RULE_DEVICE_LOST:
	case RULE_KIND_COUNT:
		break;
	}
	return false;
}

/* ---- delays ---------------------------------------------------------------------------------- */

static bool
waits(const struct alarm_state *a)
{
	return a->pending_since.us != MONO_NEVER.us;
}

static void
rebase(struct alarm_state *a, mono_t now)
{
	if (a->condition == a->held)
		a->pending_since = MONO_NEVER;
	else if (!waits(a))
		a->pending_since = now;
}

/* It comes: too often? */
static void
count_raise(struct alarm_state *a, mono_t now)
{
	if (a->raises == 0 || mono_ms_between(now, a->raises_since) > ALARM_CHATTER_MS) {
		a->raises = 0;
		a->raises_since = now;
	}
	if (++a->raises >= ALARM_CHATTER)
		a->came = a->raises;
}

void
alarm_hold(struct alarm_state *a, bool held, mono_t now)
{
	if (held && !a->held)
		count_raise(a, now);
	else if (!held && a->came > 0)
		a->raises = 0;
	a->held = held;
	rebase(a, now);
}

void
alarm_judge(struct alarm_state *a, bool condition, mono_t now)
{
	if (a->frozen_since.us != MONO_NEVER.us) {
		if (waits(a))
			a->pending_since.us += now.us - a->frozen_since.us;
		a->frozen_since = MONO_NEVER;
	}
	if (condition && !a->condition && a->held && a->came > 0)
		a->came++;
	a->condition = condition;
	rebase(a, now);
}

void
alarm_freeze(struct alarm_state *a, mono_t now)
{
	if (a->frozen_since.us == MONO_NEVER.us)
		a->frozen_since = now;
}

mono_t
alarm_delay_end(const struct alarm_state *a, const struct alarm_rule *r)
{
	int64_t off_ms = r->off_delay_ms;

	if (!waits(a) || a->frozen_since.us != MONO_NEVER.us)
		return MONO_NEVER;
	if (a->came > 0 && off_ms < ALARM_QUIET_MS)
		off_ms = ALARM_QUIET_MS;
	return mono_add_ms(a->pending_since, a->condition ? r->on_delay_ms : off_ms);
}

mono_t
alarm_deadline(const struct alarm_state *a, const struct alarm_rule *r)
{
	mono_t end = alarm_delay_end(a, r);

	return a->phase == ALARM_SHELVED ? mono_min(end, a->shelf_end) : end;
}
