#include "sinks/mqtt/throttle.h"

#include "base/log.h"

#include <stdio.h>

void
throttle_warn(struct throttle *t, mono_t now, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	if (t->said == 0 || mono_ms_between(now, t->since) >= THROTTLE_MS) {
		t->since = now;
		t->said = 0;
	}
	if (t->said == THROTTLE_LINES) {
		t->skipped++;
		return;
	}
	t->said++;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (t->skipped > 0)
		log_warn("%s (%u lines of this kind were left out)", text, t->skipped);
	else
		log_warn("%s", text);
	t->skipped = 0;
}
