/* One input line: edges, levels, bounce. */
#include "drivers/gpio/input.h"

#include "base/arena.h"
#include "base/log.h"
#include "base/text.h"
#include "drivers/gpio/debounce.h"

#include <stdlib.h>
#include <sys/epoll.h>

#define LOOK_MS  1000 /* an edge can be lost: levels are looked at so often */
#define RETRY_MS 5000 /* a line that is not there is looked for so often */

/*
 * More edges in a second than any contact makes (hum of the mains: 100 or 120): a wire that hangs
 * in the air. It has no level then, and its edges are not waited for, or nobody else would have his
 * turn: the line is looked at so often instead, which shows 16 edges each time.
 */
#define STORM_EDGES   400
#define STORM_LOOK_MS 20

struct input {
	struct input_settings s;
	struct gpio_line *line; /* NULL: not there */
	struct loop_io *io;
	struct loop_timer *timer;
	struct debounce bounce;
	struct input_counts counts;
	uint64_t recent; /* edges in the second that ends then */
	mono_t second;
	bool storm;
	char fault[256];
	struct fault_log log;
};

/* All inputs are looked at in the same instant, so that the board wakes up once for them. */
static mono_t
next_look(mono_t now)
{
	int64_t step_us = LOOK_MS * 1000;

	return (mono_t){(now.us / step_us + 1) * step_us};
}

static void
lose(struct input *i, const char *why, const struct now *now)
{
	bool was_known = i->bounce.known;

	loop_io_free(i->io);
	i->io = NULL;
	if (i->line != NULL)
		i->s.lib->release(i->line);
	i->line = NULL;
	i->bounce = (struct debounce){0};
	text_copy(i->fault, sizeof(i->fault), why);
	fault_say(&i->log, now->mono, LOG_LEVEL_WARN, "input %s: %s", i->s.want.label, why);
	loop_timer_set(i->timer, mono_add_ms(now->mono, RETRY_MS));
	if (was_known)
		i->s.fn(i->s.arg, false, false, now);
}

static void
tell(struct input *i, const struct now *now)
{
	if (i->bounce.known) {
		fault_over(&i->log, now->mono, "input %s stands still", i->s.want.label);
		i->fault[0] = '\0';
	} else {
		text_copy(i->fault, sizeof(i->fault),
		    "the contact does not stand still: its wire is loose, or a voltage is induced "
		    "on it");
		fault_say(
		    &i->log, now->mono, LOG_LEVEL_WARN, "input %s: %s", i->s.want.label, i->fault);
	}
	i->s.fn(i->s.arg, i->bounce.known, i->bounce.known && i->bounce.level, now);
}

static void
count(struct input *i, int edges, mono_t now)
{
	bool over = !mono_before(now, i->second);

	i->counts.edges += (uint64_t)edges;
	i->counts.bursts += edges >= GPIO_FIFO_EDGES;
	i->recent += (uint64_t)edges;
	if (i->recent > STORM_EDGES)
		i->storm = true;
	else if (over)
		i->storm = false;
	if (over) {
		i->recent = 0;
		i->second = next_look(now);
	}
	if (i->io != NULL)
		loop_io_events(i->io, i->storm ? 0 : EPOLLIN);
}

static void
set_timer(struct input *i, mono_t now)
{
	loop_timer_set(i->timer,
	    i->storm ? mono_add_ms(now, STORM_LOOK_MS)
		     : mono_min(debounce_next(&i->bounce, i->s.debounce_ms), next_look(now)));
}

/* Edges say that something moved; where the line stands is read after them. */
static void
look(struct input *i, const struct now *now)
{
	int edges = i->s.lib->drain(i->line), level = edges < 0 ? -1 : i->s.lib->level(i->line);
	bool was_known, changed;

	if (level < 0) {
		lose(i, "the line is gone; it is looked for again", now);
		return;
	}
	was_known = i->bounce.known;
	count(i, edges, now->mono);
	if (i->storm)
		i->bounce = (struct debounce){.begun = true, .edge = now->mono};
	changed = !i->storm &&
		  debounce_take(&i->bounce, level != 0, edges > 0, i->s.debounce_ms, now->mono);
	if (changed || i->bounce.known != was_known)
		tell(i, now);
	if (i->line != NULL)
		set_timer(i, now->mono);
}

static void
on_edge(void *arg, int fd, uint32_t events, const struct now *now)
{
	(void)fd;
	(void)events;
	look(arg, now);
}

static void
take(struct input *i, const struct now *now)
{
	char why[sizeof(i->fault)];
	int fd;

	i->line = i->s.lib->request(&i->s.want, why, sizeof(why));
	if (i->line == NULL) {
		lose(i, why, now);
		return;
	}
	fault_over(&i->log, now->mono, "input %s is there", i->s.want.label);
	i->fault[0] = '\0';
	fd = i->s.lib->fd(i->line);
	if (fd >= 0)
		i->io = loop_io_add(i->s.loop, "input edge", fd, EPOLLIN, LOOP_URGENT, on_edge, i);
	look(i, now);
}

static void
on_timer(void *arg, const struct now *now)
{
	struct input *i = arg;

	if (i->line == NULL)
		take(i, now);
	else
		look(i, now);
}

static void
ignore(void *arg, bool known, bool level, const struct now *now)
{
	(void)arg;
	(void)known;
	(void)level;
	(void)now;
}

struct input *
input_open(const struct input_settings *s)
{
	struct input *i = xcalloc(1, sizeof(*i));
	struct now now = clock_now();

	i->s = *s;
	i->s.fn = ignore; /* its owner is half built */
	i->timer = loop_timer_add(s->loop, "input", LOOP_URGENT, on_timer, i);
	take(i, &now);
	i->s.fn = s->fn;
	return i;
}

void
input_close(struct input *i)
{
	if (i == NULL)
		return;
	loop_io_free(i->io);
	loop_timer_free(i->timer);
	if (i->line != NULL)
		i->s.lib->release(i->line);
	free(i);
}

bool
input_level(const struct input *i, bool *level)
{
	*level = i->bounce.level;
	return i->bounce.known;
}

const char *
input_fault(const struct input *i)
{
	return i->fault;
}

void
input_counts(const struct input *i, struct input_counts *out)
{
	*out = i->counts;
}
