/* `events --since TIME [--until TIME]`: events of a time, fetched backwards from the newest. */
#ifndef CTL_EVENTS_H
#define CTL_EVENTS_H

#include "ctl/connect.h"
#include "ctl/options.h"

/* o->since or o->until is given. */
enum ctl_exit events_of_time(const struct ctl_options *o);

#endif
