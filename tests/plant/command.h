/* What plantctl can ask: one line of words in, text out. */
#ifndef PLANT_COMMAND_H
#define PLANT_COMMAND_H

#include "plant.h"

enum { COMMAND_LINE = 256, COMMAND_REPLY = 8192 };

/* Carries out the line (which is cut into words in place). reply: COMMAND_REPLY bytes, one line or
 * more; it begins with "error: " if and only if nothing was done. */
void command_run(struct plant *p, char *line, char *reply);

#endif
