/*
 * Days of a computer room in virtual time: the pure core with random devices, wires, faults and
 * people, all from one seed, and a judge who knows the truth and looks at every turn.
 *
 *	site.c    a room from a seed: profiles, devices, families, rules, planned windows
 *	plant.c   what the devices really hold, how they and their wires fail and answer
 *	people.c  who acknowledges, shelves, works on devices, and gets it wrong
 *	keep.c    what a slow disk has of it, and agents that are killed and go on from there
 *	judge.c   what must hold of points, devices, batons; judge_alarms.c: of alarms and events
 *	world.c   the clock: turn after turn; rooms.c: many rooms at once
 */
#ifndef TESTS_DAY_DAY_H
#define TESTS_DAY_DAY_H

#include "core/core_private.h"

#include <stdio.h>

#define COUNT(a)      (sizeof(a) / sizeof((a)[0]))
#define DAY_DEVICES   48
#define DAY_POINTS    10 /* of a profile */
#define DAY_RULES     6  /* of a profile; comm_lost comes before them */
#define DAY_REGISTERS 64
#define DAY_LINKS     4
#define DAY_PROFILES  8
#define DAY_PLANS     4
#define DAY_SLOTS     3 /* rows that the agent has room for */
#define DAY_ROWS      4 /* rows that a device may have */
#define DAY_PLACES    6 /* records in a ring */
#define DAY_ALARMS    (DAY_DEVICES * (DAY_RULES + 1))
#define DAY_FLAT      (DAY_DEVICES * DAY_POINTS)
#define SECOND        INT64_C(1000000)
#define NEVER         INT64_MAX

enum kind { KIND_AIR, KIND_CONTACTS, KIND_METER, KIND_SWITCH, KIND_DOOR, KIND_COUNT };

/* A device as it really is. All times are those of the world. */
struct gear {
	enum kind kind;
	uint16_t registers[DAY_REGISTERS];
	uint8_t refuse[DAY_REGISTERS]; /* exception code; 0: the register is there */
	bool dead[DAY_REGISTERS];      /* a question with it gets no answer */
	bool silent, no_link, garbled, mute, denied;
	uint8_t busy; /* exception code to everything */
	int latency_ms;
	bool flaps;      /* a contact that chatters */
	int64_t heal_at; /* of its faults; NEVER: it has none */
	int64_t well_at; /* since when it has none */
	int64_t dead_at; /* since when nothing of it reaches us; NEVER: it does */
	int64_t mute_at; /* it was mute until then */
	int64_t booted;
	double rate; /* what its counter really counts in a second */
	double counted;
	int64_t counted_at;
	struct {
		uint32_t index; /* 0: no such row */
		char label[8];
		int16_t value;
	} rows[DAY_ROWS];
	uint32_t records; /* made in this life */
};

/* What the judge knows of a point by the answers that he saw. */
struct shadow {
	bool any;
	double value;
	mono_t at;
	mono_t absent; /* the device had no such row then */
};

/* The condition of a rule as a person with a stop watch sees it. */
struct watch {
	bool modelled;
	bool judged;    /* it is looked at: the watch runs */
	bool cond;      /* as seen last */
	bool held;      /* after the delays */
	int64_t past;   /* how long cond has differed from held */
	int64_t minute; /* it came first then, of those that are counted */
	unsigned came;  /* since then */
	bool chatters;  /* it came too often: it stands until it is quiet */
	int64_t seen;   /* when it was looked at last */
};

struct alarm_truth {
	enum alarm_phase mirror; /* by the events alone */
	bool owed;               /* raised, and no person has acknowledged it */
	struct watch watch;
	int64_t shelf_end, shelf_us;
	uint64_t shelf_steps; /* steps of the wall clock before it */
	bool shelf_restored;  /* begun before this agent */
	unsigned turns;       /* changes in this turn */
};

struct device_truth {
	int64_t asked[POLL_COUNT], home[POLL_COUNT];
	bool out[POLL_COUNT];
	int64_t maintenance_end;
	bool maintenance_restored; /* begun before this agent */
	int64_t excused;           /* when its silence was that of another, last */
	bool lost;                 /* by the events */
	bool called;   /* its alarm was raised since it was lost, or was as the agent started */
	uint32_t told; /* the last record that was told, or told as lost */
	bool placed;
};

/* What waits for the disk. */
struct pending {
	uint64_t seq;
	int64_t durable_at;
	bool has_record, has_mark, owed;
	size_t alarm;
	struct alarm_record record;
	struct mark mark;
};

struct day {
	uint64_t seed, dice;
	int days;
	int64_t t;    /* µs of the world, from 0 */
	int64_t boot; /* world time when the monotonic clock began */
	struct now now;
	uint64_t wall_steps;
	int64_t stepped_at;

	struct site site;
	struct zone zones[1];
	struct link_spec links[DAY_LINKS];
	struct profile profiles[DAY_PROFILES];
	struct point_spec points[DAY_PROFILES][DAY_POINTS];
	struct needs needs[DAY_PROFILES];
	struct ring_spec rings[DAY_PROFILES];
	struct table_spec tables[DAY_PROFILES];
	enum kind kinds[DAY_PROFILES];
	struct alarm_rule profile_rules[DAY_PROFILES][DAY_RULES];
	struct device_spec devices[DAY_DEVICES];
	struct alarm_rule rules[DAY_DEVICES][DAY_RULES + 1];
	char names[DAY_DEVICES][16];
	struct maintenance_plan plans[DAY_PLANS];
	int plan_devices[DAY_PLANS][2];

