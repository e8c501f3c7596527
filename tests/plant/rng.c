#include "rng.h"

uint64_t
rng_next(struct rng *r)
{
	r->state += 0x9e3779b97f4a7c15U;
	uint64_t z = r->state;
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
	return z ^ (z >> 31);
}

double
rng_unit(struct rng *r)
{
	return (double)(rng_next(r) >> 11) * 0x1p-53;
}

double
rng_normal(struct rng *r)
{
	double sum = -6.0;

	for (int i = 0; i < 12; i++)
		sum += rng_unit(r);
	return sum;
}
