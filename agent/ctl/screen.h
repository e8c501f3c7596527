/* The live screen on a terminal: keys, colours, connection. The one place that sees ncurses. */
#ifndef CTL_SCREEN_H
#define CTL_SCREEN_H

#include "ctl/connect.h"

/* Until the user leaves. as: the name that acknowledgements are recorded with, or NULL. */
enum ctl_exit screen_run(const char *run_dir, const char *as);

#endif
