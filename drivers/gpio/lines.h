/*
 * The seam to LEDs, buzzer and buttons: what libgpiod will fill on a real board and what the
 * board `virtual` fills with files, so that everything above is the same in both.
 */
#ifndef DRIVERS_GPIO_LINES_H
#define DRIVERS_GPIO_LINES_H

#include "base/loop.h"
#include "model/site.h"

enum output_line {
	OUTPUT_GREEN,
	OUTPUT_AMBER,
	OUTPUT_RED,
	OUTPUT_BUZZER,
	OUTPUT_RELAY, /* the fault relay: drawn while all is well, so that a dead board is a fault
		       */
	OUTPUT_COUNT
};
enum input_line { INPUT_ACK, INPUT_LAMP_TEST, INPUT_COUNT };
const char *output_line_word(enum output_line o); /* "green", ..., "buzzer", "relay" */
/* The line of the board behind it; its offset is NO_INDEX where the board has none. */
const struct line_spec *output_line_spec(const struct board_spec *b, enum output_line o);
/* The same for a button. */
const struct line_spec *input_line_spec(const struct board_spec *b, enum input_line i);

struct lines;

/* A button changed; pressed is true while it is held. Core thread. */
typedef void lines_input_fn(void *arg, enum input_line line, bool pressed, const struct now *now);

struct lines_driver {
	const char *name; /* "virtual", "libgpiod" */
	/*
	 * run_dir: the agent's runtime directory. The virtual board keeps there
	 *   board/lines   "green 1\namber 0\nred 0\nbuzzer 0\nrelay 1\n", rewritten at each change
	 * (rename) board/journal one line per change: "<mono_us> <wall_us> <line> <0|1>" (bounded)
	 *   board/press   a FIFO; "ack\n" or "lamp_test\n" written to it presses that button
	 */
	struct lines *(*open)(const struct board_spec *board, const char *run_dir,
	    struct loop *loop, lines_input_fn *fn, void *arg, char *err, size_t err_size);
	/* Drives an output; true = lit, sounding, drawn. Never blocks. */
	void (*set)(struct lines *l, enum output_line o, bool on, const struct now *now);
	/*
	 * Which lines of the board cannot be used, and why, as sentences; "" where all can. A lamp
	 * that is not there never stops the agent.
	 */
	void (*health)(struct lines *l, char *text, size_t size);
	/* Outputs go to their safe state (off, unless the board says else), then all is released.
	 */
	void (*close)(struct lines *l);
};

/* The driver for this board. */
const struct lines_driver *lines_driver_find(const struct board_spec *board);

#endif
