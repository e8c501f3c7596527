/*
 * Log lines for people: one for each change of state, on stderr, with sd-daemon priorities
 * ("<4>...") when stderr is the journal. Any thread may log.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/clock.h"

#include <stdarg.h>

enum log_level {
	LOG_LEVEL_ERR = 3,
	LOG_LEVEL_WARN,
	LOG_LEVEL_NOTICE,
	LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG
};

/* Lines above `level` are dropped. Default INFO. Set once at start. */
void log_set_level(enum log_level level);

void log_line(enum log_level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
#define log_err(...)    log_line(LOG_LEVEL_ERR, __VA_ARGS__)
#define log_warn(...)   log_line(LOG_LEVEL_WARN, __VA_ARGS__)
#define log_notice(...) log_line(LOG_LEVEL_NOTICE, __VA_ARGS__)
#define log_info(...)   log_line(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...)  log_line(LOG_LEVEL_DEBUG, __VA_ARGS__)

/* Says what and exits with 1: only before the loop runs, and when memory is out. */
_Noreturn void log_fatal(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * One lasting fault, said once: fault_say() logs the first time, then at most every ten minutes
 * with the number of repetitions; fault_over() logs the end once. Zero-initialised means "all is
 * well". Owned by the thread that has the fault; it takes no lock.
 */
struct fault_log {
	bool on;
	unsigned repeats;
	mono_t since, said;
};
void fault_say(struct fault_log *f, mono_t now, enum log_level level, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
void fault_over(struct fault_log *f, mono_t now, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#endif
