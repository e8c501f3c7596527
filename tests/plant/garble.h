/* Damage on the wire. */
#ifndef PLANT_GARBLE_H
#define PLANT_GARBLE_H

#include "device.h"

/* Sets the random source of all damage. */
void garble_seed(uint64_t seed);

/* True for wire.garble_permille of the calls: this reply is to be damaged. */
bool garble_due(const struct device *d);

/* True for that many of 1000 calls. */
bool garble_chance(int permille);

/* Flips one bit of one of the n bytes. */
void garble_bit(uint8_t *bytes, size_t n);

#endif
