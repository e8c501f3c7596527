/* Inside of the core: what core.c, alarms.c, cause.c, cause_wire.c, answers.c and explain.c share.
 */
#ifndef CORE_CORE_PRIVATE_H
#define CORE_CORE_PRIVATE_H

#include "core/alarm.h"
#include "core/core.h"
#include "core/derive.h"
#include "core/needs.h"
#include "core/poller.h"
#include "core/records.h"
#include "core/rows.h"
#include "core/sentence.h"
#include "core/state.h"
#include "core/timers.h"

/* What is kept of a point's last answer, to explain it. */
struct kept_answer {
	enum { KEPT_NOTHING, KEPT_WORDS, KEPT_SNMP, KEPT_REFUSED } kind : 8;
	enum snmp_type type : 8;
	uint8_t length; /* of bytes; 0: of BYTES and NAME the text is kept */
	uint8_t code;   /* KEPT_REFUSED */
	uint32_t text;  /* the point's place among core.texts, from 1; 0: it has none yet */
	union {
		uint16_t words[4]; /* no number has more */
		int64_t i;
		uint64_t u;
		double f;
		uint8_t bytes[8]; /* of a BYTES no longer than this */
	} number;
};

/* An answer that was a text, or the beginning of it. */
#define KEPT_TEXT_MAX 48

/* A device among its family: whose symptom its silence may be. */
struct kin {
	bool waiting;                /* lost; its alarm waits for the parent's answer */
	mono_t wait_since;           /* an answer of the parent after this clears it */
	mono_t parent_end, wire_end; /* the longest wait for the parent, and for its wire */
	unsigned children;           /* how many children are waiting for this device */
	int trial_ends; /* somebody on its wire, or its parent, is back: what its silence is now is
			   asked when it has failed so often; 0: not so */
	bool is_wire;   /* its alarm stands for the whole wire, on which nobody answers */
	bool of_wire;   /* its silence is a symptom of that */
};

/*
 * Of the devices on one wire. Asked at each answer: while a wire is dead, those on others must not
 * pay for it.
 */
struct wire_count {
	unsigned waiting;  /* for another's word */
	unsigned speakers; /* for the wire */
};

/* The quality under which a rule was judged last: what is told of its alarm names it. */
struct judged {
	bool ever;
	enum quality quality;
	enum defect defect;
	bool sampled; /* RULE_STUCK: the good sample before */
	double sample;
};

/* Which timer is whose: for each device one of each group, then one for each alarm. */
enum timer_group {
	TIMER_POLL,
	TIMER_KEEP, /* values that go stale or have been silent */
	TIMER_WAIT, /* the longest wait for a parent */
	TIMER_MAINTENANCE,
	TIMER_ALARM
};

struct core {
	struct arena *arena;
	const struct site *site;
	struct core_out out;
	uint64_t next_seq;
	bool started;
	bool synced; /* as of the last now */

	struct state state;
	struct kept_answer *kept; /* by point */
	/* Of the points whose answers were texts, in the order of their first one; there is room
	 * for all that may, and what is not used is not touched. */
	char (*texts)[KEPT_TEXT_MAX];
	uint32_t text_count;
	struct device_state *devices;
	struct kin *kin;          /* by device */
	struct wire_count *wires; /* by link */
	struct poller poller;
	struct ring_reader *rings; /* by device */
	struct timers timers;

	struct alarm_state *alarms;
	const struct alarm_rule **rules; /* by alarm */
	uint32_t *alarm_device;          /* by alarm */
	struct judged *judged;           /* by alarm */
	uint32_t *watchers;              /* alarms, sorted by the point that they watch */
	uint32_t *first_watcher;         /* by point; one more at the end */

	struct derive derive;
	struct trap_book *traps;      /* NULL: the site hears none */
	struct rows **rows;           /* by device: NULL where none are asked of it */
	enum row_change *row_changes; /* room for the most slots of a device */
	struct need_state needs;

