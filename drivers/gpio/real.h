/* LEDs, buzzer, fault relay and buttons on the GPIO lines of a real board. */
#ifndef DRIVERS_GPIO_REAL_H
#define DRIVERS_GPIO_REAL_H

#include "drivers/gpio/gpio_lib.h"
#include "drivers/gpio/lines.h"

extern const struct lines_driver real_lines_driver;

/*
 * What its open() does, with a library to choose. Never NULL: a line that is not there, or not any
 * more, is told by health() and looked for every 5 s.
 */
struct lines *real_lines_open(const struct gpio_lib *lib, const struct board_spec *board,
    struct loop *loop, lines_input_fn *fn, void *arg);

#endif
