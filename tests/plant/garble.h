/* Damage on the wire. */
#ifndef PLANT_GARBLE_H
#define PLANT_GARBLE_H

#include "device.h"

/* Sets the random source of all damage. */
void garble_seed(uint64_t seed);

/* True for wire.garble_permille of the calls: this reply is to be damaged. */
bool garble_due(const struct device *d);

/* Flips one bit of one of the n bytes. */
void garble_bit(uint8_t *bytes, size_t n);

#endif
