/*
 * The seam to what knows lines of a board: libgpiod on a real one, files on the board `virtual`,
 * and a kernel of their own in the tests. One line at a time, levels as the board file has them (1
 * is "on", whatever the voltage), so that libgpiod 2.x fits behind it as well as 1.6 does: there a
 * line is a request of its own, fd() is gpiod_line_request_get_fd(), drain() reads its edge events.
 *
 * Core thread; nothing here blocks.
 */
#ifndef DRIVERS_GPIO_GPIO_LIB_H
#define DRIVERS_GPIO_GPIO_LIB_H

#include "model/site.h"

#include <stdbool.h>
#include <stddef.h>

struct gpio_line;

enum gpio_use { GPIO_INPUT, GPIO_OUTPUT };

struct gpio_want {
	const struct line_spec *spec;
	const char *label;   /* what it is called on this board: "red", "di1" */
	const char *run_dir; /* the agent's runtime directory, for lines that are files */
	enum gpio_use use;
	bool on; /* GPIO_OUTPUT: driven so from the first moment on */
};

struct gpio_lib {
	const char *name;
	/*
	 * Takes the line for this program alone. An input tells both edges. NULL with a sentence in
	 * err that says what to do: there is no such chip (yet), another program has the line, the
	 * kernel calls it by another name than the board file. May be tried again at any time.
	 */
	struct gpio_line *(*request)(const struct gpio_want *want, char *err, size_t err_size);
	/* Input: readable while edges wait. -1: it has none and must be looked at. */
	int (*fd)(const struct gpio_line *line);
	/*
	 * Input: forgets all edges that wait and returns how many there were; -1: the line is gone.
	 * GPIO_FIFO_EDGES or more: the kernel may have dropped some, without a word. The level is
	 * what level() says, never what the last edge was.
	 */
	int (*drain)(struct gpio_line *line);
	/* 1, 0, or -1: the line is gone. */
	int (*level)(struct gpio_line *line);
	/* Output. false: the line is gone. */
	bool (*drive)(struct gpio_line *line, bool on);
	/*
	 * Gives the line back. The kernel lets a released output float or keep its level, as its
	 * driver likes: drive it to its safe level before.
	 */
	void (*release)(struct gpio_line *line);
};

/* Edges that the kernel keeps for one line (uAPI v1, drivers/gpio/gpiolib-cdev.c). */
#define GPIO_FIFO_EDGES 16

/* The one for this board. */
const struct gpio_lib *gpio_lib_find(const struct board_spec *board);

extern const struct gpio_lib gpio_lib_libgpiod, gpio_lib_virtual;

#endif
