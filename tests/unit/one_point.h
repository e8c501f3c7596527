/* For tests of one alarm: a room whose only device has one point, in register 0, and its end. */
#ifndef TESTS_UNIT_ONE_POINT_H
#define TESTS_UNIT_ONE_POINT_H

#include "heart_room.h"

static struct point_spec points[1];
static struct profile profile;
static struct room *r;

/* Not started. rules[0] is the device's alarm number 1, after comm_lost. */
static void
make_room(const char *point, enum poll_class poll, const struct alarm_rule *rules, size_t count)
{
	points[0] = room_point(point, 0, poll);
	profile = room_profile(points, 1);
	r = room_new();
	room_device(r, &profile, rules, count);
}

static int
teardown(void **state)
{
	(void)state;
	room_free(r);
	return 0;
}

#endif
