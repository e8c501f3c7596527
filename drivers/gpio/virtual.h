/* The lines of a machine without GPIO, as files: see lines.h. */
#ifndef DRIVERS_GPIO_VIRTUAL_H
#define DRIVERS_GPIO_VIRTUAL_H

#include "drivers/gpio/lines.h"

extern const struct lines_driver virtual_lines_driver;

#endif
