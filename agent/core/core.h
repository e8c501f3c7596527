/*
 * The heart: the table of points, the devices and the alarms of one site, and what happens to
 * them. Pure: no I/O, no clock, no lock; time comes in as an argument, so that a test can run a
 * day in a second. One thread owns it. No memory is allocated after core_new().
 *
 *	core_turn(now)        what is due: polls to submit, values gone stale, alarm delays
 *	core_answer(baton)    a baton came home: decode, judge alarms, update points
 *	core_changes()        what has changed since the last look, for sinks at the end of a turn
 *	core_next()           when core_turn() must be called at the latest
 *
 * Everybody else reads through the const pointers that core_points() and its sisters give.
 */
#ifndef CORE_CORE_H
#define CORE_CORE_H

#include "model/alarm.h"
#include "model/baton.h"
#include "model/site.h"

/* Every point is told at least this often, changed or not: a heartbeat for each value. */
#define CORE_MAX_SILENCE_MS 60000

/* ---- what the core knows -------------------------------------------------------------------- */

struct point_state {
	/* Meaningful while quality is GOOD, STALE or SUBSTITUTED; otherwise the last good one, but
	 * with DEFECT_UNKNOWN_WORD the state that the profile does not list; 0: a text. */
	double value;
	mono_t read_at; /* when the device last gave a good value; 0 = never */
	wall_t read_wall;
	/* What the outside was last told: the deadband is against this, never the previous sample.
	 */
	double told_value;
	mono_t told_at;
	enum quality told_quality : 8;

	enum quality quality : 8;
	enum defect defect : 8;
	bool absent; /* of a row that the device does not have now: not asked, not told, no alarm */
};

/* Of a slot that no row has been in since the start: there is nothing to show. */
static inline bool
point_is_hidden(const struct point_state *p)
{
	return p->absent && p->quality == QUALITY_NEVER;
}

enum device_phase {
	DEVICE_UNKNOWN, /* not asked yet */
	DEVICE_ONLINE,
	DEVICE_FAILING, /* missed a poll, being confirmed; values keep their quality */
	DEVICE_LOST,    /* does not answer; asked again every three to four seconds */
	DEVICE_PHASE_COUNT
};
const char *device_phase_word(enum device_phase p); /* "unknown", "online", "failing", "lost" */

#define FACT_TEXT_MAX    64
#define POLL_TRACE_COUNT 8
#define ROUND_TRIP_BINS  24

/* One poll that came home, for `explain`. */
struct poll_trace {
	mono_t at;       /* when it came home */
	int32_t took_us; /* since it was submitted: with the wait for its wire */
	uint16_t asked, good;
	enum answer_status worst;
	uint8_t code;          /* of `worst` */
	enum poll_class class; /* POLL_CLASS_COUNT: the facts; then the records; then which rows it
				  has */
};

struct device_stats {
	uint64_t polls, questions, good, timeouts, garbled, refused, no_link;
	uint64_t skipped; /* beats at which the poll before was still out */
	int64_t round_trip_sum_us;
	int32_t round_trip_max_us;
	uint32_t bins[ROUND_TRIP_BINS]; /* bin n counts round trips < 2^n us that are in no earlier
					   bin */
};

/* A device that people work on: its alarms are judged, but nobody is called. */
struct maintenance {
	wall_t since, until; /* until 0: not in maintenance */
	mono_t end;          /* the same in this run */
	bool planned;        /* it came from the site file */
	bool restored; /* begun before this run: `end` is by a clock that may not be set yet */
	wall_t ended;  /* planned windows that end by then do not begin again: a person has
			  ended one early */
	char who[EVENT_NAME_MAX];
	char reason[ALARM_REASON_MAX]; /* "NAME: WHY" */
};

struct device_state {
	enum device_phase phase;
	mono_t since;
	wall_t since_wall;
	int fails;                /* failed polls in a row */
	mono_t last_good;         /* last answer of any kind that proves it alive; 0 = never */
	enum answer_status fault; /* why it failed last */
	uint8_t fault_code;
	int64_t backoff_ms;
	mono_t due[POLL_CLASS_COUNT];
	uint32_t cycles;
	struct device_stats stats;
	struct poll_trace trace[POLL_TRACE_COUNT];
	unsigned trace_next;
	char (*facts)[FACT_TEXT_MAX]; /* profile->fact_count; "" = not read */
	struct maintenance maintenance;
};

