/* The live screen on a terminal: keys, colours, connection. The one place that sees ncurses. */
#ifndef CTL_SCREEN_H
#define CTL_SCREEN_H

#include "ctl/connect.h"

struct screen_options {
	const char *run_dir;
	const char *as; /* the name that is recorded, or NULL */
	bool utf8;      /* the user's locale is one of UTF-8; else nothing but ASCII is written */
	bool plain;     /* signs are ASCII whatever the locale */
};

/* Until the user leaves. */
enum ctl_exit screen_run(const struct screen_options *o);

#endif