	struct changes changed_devices, changed_alarms;
};

static inline size_t
core_timer(const struct core *c, enum timer_group group, size_t index)
{
	return (size_t)group * c->site->device_count + index;
}

/* Behind all of these: a derived value differs though nothing was read. */
static inline size_t
core_derive_timer(const struct core *c)
{
	return (size_t)TIMER_ALARM * c->site->device_count + c->site->alarm_count;
}

/* Planned maintenance is looked at. */
static inline size_t
core_plan_timer(const struct core *c)
{
	return core_derive_timer(c) + 1;
}

/* The last: notifications that were counted are to be told, or devices to be asked. */
static inline size_t
core_trap_timer(const struct core *c)
{
	return core_plan_timer(c) + 1;
}

/* ---- core.c ---- */

/* Gives the event its number and times, and hands it out. */
void core_event(
    struct core *c, struct event *e, const struct alarm_record *record, const struct now *now);
/* The same, with a mark that becomes durable together with the event (may be NULL). */
void core_event_mark(struct core *c, struct event *e, const struct alarm_record *record,
    const struct mark *mark, const struct now *now);
/*
 * Before anything that comes from outside (time, answers, notifications, people) makes an event:
 * who reads the events must know which clock their times are by.
 */
void core_watch_clock(struct core *c, const struct now *now);
/* The parts of an event that say which device it is about, and a sentence about that device. */
void core_event_device(const struct core *c, struct event *e, size_t device);
struct sentence core_sentence(const struct core *c, size_t device);

/* ---- answers.c ---- */

/* A poll of this device came home with signs of life: values and facts. */
void core_take_points(struct core *c, struct poll *q, const struct now *now);
void core_take_facts(struct core *c, struct poll *q, const struct now *now);
/* The keep timer of a device. */
void core_keep(struct core *c, size_t device, const struct now *now);

/* ---- alarms.c ---- */

void alarms_init(struct core *c);
/* First turn: shelves that were restored get their end in this run. */
void alarms_start(struct core *c, const struct now *now);
/*
 * The wall clock was set forward, or is believed from now on: on a board without a clock of its own
 * the time of a power cut is known only now. Shelves that were restored end when it says so, if
 * that is earlier; those made in this run have the time that they were made for.
 */
void alarms_clock_set(struct core *c, const struct now *now);
/* The point was sampled, or its quality changed: judge the rules that watch it. */
void alarms_judge_point(struct core *c, size_t point, const struct now *now);
/* The condition of a RULE_EXPR; not known: nothing can be judged. */
void alarms_judge_expr(
    struct core *c, size_t alarm, bool known, bool condition, const struct now *now);
/* Its row is not there (rows_without): it holds no more. */
void alarms_judge_absent(struct core *c, size_t alarm, const struct now *now);
/* The alarm of a device that does not answer (`lost`), or answers. */
void alarms_judge_lost(struct core *c, size_t alarm, bool lost, const struct now *now);
/* The alarm's delay has passed. */
void alarms_delay_over(struct core *c, size_t alarm, const struct now *now);
/* The one place where an alarm changes its phase. false: the input means nothing in its phase. */
bool alarms_change(
    struct core *c, size_t alarm, enum alarm_input in, const char *who, const struct now *now);
/* The alarm is a symptom of `cause` (SUPPRESS), or stands on its own again (RELEASE). */
void alarms_suppress(struct core *c, size_t alarm, int cause, const struct now *now);
void alarms_release(struct core *c, size_t alarm, bool lost, const struct now *now);

/* ---- traps.c ---- */

void traps_init(struct core *c);
void traps_due(struct core *c, const struct now *now);

/* ---- maintenance.c ---- */

