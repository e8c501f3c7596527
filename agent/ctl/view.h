/*
 * What the live screen knows: the lines of the watch stream put into tables. Everything in it is
 * clean text, ready to be shown. Pure.
 *
 * A lost connection makes every value unknown at once: what was good a minute ago is not shown as
 * if it were good now.
 */
#ifndef CTL_VIEW_H
#define CTL_VIEW_H

#include "base/clock.h"
#include "ctl/lookup.h"
#include "ctl/words.h"

#include <stdbool.h>
#include <stddef.h>

#define VIEW_NAME_MAX   64
#define VIEW_PATH_MAX   (2 * VIEW_NAME_MAX)
#define VIEW_TEXT_MAX   512
#define VIEW_VALUE_MAX  64
#define VIEW_PARTS      16
#define VIEW_OUTPUTS    8
#define VIEW_KEY_POINTS 6
/* More than these are not taken: no agent has so many, so the memory of a console is bounded. */
#define VIEW_ZONES   1000
#define VIEW_DEVICES 5000
#define VIEW_POINTS  2000 /* of one device */
#define VIEW_ALARMS  10000
#define VIEW_EVENTS  5000 /* newest kept, and what was paged in from the past */

#define VIEW_NONE SIZE_MAX /* no such index */

struct view_point {
	char name[VIEW_NAME_MAX], title[128];
	char value[VIEW_VALUE_MAX]; /* as words_value() writes it */
	char quality[128];          /* "" for good */
	char unit[16];              /* as people write it */
	double number;              /* where has_number */
	bool has_number;            /* good, and no state that has a word */
	bool good;
	wall_t time; /* when the device last gave it */
};

struct view_device {
	char name[VIEW_NAME_MAX], title[128], kind[32], state[32], reason[32], link[VIEW_NAME_MAX],
	    zone[VIEW_NAME_MAX], parent[VIEW_NAME_MAX], fault[VIEW_TEXT_MAX], impact[VIEW_TEXT_MAX],
	    facts[256];
	wall_t since;
	wall_t service_until; /* in maintenance until then; {0}: it is not */
	char service[192];    /* by whom and why, "Sato (root): filter change" */
	char key_points[VIEW_KEY_POINTS][VIEW_NAME_MAX]; /* "" ends */
	struct view_point *points;
	size_t point_count, point_room, good_count;
	double round_trip_ms, slowest_ms; /* NAN: not known */
	wall_t answered;                  /* when it answered last; {0}: not known */
	/* Of view_settle(). */
	size_t zone_index;  /* or VIEW_NONE */
	size_t worst_alarm; /* the first in the order of the screen; or VIEW_NONE */
};

struct view_zone {
	char name[VIEW_NAME_MAX], title[128], in[VIEW_NAME_MAX];
	char key[VIEW_NAME_MAX + 1]; /* "@row_a": told apart from a device of that name */
	/* Of view_settle(); with the zones inside it. */
	size_t in_index; /* or VIEW_NONE */
	size_t device_count, fault_count;
	size_t worst_alarm; /* of the highest priority; or VIEW_NONE */
};

struct view_alarm {
	char path[VIEW_PATH_MAX]; /* "crac1/return_air_high" */
	char device[VIEW_NAME_MAX], zone[VIEW_NAME_MAX], title[128], state[32], priority[16],
	    who[128], cause[VIEW_PATH_MAX], point[VIEW_PATH_MAX], when[128], reason[160];
	struct alarm_order order;
	wall_t raised, until;
	char text[VIEW_TEXT_MAX], impact[VIEW_TEXT_MAX], remedy[VIEW_TEXT_MAX];
	size_t symptom_count; /* of view_settle() */
};

struct view_event {
	wall_t time;
	bool sure; /* the clock was synchronised */
	enum priority priority;
	long long seq;
	long long first; /* of a gap: the first that is not there; of others: seq */
	char key[24];    /* seq as text */
	char type[16], device[VIEW_NAME_MAX], alarm[VIEW_NAME_MAX], who[VIEW_NAME_MAX],
	    text[VIEW_TEXT_MAX];
};

struct view_part {
	char name[VIEW_NAME_MAX], text[VIEW_TEXT_MAX];
	bool ok;
	long long waiting, lost;
};

struct view_output {
	char name[16], look[16]; /* "green", "steady" */
};

/* How many alarms are how. */
struct view_counts {
	size_t active, waiting, symptoms, shelved, serviced;
};

struct view {
	bool connected; /* and the snapshot is complete */
	wall_t lost_at; /* {0}: never was connected */
	char lost_why[VIEW_TEXT_MAX];

	char site[VIEW_NAME_MAX], title[128], version[64];
	wall_t time; /* what the agent's clock said last */
	bool synced;
	long long uptime_s;
	struct view_part parts[VIEW_PARTS];
	size_t part_count;
	struct view_output outputs[VIEW_OUTPUTS];
	size_t output_count;

	struct view_zone *zones; /* in the order of the site */
	size_t zone_count, zone_room;
	struct view_device *devices; /* in the order of the site */
	size_t device_count, device_room;
	struct view_alarm *alarms; /* every one that was ever told, in no order */
	size_t alarm_count, alarm_room;
	struct view_event *events; /* oldest first */
	size_t event_count, event_room;
	bool events_all; /* the agent holds no older ones */

	/* Of view_settle(): indices of alarms that are not normal, in the order of the screen. */
	size_t *listed;
	size_t listed_count;
	struct view_counts counts;

	bool unsettled;
	struct lookup zone_names, device_names, alarm_paths;
};

struct view *view_new(void);
void view_free(struct view *v); /* NULL is allowed */

/* Takes one line of the stream. false: it is none that is known here. */
bool view_take(struct view *v, const json_t *line);
/* The members of the answers to `bus`, `points` and `events` with "before". */
void view_take_bus(struct view *v, const json_t *answer);
void view_take_points(struct view *v, const json_t *answer);
void view_take_older(struct view *v, const json_t *answer);
/* The connection is gone, or could not be made. */
void view_lost(struct view *v, wall_t now, const char *why);
/* Sorts and counts what has changed; before anything is looked up or drawn. */
void view_settle(struct view *v);

/* NULL where there is none. */
const struct view_zone *view_zone(const struct view *v, const char *name);
const struct view_device *view_device(const struct view *v, const char *name);
const struct view_point *view_point(const struct view_device *d, const char *name);
/* By "device/point". */
const struct view_point *view_point_at(const struct view *v, const char *path);
/* One that is not normal. */
const struct view_alarm *view_alarm(const struct view *v, const char *path);
/* The alarm in this place of the screen's order; NULL past the end. */
const struct view_alarm *view_listed(const struct view *v, size_t i);
/* The first of the highest priority that is not put aside; NULL: there is none. */
const struct view_alarm *view_gravest(const struct view *v);
/* Put aside: a symptom, shelved or in maintenance. */
bool view_aside(const struct view_alarm *a);
/* What is wrong with its state: not online. */
bool view_device_bad(const struct view_device *d);

#endif
