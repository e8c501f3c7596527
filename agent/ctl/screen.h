/* The live screen on a terminal: keys, colours, connection. The one place that sees ncurses. */
#ifndef CTL_SCREEN_H
#define CTL_SCREEN_H

#include "ctl/connect.h"

/*
 * Until the user leaves. as: the name that is recorded, or NULL. utf8: the user's locale is one of
 * UTF-8 (words_locale()); else nothing but ASCII is written.
 */
enum ctl_exit screen_run(const char *run_dir, const char *as, bool utf8);

#endif
