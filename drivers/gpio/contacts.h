/*
 * The link "gpio": dry contacts at terminals of the board, as devices whose points are contacts.
 * A question is answered at once with the debounced level; a change pokes, so that the device is
 * asked without waiting for its period. See drivers/driver.h.
 */
#ifndef DRIVERS_GPIO_CONTACTS_H
#define DRIVERS_GPIO_CONTACTS_H

#include "drivers/driver.h"
#include "drivers/gpio/gpio_lib.h"

extern const struct driver contacts_driver;

/* What its open() does, with a library to choose. Never NULL. */
struct link *contacts_open(const struct link_env *env, const struct gpio_lib *lib);

#endif
