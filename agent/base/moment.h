/* Times and lengths of time as people write them. Pure, but for the local time zone. */
#ifndef BASE_MOMENT_H
#define BASE_MOMENT_H

#include "base/clock.h"

/* "2h", "90min", "30 s", "1.5d" in milliseconds; -1: none. A year is the most. */
int64_t span_parse(const char *text);

/*
 * A moment: "now"; a length of time before now ("1h"); RFC 3339 ("2026-11-21T09:00:01.250Z",
 * "2026-11-21T18:00:01+09:00"); without a zone the local time ("2026-11-21 18:00", or only
 * "2026-11-21", its midnight); only "18:00", today or, if that is still to come, yesterday. false:
 * none of these.
 */
bool moment_parse(const char *text, wall_t now, wall_t *out);
/* For a message: what moment_parse() takes. */
#define MOMENT_EXPECTED "a time before now such as 1h or 2d, a date, or a date and time"

#endif
