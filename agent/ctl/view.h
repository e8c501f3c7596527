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
#include "ctl/words.h"

#include <stdbool.h>
#include <stddef.h>

#define VIEW_NAME_MAX   64
#define VIEW_TEXT_MAX   512
#define VIEW_VALUE_MAX  64
#define VIEW_EVENTS     100 /* newest kept */
#define VIEW_PARTS      16
#define VIEW_OUTPUTS    8
#define VIEW_KEY_POINTS 6
#define VIEW_DEVICES    1000
#define VIEW_POINTS     1000 /* of one device */
#define VIEW_ALARMS     2000

struct view_point {
	char name[VIEW_NAME_MAX], title[128];
	char value[VIEW_VALUE_MAX]; /* as words_value() writes it */
	char quality[128];          /* "" for good */
	wall_t time;
	bool good;
};

struct view_device {
	char name[VIEW_NAME_MAX], title[128], kind[32], state[32], reason[32], link[VIEW_NAME_MAX],
	    zone[VIEW_NAME_MAX], fault[VIEW_TEXT_MAX], impact[VIEW_TEXT_MAX];
	wall_t since;
	char key_points[VIEW_KEY_POINTS][VIEW_NAME_MAX]; /* "" ends */
	struct view_point *points;
	size_t point_count, point_room;
};

struct view_alarm {
	char path[2 * VIEW_NAME_MAX]; /* "crac1/return_air_high" */
	char device[VIEW_NAME_MAX], title[128], state[32], who[128], cause[2 * VIEW_NAME_MAX];
	struct alarm_order order;
	char text[VIEW_TEXT_MAX], impact[VIEW_TEXT_MAX], remedy[VIEW_TEXT_MAX];
};

struct view_event {
	wall_t time;
	bool sure; /* the clock was synchronised */
	enum priority priority;
	long long seq;
	char text[VIEW_TEXT_MAX];
};

struct view_part {
	char name[VIEW_NAME_MAX], text[VIEW_TEXT_MAX];
	bool ok;
	long long waiting, lost;
};

struct view_output {
	char name[16], look[16]; /* "green", "steady" */
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

	struct view_device *devices; /* in the order of the site */
	size_t device_count, device_room;
	struct view_alarm *alarms; /* waiting ones first, then by priority, newest first */
	size_t alarm_count, alarm_room;
	struct view_event events[VIEW_EVENTS]; /* oldest first */
	size_t event_count;

	char answer[VIEW_TEXT_MAX]; /* what the agent said to the last request; "" = nothing new */
	bool answer_ok;
};

struct view *view_new(void);
void view_free(struct view *v); /* NULL is allowed */

/* Takes one line of the stream. false: it is none (not JSON, or no such kind). */
bool view_line(struct view *v, const char *line);
/* The connection is gone, or could not be made. */
void view_lost(struct view *v, wall_t now, const char *why);

/* NULL where there is none. */
const struct view_device *view_device(const struct view *v, const char *name);
const struct view_point *view_point(const struct view_device *d, const char *name);
const struct view_alarm *view_alarm(const struct view *v, const char *path);

#endif
