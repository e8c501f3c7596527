#include "truth.h"

#include "loop.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 512 };

static int truth_fd = -1;

bool
truth_open(const char *path)
{
	truth_fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	if (truth_fd < 0)
		return false;
	return flock(truth_fd, LOCK_EX | LOCK_NB) == 0 && ftruncate(truth_fd, 0) == 0;
}

void
truth_close(void)
{
	if (truth_fd >= 0)
		close(truth_fd);
	truth_fd = -1;
}

/* One line, in one write. A plant that cannot say the truth is no oracle: it stops. */
static void __attribute__((format(printf, 1, 2))) line(const char *format, ...)
{
	char text[LINE_MAX_BYTES];
	va_list args;

	int head = snprintf(text, sizeof text, "{\"mono_us\":%" PRId64 ",\"wall_us\":%" PRId64 ",",
	    clock_mono_us(), clock_wall_us());
	size_t n = head > 0 ? (size_t)head : 0;
	va_start(args, format);
	int body = vsnprintf(text + n, sizeof text - n - 2, format, args);
	va_end(args);
	n += body > 0 ? (size_t)body : 0;
	if (n > sizeof text - 3)
		n = sizeof text - 3;
	text[n++] = '}';
	text[n++] = '\n';
	if (write(truth_fd, text, n) != (ssize_t)n) {
		perror("plant: the truth log cannot be written");
		abort();
	}
}

void
truth_value(const struct device *d, size_t i, int64_t raw)
{
	const struct point_def *def = &d->type->points[i];
	char value[VALUE_TEXT_MAX];

	line("\"device\":\"%s\",\"point\":\"%s\",\"value\":%s", d->name, def->name,
	    value_text(def, raw, value));
}

void
truth_fault(const struct device *d, const char *fault, bool begins, const char *amount)
{
	line("\"device\":\"%s\",\"fault\":\"%s\",\"state\":\"%s\"%s%s%s", d->name, fault,
	    begins ? "begin" : "end", amount ? ",\"amount\":\"" : "", amount ? amount : "",
	    amount ? "\"" : "");
}

void
truth_bus(const char *fault, bool begins, const char *amount)
{
	line("\"bus\":\"rs485\",\"fault\":\"%s\",\"state\":\"%s\"%s%s%s", fault,
	    begins ? "begin" : "end", amount ? ",\"amount\":\"" : "", amount ? amount : "",
	    amount ? "\"" : "");
}

void
truth_action(const struct device *d, const char *action)
{
	line("\"device\":\"%s\",\"action\":\"%s\"", d->name, action);
}

void
truth_record(const struct device *d, const struct access_record *r)
{
	static const char *const results[ACCESS_RESULTS] = {
	    [ACCESS_GRANTED] = "granted",
	    [ACCESS_UNKNOWN_CARD] = "unknown card",
	    [ACCESS_OUT_OF_HOURS] = "out of hours",
	    [ACCESS_ANTI_PASSBACK] = "anti-passback",
	    [ACCESS_NO_PIN] = "no pin",
	    [ACCESS_FORCED] = "forced",
	    [ACCESS_HELD] = "held open",
	    [ACCESS_EXIT] = "exit button",
	};

	line("\"device\":\"%s\",\"record\":%" PRIu32 ",\"time_s\":%" PRIu32 ",\"door\":\"door%u\""
	     ",\"result\":\"%s\",\"badge\":%" PRIu64,
	    d->name, r->sequence, r->time_s, r->door, results[r->result], r->badge);
}

void
truth_story(const char *story, const char *state, const char *says)
{
	line("\"story\":\"%s\",\"state\":\"%s\",\"says\":\"%s\"", story, state, says);
}

void
truth_counters(const struct device *d)
{
	const struct device_counters *c = &d->counters;

	line("\"device\":\"%s\",\"counters\":{\"requests\":%" PRIu64 ",\"exceptions\":%" PRIu64
	     ",\"t35_violations\":%" PRIu64 ",\"damaged\":%" PRIu64 ",\"wrong_auth\":%" PRIu64 "}",
	    d->name, c->requests, c->exceptions, c->t35_violations, c->damaged, c->wrong_auth);
}

void
truth_start(uint64_t seed, double speed)
{
	line("\"plant\":\"start\",\"seed\":%" PRIu64 ",\"speed\":%g", seed, speed);
}

void
truth_speed(double speed)
{
	line("\"plant\":\"speed\",\"speed\":%g", speed);
}
