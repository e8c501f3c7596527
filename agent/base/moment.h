/* Times and lengths of time as people write them. Pure, but for the local time zone. */
#ifndef BASE_MOMENT_H
#define BASE_MOMENT_H

#include "base/clock.h"
#include "base/lang.h"

/*
 * As duration_parse() (base/duration.h), and the short forms that people type: "2h", "90min",
 * "90m", "1.5 d", "2w" in milliseconds; -1: none of these, or 0.
 */
int64_t span_parse(const char *text);

/*
 * A moment: "now"; a length of time before now ("1h"); RFC 3339 ("2026-11-21T09:00:01.250Z",
 * "2026-11-21T18:00:01+09:00"); without a zone the local time ("2026-11-21 18:00", or only
 * "2026-11-21", its midnight); only "18:00", today or, if that is still to come, yesterday. false:
 * none of these.
 */
bool moment_parse(const char *text, wall_t now, wall_t *out);
/*
 * The RFC 3339 and date forms with their offset from UTC ("2026-12-01T09:00+09:00", "...Z"): for
 * files, where a time must not move with the zone of the board. false: no such time, or no offset.
 */
bool moment_exact(const char *text, wall_t *out);
/* For a message: what moment_parse() takes. */
#define MOMENT_EXPECTED N_("a time before now such as 1h or 2d, a date, or a date and time")

#endif
