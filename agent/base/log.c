/* Log lines: one write() each, and lasting faults said once. */
#include "base/log.h"

#include "base/text.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINE_MAX_BYTES  1024
#define FAULT_REPEAT_US (10 * 60 * INT64_C(1000000))

static _Atomic int max_level = LOG_LEVEL_INFO;

void
log_set_level(enum log_level level)
{
	max_level = (int)level;
}

/* The journal reads "<3>" as a priority; a person at a terminal should not see it. */
static bool
stderr_is_journal(void)
{
	return getenv("JOURNAL_STREAM") != NULL;
}

/* One write() a line, so that lines of several threads never mix. */
__attribute__((format(printf, 2, 0))) static void
emit(enum log_level level, const char *fmt, va_list ap)
{
	static const char *const words[] = {[LOG_LEVEL_ERR] = "error: ",
	    [LOG_LEVEL_WARN] = "warning: ",
	    [LOG_LEVEL_NOTICE] = "",
	    [LOG_LEVEL_INFO] = "",
	    [LOG_LEVEL_DEBUG] = "debug: "};
	char text[LINE_MAX_BYTES], clean[LINE_MAX_BYTES], line[LINE_MAX_BYTES + 64],
	    when[WALL_TEXT_MAX];
	int n;

	vsnprintf(text, sizeof(text), fmt, ap);
	text_clean(clean, sizeof(clean), text, strlen(text));
	if (stderr_is_journal())
		n = snprintf(line, sizeof(line), "<%d>%s\n", (int)level, clean);
	else
		n = snprintf(line, sizeof(line), "%s %s%s\n", wall_text(clock_wall(), when),
		    words[level], clean);
	if (n > 0 && write(STDERR_FILENO, line, (size_t)n) < 0)
		return; /* nowhere left to say so */
}

void
log_line(enum log_level level, const char *fmt, ...)
{
	va_list ap;

	if ((int)level > max_level)
		return;
	va_start(ap, fmt);
	emit(level, fmt, ap);
	va_end(ap);
}

void
log_fatal(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	emit(LOG_LEVEL_ERR, fmt, ap);
	va_end(ap);
	exit(1);
}

void
fault_say(struct fault_log *f, mono_t now, enum log_level level, const char *fmt, ...)
{
	char text[LINE_MAX_BYTES];
	va_list ap;

	if (f->on && now.us - f->said.us < FAULT_REPEAT_US) {
		f->repeats++;
		return;
	}
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (f->on)
		log_line(level, "still: %s (%u times since)", text, f->repeats + 1);
	else
		log_line(level, "%s", text);
	if (!f->on)
		f->since = now;
	f->on = true;
	f->said = now;
	f->repeats = 0;
}

void
fault_over(struct fault_log *f, mono_t now, const char *fmt, ...)
{
	char text[LINE_MAX_BYTES];
	va_list ap;

	if (!f->on)
		return;
	f->on = false;
	f->repeats = 0;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	log_notice("%s (after %lld s)", text, (long long)((now.us - f->since.us) / 1000000));
}
