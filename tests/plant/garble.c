#include "garble.h"

static struct rng rng;

void
garble_seed(uint64_t seed)
{
	rng.state = seed;
}

bool
garble_chance(int permille)
{
	return permille > 0 && rng_unit(&rng) * 1000.0 < (double)permille;
}

bool
garble_due(const struct device *d)
{
	return garble_chance(d->wire.garble_permille);
}

void
garble_bit(uint8_t *bytes, size_t n)
{
	uint64_t bit = rng_next(&rng) % (n * 8);

	bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
}
