/*
 * What the farms share: the clock, and how long the rounds of their devices take. A round begins
 * where the first value of a device is asked for, so this is the poll period as the device sees it.
 */
#ifndef BENCH_ROUNDS_H
#define BENCH_ROUNDS_H

#include <stdint.h>
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>

struct rounds {
	uint64_t count;
	int64_t shortest, longest, sum; /* us */
};

/* The same clock in every process of this machine. */
static inline int64_t
clock_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* A round of one device begins; *last_us is when its last one did, 0: never. */
static inline void
rounds_note(struct rounds *r, int64_t *last_us, int64_t now)
{
	int64_t took = now - *last_us;

	if (*last_us != 0) {
		r->count++;
		r->sum += took;
		r->shortest = r->shortest == 0 || took < r->shortest ? took : r->shortest;
		r->longest = took > r->longest ? took : r->longest;
	}
	*last_us = now;
}

/* Members of a JSON object, with the time of the figures, and begins anew. */
static inline void
rounds_say(struct rounds *r)
{
	printf("\"at_us\":%lld,\"rounds\":%llu,\"shortest_ms\":%.1f,\"mean_ms\":%.1f,"
	       "\"longest_ms\":%.1f",
	    (long long)clock_us(), (unsigned long long)r->count, (double)r->shortest / 1000,
	    r->count > 0 ? (double)r->sum / (double)r->count / 1000 : 0.0,
	    (double)r->longest / 1000);
	*r = (struct rounds){0};
}

/* As many files as this process may have. */
static inline void
allow_files(void)
{
	struct rlimit files;

	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
}

#endif
