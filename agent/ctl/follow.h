/* Streams for pipes and terminals without a screen: they end when their reader or the user does. */
#ifndef CTL_FOLLOW_H
#define CTL_FOLLOW_H

#include "ctl/connect.h"

#include <stdbool.h>

/*
 * `events -f`: the newest n (-1: as many as the agent likes), then each as it comes. After a lost
 * connection it goes on where it was, so that nothing is missed. json: the lines as they are.
 */
enum ctl_exit follow_events(const char *run_dir, long long n, bool json);

/* `--json watch`: every line as it is, until the agent goes away. */
enum ctl_exit follow_json(const char *run_dir);

#endif
