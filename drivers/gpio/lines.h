/*
 * The seam to LEDs, buzzer and buttons: what libgpiod will fill on a real board and what the
 * board `virtual` fills with files, so that everything above is the same in both.
 */
#ifndef DRIVERS_GPIO_LINES_H
#define DRIVERS_GPIO_LINES_H

#include "base/loop.h"
#include "model/site.h"

enum output_line { OUTPUT_GREEN, OUTPUT_AMBER, OUTPUT_RED, OUTPUT_BUZZER, OUTPUT_COUNT };
enum input_line { INPUT_ACK, INPUT_LAMP_TEST, INPUT_COUNT };
const char *output_line_word(enum output_line o); /* "green", "amber", "red", "buzzer" */

struct lines;

/* A button changed; pressed is true while it is held. Core thread. */
typedef void lines_input_fn(void *arg, enum input_line line, bool pressed, const struct now *now);

struct lines_driver {
	const char *name; /* "virtual", "libgpiod" */
	/*
	 * run_dir: the agent's runtime directory. The virtual board keeps there
	 *   board/lines   "green 1\namber 0\nred 0\nbuzzer 0\n", rewritten at each change (rename)
	 *   board/journal one line per change: "<mono_us> <wall_us> <line> <0|1>" (bounded)
	 *   board/press   a FIFO; "ack\n" or "lamp_test\n" written to it presses that button
	 */
	struct lines *(*open)(const struct board_spec *board, const char *run_dir,
	    struct loop *loop, lines_input_fn *fn, void *arg, char *err, size_t err_size);
	/* Drives an output; true = lit or sounding. Never blocks. */
	void (*set)(struct lines *l, enum output_line o, bool on, const struct now *now);
	/* Outputs go to their safe state (all off), then everything is released. */
	void (*close)(struct lines *l);
};

/* The driver for this board, or NULL with a sentence in err (e.g. libgpiod not built yet). */
const struct lines_driver *lines_driver_find(
    const struct board_spec *board, char *err, size_t err_size);

#endif
