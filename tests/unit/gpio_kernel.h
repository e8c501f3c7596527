/*
 * Lines of a kernel of our own behind the seam drivers/gpio/gpio_lib.h. It does what the real one
 * does where it matters: a list of 16 edges that drops what comes later without a word, chips that
 * come and go, lines that another program has, names that differ from the board file.
 */
#ifndef TESTS_GPIO_KERNEL_H
#define TESTS_GPIO_KERNEL_H

#include "base/arena.h"
#include "base/loop.h"
#include "base/text.h"
#include "drivers/gpio/gpio_lib.h"

#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define KERNEL_LINES 16

struct gpio_line {
	bool there, taken;
	const char *name, *taken_by; /* by another program */
	bool output, level;
	int edges, changes; /* waiting (at most 16); times that the output was driven */
	int noise, drains;  /* edges that come as soon as others are taken; times they were */
	int fd;
};

static struct gpio_line kernel[KERNEL_LINES];
static int kernel_requests;

static inline void
kernel_reset(void)
{
	memset(kernel, 0, sizeof(kernel));
	kernel_requests = 0;
	for (int i = 0; i < KERNEL_LINES; i++)
		kernel[i] = (struct gpio_line){.there = true, .fd = -1};
}

/* The voltage at an input moves. */
static inline void
kernel_move(int line, bool level)
{
	struct gpio_line *l = &kernel[line];
	uint64_t one = 1;

	if (l->level == level)
		return;
	l->level = level;
	if (l->fd < 0 || l->edges >= GPIO_FIFO_EDGES)
		return;
	l->edges++;
	if (write(l->fd, &one, sizeof(one)) != (ssize_t)sizeof(one))
		abort();
}

static struct gpio_line *
kernel_request(const struct gpio_want *w, char *err, size_t err_size)
{
	struct gpio_line *l = &kernel[w->spec->offset];

	kernel_requests++;
	if (!l->there)
		text_printf(
		    err, err_size, "there is no GPIO chip with the label \"%s\"", w->spec->chip);
	else if (l->taken_by != NULL)
		text_printf(
		    err, err_size, "line %d is in use by \"%s\"", w->spec->offset, l->taken_by);
	else if (w->spec->name != NULL && (l->name == NULL || strcmp(l->name, w->spec->name) != 0))
		text_printf(err, err_size, "line %d is called \"%s\"", w->spec->offset, l->name);
	else {
		if (l->taken)
			abort(); /* twice by the same program */
		l->taken = true;
		l->output = w->use == GPIO_OUTPUT;
		if (l->output)
			l->level = w->on;
		else
			l->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
		return l;
	}
	return NULL;
}

static int
kernel_fd(const struct gpio_line *l)
{
	return l->fd;
}

static int
kernel_drain(struct gpio_line *l)
{
	uint64_t count;
	int n = l->edges;

	if (!l->there)
		return -1;
	l->edges = 0;
	l->drains++;
	if (read(l->fd, &count, sizeof(count)) < 0 && n > 0)
		abort();
	for (int i = 0; i < GPIO_FIFO_EDGES && l->noise > 0; i++, l->noise--)
		kernel_move((int)(l - kernel), !l->level);
	return n;
}

static int
kernel_level(struct gpio_line *l)
{
	return l->there ? l->level : -1;
}

static bool
kernel_drive(struct gpio_line *l, bool on)
{
	if (!l->there)
		return false;
	l->level = on;
	l->changes++;
	return true;
}

static void
kernel_release(struct gpio_line *l)
{
	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
	l->taken = false;
	l->edges = 0;
}

static const struct gpio_lib kernel_lib = {
    .name = "kernel of the tests",
    .request = kernel_request,
    .fd = kernel_fd,
    .drain = kernel_drain,
    .level = kernel_level,
    .drive = kernel_drive,
    .release = kernel_release,
};

static void
on_end(void *arg, const struct now *now)
{
	(void)now;
	loop_quit(arg, 0);
}

static void
run_for(struct loop *l, int64_t ms)
{
	struct loop_timer *t = loop_timer_add(l, "end", LOOP_IDLE, on_end, l);

	loop_timer_set(t, mono_add_ms(clock_mono(), ms));
	loop_run(l);
	loop_timer_free(t);
}

#endif