struct alarm_state {
	enum alarm_phase phase;
	bool condition;       /* as judged last */
	bool held;            /* the condition after its delays: what the phase says, and while the
				 alarm is put aside what it would say */
	bool shelf_restored;  /* shelved before this run: shelf_end is by a clock that may not be
				 set yet */
	mono_t pending_since; /* the condition differs from `held` since then; MONO_NEVER: it does
				 not */
	mono_t frozen_since;  /* no good value to judge since then: delays stand still; MONO_NEVER:
				 it is judged */
	mono_t raises_since;  /* of those that are counted in `raises` */
	unsigned raises;      /* in that minute */
	unsigned came;        /* it chatters: so many times it came, since it is told no more each
				 time; 0: it does not */
	wall_t since;
	wall_t raised; /* 0: never, or SUPPRESSED without having been raised before */
	uint64_t seq;  /* of the event of the last transition */
	bool has_value;
	double value; /* the sample that made the last transition */
	char who[EVENT_NAME_MAX];
	mono_t shelf_end;              /* SHELVED: when it ends in this run */
	wall_t shelved_until;          /* the same for people; 0: not shelved */
	char reason[ALARM_REASON_MAX]; /* "NAME: WHY", of the person who shelved it */
	int cause; /* flat index of the alarm that this one is a symptom of, or NO_INDEX */
};

/* ---- life ----------------------------------------------------------------------------------- */

/* What the core needs done. All are called from inside core_turn/core_answer/core_*(). */
struct core_out {
	void *arg;
	/* Hand this baton to link b->link. It comes back by core_answer(), exactly once. */
	void (*submit)(void *arg, struct baton *b);
	/*
	 * Something happened. The event has its seq; all pointers are valid during the call only.
	 * record is the alarm's new state for the same transaction, or NULL; so is mark what else
	 * must survive.
	 */
	void (*event)(void *arg, const struct event *e, const struct alarm_record *record,
	    const struct mark *mark);
	/*
	 * Event `seq`, which was just handed out, counts what core_trap() held back under this
	 * number (see core/traps.h). NULL: nobody waits for that.
	 */
	void (*counted)(void *arg, uint64_t held, uint64_t seq);
};

struct core;

/*
 * The next event gets a number behind `upto`: others have events up to there that a disk has lost.
 * The store makes a gap of what is left out. false: it would anyway.
 */
bool core_skip_to(struct core *c, uint64_t upto);

/* seed spreads the devices over their first period (same seed, same order). next_seq >= 1. */
struct core *core_new(
    const struct site *site, const struct core_out *out, uint64_t next_seq, uint32_t seed);
void core_free(struct core *c);

/*
 * Puts an alarm back as the store has it; before the first core_turn(). false: the site has no such
 * alarm any more (see core_forget()).
 */
bool core_restore(struct core *c, const struct alarm_record *r);
/*
 * The end of an alarm that was not normal and that the site has no more: an event, with a record
 * of phase NORMAL, so that it is said once. Does nothing with any other record.
 */
void core_forget(struct core *c, const struct alarm_record *r, const struct now *now);

/*
 * Puts a mark back as the store has it; before the first core_turn(). false: no part of the core
 * knows its key, or the site no longer has what it names.
 */
bool core_restore_mark(struct core *c, const struct mark *m);

void core_turn(struct core *c, const struct now *now);
void core_answer(struct core *c, struct baton *b, const struct now *now);
mono_t core_next(const struct core *c);

/* Makes an event that is not the core's own: agent started, store fault, lamp test. */
void core_note(struct core *c, const struct now *now, enum event_type type, enum priority priority,
    const char *who, const char *from, const char *to, const char *text);

/* ---- what people do ------------------------------------------------------------------------- */

enum ack_result { ACK_DONE, ACK_NOTHING /* normal or acknowledged already */, ACK_NO_SUCH };
/* alarm: flat index. who: name of the person, never empty. */
enum ack_result core_ack(struct core *c, size_t alarm, const char *who, const struct now *now);
/* Every alarm that wants it; returns how many. */
size_t core_ack_all(struct core *c, const char *who, const struct now *now);
/* A latched alarm whose condition is gone and that is acknowledged. */
enum ack_result core_reset(struct core *c, size_t alarm, const char *who, const struct now *now);
/*
 * Shelving: the alarm is put aside, always with an end. It is judged all the while and stands at
 * the end as it is then: raised anew where its condition holds; what was owed before is owed still.
 * A critical alarm cannot be shelved: it says that somebody or the room is in danger. for_ms is
 * CORE_SHELVE_MIN_MS..CORE_SHELVE_MAX_MS; who and reason are never empty.
 */