	/* By the flat numbering of the site. */
	struct {
		const struct device_spec *device;
		const struct point_spec *spec;
	} flat[DAY_FLAT];
	struct {
		const struct device_spec *device;
		const struct alarm_rule *rule;
	} flat_alarms[DAY_ALARMS];

	struct gear gear[DAY_DEVICES];
	int64_t link_free[DAY_LINKS];
	int64_t weather_at, fault_at, heal_at, person_at, flap_at, life_at, restart_at, clock_at,
	    look_at;

	struct core *core;
	int64_t started; /* world time of this agent */
	struct {
		struct baton *baton;
		int64_t home;
	} out[DAY_DEVICES * POLL_COUNT];
	size_t out_count;
	uint64_t made, home;
	size_t memory; /* in use after the start */

	uint64_t seq, durable_seq;
	struct pending *pending; /* a ring */
	size_t pending_first, pending_count;
	int64_t disk_us; /* how long the disk takes now */
	struct alarm_record durable[DAY_ALARMS];
	bool has_durable[DAY_ALARMS], durable_owed[DAY_ALARMS];
	struct mark marks[2 * DAY_DEVICES];
	size_t mark_count;

	struct shadow shadows[DAY_FLAT];
	struct {
		uint32_t flat;
		struct shadow now;
		bool answered, is_value; /* it came well; and was a value */
	} covered[DAY_POINTS + 1];       /* by the baton that comes home */
	size_t covered_count;
	struct alarm_truth alarms[DAY_ALARMS];
	struct device_truth truths[DAY_DEVICES];
	unsigned said; /* events in this turn */
	bool deed;     /* a person is at it */

	uint64_t polls, events, restarts, deeds;
};

/* ---- world.c ---- */

/* Lives through so many days; ends the process where something does not hold. */
void day_live(struct day *w);
/* What does not hold, with how to repeat it; ends the process. */
void day_fail(const struct day *w, const char *what, ...)
    __attribute__((format(printf, 2, 3), noreturn));
#define HOLDS(w, cond, ...)                                                                        \
	do {                                                                                       \
		if (!(cond))                                                                       \
			day_fail(w, __VA_ARGS__);                                                  \
	} while (0)

uint32_t day_roll(struct day *w, uint32_t below);
/* A time about `mean` long, from now. */
int64_t day_after(struct day *w, int64_t mean_us);
bool day_chance(struct day *w, uint32_t one_in);
static inline mono_t
day_mono(const struct day *w, int64_t t)
{
	return (mono_t){t - w->boot};
}
static inline int64_t
day_time(const struct day *w, mono_t m)
{
	return m.us == MONO_NEVER.us ? NEVER : m.us + w->boot;
}
static inline int64_t
least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}
static inline int64_t
most(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* ---- rooms.c ---- */

struct day_sum {
	unsigned good, bad; /* rooms */
	uint64_t polls, events, restarts, deeds;
};
/* Rooms of the seeds first, first + 1 ..., each so many days long, `jobs` of them at once; what
 * they were is added to *sum. One that could not be made counts as bad. */
void day_rooms(uint64_t first, int rooms, int days, int jobs, struct day_sum *sum);

/* ---- site.c ---- */
void site_make(struct day *w);
/* Registers of the kinds. */
enum { HEAD = 0, RING = 4, STRIDE = 8 };
enum { AT_SEQUENCE = 0, AT_TIME = 2, AT_DOOR = 4, AT_RESULT = 5, AT_WHO = 6, AT_AGAIN = 7 };
enum { UPTIME = 0, COUNTER = 2 };
extern const uint32_t day_label_oid[8], day_column_oid[8];

/* ---- plant.c ---- */
void plant_start(struct day *w);
void plant_submit(void *arg, struct baton *b);
void plant_deliver(struct day *w);
void plant_weather(struct day *w);
void plant_fault(struct day *w);
void plant_flap(struct day *w);
void plant_life(struct day *w); /* records are made, rows come and go, devices start anew */
void plant_heal(struct day *w);
int64_t plant_next(const struct day *w);
/* What a point is by its register now. false: it is no value (no sensor, out of range). */
bool plant_value(const struct day *w, size_t device, size_t point, double *value);

/* ---- people.c ---- */
void people_act(struct day *w);

/* ---- keep.c ---- */
void keep_event(
    void *arg, const struct event *e, const struct alarm_record *record, const struct mark *mark);
void keep_commit(struct day *w);
void keep_start(struct day *w);
/* The agent ends (in order, or is killed) and starts again after a while. */
void keep_restart(struct day *w);

/* ---- judge.c ---- */
void judge_asked(struct day *w, const struct baton *b);
/* Before and after the core takes this baton. */
void judge_home(struct day *w, const struct baton *b);
void judge_taken(struct day *w, const struct baton *b);
void judge_turn(struct day *w); /* before the changes are cleared */
void judge_told(struct day *w); /* afterwards */
void judge_all(struct day *w);
void judge_start(struct day *w);
/* The wall clock was set forward, or is believed from now on. */
void judge_clock(struct day *w);

/* ---- judge_alarms.c ---- */
void judge_event(struct day *w, const struct event *e, const struct alarm_record *record,
    const struct mark *mark);
/* A window of maintenance begins, or has a new end. */
void judge_window(struct day *w, size_t device, int64_t end);
/* Looks at the rules that watch this point; sampled: the core judged them just now. */
void judge_watch(struct day *w, size_t flat, bool sampled);
void judge_alarms(struct day *w);
void judge_alarms_start(struct day *w);
void judge_alarms_clock(struct day *w);
void judge_counts(struct day *w);

#endif
