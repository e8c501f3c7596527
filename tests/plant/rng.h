/*
 * A small seeded random source: the same --seed gives the same room. Not for secrets.
 */
#ifndef PLANT_RNG_H
#define PLANT_RNG_H

#include <stdint.h>

struct rng {
	uint64_t state;
};

/* Next 64 random bits (splitmix64). */
uint64_t rng_next(struct rng *r);

/* A number in [0, 1). */
double rng_unit(struct rng *r);

/* A number of normal distribution, mean 0, deviation 1 (sum of twelve: never beyond 6). */
double rng_normal(struct rng *r);

#endif