#define CORE_SHELVE_MIN_MS 60000
#define CORE_SHELVE_MAX_MS 28800000
enum shelve_result {
	SHELVE_DONE,
	SHELVE_NOTHING, /* put aside already; unshelve: it is not shelved */
	SHELVE_NO_SUCH,
	SHELVE_CRITICAL,
	SHELVE_RANGE, /* for_ms */
	SHELVE_REASON /* none, or longer than the record of it */
};
enum shelve_result core_shelve(struct core *c, size_t alarm, const char *who, int64_t for_ms,
    const char *reason, const struct now *now);
enum shelve_result core_unshelve(
    struct core *c, size_t alarm, const char *who, const struct now *now);
/*
 * Maintenance of a device: alarms of it that do not say otherwise (alarm_rule_yields()) go out of
 * service when they would call somebody, and stand at the end as they are then: raised anew where
 * the condition holds, what was owed before is owed still. Values are read and told as ever, with
 * the flag. for_ms is CORE_MAINTENANCE_MIN_MS..CORE_MAINTENANCE_MAX_MS from now; who and reason are
 * never empty. A device that is in maintenance gets the new end, person and reason. Events say who
 * and why at begin and end, and ten minutes before the end of a window of 20 min or more.
 *
 * site->maintenance are windows planned in the site file: they begin and end by the wall clock.
 * After a reload those that have begun are as the file says then: over, or with its new end.
 */
#define CORE_MAINTENANCE_MIN_MS 60000
#define CORE_MAINTENANCE_MAX_MS 604800000
#define CORE_MAINTENANCE_MARK   "maintenance/"
enum maintenance_result {
	MAINTENANCE_DONE,
	MAINTENANCE_NOTHING, /* end: it is not in maintenance */
	MAINTENANCE_RANGE,   /* for_ms */
	MAINTENANCE_REASON   /* none, or longer than the record of it */
};
/* device: below site->device_count. */
enum maintenance_result core_maintenance_begin(struct core *c, size_t device, const char *who,
    int64_t for_ms, const char *reason, const struct now *now);
enum maintenance_result core_maintenance_end(
    struct core *c, size_t device, const char *who, const struct now *now);

/* Ask this device now, whatever its back-off. */
void core_poll_now(struct core *c, int device, const struct now *now);

/* ---- reading -------------------------------------------------------------------------------- */

const struct site *core_site(const struct core *c);
const struct point_state *core_points(const struct core *c);   /* site->point_count */
const struct device_state *core_devices(const struct core *c); /* site->device_count */
const struct alarm_state *core_alarms(const struct core *c);   /* site->alarm_count */

/* What points were: see core/history.h. */
struct history;
struct history *core_history(const struct core *c);

/* What the panel, the overview and the agent's topic show. */
struct core_summary {
	size_t devices_online, devices_lost, devices_unknown;
	size_t alarms[PRIORITY_COUNT];         /* not normal and not put aside */
	size_t unacknowledged[PRIORITY_COUNT]; /* of these: wait for a person */
	size_t shelved;
	size_t out_of_service; /* alarms that would call somebody but for maintenance */
	size_t devices_in_maintenance;
	size_t points_good, points_not_good;
};
void core_summary(const struct core *c, struct core_summary *out);

/*
 * What is worth telling since core_changes_clear(): each index at most once, in no order. Points
 * are in the list when their value left the deadband around what was last told, their quality
 * changed, or max_silence has passed since they were last told. The caller tells all sinks and
 * clears.
 */
struct core_changes {
	const uint32_t *points, *devices, *alarms;
	size_t point_count, device_count, alarm_count;
};
struct core_changes core_changes(const struct core *c);
void core_changes_clear(struct core *c, const struct now *now); /* marks the points as told */

/*
 * `facilityctl explain`: how this point's last value came about, as lines of text: source, raw
 * words, each decode step, range, last polls, alarm rules that watch it and their state, next poll.
 * Returns the length written to buf (always terminated).
 */
size_t core_explain(
    const struct core *c, size_t point, const struct now *now, char *buf, size_t size);

/*
 * An alarm as it stands, for topics and console, with the texts that its events carry: device,
 * zone, alarm, point, priority, `to` (the phase), wall (since), value, unit, word, who, seq, text,
 * impact, remedy. `from` is empty. For a normal alarm the text says what the rule watches.
 */
void core_alarm_event(const struct core *c, size_t alarm, struct event *out);

/* "unknown(7)", "unknown(Low Alarm)", "running", "24.3": the value in words, without unit. "" while
 * there is none. */
#define VALUE_TEXT_MAX 64
char *core_value_text(const struct core *c, size_t point, char buf[VALUE_TEXT_MAX]);

#endif
