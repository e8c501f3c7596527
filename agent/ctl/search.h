/* Searching across everything: alarms, devices, zones, points. Pure. */
#ifndef CTL_SEARCH_H
#define CTL_SEARCH_H

#include "ctl/view.h"

#define SEARCH_HITS_MAX 200

enum hit_kind { HIT_ALARM, HIT_DEVICE, HIT_ZONE, HIT_POINT };

struct hit {
	enum hit_kind kind;
	char key[VIEW_PATH_MAX + 2]; /* unlike any other hit's */
	char path[VIEW_PATH_MAX];    /* of the alarm or point, or the name */
	const char *title;           /* of the view: valid until its next line */
};

/*
 * Those that have every word of the text in their name or title, whatever the case; what begins
 * with it first. At most `max`, of which each kind has its share; returns how many.
 */
size_t search(const struct view *v, const char *text, struct hit *hits, size_t max);

#endif