bool maintenance_restore(struct core *c, const char *name, const struct mark *m);
/* First turn, after alarms_start(). */
void maintenance_start(struct core *c, const struct now *now);
/* As alarms_clock_set(). */
void maintenance_clock_set(struct core *c, const struct now *now);
bool maintenance_on(const struct core *c, size_t device);
/* Does this alarm call nobody now, because its device is in maintenance? */
bool maintenance_silences(const struct core *c, size_t alarm);
/* The timer of a device: its window ends soon, or ends. */
void maintenance_due(struct core *c, size_t device, const struct now *now);
void maintenance_check_plans(struct core *c, const struct now *now);

/* ---- rows_take.c ---- */

void rows_init(struct core *c);
/* Key of a mark after "rows/". */
bool rows_restore(struct core *c, const char *name, const struct mark *m);
/* The walks of a device came home. */
void rows_take(struct core *c, struct poll *q, const struct now *now);
/* Which rows the labels among these answers prove; those that they disprove lose their values. */
void rows_prove(struct core *c, struct poll *q, const struct now *now);
/* May the value of this point be taken from this answer among them? */
bool rows_allow_answer(const struct core *c, size_t device, size_t index, const struct answer *a);
/* Where a point of the device's profile stands now. */
const struct source *rows_place(const struct core *c, size_t device, size_t index);
/* The row of a point; NULL: it is in no table that is asked. */
const struct row *rows_row(const struct core *c, size_t device, size_t index);
/* What the device calls the row of this alarm; NULL: it is in no table that is asked. */
const char *rows_label_of(const struct core *c, size_t alarm);
/* Does the alarm belong to a row that the device does not have? */
bool rows_without(const struct core *c, size_t alarm);

/* ---- cause.c ---- */

/* The alarm of the device's silence, or NO_INDEX. */
int cause_alarm(const struct core *c, size_t device);
/* Its parent is silent as well. */
bool cause_parent_lost(const struct core *c, size_t device);
/* Is the silence that this alarm is about a symptom of that other alarm still? */
bool cause_explains(const struct core *c, size_t alarm, size_t cause);
void cause_lost(struct core *c, size_t device, const struct now *now);
void cause_came(struct core *c, size_t device, const struct now *now);
/* Any other sign of life, and any other failure of a lost device. */
void cause_alive(struct core *c, size_t device, const struct now *now);
void cause_failed(struct core *c, size_t device, const struct now *now);
/* The alarm of its silence was put aside, or taken back: does anybody hear of its wire? Looked at
 * in this turn, when all that a person does at once is done. */
void cause_aside(struct core *c, size_t device, const struct now *now);
/* The longest wait for the parent, or for others on its wire, is over; or see cause_aside(). */
void cause_wait_over(struct core *c, size_t device, const struct now *now);

/* ---- cause_wire.c ---- */

enum wire_verdict {
	WIRE_WAIT, /* nobody else on the wire was heard yet */
	WIRE_BACK, /* somebody answers again: this one may, too */
	WIRE_WELL, /* somebody answers there, or there is nobody else */
	WIRE_DEAD  /* nobody does */
};
/* Is it the wire of this lost device? last_call: WAIT is no answer. */
enum wire_verdict wire_verdict(const struct core *c, size_t device, bool last_call);
/* How long to wait for WIRE_WELL or WIRE_DEAD at most; 0: there is nobody else. */
int64_t wire_wait_ms(const struct core *c, size_t device);
/* Somebody to be asked whether the wire lives, best one who has missed nothing yet; NO_INDEX: all
 * are lost, or there is nobody else. */
int wire_witness(const struct core *c, size_t device);
/* Whose alarm stands for the dead wire of this device, or shall: the gravest that is heard. */
size_t wire_speaker(const struct core *c, size_t device);
/* Does its alarm call anybody, and is it no symptom of its own parent? */
bool wire_is_heard(const struct core *c, size_t device);
/* It is lost, and its silence is that of the wire, or may be. */
bool wire_party(const struct core *c, size_t device);
/* The count of its wire; NULL: nobody else is on it. */
struct wire_count *wire_count(const struct core *c, size_t device);
/* Another device on the same wire. */
bool wire_shared(const struct core *c, size_t device, size_t other);

#endif
