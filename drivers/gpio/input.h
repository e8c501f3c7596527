/*
 * One input line through its life: taken, looked at after each burst of edges and once a second,
 * debounced, and looked for again where it is not there (a chip on a bus that comes late, a line
 * that another program has). Core thread.
 */
#ifndef DRIVERS_GPIO_INPUT_H
#define DRIVERS_GPIO_INPUT_H

#include "base/loop.h"
#include "drivers/gpio/gpio_lib.h"

struct input;

/*
 * The debounced level changed, or became known; or the line was lost or does not stand still (known
 * false).
 */
typedef void input_fn(void *arg, bool known, bool level, const struct now *now);

#define INPUT_DEBOUNCE_MS 20 /* where nothing is said: relays and switches bounce below 10 ms */

struct input_settings {
	struct loop *loop;
	const struct gpio_lib *lib;
	struct gpio_want want; /* what it points to outlives the input */
	int64_t debounce_ms;   /* 0..10000 */
	input_fn *fn;
	void *arg;
};

/* Never fails; fn is not called from inside. */
struct input *input_open(const struct input_settings *s);
void input_close(struct input *i); /* NULL is allowed */

/* false: it is not known. */
bool input_level(const struct input *i, bool *level);
/* Why it is not known, as a sentence; "" while it is. */
const char *input_fault(const struct input *i);

struct input_counts {
	uint64_t edges;
	uint64_t bursts; /* times that the kernel's list of edges was full */
};
void input_counts(const struct input *i, struct input_counts *out);

#endif
