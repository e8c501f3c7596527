/* A time that the user wrote on the command line. */
#ifndef CTL_MOMENT_H
#define CTL_MOMENT_H

#include "base/clock.h"

#include <stdbool.h>

/*
 * The text of `option` ("--since") as moment_parse() reads it. false: said on stderr, with what
 * would be understood.
 */
bool ctl_moment(const char *option, const char *text, wall_t now, wall_t *out);

#endif
